"""UCDP GED's shape: names, order, coded values, deaths by side, and blanks for what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from khronika.transfer.coding import columns
from khronika.transfer.ged import date_precision, priogrid_cell, write_ged
from khronika.types import Toll
from tests.factories import make_account, make_place, make_when
from tests.transfer.shapes import HOME, MILITIA, NORTH, REBELS, Told, actor, blame, hit, read_back

UNKNOWABLE = (
    "active_year", "conflict_dset_id", "conflict_new_id", "conflict_name", "dyad_dset_id", "dyad_new_id", "side_a_dset_id", "side_a_new_id",
    "side_b_dset_id", "side_b_new_id", "country_id", "gwnoa", "gwnob",
)  # fmt: skip


def row(**fields: Any) -> dict[str, Any]:
    (found,), skipped, _ = read_back(write_ged, Told([make_account(**{"killed": 2, **fields})]))
    assert not skipped
    return found


def test_the_header_is_geds_49_columns_in_order() -> None:
    rows, _, header = read_back(write_ged, Told())
    assert rows == [] and header == list(columns("ged")) and len(header) == 49
    assert header[:3] == ["id", "relid", "year"] and header[-5:] == ["best", "high", "low", "gwnoa", "gwnob"]


def test_a_row_and_its_blanks() -> None:
    found = row(perpetrators=(actor(NORTH),), targets=(actor(HOME, "military"),), title="Shells on the quay")
    assert (found["id"], found["relid"], found["year"]) == ("-41", "KHR-000041", "2031")
    assert (found["date_start"], found["date_end"], found["date_prec"]) == ("2031-05-03 00:00:00.000", "2031-05-03 00:00:00.000", "1")
    assert (found["country"], found["region"], found["where_prec"], found["event_clarity"]) == ("Ukraine", "Europe", "1", "1")
    assert found["geom_wkt"] == "POINT (33.000000 46.500000)" and found["source_article"] == '"Harbour Times,2031-05-04,Shells on the quay"'
    assert all(found[name] == "" for name in UNKNOWABLE)


@pytest.mark.parametrize("killed", [None, 0, (0, 0)])
def test_without_a_known_death_there_is_no_row(killed: Any) -> None:
    rows, skipped, _ = read_back(write_ged, Told([make_account(killed=killed)]))
    assert rows == [] and skipped == {"no death known": 1}


@pytest.mark.parametrize(
    ("author", "target", "expected"),
    [
        (NORTH, actor(HOME, "military"), ("1", "Government of Norway", "Government of Ukraine")),
        (REBELS, actor(HOME, "military"), ("1", "Government of Ukraine", "Harbour Front")),
        (HOME, actor(REBELS, "military"), ("1", "Government of Ukraine", "Harbour Front")),
        (REBELS, actor(MILITIA, "military"), ("2", "Harbour Front", "Quay Guard")),
        (REBELS, hit("civilian"), ("3", "Harbour Front", "Civilians")),
        (None, hit("civilian"), ("3", "", "Civilians")),
        (None, actor(HOME, "military"), ("", "", "Government of Ukraine")),
        (REBELS, hit("building"), ("", "Harbour Front", "")),
        (None, None, ("", "", "")),
    ],
)
def test_type_and_sides_by_rule_and_blank_where_unknown(author: Any, target: Any, expected: tuple[str, ...]) -> None:
    found = row(perpetrators=(actor(author),) if author else (), targets=(target,) if target else ())
    assert (found["type_of_violence"], found["side_a"], found["side_b"]) == expected
    assert found["dyad_name"] == (f"{expected[1]} - {expected[2]}" if expected[1] and expected[2] else "")


def test_an_accused_who_is_not_held_is_no_side() -> None:
    found = row(claims=(blame(HOME),), perpetrators=(actor(NORTH, None, 0),), targets=(actor(HOME, "military"),))
    assert found["side_a"] == found["type_of_violence"] == ""


@pytest.mark.parametrize(
    ("parts", "deaths"),
    [
        ((), ("", "", "", "5")),
        ((("civilians", 2), ("soldiers", 3)), ("", "", "2", "3")),
        ((("civilians", 5),), ("0", "0", "5", "0")),
        ((("civilians", 9),), ("", "", "", "5")),
    ],
)
def test_deaths_add_up_to_best_and_the_untold_is_blank(parts: Any, deaths: tuple[str, ...]) -> None:
    toll = Toll(low=5, high=5, parts=tuple(Toll(low=number, high=number, of=whom) for whom, number in parts))
    found = row(killed=toll)
    told = tuple(found[f"deaths_{name}"] for name in ("a", "b", "civilians", "unknown"))
    assert told == deaths and sum(int(value or 0) for value in told) == int(found["best"]) == 5


def test_an_open_toll_has_no_high() -> None:
    found = row(killed=(3, None))
    assert (found["low"], found["best"], found["high"]) == ("3", "3", "")


@pytest.mark.parametrize(("days", "code"), [(1, 1), (2, 2), (6, 2), (7, 3), (8, 4), (31, 4), (32, 5), (366, 5)])
def test_date_precision(days: int, code: int) -> None:
    assert date_precision(days) == code


def test_an_assumed_day_is_not_exact() -> None:
    assert row(when=make_when(basis="assumed_fresh"))["date_prec"] == "2"


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (make_place(), "1"),
        (make_place(precision="district"), "3"),
        (make_place(precision="region"), "4"),
        (make_place(precision="country", latitude=49.0), "6"),
        (make_place(latitude=None, longitude=None), "4"),
        (make_place(latitude=None, longitude=None, admin1=None), "6"),
    ],
)
def test_where_precision(place: Any, code: str) -> None:
    found = row(where=place)
    assert found["where_prec"] == code and (found["geom_wkt"] == "") == (place.latitude is None) == (found["priogrid_gid"] == "")


def test_a_tally_is_marked_as_summed_up() -> None:
    assert row(rollup=True)["event_clarity"] == "2"


@pytest.mark.parametrize(("latitude", "longitude", "cell"), [(-90.0, -180.0, 1), (-89.75, -179.25, 2), (-89.25, -179.75, 721), (90.0, 180.0, 259200)])
def test_cells_of_prio_grid(latitude: float, longitude: float, cell: int) -> None:
    assert priogrid_cell(latitude, longitude) == cell
