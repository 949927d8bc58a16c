"""Events or sums of them in, counts a period and group out; the rule: unknown is never added as zero, and says how often it stands behind a sum."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from khronika.errors import UsageError
from khronika.types import Event, Sum

PERIODS = ("day", "week", "month", "year")
GROUPS = ("kind", "country", "region", "place", "actor")
_FIRST = 2
"""Fields of a Sum before its figures."""


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


def count(sums: Iterable[Sum], period: str | None) -> list[Sum]:
    """Sums put together by period (`PERIODS`, its first day in `day`; None: all days in one, `day` None) and group, in that order; open days last."""
    found: dict[tuple[dt.date | None, tuple[str | None, ...]], list[int]] = {}
    for row in sums:
        start = period_start(row.day, period) if row.day and period else None
        figures: tuple[int, ...] = row[_FIRST:]  # type: ignore[assignment]
        known = found.get((start, row.values), [0] * len(figures))
        found[start, row.values] = [a + b for a, b in zip(known, figures, strict=True)]
    order = sorted(found, key=lambda key: (key[0] is None, key[0] or dt.date.min, tuple(value or "~" for value in key[1])))
    return [Sum(*key, *found[key]) for key in order]


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


def all_periods(starts: Iterable[dt.date], period: str) -> list[dt.date]:
    """First days of every period from the first to the last of some, those without an event too, so that a silence is seen."""
    told = sorted(starts)
    found = told[:1]
    while found and found[-1] < told[-1]:
        found.append(next_period(found[-1], period))
    return found


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
