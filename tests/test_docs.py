"""Docs that cannot drift: commands, kinds, layers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click

from khronika import config
from khronika.cli import main
from khronika.types import KINDS

ROOT = Path(__file__).resolve().parents[1]


def test_every_command_is_in_the_readme_and_has_help() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, command in main.commands.items():
        assert command.help, name
        assert name in readme, f"{name} is not in README.md"
        if isinstance(command, click.Group):
            assert all(sub.help for sub in command.commands.values()), name


def test_kinds_of_the_data_are_the_kinds_of_the_types() -> None:
    named = set(config.data("kinds.toml"))
    assert named == set(KINDS)


def test_the_schema_names_all_kinds() -> None:
    found = json.loads((ROOT / "docs" / "reading.schema.json").read_text(encoding="utf-8"))
    assert tuple(found["$defs"]["account"]["properties"]["type"]["enum"]) == KINDS


def test_imports_run_downwards_only() -> None:
    done = subprocess.run([str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_decisions_are_short() -> None:
    for path in (ROOT / "docs" / "decisions").glob("*.md"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 40, path.name


def test_the_data_dictionary_is_made_from_the_types() -> None:
    from train.data_dictionary import lines

    written = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert written == "\n".join(lines()) + "\n", "run python -m train.data_dictionary"
