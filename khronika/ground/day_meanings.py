"""One function for each op of the time grammar that tells a day, a part of one or a few: resolver, parse and frame in, the meaning out.

The rule: each function knows one kind of expression; None says that it is no time after all.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from khronika.ground.periods import add_days, add_months, day, month_days, week_value
from khronika.ground.times import (
    NO_DAY,
    NO_YEAR,
    Frame,
    Meaning,
    Resolver,
    Rule,
    duration_value,
    figure_of,
    from_told,
    long_ago,
    meaning_of_value,
    of_day,
    related_year,
    shifted,
    today,
    week_of,
    with_part,
)
from khronika.ground.timex import Parse
from khronika.types import Basis


def iso(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    year, month, number = (int(x) for x in r.words(parse)[0].split("-"))
    return of_day(year, month, number, "explicit", "a full date") if 1 <= month <= 12 and year else None


def numdate(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """27.07.2022 has the day first; 7/27/22 the month, where the day cannot be."""
    raw = r.words(parse)[0].replace("/", ".").split(".")
    a, b, year = (int(x) for x in raw)
    year += (2000 if year < 70 else 1900) if year < 100 else 0
    number, month = (b, a) if b > 12 or "/" in r.words(parse)[0] and a <= 12 else (a, b)
    if month > 12:
        return None
    return of_day(year, month, number, "explicit", "a full date in figures")


def date(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    month = r.look(parse, "m", "MONTH")
    number = figure_of(r, parse, "d")
    if not month or not number:
        return None
    year = figure_of(r, parse, "y")
    if year:
        return of_day(year, month, number, "explicit", "a full date")
    if "r" in parse.parts and (related := related_year(r, parse, frame)):
        return of_day(related, month, number, "relative", "a day with its year told by another date")
    if "s" in parse.parts:
        frame = replace(frame, tense="past" if (r.look(parse, "s", "SIDE") or 0) < 0 else "future")
    if ancient := long_ago(frame, f"{month:02d}-{number:02d}"):
        return ancient
    found = _year_by_weekday(r, parse, frame, month, number) or r.year_for(month, number, frame)
    if found is None:
        return Meaning("DATE", f"XXXX-{month:02d}-{number:02d}", "open", NO_YEAR)
    return of_day(found[0], month, number, found[1], found[2])


def _year_by_weekday(r: Resolver, parse: Parse, frame: Frame, month: int, number: int) -> tuple[int, Basis, str] | None:
    """The year next to the publication day in which this day has the weekday that the text gives it."""
    weekday_number = r.look(parse, "w", "WEEKDAY")
    if weekday_number is None or frame.published is None or frame.narrative:
        return None
    near = [found for year in (frame.published.year, frame.published.year - 1, frame.published.year + 1)
            if 1 <= year <= 9999 and (found := day(year, month, number)) and found.isoweekday() == weekday_number]  # fmt: skip
    return (near[0].year, "relative", f"the year near {frame.published} in which the day has that weekday") if near else None


def span_of_days(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """July 26-27, 30 June to 2 July."""
    month = r.look(parse, "m", "MONTH")
    last_month = r.look(parse, "n", "MONTH") or month
    first, last = figure_of(r, parse, "d"), figure_of(r, parse, "e")
    if not month or not first or not last:
        return None
    year = figure_of(r, parse, "y") or figure_of(r, parse, "z")
    basis: Basis = "explicit"
    reason = "a range of days"
    if year is None:
        found = r.year_for(last_month, last, frame)
        if found is None:
            return Meaning("DATE", f"XXXX-{month:02d}-{first:02d}", "open", NO_YEAR)
        year, basis, reason = found
    last_year = figure_of(r, parse, "z") or year
    start = day(year if figure_of(r, parse, "y") or month <= last_month else year - 1, month, first)
    end = day(last_year, last_month, last)
    if start is None or end is None or end < start:
        return Meaning("DATE", f"{year:04d}-{month:02d}", "open", f"no such days: {first}.{month}. to {last}.{last_month}. of {year}")
    return Meaning("DATE", start.isoformat(), basis, reason, start, end)


def day_of_month(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """On the 16th: of the month told before in a history, else the latest such day."""
    number = figure_of(r, parse, "d")
    now = (frame.told_day or frame.now) if frame.narrative else frame.now
    if not number or not 1 <= number <= 31:
        return None
    if now is None:
        return Meaning("DATE", f"XXXX-XX-{number:02d}", "open", NO_DAY)
    if not frame.narrative and number > now.day and frame.tense != "future":
        now = add_months(now.replace(day=1), -1) or now
    return of_day(now.year, now.month, number, "anchored" if frame.narrative else "relative", f"a day of the month of {now}")


def weekday(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    number = r.look(parse, "w", "WEEKDAY")
    side = (r.forms(parse, "s") or [""])[0]
    now = frame.now
    if now is None:
        return Meaning("DATE", f"XXXX-WXX-{number}", "open", NO_DAY)
    if r.has(parse, "week"):
        span = week_of(now, {"last": -1, "next": 1}.get(side, 0))
        found = add_days(span[0], number - 1) if span else None
        return of_day(found.year, found.month, found.day, "relative", f"that weekday of {side} week") if found else None
    back = (now.isoweekday() - number) % 7
    shift = -back
    reason = f"the latest such weekday up to {now}"
    direction = r.look(parse, "s", "SIDE") if side not in ("that", "same") else None
    if side == "following" and not r.has(parse, "the"):
        direction = -1
    if direction == 1 or direction is None and frame.tense == "future":
        shift, reason = (7 - back) % 7 or (7 if direction == 1 else 0), f"the next such weekday from {now}, as the words look ahead"
    elif direction == -1 and side not in ("past",):
        shift = -back or -7
    elif direction == 0:
        span = week_of(now, 0)
        shift = (number - now.isoweekday()) if span else shift
    found = add_days(now, shift)
    return of_day(found.year, found.month, found.day, "relative", reason) if found else None


def deictic(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    forms = r.words(parse)
    known = [form for form in forms if form in r.grammar.classes["DEICTIC"]]
    now = frame.published
    if now is None or frame.narrative and "today" in known:
        return Meaning("DATE", "PRESENT_REF", "open", NO_DAY if now is None else "the writer's own time")
    found = add_days(now, r.look(parse, "k", "DEICTIC") or 0)
    if found is None:
        return None
    base = of_day(found.year, found.month, found.day, "relative", f"counted from the publication day {now}")
    return with_part(base, "NI") if "tonight" in known else base


def overnight(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    now = frame.now
    if now is None:
        return Meaning("TIME", "XXXX-XX-XXTNI", "open", NO_DAY)
    before = add_days(now, -2 if r.has(parse, "before") else -1)
    if before is None:
        return None
    end = add_days(before, 1)
    return Meaning("TIME", f"{before}TNI", "relative", f"the night before the publication day {now}: both days", before, end)


def nights(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """Overnight to Friday, the night from Monday to Tuesday, from Monday to Wednesday."""
    last = r.inner(parse, frame, "last")
    if last is None or last.first is None:
        return last
    first = r.inner(parse, frame)
    start = first.first if first and first.first else add_days(last.first, -1)
    if start is None or start > last.first:
        start = add_days(last.first, -1)
    if start is None:
        return last
    kind, value = ("TIME", f"{start}TNI") if r.has(parse, "night", "overnight") else ("DATE", f"{start}")
    return Meaning(kind, value, last.basis, "from one day to the other: both days", start, last.last)


def part(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    code = r.look(parse, "p", "PART")
    if "inner" in parse.parts:
        base = r.inner(parse, frame)
        if base is None:
            return None
        return with_part(base, code)
    side = (r.forms(parse, "s") or [""])[0]
    if not side:
        return with_part(from_told(frame, 0, "D"), code)
    if side in ("this", "current"):
        return with_part(today(frame), code)
    if side in ("last", "past"):
        now = frame.now
        base = shifted(now, -1, "D", "relative", f"counted from {now}", anchored=False) if now else today(frame)
        return with_part(base, code)
    shift = {"next": 1, "following": 1, "coming": 1, "subsequent": 1, "previous": -1, "preceding": -1, "prior": -1}.get(side, 0)
    return with_part(from_told(frame, shift, "D"), code)


def toward(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    return r.inner(parse, frame)


def clock(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    forms = r.forms(parse, "t")
    time = _clock_value(r, forms)
    if "inner" in parse.parts:
        base = r.inner(parse, frame)
    elif r.has(parse, "yesterday"):
        base = shifted(frame.published, -1, "D", "relative", "the day before publication", anchored=False) if frame.published else None
    else:
        base = from_told(frame, 0, "D") if frame.told_day else today(frame)
        base = replace(base, anchored=True)
    if base is None or time is None:
        return base
    zones = [form for form in r.words(parse) if form in r.grammar.classes["ZONE"]]
    zone = "Z" if zones and zones[-1] in ("gmt", "utc", "z") else ""
    value = base.value if len(base.value) == 10 else "XXXX-XX-XX"
    return replace(base, type="TIME", value=f"{value}T{time}{zone}", reason=base.reason + (f"; {zones[-1].upper()}" if zones else ""))


def _clock_value(r: Resolver, forms: list[str]) -> str | None:
    for form in forms:
        if form in ("noon", "midday"):
            return "12:00"
        if form == "midnight":
            return "24:00"
    pieces = forms[0].replace(".", ":").split(":")
    if not pieces[0].isdigit():
        return None
    hour = int(pieces[0])
    half = next((value for form in forms[1:] if (value := r.grammar.value("HALFDAY", form)) is not None), None)
    if half is not None:
        hour = hour % 12 + half
    minute = int(pieces[1]) if len(pieces) > 1 else 0
    if hour > 99:
        hour, minute = divmod(hour, 100)
    return f"{hour:02d}:{minute:02d}" if hour <= 24 and minute < 60 else None


def ago(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """Two days ago (from publication), a month later (from what was told before)."""
    inner = r.inner(parse, frame)
    if inner is not None:
        if inner.first is None:
            return inner
        return shifted(inner.first, 1 if r.has(parse, "after") else -1, r.look(parse, "u", "UNIT") or "D", inner.basis, "a day beside another",
                       anchored=False)  # fmt: skip
    unit = r.look(parse, "u", "UNIT") or r.look(parse, "u", "UNITS") or r.look(parse, "n", "UNITS")
    if unit is None:
        return None
    forms = r.forms(parse, "n")
    number = r.number(forms)
    key = r.forms(parse, "k")
    if key and key[0] in ("before", "after") and not frame.narrative:
        return Meaning("DURATION", duration_value(number, unit), "open", "a length of time before or after something else")
    forward = bool({"later", "after", "afterward", "afterwards", "now", "hence"} & set(key))
    if not key:
        return None
    fresh = key[0] in ("ago", "from", "hence", "previously")
    if number is None:
        value = "FUTURE_REF" if forward else "PAST_REF"
        if unit in ("H", "MIN") and not fresh and frame.told_day:  # hours later: the same day
            return replace(from_told(frame, 0, "D"), value=value)
        return Meaning("DATE", value, "open", "no number of units is given", anchored=not fresh)
    if number != int(number):
        unit, number = ("M", number * 12) if unit == "Y" else (unit, number)
    sign = 1 if forward else -1
    if unit == "Y" and number == 1 and frame.quarter and not frame.narrative and not forward:
        return meaning_of_value(f"{int(frame.quarter[:4]) - 1}{frame.quarter[4:]}", "anchored", f"a year from the quarter told before, {frame.quarter}")
    if not fresh:
        return from_told(frame, sign * int(number), unit)
    now = frame.now
    if now is None:
        return Meaning("DATE", "XXXX-XX-XX", "open", NO_DAY)
    found = shifted(now, sign * int(number), unit, "relative", f"counted from {now}", anchored=False)
    exact = add_days(now, 7 * sign * int(number)) if unit == "W" else None
    if exact:
        return replace(found, first=exact, last=exact)
    around = month_days(now.year + sign, now.month) if unit == "Y" and number == 1 else None
    return replace(found, first=around[0], last=around[1]) if around else found


def same_period(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """The same day, the day before, the following morning: counted from what was told before."""
    words = r.words(parse)
    key = r.forms(parse, "k") or ["same"]
    noun = (r.forms(parse, "p") or [next((w for w in words if w in r.grammar.classes["UNIT"]), "day")])[0]
    season = r.grammar.value("SEASON", noun)
    unit = r.grammar.value("UNIT", noun)
    code = r.grammar.value("PART", noun)
    shift = -1 if key[0] in ("before", "earlier", "previous", "preceding") else 1 if key[-1] in ("next", "following", "after") else 0
    if season:
        told = frame.told.split("-")[0] if frame.told else "XXXX"
        return meaning_of_value(f"{told}-{season}", "anchored", "a season of the year told before", anchored=True)
    if code and not (unit and unit not in ("NIGHT",)):
        return with_part(from_told(frame, shift, "D"), code)
    if unit == "WEEKEND":
        return Meaning("DATE", "PXX", "open", "counts from a date told before", anchored=True)
    return from_told(frame, shift, unit or "D")


def weekend(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    inner = r.inner(parse, frame)
    now = inner.first if inner and inner.first else frame.now
    if now is None:
        return Meaning("DATE", "XXXX-WXX-WE", "open", NO_DAY)
    shift = -1 if now.weekday() < 5 and not inner and frame.tense != "future" else 0
    side = set(r.words(parse))
    shift = -1 if side & {"last", "past", "previous"} and not inner else shift
    shift = 1 if side & {"next", "coming"} and now.weekday() >= 5 else 0 if side & {"this", "next", "coming"} and frame.tense == "future" else shift
    monday = add_days(now, -now.weekday() + 7 * shift)
    return meaning_of_value(f"{week_value(monday)}-WE", "relative", f"Saturday and Sunday, counted from {now}") if monday else None


def week_beside(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    inner = r.inner(parse, frame)
    return meaning_of_value(week_value(inner.first), inner.basis, "the week of that day") if inner and inner.first else inner


def feast(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """Christmas Eve, last Thanksgiving, Orthodox Easter: the feast nearest to what the text counts from."""
    rule = r.look(parse, "f", "FEAST") if "f" in parse.parts else r.look(parse, "m", "HOLY") if "m" in parse.parts else "12-31" if r.has(parse, "eve") else "01-01"
    near = frame.year_here or (frame.now.year if frame.now else frame.year)
    first = _feast_day(rule, near or 2000, orthodox=r.has(parse, "orthodox"))
    if not rule or first is None:
        return Meaning("DATE", "XXXX", "open", "a feast whose day moves from year to year")
    told = r.year_for(first.month, first.day, frame)
    if told is None:
        return Meaning("DATE", "XXXX" if rule[0].isalpha() else f"XXXX-{first.month:02d}-{first.day:02d}", "open", NO_YEAR)
    year = told[0] - (r.has(parse, "last") and frame.now is not None and (told[0], first.month, first.day) >= (frame.now.year, frame.now.month, frame.now.day))
    found = _feast_day(rule, year, orthodox=r.has(parse, "orthodox"))
    if found and "f" in parse.parts and r.has(parse, "eve"):
        found = add_days(found, -1)
    if found is None:
        return None
    if r.has(parse, "week"):
        return meaning_of_value(week_value(found), told[1], told[2])
    base = of_day(found.year, found.month, found.day, told[1], told[2])
    return with_part(base, "NI" if r.has(parse, "night") else "MO" if r.has(parse, "morning") else None)


def _feast_day(rule: str, year: int, *, orthodox: bool) -> dt.date | None:
    """The day of "12-25", "easter -2" or "nth 11 4 4" (fourth Thursday of November) in a year; None for a feast whose rule is not known."""
    kind, *numbers = rule.split() or [""]
    if kind == "easter":
        from dateutil.easter import easter

        return add_days(easter(year, 2 if orthodox else 3), int(numbers[0])) if 1583 <= year <= 4099 else None
    if kind == "nth":
        month, which, weekday_number = map(int, numbers)
        start = dt.date(year, month, 1)
        return add_days(start, (weekday_number - start.isoweekday()) % 7 + 7 * (which - 1))
    if not kind:
        return None
    return day(year, *map(int, kind.split("-"))) if not (orthodox and kind == "12-25") else day(year, 1, 7)


DAY_MEANINGS: dict[str, Rule] = {
    "iso": iso, "numdate": numdate, "date": date, "range": span_of_days, "monthday": day_of_month, "weekday": weekday, "deictic": deictic, "overnight": overnight,
    "nights": nights, "part": part, "toward": toward, "clock": clock, "ago": ago, "sameperiod": same_period, "weekend": weekend,
    "week_of": week_beside, "feast": feast,
}  # fmt: skip
