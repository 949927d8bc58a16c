"""Disputed values by another rule than the record's: lowest, latest; never an author by accusation."""

from __future__ import annotations

from msgspec.structs import replace

from khronika.transfer.ruling import apply_rule
from khronika.types import Held, Toll
from tests.factories import make_account, make_place, make_when
from tests.transfer.shapes import HOME, Told, actor, blame


def held(event, name):
    value = getattr(event, name)
    return value.value if value else None


def test_conservative_takes_the_least() -> None:
    (event,) = Told([make_account("one", killed=2, perpetrators=(actor(HOME),)), make_account("two", killed=5)])
    event = replace(event, contested=("author", "occurrence"))
    found = apply_rule(event, [], "conservative")
    assert held(found, "killed").best == held(found, "killed").low == held(event, "killed").low
    assert found.perpetrators.value == () and found.status.value == "alleged" and found.killed.rule == "conservative"
    undisputed = apply_rule(replace(event, contested=()), [], "conservative")
    assert undisputed.perpetrators.value == event.perpetrators.value != () and undisputed.status.value == "occurred"


def test_latest_takes_the_newest_account_that_says() -> None:
    older = make_account("one", killed=2, published="2031-05-04", where=make_place("North"))
    newer = make_account("two", killed=(5, None), published="2031-05-06", when=make_when(None), where=None)
    (event,) = Told([older, newer])
    found = apply_rule(event, [older, newer], "latest")
    assert (held(found, "killed").low, held(found, "killed").high) == (5, None)
    assert found.when.value == older.when and found.where.value == older.where  # the newer says neither
    assert apply_rule(event, [newer, older], "latest") == found


def test_latest_takes_no_total_of_several_events() -> None:
    older = make_account("one", killed=2, published="2031-05-04")
    newer = make_account("two", killed=Toll(low=40, high=40, shared=True), published="2031-05-06")
    (event,) = Told([older, newer])
    assert held(apply_rule(event, [older, newer], "latest"), "killed").best == held(event, "killed").best == 2


def test_no_rule_makes_an_author_of_an_accusation() -> None:
    account = make_account("one", claims=(blame(HOME),), perpetrators=(actor(HOME, None, 0),))
    (event,) = Told([account])
    event = replace(event, perpetrators=Held(value=(), rule="unknown"))
    for rule in ("held", "conservative", "latest"):
        assert apply_rule(event, [account], rule).perpetrators.value == ()
