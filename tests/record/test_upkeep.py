"""What must hold when a record is erased from, copied, restored, read anew."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from khronika.cli import main
from khronika.errors import RecordError
from khronika.policy import Policy
from khronika.record import log, open_record, schema, store
from khronika.record.record import Record
from khronika.record.stored import read_account
from khronika.types import Assessment, Correction, Filter, Linking, Quote, Reading, SetAside
from tests.factories import NOON, make_account, make_document
from tests.record.test_record import projections, tell


def test_erasing_the_first_account_keeps_the_events_name(record: Record) -> None:
    first, second = tell(record, "one", "two", groups=(("one", "two"),))
    (before,) = record.events()
    record.erase(first.document_id, "court order", by="editor")
    (after,) = record.events()
    assert after.id == before.id and after.account_ids == (second.id,)
    assert record.event(before.former_ids[0]) == after
    rows = projections(record)
    record.rebuild()
    assert projections(record) == rows


def test_an_old_view_changes_only_by_erasure(record: Record) -> None:
    first, _ = tell(record, "one", "two", groups=(("one", "two"),))
    head = record.head()
    tell(record, "three")
    record.erase(first.document_id, "court order", by="editor")
    (as_it_was,) = record.events(Filter(as_of=head))
    assert first.id not in as_it_was.account_ids


def test_a_restored_backup_is_erased_again(tmp_path: Path) -> None:
    path, saved = tmp_path / "r.sqlite", tmp_path / "saved.sqlite"
    with open_record(str(path), clock=lambda: NOON) as record:
        first, second = tell(record, "one", "two")
        record.backup(str(saved))
        record.erase(first.document_id, "court order", by="editor")
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    shutil.copy(saved, path)
    with pytest.raises(RecordError, match="before an erasure"):
        open_record(str(path), read_only=True, clock=lambda: NOON)
    with open_record(str(path), clock=lambda: NOON) as record:
        assert record.payload(first.document_id) is None and record.payload(second.document_id) == b"bytes of two"
        assert record.verify().ok and record.verify().erased == 4
        head = record.head()
    with open_record(str(path), read_only=True, clock=lambda: NOON) as record:
        assert record.head() == head  # once is enough


def test_an_older_copy_takes_the_erasures_of_the_record(record: Record, tmp_path: Path) -> None:
    first, _ = tell(record, "one", "two")
    with open_record(str(tmp_path / "copy.sqlite"), clock=lambda: NOON) as other:
        record.copy_to(other)
        record.erase(first.document_id, "court order", by="editor")
        assert other.document(first.document_id) is not None
        assert other.take_erasures(record.erasures()) == 4
        assert other.document(first.document_id) is None and other.verify().ok
        assert other.take_erasures(record.erasures()) == 0


def test_erasure_takes_corrections_and_rejections_along(record: Record) -> None:
    (first,) = tell(record, "one", killed=2)
    with record.write(by="editor") as tx:
        tx.add_correction(Correction(id="c1", field="mention.killed.low", old=2, new=3, reason="misread", account_id=first.id))
        tx.decide_correction("c1", "accepted", by="editor")
        tx.add_rejection(SetAside(place="one.txt", reason="half of it", payload=b"half", document=make_document("one")))
        tx.add_rejection(SetAside(place="bad.pdf", reason="no text layer", payload=b"%PDF"))
    assert record.erase(first.document_id, "court order", by="editor") == 7
    assert record.corrections() == [] and [row.place for row in record.rejections()] == ["bad.pdf"]
    assert record.erase("bad.pdf", "court order", by="editor") == 1
    assert list(record.rejections()) == [] and record.verify().ok


def test_no_event_hides_it_and_withdrawal_brings_it_back(record: Record) -> None:
    (first,) = tell(record, "one")
    (before,) = record.events()
    with record.write(by="editor") as tx:
        tx.add_correction(Correction(id="c1", field="event", new=None, reason="a drill", account_id=first.id))
        tx.decide_correction("c1", "accepted", by="editor")
    assert list(record.events()) == [] and record.event(before.id) is None
    with record.write(by="editor") as tx:
        tx.decide_correction("c1", "withdrawn", by="editor")
    assert [event.id for event in record.events()] == [before.id]


def read_anew(record: Record, *accounts: object) -> None:
    with record.write(by="reread") as tx:
        document_id = accounts[0].document_id  # type: ignore[attr-defined]
        tx.add_reading(document_id, Reading(text_id="t", by="better@2"))
        for account in accounts:
            tx.add_account(account, ["key:new"])  # type: ignore[arg-type]
        tx.add_linking(Linking(groups=tuple((account.id,) for account in accounts)))  # type: ignore[attr-defined]


def test_a_better_reading_replaces_the_older_and_keeps_names_and_corrections(record: Record) -> None:
    (first,) = tell(record, "one", killed=2)
    (before,) = record.events()
    with record.write(by="editor") as tx:
        tx.add_correction(Correction(id="c1", field="mention.kind", new="attack", reason="misread", account_id=first.id))
        tx.decide_correction("c1", "accepted", by="editor")
    head = record.head()
    read_anew(record, make_account("one", killed=5), make_account("one", number=1, killed=1))
    again, other = record.events()
    assert again.id == before.id and again.killed is not None and again.killed.value.best == 5
    assert again.kind.value == "attack" and other.id != before.id
    assert len(record.accounts_of_document(first.document_id)) == 2
    assert [id for id, _ in record.refs_by_keys([["key:new"]], 10)[0]] == [first.id, other.account_ids[0]]
    assert record.refs_by_keys([["key:o"]], 10)[0] == []
    (as_it_was,) = record.events(Filter(as_of=head))
    assert as_it_was.killed is not None and as_it_was.killed.value.best == 2
    rows = projections(record)
    record.rebuild()
    assert projections(record) == rows


def test_judgements_are_those_of_the_newest_reading(record: Record) -> None:
    (first,) = tell(record, "one")
    for words in ("Attacks grow.", "Attacks are growing."):
        judged = Assessment(quote=Quote(start=0, end=len(words), words=words), topic="trend")
        with record.write(by="machine") as tx:
            tx.add_reading(first.document_id, Reading(text_id="t", by="test@2", assessments=(judged,)))
    assert [value.quote.words for _, value in record.assessments()] == ["Attacks are growing."] and not list(record.forecasts())


def test_an_account_told_twice_in_one_batch_is_one(record: Record) -> None:
    account = make_account("one")
    with record.write(by="test") as tx:
        tx.add_document(make_document("one"), b"one")
        tx.add_reading(account.document_id, Reading(text_id="t", by="test@1"))
        tx.add_account(account, ["key:a"])
        tx.add_account(account, ["key:a"])
    (event,) = record.events()
    assert event.account_ids == (account.id,)
    rows = projections(record)
    record.rebuild()
    assert projections(record) == rows


def test_what_a_better_reading_does_not_give_again_is_gone(record: Record) -> None:
    (first,) = tell(record, "one")
    (before,) = record.events()
    read_anew(record, make_account("one", number=1))
    (event,) = record.events()
    assert event.id != before.id and record.event(before.id) is None
    assert record.account(first.id) is not None


def test_an_instant_is_as_good_as_a_seq(address: str) -> None:
    clock = [NOON]
    with open_record(address, clock=lambda: clock[0]) as record:
        tell(record, "one")
        clock[0] += dt.timedelta(hours=1)
        tell(record, "two")
        assert len(list(record.events(Filter(as_of=NOON)))) == 1
        assert list(record.events(Filter(as_of=NOON - dt.timedelta(seconds=1)))) == []
        assert len(list(record.events(Filter(as_of=clock[0])))) == 2
        (one,) = record.events(Filter(as_of=NOON))
        assert record.event(one.id, NOON - dt.timedelta(seconds=1)) is None


def test_a_backup_while_another_writes(open_at: Callable[[], Record], tmp_path: Path) -> None:
    record, other = open_at(), open_at()
    tell(record, "one")
    record.backup(str(tmp_path / "saved.sqlite"))
    tell(other, "two")
    with open_record(str(tmp_path / "saved.sqlite"), clock=lambda: NOON) as saved:
        assert saved.verify().ok and len(list(saved.events())) == 1


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "r.sqlite")
    with open_record(path, clock=lambda: NOON) as record:
        tell(record, "one")
        record._db.exec_driver_sql("DROP TRIGGER payload_no_update")
        record._db.exec_driver_sql("UPDATE payload SET body = zeroblob(40) WHERE seq = 3")
        with pytest.raises(RecordError, match="is damaged"):
            record.backup(str(tmp_path / "saved.sqlite"))
    run = CliRunner().invoke(main, ["record", "copy", path, str(tmp_path / "copy.sqlite")])
    assert run.exit_code == 3 and "is damaged" in run.stderr
    assert [file.name for file in tmp_path.iterdir() if "saved" in file.name or "copy" in file.name] == []


def test_erasing_says_where_a_reader_keeps_the_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUSY_MS", 100)
    path = str(tmp_path / "r.sqlite")
    with open_record(path, clock=lambda: NOON) as record, closing(sqlite3.connect(path, isolation_level=None)) as reader:
        (first,) = tell(record, "one")
        reader.execute("BEGIN").execute("SELECT count(*) FROM entry").fetchone()
        with pytest.raises(RecordError, match=r"erased, but another program reads an older view.*r\.sqlite-wal"):
            record.erase(first.document_id, "court order", by="editor")
        reader.execute("ROLLBACK")
        assert record.payload(first.document_id) is None and record.verify().ok


def report_danger(record: Record, id: str, **about: str) -> None:
    with record.write(by="reader") as tx:
        tx.add_correction(Correction(id=id, field="note", reason="they will find her", category="danger", **about))


@pytest.mark.parametrize("about", ["account_id", "event_id", "document_id"])
def test_what_endangers_somebody_is_hidden_at_once_in_old_views_too(record: Record, about: str) -> None:
    first, second = tell(record, "one", "two")
    head = record.head()
    before = [event.id for event in record.events()]
    report_danger(record, "c1", **{about: {"account_id": first.id, "event_id": before[0], "document_id": first.document_id}[about]})
    for wanted in (Filter(), Filter(as_of=head)):
        assert [(event.id, event.hidden) for event in record.events(wanted)] == [(before[0], True), (before[1], False)]
    held = record.event(before[0])
    assert held is not None and held.hidden and all(event.hidden for event in record.versions(before[0]))
    assert len(record.versions(before[0])) == 1  # what is only proposed makes no new version
    assert record.is_text_hidden(first.document_id) and not record.is_text_hidden(second.document_id)
    for profile in ("research", "public"):
        policy = Policy(profile, NOON.date() + dt.timedelta(days=900))  # type: ignore[arg-type]
        assert policy.show_event(held, frozenset()) is None and policy.show_account(first, frozenset(), held) is None
    assert Policy("full", NOON.date()).show_event(held, frozenset()) is not None
    rows = projections(record)
    record.rebuild()
    assert projections(record) == rows
    for state, is_hidden in (("accepted", True), ("withdrawn", False), ("rejected", False)):
        with record.write(by="editor") as tx:
            tx.decide_correction("c1", state, by="editor")
        assert next(record.events()).hidden is is_hidden and record.is_text_hidden(first.document_id) is is_hidden


def test_an_older_record_learns_what_is_hidden(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with open_record(str(path), clock=lambda: NOON) as record:
        (first,) = tell(record, "one")
        report_danger(record, "c1", account_id=first.id)
    with sqlite3.connect(path) as raw:  # as the first schema had it
        raw.execute("DROP TABLE editor")
        raw.execute("DROP TABLE p_hidden")
        raw.execute("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(RecordError, match="older schema"):
        open_record(str(path), read_only=True, clock=lambda: NOON)
    with open_record(str(path), clock=lambda: NOON) as record:
        assert next(record.events()).hidden and record.verify().ok


def test_an_older_record_gets_its_keys_as_numbers(address: str, open_at: Callable[[], Record]) -> None:
    record = open_at()
    tell(record, "one")
    tell(record, "two")
    rows, found = projections(record), record.refs_by_keys([["key:o", "key:t"]], 10)[0]
    assert found
    keys = [(key, row.seq) for row in record._db.execute(sa.select(schema.account)) for key in stored_keys(record, row.body_seq)]
    for statement in (
        "DROP TABLE p_key",
        "CREATE TABLE p_key (key TEXT NOT NULL, seq BIGINT NOT NULL, CONSTRAINT p_key_pkey PRIMARY KEY (key, seq))",
        "DROP INDEX entry_kind",
        "DROP INDEX entry_rejected",
        "CREATE INDEX entry_kind_key ON entry (kind, key)",
        "UPDATE alembic_version SET version_num = '0004'",
    ):
        record._db.execute(sa.text(statement))
    record._db.execute(sa.text("INSERT INTO p_key VALUES (:key, :seq)"), [{"key": key, "seq": seq} for key, seq in keys])
    record._db.commit()
    record.close()
    with open_record(address, clock=lambda: NOON) as newer:
        assert newer.refs_by_keys([["key:o", "key:t"]], 10)[0] == found and projections(newer) == rows
        indexes = {index["name"] for index in sa.inspect(newer._db).get_indexes("entry")}
        assert {"entry_kind", "entry_rejected"} <= indexes and "entry_kind_key" not in indexes


def stored_keys(record: Record, seq: int) -> tuple[str, ...]:
    """The blocking keys in the payload of an account."""
    return read_account(log.payloads(record._db, [seq])[seq]).keys


def test_keys_of_one_time_lie_together() -> None:
    numbers = [schema.key_number(f"{word}:{day}") for day in ("740000", "740002") for word in ("w:mill", "p:UA:violence", "w:harbour")]
    assert max(numbers[:3]) < min(numbers[3:]) and len(set(numbers)) == 6
    assert all(0 <= schema.key_number(key) < 2**63 for key in ("", "w:mill:open", "w:mill:99999999999", "k:UA:\ud800:9999999"))


def test_a_correction_that_no_longer_fits_an_account_read_anew_stops_nothing(record: Record) -> None:
    (first,) = tell(record, "one", killed=2)
    with record.write(by="editor") as tx:
        for id, field, new in (("c1", "mention.killed.low", 1), ("c2", "mention.kind", "attack")):
            tx.add_correction(Correction(id=id, field=field, new=new, reason="misread", account_id=first.id))
            tx.decide_correction(id, "accepted", by="editor")
    read_anew(record, make_account("one"))
    (event,) = record.events()
    assert event.kind.value == "attack" and event.killed is None
