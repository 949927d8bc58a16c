"""The words of a report in, the signs by which one occurrence is told from another out: countries, names, dead, means, targets, and whether it is news.

The rule: signs are read from the words alone, whatever the extractor made of them, so that a misread place or kind is not the last word.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Set
from functools import cache
from typing import Literal

import msgspec

from khronika import config
from khronika.link.words import plain, stem, terms_of, weight

NAMED = 3.9
"""Least weight of a capitalised word that is a name: in fewer than 20 of 1,000 texts."""
UNSEEN = 6.0
"""The same where a sentence begins with it: in no table."""
TITLE_CASE = 0.6
"""Share of capitalised words from which capitals in a title say nothing."""
LARGE = 9
"""Counts above this seldom agree by chance."""
_WORD = re.compile(r"[\w’'-]+")
_FIRST = re.compile(r"(?:^|[.!?:]\s*[\"'”’]?\s*)$")
_GENITIVE = re.compile(r"['’]s?$")


class Signs(msgspec.Struct, frozen=True):
    """What a title and an opening tell by their words alone."""

    terms: dict[str, float]
    """Stems with their weights."""
    countries: frozenset[str]
    names: frozenset[str]
    dead: frozenset[int]
    means: frozenset[int]
    targets: dict[int, float]
    """Groups of words for what was struck, with the weight of the rarest one used."""
    fillers: frozenset[str]
    """Words of the means and targets."""
    another: bool
    follows: bool


def read_signs(title: str, opening: str, told: Iterable[str]) -> Signs:
    """The signs of a report; both may be empty. `told` are the terms of both."""
    text = f"{title} . {opening}"
    low = text.lower()  # much faster than to ignore case
    terms = sorted(set(told))
    return Signs(
        terms={term: weight(term) for term in terms},
        countries=frozenset(_countries()[name] for name in _country_names().findall(text)),
        names=frozenset(_names(title, opening)),
        dead=_dead(low),
        means=_groups_of(terms, "means"),
        targets=_rarest_of(terms, "targets"),
        fillers=frozenset(term for term in terms if term in _groups("means") or term in _groups("targets")),
        another=_patterns("another")[0].search(low) is not None,
        follows=_patterns("follows")[0].search(low) is not None,
    )


def shared_weight(a: Signs, b: Signs) -> float:
    """How much rarity the words that both use have in all."""
    return math.fsum(map(a.terms.__getitem__, a.terms.keys() & b.terms.keys()))


def same_countries(a: Signs, b: Signs) -> Literal["same", "some shared", "none shared", "unknown"]:
    """Whether two reports name the same countries, by name, adjective or capital."""
    if not a.countries or not b.countries:
        return "unknown"
    return "same" if a.countries == b.countries else "some shared" if a.countries & b.countries else "none shared"


def shared_names(a: Signs, b: Signs) -> str:
    """How many rare names of one report the other has too, up to 4; where none, whether both name somebody or some place."""
    if not a.names and not b.names:
        return "unknown"
    shared = (a.names & b.terms.keys()) | (b.names & a.terms.keys())
    return str(min(len(shared), 4)) if shared else "none, both name" if a.names and b.names else "none, one names"


def same_dead(a: Signs, b: Signs) -> str:
    """Whether two reports count the dead alike."""
    if not a.dead or not b.dead:
        return "unknown"
    if a.dead & b.dead:
        return "equal, 10 or more" if max(a.dead & b.dead) > LARGE else "equal"
    return "close" if any(abs(x - y) <= max(1, min(x, y) / 3) for x in a.dead for y in b.dead) else "differ"


def shared_rarity(a: dict[int, float], b: dict[int, float]) -> float:
    """How much rarity the groups that both have hold in all, each as rare as its more common word."""
    return math.fsum(min(a[group], b[group]) for group in a.keys() & b.keys())


def alike(a: Set[int], b: Set[int]) -> str:
    """How far two sets agree."""
    if not a or not b:
        return "unknown"
    if a == b:
        return "same"
    shared = len(a & b)
    return "none shared" if not shared else "half shared" if 2 * shared >= len(a | b) else "some shared"


def _groups_of(terms: list[str], which: str) -> frozenset[int]:
    groups = _groups(which)
    return frozenset(number for term in terms for number in groups.get(term, ()))


def _rarest_of(terms: list[str], which: str) -> dict[int, float]:
    found: dict[int, float] = {}
    for term in terms:
        for number in _groups(which).get(term, ()):
            found[number] = max(found.get(number, 0.0), weight(term))
    return found


@cache
def _groups(which: str) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for number, words in enumerate(config.data("link/signs.toml")[which]):
        for term in sorted(set(terms_of(words))):
            found[term] = (*found.get(term, ()), number)
    return found


@cache
def _countries() -> dict[str, str]:
    """Names, adjectives and metonyms to country codes; in their own case, since "us" is no country."""
    found: dict[str, str] = {}
    for code, (adjectives, names) in config.data("demonyms.toml")["country"].items():
        for adjective in adjectives.split("|"):
            found[adjective] = found[f"{adjective}s"] = code
        found.update(dict.fromkeys(names, code))
    return found


@cache
def _country_names() -> re.Pattern[str]:
    by_letter: dict[str, list[str]] = {}  # so that a word is tried against names of its letter alone
    for name in sorted(map(re.escape, _countries()), key=len, reverse=True):
        by_letter.setdefault(name[0], []).append(name[1:])
    return re.compile(r"\b(?=[A-Z])(?:" + "|".join(f"{letter}(?:{'|'.join(rests)})" for letter, rests in by_letter.items()) + r")\b")


def _names(title: str, opening: str) -> set[str]:
    """Rare capitalised words that no sentence begins with, unless they are in no table; none of a title in title case."""
    found: set[str] = set()
    for text in (title, opening):
        words = [(match.start(), match.group()) for match in _WORD.finditer(text)]
        if text is title and sum(word[0].isupper() for _, word in words) > TITLE_CASE * len(words):
            continue
        for at, word in words:
            if word[0].isupper() and len(word) > 2:
                bare = _GENITIVE.sub("", word)
                name, least = stem(plain(bare)), UNSEEN if _FIRST.search(text[max(0, at - 5) : at]) else NAMED
                if weight(name) > least and bare not in _countries():
                    found.add(name)
    return found


def _dead(text: str) -> frozenset[int]:
    """Counts of dead as figures, from figures and number words in lower case."""
    return frozenset(int(stem(plain(match["n"]))) for pattern in _patterns("dead") for match in pattern.finditer(text))


@cache
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    listed = config.data("link/signs.toml")[name]
    return tuple(map(re.compile, [listed] if isinstance(listed, str) else listed))
