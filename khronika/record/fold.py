"""Entries in, projection rows out: what the log amounts to, kept up to date in the transaction that appends.

The rule: `Fold.apply` is all there is; a rebuild applies the same entries again and gives the same rows. An event gets a new version at an
entry that closes a change (membership, decision, erasure), once, whatever came before it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
import sqlalchemy as sa

from khronika.jsonl import to_json
from khronika.record import log, schema, store
from khronika.record.likely import likely_accounts
from khronika.record.merge import apply_fitting, event_id, is_dropped, merge, seq_of
from khronika.record.stored import read_account
from khronika.text import fold as fold_words
from khronika.types import Account, Correction, Document, Entry, Event, Link, Linking

OPEN_DAY = "9999"
"""Stands in the ordering column of an event without a day: it comes last."""
CLOSING = frozenset({"membership", "decision", "erasure"})


class Fold:
    """The projections of one connection; holds what was touched since the last closing entry."""

    def __init__(self, connection: sa.Connection) -> None:
        self._db = connection
        self._touched: set[int] = set()
        self._waiting: dict[sa.Table, list[dict[str, Any]]] = {}
        self._accounts: dict[int, Account] = {}
        self._new: set[str] = set()
        self._documents: dict[str, dict[str, Any]] = {}

    @property
    def is_open(self) -> bool:
        """Whether something was touched and waits for a closing entry."""
        return bool(self._touched)

    def apply(self, entry: Entry, body: bytes | None) -> None:
        """Bring the projections up to this entry; a destroyed payload leaves nothing behind but its tombstone."""
        apply = _APPLY.get(entry.kind)
        if apply is not None and body is not None:
            apply(self, entry, body)
        elif entry.kind == "account":
            self._erased_account(entry)
        if entry.kind in CLOSING:
            self._close(entry)

    def flush(self) -> None:
        """Write the rows that wait, so that queries see them."""
        for table, rows in self._waiting.items():
            store.insert(self._db, table, rows)
        self._waiting.clear()
        self._new.clear()
        self._documents.clear()

    def _add(self, table: sa.Table, row: dict[str, Any]) -> None:
        self._waiting.setdefault(table, []).append(row)

    # --- kinds of entries --------------------------------------------------------------------------------------------

    def _document(self, entry: Entry, body: bytes) -> None:
        document = msgspec.json.decode(_head(body), type=Document)
        row: dict[str, Any] = {"id": document.id, "seq": entry.seq, "url": document.url, "source": document.source, "superseded_by": None}
        day = document.published.isoformat() if document.published else None
        row |= {"published": day, "text_seq": None, "reading_seq": None}
        self._add(schema.document, row)
        self._documents[document.id] = row
        if document.supersedes:
            self.flush()
            d = schema.document
            self._db.execute(d.update().where(d.c.id == document.supersedes).values(superseded_by=document.id))
            a = schema.account
            self._touched |= set(self._db.execute(sa.select(a.c.event_no).where(a.c.document_id == document.supersedes)).scalars())

    def _text(self, entry: Entry, body: bytes) -> None:
        self._point(entry.key, "text_seq", entry.seq)

    def _reading(self, entry: Entry, body: bytes) -> None:
        if not self._is_new(entry.key):
            # Read anew: accounts that the new reading does not give again lose their place, and nothing new is joined to them.
            a, k = schema.account, schema.key
            self.flush()
            rows = self._db.execute(sa.select(a.c.seq, a.c.body_seq, a.c.event_no).where(a.c.document_id == entry.key)).all()
            self._load([row.body_seq for row in rows])
            self._touched |= {row.event_no for row in rows}
            read = [row.seq for row in rows if row.body_seq not in self._accounts or self._accounts[row.body_seq].typed_by is None]
            self._db.execute(k.delete().where(k.c.seq.in_(read)))
        self._point(entry.key, "reading_seq", entry.seq)

    def _is_new(self, document_id: str) -> bool:
        """Whether the document came in since the last flush, so that no query is needed to know that it has no accounts."""
        return document_id in self._documents

    def _point(self, document_id: str, column: str, seq: int) -> None:
        if document_id in self._documents:
            self._documents[document_id][column] = seq
            return
        d = schema.document
        self._db.execute(d.update().where(d.c.id == document_id).values({column: seq}))

    def _account(self, entry: Entry, body: bytes) -> None:
        stored = read_account(body)
        account = stored.account
        self._accounts[entry.seq] = account
        missing = account.where.name if account.where and account.where.latitude is None else None
        row = {"id": account.id, "seq": entry.seq, "body_seq": entry.seq, "document_id": account.document_id, "event_no": entry.seq}
        a, k = schema.account, schema.key
        known = None
        if not self._is_new(account.document_id) or account.id in self._new:
            self.flush()
            known = self._db.execute(sa.select(a.c.seq, a.c.event_no).where(a.c.id == account.id)).first()
        if known is None:
            self._add(a, {**row, "copy_of": None, "place": missing})
            self._new.add(account.id)
            self._touched.add(entry.seq)
        else:  # told again by a newer reading: it keeps its seq, so its event keeps its name
            values = {"body_seq": entry.seq, "place": missing, "document_id": account.document_id}
            self._db.execute(a.update().where(a.c.id == account.id).values(values))
            self._db.execute(k.delete().where(k.c.seq == known.seq))
            self._touched.add(known.event_no)
        seq = known.seq if known else entry.seq
        self._waiting.setdefault(k, []).extend([{"number": number, "seq": seq} for number in dict.fromkeys(map(schema.key_number, stored.keys))])

    def _erased_account(self, entry: Entry) -> None:
        """Nothing is left of it but its place in an event, whose id may be minted from it."""
        a = schema.account
        self.flush()
        if self._db.execute(sa.select(a.c.seq).where(a.c.id == entry.key)).first() is None:
            empty = {"document_id": "", "copy_of": None, "place": None}
            self._add(a, {"id": entry.key, "seq": entry.seq, "body_seq": entry.seq, "event_no": entry.seq, **empty})
            self._touched.add(entry.seq)

    def _membership(self, entry: Entry, body: bytes) -> None:
        linking = msgspec.json.decode(body, type=Linking)
        self.flush()
        a = schema.account
        homes = self._homes([*(id for group in linking.groups for id in group), *linking.copies])
        moved: dict[int, int] = {}
        for group in linking.groups:
            rows = [homes[id] for id in group if id in homes]
            event_no = min((seq for seq, _ in rows), default=0)
            changed = {seq: number for seq, number in rows if number != event_no}
            if changed:
                self._touched |= {*changed.values(), event_no}
                moved |= dict.fromkeys(changed, event_no)
                homes |= {id: (homes[id][0], event_no) for id in group if id in homes}
        if moved:
            change = a.update().where(a.c.seq == sa.bindparam("of_seq")).values(event_no=sa.bindparam("to_event"))
            self._db.execute(change, [{"of_seq": seq, "to_event": number} for seq, number in moved.items()])
        copies = [{"of_id": id, "older": older} for id, older in linking.copies.items()]
        if copies:
            self._db.execute(a.update().where(a.c.id == sa.bindparam("of_id")).values(copy_of=sa.bindparam("older")), copies)
            self._touched |= {homes[id][1] for id in linking.copies if id in homes}
        self._store_links(linking.links, machine=True)

    def _homes(self, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Account -> its seq and the number of its event."""
        a = schema.account
        found: dict[str, tuple[int, int]] = {}
        for at in range(0, len(ids), 500):
            query = sa.select(a.c.id, a.c.seq, a.c.event_no).where(a.c.id.in_(ids[at : at + 500]))
            found |= {row.id: (row.seq, row.event_no) for row in self._db.execute(query)}
        return found

    def _verdict(self, entry: Entry, body: bytes) -> None:
        self.flush()
        self._store_links([msgspec.json.decode(body, type=Link)], machine=False)

    def _store_links(self, links: Sequence[Link], machine: bool) -> None:
        """A later link of the same two accounts takes the place of the earlier."""
        rows = list({(link.a, link.b): {"a": link.a, "b": link.b, "machine": machine, "body": to_json(link)} for link in links}.values())
        if not rows:
            return
        t = schema.link
        old = t.delete().where(t.c.a == sa.bindparam("old_a"), t.c.b == sa.bindparam("old_b"), t.c.machine == machine)
        self._db.execute(old, [{"old_a": row["a"], "old_b": row["b"]} for row in rows])
        store.insert(self._db, t, rows)

    def _correction(self, entry: Entry, body: bytes) -> None:
        correction = msgspec.json.decode(body, type=Correction)
        t = schema.correction
        self._db.execute(t.delete().where(t.c.id == correction.id))
        row = {"id": correction.id, "account_id": correction.account_id, "state": correction.state, "body": to_json(correction)}
        self._db.execute(t.insert(), [row])
        self.flush()
        self.hide(correction)
        if correction.account_id and entry.kind == "decision":  # what is only proposed changes no event
            a = schema.account
            self._touched |= set(self._db.execute(sa.select(a.c.event_no).where(a.c.id == correction.account_id)).scalars())

    def hide(self, correction: Correction) -> None:
        """Note what is hidden while a report of danger is open or accepted."""
        a, h = schema.account, schema.hidden
        self._db.execute(h.delete().where(h.c.correction_id == correction.id))
        if correction.category != "danger" or correction.state not in ("proposed", "accepted"):
            return
        about = None
        if correction.account_id:
            about = a.c.id == correction.account_id
        elif correction.event_id:
            about = a.c.event_no == seq_of(correction.event_id)
        found = {("document", correction.document_id)} if about is None and correction.document_id else set()
        for row in self._db.execute(sa.select(a.c.id, a.c.document_id).where(about)) if about is not None else ():
            found |= {("account", row.id), ("text", row.document_id)}
        if found:
            self._db.execute(h.insert(), [{"correction_id": correction.id, "what": what, "key": key} for what, key in sorted(found)])

    def _import(self, entry: Entry, body: bytes) -> None:
        """An event as another record held it: it stands as it is, under its own number."""
        event = msgspec.json.decode(body, type=Event)
        number = seq_of(event.id)
        row = {"event_no": number, "seq": entry.seq, "at": entry.at.isoformat(), "into": None, **columns_of(event)}
        self._add(schema.event_version, row)
        self._add(schema.event_head, row)
        self._add(schema.tally, tally_of(number or 0, event))

    # --- events ------------------------------------------------------------------------------------------------------

    def _close(self, entry: Entry) -> None:
        self.flush()
        touched = sorted(self._touched)
        for at in range(0, len(touched), 500):
            self._write_versions(touched[at : at + 500], entry)
        self._touched.clear()
        self._accounts.clear()
        self.flush()

    def _write_versions(self, numbers: Sequence[int], entry: Entry) -> None:
        """One new version of each event, by a few queries for all of them."""
        events = self._merge_events(numbers, entry.seq)
        a, h = schema.account, schema.event_head
        gone = [number for number in numbers if number not in events]
        homes = {row.seq: row.event_no for row in self._db.execute(sa.select(a.c.seq, a.c.event_no).where(a.c.seq.in_(gone)))}
        self._db.execute(h.delete().where(h.c.event_no.in_(numbers)))
        for kept in (schema.shown, schema.tally):
            self._db.execute(kept.delete().where(kept.c.event_no.in_(numbers)))
        for number in numbers:
            event = events.get(number)
            into = homes.get(number) if event is None and homes.get(number) != number else None
            row = {"event_no": number, "seq": entry.seq, "at": entry.at.isoformat(), "into": into, **columns_of(event)}
            self._add(schema.event_version, row)
            if event is not None:
                self._add(h, row)
                self._add(schema.tally, tally_of(number, event))

    def _merge_events(self, numbers: Sequence[int], seq: int) -> dict[int, Event]:
        """The events as the projections have them now; those without an account are left out."""
        a = schema.account
        rows, decided = self._members_where(a.c.event_no.in_(numbers))
        found = {}
        for number, group in groupby(rows, key=lambda row: row.event_no):
            event = self._merge_event(number, list(group), decided, seq)
            if event is not None:
                found[number] = event
        return found

    def merge_likely(self, events: Sequence[Event], least: float) -> Iterator[Event]:
        """The events as their accounts of today tell them without what was read less surely; those of which no account reaches `least` are left out. Imported ones stay."""
        ids = [id for event in events for id in event.account_ids]
        rows: dict[str, Any] = {}
        decided: dict[str, list[Correction]] = {}
        for at in range(0, len(ids), 500):
            some, said = self._members_where(schema.account.c.id.in_(ids[at : at + 500]))
            rows |= {row.id: row for row in some}
            decided |= said
        for event in events:
            members = [rows[id] for id in event.account_ids if id in rows]
            likely = self._merge_event(event.first_seq, members, decided, event.last_seq, least) if members else event
            if likely is not None:
                yield msgspec.structs.replace(likely, id=event.id, former_ids=event.former_ids, hidden=event.hidden)
        self._accounts.clear()

    def _members_where(self, condition: sa.ColumnElement[bool]) -> tuple[Sequence[Any], dict[str, list[Correction]]]:
        """Rows of the accounts that a condition names, those of an event together, and the accepted corrections of each account."""
        a, d, c = schema.account, schema.document, schema.correction
        columns = (a.c.event_no, a.c.seq, a.c.body_seq, a.c.id, a.c.copy_of, d.c.superseded_by, d.c.reading_seq)
        query = sa.select(*columns).select_from(a.outerjoin(d, a.c.document_id == d.c.id)).where(condition)
        rows = self._db.execute(query.order_by(a.c.event_no, a.c.seq)).all()
        self._load([row.body_seq for row in rows])
        decided: dict[str, list[Correction]] = {}
        query = sa.select(a.c.id, c.c.body).select_from(a.join(c, a.c.id == c.c.account_id))
        for row in self._db.execute(query.where(condition, c.c.state == "accepted").order_by(c.c.id)):
            decided.setdefault(row.id, []).append(msgspec.json.decode(row.body, type=Correction))
        return rows, decided

    def _merge_event(self, number: int, rows: Sequence[Any], decided: Mapping[str, Sequence[Correction]], seq: int, least: float | None = None) -> Event | None:
        members, corrections = [], sorted((said for row in rows for said in decided.get(row.id, ())), key=lambda said: said.id)
        for row in rows:
            account = self._accounts.get(row.body_seq)
            if account is None or is_dropped(account, corrections) or is_stale(account, row.body_seq, row.reading_seq):
                continue
            members += [(row.seq, each) for each in likely_accounts([apply_fitting(account, corrections)], least)]
        if not members:
            return None
        copies = {row.id: row.copy_of for row in rows if row.copy_of}
        silent = frozenset(row.id for row in rows if row.superseded_by)
        event = merge(members, copies, silent, corrections, seq)
        # Named by its first account, even where that one was erased, corrected away, or not read again.
        former = tuple(event_id(row.seq) for row in rows if row.seq != number)
        return msgspec.structs.replace(event, id=event_id(number), first_seq=number, former_ids=former)

    def _load(self, seqs: Sequence[int]) -> None:
        unknown = [seq for seq in seqs if seq not in self._accounts]
        for seq, body in log.payloads(self._db, unknown).items():
            self._accounts[seq] = read_account(body).account


