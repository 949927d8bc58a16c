"""What a record must never do: lose, hide, or change what it was told."""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from khronika.errors import RecordError, UsageError
from khronika.jsonl import to_json
from khronika.record import open_record, schema
from khronika.record.record import Record
from khronika.types import Account, Correction, Filter, Link, Linking, Reading, SetAside, Text
from tests.factories import NOON, make_account, make_document


def tell(record: Record, *names: str, groups: tuple[tuple[str, ...], ...] = (), **fields: object) -> list[Account]:
    """Put a report with one account each into the record; `groups` are names of reports that tell of one event."""
    accounts = [make_account(name, **fields) for name in names]
    with record.write(by="test") as tx:
        for name, account in zip(names, accounts, strict=True):
            assert tx.add_document(make_document(name), f"bytes of {name}".encode())
            tx.add_text(Text(id=f"t-{name}", document_id=account.document_id, body=f"body of {name}", cleaner="test"))
            tx.add_reading(account.document_id, Reading(text_id=f"t-{name}", by="test@1"))
            tx.add_account(account, [f"key:{name[:1]}"])
        ids = {name: account.id for name, account in zip(names, accounts, strict=True)}
        named = {name for group in groups for name in group}
        rest = tuple((ids[name],) for name in names if name not in named)
        tx.add_linking(Linking(groups=(*(tuple(ids[name] for name in group) for group in groups), *rest)))
    return accounts


def projections(record: Record) -> list[tuple[str, list[tuple[object, ...]]]]:
    rows = []
    for table in schema.PROJECTIONS:
        found = record._db.execute(sa.select(table)).all()
        rows.append((table.name, sorted(tuple(map(repr, row)) for row in found)))
    record._db.rollback()
    return rows


def test_what_was_told_is_there(record: Record) -> None:
    first, second = tell(record, "one", "two")
    assert [event.account_ids for event in record.events()] == [(first.id,), (second.id,)]
    assert record.account(first.id) == first
    assert record.payload(first.document_id) == b"bytes of one"
    text = record.text(first.document_id)
    assert text is not None and text.body == "body of one"
    assert [id for id, _ in record.refs_by_keys([["key:o"]], 10)[0]] == [first.id]
    assert record.verify().ok


def test_the_same_document_twice_adds_nothing(record: Record) -> None:
    tell(record, "one")
    head = record.head()
    with record.write(by="test") as tx:
        assert not tx.add_document(make_document("one"), b"bytes of one")
    assert record.head() == head


def test_a_merge_keeps_both_ids(record: Record) -> None:
    first, second = tell(record, "one", "two")
    old = [event.id for event in record.events()]
    with record.write(by="test") as tx:
        tx.add_linking(Linking(groups=((first.id, second.id),)))
    (event,) = record.events()
    assert event.id == old[0] and set(event.account_ids) == {first.id, second.id}
    assert record.event(old[1]) == event
    assert event.former_ids == (old[1],)


def test_a_split_gives_the_old_id_back(record: Record) -> None:
    first, second = tell(record, "one", "two", groups=(("one", "two"),))
    before = record.head()
    with record.write(by="test") as tx:
        tx.add_linking(Linking(groups=((first.id,), (second.id,))))
    ids = [event.id for event in record.events()]
    assert len(ids) == 2
    (as_it_was,) = record.events(Filter(as_of=before))
    assert set(as_it_was.account_ids) == {first.id, second.id}
    assert any(line.startswith("+") for line in record.diff(before, record.head()))


def test_old_views_stay(record: Record) -> None:
    tell(record, "one")
    head = record.head()
    seen = list(record.events(Filter(as_of=head)))
    tell(record, "two", "three", groups=(("two", "three"),))
    assert list(record.events(Filter(as_of=head))) == seen
    assert len(list(record.events())) == 2


def test_events_page_by_page_are_all_there(record: Record) -> None:
    names = [f"r{number}" for number in range(30)]
    tell(record, *names)
    import khronika.record.record as module

    whole = [event.id for event in record.events()]
    old, module.PAGE = module.PAGE, 7
    try:
        assert [event.id for event in record.events()] == whole
    finally:
        module.PAGE = old
    assert len(whole) == 30


def test_the_log_refuses_change(record: Record) -> None:
    tell(record, "one")
    for statement in ("UPDATE entry SET kind = 'x'", "DELETE FROM entry", "UPDATE payload SET salt = salt"):
        with pytest.raises(sa.exc.DBAPIError):
            record._db.execute(sa.text(statement))
        record._db.rollback()
    assert record.verify().ok


