"""Rows of features with levels and their truth in, weights in log2 odds out: logistic regression drawn towards given weights.

The rule: the fit is convex and starts from nothing, so that the same rows give the same weights on every machine (rounded to 0.01).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np


def learn(
    rows: Sequence[Mapping[str, str]],
    same: Sequence[bool],
    ridge: float,
    towards: Mapping[str, Mapping[str, float]] | None = None,
    prior: float | None = None,
    worth: Sequence[float] | None = None,
    smooth: float = 0.0,
    silent: Collection[str] = (),
    firm: Mapping[str, float] | None = None,
) -> tuple[float, dict[str, dict[str, float]]]:
    """Prior and level weights in log2 odds.

    Args:
        ridge: how strongly weights are drawn towards `towards` (or 0).
        towards: weights in log2 odds that hold where the rows say nothing.
        prior: prior in log2 odds that the prior is drawn towards, weakly.
        worth: weight of each row.
        firm: features whose weights are drawn more strongly, and how many times.
        silent: levels that say nothing and keep the weight of `towards`.
        smooth: how strongly neighbouring levels of a number ("0.20", "0.25") are drawn to keep the distance that `towards` gives them.
    """
    towards = towards or {}
    names = sorted({item for row in rows for item in row.items()} | {(f, level) for f, levels in towards.items() for level in levels})
    number = {name: i for i, name in enumerate(names)}
    used = np.array([[number[item] for item in sorted(row.items())] for row in rows], dtype=np.int64)
    truth = np.array(same, dtype=float)
    weight = np.ones(len(rows)) if worth is None else np.array(worth)
    centre = np.array([towards.get(f, {}).get(level, 0.0) for f, level in names] + [prior or 0.0]) * math.log(2)
    theta = centre.copy()
    pull = np.full(len(names) + 1, ridge)
    for i, (feature, _) in enumerate(names):
        pull[i] *= (firm or {}).get(feature, 1.0)
    pull[[i for i, (_, level) in enumerate(names) if level in silent]] = 1e6
    pull[-1] = 0.01 if prior is None else ridge
    chain = _neighbours(names, smooth)

    def loss(at: np.ndarray) -> float:
        odds, off = at[used].sum(axis=1) + at[-1], at - centre
        return float((weight * (np.logaddexp(0, odds) - truth * odds)).sum() + (pull * off * off).sum() / 2 + off @ chain @ off / 2)

    for _ in range(60):
        odds = theta[used].sum(axis=1) + theta[-1]
        p = 1 / (1 + np.exp(-np.clip(odds, -40, 40)))
        slope, curve = weight * (p - truth), weight * np.maximum(p * (1 - p), 1e-9)
        gradient, hessian = pull * (theta - centre) + chain @ (theta - centre), np.diag(pull) + chain
        for column in used.T:
            gradient[:-1] += np.bincount(column, slope, len(names))
            hessian[-1, :-1] += np.bincount(column, curve, len(names))
        gradient[-1] += slope.sum()
        hessian[:-1, -1] = hessian[-1, :-1]
        hessian[-1, -1] += curve.sum()
        for one in used.T:
            for two in used.T:
                hessian[:-1, :-1] += np.bincount(one * len(names) + two, curve, len(names) ** 2).reshape(len(names), -1)
        step = np.linalg.solve(hessian, gradient)
        now, part = loss(theta), 1.0
        while part > 1e-3 and loss(theta - part * step) > now:
            part /= 2  # Newton's step overshoots far from the optimum
        theta -= part * step
        if np.abs(step).max() < 1e-6:
            break
    found: dict[str, dict[str, float]] = {}
    for (feature, level), value in zip(names, theta, strict=False):
        found.setdefault(feature, {})[level] = round(float(value) / math.log(2), 2)
    return round(float(theta[-1]) / math.log(2), 2), found


def _neighbours(names: Sequence[tuple[str, str]], smooth: float) -> np.ndarray:
    """Penalty between neighbouring levels that are numbers."""
    chain = np.zeros((len(names) + 1, len(names) + 1))
    for i, ((feature, low), (other, high)) in enumerate(zip(names, names[1:], strict=False)):
        if feature == other and low.replace(".", "").isdigit() and high.replace(".", "").isdigit():
            chain[i, i] += smooth
            chain[i + 1, i + 1] += smooth
            chain[i, i + 1] -= smooth
            chain[i + 1, i] -= smooth
    return chain
