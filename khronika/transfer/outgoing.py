"""Events of a record in, what policy lets out of them out: the events, once, with counts, and their accounts.

The rule: nothing is handed to a writer that the policy has not shown. `Kept` hands out what today's policy made of an event before, for as long as the event
stands as it stood then; old views, other rules than `held` and single events go through the policy anew (`Outgoing`).
"""

from __future__ import annotations

import datetime as dt
import gc
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property, partial
from itertools import islice
from multiprocessing import get_context
from multiprocessing.util import Finalize
from typing import Any, NamedTuple, TypeVar

import msgspec

from khronika.errors import RecordError
from khronika.jsonl import to_json
from khronika.policy import Policy, names_by_document
from khronika.record import shown
from khronika.record.record import Record
from khronika.text import fold as fold_words
from khronika.transfer.coding import AccountsOf
from khronika.transfer.ruling import apply_rule
from khronika.types import Account, Event, Filter, Noun, RecordQuery

PART = 400
"""Events whose accounts and names are fetched together."""
Code = TypeVar("Code")
Coder = Callable[[Event, AccountsOf], Code]


class Accounts:
    """The accounts of some events and the names in their documents, fetched together when they are first asked for."""

    def __init__(self, record: RecordQuery, events: Sequence[Event]) -> None:
        self._record, self._events = record, events

    @cached_property
    def _accounts(self) -> dict[str, Account]:
        return {account.id: account for account in self._record.accounts(id for event in self._events for id in event.account_ids)}

    @cached_property
    def _names(self) -> dict[str, frozenset[str]]:
        return names_by_document(self._record, {account.document_id for account in self._accounts.values()})

    def of(self, event: Event) -> list[Account]:
        return [self._accounts[id] for id in event.account_ids if id in self._accounts]

    def names_in(self, accounts: Iterable[Account]) -> frozenset[str]:
        return frozenset().union(*(self._names.get(account.document_id, frozenset()) for account in accounts))

    def shown_of(self, policy: Policy, event: Event) -> list[Account]:
        """The accounts, of an event as shown, as they may be shown; none for an event whose voices are withheld."""
        if not event.voices:
            return []
        accounts = self.of(event)
        names = self.names_in(accounts)
        return [shown for account in accounts if (shown := policy.show_account(account, names, event))]


class Outgoing:
    """What policy lets out of some events of a record: the events, once, with counts of shown and kept back; and their accounts.

    Args:
        rule: how disputed values are chosen (`ruling.RULES`).
        wanted: by which the events were chosen; `telling` are its fields that would tell more of an event than is shown of it.
    """

    def __init__(
        self,
        record: RecordQuery,
        events: Iterable[Event],
        policy: Policy,
        rule: str = "held",
        wanted: Filter = Filter(),  # noqa: B008
    ) -> None:
        self._record, self._events, self.policy, self.rule, self._wanted = record, events, policy, rule, wanted
        self.telling: set[str] = set()
        self.shown = self.kept = self.reviewed = 0
        self.rows: int | None = None

    def __iter__(self) -> Iterator[Event]:
        return self.coded(_itself)

    def coded(self, code: Coder[Code]) -> Iterator[Code]:
        """What a function makes of each event that is shown (`coding.Shown`)."""
        events = iter(self._events)
        while part := list(islice(events, PART)):
            told = Accounts(self._record, part)
            accounts_of = partial(told.shown_of, self.policy)
            for event in part:
                own = told.of(event)
                found = self.policy.show_event(apply_rule(event, own, self.rule), told.names_in(own), last_told(own))
                if found is None:
                    self.kept += 1
                    continue
                self.shown += 1
                self.reviewed += found.review != "machine"
                if self.policy.profile != "full":
                    self.telling |= _telling(self._wanted, event, found)
                yield code(found, accounts_of)


def _itself(event: Event, _: AccountsOf) -> Event:
    return event


