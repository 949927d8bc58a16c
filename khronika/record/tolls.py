"""Counts of people in, one low-best-high range out, by voice and by whom they count.

The rule: a later figure of one origin replaces its earlier one; over origins low is the lowest, high the highest (open where the highest is
open), best is what most origins give, the latest on a tie. A figure that says no more than "somebody" ("killed shoppers": one or more) counts only
where nobody gives a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from khronika.record.voices import Member, claim_origin
from khronika.types import Held, Range, Toll

OUTCOMES = ("killed", "injured", "detained")
SOMEBODY = (1, None)


class Figure(NamedTuple):
    """What one voice says of one outcome, and when."""

    origin: str
    low: int
    high: int | None
    by: str
    order: tuple[str, int]


def hold(figures: Sequence[Figure]) -> Held[Range] | None:
    """The range that the event holds for one outcome, or None where nobody gives a figure."""
    if not figures:
        return None
    low = min(figure.low for figure in figures)
    top = max(figure.low if figure.high is None else figure.high for figure in figures)
    is_open = any(figure.high is None and figure.low >= top for figure in figures)
    counts = Counter((figure.low, figure.high) for figure in figures)
    best = max(figures, key=lambda figure: (counts[figure.low, figure.high], figure.order))
    agrees = [figure for figure in figures if _overlap(figure, best)]
    return Held(
        value=Range(low=low, best=best.low, high=None if is_open else top),
        rule="latest figure of each origin; lowest low, highest high; best of most origins, the latest on a tie",
        supported_by=tuple(figure.by for figure in agrees),
        disputed_by=tuple(figure.by for figure in figures if figure not in agrees),
    )


def is_contested(figures: Sequence[Figure]) -> bool:
    """Whether figures of two origins for one outcome exclude each other."""
    return any(not _overlap(a, b) for a in figures for b in figures)


def by_whom(own: Sequence[Member]) -> dict[str, Range]:
    """Killed by whom they count, as the accounts divide their totals."""
    found: dict[str, Range] = {}
    for member in own:
        toll = member.account.mention.killed
        for part in toll.parts if toll else ():
            key = part.of or "unknown"
            known = found.get(key)
            high = None if part.high is None or known is not None and known.high is None else max(part.high, known.high or 0 if known else 0)
            low = min(part.low, known.low) if known else part.low
            found[key] = Range(low=low, best=part.low, high=high)
    return found


def shared(own: Sequence[Member]) -> tuple[str, ...]:
    """Totals that several events of a text share, as "outcome low-high document@start": the same words give the same line, so that they are summed once."""
    found = []
    for member in own:
        for name in OUTCOMES:
            toll: Toll | None = getattr(member.account.mention, name)
            if toll is not None and toll.shared:
                high = "" if toll.high is None else toll.high
                found.append(f"{name} {toll.low}-{high} {member.account.document_id[:12]}@{toll.quote.start if toll.quote else 0}")
    return tuple(dict.fromkeys(found))


def latest(own: Sequence[Member], name: str) -> list[Figure]:
    """The figure that each origin gave last for one outcome, oldest first."""
    told = [figure for member in own for figure in _figures(member, name)]
    by_origin: dict[str, Figure] = {}
    for figure in [figure for figure in told if (figure.low, figure.high) != SOMEBODY] or told:
        known = by_origin.get(figure.origin)
        if known is None or known.order <= figure.order:
            by_origin[figure.origin] = figure
    return sorted(by_origin.values(), key=lambda figure: (figure.order, figure.origin))


def _figures(member: Member, name: str) -> list[Figure]:
    account = member.account
    order = (account.published.isoformat() if account.published else "", member.seq)
    found = []
    for number, claim in enumerate(account.mention.claims):
        toll: Toll | None = getattr(claim, name, None)
        if toll is not None:
            found.append(Figure(claim_origin(claim), toll.low, toll.high, f"{account.id}:{number}", order))
    total: Toll | None = getattr(account.mention, name)
    if total is not None and not found and not total.shared:
        teller = next((claim_origin(c) for c in account.mention.claims if c.about == "casualties" and c.stance == "reports"), None)
        found.append(Figure(teller or next(iter(member.origins)), total.low, total.high, f"{account.id}:-1", order))
    return found


def _overlap(a: Figure, b: Figure) -> bool:
    return (b.high is None or a.low <= b.high) and (a.high is None or b.low <= a.high)
