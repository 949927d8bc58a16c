"""Main text of pages: mean precision and recall over pages of multisets of 4-word shingles.

    python bench/html.py DIR        DIR holds NAME.html and NAME.truth.json {"main_text": ...}
"""

from __future__ import annotations

import sys

sys.path = [entry for entry in sys.path if not entry.endswith("bench")]  # this file would hide the standard library's html

import argparse
import json
import re
from collections import Counter
from pathlib import Path


def shingles(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return Counter(tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3))) if words else Counter()


def main() -> None:
    from khronika.clean import boilerplate
    from khronika.clean.page import read_page
    from khronika.errors import InputError
    from khronika.text import decode

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--worst", type=int, default=0, help="print the pages that lose most")
    parser.add_argument("--trafilatura", action="store_true", help="trafilatura alone, for comparison")
    args = parser.parse_args()
    import datetime as dt

    rows = []
    for path in sorted(args.folder.glob("*.html")):
        truth = json.loads(path.with_name(path.name.removesuffix(".html") + ".truth.json").read_text(encoding="utf-8"))["main_text"]
        markup = decode(path.read_bytes())
        if args.trafilatura:
            import trafilatura

            body = trafilatura.extract(markup, favor_precision=True, include_comments=False) or ""
        else:
            try:
                body = read_page(markup, dt.date(2030, 1, 1)).body
            except InputError:
                body = ""
            holes = boilerplate.find(body)
            body = " ".join(c for c in _outside(body, holes))
        gold, found = shingles(truth), shingles(body)
        same = sum((gold & found).values())
        rows.append((same / sum(found.values()) if found else 0.0, same / sum(gold.values()) if gold else 1.0, path.name))
    p, r = (sum(row[n] for row in rows) / len(rows) for n in (0, 1))
    for row in sorted(rows, key=lambda row: row[0] + row[1])[: args.worst]:
        print(f"{row[0]:.3f} {row[1]:.3f} {row[2]}", file=sys.stderr)
    print(json.dumps({"precision": round(p, 4), "recall": round(r, 4), "f1": round(2 * p * r / (p + r), 4), "pages": len(rows)}))


def _outside(body: str, holes: tuple[tuple[int, int], ...]) -> list[str]:
    parts, at = [], 0
    for start, end in holes:
        parts.append(body[at:start])
        at = end
    return [*parts, body[at:]]


if __name__ == "__main__":
    main()
