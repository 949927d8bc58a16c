"""Segments in, the words that name an occurrence out, with kind and status; habits, threats, plans and talk are passed over.

The rule: a trigger counts where its own clause says that something happened; what stands before it in the clause decides.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from khronika import config
from khronika.extract.lexicon import Group, Lexicon
from khronika.extract.segments import Segment
from khronika.types import Quote, Status

FAMILY = {
    "armed_clash": "battle", "government_regains_territory": "battle", "non_state_actor_overtakes_territory": "battle",
    "air_drone_strike": "violence", "shelling_artillery_missile": "violence", "remote_explosive": "violence", "suicide_bomb": "violence",
    "grenade": "violence", "chemical_weapon": "violence", "attack": "violence", "sexual_violence": "civilians", "abduction": "civilians",
    "peaceful_protest": "protest", "protest_with_intervention": "protest", "excessive_force_against_protesters": "protest",
    "violent_demonstration": "protest", "mob_violence": "protest",
}  # fmt: skip
WEAK = frozenset({"other_development", "change_to_group", "headquarters_or_base", "agreement", "non_violent_transfer_of_territory"})
_YEAR = re.compile(r"\b(19\d\d|20\d\d)\b")
_WORD = re.compile(r"[^\W\d_]{2,}")
_OPENED, _CLOSED, _DIGIT = re.compile(r"[“”\"]"), re.compile(r"[”\"] "), re.compile(r"\d")


@dataclass(frozen=True)
class Trigger:
    """One trigger in one segment; `at` is the segment's index, `strength` about 0 to 1."""

    at: int
    quote: Quote
    kind: str
    status: Status
    strength: float
    is_background: bool
    is_rollup: bool
    levels: dict[str, str]

    @property
    def family(self) -> str:
        return FAMILY.get(self.kind, self.kind)


def find_triggers(segments: list[Segment], lexicon: Lexicon, published: dt.date | None) -> list[Trigger]:
    """At most one trigger a sentence and family, in order of the text."""
    found: list[Trigger] = []
    title = next((segment.words.casefold() for segment in segments if segment.within == "title"), "")
    context = _Context(published, title, sum(bool(lexicon.follow["casualty"].search(segment.words)) for segment in segments[:60]))
    for at, segment in enumerate(segments):
        if len(segment.words) > 1500 or _is_talk(segment.words, lexicon):
            continue
        stems = {word[:4] for word in _WORD.findall(segment.words.lower())} & lexicon.by_anchor.keys()
        taken: list[tuple[int, int]] = []
        families: set[str] = set()
        for number in sorted({number for stem in stems for number in lexicon.by_anchor[stem]}):
            group = lexicon.groups[number]
            kind = ""
            for match in group.pattern.finditer(segment.words):
                if any(match.start() < end and start < match.end() for start, end in taken):
                    continue
                taken.append(match.span())
                kind = kind or _kind(group, segment.words, lexicon)
                if FAMILY.get(kind, kind) in families:  # at most one a family
                    continue
                trigger = _judge(at, segment, group, kind, match, lexicon, context)
                if trigger is not None:
                    families.add(trigger.family)
                    found.append(trigger)
                    break
    return sorted(_strongest(found), key=lambda trigger: (trigger.at, trigger.quote.start))


def _is_talk(words: str, lexicon: Lexicon) -> bool:
    rules = lexicon.not_event
    return bool(rules["question"].search(words) or len(words.split()) < 4)


def _judge(at: int, segment: Segment, group: Group, kind: str, match: re.Match[str], lexicon: Lexicon, context: _Context) -> Trigger | None:
    words = segment.words
    before = words[max(0, match.start() - 90) : match.start()]
    clause = before[max(before.rfind(mark) for mark in ",;.") + 1 :]  # neither reaches over a mark
    rules = lexicon.not_event
    if rules["modal"].search(clause) or rules["negated"].search(clause):
        return None
    if rules["habit_sure"].search(words) and not lexicon.levels["day"].search(words):
        return None
    status: Status = "occurred"
    for name in ("foiled", "attempted", "alleged"):
        if lexicon.status[name].search(words[max(0, match.start() - 110) : match.end() + 60]):
            status = name
            break
    levels = features(segment, group, kind, match, lexicon, context)
    quote = segment.piece(*match.span())
    return Trigger(at, quote, kind, status, strength(levels), levels["old"] == "yes", bool(lexicon.rollup.search(words)), levels)


