"""Events, values and claims read from annotated articles against their annotation, with intervals over articles.

    python bench/gold.py DIR [--extractor NAME] [--language en] [--model DIR] [--predictions OUT]

DIR holds one JSON file an article; DIR/../score.py (its own scorer) gives the figures, printed with the keys of `score.py --json`, and
`interval`: 95 % of event and event+type over 500 resamples of the articles (seed 1).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path = [str(Path(__file__).parents[1]), *(entry for entry in sys.path if not entry.endswith("bench"))]
Json = dict[str, Any]


def load_scorer(folder: Path) -> Any:
    """The module score.py beside the folder of articles."""
    path = folder.resolve().parent / "score.py"
    spec = importlib.util.spec_from_file_location("gold_score", path)
    if spec is None or spec.loader is None or not path.exists():
        sys.exit(f"{path}: no scorer; score.py must lie beside the folder")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_folder(folder: Path, extractor: str, language: str | None, model: Path | None) -> Iterator[tuple[Json, Json]]:
    """Each annotated article with what the chain reads from its file; what is set aside reads as nothing."""
    import datetime as dt

    from khronika.acquire.items import Options, find
    from khronika.errors import KhronikaError
    from khronika.pipeline import Chain, Settings, read_article
    from khronika.types import Item

    options = Options(now=dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    chain = Chain(Settings(extractor=extractor, model=model))
    for path in sorted(folder.glob("*.json")):
        gold = json.loads(path.read_text(encoding="utf-8"))
        if language not in (None, gold["language"]):
            continue
        found: Json = {"id": gold["id"], "text": gold["text"], "accounts": []}
        for item in find([str(path)], options):
            try:
                found = dict(read_article(item, chain)) if isinstance(item, Item) else found
            except KhronikaError as error:
                print(f"{path}: {error}", file=sys.stderr)
        yield gold, found


def figures(scorer: Any, pairs: list[tuple[Json, Json]]) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 by the scorer's names."""
    tally = scorer.Tally()
    for gold, found in pairs:
        scorer.score_article(gold, found, tally)
    return {name: {"p": p, "r": r, "f1": f1} for name, p, r, f1, *_ in tally.rows()}


def intervals(scorer: Any, pairs: list[tuple[Json, Json]], names: tuple[str, ...] = ("event", "event+type"), times: int = 500) -> dict[str, list[float]]:
    """The middle 95 % of F1 over resampled articles."""
    tallies = []
    for gold, found in pairs:
        tally = scorer.Tally()
        scorer.score_article(gold, found, tally)
        tallies.append({name: tally.get(name, [0, 0, 0]) for name in names})
    chance = random.Random(1)
    drawn: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(times):
        sample = chance.choices(tallies, k=len(tallies))
        for name in names:
            hit, predicted, gold_count = (sum(tally[name][n] for tally in sample) for n in range(3))
            drawn[name].append(2 * hit / (predicted + gold_count) if predicted + gold_count else 0.0)
    return {name: [sorted(values)[int(times * 0.025)], sorted(values)[int(times * 0.975)]] for name, values in drawn.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--extractor", default="rules")
    parser.add_argument("--language", help="only articles in this language, e.g. en")
    parser.add_argument("--json", action="store_true", help="accepted for likeness with score.py; the output is JSON in any case")
    parser.add_argument("--model", type=Path, help="folder of the weights")
    parser.add_argument("--predictions", type=Path, help="write what was read here, one JSON object a line")
    args = parser.parse_args()
    scorer = load_scorer(args.folder)
    started = time.monotonic()
    pairs = list(read_folder(args.folder, args.extractor, args.language, args.model))
    if not pairs:
        sys.exit(f"{args.folder}: no annotated articles")
    print(f"{len(pairs)} articles in {time.monotonic() - started:.1f} s", file=sys.stderr)
    if args.predictions:
        args.predictions.write_text("".join(json.dumps(found, ensure_ascii=False) + "\n" for _, found in pairs), encoding="utf-8")
    print(json.dumps(figures(scorer, pairs) | {"articles": len(pairs), "interval": intervals(scorer, pairs)}))


if __name__ == "__main__":
    main()
