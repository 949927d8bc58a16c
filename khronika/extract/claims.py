"""Mentions go in and come out with who says what of them: claims, and for each perpetrator who names it.

A claim is one voice with one stance; the outlet's own voice makes none. Stances follow the rulings 12 and 14 of the guidelines.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from khronika.config import data
from khronika.extract.attributions import Attribution, find_attributions
from khronika.extract.lexicon import load
from khronika.extract.segments import Segment
from khronika.extract.tolls import find_toll
from khronika.text import fold
from khronika.types import About, Claim, Mention, Participant, Quote, Stance, Text, Toll

__all__ = ["Attribution", "find_attributions", "find_claims"]

_WORD = re.compile(r"(?:[A-Z]\.){2,}|[\w’'-]+")
_POSSESSIVE = re.compile(r"[’'](s|$)")
FAR_ANSWER, FAR_MORE = 5, 4
"""Sentences behind a mention within which a denial or an accusation is of it, and within which "the attack" is."""
_FIXED: dict[str, Stance] = {"claim": "claims_responsibility", "blame": "blames", "deny": "denies", "doubt": "doubts"}


@dataclass(frozen=True, slots=True)
class _Sides:
    of: dict[str, str]
    enemies: frozenset[tuple[str, str]]
    content: dict[str, Any]
    own: re.Pattern[str]
    force: re.Pattern[str]
    by_side: re.Pattern[str]
    ours: re.Pattern[str]
    enemy: re.Pattern[str]
    receives: re.Pattern[str]


@cache
def _sides() -> _Sides:
    raw = data("lexicon/en/speech.toml")
    pairs = [tuple(pair.split()) for pair in raw["enemies"]["pairs"]]
    words = {word: side for side, listed in raw["sides"].items() for word in listed.split()}
    content = {name: frozenset(value.split()) if isinstance(value, str) else re.compile(r"\b(?:" + "|".join(value) + ")") for name, value in raw["content"].items()}
    own = re.compile(rf"(?:^|\b(?:that|and|but|hours?|night|day|week|overnight|\w+day) |[,“\"] ?)(?:{raw['patterns']['own']})\b", re.IGNORECASE)
    force = re.compile(rf"\b([\w.’'-]+ )(?:[\w-]+ ){{0,2}}?(?:{raw['patterns']['force']})\b{raw['patterns']['not_passive']}")
    by_side = re.compile(rf"\b(?:{raw['patterns']['by_side']}) (?:the )?([\w.’'-]+)")
    ours = re.compile(rf"\b(?:{raw['patterns']['ours']})\b", re.IGNORECASE)
    enemy = re.compile(rf"\b(?:{raw['patterns']['enemy']})\b", re.IGNORECASE)
    receives = re.compile(rf"(?:{raw['patterns']['receives']}) (?:\w+ ){{0,2}}$", re.IGNORECASE)
    return _Sides(words, frozenset([(a, b) for a, b in pairs] + [(b, a) for a, b in pairs]), content, own, force, by_side, ours, enemy, receives)


def _low_words(words: str) -> list[str]:
    """Lower-case words; a possessive loses its ending, and "U.S." stays one word."""
    return [_POSSESSIVE.sub("", word) if "’" in word or "'" in word else word for word in map(str.lower, _WORD.findall(words))]


def _side(words: str) -> str | None:
    """The side that a phrase speaks for, by the first word that tells ("pro-", "-backed" first)."""
    sides, found = _sides().of, _low_words(words)
    for word in found:
        if "-" in word and word in sides:
            return sides[word]
    return next((sides[word] for word in found if word in sides and not (word == "us" and "US" not in words)), None)


def _side_of_voice(voice: Quote, body: str) -> str | None:
    """The side of a speaker: by its own words, else by what stands around its name where it is first told."""
    own = _side(voice.words)
    if own:
        return own
    name = next((w for w in reversed(re.findall(r"[\w’'-]+", voice.words)) if w[0].isupper() and len(w) > 3), None)
    at = body.find(name) if name else -1
    if name is None or at < 0:
        return None
    before = re.split(r"[.!?\n]", body[max(0, at - 70) : at])[-1]
    behind = re.split(r"[.!?\n]|\bsaid\b|\btold\b", body[at + len(name) : at + len(name) + 90])[0]
    return _side(before) or (_side(behind) if behind.startswith(",") else None)


def _author_side(one: Attribution, mention: Mention, voice: str | None) -> tuple[bool, str | None]:
    """Whether what is said names an author, and the author's side.

    A perpetrator that stands in it comes first, then "it had ..." (the voice's own side), then a force named with its side.
    """
    for participant in mention.perpetrators:
        quote = participant.quote
        if any(_holds(span, quote) for span in one.content):
            own = voice or "own" if re.match(r"(?:our|we|its?|their|they|his)\b", quote.words.lower()) else None
            return True, _side(quote.words) or own
    content = " ".join(quote.words for quote in one.content)
    if _sides().own.search(content) or _sides().ours.search(content):
        return True, voice or "own"
    if _sides().enemy.search(content):
        return True, "enemy"
    for match in _sides().by_side.finditer(content):
        if side := _side(match.group(1)):
            return True, side
    for match in _sides().force.finditer(content):
        side = _side(match.group(1))
        if side is not None and not _sides().receives.search(content[: match.start()]):
            return True, side
    return False, None


def _is_official(voice: Quote) -> bool:
    return bool(set(_low_words(voice.words)) & _sides().content["official"])


def _stance(one: Attribution, mention: Mention, body: str) -> Stance:
    """What the voice does: by its cue, else by whose side the named author is on."""
    low, lists = " ".join(quote.words for quote in one.content).lower(), _sides().content
    if one.group in _FIXED:
        return _FIXED[one.group]
    if lists["negated"].search(low):
        return "denies"
    if lists["doubting"].search(low):
        return "doubts"
    voice = _side_of_voice(one.voice, body) if one.voice else None
    spoken = set(_low_words(one.voice.words)) if one.voice else set()
    if mention.kind == "arrests" and spoken & lists["police"] and lists["arresting"].search(low):
        return "claims_responsibility"
    named, other = _author_side(one, mention, voice)
    if not named:  # "89 drones had been shot down", says the ministry of those who do such things
        return "claims_responsibility" if spoken & lists["armed"] and lists["success"].search(low) else "reports"
    if voice == other and other is not None or other == "own":
        return "claims_responsibility"
    if mention.kind in _HARMLESS:
        return "reports"
    if other is None:
        return _stance_on_unlisted(one, mention, spoken)
    if other == "enemy":
        return "blames"
    official = one.voice is not None and _is_official(one.voice)
    if voice is None and official and other in lists["home"]:
        return "claims_responsibility"
    return "blames" if (voice, other) in _sides().enemies or voice is None and official else "attributes"


def _stance_on_unlisted(one: Attribution, mention: Mention, spoken: set[str]) -> Stance:
    """The same where the author is on no listed side: by the names that voice and author share, and by who the voice is."""
    lists = _sides().content
    authors = [set(_low_words(p.quote.words)) for p in mention.perpetrators if any(_holds(span, p.quote) for span in one.content)]
    official = one.voice is not None and _is_official(one.voice)
    if any((spoken & author) - lists["common"] or spoken & lists["state"] and author & lists["of_states"] for author in authors):
        return "claims_responsibility"
    if authors and not any(author - lists["common"] - lists["anonymous"] for author in authors):
        return "reports"
    return "blames" if official and any(author & lists["hostile"] for author in authors) else "attributes"


_HARMLESS = frozenset({"agreement", "non_violent_transfer_of_territory", "peaceful_protest", "change_to_group", "headquarters_or_base"})
"""Kinds for which to say who did it is to blame nobody."""


def _holds(span: Quote, quote: Quote) -> bool:
    """Whether a quote starts in a span."""
    return span.within == quote.within and span.start <= quote.start < span.end


def _about(stance: Stance, content: str, tells: bool) -> About:
    """What of the event a claim is about; `tells` if the event's trigger is said in it."""
    lists, low = _sides().content, set(_low_words(content))
    if stance in ("blames", "attributes") or stance in ("claims_responsibility", "denies", "doubts") and low & lists["authorship"]:
        return "perpetrator"
    if low & lists["casualties"]:
        return "casualties"
    for name in () if tells else ("weapon", "target"):
        if low & lists[name]:
            return name
    return "occurrence"


def _value(one: Attribution) -> Quote | None:
    """The first piece of what is said, without its "that"."""
    if not one.content:
        return None
    quote = one.content[0]
    lead = re.match(r"(?:that|how|of|for)\s+", quote.words)
    cut = lead.end() if lead else 0
    return Quote(start=quote.start + cut, end=quote.end, words=quote.words[cut:], within=quote.within)


def _speaks_of(one: Attribution, mention: Mention, evidence: set[int]) -> int:
    """How closely an attribution is tied to a mention: 3 its trigger is said, 2 it stands in its evidence, 0 not."""
    trigger = mention.trigger
    if any(q.within == trigger.within and q.start <= trigger.start < q.end for q in one.content):
        return 3
    return 2 if one.segment in evidence else 0


class _Places:
    """Which segments a quote touches, found by bisection: a text may have tens of thousands of each."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        order = sorted(range(len(segments)), key=lambda i: (segments[i].within, segments[i].start))
        self._order = order
        self._keys = [(segments[i].within, segments[i].start) for i in order]

    def under(self, quote: Quote) -> Iterator[int]:
        """Indices of the segments that share a character with the quote."""
        at = bisect_left(self._keys, (quote.within, quote.end)) - 1
        while at >= 0:
            segment = self._segments[self._order[at]]
            if segment.within != quote.within or segment.end <= quote.start:
                return
            yield self._order[at]
            at -= 1

    def of(self, mention: Mention) -> set[int]:
        """The segments that tell of a mention."""
        return {i for quote in (*mention.evidence, mention.trigger) for i in self.under(quote)}


def _follows(one: Attribution, owner: dict[int, int], segments: Sequence[Segment]) -> int | None:
    """The mention that a sentence without one speaks of: that of the sentences before it, if it says "the attack" or names its toll."""
    if one.segment in owner:
        return None
    content = " ".join(q.words for q in one.content)
    answers = one.group in _FIXED
    if not answers and not set(_low_words(content)) & _sides().content["refers"]:
        return None
    for back in range(1, FAR_ANSWER if answers else FAR_MORE):
        at = one.segment - back
        if at in owner and segments[at].within == segments[one.segment].within:
            return owner[at]
    return None


def _make_claim(one: Attribution, mention: Mention, text: Text, segments: Sequence[Segment], tolls: tuple[Toll | None, Toll | None], tie: int) -> Claim | None:
    if one.voice is None:
        return None
    stance = _stance(one, mention, text.body)
    content = " ".join(quote.words for quote in one.content)
    killed, injured = tolls
    return Claim(
        by=one.voice, stance=stance, about=_about(stance, f"{one.cue.words} {content}", tie == 3), quote=segments[one.segment].quote(), chain=one.chain, value=_value(one),
        killed=killed, injured=injured,
    )  # fmt: skip


def _tolls(one: Attribution, segments: Sequence[Segment]) -> tuple[Toll | None, Toll | None]:
    """Killed and injured as the voice itself counts them; a denial or a doubt counts nobody."""
    words = " ".join(quote.words for quote in one.content)
    if one.group in ("deny", "doubt") or not set(_low_words(words)) & _sides().content["casualties"]:
        return None, None
    said = [Segment(q.start, q.end, q.within, q.words, segments[one.segment].paragraph) for q in one.content]
    lexicon = load("en")
    return find_toll(said, "killed", lexicon), find_toll(said, "injured", lexicon)


def _distinct(claims: Sequence[tuple[int, Claim]]) -> tuple[Claim, ...]:
    """One claim for each voice and stance: the most closely tied, then the longest in what it says; in the order of the text."""
    best: dict[tuple[str, str], tuple[int, Claim]] = {}
    for tie, claim in claims:
        key = (fold(claim.by.words), claim.stance)
        held = best.get(key)
        rank = (tie, len(claim.value.words) if claim.value else 0)
        if held is None or rank > (held[0], len(held[1].value.words) if held[1].value else 0):
            best[key] = (tie, claim)
    return tuple(sorted((claim for _, claim in best.values()), key=lambda c: (c.quote.within, c.by.start)))


def _asserted(participant: Participant, attributed: Sequence[tuple[Attribution, Claim]], claims: Sequence[Claim]) -> tuple[int, ...]:
    """Indices of the claims that name a perpetrator; -1 where the outlet does so itself."""
    quote = participant.quote
    naming = [c for one, c in attributed if any(_holds(span, quote) for span in one.content)]
    keys = {(fold(c.by.words), c.stance) for c in naming}
    found = tuple(i for i, c in enumerate(claims) if (fold(c.by.words), c.stance) in keys)
    return found or (-1,)


def find_claims(text: Text, segments: Sequence[Segment], mentions: Sequence[Mention], said: Sequence[Attribution] | None = None) -> list[Mention]:
    """The mentions with `claims` filled and each perpetrator's `asserted_by` set; `said` are the text's attributions where the caller has them."""
    if not mentions:
        return []
    voiced = [one for one in (find_attributions(text, segments) if said is None else said) if one.group != "hold" and one.voice is not None]
    places = _Places(segments)
    evidence = [places.of(mention) for mention in mentions]
    owner: dict[int, int] = {}
    for at, held in enumerate(evidence):
        for segment in held:
            owner[segment] = at
    following = [_follows(one, owner, segments) for one in voiced]
    tolls: dict[int, tuple[Toll | None, Toll | None]] = {}
    near: dict[int, set[int]] = defaultdict(set)
    for i, one in enumerate(voiced):
        for segment in {one.segment, *(at for quote in one.content for at in places.under(quote))}:
            near[segment].add(i)
    after_of: dict[int, set[int]] = defaultdict(set)
    for i, after in enumerate(following):
        if after is not None:
            after_of[after].add(i)
    filled = []
    for at, mention in enumerate(mentions):
        attributed: list[tuple[Attribution, Claim]] = []
        ranked: list[tuple[int, Claim]] = []
        for i in sorted(after_of[at].union(*(near[segment] for segment in evidence[at]))):
            one = voiced[i]
            tie = 1 if following[i] == at else _speaks_of(one, mention, evidence[at])
            if tie and i not in tolls:
                tolls[i] = _tolls(one, segments)
            claim = _make_claim(one, mention, text, segments, tolls[i], tie) if tie else None
            if claim is not None:
                attributed.append((one, claim))
                ranked.append((tie, claim))
        claims = _distinct(ranked)
        authors = tuple(
            msgspec.structs.replace(participant, asserted_by=_asserted(participant, attributed, claims)) for participant in mention.perpetrators
        )
        filled.append(msgspec.structs.replace(mention, claims=claims, perpetrators=authors))
    return filled
