"""Events of a record in, what policy lets out of them out: the events, once, with counts, and their accounts.

The rule: nothing is handed to a writer that the policy has not shown. `Kept` hands out what today's policy made of an event before, for as long as the event
stands as it stood then.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from khronika.errors import RecordError
from khronika.jsonl import to_json
from khronika.policy import Policy, names_by_document
from khronika.record import shown
from khronika.record.record import Record
from khronika.text import fold as fold_words
from khronika.transfer.ruling import apply_rule
from khronika.types import Account, Event, Filter, Noun, RecordQuery

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
        self._accounts = {account.id: account for account in self._record.accounts(id for event in events for id in event.account_ids)}
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
FAR = dt.date.max - dt.timedelta(days=1)
"""A day on which nothing is held back any more; `Ready.since` says from when an event is shown."""


class Ready(Noun, frozen=True, kw_only=True):
    """An event as policy shows it from the day `since` on; None: never, or only reviewed."""

    since: dt.date | None = None
    event: Event | None = None


class Kept(Outgoing):
    """The events of a record as they stand, chosen by a filter, values as held; what policy made of each is kept in the record and taken from there.

    Args:
        lend: gives the record once more, to keep in it what has to be made; where that fails (it is read-only, or locked) nothing is kept.
    """

    def __init__(self, record: Record, policy: Policy, wanted: Filter, lend: Callable[[], Record]) -> None:
        super().__init__(record, (), policy, "held", wanted)
        self._whole = record
        self._lend: Callable[[], Record] | None = lend
        self._keeper: Record | None = None
        self._stamp, self._profile = f"{VERSION}-{policy.stamp}", f"export {policy.profile}"
        self._page: Sequence[shown.Standing] = ()

    def __iter__(self) -> Iterator[Event]:
        wanted, today = self._wanted, self.policy.today
        telling = bool(wanted.place or wanted.since or wanted.until)
        try:
            for page in self._pages(telling):
                hidden = shown.hidden_events(self._whole)
                self._page = page
                for row in page:
                    ready = _read(row)
                    found = ready.event if ready.since and ready.since <= today and row.event_no not in hidden else None
                    if self._count(row.event if telling else None, found) and found:
                        yield found
        finally:
            if self._keeper:
                self._keeper.close()

    def _pages(self, telling: bool) -> Iterator[Sequence[shown.Standing]]:
        """The events in pages, the row of each made, and kept, where it was not."""
        erased = shown.erasures(self._whole)
        for page in shown.standing(self._whole, self._profile, self._stamp, self._wanted, telling):
            missing = [row for row in page if row.kept is None]
            if missing:
                made = {row.event_no: body for row, body in zip(missing, self._make(missing), strict=True)}
                self._keep([shown.ShownRow(row.event_no, row.seq, made[row.event_no], "") for row in missing], erased)
                page = [row._replace(kept=made[row.event_no]) if row.kept is None else row for row in page]
            yield page

    def _make(self, rows: Sequence[shown.Standing]) -> Iterator[bytes]:
        events = [row.event for row in rows if row.event]
        self._load(events)
        far = self.policy.on(FAR)
        for event in events:
            accounts = self._of(event)
            told = last_told(accounts)
            ready = Ready(since=far.shown_from(event, told), event=far.show_event(event, self._names_in(accounts), told))
            yield zlib.compress(to_json(ready), 1)

    def _keep(self, rows: Sequence[shown.ShownRow], erased: int) -> None:
        if self._lend is None:
            return
        try:
            if self._keeper is None:
                self._keeper = self._lend()
                shown.drop_others(self._keeper, self._profile, self._stamp)
            shown.keep(self._keeper, self._profile, self._stamp, rows, erased)
        except RecordError:
            self._lend = None

    def accounts_of(self, event: Event) -> list[Account]:
        """As `Outgoing.accounts_of`; those of a page are fetched when the first of them is asked for."""
        if event.voices and self._page:
            self._load([found for row in self._page if (found := _read(row).event)])
            self._page = ()
        return super().accounts_of(event)


_decoder = msgspec.json.Decoder(Ready)


def _read(row: shown.Standing) -> Ready:
    return _decoder.decode(zlib.decompress(row.kept or b""))
