"""The voices and the mentions of one text go in, which voice speaks of which mention comes out: levels that can be read, weighed by learnt weights.

A voice is compared with the mentions that are told of near it and with those whose trigger is in what it says. The weights come from train/tie_weights.py.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from khronika.config import data_json
from khronika.extract.attributions import Attribution
from khronika.extract.lexicon import load
from khronika.extract.segments import Segment
from khronika.extract.sides import holds, low_words, wording
from khronika.extract.stances import kinds_of_voice
from khronika.extract.weights import Weights
from khronika.types import Mention, Quote

WEIGHTS = "lexicon/en/tie_weights.json"
CUT = -0.605
"""Log2 odds from which a voice speaks of a mention; chosen on the training articles by folds. Between two hundredths, as the weights are such and their sum is not exact."""
REACH = 8
"""Sentences from a voice to the nearest that tells of a mention, up to which the two are compared."""
_STEM = 5
"""Letters by which "shelled" and "shelling" are one word."""


class _Signs(NamedTuple):
    """What a mention names."""

    told: list[int]
    stems: frozenset[str]
    doers: frozenset[str]
    where: frozenset[str]
    words: frozenset[str]


class _Said(NamedTuple):
    """What a voice says, of whatever mention."""

    named: frozenset[str]
    is_of_author: bool
    spoken: frozenset[str]
    levels: dict[str, str]


class Ties:
    """Compares the voices of one text with its mentions; what a mention names is looked up once."""

    def __init__(self, segments: Sequence[Segment], mentions: Sequence[Mention]) -> None:
        self._segments, self._mentions, self._places = segments, mentions, _Places(segments)
        self._signs = [self._signs_of(mention) for mention in mentions]
        self._telling = {n for mention in mentions for n in self._places.under(mention.trigger)}

    def found(self, voiced: Sequence[Attribution]) -> list[dict[int, float]]:
        """For each mention the numbers of the voices that speak of it, with their log2 odds; with what else they say of it in the same sentence."""
        tied: list[dict[tuple[int, Quote | None], float]] = [{} for _ in self._mentions]
        near: list[list[int]] = [[] for _ in self._mentions]
        for number, at, levels in self.near(voiced):
            near[at].append(number)
            value = odds(levels)
            if value >= CUT and not _is_of_another(levels):
                key = voiced[number].segment, voiced[number].voice
                tied[at][key] = max(value, tied[at].get(key, value))
        return [
            {n: speak[key] for n in numbers if (key := (voiced[n].segment, voiced[n].voice)) in speak} for numbers, speak in zip(near, tied, strict=True)
        ]

    def near(self, voiced: Sequence[Attribution]) -> Iterator[tuple[int, int, dict[str, str]]]:
        """Each voice with each mention that it may speak of, by their numbers, and the levels of the two; mention by mention, voices in order."""
        heard: dict[int, list[int]] = {}
        said = [_said(one) for one in voiced]
        for number, one in enumerate(voiced):
            for n in {one.segment, *(n for quote in one.content for n in self._places.under(quote))}:
                heard.setdefault(n, []).append(number)
        for at, signs in enumerate(self._signs):
            reached = {n for told in signs.told for n in range(told - REACH, told + REACH + 1)}
            for number in sorted({number for n in reached for number in heard.get(n, ())}):
                yield number, at, self._levels(voiced[number], said[number], at)

    def says(self, one: Attribution, at: int) -> int:
        """How closely a voice that speaks of a mention is tied to it: 3 its trigger is said, 2 the voice stands in its evidence, 1 elsewhere."""
        if any(holds(quote, self._mentions[at].trigger) for quote in one.content):
            return 3
        return 2 if one.segment in self._signs[at].told else 1

    def _levels(self, one: Attribution, said: _Said, at: int) -> dict[str, str]:
        """What tells whether a voice speaks of a mention: where it stands, by which word it speaks, who it is, and what both name."""
        signs, tie = self._signs[at], self.says(one, at)
        before = bisect_left(signs.told, one.segment)
        behind = bisect_right(signs.told, one.segment)
        here = before < behind
        named = said.named
        return {
            "tie": f"{('', 'other' if one.segment in self._telling else 'near', 'here', 'said')[tie]} {one.group}",
            "back": "here" if here else _distance(one.segment - told for told in signs.told[max(0, before - 1) : before]),
            "ahead": "here" if here else _distance(told - one.segment for told in signs.told[behind : behind + 1]),
            **said.levels,
            "trigger": str(bool({word[:_STEM] for word in named} & signs.stems)),
            "doer": "author" if said.is_of_author else str(bool(named & signs.doers)),
            "where": str(not signs.where.isdisjoint(low_words(self._segments[one.segment].words))) if signs.where else "unknown",
            "shared": "here" if here else str(min(4, len((named & signs.words) - said.spoken))),
            "mention": f"{'later' if at else 'first' if len(self._mentions) > 1 else 'only'}{' here' if here else ''}",
        }

    def _signs_of(self, mention: Mention) -> _Signs:
        told = sorted({n for quote in (*mention.evidence, mention.trigger) for n in self._places.under(quote)})
        return _Signs(
            told=told,
            stems=frozenset(word[:_STEM] for word in _telling(mention.trigger.words)),
            doers=_telling(" ".join(one.quote.words for one in mention.perpetrators)),
            where=_telling(" ".join(quote.words for quote in mention.where_words)),
            words=_telling(" ".join(self._segments[n].words for n in told)),
        )


def _said(one: Attribution) -> _Said:
    lists, content = wording().content, " ".join(quote.words for quote in one.content)
    low, spoken = set(low_words(content)), frozenset(low_words(one.voice.words) if one.voice else ())
    is_of_author = not low.isdisjoint(lists["authorship"])
    levels = {
        "cue": one.cue.words.lower().split()[0] if one.group == "hold" else "",
        "voice": next(iter(kinds_of_voice(spoken)), ""),
        "refers": "author" if is_of_author else "definite" if load("en").follow["definite"].search(content) else str(not low.isdisjoint(lists["refers"])),
        "casualties": str(not low.isdisjoint(lists["casualties"])),
        "modal": str(bool(load("en").levels["modal"].search(content))),
    }
    return _Said(_telling(content), is_of_author, spoken, levels)


def _is_of_another(levels: dict[str, str]) -> bool:
    """Whether the voice's sentence tells of another mention and names nothing of this one."""
    return levels["tie"].startswith("other") and levels["refers"] == levels["trigger"] == "False" and levels["shared"] == "0"


