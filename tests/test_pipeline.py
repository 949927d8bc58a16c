"""The chain as a whole: order, faults, interruptions."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from khronika.acquire.items import Options, find
from khronika.pipeline import ALONE, Chain, ReadDocument, Settings, _packed, _unpacked, read_into, read_items
from khronika.record import open_record
from khronika.types import Filter, Item, SetAside
from tests.factories import NOON

TEXT = "A shell hit a school in Sumy on 3 May 2024, killing {n} people, the mayor said."


def items(folder: Path, count: int) -> list[Item | SetAside]:
    path = folder / "in.jsonl"
    rows = [{"id": f"r{n}", "published": "2024-05-04", "language": "en", "text": TEXT.format(n=n + 2)} for n in range(count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return list(find([str(path)], Options(now=dt.datetime(2024, 6, 1, tzinfo=dt.UTC))))


def test_many_items_keep_their_order_over_processes(tmp_path: Path) -> None:
    found = items(tmp_path, ALONE + 30)
    names = [outcome.document.name for outcome in read_items(found, Settings(workers=2)) if isinstance(outcome, ReadDocument)]
    assert names == [f"r{n}" for n in range(ALONE + 30)]


def test_a_reading_crosses_processes_whole_even_with_a_lone_surrogate(tmp_path: Path) -> None:
    item = items(tmp_path, 1)[0]
    assert isinstance(item, Item)
    read = Chain(Settings()).read(item)
    assert isinstance(read, ReadDocument)
    odd = msgspec.structs.replace(read, reason="\ud800")
    assert isinstance(_packed(read), bytes)
    assert [_unpacked(_packed(outcome)) for outcome in (read, odd)] == [read, odd]


def test_the_extractor_has_the_last_word_on_accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = Chain(Settings(extractor="rules"))
    [item] = items(tmp_path, 1)
    monkeypatch.setattr(chain.extractor, "settle", lambda accounts: (*accounts, *accounts))
    read = chain.read(item)  # type: ignore[arg-type]
    assert isinstance(read, ReadDocument) and len(read.accounts) == len(read.keys) == 2


@pytest.mark.parametrize("extractor", ["rules", "model"])
def test_a_text_in_capitals_alone_is_grounded_like_any_other_and_quoted_as_written(tmp_path: Path, extractor: str) -> None:
    row = {"id": "wire", "published": "2024-05-04", "language": "en", "title": "SHELL HITS SCHOOL IN SUMY", "text": TEXT.format(n=3).upper()}
    (tmp_path / "in.jsonl").write_text(json.dumps(row) + "\n")
    [item] = find([str(tmp_path / "in.jsonl")], Options(now=dt.datetime(2024, 6, 1, tzinfo=dt.UTC)))
    read, usual = (Chain(Settings(extractor=extractor)).read(one) for one in (item, items(tmp_path, 2)[1]))
    assert isinstance(read, ReadDocument) and isinstance(usual, ReadDocument) and read.text
    (account,), (other,) = read.accounts, usual.accounts
    assert account.where and other.where and account.where.name == other.where.name
    assert account.when and other.when and account.when.start == other.when.start
    assert account.mention.kind == other.mention.kind and account.title == row["title"]
    for quote in (account.mention.trigger, *account.mention.evidence, account.where.quote, account.when.quote):
        assert quote and quote.words == read.text.body[quote.start : quote.end]


def test_a_fault_of_ours_sets_one_document_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = Chain(Settings())
    whole = chain.extractor.read

    def fails(text):  # type: ignore[no-untyped-def]
        if "killing 3 " in text.body:
            raise IndexError("list index out of range")
        return whole(text)

    monkeypatch.setattr(chain.extractor, "read", fails)
    monkeypatch.setattr("khronika.pipeline.Chain", lambda settings: chain)
    record_path = str(tmp_path / "r.sqlite")
    outcomes: list[ReadDocument | SetAside] = []
    with open_record(record_path, clock=lambda: NOON) as record:
        read_into(record, items(tmp_path, 4), Settings(workers=1), by="test", done=lambda outcome, is_new: outcomes.append(outcome))
        asides = [outcome for outcome in outcomes if isinstance(outcome, SetAside)]
        assert len(outcomes) == 4 and len(asides) == 1
        assert "a fault in khronika" in asides[0].reason and "IndexError" in asides[0].reason
        (kept,) = record.rejections()
        assert b"killing 3 people" in kept.payload
        assert record.verify().ok


def test_an_interruption_keeps_what_was_read(tmp_path: Path) -> None:
    found = items(tmp_path, 10)

    def interrupted() -> Iterator[Item | SetAside]:
        yield from found[:6]
        raise KeyboardInterrupt

    with open_record(str(tmp_path / "r.sqlite"), clock=lambda: NOON) as record:
        acknowledged: list[str] = []

        def done(outcome: ReadDocument | SetAside, is_new: bool) -> None:
            assert isinstance(outcome, ReadDocument)
            acknowledged.append(outcome.document.id)

        # Few items are first gathered, so the interruption may come before any was read; then nothing is acknowledged.
        with pytest.raises(KeyboardInterrupt):
            read_into(record, interrupted(), Settings(workers=1), by="test", done=done)
        assert all(record.has_document(id) for id in acknowledged)
        read_into(record, iter(found), Settings(workers=1), by="test", done=lambda outcome, is_new: None)
        assert sum(len(event.account_ids) for event in record.events(Filter())) == 10
        assert record.verify().ok
