"""The word lists of a language in, compiled patterns out; loaded once a process.

Everything language-bound lies in data/lexicon/<code>/*.toml, so that a language is added by adding files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from khronika import config
from khronika.errors import DataError
from khronika.extract.branches import by_letter


@dataclass(frozen=True)
class Group:
    """One group of trigger words. `anchors`: beginnings of words, one of which a sentence must hold before the pattern is tried."""

    name: str
    kind: str
    default: str | None
    anchors: frozenset[str]
    pattern: Words


class Words:
    """A pattern of words, case ignored. The spans of a match are those of the text; what it quotes is in lower case.

    Text and pattern are put in lower case, which is several times faster than re.IGNORECASE. A pattern that minds case somewhere, `(?-i:...)`,
    and a text that changes its length in lower case go the slow way. A pattern is compiled when it is first asked for: a single report needs few.
    """

    __slots__ = ("_fast", "_minds_case", "_slow", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._minds_case = "(?-i:" in pattern
        self._fast: re.Pattern[str] | None = None
        self._slow: re.Pattern[str] | None = None

    def _for(self, text: str) -> tuple[re.Pattern[str], str]:
        low = text.lower()
        if self._minds_case or len(low) != len(text):
            if self._slow is None:
                self._slow = _compiled(self.pattern, re.IGNORECASE)
            return self._slow, text
        if self._fast is None:
            self._fast = _compiled(_CAPITAL.sub(lambda match: match.group(1) or match.group().lower(), self.pattern))
        return self._fast, low

    def search(self, text: str) -> re.Match[str] | None:
        """The first match anywhere."""
        low = text.lower()
        if self._fast is not None and len(low) == len(text):  # as in `_for`, without a call: this is asked hundreds of times a text
            return self._fast.search(low)
        pattern, ready = self._for(text)
        return pattern.search(ready)

    def match(self, text: str) -> re.Match[str] | None:
        """The match at the start."""
        pattern, ready = self._for(text)
        return pattern.match(ready)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All matches in order."""
        pattern, ready = self._for(text)
        return pattern.finditer(ready)

    def findall(self, text: str) -> list[Any]:
        """What all matches, or their groups, quote."""
        pattern, ready = self._for(text)
        return pattern.findall(ready)


_CAPITAL = re.compile(r"(\\.|\(\?P)|[A-ZА-ЯІЇЄҐ]")  # escapes and the P of a named group stay


def _compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    try:
        return re.compile(by_letter(pattern), flags)
    except re.error as error:
        raise DataError(f"lexicon: {pattern[:80]!r}: {error}") from error


def compile_words(pattern: str, macros: dict[str, str] | None = None) -> Words:
    """A pattern with its {macros} filled in, case ignored; it raises DataError when first asked for if it is no regular expression."""
    for _ in range(3):
        for name, value in (macros or {}).items():
            pattern = pattern.replace("{" + name + "}", value)
    return Words(pattern)


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
        self.not_event: dict[str, Words] = {name: compile_words(value) for name, value in self._events["not_event"].items()}
        self.status: dict[str, Words] = {name: compile_words(value) for name, value in self._events["status"].items()}
        self.follow: dict[str, Words] = {name: compile_words(value) for name, value in self._events["follow"].items()}
        self.means: dict[str, Words] = {name: compile_words(value) for name, value in self._events["means"].items()}
        self.levels: dict[str, Words] = {name: compile_words(value) for name, value in self._events["levels"].items()}
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
