"""What may leave the record: an event or account in, the same as today's policy lets it be shown (or None) out.

The rule: everything that leaves goes through here, by today's data/policy.toml, and what is unclear stays in (fail closed).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from khronika import config
from khronika.text import digest_of, fold
from khronika.types import Account, ActorRef, Event, Held, Participant, Place, Quote, RecordQuery, Voice, When

Profile = Literal["full", "research", "public"]

_NAME = re.compile(r"[^\W\d_a-zа-яіїєґ][\w’'-]*(?:[ \u00a0](?:(?:al|bin|ibn|de|der|den|van|von|da|dos|el)[ -])?[^\W\d_a-zа-яіїєґ][\w’'-]*)+")


class Policy:
    """One profile on one day. `public_names` are the figures whose names are shown (the registry's allow-list)."""

    def __init__(self, profile: Profile, today: dt.date, public_names: Iterable[str] = (), rules: dict[str, Any] | None = None) -> None:
        self._all = rules or config.data("policy.toml")
        self.profile, self.today = profile, today
        self._p = self._all["profile"][profile]
        self._rules = self._all["rules"]
        self._public = {fold(name) for name in public_names}
        self._public_last = {name.split()[-1] for name in self._public if name}
        self._plain = {fold(word) for word in self._all["plain"]["words"]}
        self._sensitive = re.compile(r"\b(?:" + "|".join(self._all["sensitive"]["words"]) + r")\b", re.IGNORECASE)

    @property
    def version(self) -> str:
        return str(self._all["version"])

    @property
    def digest(self) -> str:
        """Digest of the policy in force, for manifests."""
        return digest_of(msgspec.json.encode(self._all, order="deterministic"))[:16]

    # --- names -------------------------------------------------------------------------------------------------------

    def mask(self, words: str, names: Collection[str]) -> str:
        """The words with every name of a private person replaced, also by surname alone and in inflected forms."""
        if not self._p["mask"] or not words:
            return words
        for pattern in sorted({p for name in names for p in self._patterns(name)}, key=len, reverse=True):
            words = re.sub(pattern, self._rules["mask_word"], words)
        word = re.escape(self._rules["mask_word"])
        return re.sub(rf"{word}(?:\s+{word})+", self._rules["mask_word"], words)

    def mask_party(self, words: str, names: Collection[str], known: bool) -> str:
        """As `mask`; in a phrase that is no registered actor, capitalised runs of two words or more go too (fail closed)."""
        words = self.mask(words, names)
        if not self._p["mask"] or known:
            return words
        return _NAME.sub(lambda m: m.group() if self._is_plain(m.group()) else self._rules["mask_word"], words)

    def is_public(self, name: str) -> bool:
        """Whether this person's name is on the allow-list."""
        folded = fold(name)
        return folded in self._public or folded in self._public_last

    def _is_plain(self, phrase: str) -> bool:
        return all(fold(word).removesuffix("'s").removesuffix("’s") in self._plain for word in phrase.split())

    def _patterns(self, name: str) -> Iterable[str]:
        if self.is_public(name) or not name.strip():
            return
        parts = [part for part in re.split(r"[\s\u00a0]+", name) if part]
        yield r"\b" + r"\s+".join(_inflected(part) for part in parts)
        for part in parts:
            if len(part) > 2 and part[:1].isupper() and fold(part) not in self._public_last and fold(part) not in self._plain:
                yield r"\b" + _inflected(part)

    # --- events ------------------------------------------------------------------------------------------------------

    def is_held_back(self, event: Event) -> bool:
        """Whether an event is too fresh to be shown at all, in counts too."""
        if not self._p["hold_back"]:
            return False
        days = self._rules["hold_back_days_military" if self._is_military(event) else "hold_back_days"]
        latest = event.when.value.end
        return latest is not None and latest > self.today - dt.timedelta(days=days)

    def show_event(self, event: Event, names: Collection[str]) -> Event | None:
        """The event as it may be shown, or None.

        Args:
            names: the persons' names in the texts of its accounts (`names_of`).
        """
        if self._p["reviewed_only"] and event.review == "machine" or self.is_held_back(event):
            return None
        if not self._p["mask"]:
            return event
        private = self._is_sensitive(event)

        def phrase(value: Participant) -> Participant:
            return self._participant(value, names)

        return replace(
            event,
            where=replace(event.where, value=self._place(event.where.value, private or self._is_military(event))),
            when=replace(event.when, value=self._when(event.when.value, private)),
            perpetrators=Held(
                value=tuple(self._actor(actor, names) for actor in event.perpetrators.value),
                rule=event.perpetrators.rule,
                supported_by=event.perpetrators.supported_by,
                disputed_by=event.perpetrators.disputed_by,
            ),
            targets=() if private else tuple(map(phrase, event.targets)),
            victims=() if private else tuple(map(phrase, event.victims)),
            weapons=() if private else tuple(map(phrase, event.weapons)),
            voices=() if private else tuple(self._voice(voice, names) for voice in event.voices),
            sources=() if private else event.sources,
        )

    def show_account(self, account: Account, names: Collection[str]) -> Account | None:
        """The account as it may be shown: its words masked and shortened. None for sensitive kinds outside `full`."""
        if not self._p["mask"]:
            return account
        mention = account.mention
        if self._is_private_kind(mention.kind, mention.detained is not None, [q.words for q in mention.evidence]):
            return None

        def quote(value: Quote) -> Quote:
            return replace(value, words=self.shorten(self.mask(value.words, names)))

        def party(value: Participant) -> Participant:
            return self._participant(value, names)

        return replace(
            account,
            where=self._place(account.where, bool(mention.kind in self._all["military"]["kinds"])),
            title=self.mask(account.title, names) if account.title else None,
            mention=replace(
                mention,
                trigger=quote(mention.trigger),
                evidence=tuple(map(quote, mention.evidence)),
                perpetrators=tuple(map(party, mention.perpetrators)),
                targets=tuple(map(party, mention.targets)),
                victims=tuple(map(party, mention.victims)),
                claims=tuple(
                    replace(
                        claim,
                        by=replace(claim.by, words=self.mask_party(claim.by.words, names, bool(claim.speaker and claim.speaker.id))),
                        chain=tuple(map(quote, claim.chain)),
                        quote=quote(claim.quote),
                        value=quote(claim.value) if claim.value else None,
                        speaker=self._actor(claim.speaker, names) if claim.speaker else None,
                        origin=self.mask(claim.origin, names) if claim.origin else None,
                    )
                    for claim in mention.claims
                ),
            ),
        )

    def shorten(self, words: str) -> str:
        """At most as many words as may be quoted of a text with a closed licence."""
        parts = words.split()
        limit = self._rules["quote_words"]
        return words if len(parts) <= limit else " ".join(parts[:limit]) + " …"

    def _participant(self, value: Participant, names: Collection[str]) -> Participant:
        words = self.mask_party(value.quote.words, names, bool(value.actor and value.actor.id))
        return replace(value, quote=replace(value.quote, words=self.shorten(words)), actor=self._actor(value.actor, names) if value.actor else None)

    def _actor(self, actor: ActorRef, names: Collection[str]) -> ActorRef:
        return actor if actor.id else replace(actor, name=self.mask_party(actor.name, names, False))

    def _voice(self, voice: Voice, names: Collection[str]) -> Voice:
        return replace(
            voice,
            speaker=self.mask_party(voice.speaker, names, bool(voice.actor)),
            origin=voice.origin if voice.actor else self.mask_party(voice.origin, names, False),
            value=self.shorten(self.mask(voice.value, names)) if voice.value else None,
            words=self.shorten(self.mask(voice.words, names)),
        )

    def _place(self, place: Place | None, coarse: bool) -> Place | None:
        """No finer than settlement; small settlements and sensitive cases: the region, without a point."""
        if place is None or not self._p["coarsen"] or place.precision in ("region", "country"):
            return place
        small = place.population is None or place.population < self._rules["least_population"]
        if coarse or place.precision == "site" and place.population is None or small:
            name = place.admin1 or place.country or "withheld"
            precision: Literal["region", "country"] = "region" if place.admin1 else "country"
            return Place(name=name, precision=precision, country=place.country, admin1=place.admin1, reason="coarsened by policy")
        return replace(place, precision="settlement" if place.precision == "site" else place.precision, quote=None)

    def _when(self, when: When, private: bool) -> When:
        if not private or when.start is None or when.end is None:
            return when
        start = when.start - dt.timedelta(days=when.start.weekday())
        return replace(when, start=start, end=start + dt.timedelta(days=6), quote=None, reason="week only, by policy")

    def _is_military(self, event: Event) -> bool:
        rules = self._all["military"]
        return event.kind.value in rules["kinds"] or any(target.kind in rules["target_kinds"] for target in event.targets)

    def _is_sensitive(self, event: Event) -> bool:
        words = [p.quote.words for p in (*event.victims, *event.targets)]
        return self._is_private_kind(event.kind.value, event.detained is not None, words)

    def _is_private_kind(self, kind: str, detained: bool, words: Iterable[str]) -> bool:
        rules = self._all["sensitive"]
        return kind in rules["kinds"] or detained and kind in rules["detained_private"] or any(self._sensitive.search(text) for text in words)


def names_of(query: RecordQuery, document_ids: Iterable[str]) -> frozenset[str]:
    """The persons' names that the extractor found in these documents."""
    found: set[str] = set()
    for document_id in document_ids:
        reading = query.reading_of(document_id)
        if reading:
            found |= {" ".join(quote.words.split()) for quote in reading.persons}
    return frozenset(found)


def _inflected(part: str) -> str:
    """A pattern for a name and its inflected forms: up to three letters may follow or change at its end."""
    if part[-1:].isascii():
        return re.escape(part) + r"(?:['’]s)?\b"
    return re.escape(part[:-1] if len(part) > 4 else part) + r"\w{0,4}\b"
