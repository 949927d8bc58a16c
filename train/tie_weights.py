"""Annotated articles in, the weights by which a voice speaks of a mention out (khronika/data/lexicon/en/tie_weights.json).

    python -m train.tie_weights ../shared/gold/train train/reports/{five,six,seven,eight}.jsonl [--folds 5]

A row is a voice near the rules' mention of an annotated event, true where it stands in the words of an annotated claim of that event with a voice alike. What
the folders or files behind the first hold counts for `--worth` of a row, and only whole articles of it. The reports from nine.jsonl on are left out: voices speak of
events twice as often there as in the news, by folds they give nothing, and so they can tell what the weights come to on articles that none of them saw.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from khronika import config
from khronika.extract.attributions import Attribution
from khronika.extract.claims import find_attributions
from khronika.extract.rules import WHOLE_ARTICLE, RulesExtractor, mentions_over
from khronika.extract.segments import Segment
from khronika.extract.ties import WEIGHTS, Ties
from train.annotated import alike, articles_in, events_of, fold_of, shared, spans_of, text_of
from train.logistic import learn

OUT = config.DATA / WEIGHTS
CUTS = (-1.0, -0.8, -0.6, -0.4, -0.2)
Found = tuple[float, dict[str, dict[str, float]]]


class Row(NamedTuple):
    """A voice and a mention: what tells whether one speaks of the other, and whether it does; None where the annotation does not say."""

    levels: dict[str, str]
    truth: bool | None
    mention: int
    voice: str


class Compared(NamedTuple):
    """One article: its rows, and for each mention that scoring would pair with an event whom the annotation has speak of it."""

    name: str
    rows: list[Row]
    claimed: dict[int, list[str]]


def compare(article: dict[str, Any], extractor: RulesExtractor) -> Compared:
    """Every voice near a mention of an event that is not background."""
    body, text = article["text"], text_of(article)
    segments, occurrences, lexicon = extractor.occurrences(text)
    mentions = mentions_over(text, segments, occurrences, lexicon)
    segments = [segment for segment in segments if segment.within == "body"]
    voiced = [one for one in find_attributions(text, segments) if one.voice is not None]
    areas = [(spans_of(body, event["evidence"]), event) for event in article["events"] if not event["background"]]
    events = {at: event for at, m in enumerate(mentions) if (event := next((e for area, e in areas if shared(area, [(m.trigger.start, m.trigger.end)])), None))}
    rows = [
        Row(levels, _is_claimed(one := voiced[number], segments[one.segment], events[at], body), at, one.voice.words if one.voice else "")
        for number, at, levels in Ties(segments, mentions).near(voiced)
        if at in events
    ]
    told = [((m.trigger.start, m.trigger.end), [(quote.start, quote.end) for quote in m.evidence]) for m in mentions]
    paired = {at: event for at, event in events_of(article, told).items() if at in events}
    return Compared(article["id"], rows, {at: [claim["by"] for claim in event["claims"]] for at, event in paired.items()})


def _is_claimed(one: Attribution, here: Segment, event: dict[str, Any], body: str) -> bool | None:
    """Whether a claim of the event is this voice's; None where the voice makes one, but not in this sentence."""
    worded = [quote.words for quote in (one.voice, one.speaker) if quote]
    claims = [claim for claim in event["claims"] if any(alike(claim["by"], words) for words in worded)]
    if any(shared(spans_of(body, [claim["text"]]), [(here.start, here.end)]) for claim in claims):
        return True
    return None if claims else False


def fit(own: Sequence[Compared], more: Sequence[Compared], ridge: float, worth: float) -> Found:
    """Prior and level weights."""
    rows = [[row for one in part for row in one.rows if row.truth is not None] for part in (own, more)]
    weight = [1.0] * len(rows[0]) + [worth] * len(rows[1])
    prior, levels = learn([row.levels for part in rows for row in part], [bool(row.truth) for part in rows for row in part], ridge, worth=weight)
    return prior, {feature: {level: value for level, value in found.items() if value} for feature, found in levels.items()}


def rate(articles: Sequence[Compared], found: Found, cut: float) -> tuple[int, int, int]:
    """How many voices of events are right, how many were found, how many there are; each voice counts once for an event."""
    hit = told = there = 0
    for article in articles:
        heard: dict[int, dict[str, str]] = {at: {} for at in article.claimed}
        for row in article.rows:
            if row.mention in heard and found[0] + sum(found[1].get(feature, {}).get(level, 0.0) for feature, level in row.levels.items()) >= cut:
                heard[row.mention][row.voice.casefold()] = row.voice
        for at, claimed in article.claimed.items():
            left = list(heard[at].values())
            told, there = told + len(left), there + len(claimed)
            for by in claimed:
                match = next((voice for voice in left if alike(by, voice)), None)
                if match is not None:
                    left.remove(match)
                    hit += 1
    return hit, told, there


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--ridge", type=float, default=6.0)
    parser.add_argument("--worth", type=float, default=0.15)
    parser.add_argument("--folds", type=int, default=0, help="print what the voices of the first folder's events come to, by cuts, before the weights are written")
    args = parser.parse_args()
    extractor = RulesExtractor()
    own = [compare(article, extractor) for article in articles_in(args.folders[0])]
    whole = (article for folder in args.folders[1:] for article in articles_in(folder) if len(article["text"]) >= WHOLE_ARTICLE)
    more = [compare(article, extractor) for article in whole]
    parts = [[one for one in own if fold_of(one.name, args.folds) == number] for number in range(args.folds)]
    fitted = [fit([one for one in own if one not in part], more, args.ridge, args.worth) for part in parts]
    for cut in CUTS if parts else ():
        hit, told, there = (sum(counts) for counts in zip(*(rate(part, found, cut) for part, found in zip(parts, fitted, strict=True)), strict=True))
        print(f"{args.folds} folds, cut {cut}: precision {hit / max(told, 1):.3f} recall {hit / max(there, 1):.3f} F1 {2 * hit / max(told + there, 1):.3f}", file=sys.stderr)
    prior, levels = fit(own, more, args.ridge, args.worth)
    OUT.write_text(json.dumps({"prior": prior, "levels": levels}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    counts = [sum(row.truth is not None for one in part for row in one.rows) for part in (own, more)]
    print(f"{OUT}: {counts[0]} comparisons and {counts[1]} of reports", file=sys.stderr)


if __name__ == "__main__":
    main()
