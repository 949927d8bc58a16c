"""Annotated articles in, the weights by which accounts of one text are united out (khronika/data/lexicon/en/unite_weights.json).

    python -m train.unite_weights ../shared/gold/train train/reports/{one,two,three,four,five,six,seven,eight}.jsonl

Accounts grow as the annotation has them; each is compared with those before it that may be its event, and is the same where the sentence of its trigger is
evidence of that event. Prints how many pairs the weights join rightly and wrongly.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from khronika import config
from khronika.extract.uniting import CUT, WEIGHTS, is_apart, levels, united
from khronika.extract.weights import Weights
from khronika.pipeline import Chain, Settings
from khronika.types import Account, Quote
from train.annotated import articles_in, shared, spans_of
from train.logistic import learn
from train.sureness_weights import grounded

LONG = 1000
"""Characters from which a text tells of one event more than once."""
Row = tuple[dict[str, str], bool]


def event_of(account: Account, article: dict[str, Any]) -> int | None:
    """The one annotated event in whose evidence the trigger stands, or of several that which shares most of the account's sentences; None where that is unclear."""
    if account.mention.trigger.within != "body":
        return None
    homes = [spans_of(article["text"], event["evidence"]) for event in article["events"]]
    own, told = _spans([account.mention.trigger]), _spans([q for q in account.mention.evidence if q.within == "body"])
    inside = [number for number, home in enumerate(homes) if shared(home, own)]
    ranked = sorted(((shared(homes[number], told), number) for number in inside), reverse=True)
    return ranked[0][1] if len(ranked) == 1 or ranked and ranked[0][0] > 1.3 * ranked[1][0] else None


def _spans(quotes: Sequence[Quote]) -> list[tuple[int, int]]:
    return [(quote.start, quote.end) for quote in quotes]


def rows_of(article: dict[str, Any], accounts: Sequence[Account]) -> Iterator[Row]:
    """Levels and truth of every comparison of one article."""
    kept: list[tuple[Account, int]] = []
    for account in accounts:
        event = event_of(account, article)
        if event is None:
            continue
        for at, (told, known) in enumerate(kept):
            if not is_apart(account, told):
                yield levels(account, told, len(kept) - 1 - at, at), known == event
        same = next((at for at, (_, known) in enumerate(kept) if known == event), None)
        if same is None:
            kept.append((account, event))
        else:
            kept[same] = united(kept[same][0], account), event


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path, nargs="+")
    parser.add_argument("--ridge", type=float, default=3.0)
    args = parser.parse_args()
    chain = Chain(Settings(extractor="rules"))
    articles = (article for path in args.articles for article in articles_in(path) if len(article["text"]) >= LONG)
    rows = [row for article in articles for row in rows_of(article, grounded(article, chain))]
    prior, found = learn([row[0] for row in rows], [row[1] for row in rows], args.ridge)
    weights = {"prior": prior, "levels": found}
    (config.DATA / WEIGHTS).write_text(json.dumps(weights, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    joined = [same for given, same in rows if Weights(weights).odds(given) > CUT]
    print(f"{len(rows)} comparisons, {sum(same for _, same in rows)} the same; joined {sum(joined)} rightly, {len(joined) - sum(joined)} wrongly", file=sys.stderr)


if __name__ == "__main__":
    main()
