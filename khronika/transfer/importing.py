"""Lines of `khronika export jsonl` in, the events of another record out, each checked against the types.

The rule: a line that is no event is told by its number and left out; the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from khronika.errors import UsageError
from khronika.jsonl import read_lines
from khronika.types import Event


def read_events(path: Path) -> Iterator[tuple[int, Event | str]]:
    """Number of each line with its event, or with what is wrong.

    Raises:
        UsageError: the file cannot be read.
    """
    decoder = msgspec.json.Decoder(Event)
    try:
        for number, line in read_lines(path):
            try:
                yield number, decoder.decode(line)
            except msgspec.DecodeError as error:
                yield number, f"no event of khronika export jsonl: {error}"
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
