"""Judgements on a trend, and a way to ask the record, in; for each what the record says for its place and time out.

The rule: "supported" and "not supported" are said only where a test shows it; all else is "cannot tell", with the reason.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import cache
from typing import Literal

import msgspec

from khronika.config import data
from khronika.summarize.judging import Finding
from khronika.types import Assessment

RECENT, BEFORE = dt.timedelta(weeks=4), dt.timedelta(weeks=8)
"""A judgement without a time of its own is on the last four weeks, against the eight before."""
NOTABLE = 1.25
"""A claimed growth is not supported where the interval excludes growth by this factor."""
Direction = Literal["up", "down"]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One assessment beside the record: the verdict, why, and the finding that it rests on."""

    document_id: str
    assessment: Assessment
    verdict: Literal["supported", "not supported", "cannot tell"]
    reason: str
    direction: Direction | None = None
    kinds: tuple[str, ...] = ()
    finding: Finding | None = None


Ask = Callable[[str, tuple[str, ...], tuple[dt.date, dt.date], dt.date], Finding]
"""Place, kinds (none: all), first and last day, first day of the later window -> what the record says."""


def assess(document_id: str, assessment: Assessment, published: dt.date | None, ask: Ask) -> Judged:
    """What the record says of one assessment."""
    words = assessment.quote.words
    direction, kinds = direction_of(words), kinds_of(words)

    def told(verdict: Literal["supported", "not supported", "cannot tell"], reason: str, finding: Finding | None = None) -> Judged:
        return Judged(
            document_id=document_id,
            assessment=assessment,
            verdict=verdict,
            reason=reason,
            direction=direction,
            kinds=kinds,
            finding=finding,
        )

    if assessment.topic != "trend":
        return told("cannot tell", f"a judgement on {assessment.topic}, which counts do not answer")
    if direction is None:
        return told("cannot tell", "its words give no one direction")
    place = assessment.where
    if place is None:
        return told("cannot tell", "it names no place")
    end = assessment.when.end if assessment.when and assessment.when.end else published
    if end is None:
        return told("cannot tell", "neither it nor the report has a day")
    start = assessment.when.start if assessment.when and assessment.when.start else end - RECENT + dt.timedelta(days=1)
    span = (start - max(BEFORE, 2 * (end - start)), end)
    finding = ask(place.name, kinds, span, start)
    if finding.trend is None:
        return told("cannot tell", finding.refusal.reason if finding.refusal else "refused", finding)
    if finding.word == {"up": "grew", "down": "fell"}[direction]:
        return told("supported", finding.line, finding)
    trend = finding.trend
    against = trend.high < NOTABLE if direction == "up" else trend.low > 1 / NOTABLE
    if finding.word != "no change shown" or against:
        return told("not supported", finding.line, finding)
    return told("cannot tell", finding.line, finding)


def direction_of(words: str) -> Direction | None:
    """Which way a sentence says that things go; None where its words say neither or both."""
    up, down = (bool(pattern.search(words)) for pattern in _directions())
    return None if up == down else "up" if up else "down"


def kinds_of(words: str) -> tuple[str, ...]:
    """The kinds of events that a sentence is about; none: all."""
    for name, pattern in _subjects().items():
        if pattern.search(words):
            return tuple(data("lexicon/en/directions.toml")["kinds"][name])
    return ()


@cache
def _directions() -> tuple[re.Pattern[str], re.Pattern[str]]:
    listed = data("lexicon/en/directions.toml")["direction"]
    return _pattern(listed["up"]), _pattern(listed["down"])


@cache
def _subjects() -> dict[str, re.Pattern[str]]:
    return {name: _pattern(words) for name, words in data("lexicon/en/directions.toml")["subject"].items()}


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(word.replace('*', r'[a-z]*') for word in words.split())})\b", re.IGNORECASE)
