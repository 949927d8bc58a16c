"""VIINA's shape: columns, labels by kind, party and word, one row an account and one an event."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from khronika.transfer.coding import columns
from khronika.transfer.viina import labels, write_viina, write_viina_1pd
from tests.factories import make_account, make_place, make_when
from tests.transfer.shapes import HOME, NORTH, Told, actor, hit, read_back

CODEBOOK = Path(__file__).resolve().parents[3] / "shared" / "formats" / "columns.json"


@pytest.mark.skipif(not CODEBOOK.exists(), reason="needs ../shared/formats")
def test_columns_are_those_of_the_files() -> None:
    table = json.loads(CODEBOOK.read_text())
    assert list(columns("viina")) == table["viina_event_info"] and list(columns("viina_1pd")) == table["viina_event_1pd"]


def test_a_row_an_account_and_a_row_an_event() -> None:
    pair = [make_account("one", source="Harbour Times"), make_account("two", source="Quay Post")]
    rows, skipped, header = read_back(write_viina, Told(pair, [make_account("three", when=make_when(None))]))
    assert len(header) == 23 and [row["event_id"] for row in rows] == [account.id for account in pair] and skipped == {"no day": 1}
    assert (
        {row["date"] for row in rows} == {"20310503"}
        and rows[0]["GEO_PRECISION"] == "ADM3"
        and rows[0]["viina_version"].startswith("khronika@")
    )
    (row,), _, header = read_back(write_viina_1pd, Told(pair))
    assert len(header) == 44 and row["n_reports"] == "2" and row["event_ids"] == ", ".join(account.id for account in pair)


def test_labels_say_what_the_kind_the_parties_and_the_words_say() -> None:
    (event,) = Told(
        [
            make_account(
                kind="air_drone_strike",
                told="Drones hit a clinic in Orlivka.",
                perpetrators=(actor(HOME),),
                targets=(hit("civilian"),),
                killed=1,
            )
        ]
    )
    found = labels(event)
    on = {name for name, value in found.items() if value}
    assert on == {"t_mil", "t_airstrike", "t_uav", "t_hospital", "a_ukr", "a_ukr_init", "a_civ", "t_civcas"}
    (other,) = Told([make_account(kind="armed_clash", told="A clash.", targets=(actor(NORTH, "military"),))])
    assert {name for name, value in labels(other).items() if value} == {"t_mil", "t_firefight", "a_other"}


def test_a_region_is_no_settlement() -> None:
    (row,), _, _ = read_back(write_viina_1pd, Told([make_account(where=make_place("Kherson Oblast", precision="region"))]))
    assert row["GEO_PRECISION"] == "ADM1"
