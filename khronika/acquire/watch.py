"""FEEDS.toml in, the new entries of its feeds out, each feed at its own pace.

The file: [[feed]] with url, every ("15m", "2h"; 30m if left out) and source.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from khronika import config
from khronika.acquire.items import Fetching, Found, Options, split
from khronika.errors import DataError, InputError
from khronika.types import Item, SetAside


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """One feed to poll."""

    url: str
    every: str = "30m"
    source: str | None = None
    language: str | None = None

    @property
    def pause(self) -> dt.timedelta:
        """How long to leave it alone after a poll."""
        number, unit = re.fullmatch(r"(\d+)([smhd])", self.every).groups()  # type: ignore[union-attr]
        return dt.timedelta(seconds=int(number) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit])


def read_feeds(path: Path) -> list[Feed]:
    """The feeds of a file.

    Raises:
        DataError: it is no such file.
    """
    try:
        feeds = msgspec.convert(config.read_toml(path).get("feed", []), list[Feed])
    except msgspec.ValidationError as error:
        raise DataError(f"{path}: {error}") from error
    for feed in feeds:
        if not re.fullmatch(r"\d+[smhd]", feed.every):
            raise DataError(f"{path}: every = {feed.every!r}: give a number and s, m, h or d")
    if not feeds:
        raise DataError(f'{path}: no feeds; add [[feed]] with url = "https://..."')
    return feeds


def poll(feeds: Sequence[Feed], fetcher: Fetching, now: dt.datetime, state: MutableMapping[str, Any]) -> Found:
    """New entries of the feeds that are due.

    Args:
        state: what was seen and when; changed in place, kept by the caller.
    """
    for feed in feeds:
        own = state.setdefault(feed.url, {"seen": {}, "next": now})
        if own["next"] > now:
            continue
        own["next"] = now + feed.pause
        try:
            answer = fetcher.fetch(feed.url, now)
        except InputError as error:
            yield SetAside(place=feed.url, reason=str(error))
            continue
        if answer is None:
            continue
        raw, capture, mime = answer
        options = Options(now=now, source=feed.source, language=feed.language)
        for item in split(io.BytesIO(raw), capture, options, mime):
            if not isinstance(item, Item):
                yield item
            elif item.document.id not in own["seen"]:
                # The name given in the file wins: a feed's own title is often a slogan.
                yield structs.replace(item, document=structs.replace(item.document, source=feed.source or item.document.source))
                own["seen"][item.document.id] = True  # only now: a run that is broken off sees it again
