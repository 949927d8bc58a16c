"""Features in, reasons out: each level's weight in log2 odds, which add up to the odds that two accounts tell of one event.

The rule: every weight stands in data/weights.json, learnt by train/link_weights.py; a level that is not there weighs nothing.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import repeat
from pathlib import Path

import msgspec

from khronika.config import DATA
from khronika.errors import DataError
from khronika.link.compare import Features
from khronika.types import Reason


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """Log2 odds: `prior` before anything is compared (given a shared blocking key), and for each feature its levels."""

    version: str
    prior: float
    levels: dict[str, dict[str, float]]
    texts: str = ""
    """What they were learnt from."""


def read_weights(path: Path) -> Weights:
    """Weights from a file.

    Raises:
        DataError: the file is missing or has another form.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Weights)
    except (OSError, msgspec.DecodeError) as error:
        raise DataError(f"{path}: no link weights: {error}; make them with train/link_weights.py") from error


@cache
def weights() -> Weights:
    """The weights that come with the package."""
    return read_weights(DATA / "weights.json")


def weigh(compared: Features, by: Weights | None = None) -> tuple[Reason, ...]:
    """One reason a feature, and the prior first; their weights add up."""
    by = by or weights()
    reasons = [Reason(feature="prior", level="shares a blocking key", weight=by.prior)]
    reasons += [
        Reason(feature=feature, level=level, weight=by.levels.get(feature, {}).get(level, 0.0)) for feature, level in sorted(compared.items())
    ]
    return tuple(reasons)


def odds(compared: Features) -> float:
    """Log2 odds of a pair by the weights of the package: the same as the total of its reasons, without making them."""
    return round(weights().prior + sum(map(_weight_of_level().get, compared.items(), repeat(0.0))), 6)


@cache
def _weight_of_level() -> dict[tuple[str, str], float]:
    return {(feature, level): weight for feature, levels in weights().levels.items() for level, weight in levels.items()}


def total(reasons: tuple[Reason, ...]) -> float:
    """Log2 odds of a pair, rounded so that the order of adding cannot matter."""
    return round(sum(reason.weight for reason in reasons), 6)


def write_weights(path: Path, learnt: Weights) -> None:
    """Weights to a file, one level a line, so that a change reads well in review."""
    path.write_text(json.dumps(msgspec.to_builtins(learnt), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
