"""The commands that give numbers, on the examples: what they print, and one clear line for wrong input."""

from __future__ import annotations

import csv
import datetime as dt
import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from khronika.cli import main
from khronika.cli.scoring import _horizon


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    path = tmp_path_factory.mktemp("numbers") / "r.sqlite"
    result = CliRunner().invoke(main, ["read", "examples", "--record", str(path)])
    assert result.exit_code in (0, 1), result.output
    return str(path)


def run(record, *words, input=None):
    return CliRunner().invoke(main, [*words, "--record", str(record)], input=input)


def lines(result):
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_counts_equal_the_table_of_events(record):
    events = lines(run(record, "events", "--json"))
    counts = lines(run(record, "counts", "--by", "month,kind,place", "--json"))
    assert sum(row["events"] for row in counts) == len(events)
    assert sum(row["killed_low"] or 0 for row in counts) == sum(event["killed"]["value"]["low"] for event in events if event.get("killed"))
    assert any(row["killed_low"] is None for row in counts)  # unknown is no zero
    seq = run(record, "head").stdout.split(":")[0]
    assert lines(run(record, "counts", "--by", "month,kind,place", "--json", "--as-of", seq)) == counts


def test_what_was_shot_down_stands_once_in_the_row_of_its_group(tmp_path):
    path, text = tmp_path / "r.sqlite", tmp_path / "a.txt"
    text.write_text(
        "Air defences shot down 23 drones over Kherson on Monday, the army said.\n\nA mine killed three people in Odesa on Monday.\n"
    )
    assert run(path, "read", str(text), "--published", "2024-01-02").exit_code == 0
    rows = {row["kind"]: row for row in lines(run(path, "counts", "--by", "week,kind", "--shot-down", "--json"))}
    assert rows["disrupted_weapons_use"]["drones_shot_down"] == 23 and rows["disrupted_weapons_use"]["missiles_shot_down"] is None
    assert len(rows) > 1 and all(row["drones_shot_down"] is None for kind, row in rows.items() if kind != "disrupted_weapons_use")
    assert [row["drones_shot_down"] for row in lines(run(path, "counts", "--by", "year", "--shot-down", "--json"))] == [23]
    others = [kind for kind in rows if kind != "disrupted_weapons_use"]
    assert lines(run(path, "counts", "--shot-down", "--json", "--kind", others[0]))[0]["drones_shot_down"] is None


def test_counts_go_to_files(record, tmp_path):
    table, picture = tmp_path / "c.csv", tmp_path / "c.svg"
    assert run(record, "counts", "--by", "week,country", "--csv", str(table), "--plot", str(picture)).exit_code == 0
    with table.open() as rows:
        assert len(list(csv.DictReader(rows))) > 3
    assert b"<svg" in picture.read_bytes()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["counts", "--by", "moon"], "--by 'moon' is unknown"),
        (["counts", "--kind", "battle"], "--kind 'battle' is unknown"),
        (["counts", "--place", "Atlantis"], "no event of this record is there"),
        (["counts", "--since", "2025-02-01", "--until", "2025-01-01"], "is before"),
        (["counts", "--plot", "x.gif"], "ends in none of"),
        (["counts", "--csv", "/nonexistent/x.csv"], "cannot be written"),
        (["trend", "--level", "2"], "--level"),
        (["trend", "--split", "1999-01-01"], "outside the window"),
        (["trend", "--kind", "chemical_weapon"], "no events with a day"),
        (["forecasts", "list", "--scale", "moon"], "--scale 'moon' is unknown"),
        (["forecasts", "list", "--state", "moon"], "--state 'moon' is unknown"),
        (["forecasts", "register", "F0000"], "no such forecast"),
        (["audit", "--stratify", "moon"], "--stratify 'moon' is unknown"),
        (["audit", "score"], "draws one"),
    ],
)
def test_wrong_input_is_one_clear_line(record, words, says):
    result = run(record, *words)
    assert result.exit_code == 2 and says in result.stderr and result.stderr.count("\n") == 1


def test_a_scale_is_checked_where_there_is_no_forecast(tmp_path):
    path, text = tmp_path / "r.sqlite", tmp_path / "a.txt"
    text.write_text("Two shells hit a market in Kherson on Monday, killing three people, officials said.\n" * 3)
    assert run(path, "read", str(text), "--published", "2024-01-02").exit_code == 0
    assert not run(path, "forecasts", "list").stdout
    assert run(path, "forecasts", "list", "--scale", "moon").exit_code == 2


