"""What policy made of an event is kept and handed out again: the same bytes, never older than the event, the policy or what is hidden, and no name in it."""

from __future__ import annotations

import datetime as dt
import os
import re
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from khronika import config, masking, policy
from khronika.errors import RecordError
from khronika.policy import Policy
from khronika.record import open_record, shown
from khronika.record.record import Record
from khronika.transfer import outgoing
from khronika.transfer.export import BINARY, EXPORTS, write_export
from khronika.transfer.outgoing import Kept, Outgoing
from khronika.types import Correction, Filter, Linking, Reading
from tests.factories import NOON, make_account, make_document, make_place, make_quote, make_when

TODAY = dt.date(2032, 1, 1)
TOWN = make_place(population=90_000)
NAME = "Petro Hnatchuk"


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with open_record(str(tmp_path / "r.sqlite"), clock=lambda: NOON) as found:
        tell(found, "one", told=f"{NAME} was hurt when a shell hit a bakery, killing two people.", killed=2)
        tell(found, "two", where=make_place(population=100), when=make_when("2031-05-02"))
        tell(found, "three", when=make_when("2031-12-31"))
        tell(found, "four", kind="arrests", when=make_when("2031-04-01"))
        yield found


def tell(record: Record, name: str, **fields: Any) -> str:
    """One report with one account; returns the account's id."""
    account = make_account(name, **{"where": TOWN, **fields})
    with record.write(by="test") as tx:
        tx.add_document(make_document(name), name.encode())
        tx.add_reading(account.document_id, Reading(text_id=name, by="test@1", persons=(make_quote(NAME),)))
        tx.add_account(account, ["k"])
        tx.add_linking(Linking(groups=((account.id,),)))
    return account.id

ALL = Filter()


def kept(
    record: Record, rules: dict[str, Any] | None = None, today: dt.date = TODAY, wanted: Filter = ALL, workers: int | None = None
) -> Kept:
    lend = partial(open_record, record.address, create=False, clock=lambda: NOON)
    return Kept(record, Policy("research", today, rules=rules), wanted, lambda read_only: lend(read_only=read_only), workers)


def rows(record: Record) -> dict[int, bytes]:
    return dict(shown.bodies(record, "export research"))


@pytest.mark.parametrize("format", [name for name in EXPORTS if name not in BINARY])
def test_kept_rows_give_the_same_bytes_and_counts(record: Record, format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "STRETCH", 2)
    monkeypatch.setattr(outgoing, "PART", 1)
    ways = [Outgoing(record, record.events(), Policy("research", TODAY)), kept(record), kept(record), kept(record, workers=2)]
    skipped = [write_export(format, way, tmp_path / f"{number}") for number, way in enumerate(ways)]
    texts = {(tmp_path / f"{number}").read_bytes() for number in range(4)}
    assert len(texts) == 1 and texts != {b""} and all(found == skipped[0] for found in skipped)
    assert {(way.shown, way.kept, way.reviewed) for way in ways} == {(3, 1, 0)} and len(rows(record)) == 4


def test_stretches_hold_each_event_once(record: Record) -> None:
    found = list(shown.stretches(record, Filter(), 3))
    assert [len(shown.standing(record, "p", "s", Filter(), stretch)) for stretch in found] == [3, 1]
    assert len(list(shown.stretches(record, Filter(until=dt.date(2031, 5, 1)), 3))) == 1


def test_a_filter_that_tells_more_than_the_rows_is_noticed_in_kept_rows_too(record: Record) -> None:
    wanted = Filter(place="Orlivka", since=dt.date(2031, 4, 1))
    slow = Outgoing(record, record.events(wanted), Policy("research", TODAY), "held", wanted)
    fast = [kept(record, wanted=wanted), kept(record, wanted=wanted)]
    assert [[event.id for event in way] for way in fast] == 2 * [[event.id for event in slow]]
    assert slow.telling == fast[0].telling == fast[1].telling == {"place", "since"}


def test_an_event_is_held_back_by_the_day_of_the_export(record: Record) -> None:
    assert len(list(kept(record))) == 3 and len(rows(record)) == 4
    assert len(list(kept(record, today=dt.date(2032, 1, 3)))) == 4
    assert list(kept(record, today=dt.date(2031, 4, 2))) == []


def test_nothing_private_is_kept(record: Record) -> None:
    list(kept(record))
    told = b"".join(zlib.decompress(body) for body in rows(record).values())
    assert b"bakery" in told and b"Hnatchuk" not in told and b"Petro" not in told


def test_what_changed_is_made_anew(record: Record) -> None:
    before = [event.id for event in kept(record)]
    tell(record, "one", told="A shell hit a market, killing three people.", killed=3)
    after = {event.id: event for event in kept(record)}
    assert list(after) == before and [event.killed.value.low for event in after.values() if event.killed] == [3]
    document = next(document for document in record.documents() if document.name == "two")
    record.erase(document.id, "test", "test")
    assert [event.id for event in kept(record)] == [id for id in before if id != "KHR-000007"] and len(before) == 3


def test_what_is_said_to_endanger_somebody_is_kept_back_at_once(record: Record) -> None:
    account = make_account("one").id
    event = record.event_of(account)
    assert event in {found.id for found in kept(record)}
    with record.write(by="reader") as tx:
        tx.add_correction(Correction(id="COR-1", field="note", reason="danger", category="danger", account_id=account, event_id=event))
    way = kept(record)
    assert event not in {found.id for found in way} and way.kept == 2


def test_another_policy_makes_its_own_rows(record: Record) -> None:
    list(kept(record))
    before = rows(record)
    rules = config.data("policy.toml")
    other = {**rules, "rules": {**rules["rules"], "mask_word": "[somebody]"}}
    words = [voice.words for event in kept(record, other) for voice in event.voices]
    assert any("[somebody]" in text for text in words) and rows(record).keys() == before.keys() and rows(record) != before


def test_the_stamp_covers_all_that_masks() -> None:
    read = set()
    for module in (masking, policy):
        read |= set(re.findall(r"config\.(?:data\(|DATA / )\"([\w/.]+)\"", Path(str(module.__file__)).read_text(encoding="utf-8")))
    assert len(read) > 5 and read <= set(policy.READ)


def test_a_record_that_cannot_be_written_is_exported_all_the_same(record: Record) -> None:
    def refuse(read_only: bool) -> Record:
        raise RecordError("read-only")

    assert len(list(Kept(record, Policy("research", TODAY), Filter(), refuse))) == 3 and not rows(record)
    with pytest.raises(RecordError, match="read-only"):
        list(Kept(record, Policy("research", TODAY), Filter(), refuse, workers=2))


def test_rows_made_ahead_are_kept_and_a_reader_that_has_enough_ends_it(record: Record) -> None:
    assert next(iter(kept(record, workers=2))) in list(kept(record, workers=2))
    assert len(rows(record)) == 4


def test_a_process_that_is_killed_is_told(record: Record) -> None:
    def die(read_only: bool) -> Record:
        os._exit(9)

    with pytest.raises(RecordError, match="ended too soon"):
        list(Kept(record, Policy("research", TODAY), Filter(), die, workers=2))
