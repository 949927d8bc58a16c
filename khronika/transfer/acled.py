"""Events in, ACLED-shaped rows out (31 columns): one row an actor pair, sub-event type, place and day.

The rule: what several events of one pair, place and day amount to is one row, and an event of several days is a row a day; a total that several events share, or
that several days give, is divided; an actor is named only where the event holds an author; an assumed day is never precision 1; unknown fatalities, which the
shape writes as 0, carry a tag. docs/exports.md says what is lost.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, groupby
from operator import attrgetter
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NamedTuple

import msgspec

from khronika import config
from khronika.jsonl import to_json
from khronika.transfer.coding import (
    ARMED,
    AccountsOf,
    Row,
    Shown,
    actor_name,
    columns,
    country_name,
    country_number,
    days_of,
    inter_of,
    precision_of,
    region_name,
    source_names,
    why_not_coded,
    with_row,
    write_rows,
)
from khronika.types import Event, Place, When

GEO_PRECISION = {"site": 1, "settlement": 1, "district": 2, "region": 3}
CROWD = {"Protests": "Protesters", "Riots": "Rioters"}
FORCE_ON_CROWD = frozenset({"protest_with_intervention", "excessive_force_against_protesters"})


class Side(NamedTuple):
    """One side of a row: its name, those with it, its inter; all blank where unknown."""

    name: str | None = None
    beside: str | None = None
    inter: str | None = None


class Coded(NamedTuple):
    """An event as the shape has it: the first day that it is shown with, its row, how many days it lasted, and the lines of `shared_tolls` that it shares."""

    first: dt.date
    row: Row
    days: int
    shares: tuple[str, ...]


def write_acled(shown: Shown, out: IO[str]) -> Counter[str]:
    """Write the rows and return how many events have none, by reason."""
    skipped: Counter[str] = Counter()
    with SpooledTemporaryFile(SPOOL) as sharing:  # how many share a total is known only at the end

        def alone() -> Iterator[Coded]:
            for one in with_row(shown.coded(_code), skipped):
                if one.shares:
                    sharing.write(to_json(one) + b"\n")
                else:
                    yield one

        shown.rows = write_rows(columns("acled"), chain(_rows(alone(), skipped), _rows(_divided(sharing), skipped)), out)
    return skipped


def _code(event: Event, _: AccountsOf) -> Coded | str:
    reason, when = _why_no_row(event), event.when.value
    if reason or when.start is None:
        return reason or ""
    return Coded(when.start, acled_row(event), (days_of(when) or 1) if _lasted(when) else 1, tuple(_shared_totals(event)))


END = "~"
"""Behind any day."""
WEEK = dt.timedelta(days=7)
"""How far before its place in the order an event's row may stand: policy shows some by their week only."""
SPOOL = 1 << 24
"""Bytes of events that share totals from which on they wait in a file."""


def _rows(coded: Iterable[Coded], skipped: Counter[str]) -> Iterator[Row]:
    """The rows in the order of their days, of events in the order of their first days."""
    waiting: dict[str, list[Row]] = {}
    for first, events in groupby(coded, key=attrgetter("first")):
        yield from _past(waiting, str(first - WEEK), skipped)
        for event in events:
            for row in _by_day(event):
                waiting.setdefault(row["event_date"], []).append(row)
    yield from _past(waiting, END, skipped)


def _past(waiting: dict[str, list[Row]], day: str, skipped: Counter[str]) -> Iterator[Row]:
    """Take out what waits for the days before this one, joined."""
    for past in sorted(one for one in waiting if one < day):
        yield from _joined(waiting.pop(past), skipped)


def _by_day(event: Coded) -> Iterator[Row]:
    """A row a day of an event that lasted, its fatalities divided evenly, a person each of the rest to the first days; else the row itself."""
    first, row, count, _ = event
    if count == 1:
        yield row
        return
    share, rest = divmod(row["fatalities"], count)
    for number in range(count):
        day = first + dt.timedelta(days=number)
        id = row["event_id_cnty"] if number == 0 else f"{row['event_id_cnty']}-{number + 1}"
        of = {"event_id_cnty": id, "event_date": day.isoformat(), "year": day.year, "time_precision": 1}
        yield {**row, **of, "fatalities": share + (number < rest), "tags": f"{row['tags']}; day {number + 1} of {count}", "days": count}


