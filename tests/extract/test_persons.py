"""Names of people are found wherever they stand, and places, bodies and months are not taken for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khronika.extract.persons import find_persons
from khronika.extract.segments import segments_of
from khronika.types import Text


def names_in(body: str, title: str | None = None) -> list[str]:
    text = Text(id="t", document_id="d", body=body, title=title, cleaner="test", language="en")
    return [quote.words for quote in find_persons(text, segments_of(text))]


FOUND = [
    ("Oleh Varenko fled the town. Varenko’s house burned.", ["Oleh Varenko", "Varenko"]),
    ("President Skaldir spoke first.", ["Skaldir"]),
    ("Gen. Tove Brandt-Ness and her driver survived.", ["Tove Brandt-Ness"]),
    ("The dead man was named Quill Harrowgate.", ["Quill Harrowgate"]),
    ("Teklan Orvo, 34, was hurt.", ["Teklan Orvo"]),
    ("“It burned,” said Omar al-Hadiri of the clinic.", ["Omar al-Hadiri"]),
    ("A letter from Ludwig van der Meer was found.", ["Ludwig van der Meer"]),
    ("The mayor, Teklan Orvo, was not there.", ["Teklan Orvo"]),
    ("Orvo said the road was closed.", ["Orvo"]),
    ("The guard freed Kevin King on Monday.", ["Kevin King"]),
    ("His wife, Raisa, survived.", ["Raisa"]),
    ("Teklan Orvo told the court that he knew nothing. Later Orvo left.", ["Teklan Orvo", "Orvo"]),
]


@pytest.mark.parametrize(("body", "names"), FOUND, ids=[f[1][0] for f in FOUND])
def test_found(body: str, names: list[str]) -> None:
    assert names_in(body) == names


@pytest.mark.parametrize(
    "body",
    [
        "The Ministry of Defence said that Moscow had withdrawn from Kherson on Monday.",
        "In Abu Dhabi and Tel Aviv the Islamic Jihad was blamed.",
        "On Feb. 24 the Ukrainian Armed Forces left Khan Younis Street.",
        "About 50 soldiers of the Northern Army reached New York.",
    ],
)
def test_not_taken(body: str) -> None:
    assert names_in(body) == []


def test_title_is_read_and_its_names_carry_over() -> None:
    assert names_in("Later Orvo left the town.", title="Oleh Orvo resigns") == ["Oleh Orvo", "Orvo"]


@given(st.lists(st.sampled_from(["Oleh", "Orvo", "Mr.", "al-", "van", "der", "’s", ",", "34,", "said", "“", "\n\n", "İvo", "Ł", "😀", "O’Neill", "named", "."]), max_size=40))
def test_spans_are_exact_and_apart(words: list[str]) -> None:
    text = Text(id="t", document_id="d", body=" ".join(words), cleaner="test")
    found = find_persons(text, segments_of(text))
    assert all(text.body[quote.start : quote.end] == quote.words for quote in found)
    assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False))
