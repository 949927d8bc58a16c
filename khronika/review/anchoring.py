"""Words of a text in, the place where they stand out, and found again in a text that moved.

The rule: exact words only; of several places the one whose surroundings fit best, then the nearest to where they stood.
"""

from __future__ import annotations

import re

from khronika.errors import UsageError
from khronika.text import nfc
from khronika.types import Anchor, Quote, Text

AROUND = 40
"""Code points of prefix and suffix that an anchor keeps."""


def find_words(words: str, text: Text | None, near: int) -> Quote:
    """The words where they stand in the text, the place nearest to `near`; else in the title.

    Raises:
        UsageError: they do not stand there exactly.
    """
    words = nfc(words).strip()
    if text is not None and words:
        found = find_again(Anchor(words=words, start=near), text) or find_again(Anchor(words=words, start=0, within="title"), text)
        if found:
            return found
    raise UsageError(f"“{words}” does not stand in the text; give its own words exactly (khronika article shows them)")


def anchor_at(quote: Quote, text: Text | None) -> Anchor | None:
    """The anchor of words that stand in a text, or None where they do not stand there."""
    whole = _whole(text, quote.within) if text else ""
    if not whole or whole[quote.start : quote.end] != quote.words:
        return None
    return Anchor(
        words=quote.words,
        start=quote.start,
        prefix=whole[max(0, quote.start - AROUND) : quote.start],
        suffix=whole[quote.end : quote.end + AROUND],
        within=quote.within,
    )


def find_again(anchor: Anchor, text: Text) -> Quote | None:
    """Where the anchor's words stand in a text, which may be a newer one; None where they do not."""
    whole = _whole(text, anchor.within)
    places = [match.start() for match in re.finditer(f"(?={re.escape(anchor.words)})", whole)] if anchor.words else []
    if not places:
        return None

    def misfit(start: int) -> tuple[int, int, int]:
        end = start + len(anchor.words)
        before = _shared(anchor.prefix[::-1], whole[max(0, start - AROUND) : start][::-1])
        after = _shared(anchor.suffix, whole[end : end + AROUND])
        return -(before + after), abs(start - anchor.start), start

    start = min(places, key=misfit)
    return Quote(start=start, end=start + len(anchor.words), words=anchor.words, within=anchor.within)


def _whole(text: Text, within: str) -> str:
    return (text.title or "") if within == "title" else text.body


def _shared(a: str, b: str) -> int:
    """How many code points two strings begin with alike."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
