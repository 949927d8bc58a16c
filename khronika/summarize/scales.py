"""Words of likelihood in, intervals of probability out, by a named scale (data/scales.toml); words on no row have none."""

from __future__ import annotations

import re
from functools import cache

import msgspec

from khronika.config import data
from khronika.errors import UsageError

DEFAULT_SCALE = "icd203"


class Interval(msgspec.Struct, frozen=True):
    """What a scale gives for words: probabilities in 0..1, both ends included."""

    low: float
    high: float
    scale: str
    words: str

    @property
    def middle(self) -> float:
        """The probability that scores are taken at."""
        return (self.low + self.high) / 2


def scale_names() -> list[str]:
    """Ids of the scales."""
    return [name for name, value in data("scales.toml").items() if isinstance(value, dict)]


def interval_of(words: str | None, scale: str = DEFAULT_SCALE) -> Interval | None:
    """The interval that a scale gives for words; None where they stand on no row of it ("will", "could", "highly likely" on ICD 203).

    Raises:
        UsageError: no such scale.
    """
    rows = _rows(scale)
    if not words:
        return None
    said = " ".join(re.findall(r"\w+", words.lower()))
    for phrase, low, high in rows:
        found = re.search(rf"(?:(\w+) )?\b{phrase}\b", said)
        if found:
            return None if found[1] in _modifiers() else Interval(low, high, scale, phrase)
    return None


@cache
def _rows(scale: str) -> tuple[tuple[str, float, float], ...]:
    if scale not in scale_names():
        raise UsageError(f"--scale {scale!r} is unknown; there are: {', '.join(scale_names())}")
    rows = [(phrase, row["low"] / 100, row["high"] / 100) for row in data("scales.toml")[scale]["rows"] for phrase in row["words"]]
    return tuple(sorted(rows, key=lambda row: -len(row[0])))


@cache
def _modifiers() -> frozenset[str]:
    return frozenset(data("scales.toml")["modifiers"].split())
