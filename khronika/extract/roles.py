"""The sentences of one occurrence in, who did it to whom with what out: phrases by shallow frames, as worded.

The rule: a phrase is taken whole from its determiner to its head and what belongs to it, and never across a comma or a verb.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from khronika.extract.lexicon import compile_words, load
from khronika.extract.segments import Segment
from khronika.extract.triggers import Trigger
from khronika.types import Participant, Quote

MOST = 4
"""Phrases a role: what a sentence names beyond them is detail."""


@dataclass(frozen=True)
class _Frames:
    active: re.Pattern[str]
    passive: re.Pattern[str]
    owner: re.Pattern[str]
    weapon: re.Pattern[str]
    hit: re.Pattern[str]
    hit_passive: re.Pattern[str]
    victim_before: re.Pattern[str]
    victim_after: re.Pattern[str]
    named: re.Pattern[str]
    kinds: dict[str, re.Pattern[str]]


_TAIL = r"(?: (?:of|from|for) (?:the )?(?:[\w’'-]+ ){0,3}?(?-i:[A-Z])[\w’'-]+(?: (?-i:[A-Z])[\w’'-]+)*)?"
_NAME = r"[A-Z][\w’'-]+(?: (?:al-|bin |de |van )?[A-Z][\w’'-]+)+"


@cache
def _frames(language: str) -> _Frames:
    raw = load(language).roles()
    det, mod = raw["macros"]["det"], raw["macros"]["mod"]
    actor, act = raw["actor"], raw["actor"]["act"]
    group = rf"(?:(?:{det} {mod}{{0,4}}?)|(?:(?-i:[A-Z])[\w’'.-]+ ){{0,3}}(?:[\w’'-]+ )?)(?:{actor['heads']})\b{_TAIL}|(?:{actor['names']})\b"
    victim = rf"(?:{det} {mod}{{0,5}}?|(?:[\w’'-]+ ){{0,2}}?)(?:{raw['victim']['heads']})\b(?: (?-i:{_NAME}))?"
    kill = r"(?:killed|killing|wounded|wounding|injured|injuring|shot|stabbed|executed|murdered|abducted|kidnapped|detained|arrested|eliminated|assassinated|beat|tortured|raped|captured|sentenced)"
    thing = rf"(?:{det} )?(?:[\w’'-]+ ){{0,6}}?(?:{'|'.join(_heads(value) for name, value in raw['target'].items() if name != 'frame')})(?: (?:of|in|at|for|belonging to|carrying|with) (?:the |a |an |two )?(?:[\w’'-]+ ){{0,3}}?[\w’'-]+)?"
    return _Frames(
        active=compile_words(rf"(?P<who>{group}) (?:(?:have|has|had|also|again|reportedly|allegedly|on \w+day|today|overnight|then|later|jointly|in [A-Z]\w+) ){{0,3}}(?:{act})\b"),
        passive=compile_words(rf"\b(?:by|from) (?P<who>{group})"),
        owner=compile_words(rf"\b(?P<who>{actor['adjectives']})(?:['’]s)? (?:{mod}){{0,3}}(?:shelling|strikes?|attacks?|missiles?|drones?|rockets?|shells?|artillery|airstrikes?|bombardment|bombing|fire|raids?|assaults?|warplanes?|jets?|aircraft|mortars?|invasion|offensive|forces|troops|army)\b"),
        weapon=re.compile(r"\b(?:(?:\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|a|an|several|dozens of) )?(?P<what>" + raw["weapon"]["words"] + r")\b"),
        hit=compile_words(rf"\b(?:{raw['target']['frame']}) (?:(?:on|at|in|near|into) )?(?P<what>{thing})"),
        hit_passive=compile_words(rf"(?P<what>{thing})(?: (?:in|near|of|on) (?:the )?[\w’' -]{{0,30}}?)? (?:was|were|has been|have been|had been|came|comes) (?:\w+ )?(?:hit|struck|attacked|targeted|shelled|bombed|damaged|destroyed|blown up|burned|torched|set on fire|stormed|raided|under (?:\w+ ){{0,2}}(?:fire|attack|shelling)|shot down|downed|intercepted|looted|seized|ambushed)"),
        victim_before=compile_words(rf"(?P<what>{victim})(?: (?:in|from|at|of|aged|near) [^,;.]{{0,30}}?)?(?:,? including [^,;.]{{0,50}}?)? (?:(?:was|were|has been|have been|had been|also|later|reportedly) ){{0,3}}(?:killed|wounded|injured|hurt|died|dead|shot|stabbed|abducted|kidnapped|detained|arrested|missing|murdered|executed|beaten|raped|tortured|taken hostage|sentenced|captured|hospitali[sz]ed)\b"),
        victim_after=compile_words(rf"\b{kill} (?P<what>{victim}(?: (?:and|or) (?:{det} )?{mod}{{0,3}}?(?:{raw['victim']['heads']})\b)?)"),
        named=re.compile(rf"(?P<what>(?:[\w-]+ )?{_NAME})(?:, [^,]{{0,60}})?,? (?:was|were|has been|had been|received|suffered|sustained|died) (?:\w+ ){{0,3}}?(?:killed|wounded|injured|injuries|wounds|shot|abducted|kidnapped|detained|arrested|sentenced|murdered|assassinated|in|of|dead)\b|\b(?:killed|wounded|injured|shot|abducted|kidnapped|detained|arrested|sentenced|assassinated|murdered) (?P<what2>(?:[\w-]+ ){{0,2}}{_NAME})"),
        kinds={name: compile_words(value) for name, value in raw["target"].items() if name != "frame"},
    )  # fmt: skip


def _heads(pattern: str) -> str:
    return pattern.removeprefix(r"\b(?:").removesuffix(r")\b")


def find_perpetrators(segments: list[Segment], trigger: Trigger, language: str) -> tuple[Participant, ...]:
    """Who did it, as worded; an owner ("Russian shelling") counts where no phrase was found."""
    f = _frames(language)
    if trigger.kind in ("agreement", "non_violent_transfer_of_territory"):
        return _participants(_spans(segments[:1], f.active, "who"))
    found = _spans(segments, f.active, "who", trigger)
    for span in _spans(segments, f.passive, "who"):
        found.append(span)
    if not found:
        found = _spans(segments, f.owner, "who")
    return _participants(found[:3], kind="organisation")


def find_targets(segments: list[Segment], trigger: Trigger, language: str) -> tuple[Participant, ...]:
    """What or who was attacked, each with its kind."""
    f = _frames(language)
    found = _spans(segments, f.hit, "what") + _spans(segments, f.hit_passive, "what")
    if trigger.kind in ("attack", "armed_clash", "abduction", "remote_explosive", "suicide_bomb") and not found:
        found = _spans(segments, f.victim_after, "what") + _spans(segments, f.victim_before, "what")
    if trigger.kind in ("arrests", "peaceful_protest", "agreement", "protest_with_intervention"):
        return ()
    return tuple(Participant(quote=quote, kind=kind_of_target(quote.words, language)) for quote in _distinct(found)[:MOST])


def kind_of_target(words: str, language: str) -> str:
    """The kind of a target by its words: the first list that one of them is in."""
    for name, pattern in _frames(language).kinds.items():
        if pattern.search(words):
            return name
    return "other"


def find_victims(segments: list[Segment], language: str) -> tuple[Participant, ...]:
    """Persons killed, wounded, taken or abused."""
    f = _frames(language)
    found = _spans(segments, f.victim_after, "what") + _spans(segments, f.victim_before, "what")
    for segment in segments:
        for match in f.named.finditer(segment.words):
            span = match.span("what") if match.group("what") else match.span("what2")
            found.append(segment.piece(*span))
    return _participants(found[: MOST + 2])


def find_weapons(segments: list[Segment], language: str) -> tuple[Participant, ...]:
    """Means of violence that the sentences name."""
    return _participants(_spans(segments, _frames(language).weapon, "what"))


def _spans(segments: Iterable[Segment], pattern: re.Pattern[str], group: str, trigger: Trigger | None = None) -> list[Quote]:
    found = []
    for segment in segments:
        if len(segment.words) > 1500:
            continue
        for match in pattern.finditer(segment.words):
            start, end = match.span(group)
            while start < end and not segment.words[start].isalnum():
                start += 1
            lead = re.match(r"(?:and|but|that|said|says|as|when|while|where|after|in|on|of|by|which|who|,) ", segment.words[start:end], re.IGNORECASE)
            if lead:
                start += lead.end()
            if end - start > 2:
                found.append(segment.piece(start, end))
    return found


def _distinct(quotes: list[Quote]) -> list[Quote]:
    """Each wording once, the longer of two that overlap, in order of the text."""
    kept: list[Quote] = []
    for quote in sorted(quotes, key=lambda q: (-(q.end - q.start), q.start)):
        words = set(re.findall(r"\w+", quote.words.casefold())) - {"the", "a", "an"}
        if any(quote.within == k.within and quote.start < k.end and k.start < quote.end for k in kept):
            continue
        if any(words <= set(re.findall(r"\w+", k.words.casefold())) for k in kept):
            continue
        kept.append(quote)
    return sorted(kept, key=lambda q: (q.within, q.start))


def _participants(quotes: list[Quote], kind: str | None = None) -> tuple[Participant, ...]:
    return tuple(Participant(quote=quote, kind=kind) for quote in _distinct(quotes)[:MOST])
