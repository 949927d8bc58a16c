"""A record and a filter in, a file in a shape that others load out; everything passes the policy on its way.

The rule: no half file is ever left (written beside, then renamed), and unknown is blank, never 0.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from khronika.errors import UsageError
from khronika.jsonl import to_json
from khronika.policy import Policy, names_of
from khronika.types import Event, Filter, Held, Range, RecordQuery

Row = dict[str, Any]


def shown_events(record: RecordQuery, chosen: Filter, policy: Policy) -> Iterator[Event | None]:
    """Each event as the policy lets it be shown, None where it is kept back."""
    for event in record.events(chosen):
        names = names_of(record, {account.document_id for account in record.accounts(event.account_ids)})
        yield policy.show_event(event, names)


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


def _write_csv(events: Iterable[Event], out: IO[str]) -> None:
    writer = None
    for event in events:
        row = event_row(event)
        if writer is None:
            writer = csv.DictWriter(out, fieldnames=list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow({key: _safe(value) for key, value in row.items()})


def _safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


def _write_jsonl(events: Iterable[Event], out: IO[str]) -> None:
    for event in events:
        out.write(to_json(event).decode() + "\n")


def _write_geojson(events: Iterable[Event], out: IO[str]) -> None:
    out.write('{"type":"FeatureCollection","features":[')
    for number, event in enumerate(events):
        place = event.where.value
        point = None
        if place is not None and place.latitude is not None and place.longitude is not None:
            point = {"type": "Point", "coordinates": [round(place.longitude, 5), round(place.latitude, 5)]}
        feature = {"type": "Feature", "id": event.id, "geometry": point, "properties": event_row(event)}
        out.write(("," if number else "") + "\n" + to_json(feature).decode())
    out.write("\n]}\n")


EXPORTS: dict[str, Callable[[Iterable[Event], IO[str]], None]] = {"csv": _write_csv, "jsonl": _write_jsonl, "geojson": _write_geojson}


def write_export(format: str, record: RecordQuery, chosen: Filter, policy: Policy, output: Path | None) -> tuple[int, int]:
    """Write the events and return how many were written and how many were kept back.

    Raises:
        UsageError: the output cannot be written; nothing is left of it.
    """
    counts = [0, 0]

    def shown() -> Iterator[Event]:
        for event in shown_events(record, chosen, policy):
            counts[event is None] += 1
            if event is not None:
                yield event

    if output is None:
        EXPORTS[format](shown(), sys.stdout)
        return counts[0], counts[1]
    draft = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        with draft.open("w", encoding="utf-8", newline="") as out:
            EXPORTS[format](shown(), out)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(output)
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror}; nothing was left") from error
    finally:
        draft.unlink(missing_ok=True)
    return counts[0], counts[1]
