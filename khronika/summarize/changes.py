"""Counts a bin in, the bins at which the rate changed out: a likelihood-ratio scan with critical values made by simulation.

Critical values lie in data/changes.json (`python -m train.changes` makes them anew): the quantile of the greatest ratio over all splits where nothing
changes, by number of bins, mean and over-dispersion, both as estimated from the series itself. Segments are split again while they are long enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from khronika.config import data_json
from khronika.summarize.trend import LEAST_BINS, LEAST_EVENTS, Refusal

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

EDGE = 4
"""No change is looked for within this many bins of an end."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The rate changed between bin `at - 1` and bin `at`, from `before` to `after` events a bin; `statistic` was above `critical`."""

    at: int
    before: float
    after: float
    statistic: float
    critical: float


def find_changes(counts: Sequence[int]) -> list[Change] | Refusal:
    """Changes of the rate, in order; each segment between two of them is looked at again. False alarms of a whole series: docs/numbers.md, about 5 %."""
    import numpy as np

    if len(counts) < LEAST_BINS or sum(counts) < LEAST_EVENTS:
        return Refusal(
            "not enough events", f"{sum(counts)} events in {len(counts)} bins; at least {LEAST_EVENTS} in {LEAST_BINS} are needed"
        )
    found: list[Change] = []
    parts = [(0, len(counts))]
    while parts:
        a, b = parts.pop()
        part = np.asarray(counts[a:b], float)
        if b - a < LEAST_BINS or part.sum() < LEAST_EVENTS:
            continue
        split, statistic = scan(part[None, :])
        limit = critical(b - a, float(part.mean()), float(spread(part[None, :])[0]))
        if statistic[0] > limit:
            at = a + int(split[0])
            found.append(
                Change(
                    at=at,
                    before=float(part[: at - a].mean()),
                    after=float(part[at - a :].mean()),
                    statistic=float(statistic[0]),
                    critical=limit,
                )
            )
            parts += [(a, at), (at, b)]
    return sorted(found, key=lambda change: change.at)


def spread(series: Array) -> Array:
    """Over-dispersion of each row by moments, 0 at least, from differences of neighbours, so that a step does not pass for noise.

    Args:
        series: counts, one series a row.
    """
    import numpy as np

    mean = series.mean(axis=1)
    variance = (np.diff(series, axis=1) ** 2).mean(axis=1) / 2
    found: Array = np.maximum(0.0, (variance - mean) / np.maximum(mean, 1e-9) ** 2)
    return found


def scan(series: Array) -> tuple[Array, Array]:
    """For each row the split with the greatest log-likelihood ratio (times two) of two rates against one, and that ratio."""
    import numpy as np

    length = series.shape[1]
    alpha = np.maximum(spread(series), 1e-6)[:, None]
    total = series.sum(axis=1, keepdims=True)
    left = np.cumsum(series, axis=1)[:, EDGE - 1 : length - EDGE]
    bins = np.arange(EDGE, length - EDGE + 1)[None, :]
    ratio = 2 * (_likelihood(left, bins, alpha) + _likelihood(total - left, length - bins, alpha) - _likelihood(total, length, alpha))
    best = ratio.argmax(axis=1)
    return best + EDGE, ratio[np.arange(len(ratio)), best]


def _likelihood(events: Array, bins: Any, alpha: Array) -> Array:
    """Of `events` in `bins` at their mean, up to a constant (negative binomial with a known over-dispersion)."""
    import numpy as np
    from scipy.special import xlogy

    mean = events / bins
    found: Array = xlogy(events, mean) - (events + bins / alpha) * np.log1p(alpha * mean)
    return found


def critical(bins: int, mean: float, alpha: float) -> float:
    """The value that the scan's statistic passes in about 5 % of series without a change, interpolated between those simulated (quantile .96 of each cell)."""
    import numpy as np

    grid = _grid()
    at = [_place(grid["bins"], bins), _place(grid["means"], mean), _place(grid["spreads"], alpha)]
    values = np.asarray(grid["critical"], float)
    for low, high, share in reversed(at):
        values = values[..., low] * (1 - share) + values[..., high] * share
    return float(values)


def _place(axis: Sequence[float], value: float) -> tuple[int, int, float]:
    """The two neighbours on a rising axis and how far between them (in logarithms), held at its ends."""
    import math

    logs = [math.log(v + 0.05) for v in axis]
    x = min(max(math.log(value + 0.05), logs[0]), logs[-1])
    high = next(i for i, v in enumerate(logs) if v >= x - 1e-12)
    low = max(0, high - 1)
    return low, high, (x - logs[low]) / (logs[high] - logs[low]) if high > low else 0.0


@cache
def _grid() -> dict[str, Any]:
    found: dict[str, Any] = data_json("changes.json")
    return found
