"""Counts of people from single sentences and from several."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from khronika.extract.headcounts import people_in, read_number
from khronika.extract.lexicon import load
from khronika.extract.rules import RulesExtractor
from khronika.extract.segments import segments_of
from khronika.extract.tolls import find_toll
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
    [
        ("twenty-one", 21, 21),
        ("1,200", 1200, 1200),
        ("at least five", 5, None),
        ("up to 40", 0, 40),
        ("dozens", 24, None),
        ("a dozen", 12, 12),
        ("more than 80", 81, None),
        ("between three and five", 3, 5),
        ("10-12", 10, 12),
        ("seven or eight", 7, 8),
        ("fifty-four", 54, 54),
        ("40 or more", 40, None),
    ],
)
def test_numbers(words: str, low: int, high: int | None) -> None:
    value = read_number(words, load("en"))
    assert value is not None and value[0] == low
    if words != "a dozen":
        assert value[1] == high


PHRASES = [
    ("a 40-year-old milkmaid", 1), ("Corporal Taras Hlib", 1), ("his daughter-in-law", 1), ("the head of the town of Arvel", 1), ("a family of five", 5),
    ("a couple", 2), ("her parents", 2), ("both drivers", 2), ("two of the wounded", 2), ("the three brothers", 3),
    ("soldiers", None), ("the village", None), ("a drone", None), ("12 vehicles", None), ("40 percent", None), ("the crowd", None),
]  # fmt: skip


@pytest.mark.parametrize(("phrase", "number"), PHRASES, ids=[phrase for phrase, _ in PHRASES])
def test_people_in_a_phrase(phrase: str, number: int | None) -> None:
    value = people_in(phrase, load("en"))
    assert (value and value[:2]) == (number and (number, number))


def test_more_of_a_later_sentence_are_added() -> None:
    found = toll("The shelling killed four people. One more person died in hospital on Tuesday.", "killed")
    assert found is not None and (found.low, found.high) == (5, 5)


def test_others_of_the_same_sentence_are_not_added_to_those_told_elsewhere() -> None:
    found = toll("At least 22 people were wounded. One person was killed and 22 others wounded, officials said.", "injured")
    assert found is not None and (found.low, found.high) == (22, None)


def test_one_person_by_name_is_part_of_many() -> None:
    found = toll("Two soldiers were killed near Arvel. Corporal Taras Hlib was killed by a mine, his sister said.", "killed")
    assert found is not None and (found.low, found.high) == (2, 2)


@pytest.mark.parametrize(
    ("body", "low", "high"),
    [
        ("A number of villagers were killed. No further information on the number of victims was available.", 3, None),
        ("At least seven people were killed. A hospital said that eight people were killed.", 7, 8),
        ("At least 20 people were killed. Residents said that as many as 35 were killed.", 20, 35),
        ("Nobody was killed, the army said. Residents said that nine people were killed.", 0, 9),
        ("Five people were killed. Another source reported that a woman and her three children were killed.", 4, 5),
        ("Twelve people were killed. Her husband and seven children were killed in the kitchen.", 12, 12),
        ("At least 12 people were killed. A post named nine residents who were killed.", 12, None),
        ("Between 20 and 25 people were killed. The raid killed 14 people of one house.", 20, 25),
        ("Between three and ten people were killed. Ten people were killed, a post said.", 3, 10),
        ("At least 12 people were killed. However, a rival station said that seven people were killed.", 7, None),
        ("The blast killed five people. A sixth, a boy selling bread, died on Sunday.", 6, 6),
        ("The raid killed 34 people. A thirty-fifth victim died in hospital.", 35, 35),
        ("The blast killed nine people. A sixth victim died on Sunday.", 9, 9),
        ("The shell killed nine members of his family. Taras Hlib was killed with his four sons, a neighbour said.", 9, 9),
        ("At least four people were killed. Another source spoke of several dead.", 4, None),
        ("The strike killed nine people. A list named six of those killed.", 9, 9),
    ],
)
def test_what_lowers_or_raises_a_toll(body: str, low: int, high: int | None) -> None:
    found = toll(body, "killed")
    assert found is not None and (found.low, found.high) == (low, high)


def test_those_named_later_are_some_of_the_dead_told_before() -> None:
    body = (
        "An air strike hit a house in Zelenivka on Monday, killing 18 people, doctors said.\n\n"
        "The strike came after a quiet night.\n\nOlena Hrytsai, a nurse, was killed with her two sons.\n\nHer neighbour also died."
    )
    mentions = RulesExtractor().read(Text(id="t", document_id="d", body=body, cleaner="test", language="en")).mentions
    assert [(m.killed.low, m.killed.high) for m in mentions if m.killed] == [(18, 18)]
