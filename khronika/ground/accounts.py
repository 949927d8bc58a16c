"""A reading in, accounts out: each mention set into space, time and names, each claim followed to its origin.

The rule: grounding adds and never rewrites what the words say; what cannot be resolved keeps its words and a reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from khronika.ground.actors import Registry
from khronika.ground.gazetteer import Gazetteer
from khronika.ground.owners import Owners
from khronika.ground.place import places_of_reading
from khronika.ground.when import when_of_mentions
from khronika.text import digest_of, fold
from khronika.types import (
    Account,
    ActorRef,
    Assessment,
    Claim,
    Document,
    Forecast,
    Mention,
    Participant,
    Place,
    Quote,
    Reading,
    Source,
    Text,
)


class Grounded(msgspec.Struct, frozen=True, kw_only=True):
    """What a reading means: accounts, assessments with speakers, days and places, forecasts with their speakers."""

    accounts: tuple[Account, ...]
    assessments: tuple[Assessment, ...]
    forecasts: tuple[Forecast, ...]


class Grounding:
    """Holds the gazetteer, the registry of actors and the sources; one a process."""

    def __init__(self, gazetteer: Gazetteer, registry: Registry, sources: Mapping[str, Source]) -> None:
        self._gazetteer = gazetteer
        self._registry = registry
        self._sources = sources
        self._by_name = {fold(name): source for source in sources.values() for name in (source.id, source.name, *source.aliases, *source.hosts)}

    def source_of(self, name: str | None) -> Source | None:
        """The registered publisher under an id, name, alias or host."""
        return self._by_name.get(fold(name).removeprefix("www.")) if name else None

    def ground(self, reading: Reading, text: Text, document: Document) -> Grounded:
        """Accounts of all mentions, in the order of the reading."""
        source = self.source_of(document.source)
        judged = _as_mentions(reading)
        days, judged_days = when_of_mentions(text, reading), when_of_mentions(text, judged)
        places, judged_places = places_of_reading(text, reading, judged, self._gazetteer, source.country if source else None)
        accounts, owners = [], Owners(self._registry, text.body)
        for mention, when, where in zip(reading.mentions, days, places, strict=True):
            country = where.country if where else None
            named = self._name_parties(mention, country, when.start, owners)
            accounts.append(
                Account(
                    id=digest_of("account", document.id, mention.id),
                    document_id=document.id,
                    mention=named,
                    when=when,
                    where=_anchored(where, text),
                    source=document.source,
                    party=source.party if source else None,
                    published=document.published or text.published,
                    title=text.title,
                )
            )
        return Grounded(
            accounts=tuple(accounts),
            assessments=tuple(
                replace(a, speaker=self._registry.match(a.by.words) if a.by else None, when=when, where=_anchored(where, text))
                for a, when, where in zip(reading.assessments, judged_days, judged_places, strict=True)
            ),
            forecasts=tuple(replace(f, speaker=self._registry.match(f.by.words)) if f.by else f for f in reading.forecasts),
        )

    def _name_parties(self, mention: Mention, country: str | None, on: dt.date | None, owners: Owners) -> Mention:

        def actor(quote: Quote) -> ActorRef:
            owner = owners.country_of(quote.words, quote.start if quote.within == "body" else 0, country)
            return self._registry.match(quote.words, on, owner, owners.tells_of)

        def speaker(claim: Claim) -> ActorRef:
            """Who speaks, by the fullest words that the reading has for the voice."""
            return actor(replace(claim.by, words=claim.speaker.name) if claim.speaker else claim.by)

        def name(values: tuple[Participant, ...]) -> tuple[Participant, ...]:
            return tuple(value if value.actor else replace(value, actor=actor(value.quote)) for value in values)

        return replace(
            mention,
            perpetrators=name(mention.perpetrators),
            targets=name(mention.targets),
            claims=tuple(self._trace(claim, speaker(claim)) for claim in mention.claims),
        )

    def _trace(self, claim: Claim, speaker: ActorRef) -> Claim:
        """The claim with its speaker and its origin, the far end of the chain."""
        return replace(claim, speaker=speaker, origin=speaker.id or fold(speaker.name))


def _as_mentions(reading: Reading) -> Reading:
    """The assessments as if they were mentions, so that they get days and places by the same rules; their kind says nothing."""
    mentions = tuple(
        Mention(id=f"assessment {n}", text_id=reading.text_id, by=reading.by, trigger=a.quote, kind="other_development", evidence=(a.quote,))
        for n, a in enumerate(reading.assessments)
    )
    return replace(reading, mentions=mentions)


def _anchored(place: Place | None, text: Text) -> Place | None:
    """A place read in the title is quoted from the body where the same words stand there."""
    if place is None or place.quote is None or place.quote.within == "body":
        return place
    at = text.body.find(place.quote.words)
    if at < 0:
        return place
    words = place.quote.words
    return replace(place, quote=Quote(start=at, end=at + len(words), words=words))
