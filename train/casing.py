"""Texts with capitals go in, the habits of words by which a text in small letters gets its capitals back come out (khronika/data/lexicon/en/casing.json).

    python -m train.casing ../shared            fits on all texts and writes the file
    python -m train.casing ../shared --check    fits on four fifths and measures on the rest; writes nothing

Counted are single words and their neighbours, in our own reports, the gold's train part, PolNeAR's and the even documents of the places and times; a fifth of the
texts gives the weights of the signs, on tables counted without it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from math import log
from pathlib import Path

import numpy as np

from bench.geo import articles
from bench.temporal import read_tml
from khronika import config
from khronika.casing import Habit, base_of, capitals, cased, signs, words_in
from khronika.extract.persons import find_persons
from khronika.extract.segments import segments_of
from train.annotated import articles_in, fold_of
from train.extractor.calibrate import fit
from train.extractor.datasets import plain

REPORTS = Path(__file__).with_name("reports")
FOLDS = 5
SMALL, LARGE, NEIGHBOUR, END = 3, 5, 20, 40
"""How often a word must stand before it is kept: mostly small, mostly with a capital, as a neighbour, as an ending."""
Counts = tuple[Counter[str], Counter[str]]
"""How often with a small letter, how often with a capital."""


def texts(shared: Path) -> Iterator[tuple[str, str]]:
    """Name and words of every text."""
    for folder in (shared / "gold" / "train", REPORTS):
        yield from ((a["id"], a["text"]) for a in articles_in(folder) if any(map(str.islower, a["text"])))
    data = shared / "data"
    yield from ((path.name, path.read_text(encoding="utf-8")) for path in sorted((data / "polnear" / "train" / "text").glob("*.txt")))
    yield from ((a.id, a.text) for name in ("lgl.xml", "GeoVirus.xml") for a in articles(data / "geo" / name, "even"))
    for path in sorted(p for name in ("timebank", "aquaint", "wikiwars_train") for p in (data / "temporal" / name).glob("*.tml")):
        if fold_of(path.name, 2) == 0:
            yield path.name, read_tml(path)[0]


def log_odds(yes: float, no: float) -> int:
    """Tenths of log odds of two counts, kept within 6."""
    return round(10 * max(-6.0, min(6.0, log((yes + 0.5) / (no + 0.5)))))


def counted(bodies: Iterable[str]) -> Habit:
    """The tables of some texts, the weights not yet fitted."""
    own, before, after, ends = ((Counter[str](), Counter[str]()) for _ in range(4))
    shouted = Counter[str]()
    for body in bodies:
        words = words_in(body)
        for at, word in enumerate(words):
            written = body[word.start : word.end]
            base = base_of(word.small)
            if word.opens:
                continue
            is_capital = written[0].isupper()
            own[is_capital][base] += 1
            shouted[base] += len(base) > 1 and written[: len(base)].isupper()
            before[is_capital][words[at - 1].small] += at > 0
            if at + 1 < len(words) and not words[at + 1].opens:
                after[is_capital][words[at + 1].small] += 1
    for word in own[0].keys() | own[1].keys():
        if own[0][word] + own[1][word] <= 2:  # as words that were never seen
            for end in (word[-3:], word[-2:]):
                ends[own[0][word] < own[1][word]][end] += 1
    prior = log_odds(sum(own[1].values()), sum(own[0].values()))
    rare = log_odds(sum(ends[1].values()), sum(ends[0].values()))
    words = {w: log_odds(own[1][w], own[0][w]) for w in sorted(own[0].keys() | own[1].keys()) if own[0][w] >= SMALL or own[1][w] >= LARGE}
    acronyms = frozenset(w for w, n in shouted.items() if n >= SMALL and 2 * n > own[0][w] + own[1][w])
    near = [{w: odds for w in sorted(c[0].keys() | c[1].keys()) if c[0][w] + c[1][w] >= NEIGHBOUR and abs(odds := log_odds(c[1][w], c[0][w]) - prior) >= 5} for c in (before, after)]
    last = {e: odds for e in sorted(ends[0].keys() | ends[1].keys()) if ends[0][e] + ends[1][e] >= END and abs(odds := log_odds(ends[1][e], ends[0][e]) - rare) >= 3}
    return Habit(words, acronyms, last, near[0], near[1], {})


def fitted(habit: Habit, bodies: Iterable[str]) -> Habit:
    """The same with the weights of the signs, fitted on texts that were not counted."""
    rows: list[dict[str, float]] = []
    truth: list[bool] = []
    for body in bodies:
        words, last = words_in(body), False
        for at, word in enumerate(words):
            near = last and not word.opens and word.start - words[at - 1].end <= 2
            last = body[word.start].isupper()
            if not word.opens:
                rows.append(dict(signs(words, at, near, habit)))
                truth.append(last)
    names = sorted({name for row in rows for name in row})
    weights = fit(np.array([[row.get(name, 0.0) for name in names] for row in rows]), np.array(truth, float))
    return habit._replace(weights=dict(zip([*names, "constant"], weights, strict=True)))


def learnt(found: dict[str, str]) -> Habit:
    """Tables of all texts with weights that were fitted on a fifth of them, by tables of the others."""
    apart = [name for name in found if fold_of(name + "weights", FOLDS) == 0]
    weights = fitted(counted(body for name, body in found.items() if name not in set(apart)), (found[name] for name in apart)).weights
    return counted(found.values())._replace(weights=weights)


def grouped(table: dict[str, int]) -> dict[str, str]:
    """Words by their odds, which takes half the room."""
    return {str(odds): " ".join(w for w, value in table.items() if value == odds) for odds in sorted(set(table.values()))}


def check(found: dict[str, str]) -> dict[str, float]:
    """Figures on a fifth of the texts: capitals given back, words as they were, names of persons found, and spans taken for such that are none."""
    apart = {name for name in found if fold_of(name, FOLDS) == 0}
    habit = learnt({name: body for name, body in found.items() if name not in apart})
    counts: Counter[str] = Counter()
    for body in (found[name] for name in apart):
        words = words_in(body)
        for word, capital in zip(words, capitals(words, habit), strict=True):
            if not word.opens:
                counts[f"{'right' if capital == body[word.start].isupper() else 'wrong'} {'capital' if capital else 'small'}"] += 1
        given = cased(body.lower(), habit)
        counts["same"] += sum(given[w.start : w.end] == body[w.start : w.end] for w in words)
        counts["words"] += len(words)
        true, again = ({(q.start, q.end) for q in find_persons(text, segments_of(text))} for text in (plain(body), plain(given)))
        counts["persons"] += len(true)
        counts["found"] += sum(any(a < d and c < b for c, d in again) for a, b in true)
        counts["elsewhere"] += sum(not any(a < d and c < b for c, d in true) for a, b in again)
    right = counts["right capital"]
    return {
        "texts": len(apart),
        "precision": round(right / (right + counts["wrong capital"]), 3),
        "recall": round(right / (right + counts["wrong small"]), 3),
        "words as they were": round(counts["same"] / counts["words"], 3),
        "persons": counts["persons"],
        "persons found": counts["found"],
        "elsewhere": counts["elsewhere"],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    found = dict(texts(arguments.shared))
    if arguments.check:
        print(json.dumps(check(found)))
        return 0
    habit = learnt(found)
    tables = {name: grouped(getattr(habit, name)) for name in ("words", "ends", "before", "after")}
    kept = {**tables, "acronyms": " ".join(sorted(habit.acronyms)), "weights": habit.weights}
    (config.DATA / "lexicon/en/casing.json").write_text(json.dumps(kept, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