def last_told(accounts: Iterable[Account]) -> dt.date | None:
    """The newest day of publication."""
    return max((account.published for account in accounts if account.published), default=None)


def _telling(wanted: Filter, event: Event, shown: Event) -> set[str]:
    """The fields of a filter that tell where or when an event was more exactly than it is shown: a village of an event that is coarsened to its region."""
    found = set()
    place, when, true = shown.where.value, shown.when.value, event.when.value
    names = (place.name, place.admin1, place.admin2, place.country) if place else ()
    if wanted.place and not any(fold_words(wanted.place) in fold_words(name) for name in names if name):
        found.add("place")
    if when.start and when.end and (when.start, when.end) != (true.start, true.end):
        found |= {"since"} if wanted.since and wanted.since > when.start else set()
        found |= {"until"} if wanted.until and wanted.until < when.end else set()
    return found


VERSION = "1"
"""Of what is kept; what another version kept is made anew."""
MANY = 20_000
"""Events from which on several processes are quicker than one."""
MOST = 4
"""Processes, beside the one that writes, which cannot keep up with more."""
STRETCH = 1000
"""Events that are coded together."""
FAR = dt.date.max - dt.timedelta(days=1)
"""A day on which nothing is held back any more; `Ready.since` says from when an event is shown."""


class Ready(Noun, frozen=True, kw_only=True):
    """An event as policy shows it from the day `since` on; None: never, or only reviewed."""

    since: dt.date | None = None
    event: Event | None = None


class Page(NamedTuple):
    """A stretch of events: what was made of those that are shown, how many are kept back and reviewed, and `Outgoing.telling`."""

    coded: list[Any]
    kept: int
    reviewed: int
    telling: set[str]


Lend = Callable[[bool], Record]
"""Gives a record once more, to be looked at only (True) or to write in."""


Lent = tuple[Lend, Policy, Filter]


class Rows:
    """What policy made of the events that a filter chooses: taken from the record where it was kept, else made and kept.

    Args:
        lend: where it gives no record to write in (it is read-only, or locked) nothing is kept.
    """

    def __init__(self, record: Record, policy: Policy, wanted: Filter, lend: Lend) -> None:
        self._record, self._policy, self._wanted = record, policy, wanted
        self._maker = policy.on(FAR)
        self._lend: Lend | None = lend
        self._whole = bool(wanted.place or wanted.since or wanted.until)
        self._stamp, self._profile = f"{VERSION}-{policy.stamp}", f"export {policy.profile}"
        self._dropped = False

    def page(self, code: Coder[Any], stretch: shown.Stretch) -> Page:
        """What a function makes of the events of a stretch that are shown today."""
        erased = shown.erasures(self._record)
        rows = shown.standing(self._record, self._profile, self._stamp, self._wanted, stretch, self._whole)
        hidden = shown.hidden_events(self._record)
        coded: list[Any] = []
        reviewed, telling = 0, set[str]()
        for at in range(0, len(rows), PART):
            part = rows[at : at + PART]
            made = self._make([row for row in part if row.kept is None], erased)
            ready = [(row, _decoder.decode(zlib.decompress(row.kept or made[row.event_no]))) for row in part]
            today = [(row, found.event) for row, found in ready if found.event and self._is_due(found.since) and row.event_no not in hidden]
            accounts_of = partial(Accounts(self._record, [event for _, event in today]).shown_of, self._policy)
            for row, event in today:
                reviewed += event.review != "machine"
                if row.event is not None and self._whole:
                    telling |= _telling(self._wanted, row.event, event)
                coded.append(code(event, accounts_of))
        return Page(coded, len(rows) - len(coded), reviewed, telling)

    def _is_due(self, since: dt.date | None) -> bool:
        return since is not None and since <= self._policy.today

    def _make(self, rows: Sequence[shown.Standing], erased: int) -> dict[int, bytes]:
        """What policy makes of events, by their numbers, compressed; kept if that can be."""
        events = [row.event for row in rows if row.event is not None]
        told, made = Accounts(self._record, events), list[shown.ShownRow]()
        for row, event in zip(rows, events, strict=True):
            own = told.of(event)
            last, names = last_told(own), told.names_in(own)
            ready = Ready(since=self._maker.shown_from(event, last), event=self._maker.show_event(event, names, last))
            made.append(shown.ShownRow(row.event_no, row.seq, zlib.compress(to_json(ready), 1), ""))
        if made and self._lend is not None:
            try:
                self._keep(self._lend, made, erased)
            except RecordError:
                self._lend = None
        return {row.event_no: row.body for row in made}

    def _keep(self, lend: Lend, rows: Sequence[shown.ShownRow], erased: int) -> None:
        with lend(False) as keeper:
            if not self._dropped:
                shown.drop_others(keeper, self._profile, self._stamp)
                self._dropped = True
            shown.keep(keeper, self._profile, self._stamp, rows, erased)


