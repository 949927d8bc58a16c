"""Counts a bin in, a rate ratio with its interval and test out, by negative binomial regression (statsmodels), or a refusal.

Test and interval compare the score of the regression with what it is when the bins' residuals are shuffled: where nothing changes the bins are alike, whatever
their spread, so the rate of false alarms needs no guess at it; the interval is the ratios that the test does not reject. `bench/trend.py` holds both against simulated
series. Nothing is said of fewer than `LEAST_BINS` bins or `LEAST_EVENTS` events.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from khronika.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

LEAST_BINS, LEAST_EVENTS = 12, 10
NEAREST = 1e-4
"""How exactly the ends of an interval are found, in logarithms."""
SHUFFLES = 4999
"""Shuffles of the bins, fewer where there are many bins, always the same for as many bins: the same counts give the same figures."""


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """A rate ratio `ratio` (of the later window to the earlier, or from one bin to the next) with its interval at `level`.

    `p` is the chance of so large a difference where there is none; `dispersion` is alpha of the variance mu + alpha mu^2.
    """

    ratio: float
    low: float
    high: float
    p: float
    dispersion: float
    bins: int
    events: int
    level: float = 0.95


class Refusal(msgspec.Struct, frozen=True):
    """Why nothing is said of a trend: a fixed `reason` and the figures behind it."""

    reason: str
    figures: str


def rate_ratio(counts: Sequence[int], x: Sequence[float], exposure: Sequence[float] | None = None, level: float = 0.95) -> Trend | Refusal:
    """How the rate changes with `x`: exp(beta) of counts ~ NB(exposure * exp(a + beta x)).

    Args:
        counts: events a bin, in order.
        x: 0 and 1 for two windows, or the number of the bin for a trend along time.
        exposure: relative chance of an event to be reported, a bin (documents read); None: the same in all.
    """
    import numpy as np

    if len(counts) != len(x) or (exposure is not None and len(exposure) != len(x)):
        raise ValueError("counts, x and exposure differ in length")
    few = refuse_few(counts, x)
    if few is not None:
        return few
    y, at = np.asarray(counts, float), np.asarray(x, float)
    logs = np.zeros(len(y)) if exposure is None else np.log(np.asarray(exposure, float))
    at -= at.mean()
    beta, alpha = fit(y, at, logs)
    shuffled = Shuffled(y, at, logs, alpha)
    tail = (1 - level) / 2
    p, low, high = min(shuffled.tails(0.0)), shuffled.edge(beta, tail, -1), shuffled.edge(beta, tail, 1)
    if p >= tail:  # ties at 0 alone may put an edge on its other side; the interval says what the test says
        low, high = min(low, 0.0), max(high, 0.0)
    elif low <= 0 <= high:
        low, high = (NEAREST, high) if beta > 0 else (low, -NEAREST)
    return Trend(
        ratio=math.exp(beta),
        low=math.exp(low),
        high=math.exp(high),
        p=min(1.0, 2 * p),
        dispersion=alpha,
        bins=len(y),
        events=int(y.sum()),
        level=level,
    )


def refuse_few(counts: Sequence[int], x: Sequence[float]) -> Refusal | None:
    """The refusal "not enough events", where there are too few bins or events, or a window has no event to compare with."""
    total = sum(counts)
    if len(counts) < LEAST_BINS or total < LEAST_EVENTS:
        return Refusal("not enough events", f"{total} events in {len(counts)} bins; at least {LEAST_EVENTS} in {LEAST_BINS} are needed")
    if set(x) == {0, 1} and not all(any(y for y, side in zip(counts, x) if side == window) for window in (0, 1)):
        return Refusal("not enough events", f"{total} events, all in one of the two windows: a ratio has no bound")
    return None


def fit(y: Array, x: Array, logs: Array) -> tuple[float, float]:
    """Beta and over-dispersion in turn, until neither moves: statsmodels' GLM for beta, the likelihood for alpha."""
    import numpy as np
    import statsmodels.api as sm

    design, alpha = np.column_stack([np.ones(len(x)), x]), 0.0
    for _ in range(25):
        family = sm.families.NegativeBinomial(alpha=alpha) if alpha else sm.families.Poisson()
        found = sm.GLM(y, design, family=family, offset=logs).fit()
        before, alpha = alpha, dispersion_of(y, found.fittedvalues, parameters=2)
        if abs(alpha - before) <= 1e-4 * (before + 1e-3):
            break
    return float(found.params[1]), alpha


