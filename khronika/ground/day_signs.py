"""A text's time expressions and a mention in, what speaks for and against each as the day of the event out, and the likeliest.

The rule: an expression is judged by what it is and by where it stands to the event (its clause, its sentence, the sentences before and after, the
title); fresh news and no day at all are choices as well. The weights of these signs are learnt (data/time/day_weights.json).
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import repeat
from typing import Literal, NamedTuple

from msgspec.structs import replace

from khronika import config
from khronika.ground.telling import Timex, Told, read_times
from khronika.ground.timex import grammar_of
from khronika.text import Sorted, Span, overlaps, sentences, words_of
from khronika.types import Mention, Quote, Text, When

_WORD, _PIECE, _NAME = re.compile(r"[\w’'-]+"), re.compile(r"[\w’'-]+|[,;:()—–]"), re.compile(r"(?<=.)\b[A-ZÀ-Þ][\w'’-]+")
_STEM = 6
"""Letters by which two words are held to be one."""
_FAR = 25
"""Sentences from an event, besides the first ones of the text, within which its day is looked for."""
_WALL = 8.0
"""Words of distance that a clause's wall counts."""
_SPEAKERS = frozenset({"reporting next", "reporting led", "size ref", "future"})
Within = Literal["body", "title"]


class Option(NamedTuple):
    """One choice for an event: the days that it would have, and the signs for and against it."""

    when: When
    signs: frozenset[str]


class Candidate(NamedTuple):
    """A time expression near an event: which side of the text, its number there, its sentence, and how that stands to the event."""

    within: Within
    number: int
    sentence: int
    position: str


@dataclass(frozen=True, slots=True)
class Side:
    """Body or title, read once: its expressions and sentences."""

    words: str
    told: Told
    sentences: list[Span]
    starts: list[int]
    spans: Sorted
    told_in: list[int]
    """The sentence of each expression."""

    def sentence(self, at: int) -> int:
        return max(bisect_right(self.starts, at) - 1, 0)

    def times_in(self, span: Span) -> list[int]:
        return self.spans.touching(span)


@lru_cache(maxsize=4)
def side_of(words: str, published: dt.date | None, language: str) -> Side:
    """Kept, since events and assessments of one text are dated one after the other."""
    spans = sentences(words)
    told = read_times(words, published, language)
    starts = [start for start, _ in spans]
    told_in = [max(bisect_right(starts, time.start) - 1, 0) for time in told.times]
    return Side(words, told, spans, starts, Sorted([(time.start, time.end) for time in told.times]), told_in)


@cache
def cues(language: str) -> dict[str, frozenset[str]]:
    """The words of a language that tell whose an expression is."""
    return {name: frozenset(words) for name, words in grammar_of(language).words["cue"].items()}


@cache
def weights() -> dict[str, float]:
    """Weights of the signs, learnt by train/day_weights.py."""
    loaded: dict[str, float] = json.loads((config.DATA / "time/day_weights.json").read_text(encoding="utf-8"))
    return loaded


def likeliest(options: Sequence[Option]) -> Option:
    """The best option of those days that have most weight, summed over all options that give them; its share of all is the `p` of its days."""
    model = weights()
    scores = [math.fsum(map(model.get, option.signs, repeat(0.0))) for option in options]  # in whatever order a set has them
    top = max(scores)
    shares: Counter[tuple[dt.date | None, dt.date | None]] = Counter()
    for option, score in zip(options, scores, strict=True):
        shares[option.when.start, option.when.end] += math.exp(score - top)  # type: ignore[assignment]
    days = max(shares, key=lambda key: shares[key])
    best = max(zip(options, scores, strict=True), key=lambda pair: pair[1] if (pair[0].when.start, pair[0].when.end) == days else -math.inf)[0]
    return best._replace(when=replace(best.when, p=round(shares[days] / math.fsum(shares.values()), 3)))


class _Told(NamedTuple):
    """What is asked of a mention for each expression of the text: its sentence, how it is spoken of, its words, and the names of its sentences."""

    own: tuple[Within, int]
    article: str
    stems: frozenset[str]
    words: frozenset[str]
    names: frozenset[str]


