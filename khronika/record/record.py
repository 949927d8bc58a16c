"""One open record: what it holds and held at any moment, and the ways to change it (`write`, `erase`, `copy_to`, `backup`)."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from khronika.errors import RecordError
from khronika.record import log, schema, store, upkeep
from khronika.record.filters import where_filter
from khronika.record.fold import Fold, is_stale, unpack_document, unpack_event
from khronika.record.merge import event_id, seq_of
from khronika.record.stored import read_account
from khronika.record.writing import HAS_DOCUMENT, Transaction
from khronika.types import Account, Assessment, Correction, Document, Entry, Event, Filter, Forecast, Link, Reading, SetAside, Text

PAGE = 400
TOGETHER = 10
"""Sets of keys that are looked for by one statement: most of the time of a small one is spent on the statement itself."""
Value = TypeVar("Value")


class Record:
    """A record at an address; implements types.RecordQuery. One thread at a time; open one a thread."""

    def __init__(self, address: str, connection: sa.Connection, clock: Callable[[], dt.datetime]) -> None:
        self.address = address
        self._db = connection
        self._clock = clock
        self._fold = Fold(connection)
        self._tx: Transaction | None = None
        self._lock = threading.RLock()

    def close(self) -> None:
        """Give the connection back."""
        self._db.close()
        self._db.engine.dispose()

    def __enter__(self) -> Record:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def write(self, by: str) -> Iterator[Transaction]:
        """One transaction; durable when the block has ended without an error, else nothing of it is kept."""
        with self._lock, store.faults(self.address), store.begun(self._db):
            self._fold = Fold(self._db)
            self._tx = Transaction(self._db, self._fold, by, self._clock().astimezone(dt.UTC))
            try:
                yield self._tx
                self._tx.close()
            finally:
                self._tx = None
                self._fold = Fold(self._db)

    def _rows(self, query: sa.Executable, values: dict[str, Any] | None = None) -> Sequence[Any]:
        with store.faults(self.address):
            if self._tx is not None:
                self._tx.flush()
                return self._db.execute(query, values).all()
            rows = self._db.execute(query, values).all()
            self._db.rollback()  # end the read, so that the next one sees what others wrote
            return rows

    def _one(self, query: sa.Executable) -> Any:
        rows = self._rows(query)
        return rows[0] if rows else None

    def _payloads(self, seqs: Sequence[int]) -> dict[int, bytes]:
        with store.faults(self.address):
            if self._tx is not None:
                self._tx.flush()
            found = log.payloads(self._db, seqs)
            if self._tx is None:
                self._db.rollback()
            return found

    # --- the log -----------------------------------------------------------------------------------------------------

    def head(self) -> int:
        """Seq of the newest entry; 0 for an empty record."""
        row = self._one(sa.select(sa.func.max(schema.entry.c.seq)))
        return row[0] or 0

    def head_digest(self) -> str:
        """Digest of the newest entry."""
        row = self._one(sa.select(schema.entry.c.digest).order_by(schema.entry.c.seq.desc()).limit(1))
        return row[0] if row else log.START

    def heads(self) -> Iterator[tuple[int, str]]:
        """Seq and digest of every entry, oldest first: the heads that the record has had."""
        e, after = schema.entry, 0
        while rows := self._rows(sa.select(e.c.seq, e.c.digest).where(e.c.seq > after).order_by(e.c.seq).limit(10_000)):
            yield from ((row.seq, row.digest) for row in rows)
            after = rows[-1].seq

    def verify(self, against: str | None = None) -> log.Report:
        """Check the chain; names the first broken row."""
        with store.faults(self.address):
            try:
                return log.verify(self._db, against)
            except RecordError as error:  # a payload that cannot be unpacked: found broken, as if it had been changed
                return log.Report(False, 0, 0, str(error), log.START)
            finally:
                if self._tx is None:
                    self._db.rollback()

    def entries(self, after: int = 0, kind: str | None = None) -> Iterator[tuple[Entry, bytes | None]]:
        """Entries in order, with their payloads where these were not destroyed."""
        for entry, _, body in log.read(self._db, after, kind):
            yield entry, body

    # --- documents ---------------------------------------------------------------------------------------------------

    def has_document(self, id: str) -> bool:
        """Whether this document was read already."""
        return bool(self._rows(HAS_DOCUMENT, {"id": id}))

    def find_document(self, start: str) -> str | None:
        """The document with this id, or whose id or account's id begins so (8 characters at least), of this name, path or address; the path of an input set aside."""
        d, a, e = schema.document, schema.account, schema.entry
        for query in (
            sa.select(d.c.id).where(d.c.id == start),
            sa.select(a.c.document_id).where(a.c.id == start),
            *((sa.select(d.c.id).where(d.c.id.startswith(start, autoescape=True)).limit(2),) if len(start) >= 8 else ()),
            *((sa.select(a.c.document_id).where(a.c.id.startswith(start, autoescape=True)).distinct().limit(2),) if len(start) >= 8 else ()),
            sa.select(d.c.id).where(d.c.url == start).order_by(d.c.seq.desc()).limit(1),
        ):
            rows = self._rows(query)
            if len(rows) == 1:
                return str(rows[0][0])
        for row in self._rows(sa.select(d.c.seq, d.c.id).join(e, e.c.seq == d.c.seq).order_by(d.c.seq)):
            found = self.document(row.id)
            if found and start in (found.name, found.capture.place):
                return found.id
        return start if self._rows(sa.select(e.c.seq).where(e.c.kind == "rejection", e.c.key == start).limit(1)) else None

    def _document_payload(self, id: str) -> tuple[Document, bytes] | None:
        row = self._one(sa.select(schema.document.c.seq).where(schema.document.c.id == id))
        body = self._payloads([row.seq]).get(row.seq) if row else None
        return unpack_document(body) if body is not None else None

    def document(self, id: str) -> Document | None:
        """What is known of a document."""
        found = self._document_payload(id)
        return found[0] if found else None

    def payload(self, document_id: str) -> bytes | None:
        """The document's own bytes."""
        found = self._document_payload(document_id)
        return found[1] if found else None

    def documents(self) -> Iterator[Document]:
        """All documents, oldest first."""
        for _, body in self.entries(kind="document"):
            if body is not None:
                yield unpack_document(body)[0]

    def text(self, document_id: str) -> Text | None:
        """What the document says."""
        return self.texts([document_id]).get(document_id)

    def texts(self, document_ids: Iterable[str]) -> dict[str, Text]:
        """What each of these documents that has a text says."""
        return self._pointed(document_ids, schema.document.c.text_seq, Text)

    def reading_of(self, document_id: str) -> Reading | None:
        """The newest reading of the document, without its mentions (`accounts_of_document` has them)."""
        return self.readings_of([document_id]).get(document_id)

    def readings_of(self, document_ids: Iterable[str]) -> dict[str, Reading]:
        """The newest reading of each of these documents that has one."""
        return self._pointed(document_ids, schema.document.c.reading_seq, Reading)

    def _pointed(self, document_ids: Iterable[str], column: sa.Column[Any], type: type[Value]) -> dict[str, Value]:
        """The payloads that a column of documents points to."""
        wanted, seqs = sorted(set(document_ids)), dict[int, str]()
        for at in range(0, len(wanted), PAGE):
            query = sa.select(schema.document.c.id, column).where(schema.document.c.id.in_(wanted[at : at + PAGE]), column.is_not(None))
            seqs |= {row[1]: row[0] for row in self._rows(query)}
        return {seqs[seq]: msgspec.json.decode(body, type=type) for seq, body in self._payloads(list(seqs)).items()}

    def rejections(self) -> Iterator[SetAside]:
        """What was set aside or not coded, with the reason, oldest first."""
        for _, body in self.entries(kind="rejection"):
            if body is not None:
                size = int.from_bytes(body[:4], "big")
                aside = msgspec.json.decode(body[4 : 4 + size], type=SetAside)
                yield msgspec.structs.replace(aside, payload=body[4 + size :])

    def assessments(self) -> Iterator[tuple[str, Assessment]]:
        """Document id and assessment of the newest readings, oldest document first."""
        for document_id, reading in self._readings():
            yield from ((document_id, value) for value in reading.assessments)

    def forecasts(self) -> Iterator[tuple[str, Forecast]]:
        """Document id and forecast of the newest readings, oldest document first."""
        for document_id, reading in self._readings():
            yield from ((document_id, value) for value in reading.forecasts)

    def _readings(self) -> Iterator[tuple[str, Reading]]:
        d, after = schema.document, 0
        while rows := self._rows(sa.select(d.c.id, d.c.seq).where(d.c.seq > after).order_by(d.c.seq).limit(PAGE)):
            found = self.readings_of([row.id for row in rows])
            yield from ((row.id, found[row.id]) for row in rows if row.id in found)
            after = rows[-1].seq

    # --- accounts and links ------------------------------------------------------------------------------------------

    def account(self, id: str) -> Account | None:
        """One account."""
        found = self.accounts([id])
        return found[0] if found else None

    def accounts(self, ids: Iterable[str]) -> list[Account]:
        """Accounts by id, in order of their seq."""
        wanted = list(ids)
        a = schema.account
        seqs: list[tuple[int, int]] = []
        for at in range(0, len(wanted), PAGE):
            seqs += [(row.seq, row.body_seq) for row in self._rows(sa.select(a.c.seq, a.c.body_seq).where(a.c.id.in_(wanted[at : at + PAGE])))]
        return self._load([body_seq for _, body_seq in sorted(seqs)])

    def _load(self, seqs: Sequence[int]) -> list[Account]:
        bodies = self._payloads(seqs)
        return [read_account(bodies[seq]).account for seq in seqs if seq in bodies]

    def accounts_of_document(self, document_id: str) -> list[Account]:
        """Accounts that the newest reading of a document gave, and those that a person typed over it."""
        a, d = schema.account, schema.document
        query = sa.select(a.c.body_seq, d.c.reading_seq).select_from(a.outerjoin(d, a.c.document_id == d.c.id)).where(a.c.document_id == document_id)
        rows = self._rows(query.order_by(a.c.seq))
        reading_seq = rows[0].reading_seq if rows else None
        bodies = self._payloads([row.body_seq for row in rows])
        found = {seq: read_account(body).account for seq, body in bodies.items()}
        return [found[row.body_seq] for row in rows if row.body_seq in found and not is_stale(found[row.body_seq], row.body_seq, reading_seq)]

    def refs_by_keys(self, keys: Sequence[Sequence[str]], limit: int) -> list[list[tuple[str, int]]]:
        """For each set of blocking keys the ids of accounts that share one, oldest first, each with the seq of its payload; the `limit` that share most where there are more."""
        found: list[list[tuple[str, int]]] = [[] for _ in keys]
        # Numbers stand in the statement itself: as values they would take longer than the search.
        numbers = [",".join([str(schema.key_number(key)) for key in each]) or "NULL" for each in keys]
        with store.faults(self.address):
            if self._tx is not None:
                self._tx.flush()
            for at in range(0, len(keys), TOGETHER):
                parts = [_BY_KEYS.format(at=at + n, numbers=part, limit=int(limit)) for n, part in enumerate(numbers[at : at + TOGETHER])]
                for number, id, _, body_seq in sorted(self._db.exec_driver_sql(" UNION ALL ".join(parts)).all(), key=itemgetter(2)):
                    found[number].append((id, body_seq))
            if self._tx is None:
                self._db.rollback()
        return found

    def groups_of(self, account_ids: Iterable[str]) -> list[tuple[tuple[str, str, int], ...]]:
        """The events that accounts belong to, each as (account id, document id, seq of its payload) of all that speak in it; accounts that are not here are left out."""
        wanted = list(account_ids)
        found: dict[int, tuple[tuple[str, str, int], ...]] = {}
        for at in range(0, len(wanted), PAGE):
            rows = self._rows(_GROUPS, {"ids": wanted[at : at + PAGE]})
            for number, group in groupby(rows, key=lambda row: row.event_no):
                speaking = (row for row in group if row.reading_seq is None or row.body_seq > row.reading_seq or self._is_typed(row.body_seq))
                found[number] = tuple((row.id, row.document_id, row.body_seq) for row in speaking)
        return [found[number] for number in sorted(found)]

    def _is_typed(self, seq: int) -> bool:
        return any(account.typed_by is not None for account in self._load([seq]))

    def event_of(self, account_id: str) -> str | None:
        """Id of the event that an account belongs to."""
        row = self._one(sa.select(schema.account.c.event_no).where(schema.account.c.id == account_id))
        return event_id(row.event_no) if row else None

    def links_of(self, account_ids: Iterable[str]) -> list[Link]:
        """Stored links and verdicts that touch any of these accounts."""
        wanted = list(account_ids)
        found: dict[tuple[str, str, bool], Link] = {}
        t = schema.link
        for at in range(0, len(wanted), PAGE):
            part = wanted[at : at + PAGE]
            for row in self._rows(sa.select(t).where(t.c.a.in_(part) | t.c.b.in_(part))):
                found[row.a, row.b, row.machine] = msgspec.json.decode(row.body, type=Link)
        return [found[key] for key in sorted(found)]

    def missing_places(self) -> list[tuple[str, int]]:
        """Places that accounts name and the gazetteer lacks, with counts, most frequent first."""
        a = schema.account
        rows = self._rows(sa.select(a.c.place, sa.func.count()).where(a.c.place.is_not(None)).group_by(a.c.place))
        return sorted(((row[0], row[1]) for row in rows), key=lambda pair: (-pair[1], pair[0]))

    def corrections(self, state: str | None = None) -> list[Correction]:
        """Corrections, all or of one state."""
        c = schema.correction
        query = sa.select(c.c.body).order_by(c.c.id)
        rows = self._rows(query if state is None else query.where(c.c.state == state))
        return [msgspec.json.decode(row.body, type=Correction) for row in rows]

    def count_corrections(self, state: str) -> int:
        """How many corrections are in a state."""
        return int(self._one(sa.select(sa.func.count()).select_from(schema.correction).where(schema.correction.c.state == state))[0])

    def correction(self, id: str) -> Correction | None:
        """One correction."""
        row = self._one(sa.select(schema.correction.c.body).where(schema.correction.c.id == id))
        return msgspec.json.decode(row.body, type=Correction) if row else None

    # --- events ------------------------------------------------------------------------------------------------------

    def _seq_as_of(self, as_of: int | dt.datetime | None) -> int | None:
        """The newest seq at an instant; a seq is itself."""
        if as_of is None or isinstance(as_of, int):
            return as_of
        at = as_of.astimezone(dt.UTC).isoformat()
        return self._one(sa.select(sa.func.max(schema.entry.c.seq)).where(schema.entry.c.at <= at))[0] or 0

    def event(self, id: str, as_of: int | dt.datetime | None = None) -> Event | None:
        """The event under this id, or under an id that led to it after a merge."""
        number, until = seq_of(id), self._seq_as_of(as_of)
        v = schema.event_version
        seen: set[int] = set()
        while number is not None and number not in seen:
            seen.add(number)
            row = self._one(sa.select(v.c.body, v.c.into).where(v.c.event_no == number, *_until(v, until)).order_by(v.c.seq.desc()).limit(1))
            if row is None:
                return None
            if row.body is not None:
                return self._mark_hidden(unpack_event(row.body), self._hidden_accounts())
            number = row.into
        return None

    def events(self, wanted: Filter = Filter()) -> Iterator[Event]:  # noqa: B008
        """Events in the order of their first day, then id; events without a day last."""
        until = self._seq_as_of(wanted.as_of)
        t = schema.event_head if until is None else schema.event_version
        query = sa.select(t.c.body, t.c.event_no, t.c.first_day).where(t.c.body.is_not(None), *where_filter(t, wanted), *_until(t, until))
        if until is not None:
            newer = schema.event_version.alias()
            later = sa.select(sa.literal(1)).where(newer.c.event_no == t.c.event_no, newer.c.seq > t.c.seq, newer.c.seq <= until)
            query = query.where(~later.exists())
        query = query.order_by(t.c.first_day, t.c.event_no).limit(PAGE)
        place = sa.tuple_(t.c.first_day, t.c.event_no)
        last: tuple[str, int] | None = None
        while True:
            hidden = self._hidden_accounts()
            rows = self._rows(query if last is None else query.where(place > sa.tuple_(*last)))
            events = [self._mark_hidden(unpack_event(row.body), hidden) for row in rows]
            yield from events if wanted.at_least is None else self._likely(events, wanted.at_least)
            if len(rows) < PAGE:
                return
            last = rows[-1].first_day, rows[-1].event_no

    def _likely(self, events: Sequence[Event], least: float) -> list[Event]:
        """The events as they are told without what was read less surely; those that nothing sure is left of are not among them."""
        with store.faults(self.address):
            found = list(Fold(self._db).merge_likely(events, least))
            if self._tx is None:
                self._db.rollback()
            return found

    def versions(self, id: str) -> list[Event]:
        """Every version of an event, oldest first."""
        number = seq_of(id)
        v = schema.event_version
        rows = self._rows(sa.select(v.c.body).where(v.c.event_no == number, v.c.body.is_not(None)).order_by(v.c.seq))
        hidden = self._hidden_accounts()
        return [self._mark_hidden(unpack_event(row.body), hidden) for row in rows]

    def _hidden_accounts(self) -> frozenset[str]:
        """Accounts whose events are hidden, since somebody says that they endanger a person."""
        a, h = schema.account, schema.hidden
        told = sa.select(a.c.id).join(h, sa.and_(h.c.what == "document", h.c.key == a.c.document_id))
        return frozenset(row[0] for row in self._rows(sa.select(h.c.key).where(h.c.what == "account").union(told)))

    @staticmethod
    def _mark_hidden(event: Event, hidden: frozenset[str]) -> Event:
        return event if hidden.isdisjoint(event.account_ids) else msgspec.structs.replace(event, hidden=True)

    def is_text_hidden(self, document_id: str) -> bool:
        """Whether somebody says that showing this text, or an event that it tells of, endangers a person."""
        h = schema.hidden
        return bool(self._rows(sa.select(h.c.key).where(h.c.what.in_(("text", "document")), h.c.key == document_id).limit(1)))

    def diff(self, first: int, second: int) -> Iterator[str]:
        """Lines that say which events came, changed (which fields) and went between two seqs."""
        v = schema.event_version
        touched = self._rows(sa.select(v.c.event_no).where(v.c.seq > min(first, second), v.c.seq <= max(first, second)).distinct().order_by(v.c.event_no))
        for row in touched:
            old, new = (self._version(row.event_no, seq) for seq in (first, second))
            if old is None and new is not None:
                yield f"+ {new.id}  {new.kind.value}  {new.when.value.start or 'open'}  {new.where.value.name if new.where.value else '-'}"
            elif old is not None and new is None:
                into = self.event(old.id, second)
                yield f"- {old.id}  " + (f"now in {into.id}" if into else "gone")
            elif old is not None and new is not None:
                fields = [name for name in Event.__struct_fields__ if name != "last_seq" and getattr(old, name) != getattr(new, name)]
                if fields:
                    yield f"~ {new.id}  {', '.join(fields)}"

    def _version(self, number: int, seq: int) -> Event | None:
        v = schema.event_version
        row = self._one(sa.select(v.c.body).where(v.c.event_no == number, v.c.seq <= seq).order_by(v.c.seq.desc()).limit(1))
        return unpack_event(row.body) if row and row.body is not None else None

    # --- upkeep ------------------------------------------------------------------------------------------------------

    def rebuild(self) -> None:
        """Drop the projections and fold the log anew, in one transaction."""
        with self._lock, store.faults(self.address), store.begun(self._db):
            upkeep.refold(self._db)

    def erase(self, item: str, basis: str, by: str) -> int:
        """Destroy the payloads of a document and of all that was read from it or said of it; returns how many.

        The tombstone in the chain names the seqs and the basis, nothing of the content. Event versions are made anew without it.

        Args:
            item: id of a document, or path of an input that was set aside.
        """
        with store.faults(self.address):
            digests = upkeep.entries_about(self._db, item)
            self._db.rollback()
        return upkeep.erase(self, self._db, upkeep.Erasure(key=item, digests=digests, basis=basis, by=by))

    def erased_since(self, as_of: int | dt.datetime) -> int:
        """How many entries of the log as it was then were erased later: where there are any, the view of then is what is left of it."""
        until = self._seq_as_of(as_of)
        gone: set[int] = set()
        for _, body in self.entries(until or 0, "erasure"):
            gone.update(msgspec.json.decode(body or b'{"seqs":[]}')["seqs"])
        return sum(seq <= (until or 0) for seq in gone)

    def erasures(self) -> list[upkeep.Erasure]:
        """What was erased: the tombstones of the log, and those noted beside the file that are not among them."""
        with store.faults(self.address):
            found = upkeep.erasures_in(self._db)
            self._db.rollback()
        gone = {seq for erasure in found for seq in erasure.digests}
        return found + [erasure for erasure in upkeep.noted_erasures(self.address) if not erasure.digests.keys() <= gone]

    def take_erasures(self, known: Sequence[upkeep.Erasure] | None = None) -> int:
        """Destroy what was erased in another record of the same log (or is noted beside this file) and is here still; returns how many."""
        with store.faults(self.address):
            known = upkeep.noted_erasures(self.address) if known is None else known
            due = list(upkeep.pending(self._db, known)) if known else []
            self._db.rollback()
        return sum(upkeep.erase(self, self._db, erasure) for erasure in due)

    def refuse_pending_erasures(self) -> None:
        """For a record opened to be looked at only.

        Raises:
            RecordError: it holds what was erased (a backup was put back) and cannot be erased without writing.
        """
        known = upkeep.noted_erasures(self.address)
        if known and any(upkeep.pending(self._db, known)):
            raise RecordError(f"{self.address}: restored from before an erasure; khronika rebuild erases it again, then it can be looked at")
        self._db.rollback()

    def copy_to(self, other: Record) -> int:
        """Copy the log into an empty record, seqs, digests and erasures intact; returns the number of entries.

        Raises:
            RecordError: the other record is not empty.
        """
        if other.head():
            raise RecordError(f"{other.address}: not empty ({other.head()} entries); copy into a new record")
        with other._lock, store.faults(other.address), store.begun(other._db), self._snapshot():
            count = upkeep.copy_log(self._db, other._db)
        other.take_erasures()
        return count

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Reads in this block see one moment of the log: it is read in pages and others may write meanwhile (appending only)."""
        try:
            if self._db.dialect.name == "sqlite":
                self._db.exec_driver_sql("BEGIN")
            yield
        finally:
            if self._db.dialect.name == "sqlite":
                self._db.exec_driver_sql("ROLLBACK")
            self._db.rollback()

    def backup(self, path: str) -> None:
        """A consistent copy in a new SQLite file; none where it fails."""
        with upkeep.whole_or_none(path), Record(path, store.connect(path, create=True, read_only=False), self._clock) as other:
            self.copy_to(other)

    def kinds(self) -> Counter[str]:
        """How many entries of each kind."""
        e = schema.entry
        return Counter({row[0]: row[1] for row in self._rows(sa.select(e.c.kind, sa.func.count()).group_by(e.c.kind))})


_BY_KEYS = f"""SELECT {{at}} AS at, a.id, a.seq, a.body_seq FROM {schema.account} a JOIN
(SELECT seq, count(*) AS n FROM {schema.key} WHERE number IN ({{numbers}}) GROUP BY seq ORDER BY n DESC, seq LIMIT {{limit}}) most ON most.seq = a.seq"""


def _groups() -> sa.Select[Any]:
    a, d = schema.account, schema.document
    numbers = sa.select(a.c.event_no).where(a.c.id.in_(sa.bindparam("ids", expanding=True)))
    columns = (a.c.event_no, a.c.id, a.c.document_id, a.c.body_seq, d.c.reading_seq)
    query = sa.select(*columns).select_from(a.outerjoin(d, a.c.document_id == d.c.id)).where(a.c.event_no.in_(numbers), a.c.document_id != "")
    return query.order_by(a.c.event_no, a.c.seq)


_GROUPS = _groups()  # made once: they are asked for every account that comes in


def _until(table: sa.FromClause, seq: int | None) -> list[sa.ColumnElement[bool]]:
    return [] if seq is None else [table.c.seq <= seq]
