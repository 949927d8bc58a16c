"""Scores of unseen articles go in, the weights that turn them into probabilities come out, and how well these hold.

The calibration error is measured by cross-fitting: the weights for an article are fitted on the other four fifths of the articles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from khronika.extract.claims import find_claims
from khronika.extract.model.decoding import candidates, kind_features, log_odds, logistic
from khronika.extract.model.extractor import ABSENT_ODDS, participant_options, participants_of
from khronika.extract.model.scores import sigmoid
from khronika.extract.model.voices import claim_options
from khronika.text import overlaps
from khronika.types import KINDS
from train.extractor.unseen import Unseen

RIDGE = 0.5
FOLDS, BINS = 5, 10


class Pairs(NamedTuple):
    """For each sentence its features, whether the gold holds it for one, and the number of its article."""

    features: list[tuple[float, ...]]
    truth: list[bool]
    articles: list[int]


def fit(features: NDArray[np.float64], truth: NDArray[np.float64], ridge: float = RIDGE) -> list[float]:
    """Weights of a logistic regression by Newton's steps, constant last, drawn towards zero by `ridge`."""
    x = np.hstack([features, np.ones((len(features), 1))])
    weights = np.zeros(x.shape[1])
    hold = np.diag([ridge] * (x.shape[1] - 1) + [1e-6])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (truth - p) - hold @ weights
        weights = weights + np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + hold + 1e-9 * np.eye(len(weights)), gradient)
    return [round(float(w), 4) for w in weights]


def calibration_error(pairs: Sequence[tuple[float, bool]], bins: int = BINS) -> float:
    """Expected calibration error: the mean gap between p and the share that is right, over ten equal bins, weighted by their size."""
    total = 0.0
    for number in range(bins):
        inside = [(p, y) for p, y in pairs if min(bins - 1, int(p * bins)) == number]
        if inside:
            total += abs(sum(p for p, _ in inside) - sum(y for _, y in inside))
    return total / len(pairs) if pairs else 0.0


def _areas(article: dict[str, Any], items: Sequence[dict[str, Any]], background: bool | None) -> list[tuple[int, int]]:
    found = []
    for item in items:
        if background is None or bool(item.get("background")) == background:
            for words in item.get("evidence") or [item["text"]]:
                at = article["text"].find(words)
                if at >= 0:
                    found.append((at, at + len(words)))
    return found


def event_pairs(unseen: Unseen) -> Pairs:
    """The best candidate of each sentence with whether an event is told there; sentences of background alone are left out."""
    found = Pairs([], [], [])
    for at, (article, text, pieces) in enumerate(zip(unseen.articles, unseen.texts, unseen.pieces, strict=True)):
        told, old = _areas(article, article["events"], False), _areas(article, article["events"], True)
        for piece in pieces:
            seen = set()
            for one in candidates(piece.part, piece.hints, unseen.model.settings):
                if one.sentence in seen:
                    continue
                seen.add(one.sentence)
                quote = piece.quote(text, one.trigger)
                hit = any(overlaps(area, (quote.start, quote.end)) for area in told)
                if hit or not any(overlaps(area, (quote.start, quote.end)) for area in old):
                    found.features.append(one.features)
                    found.truth.append(hit)
                    found.articles.append(at)
    return found


def trigger_pairs(unseen: Unseen) -> Pairs:
    """Each trigger of the rules with whether it stands in the sentences of an event that is no background."""
    found = Pairs([], [], [])
    for at, (article, text, pieces) in enumerate(zip(unseen.articles, unseen.texts, unseen.pieces, strict=True)):
        told = _areas(article, article["events"], False)
        for piece in pieces:
            for one in candidates(piece.part, piece.hints, unseen.model.settings):
                if one.hint:
                    quote = piece.quote(text, one.hint.span)
                    found.features.append(one.features)
                    found.truth.append(any(overlaps(area, (quote.start, quote.end)) for area in told))
                    found.articles.append(at)
    return found


def part_pairs(unseen: Unseen, field: str) -> Pairs:
    """Each participant or claim that the network or the rules give an event, with whether the gold has it there; events of background alone are left out."""
    settings = unseen.model.settings
    unseen.model.settings = replace(settings, sources=settings.sources | {field: "rules"})
    found = Pairs([], [], [])
    for at, (article, text) in enumerate(zip(unseen.articles, unseen.texts, strict=True)):
        areas = [(_areas(article, [event], None), event) for event in article["events"]]
        told = unseen.told(at)
        heard = unseen.readers[at].hearings(text, unseen.segments[at], told, unseen.said[at])
        mentions = find_claims(text, unseen.segments[at], [one.mention for one in told], unseen.said[at]) if field == "claims" else []
        for number, one in enumerate(told):
            trigger = one.mention.trigger
            events = [event for area, event in areas if any(overlaps(a, (trigger.start, trigger.end)) for a in area)]
            if events and all(event.get("background") for event in events):
                continue
            true = [x for event in events if not event.get("background") for x in event.get(field) or []]
            if field == "claims":
                claims = claim_options(mentions[number], heard[number], settings)
                options = [(f, any(c.stance == x["stance"] and unseen.scorer.alike(c.by.words, x["by"]) for x in true)) for c, f in claims]
            else:
                seen = participants_of(one.happening, one.piece, text)[field]
                parts = participant_options(seen, getattr(one.mention, field), one.happening.p)
                options = [(f, any(unseen.scorer.alike(part.quote.words, x["text"]) for x in true)) for part, f in parts]
            for features, right in options:
                found.features.append(features)
                found.truth.append(right)
                found.articles.append(at)
    unseen.model.settings = settings
    return found