class Kept(Outgoing):
    """The events of a record as they stand, chosen by a filter, values as held, by `Rows`.

    Args:
        lend: as for `Rows`.
        workers: processes that code the events while this one writes; 0: this one does; None: by the number of events and of cores.
    """

    def __init__(self, record: Record, policy: Policy, wanted: Filter, lend: Lend, workers: int | None = None) -> None:
        super().__init__(record, (), policy, "held", wanted)
        self._own, self._lend = record, lend
        cores = len(os.sched_getaffinity(0))
        self._workers = workers if workers is not None else min(cores, MOST) if cores > 1 and shown.count(record) >= MANY else 0

    def coded(self, code: Coder[Code]) -> Iterator[Code]:
        """What a function makes of each event that is shown (`coding.Shown`)."""
        stretches = shown.stretches(self._own, self._wanted, STRETCH)
        if self._workers:
            pages = _pages_elsewhere(self._workers, (self._lend, self.policy, self._wanted), code, stretches)
        else:
            rows = Rows(self._own, self.policy, self._wanted, self._lend)
            pages = (rows.page(code, stretch) for stretch in stretches)
        before = gc.get_threshold()
        gc.set_threshold(20_000, 10, 10)  # rows that wait are alive, and searched for dead objects in vain
        try:
            for page in pages:
                self.shown += len(page.coded)
                self.kept += page.kept
                self.reviewed += page.reviewed
                self.telling |= page.telling
                yield from page.coded
        finally:
            gc.set_threshold(*before)


_decoder = msgspec.json.Decoder(Ready)


def _pages_elsewhere(workers: int, args: Lent, code: Coder[Any], stretches: Iterable[shown.Stretch]) -> Iterator[Page]:
    """The pages of `Rows`, made in other processes, each a stretch at a time.

    Raises:
        RecordError: as in making them here, or such a process was killed.
    """
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    pool = ProcessPoolExecutor(workers, get_context("fork"), _begin, args)
    ahead: deque[Future[Page]] = deque()
    try:
        for stretch in stretches:
            ahead.append(pool.submit(_page, code, stretch))
            if len(ahead) > 2 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    except BrokenProcessPool as error:
        raise RecordError("a process that reads the record ended too soon (out of memory?); run the same command again") from error
    finally:
        pool.shutdown(cancel_futures=True)


_rows: Callable[[], Rows]
"""Of a process that codes; the record is opened when the first page is asked for, so that an error comes with its page."""


def _begin(lend: Lend, policy: Policy, wanted: Filter) -> None:
    global _rows
    gc.set_threshold(20_000, 10, 10)
    _rows = cache(lambda: Rows(_until_end(lend(True)), policy, wanted, lend))


def _until_end(record: Record) -> Record:
    """The record, closed when this process ends."""
    Finalize(record, record.close, exitpriority=1)
    return record


def _page(code: Coder[Any], stretch: shown.Stretch) -> Page:
    return _rows().page(code, stretch)
