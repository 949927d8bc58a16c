"""Scores the time grammar on TimeML files: prints relaxed, strict and value F1 (TempEval-3 task A) as one JSON line.

    python bench/temporal.py DIR... [--part odd|even|all] [--errors N]

DIR holds `.tml` files with DCT and TIMEX3 tags. `--part` takes the files whose name's sha256 is odd (default), even, or all.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import re
import sys
from collections import Counter
from pathlib import Path
from xml.sax.saxutils import unescape

sys.path[0] = str(Path(__file__).resolve().parents[1])  # in place of bench/, whose html.py would hide the standard one

from khronika.ground.when import find_times  # noqa: E402

_TAG = re.compile(r"<(/?)([A-Za-z0-9]+)([^>]*?)(/?)>")
Span = tuple[int, int, str, str]


def read_tml(path: Path) -> tuple[str, dt.date | None, list[Span]]:
    """Body, creation day, and the TIMEX3 spans (start, end, type, value) of one file."""
    raw = path.read_text(encoding="utf-8")
    dct = re.search(r"<DCT>.*?value=\"(\d{4}-\d\d-\d\d)", raw, re.DOTALL)
    inner = re.search(r"<TEXT>(.*)</TEXT>", raw, re.DOTALL)
    source = inner.group(1) if inner else ""
    body, length, spans, stack, at = [], 0, [], [], 0
    for tag in [*_TAG.finditer(source), None]:
        piece = unescape(source[at : tag.start() if tag else len(source)], {"&quot;": '"', "&apos;": "'"})
        body.append(piece)
        length += len(piece)
        if tag is None:
            break
        at = tag.end()
        if tag.group(2) == "TIMEX3" and not tag.group(1):
            stack.append((length, dict(re.findall(r"(\w+)=\"([^\"]*)\"", tag.group(3)))))
        elif tag.group(2) == "TIMEX3" and stack:
            start, attributes = stack.pop()
            if length > start:
                spans.append((start, length, attributes.get("type", ""), attributes.get("value", "")))
    return "".join(body), dt.date.fromisoformat(dct.group(1)) if dct else None, sorted(spans)


def match(gold: list[Span], found: list[Span]) -> list[tuple[Span, Span]]:
    """Pairs that overlap, each once, from left to right."""
    pairs, used = [], set()
    for g in gold:
        for i, f in enumerate(found):
            if i not in used and f[0] < g[1] and g[0] < f[1]:
                used.add(i)
                pairs.append((g, f))
                break
    return pairs


def f1(hit: int, found: int, gold: int) -> float:
    return round(2 * hit / (found + gold), 4) if found + gold else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--part", choices=["odd", "even", "all"], default="odd")
    parser.add_argument("--errors", type=int, default=0, help="print so many errors to standard error")
    options = parser.parse_args()
    files = sorted(p for folder in options.folders for p in ([folder] if folder.is_file() else folder.rglob("*.tml")))
    if options.part != "all":
        files = [p for p in files if int(hashlib.sha256(p.name.encode()).hexdigest(), 16) % 2 == (options.part == "odd")]
    counts: Counter[str] = Counter()
    errors: list[str] = []
    for path in files:
        body, published, gold = read_tml(path)
        found = [(t.start, t.end, t.type, t.value) for t in find_times(body, published)]
        pairs = match(gold, found)
        counts.update(gold=len(gold), found=len(found), relaxed=len(pairs))
        counts["strict"] += sum(g[:2] == f[:2] for g, f in pairs)
        counts["value"] += sum(g[3] == f[3] for g, f in pairs)
        counts["type"] += sum(g[2] == f[2] for g, f in pairs)
        if options.errors:
            for g in set(gold) - {g for g, _ in pairs}:
                errors.append(f"MISS\t{published}\t{show(body, g)}")
            for f in set(found) - {f for _, f in pairs}:
                errors.append(f"SPUR\t{published}\t{show(body, f)}")
            errors += [f"VAL\t{published}\t{show(body, g)}\tfound {f[3]} [{' '.join(body[f[0]:f[1]].split())}]" for g, f in pairs if g[3] != f[3]]
    print("\n".join(errors[: options.errors]), file=sys.stderr)
    gold_n, found_n = counts["gold"], counts["found"]
    print(json.dumps({
        "relaxed_f1": f1(counts["relaxed"], found_n, gold_n), "strict_f1": f1(counts["strict"], found_n, gold_n),
        "value_f1": f1(counts["value"], found_n, gold_n), "type_f1": f1(counts["type"], found_n, gold_n), "documents": len(files),
    }))  # fmt: skip


def show(body: str, span: Span) -> str:
    return f"{span[2]} {span[3]} <{' '.join(body[max(0, span[0] - 40):span[0]].split())} [{' '.join(body[span[0]:span[1]].split())}] {' '.join(body[span[1]:span[1] + 30].split())}>"


if __name__ == "__main__":
    main()
