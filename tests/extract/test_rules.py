"""Whole texts through the extractor by rules: what is an event, of which kind, and that every quote equals its slice."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khronika.extract.rules import RulesExtractor
from khronika.types import Claim, Mention, Participant, Quote, Reading, Text, Toll

CASES = Path(__file__).parents[1] / "cases"
REPORTS = tomllib.loads((CASES / "reports.toml").read_text(encoding="utf-8"))["report"]
QUIET = tomllib.loads((CASES / "quiet.toml").read_text(encoding="utf-8"))


def text_of(body: str, title: str | None = None, published: dt.date | None = dt.date(2023, 5, 3), holes: tuple[tuple[int, int], ...] = ()) -> Text:
    return Text(id="t", document_id="d", body=body, title=title, cleaner="test", language="en", published=published, boilerplate=holes)


def read(body: str, **options: object) -> Reading:
    return RulesExtractor().read(text_of(body, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("case", REPORTS, ids=lambda case: case["name"])
def test_kinds(case: dict) -> None:  # type: ignore[type-arg]
    reading = read(case["text"], title=case.get("title"), published=case["published"])
    assert [mention.kind for mention in reading.mentions] == case["kinds"]


def test_quiet_reports() -> None:
    found = [(mention.kind, mention.trigger.words) for body in QUIET["report"] for mention in read(body).mentions]
    assert len(found) <= 2, found


def test_quiet_snippets() -> None:
    found = [title for title, body in QUIET["snippet"] if read(body, title=title).mentions]
    assert len(found) <= 9, found


def test_a_snippet_need_not_name_arms() -> None:
    """A few words of a feed tell of an event without a word of arms; a whole article that names none is held to be of something else."""
    snippet = "Two people were killed in an attack on a village in the north on Monday, residents said."
    assert read(snippet, title="Two killed in northern village").mentions


def test_follow_up_sentences_join() -> None:
    reading = read(REPORTS[0]["text"], published=REPORTS[0]["published"])
    first = reading.mentions[0]
    assert len(first.evidence) >= 3
    assert first.killed is not None and (first.killed.low, first.killed.high) == (2, 2)
    assert first.injured is not None and first.injured.low == 1
    assert any("minibus" in target.quote.words for target in first.targets)


@pytest.mark.parametrize(
    ("later", "events"),
    [
        ("Nasta Klym, a nurse, was killed in the shelling along with her brother.", 1),
        ("Her husband was also killed, and their two daughters were killed by shrapnel.", 1),
        ("A separate attack killed Nasta Klym, a nurse, and her brother.", 2),
        ("Gunmen shot dead Nasta Klym, a nurse, and her brother.", 2),
    ],
)
def test_one_of_the_dead_named_later_is_no_event_of_its_own(later: str, events: int) -> None:
    told = "On Tuesday, shells hit a mill in Arvel, killing nine people. The mill burned until the evening, the mayor said. "
    between = "Bread had been baked there since the spring. \n\nThe owner had left the town long before.\n\n"
    mentions = read(told + between + later).mentions
    assert len(mentions) == events
    assert mentions[0].killed is not None and (mentions[0].killed.low, mentions[0].killed.high) == (9, 9)


def test_a_sentence_of_a_court_kills_nobody() -> None:
    (mention,) = read("A court in Orlivka sentenced a sergeant to ten years on Monday for killing two farmers.").mentions
    assert mention.kind == "arrests" and mention.killed is None


def test_boilerplate_is_not_read() -> None:
    body = "A rocket hit the port of Gessa on Monday, killing two dockers.\n\nA car bomb killed nine people in Tarna on Sunday."
    assert len(read(body).mentions) == 2
    hole = (body.index("A car bomb"), len(body))
    assert [m.trigger.start < hole[0] for m in read(body, holes=(hole,)).mentions] == [True]


def test_a_sentence_that_only_counts_people_goes_to_what_was_told_before() -> None:
    told, between = "Two rockets hit the market of Orin on Monday, killing three people.", " Traders swept up the glass until dark."
    counted = " “We have eleven wounded here,” a nurse of the town's clinic wrote."
    (mention,) = read(told + between + counted).mentions
    assert mention.injured is not None and (mention.injured.low, mention.injured.high) == (11, 11) and len(mention.evidence) == 2
    (mention,) = read(told + between * 7 + counted).mentions  # too far behind
    assert mention.injured is None and len(mention.evidence) == 1
    (mention,) = read(told + between + " A nurse of the town's clinic wrote of eleven new beds.").mentions
    assert mention.injured is None and len(mention.evidence) == 1


def test_a_sentence_beside_boilerplate_is_read() -> None:
    body = "A rocket hit the port of Gessa on Monday.  read more A car bomb killed nine people in Tarna on Sunday."
    at = body.index("read more")
    assert [m.trigger.start < at for m in read(body, holes=((at, at + 9),)).mentions] == [True, False]


def test_title_joins_the_body() -> None:
    reading = read("A rocket hit the port of Gessa on Monday, killing two dockers.", title="Rocket kills two dockers in Gessa")
    assert len(reading.mentions) == 1
    assert reading.mentions[0].trigger.within == "body"


def test_same_input_same_ids() -> None:
    assert read(REPORTS[1]["text"]) == read(REPORTS[1]["text"])


def quotes_of(reading: Reading) -> list[Quote]:
    found: list[Quote] = list(reading.persons)
    for mention in reading.mentions:
        found += quotes_of_mention(mention)
    for value in (*reading.assessments, *reading.forecasts):
        found.append(value.quote)
    return found


def quotes_of_mention(mention: Mention) -> list[Quote]:
    found = [mention.trigger, *mention.evidence, *mention.when_words, *mention.where_words]
    parts: list[Participant] = [*mention.perpetrators, *mention.targets, *mention.victims, *mention.weapons]
    found += [part.quote for part in parts]
    tolls: list[Toll] = [t for t in (mention.killed, mention.injured, mention.detained) if t]
    found += [t.quote for toll in tolls for t in (toll, *toll.parts) if t.quote]
    claims: list[Claim] = list(mention.claims)
    found += [q for claim in claims for q in (claim.by, claim.quote, claim.value, *claim.chain) if q]
    return found


PIECES = st.sampled_from(
    ["A bomb killed ", "12", " people", " in Kyiv", ".", "\n", "\n\n", "💥", "\u200b", "\x00", "\x1b", "“", "’s ", " on July 27 ", "said ", "shelled ", "é", "–", ", ", "was blown up",
     " the attack ", "Nobody was hurt", "two", "At least ", "Russian forces ", "protesters ", " arrested "]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(body=st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join)), title=st.none() | st.lists(PIECES, max_size=12).map("".join))
def test_quotes_equal_their_slices(body: str, title: str | None) -> None:
    reading = read(body, title=title)
    for quote in quotes_of(reading):
        whole = body if quote.within == "body" else title or ""
        assert whole[quote.start : quote.end] == quote.words


def test_one_long_line() -> None:
    body = "A bomb exploded near the market and " * 3000
    reading = read(body)
    assert all(body[q.start : q.end] == q.words for q in quotes_of(reading))


def test_place_of_the_occurrence_told_before() -> None:
    body = (
        "On May 3, a customs officer received leg injuries during an explosion in the Velmar district.\n\n"
        "On May 6, the head of the administration of Odresk, Pavel Orin, received minor injuries from the explosion of a parcel."
    )
    first, second = read(body, published=dt.date(2023, 5, 20)).mentions
    assert [quote.words for quote in first.where_words] == ["the Velmar district"]
    assert second.where_words == first.where_words


@pytest.mark.parametrize(
    "body",
    [
        "Officers intercepted phone calls between two traders in Varna on Monday.",
        "The regiment demonstrated its new mustard uniforms in Varna on Monday.",
        "The brigade showed its multiple launch rocket systems in Varna on Monday.",
    ],
)
def test_words_that_only_look_like_a_trigger(body: str) -> None:
    assert not read(body).mentions


@pytest.mark.parametrize("body", ["Two would-be robbers were killed in Varna on Monday.", "Guards fired again on the market in Varna on Monday."])
def test_words_round_a_trigger_do_not_hide_it(body: str) -> None:
    assert read(body).mentions
