"""Accounts kept under an id that the registry gave up: read under the one in its place, in what is told and in what follows from it, and nowhere else."""

from __future__ import annotations

from khronika.ground.actors import load_registry
from khronika.record.record import Record
from khronika.types import ActorRef, Claim, Linking, Participant
from tests.factories import make_quote
from tests.record.test_record import tell

TOLD = 'A shell hit a bakery in Orlivka, the army said of "id":"mil-mm".'


def said_by(id: str) -> dict[str, object]:
    army = ActorRef(name="Burmese armed forces", id=id, kind="State forces", country="MM")
    claim = Claim(by=make_quote("the army", TOLD), stance="reports", about="occurrence", quote=make_quote(TOLD), speaker=army, origin=id)
    return {"told": TOLD, "claims": (claim,), "perpetrators": (Participant(quote=make_quote("shell"), actor=army),)}


def test_an_id_that_was_given_up_is_read_as_the_one_in_its_place(record: Record) -> None:
    (old,) = tell(record, "older", **said_by("mil-mm"))
    (read,) = record.accounts([old.id])
    (claim,) = read.mention.claims
    assert claim.speaker is not None and read.mention.perpetrators[0].actor is not None
    assert (claim.speaker.id, claim.origin, read.mention.perpetrators[0].actor.id) == ("mm-junta",) * 3
    assert read.mention.evidence[0].words == TOLD  # no words are touched
    assert record.verify().ok


def test_an_older_and_a_newer_account_have_one_origin(record: Record) -> None:
    tell(record, "older", **said_by("mil-mm"))
    tell(record, "newer", **said_by("mm-junta"))
    one, other = list(record.events())
    assert [event.origins for event in (one, other)] == [1, 1]
    assert {voice.origin for event in (one, other) for voice in event.voices} == {"mm-junta"}
    with record.write(by="test") as tx:
        tx.add_linking(Linking(groups=((*one.account_ids, *other.account_ids),)))
    (event,) = record.events()
    assert event.origins == 1 and [actor.id for actor in event.perpetrators.value] == ["mm-junta"]
    record.rebuild()
    assert list(record.events()) == [event]


def test_no_id_that_was_given_up_is_one_of_the_registry() -> None:
    actors = load_registry().actors
    assert not {id for actor in actors.values() for id in actor.also} & set(actors)
