"""An address in, a connection to a record of our schema out; every fault of the store becomes one clear RecordError."""

from __future__ import annotations

import contextlib
import importlib
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from khronika.errors import RecordError
from khronika.record import schema

BUSY_MS = 15_000


def connect(address: str, *, create: bool, read_only: bool) -> sa.Connection:
    """A connection to the record at a file path, sqlite:///path or postgresql://... address.

    Raises:
        RecordError: missing, locked, damaged, newer, no record, or not reachable.
    """
    is_sqlite = not address.startswith(("postgresql://", "postgresql+psycopg://"))
    path = address.removeprefix("sqlite:///")
    if is_sqlite:
        _check_file(path, create, read_only)
    with faults(address):
        connection = _sqlite(path, read_only).connect() if is_sqlite else _postgresql(address).connect()
        try:
            _check_schema(connection, address, create=create and not read_only, migrate=not read_only)
        except BaseException:
            connection.close()
            connection.engine.dispose()
            raise
    return connection


def _check_file(path: str, create: bool, read_only: bool) -> None:
    if not os.path.exists(path):
        if not create:
            raise RecordError(f"{path}: no record there; khronika read PATH... --record {path} makes one")
        folder = Path(path).resolve().parent
        if not folder.is_dir():
            raise RecordError(f"{path}: the folder {folder} does not exist")
        return
    if os.path.isdir(path):
        raise RecordError(f"{path}: a folder, not a record")
    # The file must not be opened but by SQLite: closing it would drop the locks that this process's other connections hold on it,
    # another process would take them for gone, and what they write from then on would be lost.
    if not read_only and not os.access(path, os.W_OK):
        raise RecordError(f"{path}: read-only; it can be looked at, not written")


def _sqlite(path: str, read_only: bool) -> sa.Engine:
    import sqlite3
    from urllib.parse import quote

    def open_file() -> sqlite3.Connection:
        mode = "ro" if read_only else "rwc"
        raw = sqlite3.connect(f"file:{quote(os.path.abspath(path))}?mode={mode}", uri=True, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
        if not read_only:
            raw.execute("PRAGMA journal_mode=WAL")
        # FULL: what was acknowledged survives a power cut too; one commit a batch makes it cheap.
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("PRAGMA cache_size=-32000")
        # Pages of indexes that every batch touches are written to the file once in many batches.
        raw.execute("PRAGMA wal_autocheckpoint=8000")
        return raw

    return sa.create_engine(f"sqlite:///{os.path.abspath(path)}", creator=open_file, poolclass=sa.pool.NullPool)


def _postgresql(address: str) -> sa.Engine:
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise RecordError("PostgreSQL needs psycopg: pip install 'khronika[postgres]'") from error
    return sa.create_engine(address.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=sa.pool.NullPool)


def _check_schema(connection: sa.Connection, address: str, *, create: bool, migrate: bool) -> None:
    tables = set(sa.inspect(connection).get_table_names())
    version = None
    if "alembic_version" in tables:
        version = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    connection.rollback()
    if version == schema.VERSION:
        return
    if version is None and tables:
        raise RecordError(f"{address}: not a khronika record (it holds other tables)")
    known = sorted(path.name.split("_")[0] for path in (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py"))
    if version is not None and version not in known:
        raise RecordError(f"{address}: made by a newer khronika (schema {version}, this one knows {known[-1]}); upgrade khronika")
    if version is None and not create:
        raise RecordError(f"{address}: empty, no record yet; khronika read PATH... --record {address} makes one")
    if version is not None and not migrate:
        raise RecordError(f"{address}: of an older schema ({version}); open it once for writing (khronika rebuild) to bring it up to date")
    _migrate(connection)


def _migrate(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    with begun(connection):
        # Another process may have made it in the meantime.
        if "alembic_version" in sa.inspect(connection).get_table_names():
            if connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == schema.VERSION:
                return
        command.upgrade(config, "head")


@contextmanager
def begun(connection: sa.Connection) -> Iterator[None]:
    """One write transaction, alone from its start: later ones wait for its end."""
    with _turn(connection) if connection.dialect.name == "sqlite" else contextlib.nullcontext():
        yield from _begun(connection)


_turns: dict[str, threading.Lock] = {}


@contextmanager
def _turn(connection: sa.Connection) -> Iterator[None]:
    """Threads of one process take turns: SQLite alone lets one wait for ever where many write."""
    address = str(connection.engine.url.database)
    lock = _turns.setdefault(address, threading.Lock())
    if not lock.acquire(timeout=BUSY_MS / 1000):
        raise RecordError(f"{address}: {_advice('locked')}")
    try:
        yield
    finally:
        lock.release()


def _begun(connection: sa.Connection) -> Iterator[None]:
    if connection.dialect.name == "sqlite":
        with faults(str(connection.engine.url.database)):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(76410)"))
    try:
        yield
    except BaseException:
        if connection.dialect.name == "sqlite":
            raw = connection.connection.dbapi_connection
            if raw is not None and raw.in_transaction:
                connection.exec_driver_sql("ROLLBACK")
        connection.rollback()
        raise
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("COMMIT")
    connection.commit()


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows of plain values, all with the same columns, as they are: to have each value looked at takes two thirds of the time."""
    if rows:
        connection.exec_driver_sql(_insertion(connection.dialect.name, table, tuple(rows[0])), list(rows))


@cache
def _insertion(dialect: str, table: sa.Table, columns: tuple[str, ...]) -> str:
    """An insertion with one named parameter a column, as the driver wants it."""
    module, style = ("sqlite.pysqlite", "named") if dialect == "sqlite" else ("postgresql.psycopg", "pyformat")
    driver = importlib.import_module(f"sqlalchemy.dialects.{module}").dialect(paramstyle=style)
    return str(table.insert().compile(dialect=driver, column_keys=list(columns)))


@contextmanager
def faults(address: str) -> Iterator[None]:
    """Turns the store's errors into one RecordError that says what to do."""
    import sqlite3

    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.DatabaseError) as error:
        text = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        raise RecordError(f"{address}: {_advice(text)}") from error


def _advice(text: str) -> str:
    low = text.casefold()
    for sign, advice in (
        ("append-only", "refused: the log is append-only"),
        ("locked", "locked by another program; nothing was written; try again when it has ended"),
        ("malformed", f"damaged ({text}); restore a backup"),
        ("not a database", "not a khronika record, or damaged at its start; restore a backup"),
        ("disk is full", "the disk is full; nothing of this batch was written; make room and run the same command again"),
        ("readonly", "read-only; it can be looked at, not written"),
        ("i/o error", f"the disk failed ({text}); nothing of this batch was written"),
        ("unable to open", "cannot be opened; check the path and its permissions"),
        ("connection", f"the server cannot be reached ({text})"),
    ):
        if sign in low:
            return advice
    return text
