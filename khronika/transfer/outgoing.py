"""Events of a record in, what policy lets out of them out: the events, once, with counts, and their accounts.

The rule: nothing is handed to a writer that the policy has not shown. `Kept` hands out what today's policy made of an event before, for as long as the event
stands as it stood then; old views, other rules than `held` and single events go through the policy anew (`Outgoing`).
"""

from __future__ import annotations

import datetime as dt
import gc
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from khronika.errors import RecordError
from khronika.jsonl import to_json
from khronika.policy import Policy, names_by_document
from khronika.record import shown
from khronika.record.record import Record
from khronika.text import fold as fold_words
from khronika.transfer.ruling import apply_rule
from khronika.types import Account, Event, Filter, Noun, RecordQuery

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

PART = 200
"""Events whose accounts and names are fetched together."""


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
        self._accounts: dict[str, Account] = {}
        self._names: dict[str, frozenset[str]] = {}
        self.shown = self.kept = self.reviewed = 0
        self.rows: int | None = None

    def __iter__(self) -> Iterator[Event]:
        events = iter(self._events)
        while part := list(islice(events, PART)):
            self._load(part)
            for event in part:
                accounts = self._of(event)
                found = self.policy.show_event(apply_rule(event, accounts, self.rule), self._names_in(accounts), last_told(accounts))
                if self._count(event, found) and found:
                    yield found

    def _load(self, events: Iterable[Event]) -> None:
        """Fetch the accounts of some events and the names in their documents."""
        self._accounts = accounts_by_id(self._record, events)
        self._names = names_by_document(self._record, {account.document_id for account in self._accounts.values()})

    def _count(self, event: Event | None, shown: Event | None) -> bool:
        """Count an event as shown or kept back; `event` None: it tells no more than it shows."""
        if shown is None:
            self.kept += 1
            return False
        self.shown += 1
        self.reviewed += shown.review != "machine"
        if event is not None and self.policy.profile != "full":
            self.telling |= _telling(self._wanted, event, shown)
        return True

    def _of(self, event: Event) -> list[Account]:
        return [self._accounts[id] for id in event.account_ids if id in self._accounts]

    def _names_in(self, accounts: Iterable[Account]) -> frozenset[str]:
        return frozenset().union(*(self._names.get(account.document_id, frozenset()) for account in accounts))

    def accounts_of(self, event: Event) -> list[Account]:
        """The accounts, of an event that was just handed out, as they may be shown; none for an event whose voices are withheld."""
        if not event.voices:
            return []
        accounts = self._of(event)
        names = self._names_in(accounts)
        return [shown for account in accounts if (shown := self.policy.show_account(account, names, event))]


def accounts_by_id(record: RecordQuery, events: Iterable[Event]) -> dict[str, Account]:
    """The accounts of some events."""
    return {account.id: account for account in record.accounts(id for event in events for id in event.account_ids)}


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
"""Events from which on two processes are quicker than one."""
FAR = dt.date.max - dt.timedelta(days=1)
"""A day on which nothing is held back any more; `Ready.since` says from when an event is shown."""


class Ready(Noun, frozen=True, kw_only=True):
    """An event as policy shows it from the day `since` on; None: never, or only reviewed."""

    since: dt.date | None = None
    event: Event | None = None


class Row(NamedTuple):
    """An event by its number, what is shown of it (`Ready` as JSON), and the event itself where it was asked for."""

    event_no: int
    ready: bytes
    event: Event | None = None


Lend = Callable[[bool], Record]
"""Gives a record once more, to be looked at only (True) or to write in."""


