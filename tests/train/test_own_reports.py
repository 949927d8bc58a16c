"""Own reports: the markup becomes the form of the gold standard, wrong markup is told by its line, and what must hold of the set is checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from khronika.types import KINDS
from train.reports.check import HERE, alike, shingles
from train.reports.markup import reports

REPORT = """== Coast Ledger | 2024-05-12 | Drones hit depot
Two drones hit a fuel depot in Marsa overnight, killing at least two guards, the mayor said.
The army denied it and said attacks will likely grow by spring.

~ Read also: Bread prices fall
--
e air_drone_strike occurred :: hit :: 1,2
t overnight = 2024-05-11..2024-05-12
w Marsa = Marsa / LY / - / settlement
p Two drones = unknown
g a fuel depot = infrastructure
v at least two guards
x drones
k at least two guards = 2..
c denies occurrence :: The army :: - :: 2
a trend :: The army :: attacks will likely grow by spring
f The army :: likely :: by spring :: 2
"""


def read(tmp_path: Path, text: str):
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    return reports(path)


def test_markup_becomes_an_article(tmp_path: Path) -> None:
    (article,), faults = read(tmp_path, REPORT)
    assert not faults and article["boilerplate"] == ["Read also: Bread prices fall"] and article["text"].count("\n\n") == 1
    (event,) = article["events"]
    assert (event["type"], event["status"], event["background"]) == ("air_drone_strike", "occurred", False)
    assert event["when"] == {"text": "overnight", "start": "2024-05-11", "end": "2024-05-12"} and event["where"]["admin1"] is None
    assert event["killed"] == {"text": "at least two guards", "low": 2, "high": None} and event["injured"] is None
    assert len(event["evidence"]) == 2 and event["claims"][0]["stance"] == "denies" and event["claims"][0]["value"] is None
    assert article["forecasts"][0]["likelihood"] == "likely" and article["assessments"][0]["text"] == "attacks will likely grow by spring"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("v at least two guards", "v three guards", "does not stand in the text"),
        ("air_drone_strike occurred", "bombing occurred", "is none of"),
        (":: hit :: 1,2", ":: hit :: 2", "stands in no sentence of the evidence"),
        ("2024-05-11..2024-05-12", "2024-05-12..2024-05-11", "run backwards"),
        ("/ LY /", "/ Libya /", "alpha-2"),
        ("denies occurrence", "doubts whatever", "is none of"),
        (":: hit :: 1,2", ":: hit :: 0", "there is no sentence 0"),
        (":: hit :: 1,2", ":: hit", "missing 1 required"),
        ("air_drone_strike occurred", "air_drone_strike occurred old", "only bg"),
        ("= 2024-05-11..2024-05-12", "= ..2024-05-12", "isoformat"),
        ("guards = 2..", "guards = 2..1", "run backwards"),
        ("x drones", "z drones", "no key of a line"),
        ("e air_drone_strike occurred :: hit :: 1,2\n", "", "above the first event"),
        ("\n--\n", "\n", "no line '--'"),
    ],
)
def test_wrong_markup_is_told_and_left_out(tmp_path: Path, old: str, new: str, says: str) -> None:
    articles, (fault,) = read(tmp_path, REPORT.replace(old, new))
    assert not articles and says in fault and "a.txt:1" in fault


def test_reports_that_are_alike_are_found() -> None:
    one = "A shell hit the bakery in the old town on Monday and two people were hurt there."
    articles = [
        {"id": "a", "text": one},
        {"id": "b", "text": one + " More later."},
        {"id": "c", "text": "Nothing of the kind was said in the harbour that day."},
    ]
    assert [(a, b) for a, b, _ in alike(articles)] == [("a", "b")] and shingles("One two, three four", 3) == {
        ("one", "two", "three"),
        ("two", "three", "four"),
    }


def test_every_report_here_is_whole() -> None:
    kinds, ids = dict.fromkeys(KINDS, 0), set()
    for line in (line for file in sorted(HERE.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()):
        article = json.loads(line)
        assert article["id"] not in ids and article["text"].strip()
        ids.add(article["id"])
        for event in article["events"]:
            kinds[event["type"]] += not event["background"]
            pieces = [
                event["trigger"],
                *event["evidence"],
                *(p["text"] for role in ("perpetrators", "targets", "victims", "weapons") for p in event[role]),
            ]
            assert all(piece in article["text"] for piece in pieces), article["id"]
    assert len(ids) > 1000 and min(kinds.values()) >= 30, kinds


def test_a_file_without_a_report_is_told(tmp_path: Path) -> None:
    assert read(tmp_path, "e attack occurred\n") == ([], [f"{tmp_path / 'a.txt'}: no line begins with '== ', so there is no report in it"])
