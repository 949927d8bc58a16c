"""The sentences of one occurrence and what frames bind in them in, who plays which part out: phrases with levels that can be read, weighed by learnt weights.

Candidates are the phrases that the frames of roles.py found and every other noun phrase with a word of the lists for it. The weights come from train/role_weights.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple

from msgspec.structs import replace

from khronika import config
from khronika.extract.lexicon import load
from khronika.extract.phrases import Tokens, classes, tokens_of
from khronika.extract.roles import TOO_LONG, Roles, meet, participants
from khronika.extract.segments import Segment
from khronika.extract.triggers import Trigger
from khronika.extract.weights import Weights, p_of
from khronika.text import Span, overlaps
from khronika.types import Participant, Quote

_WORD = re.compile(r"\w+")
CAST = ("targets", "victims")
"""Roles that are weighed; whoever did it is left to the frames, since weights found nobody more there."""
LONGEST = 14
"""Words from which on a run is no noun phrase."""
MOST = 4
REACH = 4
"""Words behind a phrase among which its verb is looked for."""
FAR = 5
"""Words before a phrase among which a verb is looked for."""
OUTSIDE = "|"
"""What stands before the first word of a sentence and behind its last."""


class Candidate(NamedTuple):
    """A phrase that may play a part; `frame` is what of roles.py found it, "none" where nothing did; `span` lies in its sentence."""

    role: str
    quote: Quote
    frame: str
    segment: Segment
    span: Span


@dataclass(frozen=True)
class Scene:
    """One occurrence: its sentences, its trigger, what the frames of roles.py bind, whom the rules chose for each role, and its weapons."""

    segments: list[Segment]
    trigger: Trigger
    framed: Roles
    chosen: dict[str, tuple[Participant, ...]]
    weapons: tuple[Participant, ...]
    language: str


@cache
def _lists(language: str) -> dict[str, re.Pattern[str]]:
    raw, frames = load(language).roles(), config.data(f"lexicon/{language}/phrases.toml")["frames"]
    lists = {"name": raw["actor"]["names"], "adjective": raw["actor"]["adjectives"], "actor": raw["actor"]["heads"], "person": raw["victim"]["heads"]}
    lists |= {kind: raw["target"][kind].removeprefix(r"\b").removesuffix(r"\b") for kind in ("official", "police", "military", "infrastructure", "vehicle", "building", "civilian")}
    lists |= {"thing": frames["things"], "abstract": frames["abstract"], "verb": f"{frames['verbs']}|{frames['doers']}|{frames['sufferers']}|{frames['auxiliary']}"}
    return {name: re.compile(rf"(?:{value})", re.IGNORECASE) for name, value in lists.items()}


@lru_cache(maxsize=50_000)
def kinds_of(word: str, language: str) -> tuple[str, ...]:
    """The lists that hold a word, the most telling first."""
    return tuple(name for name, pattern in _lists(language).items() if pattern.fullmatch(word))


_SUITS = {
    "victims": frozenset({"person"}),
    "targets": frozenset({"official", "police", "military", "infrastructure", "vehicle", "building", "civilian", "person"}),
}
"""The lists of which a phrase holds a word that could play a part without a frame."""


def candidates(scene: Scene) -> list[Candidate]:
    """The phrases of a scene that may play a part, frames first."""
    found: list[Candidate] = []
    framed = scene.framed
    hurt, struck = {q.start for q in framed.victims}, {q.start for q in framed.targets}
    doers = (*framed.perpetrators, *framed.owners, *framed.openers, *framed.sides)
    for segment in scene.segments:
        if len(segment.words) > TOO_LONG:
            continue
        here: dict[tuple[str, Span], Candidate] = {}

        def add(role: str, quote: Quote, frame: str, segment: Segment = segment, here: dict[tuple[str, Span], Candidate] = here) -> None:
            if quote.within == segment.within and segment.start <= quote.start < segment.end:
                span = quote.start - segment.start, quote.end - segment.start
                here.setdefault((role, span), Candidate(role, quote, frame, segment, span))

        for quote in doers:
            add("perpetrators", quote, "doer")
        for quote in framed.targets:
            add("targets", quote, "both" if quote.start in hurt else "targets")
        for quote in framed.victims:
            add("victims", quote, "both" if quote.start in struck else "victims")
        taken = [(role, span) for role, span in here]
        if scene.trigger.kind == "arrests":  # "over the killing of a priest": he suffered the deed, not the arrest
            taken += [("victims", span) for role, span in here if role == "targets"]
        for span, kinds in _phrases(tokens_of(segment.words, scene.language), scene.language):
            for role, suits in _SUITS.items():
                if not suits.isdisjoint(kinds) and not any(r == role and overlaps(span, s) for r, s in taken):
                    add(role, segment.piece(*span), "none")
        found += here.values()
    return found


def _phrases(tokens: Tokens, language: str) -> list[tuple[Span, set[str]]]:
    """Every noun phrase of a sentence with the lists that hold a word of it: runs without a stop word, a verb or a mark, each from an article on."""
    found: list[tuple[Span, set[str]]] = []
    at, size, low, determiners = 0, len(tokens.spans), tokens.lower, classes(language).determiners
    while at < size:
        if tokens.ends(at, True) or _is_verb(tokens, at, language):
            at += 1
            continue
        start = at
        at += 1
        while at < size and not tokens.ends(at, False) and not _is_verb(tokens, at, language) and (low[at] not in determiners or low[at - 1] == "of"):
            at += 1
        span = tokens.phrase(start, at)
        if span is not None and at - start <= LONGEST:
            found.append((span, {kind for i in range(start, at) for kind in kinds_of(low[i], language)}))
    return found


def _is_verb(tokens: Tokens, at: int, language: str) -> bool:
    low = tokens.lower[at]
    is_name = low.endswith("s") and at > 0 and tokens.words[tokens.spans[at][0]].isupper()
    return not is_name and "verb" in kinds_of(low, language)


def levels(one: Candidate, scene: Scene, framed: Sequence[Candidate]) -> dict[str, str]:
    """What tells whether a candidate plays its part: its frame, its head, the words around it, where it stands to the trigger, and what else frames bind."""
    tokens, language, trigger = tokens_of(one.segment.words, scene.language), scene.language, scene.trigger
    low, size = tokens.lower, len(tokens.lower)
    first, last, links = tokens.index_at(one.span[0]), tokens.index_at(one.span[1]), classes(language).links
    at_head = next((i for i in range(first + 1, last) if low[i] in links), last) - 1
    head, opened, frame = low[at_head], _opener(low[first], tokens, first, language), one.frame
    kind = next(iter(kinds_of(head, language)), "")
    kind = "" if kind == "verb" else kind
    right = next((low[i] for i in range(last, min(size, last + REACH)) if "verb" in kinds_of(low[i], language)), "")
    left = next((low[i] for i in range(first - 1, max(-1, first - 1 - FAR), -1) if "verb" in kinds_of(low[i], language)), "")
    following = low[last] if last < size else OUTSIDE
    before = low[first - 1] if first else OUTSIDE
    side, where = _side(one, trigger, tokens)
    rule = _chosen(one, scene.chosen[one.role])
    rivals = sorted({o.frame for o in framed if o.role == one.role and o is not one})
    crossing = sorted({o.role for o in framed if o is not one and o.segment is one.segment and overlaps(o.span, one.span)})
    if any(meet(one.quote, w.quote) for w in scene.weapons):
        crossing.append("weapons")
    return {
        "head": head[:7],
        "head kind": kind,
        "head kind, frame": f"{kind} {frame}",
        "capital head": str(tokens.words[tokens.spans[at_head][0]].isupper()),
        "opener": opened,
        "length": str(min(last - first, 6)),
        "before": before,
        "behind": following,
        "verb": right,
        "trigger, frame": f"{side} {frame}",
        "where, frame": f"{where} {frame}",
        "family, frame": f"{trigger.family} {frame}",
        "rule, frame": f"{rule} {frame}",
        "rule, kind": f"{rule} {kind}",
        "rivals": f"{frame} {' '.join(rivals)}",
        "other parts": " ".join(crossing),
        "family, parts": f"{trigger.family} {' '.join(crossing)}",
        "type, frame": f"{trigger.kind} {frame}",
        "type, kind": f"{trigger.kind} {kind}",
        "verb left": left,
        "between": _between(one, scene, tokens),
        "opener, length": f"{opened} {min(last - first, 4)}",
        "trigger, before": f"{trigger.quote.words.lower().split()[-1][:5]} {before if side.startswith('behind') else side[:6]}",
    }


def _between(one: Candidate, scene: Scene, tokens: Tokens) -> str:
    """On which side of the trigger a candidate stands, and what in between parts them most."""
    start, end = scene.trigger.quote.start - one.segment.start, scene.trigger.quote.end - one.segment.start
    if one.segment.within != scene.trigger.quote.within or not 0 <= start < len(one.segment.words):
        return "-"
    is_before = one.span[1] <= start
    first, last = (tokens.index_at(place) for place in ((one.span[1], start) if is_before else (end, one.span[0])))
    words, c = tokens.lower[first:last], classes(scene.language)
    parting = {
        "mark": any(word in ";:." for word in words),
        "clause": any(word in c.relatives or word == c.conjunction for word in words),
        "comma": "," in words,
        "verb": any(_is_verb(tokens, at, scene.language) for at in range(first, last)),
    }
    return f"{'before' if is_before else 'behind'} {next((name for name, parts in parting.items() if parts), 'near' if last - first < 3 else 'clear')}"


def _opener(word: str, tokens: Tokens, first: int, language: str) -> str:
    """How a phrase begins: by which article or number word, a number, a name, or as the sentence does."""
    if word in classes(language).determiners or word[0].isdigit():
        return "number" if word[0].isdigit() else word
    if not first:
        return "sentence"
    return "name" if tokens.words[tokens.spans[first][0]].isupper() else "bare"


def _side(one: Candidate, trigger: Trigger, tokens: Tokens) -> tuple[str, str]:
    """On which side of the trigger, and how far off, a candidate stands ("-" in another sentence), and in whose sentence."""
    segment, (start, end) = one.segment, (trigger.quote.start, trigger.quote.end)
    if segment.within != trigger.quote.within or not segment.start <= start < segment.end:
        return "-", "other"
    if one.quote.start < end and start < one.quote.end:
        return "in", "home"
    is_before = one.quote.end <= start
    near, far = (one.span[1], start - segment.start) if is_before else (end - segment.start, one.span[0])
    away = tokens.index_at(far) - tokens.index_at(near)
    return f"{'before' if is_before else 'behind'} {0 if away < 1 else 2 if away < 3 else 5 if away < 6 else 10 if away < 11 else 99}", "home"


def _chosen(one: Candidate, chosen: Sequence[Participant]) -> str:
    """Whether the rules chose the candidate, one like it, another, or nobody."""
    if any(value.quote == one.quote for value in chosen):
        return "chosen"
    words = set(one.quote.words.lower().split())
    if any(len(words & set(value.quote.words.lower().split())) * 2 >= len(words) for value in chosen):
        return "like"
    return "other" if chosen else "nobody"


@cache
def _weights(language: str) -> dict[str, Weights]:
    raw: dict[str, Any] = config.data_json(f"lexicon/{language}/role_weights.json")
    return {role: Weights(found) for role, found in raw.items()}


def odds(role: str, told: dict[str, str], language: str) -> float:
    """Log2 odds that a candidate plays its part."""
    return _weights(language)[role].odds(told)


def cast(scene: Scene) -> dict[str, tuple[Participant, ...]]:
    """For each role of CAST who plays it, with which probability, in order of the text."""
    found = candidates(scene)
    framed = [one for one in found if one.frame != "none"]
    rated: dict[str, dict[Quote, float]] = {role: {} for role in CAST}
    for one in found:
        if one.role not in CAST:
            continue
        value = odds(one.role, levels(one, scene, framed), scene.language)
        if value >= _weights(scene.language)[one.role].cut:
            rated[one.role][one.quote] = value
    return {
        role: tuple(replace(one, p=p_of(values[one.quote])) for one in participants(role, best_of([(v, q) for q, v in values.items()]), scene.language))
        for role, values in rated.items()
    }


def best_of(rated: Sequence[tuple[float, Quote]]) -> list[Quote]:
    """The likeliest phrases, none that only says another again."""
    kept: list[Quote] = []
    for _, quote in sorted(rated, key=lambda pair: (-pair[0], pair[1].start)):
        if len(kept) < MOST and not any(same(quote, other) for other in kept):
            kept.append(quote)
    return sorted(kept, key=lambda q: (q.within, q.start))


def same(one: Quote, other: Quote) -> bool:
    """Whether two phrases overlap or one says again what the other says."""
    if meet(one, other):
        return True
    a, b = (set(_WORD.findall(q.words.casefold())) - {"the", "a", "an"} for q in (one, other))
    return a <= b or b <= a or 2 * len(a & b) >= 0.5 * (len(a) + len(b))
