"""Events or sums of them in, counts a period and group out; the rule: unknown is never added as zero, and says how often it stands behind a sum."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from khronika.errors import UsageError
from khronika.types import Event, Sum

PERIODS = ("day", "week", "month", "year")
GROUPS = ("kind", "country", "region", "place", "actor")
_TOLLS = tuple(name for name in Sum._fields if name not in ("day", "values"))


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one period (its first day; None: the day is open, or no period was asked for) and group.

    Tolls are sums over the events that give one (`*_counted`); `*_open` of those have no upper bound, their lower one stands in the upper sum.
    """

    period: str | None
    group: tuple[str | None, ...]
    events: int
    killed_low: int
    killed_high: int
    killed_counted: int
    killed_open: int
    injured_low: int
    injured_high: int
    injured_counted: int
    injured_open: int


def parse_by(text: str) -> tuple[str | None, tuple[str, ...]]:
    """The period and the groups of `--by week,place,kind`; an event counts in the period of its first day.

    Raises:
        UsageError: a word is none of them, or two periods are given.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in PERIODS + GROUPS]
    if unknown:
        raise UsageError(f"--by {unknown[0]!r} is unknown; there are: {', '.join(PERIODS + GROUPS)}")
    periods = [word for word in words if word in PERIODS]
    if len(periods) > 1:
        raise UsageError(f"--by {text!r}: give one period, not {' and '.join(periods)}")
    return (periods[0] if periods else None), tuple(dict.fromkeys(word for word in words if word in GROUPS))


def sums_of(events: Iterable[Event], groups: Sequence[str]) -> Iterator[Sum]:
    """One sum an event: how an old view, or any list of events, is counted."""
    for event in events:
        place = event.where.value
        of = {
            "kind": event.kind.value,
            "country": place.country if place else None,
            "region": place.admin1 if place else None,
            "place": place.name if place else None,
            "actor": ", ".join(actor.name for actor in event.perpetrators.value) or None,
        }
        tolls: list[int] = []
        for held in (event.killed, event.injured):
            low, high = (held.value.low, held.value.high) if held else (0, 0)
            tolls += [low, low if high is None else high, int(held is not None), int(held is not None and high is None)]
        yield Sum(event.when.value.start, tuple(of[name] for name in groups), 1, *tolls)


def count(sums: Iterable[Sum], period: str | None) -> list[Count]:
    """Sums put together a period (`PERIODS`, None: all days in one) and group, in the order of period, then group; open days last."""
    found: dict[tuple[str | None, tuple[str | None, ...]], list[int]] = {}
    for row in sums:
        start = period_start(row.day, period) if row.day and period else None
        totals = found.setdefault((start.isoformat() if start else None, row.values), [0] * len(_TOLLS))
        for place, value in enumerate(row[2:]):
            totals[place] += value
    order = sorted(found, key=lambda key: (key[0] is None, key[0] or "", tuple(value or "~" for value in key[1])))
    return [Count(period=key[0], group=key[1], **dict(zip(_TOLLS, found[key], strict=True))) for key in order]


def period_start(day: dt.date, period: str) -> dt.date:
    """First day of the period that holds a day; weeks begin on Monday."""
    if period == "week":
        return day - dt.timedelta(days=day.weekday())
    if period == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if period == "year" else day


def next_period(start: dt.date, period: str) -> dt.date:
    """First day of the period after the one that begins here."""
    days = {"day": 1, "week": 7, "month": 32, "year": 366}[period]
    return period_start(start + dt.timedelta(days=days), period)


def all_periods(starts: Iterable[str], period: str) -> list[str]:
    """First days (ISO) of every period from the first to the last of some, those without an event too, so that a silence is seen."""
    told = sorted(starts)
    if not told:
        return []
    found = [start := dt.date.fromisoformat(told[0])]
    while start.isoformat() < told[-1]:
        found.append(start := next_period(start, period))
    return [start.isoformat() for start in found]


def series(counts: Iterable[tuple[dt.date, int]], since: dt.date, until: dt.date, period: str) -> tuple[list[dt.date], list[int]]:
    """Events a whole period between two days, empty periods included as 0; a period that is cut at either end is left out."""
    start = period_start(since, period)
    if start < since:
        start = next_period(start, period)
    starts: list[dt.date] = []
    while (after := next_period(start, period)) <= until + dt.timedelta(days=1):
        starts.append(start)
        start = after
    totals = dict.fromkeys(starts, 0)
    for day, events in counts:
        at = period_start(day, period)
        if at in totals:
            totals[at] += events
    return starts, [totals[at] for at in starts]


def sparkline(values: Sequence[int]) -> str:
    """Values as blocks of eight heights for a terminal; the greatest is the tallest, 0 is a blank."""
    top = max(values, default=0)
    return "".join(" ▁▂▃▄▅▆▇█"[0 if not value else max(1, round(8 * value / top))] for value in values)
