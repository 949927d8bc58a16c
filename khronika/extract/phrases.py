"""A sentence and a place in it in, the noun phrase to its left or right out, cut by closed word classes alone.

The rule: a phrase is one run of words without a stop word, a verb or a mark of punctuation, joined over "of".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from khronika import config
from khronika.text import Span

LONGEST = 10
"""Words a phrase: a longer run is no noun phrase."""
_TOKEN = re.compile(r"[\w$€£](?:[\w’'.&/-]*[\w’'])?(?:\.(?=[A-Z]\.))?|[^\w\s]")


@dataclass(frozen=True)
class Classes:
    """Closed word classes of a language."""

    stops: frozenset[str]
    openers: frozenset[str]
    links: frozenset[str]
    skipped: frozenset[str]
    determiners: frozenset[str]
    relatives: frozenset[str]
    not_verbs: frozenset[str]
    conjunction: str


@cache
def classes(language: str) -> Classes:
    """The word classes from data/lexicon/<language>/phrases.toml."""
    raw = config.data(f"lexicon/{language}/phrases.toml")
    names = ("stops", "openers", "links", "skipped", "determiners", "relatives", "not_verbs")
    return Classes(**{name: frozenset(raw[name].split()) for name in names}, conjunction=raw["conjunction"])


class Tokens:
    """The words and marks of one sentence with their places."""

    def __init__(self, words: str, language: str) -> None:
        self.words = words
        self.spans: list[Span] = [match.span() for match in _TOKEN.finditer(words)]
        self.lower = [words[a:b].casefold() for a, b in self.spans]
        self._classes = classes(language)

    def index_at(self, place: int) -> int:
        """Index of the first token that starts at or after a place."""
        low, high = 0, len(self.spans)
        while low < high:
            middle = (low + high) // 2
            if self.spans[middle][0] < place:
                low = middle + 1
            else:
                high = middle
        return low

    def right_of(self, place: int) -> Span | None:
        """The phrase that starts at a place."""
        at = start = self.index_at(place)
        c = self._classes
        while at < len(self.spans) and at - start < LONGEST:
            if self._ends(at, at == start):
                if not (self.lower[at] == c.conjunction and at > start and self._goes_on(at + 1)):
                    break
            at += 1
        return self._span(start, at)

    def left_of(self, place: int) -> Span | None:
        """The phrase that ends before a place, auxiliaries and adverbs passed over; its head where prepositions follow it."""
        c = self._classes
        at = self.index_at(place) - 1
        while at >= 0 and (self.lower[at] in c.skipped or self.lower[at].endswith("ly")):
            at -= 1
        if at >= 0 and self.lower[at] == "," :
            at = self._over_insertion(at)
        if at >= 0 and self.lower[at] in c.relatives:
            at -= 1
            if at >= 0 and self.lower[at] == ",":
                at -= 1
        best: Span | None = None
        for _ in range(3):
            end = at + 1
            while at >= 0 and end - at <= LONGEST and not self._ends(at, False):
                at -= 1
            span = self._span(at + 1, end)
            best = span or best
            if at < 0 or self.lower[at] not in c.links or span is None:
                break
            at -= 1
        return best

    def _over_insertion(self, at: int) -> int:
        """Before "X, the head of Y, " is X."""
        for back in range(at - 1, max(-1, at - 14), -1):
            if self.lower[back] == ",":
                return back - 1
            if self.lower[back] in (".", ";", ":", "“", "”", '"'):
                break
        return at

    def _goes_on(self, at: int) -> bool:
        """Whether a conjunction joins two nouns: a name or a determiner and no verb follows."""
        return at < len(self.spans) and not self._ends(at, False) and at + 1 < len(self.spans) and not self.lower[at].endswith("ing")

    def _ends(self, at: int, first: bool) -> bool:
        token, c = self.lower[at], self._classes
        if not (token[0].isalnum() or token[0] in "$€£"):
            return token not in ("“", "”", '"', "’", "'", "-", "%") or token in ("“", "”", '"')
        if token in c.stops:
            return not (first and token in c.openers)
        if token.endswith(("ed", "ing")) and len(token) > 4 and token not in c.not_verbs and "-" not in token:
            return not (at > 0 and self.lower[at - 1] in c.determiners or self.words[self.spans[at][0]].isupper())
        return False

    def _span(self, start: int, stop: int) -> Span | None:
        while stop > start and (self.lower[stop - 1] in ("of",) or self.lower[stop - 1] in self._classes.determiners and stop - start > 1):
            stop -= 1
        while start < stop and self.lower[start] == "of":
            start += 1
        if start >= stop:
            return None
        a, b = self.spans[start][0], self.spans[stop - 1][1]
        if self.words[b - 2 : b] in ("’s", "'s"):
            b -= 2
        return (a, b) if b - a > 1 else None
