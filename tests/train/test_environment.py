"""`make train` makes an environment of its own: all that its modules import must be in it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = {"bench", "khronika", "train"}


def imported() -> set[str]:
    found: set[str] = set()
    for path in (path for path in (ROOT / "train").rglob("*.py") if "work" not in path.relative_to(ROOT).parts):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - OURS


def test_the_trainers_environment_has_all_that_it_imports() -> None:
    lines = re.findall(r"train/work/env/bin/pip install (.+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    core = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    installed = {re.split(r"[=<>\[;~ ]", word)[0].lower().replace("-", "_") for line in lines for word in line.split()} | {re.split(r"[=<>\[;~ ]", name)[0].lower() for name in core}
    assert {"torch", "scipy"} <= imported() and imported() <= installed
