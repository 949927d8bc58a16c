"""Every export read back by a program that its users would use, its data package, and the way back in."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from khronika.cli import main
from khronika.transfer.export import BINARY, EXPORTS

TODAY = "2027-01-01"
ENDINGS = {"geojson": "geojson", "jsonl": "jsonl", "plover": "jsonl", "jsonld": "jsonld", "parquet": "parquet", "sqlite": "sqlite"}


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    path = tmp_path_factory.mktemp("exports") / "r.sqlite"
    assert CliRunner().invoke(main, ["read", "examples", "--record", str(path)]).exit_code in (0, 1)
    return str(path)


def export(record, format, folder, *options, name="out"):
    path = folder / f"{name}.{ENDINGS.get(format, 'csv')}"
    result = CliRunner().invoke(main, ["export", format, "--record", record, "-o", str(path), "--today", TODAY, *options])
    assert result.exit_code == 0, result.output
    return path


def package_of(path: Path):
    return json.loads(path.with_name(f"{path.name}.datapackage.json").read_text())


@pytest.mark.parametrize("format", ["csv", "reports", "acled", "ged", "viina", "viina-1pd"])
def test_frictionless_finds_no_fault(record, format, tmp_path):
    from frictionless import validate

    path = export(record, format, tmp_path)
    report = validate(str(path.with_name(f"{path.name}.datapackage.json")))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])[:5]
    with path.open() as rows:
        assert len(list(csv.DictReader(rows))) > 3


@pytest.mark.parametrize("format", EXPORTS)
def test_the_package_says_how_it_was_made(record, format, tmp_path):
    package = package_of(export(record, format, tmp_path, "--rule", "conservative", "--kind", "remote_explosive"))
    made = package["khronika"]
    head = CliRunner().invoke(main, ["head", "--record", record]).stdout.strip()
    assert (
        made["head"] == head
        and made["rule"] == "conservative"
        and made["filter"] == {"kind": "remote_explosive"}
        and made["today"] == TODAY
    )
    assert (
        made["profile"] == "research"
        and made["policy_digest"]
        and "machine-coded, 0% reviewed" in package["title"]
        and made["audit"] is None
    )
    assert ("ACLED-shaped" in package["title"]) == (format == "acled")


@pytest.mark.parametrize("format", [name for name in EXPORTS if name not in BINARY])
def test_an_export_is_made_again_bit_for_bit(record, format, tmp_path):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    first, second = export(record, format, tmp_path / "a"), export(record, format, tmp_path / "b")
    assert first.read_bytes() == second.read_bytes() != b""
    assert [p.name for p in sorted((tmp_path / "a").iterdir())] == [p.name for p in sorted((tmp_path / "b").iterdir())]
    for one in (tmp_path / "a").iterdir():
        assert one.read_bytes() == (tmp_path / "b" / one.name).read_bytes()


def test_parquet_and_sqlite_hold_the_rows_of_csv(record, tmp_path):
    import duckdb

    with export(record, "csv", tmp_path).open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    parquet = duckdb.sql(f"SELECT event_id, killed_low, date_start FROM '{export(record, 'parquet', tmp_path)}'").fetchall()
    assert [(r["event_id"], r["killed_low"], r["date_start"]) for r in rows] == [
        (a, "" if b is None else str(b), "" if c is None else str(c)) for a, b, c in parquet
    ]
    with sqlite3.connect(export(record, "sqlite", tmp_path)) as db:
        assert [row[0] for row in db.execute("SELECT event_id FROM event ORDER BY rowid")] == [r["event_id"] for r in rows]
        assert db.execute("SELECT sum(events) FROM events_by_month").fetchone()[0] == len(rows)
        assert db.execute("SELECT count(*) FROM who_says_what").fetchone()[0] >= len(rows)


def test_parquet_of_no_event_is_a_file_with_columns(record, tmp_path):
    import duckdb

    path = export(record, "parquet", tmp_path, "--since", "1999-01-01", "--until", "1999-02-01")
    assert duckdb.sql(f"SELECT count(*), count(killed_low) FROM '{path}'").fetchall() == [(0, 0)]


def test_datasette_opens_it(record, tmp_path):
    import subprocess
    import sys

    path = export(record, "sqlite", tmp_path)
    metadata = path.with_name("out.sqlite.metadata.json")
    command = [sys.executable, "-m", "datasette", str(path), "--metadata", str(metadata), "--get", "/out/events_by_month.json?_shape=array"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 0, answer.stderr[-800:]
    assert json.loads(answer.stdout)[0]["events"] >= 1


def test_geojson_fits_rfc_7946(record, tmp_path):
    import jsonschema

    schema = json.loads((Path(__file__).parents[1] / "transfer" / "geojson.schema.json").read_text())
    found = json.loads(export(record, "geojson", tmp_path).read_text())
    jsonschema.validate(found, schema)
    assert any(feature["geometry"] for feature in found["features"])


def test_pandas_reads_types_that_can_be_summed(record, tmp_path):
    import pandas

    frame = pandas.read_csv(export(record, "acled", tmp_path))
    assert len(frame.columns) == 31 and frame["fatalities"].sum() > 0 and frame["latitude"].dtype == float


def test_unknown_fatalities_stand_in_a_file_beside(record, tmp_path):
    path = export(record, "acled", tmp_path)
    with path.open(newline="") as lines:
        unknown = {row["event_id_cnty"] for row in csv.DictReader(lines) if "fatalities unknown" in row["tags"]}
    with path.with_name("out.csv.unknown-fatalities.csv").open(newline="") as lines:
        beside = {row["event_id_cnty"] for row in csv.DictReader(lines) if row["fatalities_open_upwards"] == "false"}
    assert beside == unknown != set()


def test_jsonld_is_a_graph_whose_links_lead_somewhere(record, tmp_path):
    graph = json.loads(export(record, "jsonld", tmp_path).read_text())["@graph"]
    ids = {node["@id"] for node in graph}
    events = [node for node in graph if "Event" in node["@type"]]
    assert events and all(link in ids for node in events for link in node["wasDerivedFrom"])
    claims = [node for node in graph if "Claim" in node["@type"]]
    assert claims and all(claim["about"]["@id"] in ids and claim["claimInterpreter"]["name"] for claim in claims)


def test_two_formats_of_one_name_keep_a_package_each(record, tmp_path):
    paths = [export(record, format, tmp_path) for format in ("csv", "parquet")]
    assert [package_of(path)["resources"][0]["path"] for path in paths] == ["out.csv", "out.parquet"]


def test_what_cannot_be_written_beside_is_told(record, tmp_path):
    (tmp_path / "out.csv.datapackage.json").mkdir()
    result = CliRunner().invoke(main, ["export", "csv", "--record", record, "-o", str(tmp_path / "out.csv")])
    assert result.exit_code == 2 and "out.csv is whole" in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "withheld"),
    [
        (("--place", "Faskari"), {"place"}),
        (("--place", "Katsina"), set()),
        (("--place", "Funtua", "--since", "2025-03-14", "--until", "2025-03-14"), {"place", "since", "until"}),
        (("--place", "Mogadishu", "--since", "2024-11-20"), set()),
        (("--place", "Ann Example"), {"place"}),
    ],
)
def test_a_filter_that_tells_more_than_the_rows_is_withheld(record, options, withheld, tmp_path):
    given = dict(zip((name[2:] for name in options[::2]), options[1::2]))
    for profile, gone in (("research", withheld), ("full", set())):
        told = package_of(export(record, "csv", tmp_path, "--profile", profile, *options))["khronika"]["filter"]
        assert told == {name: "withheld by policy" if name in gone else value for name, value in given.items()}


def test_the_package_does_not_name_the_coders(record, tmp_path):
    copy = str(tmp_path / "copy.sqlite")
    assert CliRunner().invoke(main, ["record", "copy", record, copy]).exit_code == 0
    assert CliRunner().invoke(main, ["audit", "--sample", "1", "--record", copy]).exit_code == 0
    coded = CliRunner().invoke(main, ["audit", "--record", copy, "code", "--coder", "Ann Example"], input="n\n0\n")
    assert coded.exit_code == 0, coded.output
    assert package_of(export(copy, "csv", tmp_path))["khronika"]["audit"]["coded"] == {"coder 1": 1}
    assert package_of(export(copy, "csv", tmp_path, "--profile", "full"))["khronika"]["audit"]["coded"] == {"Ann Example": 1}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("words", [["export", "csv"], ["export", "parquet"], ["events"], ["counts"]])
def test_a_full_disk_behind_standard_output_is_one_clear_line(record, words, buffered):
    with open("/dev/full", "w") as full:
        command = [sys.executable, *([] if buffered else ["-u"]), "-m", "khronika", *words, "--record", record]
        env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=env)
    assert result.returncode == 2 and result.stderr == "khronika: standard output: cannot be written: No space left on device\n"


def test_an_old_view_is_made_again_after_the_record_went_on(record, tmp_path):
    copy = str(tmp_path / "copy.sqlite")
    assert CliRunner().invoke(main, ["record", "copy", record, copy]).exit_code == 0
    seq = CliRunner().invoke(main, ["head", "--record", copy]).stdout.split(":")[0]

    def made():
        path = export(copy, "csv", tmp_path, "--as-of", seq)
        return [path.with_name(f"out.csv{end}").read_bytes() for end in ("", ".deletions.csv", ".datapackage.json")]

    now, before = [path.read_bytes() for path in [export(copy, "csv", tmp_path).with_name("out.csv.deletions.csv")]], made()
    assert before[1] == now[0]
    first, second = [line.split(",")[0] for line in before[0].decode().splitlines()[1:3]]
    assert CliRunner().invoke(main, ["link", first, second, "--record", copy]).exit_code == 0
    assert CliRunner().invoke(main, ["audit", "--sample", "1", "--record", copy]).exit_code == 0
    assert made() == before


def test_what_is_gone_is_told(record, tmp_path):
    copy = tmp_path / "copy.sqlite"
    assert CliRunner().invoke(main, ["record", "copy", record, str(copy)]).exit_code == 0
    events = [json.loads(line) for line in CliRunner().invoke(main, ["events", "--json", "--record", str(copy)]).stdout.splitlines()]
    first, second = events[0]["id"], events[1]["id"]
    assert CliRunner().invoke(main, ["link", first, second, "--record", str(copy)]).exit_code == 0
    path = export(str(copy), "csv", tmp_path)
    with path.with_name("out.csv.deletions.csv").open(newline="") as lines:
        rows = {row["event_id"]: row for row in csv.DictReader(lines)}
    assert any(rows.get(a, {}).get("into") == b and rows[a]["what"] == "merged" for a, b in ((first, second), (second, first)))


def test_jsonl_goes_in_and_out_again_the_same(record, tmp_path):
    first = export(record, "jsonl", tmp_path, "--profile", "full", "--background")
    other = tmp_path / "other.sqlite"
    result = CliRunner().invoke(main, ["import", str(first), "--record", str(other)])
    assert result.exit_code == 0, result.output
    second = export(str(other), "jsonl", tmp_path, "--profile", "full", "--background", name="again")
    assert second.read_bytes() == first.read_bytes() != b""
    assert CliRunner().invoke(main, ["verify", "--record", str(other)]).exit_code == 0
    assert CliRunner().invoke(main, ["rebuild", "--record", str(other)]).exit_code == 0
    third = export(str(other), "jsonl", tmp_path, "--profile", "full", "--background", name="third")
    assert third.read_bytes() == first.read_bytes()
    again = CliRunner().invoke(main, ["import", str(first), "--record", str(other)])
    assert again.exit_code == 2 and "in the record already" in again.stderr
    mixed = CliRunner().invoke(main, ["import", str(first), "--record", record])
    assert mixed.exit_code == 2 and "accounts of its own" in mixed.stderr
    reading = CliRunner().invoke(main, ["read", "examples", "--record", str(other)])
    assert reading.exit_code != 0 and "holds imported events" in reading.stderr


def test_a_line_that_is_no_event_is_told_and_the_rest_goes_on(record, tmp_path):
    path = export(record, "jsonl", tmp_path, "--profile", "full")
    path.write_text("{}\nmoon\n" + path.read_text())
    result = CliRunner().invoke(main, ["import", str(path), "--record", str(tmp_path / "new.sqlite")])
    assert result.exit_code == 1 and f"{path}:1: no event" in result.stderr and f"{path}:2: no event" in result.stderr
    assert "2 lines left out" in result.stderr


def test_a_filter_that_nothing_fits_is_told(record):
    result = CliRunner().invoke(main, ["export", "csv", "--place", "Atlantis", "--record", record])
    assert result.exit_code == 0 and "no event fits the filter" in result.stderr and len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["moon"], "format 'moon' is unknown"),
        (["csv", "--rule", "moon"], "--rule 'moon' is unknown"),
        (["csv", "--licence", " "], "--licence is empty"),
        (["csv", "--today", "moon"], "--today 'moon' is no day"),
        (["csv", "-o", "/nonexistent/x.csv"], "cannot be written"),
        (["parquet", "-o", "/nonexistent/x.parquet"], "cannot be written"),
        (["csv", "-o", "/tmp/" + 250 * "a"], "cannot be written"),
    ],
)
def test_wrong_input_is_one_clear_line(record, words, says):
    result = CliRunner().invoke(main, ["export", *words, "--record", record])
    assert result.exit_code == 2 and says in result.stderr and result.stderr.count("\n") == 1
