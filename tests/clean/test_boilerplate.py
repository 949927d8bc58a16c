"""What is marked as no part of the article, and what must never be: cases in tests/cases/boilerplate.toml."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khronika.clean.boilerplate import find

CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "boilerplate.toml").read_text(encoding="utf-8"))["case"]
GOLD = Path(__file__).parents[3] / "shared" / "gold" / "train"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_marked_lines(case: dict[str, object]) -> None:
    body = "\n".join(str(part) for part in case["lines"])  # type: ignore[attr-defined]
    marked = [line for start, end in find(body, str(case.get("language", "en"))) for line in body[start:end].split("\n") if line.strip()]
    assert marked == case["marked"]


@given(st.lists(st.sampled_from(["Share", "READ MORE", "Two died.", "", "Mill burns down in Oldbrook", "A long line; it ends here.", "___"]), max_size=12))
def test_spans_are_ordered_and_do_not_touch_blank_ends(lines: list[str]) -> None:
    body = "\n".join(lines)
    spans = find(body)
    assert all(body[start:end].strip() for start, end in spans)
    assert all(one[1] < two[0] for one, two in zip(spans, spans[1:], strict=False))


@pytest.mark.shared
@pytest.mark.skipif(not GOLD.is_dir(), reason="../shared/gold is not there")
def test_hardly_anything_of_an_article_is_marked() -> None:
    right = wrong = 0
    for path in sorted(GOLD.glob("*.json")):
        article = json.loads(path.read_text(encoding="utf-8"))
        if article["language"] != "en":
            continue
        body, is_gold = article["text"], bytearray(len(article["text"]))
        for line in article["boilerplate"]:
            at = body.find(line)
            while at >= 0:
                is_gold[at : at + len(line)] = b"\1" * len(line)
                at = body.find(line, at + 1)
        for start, end in find(body, "en"):
            right += sum(is_gold[start:end])
            wrong += end - start - sum(is_gold[start:end])
    assert right / (right + wrong) > 0.95
