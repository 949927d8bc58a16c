"""Attributions of news: token F1 of source spans and of content spans.

    python bench/polnear.py DIR [--extractor NAME] [--model DIR] [--predictions OUT]

DIR holds text/NAME.txt and attributions/NAME*.ann (brat stand-off)
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

Spans = list[tuple[int, int]]


def read_brat(path: Path) -> dict[str, Spans]:
    """Label -> spans of one stand-off file."""
    found: dict[str, Spans] = {"Source": [], "Content": []}
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("T") and line.count("\t") >= 2:
            label, _, places = line.split("\t")[1].partition(" ")
            if label in found:
                found[label] += [(int(a), int(b)) for a, b in (place.split() for place in places.split(";"))]
    return found


def tokens_in(text: str, spans: Spans) -> set[int]:
    """Starts of the words that lie in any span."""
    covered = bytearray(len(text) + 1)
    for start, end in spans:
        covered[start:end] = b"\1" * (end - start)
    return {match.start() for match in re.finditer(r"\w+", text) if covered[match.start()]}


def predict(text: str, extractor: Any) -> dict[str, Spans]:
    """What an extractor finds: its attributions, and the voices that a model adds to them."""
    from khronika.extract.claims import find_attributions
    from khronika.extract.segments import segments_of
    from khronika.types import Text

    body = Text(id="bench", document_id="bench", body=text, cleaner="bench", language="en")
    found: dict[str, Spans] = {"Source": [], "Content": []}
    for one in find_attributions(body, segments_of(body)):
        if one.speaker is not None:
            found["Source"].append((one.speaker.start, one.speaker.end))
        found["Content"] += [(quote.start, quote.end) for quote in one.content]
    if hasattr(extractor, "speech"):
        voices, contents = extractor.speech(body)
        found["Source"] += [(quote.start, quote.end) for quote in voices]
        found["Content"] += [(quote.start, quote.end) for quote in contents]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--extractor", default="rules")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--predictions", type=Path)
    parser.add_argument("--details", action="store_true", help="precision and recall on standard error")
    args = parser.parse_args()
    from khronika.extract import EXTRACTORS

    extractor, lines = EXTRACTORS[args.extractor](args.model), []
    annotations = {}
    for path in sorted((args.folder / "attributions").glob("*.ann")):
        annotations.setdefault(path.stem.rpartition("_")[0], path)  # the first annotator where there are several
    tallies = {"Source": [0, 0, 0], "Content": [0, 0, 0]}
    articles = 0
    for name, path in annotations.items():
        source = args.folder / "text" / f"{name}.txt"
        if not source.exists():
            print(f"{source}: missing, left out", file=sys.stderr)
            continue
        text, gold = source.read_text(encoding="utf-8"), read_brat(path)
        predicted = predict(text, extractor)
        lines.append(json.dumps({"name": name, **predicted}))
        articles += 1
        for label, tally in tallies.items():
            want, got = tokens_in(text, gold[label]), tokens_in(text, predicted[label])
            for at, count in enumerate((len(want & got), len(got), len(want))):
                tally[at] += count
    if args.predictions:
        args.predictions.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if args.details:
        for label, (hit, got, want) in tallies.items():
            print(f"{label}: precision {hit / max(got, 1):.3f} recall {hit / max(want, 1):.3f}", file=sys.stderr)
    figures = {f"{label.lower()}_f1": round(2 * hit / max(got + want, 1), 4) for label, (hit, got, want) in tallies.items()}
    print(json.dumps({**figures, "articles": articles}))


if __name__ == "__main__":
    main()
