"""One function for each op of the time grammar that tells a week, a month or more, a length or a habit: the meaning out.

The rule: each function knows one kind of expression; None says that it is no time after all.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from khronika.ground.periods import add_days, add_months, month_days, week_value
from khronika.ground.times import (
    ANCIENT,
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
    related_year,
    shifted,
    week_of,
)
from khronika.ground.timex import Parse
from khronika.types import Basis


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


def year_ago(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    if "n" in parse.parts:
        return Meaning("DURATION", duration_value(r.number(r.forms(parse, "n")), r.look(parse, "u", "UNITS")), "open", "a length of time")
    if frame.quarter:
        return meaning_of_value(f"{int(frame.quarter[:4]) - 1}{frame.quarter[4:]}", "anchored", "the same quarter a year before")
    now = frame.now
    return meaning_of_value(f"{now.year - 1:04d}", "relative", f"a year before {now}") if now else Meaning("DATE", "XXXX", "open", NO_DAY)


def quarter(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    now = frame.now
    number = figure_of(r, parse, "o")
    year = figure_of(r, parse, "y")
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
    if r.has(parse, "fiscal"):
        ended = now.year if number * 3 < now.month else now.year - 1
        return Meaning("DATE", f"{ended}-Q{number}", "open", "a fiscal quarter, whose days are not known")
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
    number = figure_of(r, parse, "h") or 1
    if base is None or not base.value[:4].isdigit() or number > 2:
        return base
    return meaning_of_value(f"{base.value[:4]}-H{number}", base.basis, "half of that year")


def month(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    number = r.look(parse, "m", "MONTH")
    year = figure_of(r, parse, "y")
    basis: Basis = "explicit"
    reason = "a month with its year"
    side = (r.forms(parse, "s") or [""])[0]
    now = frame.now
    if year is None and "r" in parse.parts:
        year, basis, reason = related_year(r, parse, frame), "relative", "a month with its year told by another date"
    if year is None and side and now:
        direction = r.look(parse, "s", "SIDE")
        year = now.year + (-1 if direction == -1 and number >= now.month else 1 if direction == 1 and number <= now.month else 0)
        basis, reason = "relative", f"counted from {now}"
    if year is None:
        if ancient := long_ago(frame, f"{number:02d}"):
            return ancient
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


def unit_beside(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """This week, last year, the following month."""
    unit = r.look(parse, "u", "UNIT")
    side = (r.forms(parse, "s") or [""])[0]
    shift = r.look(parse, "s", "SIDE") or 0
    if unit in ("NIGHT", "S", "MIN"):
        return None
    if side in ("same", "that", "following", "previous", "preceding", "subsequent") or not side and frame.narrative:
        return from_told(frame, shift, unit)
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
    year = figure_of(r, parse, "y")
    basis: Basis = "explicit"
    if year is None and "r" in parse.parts:
        year, basis = related_year(r, parse, frame), "relative"
    if year is None and (ancient := long_ago(frame, code)):
        return ancient
    now = frame.now
    first_month = {"SP": 3, "SU": 6, "FA": 9, "WI": 12}[code]
    if year is None and now:
        basis = "anchored" if frame.narrative else "relative"
        direction = r.look(parse, "s", "SIDE")
        year = frame.year_here or now.year
        if frame.year_here is None and (not frame.narrative or direction):
            if direction in (-1, None) and first_month > now.month and frame.tense != "future" or direction == -1 and first_month + 2 >= now.month:
                year -= 1
            elif direction == 1 and first_month <= now.month:
                year += 1
    if year is None:
        return Meaning("DATE", f"XXXX-{code}", "open", NO_YEAR)
    found = meaning_of_value(f"{year:04d}-{code}", basis, "a season of that year")
    if code == "WI" and frame.year_here == year and found.first and found.last:
        return replace(found, first=add_months(found.first, -12), last=add_months(found.last, -12), reason="the winter that ends in that year")
    return found


def century(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    number = r.look(parse, "o", "ORDINAL") if "o" in parse.parts else None
    figures = [form for form in r.forms(parse, "o") if form[0].isdigit()]
    tens = r.look(parse, "o", "CARD") or 0
    number = int(figures[0].rstrip("stndrh")) if figures else (number or 0) + tens
    if not number or number > 99:
        now = frame.now
        return Meaning("DATE", "PXC", "open", "no century is named") if now is None else meaning_of_value(f"{now.year // 100}", "relative", f"counted from {now}")
    if "e" in parse.parts:
        return Meaning("DATE", f"BC{number - 1:02d}", "open", ANCIENT)
    return meaning_of_value(f"{number - 1:02d}", "explicit", "a century")


def decade(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    digits = "".join(c for c in r.forms(parse, "y")[0] if c.isdigit())
    value = digits[:3] if len(digits) == 4 else "19" + digits[:1]
    return meaning_of_value(value, "explicit", "a decade")


def fiscal(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    year = figure_of(r, parse, "y")
    now = frame.now
    value = f"{year:04d}" if year else f"{now.year - (1 if r.has(parse, 'last') else 0):04d}" if now else "XXXX"
    return Meaning("DATE", value, "open", "a fiscal year, whose days are not known")


def year(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    number = figure_of(r, parse, "y")
    if number is None and "a" in parse.parts:
        century_part, rest = r.look(parse, "a", "CARD"), r.look(parse, "b", "CARD")
        if century_part not in (18, 19, 20) or rest < 10:
            return None
        number = century_part * 100 + rest + (r.look(parse, "c", "CARD") or 0)
    if number is None:
        number = 2000
    return _third(r, parse, meaning_of_value(f"{number:04d}", "explicit", "a year"))


def years(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """1941-42, 1914–1918."""
    first, last = figure_of(r, parse, "y") or 0, figure_of(r, parse, "e") or 0
    last += first // 100 * 100
    if not 1400 <= first < last <= min(first + 30, 2100):
        return None
    return Meaning("DATE", f"{first:04d}", "explicit", "a row of years", dt.date(first, 1, 1), dt.date(last, 12, 31))


def attribute(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    """"Former", "future": a time only to who writes a history."""
    value = "PAST_REF" if r.has(parse, "former") else "FUTURE_REF"
    return Meaning("DATE", value, "open", "no date is given") if frame.narrative else None


def before_christ(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    number = figure_of(r, parse, "y") or 0
    value = f"BC{number:04d}"
    if month_number := r.look(parse, "m", "MONTH"):
        value += f"-{month_number:02d}"
    elif code := r.look(parse, "q", "SEASON"):
        value += f"-{code}"
    return Meaning("DATE", value, "open", ANCIENT)


def year_end(r: Resolver, parse: Parse, frame: Frame) -> Meaning | None:
    now = frame.now
    return meaning_of_value(f"{now.year:04d}-12-31", "relative", f"the end of the year of {now}") if now else Meaning("DATE", "XXXX", "open", NO_DAY)


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
    if value == "FUTURE_REF" and (frame.narrative or frame.tense == "past"):
        return None
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
        return from_told(frame, 0, unit)
    now = frame.now
    return shifted(now, 0, unit, "relative", f"counted from {now}", anchored=False) if now else Meaning("DATE", "XXXX", "open", NO_DAY)


PERIOD_MEANINGS: dict[str, Rule] = {
    "set": periodic, "yearago": year_ago, "quarter": quarter, "half": half, "month": month, "edge": edge, "span": span, "pastday": past_day,
    "unit": unit_beside, "season": season, "century": century, "decade": decade, "fiscal": fiscal, "year": year, "years": years, "attribute": attribute, "yearend": year_end,
    "bc": before_christ, "duration": duration, "ref": reference, "the_unit": the_unit,
}  # fmt: skip
