"""A TIMEX3 value in, the days that it covers out, and the arithmetic of days, weeks, months, quarters and years.

The rule: a value that names no days ("PXY", "PAST_REF", "2022-W") gives None, and a day that does not exist is an error of the text, never a crash.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from functools import lru_cache

Days = tuple[dt.date, dt.date]
"""First and last day, inclusive."""

_SEASONS = {"SP": 3, "SU": 6, "FA": 9, "WI": 12}
_VALUE = re.compile(r"(\d{4})(?:-(?:W(\d{1,2})(-WE)?|Q([1-4])|H([12])|(SP|SU|FA|WI)|(\d\d)(?:-(\d\d))?))?(?:T.*)?$")


def day(year: int, month: int, number: int) -> dt.date | None:
    """The day, or None where there is none (31 June)."""
    try:
        return dt.date(year, month, number)
    except ValueError:
        return None


def month_days(year: int, month: int) -> Days | None:
    """First and last day of a month."""
    if not (1 <= year <= 9999 and 1 <= month <= 12):
        return None
    return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])


def add_months(start: dt.date, months: int) -> dt.date | None:
    """The same day some months on, or the month's last day."""
    index = start.year * 12 + start.month - 1 + months
    span = month_days(index // 12, index % 12 + 1)
    return span[0].replace(day=min(start.day, span[1].day)) if span else None


def add_days(start: dt.date, days: int) -> dt.date | None:
    """The day some days on, or None out of the calendar."""
    try:
        return start + dt.timedelta(days=days)
    except OverflowError:
        return None


def week_value(of: dt.date) -> str:
    """The TIMEX3 value of a day's week."""
    year, week, _ = of.isocalendar()
    return f"{year}-W{week:02d}"


def days_of(value: str) -> Days | None:
    """The days that a value covers, or None for one that names none."""
    if re.fullmatch(r"\d{2,3}", value):
        years = 10 ** (4 - len(value))
        return _years(int(value) * years, int(value) * years + years - 1)
    match = _VALUE.match(value)
    if match is None or match.group(1) == "0000":
        return None
    year, week, weekend, quarter, half, season, month, number = match.groups()
    whole = int(year)
    if week:
        return _week(whole, int(week), weekend=bool(weekend))
    if quarter or half or season:
        first = int(quarter) * 3 - 2 if quarter else int(half) * 6 - 5 if half else _SEASONS[season]
        start = dt.date(whole, first, 1)
        last = add_months(start, 5 if half else 2)
        span = month_days(last.year, last.month) if last else None
        return (start, span[1]) if span else None
    if number:
        single = day(whole, int(month), int(number))
        return (single, single) if single else None
    return month_days(whole, int(month)) if month else _years(whole, whole)


@lru_cache(maxsize=4096)
def granularity_of(value: str) -> str | None:
    """What a value's days are: "day", "week", "month", "quarter", "season", "year", "decade", "century" or None."""
    for pattern, name in (
        (r"\d\d", "century"), (r"\d{3}", "decade"), (r"\d{4}", "year"), (r"\d{4}-W\d+(-WE)?", "week"), (r"\d{4}-[QH]\d", "quarter"),
        (r"\d{4}-(SP|SU|FA|WI)", "season"), (r"\d{4}-\d\d", "month"), (r"\d{4}-\d\d-\d\dT\d.*", "time"), (r"\d{4}-\d\d-\d\d(T.*)?", "day"),
    ):  # fmt: skip
        if re.fullmatch(pattern, value):
            return name
    return None


def _years(first: int, last: int) -> Days | None:
    return (dt.date(first, 1, 1), dt.date(last, 12, 31)) if 1 <= first <= last <= 9999 else None


def _week(year: int, week: int, *, weekend: bool) -> Days | None:
    try:
        return dt.date.fromisocalendar(year, week, 6 if weekend else 1), dt.date.fromisocalendar(year, week, 7)
    except ValueError:
        return None
