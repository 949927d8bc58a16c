"""Patterns of many words, put together by their first letters."""

from __future__ import annotations

import re

import pytest

from khronika.extract.branches import by_letter

WORDS = "shell|shelled|bomb|rocket|bombing|drone|mine|raid|shelling|arson"


def spans(pattern: str, text: str, flags: int = 0) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(pattern, text, flags)]


def test_words_of_one_letter_stand_together_in_their_order() -> None:
    assert by_letter(rf"\b(?:{WORDS})\b") == r"\b(?:s(?:hell|helled|helling)|b(?:omb|ombing)|r(?:ocket|aid)|drone|mine|arson)\b"


@pytest.mark.parametrize(
    "pattern",
    [
        rf"\b(?:{WORDS})",
        rf"\b(?:{WORDS})\b",
        rf"(?P<what>{WORDS})(?:s|ed)?\b",
        rf"\b(?:s?hell|{WORDS}|\w+ strike|[ab]r?son|(?:old )?mine|raids|)\b",
        rf"(?<!no )\b(?:{WORDS}|a\|b|a[|)]b|[]x|]y)\b",
        rf"{WORDS}",
    ],
)
def test_the_same_is_matched(pattern: str) -> None:
    text = "No shell fell; shelling, bombing and an air strike: two mines, an old mine, a raid, raids, arson, hell, brson a|b a)b xy |y"
    assert spans(by_letter(pattern), text.lower()) == spans(pattern, text.lower())
    assert spans(by_letter(pattern), text, re.IGNORECASE) == spans(pattern, text, re.IGNORECASE)


@pytest.mark.parametrize("pattern", [rf"\b({WORDS})\b", rf"(?=(?:{WORDS}))\w", rf"(?-i:{WORDS})", rf"(?:{WORDS}|(b)y)", "shell|bomb|rocket"])
def test_what_is_counted_or_looked_round_for_is_left(pattern: str) -> None:
    assert by_letter(pattern) == pattern
