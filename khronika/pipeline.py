"""Items in, a record out: acquire -> clean -> extract -> ground -> record -> link, one batch of documents a transaction.

The rule: a document is either read, kept as not coded, or set aside with a reason; what was committed is reported after the commit,
and a document that is in the record already is not read again, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from khronika import config
from khronika.casing import with_capitals, worded
from khronika.errors import InputError, KhronikaError, NotCodedError, UsageError
from khronika.extract import DEFAULT, Server
from khronika.types import Account, Assessment, Document, Forecast, Item, Reading, SetAside, Text

if TYPE_CHECKING:
    from khronika.record.record import Record

BATCH = 64
"""Documents a transaction: a kill loses at most these, and none that was reported."""
ALONE = 24
"""Up to so many items one process reads them all: starting workers costs more."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How to read: everything that a worker process needs to build its chain."""

    extractor: str = DEFAULT
    model: Path | None = None
    server: Server | None = None
    """Where a language model answers, for the extractor `llm`."""
    gazetteer: Path | None = None
    source_files: tuple[Path, ...] = ()
    actor_files: tuple[Path, ...] = ()
    workers: int = 0
    """0: one a core."""


class ReadDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One document read; `reason` says why it was kept but not coded."""

    document: Document
    payload: bytes
    text: Text | None
    reading: Reading | None = None
    accounts: tuple[Account, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()
    reason: str | None = None


class Chain:
    """One process's way from an item to its accounts; heavy parts are loaded once."""

    def __init__(self, settings: Settings) -> None:
        from khronika.extract import EXTRACTORS
        from khronika.ground.accounts import Grounding
        from khronika.ground.actors import load_registry
        from khronika.ground.gazetteer import Gazetteer, ensure

        if settings.extractor not in EXTRACTORS:
            raise UsageError(f"extractor {settings.extractor!r} is unknown; there are: {', '.join(EXTRACTORS)}")
        self.extractor = EXTRACTORS[settings.extractor](settings.server or settings.model)
        self.grounding = Grounding(
            Gazetteer(ensure(settings.gazetteer)), load_registry(*settings.actor_files), config.read_sources(*settings.source_files)
        )

    def read(self, item: Item) -> ReadDocument | SetAside:
        """What the item says; a SetAside where it cannot be read."""
        from khronika.clean import clean

        try:
            document, text = clean(item)
        except NotCodedError as error:
            document, text = error.document or item.document, error.text
            return ReadDocument(document=document, payload=item.payload, text=text, reason=str(error))
        except InputError as error:
            return SetAside(place=item.document.capture.place, reason=str(error), payload=item.payload, document=item.document)
        try:
            return self.read_text(document, item.payload, text)
        except InputError as error:
            return SetAside(place=document.capture.place, reason=str(error), payload=item.payload, document=document)
        except (KhronikaError, MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours in one document must not stop the run; it is kept and named
            reason = f"a fault in khronika, please report it with this document: {type(error).__name__}: {error}"
            return SetAside(place=document.capture.place, reason=reason, payload=item.payload, document=document)

    def read_again(self, document: Document, text: Text) -> ReadDocument:
        """What a kept text says; with a reason instead of a reading where it cannot be coded."""
        from khronika.clean.cleaning import coded_languages

        if text.language not in coded_languages():
            return ReadDocument(document=document, payload=b"", text=text, reason=f"language {text.language or 'unknown'!r} has no lexicon")
        try:
            return self.read_text(document, b"", text)
        except InputError as error:
            return ReadDocument(document=document, payload=b"", text=text, reason=str(error))
        except (KhronikaError, MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:  # noqa: BLE001 - as in `read`: the older reading stays
            return ReadDocument(document=document, payload=b"", text=text, reason=f"a fault in khronika: {type(error).__name__}: {error}")

    def read_text(self, document: Document, payload: bytes, text: Text) -> ReadDocument:
        """What a cleaned text says."""
        from khronika.link import keys_of

        source = self.grounding.source_of(document.source)
        if source and document.source != source.id:
            document = replace(document, source=source.id)
        reading = self.extractor.read(text)
        given = with_capitals(text)
        grounded = self.grounding.ground(reading if given is text else worded(reading, given), given, document)
        accounts = self.extractor.settle(grounded.accounts)
        if given is not text:
            accounts, grounded = tuple(replace(account, title=text.title) for account in worded(accounts, text)), worded(grounded, text)
        return ReadDocument(
            document=document,
            payload=payload,
            text=text,
            reading=replace(reading, assessments=grounded.assessments, forecasts=grounded.forecasts),
            accounts=accounts,
            assessments=grounded.assessments,
            forecasts=grounded.forecasts,
            keys=tuple(keys_of(account) for account in accounts),
        )


_chain: Chain | None = None


def _start_worker(settings: Settings) -> None:
    global _chain
    _chain = Chain(settings)
    gc.freeze()  # what was loaded stays: no look through it for dead objects
    gc.set_threshold(20_000, 10, 10)


def _read_in_worker(items: list[Item]) -> list[bytes | ReadDocument | SetAside]:
    assert _chain is not None
    return [_packed(_chain.read(item)) for item in items]


def _packed(outcome: ReadDocument | SetAside) -> bytes | ReadDocument | SetAside:
    """A document read as MessagePack, which is made in a seventh of the time of a pickle; as it is where a lone surrogate forbids that."""
    try:
        return msgspec.msgpack.encode(outcome) if isinstance(outcome, ReadDocument) else outcome
    except UnicodeEncodeError:
        return outcome


def _unpacked(outcome: bytes | ReadDocument | SetAside) -> ReadDocument | SetAside:
    return msgspec.msgpack.decode(outcome, type=ReadDocument) if isinstance(outcome, bytes) else outcome


def read_items(items: Iterable[Item | SetAside], settings: Settings) -> Iterator[ReadDocument | SetAside]:
    """Each item read, in the order given; on several processes where there are many."""
    source = iter(items)
    first = list(islice(source, ALONE))
    if not first:
        return  # a feed without news need not load what reads it
    workers = settings.workers or os.cpu_count() or 1
    if len(first) < ALONE or workers == 1:
        chain = Chain(settings)
        for item in _chained(first, source):
            yield item if isinstance(item, SetAside) else chain.read(item)
        return
    from khronika.ground.gazetteer import ensure

    ensure(settings.gazetteer)  # built once, not by every worker
    with ProcessPoolExecutor(workers, initializer=_start_worker, initargs=(settings,)) as pool:
        yield from _in_order(_chained(first, source), pool, workers * 8)  # enough to do while a batch is linked and written


def read_kept(texts: Iterable[tuple[Document, Text]], settings: Settings) -> Iterator[ReadDocument]:
    """Texts of a record read anew, in the order given; on several processes where there are many."""
    source = iter(texts)
    first = list(islice(source, ALONE))
    workers = settings.workers or os.cpu_count() or 1
    if len(first) < ALONE or workers == 1:
        chain = Chain(settings)
        for document, text in (*first, *source):
            yield chain.read_again(document, text)
        return
    with ProcessPoolExecutor(workers, initializer=_start_worker, initargs=(settings,)) as pool:
        waiting = [pool.submit(_read_kept_in_worker, first)]
        while chunk := list(islice(source, 8)):
            waiting.append(pool.submit(_read_kept_in_worker, chunk))
            if len(waiting) > workers * 4:
                yield from waiting.pop(0).result()
        for done in waiting:
            yield from done.result()


def _read_kept_in_worker(texts: list[tuple[Document, Text]]) -> list[ReadDocument]:
    assert _chain is not None
    return [_chain.read_again(document, text) for document, text in texts]


def _chained(first: list[Item | SetAside], rest: Iterator[Item | SetAside]) -> Iterator[Item | SetAside]:
    yield from first
    yield from rest


def _in_order(items: Iterator[Item | SetAside], pool: ProcessPoolExecutor, ahead: int) -> Iterator[ReadDocument | SetAside]:
    """Results in the order of the items, with at most `ahead` chunks under way, so that memory stays flat."""
    waiting: list[Future[list[bytes | ReadDocument | SetAside]] | SetAside] = []
    chunk: list[Item] = []

    def drain(down_to: int) -> Iterator[ReadDocument | SetAside]:
        while len(waiting) > down_to:
            done = waiting.pop(0)
            if isinstance(done, SetAside):
                yield done
            else:
                yield from map(_unpacked, done.result())

    for item in items:
        if isinstance(item, Item):
            chunk.append(item)
        if chunk and (len(chunk) >= 8 or isinstance(item, SetAside)):
            waiting.append(pool.submit(_read_in_worker, chunk))
            chunk = []
        if isinstance(item, SetAside):
            waiting.append(item)
        yield from drain(ahead)
    if chunk:
        waiting.append(pool.submit(_read_in_worker, chunk))
    yield from drain(0)


def read_into(
    record: Record, items: Iterable[Item | SetAside], settings: Settings, by: str, done: Callable[[ReadDocument | SetAside, bool], None]
) -> None:
    """Read items into a record.

    Args:
        done: called for each document after its commit; True where it is new in the record.
    """

    def fresh() -> Iterator[Item | SetAside]:
        for item in items:
            if isinstance(item, Item) and record.has_document(item.document.id):
                done(ReadDocument(document=item.document, payload=b"", text=None), False)
            else:
                yield item

    batch: list[ReadDocument | SetAside] = []
    with _rare_collections():
        try:
            for outcome in read_items(fresh(), settings):
                batch.append(outcome)
                if len(batch) >= BATCH:
                    full, batch = batch, []  # a batch that failed is not tried again on the way out
                    commit(record, full, by, done)
        finally:
            if batch:  # an interruption keeps what was read
                commit(record, batch, by, done)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for cycles of dead objects seldom: what linking keeps at hand is large, alive and searched in vain (a sixth of its time)."""
    before = gc.get_threshold()
    gc.set_threshold(20_000, 10, 10)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def commit(record: Record, batch: list[ReadDocument | SetAside], by: str, done: Callable[[ReadDocument | SetAside, bool], None]) -> None:
    """One transaction: documents, texts, readings, accounts, and the links that they make."""
    from khronika.link import link_accounts

    new: list[bool] = []
    with record.write(by=by) as tx:
        accounts: list[Account] = []
        keys_of: dict[str, tuple[str, ...]] = {}
        bodies: dict[str, str] = {}
        for outcome in batch:
            if isinstance(outcome, SetAside):
                tx.add_rejection(outcome)
                new.append(True)
                continue
            is_new = tx.add_document(outcome.document, outcome.payload)
            new.append(is_new)
            if not is_new:
                continue
            if outcome.text is not None:
                tx.add_text(outcome.text)
            if outcome.reason is not None:
                tx.add_rejection(SetAside(place=outcome.document.capture.place, reason=outcome.reason, document=outcome.document))
            if outcome.reading is not None:
                tx.add_reading(outcome.document.id, outcome.reading)
            for account, keys in zip(outcome.accounts, outcome.keys, strict=True):
                tx.add_account(account, keys)
                accounts.append(account)
                keys_of[account.id] = keys
            if outcome.text is not None and outcome.accounts:
                bodies[outcome.document.id] = with_capitals(outcome.text).body
        if accounts:
            tx.add_linking(link_accounts(accounts, record, bodies, keys_of))
    for outcome, is_new in zip(batch, new, strict=True):
        done(outcome, is_new)

