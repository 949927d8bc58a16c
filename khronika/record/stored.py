"""Payload of an account entry in, the account out, under the ids that the registry knows its actors by today.

The rule: the log is never changed, so an id that the registry gave up for another (`also` in data/actors.toml) is translated whenever it is read.
"""

from __future__ import annotations

from functools import cache

import msgspec

from khronika import config
from khronika.types import Account


class StoredAccount(msgspec.Struct, frozen=True, omit_defaults=True):
    """Payload of an account entry: the account and its blocking keys."""

    account: Account
    keys: tuple[str, ...] = ()


def read_account(body: bytes) -> StoredAccount:
    """The account of a payload and its keys."""
    for old, new in _renamed():
        body = body.replace(old, new)
    return msgspec.json.decode(body, type=StoredAccount)


@cache
def _renamed() -> list[tuple[bytes, bytes]]:
    """Ids given up, and those in their place, as they stand in JSON: quotation marks within a text have a backslash before them there, so no words are touched."""
    ids = [(old, entry["id"]) for entry in config.data("actors.toml")["actor"] for old in entry.get("also", ())]
    return [(f'"{field}":"{old}"'.encode(), f'"{field}":"{new}"'.encode()) for field in ("id", "origin") for old, new in ids]
