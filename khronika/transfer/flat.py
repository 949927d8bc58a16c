"""Events in, one flat row each out: `csv`, and the properties of `geojson`; parquet and sqlite take the same rows."""

from __future__ import annotations

from collections import Counter
from typing import IO

from khronika.jsonl import to_json
from khronika.transfer.coding import AccountsOf, Row, Shown, when_and_where, write_rows
from khronika.types import Event, Held, Range

EVENT_COLUMNS = (
    "event_id", "kind", "status", "date_start", "date_end", "date_basis", "place", "precision", "country", "admin1", "latitude", "longitude", "radius_km",
    "geonames_id", "author", "targets", "killed_low", "killed_best", "killed_high", "injured_low", "injured_best", "injured_high", "detained_low",
    "detained_best", "detained_high", "reports", "origins", "party_origins", "grade_occurrence", "grade_author", "contested", "review", "sources",
)  # fmt: skip


def event_row(event: Event) -> Row:
    """One flat row an event; the columns are in docs/data-dictionary.md."""
    where = event.where.value
    return {
        "event_id": event.id,
        "kind": event.kind.value,
        "status": event.status.value,
        **when_and_where(event.when.value, where),
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


def write_csv(events: Shown, out: IO[str]) -> Counter[str]:
    """Write one row an event."""
    write_rows(EVENT_COLUMNS, events.coded(_row), out)
    return Counter()


def _row(event: Event, _: AccountsOf) -> Row:
    return event_row(event)


def write_jsonl(events: Shown, out: IO[str]) -> Counter[str]:
    """Write one event a line, whole; `khronika import` reads it back."""
    for line in events.coded(_line):
        out.write(line.decode())
    return Counter()


def _line(event: Event, _: AccountsOf) -> bytes:
    return to_json(event) + b"\n"


def write_geojson(events: Shown, out: IO[str]) -> Counter[str]:
    """Write one feature an event (RFC 7946); no geometry where there is no point."""
    out.write('{"type":"FeatureCollection","features":[')
    for number, feature in enumerate(events.coded(_feature)):
        out.write(("," if number else "") + "\n" + feature.decode())
    out.write("\n]}\n")
    return Counter()


def _feature(event: Event, _: AccountsOf) -> bytes:
    place, point = event.where.value, None
    if place is not None and place.latitude is not None and place.longitude is not None:
        point = {"type": "Point", "coordinates": [round(place.longitude, 5), round(place.latitude, 5)]}
    return to_json({"type": "Feature", "id": event.id, "geometry": point, "properties": event_row(event)})