class Rows:
    """What policy made of the events that a filter chooses, in their order: taken from the record where it was kept, else made and kept.

    Args:
        lend: where it gives no record to write in (it is read-only, or locked) nothing is kept.
        whole: with the events themselves.
    """

    def __init__(self, record: Record, policy: Policy, wanted: Filter, lend: Lend, whole: bool) -> None:
        self._record, self._wanted, self._whole = record, wanted, whole
        self._policy = policy.on(FAR)
        self._lend: Lend | None = lend
        self._keeper: Record | None = None
        self._stamp, self._profile = f"{VERSION}-{policy.stamp}", f"export {policy.profile}"

    def pages(self) -> Iterator[list[Row]]:
        """All rows."""
        erased = shown.erasures(self._record)
        try:
            for page in shown.standing(self._record, self._profile, self._stamp, self._wanted, self._whole):
                missing = [row for row in page if row.kept is None]
                made = dict(zip((row.event_no for row in missing), self._make([row.event for row in missing if row.event]), strict=True))
                if made:
                    rows = [shown.ShownRow(row.event_no, row.seq, zlib.compress(made[row.event_no], 1), "") for row in missing]
                    self._keep(rows, erased)
                ready = (zlib.decompress(row.kept) if row.kept else made[row.event_no] for row in page)
                yield [Row(row.event_no, body, row.event if self._whole else None) for row, body in zip(page, ready, strict=True)]
        finally:
            if self._keeper:
                self._keeper.close()

    def _make(self, events: Sequence[Event]) -> Iterator[bytes]:
        accounts = accounts_by_id(self._record, events)
        names = names_by_document(self._record, {account.document_id for account in accounts.values()})
        for event in events:
            own = [accounts[id] for id in event.account_ids if id in accounts]
            told, named = last_told(own), frozenset().union(*(names.get(account.document_id, frozenset()) for account in own))
            yield to_json(Ready(since=self._policy.shown_from(event, told), event=self._policy.show_event(event, named, told)))

    def _keep(self, rows: Sequence[shown.ShownRow], erased: int) -> None:
        if self._lend is None:
            return
        try:
            if self._keeper is None:
                self._keeper = self._lend(False)
                shown.drop_others(self._keeper, self._profile, self._stamp)
            shown.keep(self._keeper, self._profile, self._stamp, rows, erased)
        except RecordError:
            self._lend = None


class Kept(Outgoing):
    """The events of a record as they stand, chosen by a filter, values as held, by `Rows`.

    Args:
        lend: as for `Rows`.
        ahead: another process gets the rows ready while this one writes; None: where the record has many events.
    """

    def __init__(self, record: Record, policy: Policy, wanted: Filter, lend: Lend, ahead: bool | None = None) -> None:
        super().__init__(record, (), policy, "held", wanted)
        self._own, self._lend = record, lend
        self._telling = bool(wanted.place or wanted.since or wanted.until)
        self._ahead = not self._telling and shown.count(record) >= MANY if ahead is None else ahead
        self._page: Sequence[Row] = ()

    def __iter__(self) -> Iterator[Event]:
        rows = Rows(self._own, self.policy, self._wanted, self._lend, self._telling)
        pages = _pages_ahead(self._lend, self.policy, self._wanted) if self._ahead else rows.pages()
        before = gc.get_threshold()
        gc.set_threshold(20_000, 10, 10)  # rows that wait are alive, and searched for dead objects in vain
        try:
            for page in pages:
                yield from self._shown_of(page)
        finally:
            gc.set_threshold(*before)

    def _shown_of(self, page: Sequence[Row]) -> Iterator[Event]:
        hidden, today = shown.hidden_events(self._own), self.policy.today
        self._page = page
        for row in page:
            ready = _decoder.decode(row.ready)
            found = ready.event if ready.since and ready.since <= today and row.event_no not in hidden else None
            if self._count(row.event, found) and found:
                yield found

    def accounts_of(self, event: Event) -> list[Account]:
        """As `Outgoing.accounts_of`; those of a page are fetched when the first of them is asked for."""
        if event.voices and self._page:
            self._load([found for row in self._page if (found := _decoder.decode(row.ready).event)])
            self._page = ()
        return super().accounts_of(event)


_decoder = msgspec.json.Decoder(Ready)


def _pages_ahead(lend: Lend, policy: Policy, wanted: Filter) -> Iterator[list[Row]]:
    """The pages of `Rows`, made in another process.

    Raises:
        RecordError: as in reading them here, or that process was killed.
    """
    import multiprocessing

    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_send, args=(there, lend, policy, wanted), daemon=True)
    process.start()
    there.close()
    try:
        while (found := here.recv()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
    except EOFError as error:
        raise RecordError("the process that reads the record ended too soon (out of memory?); run the same command again") from error
    finally:
        here.close()
        process.terminate()
        process.join()


def _send(pipe: Connection, lend: Lend, policy: Policy, wanted: Filter) -> None:
    try:
        with lend(True) as record:
            for page in Rows(record, policy, wanted, lend, whole=False).pages():
                pipe.send(page)
        pipe.send(None)
    except BrokenPipeError:  # whoever reads has enough
        pass
    except Exception as error:  # noqa: BLE001 - it goes on in the process that reads
        pipe.send(error)