def test_the_day_of_a_horizon_is_that_of_its_own_words():
    row = SimpleNamespace(
        words="After the attack planned for 1 May 2031 a truce will likely hold until 3 April 2031.", horizon="until 3 April 2031"
    )
    assert _horizon(row, dt.date(2031, 3, 1)) == dt.date(2031, 4, 3)


def test_an_empty_window_is_no_error(record):
    result = run(record, "counts", "--since", "1999-01-01", "--until", "1999-02-01")
    assert result.exit_code == 0 and "no events in this window" in result.stderr and not result.stdout


def test_a_trend_of_few_events_is_refused(record):
    found = lines(run(record, "trend", "--json"))[0]
    assert found["word"] == "refused" and found["refusal"]["reason"] == "not enough events"


def test_assessments_stand_beside_the_record(record):
    found = lines(run(record, "assessments", "--all", "--json"))
    grows = [row for row in found if "growing" in row["assessment"]["quote"]["words"]]
    assert grows and all(row["verdict"] == "cannot tell" and row["reason"] for row in grows)


def test_a_forecast_is_registered_resolved_and_scored(record):
    (row,) = [row for row in lines(run(record, "forecasts", "list", "--json")) if row["interval"]]
    assert (row["interval"]["low"], row["interval"]["high"], row["state"]) == (0.8, 0.95, "extracted")
    assert "no horizon" in run(record, "forecasts", "register", row["id"]).stderr
    assert run(record, "forecasts", "register", row["id"], "--until", "2027-12-31").exit_code == 0
    assert "no such event" in run(record, "forecasts", "resolve", row["id"], "true", "--evidence", "KHR-99999").stderr
    assert run(record, "forecasts", "resolve", row["id"], "true", "--evidence", "https://example.org/freed").exit_code == 0
    (found,) = lines(run(record, "forecasts", "score", "--json"))
    assert found["scores"][0]["n"] == 1 and found["scores"][0]["brier"] == pytest.approx(0.125**2)
    assert run(record, "verify").exit_code == 0


def test_an_audit_is_drawn_coded_and_scored(record):
    assert run(record, "audit", "--sample", "3", "--stratify", "kind").exit_code == 0
    answers = "y\nattack\nmoon\n2022-07-27\nKherson\n-\n1\nn\n0\nq\n"
    result = run(record, "audit", "code", "--coder", "one", input=answers)
    assert result.exit_code == 0 and "is no day" in result.output and "[[" in result.output and "stopped; 1 to go" in result.output
    (found,) = lines(run(record, "audit", "score", "--json"))
    assert found["coded"] == {"one": 2} and found["recall"]["n"] >= 1
    assert {rate["of"]: rate["n"] for rate in found["precision"]}["event"] == 2


def test_quality_gives_shares(record):
    (found,) = lines(run(record, "quality", "--json"))
    assert found["events"] > 5 and 0 <= found["contested"] <= 1 and found["outlets"]


def test_quality_of_some_events_is_of_their_documents(record):
    (whole,), (some,) = (lines(run(record, "quality", "--json", *words)) for words in ((), ("--kind", "remote_explosive")))
    documents = [sum(month["documents"] for month in found["drift"]) for found in (whole, some)]
    assert 0 < documents[1] < documents[0] and all(month["accounts_each"] >= 1 for month in some["drift"])
    assert (
        sum(outlet["documents"] for outlet in some["outlets"]) == documents[1] and some["undated_documents"] <= whole["undated_documents"]
    )


def test_a_coder_needs_a_name(record):
    found = run(record, "audit", "code", "--coder", " ")
    assert found.exit_code == 2 and "--coder is empty" in found.stderr


def test_coverage_by_day_and_outlet_is_a_table(record, tmp_path):
    path = tmp_path / "coverage.csv"
    (found,) = lines(run(record, "quality", "--json", "--csv", str(path)))
    with path.open(newline="") as told:
        rows = list(csv.DictReader(told))
    assert list(rows[0]) == ["day", "source", "documents"]
    assert sum(int(row["documents"]) for row in rows) == found["undated_documents"] + sum(month["documents"] for month in found["drift"])
    refused = run(record, "quality", "--csv", str(path), "--kind", "attack")
    assert refused.exit_code == 2 and "leave the filter out" in refused.stderr
