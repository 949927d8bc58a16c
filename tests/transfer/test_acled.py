"""ACLED's shape: names, order, coded values, and what stands there when something is unknown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from khronika.transfer import acled
from khronika.transfer.acled import interaction, write_acled
from khronika.transfer.coding import columns
from khronika.types import KINDS, ActorRef, Toll
from tests.factories import make_account, make_place, make_quote, make_when
from tests.transfer.shapes import HOME, NORTH, REBELS, Told, actor, blame, hit, read_back

CODEBOOK = Path(__file__).resolve().parents[3] / "shared" / "formats" / "columns.json"
DISORDER = {"Political violence", "Demonstrations", "Strategic developments", "Political violence; Demonstrations"}
INTER = {"State forces", "Rebel group", "Political militia", "Identity militia", "Rioters", "Protesters", "Civilians", "External/Other forces"}
TYPES = {
    "Battles": {"Government regains territory", "Non-state actor overtakes territory", "Armed clash"},
    "Protests": {"Excessive force against protesters", "Protest with intervention", "Peaceful protest"},
    "Riots": {"Violent demonstration", "Mob violence"},
    "Explosions/Remote violence": {
        "Chemical weapon", "Air/drone strike", "Suicide bomb", "Shelling/artillery/missile attack", "Remote explosive/landmine/IED", "Grenade",
    },
    "Violence against civilians": {"Sexual violence", "Attack", "Abduction/forced disappearance"},
    "Strategic developments": {
        "Agreement", "Arrests", "Change to group/activity", "Disrupted weapons use", "Headquarters or base established", "Looting/property destruction",
        "Non-violent transfer of territory", "Other",
    },
}  # fmt: skip


def row(**fields: Any) -> dict[str, Any]:
    (found,), skipped, _ = read_back(write_acled, Told([make_account(**fields)]))
    assert not skipped
    return found


def test_the_header_is_acleds_31_columns_in_order_even_without_rows() -> None:
    rows, _, header = read_back(write_acled, Told())
    assert rows == [] and header == list(columns("acled")) and len(header) == 31
    assert header[:4] == ["event_id_cnty", "event_date", "year", "time_precision"] and header[-3:] == ["fatalities", "tags", "timestamp"]


@pytest.mark.shared
@pytest.mark.skipif(not CODEBOOK.exists(), reason="../shared/formats is absent")
def test_columns_and_interactions_equal_the_list() -> None:
    known = json.loads(CODEBOOK.read_text())
    for shape, name in (("acled", "acled"), ("ged", "ucdp_ged"), ("plover", "plover_event")):
        assert list(columns(shape)) == known[name]
    assert {name: set(types) for name, types in known["acled_types"].items()} == TYPES
    made = {interaction(a, b) for a in INTER for b in (*INTER, None)}
    assert made == set(known["acled_interaction"].values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("author", [None, NORTH, HOME, REBELS])
@pytest.mark.parametrize("target", [None, hit("civilian"), hit("building"), actor(HOME, "military")])
def test_every_coded_value_is_in_the_allowed_set(kind: str, author: ActorRef | None, target: Any) -> None:
    found = row(kind=kind, perpetrators=(actor(author),) if author else (), targets=(target,) if target else ())
    assert found["sub_event_type"] in TYPES[found["event_type"]] and found["disorder_type"] in DISORDER
    assert found["inter1"] in INTER and found["inter2"] in INTER | {""}
    assert bool(found["actor2"]) == bool(found["inter2"])
    assert found["interaction"] == interaction(found["inter1"], found["inter2"] or None)
    assert found["civilian_targeting"] in ("", "Civilian targeting")
    assert found["time_precision"] in "123" and found["geo_precision"] in "123"
    assert found["event_id_cnty"] == "KHR-000041" and found["timestamp"] == ""
    assert (found["iso"], found["region"], found["country"]) == ("804", "Europe", "Ukraine")


def test_unknown_fatalities_are_0_with_a_tag_and_known_ones_are_the_lowest() -> None:
    assert row()["fatalities"] == "0" and "fatalities unknown" in row()["tags"].split("; ")
    none = row(killed=0)
    assert none["fatalities"] == "0" and "fatalities unknown" not in none["tags"]
    at_least = row(killed=(12, None))
    assert at_least["fatalities"] == "12" and "fatalities open upwards" in at_least["tags"]
    shared = row(killed=Toll(low=5, high=5, shared=True))
    assert shared["fatalities"] == "5" and "fatalities shared with other events" in shared["tags"].split("; ") and "fatalities unknown" not in shared["tags"]


@pytest.mark.parametrize("spool", [1, acled.SPOOL])
def test_a_shared_total_is_divided_and_one_pair_place_and_day_is_one_row(spool: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(acled, "SPOOL", spool)
    words = make_quote("seven were killed")
    total = Toll(low=7, high=7, shared=True, quote=words)
    towns = [make_account("doc", number, killed=total, where=make_place(name)) for number, name in enumerate(("North", "South", "East"))]
    rows, _, _ = read_back(write_acled, Told(*([account] for account in towns)))
    assert [row["fatalities"] for row in rows] == ["3", "2", "2"]
    other = make_account("second", 1, killed=total, where=make_place("South"))
    rows, _, _ = read_back(write_acled, Told([towns[0]], [other, towns[1]]))
    assert [row["fatalities"] for row in rows] == ["4", "3"]  # two texts tell of the same dead
    open_total = Toll(low=7, high=None, shared=True, quote=words)
    rows, _, _ = read_back(write_acled, Told([make_account("doc", 1, killed=open_total)]))
    assert rows[0]["fatalities"] == "7" and "fatalities open upwards" in rows[0]["tags"]
    twice = [make_account("one", killed=2), make_account("two", killed=3), make_account("three", killed=1, where=make_place("Far"))]
    rows, skipped, _ = read_back(write_acled, Told(*([account] for account in twice)))
    assert [(row["location"], row["fatalities"]) for row in rows] == [("Orlivka", "5"), ("Far", "1")]
    assert skipped == {"in the row of the same actors, place and day": 1} and "KHR-000042" in rows[0]["notes"]


def lasting(start: str, end: str, **fields: Any) -> Any:
    return replace(make_when(start, end), **{"granularity": "day", **fields})


def test_an_event_of_several_days_is_a_row_a_day_with_its_dead_divided():
    told = Told([make_account("a", killed=8, when=lasting("2030-12-30", "2031-01-01"))])
    rows, skipped, _ = read_back(write_acled, told)
    assert [(row["event_id_cnty"], row["event_date"], row["year"], row["fatalities"], row["time_precision"]) for row in rows] == [
        ("KHR-000041", "2030-12-30", "2030", "3", "1"), ("KHR-000041-2", "2030-12-31", "2030", "3", "1"), ("KHR-000041-3", "2031-01-01", "2031", "2", "1"),
    ]  # fmt: skip
    assert not skipped and told.rows == 3 and rows[1]["tags"].endswith("day 2 of 3")
    assert "fatalities unknown" in read_back(write_acled, Told([make_account(when=lasting("2031-05-01", "2031-05-02"))]))[0][1]["tags"]


def test_days_of_a_long_event_meet_those_of_others_in_order():
    long = make_account("a", killed=4, when=lasting("2031-05-01", "2031-05-03"))
    short, later = make_account("b", killed=1, when=make_when("2031-05-02")), make_account("c", when=make_when("2031-05-02"), where=make_place("Far"))
    told = Told([long], [short], [later])
    rows, skipped, _ = read_back(write_acled, told)
    assert [(row["event_date"], row["location"], row["fatalities"]) for row in rows] == [
        ("2031-05-01", "Orlivka", "2"), ("2031-05-02", "Orlivka", "2"), ("2031-05-02", "Far", "0"), ("2031-05-03", "Orlivka", "1"),
    ]  # fmt: skip
    assert skipped == {"in the row of the same actors, place and day": 1} and told.rows == 4


@pytest.mark.parametrize(
    ("when", "rows"),
    [
        (lasting("2031-05-01", "2031-05-03", granularity=None, type="DURATION"), 3),
        (lasting("2031-05-01", "2031-05-07", granularity="week"), 1),
        (lasting("2031-05-01", "2031-05-02", granularity="time"), 1),
        (lasting("2031-05-01", "2031-05-02", basis="assumed_fresh"), 1),
        (lasting("2031-05-01", "2031-05-01"), 1),
    ],
)
def test_a_day_that_is_not_known_is_no_long_event(when: Any, rows: int) -> None:
    assert len(read_back(write_acled, Told([make_account(when=when, killed=1)]))[0]) == rows


@pytest.mark.parametrize(
    ("when", "precision", "day"),
    [
        (make_when("2031-05-03"), "1", "2031-05-03"),
        (make_when("2031-05-03", basis="assumed_fresh"), "2", "2031-05-03"),
        (make_when("2031-05-01", "2031-05-07"), "2", "2031-05-04"),
        (make_when("2031-05-01", "2031-05-08"), "3", "2031-05-04"),
        (make_when("2031-05-01", "2031-05-31"), "3", "2031-05-16"),
    ],
)
def test_the_day_stands_in_the_middle_and_an_assumed_day_is_never_exact(when: Any, precision: str, day: str) -> None:
    found = row(when=when)
    assert (found["time_precision"], found["event_date"], found["year"]) == (precision, day, "2031")
    assert ("day assumed" in found["tags"]) == (when.basis == "assumed_fresh")


@pytest.mark.parametrize(
    ("place", "precision"),
    [
        (make_place(), "1"),
        (make_place(precision="district"), "2"),
        (make_place(precision="region"), "3"),
        (make_place(latitude=None, longitude=None), "3"),
    ],
)
def test_geo_precision_and_a_place_without_a_point(place: Any, precision: str) -> None:
    found = row(where=place)
    assert found["geo_precision"] == precision
    assert (found["latitude"] == "") == (place.latitude is None) == ("coordinates not given" in found["tags"])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"when": make_when(None)}, "day not known to the month"),
        ({"when": make_when("2031-05-01", "2031-06-01")}, "day not known to the month"),
        ({"where": None}, "place not known below the country"),
        ({"where": make_place(precision="country", admin1=None)}, "place not known below the country"),
        ({"where": make_place(latitude=None, longitude=None, admin1=None)}, "place not known below the country"),
        ({"rollup": True}, "a sum of several events"),
        ({"status": "alleged"}, "only alleged"),
        ({"status": "foiled"}, "only foiled"),
    ],
)
def test_what_has_no_row_is_counted(fields: dict[str, Any], reason: str) -> None:
    rows, skipped, _ = read_back(write_acled, Told([make_account("a", **fields)], [make_account("b")]))
    assert len(rows) == 1 and skipped == {reason: 1}
    assert row(kind="disrupted_weapons_use", status="foiled")["sub_event_type"] == "Disrupted weapons use"


def test_an_accused_who_is_not_held_stays_unnamed() -> None:
    accused = row(claims=(blame(HOME),), perpetrators=(actor(NORTH, None, 0),), targets=(actor(HOME, "military"),))
    assert (accused["actor1"], accused["inter1"]) == ("Unidentified Armed Group (Ukraine)", "Political militia")
    assert NORTH.name not in ",".join(value for name, value in accused.items() if name != "notes")
    held = row(perpetrators=(actor(NORTH),), targets=(actor(HOME, "military"),))
    assert (held["actor1"], held["inter1"]) == (NORTH.name, "External/Other forces")
    assert (held["actor2"], held["inter2"]) == ("Military Forces of Ukraine (2019-)", "State forces")
    assert held["interaction"] == "State forces-External/Other forces"


def test_words_that_name_no_known_sort_of_actor_are_no_actor() -> None:
    assert row(perpetrators=(actor(ActorRef(name="a man in a hat")),))["actor1"] == "Unidentified Armed Group (Ukraine)"


def test_crowds_and_civilians() -> None:
    protest = row(kind="peaceful_protest")
    assert (protest["actor1"], protest["interaction"]) == ("Protesters (Ukraine)", "Protesters only")
    force = row(kind="excessive_force_against_protesters", perpetrators=(actor(HOME),))
    assert (force["actor2"], force["interaction"]) == ("Protesters (Ukraine)", "State forces-Protesters")
    attack = row(kind="attack", perpetrators=(actor(NORTH),), targets=(hit("civilian"),))
    assert (attack["actor2"], attack["interaction"]) == ("Civilians (Ukraine)", "External/Other forces-Civilians")
    assert attack["civilian_targeting"] == "Civilian targeting" and row(targets=(hit("building"),))["actor2"] == ""