def odds(levels: dict[str, str]) -> float:
    """Log2 odds that a voice speaks of a mention, by the learnt weights."""
    return _weights().odds(levels)


@cache
def _weights() -> Weights:
    return Weights(data_json(WEIGHTS))


def _telling(words: str) -> frozenset[str]:
    """The words that tell one occurrence from another."""
    dull = wording().content["dull"]
    return frozenset(word for word in low_words(words) if len(word) > 2 and word not in dull)


def _distance(gap: Iterable[int]) -> str:
    """Sentences to the nearest, if there is one."""
    nearest = next(iter(gap), REACH + 1)
    return str(nearest) if nearest < 4 else "6" if nearest < 7 else "far"


class _Places:
    """Which segments a quote touches, found by bisection: a text may have tens of thousands of each."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self._order = sorted(range(len(segments)), key=lambda i: (segments[i].within, segments[i].start))
        self._keys = [(segments[i].within, segments[i].start) for i in self._order]

    def under(self, quote: Quote) -> Iterator[int]:
        """Indices of the segments that share a character with the quote."""
        at = bisect_left(self._keys, (quote.within, quote.end)) - 1
        while at >= 0:
            segment = self._segments[self._order[at]]
            if segment.within != quote.within or segment.end <= quote.start:
                return
            yield self._order[at]
            at -= 1
