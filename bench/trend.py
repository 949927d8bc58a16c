"""Holds what a trend promises against fresh simulated series: false alarms of test and scan, coverage of the interval, power, and refusal.

    python bench/trend.py [--series 5000] [--seed 7]

Prints one JSON line; least and greatest are over the cases (mean 2, 10, 50 a bin; over-dispersion 0, .2, 1; 12, 26, 52 bins). `false_alarm`: of the test of two
windows and of the trend along time where nothing changes, and so 1 - coverage of the interval there. `coverage_of_2`, `false_alarm_exposed` (a fifth of the series):
the interval holds a true ratio of 2; false alarms where documents read a bin vary. `power`: share of series in which a true change is found, by rate ratio, mean and
over-dispersion. `refused_silent`: share of series whose outlets stop (4,000 reports a month to 1,000) that are refused for it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from typing import Any

import numpy as np
from scipy.special import gammaln

from khronika.summarize.changes import critical, scan, spread
from khronika.summarize.judging import judge
from khronika.summarize.trend import LEAST_EVENTS, Shuffled, Trend, rate_ratio
from khronika.types import Coverage

CASES = [(mean, alpha, bins) for mean in (2, 10, 50) for alpha in (0.0, 0.2, 1.0) for bins in (12, 26, 52)]
POWER = [(ratio, mean, alpha) for ratio in (1.25, 1.5, 2.0, 3.0) for mean in (2, 10, 50) for alpha in (0.0, 0.2, 1.0)]
CHECKED = 2
"""Series of each case whose p is compared with that of the regression itself."""


def draw(rng: np.random.Generator, mean: np.ndarray, alpha: float, series: int) -> np.ndarray:
    """Series of counts, one a row, negative binomial around the means of the bins."""
    rate = rng.gamma(1 / alpha, alpha, (series, len(mean))) if alpha else np.ones((series, len(mean)))
    return rng.poisson(mean * rate)


def windows(bins: int) -> list[float]:
    return [0.0] * (bins // 2) + [1.0] * (bins - bins // 2)


def told(counts: np.ndarray, x: list[float]) -> np.ndarray:
    """The series of which something is said at all."""
    split = np.array(x) > 0
    two = set(x) != {0.0, 1.0} or (counts[:, split].sum(axis=1) > 0) & (counts[:, ~split].sum(axis=1) > 0)
    return counts[(counts.sum(axis=1) >= LEAST_EVENTS) & two]


def p_values(counts: np.ndarray, x: list[float]) -> np.ndarray:
    """The p of `rate_ratio` of each series, all at once: with equal exposure the score is that of the counts themselves, whatever the over-dispersion."""
    at = np.array(x) - np.mean(x)
    orders = Shuffled(counts[0], at, 0 * at, 0.0)._orders
    weights = np.zeros(orders.shape)
    np.put_along_axis(weights, orders, np.broadcast_to(at, orders.shape), axis=1)
    tails = []
    for part in np.array_split(counts - counts.mean(axis=1, keepdims=True), max(1, len(counts) // 250)):
        own, found = part @ at, part @ weights.T
        above = (found > own[:, None] + 1e-6).sum(axis=1)
        below = (found < own[:, None] - 1e-6).sum(axis=1)
        tails.append((np.minimum(above, below) + (len(orders) - above - below + 1) / 2) / (len(orders) + 1))
    found = np.minimum(1.0, 2 * np.concatenate(tails))
    for row, p in zip(counts[:CHECKED], found):
        trend = rate_ratio(row.tolist(), x)
        assert isinstance(trend, Trend) and abs(trend.p - p) < 1e-9 and (trend.p < 0.05) == (not trend.low <= 1 <= trend.high), (
            row,
            trend,
            p,
        )
    return found


def dispersions(counts: np.ndarray, means: np.ndarray) -> np.ndarray:
    """The most likely over-dispersion of each series at these means, widened as in `trend.dispersion_of`, on a grid."""
    grid = np.r_[0.0, np.geomspace(1e-3, 20, 60)]
    found = np.empty((len(grid), len(counts)))
    for at, alpha in enumerate(np.maximum(grid, 1e-7)):
        size = 1 / alpha
        found[at] = (
            gammaln(counts + size) - gammaln(size) - (counts + size) * np.log1p(alpha * means) + counts * np.log(alpha * means)
        ).sum(axis=1)
    return grid[found.argmax(axis=0)] * counts.shape[1] / (counts.shape[1] - 2)


def share_held(counts: np.ndarray, x: list[float], logs: np.ndarray, beta: float) -> float:
    """Share of the series whose interval holds the true beta."""
    at, split = np.array(x) - np.mean(x), np.array(x) > 0
    rate = np.exp(logs)
    level = [counts[:, part].sum(axis=1, keepdims=True) / rate[part].sum() for part in (~split, split)]
    alphas = dispersions(counts, np.where(split, level[1], level[0]) * rate)
    return float(np.mean([min(Shuffled(row, at, logs, alpha).tails(beta)) >= 0.025 for row, alpha in zip(counts.astype(float), alphas)]))


def false_scan(counts: np.ndarray) -> float:
    """Share of series in which the scan finds a change."""
    counts = counts.astype(float)
    limits = [critical(counts.shape[1], float(m), float(s)) for m, s in zip(counts.mean(axis=1), spread(counts))]
    return float((scan(counts)[1] > np.array(limits)).mean())


def refused_silent(rng: np.random.Generator, series: int) -> float:
    """Share refused for coverage where three of four outlets stop half-way and the conflict goes on as before."""
    first, refused = dt.date(2024, 1, 1), 0
    for _ in range(series):
        days, covered = [], []
        for i in range(365):
            day = first + dt.timedelta(days=i)
            reports = rng.poisson(33, 4) if i < 182 else np.array([rng.poisson(33), 0, 0, 0])
            covered += [Coverage(day, f"outlet {n}", int(k)) for n, k in enumerate(reports) if k]
            days.append((day, int(reports.sum()), int(reports.sum())))
        finding = judge(days, covered, (first, days[-1][0]), "week", first + dt.timedelta(days=182))
        refused += finding.refusal is not None and finding.refusal.reason == "coverage changed"
    return refused / series


def extremes(name: str, values: list[float]) -> dict[str, float]:
    return {f"{name}_least": round(min(values), 4), f"{name}_greatest": round(max(values), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--series", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rng, few = np.random.default_rng(options.seed), max(50, options.series // 5)
    found: dict[str, list[float]] = {
        name: [] for name in ("false_alarm", "false_alarm_along_time", "false_alarm_exposed", "coverage_of_2", "scan_false_alarm")
    }
    for mean, alpha, bins in CASES:
        counts, two = draw(rng, np.full(bins, float(mean)), alpha, options.series), windows(bins)
        line = [float(i) for i in range(bins)]
        found["false_alarm"].append(float((p_values(told(counts, two), two) < 0.05).mean()))
        found["false_alarm_along_time"].append(float((p_values(told(counts, line), line) < 0.05).mean()))
        found["scan_false_alarm"].append(false_scan(counts))
        logs = rng.normal(0, 0.4, bins)
        exposed = told(draw(rng, mean * np.exp(logs), alpha, few), two)
        found["false_alarm_exposed"].append(1 - share_held(exposed, two, logs, 0.0))
        doubled = told(draw(rng, mean * (1 + np.array(two)), alpha, few), two)
        found["coverage_of_2"].append(share_held(doubled, two, 0 * logs, float(np.log(2))))
    figures: dict[str, Any] = {}
    for name, values in found.items():
        figures |= extremes(name, values)
    figures["refused_silent"] = refused_silent(rng, 20)
    figures["power"] = {}
    for ratio, mean, alpha in POWER:
        means = np.r_[np.full(13, float(mean)), np.full(13, mean * ratio)]
        counts = told(draw(rng, means, alpha, few), windows(26))
        grew = counts[:, 13:].sum(axis=1) > counts[:, :13].sum(axis=1)
        figures["power"][f"{ratio}/{mean}/{alpha}"] = round(float(((p_values(counts, windows(26)) < 0.05) & grew).mean()), 3)
    print(json.dumps({**figures, "series": options.series}))


if __name__ == "__main__":
    main()
