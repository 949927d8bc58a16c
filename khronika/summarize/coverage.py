"""Documents a day and outlet in, whether two spans of time were covered alike out: before any word on a trend.

A record falls silent when its sources do. Spans are compared by the outlets that stand in both, by the documents of those outlets, and by the share of
events with a place; where one of them moved too far, nothing is said of events.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from khronika.summarize.counting import period_start
from khronika.summarize.trend import Refusal
from khronika.types import Coverage

Span = tuple[dt.date, dt.date]
"""First and last day, both included."""
LEAST_SHARED = 0.7
"""Share of each span's documents that outlets of both spans must give."""
WIDEST = 1.5
"""Documents a day of the outlets of both spans may differ by this factor."""
PLACE_SHIFT = 0.2
"""The share of events with a place may differ by this much."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two spans beside each other; per day, so that spans of different length compare."""

    documents: tuple[int, int]
    outlets: tuple[int, int]
    shared_outlets: int
    shared_share: tuple[float, float]
    """Share of each span's documents that come from outlets of both."""
    ratio: float | None
    """Documents a day of the outlets of both spans, later to earlier; None where there is none."""
    placed: tuple[float, float] | None
    """Share of events with a place; None where a span has no event."""


def compare(rows: Iterable[Coverage], earlier: Span, later: Span, placed: tuple[float, float] | None = None) -> Comparison:
    """How two spans were covered; documents without a day of publication are in neither."""
    by_outlet: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for row in rows:
        for side, (start, end) in enumerate((earlier, later)):
            if row.day and start <= row.day <= end:
                by_outlet[side][row.source or ""] += row.documents
    totals = (by_outlet[0].total(), by_outlet[1].total())
    both = set(by_outlet[0]) & set(by_outlet[1])
    shared = [sum(counts[name] for name in both) for counts in by_outlet]
    rates = [count / ((end - start).days + 1) for count, (start, end) in zip(shared, (earlier, later), strict=True)]
    return Comparison(
        documents=totals,
        outlets=(len(by_outlet[0]), len(by_outlet[1])),
        shared_outlets=len(both),
        shared_share=(_share(shared[0], totals[0]), _share(shared[1], totals[1])),
        ratio=rates[1] / rates[0] if rates[0] else None,
        placed=placed,
    )


def refuse_uneven(found: Comparison) -> Refusal | None:
    """The refusal "coverage changed" with the figures that say so, None where two spans were covered alike."""
    first, second = found.documents
    says = f"{first} documents of {found.outlets[0]} outlets before, {second} of {found.outlets[1]} after, {found.shared_outlets} outlets in both"
    if not first or not second:
        return Refusal("coverage changed", f"{says}: one of the two spans has no dated document")
    if min(found.shared_share) < LEAST_SHARED:
        shares = " and ".join(f"{share:.0%}" for share in found.shared_share)
        return Refusal("coverage changed", f"{says}; those gave {shares} of the documents, {LEAST_SHARED:.0%} are needed")
    if found.ratio is None or not 1 / WIDEST <= found.ratio <= WIDEST:
        return Refusal(
            "coverage changed",
            f"{says}; they publish {found.ratio or 0:.2f} times as many documents a day, more than a factor of {WIDEST} apart",
        )
    if found.placed and abs(found.placed[0] - found.placed[1]) > PLACE_SHIFT:
        return Refusal("coverage changed", f"{says}; {found.placed[0]:.0%} of the events have a place before, {found.placed[1]:.0%} after")
    return None


def exposure(rows: Iterable[Coverage], starts: Sequence[dt.date], period: str) -> list[float] | None:
    """Documents read a period, in the order of `starts`; None where a period has none, so that no rate can be told by it."""
    totals = dict.fromkeys(starts, 0)
    for row in rows:
        if row.day and (start := period_start(row.day, period)) in totals:
            totals[start] += row.documents
    found = [float(totals[start]) for start in starts]
    return None if 0.0 in found else found


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
