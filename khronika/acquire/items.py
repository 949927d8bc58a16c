"""Paths, addresses and standard input in, one Item (or SetAside) a document out, streamed.

The rule: what a file holds is told by its content, never by its ending, and nothing that was found is dropped without a line.
"""

from __future__ import annotations

import datetime as dt
import glob
import gzip
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from khronika import __version__
from khronika.errors import InputError
from khronika.types import Capture, Document, Item, SetAside

TOOL = f"khronika@{__version__}"
MIB = 1 << 20
Found = Iterator[Item | SetAside]


class Fetching(Protocol):
    """Something that gets an address."""

    def fetch(self, address: str, now: dt.datetime) -> tuple[bytes, Capture, str] | None:
        """Bytes, capture and content type; None where nothing changed since the last time."""
        ...


@dataclass(frozen=True)
class Options:
    """How to take documents in; the given values fill what an item does not state itself."""

    now: dt.datetime
    published: dt.date | None = None
    source: str | None = None
    language: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    """Other name -> ours (id, source, published, language, title, text, url)."""
    by: str | None = None
    max_bytes: int = 20 * MIB
    fetcher: Fetching | None = None
    stdin: BinaryIO | None = None


def find(paths: Sequence[str], options: Options) -> Found:
    """All documents under some paths (files, folders, globs, http(s) addresses, "-"), in order."""
    for path in paths:
        if path == "-":
            raw = options.stdin.read() if options.stdin else b""
            yield from split(raw, _capture("-", options), options)
        elif path.startswith(("http://", "https://")):
            yield from _fetch(path, options)
        else:
            yield from _walk(path, options)


def _walk(path: str, options: Options) -> Found:
    if os.path.isdir(path):
        for folder, folders, names in os.walk(path):
            folders.sort()
            for name in sorted(names):
                if not name.startswith("."):
                    yield from _open(os.path.join(folder, name), options)
    elif os.path.exists(path) or not glob.has_magic(path):
        yield from _open(path, options)
    else:
        names = sorted(glob.glob(path, recursive=True))
        if not names:
            yield SetAside(place=path, reason="no file matches this pattern; check the path")
        for name in names:
            yield from _walk(name, options) if os.path.isdir(name) else _open(name, options)


def _open(path: str, options: Options) -> Found:
    """One file. Line formats and archives are streamed; anything else must fit in `max_bytes`."""
    from khronika.acquire import archives, tables

    try:
        size = os.stat(path).st_size
        with open(path, "rb") as file:
            start = file.read(4096)
    except OSError as error:
        yield SetAside(place=path, reason=f"cannot be opened: {error.strerror}; check the path and its permissions")
        return
    capture = _capture(path, options)
    if tables.is_lines(start, size):
        yield from tables.read_json_lines(Path(path), capture, options)
    elif archives.is_archive(start):
        yield from archives.read(Path(path), start, capture, options)
    elif start.startswith(b"PAR1"):
        yield from tables.read_parquet(Path(path), capture, options)
    elif size > options.max_bytes:
        yield SetAside(place=path, reason=f"{size / MIB:.0f} MiB is over the limit of {options.max_bytes / MIB:.0f} MiB; split it or raise the limit")
    else:
        try:
            raw = Path(path).read_bytes()
        except OSError as error:
            yield SetAside(place=path, reason=f"cannot be read: {error.strerror}")
            return
        yield from split(raw, capture, options)


def split(raw: bytes, capture: Capture, options: Options, mime: str | None = None) -> Found:
    """The documents in some bytes that are in memory."""
    from khronika.acquire import feeds, formats, tables

    place = capture.place
    try:
        if not raw.strip():
            raise InputError("empty; nothing to read")
        if raw.startswith(b"\x1f\x8b"):
            try:
                raw = gzip.decompress(raw)
            except (OSError, EOFError) as error:
                raise InputError(f"the gzip stream is cut or damaged ({error}); get the file again") from error
        kind = formats.detect(raw, mime)
        if kind == "json":
            yield from tables.read_json(raw, capture, options)
        elif kind == "lines":
            yield from tables.read_json_text(raw, capture, options)
        elif kind == "csv":
            yield from tables.read_csv(raw, capture, options)
        elif kind == "feed":
            yield from feeds.read_feed(raw, capture, options)
        elif kind == "pdf":
            yield formats.read_pdf(raw, capture, options)
        else:
            yield formats.read_page(raw, kind, capture, options)
    except InputError as error:
        yield SetAside(place=place, reason=str(error), payload=raw[: options.max_bytes])


def _fetch(address: str, options: Options) -> Found:
    from khronika.acquire.fetch import Fetcher

    fetcher = options.fetcher or Fetcher(max_bytes=options.max_bytes)
    try:
        answer = fetcher.fetch(address, options.now)
    except InputError as error:
        yield SetAside(place=address, reason=str(error))
        return
    if answer is not None:
        raw, capture, mime = answer
        yield from split(raw, capture, options, mime)


def _capture(place: str, options: Options) -> Capture:
    return Capture(place=place, at=options.now, tool=TOOL, by=options.by)


def make_item(
    raw: bytes,
    mime: str,
    capture: Capture,
    options: Options,
    stated: Mapping[str, str | None] | None = None,
    markup: bool = False,
) -> Item:
    """An item from its bytes and what it states of itself (id, source, published, language, title, text, url).

    Raises:
        InputError: the publication date is none or lies after the capture.
    """
    from khronika.acquire.days import read_day

    said = stated or {}
    instant = read_day(said.get("published"), capture.at)
    day = instant.date() if isinstance(instant, dt.datetime) else instant


    document = Document(
        id=hashlib.sha256(raw).hexdigest(),
        capture=capture,
        mime=mime,
        name=said.get("id"),
        source=said.get("source") or options.source,
        url=canonical_url(said.get("url") or capture.final or capture.requested),
        published=day or options.published,
        published_at=instant if isinstance(instant, dt.datetime) else None,
        language=said.get("language") or options.language,
        title=said.get("title"),
    )
    return Item(document=document, payload=raw, text=said.get("text"), feed_html=markup)


_TRACKING = ("utm_", "fbclid", "gclid", "yclid", "mc_cid", "mc_eid")


def canonical_url(address: str | None) -> str | None:
    """The address without fragment, tracking parameters, default port and trailing slash; host in lower case."""
    if not address or not address.startswith(("http://", "https://")):
        return None
    from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port and parts.port not in (80, 443) else "")
    except ValueError:
        return None
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if not key.casefold().startswith(_TRACKING)]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/") or "/", urlencode(query), ""))
