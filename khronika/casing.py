"""A text in small letters or in capitals alone goes in, the same text with the capitals that its names would have comes out, letter for letter in the same places.

The rule: a word gets a capital where its own habit, its neighbours and its form together speak for one; what is read in such a text is quoted as it was written (`worded`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeVar

import msgspec

from khronika import config
from khronika.types import Quote, Text

FILE = "lexicon/en/casing.json"
LETTERS, FEW = 40, 15
"""Letters that a text must have before its size says anything; in small letters without a single capital fewer will do."""
RARE = 0.01
"""Share of letters in the other size up to which a text counts as being of one size."""
COMMON = -20
"""Tenths of log odds from which down a word is hardly ever a name."""

LEAST = -0.7
"""Log odds from which a word gets a capital: a name left small is worse than a word that gets one too many."""

SURELY = 1.5
"""The same for a word of a phrase without its text, where a capital means that the word is masked."""
LONGEST_ACRONYM = 6

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_OPENING = re.compile(r"(?:^|[.!?…:]['\"”’)\]]*\s+|\n\s*\n\s*)[\"'“‘(\[]*$")
_TITLES = frozenset("mr mrs ms dr gen col lt capt maj sgt st sen rep gov prof rev hon vs jr sr adm brig".split())
_IRISH = re.compile("[od]['’].{3}")

T = TypeVar("T")


class Habit(NamedTuple):
    """What is known of words: each table in tenths of log odds for a capital, `acronyms` are written in capitals throughout."""

    words: dict[str, int]
    acronyms: frozenset[str]
    ends: dict[str, int]
    before: dict[str, int]
    after: dict[str, int]
    weights: dict[str, float]


@cache
def _habit() -> Habit:
    given: dict[str, Any] = config.data_json(FILE)
    words, ends, before, after = ({word: int(odds) for odds, held in given[name].items() for word in held.split()} for name in ("words", "ends", "before", "after"))
    return Habit(words, frozenset(given["acronyms"].split()), ends, before, after, given["weights"])


@lru_cache(8)  # asked for one text by each stage that reads it
def is_caseless(body: str) -> bool:
    """Whether words are written in small letters alone, or in capitals alone."""
    small = sum(map(str.islower, body))
    large = sum(map(str.isupper, body))
    return small + large >= LETTERS and min(small, large) <= RARE * (small + large) or not large and small >= FEW


def is_common(word: str) -> bool:
    """Whether a word in small letters is hardly ever a name."""
    return _habit().words.get(base_of(word), 0) <= COMMON


class Word(NamedTuple):
    """One word in small letters; whether a sentence begins with it, and whether it stands in brackets by itself."""

    start: int
    end: int
    small: str
    opens: bool
    bracketed: bool


def words_in(body: str) -> list[Word]:
    """The words of a text; a full stop behind a title or an initial ends no sentence."""
    found: list[Word] = []
    for match in WORD.finditer(body):
        start, end = match.span()
        opens = bool(_OPENING.search(body, max(0, start - 8), start)) if start else True
        if opens and found and body[found[-1].end : start].startswith(". ") and (len(found[-1].small) == 1 or found[-1].small in _TITLES):
            opens = False
        small = "".join(map(_small, match.group()))
        found.append(Word(start, end, small, opens, body[start - 1 : start] in ("(", "[") and body[end : end + 1] in (")", "]")))
    return found


def signs(words: list[Word], at: int, capital_before: bool, habit: Habit) -> Iterator[tuple[str, float]]:
    """What speaks for a capital of a word: the name of each sign and how strongly it holds."""
    word, own = words[at].small, habit.words.get(base_of(words[at].small))
    before = words[at - 1].small if at and not words[at].opens else ""
    after = words[at + 1].small if at + 1 < len(words) and not words[at + 1].opens else ""
    if own is None:
        yield "unknown", 1.0
        yield "end", habit.ends.get(word[-3:], habit.ends.get(word[-2:], 0)) / 10
        yield "unknown behind a capital", float(capital_before)
    else:
        yield "own", own / 10
        yield "own, in doubt, behind a capital", float(capital_before and abs(own) < 30)
    yield "before", habit.before.get(before, 0) / 10
    yield "after", habit.after.get(after, 0) / 10
    yield "behind a capital", float(capital_before)
    following = habit.words.get(base_of(after)) if after else -60
    yield "before an unknown", float(following is None)
    yield "before one that likes a capital", max(0, following or 0) / 10
    yield "in doubt, before one that likes a capital", float(own is not None and abs(own) < 30 and (following is None or following > 10))
    yield "one letter", float(len(word) == 1)


def base_of(word: str) -> str:
    """A word without its possessive."""
    return re.sub("['’]s$", "", word)


def odds_of(words: list[Word], habit: Habit | None = None) -> list[float]:
    """The log odds that each word has a capital of its own, that of a sentence's beginning left out."""
    habit = habit or _habit()
    found: list[float] = []
    for at, word in enumerate(words):
        near = at > 0 and found[-1] > LEAST and not word.opens and word.start - words[at - 1].end <= 2
        found.append(habit.weights["constant"] + sum(habit.weights[name] * value for name, value in signs(words, at, near, habit)))
    return found


