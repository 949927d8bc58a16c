"""A body of text and its publication day in, its time expressions out, each with exact offsets, TIMEX3 type and value, days, basis and reason.

The rule: `body[start:end] == words`, expressions come in order and never overlap, and the same text always gives the same list.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace

from khronika.ground.day_meanings import DAY_MEANINGS
from khronika.ground.narrative import Dated, dated, years_of
from khronika.ground.period_meanings import PERIOD_MEANINGS
from khronika.ground.periods import granularity_of
from khronika.ground.times import Frame, Meaning, Resolver
from khronika.ground.timex import Grammar, Parse, Token, grammar_of
from khronika.text import Span
from khronika.types import Basis

_MEANINGS = {**DAY_MEANINGS, **PERIOD_MEANINGS}
_ASIDE = 6
"""How much farther a speaker's verb ("said") counts than the verb of what is told."""
_WINDOW = 14
"""Words on either side in which a verb tells the direction of a day without a year."""


@dataclass(frozen=True, slots=True)
class Timex:
    """One time expression: `start`, `end` are offsets, `first`, `last` the days that it gives (None, None where it gives none)."""

    start: int
    end: int
    words: str
    type: str
    value: str
    basis: Basis
    reason: str
    first: dt.date | None = None
    last: dt.date | None = None
    granularity: str | None = None
    anchored: bool = False
    """Counts from a date told before."""
    op: str = ""
    tense: str | None = None
    whole: Span | None = None
    """Of a range ("26-27 July"), which is two expressions: the offsets of both together; the first holds the days of both."""


@dataclass
class Told:
    """A text read once: its expressions, and what is needed to read one again from another anchor."""

    times: list[Timex]
    published: dt.date | None
    year: int | None
    narrative: bool
    parses: list[Parse] = field(default_factory=list)
    resolver: Resolver | None = None

    def from_day(self, index: int, day: dt.date) -> Timex:
        """An anchored expression counted from another day."""
        time = self.times[index]
        if self.resolver is None or not time.anchored:
            return time
        frame = Frame(self.published, self.year, self.narrative, told=day.isoformat(), told_day=day, tense=time.tense)
        meaning = self.resolver.resolve(self.parses[index], frame)
        return time if meaning is None else _timex(time.start, time.end, time.words, meaning, time.op, time.tense)


def read_times(body: str, published: dt.date | None, language: str = "en") -> Told:
    """All time expressions of a body, and the frame in which they were read.

    Raises:
        UsageError: the language has no grammar.
    """
    grammar = grammar_of(language)
    tokens, codes = grammar.tokens(body)
    every = [parse for parse in grammar.parses(codes) if parse.op != "trap"]
    parses = [parse for parse in every if _is_time(grammar, tokens, parse, body)]
    resolver = Resolver(grammar, tokens, codes, _MEANINGS)
    told = Told([], published, None, _is_history(tokens, parses, published))
    if told.narrative:
        parses = [parse for parse in every if _is_time(grammar, tokens, parse, body, history=True)]
    if published is None:
        told.published = _dateline(body, tokens, parses, resolver)
        told.year = None if told.published else _only_year(tokens, parses, resolver)
    told.resolver = resolver
    frame = Frame(told.published, told.year, told.narrative)
    years: dict[int, int | None] = {}
    if told.narrative:
        frame.told = next((str(year) for year in _years(tokens, parses)), None)
        years = _narrative_years(grammar, tokens, body, parses, resolver)
    for number, parse in enumerate(parses):
        frame.year_here = years.get(number)
        frame.tense = _tense(grammar, tokens, parse) if parse.op in _DIRECTED else None
        meaning = resolver.resolve(parse, frame)
        if meaning is None:
            continue
        for time in _split(grammar.leads, tokens, body, parse, meaning, frame.tense):
            told.times.append(time)
            told.parses.append(parse)
        if not (told.narrative and (_is_aside(tokens, parse) or _looks_away(grammar, tokens, parse))):
            _remember(frame, meaning)
    return told


