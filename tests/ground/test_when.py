"""Time expressions and days of events: tables in tests/cases/when*.toml, and what must hold for any text."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khronika.errors import UsageError
from khronika.ground.narrative import Dated, dated, years_of
from khronika.ground.periods import days_of
from khronika.ground.times import Meaning
from khronika.ground.when import find_times, when_of_mentions
from khronika.text import sentences
from khronika.types import Mention, Quote, Reading, Text

PUBLISHED = dt.date(2022, 7, 30)
CASES = Path(__file__).parents[1] / "cases"


def cases(name: str) -> list[Any]:
    found = tomllib.loads((CASES / name).read_text(encoding="utf-8"))["case"]
    return [pytest.param(case, id=case["text"][:50]) for case in found]


def published_of(case: dict[str, Any]) -> dt.date | None:
    given_day = case.get("published", PUBLISHED.isoformat())
    return dt.date.fromisoformat(given_day) if given_day else None


def text_of(body: str, published: dt.date | None, title: str | None = None) -> Text:
    return Text(id="t", document_id="d", body=body, cleaner="test", title=title, language="en", published=published)


def mention_of(words: str, body: str, *, within: str = "body", when_words: tuple[Quote, ...] = (), background: bool = False) -> Mention:
    at = body.index(words)
    quote = Quote(start=at, end=at + len(words), words=words, within="title" if within == "title" else "body")
    start, end = next((a, b) for a, b in sentences(body) if a <= at < b)
    whole = Quote(start=start, end=end, words=body[start:end], within=quote.within)
    return Mention(id=words, text_id="t", by="test", trigger=quote, kind="attack", evidence=(whole,), when_words=when_words, background=background)


def reading_of(*mentions: Mention) -> Reading:
    return Reading(text_id="t", by="test", mentions=mentions)


@pytest.mark.parametrize("case", cases("when.toml"))
def test_expressions_have_their_words_value_and_days(case: dict[str, Any]) -> None:
    found = [[t.words, t.type, t.value, t.first.isoformat() if t.first else "", t.last.isoformat() if t.last else ""]
             for t in find_times(case["text"], published_of(case))]  # fmt: skip
    assert found == case["times"]


@pytest.mark.parametrize("case", cases("when_mentions.toml"))
def test_events_have_their_days_and_basis(case: dict[str, Any]) -> None:
    mentions = [mention_of(words, case["text"], background=case.get("background", False)) for words in case["triggers"]]
    whens = when_of_mentions(text_of(case["text"], published_of(case)), reading_of(*mentions))
    assert [[w.start.isoformat() if w.start else "", w.end.isoformat() if w.end else "", w.basis] for w in whens] == case["days"]
    assert all(w.reason for w in whens)


def test_given_date_words_win_over_nearer_ones() -> None:
    body = "On Friday the office said that the depot was hit on 3 May."
    at = body.index("Friday")
    given_words = Quote(start=at, end=at + 6, words="Friday")
    when = when_of_mentions(text_of(body, PUBLISHED), reading_of(mention_of("hit", body, when_words=(given_words,))))[0]
    assert when.start == dt.date(2022, 7, 29)


def test_the_days_come_in_the_order_of_the_reading() -> None:
    body = "A car burned on 3 May. A bus burned on 9 May."
    first, second = mention_of("car", body), mention_of("bus", body)
    whens = when_of_mentions(text_of(body, PUBLISHED), reading_of(second, first))
    assert [w.start for w in whens] == [dt.date(2022, 5, 9), dt.date(2022, 5, 3)]


def test_a_title_has_its_own_offsets() -> None:
    title = "Bridge blown up on Monday"
    when = when_of_mentions(text_of("No date here.", PUBLISHED, title), reading_of(mention_of("blown up", title, within="title")))[0]
    assert when.quote is not None and when.quote.within == "title" and title[when.quote.start : when.quote.end] == when.quote.words == "Monday"


def test_what_the_body_tells_is_quoted_in_the_body() -> None:
    title, body = "Forces shelled market on Monday night", "Forces shelled the market again, the mayor said. It is the second time."
    when = when_of_mentions(text_of(body, PUBLISHED, title), reading_of(mention_of("shelled", body)))[0]
    assert when.quote is None or when.quote.within == "body"



def test_without_publication_day_the_reason_says_how_to_give_it() -> None:
    body = "A bus was hit on 4 June."
    when = when_of_mentions(text_of(body, None), reading_of(mention_of("hit", body)))[0]
    assert when.start is None and "--published" in when.reason


def test_an_impossible_day_is_named() -> None:
    assert "no day 31 in month 6" in find_times("It fell on 31 June.", PUBLISHED)[0].reason


def test_a_history_counts_from_the_date_told_before() -> None:
    body = ("The war began on 3 May 1911. In June the port fell. In July 1911 the north rose. In August the king fled. On 2 September 1911 a truce came. "
            "In October it broke. On 4 November the army left. In December 1911 the town starved. In January it fell. In March 1912 peace came. "
            "In April the army went home. In May 1912 it was over.")  # fmt: skip
    values = [t.value for t in find_times(body, dt.date(2009, 12, 19))]
    assert values[1] == "1911-06" and values[8] == "1912-01"


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(UsageError, match="xx: no grammar"):
        find_times("word", PUBLISHED, "xx")


WORDS = st.lists(st.sampled_from(
    "the a last next this of in on at from to between and early late May march June 31 30 12 5th 2022 1990s Monday night morning week weeks year years ago "
    "earlier later after before overnight today 10:30 p.m. quarter third summer fall century 490 BC Easter day same . , - ' 27.07.2022 2022-13-45 99/99/99 0000"
    .split()), max_size=14).map(" ".join)  # fmt: skip


@given(WORDS, st.one_of(st.none(), st.dates()))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_without_a_crash_and_with_exact_words(body: str, published: dt.date | None) -> None:
    found = find_times(body, published)
    for time in found:
        assert body[time.start : time.end] == time.words
        assert (time.first is None) == (time.last is None)
        assert time.first is None or time.last is None or time.first <= time.last
    assert all(a.end <= b.start for a, b in zip(found, found[1:]))
    assert found == find_times(body, published)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80), st.dates())
@settings(max_examples=100, deadline=None)
def test_odd_characters_do_no_harm(body: str, published: dt.date) -> None:
    assert all(body[t.start : t.end] == t.words for t in find_times(body, published))


@pytest.mark.parametrize(("value", "first", "last"), [
    ("2022", "2022-01-01", "2022-12-31"), ("2022-02", "2022-02-01", "2022-02-28"), ("2022-W01", "2022-01-03", "2022-01-09"),
    ("2022-Q4", "2022-10-01", "2022-12-31"), ("2022-WI", "2022-12-01", "2023-02-28"), ("199", "1990-01-01", "1999-12-31"),
])  # fmt: skip
def test_values_cover_their_days(value: str, first: str, last: str) -> None:
    assert days_of(value) == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@pytest.mark.parametrize("value", ["PXD", "PAST_REF", "2022-13", "2022-02-30", "2022-W60", "0000", "XXXX-05"])
def test_values_without_days_cover_none(value: str) -> None:
    assert days_of(value) is None


def test_a_page_of_text_is_read_in_milliseconds() -> None:
    body = "The council met in the old hall and heard the men who had come down from the hills with their carts on Monday. " * 18
    find_times(body, PUBLISHED)
    begun = process_time()
    for _ in range(10):
        find_times(body, PUBLISHED)
    assert (process_time() - begun) / 10 < 0.02


def test_a_glance_ahead_leads_no_later_date_astray() -> None:
    row = [dated(Meaning("DATE", value, "open", ""), opens=opens) for value, opens in (
        ("1931-05", False), ("XXXX-06-03", False), ("1944-02", False), ("XXXX-07-09", False), ("XXXX-12-20", False), ("XXXX-01-11", False), ("1932-02", True))]  # fmt: skip
    assert years_of([step for step in row if step]) == [1931, 1931, 1944, 1931, 1931, 1932, 1932]


def test_a_year_told_later_gives_the_year_of_what_comes_before_it() -> None:
    row = [dated(Meaning("DATE", value, "open", ""), opens=opens) for value, opens in (("1912-11", False), ("XXXX-06", True), ("1913-06-20", False))]
    assert years_of([step for step in row if step]) == [1912, 1913, 1913]


def test_a_row_without_any_year_has_none() -> None:
    assert years_of([Dated(0.0, 1.0, None, False)]) == [None]
