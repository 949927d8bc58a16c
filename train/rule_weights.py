"""Gold articles in, the weights of the trigger features out (khronika/data/lexicon/en/trigger_weights.json).

    python -m train.rule_weights ../shared/gold/train [--folds 5]

A trigger is right where it stands in the evidence of an event that is not background. The ridge was chosen by folds over articles.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from khronika import config
from khronika.clean import boilerplate
from khronika.extract.lexicon import load
from khronika.extract.segments import segments_of
from khronika.extract.triggers import find_triggers
from khronika.types import Text
from train.logistic import learn

NAME = "lexicon/en/trigger_weights.json"
OUT = config.DATA / NAME
RIDGES = (1.0, 3.0, 10.0)
Rows = list[tuple[dict[str, str], bool, float]]
"""Features, truth and worth of every trigger of one article."""


def rows_of(path: Path) -> Rows:
    """What is learnt from one article; nothing from one in another language."""
    gold: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if gold["language"] != "en":
        return []
    body = gold["text"]
    text = Text(
        id=gold["id"],
        document_id=gold["id"],
        body=body,
        cleaner="",
        title=gold["title"],
        published=dt.date.fromisoformat(gold["published"][:10]) if gold["published"] else None,
        boilerplate=boilerplate.find(body),
    )
    spans: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for event in gold["events"]:
        for piece in event["evidence"]:
            at = body.find(piece)
            spans[event["background"]].append((at, at + len(piece)))
    rows = []
    for trigger in find_triggers(segments_of(text), load("en"), text.published):
        if trigger.quote.within == "title":
            continue
        right, background = (any(trigger.quote.start < b and a < trigger.quote.end for a, b in spans[kind]) for kind in (False, True))
        rows.append((trigger.levels, right, 0.4 if background and not right else 1.0))
    return rows


def fit(articles: list[Rows], ridge: float) -> dict[str, Any]:
    """The weights in the form of the file."""
    flat = [row for rows in articles for row in rows]
    prior, levels = learn([row[0] for row in flat], [row[1] for row in flat], ridge, worth=[row[2] for row in flat])
    return {"prior": prior, "levels": levels}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    args = parser.parse_args()
    articles = [(path.stem, rows_of(path)) for path in sorted(args.folder.glob("*.json"))]

    def fold(name: str) -> int:
        return int(hashlib.sha256(name.encode()).hexdigest(), 16) % args.folds

    best = (0.0, 0.0, 0.0)
    for ridge in RIDGES:
        scored = []
        for number in range(args.folds):
            fitted = fit([rows for name, rows in articles if fold(name) != number], ridge)
            prior, levels = fitted["prior"], fitted["levels"]
            for name, rows in articles:
                if fold(name) == number:
                    scored += [(prior + sum(levels.get(f, {}).get(v, 0.0) for f, v in row[0].items()), row[1]) for row in rows]
        f1, cut = max(_f1(scored, cut / 10) for cut in range(-40, 30))
        print(f"ridge {ridge}: F1 of triggers {f1:.3f} at {cut:.1f} (p {1 / (1 + 2**-cut):.2f})", file=sys.stderr)
        best = max(best, (f1, ridge, cut))
    weights = fit([rows for _, rows in articles], best[1])
    OUT.write_text(json.dumps(weights, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{OUT}: {sum(map(len, weights['levels'].values()))} weights", file=sys.stderr)


def _f1(scored: list[tuple[float, bool]], cut: float) -> tuple[float, float]:
    hit = sum(right for score, right in scored if score >= cut)
    found, gold = sum(score >= cut for score, _ in scored), sum(right for _, right in scored)
    return 2 * hit / (found + gold) if found + gold else 0.0, cut


if __name__ == "__main__":
    main()
