"""What is kept of events for lists and search: one row a profile, gone with the change of its event, found by its words, in older records too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from khronika.errors import RecordError
from khronika.record import open_record, schema, shown
from khronika.record.merge import event_id
from khronika.record.record import Record
from tests.factories import NOON, make_account, make_document


def add(record: Record, name: str) -> int:
    """Put one report in and return its event's number."""
    account = make_account(name)
    with record.write(by="test") as tx:
        tx.add_document(make_document(name), b"x")
        tx.add_account(account, ["k"])
    return int((record.event_of(account.id) or "").removeprefix("KHR-"))


def fill(record: Record, profile: str = "public", policy: str = "p1", words: str = "a shell hit a bakery") -> list[int]:
    """Keep a row for each event that lacks one and return their numbers."""
    numbers, erased = [], shown.erasures(record)
    for page in shown.missing(record, profile):
        shown.keep(record, profile, policy, [shown.ShownRow(head.event_no, head.seq, head.event.id.encode(), words) for head in page], erased)
        numbers += [head.event_no for head in page]
    return numbers


def test_a_row_is_kept_once_a_profile_and_goes_when_its_event_changes(record: Record) -> None:
    first, second = add(record, "one"), add(record, "two")
    assert fill(record) == [first, second] and fill(record) == []
    assert dict(shown.bodies(record, "public")) == {number: event_id(number).encode() for number in (first, second)}
    assert fill(record, "full") == [first, second]
    before = record.head()
    with record.write(by="test") as tx:  # told again
        tx.add_document(make_document("one"), b"x")
        tx.add_account(make_account("one", killed=3), ["k"])
    assert shown.changed_since(record, before) == [first]
    assert list(dict(shown.bodies(record, "public"))) == [second]
    assert fill(record) == [first] and fill(record, "full") == [first]


def test_a_row_of_an_event_that_changed_meanwhile_is_not_kept(record: Record) -> None:
    number = add(record, "one")
    (page,) = shown.missing(record, "public")
    with record.write(by="test") as tx:  # told again, while the row is being made
        tx.add_document(make_document("one"), b"x")
        tx.add_account(make_account("one", killed=3), ["k"])
    shown.keep(record, "public", "p1", [shown.ShownRow(head.event_no, head.seq, b"old", "old") for head in page], shown.erasures(record))
    assert not dict(shown.bodies(record, "public"))
    assert fill(record) == [number]


def test_rows_of_another_policy_go(record: Record) -> None:
    add(record, "one")
    fill(record, policy="p1")
    shown.drop_others(record, "public", "p1")
    assert len(dict(shown.bodies(record, "public"))) == 1
    shown.drop_others(record, "public", "p2")
    assert not dict(shown.bodies(record, "public"))


@pytest.mark.parametrize(("text", "found"), [("bakery", True), ("shell bak", True), ("bakery tank", False), ("BAKERY!", True), ("' OR 1=1 --", False), ("\"' * ( NEAR", False), ("", False)])
def test_words_are_found_and_no_text_is_a_command(record: Record, text: str, found: bool) -> None:
    number = add(record, "one")
    fill(record)
    assert shown.search(record, "public", text) == ([number] if found else [])
    assert shown.search(record, "full", text) == []


def test_an_erasure_leaves_no_word_in_the_index(record: Record) -> None:
    add(record, "one")
    document = next(record.documents())
    fill(record, words="zanzibar")
    assert shown.search(record, "public", "zanzibar")
    add(record, "two")
    (page,) = shown.missing(record, "public")
    count = shown.erasures(record)
    record.erase(document.id, "test", "test")
    shown.keep(record, "public", "p1", [shown.ShownRow(head.event_no, head.seq, b"x", "zanzibar") for head in page], count)  # made before the erasure
    assert not shown.search(record, "public", "zanzibar") and shown.erasures(record) == count + 1
    if not record.address.startswith("postgresql"):
        with open(record.address, "rb") as file:
            assert b"zanzibar" not in file.read()


def test_an_older_record_gets_the_table_and_keeps_all_else(address: str, open_at: Callable[[], Record]) -> None:
    record = open_at()
    number = add(record, "one")
    engine = record._db
    for statement in (
        *(("DROP TABLE p_shown_words", "DROP TRIGGER p_shown_added", "DROP TRIGGER p_shown_gone") if engine.dialect.name == "sqlite" else ()),
        "DROP TABLE p_shown",
        "DROP INDEX p_event_version_seq",
        "UPDATE alembic_version SET version_num = '0002'",
    ):
        engine.execute(sa.text(statement))
    engine.commit()
    record.close()
    with pytest.raises(RecordError, match="older schema"):
        open_record(address, create=False, read_only=True, clock=lambda: NOON)
    with open_record(address, create=False, clock=lambda: NOON) as newer:
        assert newer.event(event_id(number)) is not None and fill(newer) == [number]
        assert newer._one(sa.text("SELECT version_num FROM alembic_version"))[0] == schema.VERSION
