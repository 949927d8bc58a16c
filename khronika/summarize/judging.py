"""Days of events and coverage in, a finding in plain words out; refusals come before any word on a trend.

Order: enough events, even coverage, then the rate ratio with its interval and the changes of rate.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from khronika.summarize.changes import Change, find_changes
from khronika.summarize.counting import next_period, series
from khronika.summarize.coverage import Comparison, compare, exposure, refuse_uneven
from khronika.summarize.trend import LEAST_BINS, Refusal, Trend, rate_ratio, refuse_few
from khronika.types import Coverage

Word = Literal["grew", "fell", "no change shown", "refused"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What the record says of a span of time; `line` says it in words."""

    word: Word
    line: str
    period: str
    starts: tuple[dt.date, ...]
    counts: tuple[int, ...]
    trend: Trend | None = None
    refusal: Refusal | None = None
    coverage: Comparison | None = None
    changes: tuple[Change, ...] = ()
    split: dt.date | None = None


def judge(
    days: Iterable[tuple[dt.date, int, int]],
    covered: Sequence[Coverage],
    span: tuple[dt.date, dt.date],
    period: str | None = None,
    split: dt.date | None = None,
    level: float = 0.95,
) -> Finding:
    """Whether events became more or fewer.

    Args:
        days: day, events of it, and how many of those have a place.
        span: first and last day that are looked at.
        period: length of a bin; None: months where they give twice `LEAST_BINS` bins, else weeks where they give `LEAST_BINS`, else days.
        split: first day of the later of two windows; None: a trend along time. A bin that it cuts is in neither.
    """
    days = [row for row in days if span[0] <= row[0] <= span[1]]
    period = period or _fitting_period(span, split)
    starts, counts = _bins(days, span, period, split)
    middle = split or (starts[len(starts) // 2] if starts else span[0])
    x: list[float] = [float(start >= split) for start in starts] if split else [float(i) for i in range(len(starts))]
    base = {"period": period, "starts": tuple(starts), "counts": tuple(counts), "split": split}

    def refused(refusal: Refusal, comparison: Comparison | None = None) -> Finding:
        line = f"Nothing can be said of a trend: {refusal.reason} ({refusal.figures})."
        return Finding(word="refused", line=line, refusal=refusal, coverage=comparison, **base)  # type: ignore[arg-type]

    few = refuse_few(counts, x)
    if few:
        return refused(few)
    earlier, later = (starts[0], middle - dt.timedelta(days=1)), (middle, next_period(starts[-1], period) - dt.timedelta(days=1))
    comparison = compare(covered, earlier, later, _placed(days, earlier, later))
    uneven = refuse_uneven(comparison)
    if uneven:
        return refused(uneven, comparison)
    weight = exposure(covered, starts, period)
    found = rate_ratio(counts, x, weight, level)
    if isinstance(found, Refusal):
        return refused(found, comparison)
    steps = find_changes(counts)
    changes = () if isinstance(steps, Refusal) else tuple(steps)
    word = _word(found, level)
    line = _line(found, word, period, starts, split, weight is not None)
    return Finding(word=word, line=line, trend=found, coverage=comparison, changes=changes, **base)  # type: ignore[arg-type]


def _bins(
    days: Iterable[tuple[dt.date, int, int]], span: tuple[dt.date, dt.date], period: str, split: dt.date | None
) -> tuple[list[dt.date], list[int]]:
    """First day and events of each whole bin of the span, without the one that the split cuts."""
    starts, counts = series(((day, events) for day, events, _ in days), *span, period)
    whole = [n for n, start in enumerate(starts) if split is None or not start < split < next_period(start, period)]
    return [starts[n] for n in whole], [counts[n] for n in whole]


def _fitting_period(span: tuple[dt.date, dt.date], split: dt.date | None) -> str:
    choices = (("month", 2 * LEAST_BINS), ("week", LEAST_BINS))
    return next((period for period, least in choices if len(_bins((), span, period, split)[0]) >= least), "day")


def _placed(days: Sequence[tuple[dt.date, int, int]], *spans: tuple[dt.date, dt.date]) -> tuple[float, float] | None:
    """Share of events with a place in each of two spans; None where one of them has no event."""
    told = [[row for row in days if start <= row[0] <= end] for start, end in spans]
    totals = [sum(events for _, events, _ in rows) for rows in told]
    if not all(totals):
        return None
    first, second = (sum(placed for _, _, placed in rows) / total for rows, total in zip(told, totals, strict=True))
    return first, second


def _word(found: Trend, level: float) -> Word:
    if found.p >= 1 - level:
        return "no change shown"
    return "grew" if found.ratio > 1 else "fell"


def _line(found: Trend, word: Word, period: str, starts: Sequence[dt.date], split: dt.date | None, exposed: bool) -> str:
    until = next_period(starts[-1], period) - dt.timedelta(days=1)
    between = f"from {split} to {until} against {starts[0]} to the day before" if split else f"from {starts[0]} to {until}"
    of = f"rate ratio {found.ratio:.2f}{'' if split else f' a {period}'}, {found.level:.0%} interval {found.low:.2f} to {found.high:.2f}, p = {found.p:.3f}"
    per = "per document read" if exposed else "by day, without regard to how much was read"
    says = {"grew": "Reported events grew", "fell": "Reported events fell", "no change shown": "No change of reported events is shown"}[
        word
    ]
    return f"{says} {between}: {of} ({found.events} events in {found.bins} {period}s, {per})."
