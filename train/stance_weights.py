"""Annotated articles in, the weights by which a voice's stance is told out (khronika/data/lexicon/en/stance_weights.json).

    python -m train.stance_weights ../shared/gold/train train/reports [--folds 5]

A row is an attribution that stands in the words of an annotated claim of the same voice, with the rules' mention of that event. The ridge is chosen by folds over the first folder's articles; what the others hold counts for `--worth` of them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from khronika import config
from khronika.extract.claims import find_attributions
from khronika.extract.rules import RulesExtractor
from khronika.extract.segments import segments_of
from khronika.extract.sides import stance_by_rule
from khronika.extract.stances import WEIGHED, levels
from train.annotated import alike, articles_in, fold_of, text_of

OUT = config.DATA / "lexicon" / "en" / "stance_weights.json"
STANCES = ("reports", "claims_responsibility", "attributes", "blames", "denies", "doubts")
Row = tuple[dict[str, str], str]
Weights = dict[str, dict[str, Any]]


def rows_of(article: dict[str, Any], extractor: RulesExtractor) -> list[Row]:
    """Levels and annotated stance of every attribution that an annotated claim covers."""
    body, text = article["text"], text_of(article)
    segments, mentions, rows = segments_of(text), [m for m in extractor.read(text).mentions if m.trigger.within == "body"], list[Row]()
    said = find_attributions(text, segments)
    for event in article["events"]:
        pieces = [(at, at + len(piece)) for piece in event["evidence"] if (at := body.find(piece)) >= 0]
        mention = next((m for m in mentions if any(a <= m.trigger.start < b for a, b in pieces)), None)
        if mention is None or event["background"]:
            continue
        for one in said:
            here = segments[one.segment]
            if one.voice is None or here.within != "body":
                continue
            claim = next(
                (
                    c
                    for c in event["claims"]
                    if (at := body.find(c["text"])) >= 0
                    and here.start < at + len(c["text"])
                    and at < here.end
                    and alike(c["by"], one.voice.words)
                ),
                None,
            )
            if claim is not None:
                rows.append((levels(one, mention, body, stance_by_rule(one, mention, body)), claim["stance"]))
    return rows


def fit(rows: list[Row], worth: list[float], ridge: float) -> Weights:
    """Prior and weights of each stance in log2 odds: multinomial logistic regression drawn towards nothing."""
    names = sorted({item for row, _ in rows for item in row.items()})
    number = {item: n for n, item in enumerate(names)}
    columns = np.array([[*(number[item] for item in row.items()), len(names)] for row, _ in rows])
    on = csr_matrix((np.ones(columns.size), columns.ravel(), np.arange(0, columns.size + 1, columns.shape[1])), shape=(len(rows), len(names) + 1))
    truth = np.array([[stance == told for stance in STANCES] for _, told in rows], dtype=float)
    weight, pull = np.array(worth)[:, None], np.full((len(names) + 1, 1), ridge)
    pull[-1] = 0.01

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        theta = flat.reshape(len(names) + 1, len(STANCES))
        log_p = (odds := on @ theta) - np.logaddexp.reduce(odds, axis=1, keepdims=True)
        slope = on.T @ (weight * (np.exp(log_p) - truth)) + pull * theta
        return float(-(weight * truth * log_p).sum() + (pull * theta * theta).sum() / 2), slope.ravel()

    best = minimize(loss, np.zeros((len(names) + 1) * len(STANCES)), jac=True, method="L-BFGS-B", options={"maxiter": 400}).x
    theta = best.reshape(len(names) + 1, len(STANCES)) / np.log(2)
    found: Weights = {}
    for column, stance in enumerate(STANCES):
        levels_of: dict[str, dict[str, float]] = {}
        for (name, level), value in zip(names, theta[:-1, column], strict=True):
            if round(float(value), 2):
                levels_of.setdefault(name, {})[level] = round(float(value), 2)
        found[stance] = {"prior": round(float(theta[-1, column]), 2), "levels": levels_of}
    return found


def stance_by(weights: Weights, row: dict[str, str]) -> str:
    """The stance as reading tells it."""
    if row["by rule"] not in WEIGHED:
        return row["by rule"]
    return max(weights, key=lambda stance: weights[stance]["prior"] + sum(weights[stance]["levels"].get(f, {}).get(v, 0.0) for f, v in row.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--worth", type=float, default=0.15)
    args = parser.parse_args()
    extractor = RulesExtractor()
    own = [(article["id"], rows_of(article, extractor)) for article in articles_in(args.folders[0])]
    more = [row for folder in args.folders[1:] for article in articles_in(folder) for row in rows_of(article, extractor)]

    def rows_without(number: int) -> tuple[list[Row], list[float]]:
        kept = [row for name, rows in own if fold_of(name, args.folds) != number for row in rows]
        return kept + more, [1.0] * len(kept) + [args.worth] * len(more)

    def right(ridge: float) -> float:
        told = []
        for number in range(args.folds):
            weights = fit(*rows_without(number), ridge)
            for name, rows in own:
                if fold_of(name, args.folds) == number:
                    told += [stance_by(weights, row) == stance for row, stance in rows]
        return sum(told) / max(len(told), 1)

    rated = {ridge: right(ridge) for ridge in (2.0, 4.0, 8.0, 16.0)}
    by_rule = [row["by rule"] == stance for _, rows in own for row, stance in rows]
    print(
        f"right by rule {sum(by_rule) / max(len(by_rule), 1):.3f} of {len(by_rule)}, by ridge {rated}; {len(more)} more rows",
        file=sys.stderr,
    )
    weights = fit(*rows_without(-1), max(rated, key=lambda ridge: rated[ridge]))
    OUT.write_text(json.dumps(weights, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{OUT}: {sum(len(v) for one in weights.values() for v in one['levels'].values())} weights", file=sys.stderr)


if __name__ == "__main__":
    main()
