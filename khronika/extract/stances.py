"""An attribution and the mention it speaks of go in, its stance comes out: levels that can be read, weighed by learnt weights.

Where the rules (sides.py) name a stance, it stands; what they hold for a mere report is weighed. The weights come from train/stance_weights.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from functools import cache
from typing import Any

from khronika.config import data, data_json
from khronika.extract.attributions import Attribution
from khronika.extract.sides import author_side, holds, low_words, side_of_voice, sides_in, stance_by_rule, wording
from khronika.extract.weights import Weights
from khronika.types import Mention, Stance

_NEGATION = re.compile(r"\b(?:not|never|no|nothing|none|nor|without)\b|n[’']t\b")
WEIGHED = ("reports", "doubts")
"""What the rules say where they find nothing better."""
FIRST = 6
"""Words at the opening of what is said, where its subject stands."""


@cache
def _weights() -> dict[Stance, Weights]:
    raw: dict[Stance, Any] = data_json("lexicon/en/stance_weights.json")
    return {stance: Weights(found) for stance, found in raw.items()}


def stance_of(one: Attribution, mention: Mention, body: str) -> Stance:
    """The stance of a voice on a mention: the rules' own, else the likeliest."""
    by_rule = stance_by_rule(one, mention, body)
    if by_rule not in WEIGHED:
        return by_rule
    found = levels(one, mention, body, by_rule)
    return max(_weights(), key=lambda stance: _weights()[stance].odds(found))


def levels(one: Attribution, mention: Mention, body: str, by_rule: Stance) -> dict[str, str]:
    """What tells of the stance: what the rules say, who speaks, by which word, which sides are named in what is said, and who did it to whom."""
    lists, patterns = wording().content, wording()
    content = " ".join(quote.words for quote in one.content)
    low, said, said_sides = content.lower(), set(low_words(content)), sides_in(content)
    spoken = set(low_words(one.voice.words)) if one.voice else set()
    voice = side_of_voice(one.voice, body) if one.voice else None
    named, author = author_side(one, mention, voice)
    doers, hit = [p.quote.words for p in mention.perpetrators], [p.quote.words for p in (*mention.targets, *mention.victims)]
    family, kinds = _families()[mention.kind], kinds_of_voice(spoken)
    force = next((name for name in ("armed", "police", "official", "fighters") if name in kinds), "")
    cue = one.cue.words.lower().split()[0]
    told = {
        "by rule": by_rule,
        "cue": one.group if one.group in ("claim", "deny", "doubt", "blame") else cue,
        "group": one.group,
        "negation": _NEGATION.search(low),
        "denying": lists["negated"].search(low),
        "doubting": lists["doubting"].search(low),
        "own deed": patterns.own.search(content) or patterns.ours.search(content),
        "we": said & lists["we"],
        "enemy": f"{bool(patterns.enemy.search(content))} {bool(said & lists['hostile'])}",
        "sides said": _nearest(voice, said_sides),
        "own side said": voice in said_sides,
        "side first": _nearest(voice, sides_in(" ".join(content.split()[:FIRST]))),
        "side of doers": _nearest(voice, sides_in(" ".join(doers))) if doers else "nobody",
        "side hit": _nearest(voice, sides_in(" ".join(hit))),
        "doer said": any(holds(span, p.quote) for p in mention.perpetrators for span in one.content),
        "doer speaks": any(_shared(spoken, words) for words in doers),
        "hit speaks": any(_shared(spoken, words) for words in hit),
        "author": "none" if not named else author if author in (None, "own", "enemy") else _nearest(voice, {author}),
        "voice has side": voice is not None,
        "voice": kinds[0] if kinds else "",
        **{f"voice {name}": name in kinds for name in ("official", "police")},
        "voice armed": "armed" in kinds or "fighters" in kinds,
        "kind": family,
        "kind and voice": f"{family} {force}",
        "by somebody": re.search(r"\bby \w", low),
        "guilt": lists["guilt"].search(low),
        "casualties": said & lists["casualties"],
        "success": lists["success"].search(low),
        "force": patterns.force.search(content),
        "trigger said": any(holds(span, mention.trigger) for span in one.content),
        "condemns": cue in lists["condemning"] or lists["grave"].search(low),
    }
    return {name: level if isinstance(level, str) else str(bool(level)) for name, level in told.items()}


@cache
def _families() -> dict[str, str]:
    """Kind -> what is alike in who speaks of it: its family, and by itself where holders of power tell of their own deeds."""
    return {kind: kind if kind in ("arrests", "disrupted_weapons_use", "looting_property_destruction") else raw["family"] for kind, raw in data("kinds.toml").items()}


def kinds_of_voice(spoken: Set[str]) -> list[str]:
    """What a voice is by its words, the most telling first."""
    return [name for name in ("witnesses", "monitors", "press", "fighters", "armed", "police", "official") if spoken & wording().content[name]]


def _nearest(voice: str | None, sides: Iterable[str]) -> str:
    """How a voice's side stands to others: the strongest of enemy, own, third; "unlisted" where nobody's side is known."""
    found = set(sides)
    if not found or voice is None:
        return "voice unlisted" if found else "unlisted"
    if any((voice, side) in wording().enemies for side in found):
        return "enemy"
    return "own" if voice in found else "third"


def _shared(spoken: set[str], words: str) -> bool:
    """Whether a voice and a phrase share a word that tells one party from another."""
    return any(len(word) > 2 for word in spoken & set(low_words(words)) - wording().content["common"])


