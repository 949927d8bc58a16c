"""Who plays which part: candidates with and without a frame, what their levels say, and what is kept of phrases that say the same."""

from __future__ import annotations

import pytest

from khronika.extract.casting import Scene, best_of, candidates, cast, levels, odds
from khronika.extract.kinds import far_kind_of
from khronika.extract.rules import RulesExtractor, scene_of
from khronika.types import Quote, Text


def scene(body: str) -> Scene:
    segments, (occurrence,), lexicon = RulesExtractor(least=0.0).occurrences(Text(id="t", document_id="d", body=body, cleaner="test", language="en"))
    return scene_of(occurrence, segments, lexicon, far_kind_of(segments, "en"))


SILO = "Shells fell on Monday beside a grain silo in Orlivka, the mayor said."


def test_a_phrase_without_a_frame_can_play_a_part() -> None:
    here = scene(SILO)
    assert [value.quote.words for value in here.chosen["targets"]] == []
    found = {(one.role, one.quote.words, one.frame) for one in candidates(here)}
    assert {("targets", "a grain silo", "none"), ("targets", "the mayor", "none"), ("victims", "the mayor", "none")} == found
    assert [(value.quote.words, value.kind) for value in cast(here)["targets"]] == [("a grain silo", "infrastructure")]
    assert cast(here)["victims"] == ()


def test_a_part_carries_how_likely_it_is() -> None:
    (silo,) = cast(scene(SILO))["targets"]
    (clinic,) = cast(scene("Rebels shelled a clinic in Orlivka on Monday."))["targets"]
    assert silo.p and clinic.p and 0.2 < silo.p < clinic.p < 1


def test_levels_say_where_a_phrase_stands() -> None:
    here = scene(SILO)
    silo, mayor, *_ = [one for one in candidates(here) if one.role == "targets"]
    told = levels(silo, here, ())
    assert told["before"] == "beside" and told["behind"] == "in" and told["opener"] == "a" and told["trigger, frame"].startswith("behind")
    assert levels(mayor, here, ())["verb"] == "said"
    assert odds("targets", told, "en") > 0 > odds("targets", levels(mayor, here, ()), "en")


def test_a_frame_speaks_for_a_phrase() -> None:
    here = scene("Rebels shelled a clinic in Orlivka on Monday, killing two stokers.")
    assert {(one.role, one.frame) for one in candidates(here) if one.frame != "none"} >= {("perpetrators", "doer"), ("targets", "targets"), ("victims", "both")}
    assert {role: [value.quote.words for value in values] for role, values in cast(here).items()} == {"targets": ["a clinic"], "victims": ["two stokers"]}


SAME = [
    ("a clinic", "the clinic", 1),
    ("a clinic in the town", "the town clinic", 1),
    ("a clinic", "a bakery", 2),
]


@pytest.mark.parametrize(("one", "other", "kept"), SAME, ids=[case[1] for case in SAME])
def test_what_says_the_same_is_kept_once(one: str, other: str, kept: int) -> None:
    quotes = Quote(start=0, end=len(one), words=one), Quote(start=50, end=50 + len(other), words=other)
    found = best_of([(1.0, quotes[1]), (2.0, quotes[0])])
    assert found[0] == quotes[0] and len(found) == kept


def test_a_phrase_is_told_by_the_parts_it_plays_beside_in_such_an_event() -> None:
    here = scene("Rebels killed two clerks in Orlivka on Monday.")
    victim, target = (next(one for one in candidates(here) if one.role == role) for role in ("victims", "targets"))
    assert victim.quote == target.quote
    assert levels(victim, here, [victim])["family, parts"] == "violence " and levels(victim, here, [target])["family, parts"] == "violence targets"


def test_whom_the_deed_befell_was_not_arrested() -> None:
    here = scene("Police arrested two rebels in Orlivka on Monday over the killing of a priest.")
    assert [one.quote.words for one in candidates(here) if one.role == "victims"] == ["two rebels"]


def test_levels_say_what_parts_a_phrase_from_its_trigger() -> None:
    here = scene("Shells fell beside a silo, near a mill, in Orlivka on Monday, and a shed burned, the mayor said.")
    told = {one.quote.words: levels(one, here, ())["between"] for one in candidates(here) if one.role == "targets"}
    assert told["a silo"] == "behind near" and told["a mill"] == "behind comma" and told["the mayor"] == "behind clause"
