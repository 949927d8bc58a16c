"""How many of the speakers and perpetrators that a reading finds are known to the registry, and a sheet to code whether they are the right ones.

    python bench/actors.py DIR_OR_FILE... [--extractor NAME] [--language en] [--draw N] [--seed N] [--sheet OUT]

Each path is a folder of annotated articles (a JSON file each) or a JSON Lines file of them. Prints one JSON line: the share with an id, by role.
--sheet writes N of those with an id as CSV, with the words around them and an empty column `right`; a sheet that was coded
(`--coded SHEET`) gives the share right with its Wilson interval. Sheets hold the articles' words: they stay out of the repository.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import math
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from khronika.acquire.items import Options, find  # noqa: E402 - the bench runs from any folder
from khronika.pipeline import ReadDocument, Settings, read_items  # noqa: E402
from khronika.types import ActorRef, Quote  # noqa: E402

AROUND = 160
"""Characters shown on each side of the words."""
COLUMNS = ("right", "role", "words", "id", "name", "reason", "article", "around")


def split(path: Path, folder: Path, language: str | None) -> Iterator[Path]:
    """The articles of a folder or of a JSON Lines file, a file each; those of the file are written to `folder`."""
    if path.is_dir():
        for file in sorted(path.glob("*.json")):
            if language in (None, json.loads(file.read_text(encoding="utf-8"))["language"]):
                yield file
        return
    for line in path.read_text(encoding="utf-8").split("\n"):
        article = json.loads(line) if line.strip() else {}
        if article and language in (None, article["language"]):
            file = folder / f"{article['id']}.json"
            file.write_text(line, encoding="utf-8")
            yield file


def named(outcome: ReadDocument) -> Iterator[tuple[str, Quote, ActorRef | None]]:
    """Role, words and actor of everybody who speaks of an event or is named as its author."""
    for account in outcome.accounts:
        for claim in account.mention.claims:
            yield "speaker", claim.by, claim.speaker
        for author in account.mention.perpetrators:
            yield "perpetrator", author.quote, author.actor


def row_of(outcome: ReadDocument, role: str, quote: Quote, actor: ActorRef) -> dict[str, str]:
    """One line of the sheet."""
    assert outcome.text is not None
    whole = outcome.text.body if quote.within == "body" else outcome.text.title or ""
    around = whole[max(0, quote.start - AROUND) : quote.start] + "[[" + quote.words + "]]" + whole[quote.end : quote.end + AROUND]
    values = ("", role, quote.words, actor.id or "", actor.name, actor.reason, str(outcome.document.name), around)
    return {name: " ".join(value.split()) for name, value in zip(COLUMNS, values, strict=True)}


def wilson(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share."""
    centre, half = right + z * z / 2, z * math.sqrt(right * (n - right) / n + z * z / 4)
    return (centre - half) / (n + z * z), (centre + half) / (n + z * z)


def coded(path: Path) -> dict[str, object]:
    """The share right of a sheet whose column `right` holds 1 or 0."""
    with path.open(encoding="utf-8", newline="") as file:
        marks = [row["right"].strip() for row in csv.DictReader(file) if row["right"].strip() in ("0", "1")]
    right = marks.count("1")
    return {
        "looked_at": len(marks),
        "right": right,
        "share": round(right / max(len(marks), 1), 4),
        "interval": [round(x, 3) for x in wilson(right, max(len(marks), 1))],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="*")
    parser.add_argument("--extractor", default="rules")
    parser.add_argument("--language")
    parser.add_argument("--draw", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--coded", type=Path)
    args = parser.parse_args()
    if args.coded:
        print(json.dumps(coded(args.coded)))
        return
    counts = {"speaker": [0, 0], "perpetrator": [0, 0]}
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = [str(file) for path in args.paths for file in split(path, Path(folder), args.language)]
        for outcome in read_items(find(files, Options(now=dt.datetime.now(dt.UTC))), Settings(extractor=args.extractor)):
            if not isinstance(outcome, ReadDocument):
                continue
            for role, quote, actor in named(outcome):
                known = actor is not None and actor.id is not None
                counts[role][0] += known
                counts[role][1] += 1
                if known and actor is not None:
                    row = row_of(outcome, role, quote, actor)
                    rows.setdefault((row["article"], row["words"].casefold(), row["id"]), row)
    shares = {f"{role}s_with_id": round(hit / max(n, 1), 4) for role, (hit, n) in counts.items()}
    hit, n = (sum(values) for values in zip(*counts.values(), strict=True))
    print(json.dumps({"with_id": round(hit / max(n, 1), 4), **shares, "found": n}))
    if args.sheet:
        drawn = random.Random(args.seed).sample(list(rows.values()), min(args.draw, len(rows)))
        with args.sheet.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(drawn)


if __name__ == "__main__":
    main()
