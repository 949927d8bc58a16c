"""A text and its reading in, the days of each event out: by its own words, by words told elsewhere, or as fresh news.

The rule: a day always has its ground, in words; which expression is an event's own is learnt (day_signs.py), what it means is not.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from khronika.ground.day_signs import Candidate, Option, Side, Signs, cues, likeliest
from khronika.ground.periods import add_days, add_months
from khronika.ground.telling import Timex, find_times
from khronika.types import Basis, Mention, Quote, Reading, Text, When

__all__ = ["Timex", "find_times", "options_of_mentions", "when_of_mentions"]

_OPENING = 3
"""Sentences at the beginning whose day stands for a text without a publication day."""
_OBJECT = re.compile(r"\s+(?:[\w’'-]+\s+){0,3}")
"""What may stand between "a week after" and the event that it counts from."""
_NOTHING = "the text gives no date for it"
_WHERE = {"before": "from the sentences before", "after": "from the sentences after", "title": "from the title"}
Choose = Callable[[int, Sequence[Option]], Option]


@dataclass
class _Before:
    """The event told last: its number, its days, where its trigger stands and in which paragraph (title: -1)."""

    number: int
    when: When
    at: int
    paragraph: int


def when_of_mentions(text: Text, reading: Reading) -> list[When]:
    """The days of each mention, in the order of the reading.

    Each time expression near an event is an option, and so are fresh news (basis `assumed_fresh`, quote None) and no day at all; "the same day" and
    the like count from the event told before.

    Raises:
        UsageError: the text's language has no grammar of time.
    """
    return options_of_mentions(text, reading, lambda _, options: likeliest(options)) if reading.mentions else []


def options_of_mentions(text: Text, reading: Reading, choose: Choose) -> list[When]:
    """The same by another choice, which gets the mention's number in the reading and its options."""
    return _Dating(text, reading.mentions).read(choose)


