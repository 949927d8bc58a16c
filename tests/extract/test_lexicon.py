"""Patterns of words are compiled when they are first asked for, so that a wrong one must show here."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from khronika.errors import DataError
from khronika.extract import headcounts, joining, kinds, phrases, roles, setting, tolls
from khronika.extract.lexicon import Words, compile_words, load

TABLES = {
    "lexicon": lambda: vars(load("en")), "tolls": lambda: tolls._patterns("en"), "numbers": lambda: headcounts.numbers("en"),
    "frames": lambda: roles._frames("en"), "joins": lambda: joining._patterns("en"), "kinds": lambda: kinds._signs("en"),
    "setting": lambda: setting._signs("en"), "phrases": lambda: phrases.classes("en"),
}  # fmt: skip


def words_in(value: Any) -> Iterator[Words]:
    if isinstance(value, Words):
        yield value
    elif dataclasses.is_dataclass(value):
        yield from words_in(vars(value))
    elif isinstance(value, dict | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from words_in(inner)


@pytest.mark.parametrize("name", TABLES)
def test_every_pattern_of_the_data_compiles(name: str) -> None:
    found = list(words_in(TABLES[name]()))
    assert found
    for words in found:
        words.search("a")
        words.search("\u0130")  # two characters in lower case: the slow way


def test_a_wrong_pattern_is_named() -> None:
    with pytest.raises(DataError, match="smoke"):
        compile_words("smoke(").search("smoke over the depot")
