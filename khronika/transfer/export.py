"""A record and a filter in, a file in a shape that others load out; everything passes the policy on its way.

The rule: no half file is ever left (written beside, then renamed), and unknown is blank, never 0.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

from khronika.errors import UsageError
from khronika.jsonl import to_json
from khronika.policy import Policy, names_of
from khronika.transfer.acled import write_acled
from khronika.transfer.coding import Row, Shown, write_rows
from khronika.transfer.ged import write_ged
from khronika.transfer.plover import write_plover
from khronika.transfer.reports import write_reports
from khronika.types import Account, Event, Filter, Held, Range, RecordQuery

EVENT_COLUMNS = (
    "event_id", "kind", "status", "date_start", "date_end", "date_basis", "place", "precision", "country", "admin1", "latitude", "longitude", "radius_km",
    "geonames_id", "author", "targets", "killed_low", "killed_best", "killed_high", "injured_low", "injured_best", "injured_high", "detained_low",
    "detained_best", "detained_high", "reports", "origins", "party_origins", "grade_occurrence", "grade_author", "contested", "review", "sources",
)  # fmt: skip


def shown_events(record: RecordQuery, events: Iterable[Event], policy: Policy) -> Iterator[Event | None]:
    """Each event as the policy lets it be shown, None where it is kept back."""
    for event in events:
        accounts = record.accounts(event.account_ids)
        names = names_of(record, {account.document_id for account in accounts})
        told = max((account.published for account in accounts if account.published), default=None)
        yield policy.show_event(event, names, told)


def event_row(event: Event) -> Row:
    """One flat row an event; the columns are in docs/data-dictionary.md."""
    when, where = event.when.value, event.where.value
    return {
        "event_id": event.id,
        "kind": event.kind.value,
        "status": event.status.value,
        "date_start": when.start,
        "date_end": when.end,
        "date_basis": when.basis,
        "place": where.name if where else None,
        "precision": where.precision if where else None,
        "country": where.country if where else None,
        "admin1": where.admin1 if where else None,
        "latitude": where.latitude if where else None,
        "longitude": where.longitude if where else None,
        "radius_km": where.radius_km if where else None,
        "geonames_id": where.geonames_id if where else None,
        "author": "; ".join(actor.name for actor in event.perpetrators.value) or None,
        "targets": "; ".join(target.quote.words for target in event.targets) or None,
        **_range("killed", event.killed),
        **_range("injured", event.injured),
        **_range("detained", event.detained),
        "reports": event.reports,
        "origins": event.origins,
        "party_origins": event.party_origins,
        "grade_occurrence": event.grade_occurrence,
        "grade_author": event.grade_author,
        "contested": "; ".join(event.contested) or None,
        "review": event.review,
        "sources": "; ".join(event.sources) or None,
    }


def _range(name: str, held: Held[Range] | None) -> Row:
    value = held.value if held else None
    return {
        f"{name}_low": value.low if value else None,
        f"{name}_best": value.best if value else None,
        f"{name}_high": value.high if value else None,
    }


def _write_csv(events: Shown, out: IO[str]) -> Counter[str]:
    write_rows(EVENT_COLUMNS, map(event_row, events), out)
    return Counter()


def _write_jsonl(events: Shown, out: IO[str]) -> Counter[str]:
    for event in events:
        out.write(to_json(event).decode() + "\n")
    return Counter()


def _write_geojson(events: Shown, out: IO[str]) -> Counter[str]:
    out.write('{"type":"FeatureCollection","features":[')
    for number, event in enumerate(events):
        place = event.where.value
        point = None
        if place is not None and place.latitude is not None and place.longitude is not None:
            point = {"type": "Point", "coordinates": [round(place.longitude, 5), round(place.latitude, 5)]}
        feature = {"type": "Feature", "id": event.id, "geometry": point, "properties": event_row(event)}
        out.write(("," if number else "") + "\n" + to_json(feature).decode())
    out.write("\n]}\n")
    return Counter()


EXPORTS: dict[str, Callable[[Shown, IO[str]], Counter[str]]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "geojson": _write_geojson,
    "reports": write_reports,
    "acled": write_acled,
    "ged": write_ged,
    "plover": write_plover,
}
"""Format -> its writer, which returns how many events the shape has no row for, by reason."""


class Outgoing:
    """What policy lets out of some events of a record: the events, once, with counts of shown and kept back; and their accounts."""

    def __init__(self, record: RecordQuery, events: Iterable[Event], policy: Policy) -> None:
        self._record, self._events, self._policy = record, events, policy
        self.shown = self.kept = 0

    def __iter__(self) -> Iterator[Event]:
        for event in shown_events(self._record, self._events, self._policy):
            if event is None:
                self.kept += 1
            else:
                self.shown += 1
                yield event

    def accounts_of(self, event: Event) -> list[Account]:
        """The accounts as they may be shown; none for an event whose voices are withheld."""
        if not event.voices:
            return []
        accounts = self._record.accounts(event.account_ids)
        names = names_of(self._record, {account.document_id for account in accounts})
        return [shown for account in accounts if (shown := self._policy.show_account(account, names, event))]


def write_export(format: str, record: RecordQuery, chosen: Filter, policy: Policy, output: Path | None) -> tuple[int, int]:
    """Write the events and return how many were written and how many were kept back; what the shape has no row for is said on standard error.

    Raises:
        UsageError: the output cannot be written; nothing is left of it.
    """
    outgoing = Outgoing(record, record.events(chosen), policy)
    if output is None:
        skipped = EXPORTS[format](outgoing, sys.stdout)
    else:
        skipped = _write_file(EXPORTS[format], outgoing, output)
    if skipped:
        reasons = "; ".join(f"{reason}: {count}" for reason, count in sorted(skipped.items()))
        print(f"{skipped.total()} events have no row in {format}: {reasons}", file=sys.stderr)
    return outgoing.shown - skipped.total(), outgoing.kept


def _write_file(write: Callable[[Shown, IO[str]], Counter[str]], outgoing: Shown, output: Path) -> Counter[str]:
    draft = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with draft.open("w", encoding="utf-8", newline="") as out:
            skipped = write(outgoing, out)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(output)
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror}; nothing was left") from error
    finally:
        draft.unlink(missing_ok=True)
    return skipped
