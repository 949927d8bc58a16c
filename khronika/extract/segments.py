"""A Text goes in, its sentences come out as segments of the title and of the body, boilerplate left out.

Every segment equals its slice: `words == (title or body)[start:end]`, whatever the text.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from khronika.text import Span, sentences
from khronika.types import Quote, Text

LEFT = 40
"""Characters of a sentence beside boilerplate from which they are read."""
TOO_LONG = 8000
"""Characters from which a segment is no sentence (a table or a dump in one line)."""
_PARAGRAPH = re.compile(r"\n[ \t\r]*\n\s*")


class Segment(NamedTuple):
    """One sentence: offsets into the title or the body (code points), its words, and the number of its paragraph (title: -1)."""

    start: int
    end: int
    within: Literal["body", "title"]
    words: str
    paragraph: int
    number: int = 0
    """Which sentence of the title or the body it is."""

    def quote(self) -> Quote:
        """The whole segment as exact words."""
        return Quote(start=self.start, end=self.end, words=self.words, within=self.within)

    def piece(self, start: int, end: int) -> Quote:
        """Exact words of a part, given by offsets into the segment."""
        return Quote(start=self.start + start, end=self.start + end, words=self.words[start:end], within=self.within)


def segments_of(text: Text) -> list[Segment]:
    """The sentences of the title, then those of the body outside its boilerplate, in order."""
    found: list[Segment] = []
    if text.title:
        found += [Segment(a, b, "title", text.title[a:b], -1) for a, b in sentences(text.title)]
    breaks = [match.start() for match in _PARAGRAPH.finditer(text.body)]
    holes = sorted(text.boilerplate)
    paragraph = hole = number = 0
    for start, end in sentences(text.body):
        while paragraph < len(breaks) and breaks[paragraph] < start:
            paragraph += 1
        while hole < len(holes) and holes[hole][1] <= start:
            hole += 1
        for a, b in _outside(text.body, start, end, holes[hole:]):
            found.append(Segment(a, b, "body", text.body[a:b], paragraph, number))
            number += 1
    return found


def body_segments(text: Text) -> list[Segment]:
    """The body's segments, what is no sentence by its length left out."""
    return [s for s in segments_of(text) if s.within == "body" and len(s.words) <= TOO_LONG]


def _outside(body: str, start: int, end: int, holes: list[Span]) -> list[Span]:
    """A sentence without what holes take of it: what is left of it, cut into pieces, where that is long enough to say something."""
    left: list[Span] = []
    at = start
    for a, b in holes:
        if a >= end:
            break
        left.append((at, a))
        at = max(at, b)
    if not left:
        return [(start, end)]
    trimmed = []
    for a, b in (*left, (at, end)):
        words = body[a:b]
        a, b = a + len(words) - len(words.lstrip()), b - len(words) + len(words.rstrip())
        if b - a >= LEFT:
            trimmed.append((a, b))
    return trimmed
