"""JSON in and out: one object a line, types checked on the way in, keys in the order of the types on the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from khronika.errors import DataError

T = TypeVar("T")
_encoder = msgspec.json.Encoder(decimal_format="number")


def to_json(value: Any) -> bytes:
    """Compact JSON of a noun or plain value; the same value gives the same bytes."""
    return _encoder.encode(value)


def from_json(raw: bytes | str, type: type[T]) -> T:
    """A noun of the type from its JSON.

    Raises:
        DataError: the JSON is broken or does not fit the type.
    """
    try:
        return msgspec.json.decode(raw, type=type)
    except msgspec.DecodeError as error:
        raise DataError(f"not a valid {getattr(type, '__name__', type)}: {error}") from error


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes of each line that is not blank."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, line
