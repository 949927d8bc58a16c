"""Makes data/changes.json: critical values of the scan for changes of rate, by simulation of series without a change.

    python -m train.changes [--series 40000]

The estimated mean and over-dispersion of a series, not the true ones, choose its critical value, as in use: simulated series are put into cells by what
`spread` says of them, and the quantile is taken within a cell.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from khronika.config import DATA
from khronika.summarize.changes import scan, spread

BINS = (12, 18, 26, 39, 52, 78, 104, 156, 208)
MEANS = (1, 2, 5, 10, 30, 100)
SPREADS = (0.0, 0.05, 0.2, 0.5, 1.0, 2.0)
QUANTILE = 0.965
# Not .95: the cell of a series is told by its estimated spread, and with .95 the worst simulated case (26 bins of mean 2, spread 1) gave 7 % false alarms, with .96 5.7 %.


def quantiles(bins: int, mean: float, series: int, rng: np.random.Generator) -> list[float]:
    """Critical values for each spread: of the series whose estimated spread lies nearest to it."""
    true = rng.choice(np.array([0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.0, 1.0, 1.5, 2.0]), size=series)
    shape = np.where(true > 0, 1 / np.maximum(true, 1e-9), 1.0)[:, None]
    rate = np.where(true[:, None] > 0, rng.gamma(shape, 1 / shape, size=(series, bins)), 1.0)
    counts = rng.poisson(mean * rate).astype(float)
    counts = counts[counts.sum(axis=1) >= 10]
    statistic, found = scan(counts)[1], spread(counts)
    nearest = np.abs(np.log(found[:, None] + 0.05) - np.log(np.array(SPREADS)[None, :] + 0.05)).argmin(axis=1)
    return [round(float(np.quantile(statistic[nearest == i], QUANTILE)), 2) for i in range(len(SPREADS))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--series", type=int, default=40_000)
    arguments = parser.parse_args()
    rng = np.random.default_rng(20261127)
    critical = [[quantiles(bins, mean, arguments.series, rng) for mean in MEANS] for bins in BINS]
    found = {"bins": BINS, "means": MEANS, "spreads": SPREADS, "quantile": QUANTILE, "series": arguments.series, "critical": critical}
    Path(DATA / "changes.json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