def find_times(body: str, published: dt.date | None, language: str = "en") -> list[Timex]:
    """Every time expression of a body, in order.

    Raises:
        UsageError: the language has no grammar.
    """
    return read_times(body, published, language).times


_SMALL = frozenset(("the", "a", "and", "to", "with", "after", "when", "but", "he", "they", "it", "by", "in", "as", "while", "under", "his"))
_DIRECTED = frozenset(("date", "weekday", "month", "range", "part", "clock", "toward", "nights", "unit", "season", "weekend", "edge", "quarter", "feast", "ref"))
_STEPS = frozenset(("date", "iso", "numdate", "range", "month", "season", "edge", "year", "part", "clock", "toward", "feast"))
_DEICTIC = frozenset(("weekday", "deictic", "overnight", "unit", "part"))


def _timex(start: int, end: int, words: str, meaning: Meaning, op: str, tense: str | None) -> Timex:
    return Timex(
        start, end, words, meaning.type, meaning.value, meaning.basis, meaning.reason, meaning.first, meaning.last,
        granularity_of(meaning.value), meaning.anchored, op, tense,
    )  # fmt: skip


def _split(leads: frozenset[str], tokens: list[Token], body: str, parse: Parse, meaning: Meaning, tense: str | None) -> list[Timex]:
    """The expression, or the two of a range of days: the second has op "range_end" and only its own day."""
    lead = parse.first + (tokens[parse.first].form in leads and parse.last - parse.first > 1)
    start, end = tokens[lead].start, tokens[parse.last - 1].end
    whole = _timex(start, end, body[start:end], meaning, parse.op, tense)
    near = parse.parts.get("d") or parse.parts.get("inner") or parse.parts.get("y")
    far = parse.parts.get("e") or parse.parts.get("last")
    if parse.op not in ("range", "nights", "years") or near is None or far is None or meaning.first is None or meaning.last is None:
        return [whole]
    cut, again = tokens[near[1] - 1].end, tokens[far[0]].start
    own = f"{meaning.last.year:04d}" if parse.op == "years" else meaning.last.isoformat()
    last = replace(meaning, value=own, type="DATE", first=meaning.last.replace(month=1, day=1) if parse.op == "years" else meaning.last)
    return [
        replace(whole, end=cut, words=body[start:cut], whole=(start, end)),
        replace(_timex(again, end, body[again:end], last, "range_end", tense), whole=(start, end)),
    ]


def _remember(frame: Frame, meaning: Meaning) -> None:
    if meaning.value[:2] == "BC":
        frame.told = meaning.value
    if meaning.type not in ("DATE", "TIME") or not meaning.value[:4].isdigit():
        return
    value = meaning.value.split("T")[0]
    frame.told = value
    if meaning.first and meaning.first == meaning.last:
        frame.told_day = meaning.first
    elif meaning.first:
        frame.told_day = meaning.first if frame.narrative else frame.told_day
    if re.fullmatch(r"\d{4}-Q\d", value) and (frame.published is None or int(value[:4]) >= frame.published.year):
        frame.quarter = value


def _is_aside(tokens: list[Token], parse: Parse) -> bool:
    """Whether a year only names something ("the 2003 invasion") and does not move a history on."""
    if parse.op != "year" or parse.last - parse.first > 1 or not parse.first or parse.last >= len(tokens):
        return False
    return tokens[parse.first - 1].form in ("the", "a", "s", "since", "their", "his", "its") and tokens[parse.last].form.isalpha()


def _looks_away(grammar: Grammar, tokens: list[Token], parse: Parse) -> bool:
    """Whether a history only glances back ("the previous year") and goes on from where it was."""
    return any(token.form in grammar.words["back"] for token in tokens[parse.first : parse.last])


