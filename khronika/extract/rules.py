"""A Text in, a Reading out, by rules alone: the floor that needs no weights, and the fall-back for ever.

Sentences -> triggers -> occurrences -> mentions with roles and counts -> claims, assessments, forecasts, persons.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import cache

from msgspec.structs import replace

from khronika import config
from khronika.casing import with_capitals, worded
from khronika.extract import casting, claims, joining, locations, outlook, persons, roles, tolls
from khronika.extract.casting import Scene
from khronika.extract.joining import Occurrence
from khronika.extract.kinds import far_kind_of, settle_kind
from khronika.extract.lexicon import Lexicon, load
from khronika.extract.segments import Segment, segments_of
from khronika.extract.setting import Setting
from khronika.extract.sureness import rate
from khronika.extract.triggers import Trigger, find_triggers
from khronika.extract.uniting import unite
from khronika.text import digest_of
from khronika.types import Account, Mention, Participant, Quote, Reading, Text

NAME = "rules@1"
LEAST = 0.54
"""Strength from which a trigger founds an occurrence; chosen on the training articles."""
SHORT = 700
"""Characters up to which a body is a snippet or a teaser of a feed, that is written for one event."""
LEAST_SHORT = 0.3
LEAST_TITLE = 0.15
"""A title names no day and seldom a place, of which the strength is made; it is read only where there is hardly a body."""
NEXT_DOOR = 2
"""Sentences within which an occurrence without a place is held to be where the one told before was."""
WHOLE_ARTICLE = 1500
"""From so many characters on a body is a whole article, and its title alone founds no event."""


class RulesExtractor:
    """The extractor by rules; holds nothing but its least strength, and what judges a trigger's strength anew where something does."""

    def __init__(self, least: float = LEAST, weigh: Callable[[Trigger], Trigger] = lambda trigger: trigger) -> None:
        self.name = NAME
        self._least = least
        self._weigh = weigh

    def occurrences(self, text: Text) -> tuple[list[Segment], list[Occurrence], Lexicon]:
        """The sentences of a text, which of them tell of one occurrence each, and the lexicon that it is read with."""
        lexicon = load(text.language if text.language and _has_lexicon(text.language) else "en")
        segments = segments_of(text)
        triggers = [self._weigh(trigger) for trigger in find_triggers(segments, lexicon, text.published)]
        setting = Setting(segments, lexicon.language, short=len(text.body) < SHORT)
        found = _occurrences(triggers, segments, text, lexicon, self._least)
        return segments, [o for o in found if setting.holds([segments[at] for at in o.sentences], o.main.kind, o.main.strength)], lexicon

    def read(self, text: Text) -> Reading:
        """What the text says; one in small letters or in capitals alone is read with its capitals restored, and quoted as it was."""
        given = with_capitals(text)
        return self.read_as_written(given) if given is text else worded(self.read_as_written(given), text)

    def read_as_written(self, text: Text) -> Reading:
        """What the text says as it stands, with capitals or without."""
        segments, occurrences, lexicon = self.occurrences(text)
        mentions = mentions_over(text, segments, occurrences, lexicon)
        spoken = segments if len(text.body) < WHOLE_ARTICLE else [segment for segment in segments if segment.within == "body"]
        said = claims.find_attributions(text, spoken)
        mentions = [_without_accusers(text, mention) for mention in claims.find_claims(text, spoken, mentions, said)]
        assessments, forecasts = outlook.find_outlook(text, spoken, mentions, said)
        return Reading(
            text_id=text.id,
            by=self.name,
            mentions=tuple(mentions),
            assessments=assessments,
            forecasts=forecasts,
            persons=persons.find_persons(text, segments),
        )

    def settle(self, accounts: Sequence[Account]) -> tuple[Account, ...]:
        """Those that turn out to tell of one event made one, each value with how likely it is."""
        return rate(unite(accounts))


def _without_accusers(text: Text, mention: Mention) -> Mention:
    """Who blames or denies is not the author by that sentence ("the army blamed the rebels"), nor is "no group"."""
    accusers = [claim.by for claim in mention.claims if claim.stance in ("blames", "denies", "doubts", "attributes")]

    def acts(value: Participant) -> bool:
        quote = value.quote
        whole = text.body if quote.within == "body" else text.title or ""
        if whole[max(0, quote.start - 3) : quote.start].casefold() == "no ":
            return False
        return not any(roles.meet(by, quote) for by in accusers)

    return replace(mention, perpetrators=tuple(value for value in mention.perpetrators if acts(value)))


@cache
def _has_lexicon(language: str) -> bool:
    return (config.DATA / "lexicon" / language / "triggers.toml").exists()


def _occurrences(triggers: list[Trigger], segments: list[Segment], text: Text, lexicon: Lexicon, least: float) -> list[Occurrence]:
    """Those of the body; the title repeats them, and founds one only where the body tells of none and is no whole article."""
    if len(text.body) < SHORT:
        least = LEAST_SHORT
    told = joining.join([t for t in triggers if t.quote.within == "body"], segments, lexicon, least)
    if told or len(text.body) >= WHOLE_ARTICLE:
        return told
    return joining.join([t for t in triggers if t.quote.within == "title"], segments, lexicon, LEAST_TITLE)


