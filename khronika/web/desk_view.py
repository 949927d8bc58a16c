"""A correction or an event in, what an editor's desk shows of it out: the text beside the machine's reading, and what deciding would change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from khronika.record.merge import apply_fitting
from khronika.record.record import Record
from khronika.review.anchoring import find_again
from khronika.review.correcting import DANGER
from khronika.review.fields import FIELDS, NONE, name_of, show_value, value_at
from khronika.review.queue import Row, effect_of, newer_rivals
from khronika.types import Account, Correction, Document, Event, Noun, Quote, Text
from khronika.web.words import spoken, word

AROUND = 6_000
"""Code points of a text that are shown before and after the words in question."""


class Piece(NamedTuple):
    """Words of the text; `role` is "said" for those in question, "read" for those that the account rests on, else ""."""

    words: str
    role: str


class Reading(Noun, frozen=True, kw_only=True):
    """One account as it is held, beside its text."""

    account: Account
    event_id: str | None
    fields: tuple[tuple[str, str], ...]


class Item(Noun, frozen=True, kw_only=True):
    """One correction as an editor sees it."""

    correction: Correction
    what: str
    old: str
    new: str
    event: Event | None = None
    document: Document | None = None
    pieces: tuple[Piece, ...] = ()
    readings: tuple[Reading, ...] = ()
    changes: tuple[str, ...] = ()
    newer: tuple[Account, ...] = ()
    also: tuple[Correction, ...] = ()
    is_found: bool = True
    """Whether the words in question stand in the text."""


def look_at(record: Record, correction: Correction, row: Row | None = None) -> Item:
    """All that an editor needs to decide on a correction."""
    accepted = record.corrections("accepted")
    account = record.account(correction.account_id) if correction.account_id else None
    event = record.event(correction.event_id) if correction.event_id else None
    members = record.accounts(event.account_ids) if event else []
    document_id = correction.document_id or (account.document_id if account else members[0].document_id if members else None)
    text = record.text(document_id) if document_id else None
    own = [account] if account else members or (record.accounts_of_document(document_id) if document_id else [])
    held = [apply_fitting(one, accepted) for one in own]
    anchored = find_again(correction.anchor, text) if correction.anchor and text else None
    read = [quote for one in held if one.document_id == document_id for quote in (*one.mention.evidence, one.mention.trigger)]
    rivals = record.accounts(newer_rivals(record, correction)) if correction.state == "proposed" else []
    return Item(
        correction=correction,
        what=what_of(correction),
        old="" if correction.field in ("note", "same", "different", "review") else show_value(correction.old),
        new=new_of(correction),
        event=event,
        document=record.document(document_id) if document_id else None,
        pieces=tuple(cut(text, anchored, read)) if text else (),
        readings=tuple(read_account(record, one) for one in held[:12]),
        changes=row.changes if row and row.correction == correction else effect_of(record, correction, accepted)[0],
        newer=tuple(apply_fitting(one, accepted) for one in rivals),
        also=tuple(other for id in _beside(row, correction) if (other := record.correction(id))),
        is_found=correction.anchor is None or anchored is not None,
    )


def _beside(row: Row | None, correction: Correction) -> list[str]:
    """The others of its row, a few at most."""
    return [id for id in (row.correction.id, *row.same, *row.rivals) if id != correction.id][:20] if row else []


def what_of(correction: Correction) -> str:
    """What a correction is about, in the words of the pages."""
    wanted = correction.new.get("field") if correction.field == "note" and isinstance(correction.new, dict) else None
    if correction.category != DANGER and (wanted or correction.field not in ("note", "same", "different", "review")):
        return spoken("field", str(wanted or name_of(correction.field)))
    return spoken("category", correction.category)


def new_of(correction: Correction) -> str:
    """What it would rather have, as typed."""
    if correction.field == "review" or correction.field == "note" and correction.new is None:
        return ""
    if isinstance(correction.new, list) and correction.field == "different":
        return ", ".join(id[:8] for id in correction.new)
    return show_value(correction.new)


def read_account(record: Record, account: Account) -> Reading:
    """An account with its fields as a person types them."""
    fields = [(name, show_value(value_at(account, field.path))) for name, field in FIELDS.items() if name != "event"]
    told = tuple((n, word(n, v) if n in ("kind", "status") else v) for n, v in fields if v not in (NONE, "no") or n in ("day", "place"))
    return Reading(account=account, event_id=record.event_of(account.id), fields=told)


def cut(text: Text, said: Quote | None, read: Iterable[Quote]) -> list[Piece]:
    """The text around the words in question, in pieces that have one role from end to end."""
    near = said.start if said and said.within == "body" else min((q.start for q in read if q.within == "body"), default=0)
    start, end = max(0, near - AROUND), min(len(text.body), near + AROUND)
    spans = [(q.start, q.end, "read") for q in read if q.within == "body"]
    if said and said.within == "body":
        spans.append((said.start, said.end, "said"))
    edges = sorted({start, end, *(at for a, b, _ in spans for at in (a, b) if start < at < end)})
    pieces = [Piece("…", "")] if start else []
    for a, b in zip(edges, edges[1:], strict=False):
        roles = {role for x, y, role in spans if x <= a and b <= y}
        pieces.append(Piece(text.body[a:b], "said" if "said" in roles else "read" if roles else ""))
    return pieces + ([Piece("…", "")] if end < len(text.body) else [])


class Neighbour(NamedTuple):
    """Another event that this one could be, and how much speaks for it in log2 odds."""

    event: Event
    weight: float


def neighbours(record: Record, event: Event) -> list[Neighbour]:
    """Events that the machine held apart from this one, the likeliest first."""
    found: dict[str, Neighbour] = {}
    own = set(event.account_ids)
    for link in record.links_of(event.account_ids):
        other_id = record.event_of(link.b if link.a in own else link.a)
        other = record.event(other_id) if other_id and other_id != event.id else None
        if other is not None and other.id != event.id and link.weight > found.get(other.id, Neighbour(other, -99.0)).weight:
            found[other.id] = Neighbour(other, link.weight)
    return sorted(found.values(), key=lambda one: (-one.weight, one.event.id))[:8]


def acts_on(record: Record, event: Event) -> Sequence[Correction]:
    """What was decided on an event, newest first."""
    ids = {event.id, *event.former_ids}
    found = [c for c in record.corrections() if c.state != "proposed" and (c.event_id in ids or c.account_id in event.account_ids)]
    return sorted(found, key=lambda c: (c.decided_at or dt.datetime.min.replace(tzinfo=dt.UTC), c.id), reverse=True)
