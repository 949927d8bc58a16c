"""Mentions go in and come out with who says what of them: claims, and for each perpetrator who names it.

A claim is one voice with one stance; the outlet's own voice makes none. Stances follow the rulings 12 and 14 of the guidelines.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from khronika.extract.attributions import Attribution, find_attributions
from khronika.extract.lexicon import load
from khronika.extract.segments import Segment
from khronika.extract.sides import FIXED, holds, low_words, wording
from khronika.extract.stances import stance_of
from khronika.extract.tolls import find_toll
from khronika.text import fold
from khronika.types import About, Claim, Mention, Participant, Quote, Stance, Text, Toll

__all__ = ["Attribution", "find_attributions", "find_claims"]

FAR_ANSWER, FAR_MORE = 5, 4
"""Sentences behind a mention within which a denial or an accusation is of it, and within which "the attack" is."""


def _about(stance: Stance, content: str, tells: bool) -> About:
    """What of the event a claim is about; `tells` if the event's trigger is said in it."""
    lists, low = wording().content, set(low_words(content))
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
    answers = one.group in FIXED
    if not answers and not set(low_words(content)) & wording().content["refers"]:
        return None
    for back in range(1, FAR_ANSWER if answers else FAR_MORE):
        at = one.segment - back
        if at in owner and segments[at].within == segments[one.segment].within:
            return owner[at]
    return None


def _make_claim(one: Attribution, mention: Mention, text: Text, segments: Sequence[Segment], tolls: tuple[Toll | None, Toll | None], tie: int) -> Claim | None:
    if one.voice is None:
        return None
    stance = stance_of(one, mention, text.body)
    content = " ".join(quote.words for quote in one.content)
    killed, injured = tolls
    return Claim(
        by=one.voice, stance=stance, about=_about(stance, f"{one.cue.words} {content}", tie == 3), quote=segments[one.segment].quote(), chain=one.chain, value=_value(one),
        killed=killed, injured=injured,
    )  # fmt: skip


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
        key = (fold(claim.by.words), claim.stance)
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
    keys = {(fold(c.by.words), c.stance) for c in naming}
    found = tuple(i for i, c in enumerate(claims) if (fold(c.by.words), c.stance) in keys)
    voices = {voice for voice, _ in keys}
    return found or tuple(i for i, c in enumerate(claims) if fold(c.by.words) in voices) or (-1,)


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