class Shuffled:
    """How far out the score of beta stands among those of shuffled bins, at this over-dispersion.

    Args:
        y: events a bin.
        x: what the rate may change with, around its mean.
        logs: logarithm of the exposure, a bin.
    """

    def __init__(self, y: Array, x: Array, logs: Array, alpha: float) -> None:
        self._y, self._x, self._logs, self._alpha = y, x, logs, alpha
        self._orders = _orders(len(y))

    def tails(self, beta: float) -> tuple[float, float]:
        """Share of shuffles whose score is as great as that of the bins as they are, and as small, where beta is the true one; a tie counts half."""
        import numpy as np

        mean = self._mean(beta)
        deviation = np.sqrt(mean * (1 + self._alpha * mean))
        residual, level = (self._y - mean) / deviation, mean / deviation
        score = self._x * level
        score -= level * (level @ score) / (level @ level)  # what a change of level would explain is none of beta's
        residual -= residual.mean()
        own, found = float(score @ residual), residual[self._orders] @ score
        margin = 1e-9 * (1 + abs(own))
        above, below = float((found > own + margin).sum()), float((found < own - margin).sum())
        ties = (len(found) - above - below + 1) / 2
        return (above + ties) / (len(found) + 1), (below + ties) / (len(found) + 1)

    def edge(self, best: float, tail: float, side: int) -> float:
        """Where beta, going from the best to one side, leaves fewer than `tail` of the shuffles beyond it; infinite where it never does."""
        inside, step = 0.0, 0.05
        while self.tails(best + side * step)[side > 0] >= tail:
            inside, step = step, 2 * step
            if step > 50:
                return side * math.inf
        while step - inside > NEAREST:
            middle = (inside + step) / 2
            inside, step = (middle, step) if self.tails(best + side * middle)[side > 0] >= tail else (inside, middle)
        return best + side * inside

    def _mean(self, beta: float) -> Array:
        """Expected counts at this beta; their level is found by Newton's steps in its logarithm."""
        import numpy as np

        y, rate = self._y, np.exp(beta * self._x + self._logs)
        level = math.log(y.sum() / rate.sum())
        for _ in range(50 if self._alpha else 0):
            mean = np.exp(level) * rate
            shrink = 1 + self._alpha * mean
            step = float(((y - mean) / shrink).sum() / (mean * (1 + self._alpha * y) / shrink**2).sum())
            level += max(-1.0, min(1.0, step))
            if abs(step) < 1e-9:
                break
        found: Array = np.exp(level) * rate
        return found


@lru_cache(8)
def _orders(bins: int) -> Any:
    """Orders of the bins, one a row."""
    import numpy as np

    count = max(999, min(SHUFFLES, 2_000_000 // bins))
    rows = np.tile(np.arange(bins, dtype=np.int32), (count, 1))
    return np.random.default_rng(bins).permuted(rows, axis=1)


def dispersion_of(y: Array, mean: Array, parameters: int) -> float:
    """The most likely over-dispersion at these means, widened by n / (n - parameters), since the means were fitted; 0 where Poisson's does as well."""
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log: -log_likelihood(y, mean, math.exp(log)),
        bounds=(math.log(1e-6), math.log(50)),
        method="bounded",
        options={"xatol": 1e-3},
    )
    if log_likelihood(y, mean, 0.0) >= -found.fun:
        return 0.0
    return math.exp(found.x) * len(y) / (len(y) - parameters)


def log_likelihood(y: Array, mean: Array, alpha: float) -> float:
    """Of counts under the negative binomial distribution with variance mean + alpha mean^2 (NB2)."""
    import numpy as np
    from scipy.special import gammaln, xlogy

    if alpha <= 1e-9:
        return float((xlogy(y, mean) - mean - gammaln(y + 1)).sum())
    size = 1 / alpha
    return float((gammaln(y + size) - gammaln(size) - gammaln(y + 1) + xlogy(y, mean * alpha) - (y + size) * np.log1p(alpha * mean)).sum())


def check_level(level: float) -> None:
    """Raise where a level of confidence is none.

    Raises:
        UsageError: it lies outside 0.5..0.999.
    """
    if not 0.5 <= level <= 0.999:
        raise UsageError(f"--level {level}: give a share between 0.5 and 0.999")
