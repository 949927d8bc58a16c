"""Counts a bin in, a rate ratio with its interval and test out, by negative binomial regression (statsmodels), or a refusal.

Interval and test come from the profile of the likelihood, with the F instead of the chi-square distribution where the spread is estimated, since bins are few; `bench/trend.py`
holds what they promise against simulated series. Nothing is said of fewer than `LEAST_BINS` bins or `LEAST_EVENTS` events.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from khronika.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

LEAST_BINS, LEAST_EVENTS = 12, 10


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
    profile = _Profile(y, at - at.mean(), logs)
    distribution = _reference(len(y), profile.alpha)
    bound = profile.top - float(distribution.ppf(level)) / 2
    return Trend(
        ratio=math.exp(profile.best),
        low=math.exp(profile.edge(bound, -1)),
        high=math.exp(profile.edge(bound, 1)),
        p=float(distribution.sf(max(0.0, 2 * (profile.top - profile.at(0.0))))),
        dispersion=profile.alpha,
        bins=len(y),
        events=int(y.sum()),
        level=level,
    )


def _reference(bins: int, alpha: float) -> Any:
    """What twice the log-likelihood ratio follows: F where the spread is estimated from the bins, chi-square where it is Poisson's."""
    from scipy.stats import chi2, f

    return f(1, bins - 2) if alpha else chi2(1)


def refuse_few(counts: Sequence[int], x: Sequence[float]) -> Refusal | None:
    """The refusal "not enough events", where there are too few bins or events, or a window has no event to compare with."""
    total = sum(counts)
    if len(counts) < LEAST_BINS or total < LEAST_EVENTS:
        return Refusal("not enough events", f"{total} events in {len(counts)} bins; at least {LEAST_EVENTS} in {LEAST_BINS} are needed")
    if set(x) == {0, 1} and not all(any(y for y, side in zip(counts, x) if side == window) for window in (0, 1)):
        return Refusal("not enough events", f"{total} events, all in one of the two windows: a ratio has no bound")
    return None


class _Profile:
    """The log-likelihood as a function of beta, the level at its best and the over-dispersion as estimated once."""

    def __init__(self, y: Array, x: Array, logs: Array) -> None:
        self._y, self._x, self._logs = y, x, logs
        self.alpha = 0.0
        self.best, self.top = self._fit()

    def _fit(self) -> tuple[float, float]:
        """Beta and over-dispersion in turn, until neither moves: statsmodels' GLM for beta, the likelihood for alpha."""
        import numpy as np
        import statsmodels.api as sm

        design = np.column_stack([np.ones(len(self._x)), self._x])
        for _ in range(25):
            family = sm.families.NegativeBinomial(alpha=self.alpha) if self.alpha else sm.families.Poisson()
            fit = sm.GLM(self._y, design, family=family, offset=self._logs).fit()
            before, self.alpha = self.alpha, dispersion_of(self._y, fit.fittedvalues, parameters=2)
            if abs(self.alpha - before) <= 1e-4 * (before + 1e-3):
                break
        beta = float(fit.params[1])
        return beta, self.at(beta)

    def at(self, beta: float) -> float:
        """Log-likelihood at this beta; the level is found by Newton's steps in its logarithm."""
        import numpy as np

        y, rate = self._y, np.exp(beta * self._x + self._logs)
        level = math.log(y.sum() / rate.sum())
        for _ in range(50 if self.alpha else 0):
            mean = np.exp(level) * rate
            shrink = 1 + self.alpha * mean
            step = float(((y - mean) / shrink).sum() / (mean * (1 + self.alpha * y) / shrink**2).sum())
            level += max(-1.0, min(1.0, step))
            if abs(step) < 1e-9:
                break
        return log_likelihood(y, np.exp(level) * rate, self.alpha)

    def edge(self, bound: float, side: int) -> float:
        """Where the profile falls to `bound` on one side of the best beta; infinite where it never does."""
        from scipy.optimize import brentq

        step = 0.05
        while self.at(self.best + side * step) > bound:
            step *= 2
            if step > 50:
                return side * math.inf
        return float(brentq(lambda d: self.at(self.best + side * d) - bound, 0.0, step, xtol=1e-6)) * side + self.best


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
