"""The word lists of a language in, compiled patterns out; loaded once a process.

Everything language-bound lies in data/lexicon/<code>/*.toml, so that a language is added by adding files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from khronika import config
from khronika.errors import DataError


@dataclass(frozen=True)
class Group:
    """One group of trigger words. `anchors`: beginnings of words, one of which a sentence must hold before the pattern is tried."""

    name: str
    kind: str
    default: str | None
    anchors: frozenset[str]
    pattern: re.Pattern[str]


def compile_words(pattern: str, macros: dict[str, str] | None = None) -> re.Pattern[str]:
    """A pattern with its {macros} filled in, case ignored.

    Raises:
        DataError: it is no regular expression.
    """
    for _ in range(3):
        for name, value in (macros or {}).items():
            pattern = pattern.replace("{" + name + "}", value)
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise DataError(f"lexicon: {pattern[:80]!r}: {error}") from error


class Lexicon:
    """Patterns of one language, by file and name."""

    def __init__(self, language: str) -> None:
        self.language = language
        raw = config.data(f"lexicon/{language}/triggers.toml")
        self.groups = tuple(_group(entry, raw["macros"]) for entry in raw["group"])
        self.by_anchor: dict[str, list[int]] = {}
        for number, group in enumerate(self.groups):
            for anchor in group.anchors:
                self.by_anchor.setdefault(anchor, []).append(number)
        self._events = config.data(f"lexicon/{language}/events.toml")
        self._roles = config.data(f"lexicon/{language}/roles.toml")
        self._tolls = config.data(f"lexicon/{language}/tolls.toml")
        self.not_event: dict[str, re.Pattern[str]] = {name: compile_words(value) for name, value in self._events["not_event"].items()}
        self.status: dict[str, re.Pattern[str]] = {name: compile_words(value) for name, value in self._events["status"].items()}
        self.follow: dict[str, re.Pattern[str]] = {name: compile_words(value) for name, value in self._events["follow"].items()}
        self.means: dict[str, re.Pattern[str]] = {name: compile_words(value) for name, value in self._events["means"].items()}
        self.levels: dict[str, re.Pattern[str]] = {name: compile_words(value) for name, value in self._events["levels"].items()}
        self.background = compile_words(self._events["background"]["cue"])
        self.rollup = compile_words(self._events["rollup"]["cue"])
        self.vague: dict[str, int] = config.data(f"conventions/{language}.toml")["low"]

    def roles(self) -> dict[str, Any]:
        """The lists for participants, as in the file."""
        return self._roles

    def tolls(self) -> dict[str, Any]:
        """The lists for counts, as in the file."""
        return self._tolls


def _group(entry: dict[str, Any], macros: dict[str, str]) -> Group:
    words = "|".join(f"(?:{word})" for word in entry["words"])
    return Group(
        name=entry["name"],
        kind=entry["kind"],
        default=entry.get("default"),
        anchors=frozenset(anchor.casefold()[:4] for anchor in entry["anchors"]),
        pattern=compile_words(rf"\b(?:{words})", macros),
    )


@cache
def load(language: str = "en") -> Lexicon:
    """The lexicon of a language.

    Raises:
        DataError: there is none, or it is wrong.
    """
    return Lexicon(language)
