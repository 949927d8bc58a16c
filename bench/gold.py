"""Whole articles against their annotation, with the gold's own scorer and bootstrap intervals over articles.

    python bench/gold.py DIR [--extractor NAME] [--language en] [--model DIR] [--predictions OUT]

DIR holds one JSON file an article; score.py is looked for in DIR's parent. Prints one JSON line: the keys of `score.py --json`, `interval`, and
`where on matched, listed`: the same over the events whose annotated place the gazetteer lists, which tells what its gaps cost.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BOOTSTRAP = 500


def load_scorer(folder: Path) -> Any:
    path = folder.resolve().parent / "score.py"
    if not path.exists():
        sys.exit(f"{path}: no scorer beside the folder")
    spec = importlib.util.spec_from_file_location("gold_scorer", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_all(paths: list[Path], extractor: str, model: Path | None) -> dict[str, dict[str, Any]]:
    """What `khronika read --json --no-record` prints, by article id; articles that were not coded are left out."""
    import datetime as dt

    from khronika.acquire.items import Options, find
    from khronika.pipeline import ReadDocument, Settings, read_items
    from khronika.transfer.reading import reading_to_json

    found = {}
    options = Options(now=dt.datetime.now(dt.UTC))
    items = find([str(path) for path in paths], options)
    for outcome in read_items(items, Settings(extractor=extractor, model=model)):
        if isinstance(outcome, ReadDocument) and outcome.text is not None:
            shape = reading_to_json(outcome.document, outcome.text, outcome.accounts, outcome.assessments, outcome.forecasts)
            found[shape["id"]] = json.loads(json.dumps(shape))
    return found


def with_listed_places(article: dict[str, Any], gazetteer: Any) -> dict[str, Any]:
    """The article without the annotated places that the gazetteer does not list in their country."""
    from khronika.ground.names import candidates_at
    from khronika.ground.toponyms import Scene

    def is_listed(place: dict[str, Any] | None) -> bool:
        name = (place or {}).get("name") or ""
        entries = candidates_at(Scene(name, "en"), gazetteer, 0, len(name)) if name else ()
        return any(not place or not place.get("country") or entry.country == place["country"] for entry in entries)

    return article | {"events": [event if is_listed(event.get("where")) else event | {"where": None} for event in article.get("events", [])]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--extractor", default="rules")
    parser.add_argument("--language")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--predictions", type=Path)
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    scorer = load_scorer(args.folder)
    gold = {}
    paths = []
    for path in sorted(args.folder.glob("*.json")):
        article = json.loads(path.read_text(encoding="utf-8"))
        if args.language in (None, article["language"]):
            gold[article["id"]] = article
            paths.append(path)
    predicted = read_all(paths, args.extractor, args.model)
    if args.predictions:
        args.predictions.write_text("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in predicted.values()), encoding="utf-8")
    from khronika.ground.gazetteer import Gazetteer

    gazetteer = Gazetteer()
    parts, listed = [], scorer.Tally()
    for key, article in gold.items():
        tally = scorer.Tally()
        scorer.score_article(article, predicted.get(key, {}), tally)
        parts.append(tally)
        scorer.score_article(with_listed_places(article, gazetteer), predicted.get(key, {}), listed)
    whole = _sum(scorer, parts)
    draw = random.Random(1)
    samples: dict[str, list[float]] = {}
    for _ in range(BOOTSTRAP):
        for name, _, _, f1, *_ in _sum(scorer, draw.choices(parts, k=len(parts))).rows():
            samples.setdefault(name, []).append(f1)
    figures: dict[str, Any] = {name: {"p": round(p, 4), "r": round(r, 4), "f1": round(f, 4)} for name, p, r, f, *_ in whole.rows()}
    hit, _, n = listed.get("where on matched", (0, 0, 0))
    figures["where on matched, listed"] = {"f1": round(hit / max(n, 1), 4), "events": n}
    figures["interval"] = {name: [round(sorted(v)[int(len(v) * 0.025)], 3), round(sorted(v)[int(len(v) * 0.975) - 1], 3)] for name, v in samples.items()}
    figures["unread"] = sorted(set(gold) - set(predicted))
    print(json.dumps(figures))


def _sum(scorer: Any, parts: list[Any]) -> Any:
    total = scorer.Tally()
    for part in parts:
        for name, (hit, predicted, gold) in part.items():
            total.add(name, hit, predicted, gold)
    return total


if __name__ == "__main__":
    main()
