"""Addresses in, what the last poll of each left out: a mapping that is written through to a table beside the log.

The rule: nothing of it is said by anybody about the world, so it is in no log, copy or backup; where it is lost, each feed is asked once more.
"""

from __future__ import annotations

from collections import UserDict
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from khronika.jsonl import to_json
from khronika.record import schema, store
from khronika.types import Poll

if TYPE_CHECKING:
    from khronika.record.record import Record


class Polls(UserDict[str, Poll]):
    """Address of a feed, or name of a host -> what is kept of it."""

    def __init__(self, record: Record) -> None:
        self._record = record
        with record._lock, store.faults(record.address), store.begun(record._db):
            schema.poll.create(record._db, checkfirst=True)
        super().__init__()
        self.data = {row.address: msgspec.json.decode(row.body, type=Poll) for row in record._rows(sa.select(schema.poll))}

    def __setitem__(self, address: str, poll: Poll) -> None:
        self.data[address] = poll
        record, t = self._record, schema.poll
        with record._lock, store.faults(record.address), store.begun(record._db):
            record._db.execute(t.delete().where(t.c.address == address))
            record._db.execute(t.insert().values(address=address, body=to_json(poll)))
