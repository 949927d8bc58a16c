"""Mentions go in and come out with who says what of them: claims, and for each perpetrator who names it.

A claim is one voice with one stance; the outlet's own voice makes none. Stances follow the rulings 12 and 14 of the guidelines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from khronika.extract.attributions import Attribution, find_attributions
from khronika.extract.lexicon import load
from khronika.extract.segments import Segment
from khronika.extract.sides import holds, low_words, wording
from khronika.extract.stances import stance_of
from khronika.extract.ties import Ties
from khronika.extract.tolls import find_toll
from khronika.extract.weights import p_of
from khronika.text import fold
from khronika.types import About, ActorRef, Claim, Mention, Participant, Quote, Stance, Text, Toll

__all__ = ["Attribution", "find_attributions", "find_claims"]


def _about(stance: Stance, content: str, tells: bool) -> About:
    """What of the event a claim is about; `tells` if the event's trigger is said in it."""
    lists, low = wording().content, set(low_words(content))
    if stance in ("blames", "attributes") or stance in ("claims_responsibility", "denies", "doubts") and low & lists["authorship"]:
        return "perpetrator"
    if stance == "denies" and lists["own_deed"].match(content.partition(" ")[2]):
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


def _make_claim(
    one: Attribution, mention: Mention, text: Text, segments: Sequence[Segment], tolls: tuple[Toll | None, Toll | None], tie: int, p: float
) -> Claim | None:
    if one.voice is None or one.by is None:
        return None
    stance = stance_of(one, mention, text.body)
    content = " ".join(quote.words for quote in one.content)
    killed, injured = tolls
    return Claim(
        by=one.by, speaker=ActorRef(name=one.voice.words), stance=stance, about=_about(stance, f"{one.cue.words} {content}", tie == 3), quote=segments[one.segment].quote(), chain=one.chain, value=_value(one),
        killed=killed, injured=injured, p=p,
    )  # fmt: skip


def voice_of(claim: Claim) -> str:
    """The voice of a claim in full, folded: the same whichever of its names the claim gives."""
    return fold(claim.speaker.name if claim.speaker else claim.by.words)


def _tolls(one: Attribution, segments: Sequence[Segment]) -> tuple[Toll | None, Toll | None]:
    """Killed and injured as the voice itself counts them; a denial or a doubt counts nobody."""
    words = " ".join(quote.words for quote in one.content)
    if one.group in ("deny", "doubt") or not set(low_words(words)) & wording().content["casualties"]:
        return None, None
    said = [Segment(q.start, q.end, q.within, q.words, segments[one.segment].paragraph) for q in one.content]
    lexicon = load("en")
    return find_toll(said, "killed", lexicon), find_toll(said, "injured", lexicon)


def _distinct(claims: Sequence[tuple[int, Claim]]) -> tuple[Claim, ...]:
    """One claim for each voice and stance: the most closely tied, then the longest in what it says; in the order of the text.

    A voice that blames, claims or denies reports nothing beside that: what it counts goes over to its other claim.
    """
    best: dict[tuple[str, str], tuple[int, Claim]] = {}
    for tie, claim in claims:
        key = (voice_of(claim), claim.stance)
        held = best.get(key)
        rank = (tie, len(claim.value.words) if claim.value else 0)
        if held is None or rank > (held[0], len(held[1].value.words) if held[1].value else 0):
            best[key] = (tie, claim)
    for voice, stance in [key for key in best if key[1] == "reports"]:
        other = next((key for key in best if key[0] == voice and key[1] != stance), None)
        if other is not None:
            _, told = best.pop((voice, stance))
            tie, kept = best[other]
            best[other] = tie, msgspec.structs.replace(kept, killed=kept.killed or told.killed, injured=kept.injured or told.injured)
    return tuple(sorted((claim for _, claim in best.values()), key=lambda c: (c.quote.within, c.by.start)))


def _asserted(participant: Participant, attributed: Sequence[tuple[Attribution, Claim]], claims: Sequence[Claim]) -> tuple[int, ...]:
    """Indices of the claims that name a perpetrator; -1 where the outlet does so itself."""
    quote = participant.quote
    naming = [c for one, c in attributed if any(holds(span, quote) for span in one.content)]
    keys = {(voice_of(c), c.stance) for c in naming}
    found = tuple(i for i, c in enumerate(claims) if (voice_of(c), c.stance) in keys)
    voices = {voice for voice, _ in keys}
    return found or tuple(i for i, c in enumerate(claims) if voice_of(c) in voices) or (-1,)


def find_claims(text: Text, segments: Sequence[Segment], mentions: Sequence[Mention], said: Sequence[Attribution] | None = None) -> list[Mention]:
    """The mentions with `claims` filled and each perpetrator's `asserted_by` set; `said` are the text's attributions where the caller has them.

    A claim's `p` is how likely its voice speaks of the mention.
    """
    if not mentions:
        return []
    voiced = [one for one in (find_attributions(text, segments) if said is None else said) if one.voice is not None]
    ties = Ties(segments, mentions)
    tolls: dict[int, tuple[Toll | None, Toll | None]] = {}
    filled = []
    for at, (mention, tied) in enumerate(zip(mentions, ties.found(voiced), strict=True)):
        attributed: list[tuple[Attribution, Claim]] = []
        ranked: list[tuple[int, Claim]] = []
        for number, odds in tied.items():
            one, closeness = voiced[number], ties.says(voiced[number], at)
            if number not in tolls:
                tolls[number] = _tolls(one, segments)
            claim = _make_claim(one, mention, text, segments, tolls[number], closeness, p_of(odds))
            if claim is not None:
                attributed.append((one, claim))
                ranked.append((closeness, claim))
        claims = _distinct(ranked)
        authors = tuple(
            msgspec.structs.replace(participant, asserted_by=_asserted(participant, attributed, claims)) for participant in mention.perpetrators
        )
        filled.append(msgspec.structs.replace(mention, claims=claims, perpetrators=authors))
    return filled
