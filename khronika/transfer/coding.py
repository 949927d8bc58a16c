"""An event's places, days and parties in, the names and codes that the shapes of others share out.

The rule: what the record does not hold is None and the writers leave it blank; tables stand in data/exports, kinds in data/kinds.toml.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import IO, Any, Protocol, TypeVar

from khronika import config
from khronika.types import Account, ActorRef, Event, Place, When

Row = dict[str, Any]
ARMED = frozenset({"State forces", "External/Other forces", "Rebel group", "Political militia", "Identity militia"})
STATE = frozenset({"State forces", "External/Other forces"})


Code = TypeVar("Code")
AccountsOf = Callable[[Event], list[Account]]
"""Gives the accounts of the event that is being coded, as far as policy lets them out."""


class Shown(Protocol):
    """The events that policy lets out, streamed."""

    rows: int | None
    """How many rows a writer made of them, where an event may be more or less than one."""

    def coded(self, code: Callable[[Event, AccountsOf], Code]) -> Iterator[Code]:
        """What a function of a module makes of each event, in their order; it may run in other processes, so what it returns is plain."""
        ...


def with_row(coded: Iterable[str | Code], skipped: Counter[str]) -> Iterator[Code]:
    """What has a row in a shape; of what has none stands the reason, which is counted."""
    for one in coded:
        if isinstance(one, str):
            skipped[one] += 1
        else:
            yield one


def columns(shape: str) -> Sequence[str]:
    """The columns of a shape in file order."""
    return tuple(config.data("exports/columns.toml")[shape])


def fields_of(shape: str, names: Sequence[str]) -> list[dict[str, str]]:
    """Name, frictionless type and description of each column, from data/exports/fields.toml; `reports` shares columns with `csv`."""
    table = config.data("exports/fields.toml")
    known = table["csv"] | table.get(shape.removesuffix("-1pd"), {})
    return [{"name": name, "type": known[name]["type"], "description": known[name]["content"]} for name in names]


def field_types(shape: str, names: Sequence[str]) -> dict[str, str]:
    """The frictionless type of each column."""
    return {field["name"]: field["type"] for field in fields_of(shape, names)}


def write_rows(names: Sequence[str], rows: Iterable[Row], out: IO[str]) -> int:
    """Write rows as CSV, the header always, and return how many; None is blank. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    count = 0
    for row in rows:
        count += 1
        cells = map(row.get, names)
        writer.writerow(["'" + cell if isinstance(cell, str) and cell[:1] in _FORMULA else cell for cell in cells])
    return count


_FORMULA = frozenset("=+-@\t")


def why_not_coded(event: Event) -> str | None:
    """Why an event has no row in a data set of what happened: it was only alleged, or it was prevented."""
    status = event.status.value
    if status == "alleged" or status == "foiled" and event.kind.value != "disrupted_weapons_use":
        return f"only {status}"
    return None


def when_and_where(when: When, where: Place | None) -> Row:
    """The cells for day and place that the flat shapes share; None is blank."""
    names = ("precision", "country", "admin1", "latitude", "longitude")
    cells = {name: getattr(where, name) if where else None for name in names}
    return {"date_start": when.start, "date_end": when.end, "date_basis": when.basis, "place": where.name if where else None, **cells}


def days_of(when: When) -> int | None:
    """How many days the event may have been on, at least 2 where the day was only assumed; None where no day is known."""
    if when.start is None or when.end is None:
        return None
    days = (when.end - when.start).days + 1
    return max(days, 2) if when.basis in ("assumed_fresh", "open") else days


def precision_of(place: Place) -> str:
    """The place's precision; one without a point counts as no finer than its region, or its country."""
    if place.latitude is not None and place.longitude is not None:
        return place.precision
    return "region" if place.admin1 or place.precision == "region" else "country"


@cache
def country_name(code: str, scheme: str = "acled") -> str:
    """The English name of a country as `scheme` (acled or ucdp) writes it, its code where there is none."""
    known = config.data("exports/regions.toml")[f"{scheme}_name"].get(code) or config.data("place/countries.toml")["english"].get(code)
    found = _country(code)
    if known or found is None:
        return str(known or ("Kosovo" if code == "XK" else code))
    return str(getattr(found, "common_name", None) or found.name).split(",")[0]


@cache
def country_number(code: str | None) -> int | None:
    """ISO 3166 numeric."""
    found = _country(code)
    return int(found.numeric) if found else None


@cache
def country_letters(code: str | None) -> str | None:
    """ISO 3166 alpha-3."""
    found = _country(code)
    return str(found.alpha_3) if found else None


def _country(code: str | None) -> Any:
    import pycountry

    return pycountry.countries.get(alpha_2=code) if code else None


@cache
def region_name(code: str | None, scheme: str) -> str | None:
    """The world region of a country, `scheme` acled or ucdp."""
    table = config.data("exports/regions.toml")
    region = next((name for name, codes in table["acled"].items() if code in codes), None)
    if scheme == "acled" or region is None:
        return region
    return str(table["ucdp_of"].get(code) or table["ucdp"][region])


@cache
def _registry() -> dict[str, Row]:
    return {entry["id"]: entry for entry in config.data("actors.toml")["actor"]}


@cache
def _head_sectors() -> dict[str, str]:
    return {entry["id"]: entry["plover"] for entry in config.data("actor_heads.toml")["head"] if "plover" in entry}


def actor_name(actor: ActorRef, shape: str) -> str:
    """The name of an actor in a shape (acled, ucdp) where the registry has one, else the record's."""
    return str(_registry().get(actor.id or "", {}).get(shape) or actor.name)


def actor_sector(actor: ActorRef) -> str | None:
    """PLOVER's sector of an actor, None where the registry has none."""
    own = _registry().get(actor.id or "", {}).get("plover")
    return own or _head_sectors().get((actor.id or "").rpartition("-")[0])


def inter_of(actor: ActorRef, country: str | None) -> str | None:
    """ACLED's inter of an actor: a state's forces are State forces at home and External/Other forces abroad."""
    if actor.kind in STATE and actor.country and country:
        return "State forces" if actor.country == country else "External/Other forces"
    return actor.kind if actor.kind in config.data("exports/columns.toml")["inter"] else None


def source_names(event: Event) -> list[str]:
    """The publishers of an event by name."""
    known = _sources()
    return [known.get(source, source) for source in event.sources]


@cache
def _sources() -> dict[str, str]:
    return {id: source.name for id, source in config.read_sources().items()}