def _is_time(grammar: Grammar, tokens: list[Token], parse: Parse, body: str, *, history: bool = False) -> bool:
    """Whether a bare "May", "March" or figure is a time by the words around it; a history means a time by "the winter quarters" too."""
    before = tokens[parse.first - 1] if parse.first else None
    after = tokens[parse.last] if parse.last < len(tokens) else None
    if parse.op == "season" and not _is_season(grammar, tokens, parse, before, after):
        return history and tokens[parse.first].form != "fall" and parse.last - parse.first == 1
    single = parse.last - parse.first == 1
    if parse.op == "year" and single:
        return _is_year(grammar.words["counted_things"], tokens[parse.first], before, after, body)
    if parse.op == "bc" and single:
        return _is_ancient_year(grammar, tokens, parse)
    if parse.op == "monthday":
        return after is None or not after.form[0].isalnum() or after.form in _SMALL
    if parse.op != "month" or parse.last - parse.first > 1:
        return True
    form = tokens[parse.first].form
    if form not in grammar.words["names_too"] or before is None:
        return True
    if after is not None and after.form in grammar.words["month_verbs"]:
        return False
    if before.form in grammar.words["month_before"]:
        return True
    return body[before.start].islower() and before.end < tokens[parse.first].start and form not in grammar.words["capital"]


def _is_ancient_year(grammar: Grammar, tokens: list[Token], parse: Parse) -> bool:
    """Whether three figures are a year before Christ: in a text that names the era, led as a year is, and counting nothing."""
    eras = grammar.classes["ERA"]
    rest = [token.form for token in tokens[parse.last : parse.last + 3]]
    if len(tokens[parse.first].form) != 3 or not any(token.form in eras for token in tokens):
        return False
    if len(rest) == 3 and rest[0] in "-–—/" and rest[1].isdigit() and rest[2] in eras:
        return True
    led = parse.first > 0 and tokens[parse.first - 1].form in grammar.words["year_before"]
    return led and (not rest or not rest[0][0].isalnum() or rest[0] in _SMALL)


def _is_season(grammar: Grammar, tokens: list[Token], parse: Parse, before: Token | None, after: Token | None) -> bool:
    """A bare "winter" is a time after a preposition, and "the fall of" a town is none."""
    if parse.last - parse.first > 1:
        return tokens[parse.last - 1].form != "fall" or after is None or after.form not in ("of", "from")
    if tokens[parse.first].form == "fall" and after is not None and after.form in ("of", "from", "in"):
        return False
    return before is not None and before.form in grammar.words["month_before"] and before.form != "to"


def _is_year(things: list[str], token: Token, before: Token | None, after: Token | None, body: str) -> bool:
    """A bare figure of four digits is a year unless it counts something ("1500 people") or is part of a number."""
    if before is not None and before.form in "$€£#№/:." and before.end == token.start:
        return False
    if body[token.end : token.end + 1] in ("%", "$", "€", "₴") or re.match(r"[.,:/]\d|[-–]\w*[a-z]", body[token.end : token.end + 8]):
        return False
    number = int(token.form)
    if number < 1400 or number > 2100:
        return before is not None and before.form in ("in", "of", "since", "by", "from", "until") and (after is None or not after.form.isalpha())
    counted = after is not None and (after.form in things or number % 100 == 0 and after.form.isalpha() and after.form.endswith("s"))
    return not (counted and (before is None or before.form not in ("in", "of", "since", "by")))