class _Dating:
    def __init__(self, text: Text, mentions: Sequence[Mention]) -> None:
        self._mentions = mentions
        self._signs = Signs(text, mentions)
        self._cues = cues(text.language or "en")
        self._body, self._title = self._signs.sides["body"], self._signs.sides["title"]
        self._published = self._signs.published

    def read(self, choose: Choose) -> list[When]:
        order = sorted(range(len(self._mentions)), key=lambda i: (self._mentions[i].trigger.within == "body", self._mentions[i].trigger.start))
        found: dict[int, When] = {}
        before: _Before | None = None
        for number in order:
            mention = self._mentions[number]
            when = choose(number, self._options(mention, before)).when
            found[number] = when
            if when.start is not None or before is None:
                before = _Before(number + 1, when, mention.trigger.start, self._signs.paragraph(mention.trigger.within, mention.trigger.start))
        return [found[i] for i in range(len(self._mentions))]

    def _options(self, mention: Mention, before: _Before | None) -> list[Option]:
        dated: list[tuple[Candidate, When]] = []
        if self._published is None and self._first_day and not mention.when_words and not self._tells_day(mention):
            # Written afterwards about one incident, whose day it tells first.
            return [Option(self._without_words(mention), frozenset({"fresh"}))]
        for candidate in self._signs.candidates(mention):
            side = self._signs.sides[candidate.within]
            time = side.told.times[candidate.number]
            if candidate.within == "title" and mention.trigger.within == "body":
                continue  # its words would lie outside the body, in which a body's values are quoted
            if not self._usable(time) or time.op == "ago" and time.type == "DURATION" and candidate.position != "own":
                continue
            when = self._dated(side, candidate, mention, before)
            if when is not None:
                dated.append((candidate, when))
        options = [Option(when, frozenset(signs)) for (_, when), signs in zip(dated, self._signs.signs(mention, dated), strict=True)]
        if given := [option for option in options if "in the time words" in option.signs]:
            return given
        fresh = self._without_words(mention)
        unknown = When(basis="open", reason=f"{_NOTHING}, and what is told near it is another's")
        named = [("fresh", fresh), ("open", unknown)] if fresh.start else [("open", fresh)]
        return options + [Option(when, frozenset(self._signs.without_words(name, mention, when, dated))) for name, when in named]

    def _tells_day(self, mention: Mention) -> bool:
        """Whether the sentence of the event tells a day with its year."""
        near = ((self._signs.sides[c.within].told.times[c.number], c) for c in self._signs.candidates(mention) if c.position == "own")
        return any(time.basis == "explicit" and time.first is not None and time.first == time.last for time, _ in near)

    # --- by words ----------------------------------------------------------------------------------------------------

    def _usable(self, time: Timex) -> bool:
        if time.type == "SET" or time.value == "FUTURE_REF" and time.first is None or time.op in ("fiscal", "yearago", "quarter", "the_unit", "range_end", "attribute"):
            return False
        if time.op == "part" and time.anchored:
            return False
        return time.type != "DURATION" or time.first is not None or time.op in ("span", "duration") and "recent" in time.words.lower() or time.op == "ago"

    def _dated(self, side: Side, candidate: Candidate, mention: Mention, before: _Before | None) -> When | None:
        index = candidate.number
        time = side.told.times[index]
        reason: str = time.reason
        basis: Basis = time.basis
        if time.anchored and time.op != "clock" and before is not None and before.when.start is not None and not self._told_since(side, index, before):
            time = side.told.from_day(index, before.when.start)
            reason, basis = f"counted from event {before.number}, {before.when.start}", "anchored"
        elif time.op == "clock" and time.anchored:
            here = self._signs.paragraph(mention.trigger.within, mention.trigger.start)
            anchor = before.when.start if before and before.when.start and before.paragraph == here else self._published
            if anchor is None:
                return None
            time = side.told.from_day(index, anchor)
        if time.op == "ago" and time.type == "DURATION":
            return self._beside(side, index, mention, before)
        if candidate.position in _WHERE and basis != "open":
            basis, reason = "anchored", f"{_WHERE[candidate.position]}: {reason}"
        if time.value.endswith("_REF") and time.value != "PRESENT_REF" and time.first is None:
            return self._when_of(side, time, "open", "no date is given, only that it was lately" if time.value == "PAST_REF" else reason)
        first, last = self._bounds(side, index, time)
        if first is None and time.type == "DURATION":
            return self._when_of(side, time, "open", "a length of time without a date")
        if first and last and self._published and first > self._published and time.tense != "future" and mention.status == "occurred":
            return None
        return self._when_of(side, time, basis, reason, first, last)

    def _told_since(self, side: Side, index: int, before: _Before) -> bool:
        """Whether a day stands between the event told before and an anchored expression, or that event has none of its own."""
        days = [time for time in side.told.times[:index] if time.first and time.first == time.last and not time.anchored]
        return bool(days) and (before.when.basis in ("assumed_fresh", "open") or days[-1].start > before.at and before.paragraph >= 0)

    def _beside(self, side: Side, index: int, mention: Mention, before: _Before | None) -> When | None:
        """"A week after the explosions": for what is told to have been so, a week after them; for the explosions themselves, a week before it.

        The one or the other is dated by its own words, as the event told before, or as fresh news.
        """
        time = side.told.times[index]
        follows = mention.trigger.start >= time.end
        is_main = not follows or self._opens(side, time) and not _OBJECT.fullmatch(side.words[time.end : mention.trigger.start])
        bare = re.match(r"\s*([.,;!?)]|$)", side.words[time.end :])
        if not follows and not bare:
            return None
        own = side.sentences[side.sentence(time.start)]
        days = [t.first for t in side.told.times if own[0] <= t.start < own[1] and t.first and t.first == t.last]
        told = before.when.start if before else None
        anchor = days[0] if days else (told or self._published) if is_main else (self._published or told)
        back = is_main == time.words.lower().endswith("before")
        moved = _shift(time.value, anchor, -1 if back else 1) if anchor else None
        if moved is None:
            return None
        return self._when_of(side, time, "anchored", f"counted from {anchor}, to which the words set it", moved, moved)

    def _opens(self, side: Side, time: Timex) -> bool:
        """Whether an expression stands at the head of its sentence."""
        start = side.sentences[side.sentence(time.start)][0]
        return len(side.words[start : time.start].split()) <= 1

    def _bounds(self, side: Side, index: int, time: Timex) -> tuple[dt.date | None, dt.date | None]:
        """"From Monday to Wednesday", "between 3 May and 5 June", "since 2014": the days that the words around widen it to."""
        first, last, times = time.first, time.last, side.told.times
        if first is None or last is None:
            return first, last
        if self._stands_before(side, time, "since") and self._published and not self._defines(side, time):
            return first, max(self._published, first)
        following = times[index + 1] if index + 1 < len(times) else None
        if following and following.first and self._is_range(side, time, following):
            return first, max(first, following.last or first)
        previous = times[index - 1] if index else None
        if previous and previous.first and previous.first <= last and self._is_range(side, previous, time):
            return previous.first, last
        return first, last

    def _is_range(self, side: Side, time: Timex, following: Timex) -> bool:
        """Whether two expressions are the ends of one range, or one day and the next ("on Tuesday and Wednesday")."""
        joined = side.words[time.end : following.start].strip().lower() in self._cues["join"]
        next_day = time.last is not None and time.first == time.last and add_days(time.last, 1) == following.first == following.last
        return joined and (next_day or self._begins_range(side, time))

    def _stands_before(self, side: Side, time: Timex, cue: str) -> bool:
        words = side.words[max(0, time.start - 14) : time.start].lower().split()
        return bool(words) and words[-1] in self._cues[cue]

    def _begins_range(self, side: Side, time: Timex) -> bool:
        return self._stands_before(side, time, "from") or not self._cues["of"].isdisjoint(time.words.lower().split())

    def _defines(self, side: Side, time: Timex) -> bool:
        """Whether what follows tells what happened then ("since 2014, when the war began")."""
        return side.words[time.end : time.end + 20].lower().lstrip(" ,–—-").startswith(tuple(self._cues["defining"]))

    def _when_of(self, side: Side, time: Timex, basis: Basis, reason: str, first: dt.date | None = None, last: dt.date | None = None) -> When:
        start, end = time.whole or (time.start, time.end)
        quote = Quote(start=start, end=end, words=side.words[start:end], within="title" if side is self._title else "body")
        return When(basis=basis, reason=reason, start=first, end=last, quote=quote, granularity=time.granularity, value=time.value, type=time.type)

    @cached_property
    def _first_day(self) -> dt.date | None:
        """The day that the text tells in its title or its first sentences, outright or in the only year that it gives; or the only one that it tells anywhere."""
        days = [(side, t) for side in (self._title, self._body) for t in side.told.times if t.first and t.first == t.last and t.basis in ("explicit", "relative")]
        if not days:
            return None
        side, first = days[0]
        is_early = side is self._title or side.sentence(first.start) < _OPENING
        return first.first if is_early or len({t.first for _, t in days}) == 1 else None

    # --- without words -----------------------------------------------------------------------------------------------

    def _without_words(self, mention: Mention) -> When:
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
