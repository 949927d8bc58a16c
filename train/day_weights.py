"""Learns khronika/data/time/day_weights.json: which time expression of a text is an event's own, from annotated articles.

    python -m train.day_weights ../shared/gold/train [--folds 5]

As train/scene_weights.py: each annotated event counts twice, as the extractor tells it and with its annotated sentences; an option is right where its
days are the annotated ones; a softmax over all options is fitted, the right ones' shares summed. The ridge was chosen by folds over articles.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.days import read_article
from bench.gold import load_scorer
from khronika import config
from khronika.extract import EXTRACTORS
from khronika.ground.day_signs import Option, likeliest
from khronika.ground.when import options_of_mentions
from train.scene_weights import Case, choose, fit, gathered, paired

OUT = config.DATA / "time" / "day_weights.json"
RIDGE = 0.001
OWN = 0.1
"""How much a case of an own report counts, which is written more evenly than the press."""
HABITS = frozenset({"fresh", "open", "own", "evidence", "before", "after", "title"})
"""Signs whose share in own reports is theirs alone: learnt apart there and dropped."""


def cases_of(gold: dict[str, Any], extractor: Any, scorer: Any, own: bool = False) -> list[Case]:
    """The cases of one English article; an article of our own counts less."""
    if gold["language"] != "en":
        return []
    text, annotated, events = read_article(gold, words=False)
    told = extractor.read(text)
    pairs = {told.mentions.index(mention): event for mention, event in paired(scorer, text, told, events)}
    cases: list[Case] = []
    for reading, of, worth in ((told, pairs, 1.0), (annotated, dict(enumerate(events)), 0.7)):

        def right_one(number: int, options: Sequence[Option], of: dict[int, Any] = of, worth: float = worth) -> Option:
            """The right option where there is one, so that what follows counts from the right day."""
            event = of.get(number)
            if event is None:
                return likeliest(options)
            days = [(o.when.start and o.when.start.isoformat(), o.when.end and o.when.end.isoformat()) for o in options]
            when = event.get("when") or {}
            right = [found == (when.get("start"), when.get("end")) for found in days]
            signs = [o.signs | {f"own {sign}" for sign in o.signs & HABITS} if own else o.signs for o in options]
            weight = worth * (0.5 if event["background"] else 1.0) * (OWN if own else 1.0)
            is_told = of is pairs and not own and not event["background"] and bool(when.get("start"))
            cases.append(Case(f"own {gold['id']}" if own else gold["id"], signs, right, [(str(found), "") for found in days], weight, is_told))
            return options[right.index(True)] if any(right) else likeliest(options)

        if reading.mentions:
            options_of_mentions(text, reading, right_one)
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--reports", type=Path, default=Path(__file__).parent / "reports", help="folder of own reports (*.jsonl)")
    parser.add_argument("--folds", type=int, default=5)
    args = parser.parse_args()
    extractor, scorer = EXTRACTORS["rules"](None), load_scorer(args.folder)
    cases = gathered(args.folder, args.reports, lambda article, own: cases_of(article, extractor, scorer, own=own))
    fold = [int(hashlib.sha256(case.article.encode()).hexdigest(), 16) % max(args.folds, 1) for case in cases]
    for ridge in (0.0005, 0.001, 0.002) if args.folds else ():
        told: list[bool] = []
        all_: list[bool] = []
        for number in range(args.folds):
            model = fit([case for case, n in zip(cases, fold, strict=True) if n != number], ridge, towards={})
            for case in (case for case, n in zip(cases, fold, strict=True) if n == number and not case.article.startswith("own ")):
                chosen = choose(case, model)
                all_.append(chosen is not None and case.right[chosen])
                told += all_[-1:] if case.told else []
        reach = sum(any(case.right) for case in cases if case.told)
        print(f"ridge {ridge}: as told {sum(told)}/{len(told)} (reachable {reach}), all {sum(all_)}/{len(all_)}", flush=True)
    OUT.write_text(json.dumps(fit(cases, RIDGE, towards={}), indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
