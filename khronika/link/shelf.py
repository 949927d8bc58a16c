"""What was made once and is asked for again: the newest in memory, the rest in a temporary file.

The rule: what is kept in memory does not grow with the record, and nothing is made twice; the file goes with the process.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import islice
from typing import Generic, TypeVar

Key = TypeVar("Key", int, str)
Value = TypeVar("Value")

MOVED = 256
"""Values that go to the file at once."""


class Shelf(Generic[Key, Value]):
    """Values by key, each put once and never changed.

    Args:
        most: values in memory, beside MOVED.
        pack: a value as bytes, for the file.
        unpack: the same the other way.
    """

    def __init__(self, most: int, pack: Callable[[Value], bytes], unpack: Callable[[bytes], Value]) -> None:
        self._most, self._pack, self._unpack = most, pack, unpack
        self._near: dict[Key, Value] = {}
        self._far: sqlite3.Connection | None = None

    def get(self, key: Key) -> Value | None:
        """The value of a key, or None."""
        found = self._near.get(key)
        if found is None and self._far is not None:
            row = self._far.execute("SELECT value FROM kept WHERE key = ?", (key,)).fetchone()
            return self._unpack(row[0]) if row else None
        return found

    def put(self, key: Key, value: Value) -> None:
        """Keep a value."""
        self._near[key] = value
        if len(self._near) >= self._most + MOVED:
            oldest = list(islice(self._near, MOVED))
            packed = ((key, self._packed(self._near.pop(key))) for key in oldest)
            self._file().executemany("INSERT OR IGNORE INTO kept VALUES (?, ?)", [row for row in packed if row[1] is not None])

    def _packed(self, value: Value) -> bytes | None:
        """None for what holds a lone surrogate: it is made again."""
        try:
            return self._pack(value)
        except UnicodeEncodeError:
            return None

    def _file(self) -> sqlite3.Connection:
        if self._far is None:
            self._far = sqlite3.connect("", isolation_level=None, check_same_thread=False)  # SQLite's own temporary file, gone when closed
            self._far.execute("PRAGMA journal_mode = OFF")
            self._far.execute("CREATE TABLE kept (key PRIMARY KEY, value BLOB) WITHOUT ROWID")
        return self._far
