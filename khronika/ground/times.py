"""A parse of one time expression and what is known around it in, its meaning out: TIMEX3 type and value, days, basis and reason.

The rule: nothing is made up. A day without a year counts from the publication day, else from a year that the text fixes, else it stays open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from khronika.ground.periods import Days, add_days, add_months, day, days_of, week_value
from khronika.ground.timex import Grammar, Parse, Token
from khronika.types import Basis

NO_YEAR = "no year in the text and no publication day; give one with --published"
NO_DAY = "counts from the publication day, which is unknown; give one with --published"
_SOON = 30
"""A day or month without a year that lies so few days ahead is not that of a year ago, whatever the verb."""
ANCIENT = "before the years that a calendar day here can hold"
_UNIT_LETTER = {"S": "S", "MIN": "M", "H": "H", "D": "D", "NIGHT": "D", "W": "W", "FORTNIGHT": "W", "M": "M", "Q": "Q", "Y": "Y", "DECADE": "Y",
                "CENTURY": "Y", "MILLENNIUM": "Y", "WEEKEND": "D"}  # fmt: skip
_UNIT_SIZE = {"FORTNIGHT": 2, "DECADE": 10, "CENTURY": 100, "MILLENNIUM": 1000, "WEEKEND": 2}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an expression says. `first`, `last` are None where it gives no days; `anchored` marks what counts from another date of the text."""

    type: str
    value: str
    basis: Basis
    reason: str
    first: dt.date | None = None
    last: dt.date | None = None
    anchored: bool = False


@dataclass
class Frame:
    """What is known around an expression; `told` is the value of the date told last, `told_day` the last one of a day."""

    published: dt.date | None
    year: int | None = None
    """A year that the text fixes where there is no publication day."""
    narrative: bool = False
    told: str | None = None
    told_day: dt.date | None = None
    tense: str | None = None
    quarter: str | None = None
    """The quarter told last, by which business news counts ("a year earlier")."""
    year_here: int | None = None
    """The year that the course of a history gives this expression."""
    seen: bool = False
    """Within "the end of the ...", where "the year" is a date."""

    @property
    def now(self) -> dt.date | None:
        """The day from which "last month" counts: what was told last in a history, else the publication day."""
        if self.narrative and self.told:
            if self.told_day and self.told == self.told_day.isoformat():
                return self.told_day
            span = days_of(self.told)
            return span[0] if span else self.published
        return self.published


def _open(value: str, reason: str, kind: str = "DATE") -> Meaning:
    return Meaning(kind, value, "open", reason)


def meaning_of_value(value: str, basis: Basis, reason: str, kind: str = "DATE", *, anchored: bool = False) -> Meaning:
    """The meaning of a value with the days that it covers."""
    span = days_of(value)
    return Meaning(kind, value, basis, reason, span[0] if span else None, span[1] if span else None, anchored)


Rule = Callable[["Resolver", Parse, Frame], Meaning | None]


