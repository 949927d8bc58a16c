"""The markup of a page in; its main text, title, publication day, site and language out.

trafilatura set for precision finds the main text; where it gives next to nothing, the page's own JSON-LD article body and then
trafilatura set for recall are asked. htmldate is asked strictly first: a date that only its wide search finds is marked as guessed.
"""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from typing import Any, NamedTuple

from khronika.errors import InputError
from khronika.text import fold

LEAST = 250
"""Characters below which another way is tried."""


class Page(NamedTuple):
    """What a page states."""

    body: str
    title: str | None
    published: dt.date | None
    is_guessed: bool
    site: str | None
    language: str | None
    url: str | None = None
    """The address that the page names as its own."""


def read_page(markup: str, today: dt.date, url: str | None = None) -> Page:
    """The page's article.

    Raises:
        InputError: there is no article in it.
    """
    import lxml.html
    from trafilatura.metadata import extract_metadata

    try:
        tree = lxml.html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", markup.replace("\0", "")))
    except (lxml.etree.ParserError, ValueError) as error:
        raise InputError("a page without content") from error
    _drop_popups(tree)
    meta = extract_metadata(tree, default_url=url)
    body = _without_headline(main_text(markup, tree), tree, meta.title if meta else None)
    if len(body.split()) < 12 and not re.search(r"[.!?…]['”\")»]*\s*$", body, re.MULTILINE):
        raise InputError("a page with no article in it; give the address of a single report")
    published, is_guessed = _published(markup, today, url)
    language = (tree.get("lang") or "")[:2].casefold() or None
    title = meta.title if meta else None
    site = meta.sitename if meta else None
    language = language if language and language.isalpha() else None
    return Page(body, html.unescape(title) if title else None, published, is_guessed, site, language, _own_address(tree))


def _own_address(tree: Any) -> str | None:
    """The canonical link, unless it leads to the front page, as that of a careless template does."""
    for link in tree.xpath("//link[@rel='canonical']/@href | //meta[@property='og:url']/@content"):
        address = re.match(r"https?://[^/?#]+/[^#]*[^#/]", str(link).strip())
        if address:
            return address.group()
    return None


_POPUP = re.compile(
    r"(?:rollover|tooltip|popover|pop-?up|hover-?card)[\w-]*(?:block|content|box|text|body|card|inner)|sr-only|visually-?hidden|screen-reader",
    re.IGNORECASE,
)


def _drop_popups(tree: Any) -> None:
    """Take out what a reader sees only on hovering: it would stand in the middle of a sentence."""
    for element in list(tree.xpath("//body//*[self::span or self::div or self::aside][@class]")):
        if _POPUP.search(element.get("class", "")) and element.getparent() is not None:
            element.drop_tree()


def main_text(markup: str, tree: Any = None) -> str:
    """The main text; paragraphs are divided by an empty line."""
    import lxml.html
    import trafilatura

    if tree is not None:
        markup_of_tree = lxml.html.tostring(tree, encoding="unicode")
        markup = markup_of_tree if "</" in markup_of_tree else markup
    options: dict[str, Any] = {"include_comments": False, "include_tables": True, "deduplicate": False, "include_images": False}
    body = trafilatura.extract(markup, favor_precision=True, **options) or ""
    own = _json_ld_body(markup)
    if len(own) > LEAST and len(body) < 0.6 * len(own):
        body = own
    if len(body) < LEAST:
        wide = trafilatura.extract(markup, favor_recall=True, **options) or ""
        if len(wide) > 2 * len(body):
            body = wide
    return _without_link_lines(re.sub(r"\n+", "\n\n", body.strip()), tree)


def _without_headline(body: str, tree: Any, title: str | None) -> str:
    """The body without the page's own headline before it: the title is read by itself."""
    heads = {fold(str(head.text_content())) for head in tree.iter("h1")} | {fold(html.unescape(title or ""))}
    first, _, rest = body.partition("\n\n")
    return rest if fold(first) in heads and rest else body


def _without_link_lines(body: str, tree: Any) -> str:
    """The body without the lines that are links to other stories: all of the line's words stand in links of a list or aside."""
    if tree is None:
        return body
    linked = set()
    for link in tree.iter("a"):
        words = " ".join(str(link.text_content()).split())
        parent = link.getparent()
        while parent is not None and parent.tag in ("span", "strong", "b", "em", "i", "h2", "h3", "h4", "figure", "div"):
            if len(" ".join(str(parent.text_content()).split())) > 1.3 * len(words) + 10:
                break
            parent = parent.getparent()
        alone = parent is None or len(" ".join(str(parent.text_content()).split())) <= 1.3 * len(words) + 12 or parent.tag in ("ul", "aside", "nav")
        if len(words) > 12 and alone:
            linked.add(words)
    lines = [line for line in body.split("\n\n") if line.strip().lstrip("-•* ").strip() not in linked]
    return "\n\n".join(lines) if lines else body


def _json_ld_body(markup: str) -> str:
    """The article body that a page states in JSON-LD, or ""."""
    for script in re.findall(r"<script[^>]*application/ld\+json[^>]*>(.*?)</script>", markup, re.DOTALL | re.IGNORECASE):
        try:
            waiting = [json.loads(script)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                text = value.get("articleBody")
                if isinstance(text, str) and text.strip():
                    return re.sub(r"<[^>]+>", " ", html.unescape(text)) if "<p" in text else html.unescape(text)
                waiting.extend(value.get("@graph") or [])
            elif isinstance(value, list):
                waiting.extend(value)
    return ""


def _published(markup: str, today: dt.date, url: str | None) -> tuple[dt.date | None, bool]:
    from htmldate import find_date

    latest = (today + dt.timedelta(days=1)).isoformat()
    for wide in (False, True):
        found = find_date(markup, extensive_search=wide, original_date=True, url=url, max_date=latest, outputformat="%Y-%m-%d")
        if found:
            return dt.date.fromisoformat(found), wide
    return None, False