def test_a_page_of_the_log_asks_for_no_older_payloads(record: Record) -> None:
    """PostgreSQL reads all payloads below a bound that is only said of the entries, so that a rebuild would grow with the square of the log."""
    tell(record, "one")
    asked: list[str] = []
    sa.event.listen(record._db, "before_cursor_execute", lambda connection, cursor, statement, *_: asked.append(statement))
    assert [entry.seq for entry, _ in record.entries(after=1)] == list(range(2, record.head() + 1))
    pages = [statement for statement in asked if "JOIN payload" in statement]
    assert pages and all("payload.seq >" in statement and "entry.seq >" in statement for statement in pages)


def test_verify_names_the_first_broken_row(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with open_record(str(path), clock=lambda: NOON) as record:
        tell(record, "one", "two")
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TRIGGER entry_no_update")
        raw.execute("UPDATE entry SET key = 'forged' WHERE seq = 3")
    with open_record(str(path), clock=lambda: NOON) as record:
        report = record.verify()
    assert not report.ok and "entry 3" in str(report)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE payload SET body = (SELECT body FROM payload WHERE seq = 2) WHERE seq = 3", "payload was changed"),
        ("UPDATE payload SET body = zeroblob(40) WHERE seq = 3", "is damaged; restore a backup"),
        ("DELETE FROM payload WHERE seq = 3", "without an erasure"),
    ],
)
def test_verify_sees_changed_and_lost_payloads(tmp_path: Path, statement: str, says: str) -> None:
    path = tmp_path / "r.sqlite"
    with open_record(str(path), clock=lambda: NOON) as record:
        tell(record, "one", "two")
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TRIGGER payload_no_update")
        raw.execute(statement)
    with open_record(str(path), clock=lambda: NOON) as record:
        report = record.verify()
    assert not report.ok and "entry 3" in str(report) and says in str(report)


def test_verify_against_an_older_head(record: Record, tmp_path: Path) -> None:
    tell(record, "one")
    head = f"{record.head()}:{record.head_digest()}"
    tell(record, "two")
    assert record.verify(head).ok
    with open_record(str(tmp_path / "other.sqlite"), clock=lambda: NOON) as other:
        tell(other, "three")
        tell(other, "four")
        assert not other.verify(head).ok


def test_rebuild_gives_the_same_rows(record: Record) -> None:
    first, *_ = tell(record, "one", "two", "three", groups=(("one", "two"),))
    with record.write(by="editor") as tx:
        tx.add_correction(Correction(id="c1", field="mention.kind", old=first.mention.kind, new="attack", reason="misread", account_id=first.id))
        tx.decide_correction("c1", "accepted", by="editor")
    before = projections(record)
    record.rebuild()
    assert projections(record) == before


def test_erasure_leaves_a_tombstone_and_no_words(record: Record) -> None:
    first, second = tell(record, "one", "two", told="The secret word is Zanzibarium, a shell hit it, killing two people.", groups=(("one", "two"),))
    assert record.erase(first.document_id, "court order", by="editor") == 4
    report = record.verify()
    assert report.ok and report.erased == 4
    assert record.document(first.document_id) is None and record.account(first.id) is None
    (event,) = record.events()
    assert event.account_ids == (second.id,)
    record.erase(second.document_id, "court order", by="editor")
    assert list(record.events()) == []
    if record.address.endswith(".sqlite"):
        record.close()
        for path in Path(record.address).parent.iterdir():
            assert b"Zanzibarium" not in path.read_bytes()


def test_nothing_erased_stays_in_the_file_or_its_log(tmp_path: Path) -> None:
    with open_record(str(tmp_path / "r.sqlite"), clock=lambda: NOON) as record:
        first, _ = tell(record, "one", "two")
        salts = [row[0] for row in record._db.execute(sa.text("SELECT salt FROM payload WHERE seq < 5"))]
        record._db.rollback()
        record.erase(first.document_id, "court order", by="editor")
        left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert len(salts) == 4 and not any(salt in left for salt in salts)


def test_a_copy_has_the_same_digests_and_erasures(record: Record, tmp_path: Path) -> None:
    first, *_ = tell(record, "one", "two")
    record.erase(first.document_id, "consent withdrawn", by="editor")
    with open_record(str(tmp_path / "copy.sqlite"), clock=lambda: NOON) as other:
        assert record.copy_to(other) == record.head()
        assert other.head_digest() == record.head_digest()
        assert other.verify().ok and other.document(first.document_id) is None
        assert [e.id for e in other.events()] == [e.id for e in record.events()]
        with pytest.raises(RecordError, match="not empty"):
            record.copy_to(other)


