"""What a newer extractor changes, and what it must leave: names, corrections, verdicts, what people typed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from msgspec.structs import replace

from khronika.record import open_record
from khronika.record.record import Record
from khronika.review.correcting import Wish, make_correction, propose
from khronika.review.deciding import act, decide, join_events
from khronika.review.rereading import compare_readings, keep_ids, take_plan, write_plan
from khronika.types import Account, Linking, Quote, Reading, Text, Toll
from tests.factories import NOON, make_account, make_document
from tests.record.test_record import projections
from tests.record.test_record import tell as tell_reports
from tests.review.test_correcting import run


def at(start: int, words: str) -> Quote:
    return Quote(start=start, end=start + len(words), words=words)


def account_at(start: int, number: int = 0, **fields: object) -> Account:
    """An account of document "one" whose trigger stands at `start`."""
    made = make_account("one", number=number, killed=2)
    return replace(made, mention=replace(made.mention, trigger=at(start, "hit"), evidence=(at(start - 2, "a hit here"),), **fields))  # type: ignore[arg-type]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return open_record(str(tmp_path / "r.sqlite"), clock=lambda: NOON)


def put(record: Record, *accounts: Account) -> None:
    tell_reports(record, "two")
    with record.write(by="test") as tx:
        tx.add_document(make_document("one"), b"one")
        tx.add_text(Text(id="t-one", document_id=accounts[0].document_id, body="x" * 200, cleaner="test"))
        tx.add_reading(accounts[0].document_id, Reading(text_id="t-one", by="test@1"))
        for account in accounts:
            tx.add_account(account, ["key:one"])
        tx.add_linking(Linking(groups=tuple((account.id,) for account in accounts)))


def reread(record: Record, *accounts: Account) -> tuple[dict[str, int], list[str]]:
    accepted: dict[str, list[object]] = {}
    for correction in record.corrections("accepted"):
        accepted.setdefault(correction.account_id or "", []).append(correction)
    found = compare_readings(record, accounts[0].document_id, Reading(text_id="t-one", by="better@2"), accounts, accepted)  # type: ignore[arg-type]
    out = io.BytesIO()
    changes, conflicts, readers = write_plan([found] if found else [], out)
    assert list(readers) == (["test@1 -> better@2"] if found else [])
    out.seek(0)
    list(take_plan(record, out, "machine"))
    rows = projections(record)
    record.rebuild()
    assert projections(record) == rows and record.verify().ok
    return dict(changes), conflicts


def test_an_account_told_again_in_other_words_keeps_its_name_and_what_was_said_of_it(record: Record) -> None:
    first = account_at(10)
    put(record, first)
    name = record.event_of(first.id)
    assert name
    (other,) = [event for event in record.events() if event.id != name]
    act(record, [join_events(record.event(name), other, "one", NOON)], "ann")  # type: ignore[arg-type]
    made = propose(record, [make_correction(first, Wish(field="killed", value="5", reason="x"), None, NOON)], "reader")
    decide(record, made[0].id, "accepted", "ann")
    changes, conflicts = reread(record, account_at(11, number=7, kind="attack"))
    assert changes == {"kind": 1, "words": 1} and conflicts == []
    (event,) = record.events()
    assert event.id == min(name, other.id) and first.id in event.account_ids  # the verdict holds
    assert event.killed is not None and (event.killed.value.low, event.killed.value.high) == (5, 5)  # the correction holds
    (told,) = record.accounts_of_document(first.document_id)
    assert told.mention.kind == "attack" and told.id == first.id


def test_nothing_is_appended_where_nothing_changes(record: Record) -> None:
    first = account_at(10)
    put(record, first)
    head = record.head()
    again = replace(first, mention=replace(first.mention, by="better@2", p=0.7))
    assert reread(record, again) == ({}, []) and record.head() == head


def test_new_and_gone_accounts_are_counted_and_a_resting_correction_is_named(record: Record) -> None:
    first, second = account_at(10), account_at(100, number=1)
    put(record, first, second)
    (gone,) = propose(record, [make_correction(second, Wish(field="killed", value="5", reason="x"), None, NOON)], "reader")
    (moot,) = propose(record, [make_correction(first, Wish(field="killed", value="4", reason="x"), None, NOON)], "reader")
    for correction in (gone, moot):
        decide(record, correction.id, "accepted", "ann")
    changes, conflicts = reread(record, account_at(10, killed=Toll(low=9, high=9)), account_at(50, number=2))
    assert changes == {"killed": 1, "new": 1, "gone": 1}
    assert [line.split(":")[0] for line in conflicts] == [moot.id, gone.id] or {line.split(":")[0] for line in conflicts} == {moot.id, gone.id}
    assert any("read as 9 now, neither 2 as before nor 4 as corrected" in line for line in conflicts)
    assert record.refs_by_keys([["key:one"]], 9)[0] == []  # nothing new is joined to what is gone


def test_what_a_person_typed_stays_and_the_machine_does_not_tell_it_twice(record: Record) -> None:
    typed = replace(account_at(10), typed_by="ann")
    put(record, typed)
    assert reread(record, account_at(10, number=3)) == ({}, [])
    changes, _ = reread(record, account_at(80, number=4))
    assert changes == {"new": 1} and {a.id for a in record.accounts_of_document(typed.document_id)} >= {typed.id}


def test_ids_go_to_the_best_fit_once() -> None:
    old = [account_at(10), account_at(12, number=1)]
    fresh = [account_at(12, number=5), account_at(10, number=6), account_at(90, number=7)]
    assert [account.id for account in keep_ids(old, fresh)] != [account.id for account in fresh]
    kept = keep_ids(old, fresh)
    assert {kept[0].id, kept[1].id} == {account.id for account in old} and kept[2].id == fresh[2].id
    assert keep_ids(old, list(old)) == old


def test_by_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from khronika.extract.rules import RulesExtractor

    report = tmp_path / "report.txt"
    report.write_text("Kyiv, 3 May 2031\n\nA shell hit a bakery in Odesa on 2 May, killing two people, police said.\n\nTwo others were wounded there.\n")
    address = str(tmp_path / "r.sqlite")
    assert run("read", str(report), "--published", "2026-05-03", "--extractor", "rules", "--record", address).exit_code == 0
    same = run("reread", "--extractor", "rules", "--yes", "--record", address)
    assert same.exit_code == 0 and "nothing would change" in same.stderr and same.stdout == ""
    read = RulesExtractor.read

    def better(self: RulesExtractor, text: object) -> Reading:
        reading = read(self, text)  # type: ignore[arg-type]
        return replace(reading, by="better@2", mentions=tuple(replace(m, kind="attack", id=m.id[::-1]) for m in reading.mentions))

    monkeypatch.setattr(RulesExtractor, "read", better)
    before = run("events", "--record", address).stdout.split()[0]
    asked = run("reread", "--extractor", "rules", "--record", address, input="n\n")
    assert "kind" in asked.stdout and "nothing appended" in asked.output and "1 documents: rules@" in asked.stderr and "-> better@2" in asked.stderr
    assert "attack" not in run("events", "--record", address).stdout
    assert "nothing would change" in run("reread", "--extractor", "rules", "--since", "2026-06-01", "--yes", "--record", address).stderr
    assert "1 documents read anew" in run("reread", "--extractor", "rules", "--yes", "--record", address).stdout
    after = run("events", "--record", address).stdout
    assert after.split()[0] == before and "attack" in after

    def broken(self: RulesExtractor, text: object) -> Reading:
        raise RuntimeError("boom")

    monkeypatch.setattr(RulesExtractor, "read", broken)
    faulty = run("reread", "--extractor", "rules", "--yes", "--record", address)
    assert "boom" in faulty.stderr and run("events", "--record", address).stdout == after
