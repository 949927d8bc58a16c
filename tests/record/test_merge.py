"""What an event holds when its voices agree, differ, accuse, admit and deny."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from khronika.record.merge import merge
from khronika.types import Account, ActorRef, Claim, Event, Participant, Toll
from tests.factories import make_account, make_place, make_quote, make_when

NORTH = ActorRef(name="Military Forces of Northland", id="north", kind="State forces", country="NO")
SOUTH = ActorRef(name="Military Forces of Southland", id="south", kind="State forces", country="SO")
MAYOR = ActorRef(name="Mayor of Orlivka", id="mayor", kind="Civilians")


def say(speaker: ActorRef, stance: Any, about: Any = "perpetrator", **fields: Any) -> Claim:
    return Claim(by=make_quote(speaker.name), stance=stance, about=about, quote=make_quote(f"{speaker.name} says"), speaker=speaker, origin=speaker.id, **fields)


def name(actor: ActorRef, *claims: int) -> Participant:
    return Participant(quote=make_quote(actor.name), actor=actor, asserted_by=claims or (-1,))


def merged(*accounts: Account, copies: dict[str, str] | None = None, silent: frozenset[str] = frozenset()) -> Event:
    return merge(list(enumerate(accounts, 1)), copies or {}, silent, (), 99)


def test_an_enemys_accusation_makes_nobody_the_author() -> None:
    event = merged(make_account("a", claims=(say(SOUTH, "blames"),), perpetrators=(name(NORTH, 0),), targets=(name(SOUTH),)))
    assert event.perpetrators.value == () and event.grade_author == "accusation"
    assert any(voice.stance == "blames" and voice.actor == "south" for voice in event.voices)


def test_two_outlets_that_cite_one_accuser_are_one_origin() -> None:
    accounts = [make_account(d, source=d, claims=(say(MAYOR, "attributes"),), perpetrators=(name(NORTH, 0),)) for d in ("a", "b", "c")]
    assert merged(*accounts).perpetrators.value == ()


def test_two_independent_origins_that_are_no_party_hold_the_author() -> None:
    monitor = ActorRef(name="Monitors", id="monitor", kind="External/Other")
    event = merged(
        make_account("a", claims=(say(MAYOR, "attributes"),), perpetrators=(name(NORTH, 0),)),
        make_account("b", claims=(say(monitor, "attributes"),), perpetrators=(name(NORTH, 0),)),
    )
    assert event.perpetrators.value == (NORTH,) and len(event.perpetrators.supported_by) == 2


def test_two_accusers_that_are_parties_hold_nobody() -> None:
    militia = ActorRef(name="Southern Militia", id="militia", kind="Political militia", country="SO")
    accounts = [make_account(s.id or "", claims=(say(s, "blames"),), perpetrators=(name(NORTH, 0),), targets=(name(SOUTH),)) for s in (SOUTH, militia)]
    assert merged(*accounts).perpetrators.value == ()


def test_an_admission_holds_the_author_and_a_denial_stands_beside_it() -> None:
    event = merged(make_account("a", claims=(say(NORTH, "claims_responsibility"), say(NORTH, "denies")), perpetrators=(name(NORTH, 0),)))
    assert event.perpetrators.value == (NORTH,) and event.perpetrators.rule.startswith("admission")
    assert event.perpetrators.disputed_by == (f"{event.account_ids[0]}:1",)


def test_the_word_of_an_outlet_that_speaks_for_a_party_is_an_accusation() -> None:
    assert merged(make_account("a", party="SO", perpetrators=(name(NORTH),))).perpetrators.value == ()
    assert merged(make_account("a", perpetrators=(name(NORTH),))).perpetrators.value == (NORTH,)


def test_who_only_describes_an_author_is_none_beside_a_named_one() -> None:
    bomber, tigers = ActorRef(name="suicide bomber"), ActorRef(name="River Tigers")
    assert merged(make_account("a", perpetrators=(name(bomber), name(NORTH)))).perpetrators.value == (NORTH,)
    assert merged(make_account("a", perpetrators=(name(bomber), name(tigers)))).perpetrators.value == (tigers,)
    assert merged(make_account("a", perpetrators=(name(bomber),))).perpetrators.value == (bomber,)


def test_rival_authors_are_contested_and_a_bare_denial_is_not() -> None:
    rivals = make_account("a", claims=(say(SOUTH, "blames"), say(NORTH, "blames")), perpetrators=(name(NORTH, 0), name(SOUTH, 1)))
    assert "author" in merged(rivals).contested
    denial = make_account("a", claims=(say(SOUTH, "blames"), say(NORTH, "denies")), perpetrators=(name(NORTH, 0),))
    assert merged(denial).contested == ()


def test_tolls_by_origin_low_best_high() -> None:
    event = merged(
        make_account("a", source="A", killed=2, published="2031-05-04"),
        make_account("b", source="B", killed=5, published="2031-05-05"),
        make_account("c", source="C", killed=5, published="2031-05-05"),
    )
    assert event.killed is not None
    held = event.killed.value
    assert (held.low, held.best, held.high) == (2, 5, 5) and len(event.killed.disputed_by) == 1 and "toll" in event.contested


def test_a_later_figure_of_one_outlet_replaces_its_earlier_one() -> None:
    event = merged(make_account("a", source="A", killed=2, published="2031-05-04"), make_account("b", source="A", killed=5, published="2031-05-06"))
    assert event.killed is not None and (event.killed.value.low, event.killed.value.high) == (5, 5) and event.contested == ()


def test_that_somebody_died_says_nothing_against_a_number() -> None:
    told = make_account("a", source="A", killed=12, published="2031-05-04"), make_account("b", source="B", killed=(1, None), published="2031-05-05")
    event = merged(*told)
    assert event.killed is not None and (event.killed.value.low, event.killed.value.high) == (12, 12) and event.contested == ()
    again = merged(told[1])
    assert again.killed is not None and (again.killed.value.low, again.killed.value.high) == (1, None)


def test_an_open_count_stays_open() -> None:
    event = merged(make_account("a", killed=(12, None)))
    assert event.killed is not None and event.killed.value.high is None


def test_a_shared_toll_is_named_and_not_counted_twice() -> None:
    toll = Toll(low=9, high=9, shared=True, quote=make_quote("nine"))
    first, second = merged(make_account("a", killed=toll)), merged(make_account("a", number=1, killed=toll))
    assert first.killed is None and first.shared_tolls == second.shared_tolls != ()


def test_near_copies_are_one_voice() -> None:
    a, b, c = (make_account(d, source=d, killed=n) for d, n in (("a", 2), ("b", 7), ("c", 7)))
    event = merged(a, b, c, copies={c.id: b.id})
    assert (event.reports, event.origins) == (3, 2)


def test_a_superseded_telling_stays_listed_without_a_voice() -> None:
    a, b = make_account("a", killed=2), make_account("b", killed=4)
    event = merged(a, b, silent=frozenset({a.id}))
    assert event.account_ids == (a.id, b.id) and event.reports == 1
    assert event.killed is not None and event.killed.value.low == 4


def test_an_explicit_day_beats_an_assumed_one_and_the_exact_place_beats_the_region() -> None:
    event = merged(
        make_account("a", when=make_when("2031-05-04", basis="assumed_fresh"), where=make_place("Kherson", precision="region")),
        make_account("b", when=make_when("2031-05-03"), where=make_place("Orlivka")),
    )
    assert event.when.value == make_when("2031-05-03") and event.when.disputed_by == ()
    assert event.where.value is not None and event.where.value.name == "Orlivka" and len(event.where.supported_by) == 2


def test_no_place_and_no_day_are_none_with_the_reason() -> None:
    event = merged(make_account("a", when=make_when(None), where=None))
    assert event.where.value is None and event.when.value.start is None and event.where.rule == "no account gives a place"


def test_occurrence_is_graded_by_origins_that_are_no_party() -> None:
    party = make_account("a", source="A", claims=(say(SOUTH, "reports", "occurrence"),), targets=(name(SOUTH),))
    event = merged(party)
    assert event.grade_occurrence == "parties only" and event.party_origins == 1
    assert merged(party, make_account("b", source="B"), make_account("c", source="C")).grade_occurrence == "several origins that are no party"


@given(st.permutations(range(4)))
def test_the_order_in_which_accounts_are_given_does_not_matter(order: list[int]) -> None:
    accounts = [(n, make_account(f"d{n}", source=f"S{n}", kind=("attack", "armed_clash")[n % 2], killed=n, p=0.5)) for n in range(4)]
    assert merge([accounts[n] for n in order], {}, frozenset(), (), 9) == merge(accounts, {}, frozenset(), (), 9)
