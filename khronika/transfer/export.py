"""A record and a filter in, a file in a shape that others load out; everything passes the policy on its way.

The rule: no half file is ever left (written beside, then renamed), unknown is blank, never 0, and each file has its datapackage beside it.
"""

from __future__ import annotations

import errno
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any

from khronika.errors import UsageError
from khronika.policy import Policy, names_by_document
from khronika.text import fold as fold_words
from khronika.transfer.acled import write_acled
from khronika.transfer.coding import Shown
from khronika.transfer.files import write_parquet, write_sqlite
from khronika.transfer.flat import write_csv, write_geojson, write_jsonl
from khronika.transfer.ged import write_ged
from khronika.transfer.linked import write_jsonld
from khronika.transfer.plover import write_plover
from khronika.transfer.reports import write_reports
from khronika.transfer.ruling import apply_rule
from khronika.transfer.viina import write_viina, write_viina_1pd
from khronika.types import Account, Event, Filter, RecordQuery

EXPORTS: dict[str, Callable[[Shown, IO[Any]], Counter[str]]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "geojson": write_geojson,
    "reports": write_reports,
    "acled": write_acled,
    "ged": write_ged,
    "plover": write_plover,
    "viina": write_viina,
    "viina-1pd": write_viina_1pd,
    "jsonld": write_jsonld,
    "parquet": write_parquet,
    "sqlite": write_sqlite,
}
"""Format -> its writer, which returns how many events the shape has no row for, by reason."""
BINARY = frozenset({"parquet", "sqlite"})
"""Formats whose writer writes bytes."""


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

    def __iter__(self) -> Iterator[Event]:
        events = iter(self._events)
        while part := list(islice(events, PART)):
            self._accounts = {account.id: account for account in self._record.accounts(id for event in part for id in event.account_ids)}
            self._names = names_by_document(self._record, {account.document_id for account in self._accounts.values()})
            for event in part:
                found = self._show(event)
                if found is None:
                    self.kept += 1
                else:
                    self.shown += 1
                    self.reviewed += found.review != "machine"
                    if self.policy.profile != "full":
                        self.telling |= _telling(self._wanted, event, found)
                    yield found

    def _show(self, event: Event) -> Event | None:
        accounts = self._of(event)
        told = max((account.published for account in accounts if account.published), default=None)
        return self.policy.show_event(apply_rule(event, accounts, self.rule), self._names_in(accounts), told)

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


def write_export(format: str, outgoing: Outgoing, output: Path | None) -> Counter[str]:
    """Write the events to a file or standard output; returns how many the shape has no row for, by reason.

    Raises:
        UsageError: the output cannot be written, or the format is no text and no file is named; nothing is left of it.
    """
    if output is not None:
        return write_file(output, format in BINARY, lambda out: EXPORTS[format](outgoing, out))
    if format in BINARY and sys.stdout.isatty():
        raise UsageError(f"{format} is no text: name a file with -o FILE")
    out = sys.stdout.buffer if format in BINARY else sys.stdout
    try:
        skipped = EXPORTS[format](outgoing, out)
        out.flush()
    except OSError as error:
        if error.errno == errno.EPIPE:  # whoever reads has enough
            raise
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - what waits in the buffer has nowhere to go
        raise UsageError(f"standard output: cannot be written: {error.strerror}") from error
    return skipped


def write_file(output: Path, binary: bool, write: Callable[[IO[Any]], Counter[str]]) -> Counter[str]:
    """Write a file beside its name and rename it when it is whole.

    Raises:
        UsageError: it cannot be written; nothing is left of it.
    """
    draft = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") if binary else draft.open("w", encoding="utf-8", newline="") as out:
            skipped = write(out)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(output)
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror}; nothing of it was left") from error
    finally:
        with suppress(OSError):  # there is none where its name is too long, or its folder is none
            draft.unlink()
    return skipped
