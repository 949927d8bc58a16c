"""Annotated articles in, what the rules make of them beside the annotation out: shared by the commands that fit weights of the rules."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from khronika.clean import boilerplate
from khronika.text import Span, words_of
from khronika.types import Text


def articles_in(folder: Path) -> Iterator[dict[str, Any]]:
    """The English articles of a .jsonl file, or of a folder of .json or .jsonl files."""
    for path in [folder] if folder.is_file() else sorted(folder.glob("*.json*")):
        for line in path.read_text(encoding="utf-8").split("\n") if path.suffix == ".jsonl" else [path.read_text(encoding="utf-8")]:
            if line.strip() and (article := json.loads(line))["language"] == "en":
                yield article


def text_of(article: dict[str, Any]) -> Text:
    """The article as the extractor gets it."""
    body, day = article["text"], article["published"]
    return Text(
        id=article["id"], document_id=article["id"], body=body, cleaner="", title=article["title"], language="en",
        published=dt.date.fromisoformat(day[:10]) if day else None, boilerplate=boilerplate.find(body),
    )  # fmt: skip


_SMALL = frozenset("a an the of in on at by to for and or with from near s".split())


def alike(one: str, other: str) -> bool:
    """Whether two phrases share half their words, small ones left out."""
    a, b = set(words_of(one)) - _SMALL, set(words_of(other)) - _SMALL
    return 2 * len(a & b) >= 0.5 * (len(a) + len(b)) > 0


def fold_of(name: str, folds: int) -> int:
    """Which of some folds an article is in."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % folds


def spans_of(body: str, pieces: Sequence[str | None]) -> list[Span]:
    """Where pieces of a text stand, those that do."""
    return [(at, at + len(piece)) for piece in pieces if piece and (at := body.find(piece)) >= 0]


def shared(a: Sequence[Span], b: Sequence[Span]) -> int:
    """Characters that two sets of spans share."""
    return sum(max(0, min(x[1], y[1]) - max(x[0], y[0])) for x in a for y in b)


def events_of(article: dict[str, Any], told: Sequence[tuple[Span, Sequence[Span]]]) -> dict[int, dict[str, Any]]:
    """Which annotated event each occurrence is, given its trigger and its sentences: the pair that shares a trigger first, each used once."""
    body, pairs = article["text"], list[tuple[float, int, int]]()
    for number, event in enumerate(article["events"]):
        evidence, trigger = spans_of(body, event["evidence"]), spans_of(body, [event["trigger"]])
        for at, (own, sentences) in enumerate(told):
            common = shared(evidence, sentences)
            if shared(evidence, [own]) or 4 * common >= sum(b - a for a, b in (*evidence, *sentences)) > 0:
                pairs.append((bool(shared(trigger, [own])) + min(common, 200) / 1000 - 0.5 * event["background"], number, at))
    found: dict[int, dict[str, Any]] = {}
    used: set[int] = set()
    for _, number, at in sorted(pairs, key=lambda p: (-p[0], p[1], p[2])):
        if at not in found and number not in used:
            found[at] = article["events"][number]
            used.add(number)
    return found
