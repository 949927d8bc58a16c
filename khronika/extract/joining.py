"""Triggers in, groups of sentences that tell of one occurrence out: co-reference within a text.

The rule: a trigger goes to the occurrence told before that it fits best by the learnt weights of what they share (day, place, kind,
nearness, a definite reference), or founds one of its own. So does a sentence that only counts dead or hurt ("the clinic spoke of nine"), which founds none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from khronika import config
from khronika.extract.lexicon import Lexicon, Words, compile_words
from khronika.extract.segments import Segment
from khronika.extract.tolls import TOO_LONG, Outcome, find_toll, least_of_some
from khronika.extract.triggers import Trigger, yes_or_no
from khronika.extract.weights import Weights

REACH = 8
"""Occurrences back that a trigger is compared with."""
VIOLENT = frozenset({"violence", "battle", "civilians"})
NAMED_AFTER = 8
"""Sentences within which those who were killed are named."""
CUT = 0.3
"""Log2 odds from which a trigger joins."""
NEAR = 3
"""Occurrences told before that a sentence which counts people is compared with."""
BEHIND = 6
"""Sentences within which it stands behind one of theirs."""


@dataclass
class Occurrence:
    """One occurrence as it grows: its triggers, the indices of the sentences that tell of it, and what these name."""

    triggers: list[Trigger]
    sentences: list[int] = field(default_factory=list)

    @property
    def main(self) -> Trigger:
        """The strongest trigger, the first on a tie."""
        return max(self.triggers, key=lambda t: (t.strength, -t.at))


@dataclass(frozen=True)
class Signs:
    """What one sentence names."""

    days: frozenset[str]
    places: frozenset[str]
    names: frozenset[str]
    numbers: frozenset[str]
    same_day: bool
    is_apart: bool
    is_other: bool
    is_definite: bool
    opens_anew: bool
    dates: frozenset[str]
    """Days of the calendar among the days."""


@cache
def _patterns(language: str) -> dict[str, Words]:
    return {name: compile_words(value) for name, value in config.data(f"lexicon/{language}/joins.toml").items()}


def signs_of(words: str, lexicon: Lexicon) -> Signs:
    p = _patterns(lexicon.language)
    words = words[:1500]
    no_name = p["no_name"].pattern.split()
    days = frozenset(_as_told(day) for day in p["day"].findall(words))
    return Signs(
        days=days,
        places=frozenset(place.casefold() for place in p["place"].findall(words) if place not in no_name),
        names=frozenset(name.casefold().removesuffix("’s").removesuffix("'s") for name in p["name"].findall(words) if name not in no_name),
        numbers=frozenset(number.casefold() for number in p["number"].findall(words)),
        same_day=bool(p["same_day"].search(words)),
        is_apart=bool(p["apart"].search(words)),
        is_other=bool(p["other"].search(words)),
        is_definite=bool(lexicon.follow["definite"].search(words)),
        opens_anew=bool(p["same_day"].match(words)),
        dates=frozenset(day for day in days if re.match(r"\d{1,2} ", day)),
    )


def _as_told(day: str) -> str:
    """A day in the one form in which days are compared: "July 3rd" and "3 July" are the same."""
    return " ".join(sorted(re.sub(r"(?<=\d)(?:st|nd|rd|th)\b| of\b", "", day.casefold()).split()))


class Joiner:
    """Compares triggers with occurrences of one text; what a sentence names is looked up once."""

    def __init__(self, segments: list[Segment], lexicon: Lexicon) -> None:
        self.segments = segments
        self._lexicon = lexicon
        self._known: dict[int, Signs] = {}

    def counts_people(self, at: int) -> bool:
        """Whether sentence `at` of the body counts dead or hurt."""
        segment = self.segments[at]
        outcomes: tuple[Outcome, ...] = ("killed", "injured")
        return segment.within == "body" and len(segment.words) <= TOO_LONG and any(find_toll([segment], outcome, self._lexicon) for outcome in outcomes)

    def signs(self, at: int) -> Signs:
        """What sentence `at` names."""
        if at not in self._known:
            self._known[at] = signs_of(self.segments[at].words, self._lexicon)
        return self._known[at]

    def levels(self, trigger: Trigger, other: Occurrence, back: int) -> dict[str, str]:
        """Feature -> level of one comparison; `back` is how many occurrences lie between."""
        here = self.signs(trigger.at)
        days, places, names, numbers = (self._all(what, other) for what in ("days", "places", "names", "numbers"))
        main, gap = other.main, trigger.at - other.sentences[-1]
        last, segment = self.segments[other.sentences[-1]], self.segments[trigger.at]
        step = segment.paragraph - last.paragraph
        shared = len(here.names & names)
        stem = trigger.quote.words[:5].casefold()
        return {
            "kind": "same" if any(t.kind == trigger.kind for t in other.triggers) else "family" if trigger.family == main.family else
            "violent" if {trigger.family, main.family} <= VIOLENT else "other",
            "gap": str(gap) if gap < 3 else "5" if gap < 6 else "15" if gap < 16 else "far",
            "paragraph": "same" if step == 0 else "next" if step == 1 else "far",
            "definite": yes_or_no(here.is_definite),
            "apart": yes_or_no(here.is_apart),
            "day": _days(here, days),
            "place": level_of(here.places, places),
            "names": str(min(shared, 3)),
            "number": "same" if here.numbers & numbers else "other" if here.numbers and numbers else "none",
            "back": str(min(back, 4)),
            "stem": "same" if any(t.quote.words[:5].casefold() == stem for t in other.triggers) else "other",
            "group": trigger.levels["group"],
            "old": "same" if trigger.is_background == main.is_background else "other",
            "casualty": trigger.levels["casualty"],
            "within": "same" if last.within == segment.within else "title",
        }  # fmt: skip

    def count_levels(self, at: int, other: Occurrence, back: int, has_trigger: bool) -> dict[str, str]:
        """Feature -> level of one comparison of a sentence that counts people with an occurrence told before; `back` is how many occurrences were told since."""
        here, segment, f = self.signs(at), self.segments[at], self._lexicon.follow
        last = max(number for number in other.sentences if number < at)
        step, levels = segment.paragraph - self.segments[last].paragraph, self._lexicon.levels
        return {
            "gap": str(at - last),
            "paragraph": "same" if step == 0 else "next" if step == 1 else "far",
            "casualty": yes_or_no(f["casualty"].search(segment.words)),
            "anaphor": yes_or_no(f["anaphor"].search(segment.words)),
            "definite": yes_or_no(here.is_definite),
            "day": _days(here, self._all("days", other)),
            "place": level_of(here.places, self._all("places", other)),
            "names": str(min(3, len(here.names & self._all("names", other)))),
            "said": yes_or_no(levels["said"].search(segment.words)),
            "quote": yes_or_no('"' in segment.words or "“" in segment.words),
            "modal": yes_or_no(levels["modal"].search(segment.words)),
            "back": str(back),
            "family": other.main.family if other.main.family in VIOLENT else "other",
            "trigger": yes_or_no(has_trigger),
            "length": str(min(5, len(segment.words.split()) // 8)),
            "died": yes_or_no(_patterns(self._lexicon.language)["died"].search(segment.words)),
        }

    def is_walled(self, trigger: Trigger, other: Occurrence) -> bool:
        """Whether both name days of the calendar, and none in common, or the sentence opens with "On the same day"."""
        if self.signs(trigger.at).opens_anew and trigger.at not in other.sentences:
            return True
        here = self.signs(trigger.at).dates
        told = self._all("dates", other)
        return bool(here and told) and not here & told

    def _all(self, what: str, one: Occurrence) -> frozenset[str]:
        return all_of(what, (self.signs(at) for at in one.sentences))

    def among_whose_dead(self, trigger: Trigger, near: list[Occurrence]) -> Occurrence | None:
        """The nearest occurrence that counts more dead than a sentence without a day and a place of its own, which tells of some of them."""
        segment, p = self.segments[trigger.at], _patterns(self._lexicon.language)
        some = least_of_some(segment, self._lexicon) if trigger.family in VIOLENT else 0
        if not some or self.signs(trigger.at).is_other:
            return None
        for back, one in enumerate(near):
            told = [self.segments[at] for at in one.sentences]
            if trigger.at - one.sentences[-1] > NAMED_AFTER or self.is_walled(trigger, one):
                continue
            shared = self.levels(trigger, one, back)
            if shared["kind"] != "same" and not p["died"].match(trigger.quote.words):
                continue
            if shared["place"] in ("new", "other") or shared["day"] in ("new", "other") or shared["old"] == "other":
                continue
            whole = find_toll(told, "killed", self._lexicon)
            if whole is not None and whole.low > max(some, 1):
                return one
        return None


def all_of(what: str, signs: Iterable[Signs]) -> frozenset[str]:
    """The days, dates, places, names or numbers that any of some sentences names."""
    return frozenset[str]().union(*(getattr(one, what) for one in signs))


def _days(here: Signs, told: frozenset[str]) -> str:
    return "again" if here.same_day else "same" if here.days & told else "none" if not here.days else "new" if not told else "other"


def level_of(here: frozenset[str], told: frozenset[str]) -> str:
    """How days or places relate to those told before: none, new, the same or other ones."""
    if not here:
        return "none"
    if not told:
        return "new"
    return "same" if any(a in b or b in a for a in here for b in told) else "other"


def odds(levels: dict[str, str]) -> float:
    """Log2 odds that the trigger tells of the occurrence, by the learnt weights."""
    return _weights().odds(levels)


@cache
def _weights(name: str = "join") -> Weights:
    return Weights(config.data_json(f"lexicon/en/{name}_weights.json"))


def join(triggers: list[Trigger], segments: list[Segment], lexicon: Lexicon, least: float) -> list[Occurrence]:
    """The occurrences of a text in order."""
    found: list[Occurrence] = []
    joiner = Joiner(segments, lexicon)
    for trigger in triggers:
        near = list(enumerate(reversed(found[-REACH:])))
        fitting = ((odds(joiner.levels(trigger, o, back)), -back, o) for back, o in near if not joiner.is_walled(trigger, o))
        best = max(fitting, key=lambda x: x[:2], default=None)
        fits = best[2] if best is not None and best[0] > CUT else None
        if fits is None and trigger.strength >= least:
            fits = joiner.among_whose_dead(trigger, [o for _, o in near])
        if fits is not None:
            fits.triggers.append(trigger)
            fits.sentences.append(trigger.at)
        elif trigger.strength >= least:
            found.append(Occurrence([trigger], [trigger.at]))
    told = {at for occurrence in found for at in occurrence.sentences}
    for occurrence in found:
        _extend(occurrence, told, segments, lexicon)
    for at, comparisons in counting(found, joiner, triggers):
        likely, _, home = max((_weights("count").odds(levels), -back, one) for back, (one, levels) in enumerate(comparisons))
        if likely > 0:
            home.sentences = sorted({*home.sentences, at})
    return found


def counting(found: Sequence[Occurrence], joiner: Joiner, triggers: Sequence[Trigger]) -> Iterator[tuple[int, list[tuple[Occurrence, dict[str, str]]]]]:
    """Each sentence that counts dead or hurt and tells of no occurrence yet, in order, with the occurrences told before it and what they share.

    Who goes through them gives each to an occurrence before the next is asked for.
    """
    triggered = {trigger.at for trigger in triggers}
    told = {at for occurrence in found for at in occurrence.sentences}
    for at in range(min(told, default=0), len(joiner.segments)):
        if at in told or not joiner.counts_people(at):
            continue
        last = ((max((number for number in one.sentences if number < at), default=-BEHIND - 1), one) for one in found)
        before = sorted(((number, one) for number, one in last if at - number <= BEHIND), key=lambda pair: -pair[0])[:NEAR]
        if before:
            yield at, [(one, joiner.count_levels(at, one, back, at in triggered)) for back, (_, one) in enumerate(before)]


def _extend(occurrence: Occurrence, told: set[int], segments: list[Segment], lexicon: Lexicon) -> None:
    """Take in the sentences right after one of its own that go on about it: results, victims, claims."""
    for start in sorted(set(occurrence.sentences)):
        first, at, taken = segments[start], start + 1, 0
        while at < len(segments) and at not in told and taken < 4 and segments[at].within == first.within:
            words = segments[at].words
            follows = lexicon.follow["anaphor"].search(words) and lexicon.follow["casualty"].search(words) or lexicon.follow["definite"].search(words)
            same_paragraph = segments[at].paragraph == first.paragraph
            if not follows or segments[at].paragraph - first.paragraph > 2 or lexicon.not_event["habit"].search(words) and not same_paragraph:
                break
            occurrence.sentences.append(at)
            told.add(at)
            taken += 1
            at += 1
    occurrence.sentences = sorted(dict.fromkeys(occurrence.sentences))
