"""Accounts of one text: made one where they tell of one event, kept apart where they do not."""

from __future__ import annotations

import datetime as dt

import pytest
from msgspec.structs import replace

from khronika.extract import uniting
from khronika.extract.uniting import unite, united
from khronika.types import Account, Basis, Claim, Mention, Participant, Place, Precision, Quote, When

WHOLE = """A missile hit a boarding school in Zelenivka on May 4th, killing at least 18 people. A teacher said that the bombs wounded 30 others.
Bombing left a crater in Zelenivka. The bombardment killed eleven people. On 9 May shelling killed two people in Zelenivka.
Elsewhere, shelling killed five people. Shelling killed 40 people. Shells killed three people in the port of Borove. Police arrested two looters in Zelenivka.
On the same day, partisans killed two guards in Zelenivka. By 9 May, medics said, the bombs had killed seven people.
The strike wounded nobody, the ministry said. A mine killed a farmer near Dubove."""
HIT = WHOLE.partition("\n")[0]


def quote(words: str) -> Quote:
    start = WHOLE.index(words)
    return Quote(start=start, end=start + len(words), words=words)


def account(
    words: str,
    *,
    place: str | None = "Zelenivka",
    day: int = 4,
    kind: str = "shelling_artillery_missile",
    p: float = 0.5,
    by: str | None = None,
    basis: Basis = "explicit",
) -> Account:
    from khronika.extract.lexicon import load
    from khronika.extract.segments import Segment
    from khronika.extract.tolls import find_toll

    evidence = quote(words)
    segment = Segment(evidence.start, evidence.end, "body", words, 0)
    mention = Mention(
        id=words,
        text_id="t",
        by="test",
        trigger=evidence,
        kind=kind,  # type: ignore[arg-type]
        evidence=(evidence,),
        killed=find_toll([segment], "killed", load("en")),
        claims=(Claim(by=quote(by), stance="reports", about="occurrence", quote=evidence),) if by else (),
        perpetrators=(Participant(quote=evidence, asserted_by=(0,)),) if by else (),
        p=p,
    )
    date = dt.date(2026, 5, day)
    where = Place(name=place, precision="settlement", reason="test") if place else None
    return Account(id=words, document_id="d", mention=mention, when=When(start=date, end=date, basis=basis, reason="test"), where=where)


@pytest.mark.parametrize(
    ("later", "place"), [("Bombing left a crater in Zelenivka.", "Zelenivka"), ("The bombardment killed eleven people.", None)]
)
def test_the_same_place_or_some_of_its_dead_is_the_same_event(later: str, place: str | None) -> None:
    (found,) = unite([account(HIT, p=0.8), account(later, place=place, kind="remote_explosive")])
    assert found.id == HIT and found.where is not None and found.where.name == "Zelenivka"
    assert [q.words for q in found.mention.evidence] == [HIT, later]
    assert found.mention.killed is not None and (found.mention.killed.low, found.mention.killed.high) == (18, None)
    assert found.mention.injured is not None and found.mention.injured.low == 30


@pytest.mark.parametrize(
    "other",
    [
        account("On 9 May shelling killed two people in Zelenivka.", basis="assumed_fresh"),
        account("Bombing left a crater in Zelenivka.", day=5),
        account("Elsewhere, shelling killed five people.", place=None),
        account("Shelling killed 40 people.", place=None),
        account("Shells killed three people in the port of Borove.", place="Borove"),
        account("On the same day, partisans killed two guards in Zelenivka."),
        account("Police arrested two looters in Zelenivka.", kind="arrests"),
    ],
    ids=lambda one: one.id,
)
def test_another_day_place_or_deed_and_more_dead_are_another_event(other: Account) -> None:
    assert len(unite([account(HIT), other])) == 2


def test_claims_of_both_are_kept_and_authors_point_at_them() -> None:
    later = "Bombing left a crater in Zelenivka."
    (found,) = unite([account(HIT, by="A teacher"), account(later, by="Police", p=0.4)])
    assert [claim.by.words for claim in found.mention.claims] == ["A teacher", "Police"]
    assert [author.asserted_by for author in found.mention.perpetrators] == [(0,), (1,)]
    (same,) = unite([account(HIT, by="A teacher"), account(later, by="A teacher", p=0.4)])
    assert len(same.mention.claims) == 1 and [author.asserted_by for author in same.mention.perpetrators] == [(0,), (0,)]


@pytest.mark.parametrize(("basis", "events"), [("anchored", 1), ("assumed_fresh", 2)])
def test_where_the_words_date_both_another_day_is_of_a_report(basis: Basis, events: int) -> None:
    later = account("By 9 May, medics said, the bombs had killed seven people.", place=None, basis=basis)
    assert len(unite([account(HIT), later])) == events


def test_what_the_weights_hold_for_one_event_is_united_where_no_rule_does() -> None:
    later = account("The strike wounded nobody, the ministry said.", place=None, day=6, basis="assumed_fresh")
    (found,) = unite([account(HIT), later])
    assert found.id == HIT and found.when.start == dt.date(2026, 5, 4) and len(found.mention.evidence) == 2


def test_of_several_events_told_before_the_one_that_fits_best_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = account("A mine killed a farmer near Dubove.", place="Dubove", day=8, kind="remote_explosive")
    later = account("The strike wounded nobody, the ministry said.", place=None, day=6, basis="assumed_fresh")
    for fit, sentences in (({"True": 3.0, "False": 1.0}, [2, 1]), ({"True": 1.0, "False": 3.0}, [1, 2]), ({"True": 0.0, "False": 0.0}, [1, 1, 1])):
        monkeypatch.setattr(uniting, "odds", lambda levels, fit=fit: fit[levels["lead"]] if levels["day"] == "other" else 0.0)
        assert [len(one.mention.evidence) for one in unite([account(HIT), mine, later])] == sentences


def test_the_more_exact_place_of_one_country_stays() -> None:
    def at(name: str, precision: Precision, country: str | None = "UA", p: float = 0.5) -> Account:
        told = account("Bombing left a crater in Zelenivka.", p=p)
        return replace(told, where=Place(name=name, precision=precision, country=country, reason="test"))

    def place(told: Account, one: Account) -> str | None:
        where = united(told, one).where
        return where and where.name

    assert place(at("Zelenivka", "settlement"), at("Kherson", "region", p=0.9)) == "Zelenivka"
    assert place(at("Kherson", "region"), at("Zelenivka", "settlement", p=0.9)) == "Zelenivka"
    assert place(at("Zelenivka", "settlement"), at("Borove", "settlement", p=0.9)) == "Borove"
    assert place(at("Zelenivka", "settlement", "SY"), at("Kherson", "region", p=0.9)) == "Kherson"
    assert place(at("Zelenivka", "settlement"), replace(at("", "site", p=0.9), where=None)) == "Zelenivka"
