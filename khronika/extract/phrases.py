"""A sentence and a place in it in, the noun phrase to its left or right out, cut by closed word classes alone.

The rule: a phrase is one run of words without a stop word, a verb or a mark of punctuation, joined over "of".
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache

from khronika import config
from khronika.extract.lexicon import Words, compile_words
from khronika.text import Span

MOST_LISTED = 8
"""Phrases of one list."""
LONGEST = 10
"""Words a phrase: a longer run is no noun phrase."""
_TOKEN = re.compile(r"(?:[A-Z]\.){2,}(?:-\w+)?|\d{1,3}(?:,\d{3})+(?!\d)|[\w$€£](?:[\w’'.&/-]*[\w’'])?(?:\.(?=[A-Z]\.))?|[^\w\s]")
_JOINED = re.compile("[-/]")


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
    behind: frozenset[str]
    spans_of_time: frozenset[str]
    hours: frozenset[str]
    conjunction: str
    quantity: Words


@cache
def classes(language: str) -> Classes:
    """The word classes from data/lexicon/<language>/phrases.toml."""
    raw = config.data(f"lexicon/{language}/phrases.toml")
    names = ("stops", "openers", "links", "skipped", "determiners", "relatives", "not_verbs", "behind", "spans_of_time", "hours")
    quantity = compile_words(rf"\b(?:{raw['quantity']}) ")
    return Classes(**{name: frozenset(raw[name].split()) for name in names}, conjunction=raw["conjunction"], quantity=quantity)


class Tokens:
    """The words and marks of one sentence with their places."""

    def __init__(self, words: str, language: str) -> None:
        self.words = words
        self.spans: list[Span] = [match.span() for match in _TOKEN.finditer(words)]
        self._starts = [start for start, _ in self.spans]
        self.lower = [words[a:b].casefold() for a, b in self.spans]
        self._classes = classes(language)

    def index_at(self, place: int) -> int:
        """Index of the first token that starts at or after a place."""
        return bisect_left(self._starts, place)

    def right_of(self, place: int) -> Span | None:
        """The phrase that starts at a place."""
        at = start = self.index_at(place)
        c = self._classes
        place = self.spans[start][0] if start < len(self.spans) else place
        quantity = c.quantity.match(self.words[place : place + 20])
        if quantity:  # "at least six people" begins with a preposition
            at = start = self.index_at(place + quantity.end())
        while at < len(self.spans) and at - start < LONGEST:
            if self.ends(at, at == start):
                if not (self.lower[at] == c.conjunction and at > start and self._goes_on(at + 1)):
                    break
            at += 1
        span = self._span(start, at)
        return (place, span[1]) if span and quantity else span

    def all_right_of(self, place: int) -> list[Span]:
        """The phrase that starts at a place, and those in one list with it: "a school, a clinic and two shops" """
        found = self._listed_right_of(place, counted=True)
        if len(found) == 1:  # "an air defence system, radar sets and lorries"
            bare = self._listed_right_of(place, counted=False)
            found = bare if len(bare) > 2 else found
        return found

    def _listed_right_of(self, place: int, counted: bool) -> list[Span]:
        found: list[Span] = []
        while (span := self.right_of(place)) is not None and len(found) < MOST_LISTED:
            if not counted and found and (joint := self._conjunction_in(span)):  # "an air base, tanks and radar sets" ends with two
                return [*found, (span[0], self.spans[joint - 1][1]), (self.spans[joint + 1][0], span[1])]
            found.append(span)
            at = self.index_at(span[1])
            comma = at < len(self.lower) and self.lower[at] == ","
            joined = at + comma < len(self.lower) and self.lower[at + comma] == self._classes.conjunction
            following = at + comma + joined
            if not (comma or joined) or following >= len(self.lower) or counted and not self._counts(following):
                break
            if len(found) > 1 and self.lower[self.index_at(span[0]) - 1] == self._classes.conjunction:
                break  # "and" led to the last of a list
            place = self.spans[following][0]
        return found if self._closes(found) else found[:1]

    def _conjunction_in(self, span: Span) -> int:
        """Index of the conjunction inside a phrase; 0 where there is none."""
        first, last = self.index_at(span[0]), self.index_at(span[1])
        return next((at for at in range(first + 1, last - 1) if self.lower[at] == self._classes.conjunction), 0)

    def _closes(self, found: list[Span]) -> bool:
        """Whether a list ends like one: "and" before its last phrase, and no verb behind it."""
        if len(found) < 2:
            return True
        last, behind = self.index_at(found[-1][0]) - 1, self.index_at(found[-1][1])
        return self.lower[last] == self._classes.conjunction and (
            behind >= len(self.lower) or self.lower[behind] in self._classes.behind or self.lower[behind].endswith("ing")
        )

    def left_of(self, place: int) -> Span | None:
        """The phrase that ends before a place, auxiliaries and adverbs passed over; its head where prepositions follow it."""
        c = self._classes
        at = self.index_at(place) - 1
        while at >= 0 and (self.lower[at] in c.skipped or self.lower[at].endswith("ly")):
            at -= 1
        if at >= 0 and self.lower[at] == ")" and "(" in self.lower[:at]:  # "the Blue Front (BF) shelled"
            at -= self.lower[:at][::-1].index("(") + 2
        if at >= 0 and self.lower[at] == ",":
            before = self._over_insertion(at)
            named = before < at and self._is_name(at - 1) and not self._is_name(before) and not c.stops & set(self.lower[before + 2 : at])
            head = self.left_of(self.spans[before + 1][0]) if named else None
            if head:  # "his deputy, Ana Petrova," is one phrase with the name
                return head[0], self.spans[at - 1][1]
            at = before
        if at >= 0 and self.lower[at] in c.relatives:
            at -= 1
            if at >= 0 and self.lower[at] == ",":
                at -= 1
        best: Span | None = None
        for _ in range(3):
            end = at + 1
            while at >= 0 and end - at <= LONGEST and (not self.ends(at, False) or at + 1 < end and self._joins(at)):
                at -= 1
            span = self._quantified(self._span(at + 1, end))
            best = span or best
            if at < 0 or self.lower[at] not in c.links or span is None:
                break
            at -= 1
        return best

    def begin_of(self, start: int, end: int) -> int:
        """Where the phrase begins that ends with the words from `start` to `end`: at the last article or number before them, else behind the last "and"."""
        span = self.left_of(end)
        if span is None or span[1] != end or span[0] >= start:
            return start
        first, head = self.index_at(span[0]), self.index_at(start)
        opened = [at for at in range(first, head) if self._counts(at)]
        joined = [at + 1 for at in range(first, head) if self.lower[at] == self._classes.conjunction]
        return self.spans[max(opened[-1:] + joined[-1:], default=first)][0]

    def all_left_of(self, place: int) -> list[Span]:
        """The phrase that ends before a place, and those in one list with it: "two nurses, a driver and a guard" """
        found: list[Span] = []
        while (span := self.left_of(place)) is not None and len(found) < MOST_LISTED:
            found.append(span)
            first = self.index_at(span[0])
            before = first - 1
            if before < 1 or not self._counts(first):
                break
            if self.lower[before] != self._classes.conjunction and not (self.lower[before] == "," and len(found) > 1):
                break
            comma = before - (self.lower[before - 1] == "," and before > 1)
            place = self.spans[comma][0]
            listed = self.left_of(place)
            if self.lower[comma] == "," and not (
                listed and self._counts(self.index_at(listed[0]))
            ):  # "35 women, most of them old, and a boy"
                over = self._over_insertion(comma)
                if over < comma and (
                    self.lower[over + 2] not in self._classes.skipped or self.lower[over + 3] == "of"
                ):  # no "a man, was killed, and"
                    place = self.spans[over + 1][0]
        return found[::-1]

    def _joins(self, at: int) -> bool:
        """Whether the token is an "and" between bare nouns, read leftwards: "Syrian and Russian forces"."""
        if self.lower[at] != self._classes.conjunction or not 0 < at < len(self.lower) - 1 or self.ends(at - 1, False):
            return False
        word = self.words[slice(*self.spans[at - 1])]
        return (word[0].isupper() or word.endswith("s")) and not self._counts(at + 1)

    def _counts(self, at: int) -> bool:
        """Whether the token begins a phrase: an article, a possessive or a number."""
        token = self.lower[at]
        return token[0].isdigit() or _JOINED.split(token, 1)[0] in self._classes.determiners

    def phrase(self, start: int, stop: int) -> Span | None:
        """The characters of a run of tokens without what is no part of a noun phrase, with the "at least" before it."""
        return self._quantified(self._span(start, stop))

    def _quantified(self, span: Span | None) -> Span | None:
        """The span with the "at least" before it."""
        if span is None:
            return None
        start = max(0, span[0] - 20)
        for match in self._classes.quantity.finditer(self.words[start : span[1]]):
            if start + match.start() < span[0] <= start + match.end():
                return start + match.start(), span[1]
        return span

    def _over_insertion(self, at: int) -> int:
        """Before "X, the head of Y, " is X."""
        for back in range(at - 1, max(-1, at - 14), -1):
            if self.lower[back] == ",":
                is_age = back > 1 and self.lower[back - 1].isdigit() and self.lower[back - 2] == ","  # "A. B., 42, a teacher, "
                return back - 3 if is_age else back - 1
            if self.lower[back] in (".", ";", ":", "“", "”", '"'):
                break
        return at

    def _is_quantity(self, at: int) -> bool:
        """Whether a token is a number in digits that says how many: "15 identified members", not a year or the day of a month."""
        return self.lower[at].isdigit() and len(self.lower[at]) < 4 and not (at and self.words[self.spans[at - 1][0]].isupper())

    def _is_name(self, at: int) -> bool:
        """Whether a token and the one before it are capitalised, as a person's name is."""
        return at > 0 and all(self.words[self.spans[i][0]].isupper() for i in (at - 1, at))

    def _goes_on(self, at: int) -> bool:
        """Whether a conjunction joins two nouns: no verb follows, and no determiner, which begins a phrase of its own."""
        if at + 1 >= len(self.spans) or self.ends(at, False) or self.lower[at].endswith("ing") or self._counts(at):
            return False
        return not (self.lower[at].endswith("ed") and self._counts(at + 1))  # "59 people and injured 12"

    def ends(self, at: int, first: bool) -> bool:
        """Whether a noun phrase ends before a token; `first`: the token would open it."""
        token, c = self.lower[at], self._classes
        if not (token[0].isalnum() or token[0] in "$€£"):
            return token not in ("“", "”", '"', "’", "'", "%") or token in ("“", "”", '"')
        if token in c.stops:
            return not (first and token in c.openers)
        if token.endswith(("ed", "ing")) and len(token) > 4 and token not in c.not_verbs and "-" not in token:
            opener = at - 2 if at > 1 and self.lower[at - 1].endswith("ly") else at - 1  # "a highly fortified compound"
            return not (at > 0 and (self.lower[opener] in c.determiners or self._is_quantity(opener)) or self.words[self.spans[at][0]].isupper())
        return False

    def _span(self, start: int, stop: int) -> Span | None:
        while stop > start and (self.lower[stop - 1] in ("of",) or self.lower[stop - 1] in self._classes.determiners and stop - start > 1):
            stop -= 1
        while start < stop and (self.lower[start] in ("of", "-") or stop - start > 1 and self.lower[start] in self._classes.hours):
            start += 1  # "at dawn | masked men"
        if stop - start > 2 and self.lower[stop - 1] in self._classes.spans_of_time:  # "53 prisoners last week", "the village 12 times"
            stop -= 2
        if start >= stop:
            return None
        a, b = self.spans[start][0], self.spans[stop - 1][1]
        if self.words[b - 2 : b] in ("’s", "'s"):
            b -= 2
        return (a, b) if b - a > 1 else None


@lru_cache(maxsize=16)
def tokens_of(words: str, language: str) -> Tokens:
    """The tokens of a sentence, kept for roles, weapons and counts that are looked for one after the other."""
    return Tokens(words, language)
