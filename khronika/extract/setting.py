"""A text and one of its occurrences in, whether that belongs to a conflict out: sport, markets, weather and mishaps borrow its words.

The rule: an occurrence stays where its own sentences name arms, parties or deeds of a conflict, or the text as a whole does so more than
it speaks of peaceful trades; the words of neither leave the decision to the strength of the trigger.
"""

from __future__ import annotations

from functools import cache

from khronika import config
from khronika.extract.lexicon import Words, compile_words
from khronika.extract.segments import Segment

SURE = 0.75
"""Strength from which an occurrence stays in a text that names neither arms nor peaceful trades."""
SURE_SHORT = 0.3
"""The same for the few words of a snippet, whose silence on arms says little."""
CLEAR = 4
"""So many more words of conflict settle the matter before the text ends."""
PUBLIC = frozenset({"peaceful_protest", "protest_with_intervention", "excessive_force_against_protesters", "violent_demonstration", "agreement"})


@cache
def _signs(language: str) -> dict[str, Words]:
    return {name: compile_words(value) for name, value in config.data(f"lexicon/{language}/setting.toml").items()}


class Setting:
    """How much of a text's first sentences speaks of conflict, and how much of peaceful trades."""

    def __init__(self, segments: list[Segment], language: str, short: bool = False) -> None:
        self._short, self._sure = short, SURE_SHORT if short else SURE
        self._signs = _signs(language)
        armed: set[str] = set()
        quiet: set[str] = set()
        for segment in segments[:60]:
            armed.update(word.casefold() for word in self._signs["armed"].findall(segment.words))
            quiet.update(word.casefold() for word in self._signs["quiet"].findall(segment.words))
            if len(armed) > len(quiet) + CLEAR:
                break
        self._armed, self._quiet = len(armed), len(quiet)
        self._harm = short and any(self._signs["harm"].search(segment.words) for segment in segments)

    def holds(self, own: list[Segment], kind: str, strength: float) -> bool:
        """Whether an occurrence of this kind, told in these sentences, belongs to a conflict."""
        if self._armed > self._quiet:
            return True
        words = " ".join(segment.words for segment in own)
        if self._signs["armed"].search(words) and not self._signs["quiet"].search(words):
            return True
        if self._quiet:
            return self._armed >= self._quiet and strength >= self._sure and (self._short or bool(self._signs["armed"].search(words)))
        return kind in PUBLIC or strength >= SURE or (strength >= self._sure and self._harm)
