"""Bytes in, the name of their format out, told by content; and the formats that are one document: page, plain text, PDF."""

from __future__ import annotations

import io
import re
from typing import Literal

from khronika.acquire.items import Options, make_item
from khronika.errors import InputError
from khronika.text import decode
from khronika.types import Capture, Item

Format = Literal["html", "text", "json", "csv", "feed", "pdf"]

_HTML = re.compile(r"<!doctype html|<html[\s>]|<head[\s>]|<body[\s>]|<article[\s>]|<div[\s>]|<p[\s>]", re.IGNORECASE)
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF)[\s>]")
_HEADER = re.compile(r"(?:id|source|published|date|language|title|text|body|content|headline|url|link)$", re.IGNORECASE)


def detect(raw: bytes, mime: str | None = None) -> Format:
    """The format of some bytes.

    Raises:
        InputError: they are no text that can be read.
    """
    if raw.startswith(b"%PDF-"):
        return "pdf"
    if _is_binary(raw):
        raise InputError("binary data of an unknown format; give HTML, text, JSON, CSV, Parquet, a feed, PDF, WARC or WACZ")
    try:
        start = decode(raw[:20_000]).lstrip("\ufeff \t\r\n")
    except ValueError:  # clean/ will say so, or mend it; marks of formats are ASCII
        start = raw[:20_000].decode("ascii", "replace").lstrip()
    if start[:1] in "{[":
        return "json"
    if _FEED.search(start[:2000]):
        return "feed"
    if _HTML.search(start[:20_000]) or mime and "html" in mime:
        return "html"
    header = start.split("\n", 1)[0].strip()
    cells = [cell.strip('" ') for cell in re.split(r"[,;\t]", header)]
    if len(cells) >= 2 and all(re.fullmatch(r"[\w .-]{1,40}", cell) for cell in cells) and sum(bool(_HEADER.match(cell)) for cell in cells) >= 2:
        return "csv"
    return "text"


def _is_binary(raw: bytes) -> bool:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    start = raw[:4096]
    odd = sum(byte < 9 or 13 < byte < 32 and byte != 27 for byte in start)
    return b"\0" in start or odd > len(start) / 50


def read_page(raw: bytes, kind: Format, capture: Capture, options: Options) -> Item:
    """An HTML page or a plain text; the body is made of it by clean/."""
    return make_item(raw, "text/html" if kind == "html" else "text/plain", capture, options)


def read_pdf(raw: bytes, capture: Capture, options: Options) -> Item:
    """The text layer of a PDF.

    Raises:
        InputError: it is damaged, locked, or has no text layer.
    """
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(raw))
        text = "\n\n".join(page.extract_text() for page in reader.pages).strip()
        title = reader.metadata.title if reader.metadata else None
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"the PDF cannot be read ({type(error).__name__}); get it again or convert it to text") from error
    if len(re.sub(r"\W", "", text)) < 20:
        raise InputError("the PDF has no text layer; run it through character recognition first")
    stated = {"text": text, "title": title or None}
    return make_item(raw, "application/pdf", capture, options, stated)
