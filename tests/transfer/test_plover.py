"""PLOVER's shape: one valid object a line, coded values in the allowed sets, absent left out."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest

from khronika.transfer.coding import columns
from khronika.transfer.plover import write_plover
from khronika.types import KINDS, ActorRef
from tests.factories import make_account, make_place, make_when
from tests.transfer.shapes import HOME, NORTH, Told, actor, blame, hit

QUAD = {1: "AGREE CONSULT SUPPORT CONCEDE", 2: "COOPERATE AID RETREAT", 3: "REQUEST ACCUSE REJECT THREATEN", 4: "PROTEST SANCTION MOBILIZE COERCE ASSAULT"}
MODES = {
    "ASSAULT": "abduct beat torture sexual targeted destroy primitive firearms explosives suicide-attack aerial drone heavy-weapons crowd-control unconventional",
    "COERCE": "seize restrict censor curfew martial-law arrest deport withhold misinformation cyber",
    "PROTEST": "demo riot strike hunger boycott obstruct",
}
SECTORS = "COP GOV JUD LEG MIL PRM PTY REB SPY UAF UNK AGR BUS CRM CVL EDU ELI JRN LAB MED REF OPP PRE REL SOC".split()


def lines(*accounts: Any) -> list[dict[str, Any]]:
    out = io.StringIO()
    write_plover(Told(*([account] for account in accounts)), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("kind", KINDS)
def test_required_fields_and_allowed_values(kind: str) -> None:
    (found,) = lines(make_account(kind=kind, perpetrators=(actor(HOME),), targets=(hit("civilian"), hit("building"), actor(NORTH, "military"))))
    assert set(found) <= set(columns("plover")) and {"id", "date", "actor", "event"} <= set(found)
    assert [name for name in columns("plover") if name in found] == list(found)
    (category,) = found["event"]
    assert category in QUAD[found["quad_code"]].split()
    assert set(found.get("mode", ())) <= set(MODES.get(category, "").split())
    assert found["actor"] == [{"code": "UKR", "sector": "MIL", "entity_text": "Ukrainian armed forces"}]
    assert [entity["sector"] for entity in found["recipient"]] == ["CVL", "MIL"]
    assert all(entity["sector"] in SECTORS for entity in (*found["actor"], *found["recipient"]))
    assert dt.date.fromisoformat(found["date"]) == dt.date(2031, 5, 3) and "enddate" not in found and "text" not in found


def test_the_place() -> None:
    place = lines(make_account())[0]["event_loc"]
    assert (place["country"], place["country_code"], place["resolution"], place["city"]) == ("Ukraine", "UKR", 4, "Orlivka")
    assert "event_loc" not in lines(make_account(where=None))[0]
    bare = lines(make_account(where=make_place(latitude=None, longitude=None, geonames_id=None)))[0]["event_loc"]
    assert not {"lat", "lon", "geonameid"} & set(bare)


def test_an_author_who_is_not_held_is_unknown() -> None:
    accused = make_account(claims=(blame(HOME),), perpetrators=(actor(NORTH, None, 0),), targets=(actor(HOME, "military"),))
    assert lines(accused)[0]["actor"] == [{"sector": "UNK"}]
    assert lines(make_account(perpetrators=(actor(ActorRef(name="men in a van")),)))[0]["actor"] == [{"sector": "UNK", "entity_text": "men in a van"}]


def test_no_day_is_no_line_and_doubt_is_said() -> None:
    assert lines(make_account("a", when=make_when(None)), make_account("b", status="alleged")) == []
    (fresh,) = lines(make_account(when=make_when(basis="assumed_fresh"), killed=(3, None)))
    assert "day not exact (assumed_fresh)" in fresh["comment"] and "killed 3 (low 3, high open)" in fresh["comment"]
    assert "injured unknown" in fresh["comment"]
    (long,) = lines(make_account(when=make_when("2031-05-01", "2031-05-04")))
    assert (long["date"], long["enddate"]) == ("2031-05-01", "2031-05-04")
