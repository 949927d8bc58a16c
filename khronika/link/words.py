"""Text in, weighted terms out: what two tellings share in words, rare words counting more.

The rule: weights come from the committed table data/link/words.toml alone, so that two accounts compare alike in every record.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import cache

from khronika import config
from khronika.text import fold

Vector = dict[str, float]
"""Terms with weights, in the order of the alphabet; the squares sum to one."""

SMOOTH = 20
"""Texts of ten thousand that any term is held to be in: names beyond the table do not drown the rest."""
_TERM = re.compile(r"\w+")
_SUFFIXES = (("ies", "y"), ("sses", "ss"), ("ings", ""), ("ing", ""), ("eds", ""), ("ed", ""), ("es", ""), ("s", ""))


@cache
def stem(word: str) -> str:
    """A folded word without its English ending; crude, and the same for both sides."""
    irregular: dict[str, str] = _table()["irregular"]
    word = irregular.get(word, word)
    if len(word) < 5 or word.isdigit():
        return word
    for ending, instead in _SUFFIXES:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not (ending == "s" and word.endswith(("ss", "us", "is"))):
            word = word[: -len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def plain(text: str) -> str:
    """The text folded; the short way for plain ASCII."""
    return text.lower() if text.isascii() else fold(text)


def terms_of(text: str) -> list[str]:
    """Stems of all words that carry meaning, in order; numbers stay."""
    stop = _stop()
    return [stem(word) for word in _TERM.findall(plain(text)) if word not in stop and (len(word) > 1 or word.isdigit())]


def weight(term: str) -> float:
    """How rare a term is: natural log of (texts / texts with it), highest for a term not in the table."""
    found = _weights().get(term)
    return _unseen() if found is None else found


def vector(terms: Iterable[str]) -> Vector:
    """Terms by sublinear count and rarity, at length one; empty where there are none."""
    counts: dict[str, int] = {}
    for term in terms:
        counts[term] = counts.get(term, 0) + 1
    raw = {term: (1 + math.log(n)) * weight(term) for term, n in counts.items()}
    length = math.sqrt(sum(value * value for value in raw.values()))
    return {term: raw[term] / length for term in sorted(raw)} if length else {}


def cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Similarity of two vectors, 0 to 1."""
    if len(a) > len(b):
        a, b = b, a
    return sum([value * b[term] for term, value in a.items() if term in b])


def rarest(terms: Iterable[str], n: int) -> list[str]:
    """The n rarest different terms, ties by the alphabet."""
    return sorted(set(terms), key=lambda term: (-weight(term), term))[:n]


@cache
def _weights() -> dict[str, float]:
    texts = _table()["texts"]
    return {term: math.log(texts / (n + SMOOTH)) for n, terms in _table()["seen_in"].items() for n in (int(n),) for term in terms.split()}


@cache
def _unseen() -> float:
    return math.log(_table()["texts"] / SMOOTH)


@cache
def _stop() -> frozenset[str]:
    return frozenset(_table()["stop"].split())


def _table() -> dict:  # type: ignore[type-arg]
    return config.data("link/words.toml")
