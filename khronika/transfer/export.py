"""A record and a filter in, a file in a shape that others load out; everything passes the policy on its way.

The rule: no half file is ever left (written beside, then renamed), unknown is blank, never 0, and each file has its datapackage beside it.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from khronika.errors import UsageError
from khronika.transfer.acled import write_acled
from khronika.transfer.coding import Shown
from khronika.transfer.files import write_parquet, write_sqlite
from khronika.transfer.flat import write_csv, write_geojson, write_jsonl
from khronika.transfer.ged import write_ged
from khronika.transfer.linked import write_jsonld
from khronika.transfer.outgoing import Outgoing
from khronika.transfer.plover import write_plover
from khronika.transfer.reports import write_reports
from khronika.transfer.viina import write_viina, write_viina_1pd

EXPORTS: dict[str, Callable[[Shown, IO[Any]], Counter[str]]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "geojson": write_geojson,
    "reports": write_reports,
    "acled": write_acled,
    "ged": write_ged,
    "plover": write_plover,
    "viina": write_viina,
    "viina-1pd": write_viina_1pd,
    "jsonld": write_jsonld,
    "parquet": write_parquet,
    "sqlite": write_sqlite,
}
"""Format -> its writer, which returns how many events the shape has no row for, by reason."""
BINARY = frozenset({"parquet", "sqlite"})
"""Formats whose writer writes bytes."""


def write_export(format: str, outgoing: Outgoing, output: Path | None) -> Counter[str]:
    """Write the events to a file or standard output; returns how many the shape has no row for, by reason.

    Raises:
        UsageError: the file cannot be written, or the format is no text and no file is named; nothing is left of it.
        OSError: standard output cannot be written.
    """
    if output is not None:
        return write_file(output, format in BINARY, lambda out: EXPORTS[format](outgoing, out))
    if format in BINARY and sys.stdout.isatty():
        raise UsageError(f"{format} is no text: name a file with -o FILE")
    out = sys.stdout.buffer if format in BINARY else sys.stdout
    skipped = EXPORTS[format](outgoing, out)
    out.flush()
    return skipped


def write_file(output: Path, binary: bool, write: Callable[[IO[Any]], Counter[str]]) -> Counter[str]:
    """Write a file beside its name and rename it when it is whole.

    Raises:
        UsageError: it cannot be written; nothing is left of it.
    """
    draft = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") if binary else draft.open("w", encoding="utf-8", newline="") as out:
            skipped = write(out)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(output)
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror}; nothing of it was left") from error
    finally:
        with suppress(OSError):  # there is none where its name is too long, or its folder is none
            draft.unlink()
    return skipped
