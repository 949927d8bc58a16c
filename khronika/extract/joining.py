"""Triggers in, groups of sentences that tell of one occurrence out: co-reference within a text.

The rule: sentences join where they follow each other in a paragraph and nothing (another day, another place, another family) speaks
against it; across paragraphs only a definite reference ("the attack") joins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from khronika.extract.lexicon import Lexicon
from khronika.extract.segments import Segment
from khronika.extract.triggers import Trigger

_DAY = re.compile(
    r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{1,2}|"
    r"\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)|yesterday|today|on the same day|earlier|later|previous(?:ly)?|separately|meanwhile|elsewhere|another|in a separate)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\b(?:in|at|near|of|on|outside|from) (?:the )?((?:(?:city|town|village|region|district|port|province) of )?[A-Z][\w’'-]+(?:[ -][A-Z][\w’'-]+)*)")


@dataclass
class Occurrence:
    """One occurrence as it grows: its triggers, and the indices of the sentences that tell of it."""

    triggers: list[Trigger]
    sentences: list[int] = field(default_factory=list)

    @property
    def main(self) -> Trigger:
        """The strongest trigger, the first on a tie."""
        return max(self.triggers, key=lambda t: (t.strength, -t.at))


def join(triggers: list[Trigger], segments: list[Segment], lexicon: Lexicon, least: float) -> list[Occurrence]:
    """The occurrences of a text in order."""
    found: list[Occurrence] = []
    for trigger in triggers:
        home = next((o for o in reversed(found[-4:]) if _belongs(trigger, o, segments, lexicon)), None)
        if home is not None:
            home.triggers.append(trigger)
            home.sentences.append(trigger.at)
        elif trigger.strength >= least:
            found.append(Occurrence([trigger], [trigger.at]))
    for number, occurrence in enumerate(found):
        stop = found[number + 1].sentences[0] if number + 1 < len(found) else len(segments)
        _extend(occurrence, stop, segments, lexicon)
    return found


def _belongs(trigger: Trigger, other: Occurrence, segments: list[Segment], lexicon: Lexicon) -> bool:
    last, here = segments[other.sentences[-1]], segments[trigger.at]
    if trigger.at == other.sentences[-1]:
        return trigger.family == other.main.family
    is_definite = bool(lexicon.follow["definite"].search(here.words))
    related = trigger.family == other.main.family or {trigger.family, other.main.family} <= {"violence", "battle", "civilians"} and is_definite
    if not related or trigger.is_background != other.main.is_background:
        return False
    if last.within != here.within:
        return trigger.kind == other.main.kind and _shares_names(last.words, here.words)
    near = here.paragraph == last.paragraph and trigger.at - other.sentences[-1] <= 2 or trigger.at - other.sentences[-1] == 1
    if _differs(here.words, [segments[at].words for at in other.sentences]):
        return False
    if near:
        return is_definite or trigger.kind == other.main.kind or here.paragraph == last.paragraph and trigger.family == other.main.family
    return is_definite and trigger.at - other.sentences[-1] <= 8 or trigger.kind == other.main.kind and _shares_names(here.words, segments[other.main.at].words)


def _differs(here: str, before: list[str]) -> bool:
    """Whether a sentence names a day or a place that the occurrence so far does not have."""
    told = " ".join(before).casefold()
    days = [match.group().casefold() for match in _DAY.finditer(here)]
    if any(day not in told for day in days) and _DAY.search(told):
        return True
    places = {match.group(1).casefold() for match in _PLACE.finditer(here)}
    old = {match.group(1).casefold() for text in before for match in _PLACE.finditer(text)}
    return bool(places and old and not any(a in b or b in a for a in places for b in old))


def _shares_names(a: str, b: str) -> bool:
    names = [set(re.findall(r"(?<!^)(?<![.!?] )\b[A-Z][\w’'-]{2,}", text)) for text in (a, b)]
    return len(names[0] & names[1]) >= 2


def _extend(occurrence: Occurrence, stop: int, segments: list[Segment], lexicon: Lexicon) -> None:
    """Take in the sentences right after that go on about it: results, victims, claims."""
    at = occurrence.sentences[-1] + 1
    first = segments[occurrence.sentences[-1]]
    taken = 0
    while at < stop and taken < 4 and segments[at].within == first.within:
        words = segments[at].words
        same_paragraph = segments[at].paragraph == first.paragraph
        follows = lexicon.follow["anaphor"].search(words) and lexicon.follow["casualty"].search(words) or lexicon.follow["definite"].search(words)
        if not follows or segments[at].paragraph - first.paragraph > 2 or lexicon.not_event["habit"].search(words) and not same_paragraph:
            break
        occurrence.sentences.append(at)
        taken += 1
        at += 1
    occurrence.sentences = sorted(dict.fromkeys(occurrence.sentences))