def _lasted(when: When) -> bool:
    """Whether the words name its first and last day ("from Monday to Wednesday", "over the past three days"): an event of several days, not one of a day that is not known."""
    several = when.start is not None and when.end is not None and when.start < when.end
    return several and when.basis != "assumed_fresh" and (when.granularity == "day" or when.type == "DURATION")


ONE_ROW = ("event_date", "time_precision", "sub_event_type", "actor1", "actor2", "country", "admin1", "location", "latitude", "longitude")
"""Columns that make two events one row."""


def _joined(rows: Iterable[Row], skipped: Counter[str]) -> Iterable[Row]:
    """One row for those of the same pair, place and day: fatalities added, words and tags of all, the id of the first."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        same = found.setdefault(tuple(row[name] for name in ONE_ROW), row)
        if same is row:
            continue
        skipped["in the row of the same actors, place and day"] += "days" not in row  # the other days of an event that lasted may have rows
        same["fatalities"] += row["fatalities"]
        same["notes"] = f"{same['notes']} | {row['event_id_cnty']}: {row['notes']}"
        for name in ("assoc_actor_1", "assoc_actor_2", "source", "tags"):
            parts = [part for value in (same[name], row[name]) if value for part in value.split("; ")]
            same[name] = "; ".join(dict.fromkeys(parts)) or None
    return found.values()


def _shared_totals(event: Event) -> list[str]:
    """The lines of the totals of killed that this event shares with others ("killed 10-12 document@start", no high where open upwards)."""
    return [line for line in event.shared_tolls if line.startswith("killed ")]


def _divided(sharing: IO[bytes]) -> Iterator[Coded]:
    """Events that share totals, one JSON line each, with their even parts; what does not divide goes to the first of them, a person each.

    Where several texts give totals for one event, the one that most events share counts, so that the dead are not divided twice.
    """

    def told() -> Iterator[Coded]:
        sharing.seek(0)
        return map(_decoder.decode, sharing)

    holders = Counter(line for event in told() for line in event.shares)

    def chosen(event: Coded) -> str:
        return max(event.shares, key=lambda line: (holders[line], line))

    among, given = Counter(map(chosen, told())), Counter[str]()
    for event in told():
        line, row = chosen(event), event.row
        low, _, high = line.split()[1].partition("-")
        share, rest = divmod(int(low), among[line])
        tags = [tag for tag in row["tags"].split("; ") if tag != "fatalities unknown"] + ([] if high else ["fatalities open upwards"])
        row |= {"fatalities": row["fatalities"] + share + (given[line] < rest), "tags": "; ".join(dict.fromkeys(tags))}
        given[line] += 1
        yield event


_decoder = msgspec.json.Decoder(Coded)


def _why_no_row(event: Event) -> str | None:
    place, days = event.where.value, days_of(event.when.value)
    if days is None or days > 31:
        return "day not known to the month"
    if place is None or place.country is None or precision_of(place) == "country":
        return "place not known below the country"
    return "a sum of several events" if event.rollup else why_not_coded(event)


def acled_row(event: Event) -> Row:
    """The row of an event that has a day and a place below the country."""
    place, types = event.where.value, config.data("kinds.toml")[event.kind.value]["acled"]
    assert place is not None and place.country is not None
    day, precision = _day(event.when.value)
    first, second = _sides(event, place.country, types["event_type"])
    return {
        "event_id_cnty": event.id,
        "event_date": day.isoformat(),
        "year": day.year,
        "time_precision": precision,
        "disorder_type": types["disorder_type"],
        "event_type": types["event_type"],
        "sub_event_type": types["sub_event_type"],
        "actor1": first.name,
        "assoc_actor_1": first.beside,
        "inter1": first.inter,
        "actor2": second.name,
        "assoc_actor_2": second.beside,
        "inter2": second.inter,
        "interaction": interaction(first.inter, second.inter),
        "civilian_targeting": "Civilian targeting" if _is_on_civilians(event, types["event_type"], second) else None,
        "iso": country_number(place.country),
        "region": region_name(place.country, "acled"),
        "country": country_name(place.country),
        "admin1": place.admin1,
        "admin2": place.admin2,
        "location": place.name,
        "latitude": _degrees(place.latitude),
        "longitude": _degrees(place.longitude),
        "geo_precision": GEO_PRECISION[precision_of(place)],
        "source": "; ".join(source_names(event)) or None,
        "notes": _notes(event),
        "fatalities": event.killed.value.low if event.killed else 0,
        "tags": "; ".join(_tags(event, place)),
    }


def _day(when: When) -> tuple[dt.date, int]:
    """The day of the row, in the middle of the period, and its precision: 1 the day, 2 the week, 3 the month."""
    assert when.start is not None and when.end is not None
    days = days_of(when) or 0
    return when.start + (when.end - when.start) // 2, 1 if days == 1 else 2 if days <= 7 else 3


def _sides(event: Event, country: str, event_type: str) -> tuple[Side, Side]:
    place = country_name(country)
    author, target = _author(event, country), _target(event, country, event_type)
    crowd = CROWD.get(event_type)
    if crowd is None:
        return author or Side(f"Unidentified Armed Group ({place})", None, "Political militia"), target
    there = Side(f"{crowd} ({place})", None, crowd)
    if event.kind.value in FORCE_ON_CROWD:
        return (author, there) if author and author.inter in ARMED else (there, Side())
    return there._replace(beside=author.name if author and author.inter != crowd else None), target


def _author(event: Event, country: str) -> Side | None:
    """The author that the event holds; None where none is held or the words name no known sort of actor."""
    known = [(actor_name(actor, "acled"), inter) for actor in event.perpetrators.value if (inter := inter_of(actor, country))]
    return Side(known[0][0], "; ".join(name for name, _ in known[1:]) or None, known[0][1]) if known else None


def _target(event: Event, country: str, event_type: str) -> Side:
    """Armed targets by name; people else are civilians, with the party of officials beside; things are no actor."""
    place = country_name(country)
    armed = [
        (actor_name(t.actor, "acled"), i)
        for t in event.targets
        if t.actor and t.kind in ("military", "police") and (i := inter_of(t.actor, country))
    ]
    armed = list(dict.fromkeys(armed))
    if armed and event_type != "Violence against civilians":
        return Side(armed[0][0], "; ".join(name for name, _ in armed[1:]) or None, armed[0][1])
    people = [target for target in event.targets if target.kind in ("civilian", "official")]
    if not people and event_type != "Violence against civilians":
        return Side()
    beside = dict.fromkeys(actor_name(target.actor, "acled") for target in people if target.actor and target.actor.id)
    return Side(f"Civilians ({place})", "; ".join(beside) or None, "Civilians")


@cache
def interaction(first: str | None, second: str | None) -> str | None:
    """The interaction text: the lower code first, External/Other forces-Civilians the other way round; "only" where one side is blank."""
    table = config.data("exports/columns.toml")
    if first is None or second is None:
        return f"{first or second} only" if first or second else None
    pair = sorted((first, second), key=table["inter"].index)
    return "-".join(table["reversed"] if set(pair) == set(table["reversed"]) else pair)


def _is_on_civilians(event: Event, event_type: str, second: Side) -> bool:
    if event_type == "Violence against civilians" or event.kind.value == "excessive_force_against_protesters":
        return True
    armed = any(target.kind in ("military", "police") for target in event.targets)
    return second.inter == "Civilians" and not armed and event_type in ("Explosions/Remote violence", "Riots")


def _degrees(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _notes(event: Event) -> str:
    told = f"Reports: {event.reports}; origins: {event.origins}; of them a party: {event.party_origins}"
    words = next((voice.words for voice in event.voices if voice.words), "")
    contested = f" Contested: {', '.join(event.contested)}." if event.contested else ""
    return f"ACLED-shaped, machine-coded, review: {event.review}. {told}.{contested}" + (f' "{words}"' if words else "")


def _tags(event: Event, place: Place) -> list[str]:
    found = {
        "machine-coded": True,
        "fatalities unknown": event.killed is None,
        "fatalities open upwards": event.killed is not None and event.killed.value.high is None,
        "fatalities shared with other events": any(line.startswith("killed ") for line in event.shared_tolls),
        "day assumed": event.when.value.basis == "assumed_fresh",
        "coordinates not given": place.latitude is None or place.longitude is None,
        "attempted": event.status.value == "attempted",
        **{f"{name} contested": True for name in event.contested},
    }
    return [tag for tag, holds in found.items() if holds]
