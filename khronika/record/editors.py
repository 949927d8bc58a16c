"""Who may sign in: names, roles, password hashes and session keys, in a table beside the log.

The rule: nothing of it is in the log, in a copy or in a backup; a hash that was replaced is gone.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

from khronika.errors import UsageError
from khronika.record import schema, store
from khronika.types import Noun

if TYPE_CHECKING:
    from khronika.record.record import Record

ROLES = ("reader", "editor", "admin")
_NAME = re.compile(r"[\w.-]{1,40}")


class Account(Noun, frozen=True, kw_only=True):
    """One who may sign in. `password` is its hash; a new `session_key` signs everybody out who used the old one."""

    name: str
    role: str
    password: str
    session_key: bytes


def read_editor(record: Record, name: str) -> Account | None:
    """The one of this name."""
    return next((account for account in read_editors(record) if account.name == name), None)


def read_editors(record: Record) -> list[Account]:
    """All, by name."""
    t = schema.editor
    rows = record._rows(sa.select(t).order_by(t.c.name))
    return [Account(name=row.name, role=row.role, password=row.password, session_key=bytes(row.session_key)) for row in rows]


def put_editor(record: Record, name: str, role: str, password_hash: str) -> None:
    """Add one, or give one another role and password; signs them out everywhere.

    Raises:
        UsageError: the name or the role is none.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r}: a name is up to 40 letters, digits, dots and hyphens; choose a pseudonym, it stands in the log")
    if role not in ROLES:
        raise UsageError(f"{role!r} is no role; there are: {', '.join(ROLES)}")
    t = schema.editor
    row = {"name": name, "role": role, "password": password_hash, "session_key": os.urandom(32)}
    _change(record, t.delete().where(t.c.name == name), t.insert().values(row))


def remove_editor(record: Record, name: str) -> bool:
    """Take one out; False where there is none. What they decided stays."""
    known = read_editor(record, name) is not None
    _change(record, schema.editor.delete().where(schema.editor.c.name == name))
    return known


def sign_out(record: Record, name: str) -> None:
    """End all sessions of one."""
    _change(record, schema.editor.update().where(schema.editor.c.name == name).values(session_key=os.urandom(32)))


def _change(record: Record, *statements: sa.Executable) -> None:
    with record._lock, store.faults(record.address), store.begun(record._db):
        for statement in statements:
            record._db.execute(statement)
