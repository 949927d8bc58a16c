"""A mention with the rules' claims goes in, out it comes with the claims that the network holds for true.

The network says which voice speaks of which event and with which stance; pronouns, chains and what is said stay with the rules' attributions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from khronika.extract.attributions import Attribution
from khronika.extract.claims import voice_of
from khronika.extract.model.decoding import UNSEEN_ODDS, Happening, log_odds, logistic
from khronika.extract.model.layout import ROLES, STANCES
from khronika.extract.model.scores import HEAD, means
from khronika.extract.model.weights import Floats, Settings
from khronika.extract.segments import Segment
from khronika.text import Span, fold, overlaps
from khronika.types import ActorRef, Claim, Mention, Quote, Stance


@dataclass(frozen=True)
class Speech:
    """What is known of the reported speech of a text: the rules' attributions, what the network holds for said, and the sentences."""

    heard: Sequence[Attribution]
    said: Sequence[Quote]
    segments: Sequence[Segment]


@dataclass(frozen=True)
class Hearing:
    """What the network hears around one event: the event, the numbers of its part's tokens, and the words under each source span."""

    event: Happening
    numbers: Floats
    quotes: dict[Span, Quote]
    speech: Speech


_PRONOUNS = frozenset("he she they it we i you who".split())
_NAMES_AUTHOR = ("claims_responsibility", "attributes", "blames")


def laid_over(mention: Mention, hearing: Hearing, settings: Settings) -> Mention:
    """The mention with its claims by `settings.sources`."""
    way = settings.sources.get("claims")
    if way == "weighed":
        weights, least = settings.parts["claims"], settings.least["claims"]
        weighed = [(c, logistic(weights, features)) for c, features in claim_options(mention, hearing, settings)]
        kept = [replace(claim, p=round(p, 3)) for claim, p in weighed if p >= least]
    else:
        found = heard_by_network(mention, hearing, settings)
        kept = [*found, *(c for c in mention.claims if way == "both" and not _same_voice(c, found))]
    return _with_claims(mention, tuple(sorted(kept, key=lambda c: (c.quote.within, c.by.start))))


def claim_options(mention: Mention, hearing: Hearing, settings: Settings) -> list[tuple[Claim, tuple[float, float, float]]]:
    """Each claim that the network or the rules see, with what speaks for it: the network's log odds, whether the rules hear the voice, the event's log odds."""
    found = heard_by_network(mention, hearing, settings)
    options = [(claim, (log_odds(claim.p), float(_same_voice(claim, mention.claims)), log_odds(hearing.event.p))) for claim in found]
    return options + [(c, (UNSEEN_ODDS, 1.0, log_odds(hearing.event.p))) for c in mention.claims if not _same_voice(c, found)]


def _same_voice(claim: Claim, others: Iterable[Claim]) -> bool:
    return any(voice_of(claim) == voice_of(other) for other in others)


def heard_by_network(mention: Mention, hearing: Hearing, settings: Settings) -> list[Claim]:
    """The claims whose voice the network hears, the surest first; what the rules know of the same voice is kept."""
    by_rules = {voice_of(claim): claim for claim in mention.claims}
    found: dict[tuple[str, str], Claim] = {}
    for role, span, p in sorted(hearing.event.roles, key=lambda r: (-r[2], r[1])):
        if ROLES[role] != "source":
            continue
        quote, speech = hearing.quotes[span], hearing.speech
        heard = next((a for a in speech.heard if a.speaker and overlaps((a.speaker.start, a.speaker.end), (quote.start, quote.end))), None)
        voice = heard.voice if heard else None if fold(quote.words) in _PRONOUNS else quote
        if voice is None:
            continue
        stance: Stance = STANCES[int(means(hearing.numbers, [span])[0][HEAD["stance"]].argmax())]  # type: ignore[assignment]
        known = by_rules.get(fold(voice.words))
        if known and settings.sources.get("stance", "rules") == "rules":
            stance = known.stance
        claim = replace(known, stance=stance, p=round(p, 3)) if known else _claim(voice, stance, heard, quote, speech, p)
        if claim is not None:
            found.setdefault((voice_of(claim), claim.stance), claim)
    return list(found.values())


def _claim(voice: Quote, stance: Stance, heard: Attribution | None, quote: Quote, speech: Speech, p: float) -> Claim | None:
    """A claim that the rules do not have; None where the voice stands in no sentence."""
    home = next((s for s in speech.segments if s.within == quote.within and s.start <= quote.start < s.end), None)
    if home is None:
        return None
    content = heard.content[0] if heard and heard.content else next((q for q in speech.said if home.start <= q.start < home.end), None)
    return Claim(
        by=(heard and heard.by) or voice,
        speaker=ActorRef(name=voice.words),
        stance=stance,
        about="perpetrator" if stance in _NAMES_AUTHOR else "occurrence",
        quote=home.quote(),
        chain=heard.chain if heard else (),
        value=content,
        p=round(p, 3),
    )


def _with_claims(mention: Mention, claims: tuple[Claim, ...]) -> Mention:
    """The mention with other claims; each perpetrator keeps those of its voices that are left, else it is the outlet's word."""
    at = {voice_of(claim): number for number, claim in enumerate(claims)}

    def renumbered(held: tuple[int, ...]) -> tuple[int, ...]:
        names = [voice_of(mention.claims[n]) for n in held if n >= 0]
        return tuple(sorted(at[name] for name in set(names) if name in at)) or (-1,)

    return replace(mention, claims=claims, perpetrators=tuple(replace(x, asserted_by=renumbered(x.asserted_by)) for x in mention.perpetrators))
