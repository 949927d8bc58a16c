"""Learns khronika/data/place/scene_weights.json: which name of a text is where an event happened, from annotated articles.

    python -m train.scene_weights ../shared/gold/train [--folds 5]

Each annotated event counts twice: as the extractor tells it (where it finds it), and with its annotated sentences. A name is right where its place is
the annotated one by the gold's own scorer; a softmax over all names of the text is fitted, the right ones' shares summed. The ridge was chosen by folds
over articles.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from bench.days import find, read_article
from bench.gold import load_scorer
from khronika import config
from khronika.extract import EXTRACTORS, locations
from khronika.extract.segments import segments_of
from khronika.extract.triggers import Trigger
from khronika.ground.gazetteer import Gazetteer, ensure
from khronika.ground.place import Grounds
from khronika.ground.scenes import SHARP
from khronika.types import Claim, Mention, Participant, Place, Quote, Reading, Text

OUT = config.DATA / "place" / "scene_weights.json"
RIDGE = 0.001
LEAST = 4
OWN = 0.25
"""How much a case of an own report counts, which is written more evenly than the press."""
TOWARDS = {
    "party's": -1.5, "no scene": -1.5, "stray": -2.0, "office of": -0.3, "metonym loose": -1.0, "led by between": -0.5, "led by by": -1.0, "another event's": -0.5,
    "own": 2.0, "evidence": 1.0, "in the trigger": 0.5, "in the place words": 1.0, "own, well led": 0.7, "evidence, well led": 0.7, "inner of a pair": 0.3,
    "wide beside exact": -0.7, "country beside exact": -0.7, "round another": -0.3, "nearest": 0.3, "title": 0.3, "dateline": -0.3, "main place": 0.3,
    "inside what is named": 0.7, "same paragraph": 0.5, "before, no scene": -0.5, "after, no scene": -0.5, "after": -0.5, "back 1": 0.5, "the town meant": 0.5,
    "site named": 0.5, "anchor of another": -1.0, "seat of a body": -1.0, "acronym": -1.5, "country seldom named": -0.5, "far from the rest": -0.3,
    "evidence, inside what is named": 0.7, "where people were taken, site": -1.5,
}  # fmt: skip
"""What is known beforehand; weights are drawn towards it where the cases say little."""
"""Cases in which a sign must occur to bear a weight."""


class Case(NamedTuple):
    """One event of one article: the signs of each name, which names are right, and how much the case counts."""

    article: str
    signs: list[frozenset[str]]
    right: list[bool]
    places: Sequence[tuple[str, str]]
    worth: float
    told: bool
    """As the extractor tells it, not by its annotated sentences."""


def cases_of(gold: dict[str, Any], gazetteer: Gazetteer, scorer: Any, own: bool = False) -> list[Case]:
    """The cases of one English article; an article of our own counts less."""
    if gold["language"] != "en":
        return []
    text, annotated, events = read_article(gold, words=False)
    annotated = replace(annotated, mentions=tuple(_with_roles(gold, _with_place_words(text, m), e) for m, e in zip(annotated.mentions, events, strict=True)))
    reading = EXTRACTORS["rules"](None).read(text)
    cases = []
    for told, source in ((True, reading), (False, annotated)):
        whole = replace(annotated, mentions=source.mentions, persons=reading.persons)
        pairs = [(m, e) for m, e in paired(scorer, text, source, events)] if told else list(zip(source.mentions, events, strict=True))
        pairs = [(m, e) for m, e in pairs if (e.get("where") or {}).get("name")]
        if not pairs:
            continue
        grounds = Grounds(text, whole, gazetteer, None)
        for mention, event in pairs:
            found = grounds.scenes.signs(grounds.event(mention))
            right = [scorer.same_where(event["where"], _shape(grounds.places[n])) for n in found]
            places = [grounds.labels[n] for n in found]
            # What is a habit of the own reports is learnt apart and dropped.
            signs = [frozenset(s | ({f"own {grounds.scenes.options[n].kind}"} if own else set())) for n, s in found.items()]
            worth = (1.0 if told else 0.7) * (0.5 if event["background"] else 1.0) * (OWN if own else 1.0)
            cases.append(Case(f"own {gold['id']}" if own else gold["id"], signs, right, places, worth, told and not own and not event["background"]))
    return cases


def _shape(place: Place) -> dict[str, str | None]:
    return {"name": place.name, "country": place.country, "precision": place.precision}


def _with_place_words(text: Text, mention: Mention) -> Mention:
    segments = segments_of(text)
    own = [s for s in segments if any(q.within == s.within and q.start < s.end and s.start < q.end for q in mention.evidence)]
    at = next((n for n, s in enumerate(segments) if s.within == mention.trigger.within and s.start <= mention.trigger.start < s.end), 0)
    trigger = Trigger(at, mention.trigger, mention.kind, "occurred", 1.0, False, False, {})
    return replace(mention, where_words=locations.find_locations(own, trigger, "en"))


def _with_roles(article: dict[str, Any], mention: Mention, event: dict[str, Any]) -> Mention:
    """With the annotated participants and voices, near its own sentences."""
    near = mention.evidence[0].start if mention.evidence and mention.evidence[0].within == "body" else 0

    def found(pieces: list[dict[str, Any]], key: str = "text") -> list[Quote]:
        return [quote for piece in pieces or [] if (quote := find(article, piece.get(key) or "", near))]

    def people(name: str) -> tuple[Participant, ...]:
        return tuple(Participant(quote=quote) for quote in found(event.get(name) or []))

    voices = tuple(Claim(by=quote, quote=quote, stance="reports", about="occurrence") for quote in found(event.get("claims") or [], "by"))
    return replace(mention, perpetrators=people("perpetrators"), targets=people("targets"), victims=people("victims"), claims=voices)


def paired(scorer: Any, text: Text, reading: Reading, events: list[dict[str, Any]]) -> list[tuple[Mention, dict[str, Any]]]:
    """Mentions and the annotated events whose evidence holds their trigger, each once, in order."""
    left, pairs = list(reading.mentions), []
    for event in events:
        spans = scorer.spans(text.body, event["evidence"])
        found = next((m for m in left if m.trigger.within == "body" and any(a <= m.trigger.start < b for a, b in spans)), None)
        if found:
            left.remove(found)
            pairs.append((found, event))
    return pairs


def fit(cases: list[Case], ridge: float, steps: int = 300, towards: Mapping[str, float] = TOWARDS, sharp: float = 1.0) -> dict[str, float]:
    """Weights of the signs by Adam, drawn to `towards`: the softmax over places, each summed over its mentions, the best first where `sharp` is above 1."""
    cases = [case for case in cases if any(case.right)]
    counts = Counter(sign for case in cases for signs in case.signs for sign in signs)
    names = sorted(sign for sign, n in counts.items() if n >= LEAST)
    index = {name: i for i, name in enumerate(names)}
    rows: list[int] = []
    columns: list[int] = []
    place_of: list[int] = []
    case_of: list[int] = []
    good: list[bool] = []
    for number, case in enumerate(cases):
        known: dict[tuple[str, str], int] = {}
        for signs, is_right, place in zip(case.signs, case.right, case.places, strict=True):
            if place not in known:
                known[place] = len(good)
                case_of.append(number)
                good.append(False)
            good[known[place]] = good[known[place]] or is_right
            used = [index[sign] for sign in sorted(signs) if sign in index]
            rows += [len(place_of)] * len(used)
            columns += used
            place_of.append(known[place])
    at, of, owner, holder, right = np.array(rows), np.array(columns), np.array(place_of), np.array(case_of), np.array(good)
    worth = np.array([case.worth for case in cases])
    centre = np.array([towards.get(name, 0.0) for name in names])
    w, m, v = centre.copy(), np.zeros(len(names)), np.zeros(len(names))
    for step in range(1, steps + 1):
        values = np.bincount(at, w[of], len(owner))
        places = _pooled(sharp * values, owner, len(right)) / sharp
        within = np.exp(sharp * (values - places[owner]))
        slope = _shares(places, holder, len(cases)) - np.where(right, _shares(np.where(right, places, -1e9), holder, len(cases)), 0.0)
        gradient = np.bincount(of, ((slope * worth[holder])[owner] * within)[at], len(names)) / len(cases) + ridge * (w - centre)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        w -= 0.1 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return {name: round(float(value), 3) for name, value in zip(names, w, strict=True) if not name.startswith("own ")}


def _pooled(values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """The logarithm of the sum of exp(values) of each group."""
    top = np.full(groups, -1e9)
    np.maximum.at(top, group, values)
    pooled: np.ndarray = top + np.log(np.bincount(group, np.exp(values - top[group]), groups))
    return pooled


def _shares(values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    share: np.ndarray = np.exp(values - _pooled(values, group, groups)[group])
    return share


def choose(case: Case, model: dict[str, float], sharp: float = 1.0) -> int | None:
    """The name chosen as scenes.Scenes does."""
    if not case.signs:
        return None
    scores = np.array([sum(model.get(sign, 0.0) for sign in signs) for signs in case.signs])
    odds = np.exp(sharp * (scores - scores.max()))
    totals: Counter[tuple[str, str]] = Counter()
    for place, value in zip(case.places, odds, strict=True):
        totals[place] += value
    best = max(totals, key=lambda place: totals[place])
    return max((n for n, place in enumerate(case.places) if place == best), key=lambda n: float(scores[n]))


def gathered(folder: Path, reports: Path, cases: Callable[[dict[str, Any], bool], list[Case]]) -> list[Case]:
    """The cases of the articles of a folder and of own reports; `cases` gives those of one, told whether it is our own."""
    articles = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    own = [json.loads(line) for path in sorted(reports.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [case for article in articles for case in cases(article, False)] + [case for report in own for case in cases(report, True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--reports", type=Path, default=Path(__file__).parent / "reports", help="folder of own reports (*.jsonl)")
    parser.add_argument("--folds", type=int, default=5)
    args = parser.parse_args()
    gazetteer, scorer = Gazetteer(ensure()), load_scorer(args.folder)
    cases = gathered(args.folder, args.reports, lambda article, own: cases_of(article, gazetteer, scorer, own=own))

    folds: int = args.folds

    def fold(case: Case) -> int:
        return int(hashlib.sha256(case.article.encode()).hexdigest(), 16) % folds

    if folds:
        for ridge in (0.0003, 0.001, 0.003):
            told: list[bool] = []
            all_: list[bool] = []
            for number in range(folds):
                model = fit([c for c in cases if fold(c) != number], ridge, sharp=SHARP)
                for case in cases:
                    if fold(case) == number:
                        chosen = choose(case, model, SHARP)
                        right = chosen is not None and case.right[chosen]
                        all_ += [] if case.article.startswith("own ") else [right]
                        told += [right] if case.told else []
            reach = sum(any(c.right) for c in cases if c.told)
            print(f"ridge {ridge}: as told {sum(told)}/{len(told)} (reachable {reach}), all {sum(all_)}/{len(all_)}")
    OUT.write_text(json.dumps(fit(cases, RIDGE, sharp=SHARP), indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
