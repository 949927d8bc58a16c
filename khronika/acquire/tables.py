"""Rows in (JSON, JSONL, CSV, Parquet, Telegram exports), one item a row out.

The rule: only id, source, published, language, title, text and url are taken (after renaming); every other key is ignored.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, TextIO

from msgspec.structs import replace

from khronika.acquire.items import Found, Options, make_item
from khronika.errors import InputError
from khronika.text import decode
from khronika.types import Capture, Item, SetAside

KEYS = ("id", "source", "published", "language", "title", "text", "url")


def is_lines(file: BinaryIO, limit: int) -> bool:
    """Whether a file is one JSON object a line: so it is for most of its first lines, of which there are two at least."""
    looked: list[bytes] = []
    while len(looked) < 8 and sum(map(len, looked)) < limit and (line := file.readline(limit)):
        if line := line.removeprefix(b"\xef\xbb\xbf").strip():
            looked.append(line)
            if line[:1] != b"{" and len(looked) == 1:
                break
    file.seek(0)
    fitting = sum(line[:1] == b"{" and line[-1:] == b"}" for line in looked)
    return len(looked) > 1 and fitting > len(looked) / 2


def read_json_lines(file: BinaryIO, capture: Capture, options: Options) -> Found:
    """The articles of a file with one JSON object a line, streamed."""
    number = 0
    while line := file.readline(options.max_bytes + 1):
        number += 1
        if len(line) > options.max_bytes and not line.endswith(b"\n"):
            while (rest := file.readline(1 << 20)) and not rest.endswith(b"\n"):
                pass
            reason = f"a line over the limit of {options.max_bytes / (1 << 20):.0f} MiB; split it or raise the limit"
            yield SetAside(place=f"{capture.place}#{number}", reason=reason)
        elif line.strip():
            yield from _line(line.removeprefix(b"\xef\xbb\xbf").strip(), number, capture, options)


def _line(line: bytes, number: int, capture: Capture, options: Options) -> Found:
    place = f"{capture.place}#{number}"
    try:
        yield _article(line, _parse(line), replace(capture, place=place), options)
    except InputError as error:
        yield SetAside(place=place, reason=str(error), payload=line)


def read_json(raw: bytes, capture: Capture, options: Options) -> Found:
    """One JSON value: an article, a list of articles, a JSON feed or a Telegram export.

    Raises:
        InputError: it is no JSON, or nothing in it is an article.
    """
    value = _parse(raw)
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        yield from _telegram(value, capture, options)
    elif isinstance(value, dict) and "jsonfeed.org" in str(value.get("version", "")):
        from khronika.acquire.feeds import read_json_feed

        yield from read_json_feed(value, capture, options)
    elif isinstance(value, list):
        yield from _rows(((_encode(row), row) for row in value), capture, options, "application/json")
    else:
        yield _article(raw, value, capture, options)


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(decode(raw))
    except (ValueError, RecursionError) as error:
        what = getattr(error, "msg", str(error))
        raise InputError(f"not valid JSON ({what} at character {getattr(error, 'pos', '?')}); mend it") from error


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8", "surrogatepass")


def _article(raw: bytes, value: Any, capture: Capture, options: Options, mime: str = "application/json") -> Item:
    if not isinstance(value, dict):
        raise InputError("a JSON value that is no object; an article has keys such as title and text")
    stated = stated_by(value, options.keys)
    if not (stated.get("text") or "").strip() and not (stated.get("title") or "").strip():
        raise InputError("without text: no key or column text or title; name yours with --key NAME=text")
    return make_item(raw, mime, capture, options, {**stated, "text": stated.get("text") or ""})


def stated_by(row: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, str | None]:
    """What a row states under our names; a renamed key wins over one of our own name."""
    stated: dict[str, str | None] = {key: _said(row.get(key)) for key in KEYS}
    for name, ours in keys.items():
        stated[ours] = _said(row.get(name)) or stated.get(ours)
    return stated


def _said(value: Any) -> str | None:
    if isinstance(value, dt.date):  # and an instant; Parquet has both
        return value.isoformat()
    return str(value) if isinstance(value, (str, int, float)) and str(value).strip() else None


def read_csv(file: TextIO, capture: Capture, options: Options) -> Found:
    """Rows of a comma, semicolon or tab separated table with named columns, streamed."""
    header = file.readline()
    file.seek(0)
    delimiter = max(",;\t", key=header.count)
    csv.field_size_limit(options.max_bytes)
    reader = csv.DictReader(file, delimiter=delimiter)
    names = {name: name.strip().casefold() for name in reader.fieldnames or []}
    keys = dict(options.keys)
    if not ({"text", "title"} & set(names.values()) or {"text", "title"} & set(keys.values())):
        raise InputError(f"a table without a column text or title (it has: {', '.join(names)}); name yours with --key NAME=text")

    def rows() -> Iterator[tuple[bytes, Any]]:
        for row in reader:
            flat = {(names.get(name, name) if name not in keys else name): value for name, value in row.items() if name is not None}
            yield _encode(flat), flat

    try:
        yield from _rows(rows(), capture, options, "text/csv")
    except csv.Error as error:
        raise InputError(f"line {reader.line_num}: the table is broken ({error})") from error


def read_parquet(file: BinaryIO, capture: Capture, options: Options) -> Found:
    """Rows of a Parquet file, streamed; needs duckdb (extra `analytics`)."""
    if not isinstance(path := getattr(file, "name", None), str):
        yield SetAside(place=capture.place, reason="Parquet must be a file on disk; save it and give its path")
        return
    try:
        import duckdb
    except ImportError:
        yield SetAside(place=capture.place, reason="Parquet needs duckdb: pip install 'khronika[analytics]'")
        return
    try:
        with duckdb.connect() as db:
            cursor = db.execute("SELECT * FROM read_parquet(?)", [path])
            names = [column[0] for column in cursor.description or []]
            number = 0
            while batch := cursor.fetchmany(500):
                rows = [dict(zip(names, row, strict=True)) for row in batch]
                yield from _rows(((_encode(row), row) for row in rows), capture, options, "application/vnd.apache.parquet", number)
                number += len(batch)
    except duckdb.Error as error:
        yield SetAside(place=capture.place, reason=f"the Parquet file cannot be read ({str(error).splitlines()[0][:120]})")


def _rows(rows: Iterator[tuple[bytes, Any]], capture: Capture, options: Options, mime: str, before: int = 0) -> Found:
    for number, (raw, row) in enumerate(rows, before + 1):
        place = f"{capture.place}#{number}"
        try:
            yield _article(raw, row, replace(capture, place=place), options, mime)
        except InputError as error:
            yield SetAside(place=place, reason=str(error), payload=raw)


def _telegram(export: dict[str, Any], capture: Capture, options: Options) -> Found:
    """Messages of a channel export (result.json of Telegram Desktop); a text may be a list of pieces."""
    channel, handle = export.get("name"), export.get("username") or export.get("id")
    for number, message in enumerate(export["messages"], 1):
        if not isinstance(message, dict) or message.get("type") != "message":
            continue
        pieces = message.get("text") or ""
        text = pieces if isinstance(pieces, str) else "".join(p if isinstance(p, str) else str(p.get("text", "")) for p in pieces)
        if not text.strip():
            continue
        place, raw = f"{capture.place}#{number}", _encode(message)
        stated = {
            "id": f"{handle}/{message.get('id')}",
            "source": str(channel) if channel else None,
            "published": str(message.get("date_unixtime") or message.get("date") or ""),
            "text": text,
            "url": f"https://t.me/{export['username']}/{message.get('id')}" if export.get("username") else None,
        }
        try:
            yield make_item(raw, "application/json", replace(capture, place=place), options, stated)
        except InputError as error:
            yield SetAside(place=place, reason=str(error), payload=raw)
