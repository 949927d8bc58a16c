"""Calibration: weights that turn scores into probabilities, and how well these hold."""

from __future__ import annotations

import random

import numpy as np
import pytest

from khronika.extract.model.decoding import logistic
from train.extractor.calibrate import Pairs, calibration_error, fit, reliability


def drawn(count: int) -> Pairs:
    """Scores of a network that is surer than it may be: the true odds grow with a third of the score."""
    chance = random.Random(5)
    pairs = Pairs([], [], [])
    for number in range(count):
        score = chance.uniform(-9, 9)
        pairs.features.append((score, chance.uniform(-1, 1)))
        pairs.truth.append(chance.random() < logistic((1 / 3, 0.0), (score,)))
        pairs.articles.append(number % 20)
    return pairs


def test_calibration_error_by_hand() -> None:
    assert calibration_error([(0.95, True), (0.95, False), (0.05, False)]) == pytest.approx((2 * 0.45 + 0.05) / 3)
    assert calibration_error([]) == 0.0


def test_fit_finds_the_odds() -> None:
    pairs = drawn(3000)
    weights = fit(np.array(pairs.features), np.array(pairs.truth, float))
    assert weights == pytest.approx([1 / 3, 0.0, 0.0], abs=0.12)


def test_fitting_brings_the_error_down() -> None:
    held = reliability(drawn(2000))
    assert held["after"] < 0.04 < held["before"]
    assert sum(size for size, _, _ in held["bins"]) == 2000