class Signs:
    """What the expressions of one text are to its mentions."""

    def __init__(self, text: Text, mentions: Sequence[Mention]) -> None:
        language = text.language or "en"
        body = side_of(text.body, text.published, language)
        self.published = body.told.published
        self.sides: dict[Within, Side] = {"title": side_of(text.title or "", self.published, language), "body": body}
        self._cues = cues(language)
        self._paragraphs = [match.start() for match in re.finditer(r"\n(?:\s*\n)?", text.body)]
        self._told: dict[tuple[Within, int], list[Quote]] = {}
        for mention in mentions:
            self._told.setdefault(self.place(mention.trigger), []).append(mention.trigger)
        self._words: dict[tuple[Within, int], tuple[frozenset[str], frozenset[str]]] = {}
        self._alone: dict[tuple[Within, int], tuple[set[str], set[str]]] = {}

    def place(self, quote: Quote) -> tuple[Within, int]:
        """The side of a quote, and its sentence there."""
        within: Within = "title" if quote.within == "title" else "body"
        return within, self.sides[within].sentence(quote.start)

    def paragraph(self, within: str, at: int) -> int:
        return -1 if within == "title" else bisect_right(self._paragraphs, at)

    def candidates(self, mention: Mention) -> list[Candidate]:
        """The expressions near a mention, title first."""
        own = self.place(mention.trigger)
        evidence = {self.place(quote) for quote in mention.evidence}
        found = []
        for within, side in self.sides.items():
            for index, sentence in enumerate(side.told_in):
                at = (within, sentence)
                if at == own:
                    position = "own"
                elif at in evidence:
                    position = "evidence"
                elif within == "title":
                    position = "title"
                elif own[0] == "body" and abs(at[1] - own[1]) > _FAR and at[1] > 3:  # noqa: PLR2004 - the first sentences are the lead
                    continue
                else:
                    position = "before" if own[0] == "body" and at[1] < own[1] else "after"
                found.append(Candidate(within, index, at[1], position))
        return found

    def signs(self, mention: Mention, found: Sequence[tuple[Candidate, When]]) -> list[set[str]]:
        """The signs of each candidate, with the days that it would give."""
        days = Counter((when.start, when.end) for _, when in found)
        counts = Counter(candidate.position for candidate, _ in found)
        rows = []
        told = self._told_by(mention)
        for candidate, when in found:
            side = self.sides[candidate.within]
            time = side.told.times[candidate.number]
            signs = self._by_days(when, mention)
            signs |= self._by_itself(candidate)
            signs.add(f"told {_bucket(days[when.start, when.end], (1, 2, 3))}")
            if candidate.position == "own":
                signs |= self._in_sentence(side, time, mention)
            else:
                signs |= self._in_text(candidate, mention, told)
                signs.add(f"{candidate.position}, own times {min(counts['own'], 1)}")
                if candidate.position != "evidence":
                    signs.add(f"{candidate.position}, evidence times {min(counts['evidence'], 1)}")
            if candidate.within == "body" and candidate.sentence <= 3:  # noqa: PLR2004
                signs.add("lead" if candidate.sentence <= 1 else "near the lead")
            if any(quote.within == candidate.within and overlaps((quote.start, quote.end), (time.start, time.end)) for quote in mention.when_words):
                signs.add("in the time words")
            rows.append(signs)
        self._best(mention, found, rows)
        return rows

    def without_words(self, name: str, mention: Mention, when: When, found: Sequence[tuple[Candidate, When]]) -> set[str]:
        """The signs of "fresh" or "open"."""
        counts = Counter(candidate.position for candidate, _ in found)
        own = self.place(mention.trigger)
        kind, own_times = "background" if mention.background else "news", counts["own"]
        signs = {
            name, f"{name}, own times {min(own_times, 2)}", f"{name}, evidence times {min(counts['evidence'], 1)}", f"{name}, {kind}",
            f"{name}, {self._article(mention)}", f"{name}, {kind}, {min(own_times, 1)}", f"{name}, {mention.status}",
        }  # fmt: skip
        if own[1] <= 1:
            signs.add(f"{name}, lead")
        if any(c.position == "before" and own[1] - c.sentence <= 2 and self._same_paragraph(c, mention) for c, _ in found):  # noqa: PLR2004
            signs.add(f"{name}, times before")
        if name == "fresh":
            signs.add(f"fresh told {_bucket(sum((other.start, other.end) == (when.start, when.end) for _, other in found), (0, 1, 2))}")
        return signs

    # --- what an expression is by itself -----------------------------------------------------------------------------

    def _by_itself(self, candidate: Candidate) -> set[str]:
        """What an expression is by itself is kept, since every event of a text asks for it."""
        asked, position = (candidate.within, candidate.number), candidate.position
        if asked not in self._alone:
            side = self.sides[candidate.within]
            self._alone[asked] = self._made_by_itself(side, side.told.times[candidate.number])
        signs, placed = self._alone[asked]
        return {position, *signs, *(f"{position}, {sign}" for sign in placed)}

    def _made_by_itself(self, side: Side, time: Timex) -> tuple[set[str], set[str]]:
        """The signs of an expression, and those that are signs with its position too."""
        size = time.granularity or ("ref" if time.value.endswith("_REF") else time.type)
        signs = {f"size {size}", f"basis {time.basis}", f"op {time.op}"}
        placed = {size, *(("future",) if time.tense == "future" else ())}
        before = _WORD.findall(side.words[max(0, time.start - 60) : time.start].lower())[-5:]
        after = _WORD.findall(side.words[time.end : time.end + 40].lower())[:1]
        reporting = self._cues["reporting"]
        told = {
            "next": bool(after) and after[0] in reporting,
            "led": any(word in reporting for word in (before[-2:] if before[-1:] == ["on"] else before[-1:])),
            "near": any(word in reporting for word in before[-4:]),
        }
        placed |= {f"reporting {name}" for name, is_so in told.items() if is_so}
        if before and before[-1] in self._cues["led"]:
            signs.add(f"led by {before[-1]}")
        if side.words[time.end : time.end + 2] in ("'s", "’s"):
            signs.add("possessive")
        return signs | (placed - {size}), placed

    def _by_days(self, when: When, mention: Mention) -> set[str]:
        if when.start is None or when.end is None:
            return {"no days"}
        signs = {f"length {_bucket((when.end - when.start).days, (0, 1, 7, 31))}"}
        if self.published:
            age = (self.published - when.start).days
            signs |= {f"age {_bucket(age, (-1, 0, 1, 3, 7, 14, 31, 90, 365))}", f"{'background' if mention.background else 'news'} {_bucket(age, (-1, 7, 31, 90, 365))}"}
        return signs

    # --- where it stands to the event ---------------------------------------------------------------------------------

    def _in_sentence(self, side: Side, time: Timex, mention: Mention) -> set[str]:
        start, end = mention.trigger.start, mention.trigger.end
        if overlaps((time.start, time.end), (start, end)):
            return {"in the trigger"}
        right = time.start >= end
        between = _PIECE.findall((side.words[end : time.start] if right else side.words[time.end : start]).lower())
        name, walls = "right" if right else "left", sum(word in self._cues["walls"] for word in between)
        signs = {name, f"{name} {_bucket(len(between), (2, 5, 9, 15, 25))}", f"walls {_bucket(walls, (0, 1, 2, 3))}", f"{name} walls {_bucket(walls, (0, 1, 2))}"}
        left, behind = min(time.end, end), max(time.start, start)
        if any(left <= other.start and other.end <= behind and other.start != start for other in self._told[self.place(mention.trigger)]):
            signs.add("another event between")
        return signs

    def _best(self, mention: Mention, found: Sequence[tuple[Candidate, When]], rows: Sequence[set[str]]) -> None:
        """Marks the nearest expression that gives days and is no speaker's, in the event's own sentence and among those that report it."""
        sound = [n for n, signs in enumerate(rows) if "no days" not in signs and signs.isdisjoint(_SPEAKERS)]
        for position in ("own", "evidence"):
            ranked = [(self._distance(found[n][0], mention), n) for n in sound if found[n][0].position == position]
            if ranked:
                rows[min(ranked)[1]].add(f"best of {position}")
            for n, signs in enumerate(rows):
                if not ranked and found[n][0].position != position:
                    signs.add(f"{found[n][0].position}, none of {position}")

    def _distance(self, candidate: Candidate, mention: Mention) -> float:
        own, time = self.place(mention.trigger), self.sides[candidate.within].told.times[candidate.number]
        if (candidate.within, candidate.sentence) != own:
            return 1000.0 * (1 + abs(candidate.sentence - own[1]) + (candidate.within != own[0])) + time.start / 1e6
        words, start, end = self.sides[own[0]].words, mention.trigger.start, mention.trigger.end
        between = _PIECE.findall((words[end : time.start] if time.start >= end else words[time.end : start]).lower())
        return len(between) + _WALL * sum(word in self._cues["walls"] for word in between)

    def _told_by(self, mention: Mention) -> _Told:
        """What the expressions outside its sentence are compared with."""
        own = self.place(mention.trigger)
        names = frozenset().union(*(self._words_of(self.place(quote))[1] for quote in (mention.trigger, *mention.evidence)))
        return _Told(own, self._article(mention), self._stems(mention.trigger.words), self._words_of(own)[0], names)

    def _in_text(self, candidate: Candidate, mention: Mention, told: _Told) -> set[str]:
        own, article, position = told.own, told.article, candidate.position
        signs = {f"{position}, {article}"}
        if candidate.within == own[0]:
            away = candidate.sentence - own[1]
            signs.add(f"{position} back {_bucket(-away, (1, 2, 3, 6))}" if away < 0 else f"{position} ahead {_bucket(away, (1, 2, 4))}")
            if self._same_paragraph(candidate, mention):
                signs |= {"same paragraph", f"{position}, same paragraph"}
        words, names = self._words_of((candidate.within, candidate.sentence))
        signs.add(f"shared {_bucket(len(words & told.words), (0, 1, 2, 3, 5))}")
        named = not words.isdisjoint(told.stems)
        placed = not names.isdisjoint(told.names)
        if named:
            signs |= {"names the trigger", f"{position}, names the trigger", f"{article}, names the trigger"}
        if placed:
            signs |= {"names the place", f"{position}, names the place"}
        if named and placed:
            signs.add("names both")
        if any(other is not mention.trigger for other in self._told.get((candidate.within, candidate.sentence), ())):
            signs |= {"another event's", f"{position}, another event's"}
        return signs

    def _same_paragraph(self, candidate: Candidate, mention: Mention) -> bool:
        at = self.sides[candidate.within].told.times[candidate.number].start
        return self.paragraph(candidate.within, at) == self.paragraph(mention.trigger.within, mention.trigger.start)

    def _article(self, mention: Mention) -> str:
        """Whether a trigger is spoken of as known ("the blast")."""
        side, start = self.sides[self.place(mention.trigger)[0]], mention.trigger.start
        words = _WORD.findall(side.words[max(0, start - 8) : start].lower())[-1:] + mention.trigger.words.lower().split()[:1]
        return "known" if not self._cues["known"].isdisjoint(words) else "new"

    def _stems(self, words: str) -> frozenset[str]:
        return frozenset(word[:_STEM] for word in words_of(words) if len(word) > 2 and word not in self._cues["small"])  # noqa: PLR2004

    def _words_of(self, at: tuple[Within, int]) -> tuple[frozenset[str], frozenset[str]]:
        """The stems of a sentence, and its words with a capital but the first."""
        if at not in self._words:
            side = self.sides[at[0]]
            start, end = side.sentences[at[1]] if side.sentences else (0, len(side.words))
            words = side.words[start:end]
            self._words[at] = (self._stems(words), frozenset(_NAME.findall(words)))
        return self._words[at]


def _bucket(value: int, edges: Sequence[int]) -> str:
    at = bisect_left(edges, value)
    return str(edges[at]) if at < len(edges) else "more"
