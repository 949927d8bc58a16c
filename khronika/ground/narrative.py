"""The dates of a history in, the year of each that names none out: those years by which the telling moves on in small steps.

The rule: the whole row of dates is weighed at once (Viterbi), so that a year told later counts as much as one told before, and a year that is only
glanced at ("which was to last until 1976") does not lead what follows astray.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from khronika.ground.times import Meaning

_DATED = re.compile(r"(\d{4}|XXXX)(?:-(\d\d)(?:-(\d\d))?|-(SP|SU|FA|WI))?(?:T.*)?$")
# A winter is told with the year in which it ends.
_SEASONS = {"SP": 2.0, "SU": 5.0, "FA": 8.0, "WI": -1.0}
# What a month on and a month back cost, so many months at most; what part of it counts where the year is told, and where a paragraph begins.
_ON, _BACK, _FAR, _TOLD, _PARAGRAPH = 1.0, 1.5, 24.0, 0.75, 0.3
# A year that changes untold; one that is not that told before; one that is neither that told before nor that told next.
_CHANGED, _OTHER, _STRANGE = 1.0, 0.5, 1.0
# A date that is only glanced at, so many in a row at most.
_ASIDE, _ASIDES = 4.0, 3
_Way = tuple[float, tuple[int, ...]]


class Dated(NamedTuple):
    """A date of a history: first and last month within its year (0 to 12, fractions for days), its year if it tells one, whether a paragraph begins."""

    first: float
    last: float
    year: int | None
    opens: bool


def dated(meaning: Meaning | None, *, opens: bool) -> Dated | None:
    """A day, month, season or year as a step of a history; None for any other expression."""
    match = _DATED.match(meaning.value) if meaning else None
    if match is None or meaning is None:
        return None
    year = None if match[1] == "XXXX" else int(match[1])
    if match[3]:
        first = int(match[2]) - 1 + (int(match[3]) - 1) / 31
        return Dated(first, first, year, opens)
    if match[2] or match[4]:
        first = int(match[2]) - 1.0 if match[2] else _SEASONS[match[4]]
        return Dated(first, first + (1 if match[2] else 3), year, opens)
    if meaning.first is None or meaning.last is None:
        return None
    return Dated(meaning.first.month - 1.0, float(meaning.last.month), year, opens)


def years_of(row: Sequence[Dated]) -> list[int | None]:
    """The year of each date, told or found; None throughout where no date tells one."""
    told = [n for n, date in enumerate(row) if date.year is not None]
    if not told:
        return [None] * len(row)
    best: dict[tuple[int, int], _Way] = {}  # by where the telling stands (which date, in which year): the cost and the years so far
    for n, date in enumerate(row):
        before, after = (row[max((m for m in told if m <= n), default=told[0])].year or 0, row[min((m for m in told if m >= n), default=told[-1])].year or 0)
        options = {date.year} if date.year is not None else {year + shift for year in (before, after) for shift in (-1, 0, 1)}
        ways: dict[tuple[int, int], _Way] = {}
        for year in options:
            own = _OTHER * (year != before) + _STRANGE * (year not in (before, after))
            for (at, stood), (cost, years) in best.items() or [((n, year), (0.0, ()))]:
                moved = cost + own + (_step(row[at], stood, date, year) if years else 0.0)
                ways[n, year] = min(ways.get((n, year), (float("inf"), ())), (moved, (*years, year)))
                if date.year is not None and years and n - at < _ASIDES:
                    ways[at, stood] = (cost + _ASIDE, (*years, year))
        best = ways
    return list(min(best.values())[1])


def _step(before: Dated, year_before: int, date: Dated, year: int) -> float:
    months = 12 * (year - year_before)
    on, back = months + date.first - before.last, before.first - date.last - months
    cost = _ON * min(max(on, 0.0), _FAR) + _BACK * min(max(back, 0.0), _FAR)
    if date.year is not None:
        cost *= _TOLD
    elif year != year_before:
        cost += _CHANGED
    return cost * (_PARAGRAPH if date.opens else 1.0)
