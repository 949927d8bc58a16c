"""Texts in tokens with what is known of them, and the windows that the network sees; the readers of data sets are in datasets.py and corpora.py.

A fixed tenth of the gold articles (by digest of the id) is held out of training for thresholds and calibration; `dev` parts are never read.
What a data set does not annotate is marked as unknown and gives no loss.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

import numpy as np

from khronika.casing import with_capitals
from khronika.extract.lexicon import load
from khronika.extract.model.layout import LONGEST_SPAN, SENTENCE, SPANS
from khronika.extract.model.marks import Marks, marks_as_written, with_and_without
from khronika.extract.model.windows import sentence_tokens, windows_of
from khronika.extract.model.wordpiece import WordPiece
from khronika.text import Span, digest_of, sentences
from khronika.types import Text

LESSONS = ("toponym", "timex")
"""Kinds of spans that only teach the encoder: every place name and every expression of time; they are not packed."""
TOPONYM, TIMEX = len(SPANS), len(SPANS) + 1
Typed = tuple[int, int, int]
"""A span in tokens: index into layout.SPANS and behind these into LESSONS, start, end (half-open)."""
UNKNOWN = math.nan


@dataclass
class Happening:
    """One event in tokens: trigger span, kind, states (empty: unknown), evidence sentences (None: unknown) and argument spans."""

    trigger: Span
    kind: int
    states: list[float]
    evidence: set[int] | None
    arguments: set[Typed] = field(default_factory=set)


@dataclass
class Labelled:
    """One text in tokens.

    `asked`: kind of span -> the sentences in which its absence is known (None: in all); other types give no loss.
    `labels`: for each sentence the values of layout.SENTENCE, UNKNOWN where not annotated. `stances`: source span -> index into layout.STANCES.
    `tags`: (index into layout.TAGS, start, end), None where cue and content are not annotated.
    """

    id: str
    ids: list[int]
    marks: Marks
    sentences: list[Span]
    asked: dict[int, set[int] | None]
    spans: set[Typed] = field(default_factory=set)
    happenings: list[Happening] = field(default_factory=list)
    labels: list[list[float]] = field(default_factory=list)
    stances: dict[Span, int] = field(default_factory=dict)
    tags: list[Typed] | None = None
    eventful: bool = True


def held_out(id: str) -> bool:
    """Whether an article belongs to the fixed tenth."""
    return int(digest_of(id)[:8], 16) % 10 == 0


FOLDS = 3
"""Parts of the rest of train, each of which a network is trained without, so that the rest too can be read by a network that never saw it."""


def fold_of(id: str) -> int:
    """The part that an article is left out with."""
    return int(digest_of(id)[8:16], 16) % FOLDS


class Tokens:
    """A text's pieces and the rules' marks on them, with a look-up from characters to tokens."""

    def __init__(self, text: Text, pieces: WordPiece) -> None:
        self.text = text.body
        self.ids, self.spans = pieces.encode(text.body)
        given = with_capitals(text)
        self.sentences = [s for s in sentence_tokens(sentences(given.body), self.spans) if s[0] < s[1]]
        self.marks = marks_as_written(given, self.spans, load("en"))
        if given is not text:
            self.marks = with_and_without(self.marks, text, self.spans, load("en"))
        self._starts = {a: i for i, (a, _) in enumerate(self.spans)}
        self._ends = {b: i + 1 for i, (_, b) in enumerate(self.spans)}

    def span(self, start: int, end: int) -> Span | None:
        """The tokens of exactly these characters, None where they cut a token or are too long."""
        a, b = self._starts.get(start), self._ends.get(end)
        return (a, b) if a is not None and b is not None and a < b <= a + LONGEST_SPAN else None

    def under(self, start: int, end: int) -> Span | None:
        """The tokens from the first that starts to the last that ends within these characters, however long."""
        a, b = bisect_left(self.spans, (start, 0)), bisect_right(self.spans, end, key=lambda span: span[1])
        return (a, b) if a < b else None

    def within(self, areas: list[Span]) -> set[int]:
        """Sentences that overlap an area (characters) by half or more of their length."""
        found = set()
        for number, (a, b) in enumerate(self.sentences):
            start, end = self.spans[a][0], self.spans[b - 1][1]
            if sum(max(0, min(end, y) - max(start, x)) for x, y in areas) * 2 >= end - start:
                found.add(number)
        return found

    def home(self, token: int) -> int:
        """The sentence of a token."""
        return next((n for n, (a, b) in enumerate(self.sentences) if a <= token < b), 0)

    def unlabelled(self) -> list[list[float]]:
        """Sentence labels of which nothing is known."""
        return [[UNKNOWN] * len(SENTENCE) for _ in self.sentences]


def occurrences(text: str, phrase: str) -> list[Span]:
    """Every place of a phrase that starts and ends at a word's edge."""
    if not phrase:
        return []
    before = r"(?<!\w)" if phrase[0].isalnum() else ""
    after = r"(?!\w)" if phrase[-1].isalnum() else ""
    return [m.span() for m in re.finditer(before + re.escape(phrase) + after, text)]


@dataclass
class Window:
    """A piece of a text as the network sees it: token 0 is [CLS]; spans and sentences count from there, half-open.

    `asked`: span type -> its token ranges in which absence is known (None: everywhere).
    """

    ids: list[int]
    marks: Marks
    sentences: list[Span]
    asked: dict[int, list[Span] | None]
    spans: list[Typed]
    happenings: list[Happening]
    labels: list[list[float]]
    stances: dict[Span, int]
    tags: list[Typed] | None
    eventful: bool


def cut(text: Labelled, pieces: WordPiece) -> list[Window]:
    """The windows of a text; what lies across a window's edge is left out of it."""
    return [_window(text, pieces, a, b) for a, b in windows_of(text.sentences)]


def _window(text: Labelled, pieces: WordPiece, a: int, b: int) -> Window:
    inside = [n for n, (x, y) in enumerate(text.sentences) if a <= x and y <= b]
    number = {n: i for i, n in enumerate(inside)}
    move = 1 - a
    sentences = [(text.sentences[n][0] + move, text.sentences[n][1] + move) for n in inside]

    def moved(spans: set[Typed]) -> set[Typed]:
        return {(t, x + move, y + move) for t, x, y in spans if a <= x and y <= b}

    def numbered(held: set[int] | None) -> set[int] | None:
        return None if held is None else {number[n] for n in held if n in number}

    happenings = [
        Happening((h.trigger[0] + move, h.trigger[1] + move), h.kind, h.states, numbered(h.evidence), moved(h.arguments))
        for h in text.happenings
        if a <= h.trigger[0] and h.trigger[1] <= b
    ]
    return Window(
        ids=[pieces.cls, *text.ids[a:b], pieces.sep],
        marks=np.pad(text.marks[a:b], ((1, 1), (0, 0))),
        sentences=sentences,
        asked={kind: None if held is None else [sentences[number[n]] for n in held if n in number] for kind, held in text.asked.items()},
        spans=sorted(moved(text.spans)),
        happenings=happenings,
        labels=[text.labels[n] for n in inside] if text.labels else [],
        stances={(x + move, y + move): stance for (x, y), stance in text.stances.items() if a <= x and y <= b},
        tags=None if text.tags is None else [(t, max(a, x) + move, min(b, y) + move) for t, x, y in text.tags if x < b and a < y],
        eventful=text.eventful,
    )
