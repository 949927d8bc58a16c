"""Paths, addresses and standard input in, one Item (or SetAside) a document out, streamed.

The rule: what a file holds is told by its content, never by its ending, and nothing that was found is dropped without a line.
"""

from __future__ import annotations

import datetime as dt
import glob
import gzip
import hashlib
import io
import os
import shutil
import stat
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, cast

from msgspec.structs import replace

from khronika import __version__
from khronika.errors import InputError, UsageError
from khronika.text import decode
from khronika.types import Capture, Document, Item, SetAside

TOOL = f"khronika@{__version__}"
MIB = 1 << 20
PEEK = 1 << 16
"""Bytes by which a format is told."""
BUNDLE = 16
"""How many times larger a file of many documents (a feed, a list, a channel export) may be than one document."""
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
    """All documents under some paths (files, folders, globs, http(s) addresses, "-"), in order.

    Raises:
        UsageError: the publication date given for all of them lies in the future.
    """
    if options.published and options.published > options.now.date() + dt.timedelta(days=1):
        raise UsageError(f"--published {options.published} lies in the future; give the day of publication")
    fetcher = options.fetcher
    for path in paths:
        if path == "-":
            yield from _standard_input(options)
        elif path.startswith(("http://", "https://")):
            if fetcher is None:
                from khronika.acquire.fetch import Fetcher

                fetcher = Fetcher(max_bytes=options.max_bytes)  # one for all addresses: it keeps the delay per host
            yield from _fetch(path, fetcher, options)
        else:
            yield from _walk(path, options)


def _standard_input(options: Options) -> Found:
    """Standard input is copied to a file first (in memory up to the limit), since formats are told by looking ahead."""
    with tempfile.SpooledTemporaryFile(max_size=options.max_bytes) as copy:
        if options.stdin:
            shutil.copyfileobj(options.stdin, copy, MIB)
        copy.seek(0)
        yield from split(cast(BinaryIO, copy), _capture("-", options), options)


def _walk(path: str, options: Options) -> Found:
    if os.path.isdir(path):
        yield from _folder(path, options)
    elif os.path.lexists(path) or not glob.has_magic(path):
        yield from _open(path, options)
    else:
        names = sorted(glob.glob(path, recursive=True))
        if not names:
            yield SetAside(place=path, reason="no file matches this pattern; check the path")
        for name in names:
            if not os.path.isdir(name):
                yield from _open(name, options)
            elif "**" not in path:  # with ** the files of a folder match by themselves
                yield from _folder(name, options)


def _folder(path: str, options: Options) -> Found:
    closed: list[OSError] = []
    is_empty = True
    for folder, folders, names in os.walk(path, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                is_empty = False
                yield from _open(os.path.join(folder, name), options)
    for error in closed:
        yield SetAside(place=str(error.filename), reason=f"the folder cannot be opened: {error.strerror}; check its permissions")
    if is_empty and not closed:
        yield SetAside(place=path, reason="a folder without files; check the path")


def _open(path: str, options: Options) -> Found:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            yield SetAside(place=path, reason="not a regular file; give a file, or pipe it in with -")
            return
        with open(path, "rb") as file:
            yield from split(file, _capture(path, options), options)
    except OSError as error:
        yield SetAside(place=path, reason=f"cannot be opened: {error.strerror or error}; check the path and its permissions")


def split(file: BinaryIO, capture: Capture, options: Options, mime: str | None = None) -> Found:
    """The documents in some bytes. Lines, tables and archives are streamed; a single document must fit in `max_bytes`.

    Args:
        file: can seek, and stands at its beginning.
    """
    from khronika.acquire import archives, tables

    start = file.read(PEEK)
    file.seek(0)
    if archives.is_archive(start):
        yield from archives.read(file, start, capture, options)
    elif start.startswith(b"\x1f\x8b"):
        yield from _gzip(file, capture, options, mime)
    elif start.startswith(b"PAR1"):
        yield from tables.read_parquet(file, capture, options)
    elif tables.is_lines(file, options.max_bytes):
        yield from tables.read_json_lines(file, capture, options)
    else:
        yield from _whole(file, start, capture, options, mime)


def _gzip(file: BinaryIO, capture: Capture, options: Options, mime: str | None) -> Found:
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as inner:
            yield from split(cast(BinaryIO, inner), capture, options, mime)
    except (OSError, EOFError, zlib.error) as error:
        file.seek(0)
        reason = f"the gzip stream is cut or damaged ({error}); get the file again"
        yield SetAside(place=capture.place, reason=reason, payload=file.read(options.max_bytes))


def _whole(file: BinaryIO, start: bytes, capture: Capture, options: Options, mime: str | None) -> Found:
    """A file that is read at once, by its format."""
    from khronika.acquire import feeds, formats, tables

    raw = b""
    try:
        if len(start) < PEEK and not start.strip():
            raise InputError("empty; nothing to read")
        kind = formats.detect(start, mime)
        is_bundle = kind == "feed" or kind == "json" and (start.lstrip()[:1] == b"[" or b'"messages"' in start)
        limit = options.max_bytes * (BUNDLE if is_bundle else 1)
        raw = file.read(limit + 1)
        if len(raw) > limit and kind == "csv":
            file.seek(0)
            raw = b""
            yield from tables.read_csv(io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline=""), capture, options)
        elif len(raw) > limit:
            raw = b""
            raise InputError(f"{_size_of(file)} is over the limit of {limit / MIB:.0f} MiB; split it or raise the limit")
        elif kind == "json":
            yield from tables.read_json(raw, capture, options)
        elif kind == "csv":
            yield from tables.read_csv(io.StringIO(decode(raw).removeprefix("\ufeff"), newline=""), capture, options)
        elif kind == "feed":
            yield from feeds.read_feed(raw, capture, options)
        elif kind == "pdf":
            yield formats.read_pdf(raw, capture, options)
        else:
            yield formats.read_page(raw, kind, capture, options)
    except InputError as error:
        yield SetAside(place=capture.place, reason=str(error), payload=raw[: options.max_bytes] or start)


def _size_of(file: BinaryIO) -> str:
    if isinstance(file, gzip.GzipFile):  # its size is known only after unpacking all of it
        return "the unpacked content"
    return f"{file.seek(0, os.SEEK_END) / MIB:.0f} MiB"


def _fetch(address: str, fetcher: Fetching, options: Options) -> Found:
    try:
        answer = fetcher.fetch(address, options.now)
    except InputError as error:
        yield SetAside(place=address, reason=str(error))
        return
    if answer is not None:
        raw, capture, mime = answer
        yield from split(io.BytesIO(raw), replace(capture, by=options.by), options, mime)


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
