"""Annotated articles in, the weights by which a sentence that counts dead or hurt goes to an occurrence out (khronika/data/lexicon/en/count_weights.json).

    python -m train.count_weights ../shared/gold/train train/reports/{one,two,three,four,five,six,seven,eight,nine,ten,eleven}.jsonl

Occurrences grow as the annotation has them; a sentence is of one where it stands in the evidence of the event in which that one's trigger stands. What the
arguments behind the first hold counts for `--worth` of a row, and only whole articles of it, with a prior of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from khronika import config
from khronika.extract import joining
from khronika.extract.joining import Joiner, counting
from khronika.extract.lexicon import load
from khronika.extract.rules import WHOLE_ARTICLE, RulesExtractor
from khronika.extract.triggers import find_triggers
from train.annotated import articles_in, shared, spans_of, text_of
from train.logistic import learn

OUT = config.DATA / "lexicon" / "en" / "count_weights.json"
Row = tuple[dict[str, str], bool]


def rows_of(article: dict[str, Any]) -> Iterator[Row]:
    """Levels and truth of every comparison of one article."""
    text = text_of(article)
    segments, found, lexicon = RulesExtractor().occurrences(text)
    homes = [spans_of(text.body, event["evidence"]) for event in article["events"]]

    def events_at(start: int, end: int) -> set[int]:
        return {number for number, home in enumerate(homes) if shared(home, [(start, end)])}

    own = {id(one): events_at(one.main.quote.start, one.main.quote.end) for one in found if one.main.quote.within == "body"}
    for at, comparisons in counting(found, Joiner(segments, lexicon), find_triggers(segments, load("en"), text.published)):
        here = events_at(segments[at].start, segments[at].end)
        for one, levels in comparisons:
            event = own.get(id(one), set())
            if len(event) == 1:
                yield levels, event <= here
                if event <= here:
                    one.sentences = sorted({*one.sentences, at})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path, nargs="+")
    parser.add_argument("--ridge", type=float, default=3.0)
    parser.add_argument("--worth", type=float, default=0.3)
    args = parser.parse_args()
    joining.counting = lambda *_: iter(())  # rows are of texts in which no such sentence went to an occurrence yet
    own = [row for article in articles_in(args.articles[0]) for row in rows_of(article)]
    whole = (article for path in args.articles[1:] for article in articles_in(path) if len(article["text"]) >= WHOLE_ARTICLE)
    more = [row for article in whole for row in rows_of(article)]
    given = [{**levels, "from": "press"} for levels, _ in own] + [{**levels, "from": "reports"} for levels, _ in more]
    prior, found = learn(given, [same for _, same in (*own, *more)], args.ridge, worth=[1.0] * len(own) + [args.worth] * len(more))
    prior += found.pop("from").get("press", 0.0)
    OUT.write_text(json.dumps({"prior": round(prior, 2), "levels": found}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    counts = [(len(rows), sum(same for _, same in rows)) for rows in (own, more)]
    print(f"{OUT}: {counts[0][0]} comparisons, {counts[0][1]} the same; {counts[1][0]} of reports, {counts[1][1]} the same", file=sys.stderr)


if __name__ == "__main__":
    main()
