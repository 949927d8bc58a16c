"""Linking against a record: incremental, order-free, and under verdicts."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khronika.link import explain, in_words, joining, keys_of, link_accounts
from khronika.link.weigh import total
from khronika.types import Link
from tests.factories import FakeRecord, make_account, make_place, make_when

BAKERY = "A shell hit a bakery in Orlivka, killing two people, the mayor said."
BAKERY_AGAIN = "Two died when an artillery shell struck the bakery of Orlivka."
DEPOT = "Drones set an oil depot on fire in Zelenyi Hai, wounding nine guards."
OTHER = {"kind": "air_drone_strike", "where": make_place("Zelenyi Hai", km_north=80), "told": DEPOT}


def reports():
    """Nine accounts of three events and of one tally."""
    return [
        make_account("wire", told=BAKERY, killed=2, title="Shell hits bakery in Orlivka, two dead"),
        make_account("paper", told=BAKERY_AGAIN, killed=2, title="Two killed at Orlivka bakery"),
        make_account("radio", told="Three are now known to have died in the shelling of the Orlivka bakery.", killed=3, published="2031-05-05"),
        make_account("wire2", title="Orlivka shelled again, school hit", told="A school was hit on Thursday.", when=make_when("2031-05-08"), published="2031-05-08"),
        make_account("depot1", killed=0, injured=9, title="Oil depot burns in Zelenyi Hai", **OTHER),
        make_account("depot2", injured=9, title="Zelenyi Hai: drones hit depot", **{**OTHER, "told": "Nine guards were wounded as drones struck an oil depot in Zelenyi Hai."}),
        make_account("live", 0, told=BAKERY_AGAIN, killed=2),
        make_account("live", 1, injured=9, **OTHER),
        make_account("tally", told="Orlivka and 40 other villages were shelled in a day, killing two people.", killed=2, rollup=True),
    ]


def names(groups, accounts):
    """Groups by the words that tell them apart."""
    number = {account.id: index for index, account in enumerate(accounts)}
    return {tuple(sorted(number[id] for id in group)) for group in groups}


def link_in_turn(batches):
    record = FakeRecord()
    for batch in batches:
        record.add(batch, keys_of)
        linking = link_accounts(batch, record, {})
        record.add_links(linking.links, linking.groups)
    return record


def test_reports_of_one_event_meet_and_others_stay_apart():
    accounts = reports()
    assert names(link_in_turn([accounts]).groups(), accounts) == {(0, 1, 2, 6), (3,), (4, 5, 7), (8,)}


def test_a_late_report_joins_by_one_it_shares_keys_with():
    first = make_account("wire", told=BAKERY, killed=2, title="Shell hits bakery in Orlivka, two dead")
    between = make_account("paper", told=BAKERY_AGAIN, killed=3, title="Orlivka bakery: three now dead", when=make_when("2031-05-03"), published="2031-05-06")
    late = make_account("radio", told=BAKERY_AGAIN, killed=3, title="Orlivka buries three killed at bakery", when=make_when("2031-05-07"), published="2031-05-07")
    assert not set(keys_of(first)) & set(keys_of(late))
    accounts = [first, between, late]
    assert names(link_in_turn([accounts]).groups(), accounts) == {(0, 1, 2)}


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_order_and_batches_do_not_matter(seed):
    accounts = reports()
    expected = link_in_turn([accounts]).groups()
    dice = random.Random(seed)
    dice.shuffle(accounts)
    cut = dice.randrange(len(accounts) + 1)
    assert link_in_turn([accounts[:cut], accounts[cut:]]).groups() == expected
    assert link_in_turn([[account] for account in accounts]).groups() == expected


def test_linking_twice_is_linking_once():
    accounts = reports()
    record = link_in_turn([accounts])
    before = record.groups()
    again = link_accounts(accounts, record, {})
    assert set(again.groups) == before
    record.add_links(again.links, again.groups)
    assert record.groups() == before


def verdict(a, b, what):
    return Link(a=min(a.id, b.id), b=max(a.id, b.id), verdict=what, weight=0.0, by="editor:1", at=dt.datetime(2031, 6, 1, tzinfo=dt.UTC))


def test_a_stored_different_verdict_outlives_new_reports():
    accounts = reports()
    record = link_in_turn([accounts[:2]])
    record.add_links([verdict(accounts[0], accounts[1], "different")])
    record.add(accounts[2:], keys_of)
    linking = link_accounts(accounts[2:], record, {})
    group = {id: ids for ids in linking.groups for id in ids}
    assert accounts[1].id not in group[accounts[0].id]


def test_a_stored_same_verdict_joins_what_the_machine_would_not():
    accounts = reports()
    record = link_in_turn([accounts])
    record.add_links([verdict(accounts[0], accounts[3], "same")])
    linking = link_accounts([accounts[3]], record, {})
    group = {id: ids for ids in linking.groups for id in ids}
    assert accounts[0].id in group[accounts[3].id] and not linking.notes


def test_two_accounts_of_one_document_are_joined_by_a_verdict_only():
    twins = [make_account("live", number, told=BAKERY, killed=2) for number in (0, 1)]
    assert len(link_in_turn([twins]).groups()) == 2
    record = link_in_turn([twins])
    record.add_links([verdict(*twins, "same")])
    assert len(link_accounts(twins, record, {}).groups) == 1


def test_near_copies_count_as_one_voice():
    body = f"{BAKERY} Rescue teams worked through the night while neighbours brought tea and blankets to the crew at the site."
    first, copy = make_account("wire", told=BAKERY), make_account("mirror", told=BAKERY, published="2031-05-05")
    own = make_account("paper", told=BAKERY_AGAIN)
    record = FakeRecord({first.document_id: body})
    record.add([first, copy, own], keys_of)
    bodies = {copy.document_id: body + " Agencies.", own.document_id: BAKERY_AGAIN + " Nothing more is known of what happened so far."}
    linking = link_accounts([first, copy, own], record, bodies)
    assert linking.copies == {copy.id: first.id}


def test_what_a_limit_cut_off_is_said(monkeypatch):
    monkeypatch.setattr(joining, "LIMIT", 2)
    accounts = reports()
    record = link_in_turn([[account] for account in accounts[:3]])
    record.add(accounts[3:], keys_of)
    assert any("2 accounts or more" in note for note in link_accounts(accounts[3:], record, {}).notes)


def test_work_depends_on_the_component_alone():
    """Strangers in the record are never compared."""
    strangers = [
        make_account(f"far{n}", told=f"Looters emptied the Quellstadt{n} granary.", where=make_place(f"Quellstadt{n}", country="XX", admin1=None), kind="abduction")
        for n in range(300)
    ]
    record = link_in_turn([strangers])
    new = reports()[0]
    record.add([new], keys_of)
    component = joining._Component(record, {})
    component.link({new.id: new})
    assert component.accounts.keys() == {new.id}


@pytest.mark.parametrize("number", [1, 3, 5])
def test_reasons_add_up_to_the_odds_in_either_order(number):
    a, b = reports()[0], reports()[number]
    reasons = explain(a, b)
    assert total(reasons) == total(explain(b, a)) == pytest.approx(sum(reason.weight for reason in reasons))
    assert in_words(reasons)[-1].startswith(f"{total(reasons):+.1f}")
