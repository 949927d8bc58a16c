"""The sentences of one occurrence in, who did it to whom with what out: noun phrases around its verbs and nouns, as worded.

The rule: the doer stands left of an active verb or after "by", what suffered it right of it or left of a passive; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache

from khronika import config
from khronika.extract.lexicon import Words, compile_words, load
from khronika.extract.phrases import Tokens, tokens_of
from khronika.extract.segments import Segment
from khronika.extract.triggers import Trigger
from khronika.text import Span
from khronika.types import Participant, Quote

_WORD = re.compile(r"\w+")
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
    taking: Words
    sure: Words
    before_adjective: Words
    bodily_nouns: Words
    someone: Words
    something: Words
    abstract: Words
    no_one: Words
    verb_follows: Words
    passive: Words
    nouns: Words
    by: Words
    accused: Words
    actor: Words
    thing: Words
    count: Words
    arms: Words
    downing: Words
    armed: Words
    past: Words
    pronoun: Words
    saying: Words
    opening: Words
    not_active: Words
    owner: Words
    side: Words
    not_side: Words
    acting: Words
    weapon: re.Pattern[str]
    counting: frozenset[str]
    not_before: re.Pattern[str]
    not_behind: re.Pattern[str]
    person: Words
    someone_acting: Words
    kinds: dict[str, Words]


@dataclass
class Roles:
    """Phrases by role, as found in some sentences."""

    perpetrators: list[Quote] = field(default_factory=list)
    owners: list[Quote] = field(default_factory=list)
    openers: list[Quote] = field(default_factory=list)
    sides: list[Quote] = field(default_factory=list)
    tellers: list[Quote] = field(default_factory=list)
    downed: list[Quote] = field(default_factory=list)
    targets: list[Quote] = field(default_factory=list)
    victims: list[Quote] = field(default_factory=list)


@cache
def _frames(language: str) -> _Frames:
    raw = load(language).roles()
    frames = config.data(f"lexicon/{language}/phrases.toml")["frames"]
    actor = raw["actor"]
    return _Frames(
        verbs=compile_words(rf"(?<![\w-])(?:{frames['verbs']})\b(?! of )"),
        doers=compile_words(rf"(?<![\w-])(?:{frames['doers']})\b"),
        sufferers=compile_words(rf"\b(?:{frames['sufferers']})\b"),
        bodily=compile_words(frames["bodily"]),
        sure=compile_words(frames["sure"]),
        before_adjective=compile_words(frames["before_adjective"]),
        taking=compile_words(frames["taking"]),
        bodily_nouns=compile_words(frames["bodily_nouns"]),
        something=compile_words(frames["something"]),
        abstract=compile_words(rf"\b(?:{frames['abstract']})\b"),
        someone=compile_words(frames["someone"]),
        no_one=compile_words(frames["no_one"]),
        verb_follows=compile_words(frames["verb_follows"]),
        passive=compile_words(frames["passive"]),
        nouns=compile_words(rf"\b{frames['nouns']} (?:{frames['aim']}) "),
        by=compile_words(
            rf"\b(?:{frames['verbs']}|{frames['nouns']}|{frames['by_verbs']})\b(?:(?!ed by |en by )[^,;.]){{0,60}}? by (?=\S)"
        ),
        accused=compile_words(rf"\b(?:{frames['accusing']}) (?=\S)"),
        thing=compile_words(rf"\b(?:{frames['things']})$"),
        downing=compile_words(frames["downing"]),
        armed=compile_words(rf"\b(?:{frames['armed']})\b"),
        arms=compile_words(rf"\b{frames['arms']}"),
        count=compile_words(rf"^(?:{frames['counts']})$"),
        past=compile_words(frames["past"]),
        pronoun=compile_words(rf"\b(?:{frames['pronoun']})$"),
        saying=compile_words(rf"\b(?:{frames['saying']})\b"),
        opening=compile_words(frames["opening"]),
        not_active=compile_words(frames["not_active"]),
        actor=compile_words(rf"\b(?:{actor['heads']}|{actor['names']})\b"),
        owner=compile_words(rf"\b(?P<who>{actor['adjectives']})(?:['’]s)? (?:[\w’'-]+ ){{0,3}}?(?:{actor['owned']})\b"),
        side=compile_words(
            rf"\b(?P<who>(?:the )?(?:{actor['adjectives']}|(?:{actor['names']})['’]s) (?:[\w’'-]+ ){{0,2}}?(?:{actor['heads']}))\b"
        ),
        not_side=compile_words(rf"\b(?:{frames['not_side']}) (?:\w+ )?$"),
        acting=compile_words(rf" {frames['acting']}"),
        weapon=re.compile(r"\b(?P<what>" + raw["weapon"]["words"] + r")\b"),
        counting=frozenset(frames["counting"].split()),
        not_before=re.compile(raw["weapon"]["not_before"]),
        not_behind=re.compile(raw["weapon"]["not_behind"], re.IGNORECASE),
        person=compile_words(rf"\b(?:{raw['victim']['heads']})\b|(?-i:\b[A-Z][\w’'-]+ (?:al-)?[A-Z][\w’'-]+)"),
        someone_acting=compile_words(rf"\b(?:{actor['persons']})$"),
        kinds={name: compile_words(value) for name, value in raw["target"].items() if name != "frame"},
    )


def find_frames(segments: Iterable[Segment], trigger: Trigger, language: str) -> Roles:
    """The phrases that a frame binds in the sentences of one occurrence, whatever its kind."""
    f, found = _frames(language), Roles()
    for segment in segments:
        if len(segment.words) <= TOO_LONG:
            _in_sentence(segment, tokens_of(segment.words, language), f, f.taking if trigger.kind == "arrests" else f.bodily, found)
            if segment.within == trigger.quote.within and segment.start <= trigger.quote.start < segment.end:
                _of_trigger(segment, tokens_of(segment.words, language), trigger, f, found)
    return found


def settled(framed: Roles, kind: str, language: str) -> Roles:
    """The phrases that can play their part in an occurrence of a kind."""
    f, found = _frames(language), replace(framed)
    if kind in _MUTUAL:
        found.targets, found.victims = [], []
    if kind == "arrests":
        found.targets = []
    if kind != "disrupted_weapons_use":
        found.tellers = []
        found.targets = [quote for quote in found.targets if not f.arms.search(quote.words)]
    if kind not in _FACE_TO_FACE:
        hurt = {quote.start for quote in found.victims}
        found.targets = [quote for quote in found.targets if quote.start not in hurt]
    return found


_FACE_TO_FACE = frozenset({"attack", "abduction", "sexual_violence", "mob_violence"})
"""Kinds of which the persons hurt are what was attacked; elsewhere it is the place they were at."""


_MUTUAL = frozenset({"agreement", "non_violent_transfer_of_territory", "peaceful_protest", "protest_with_intervention", "change_to_group"})


def _in_sentence(segment: Segment, tokens: Tokens, f: _Frames, harm: Words, found: Roles) -> None:
    words = segment.words

    def suffered(spans: list[Span], verb: str) -> None:
        bodily = bool(harm.match(verb))
        for quote in (segment.piece(*span) for span in spans):
            is_person = bool(f.person.search(quote.words) or f.count.search(quote.words))
            if bodily and (is_person or f.sure.match(verb) and _is_someone(quote.words, f)):
                found.victims.append(quote)
                found.targets.append(quote)
            elif is_person or is_hit(quote.words, f):
                found.targets.append(quote)
            if f.downing.match(verb) and f.arms.search(quote.words):
                found.downed.append(quote)

    def done(span: Span | None) -> None:
        if span is not None and acts(words[slice(*span)], f):
            found.perpetrators.append(segment.piece(*span))

    def did(place: int) -> None:
        span = tokens.left_of(place)
        done(span if span is not None or not f.pronoun.search(words[max(0, place - 40) : place].rstrip()) else _speaker(tokens, place, f))

    for match in f.verbs.finditer(words):
        verb, before = words[match.start() : match.end()], words[max(0, match.start() - 15) : match.start()].rstrip()
        if f.before_adjective.search(before) and verb.endswith("ed"):
            continue
        is_passive = not verb.endswith("ing") and bool(f.passive.search(words[max(0, match.start() - 30) : match.start()].rstrip()))
        if is_passive or words[match.end() : match.end() + 4] == " by ":
            suffered(tokens.all_left_of(match.start()), verb)
            if f.downing.match(verb) and (teller := _speaker(tokens, len(words), f)) and f.armed.search(words[slice(*teller)]):
                found.tellers.append(segment.piece(*teller))
        elif after := tokens.all_right_of(match.end()):
            did(match.start())
            suffered(after, verb)
        elif f.sure.match(verb) and not f.verb_follows.match(words[match.end() :]):  # "eight people injured"
            suffered(tokens.all_left_of(match.start()), verb)
    for match in f.sufferers.finditer(words):
        suffered(tokens.all_left_of(match.start()), words[match.start() : match.end()])
    for match in f.doers.finditer(words):
        if not f.passive.search(words[max(0, match.start() - 30) : match.start()].rstrip()):
            did(match.start())
    for pattern in (f.by, f.accused):
        for match in pattern.finditer(words):
            for start, end in tokens.all_right_of(match.end()):
                charge = words.rfind(" of ", start, end) if pattern is f.accused and words.startswith("accus", match.start()) else -1
                done((start, charge if charge > 0 else end))  # "accused the rebels | of shelling the market"
    for match in f.nouns.finditer(words):
        for quote in (segment.piece(*span) for span in tokens.all_right_of(match.end())):
            noun = words[match.start() : match.end()]
            if f.bodily_nouns.search(noun) and harm.match(noun) and (f.person.search(quote.words) or _is_someone(quote.words, f)):
                found.victims.append(quote)
            elif is_hit(quote.words, f) or f.person.search(quote.words):
                found.targets.append(quote)
    found.sides += [
        segment.piece(*match.span("who"))
        for match in f.side.finditer(words)
        if not f.not_side.search(words[max(0, match.start() - 25) : match.start()]) and f.acting.match(words[match.end() :])
    ]
    found.owners += [segment.piece(*match.span("who")) for match in f.owner.finditer(words)]


def _speaker(tokens: Tokens, place: int, f: _Frames) -> Span | None:
    """Who "it" or "they" before a verb is, where a voice tells of itself: "the army said it had shot down"."""
    cues = [match.start() for match in f.saying.finditer(tokens.words[:place])]
    return tokens.left_of(cues[-1]) if cues else None


def _of_trigger(segment: Segment, tokens: Tokens, trigger: Trigger, f: _Frames, found: Roles) -> None:
    """Who stands before the trigger where it is an active verb of the past ("looters emptied the warehouses"), and who opens its sentence."""
    opening = f.opening.match(segment.words)
    span = tokens.right_of(opening.end() if opening else 0)
    if span is not None and not f.not_active.match(segment.words[span[1] :]):
        heads = [match.end() for match in f.actor.finditer(segment.words[slice(*span)])]
        if heads and acts(segment.words[slice(*span)], f):
            found.openers.append(segment.piece(span[0], span[0] + heads[-1]))
    start, end = trigger.quote.start - segment.start, trigger.quote.end - segment.start
    if (
        not f.past.match(segment.words[start:end])
        or f.sufferers.match(segment.words[start:end])
        or f.passive.search(segment.words[max(0, start - 30) : start].rstrip())
        or segment.words[end : end + 4] == " by "
    ):
        return
    span = tokens.left_of(start)
    if span is not None and acts(segment.words[slice(*span)], f):
        found.perpetrators.append(segment.piece(*span))


def _is_someone(words: str, f: _Frames) -> bool:
    """Whether a phrase that suffers bodily harm names a person: it may, and is no weapon, deed, place or thing of the lists."""
    if not f.someone.match(words) or f.no_one.search(words) or f.weapon.search(words) or f.thing.search(words):
        return False
    return not any(f.kinds[kind].search(words) for kind in ("infrastructure", "building", "vehicle"))


def acts(words: str, f: _Frames) -> bool:
    """Whether a phrase can do violence: a side, a person or a group, and no thing, strike or place."""
    if f.weapon.fullmatch(words) or f.thing.search(words):
        return False
    head = words.split(" of ")[0]
    return bool(f.actor.search(head) or f.person.search(head))


def chosen(roles: Roles, language: str) -> dict[str, tuple[Participant, ...]]:
    """Who plays which part by the frames alone, weapons aside; an owner ("Russian shelling") did it where no phrase was found.

    So did a force that tells that arms were shot down ("nine drones were intercepted, the air force said").
    """
    hurt = [*roles.victims, *roles.targets]
    starts = {(quote.within, quote.start) for quote in hurt}
    named = (
        roles.perpetrators[:3]
        or [quote for quote in roles.owners if not any(meet(quote, downed) for downed in roles.downed)][:2]  # not "two Russian drones were shot down"
        or roles.tellers[:1]
        or [quote for quote in roles.openers if (quote.within, quote.start) not in starts]
        or [quote for quote in roles.sides if not any(meet(quote, other) for other in hurt)][:1]
    )
    quotes = {"perpetrators": _distinct(named), "targets": _distinct(roles.targets)[:MOST], "victims": _distinct(roles.victims)[: MOST + 2]}
    return {role: participants(role, found, language) for role, found in quotes.items()}


def meet(one: Quote, other: Quote) -> bool:
    """Whether two quotes share a character."""
    return one.within == other.within and one.start < other.end and other.start < one.end


def participants(role: str, quotes: Iterable[Quote], language: str) -> tuple[Participant, ...]:
    """The phrases of a role with what kind they are of."""
    kind = {"perpetrators": _kind_of_author, "targets": kind_of_target}.get(role)
    return tuple(Participant(quote=quote, kind=kind(quote.words, language) if kind else None) for quote in quotes)


def _kind_of_author(words: str, language: str) -> str:
    """`person` where the phrase ends in a word for somebody who acts alone or unnamed ("two gunmen"), else `organisation`."""
    return "person" if _frames(language).someone_acting.search(words) else "organisation"


def find_weapons(segments: Iterable[Segment], roles: Roles, language: str) -> tuple[Participant, ...]:
    """Means of violence that the sentences name; what was itself attacked is none."""
    f, quotes = _frames(language), []
    for segment in segments:
        if len(segment.words) > TOO_LONG:
            continue
        words = segment.words
        for match in f.weapon.finditer(words if f.weapon.match(words) else words[:1].lower() + words[1:]):  # "Rockets hit", but not "Shell said"
            start, end = match.span("what")
            if f.not_before.match(words[end : end + 15]) or f.not_behind.search(words[max(0, start - 12) : start]):
                continue
            if any(q.within == segment.within and q.start <= segment.start + start < q.end for q in (*roles.targets, *roles.downed)):
                continue
            tokens = tokens_of(words, language)
            quotes.append(segment.piece(tokens.begin_of(start, end), end))
    return tuple(Participant(quote=quote) for quote in _once(_distinct(quotes), f.counting)[:MOST])


def _once(quotes: list[Quote], counting: frozenset[str]) -> list[Quote]:
    """The first of phrases that name the same arms but for number and article: "two drones", "the drone"."""
    kept: dict[frozenset[str], Quote] = {}
    for quote in quotes:
        arms = frozenset(word.removesuffix("s") for word in re.findall(r"[^\W\d][\w-]*", quote.words.casefold()) if word not in counting)
        if not any(arms <= other or other <= arms for other in kept):
            kept[arms] = quote
    return list(kept.values())


def is_hit(words: str, f: _Frames) -> bool:
    """Whether what a verb of violence governs can be what was attacked: a thing of the lists, or one with an article or a name that is nothing abstract."""
    return kind_known(words, f) or bool(f.something.match(words)) and not f.abstract.search(words)


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
        words = set(_WORD.findall(quote.words.casefold())) - {"the", "a", "an"}
        if any(meet(quote, k) for k in kept):
            continue
        if any(words <= set(_WORD.findall(k.words.casefold())) for k in kept):
            continue
        kept.append(quote)
    return sorted(kept, key=lambda q: (q.within, q.start))
