"""Erasing, copying and rebuilding: the log in, the same log in another place or without a payload out.

The rule: the chain of digests is never touched. An erasure destroys payloads and salts, leaves a tombstone in the chain and a line in FILE.erasures
beside a SQLite record, so that a backup put back in its place is erased again when it is opened.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from khronika.errors import RecordError
from khronika.jsonl import read_lines, to_json
from khronika.record import log, schema, store
from khronika.record.fold import Fold
from khronika.record.stored import read_account
from khronika.types import Correction, Entry, SetAside

if TYPE_CHECKING:
    from khronika.record.record import Record


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What was destroyed: seq -> digest of the entry (its place in the chain, nothing of its content), on what ground, by whom."""

    key: str
    digests: dict[int, str]
    basis: str
    by: str


def refold(connection: sa.Connection) -> None:
    """Empty the projections and apply every entry again."""
    for table in schema.PROJECTIONS:
        connection.execute(table.delete())
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO p_shown_words(p_shown_words) VALUES ('rebuild')")  # else deleted words stay in its pages
    fold = Fold(connection)
    for entry, _, body in log.read(connection):
        fold.apply(entry, body)
    fold.flush()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")  # without it the planner does not know that an old view is found by its index


def erase(record: Record, connection: sa.Connection, erasure: Erasure) -> int:
    """Destroy payloads, append the tombstone, fold anew; returns how many are gone."""
    seqs = sorted(erasure.digests)
    side = sidecar_of(record.address)
    if side is not None and not _is_noted(side, erasure):
        with side.open("ab") as file:  # before the commit: a kill in between must not let a backup bring the words back
            file.write(to_json(erasure) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # a kill before the vacuum must not leave words in free pages
    with record.write(by=erasure.by) as tx:
        for at in range(0, len(seqs), 500):
            connection.execute(schema.payload.delete().where(schema.payload.c.seq.in_(seqs[at : at + 500])))
        tx.append("erasure", erasure.key, to_json({"seqs": seqs, "basis": erasure.basis}))
        tx.flush()
        refold(connection)  # older versions held its words too
    vacuum(connection, record.address)
    return len(seqs)


def entries_about(connection: sa.Connection, item: str) -> dict[int, str]:
    """Seq and digest of every entry that holds words of a document (or of an input set aside under that path, or of a correction) and has its payload still."""
    p = schema.payload
    accounts: set[str] = set()
    e = schema.entry
    own = sa.select(e.c.seq, e.c.digest).where(e.c.kind.in_(("document", "text", "reading", "import")), e.c.key == item)
    found = {row.seq: row.digest for row in connection.execute(own)}
    for entry, body in _of_kinds(connection, ("account", "rejection", "correction", "decision", "forecast")):
        if body is None:
            continue
        if _is_about(entry.kind, entry.key, body, item, accounts):
            found[entry.seq] = entry.digest
            if entry.kind == "account":
                accounts.add(entry.key)
    return {seq: digest for seq, digest in found.items() if connection.execute(sa.select(p.c.seq).where(p.c.seq == seq)).first()}


def _of_kinds(connection: sa.Connection, kinds: Sequence[str]) -> Iterator[tuple[Entry, bytes | None]]:
    for kind in kinds:
        for entry, _, body in log.read(connection, kind=kind):
            yield entry, body


def _is_about(kind: str, key: str, body: bytes, item: str, accounts: set[str]) -> bool:
    if kind == "account":
        return read_account(body).account.document_id == item
    if kind == "rejection":
        aside = msgspec.json.decode(body[4 : 4 + int.from_bytes(body[:4], "big")], type=SetAside)
        return key == item or aside.document is not None and aside.document.id == item
    if kind == "forecast":
        return bool(msgspec.json.decode(body)["document_id"] == item)
    correction = msgspec.json.decode(body, type=Correction)
    return key == item or correction.document_id == item or correction.account_id in accounts


def path_of(address: str) -> Path | None:
    """The file of a SQLite record; None for PostgreSQL."""
    return None if address.startswith("postgresql") else Path(address.removeprefix("sqlite:///"))


def sidecar_of(address: str) -> Path | None:
    """The file beside a SQLite record that lists its erasures; None for PostgreSQL."""
    path = path_of(address)
    return None if path is None else Path(f"{path}.erasures")


def _is_noted(side: Path, erasure: Erasure) -> bool:
    return side.exists() and any(msgspec.json.decode(line, type=Erasure) == erasure for _, line in read_lines(side))


def pending(connection: sa.Connection, erasures: Iterable[Erasure]) -> Iterator[Erasure]:
    """The erasures whose payloads are in this record (again): the entries have the same digests and are not empty."""
    e, p = schema.entry, schema.payload
    for erasure in erasures:
        seqs = list(erasure.digests)
        rows: list[Any] = []
        for at in range(0, len(seqs), 500):
            query = sa.select(e.c.seq, e.c.digest).join(p, p.c.seq == e.c.seq).where(e.c.seq.in_(seqs[at : at + 500]))
            rows += connection.execute(query).all()
        again = {row.seq: row.digest for row in rows if erasure.digests[row.seq] == row.digest}
        if again:
            yield msgspec.structs.replace(erasure, digests=again)


def noted_erasures(address: str) -> list[Erasure]:
    """The erasures noted beside a SQLite record.

    Raises:
        RecordError: the list cannot be read; nothing may be shown until it can.
    """
    side = sidecar_of(address)
    return read_erasures(side) if side is not None and side.exists() else []


def read_erasures(path: Path) -> list[Erasure]:
    """The erasures in a list, one JSON object a line.

    Raises:
        RecordError: it cannot be read.
    """
    try:
        return [msgspec.json.decode(line, type=Erasure) for _, line in read_lines(path)]
    except (OSError, msgspec.DecodeError) as error:
        raise RecordError(f"{path}: the list of erasures cannot be read ({error}); restore it, or the erased could come back") from error


def erasures_in(connection: sa.Connection) -> list[Erasure]:
    """The erasures that the log itself holds as tombstones."""
    found = []
    for entry, _, body in log.read(connection, kind="erasure"):
        gone = msgspec.json.decode(body or b'{"seqs":[],"basis":""}')
        rows = connection.execute(sa.select(schema.entry.c.seq, schema.entry.c.digest).where(schema.entry.c.seq.in_(gone["seqs"])))
        found.append(Erasure(key=entry.key, digests={row.seq: row.digest for row in rows}, basis=gone["basis"], by=entry.by))
    return found


def copy_log(source: sa.Connection, target: sa.Connection) -> int:
    """Entries and payloads, digests intact, and the projections made from them; returns the number of entries."""
    count = 0
    rows: list[log.Row] = []
    for entry, salt, body in log.read(source):
        count += 1
        if body is None or salt is None:
            log.insert_entry(target, entry)
        else:
            rows.append(log.Row(entry, salt, body))
        if len(rows) >= 500:
            log.insert(target, rows)
            rows = []
    log.insert(target, rows)
    refold(target)
    return count


@contextmanager
def whole_or_none(address: str) -> Iterator[None]:
    """A SQLite file that this block makes is taken away again where the block fails."""
    path = path_of(address)
    is_new = path is not None and not path.exists()
    try:
        yield
    except BaseException:
        for end in ("", "-wal", "-shm") if is_new else ():
            Path(f"{path}{end}").unlink(missing_ok=True)
        raise


def vacuum(connection: sa.Connection, address: str) -> None:
    """What was deleted must not stay in free pages, dead rows or the write-ahead log of the file.

    Raises:
        RecordError: a reader held on to an old view all the while, so that the write-ahead log could not be emptied.
    """
    with store.faults(address):
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("VACUUM")
            is_busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
            if is_busy:
                raise RecordError(f"{address}: erased, but another program reads an older view, so the words stay in {address}-wal until all that have it open end")
            return
        connection.rollback()
        with connection.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as alone:
            for table in (schema.payload, *schema.PROJECTIONS):
                alone.exec_driver_sql(f"VACUUM FULL {table.name}")