def test_correction_then_withdrawal_is_nothing(record: Record) -> None:
    (first,) = tell(record, "one", killed=2)
    (before,) = record.events()
    with record.write(by="editor") as tx:
        tx.add_correction(Correction(id="c1", field="mention.killed.low", old=2, new=3, reason="misread", account_id=first.id))
        tx.decide_correction("c1", "accepted", by="editor")
    (corrected,) = record.events()
    assert corrected.killed is not None and corrected.killed.value.low == 3 and corrected.review == "one editor"
    with record.write(by="editor") as tx:
        tx.decide_correction("c1", "withdrawn", by="editor")
    (after,) = record.events()
    assert msgspec.structs.replace(after, last_seq=0) == msgspec.structs.replace(before, last_seq=0)


def test_a_correction_that_does_not_fit_is_refused(record: Record) -> None:
    (first,) = tell(record, "one", killed=2)
    with pytest.raises(UsageError, match="does not fit"):
        with record.write(by="editor") as tx:
            tx.add_correction(Correction(id="c1", field="mention.killed.low", new="many", reason="x", account_id=first.id))
    assert record.corrections() == []


def test_a_newer_version_of_an_address_takes_the_voice(record: Record) -> None:
    old = make_account("old", killed=2)
    new = make_account("new", killed=5)
    with record.write(by="test") as tx:
        tx.add_document(make_document("old", url="https://a.example/1"), b"old")
        tx.add_account(old, ["k"])
        tx.add_linking(Linking(groups=((old.id,),)))
    with record.write(by="test") as tx:
        tx.add_document(make_document("new", url="https://a.example/1"), b"new")
        tx.add_account(new, ["k"])
        tx.add_linking(Linking(groups=((old.id, new.id),)))
    document = record.document(new.document_id)
    assert document is not None and document.supersedes == old.document_id
    (event,) = record.events()
    assert event.killed is not None and event.killed.value.low == event.killed.value.high == 5
    assert event.reports == 1 and len(event.account_ids) == 2


def test_links_and_verdicts_are_kept_beside_each_other(record: Record) -> None:
    first, second = sorted(tell(record, "one", "two"), key=lambda account: account.id)
    machine = Link(a=first.id, b=second.id, verdict="same", weight=3.0, by="link@1")
    person = Link(a=first.id, b=second.id, verdict="different", weight=0.0, by="editor")
    with record.write(by="test") as tx:
        tx.add_verdict(person)
        tx.add_linking(Linking(groups=((first.id,), (second.id,)), links=(machine,)))
    assert sorted(link.by for link in record.links_of([first.id])) == ["editor", "link@1"]


def test_rejections_keep_bytes_and_reason(record: Record) -> None:
    with record.write(by="test") as tx:
        tx.add_rejection(SetAside(place="bad.pdf", reason="no text layer", payload=b"%PDF"))
    (row,) = record.rejections()
    assert (row.place, row.reason, row.payload) == ("bad.pdf", "no text layer", b"%PDF")


def test_an_error_in_a_transaction_leaves_nothing(record: Record) -> None:
    with pytest.raises(KeyError):
        with record.write(by="test") as tx:
            tx.add_document(make_document("one"), b"x")
            raise KeyError("stop")
    assert record.head() == 0 and not record.has_document(make_document("one").id)
    tell(record, "two")
    assert record.verify().ok


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(5)), st.lists(st.integers(0, 2), min_size=5, max_size=5))
def test_order_of_groups_does_not_matter(tmp_path_factory: pytest.TempPathFactory, order: list[int], homes: list[int]) -> None:
    ends = []
    for arrangement in (range(5), order):
        path = tmp_path_factory.mktemp("r") / "r.sqlite"
        with open_record(str(path), clock=lambda: NOON) as record:
            accounts = tell(record, *(f"n{number}" for number in range(5)))
            groups = [tuple(accounts[n].id for n in arrangement if homes[n] == home) for home in range(3)]
            with record.write(by="test") as tx:
                tx.add_linking(Linking(groups=tuple(group for group in groups if group)))
            ends.append([to_json(event) for event in record.events()])
            before = projections(record)
            record.rebuild()
            assert projections(record) == before
    assert ends[0] == ends[1]


# --- bad records -----------------------------------------------------------------------------------------------------


