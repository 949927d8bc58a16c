"""The figures of bench/airwars.py on incidents worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from bench.airwars import as_coded, classes_of, gold_classes, macro_f1, predict, score


def account(p: float, day: str | None, killed: tuple[int, int | None] | None = None, at: tuple[float, float] | None = None, kind: str = "air_drone_strike", weapon: str | None = None, words: str = "") -> dict[str, Any]:
    return {
        "p": p, "type": kind, "trigger": {"text": "strike"}, "weapons": [{"text": weapon}] if weapon else [], "when": {"start": day, "end": day},
        "killed": {"low": killed[0], "high": killed[1], "text": words} if killed else None, "injured": None,
        "where": {"latitude": at[0], "longitude": at[1]} if at else None,
    }  # fmt: skip


def test_counts_span_the_accounts_of_the_main_day() -> None:
    told = predict([account(0.4, "2024-01-02", (9, 9)), account(0.9, "2024-01-01", (2, 3), (31.5, 34.4)), account(0.5, "2024-01-01", (4, None))])
    as_worded = {"killed": [2, None], "injured": None}
    assert told == {"date": "2024-01-01", "killed": [2, 4], "injured": None, "as_worded": as_worded, "at": [31.5, 34.4], "classes": ["airstrike"]}


@pytest.mark.parametrize(
    ("low", "high", "words", "coded"),
    [
        (4, 7, "four to seven people were killed", (4, 7)), (9, None, "at least nine people were killed", (9, 9)), (3, None, "at least three people were killed", (3, 3)),
        (3, None, "several people were killed", (2, 2)), (24, None, "dozens were killed", (12, 24)), (1, None, "villagers were killed", (2, 2)), (1, None, "at least one man was killed", (1, 1)),
    ],
)  # fmt: skip
def test_a_toll_as_the_coders_write_it(low: int, high: int | None, words: str, coded: tuple[int, int]) -> None:
    assert as_coded({"low": low, "high": high, "text": words}) == coded


def test_the_first_of_equals_is_the_main_account() -> None:
    assert predict([account(0.5, "2024-01-01"), account(0.5, "2024-01-02")])["date"] == "2024-01-01"
    assert predict([])["date"] is None


def test_weapon_classes() -> None:
    assert gold_classes("Airstrike and/or Artillery, Ground operation") == {"airstrike", "artillery", "small arms"}
    assert gold_classes("Unknown") == {"other"}
    killed = account(0.5, None, kind="attack") | {"trigger": {"text": "killed"}}
    assert classes_of([account(0.5, None, weapon="a quadcopter")]) == {"drone", "airstrike"}
    assert classes_of([killed]) == {"small arms"}
    assert classes_of([killed, account(0.5, None, weapon="a mortar")]) == {"artillery"}
    assert classes_of([account(0.5, None) | {"trigger": {"text": "bombardment"}}]) == {"airstrike", "artillery"}


def test_a_set_is_right_as_a_whole() -> None:
    gold = [frozenset({"airstrike", "artillery"}), frozenset({"airstrike"})]
    assert macro_f1(gold, gold) == pytest.approx(2 / 5)
    assert macro_f1(gold, [frozenset({"airstrike"})] * 2) == pytest.approx((2 * 1 / (2 + 2)) / 5)


def test_shares_leave_out_what_the_gold_lacks() -> None:
    gold = [
        {"coords": [{"lat": 31.5, "lon": 34.4}], "killed": [2, None], "injured": [None, None], "strike_type": "Airstrike", "date": "2024-01-01"},
        {"coords": [], "killed": [None, None], "injured": [1, 1], "strike_type": "Airstrike", "date": "2024-01-01"},
    ]
    near = {"date": "2024-01-01", "killed": [2, None], "injured": None, "as_worded": {"killed": [2, None], "injured": None}, "at": [31.55, 34.4], "classes": ["airstrike"]}
    figures = score(gold, [near, near])
    assert (figures["killed_exact"], figures["injured_exact"], figures["day_exact"], figures["place_10km"], figures["place_3km"]) == (1.0, 0.0, 1.0, 1.0, 0.0)