def _tense(grammar: Grammar, tokens: list[Token], parse: Parse) -> str | None:
    """"future" or "past" by the nearest verb in the sentence, None where none is near."""
    words = grammar.words["tense"]
    future, past, not_past, reporting = (grammar.tense_words[name] for name in ("future", "past", "not_past", "reporting"))
    best, found = _WINDOW + 1, None
    lead = [token.form for token in tokens[max(0, parse.first - 3) : parse.first]]
    if lead and lead[-1] in words["by"] or " ".join(lead) in words["ahead"]:
        best, found = 4, "future"
    led = parse.first > 0 and tokens[parse.first - 1].form in grammar.leads
    for step, edge in ((-1, parse.first - 1 - led), (1, parse.last)):
        index, distance = edge, 1
        while 0 <= index < len(tokens) and distance < best:
            form = tokens[index].form
            if form in (";", "?", "!") or form.isspace() or form == "." and index and tokens[index - 1].end - tokens[index - 1].start > 1:
                break
            ahead = form in future or form == "to" and index and tokens[index - 1].form in ("is", "are")
            tense = "future" if ahead else "past" if form in past or form.endswith("ed") and form not in not_past else None
            if form == "plan" and index and tokens[index - 1].form in ("the", "a", "its", "his", "their", "this"):
                tense = None
            if tense == "past" and index and tokens[index - 1].form in ("be", "is", "are", "being", "to"):
                tense = None
            aside = _ASIDE if form in reporting and distance > 1 else 0
            if tense and distance + aside < best:
                best, found = distance + aside, tense
                if not aside:
                    break
            index, distance = index + step, distance + 1
    return found


def _years(tokens: list[Token], parses: list[Parse]) -> list[int]:
    return [int(tokens[i].form) for parse in parses if parse.op in ("date", "month", "year", "season", "edge", "range")
            for i in range(parse.first, parse.last) if len(tokens[i].form) == 4 and tokens[i].form.isdigit()]  # fmt: skip


def _is_history(tokens: list[Token], parses: list[Parse], published: dt.date | None) -> bool:
    """Whether a text tells a history (its dates follow each other) rather than news (they count from its day)."""
    years = _years(tokens, parses)
    if sum(parse.op == "bc" for parse in parses) >= 3:
        return True
    dates = sum(parse.op in ("date", "month", "season", "edge", "year") for parse in parses)
    if len(years) < 3 or dates < 12:
        return False
    deictic = sum(parse.op in _DEICTIC for parse in parses)
    past = sum(1 for year in years if published is None or year < published.year - 1)
    return past >= 0.5 * len(years) and dates >= 8 * deictic


def _narrative_years(grammar: Grammar, tokens: list[Token], body: str, parses: list[Parse], resolver: Resolver) -> dict[int, int | None]:
    """The year of each date of a history, by the number of its parse; a glance aside is no step of it."""
    row: dict[int, Dated] = {}
    end = 0
    for number, parse in enumerate(parses):
        if parse.op not in _STEPS or _is_aside(tokens, parse) or _looks_away(grammar, tokens, parse):
            continue
        start = tokens[parse.first].start
        if step := dated(resolver.resolve(parse, Frame(None)), opens="\n\n" in body[end:start]):
            row[number] = step
            end = start
    return dict(zip(row, years_of(list(row.values())), strict=True))


def _dateline(body: str, tokens: list[Token], parses: list[Parse], resolver: Resolver) -> dt.date | None:
    """The day of "KYIV, 12 May 2022 (Agency) -" at the head of a text."""
    if not parses or parses[0].op not in ("date", "iso", "numdate"):
        return None
    start, end = tokens[parses[0].first].start, tokens[parses[0].last - 1].end
    if start > 80 or not re.match(r"\s*[A-ZÀ-Þ][\w .'’/-]*,\s*$", body[:start]) or not re.match(r"\s*(\([^)]{1,40}\))?\s*[-–—:]", body[end : end + 50]):
        return None
    meaning = resolver.resolve(parses[0], Frame(None))
    return meaning.first if meaning and meaning.basis == "explicit" else None


def _only_year(tokens: list[Token], parses: list[Parse], resolver: Resolver) -> int | None:
    """The year in which all full dates of a text lie, where the text names no later one."""
    full, years = set(), set()
    for parse in parses:
        if parse.op in ("date", "iso", "numdate", "month", "year", "season"):
            meaning = resolver.resolve(parse, Frame(None))
            if meaning and meaning.basis == "explicit" and meaning.first and meaning.last:
                years.add(meaning.first.year)
                if meaning.first == meaning.last:
                    full.add(meaning.first.year)
    return full.pop() if len(full) == 1 and max(years) == min(full) else None

