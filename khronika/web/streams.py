"""Event ids in, an export as a stream of bytes out: written by a thread of its own, never as fast as to fill the memory.

The rule: a stream that fails breaks off, so that half a file is never taken for a whole one.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from typing import IO, cast

from khronika.policy import Policy
from khronika.record.record import Record
from khronika.transfer.export import EXPORTS
from khronika.transfer.outgoing import Outgoing
from khronika.types import Event
from khronika.web.context import Records

FORMATS = tuple(name for name in EXPORTS if name not in ("parquet", "sqlite"))
"""What is text, and can be sent while it is written."""
_JSON = {"jsonl": "application/jsonl", "plover": "application/jsonl", "geojson": "application/geo+json", "jsonld": "application/ld+json"}
CHUNK = 1 << 16
PATIENCE_S = 120
"""How long a reader may take for a chunk."""
_under_way = threading.BoundedSemaphore(4)


def name_of(format: str) -> str:
    """The name under which a browser keeps the file."""
    ending = {"jsonl": "jsonl", "plover": "plover.jsonl", "geojson": "geojson", "jsonld": "jsonld", "csv": "csv"}.get(format, f"{format}.csv")
    return f"events.{ending}"


def mime_of(format: str) -> str:
    """What the file is."""
    return _JSON.get(format, "text/csv; charset=utf-8")


class _Pipe:
    """What a writer writes to: text is handed on in chunks, and writing fails when nobody reads any more."""

    def __init__(self) -> None:
        self.chunks: queue.Queue[bytes | BaseException | None] = queue.Queue(8)
        self.is_closed = threading.Event()
        self._waiting: list[str] = []
        self._size = 0

    def write(self, text: str) -> int:
        self._waiting.append(text)
        self._size += len(text)
        if self._size >= CHUNK:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self._waiting:
            self.put("".join(self._waiting).encode())
            self._waiting, self._size = [], 0

    def put(self, chunk: bytes | BaseException | None) -> None:
        for _ in range(PATIENCE_S):
            if self.is_closed.is_set():
                break
            try:
                self.chunks.put(chunk, timeout=1)
                return
            except queue.Full:
                continue
        raise BrokenPipeError


def export(records: Records, policy: Policy, format: str, ids: Sequence[str]) -> Iterator[bytes] | None:
    """The events as a file in pieces; None where as many exports are under way as may be."""
    if not _under_way.acquire(blocking=False):
        return None
    pipe = _Pipe()
    threading.Thread(target=_write, args=(pipe, records, policy, format, ids), daemon=True).start()
    return _read(pipe)


def _read(pipe: _Pipe) -> Iterator[bytes]:
    try:
        while (chunk := pipe.chunks.get()) is not None:
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk
    finally:
        pipe.is_closed.set()


def _write(pipe: _Pipe, records: Records, policy: Policy, format: str, ids: Sequence[str]) -> None:
    try:
        with records.lent() as record:
            EXPORTS[format](Outgoing(record, _events(record, ids), policy), cast(IO[str], pipe))
        pipe.flush()
        pipe.put(None)
    except BrokenPipeError:
        pass
    except BaseException as error:  # noqa: BLE001 - it goes on in the thread that answers
        pipe.put(error)
    finally:
        _under_way.release()


def _events(record: Record, ids: Sequence[str]) -> Iterator[Event]:
    for id in ids:
        event = record.event(id)
        if event is not None:
            yield event
