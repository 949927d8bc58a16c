"""Holds what a trend promises against fresh simulated series: coverage of the interval, false alarms of test and scan, power, and refusal.

    python bench/trend.py [--series 5000] [--seed 7]

Prints one JSON line. `coverage_*` and `false_alarm_*`: least and greatest over the cases (mean 2, 10, 50 a bin; over-dispersion 0, .2, 1; 12, 26, 52 bins);
`power`: share of series in which a true change is found, by rate ratio, mean and over-dispersion; `refused_silent`: share of series whose outlets stop (4,000
reports a month to 1,000) that are refused for it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json

import numpy as np

from khronika.summarize.changes import critical, scan, spread
from khronika.summarize.judging import judge
from khronika.summarize.trend import Trend, rate_ratio
from khronika.types import Coverage

CASES = [(mean, alpha, bins) for mean in (2, 10, 50) for alpha in (0.0, 0.2, 1.0) for bins in (12, 26, 52)]
POWER = [(ratio, mean, alpha) for ratio in (1.25, 1.5, 2.0, 3.0) for mean in (2, 10, 50) for alpha in (0.0, 0.2, 1.0)]


def draw(rng: np.random.Generator, mean: np.ndarray, alpha: float, series: int) -> np.ndarray:
    """Series of counts, one a row, negative binomial around the means of the bins."""
    rate = rng.gamma(1 / alpha, alpha, (series, len(mean))) if alpha else np.ones((series, len(mean)))
    return rng.poisson(mean * rate)


def windows(bins: int) -> list[float]:
    return [0.0] * (bins // 2) + [1.0] * (bins - bins // 2)


def fits(counts: np.ndarray, x: list[float]) -> list[Trend]:
    found = (rate_ratio(row.tolist(), x) for row in counts)
    return [trend for trend in found if isinstance(trend, Trend)]


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--series", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    cover, alarms, scans = [], [], []
    for mean, alpha, bins in CASES:
        counts = draw(rng, np.full(bins, float(mean)), alpha, options.series)
        found = fits(counts, windows(bins))
        cover.append(float(np.mean([trend.low <= 1 <= trend.high for trend in found])))
        alarms.append(float(np.mean([trend.p < 0.05 for trend in found])))
        scans.append(false_scan(counts))
    power = {}
    for ratio, mean, alpha in POWER:
        means = np.r_[np.full(13, float(mean)), np.full(13, mean * ratio)]
        found = fits(draw(rng, means, alpha, max(50, options.series // 20)), windows(26))
        power[f"{ratio}/{mean}/{alpha}"] = round(float(np.mean([trend.p < 0.05 and trend.ratio > 1 for trend in found])), 3)
    print(
        json.dumps(
            {
                "coverage_least": round(min(cover), 4),
                "coverage_greatest": round(max(cover), 4),
                "false_alarm_least": round(min(alarms), 4),
                "false_alarm_greatest": round(max(alarms), 4),
                "scan_false_alarm_least": round(min(scans), 4),
                "scan_false_alarm_greatest": round(max(scans), 4),
                "refused_silent": refused_silent(rng, 20),
                "power": power,
                "series": options.series,
            }
        )
    )


if __name__ == "__main__":
    main()
