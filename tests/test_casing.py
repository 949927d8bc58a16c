"""Texts in one size of letters get their capitals back: where, how exactly, and quoted as they were written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from khronika.casing import cased, is_caseless, with_capitals, worded
from khronika.extract.rules import RulesExtractor
from khronika.types import Text
from tests.factories import make_quote

BODY = (
    "Gunmen of the National Liberation Army (ELN) kidnapped engineer Carlos Mendoza near Barrancabermeja on Monday, the governor of Santander said. "
    "The army sent helicopters, according to Colonel Jaime Ruiz."
)


def text_of(body: str, language: str = "en") -> Text:
    return Text(id="t", document_id="d", body=body, cleaner="test", language=language)


@pytest.mark.parametrize("written", [BODY.lower(), BODY.upper()])
def test_names_get_their_capitals_back(written: str) -> None:
    given = cased(written)
    for name in ("Carlos Mendoza", "Barrancabermeja", "Monday", "Santander", "Jaime Ruiz", "(ELN)", "National Liberation Army"):
        assert name in given
    for word in ("kidnapped", "army sent helicopters", " on ", "said"):
        assert word in given


def test_what_is_of_one_size_is_told_from_what_is_not() -> None:
    assert is_caseless(BODY.lower())
    assert is_caseless(BODY.upper())
    assert not is_caseless(BODY)
    assert not is_caseless("two drones")  # too little to say
    assert is_caseless("petro hnatchuk was killed")
    assert not is_caseless("UNICEF AND UNDP")
    assert not is_caseless("北京" * 100)  # letters without a size


def test_a_text_that_has_capitals_or_is_in_another_language_is_left_alone() -> None:
    for text in (text_of(BODY), text_of(BODY.lower(), "de")):
        assert with_capitals(text) is text


@pytest.mark.parametrize(
    ("body", "given"),
    [
        ("i'm here, o'brien said, i've seen it", "I'm here, O'Brien said, I've seen it"),
        ("the suspect (kovac) fled", "The suspect (kovac) fled"),  # no name before it of which it is the short form
        ("it rained.\n\nnobody came\nand nobody went.", "It rained.\n\nNobody came\nand nobody went."),
        ("(İabc", "(İabc"),
    ],
)
def test_forms(body: str, given: str) -> None:
    assert cased(body) == given


@given(st.text(max_size=200) | st.text("(İaßŉﬁ'’. B\n", max_size=40))
def test_every_letter_keeps_its_place(body: str) -> None:
    given = cased(body)
    assert len(given) == len(body)
    assert all(a.casefold() == b.casefold() for a, b in zip(given, body, strict=True))


def test_a_title_that_has_capitals_keeps_its_own() -> None:
    text = replace(text_of(BODY.lower()), title="Gunmen shot Petro McAllister")
    assert with_capitals(text).title == text.title
    assert with_capitals(replace(text, title="COLOMBIA: ENGINEER KIDNAPPED")).title == "Colombia: Engineer kidnapped"


def test_quotes_are_put_back_as_they_were_written() -> None:
    text = replace(text_of(BODY.lower()), title="Engineer kidnapped")
    quote, title = make_quote("Carlos Mendoza", BODY), replace(make_quote("engineer"), within="title")
    assert worded((quote, [title], 3), text) == (replace(quote, words="carlos mendoza"), [replace(title, words="Engineer")], 3)


@pytest.mark.parametrize("written", [BODY.lower(), BODY.upper()])
def test_the_rules_read_a_text_of_one_size_like_any_other(written: str) -> None:
    reading, usual = (RulesExtractor().read(text_of(body)) for body in (written, BODY))
    assert [m.kind for m in reading.mentions] == [m.kind for m in usual.mentions] != []
    assert {q.words.casefold() for q in reading.persons} >= {q.words.casefold() for q in usual.persons}
    for mention in reading.mentions:
        for quote in (mention.trigger, *mention.evidence, *mention.where_words, *(v.quote for v in mention.victims)):
            assert quote.words == written[quote.start : quote.end]
