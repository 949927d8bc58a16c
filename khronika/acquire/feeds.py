"""A feed (RSS, Atom, RDF, JSON Feed) in, one item an entry out; an entry's bytes are its own fields in a fixed order."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from khronika.acquire.items import Found, Options, make_item
from khronika.errors import InputError
from khronika.types import Capture, SetAside


def read_feed(raw: bytes, capture: Capture, options: Options) -> Found:
    """The entries of an XML feed.

    Raises:
        InputError: it is no feed, or has no entries.
    """
    import feedparser

    feed = feedparser.parse(raw, response_headers={"content-location": capture.final or ""} if capture.final else None)
    if not feed.version or not feed.entries:
        why = f" ({feed.bozo_exception})" if feed.get("bozo") else ""
        raise InputError(f"a feed without entries{why}; check the address")
    name, language = feed.feed.get("title"), (feed.feed.get("language") or "")[:2] or None
    for number, entry in enumerate(feed.entries, 1):
        content = entry.get("content") or [{}]
        stated = {
            "id": None,
            "source": name,
            "published": entry.get("published") or entry.get("updated"),
            "language": language,
            "title": entry.get("title"),
            "text": content[0].get("value") or entry.get("summary") or "",
            "url": entry.get("link"),
        }
        yield from _entry(stated, number, capture, options)


def read_json_feed(feed: dict[str, Any], capture: Capture, options: Options) -> Found:
    """The items of a JSON Feed (jsonfeed.org, versions 1 and 1.1)."""
    for number, entry in enumerate(feed.get("items") or [], 1):
        stated = {
            "id": None,
            "source": feed.get("title"),
            "published": entry.get("date_published"),
            "language": (entry.get("language") or feed.get("language") or "")[:2] or None,
            "title": entry.get("title"),
            "text": entry.get("content_html") or entry.get("content_text") or entry.get("summary") or "",
            "url": entry.get("url"),
        }
        yield from _entry(stated, number, capture, options)


def _entry(stated: dict[str, Any], number: int, capture: Capture, options: Options) -> Found:
    place = f"{capture.place}#{number}"
    own = json.dumps(stated, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
    try:
        yield make_item(own, "application/feed-entry+json", replace(capture, place=place), options, stated, markup=True)
    except InputError as error:
        yield SetAside(place=place, reason=str(error), payload=own)
