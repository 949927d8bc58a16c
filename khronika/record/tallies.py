"""Questions about numbers in, sums out of narrow tables: how many events and people a day and kind, how many documents a day and outlet.

The rule: a sum says of how many events it is (`counted`), since an event without a toll adds nothing to it and is no zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from khronika.record import schema
from khronika.record.filters import where_filter
from khronika.record.record import Record
from khronika.record.shown import hidden_events
from khronika.types import Coverage, Filter, Sum


def sums(record: Record, wanted: Filter, dimensions: Sequence[str] = (), period: str = "day") -> Iterator[Sum]:
    """Events as they stand, summed by the first day of their period (day, week, month, year) and dimensions (kind, country, region, place, actor); hidden events are left out.

    An old view (`wanted.as_of`) or a least probability is not served here: those are counted from the events themselves.
    """
    t, h = schema.tally, schema.event_head
    tolls: list[sa.ColumnElement[int]] = []
    for name in ("killed", "injured"):
        low, high = t.c[f"{name}_low"], t.c[f"{name}_high"]
        tolls += [sa.func.coalesce(sa.func.sum(low), 0), sa.func.coalesce(sa.func.sum(sa.func.coalesce(high, low)), 0), sa.func.count(low)]
        tolls.append(sa.func.count(low) - sa.func.count(high))
    groups = [t.c.day, *(t.c[name] for name in dimensions)]
    told = [column.label(f"c{place}") for place, column in enumerate((*groups, sa.func.count(), *tolls))]
    query = sa.select(*told).where(*_where(wanted)).group_by(*groups)
    if wanted.place or wanted.actor or wanted.source or wanted.words or wanted.least_killed is not None:
        query = query.where(t.c.event_no.in_(sa.select(h.c.event_no).where(*where_filter(h, wanted))))
    numbers = hidden_events(record)
    if numbers:
        query = query.where(t.c.event_no.not_in(sorted(numbers)))
    # By day first, in the order of the index; the few sums of days are then put together by period.
    days = query.subquery()
    size = 1 + len(dimensions)
    whole = [_start(record, days.c.c0, period).label("start"), *(days.c[f"c{place}"] for place in range(1, size))]
    totals = [sa.func.sum(days.c[f"c{place}"]) for place in range(size, size + 1 + len(tolls))]
    for row in record._rows(sa.select(*whole, *totals).group_by(*whole).order_by(*whole)):
        yield Sum(dt.date.fromisoformat(row[0]) if row[0] else None, tuple(row[1:size]), *(int(value) for value in row[size:]))


def _start(record: Record, day: sa.ColumnElement[str], period: str) -> sa.ColumnElement[str]:
    """The first day of the period of a day, both ISO texts; weeks begin on Monday."""
    if period == "week" and record._db.dialect.name == "sqlite":
        return sa.func.date(day, "-6 days", "weekday 1")
    if period == "week":
        return sa.func.to_char(sa.func.date_trunc("week", sa.cast(day, sa.Date)), "YYYY-MM-DD")
    length, rest = {"day": (10, ""), "month": (7, "-01"), "year": (4, "-01-01")}[period]
    return sa.func.substr(day, 1, length) + rest if rest else day


def _where(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    t = schema.tally
    found: list[sa.ColumnElement[bool]] = []
    if not wanted.background:
        found.append(t.c.background.is_(False))
    if wanted.since:
        found.append(t.c.last_day >= wanted.since.isoformat())
    if wanted.until:
        found.append(t.c.day <= wanted.until.isoformat())
    if wanted.kind:
        found.append(t.c.kind == wanted.kind)
    if wanted.contested is not None:
        found.append(t.c.contested == wanted.contested)
    return found


def coverage(record: Record) -> list[Coverage]:
    """Documents read, by day of publication and outlet; near-copies and superseded versions count too: they were read."""
    d = schema.document
    rows = record._rows(
        sa.select(d.c.published, d.c.source, sa.func.count()).group_by(d.c.published, d.c.source).order_by(d.c.published, d.c.source)
    )
    return [Coverage(dt.date.fromisoformat(row[0][:10]) if row[0] else None, row[1], row[2]) for row in rows]
