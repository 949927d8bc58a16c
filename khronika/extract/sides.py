"""A voice and what it says go in, whose side it is on and what stance the rules give it come out. Stances follow rulings 12 and 14 of the guidelines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from khronika.config import data
from khronika.extract.attributions import Attribution
from khronika.types import Mention, Quote, Stance

_WORD = re.compile(r"(?:[A-Z]\.){2,}|[\w’'-]+")
_NAME = re.compile(r"[\w’'-]+")
_POSSESSIVE = re.compile(r"[’'](s|$)")
FIXED: dict[str, Stance] = {"claim": "claims_responsibility", "blame": "blames", "deny": "denies", "doubt": "doubts"}


@dataclass(frozen=True, slots=True)
class Wording:
    """Words and patterns of speech.toml that tell sides and stances."""

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
def wording() -> Wording:
    """Those of English, compiled once."""
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
    return Wording(words, frozenset([(a, b) for a, b in pairs] + [(b, a) for a, b in pairs]), content, own, force, by_side, ours, enemy, receives)


@lru_cache(maxsize=512)
def low_words(words: str) -> tuple[str, ...]:
    """Lower-case words; a possessive loses its ending, and "U.S." stays one word. Kept, since each question about a claim asks for them."""
    return tuple([_POSSESSIVE.sub("", word) if "’" in word or "'" in word else word for word in map(str.lower, _WORD.findall(words))])


def sides_in(words: str) -> list[str]:
    """The sides that some words name, in order: those of "pro-", "-backed" first; a name of two words stands as "donetsk_people" in the list."""
    of, found = wording().of, low_words(words)
    names = [name for one, two in zip(found, (*found[1:], ""), strict=False) for name in (f"{one}_{two}", one) if name in of and not (name == "us" and "US" not in words)]
    return [of[name] for name in sorted(names, key=lambda name: "-" not in name)]


def side_of(words: str) -> str | None:
    """The side that a phrase speaks for: the first that it names."""
    return next(iter(sides_in(words)), None)


def side_of_voice(voice: Quote, body: str) -> str | None:
    """The side of a speaker: by its own words, else by what stands around its name where it is first told."""
    own = side_of(voice.words)
    if own:
        return own
    name = next((w for w in reversed(_NAME.findall(voice.words)) if w[0].isupper() and len(w) > 3), None)
    at = body.find(name) if name else -1
    if name is None or at < 0:
        return None
    before = re.split(r"[.!?\n]", body[max(0, at - 70) : at])[-1]
    behind = re.split(r"[.!?\n]|\bsaid\b|\btold\b", body[at + len(name) : at + len(name) + 90])[0]
    return side_of(before) or (side_of(behind) if behind.startswith(",") else None)


def author_side(one: Attribution, mention: Mention, voice: str | None) -> tuple[bool, str | None]:
    """Whether what is said names an author, and the author's side.

    A perpetrator that stands in it comes first, then "it had ..." (the voice's own side), then a force named with its side.
    """
    for participant in mention.perpetrators:
        quote = participant.quote
        if any(holds(span, quote) for span in one.content):
            own = voice or "own" if re.match(r"(?:our|we|its?|their|they|his)\b", quote.words.lower()) else None
            return True, side_of(quote.words) or own
    content = " ".join(quote.words for quote in one.content)
    if wording().own.search(content) or wording().ours.search(content):
        return True, voice or "own"
    if wording().enemy.search(content):
        return True, "enemy"
    for match in wording().by_side.finditer(content):
        if side := side_of(match.group(1)):
            return True, side
    for match in wording().force.finditer(content):
        side = side_of(match.group(1))
        if side is not None and not wording().receives.search(content[: match.start()]):
            return True, side
    return False, None


def _is_official(voice: Quote) -> bool:
    return bool(set(low_words(voice.words)) & wording().content["official"])


def stance_by_rule(one: Attribution, mention: Mention, body: str) -> Stance:
    """What the voice does: by its cue, else by whose side the named author is on."""
    low, lists = " ".join(quote.words for quote in one.content).lower(), wording().content
    if one.group in FIXED:
        return FIXED[one.group]
    if lists["negated"].search(low):
        return "denies"
    if lists["doubting"].search(low):
        return "doubts"
    voice = side_of_voice(one.voice, body) if one.voice else None
    spoken = set(low_words(one.voice.words)) if one.voice else set()
    if mention.kind == "arrests" and spoken & lists["police"] and lists["arresting"].search(low):
        return "claims_responsibility"
    named, other = author_side(one, mention, voice)
    if not named:  # "89 drones had been shot down", says the ministry of those who do such things
        return "claims_responsibility" if spoken & lists["armed"] and lists["success"].search(low) else "reports"
    if voice == other and other is not None or other == "own":
        return "claims_responsibility"
    if mention.kind in _HARMLESS:
        return "reports"
    if other is None:
        return _on_unlisted(one, mention, spoken)
    if other == "enemy":
        return "blames"
    official = one.voice is not None and _is_official(one.voice)
    if voice is None and official and other in lists["home"]:
        return "claims_responsibility"
    return "blames" if (voice, other) in wording().enemies or voice is None and official else "attributes"


def _on_unlisted(one: Attribution, mention: Mention, spoken: set[str]) -> Stance:
    """The same where the author is on no listed side: by the names that voice and author share, and by who the voice is."""
    lists = wording().content
    authors = [set(low_words(p.quote.words)) for p in mention.perpetrators if any(holds(span, p.quote) for span in one.content)]
    official = one.voice is not None and _is_official(one.voice)
    if any((spoken & author) - lists["common"] or spoken & lists["state"] and author & lists["of_states"] for author in authors):
        return "claims_responsibility"
    if authors and not any(author - lists["common"] - lists["anonymous"] for author in authors):
        return "reports"
    return "blames" if official and any(author & lists["hostile"] for author in authors) else "attributes"


_HARMLESS = frozenset({"agreement", "non_violent_transfer_of_territory", "peaceful_protest", "change_to_group", "headquarters_or_base"})
"""Kinds for which to say who did it is to blame nobody."""


def holds(span: Quote, quote: Quote) -> bool:
    """Whether a quote starts in a span."""
    return span.within == quote.within and span.start <= quote.start < span.end


