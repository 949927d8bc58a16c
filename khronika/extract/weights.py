"""Levels of what was found in, the log2 odds that learnt weights give them out, and their probability."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import repeat
from math import exp2
from typing import Any

SUREST = 7.0
"""Log2 odds beyond which nothing is held to be surer."""


def p_of(log2_odds: float) -> float:
    """The probability of such odds, in three digits, never certain."""
    return round(1 / (1 + exp2(-min(SUREST, max(-SUREST, log2_odds)))), 3)


class Weights:
    """Learnt weights of one question, from the form in which the data files hold them: `prior` and feature -> level -> weight, and `cut` where it is learnt too."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.cut: float = raw.get("cut", 0.0)
        """The odds from which the answer is yes."""
        self._prior: float = raw["prior"]
        self._of: dict[tuple[str, str], float] = {(feature, level): weight for feature, levels in raw["levels"].items() for level, weight in levels.items()}

    def odds(self, levels: Mapping[str, str]) -> float:
        """Log2 odds; a level without a weight says nothing."""
        return float(self._prior + sum(map(self._of.get, levels.items(), repeat(0.0))))  # asked thousands of times a text
