"""Events with their accounts in, figures on the record itself out: delay, disputes, gaps, drift of the reading, coverage by outlet."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from khronika.types import Account, Coverage, Event


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """What reading gave of the documents published in one month; a jump that the conflict does not explain is the reader's or the sources'."""

    month: str
    documents: int
    accounts_each: float
    with_place: float | None
    """Share of the accounts; None where there are none."""
    mean_p: float | None
    """Mean probability of the accounts that carry one."""


class Outlet(msgspec.Struct, frozen=True, kw_only=True):
    """How one outlet is covered: dated documents, first and last day, and the longest run of days without one."""

    source: str
    documents: int
    first: dt.date
    last: dt.date
    longest_gap_days: int


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """Shares are of the events; None where there is nothing to take a share of."""

    events: int
    contested: float | None
    without_day: float | None
    without_place: float | None
    assumed_fresh: float | None
    """Whose day is only assumed to be the day of publication."""
    reviewed: float | None
    reports_each: float | None
    sources_each: float | None
    delay_days_median: float | None
    """From the event's last day to its first report, over events with a day of their own and a dated report."""
    delay_days_90: float | None
    undated_documents: int
    drift: tuple[Drift, ...]
    outlets: tuple[Outlet, ...]


class _Month:
    def __init__(self) -> None:
        self.accounts = self.placed = 0
        self.p: list[float] = []


def measure(events: Iterable[tuple[Event, Sequence[Account]]], covered: Sequence[Coverage] | None = None) -> Quality:
    """Figures on a record; events are streamed once.

    Args:
        covered: the documents that were read; None: those that tell of these events, where they are some of many.
    """
    n = contested = no_day = no_place = fresh = reviewed = reports = sources = 0
    delays: list[int] = []
    months: dict[str, _Month] = defaultdict(_Month)
    told: dict[str, tuple[dt.date | None, str | None]] = {}
    for event, accounts in events:
        n += 1
        when = event.when.value
        contested += bool(event.contested)
        no_day += when.start is None
        no_place += event.where.value is None
        fresh += when.basis == "assumed_fresh"
        reviewed += event.review != "machine"
        reports += event.reports
        sources += len(event.sources)
        days = [account.published for account in accounts if account.published]
        if days and when.end and when.basis != "assumed_fresh":
            delays.append(max(0, (min(days) - when.end).days))
        for account in accounts:
            if covered is None:
                told[account.document_id] = (account.published, account.source)
            if account.published:
                month = months[_month(account.published)]
                month.accounts += 1
                month.placed += account.where is not None
                if account.mention.p is not None:
                    month.p.append(account.mention.p)
    delays.sort()
    if covered is None:
        covered = [Coverage(day, source, number) for (day, source), number in Counter(told.values()).items()]
    return Quality(
        events=n,
        contested=_share(contested, n),
        without_day=_share(no_day, n),
        without_place=_share(no_place, n),
        assumed_fresh=_share(fresh, n),
        reviewed=_share(reviewed, n),
        reports_each=_share(reports, n),
        sources_each=_share(sources, n),
        delay_days_median=_quantile(delays, 0.5),
        delay_days_90=_quantile(delays, 0.9),
        undated_documents=sum(row.documents for row in covered if row.day is None),
        drift=tuple(_drift(month, months[month], covered) for month in sorted({*months, *(_month(row.day) for row in covered if row.day)})),
        outlets=tuple(_outlets(covered)),
    )


def _month(day: dt.date) -> str:
    return day.isoformat()[:7]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _quantile(values: Sequence[int], share: float) -> float | None:
    from statistics import quantiles

    if len(values) < 2:
        return float(values[0]) if values else None
    return quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


def _drift(month: str, found: _Month, covered: Sequence[Coverage]) -> Drift:
    documents = sum(row.documents for row in covered if row.day and _month(row.day) == month)
    return Drift(
        month=month,
        documents=documents,
        accounts_each=found.accounts / max(1, documents),
        with_place=_share(found.placed, found.accounts),
        mean_p=sum(found.p) / len(found.p) if found.p else None,
    )


def _outlets(covered: Sequence[Coverage]) -> Iterable[Outlet]:
    by_source: dict[str, dict[dt.date, int]] = defaultdict(dict)
    for row in covered:
        if row.day:
            days = by_source[row.source or "unknown"]
            days[row.day] = days.get(row.day, 0) + row.documents
    for source in sorted(by_source, key=lambda name: -sum(by_source[name].values())):
        dates = sorted(by_source[source])
        gaps = [(b - a).days - 1 for a, b in zip(dates, dates[1:])]
        yield Outlet(
            source=source, documents=sum(by_source[source].values()), first=dates[0], last=dates[-1], longest_gap_days=max(gaps, default=0)
        )