def is_stale(account: Account, body_seq: int, reading_seq: int | None) -> bool:
    """Whether a newer reading of its document did not give this account again; what a person typed stays."""
    return reading_seq is not None and body_seq < reading_seq and account.typed_by is None


def _head(body: bytes) -> bytes:
    """The JSON of a document payload: a length of four bytes, the JSON, then the document's own bytes."""
    size = int.from_bytes(body[:4], "big")
    return body[4 : 4 + size]


def pack_document(document: Document, raw: bytes) -> bytes:
    """Payload of a document entry."""
    head = to_json(document)
    return len(head).to_bytes(4, "big") + head + raw


def unpack_document(body: bytes) -> tuple[Document, bytes]:
    """Document and its own bytes out of a payload."""
    size = int.from_bytes(body[:4], "big")
    return msgspec.json.decode(body[4 : 4 + size], type=Document), body[4 + size :]


def pack_event(event: Event) -> bytes:
    """An event as the projections keep it."""
    return zlib.compress(to_json(event), 1)


def unpack_event(body: bytes) -> Event:
    """An event out of a row of the projections."""
    return msgspec.json.decode(zlib.decompress(body), type=Event)


def tally_of(number: int, event: Event) -> dict[str, Any]:
    """The row of `p_tally` of an event as it stands."""
    when, place = event.when.value, event.where.value
    killed, injured = (held.value if held else None for held in (event.killed, event.injured))
    return {
        "event_no": number,
        "day": when.start.isoformat() if when.start else None,
        "last_day": when.end.isoformat() if when.end else None,
        "kind": event.kind.value,
        "country": place.country if place else None,
        "region": place.admin1 if place else None,
        "place": place.name if place else None,
        "actor": ", ".join(actor.name for actor in event.perpetrators.value) or None,
        "killed_low": killed.low if killed else None,
        "killed_high": killed.high if killed else None,
        "injured_low": injured.low if injured else None,
        "injured_high": injured.high if injured else None,
        "contested": bool(event.contested),
        "background": event.background,
        "rollup": event.rollup,
    }


