"""Every value has a probability: who and how many by levels, and those that have one keep it."""

from __future__ import annotations

import datetime as dt
from math import log2

import pytest
from msgspec.structs import replace

from khronika.extract.sureness import of_parts, of_toll, rate
from khronika.extract.weights import Weights, p_of
from khronika.pipeline import Chain, Settings
from khronika.types import Account, Capture, Document, Participant, Text, Toll
from tests.factories import make_account, make_quote

BODY = "Rebels with rifles shot at a bus on Monday. The council counted two dead; a porter spoke of five."


def told() -> Account:
    account = make_account(told=BODY)
    mention = replace(
        account.mention,
        trigger=make_quote("shot", BODY),
        evidence=tuple(make_quote(f"{sentence}.", BODY) for sentence in BODY[:-1].split(". ")),
        perpetrators=(Participant(quote=make_quote("Rebels", BODY), asserted_by=(-1,)), Participant(quote=make_quote("a porter", BODY), p=0.123)),
        weapons=(Participant(quote=make_quote("rifles", BODY)),),
        killed=Toll(low=2, high=5, quote=make_quote("two dead; a porter spoke of five", BODY)),
        injured=None,
    )
    return replace(account, mention=mention)


def test_what_has_no_probability_gets_one() -> None:
    (account,) = rate([told()])
    rebels, porter = account.mention.perpetrators
    assert rebels.p and 0 < rebels.p < 1 and porter.p == 0.123
    assert account.mention.weapons[0].p and account.mention.killed and account.mention.killed.p and account.mention.injured is None


def test_levels_say_where_a_value_stands_and_of_what_form_it_is() -> None:
    account = told()
    (_, rebels), (_, porter) = of_parts("perpetrators", account)
    assert (rebels["head"], rebels["home"], rebels["away"], rebels["said"]) == ("rebels", "trigger", "before 20", "outlet")
    assert (porter["home"], porter["away"]) == ("later", "behind 60")
    assert account.mention.killed
    dead = of_toll("killed", account.mention.killed, account.mention)
    assert (dead["size"], dead["form"], dead["home"]) == ("4", "range", "later")


@pytest.mark.parametrize(("odds", "p"), [(0.0, 0.5), (log2(3), 0.75), (-99.0, 0.008), (99.0, 0.992)])
def test_odds_become_probabilities_that_are_never_certain(odds: float, p: float) -> None:
    assert p_of(Weights({"prior": 1.0, "levels": {"head": {"rebels": odds - 1.0}}}).odds({"head": "rebels", "home": "unheard of"})) == p


@pytest.mark.parametrize("extractor", ["rules", "model"])
def test_all_that_is_read_has_a_probability(extractor: str) -> None:
    body = f"{BODY} Police in Kharkiv blamed the Orlan group. Two shells hit a school in Kharkiv on Tuesday, killing a cook and wounding four pupils, the mayor said."
    text = Text(id="t", document_id="d", body=body, cleaner="test", language="en", published=dt.date(2031, 5, 7))
    document = Document(id="d", capture=Capture(place="d", at=dt.datetime(2031, 5, 7, tzinfo=dt.UTC), tool="test@1"), mime="text/plain", published=dt.date(2031, 5, 7))
    accounts = Chain(Settings(extractor=extractor)).read_text(document, b"", text).accounts
    assert accounts
    for one in accounts:
        mention = one.mention
        tolls = [toll for toll in (mention.killed, mention.injured, mention.detained) if toll]
        values = [mention, *mention.perpetrators, *mention.targets, *mention.victims, *mention.weapons, *mention.claims, *tolls, one.when, *([one.where] if one.where else [])]
        assert all(value.p is not None for value in values)
