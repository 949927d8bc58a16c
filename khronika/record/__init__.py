"""Keeps what was read: an append-only log, and what it amounts to at any moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from khronika.record.record import Record

__all__ = ["open_record"]


def open_record(address: str, *, create: bool = True, read_only: bool = False, clock: Callable[[], dt.datetime]) -> Record:
    """The record at a file path, sqlite:///path or postgresql://... address.

    Raises:
        RecordError: it cannot be opened; says why and what to do.
    """
    from khronika.record import store
    from khronika.record.record import Record

    record = Record(address, store.connect(address, create=create, read_only=read_only), clock)
    try:
        if read_only:
            record.refuse_pending_erasures()
        else:
            record.take_erasures()  # a backup put back in place
    except BaseException:
        record.close()
        raise
    return record