class Resolver:
    """Gives parses their meaning, in one language."""

    def __init__(self, grammar: Grammar, tokens: Sequence[Token], codes: str, rules: Mapping[str, Rule]) -> None:
        self.grammar = grammar
        self._rules = rules
        self._tokens = tokens
        self._codes = codes

    # --- parts of a parse ------------------------------------------------------------------------------------------

    def forms(self, parse: Parse, name: str) -> list[str]:
        """The lower-case words of a named part."""
        first, last = parse.parts.get(name, (0, 0))
        return [token.form for token in self._tokens[first:last]]

    def words(self, parse: Parse) -> list[str]:
        """The lower-case words of the whole expression."""
        return [token.form for token in self._tokens[parse.first : parse.last]]

    def has(self, parse: Parse, *words: str) -> bool:
        """Whether one of these words is in the expression."""
        return not set(words).isdisjoint(self.words(parse))

    def look(self, parse: Parse, name: str, cls: str) -> Any:
        """What the first word of a part that belongs to a class stands for."""
        for form in self.forms(parse, name):
            value = self.grammar.value(cls, form)
            if value is not None:
                return value
        return None

    def number(self, forms: list[str]) -> float | None:
        """What a number in words or figures comes to; None for a vague one."""
        total = 0.0
        found = False
        figures = [form for form in forms if form[0].isdigit()]
        if len(figures) >= 2 and "/" in forms:
            whole = float(figures[0]) if len(figures) == 3 else float(self.grammar.value("CARD", forms[0]) or 0)
            return whole + float(figures[-2]) / max(float(figures[-1]), 1.0)
        for form in forms:
            if form[0].isdigit():
                plain = form.rstrip("stndrh")
                total += float(plain.replace(",", "")) if "." not in plain else float(plain)
                found = True
                continue
            value = self.grammar.value("CARD", form)
            if value is not None:
                total = (total or 1) * 100 if value == 100 and total else total + value
                found = True
        if found:
            return total + (0.5 if "half" in forms else 0)
        if "half" in forms:
            return 0.5
        if "couple" in forms:
            return 2
        if "dozen" in forms:
            return 12
        return 1 if forms and forms[0] in ("a", "an") and len(forms) == 1 else None

    # --- meaning ---------------------------------------------------------------------------------------------------

    def resolve(self, parse: Parse, frame: Frame) -> Meaning | None:
        """The meaning of an expression, or None for a trap."""
        rule = self._rules.get(parse.op)
        return rule(self, parse, frame) if rule else None

    def counted_before(self, parse: Parse) -> bool:
        """Whether a count stands right before ("700 seats a week", "$35 a night")."""
        near = [token.form for token in self._tokens[max(0, parse.first - 2) : parse.first]]
        return any(form[0].isdigit() for form in near) or bool(near) and near[-1] in self.grammar.words["counted"]

    def inner(self, parse: Parse, frame: Frame, name: str = "inner", *, unit: bool = False) -> Meaning | None:
        """The meaning of the part that is an expression of its own; with `unit`, "the year" is a date."""
        span = parse.parts.get(name)
        found = self.grammar.parse(self._codes, *span) if span else None
        frame = replace(frame, seen=True) if unit else frame
        return self.resolve(found, frame) if found else None

    def year_for(self, month: int, number: int | None, frame: Frame) -> tuple[int, Basis, str] | None:
        """The year of a month, or of a day of it, that is given without one, with basis and reason."""
        if frame.narrative and frame.year_here:
            return frame.year_here, "anchored", f"the year by which the telling moves on in small steps, after {frame.told}"
        if frame.narrative and frame.told and frame.told[:4].isdigit():
            return int(frame.told[:4]), "anchored", f"the year of the date told before, {frame.told}"
        now = frame.published
        if now is None:
            return (frame.year, "relative", f"the only year that the text gives, {frame.year}") if frame.year else None
        this, wanted = (now.month, now.day if number else 0), (month, number or 0)
        past = now.year - (wanted > this)
        ahead = now.year + (wanted < this)
        ahead_days = (ahead - now.year) * 365 + (month - now.month) * 30 + (number or 15) - (now.day if number else 15)
        if ahead != past and ahead_days <= _SOON:
            return ahead, "relative", f"the date of that name nearest to the publication day {now}"
        if past == ahead or frame.tense == "past" or ahead_days > (330 if frame.tense == "future" else 75):
            return past, "relative", f"the latest such date up to the publication day {now}"
        if frame.tense == "future":
            return ahead, "relative", f"the next such date from the publication day {now}, as the verb looks ahead"
        return ahead, "relative", f"the date of that name nearest to the publication day {now}"


def of_day(year: int, month: int, number: int, basis: Basis, reason: str) -> Meaning:
    """One day; an impossible one stays open with the reason."""
    found = day(year, month, number)
    if found is None:
        return _open(f"{year:04d}-{month:02d}", f"there is no day {number} in month {month} of {year}")
    return Meaning("DATE", found.isoformat(), basis, reason, found, found)


def shifted(anchor: dt.date, n: int, unit: str, basis: Basis, reason: str, *, anchored: bool) -> Meaning:
    """A day, week, month, quarter or year some units from another day."""
    size = n * _UNIT_SIZE.get(unit, 1)
    letter = _UNIT_LETTER[unit]
    if letter in ("S", "H") or unit == "MIN":
        hours = dt.timedelta(hours=size) if letter == "H" else dt.timedelta()
        found = (dt.datetime.combine(anchor, dt.time(12)) + hours).date()
        return Meaning("DATE", found.isoformat(), basis, reason, min(found, anchor), max(found, anchor), anchored)
    if letter == "D" or letter == "W":
        moved = add_days(anchor, size * (7 if letter == "W" else 1))
        value = "" if moved is None else moved.isoformat() if letter == "D" else week_value(moved)
    else:
        moved = add_months(anchor, size * {"M": 1, "Q": 3, "Y": 12}[letter])
        value = "" if moved is None else f"{moved.year:04d}"
        if moved and letter == "M":
            value = f"{moved.year:04d}-{moved.month:02d}"
        elif moved and letter == "Q":
            value = f"{moved.year:04d}-Q{(moved.month + 2) // 3}"
    return meaning_of_value(value, basis, reason, anchored=anchored) if value else _open("XXXX", "out of the calendar")


