"""Judgements and forecasts told from plain reports; whole sentences; offsets hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khronika.extract.outlook import find_outlook
from khronika.extract.segments import segments_of
from khronika.types import Text


def make_text(body: str) -> Text:
    return Text(id="t", document_id="d", body=body, cleaner="test", language="en")


FORECASTS = [
    ("The northern army will likely try to cross the river in the coming weeks, analysts said.", "will likely", "in the coming weeks"),
    ("The movement could soon cut the road to the port.", "could soon", "soon"),
    ("A new offensive is expected by the end of summer.", "is expected", "by the end of summer"),
]


@pytest.mark.parametrize(("body", "likelihood", "horizon"), FORECASTS, ids=[f[1] for f in FORECASTS])
def test_forecast(body: str, likelihood: str, horizon: str) -> None:
    text = make_text(body)
    _, (forecast,) = find_outlook(text, segments_of(text), [])
    assert forecast.quote.words == body
    assert forecast.likelihood is not None and forecast.likelihood.words == likelihood
    assert forecast.horizon is not None and forecast.horizon.words == horizon


ASSESSMENTS = [
    ("The northern forces are increasingly exhausted and lack the strength to hold the whole region.", "capability"),
    ("Attacks on the occupation are growing and the situation along the front is getting worse.", "trend"),
]


@pytest.mark.parametrize(("body", "topic"), ASSESSMENTS, ids=[a[1] for a in ASSESSMENTS])
def test_assessment(body: str, topic: str) -> None:
    text = make_text(body)
    (assessment,), _ = find_outlook(text, segments_of(text), [])
    assert (assessment.quote.words, assessment.topic, assessment.by) == (body, topic, None)


def test_voice_and_chain() -> None:
    body = "Harbour News quoted Ivo Marten as saying that the rebels are too weak to control the region."
    text = make_text(body)
    (assessment,), _ = find_outlook(text, segments_of(text), [])
    assert assessment.by is not None and assessment.by.words == "Ivo Marten"
    assert [quote.words for quote in assessment.chain] == ["Harbour News"]


@pytest.mark.parametrize(
    "body", ["Two people were killed on Monday when a shell hit a mill in Orlivka.", "Police arrested four men on Friday.", "Read more here.", "He was born in March."]
)
def test_neither(body: str) -> None:
    text = make_text(body)
    assert find_outlook(text, segments_of(text), []) == ((), ())


@given(st.lists(st.sampled_from(["will", "likely", "is", "growing", "weak", "forces", ".", "“", "\n", "said", "soon", "İ", "😀", "The", "said,"]), max_size=40))
def test_spans_are_exact(words: list[str]) -> None:
    text = make_text(" ".join(words))
    assessments, forecasts = find_outlook(text, segments_of(text), [])
    for quote in [a.quote for a in assessments] + [q for f in forecasts for q in (f.quote, f.likelihood, f.horizon) if q]:
        assert text.body[quote.start : quote.end] == quote.words


@pytest.mark.parametrize(
    "body",
    [
        "The bridge at Orlivka was destroyed on 5 May 2025 in an attack by the navy.",
        "In May the two sides met in Harbour City and signed the accord.",
        "May 7 was the day of the burial, and the whole town came.",
        "The claims of both sides could not be verified.",
        'The company sold its film "What Will Be Found" to a channel in March.',
    ],
)
def test_the_past_is_no_forecast(body: str) -> None:
    text = make_text(body)
    assert find_outlook(text, segments_of(text), [])[1] == ()


def test_may_the_verb_and_may_the_month() -> None:
    text = make_text("The rebels may attack the port in May, analysts said.")
    _, (forecast,) = find_outlook(text, segments_of(text), [])
    assert forecast.likelihood is not None and forecast.likelihood.words == "may"
    assert forecast.horizon is not None and forecast.horizon.words == "in May"