def test_no_record(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no record there"):
        open_record(str(tmp_path / "none.sqlite"), create=False, clock=lambda: NOON)


def test_a_file_that_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    path.write_text("hello, this is a text file and no record")
    with pytest.raises(RecordError, match="not a khronika record"):
        open_record(str(path), clock=lambda: NOON)
    other = tmp_path / "y.sqlite"
    with sqlite3.connect(other) as raw:
        raw.execute("CREATE TABLE cats (name)")
    with pytest.raises(RecordError, match="holds other tables"):
        open_record(str(other), clock=lambda: NOON)


def test_a_newer_record(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    open_record(str(path), clock=lambda: NOON).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RecordError, match="newer khronika"):
        open_record(str(path), clock=lambda: NOON)


def test_a_damaged_record(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with open_record(str(path), clock=lambda: NOON) as record:
        tell(record, *(f"n{number}" for number in range(40)))
    raw = bytearray(path.read_bytes())
    for page in range(2, len(raw) // 4096):
        raw[page * 4096 : page * 4096 + 200] = os.urandom(200)
    path.write_bytes(bytes(raw))
    with pytest.raises(RecordError, match="damaged"):
        with open_record(str(path), clock=lambda: NOON) as record:
            record.verify()
            list(record.events())


def test_a_locked_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.sqlite"
    open_record(str(path), clock=lambda: NOON).close()
    from khronika.record import store

    monkeypatch.setattr(store, "BUSY_MS", 200)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with open_record(str(path), clock=lambda: NOON) as record:
        with pytest.raises(RecordError, match="locked by another program"):
            tell(record, "one")
        other.execute("ROLLBACK")
        tell(record, "one")
        assert record.verify().ok


def test_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with open_record(str(path), clock=lambda: NOON) as record:
        tell(record, "one")
        pages = record._db.exec_driver_sql("PRAGMA page_count").scalar()
        record._db.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(RecordError, match="disk is full"):
            tell(record, *(f"n{number}" for number in range(200)))
        record._db.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert record.verify().ok and len(list(record.events())) == 1
        tell(record, "two")
        assert record.verify().ok


def test_a_read_only_file_can_be_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with open_record(str(path), clock=lambda: NOON) as record:
        tell(record, "one")
    with open_record(str(path), read_only=True, clock=lambda: NOON) as record:
        assert len(list(record.events())) == 1
        with pytest.raises(RecordError, match="read-only"):
            tell(record, "two")


# --- kills and crowds ------------------------------------------------------------------------------------------------


@pytest.mark.faults
def test_kills_lose_nothing_acknowledged(address: str) -> None:
    """Twenty kills while appending, linking, correcting, reading anew, erasing and copying; the seed is printed."""
    bench = Path(__file__).resolve().parents[2] / "bench" / "faults.py"
    where = address if address.startswith("postgresql") else str(Path(address).parent)
    done = subprocess.run([sys.executable, str(bench), where, "--kills", "20"], capture_output=True, text=True)
    print(done.stderr, done.stdout)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert (figures["kills"], figures["verified"], figures["lost"], figures["same_end"]) == (20, 20, 0, True)


def _write_some(address: str, who: int, count: int) -> None:
    with open_record(address, clock=lambda: dt.datetime.now(dt.UTC)) as record:
        for number in range(count):
            tell(record, f"w{who}-{number}")


def test_four_writers_at_once(open_at: Callable[[], Record], address: str) -> None:
    record = open_at()
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_some, args=(address, who, 8)) for who in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert record.verify().ok
    assert len(list(record.events())) == 32


def test_what_one_process_writes_over_several_connections_outlives_another_that_comes_and_goes(tmp_path: Path) -> None:
    """Opening the file beside SQLite drops the locks of this process: another one then takes the write-ahead log away."""
    path = str(tmp_path / "r.sqlite")
    look = [sys.executable, "-c", f"import khronika.record as r, datetime as d; print(len(list(r.open_record({path!r}, clock=d.datetime.now).events())))"]
    with open_record(path, clock=lambda: NOON) as one:
        tell(one, "one")
        with open_record(path, clock=lambda: NOON) as two:
            assert len(list(two.events())) == 1
            for number in range(3):
                subprocess.run(look, check=True, capture_output=True)
                tell(one, f"more-{number}")
                tell(two, f"again-{number}")
            seen = subprocess.run(look, check=True, capture_output=True, text=True).stdout
    assert seen.strip() == "7"


@pytest.mark.parametrize(("place", "found"), [("Ukraine", 1), ("ukraine", 1), ("UA", 1), ("Turkey", 0), ("Orliv", 1), ("Kherson", 1), ("Atlantis", 0)])
def test_a_country_is_found_by_its_name(record: Record, place: str, found: int) -> None:
    tell(record, "one")
    assert len(list(record.events(Filter(place=place)))) == found
