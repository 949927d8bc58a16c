"""Annotated articles in, the weights by which phrases get their parts in an event out (khronika/data/lexicon/en/role_weights.json).

    python -m train.role_weights ../shared/gold/train train/reports [--folds 5]

A row is a candidate phrase in an occurrence that is an annotated event; it plays its part where a phrase annotated for that role shares half its words. Ridge
and cut are chosen by folds, each occurrence decoded as reading does; what is in the folders behind the first counts for `--worth` of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from khronika import config
from khronika.extract.casting import CAST, best_of, candidates, levels
from khronika.extract.kinds import far_kind_of
from khronika.extract.rules import RulesExtractor, scene_of
from khronika.types import Quote
from train.annotated import alike, articles_in, events_of, fold_of, text_of

NAME = "lexicon/en/role_weights.json"
OUT = config.DATA / NAME
WORTH = 0.3
RARE = 3
"""Levels that fewer rows have get no weight."""
CUTS = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25)


class Row(NamedTuple):
    role: str
    quote: Quote
    levels: dict[str, str]
    is_true: bool


class Told(NamedTuple):
    """One occurrence: its rows, and the phrases annotated by role, None where it is no annotated event."""

    rows: list[Row]
    gold: dict[str, list[str]] | None


class Article(NamedTuple):
    name: str
    told: list[Told]
    unseen: Counter[str]
    """Phrases by role of the events that no occurrence is."""


def article_of(raw: dict[str, Any], extractor: RulesExtractor) -> Article:
    """The candidates of an article beside its annotation; occurrences that are background events are left out."""
    segments, occurrences, lexicon = extractor.occurrences(text_of(raw))
    far, told = far_kind_of(segments, lexicon.language), []
    placed = [
        ((o.main.quote.start, o.main.quote.end), [(segments[at].start, segments[at].end) for at in o.sentences]) if o.main.quote.within == "body" else ((0, 0), [])
        for o in occurrences
    ]
    events = events_of(raw, placed)
    for number, occurrence in enumerate(occurrences):
        event = events.get(number)
        if event is not None and event["background"]:
            continue
        scene = scene_of(occurrence, segments, lexicon, far)
        found = candidates(scene)
        framed = [one for one in found if one.frame != "none"]
        gold = {role: [value["text"] for value in event[role]] for role in CAST} if event else None
        rows = [
            Row(one.role, one.quote, levels(one, scene, framed), gold is not None and any(alike(one.quote.words, words) for words in gold[one.role]))
            for one in found
            if one.role in CAST
        ]
        told.append(Told(rows, gold))
    seen = {id(event) for event in events.values()}
    unseen = Counter({role: sum(len(e[role]) for e in raw["events"] if id(e) not in seen and not e["background"]) for role in CAST})
    return Article(raw["id"], told, unseen)


Model = tuple[dict[tuple[str, str], int], np.ndarray]


def design(rows: Sequence[Row], number: dict[tuple[str, str], int]) -> csr_matrix:
    """Which levels each row has."""
    on = [[number[item] for item in row.levels.items() if item in number] for row in rows]
    return csr_matrix((np.ones(sum(map(len, on))), [i for row in on for i in row], np.cumsum([0, *map(len, on)])), shape=(len(rows), len(number)))


def fit(rows: Sequence[Row], worth: Sequence[float], ridge: float) -> Model:
    """Weights of the levels and the prior in log2 odds: logistic regression drawn towards nothing."""
    often = Counter(item for row in rows for item in row.levels.items())
    number = {item: n for n, item in enumerate(sorted(item for item, count in often.items() if count >= RARE))}
    on, truth, weight = design(rows, number), np.array([row.is_true for row in rows], float), np.array(worth)

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        odds = on @ theta[:-1] + theta[-1]
        off = weight * (1 / (1 + np.exp(-odds)) - truth)
        value = (weight * (np.logaddexp(0, odds) - truth * odds)).sum() + ridge * (theta[:-1] ** 2).sum() / 2
        return float(value), np.append(on.T @ off + ridge * theta[:-1], off.sum())

    return number, minimize(loss, np.zeros(len(number) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 400}).x / np.log(2)


def fitted(role: str, ridge: float, own: Iterable[Article], others: Iterable[Iterable[Article]], worth: float) -> Model:
    """The weights of a role, from annotated events alone; each of `others` counts for `worth` of an own article."""
    rows = [[row for a in part for told in a.told if told.gold for row in told.rows if row.role == role] for part in (own, *others)]
    return fit([row for part in rows for row in part], [worth if n else 1.0 for n, part in enumerate(rows) for _ in part], ridge)


def table(model: Model, ridge: float, cut: float) -> dict[str, Any]:
    """The weights as they are kept."""
    number, theta = model
    levels_of: dict[str, dict[str, float]] = {}
    for (name, level), at in number.items():
        if value := round(float(theta[at]), 2):
            levels_of.setdefault(name, {})[level] = value
    return {"prior": round(float(theta[-1]), 2), "ridge": ridge, "cut": cut, "levels": levels_of}


def hits(gold: Sequence[str], found: Sequence[str]) -> int:
    """How many annotated phrases are found, each found phrase used once."""
    left, count = list(found), 0
    for words in gold:
        same = next((other for other in left if alike(words, other)), None)
        if same is not None:
            left.remove(same)
            count += 1
    return count


def tallies(articles: Iterable[Article], role: str, model: Model) -> np.ndarray:
    """Hits, found and annotated phrases for each cut."""
    found = np.zeros((len(CUTS), 3))
    for article in articles:
        found[:, 2] += article.unseen[role]
        for told in article.told:
            rows, gold = [row for row in told.rows if row.role == role], told.gold[role] if told.gold else []
            odds = design(rows, model[0]) @ model[1][:-1] + model[1][-1] if rows else []
            for n, cut in enumerate(CUTS):
                kept = [q.words for q in best_of([(float(value), row.quote) for row, value in zip(rows, odds, strict=True) if value >= cut])]
                found[n] += hits(gold, kept), len(kept), len(gold)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--worth", type=float, default=WORTH)
    args = parser.parse_args()
    extractor = RulesExtractor()
    parts = [[article_of(raw, extractor) for raw in articles_in(folder)] for folder in args.folders]

    weights = {}
    for role in CAST:
        rated = {}
        for ridge in (8.0, 16.0):
            found = np.zeros((len(CUTS), 3))
            for fold in range(args.folds):
                kept, left_out = [[[a for a in part if (fold_of(a.name, args.folds) == fold) == out] for part in parts] for out in (False, True)]
                model = fitted(role, ridge, kept[0], kept[1:], args.worth)
                found += tallies(left_out[0], role, model) + args.worth * sum(tallies(part, role, model) for part in left_out[1:])
            rated |= {(ridge, cut): float(2 * hit / max(1.0, said + gold)) for cut, (hit, said, gold) in zip(CUTS, found, strict=True)}
        ridge, cut = max(rated, key=lambda key: rated[key])
        print(f"{role}: F1 by folds {rated[ridge, cut]:.3f} at ridge {ridge}, cut {cut}; {({key: round(value, 3) for key, value in rated.items()})}", file=sys.stderr)
        weights[role] = table(fitted(role, ridge, parts[0], parts[1:], args.worth), ridge, cut)
    OUT.write_text(json.dumps(weights, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