def duration_value(number: float | None, unit: str) -> str:
    """A TIMEX3 duration: P3D, PT2H, P1.5Y as months, PXW for a vague count."""
    letter = _UNIT_LETTER[unit]
    clock = "T" if unit in ("S", "MIN", "H") else ""
    if number is None:
        return f"P{clock}X{'E' if unit == 'DECADE' else 'C' if unit == 'CENTURY' else letter}"
    if unit == "DECADE" and number == 1:
        return "P1E"
    size = number * _UNIT_SIZE.get(unit, 1)
    if size != int(size):
        whole = int(size)
        if letter == "H":
            return f"PT{whole}H{round((size - whole) * 60)}M" if whole else f"PT{round(size * 60)}M"
        smaller = {"Y": ("M", 12), "M": ("W", 4), "W": ("D", 7), "D": ("H", 24)}.get(letter)
        if letter == "Y" and smaller:
            return f"P{round(size * 12)}M"
        return f"P{clock}{size:g}{letter}"
    return f"P{clock}{int(size)}{letter}"


def with_part(base: Meaning, part: str | None) -> Meaning:
    """A part of a day: "2022-07-27TMO"; a night's days stay those of its date."""
    if part is None or len(base.value) != 10:
        return base
    if part == "24:00":
        return replace(base, type="TIME", value=f"{base.value}T24:00")
    return replace(base, type="TIME", value=f"{base.value}T{part}")


def week_of(now: dt.date, shift: int) -> Days | None:
    """Monday to Sunday of the week some weeks on."""
    monday = add_days(now, -now.weekday() + 7 * shift)
    sunday = add_days(monday, 6) if monday else None
    return (monday, sunday) if monday and sunday else None


def figure_of(r: Resolver, parse: Parse, name: str) -> int | None:
    forms = r.forms(parse, name)
    if not forms:
        return None
    found = r.look(parse, name, "ORDINAL") or r.number(forms)
    return int(found) if found is not None else None


def related_year(r: Resolver, parse: Parse, frame: Frame) -> int | None:
    """The year of "July last year", "February of that year"."""
    words = set(r.forms(parse, "r"))
    told = int(frame.told[:4]) if frame.told and frame.told[:4].isdigit() else None
    if words & {"that", "same"}:
        return told
    if words & {"following", "previous"} and told:
        return told + (1 if "following" in words else -1)
    now = frame.now
    return now.year + (-1 if "last" in words else 1 if "next" in words else 0) if now else None


def today(frame: Frame) -> Meaning:
    now = frame.now
    if now is None:
        return Meaning("DATE", "XXXX-XX-XX", "open", NO_DAY)
    return Meaning("DATE", now.isoformat(), "relative", f"the publication day {now}", now, now)


def long_ago(frame: Frame, part_of_year: str) -> Meaning | None:
    """A month, day or season of the year before Christ that was told last."""
    if frame.narrative and frame.told and frame.told[:2] == "BC":
        year = int(frame.told[2:6].ljust(4, "0")) - (part_of_year == "WI")  # a winter is told with the year in which it ends
        return Meaning("DATE", f"BC{max(year, 0):04d}-{part_of_year}", "open", ANCIENT)
    return None


def from_told(frame: Frame, shift: int, unit: str) -> Meaning:
    """Some units from the date told last, else from the publication day."""
    if frame.narrative and frame.told and frame.told[:2] == "BC":
        value = f"BC{max(int(frame.told[2:6].ljust(4, '0')) - shift, 0):04d}"[: {"Y": 6, "DECADE": 5, "CENTURY": 4}.get(unit)]
        return Meaning("DATE", value if unit in ("Y", "DECADE", "CENTURY") else frame.told, "open", ANCIENT)
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
