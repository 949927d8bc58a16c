"""Files of places in, rows of the index out: nothing imported until the import is written."""

from __future__ import annotations

from pathlib import Path


def import_into(path: Path, file: Path, kind: str | None) -> int:
    """Rows taken from the file."""
    raise NotImplementedError
