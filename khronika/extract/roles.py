"""The sentences of one occurrence in, who did it to whom with what out: noun phrases around its verbs and nouns, as worded.

The rule: the doer stands left of an active verb or after "by", what suffered it right of it or left of a passive; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from khronika import config
from khronika.extract.lexicon import Words, compile_words, load
from khronika.extract.phrases import Tokens
from khronika.extract.segments import Segment
from khronika.extract.triggers import Trigger
from khronika.types import Participant, Quote

MOST = 4
"""Phrases a role: what a sentence names beyond them is detail."""
TOO_LONG = 1500
"""Characters from which on a line is no sentence and is not taken apart."""


@dataclass(frozen=True)
class _Frames:
    verbs: Words
    doers: Words
    sufferers: Words
    bodily: Words
    passive: Words
    nouns: Words
    by: Words
    actor: Words
    owner: Words
    weapon: re.Pattern[str]
    person: Words
    kinds: dict[str, Words]


@dataclass
class Roles:
    """Phrases by role, as found in some sentences."""

    perpetrators: list[Quote] = field(default_factory=list)
    owners: list[Quote] = field(default_factory=list)
    targets: list[Quote] = field(default_factory=list)
    victims: list[Quote] = field(default_factory=list)


@cache
def _frames(language: str) -> _Frames:
    raw = load(language).roles()
    frames = config.data(f"lexicon/{language}/phrases.toml")["frames"]
    actor = raw["actor"]
    return _Frames(
        verbs=compile_words(rf"\b(?:{frames['verbs']})\b"),
        doers=compile_words(rf"\b(?:{frames['doers']})\b"),
        sufferers=compile_words(rf"\b(?:{frames['sufferers']})\b"),
        bodily=compile_words(frames["bodily"]),
        passive=compile_words(frames["passive"]),
        nouns=compile_words(rf"\b{frames['nouns']} (?:{frames['aim']}) "),
        by=compile_words(rf"\b(?:{frames['verbs']}|{frames['nouns']})\b[^,;.]{{0,60}}? by (?=\S)"),
        actor=compile_words(rf"\b(?:{actor['heads']}|{actor['names']})\b"),
        owner=compile_words(rf"\b(?P<who>{actor['adjectives']})(?:['’]s)? (?:[\w’'-]+ ){{0,3}}?(?:{actor['owned']})\b"),
        weapon=re.compile(r"\b(?P<what>" + raw["weapon"]["words"] + r")\b"),
        person=compile_words(rf"\b(?:{raw['victim']['heads']})\b|(?-i:\b[A-Z][\w’'-]+ (?:al-)?[A-Z][\w’'-]+)"),
        kinds={name: compile_words(value) for name, value in raw["target"].items() if name != "frame"},
    )


def find_roles(segments: Iterable[Segment], trigger: Trigger, language: str) -> Roles:
    """The phrases of all roles but weapons in the sentences of one occurrence."""
    f, found = _frames(language), Roles()
    for segment in segments:
        if len(segment.words) <= TOO_LONG:
            _in_sentence(segment, Tokens(segment.words, language), f, found)
    if trigger.kind in _MUTUAL:
        found.targets, found.victims = [], []
    if trigger.kind == "arrests":
        found.targets = []
    return found


_MUTUAL = frozenset({"agreement", "non_violent_transfer_of_territory", "peaceful_protest", "protest_with_intervention", "change_to_group"})


def _in_sentence(segment: Segment, tokens: Tokens, f: _Frames, found: Roles) -> None:
    words = segment.words

    def phrase(span: tuple[int, int] | None) -> Quote | None:
        return segment.piece(*span) if span else None

    def suffered(quote: Quote | None, bodily: bool) -> None:
        if quote is None:
            return
        is_person = bool(f.person.search(quote.words))
        if bodily and is_person:
            found.victims.append(quote)
        if kind_known(quote.words, f) or is_person:
            found.targets.append(quote)

    def done(quote: Quote | None) -> None:
        if quote is not None and f.actor.search(quote.words) and not f.weapon.fullmatch(quote.words):
            found.perpetrators.append(quote)

    for match in f.verbs.finditer(words):
        bodily = bool(f.bodily.match(words[match.start() : match.end()]))
        is_passive = bool(f.passive.search(words[max(0, match.start() - 30) : match.start()].rstrip()))
        if is_passive or words[match.end() : match.end() + 4] == " by ":
            suffered(phrase(tokens.left_of(match.start())), bodily)
        elif (after := tokens.right_of(match.end())) is not None:
            done(phrase(tokens.left_of(match.start())))
            suffered(phrase(after), bodily)
        elif bodily:  # "eight people injured"
            suffered(phrase(tokens.left_of(match.start())), True)
    for match in f.sufferers.finditer(words):
        suffered(phrase(tokens.left_of(match.start())), bool(f.bodily.match(words[match.start() : match.end()])))
    for match in f.doers.finditer(words):
        done(phrase(tokens.left_of(match.start())))
    for match in f.by.finditer(words):
        done(phrase(tokens.right_of(match.end())))
    for match in f.nouns.finditer(words):
        quote = phrase(tokens.right_of(match.end()))
        if quote and (kind_known(quote.words, f) or f.person.search(quote.words)):
            found.targets.append(quote)
    found.owners += [segment.piece(*match.span("who")) for match in f.owner.finditer(words)]


def find_perpetrators(roles: Roles) -> tuple[Participant, ...]:
    """Who did it, as worded; an owner ("Russian shelling") counts where no phrase was found."""
    named = roles.perpetrators[:3] or roles.owners[:2]
    return tuple(Participant(quote=quote, kind="organisation") for quote in _distinct(named))


def find_targets(roles: Roles, language: str) -> tuple[Participant, ...]:
    """What or who was attacked, each with its kind."""
    return tuple(Participant(quote=quote, kind=kind_of_target(quote.words, language)) for quote in _distinct(roles.targets)[:MOST])


def find_victims(roles: Roles) -> tuple[Participant, ...]:
    """Persons killed, wounded, taken or abused."""
    return tuple(Participant(quote=quote) for quote in _distinct(roles.victims)[: MOST + 2])


def find_weapons(segments: Iterable[Segment], language: str) -> tuple[Participant, ...]:
    """Means of violence that the sentences name."""
    pattern = _frames(language).weapon
    quotes = [s.piece(*m.span("what")) for s in segments if len(s.words) <= TOO_LONG for m in pattern.finditer(s.words)]
    return tuple(Participant(quote=quote) for quote in _distinct(quotes)[:MOST])


def kind_known(words: str, f: _Frames) -> bool:
    """Whether some list holds a word of the phrase."""
    return any(pattern.search(words) for pattern in f.kinds.values())


def kind_of_target(words: str, language: str) -> str:
    """The kind of a target by its words: the first list that one of them is in."""
    for name, pattern in _frames(language).kinds.items():
        if pattern.search(words):
            return name
    return "other"


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