def kind_pairs(unseen: Unseen) -> tuple[list[NDArray[np.float64]], list[int]]:
    """For each event that the gold has too what speaks for every kind, and the gold's kind (the rules' own where several events stand there)."""
    features, truth = [], []
    for at, article in enumerate(unseen.articles):
        for one in unseen.told(at):
            trigger = (one.mention.trigger.start, one.mention.trigger.end)
            true = [e["type"] for e in article["events"] if not e.get("background") and any(overlaps(area, trigger) for area in _areas(article, [e], None))]
            if true:
                settled = one.mention.kind
                features.append(kind_features(one.happening, one.piece.part.labels, settled))
                truth.append(KINDS.index(settled if settled in true else true[0]))
    return features, truth


def fit_kind(features: Sequence[NDArray[np.float64]], truth: Sequence[int], ridge: float = RIDGE) -> list[float]:
    """Weights of the features of each option by which the true one is likeliest (conditional logit, Newton's steps), drawn towards zero by `ridge`."""
    x, weights = np.stack(features), np.zeros(features[0].shape[1])
    true = x[np.arange(len(x)), list(truth)]

    def loss(weights: NDArray[np.float64]) -> float:
        return float((np.logaddexp.reduce(x @ weights, 1) - true @ weights).sum() + ridge / 2 * weights @ weights)

    for _ in range(30):
        scores = x @ weights
        p = np.exp(scores - np.logaddexp.reduce(scores, 1)[:, None])
        mean = (p[:, :, None] * x).sum(1)
        spread = np.einsum("nk,nki,nkj->ij", p, x, x) - mean.T @ mean
        step = np.linalg.solve(spread + ridge * np.eye(len(weights)), (true - mean).sum(0) - ridge * weights)
        while loss(weights + step) > loss(weights) and abs(step).max() > 1e-6:
            step /= 2
        weights = weights + step
    return [round(float(w), 4) for w in weights]


def outlook_pairs(unseen: Unseen, which: int) -> Pairs:
    """For each sentence the network's label and the rules' log odds, with whether the gold holds it for one. `which`: 0 assessments, 1 forecasts."""
    found = Pairs([], [], [])
    for at, (article, pieces, hinted) in enumerate(zip(unseen.articles, unseen.pieces, unseen.hinted, strict=True)):
        areas = _areas(article, article[("assessments", "forecasts")[which]], None)
        by_rules = {(x.quote.start, x.quote.end): x for x in hinted[which]}
        for piece in pieces:
            for number, segment in enumerate(piece.segments):
                one = by_rules.get((segment.start, segment.end))
                found.features.append((float(piece.part.labels[number][2 + which]), log_odds(one.p) if one else ABSENT_ODDS))
                shared = sum(max(0, min(b, segment.end) - max(a, segment.start)) for a, b in areas)
                found.truth.append(2 * shared >= segment.end - segment.start)
                found.articles.append(at)
    return found


def calibrate(unseen: Unseen) -> dict[str, dict[str, Any]]:
    """Fit the weights that turn scores into p; how well the p of each kind hold before and after."""
    model = unseen.model
    report: dict[str, dict[str, Any]] = {}
    sources: dict[str, Callable[[], Pairs]] = {
        "event": lambda: event_pairs(unseen),
        "trigger": lambda: trigger_pairs(unseen),
        "assessment": lambda: outlook_pairs(unseen, 0),
        "forecast": lambda: outlook_pairs(unseen, 1),
    }
    for name in ("event", "event", "trigger", "assessment", "forecast"):  # events twice: the weights decide which trigger of a sentence is asked
        pairs = sources[name]()
        weights = fit(np.array(pairs.features, float), np.array(pairs.truth, float))
        model.settings = replace(model.settings, **{name: tuple(weights)})
        report[name] = reliability(pairs)
    return report


def reliability(pairs: Pairs) -> dict[str, Any]:
    """Expected calibration error of the network's own score and of the cross-fitted p; for each bin of p its size, mean p and the share that is right."""
    raw = [(sigmoid(features[0]), right) for features, right in zip(pairs.features, pairs.truth, strict=True)]
    fitted: list[tuple[float, bool]] = []
    for fold in range(FOLDS):
        inside = [number % FOLDS == fold for number in pairs.articles]
        train = [n for n, held in enumerate(inside) if not held]
        weights = fit(np.array([pairs.features[n] for n in train], float), np.array([pairs.truth[n] for n in train], float))
        fitted += [(logistic(weights, pairs.features[n]), pairs.truth[n]) for n, held in enumerate(inside) if held]
    table = []
    for number in range(BINS):
        held = [(p, right) for p, right in fitted if min(BINS - 1, int(p * BINS)) == number]
        if held:
            table.append([len(held), round(sum(p for p, _ in held) / len(held), 2), round(sum(right for _, right in held) / len(held), 2)])
    return {"before": round(calibration_error(raw), 3), "after": round(calibration_error(fitted), 3), "bins": table}
