"""The sentences of one occurrence in, the words that say where it happened out, the likeliest first.

The rule: a name counts as a place where a preposition of place or a kind of place leads to it; what it is, ground/ decides.
"""

from __future__ import annotations

import re
from functools import cache

from khronika import config
from khronika.extract.branches import by_letter
from khronika.extract.segments import Segment
from khronika.extract.triggers import Trigger
from khronika.types import Quote

MOST = 3
REACH = 140
"""Characters from the trigger within which its own sentence's places are looked for first."""


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    raw = config.data(f"lexicon/{language}/places.toml")
    name = r"(?-i:[A-Z])[\w’'-]+(?:[ -](?:(?-i:al|el|ash|az)[ -])?(?-i:[A-Z])[\w’'-]+){0,3}"
    described = rf"(?:(?:the|a|an|his|its|their) )?(?:[\w’'-]+ ){{0,3}}?(?:{raw['kind']}) (?:of )?{name}"
    plain = rf"(?:the )?(?:(?:eastern|western|northern|southern|central|occupied|north-?eastern|north-?western|south-?eastern|south-?western|nearby|coastal|far)[ -])*{name}(?:[’']s)?(?: (?:{raw['kind']})\b)?"
    found = re.compile(by_letter(rf"\b(?P<lead>{raw['preposition']}) (?P<words>{described}|{plain})"), re.IGNORECASE)
    strong, office = (re.compile(rf"(?:{raw[name]})$", re.IGNORECASE) for name in ("strong", "office"))
    return found, strong, re.compile(rf"\b(?-i:{raw['not_place']})\b"), office


def find_locations(segments: list[Segment], trigger: Trigger, language: str) -> tuple[Quote, ...]:
    """Phrases that say where, likeliest first; none where the sentences name no place."""
    found, strong, not_place, office = _patterns(language)
    scored: list[tuple[float, Quote]] = []
    for number, segment in enumerate(segments):
        home = segment.start <= trigger.quote.start < segment.end and segment.within == trigger.quote.within
        for match in found.finditer(segment.words):
            words = match.group("words")
            if not_place.search(words) or office.search(segment.words[: match.start("words")]):
                continue
            quote = segment.piece(*match.span("words"))
            away = min(abs(quote.start - trigger.quote.end), abs(trigger.quote.start - quote.end)) if home else 200
            cost = away / REACH + (0.0 if home else 1.0 + 0.3 * number) - (0.6 if strong.match(match.group("lead")) else 0.0)
            scored.append((cost, quote))
    scored.sort(key=lambda pair: (pair[0], pair[1].start))
    if not scored:
        return ()
    best = scored[0][0]
    return tuple(quote for cost, quote in scored if cost <= best + 0.3)[:MOST]
