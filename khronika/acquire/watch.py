"""FEEDS.toml in, the new entries of its feeds out, each feed at its own pace.

The file: [[feed]] with url, every ("15m", "2h"; 30m if left out) and source.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from msgspec import structs

from khronika import config
from khronika.acquire.fetch import is_web_address, validators_of
from khronika.acquire.items import Fetching, Found, Options, split
from khronika.errors import DataError, InputError
from khronika.types import Capture, Item, Poll, SetAside

_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


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
        raise DataError(f"{path}: {error}; each feed is a [[feed]] with url and, if wanted, every, source, language") from error
    for feed in feeds:
        if not is_web_address(feed.url):
            raise DataError(f"{path}: url = {feed.url!r}: not an http or https address")
        if not re.fullmatch(r"\d+[smhd]", feed.every):
            raise DataError(f"{path}: every = {feed.every!r}: give a number and s, m, h or d")
    if not feeds:
        raise DataError(f'{path}: no feeds; add [[feed]] with url = "https://..."')
    return feeds


PATIENCE_S = 60.0
"""A host that wants to be left alone for longer does not hold up the others: its feeds wait for a later poll."""


class Asking(Fetching, Protocol):
    """Something that gets an address and knows how long its host is to be left alone."""

    def rest_s(self, address: str) -> float:
        """Seconds until the host may be asked again."""
        ...


def host_of(address: str) -> str:
    """The host of an address, under which its rest is kept."""
    return urlsplit(address).netloc


def poll(
    feeds: Sequence[Feed], fetcher: Asking, clock: Callable[[], dt.datetime], kept: MutableMapping[str, Poll], answered: MutableMapping[str, Poll]
) -> Found:
    """New entries of the feeds that are due, those that have waited longest first.

    Args:
        kept: what earlier polls left, by address of the feed or name of the host. When it may be asked again is written into it
            before a feed is asked, so that a run that ends by what comes does not ask again at once.
        answered: gets what is to be kept once the entries are in the record: a run that is broken off before that sees them again.
    """
    for feed in sorted(feeds, key=lambda feed: kept[feed.url].next if feed.url in kept else _LONG_AGO):
        now, before = clock(), kept.get(feed.url, Poll(next=_LONG_AGO))
        if before.next > now or fetcher.rest_s(feed.url) > PATIENCE_S:
            continue
        before = kept[feed.url] = structs.replace(before, next=now + feed.pause)
        try:
            answer = fetcher.fetch(feed.url, now)
        except InputError as error:
            answer = None
            yield SetAside(place=feed.url, reason=str(error))
        kept[host_of(feed.url)] = Poll(next=clock() + dt.timedelta(seconds=fetcher.rest_s(feed.url)))
        if answer is not None:
            yield from _entries(feed, answer, now, before, answered)


def _entries(feed: Feed, answer: tuple[bytes, Capture, str], now: dt.datetime, before: Poll, answered: MutableMapping[str, Poll]) -> Found:
    raw, capture, mime = answer
    seen: list[str] = []
    for item in split(io.BytesIO(raw), capture, Options(now=now, source=feed.source, language=feed.language), mime):
        if isinstance(item, Item):
            seen.append(item.document.id)
            if item.document.id in before.seen:
                continue
            # The name given in the file wins: a feed's own title is often a slogan.
            item = structs.replace(item, document=structs.replace(item.document, source=feed.source or item.document.source))
        yield item
    answered[feed.url] = structs.replace(before, validators=validators_of(capture.headers), seen=tuple(seen))