def capitals(words: list[Word], habit: Habit | None = None) -> list[bool]:
    """Whether each word gets a capital of its own."""
    return [odds > LEAST for odds in odds_of(words, habit)]


def cased(body: str, habit: Habit | None = None) -> str:
    """The text with capitals, as long as it was; letters that change their length with their size stay as they are."""
    letters = list(map(_small, body))
    words, habit = words_in(body), habit or _habit()
    behind_name = False
    for word, capital in zip(words, capitals(words, habit), strict=True):
        base = base_of(word.small)
        if base in habit.acronyms or word.bracketed and behind_name and base not in habit.words and len(base) <= LONGEST_ACRONYM:
            raised = range(word.start, word.start + len(base))
        else:
            raised = range(word.start, word.start + (capital or word.opens))
        for at in (*raised, *([word.start + 2] if capital and _IRISH.match(word.small) else [])):
            letters[at] = large(letters[at])
        behind_name = capital
    return "".join(letters)


def names_raised(words: str) -> str:
    """A phrase in small letters with capitals where its words are surely names; it begins no sentence."""
    letters = list(words)
    found = words_in(words)
    for word, odds in zip(found, odds_of(found), strict=True):
        if odds > SURELY:
            letters[word.start] = large(letters[word.start])
    return "".join(letters)


def large(letter: str) -> str:
    """A letter as a capital, where that is one letter too."""
    return capital if len(capital := letter.upper()) == 1 else letter


def _small(letter: str) -> str:
    return small if len(small := letter.lower()) == 1 else letter


def with_capitals(text: Text) -> Text:
    """The same text, its body with capitals, and a title without any too; the text itself where it has them, or is in another language than English."""
    if (text.language or "en") != "en" or not is_caseless(text.body):
        return text
    title = text.title
    if title and title in (title.lower(), title.upper()):
        title = cased(title)
    return msgspec.structs.replace(text, body=cased(text.body), title=title)


def worded(value: T, text: Text) -> T:
    """The same value, its quotes in the words that stand in a text at their places (names of actors and places stay with their capitals)."""
    if isinstance(value, Quote):
        whole = text.body if value.within == "body" else text.title or ""
        return msgspec.structs.replace(value, words=whole[value.start : value.end])
    if isinstance(value, msgspec.Struct):
        changed = {name: new for name in value.__struct_fields__ if (new := worded(old := getattr(value, name), text)) is not old}
        return msgspec.structs.replace(value, **changed) if changed else value
    if isinstance(value, (tuple, list)):
        found = [worded(one, text) for one in value]
        return type(value)(found) if any(a is not b for a, b in zip(found, value, strict=True)) else value
    return value
