"""Reads the TOML files of khronika/data and of the user, once each; the rule: a wrong file is named with what to do."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from khronika.errors import DataError
from khronika.types import Source

DATA = Path(__file__).with_name("data")


def read_toml(path: Path) -> dict[str, Any]:
    """The content of one TOML file.

    Raises:
        DataError: it is missing, unreadable or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path}: not TOML: {error}") from error


@cache
def data(name: str) -> dict[str, Any]:
    """The content of a file under khronika/data, by its name relative to it ("lexicon/en/triggers.toml"); not to be changed."""
    return read_toml(DATA / name)


@cache
def data_json(name: str) -> Any:
    """The content of a JSON file under khronika/data; not to be changed.

    Raises:
        DataError: it is missing or no JSON.
    """
    path = DATA / name
    try:
        return msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def read_sources(*files: Path) -> dict[str, Source]:
    """Publishers by id, from data/sources.toml and the user's own files; a later file replaces an entry of the same id.

    Raises:
        DataError: an entry does not fit the type.
    """
    found: dict[str, Source] = {}
    for path in (DATA / "sources.toml", *files):
        for entry in read_toml(path).get("source", []):
            try:
                source = msgspec.convert(entry, Source)
            except msgspec.ValidationError as error:
                raise DataError(f"{path}: source {entry.get('id')!r}: {error}") from error
            found[source.id] = source
    return found


def cache_folder() -> Path:
    """Where built files (the gazetteer) are kept for this user."""
    return Path.home() / ".cache" / "khronika"
