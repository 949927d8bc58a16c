"""`khronika article --explain`: what the rules find too, and where the two ways of reading differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from khronika.cli import main
from khronika.extract import EXTRACTORS
from khronika.extract.rules import RulesExtractor
from khronika.types import Reading, Text

REPORT = "A drone struck a fuel depot near Kherson on Monday, killing two guards.\n\nGunmen shot dead the mayor of Odesa on Tuesday, police said.\n"


class Other(RulesExtractor):
    """The rules, but that the first event is held for alleged and the second is not seen."""

    def read(self, text: Text) -> Reading:
        reading = super().read(text)
        return replace(reading, by="other@1", mentions=(replace(reading.mentions[0], status="alleged"),))


def test_article_explain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report, record = tmp_path / "a.txt", str(tmp_path / "r.sqlite")
    report.write_text(REPORT, encoding="utf-8")
    assert CliRunner().invoke(main, ["read", str(report), "--published", "2026-03-05", "--extractor", "rules", "--record", record]).exit_code == 0
    same = CliRunner().invoke(main, ["article", str(report), "--record", record, "--explain"])
    assert same.exit_code == 0 and "only" not in same.stdout
    monkeypatch.setitem(EXTRACTORS, "rules", lambda model: Other())
    told = CliRunner().invoke(main, ["article", str(report), "--record", record, "--explain"]).stdout
    assert "status occurred (rules@" in told and "alleged (other@1)" in told
    assert "only rules@" in told and ": attack" in told
