"""One row an account and claim; and how an export counts, coarsens and withholds."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from khronika.policy import Policy
from khronika.transfer.export import BINARY, EXPORTS, write_export
from khronika.transfer.outgoing import Outgoing
from khronika.transfer.reports import COLUMNS, write_reports
from khronika.types import Event, Filter
from tests.factories import FakeRecord, make_account, make_place, make_when
from tests.transfer.shapes import HOME, NORTH, Told, actor, blame, hit, read_back

TOWN = make_place(population=90_000)


class Kept(FakeRecord):
    """A record that holds the events of some accounts."""

    def __init__(self, *groups: Any) -> None:
        super().__init__()
        self.told = Told(*groups)
        self.add((account for group in groups for account in group), lambda account: ())

    def events(self, wanted: Filter = Filter()) -> Iterator[Event]:  # noqa: B008
        return iter(self.told)


def outgoing_of(record: Kept, profile: Any = "research") -> Outgoing:
    return Outgoing(record, record.events(), Policy(profile, dt.date(2032, 1, 1)))


def exported(format: str, tmp_path: Path, *accounts: Any, profile: Any = "research") -> tuple[list[dict[str, str]], tuple[int, int]]:
    path = tmp_path / f"out.{format}"
    outgoing = outgoing_of(Kept(*([account] for account in accounts)), profile)
    no_row = write_export(format, outgoing, path)
    counts = outgoing.shown - no_row.total(), outgoing.kept
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines)), counts


def test_a_row_an_account_and_claim_with_the_accounts_own_values() -> None:
    first = make_account("a", claims=(blame(HOME),), killed=2, source="Harbour Times")
    second = make_account("b", kind="air_drone_strike", killed=(5, None), source="Quay Post", when=make_when("2031-05-02"))
    rows, skipped, header = read_back(write_reports, Told([first, second]))
    assert header == list(COLUMNS) and not skipped
    assert [(row["account_id"], row["claim"]) for row in rows] == [(first.id, "-1"), (first.id, "0"), (second.id, "-1")]
    assert [(row["killed_low"], row["killed_high"], row["date_start"]) for row in rows[1:]] == [("2", "2", "2031-05-03"), ("5", "", "2031-05-02")]
    assert rows[1]["speaker"] == HOME.name and rows[1]["stance"] == "blames" and rows[1]["origin"] == HOME.id
    assert {row["event_origins"] for row in rows} == {"2"} and rows[0]["injured_low"] == ""


def test_an_account_is_no_finer_than_its_event_may_be(tmp_path: Path) -> None:
    path = tmp_path / "out"
    both = [make_account("a", where=TOWN, targets=(actor(NORTH, "military"),)), make_account("b", where=TOWN)]
    write_export("reports", outgoing_of(Kept(both)), path)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 2 and {(row["place"], row["precision"], row["latitude"]) for row in rows} == {("Kherson", "region", "")}
    rows, _ = exported("reports", tmp_path, make_account(where=TOWN))
    assert {(row["place"], row["precision"]) for row in rows} == {("Orlivka", "settlement")}


def test_a_sensitive_event_has_one_row_an_account_without_words_or_outlet(tmp_path: Path) -> None:
    (row,), _ = exported("reports", tmp_path, make_account(where=TOWN, targets=(hit("civilian", "two children"),)))
    assert row["event_id"] == "KHR-000041" and row["words"] == row["source"] == row["speaker"] == row["date_start"] == ""
    (ged,), _ = exported("ged", tmp_path, make_account(where=TOWN, killed=1, targets=(hit("civilian", "two children"),), title="Two children"))
    assert ged["number_of_sources"] == "-1" and ged["source_article"] == ged["source_headline"] == "" and ged["date_prec"] == "3"


def test_what_has_no_row_is_not_counted_as_written(tmp_path: Path) -> None:
    accounts = make_account("a", where=TOWN), make_account("b", where=None), make_account("c", where=TOWN, when=make_when("2031-12-31"))
    rows, counts = exported("acled", tmp_path, *accounts)
    assert len(rows) == 1 and counts == (1, 1)


@pytest.mark.parametrize("format", [name for name in EXPORTS if name not in BINARY])
def test_the_same_record_gives_the_same_bytes(format: str, tmp_path: Path) -> None:
    record = Kept([make_account("a", where=TOWN, killed=2)], [make_account("b", where=TOWN, told="=1+1, they said")])
    paths = [tmp_path / name for name in ("one", "two")]
    for path in paths:
        write_export(format, outgoing_of(record), path)
    assert paths[0].read_bytes() == paths[1].read_bytes() != b""
    assert list(tmp_path.iterdir()) and len(list(tmp_path.iterdir())) == 2


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    rows, _ = exported("reports", tmp_path, make_account(where=TOWN, told="=1+1, they said"))
    assert rows[0]["words"].startswith("'=1+1")
