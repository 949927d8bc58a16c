"""Speed and memory of days and places on texts of 400 words: texts a second, microseconds of a look-up, memory; one JSON line.

    python bench/grounding.py [FILE.jsonl] [--articles 400] [--words 400] [--rounds 3]

FILE.jsonl has `text` and `published`; without it the texts are made by bench/texts.py (seeded, distinct). Of each text the time expressions and the
place names are found (`finding_texts_per_s`, meaning included), and those found are resolved again as prepared spans (`resolving_texts_per_s`).
`lookup_us` is a look-up of a name in the gazetteer that was not asked for before; `peak_mb` the highest resident memory of the process. All times are
of this process (CPU), best of `--rounds`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

sys.path[0] = str(Path(__file__).resolve().parents[1])  # in place of bench/, whose html.py would hide the standard one

from bench.texts import write_texts  # noqa: E402
from khronika.ground.gazetteer import Gazetteer, key_of  # noqa: E402
from khronika.ground.place import find_toponyms, resolve_spans  # noqa: E402
from khronika.ground.telling import Told, read_times  # noqa: E402

Item = TypeVar("Item")


def seconds(items: Sequence[Item], work: Callable[[Item], object]) -> float:
    """CPU seconds of one round over the items."""
    started = time.process_time()
    for item in items:
        work(item)
    return time.process_time() - started


def resolve_times(told: Told) -> None:
    """The meaning of every expression that was found."""
    from khronika.ground.times import Frame

    assert told.resolver is not None
    frame = Frame(told.published, told.year, told.narrative)
    for parse in told.parses:
        told.resolver.resolve(parse, frame)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--words", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = args.file or Path(folder) / "texts.jsonl"
        if args.file is None:
            write_texts(path, args.articles, args.words)
        rows = [json.loads(line) for line in path.open("rb") if line.strip()]
    texts = [(row["text"], dt.date.fromisoformat(row["published"][:10]) if row.get("published") else None) for row in rows]
    gazetteer = Gazetteer()
    for text, day in texts[:20]:  # what is loaded once
        read_times(text, day), find_toponyms(text, gazetteer)
    told = [read_times(text, day) for text, day in texts]
    named = [(text, [(t.start, t.end) for t in find_toponyms(text, gazetteer)]) for text, _ in texts]
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    finding = min(seconds(texts, lambda text: (read_times(*text), find_toponyms(text[0], gazetteer))) for _ in range(args.rounds))
    resolving = min(
        seconds(told, resolve_times) + seconds(named, lambda text: resolve_spans(text[0], text[1], gazetteer)) for _ in range(args.rounds)
    )
    names = sorted({key_of(text[start:end]) for text, spans in named for start, end in spans})
    lookup = min(seconds(names, Gazetteer().candidates) for _ in range(args.rounds))
    print(
        json.dumps(
            {
                "resolving_texts_per_s": round(len(texts) / resolving),
                "finding_texts_per_s": round(len(texts) / finding),
                "lookup_us": round(lookup / len(names) * 1e6, 1),
                "peak_mb": round(peak_mb),
                "texts": len(texts),
                "times": sum(len(t.parses) for t in told),
                "places": sum(len(spans) for _, spans in named),
            }
        )
    )


if __name__ == "__main__":
    main()
