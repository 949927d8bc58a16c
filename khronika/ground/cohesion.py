"""Two sentences of a text in, signs that they tell of the same occurrence out: words, sites and numbers that both name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from khronika import config
from khronika.text import Span

_WORD = re.compile(r"[a-z]{3,}|\d+")
_STEM = 6
"""Letters by which two words are held to be one."""


@cache
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """Words that say nothing, and stems of the kinds of sites ("prison")."""
    raw = config.data("place/en.toml")
    return frozenset(raw["common"].split()) | frozenset(raw["says"].split()), frozenset(word[:_STEM] for word in raw["site_words"].split())


def stems_of(words: str) -> frozenset[str]:
    """The words written small and the numbers of a phrase, each by its first letters."""
    empty, _ = _lists()
    return frozenset(word[:_STEM] for word in _WORD.findall(words) if word not in empty)


class Cohesion:
    """The sentences of one text, each looked at once."""

    def __init__(self, text: str, sentences: Sequence[Span]) -> None:
        self._text, self._sentences = text, sentences
        self._stems: dict[int, frozenset[str]] = {}

    def stems(self, number: int) -> frozenset[str]:
        """The stems of a sentence."""
        if number not in self._stems:
            self._stems[number] = stems_of(self._text[slice(*self._sentences[number])] if self._sentences else self._text)
        return self._stems[number]

    def signs_to(self, own: int, trigger: str) -> Callable[[int, str], set[str]]:
        """What each sentence shares with an event's own sentence and with its trigger, by itself and with the position of the names in it; looked at once a
        sentence, whatever the number of its names."""
        here, named = self.stems(own), stems_of(trigger.lower())

        @cache
        def signs(number: int, position: str) -> set[str]:
            words = self.stems(number)
            common = words & here
            found = {f"shared {next((most for most in (0, 1, 2, 4) if len(common) <= most), 'more')}"}
            if not words.isdisjoint(named):
                found.add("names the trigger")
            if not common.isdisjoint(_lists()[1]):
                found.add("shares a site")
            if any(word[0].isdigit() for word in common):
                found.add("shares a number")
            return found | {f"{position}, {sign}" for sign in found}

        return signs