@dataclass(frozen=True)
class _Context:
    """What the whole text tells of a trigger's chances."""

    published: dt.date | None
    title: str
    count: int


def features(segment: Segment, group: Group, kind: str, match: re.Match[str], lexicon: Lexicon, context: _Context) -> dict[str, str]:
    """Feature -> level of one trigger; the weights of the levels are learnt (train/rule_weights.py)."""
    words, found = segment.words, segment.words[match.start() : match.end()]
    before = words[max(0, match.start() - 40) : match.start()]
    signs = lexicon.levels
    place = segment.number if segment.number < 3 else 3 if segment.number < 8 else 4 if segment.number < 20 else 5
    return _levels_of_sentence(words, lexicon, context.published) | {
        "group": group.name,
        "kind": kind,
        "passive": yes_or_no(signs["passive_before"].search(before) or signs["passive_within"].search(found)),
        "past": yes_or_no(signs["past"].search(found)),
        "plural": yes_or_no(signs["plural"].search(found)),
        "spoken": yes_or_no(_OPENED.search(words, 0, match.start()) and not _CLOSED.search(words, 0, match.start())),
        "title": yes_or_no(context.title and _in_title(found, context.title)),
        "position": str(place),
        "many": str(min(4, context.count // 4)),
    }


@lru_cache(maxsize=8)
def _levels_of_sentence(words: str, lexicon: Lexicon, published: dt.date | None) -> dict[str, str]:
    """The levels that all triggers of a sentence share; not to be changed."""
    rules, signs = lexicon.not_event, lexicon.levels
    return {
        "habit": yes_or_no(rules["habit"].search(words)),
        "threat": yes_or_no(rules["threat"].search(words)),
        "general": yes_or_no(rules["general"].search(words)),
        "modal": yes_or_no(signs["modal"].search(words)),
        "casualty": yes_or_no(lexicon.follow["casualty"].search(words)),
        "day": yes_or_no(signs["day"].search(words)),
        "old": yes_or_no(_is_background(words, lexicon, published)),
        "number": yes_or_no(_DIGIT.search(words)),
        "named place": yes_or_no(signs["named_place"].search(words)),
        "we": yes_or_no(signs["we"].search(words)),
        "length": str(min(5, len(words.split()) // 10)),
        "roll-up": yes_or_no(lexicon.rollup.search(words)),
        "said": yes_or_no(signs["said"].search(words)),
    }


def yes_or_no(value: object) -> str:
    """Whether something holds, as the level of a feature."""
    return "yes" if value else "no"


def _in_title(words: str, title: str) -> bool:
    stems = {word[:5].casefold() for word in _WORD.findall(words) if len(word) > 3}
    return any(stem in title for stem in stems)


def strength(levels: dict[str, str]) -> float:
    """Probability that the trigger tells of an event, by the learnt weights of its levels (log2 odds)."""
    weights = config.data_json("lexicon/en/trigger_weights.json")
    odds = weights["prior"] + sum(weights["levels"].get(feature, {}).get(level, 0.0) for feature, level in levels.items())
    return float(1 / (1 + 2.0 ** -max(-40.0, min(40.0, odds))))


def _kind(group: Group, words: str, lexicon: Lexicon) -> str:
    if group.kind != "means":
        return group.kind
    for kind, pattern in lexicon.means.items():
        if pattern.search(words):
            return kind
    return group.default or "attack"


def _is_background(words: str, lexicon: Lexicon, published: dt.date | None) -> bool:
    years = [int(year) for year in _YEAR.findall(words)]
    if published and years and max(years) < published.year - (published.month < 4):
        return True
    if published and years and max(years) == published.year:
        return False
    return bool(lexicon.background.search(words))


def _strongest(found: list[Trigger]) -> list[Trigger]:
    """Of several triggers in one sentence a weak kind gives way to a strong one."""
    by_segment: dict[int, list[Trigger]] = {}
    for trigger in found:
        by_segment.setdefault(trigger.at, []).append(trigger)
    kept: list[Trigger] = []
    for triggers in by_segment.values():
        strong = [t for t in triggers if t.kind not in WEAK]
        kept += (strong or triggers)[:2] if len(strong) != 1 else strong
    return kept
