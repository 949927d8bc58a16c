"""Recognition and resolution of place names on a geoparsing corpus (LGL or GeoVirus form); one JSON line of figures.

    python bench/geo.py FILE.xml [--part odd|even|all] [--worst N]

Parts go by the sha256 of the article's docid (LGL) or source address (GeoVirus): only even ones may be read or fitted. `recognition_f1` is end to end
(same lower-cased string, centres within 10 characters); `acc161`, `mean_km`, `median_km`, `auc` are with gold names, an unresolved one counting as an
error of 20,039 km (`acc161_found`: over the resolved ones only); `ceiling` is the share of gold names with a candidate within 161 km.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import statistics
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))
FARTHEST = 20039.0


class Gold(NamedTuple):
    """One annotated name: offsets into the text, degrees, GeoNames id where given."""

    start: int
    end: int
    words: str
    latitude: float
    longitude: float
    id: int | None


class Article(NamedTuple):
    """One text with its annotated names."""

    id: str
    text: str
    gold: list[Gold]


def articles(path: Path, part: str = "all") -> Iterator[Article]:
    """The articles of a corpus file that belong to a part."""
    for node in ET.parse(path).getroot().iter("article"):
        text = node.findtext("text") or ""
        id = node.get("docid") or node.findtext("source") or text
        odd = int(hashlib.sha256(id.encode()).hexdigest(), 16) % 2 == 1
        if part != "all" and odd != (part == "odd"):
            continue
        gold = []
        for name in [*node.iter("toponym"), *node.iter("location")]:
            tag = name.find("gaztag") if name.tag == "toponym" else name
            if tag is None or not tag.findtext("lat"):
                continue
            start, end = int(name.findtext("start") or 0), int(name.findtext("end") or 0)
            words = name.findtext("phrase") or name.findtext("name") or ""
            # Some offsets of GeoVirus count from one.
            for shift in (0, -1, 1, -2, 2):
                if text[start + shift : start + shift + len(words)] == words:
                    start, end = start + shift, start + shift + len(words)
                    break
            geonames = tag.get("geonameid")
            gold.append(Gold(start, end, words, float(tag.findtext("lat") or 0), float(tag.findtext("lon") or 0), int(geonames) if geonames else None))
        yield Article(id, text, sorted(gold))


def matched(gold: list[Gold], found: list[tuple[int, int, str]]) -> int:
    """How many found names match a gold name, each used once."""
    left = list(gold)
    hits = 0
    for start, end, words in found:
        for g in left:
            if g.words.casefold() == words.casefold() and abs((g.start + g.end) / 2 - (start + end) / 2) <= 10:
                left.remove(g)
                hits += 1
                break
    return hits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--part", choices=("odd", "even", "all"), default="odd")
    parser.add_argument("--gazetteer", type=Path)
    parser.add_argument("--worst", type=int, default=0, help="print errors of this many articles to stderr (even part only)")
    options = parser.parse_args()
    from khronika.ground.gazetteer import Gazetteer
    from khronika.ground.place import candidates_at, find_toponyms, resolve_spans
    from khronika.ground.rank import kilometres
    from khronika.ground.toponyms import Scene

    gazetteer = Gazetteer(options.gazetteer)
    hits = predicted = wanted = resolved = within = reachable = 0
    errors: list[float] = []
    spent = {"finding": 0.0, "resolving": 0.0}
    count = 0
    for article in articles(options.file, options.part):
        count += 1
        begun = time.perf_counter()
        found = find_toponyms(article.text, gazetteer)
        spent["finding"] += time.perf_counter() - begun
        good = matched(article.gold, [(t.start, t.end, t.words) for t in found])
        hits, predicted, wanted = hits + good, predicted + len(found), wanted + len(article.gold)
        begun = time.perf_counter()
        answers = resolve_spans(article.text, [(g.start, g.end) for g in article.gold], gazetteer)
        spent["resolving"] += time.perf_counter() - begun
        scene = Scene(article.text, "en")
        show = options.part == "even" and count <= options.worst
        if show:
            goldset = {(g.start, g.end) for g in article.gold}
            foundset = {(t.start, t.end) for t in found}
            print("MISSED", [article.text[a - 15 : b + 15] for a, b in sorted(goldset - foundset)], file=sys.stderr)
            print("FALSE", [article.text[max(0, a - 15) : b + 15] for a, b in sorted(foundset - goldset)], file=sys.stderr)
        for g, answer in zip(article.gold, answers, strict=True):
            at = (g.latitude, g.longitude)
            entry = answer.entry
            far = FARTHEST
            if entry is not None and entry.latitude is not None and entry.longitude is not None:
                resolved += 1
                far = kilometres(at, (entry.latitude, entry.longitude))
            errors.append(far)
            within += far < 161
            near = any(e.latitude is not None and kilometres(at, (e.latitude, e.longitude or 0.0)) < 161 for e in candidates_at(scene, gazetteer, g.start, g.end))
            reachable += near
            if show and far >= 161:
                print("WRONG" if near else "ABSENT", g.words, at, entry and entry[1:], round(far), file=sys.stderr)
    precision, recall = hits / max(1, predicted), hits / max(1, wanted)
    logs = sorted(math.log(1 + e) for e in errors)
    auc = sum((a + b) / 2 for a, b in zip(logs, logs[1:], strict=False)) / (math.log(FARTHEST) * max(1, len(logs) - 1))
    figures = {
        "recognition_f1": 2 * precision * recall / max(1e-9, precision + recall),
        "recognition_precision": precision,
        "recognition_recall": recall,
        "acc161": within / max(1, wanted),
        "acc161_found": within / max(1, resolved),
        "mean_km": statistics.fmean(errors) if errors else 0.0,
        "median_km": statistics.median(errors) if errors else 0.0,
        "auc": auc,
        "ceiling": reachable / max(1, wanted),
    }
    speeds = {f"{k}_texts_per_s": round(count / max(1e-9, v)) for k, v in spent.items()}
    print(json.dumps({k: round(v, 4) for k, v in figures.items()} | {"toponyms": wanted, "articles": count, "part": options.part} | speeds))


if __name__ == "__main__":
    main()
