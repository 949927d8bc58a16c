"""Annotated articles in, the weights by which a voice speaks of a mention out (khronika/data/lexicon/en/tie_weights.json).

    python -m train.tie_weights ../shared/gold/train train/reports

A row is a voice near the rules' mention of an annotated event, true where it stands in the words of an annotated claim of that event with a voice alike. What
the folders behind the first hold counts for `--worth` of a row, and only whole articles of it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from khronika import config
from khronika.extract.attributions import Attribution
from khronika.extract.claims import find_attributions
from khronika.extract.rules import WHOLE_ARTICLE, RulesExtractor, mentions_over
from khronika.extract.segments import Segment
from khronika.extract.ties import WEIGHTS, Ties
from train.annotated import alike, articles_in, shared, spans_of, text_of
from train.logistic import learn

OUT = config.DATA / WEIGHTS
Row = tuple[dict[str, str], bool]


def rows_of(article: dict[str, Any], extractor: RulesExtractor) -> Iterator[Row]:
    """Levels and truth of every voice near a mention of an event that is not background."""
    body, text = article["text"], text_of(article)
    segments, occurrences, lexicon = extractor.occurrences(text)
    mentions = mentions_over(text, segments, occurrences, lexicon)
    segments = [segment for segment in segments if segment.within == "body"]
    voiced = [one for one in find_attributions(text, segments) if one.voice is not None]
    areas = [(spans_of(body, event["evidence"]), event) for event in article["events"]]
    events = [next((event for area, event in areas if shared(area, [(m.trigger.start, m.trigger.end)])), None) for m in mentions]
    for number, at, levels in Ties(segments, mentions).near(voiced):
        event = events[at]
        truth = None if event is None or event["background"] else _is_claimed(voiced[number], segments[voiced[number].segment], event, body)
        if truth is not None:
            yield levels, truth


def _is_claimed(one: Attribution, here: Segment, event: dict[str, Any], body: str) -> bool | None:
    """Whether a claim of the event is this voice's; None where the voice makes one, but not in this sentence."""
    worded = [quote.words for quote in (one.voice, one.speaker) if quote]
    claims = [claim for claim in event["claims"] if any(alike(claim["by"], words) for words in worded)]
    if any(shared(spans_of(body, [claim["text"]]), [(here.start, here.end)]) for claim in claims):
        return True
    return None if claims else False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--ridge", type=float, default=6.0)
    parser.add_argument("--worth", type=float, default=0.15)
    args = parser.parse_args()
    extractor = RulesExtractor()
    own = [row for article in articles_in(args.folders[0]) for row in rows_of(article, extractor)]
    more = [
        row
        for folder in args.folders[1:]
        for article in articles_in(folder)
        if len(article["text"]) >= WHOLE_ARTICLE
        for row in rows_of(article, extractor)
    ]
    rows = own + more
    prior, levels = learn([row[0] for row in rows], [row[1] for row in rows], args.ridge, worth=[1.0] * len(own) + [args.worth] * len(more))
    kept = {feature: {level: value for level, value in found.items() if value} for feature, found in levels.items()}
    OUT.write_text(json.dumps({"prior": prior, "levels": kept}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{OUT}: {len(own)} comparisons and {len(more)} of reports, {sum(row[1] for row in rows)} true", file=sys.stderr)


if __name__ == "__main__":
    main()
