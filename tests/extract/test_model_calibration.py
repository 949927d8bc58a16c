"""Calibration: weights that turn scores into probabilities, and how well these hold."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from khronika import config
from khronika.extract.model.decoding import logistic
from train import role_weights, rule_weights
from train.extractor.calibrate import Pairs, calibration_error, fit, fit_kind, reliability
from train.extractor.unseen import forget


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


def test_rules_forget_the_articles_that_are_asked(tmp_path: Path) -> None:
    evidence = "A shell hit a bakery in Odesa on 2 May, killing two."
    article = {"source": "x", "published": "2031-05-03", "language": "en", "title": None}
    event = {"background": False, "evidence": [evidence], "trigger": "hit", "targets": [{"text": "a bakery"}], "victims": []}
    for name, text, events in (("kept", f"{evidence} He will attack the budget.", [event]), ("asked", "Rebels attacked a bus on Monday.", [])):
        (tmp_path / f"{name}.json").write_text(json.dumps(article | {"id": name, "text": text, "events": events}))
    weights, parts = config.data_json(rule_weights.NAME), config.data_json(role_weights.NAME)
    before, parts_before = dict(weights), dict(parts)
    try:
        forget(tmp_path, {"asked"}, tmp_path / "none")
        assert weights["levels"] == rule_weights.fit([rule_weights.rows_of(tmp_path / "kept.json")], rule_weights.RIDGES[1])["levels"]
        assert weights["levels"] != before["levels"]
        assert all(parts[role]["levels"] != parts_before[role]["levels"] and parts[role]["cut"] == parts_before[role]["cut"] for role in parts_before)
    finally:
        weights.update(before)
        parts.update(parts_before)


def test_weights_of_kinds_follow_the_feature_that_tells() -> None:
    chance = np.random.default_rng(5)
    truth = chance.integers(0, 4, 60)
    features = [np.stack([chance.normal(size=4) + 3 * (np.arange(4) == true), chance.normal(size=4)], 1) for true in truth]
    telling, noise = fit_kind(features, truth.tolist())
    assert telling > 0.5 > abs(noise)
    wide = fit_kind([x * [40.0, 1.0] for x in features], truth.tolist())  # full steps would run away
    assert 0.5 < wide[0] * 40 < 50
    assert np.mean([(x @ [telling, noise]).argmax() == true for x, true in zip(features, truth, strict=True)]) > 0.8
