"""`khronika serve` as it is started: what it says, whom it serves, what it refuses."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from khronika.cli import main
from khronika.record import open_record
from tests.factories import NOON
from tests.web.conftest import ROOT, client_of


def test_serve_says_where_and_answers(copied: Path) -> None:
    command = [sys.executable, "-m", "khronika", "serve", "--record", str(copied), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout
        said = server.stdout.readline()
        assert said.startswith("http://127.0.0.1:") and "profile full" in said
        with urllib.request.urlopen(said.split()[0], timeout=20) as answer:
            assert answer.status == 200 and b"Local use" in answer.read()
        with pytest.raises(urllib.error.HTTPError, match="421"):
            urllib.request.urlopen(urllib.request.Request(said.split()[0], headers={"Host": "evil.example"}), timeout=20)
        server.terminate()
        assert server.wait(10) in (0, -15)
    with open_record(str(copied), read_only=True, clock=lambda: NOON) as record:
        assert [entry.key for entry, _ in record.entries(kind="use")][-1] == "serve"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--host", "0.0.0.0", "--profile", "full"], 2, "for the loopback alone"),
        (["--trusted-proxy", "127.0.0.1", "--profile", "full"], 2, "for the loopback alone"),
        (["--boundaries", "nowhere.geojson"], 2, "nowhere.geojson"),
        (["--record", "nowhere.sqlite"], 3, "no record there"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(copied: Path, options: list[str], code: int, said: str) -> None:
    record = [] if "--record" in options else ["--record", str(copied)]
    done = CliRunner().invoke(main, ["serve", *record, *options])
    assert done.exit_code == code and said in done.stderr


def test_an_empty_record_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite"
    open_record(str(path), clock=lambda: NOON).close()
    with client_of(path) as client:
        assert "No events yet" in client.get("/").text
        assert client.get("/api/timeline").json()["days"] == [] and client.get("/api/marks").json()["marks"] == []
        assert client.get("/feed.atom").status_code == 200 and client.get("/api/exports/csv").status_code == 200


def test_own_tiles_and_boundaries(copied: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines.geojson"
    lines.write_text('{"type": "FeatureCollection", "features": []}')
    with client_of(copied, tiles="https://{s}.tile.example/{z}/{x}/{y}.png", tiles_credit="Tiles © us", boundaries=str(lines)) as client:
        page = client.get("/")
        assert "img-src 'self' data: https://*.tile.example;" in page.headers["content-security-policy"]
        assert 'data-tiles="https://{s}.tile.example/' in page.text and "Tiles © us" in page.text
        assert client.get("/api/boundaries").json()["features"] == []
    with client_of(copied) as client:
        assert client.get("/api/boundaries").status_code == 404


@pytest.mark.parametrize("command", [["serve"], ["site", "out"], ["policy", "check"]])
def test_without_the_extra_it_says_what_to_install(command: list[str], copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "uvicorn" else found(name, *more))
    done = CliRunner().invoke(main, [*command, "--record", str(copied)])
    assert done.exit_code == 2 and "khronika[web]" in done.stderr
