"""A text and its reading in, the days of each event out: by its own words, by the event told before, or as fresh news.

The rule: a day always has its ground. Words beat anchors, anchors beat freshness, and where none holds the days stay open with the reason.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from khronika.ground.periods import add_days, add_months
from khronika.ground.telling import Timex, Told, find_times, read_times
from khronika.ground.timex import grammar_of
from khronika.text import Sorted, Span, overlaps, sentences
from khronika.types import Basis, Mention, Quote, Reading, Text, When

__all__ = ["Timex", "find_times", "when_of_mentions"]

# What speaks against an expression, in words of distance: a clause's wall between, a speaker's day ("said on Friday"), "now", "since".
_WALL, _REPORTING, _NOW, _SINCE = 8.0, 40.0, 80.0, 20.0
# How many sentences before may date an event, how long a period they may tell (days), and how weak it may be.
_NEIGHBOURS, _LONGEST, _WEAKEST = 2, 6, 60.0
_OPENING = 3
"""Sentences at the beginning whose day stands for a text without a publication day."""
_NOTHING = "the text gives no date for it"


@dataclass(frozen=True, slots=True)
class _Side:
    """Body or title, read once: its expressions and sentences."""

    words: str
    told: Told
    sentences: list[Span]
    starts: list[int]
    spans: Sorted

    def sentence(self, at: int) -> int:
        return max(bisect_right(self.starts, at) - 1, 0)

    def times_in(self, span: Span) -> list[int]:
        return self.spans.touching(span)


@dataclass
class _Before:
    """The event told last: its number, its days, where its trigger stands and in which paragraph (title: -1)."""

    number: int
    when: When
    at: int
    paragraph: int


def when_of_mentions(text: Text, reading: Reading) -> list[When]:
    """The days of each mention, in the order of the reading.

    An event's own `when_words` come first, then the expressions of its sentences (nearest to the trigger, in its clause), then "the same day" and the
    like counted from the event told before, then the publication day for fresh news (basis `assumed_fresh`, quote None).

    Raises:
        UsageError: the text's language has no grammar of time.
    """
    return _Dating(text).read(reading) if reading.mentions else []


class _Dating:
    def __init__(self, text: Text) -> None:
        language = text.language or "en"
        self._cues = _cues(language)
        self._body = _side(text.body, text.published, language)
        self._published = self._body.told.published
        self._title = _side(text.title or "", self._published, language)
        self._paragraphs = [match.start() for match in re.finditer(r"\n\s*\n|\n", text.body)]

    def read(self, reading: Reading) -> list[When]:
        order = sorted(range(len(reading.mentions)), key=lambda i: (reading.mentions[i].trigger.within == "body", reading.mentions[i].trigger.start))
        found: dict[int, When] = {}
        before: _Before | None = None
        for number in order:
            mention = reading.mentions[number]
            when = self._when(mention, before)
            found[number] = when
            if when.start is not None or before is None:
                before = _Before(number + 1, when, mention.trigger.start, self._paragraph(mention.trigger))
        return [found[i] for i in range(len(reading.mentions))]

    def _side_of(self, quote: Quote) -> _Side:
        return self._title if quote.within == "title" else self._body

    def _paragraph(self, quote: Quote) -> int:
        return -1 if quote.within == "title" else bisect_right(self._paragraphs, quote.start)

    def _when(self, mention: Mention, before: _Before | None) -> When:
        chosen = self._by_words(mention) or self._by_sentences(mention)
        if chosen is not None:
            side, index = chosen
            when = self._dated(side, index, mention, before)
            if when is not None:
                return when
        return self._by_neighbour(mention) or self._without_words(mention, before)

    # --- by words ----------------------------------------------------------------------------------------------------

    def _by_words(self, mention: Mention) -> tuple[_Side, int] | None:
        for quote in mention.when_words:
            side = self._side_of(quote)
            inside = [i for i in side.times_in((quote.start, quote.end)) if self._usable(side.told.times[i])]
            if inside:
                return side, max(inside, key=lambda i: (_sharpness(side.told.times[i]), -i))
        return None

    def _by_sentences(self, mention: Mention) -> tuple[_Side, int] | None:
        """The expression nearest to the trigger in its own sentence, else in the other evidence."""
        home = self._side_of(mention.trigger)
        own = home.sentences[home.sentence(mention.trigger.start)] if home.sentences else (0, len(home.words))
        best: tuple[float, _Side, int] | None = None
        seen: set[tuple[str, int]] = set()
        pieces = [Quote(start=own[0], end=own[1], words="", within=mention.trigger.within), *mention.evidence]
        for quote in pieces:
            side = self._side_of(quote)
            for index in side.times_in((quote.start, quote.end)):
                if (quote.within, index) in seen or not self._usable(side.told.times[index]):
                    continue
                seen.add((quote.within, index))
                same = side is home and overlaps((side.told.times[index].start, side.told.times[index].end), own)
                away = abs(home.sentence(mention.trigger.start) - home.sentence(side.told.times[index].start)) if side is home else 4
                score = self._score(side, side.told.times[index], mention) if same else -200.0 - 20 * min(away, 5) - self._weakness(side, side.told.times[index])
                if score > -320 and (best is None or score > best[0]):
                    best = (score, side, index)
        return best[1:] if best else None

    def _by_neighbour(self, mention: Mention) -> When | None:
        """The day that the sentences right before tell in the same paragraph, which the event goes on with."""
        side = self._side_of(mention.trigger)
        if mention.background or mention.trigger.within == "title" or not side.sentences:
            return None
        own = side.sentence(mention.trigger.start)
        for number in range(own - 1, max(own - 1 - _NEIGHBOURS, -1), -1):
            start, end = side.sentences[number]
            if bisect_right(self._paragraphs, start) != bisect_right(self._paragraphs, mention.trigger.start):
                return None
            for index in reversed(side.times_in((start, end))):
                time = side.told.times[index]
                if self._usable(time) and time.first and time.last and (time.last - time.first).days <= _LONGEST and self._weakness(side, time) < _WEAKEST:
                    first, last = self._bounds(side, index, time)
                    return self._when_of(side, time, "anchored", f"goes on from the sentence before, which tells {time.words}", first, last)
        return None

    def _usable(self, time: Timex) -> bool:
        if time.type == "SET" or time.value == "FUTURE_REF" or time.op in ("fiscal", "yearago", "quarter", "the_unit", "range_end", "attribute"):
            return False
        if time.op == "part" and time.anchored:
            return False
        return time.type != "DURATION" or time.first is not None or time.op in ("span", "duration") and "recent" in time.words.lower() or time.op == "ago"

    def _score(self, side: _Side, time: Timex, mention: Mention) -> float:
        trigger = (mention.trigger.start, mention.trigger.end)
        if time.op == "ago" and time.type == "DURATION":
            # "The blasts come a week after the explosions": it dates what follows it, from what the sentence tells first.
            return -12.0 if time.end <= trigger[0] and "," not in side.words[time.end : trigger[0]] else -1000.0
        if overlaps((time.start, time.end), trigger):
            return 10.0 - self._weakness(side, time)
        between = side.words[time.end : trigger[0]] if time.end <= trigger[0] else side.words[trigger[1] : time.start]
        words = re.findall(r"[\w’'-]+|[,;:()—–]", between.lower())
        walls = sum(word in self._cues["walls"] for word in words)
        return -float(len(words)) - _WALL * walls - self._weakness(side, time)

    def _weakness(self, side: _Side, time: Timex) -> float:
        """What speaks against an expression as the day of an event: a speaker's day, a plan, no day at all."""
        before = re.findall(r"[\w’'-]+", side.words[max(0, time.start - 60) : time.start].lower())[-5:]
        after = re.findall(r"[\w’'-]+", side.words[time.end : time.end + 40].lower())[:2]
        weak = 0.0
        if any(word in self._cues["reporting"] for word in after[:1]) or any(word in self._cues["reporting"] for word in before[-4:]):
            weak += _REPORTING
        if time.value.endswith("_REF"):
            weak += _NOW
        if before and before[-1] in self._cues["since"]:
            weak += _SINCE
        if time.tense == "future":
            weak += 15
        weak += {"year": 12, "decade": 30, "century": 40, "quarter": 10, "season": 6, "month": 4, "week": 4}.get(time.granularity or "", 0)
        return weak + (250 if time.first is None and time.value != "PAST_REF" else 0)

    def _dated(self, side: _Side, index: int, mention: Mention, before: _Before | None) -> When | None:
        time = side.told.times[index]
        reason: str = time.reason
        basis: Basis = time.basis
        if time.anchored and time.op != "clock" and before is not None and before.when.start is not None and not self._told_since(side, index, before):
            time = side.told.from_day(index, before.when.start)
            reason, basis = f"counted from event {before.number}, {before.when.start}", "anchored"
        elif time.op == "clock" and time.anchored:
            anchor = before.when.start if before and before.when.start and before.paragraph == self._paragraph(mention.trigger) else self._published
            if anchor is None:
                return None
            time = side.told.from_day(index, anchor)
        if time.op == "ago" and time.type == "DURATION":
            return self._beside(side, index, mention, before)
        if time.value.endswith("_REF") and time.value != "PRESENT_REF" and time.first is None:
            return self._when_of(side, time, "open", "no date is given, only that it was lately" if time.value == "PAST_REF" else reason)
        first, last = self._bounds(side, index, time)
        if first is None and time.type == "DURATION":
            return self._when_of(side, time, "open", "a length of time without a date")
        if first and last and self._published and first > self._published and time.tense != "future" and mention.status == "occurred":
            return None
        return self._when_of(side, time, basis, reason, first, last)

    def _told_since(self, side: _Side, index: int, before: _Before) -> bool:
        """Whether a day stands between the event told before and an anchored expression, or that event has none of its own."""
        days = [time for time in side.told.times[:index] if time.first and time.first == time.last and not time.anchored]
        return bool(days) and (before.when.basis in ("assumed_fresh", "open") or days[-1].start > before.at and before.paragraph >= 0)

    def _beside(self, side: _Side, index: int, mention: Mention, before: _Before | None) -> When | None:
        """"A week after the explosions": a week before what the sentence tells, which is dated by its own words, or as the event told before."""
        time = side.told.times[index]
        follows = mention.trigger.start >= time.end
        if not follows and not re.match(r"\s*([.,;!?)]|$)", side.words[time.end :]):
            return None
        own = side.sentences[side.sentence(time.start)]
        days = [t.first for t in side.told.times if own[0] <= t.start < own[1] and t.first and t.first == t.last]
        anchor = days[0] if days else self._published or (before.when.start if before else None)
        back = follows != time.words.lower().endswith("before")
        moved = _shift(time.value, anchor, -1 if back else 1) if anchor else None
        if moved is None:
            return None
        return self._when_of(side, time, "anchored", f"counted from {anchor}, to which the words set it", moved, moved)

    def _bounds(self, side: _Side, index: int, time: Timex) -> tuple[dt.date | None, dt.date | None]:
        """"From Monday to Wednesday", "between 3 May and 5 June", "since 2014": the days that the words around widen it to."""
        first, last, times = time.first, time.last, side.told.times
        if first is None or last is None:
            return first, last
        if self._stands_before(side, time, "since") and self._published and not self._defines(side, time):
            return first, max(self._published, first)
        following = times[index + 1] if index + 1 < len(times) else None
        if following and following.first and self._begins_range(side, time) and self._joined(side, time, following):
            return first, max(first, following.last or first)
        previous = times[index - 1] if index else None
        if previous and previous.first and previous.first <= last and self._begins_range(side, previous) and self._joined(side, previous, time):
            return previous.first, last
        return first, last

    def _stands_before(self, side: _Side, time: Timex, cue: str) -> bool:
        words = side.words[max(0, time.start - 14) : time.start].lower().split()
        return bool(words) and words[-1] in self._cues[cue]

    def _begins_range(self, side: _Side, time: Timex) -> bool:
        return self._stands_before(side, time, "from") or not self._cues["of"].isdisjoint(time.words.lower().split())

    def _joined(self, side: _Side, time: Timex, following: Timex) -> bool:
        return side.words[time.end : following.start].strip().lower() in self._cues["join"]

    def _defines(self, side: _Side, time: Timex) -> bool:
        """Whether what follows tells what happened then ("since 2014, when the war began")."""
        return side.words[time.end : time.end + 20].lower().lstrip(" ,–—-").startswith(tuple(self._cues["defining"]))

    def _when_of(self, side: _Side, time: Timex, basis: Basis, reason: str, first: dt.date | None = None, last: dt.date | None = None) -> When:
        start, end = time.whole or (time.start, time.end)
        quote = Quote(start=start, end=end, words=side.words[start:end], within="title" if side is self._title else "body")
        return When(basis=basis, reason=reason, start=first, end=last, quote=quote, granularity=time.granularity, value=time.value, type=time.type)

    @cached_property
    def _first_day(self) -> dt.date | None:
        """The day that the text tells outright in its title or its first sentences, or the only one that it tells anywhere."""
        days = [(side, t) for side in (self._title, self._body) for t in side.told.times if t.first and t.first == t.last and t.basis == "explicit"]
        if not days:
            return None
        side, first = days[0]
        is_early = side is self._title or side.sentence(first.start) < _OPENING
        return first.first if is_early or len({t.first for _, t in days}) == 1 else None

    # --- without words -----------------------------------------------------------------------------------------------

    def _without_words(self, mention: Mention, before: _Before | None) -> When:
        if mention.background:
            return When(basis="open", reason=f"{_NOTHING}, and it is told as background")
        if self._published is None:
            if day := self._first_day:
                return When(basis="anchored", reason=f"{_NOTHING} and the text no publication day: held to be of {day}, the day that the text tells first",
                            start=day, end=day, granularity="day", value=day.isoformat(), type="DATE")  # fmt: skip
            return When(basis="open", reason=f"{_NOTHING} and the text no publication day; give one with --published")
        day = self._published
        return When(basis="assumed_fresh", reason=f"{_NOTHING}: held to be fresh news of {day}", start=day, end=day, granularity="day",
                    value=day.isoformat(), type="DATE")  # fmt: skip


def _shift(value: str, anchor: dt.date, sign: int) -> dt.date | None:
    """The day that lies a TIMEX3 duration from another; None for hours and vague lengths."""
    match = re.fullmatch(r"P(\d+)([DWMY])", value)
    if match is None:
        return None
    number, unit = int(match.group(1)) * sign, match.group(2)
    return add_days(anchor, number * (7 if unit == "W" else 1)) if unit in "DW" else add_months(anchor, number * (12 if unit == "Y" else 1))


def _sharpness(time: Timex) -> int:
    if time.first is None or time.last is None:
        return -100000 if time.value.endswith("_REF") else -50000
    return -(time.last - time.first).days


@lru_cache(maxsize=4)
def _side(words: str, published: dt.date | None, language: str) -> _Side:
    """Kept, since events and assessments of one text are dated one after the other."""
    spans = sentences(words)
    told = read_times(words, published, language)
    return _Side(words, told, spans, [start for start, _ in spans], Sorted([(time.start, time.end) for time in told.times]))


@cache
def _cues(language: str) -> dict[str, frozenset[str]]:
    return {name: frozenset(words) for name, words in grammar_of(language).words["cue"].items()}
