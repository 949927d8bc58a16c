"""Annotated articles in, the weights by which values get their probability out (khronika/data/lexicon/en/sureness_weights.json).

    python -m train.sureness_weights ../shared/gold/train train/reports [--folds 5]

A row is a value of an account that tells of an annotated event; participants are right where an annotated phrase shares half their words, counts where they are
the annotated ones. What the folders behind the first hold counts for `--worth` of a row. Prints the calibration over folds of the first folder's articles.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections import Counter
from collections.abc import Iterator
from math import log2
from pathlib import Path
from typing import Any, NamedTuple

from khronika import config
from khronika.extract.sureness import PARTS, TOLLS, WEIGHTS, of_parts, of_toll
from khronika.extract.uniting import unite
from khronika.extract.weights import Weights, p_of
from khronika.pipeline import Chain, Settings
from khronika.types import Account, Capture, Document
from train.annotated import alike, articles_in, events_of, fold_of, text_of
from train.extractor.calibrate import calibration_error
from train.logistic import learn

OUT = config.DATA / WEIGHTS
FIELDS = (*PARTS, "tolls")
RARE = 5
"""Levels that fewer rows have get no weight."""


class Row(NamedTuple):
    field: str
    levels: dict[str, str]
    is_right: bool
    article: str


def rows_of(article: dict[str, Any], accounts: tuple[Account, ...]) -> Iterator[Row]:
    """The values of the accounts of annotated events, background left out."""
    told = [
        ((a.mention.trigger.start, a.mention.trigger.end), [(q.start, q.end) for q in a.mention.evidence if q.within == "body"])
        if a.mention.trigger.within == "body"
        else ((0, 0), [])
        for a in accounts
    ]
    for number, event in events_of(article, told).items():
        if event["background"]:
            continue
        account, mention = accounts[number], accounts[number].mention
        for field in PARTS:
            for one, levels in of_parts(field, account):
                yield Row(field, levels, any(alike(one.quote.words, x["text"]) for x in event[field]), article["id"])
        for field in TOLLS:
            if (toll := getattr(mention, field)) is not None:
                true = event[field] or {}
                yield Row("tolls", of_toll(field, toll, mention), (toll.low, toll.high) == (true.get("low"), true.get("high")), article["id"])


def accounts_of(article: dict[str, Any], chain: Chain) -> tuple[Account, ...]:
    """What the rules read, placed and united, as it is before it gets its probabilities."""
    return unite(grounded(article, chain))


def grounded(article: dict[str, Any], chain: Chain) -> tuple[Account, ...]:
    """What the rules read, placed, as it is before it is united."""
    day, text = article["published"], text_of(article)
    capture = Capture(place=article["id"], at=dt.datetime(2000, 1, 1, tzinfo=dt.UTC), tool="train@1")
    document = Document(
        id=article["id"], capture=capture, mime="text/plain", source=article["source"], language="en", title=article["title"],
        published=dt.date.fromisoformat(day[:10]) if day else None,
    )  # fmt: skip
    return chain.grounding.ground(chain.extractor.read(text), text, document).accounts


def fitted(rows: list[Row], own: int, args: argparse.Namespace) -> dict[str, Any]:
    """Prior and weights of one field; rows from the first folder's number `own` on count less."""
    often = Counter(item for row in rows for item in row.levels.items())
    kept = [{name: level if often[name, level] >= RARE else "rare" for name, level in row.levels.items()} | {"corpus": str(n < own)} for n, row in enumerate(rows)]
    prior, levels = learn(kept, [row.is_right for row in rows], args.ridge, worth=[1.0] * own + [args.worth] * (len(rows) - own), firm={"corpus": 0.2})
    prior += levels.pop("corpus").get("True", 0.0)  # what is a habit of the own reports is learnt apart and dropped
    return {"prior": round(prior, 2), "levels": {name: {k: v for k, v in found.items() if v and k != "rare"} for name, found in levels.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--ridge", type=float, default=20.0)
    parser.add_argument("--worth", type=float, default=0.1)
    args = parser.parse_args()
    chain = Chain(Settings(extractor="rules"))
    own, more = ([row for folder in part for a in articles_in(folder) for row in rows_of(a, accounts_of(a, chain))] for part in (args.folders[:1], args.folders[1:]))
    weights = {}
    for field in FIELDS:
        mine, others = ([row for row in rows if row.field == field] for rows in (own, more))
        pairs: list[tuple[float, bool]] = []
        for fold in range(args.folds):
            kept = [row for row in mine if fold_of(row.article, args.folds) != fold]
            part = Weights(fitted([*kept, *others], len(kept), args))
            pairs += [(p_of(part.odds(row.levels)), row.is_right) for row in mine if fold_of(row.article, args.folds) == fold]
        weights[field] = fitted([*mine, *others], len(mine), args)
        share, surprise = (sum(values) / max(1, len(mine)) for values in ([row.is_right for row in mine], [-log2(p if y else 1 - p) for p, y in pairs]))
        print(f"{field}: {len(mine)} values and {len(others)} of reports, right {share:.2f}; by folds: expected calibration error {calibration_error(pairs):.3f}, "
              f"{surprise:.3f} bits a value ({entropy(share):.3f} without levels)", file=sys.stderr)  # fmt: skip
    OUT.write_text(json.dumps(weights, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def entropy(share: float) -> float:
    return -sum(x * log2(x) for x in (share, 1 - share) if x > 0)


if __name__ == "__main__":
    main()
