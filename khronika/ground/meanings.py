"""One function for each op of the time grammar: resolver, parse and frame in, the meaning out (None: no time after all).

The rule: each function knows one kind of expression, and words are looked up in the grammar's classes, never spelt here beyond the rule's own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from khronika.ground.periods import add_days, add_months, day, days_of, month_days, week_value
from khronika.ground.times import (
    NO_DAY,
    NO_YEAR,
    Frame,
    Meaning,
    Resolver,
    Rule,
    duration_value,
    meaning_of_value,
    of_day,
    shifted,
    week_of,
    with_part,
)
from khronika.ground.timex import Parse
from khronika.types import Basis


def _figure(r: Resolver, parse: Parse, name: str) -> int | None:
    forms = r.forms(parse, name)
    if not forms:
        return None
    found = r.look(parse, name, "ORDINAL") or r.number(forms)
    return int(found) if found is not None else None


def _related_year(r: Resolver, parse: Parse, frame: Frame) -> int | None:
    """The year of "July last year", "February of that year"."""
    words = set(r.forms(parse, "r"))
    told = int(frame.told[:4]) if frame.told and frame.told[:4].isdigit() else None
    if words & {"that", "same"}:
        return told
    if words & {"following", "previous"} and told:
        return told + (1 if "following" in words else -1)
    now = frame.now
    return now.year + (-1 if "last" in words else 1 if "next" in words else 0) if now else None


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
    number = _figure(r, parse, "d")
    if not month or not number:
        return None
    year = _figure(r, parse, "y")
    if year:
        return of_day(year, month, number, "explicit", "a full date")
    if "r" in parse.parts and (related := _related_year(r, parse, frame)):
        return of_day(related, month, number, "relative", "a day with its year told by another date")
    if "s" in parse.parts:
        frame = replace(frame, tense="past" if (r.look(parse, "s", "SIDE") or 0) < 0 else "future")
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
    first, last = _figure(r, parse, "d"), _figure(r, parse, "e")
    if not month or not first or not last:
        return None
    year = _figure(r, parse, "y") or _figure(r, parse, "z")
    basis: Basis = "explicit"
    reason = "a range of days"
    if year is None:
        found = r.year_for(last_month, last, frame)
        if found is None:
            return Meaning("DATE", f"XXXX-{month:02d}-{first:02d}", "open", NO_YEAR)
        year, basis, reason = found
    last_year = _figure(r, parse, "z") or year
    start = day(year if _figure(r, parse, "y") or month <= last_month else year - 1, month, first)
    end = day(last_year, last_month, last)
    if start is None or end is None or end < start:
        return Meaning("DATE", f"{year:04d}-{month:02d}", "open", f"no such days: {first}.{month}. to {last}.{last_month}. of {year}")
    return Meaning("DATE", start.isoformat(), basis, reason, start, end)


def periodic(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """Every day, Mondays, twice a week: a habit, never a date."""
    adverb = r.look(parse, "a", "ADVERB")
    weekday = r.look(parse, "w", "WEEKDAY") or r.look(parse, "w", "WEEKDAYS")
    unit = r.look(parse, "u", "UNIT") or r.look(parse, "u", "UNITS")
    if adverb:
        value = adverb
    elif weekday:
        value = f"XXXX-WXX-{weekday}"
    elif unit:
        value = duration_value(r.number(r.forms(parse, "n")) or 1.0, unit)
    elif "p" in parse.parts:
        value = f"XXXX-XX-XXT{r.look(parse, 'p', 'PART')}"
    else:
        value = "P1Y"
    return Meaning("SET", value, "open", "a habit, no date")


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
    if now is None:
        return Meaning("DATE", "PRESENT_REF", "open", NO_DAY)
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
        if r.has(parse, "into") and base.first:
            start = add_days(base.first, -1)
            return replace(base, type="TIME", value=f"{start}TNI", first=start) if start else base
        return with_part(base, code)
    side = (r.forms(parse, "s") or [""])[0]
    if not side:
        return with_part(_from_told(frame, 0, "D"), code)
    if side in ("this", "current"):
        return with_part(_today(frame), code)
    if side in ("last", "past"):
        now = frame.now
        base = shifted(now, -1, "D", "relative", f"counted from {now}", anchored=False) if now else _today(frame)
        return with_part(base, code)
    shift = {"next": 1, "following": 1, "coming": 1, "subsequent": 1, "previous": -1, "preceding": -1, "prior": -1}.get(side, 0)
    return with_part(_from_told(frame, shift, "D"), code)


def _today(frame: Frame) -> Meaning:
    now = frame.now
    if now is None:
        return Meaning("DATE", "XXXX-XX-XX", "open", NO_DAY)
    return Meaning("DATE", now.isoformat(), "relative", f"the publication day {now}", now, now)


def _from_told(frame: Frame, shift: int, unit: str) -> Meaning:
    """Some units from the date told last, else from the publication day."""
    anchor = frame.told_day
    told = days_of(frame.told) if frame.told else None
    if unit != "D" and told:
        anchor = told[0]
    if anchor is None:
        anchor = told[0] if told else frame.published
    if anchor is None:
        return Meaning("DATE", "XXXX-XX-XX", "open", "counts from a date told before, and none is", anchored=True)
    ground = f"the publication day {anchor}" if anchor == frame.published else f"{anchor}, told before"
    return shifted(anchor, shift, unit, "anchored", f"counted from {ground}", anchored=True)


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
        base = _from_told(frame, 0, "D") if frame.told_day else _today(frame)
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
        return Meaning("DATE", value, "open", "no number of units is given", anchored=not fresh)
    if number != int(number):
        unit, number = ("M", number * 12) if unit == "Y" else (unit, number)
    sign = 1 if forward else -1
    if unit == "Y" and number == 1 and frame.quarter and not frame.narrative and not forward:
        return meaning_of_value(f"{int(frame.quarter[:4]) - 1}{frame.quarter[4:]}", "anchored", f"a year from the quarter told before, {frame.quarter}")
    if not fresh:
        return _from_told(frame, sign * int(number), unit)
    now = frame.now
    if now is None:
        return Meaning("DATE", "XXXX-XX-XX", "open", NO_DAY)
    found = shifted(now, sign * int(number), unit, "relative", f"counted from {now}", anchored=False)
    exact = add_days(now, 7 * sign * int(number)) if unit == "W" else None
    if exact:
        return replace(found, first=exact, last=exact)
    around = month_days(now.year + sign, now.month) if unit == "Y" and number == 1 else None
    return replace(found, first=around[0], last=around[1]) if around else found


def year_ago(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    if "n" in parse.parts:
        return Meaning("DURATION", duration_value(r.number(r.forms(parse, "n")), r.look(parse, "u", "UNITS")), "open", "a length of time")
    if frame.quarter:
        return meaning_of_value(f"{int(frame.quarter[:4]) - 1}{frame.quarter[4:]}", "anchored", "the same quarter a year before")
    now = frame.now
    return meaning_of_value(f"{now.year - 1:04d}", "relative", f"a year before {now}") if now else Meaning("DATE", "XXXX", "open", NO_DAY)


def quarter(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    now = frame.now
    number = _figure(r, parse, "o")
    year = _figure(r, parse, "y")
    if year and frame.quarter and number is None:
        return meaning_of_value(f"{year}{frame.quarter[4:]}", "anchored", "the quarter told before, of another year")
    if now is None and not year:
        return Meaning("DATE", "XXXX-QX", "open", NO_DAY)
    if number is None:
        return _quarter_beside(r, parse, frame)
    if number > 4:
        return None
    base = r.inner(parse, frame)
    if base and base.value[:4].isdigit():
        return meaning_of_value(f"{base.value[:4]}-Q{number}", base.basis, "a quarter of that year")
    if now is None:
        return None
    middle = [(abs((dt.date(y, number * 3 - 1, 15) - now).days), y) for y in (now.year - 1, now.year, now.year + 1) if 1 <= y <= 9999]
    return meaning_of_value(f"{min(middle)[1]}-Q{number}", "relative", f"the such quarter nearest to {now}")


def _quarter_beside(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    side = (r.forms(parse, "s") or ["latest"])[0]
    if side in ("latest", "same") and frame.quarter:
        return meaning_of_value(frame.quarter, "anchored", "the quarter told before")
    shift = {"latest": -1, "last": -1, "previous": -1, "next": 1, "following": 1}.get(side, 0)
    now = frame.now
    return shifted(now, shift, "Q", "relative", f"counted from {now}", anchored=False) if now else None


def half(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    base = r.inner(parse, frame)
    number = _figure(r, parse, "h") or 1
    if base is None or not base.value[:4].isdigit() or number > 2:
        return base
    return meaning_of_value(f"{base.value[:4]}-H{number}", base.basis, "half of that year")


def month(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    number = r.look(parse, "m", "MONTH")
    year = _figure(r, parse, "y")
    basis: Basis = "explicit"
    reason = "a month with its year"
    side = (r.forms(parse, "s") or [""])[0]
    now = frame.now
    if year is None and "r" in parse.parts:
        year, basis, reason = _related_year(r, parse, frame), "relative", "a month with its year told by another date"
    if year is None and side and now:
        direction = r.look(parse, "s", "SIDE")
        year = now.year + (-1 if direction == -1 and number >= now.month else 1 if direction == 1 and number <= now.month else 0)
        basis, reason = "relative", f"counted from {now}"
    if year is None:
        found = r.year_for(number, None, frame)
        if found is None:
            return Meaning("DATE", f"XXXX-{number:02d}", "open", NO_YEAR)
        year, basis, reason = found
    return _third(r, parse, meaning_of_value(f"{year:04d}-{number:02d}", basis, reason))


def edge(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """The end of May, early 1941, the end of the year; of a month its third."""
    return _third(r, parse, r.inner(parse, frame, unit=True))


def _third(r: Resolver, parse: Parse, base: Meaning | None) -> Meaning | None:
    """Early, mid and late: ten days of a month, some months of a year; the value stays that of the whole."""
    if base is None or base.first is None or base.last is None or base.anchored:
        return base
    forms = r.words(parse)
    third = next((value for word in forms if (value := r.grammar.value("THIRD", word))), None)
    if third is None:
        return base
    if len(base.value) == 7 and base.value[5:].isdigit():
        first, last = ((1, 10), (11, 20), (21, base.last.day))[third - 1]
        return replace(base, first=base.first.replace(day=first), last=base.first.replace(day=last))
    if len(base.value) == 4:
        sharp = "of" in forms
        first, last = ((1, 1 if sharp else 3), (5, 8), (12 if sharp else 10, 12))[third - 1]
        span_days = month_days(base.first.year, last)
        return replace(base, first=base.first.replace(month=first), last=span_days[1]) if span_days else base
    return base


def span(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """The last three months: a length with days that end or begin at the publication day."""
    unit = r.look(parse, "u", "UNITS")
    number = r.number(r.forms(parse, "n")) if "n" in parse.parts else None
    value = duration_value(number, unit)
    side = (r.forms(parse, "s") or [""])[0]
    now = frame.published
    if now and number and number == int(number) and side in ("last", "past") and not frame.narrative:
        start = shifted(now, -int(number), unit, "relative", "", anchored=False)
        first = start.first if unit in ("H", "D", "MIN") else add_days(now, -7 * int(number)) if unit == "W" else start.first
        return Meaning("DURATION", value, "relative", f"up to the publication day {now}", first, now)
    return Meaning("DURATION", value, "open", "a length of time, no date")


def past_day(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    value = "P1D" if r.has(parse, "day") else "PT24H"
    now = frame.published
    if now is None:
        return Meaning("DURATION", value, "open", NO_DAY)
    return Meaning("DURATION", value, "relative", f"the day before publication to the publication day {now}", add_days(now, -1), now)


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
        told = frame.told[:4] if frame.told else "XXXX"
        return meaning_of_value(f"{told}-{season}", "anchored", "a season of the year told before", anchored=True)
    if code and not (unit and unit not in ("NIGHT",)):
        return with_part(_from_told(frame, shift, "D"), code)
    if unit == "WEEKEND":
        return Meaning("DATE", "PXX", "open", "counts from a date told before", anchored=True)
    return _from_told(frame, shift, unit or "D")


def unit_beside(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """This week, last year, the following month."""
    unit = r.look(parse, "u", "UNIT")
    side = (r.forms(parse, "s") or [""])[0]
    shift = r.look(parse, "s", "SIDE") or 0
    if unit in ("NIGHT", "S", "MIN"):
        return None
    if side in ("same", "that", "following", "previous", "preceding", "subsequent") or not side and frame.narrative:
        return _from_told(frame, shift, unit)
    now = frame.now
    if now is None:
        return Meaning("DATE", "XXXX", "open", NO_DAY)
    if side == "past" and unit in ("D", "W", "M", "Y"):
        begun = shifted(now, -1, unit, "relative", "", anchored=False)
        first = add_days(now, -7) if unit == "W" else add_months(now, {"M": -1, "Y": -12}.get(unit, 0)) if unit != "D" else add_days(now, -1)
        return replace(begun, first=first, last=now, reason=f"up to the publication day {now}")
    if unit == "W":
        return _week(replace(frame, tense=None) if r.has(parse, "earlier", "during") else frame, now, shift)
    if unit in ("DECADE", "CENTURY"):
        size = 10 if unit == "DECADE" else 100
        return meaning_of_value(str(now.year // size + shift), "relative", f"counted from {now}")
    found = shifted(now, shift, unit, "relative", f"counted from {now}", anchored=False)
    if r.has(parse, "later") and found.first and found.last and found.first < now < found.last:
        return replace(found, first=now)
    if shift == 0 and found.first and found.last and found.last > now and (frame.tense != "future" or r.has(parse, "earlier")):
        return replace(found, last=now)
    return found


def _week(frame: Frame, now: dt.date, shift: int) -> Meaning | None:
    span = week_of(now, shift)
    if span is None:
        return None
    last = now if shift == 0 and frame.tense != "future" else span[1]
    return Meaning("DATE", week_value(span[0]), "relative", f"Monday to {'the publication day' if last == now else 'Sunday'}, counted from {now}", span[0], last)


def season(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    code = r.look(parse, "q", "SEASON")
    year = _figure(r, parse, "y")
    basis: Basis = "explicit"
    if year is None and "r" in parse.parts:
        year, basis = _related_year(r, parse, frame), "relative"
    now = frame.now
    first_month = {"SP": 3, "SU": 6, "FA": 9, "WI": 12}[code]
    if year is None and now:
        basis = "anchored" if frame.narrative else "relative"
        direction = r.look(parse, "s", "SIDE")
        year = now.year
        if not frame.narrative or direction:
            if direction in (-1, None) and first_month > now.month and frame.tense != "future" or direction == -1 and first_month + 2 >= now.month:
                year -= 1
            elif direction == 1 and first_month <= now.month:
                year += 1
    if year is None:
        return Meaning("DATE", f"XXXX-{code}", "open", NO_YEAR)
    return meaning_of_value(f"{year:04d}-{code}", basis, "a season of that year")


def century(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    number = r.look(parse, "o", "ORDINAL") if "o" in parse.parts else None
    figures = [form for form in r.forms(parse, "o") if form[0].isdigit()]
    tens = r.look(parse, "o", "CARD") or 0
    number = int(figures[0].rstrip("stndrh")) if figures else (number or 0) + tens
    if not number or number > 99:
        now = frame.now
        return Meaning("DATE", "PXC", "open", "no century is named") if now is None else meaning_of_value(f"{now.year // 100}", "relative", f"counted from {now}")
    return meaning_of_value(f"{number - 1:02d}", "explicit", "a century")


def decade(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    digits = "".join(c for c in r.forms(parse, "y")[0] if c.isdigit())
    value = digits[:3] if len(digits) == 4 else "19" + digits[:1]
    return meaning_of_value(value, "explicit", "a decade")


def fiscal(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    year = _figure(r, parse, "y")
    now = frame.now
    value = f"{year:04d}" if year else f"{now.year - (1 if r.has(parse, 'last') else 0):04d}" if now else "XXXX"
    return Meaning("DATE", value, "open", "a fiscal year, whose days are not known")


def year(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    number = _figure(r, parse, "y")
    if number is None and "a" in parse.parts:
        century_part, rest = r.look(parse, "a", "CARD"), r.look(parse, "b", "CARD")
        if century_part not in (18, 19, 20) or rest < 10:
            return None
        number = century_part * 100 + rest + (r.look(parse, "c", "CARD") or 0)
    if number is None:
        number = 2000
    return _third(r, parse, meaning_of_value(f"{number:04d}", "explicit", "a year"))


def before_christ(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    number = _figure(r, parse, "y") or 0
    value = f"BC{number:04d}"
    if month_number := r.look(parse, "m", "MONTH"):
        value += f"-{month_number:02d}"
    elif code := r.look(parse, "q", "SEASON"):
        value += f"-{code}"
    return Meaning("DATE", value, "open", "before the years that a calendar day here can hold")


def year_end(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    now = frame.now
    return meaning_of_value(f"{now.year:04d}-12-31", "relative", f"the end of the year of {now}") if now else Meaning("DATE", "XXXX", "open", NO_DAY)


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
    if r.has(parse, *r.grammar.classes["WEEKDAY"]):
        return Meaning("DATE", "XXXX", "open", "a feast whose day moves from year to year")
    fixed = r.look(parse, "f", "FEAST") if "f" in parse.parts else ("12-31" if r.has(parse, "eve") else "01-01")
    if not fixed:
        return Meaning("DATE", "XXXX", "open", "a feast whose day moves from year to year")
    month_number, number = (int(x) for x in fixed.split("-"))
    number -= 1 if r.has(parse, "eve") and "f" in parse.parts else 0
    found = r.year_for(month_number, number, frame)
    if found is None:
        return Meaning("DATE", f"XXXX-{month_number:02d}-{number:02d}", "open", NO_YEAR)
    base = of_day(found[0], month_number, number, found[1], found[2])
    return with_part(base, "NI" if r.has(parse, "night") else "MO" if r.has(parse, "morning") else None)


def duration(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    unit = r.look(parse, "u", "UNITS") or r.look(parse, "u", "UNIT")
    if unit is None:
        unit = next((v for form in r.words(parse) if (v := r.grammar.value("UNITS", form) or r.grammar.value("UNIT", form))), None)
    if unit is None or unit == "NIGHT" and "n" not in parse.parts:
        return None
    number = r.number(r.forms(parse, "n")) if "n" in parse.parts else 1.0 if r.has(parse, "entire") else None
    if r.words(parse)[0] in ("a", "an") and r.counted_before(parse):
        return Meaning("SET", duration_value(number, unit), "open", "so much in each, no date")
    return Meaning("DURATION", duration_value(number, unit), "open", "a length of time, no date")


def reference(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    word = (r.forms(parse, "v") or ["now"])[0]
    value = r.grammar.value("REF", word)
    if value is None:
        value = "FUTURE_REF" if word in ("future", "possible") or r.has(parse, "later") else "PAST_REF" if word in ("past", "recent") else "PRESENT_REF"
    if value == "PRESENT_REF" and frame.published and not frame.narrative:
        return Meaning("DATE", value, "relative", f"the publication day {frame.published}", frame.published, frame.published)
    return Meaning("DATE", value, "open", "no date is given")


def the_unit(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    unit = r.look(parse, "u", "UNIT")
    if r.has(parse, "a") or unit not in ("Q", "Y", "M", "W"):
        return None
    if frame.seen:
        return unit_of_told(frame, unit)
    return Meaning("DURATION", duration_value(1.0, unit), "open", "a length of time, no date")


def unit_of_told(frame: Frame, unit: str) -> Meaning | None:
    """The year in "the end of the year"."""
    if frame.narrative:
        return _from_told(frame, 0, unit)
    now = frame.now
    return shifted(now, 0, unit, "relative", f"counted from {now}", anchored=False) if now else Meaning("DATE", "XXXX", "open", NO_DAY)


MEANINGS: dict[str, Rule] = {
    "iso": iso, "numdate": numdate, "date": date, "range": span_of_days, "set": periodic, "weekday": weekday, "deictic": deictic,
    "overnight": overnight, "nights": nights, "part": part, "toward": toward, "clock": clock, "ago": ago, "yearago": year_ago, "quarter": quarter,
    "half": half, "month": month, "edge": edge, "span": span, "pastday": past_day, "sameperiod": same_period, "unit": unit_beside, "season": season,
    "century": century, "decade": decade, "fiscal": fiscal, "year": year, "yearend": year_end, "bc": before_christ, "weekend": weekend, "week_of": week_beside,
    "feast": feast, "duration": duration, "ref": reference, "the_unit": the_unit,
}  # fmt: skip
