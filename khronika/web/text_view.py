"""A document in, what its page shows out: the article cut into runs with what was made of each, or where its licence is closed its quotes and the link.

The rule: outside `full` a whole text is shown only where its licence is open and every event that it tells of may be shown; what is withheld is
replaced before it is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from khronika.policy import Policy, names_of
from khronika.record.merge import apply_fitting
from khronika.record.record import Record
from khronika.types import Account, Document, Event, Noun, Quote, Text
from khronika.web.event_view import last_told
from khronika.web.words import toll, word

MOST = 200_000
"""Code points of a text that a page shows."""
WITHHELD = "[withheld]"


class Mark(NamedTuple):
    """Words of a text with their role and what was made of them; `event` is the id of the event."""

    start: int
    end: int
    role: str
    note: str
    event: str


class Run(NamedTuple):
    """A piece of the text that has the same marks from end to end."""

    words: str
    roles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_boilerplate: bool = False


class Told(Noun, frozen=True, kw_only=True):
    """One account of the text with its event, as they may be shown."""

    account: Account
    event: Event
    is_painful: bool = False


class ShownText(Noun, frozen=True, kw_only=True):
    """A text as its reader may see it; `body` empty where only quotes may be shown."""

    document: Document
    url: str | None
    title: str | None
    language: str | None
    body: tuple[Run, ...] = ()
    accounts: tuple[Told, ...] = ()
    closed: str = ""
    """Why the text itself is not shown."""
    is_cut: bool = False


def show(record: Record, policy: Policy, document_id: str) -> ShownText | None:
    """A text as it may be shown; None where there is none, or where nothing of it may be."""
    document, text = record.document(document_id), record.text(document_id)
    is_full = policy.profile == "full"
    if document is None or text is None or not is_full and record.is_text_hidden(document_id):
        return None
    names = names_of(record, [document_id])
    corrections = record.corrections("accepted")
    held = [apply_fitting(account, [c for c in corrections if c.account_id == account.id]) for account in record.accounts_of_document(document_id)]
    told, places, kept_back = [], set[str](), 0
    for account in held:
        one = _told(record, policy, account)
        if one is None:
            kept_back += 1
            continue
        told.append(one)
        places |= policy.places_withheld(account, one.account)
    if not told and not is_full:
        return None
    closed = "" if is_full else _why_closed(policy, document, kept_back)
    marks = [] if closed else sorted(_marks(policy, held, told))
    title = text.title or document.title
    return ShownText(
        document=document,
        url=policy.show_link(document.url, names),
        title=_title(policy, title, document.source, policy.withheld(title, names, places)) if title else None,
        language=text.language,
        body=() if closed else tuple(runs(text, marks, policy.withheld(text.body[:MOST], names, places))),
        accounts=tuple(told),
        closed=closed,
        is_cut=not closed and len(text.body) > MOST,
    )


def _told(record: Record, policy: Policy, account: Account) -> Told | None:
    event_id = record.event_of(account.id)
    event = record.event(event_id) if event_id else None
    if event is None:
        return None
    accounts = record.accounts(event.account_ids)
    names = names_of(record, {one.document_id for one in accounts})
    shown, as_shown = policy.show_event(event, names, last_told(accounts)), policy.show_account(account, names, event)
    if shown is None or as_shown is None:
        return None
    words = " ".join(quote.words for quote in as_shown.mention.evidence)
    return Told(account=as_shown, event=shown, is_painful=policy.is_painful(words))


def _why_closed(policy: Policy, document: Document, kept_back: int) -> str:
    if not policy.may_show_text(document.source):
        return "The licence of this source does not let its text be shown here, only quotes of at most 25 words and the link."
    if kept_back:
        return "This text also tells of something that is not shown yet, or not to everybody; so only quotes are shown."
    return ""


def _title(policy: Policy, title: str, source: str | None, withheld: Sequence[tuple[int, int]]) -> str:
    shown = _cut(title, withheld)
    return shown if policy.may_show_text(source) else policy.shorten(shown)


def _cut(words: str, withheld: Sequence[tuple[int, int]]) -> str:
    for start, end in reversed(_joined(words, withheld)):
        words = words[:start] + WITHHELD + words[end:]
    return words


def _joined(words: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those made one that overlap or have only blanks between them."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and not words[found[-1][1] : start].strip(" -"):
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _marks(policy: Policy, held: Sequence[Account], told: Sequence[Told]) -> Iterator[Mark]:
    """Where words were read as what; places in the text come from the account as held, notes from the account as shown."""
    shown = {one.account.id: one for one in told}
    for account in held:
        one = shown.get(account.id)
        if one is None:
            continue
        event, as_shown = one.event.id, one.account
        mention, mention_shown = account.mention, as_shown.mention
        yield from _mark(mention.trigger, "trigger", word("kind", mention.kind), event)
        when = as_shown.when
        spoken = f"{when.start or 'no day'}{f' to {when.end}' if when.end != when.start else ''}: {word('basis', when.basis)}"
        yield from _mark(account.when.quote, "when", spoken, event)
        if account.where and as_shown.where:
            yield from _mark(account.where.quote, "where", f"{as_shown.where.name}, {word('precision', as_shown.where.precision)}", event)
        for role in ("perpetrators", "targets", "victims", "weapons"):
            for one_held, one_shown in zip(getattr(mention, role), getattr(mention_shown, role), strict=False):
                note = one_shown.actor.name if one_shown.actor else one_shown.kind or one_shown.quote.words
                yield from _mark(one_held.quote, role[:-1], note, event)
        for name in ("killed", "injured", "detained"):
            count = getattr(mention, name)
            if count is not None:
                high = "or more" if count.high is None else f"to {count.high}" if count.high != count.low else ""
                yield from _mark(count.quote, "toll", f"{word('field', name)}: {count.low} {high}".strip(), event)
        for claim_held, claim in zip(mention.claims, mention_shown.claims, strict=False):
            yield from _mark(claim_held.by, "claim", f"{claim.by.words} {word('stance', claim.stance)} ({word('about', claim.about).lower()})", event)


def _mark(quote: Quote | None, role: str, note: str, event: str) -> Iterator[Mark]:
    if quote is not None and quote.within == "body" and quote.end > quote.start:
        yield Mark(quote.start, quote.end, role, f"{word('role', role)} – {note}", event)


def runs(text: Text, marks: Sequence[Mark], withheld: Sequence[tuple[int, int]]) -> Iterator[Run]:
    """The body cut where a mark, boilerplate or something withheld begins or ends; in order, all of it up to `MOST`."""
    body = text.body[:MOST]
    size, withheld = len(body), _joined(body, withheld)
    edges = {0, size}
    for start, end in [*((mark.start, mark.end) for mark in marks), *text.boilerplate, *withheld]:
        edges |= {min(start, size), min(end, size)}
    cuts = sorted(edges)
    gone, faded, marked = _Cursor(withheld), _Cursor(text.boilerplate), _Cursor([(mark.start, mark.end) for mark in marks])
    was_gone = False
    for start, end in zip(cuts, cuts[1:]):
        is_gone = bool(gone.at(start))
        inside = [marks[number] for number in marked.at(start)]
        if not (is_gone and was_gone):
            yield Run(
                words=WITHHELD if is_gone else body[start:end],
                roles=tuple(dict.fromkeys(mark.role for mark in inside)),
                notes=tuple(dict.fromkeys(f"{mark.note} ({mark.event})" for mark in inside)),
                is_boilerplate=bool(faded.at(start)),
            )
        was_gone = is_gone


class _Cursor:
    """Spans asked for in order of place: which of them hold it."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._waiting = sorted(((start, end, number) for number, (start, end) in enumerate(spans)), reverse=True)
        self._open: list[tuple[int, int, int]] = []

    def at(self, place: int) -> list[int]:
        """Numbers of the spans that hold a place, which is never before the last one asked for."""
        while self._waiting and self._waiting[-1][0] <= place:
            self._open.append(self._waiting.pop())
        self._open = [span for span in self._open if span[1] > place]
        return [number for _, _, number in self._open]


def summary(one: Told) -> list[tuple[str, str]]:
    """What was read of one account, for the list beside the text: name and value."""
    mention, when, place = one.account.mention, one.account.when, one.account.where
    pairs = [
        ("what", word("kind", mention.kind) + ("" if mention.status == "occurred" else f" ({word('status', mention.status)})")),
        ("days", f"{when.start or 'open'}{f' to {when.end}' if when.end != when.start else ''} ({word('basis', when.basis)})"),
        ("place", f"{place.name} ({word('precision', place.precision)})" if place else "none"),
        ("who", ", ".join(value.quote.words for value in mention.perpetrators)),
        ("hit", ", ".join(value.quote.words for value in (*mention.targets, *mention.victims))),
        *((word("field", name), toll_of(getattr(mention, name))) for name in ("killed", "injured", "detained")),
        ("read by", mention.by if not one.account.typed_by else f"typed by {one.account.typed_by}"),
    ]
    return [(name, value) for name, value in pairs if value]


def toll_of(count: object) -> str:
    """One account's count in words."""
    from khronika.types import Range, Toll

    if not isinstance(count, Toll):
        return ""
    return toll(Range(low=count.low, best=count.low, high=count.high))