def columns_of(event: Event | None) -> Mapping[str, Any]:
    """The columns of `p_event_version` and `p_event_head` that tell of an event; None: it stands no more."""
    names = ("first_day", "last_day", "kind", "place", "actors", "sources", "words", "contested", "background", "killed", "body")
    if event is None:
        return dict.fromkeys(names)
    when, place = event.when.value, event.where.value
    actors = [actor.name for actor in event.perpetrators.value] + [voice.speaker for voice in event.voices]
    words = [p.quote.words for p in (*event.targets, *event.victims, *event.weapons)] + [voice.words for voice in event.voices]
    return {
        "first_day": when.start.isoformat() if when.start else OPEN_DAY,
        "last_day": when.end.isoformat() if when.end else None,
        "kind": event.kind.value,
        "place": _searchable([place.name, place.admin1, place.admin2, place.country] if place else []),
        "actors": _searchable(actors),
        "sources": _searchable(event.sources),
        "words": _searchable(words)[:4000],
        "contested": bool(event.contested),
        "background": event.background,
        "killed": event.killed.value.low if event.killed else None,
        "body": pack_event(event),
    }


def _searchable(parts: Iterable[str | None]) -> str:
    return "|".join(dict.fromkeys(fold_words(part) for part in parts if part))


_APPLY: dict[str, Callable[[Fold, Entry, bytes], None]] = {
    "document": Fold._document,
    "text": Fold._text,
    "reading": Fold._reading,
    "account": Fold._account,
    "membership": Fold._membership,
    "verdict": Fold._verdict,
    "correction": Fold._correction,
    "decision": Fold._correction,
    "import": Fold._import,
}
