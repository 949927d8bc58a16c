"""What is counted in narrow tables equals what the events say, at any time and after every change."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
import sqlalchemy as sa

from khronika.record import open_record, schema
from khronika.record.tallies import coverage, sums
from khronika.summarize.counting import count
from khronika.types import Filter
from tests.factories import NOON
from tests.record.test_record import tell


def by_events(record, wanted=Filter()):  # noqa: B008
    found = Counter()
    for event in record.events(wanted):
        killed = event.killed.value if event.killed else None
        found["events"] += 1
        found["killed"] += killed.low if killed else 0
        found["counted"] += killed is not None
    return found


def by_sums(record, wanted=Filter(), dimensions=()):  # noqa: B008
    found = Counter()
    for row in sums(record, wanted, dimensions):
        found["events"] += row.events
        found["killed"] += row.killed_low
        found["counted"] += row.killed_counted
    return found


def test_sums_equal_the_events(record):
    tell(record, "one", killed=2)
    tell(record, "two", killed=3)
    tell(record, "three")
    assert by_sums(record) == by_events(record) == {"events": 3, "killed": 5, "counted": 2}
    assert by_sums(record, dimensions=("kind", "country", "region", "place", "actor")) == by_events(record)
    (first, *_) = record.events()
    wanted = Filter(kind=first.kind.value, since=first.when.value.start)
    assert by_sums(record, wanted) == by_events(record, wanted)
    assert by_sums(record, Filter(place="nowhere at all")) == Counter()


@pytest.mark.parametrize("period", ["day", "week", "month", "year"])
def test_periods_of_the_store_are_those_of_the_calendar(record, period):
    tell(record, "one", killed=2)
    tell(record, "two")
    for day in ("2024-02-29", "2024-12-30", "2025-01-05", "2025-01-06", "2023-12-31"):
        record._db.execute(schema.tally.insert(), {**dict.fromkeys(schema.tally.c.keys()), "event_no": int(day.replace("-", "")), "day": day, "last_day": day, "kind": "attack", "contested": False, "background": False, "rollup": False})  # fmt: skip
    record._db.commit()
    found = count(sums(record, Filter(), ("kind",), period), period)
    assert found == count(sums(record, Filter(), ("kind",), "day"), period) and len(found) >= 3


def test_the_table_is_rebuilt_to_the_same_rows(record):
    tell(record, "one", killed=2)
    tell(record, "two")
    before = record._rows(sa.select(schema.tally).order_by(schema.tally.c.event_no))
    record.rebuild()
    assert record._rows(sa.select(schema.tally).order_by(schema.tally.c.event_no)) == before


def test_an_older_record_gets_the_table(tmp_path):
    path = str(tmp_path / "r.sqlite")
    with open_record(path, clock=lambda: NOON) as record:
        tell(record, "one", killed=2)
        record._db.execute(sa.text("DROP TABLE p_tally"))
        record._db.execute(sa.text("UPDATE alembic_version SET version_num = '0003'"))
        record._db.commit()
    with open_record(path, clock=lambda: NOON) as record:
        assert by_sums(record) == {"events": 1, "killed": 2, "counted": 1}


def test_coverage_counts_documents_by_day_and_outlet(record):
    tell(record, "one")
    tell(record, "two")
    found = coverage(record)
    assert sum(row.documents for row in found) == 2
    assert all(row.day is None or isinstance(row.day, dt.date) for row in found)
