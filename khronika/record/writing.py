"""One write transaction of a record: nouns in, entries appended and folded, all or nothing.

What `Record.write` acknowledged by ending without an error is durable; an error or a kill before that leaves nothing of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from khronika.errors import UsageError
from khronika.jsonl import to_json
from khronika.record import log, schema
from khronika.record.fold import Fold, pack_document
from khronika.record.merge import UNFIT, apply_corrections, seq_of
from khronika.record.stored import StoredAccount, read_account
from khronika.types import Account, Correction, Document, Event, Link, Linking, Reading, SetAside, Text

HAS_DOCUMENT = sa.select(schema.document.c.id).where(schema.document.c.id == sa.bindparam("id"))
"""Made once: it is asked for every item that comes in."""


class Transaction:
    """Appends to the log; made by `Record.write` only."""

    def __init__(self, connection: sa.Connection, fold: Fold, by: str, now: dt.datetime) -> None:
        self._db, self._fold, self._by, self._now = connection, fold, by, now
        self._seq, self._before = log.last(connection)
        self._rows: list[log.Row] = []
        self._new: set[str] = set()
        self._imported: set[int] | None = None
        self._holds_imports: bool | None = None

    def append(self, kind: str, key: str, body: bytes) -> int:
        """Append one entry and return its seq."""
        row = log.make_row(self._before, self._seq + 1, self._now, self._by, kind, key, body)
        self._seq, self._before = row.entry.seq, row.entry.digest
        self._rows.append(row)
        if kind in ("membership", "decision", "erasure"):
            self.flush()  # the fold reads payloads of this transaction
        self._fold.apply(row.entry, body)
        return self._seq

    def flush(self) -> None:
        """Write what waits, so that queries in the same transaction see it."""
        log.insert(self._db, self._rows)
        self._rows.clear()
        self._fold.flush()

    def close(self) -> None:
        """Write the rest; what was touched and not linked gets its event."""
        if self._fold.is_open:
            self.add_linking(Linking(groups=()))
        self.flush()

    def add_document(self, document: Document, raw: bytes) -> bool:
        """Keep a document with its bytes; False where it is in the record already."""
        d = schema.document
        if document.id in self._new or self._db.execute(HAS_DOCUMENT, {"id": document.id}).first():
            return False
        if document.url and document.supersedes is None:
            self._fold.flush()
            older = self._db.execute(sa.select(d.c.id).where(d.c.url == document.url, d.c.superseded_by.is_(None)).order_by(d.c.seq.desc()).limit(1)).scalar()
            document = msgspec.structs.replace(document, supersedes=older)
        self._new.add(document.id)
        self.append("document", document.id, pack_document(document, raw))
        return True

    def add_text(self, text: Text) -> None:
        """Keep the text of a document."""
        self.append("text", text.document_id, to_json(text))

    def add_reading(self, document_id: str, reading: Reading) -> None:
        """Keep what an extractor made of a text; its mentions are kept with the accounts."""
        self.append("reading", document_id, to_json(msgspec.structs.replace(reading, mentions=())))

    def add_account(self, account: Account, keys: Sequence[str]) -> None:
        """Keep an account under its blocking keys.

        Raises:
            UsageError: the record holds imported events.
        """
        if self._holds_imports is None:
            e = schema.entry
            self._holds_imports = self._db.execute(sa.select(e.c.seq).where(e.c.kind == "import").limit(1)).first() is not None
        if self._holds_imports:
            raise UsageError("the record holds imported events; read into another record (--record FILE)")
        self.append("account", account.id, to_json(StoredAccount(account, tuple(keys))))

    def add_import(self, event: Event) -> None:
        """Keep an event of another record as it was held there; ids are numbers of a log, so such events and own accounts never share a record.

        Raises:
            UsageError: the record has accounts of its own, or has this event already, or the id is none.
        """
        number = seq_of(event.id)
        if number is None:
            raise UsageError(f"{event.id!r} is no id of an event (KHR-...)")
        if self._imported is None:
            if self._db.execute(sa.select(schema.account.c.seq).limit(1)).first():
                raise UsageError("the record has accounts of its own; import into a new record (--record FILE)")
            self._imported = set()
        if number in self._imported or self._db.execute(_HAS_EVENT, {"number": number}).first():
            raise UsageError(f"{event.id}: in the record already")
        self._imported.add(number)
        self.append("import", event.id, to_json(event))

    def add_linking(self, linking: Linking) -> None:
        """Keep which accounts are one event; closes the change and makes the new event versions."""
        self.append("membership", linking.groups[0][0] if linking.groups else "", to_json(linking))

    def add_verdict(self, link: Link) -> None:
        """Keep a person's verdict on two accounts."""
        self.append("verdict", f"{link.a}:{link.b}", to_json(link))

    def add_correction(self, correction: Correction) -> None:
        """Keep a correction as proposed.

        Raises:
            UsageError: the new value does not fit the field.
        """
        self._check(correction)
        self.append("correction", correction.id, to_json(correction))

    def _check(self, correction: Correction) -> None:
        if correction.account_id is None:
            return
        self.flush()
        a = schema.account
        seq = self._db.execute(sa.select(a.c.body_seq).where(a.c.id == correction.account_id)).scalar()
        body = log.payloads(self._db, [seq]).get(seq) if seq is not None else None
        if body is None:
            raise UsageError(f"{correction.account_id[:12]}: no such account")
        account = read_account(body).account
        try:
            apply_corrections(account, [msgspec.structs.replace(correction, state="accepted")])
        except UNFIT as error:
            raise UsageError(f"{correction.field} = {correction.new!r} does not fit: {error}") from error

    def decide_correction(self, id: str, state: str, by: str, reason: str = "") -> Correction:
        """Accept, reject or withdraw a correction; an accepted one makes a new event version.

        Raises:
            UsageError: there is no such correction, or the state is none.
        """
        if state not in ("accepted", "rejected", "withdrawn", "proposed"):
            raise UsageError(f"{state!r} is no state of a correction")
        self.flush()
        body = self._db.execute(sa.select(schema.correction.c.body).where(schema.correction.c.id == id)).scalar()
        if body is None:
            raise UsageError(f"{id}: no such correction")
        known = msgspec.json.decode(body, type=Correction)
        decided = msgspec.structs.replace(known, state=state, decided_by=by, decided_at=self._now, decided_why=reason)
        self.append("decision", id, to_json(decided))
        return decided

    def add_rejection(self, aside: SetAside) -> None:
        """Keep an input that could not be read, with the reason and its bytes; the same one again adds nothing."""
        if self._is_rejected(aside):
            return
        head = to_json(msgspec.structs.replace(aside, payload=b""))
        self.append("rejection", aside.place, len(head).to_bytes(4, "big") + head + aside.payload)

    def _is_rejected(self, aside: SetAside) -> bool:
        self.flush()
        e = schema.entry
        seqs = list(self._db.execute(sa.select(e.c.seq).where(e.c.kind == "rejection", e.c.key == aside.place)).scalars())
        for body in log.payloads(self._db, seqs).values():
            size = int.from_bytes(body[:4], "big")
            if body[4 + size :] == aside.payload and msgspec.json.decode(body[4 : 4 + size], type=SetAside).reason == aside.reason:
                return True
        return False

    def note(self, kind: str, key: str, value: dict[str, Any]) -> None:
        """Keep a fact about the record's use."""
        self.append(kind, key, to_json(value))


_HAS_EVENT = sa.select(schema.event_version.c.event_no).where(schema.event_version.c.event_no == sa.bindparam("number")).limit(1)
