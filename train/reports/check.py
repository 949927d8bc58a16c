"""What holds for our own reports: enough of each kind, none like another, none like a text of a folder that must not be imitated.

    python -m train.reports.check [--against ../shared/gold --against FILE.jsonl ...]

Prints a line a fault, then one JSON line of figures; exit code 1 where something is at fault. Alike means a share of 3-word shingles (of the
shorter text's) of `LIKE` or more; against foreign texts, a run of `RUN` words in common.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from khronika.types import KINDS

HERE = Path(__file__).parent
LIKE, RUN, REPORTS, EVENTS = 0.4, 9, 1500, 30


def shingles(text: str, size: int) -> set[tuple[str, ...]]:
    """Runs of `size` words, lower-cased."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}


def alike(articles: list[dict[str, Any]]) -> Iterator[tuple[str, str, float]]:
    """Pairs of reports that share too many shingles: ids and the share."""
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    sets = [shingles(article["text"], 3) for article in articles]
    shared: Counter[tuple[int, int]] = Counter()
    for number, mine in enumerate(sets):
        for shingle in mine:
            shared.update((other, number) for other in holders[shingle])
            holders[shingle].append(number)
    for (a, b), count in shared.items():
        share = count / max(1, min(len(sets[a]), len(sets[b])))
        if share >= LIKE:
            yield articles[a]["id"], articles[b]["id"], share


def texts_of(path: Path) -> Iterator[str]:
    """Every string of 80 characters or more in the JSON and JSONL files of a folder or file."""

    def strings(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            if len(value) >= 80:
                yield value
        elif isinstance(value, (list, dict)):
            for item in value.values() if isinstance(value, dict) else value:
                yield from strings(item)

    for file in sorted(path.rglob("*.json*")) if path.is_dir() else [path]:
        lines = file.read_text(encoding="utf-8").splitlines() if file.suffix == ".jsonl" else [file.read_text(encoding="utf-8")]
        for line in lines:
            yield from strings(json.loads(line))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--against", type=Path, action="append", default=[])
    arguments = parser.parse_args()
    files = sorted(HERE.glob("*.jsonl"))
    articles = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    faults = [f"{a} and {b} share {share:.0%} of their shingles" for a, b, share in alike(articles)]
    foreign = {run for path in arguments.against for text in texts_of(path) for run in shingles(text, RUN)}
    for article in articles:
        common = shingles(article["text"], RUN) & foreign if foreign else set()
        if common:
            faults.append(f"{article['id']} has words of a foreign text: {' '.join(min(common))}")
    kinds = Counter(event["type"] for article in articles for event in article["events"] if not event["background"])
    few = {kind: kinds[kind] for kind in KINDS if kinds[kind] < EVENTS}
    if few:
        faults.append(f"fewer than {EVENTS} events of: {few}")
    if len(articles) < REPORTS:
        faults.append(f"{len(articles)} reports of {REPORTS}")
    print(*faults, sep="\n" if faults else "", file=sys.stderr)
    figures = {"reports": len(articles), "events": sum(kinds.values()), "without_event": sum(not article["events"] for article in articles)}
    print(json.dumps(figures | {"fewest": min((kinds[kind] for kind in KINDS), default=0)}))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