def mentions_over(text: Text, segments: list[Segment], occurrences: list[Occurrence], lexicon: Lexicon) -> list[Mention]:
    """A mention with kind, roles, places and counts for each occurrence, whoever found it (the trained extractor calls this too)."""
    far = far_kind_of(segments, lexicon.language)
    mentions: list[Mention] = []
    for number, occurrence in enumerate(occurrences):
        mention = _mention(occurrence, segments, text, lexicon, far)
        if not mention.where_words and mentions and occurrence.sentences[0] - occurrences[number - 1].sentences[-1] <= NEXT_DOOR:
            mention = replace(mention, where_words=mentions[-1].where_words)
        mentions.append(mention)
    return mentions


def scene_of(occurrence: Occurrence, segments: list[Segment], lexicon: Lexicon, far: str | None) -> Scene:
    """The sentences of an occurrence with its trigger, of the kind that they settle, and what frames bind in them."""
    own, trigger, first = [segments[at] for at in occurrence.sentences], occurrence.main, occurrence.sentences[0]
    kind = settle_kind(trigger, own, segments[max(0, first - 2) : first], lexicon, far)
    if kind != trigger.kind:
        trigger = dataclasses.replace(trigger, kind=kind)
    framed = roles.find_frames(own, trigger, lexicon.language)
    found = roles.settled(framed, kind, lexicon.language)
    return Scene(own, trigger, framed, roles.chosen(found, lexicon.language), roles.find_weapons(own, found, lexicon.language), lexicon.language)


def _mention(occurrence: Occurrence, segments: list[Segment], text: Text, lexicon: Lexicon, far: str | None) -> Mention:
    scene = scene_of(occurrence, segments, lexicon, far)
    own, trigger, language = scene.segments, scene.trigger, lexicon.language
    first = occurrence.sentences[0]
    parts = casting.cast(scene)
    killed, injured = (None if trigger.kind in _BLOODLESS else tolls.find_toll(own, outcome, lexicon) for outcome in ("killed", "injured"))
    detained = tolls.find_toll(own, "detained", lexicon) if trigger.kind in _HOLDING else None
    return Mention(
        id=digest_of("mention", text.id, trigger.quote.within, str(trigger.quote.start), str(trigger.quote.end), trigger.kind),
        text_id=text.id,
        by=NAME,
        trigger=trigger.quote,
        kind=trigger.kind,  # type: ignore[arg-type]
        status="alleged" if trigger.status == "occurred" and _is_unproven(occurrence, segments, lexicon) else trigger.status,
        background=trigger.is_background,
        rollup=trigger.is_rollup,
        evidence=tuple(segment.quote() for segment in own),
        where_words=locations.find_locations(own, trigger, language) or locations.find_locations(_lead_in(segments, first), trigger, language),
        perpetrators=_told(scene.chosen["perpetrators"]),
        targets=parts["targets"],
        victims=parts["victims"],
        weapons=() if trigger.kind in _UNARMED else scene.weapons,
        killed=killed,
        injured=injured,
        detained=detained,
        p=round(min(0.95, max(0.05, trigger.strength)), 2),
    )


_BLOODLESS = frozenset({"arrests", "agreement", "change_to_group", "peaceful_protest"})
"""Kinds in which nobody is hurt: a toll in their sentences is of what was before ("sentenced for killing two")."""
_UNARMED = _BLOODLESS | {"disrupted_weapons_use", "government_regains_territory", "headquarters_or_base", "other_development", "sexual_violence"}
"""Kinds in which the arms that a sentence names are no means of it."""
_HOLDING = frozenset({"arrests", "abduction", "protest_with_intervention", "attack", "armed_clash"})


def _is_unproven(occurrence: Occurrence, segments: list[Segment], lexicon: Lexicon) -> bool:
    """Whether a sentence of an occurrence, or the one behind them in its paragraph, says that nobody could verify it."""
    last = segments[occurrence.sentences[-1]]
    told = [segments[at] for at in occurrence.sentences]
    behind = [s for s in segments[occurrence.sentences[-1] + 1 : occurrence.sentences[-1] + 2] if s.paragraph == last.paragraph]
    return any(len(s.words) < roles.TOO_LONG and lexicon.status["unproven"].search(s.words) for s in (*told, *behind))


def _lead_in(segments: list[Segment], first: int) -> list[Segment]:
    """The sentences before an occurrence in its own paragraph, nearest first: they say where where it does not itself."""
    here = segments[first]
    before = segments[max(0, first - 3) : first]
    return [s for s in reversed(before) if s.paragraph == here.paragraph and s.within == here.within]


def _told(values: tuple[Participant, ...]) -> tuple[Participant, ...]:
    """Perpetrators start as the outlet's own word; claims that name them replace it."""
    return tuple(replace(value, asserted_by=(-1,)) for value in values)


def exact(text: Text, quote: Quote) -> bool:
    """Whether a quote equals its slice; a test and the benches hold every extractor to it."""
    whole = text.body if quote.within == "body" else text.title or ""
    return whole[quote.start : quote.end] == quote.words
