"""Nouns in, chained entries out: the append-only log and its digests.

The chain covers the salted digest of each payload, and payloads lie in a table of their own, so that one can be destroyed
(`khronika erase`) and the chain still verifies.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from khronika.errors import RecordError, UsageError
from khronika.record import schema, store
from khronika.types import Entry

LEVEL = 4
"""Of zlib: a third more bytes than the highest, at a quarter of the time."""
START = "0" * 64
"""The digest before the first entry."""


class Row(NamedTuple):
    """One entry about to be written, with its payload in the clear."""

    entry: Entry
    salt: bytes
    body: bytes


def chain(before: str, seq: int, at: str, by: str, kind: str, key: str, payload_digest: str) -> str:
    """Digest of one entry over the one before it."""
    state = hashlib.sha256()
    for part in (before, str(seq), at, by, kind, key, payload_digest):
        raw = part.encode("utf-8", "surrogatepass")
        state.update(len(raw).to_bytes(8, "big") + raw)
    return state.hexdigest()


def digest_payload(salt: bytes, body: bytes) -> str:
    """Salted, so that the digest that stays behind after an erasure does not give the content away."""
    return hashlib.sha256(salt + body).hexdigest()


def make_row(before: str, seq: int, at: dt.datetime, by: str, kind: str, key: str, body: bytes, salt: bytes | None = None) -> Row:
    """The next entry after the one whose digest is `before`."""
    salt = salt if salt is not None else os.urandom(16)
    payload_digest = digest_payload(salt, body)
    digest = chain(before, seq, at.isoformat(), by, kind, key, payload_digest)
    return Row(Entry(seq=seq, at=at, by=by, kind=kind, key=key, payload_digest=payload_digest, digest=digest), salt, body)


def insert(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Write entries and payloads."""
    store.insert(connection, schema.entry, [_columns(row.entry) for row in rows])
    store.insert(connection, schema.payload, [{"seq": row.entry.seq, "salt": row.salt, "body": zlib.compress(row.body, LEVEL)} for row in rows])


def insert_entry(connection: sa.Connection, entry: Entry) -> None:
    """Write an entry whose payload was destroyed (in a copy)."""
    connection.execute(schema.entry.insert(), [_columns(entry)])


def _columns(entry: Entry) -> dict[str, Any]:
    names = ("seq", "by", "kind", "key", "payload_digest", "digest")
    return {name: getattr(entry, name) for name in names} | {"at": entry.at.isoformat()}


def last(connection: sa.Connection) -> tuple[int, str]:
    """Seq and digest of the newest entry."""
    found = connection.execute(sa.select(schema.entry.c.seq, schema.entry.c.digest).order_by(schema.entry.c.seq.desc()).limit(1)).first()
    return (found.seq, found.digest) if found else (0, START)


def read(connection: sa.Connection, after: int = 0, kind: str | None = None) -> Iterator[tuple[Entry, bytes | None, bytes | None]]:
    """Entries in order with salt and payload; both None where the payload was destroyed."""
    e, p = schema.entry, schema.payload
    start = sa.bindparam("start", type_=sa.BigInteger)
    with_payload = e.outerjoin(p, sa.and_(e.c.seq == p.c.seq, p.c.seq > start))  # said of both: PostgreSQL would read all older payloads for every page
    query = sa.select(e, p.c.salt, p.c.body).select_from(with_payload).where(e.c.seq > start).order_by(e.c.seq).limit(500)
    if kind is not None:
        query = query.where(e.c.kind == kind)
    while True:
        rows = connection.execute(query, {"start": after}).all()
        for row in rows:
            yield entry_of(row), row.salt, _unpack(row.seq, row.body) if row.body is not None else None
        if len(rows) < 500:
            return
        after = rows[-1].seq


def entry_of(row: Any) -> Entry:
    """The entry in a row of the table."""
    return Entry(
        seq=row.seq, at=dt.datetime.fromisoformat(row.at), by=row.by, kind=row.kind, key=row.key, payload_digest=row.payload_digest, digest=row.digest
    )


def payloads(connection: sa.Connection, seqs: Sequence[int]) -> dict[int, bytes]:
    """Payloads in the clear, by seq; destroyed ones are left out."""
    found: dict[int, bytes] = {}
    for at in range(0, len(seqs), 500):
        query = sa.select(schema.payload.c.seq, schema.payload.c.body).where(schema.payload.c.seq.in_(seqs[at : at + 500]))
        found |= {row.seq: _unpack(row.seq, row.body) for row in connection.execute(query)}
    return found


def _unpack(seq: int, body: bytes) -> bytes:
    try:
        return zlib.decompress(body)
    except zlib.error as error:
        raise RecordError(f"the payload of entry {seq} is damaged; restore a backup") from error


class Report(NamedTuple):
    """What `verify` found."""

    ok: bool
    entries: int
    erased: int
    fault: str | None
    head: str

    def __str__(self) -> str:
        if self.ok:
            return f"{self.entries} entries, {self.erased} payloads erased, chain whole; head {self.entries}:{self.head}"
        return f"broken: {self.fault}"


def verify(connection: sa.Connection, against: str | None = None) -> Report:
    """Check every digest from the first entry on.

    Args:
        against: "SEQ:DIGEST" as `khronika head` printed it earlier.
    """
    before, count, erased = START, 0, 0
    tombstones: set[int] = set()
    missing: list[int] = []
    promised = _parse_head(against)
    import json

    for entry, salt, body in read(connection):
        count += 1
        where = f"entry {entry.seq} ({entry.kind} {entry.key[:12]})"
        if entry.seq != count:
            return Report(False, count, erased, f"entry {count} is missing (entry {entry.seq} follows {count - 1})", before)
        if chain(before, entry.seq, entry.at.isoformat(), entry.by, entry.kind, entry.key, entry.payload_digest) != entry.digest:
            return Report(False, count, erased, f"{where}: its digest does not fit the entry before it", before)
        if body is None or salt is None:
            missing.append(entry.seq)
        elif digest_payload(salt, body) != entry.payload_digest:
            return Report(False, count, erased, f"{where}: its payload was changed", before)
        elif entry.kind == "erasure":
            tombstones |= set(json.loads(body)["seqs"])
        before = entry.digest
        if promised and entry.seq == promised[0] and entry.digest != promised[1]:
            return Report(False, count, erased, f"{where}: its digest is not the one given; the log before it was rebuilt", before)
    lost = [seq for seq in missing if seq not in tombstones]
    if lost:
        return Report(False, count, len(missing), f"entry {lost[0]}: its payload is gone without an erasure", before)
    if promised and promised[0] > count:
        return Report(False, count, len(missing), f"the log ends at {count}, before the given head {promised[0]}", before)
    return Report(True, count, len(missing), None, before)


def _parse_head(against: str | None) -> tuple[int, str] | None:
    if against is None:
        return None
    seq, _, digest = against.partition(":")
    if not seq.isdigit() or len(digest) != 64:
        raise UsageError(f"{against[:40]!r} is no head; give SEQ:DIGEST as khronika head prints it")
    return int(seq), digest
