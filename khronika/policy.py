"""What may leave the record: an event or account in, the same as today's policy lets it be shown (or None) out.

The rule: everything that leaves goes through here, by today's data/policy.toml, and what is unclear stays in (fail closed).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping
from copy import copy
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec.structs import replace

from khronika import casing, config, masking
from khronika.masking import Masker
from khronika.text import Span, digest_of, fold, words_of
from khronika.types import Account, ActorRef, Claim, Event, Held, Mention, Participant, Place, Quote, RecordQuery, Toll, Voice, When

Profile = Literal["full", "research", "public"]
Names = Collection[str]
READ = ("actors.toml", "actor_heads.toml", "demonyms.toml", "lexicon/en/casing.json", "lexicon/en/persons.toml", "place/areas.toml", "place/countries.toml", "place/en.toml", "place/regions.tsv", "policy.toml")
"""The files of khronika/data that decide what is masked."""


class Policy:
    """One profile on one day.

    Args:
        public_names: the figures whose names are shown, with all their aliases (the registry's allow-list).
        licences: source id to its licence (`config.read_sources`); what is missing or None is closed.
        rules: in place of data/policy.toml.
    """

    def __init__(
        self,
        profile: Profile,
        today: dt.date,
        public_names: Iterable[str] = (),
        rules: dict[str, Any] | None = None,
        licences: Mapping[str, str | None] | None = None,
    ) -> None:
        self._all = rules or config.data("policy.toml")
        self.profile, self.today = profile, today
        self._p = self._all["profile"][profile]
        self._rules = self._all["rules"]
        self._public_names = tuple(public_names)
        self._licences = dict(licences or {})
        self._sensitive = _words_pattern(self._all["sensitive"]["words"])
        self._harmless = _words_pattern(self._all["sensitive"]["harmless"])
        self._military = _words_pattern(self._all["military"]["words"])
        self._painful = _words_pattern(self._all["painful"]["words"])

    def on(self, day: dt.date) -> Policy:
        """The same policy on another day."""
        other = copy(self)
        other.today = day
        return other

    @cached_property
    def _masker(self) -> Masker:
        return Masker(self._all, self._public_names)

    @property
    def version(self) -> str:
        return str(self._all["version"])

    @property
    def digest(self) -> str:
        """Digest of the policy in force, for manifests."""
        return digest_of(msgspec.json.encode(self._all, order="deterministic"))[:16]

    @property
    def stamp(self) -> str:
        """Digest of all that decides what is shown: the policy, the allow-list, the licences, code and word lists; where all is shown, nothing does."""
        if not (self._p["mask"] or self._p["coarsen"] or self._p["hold_back"] or self._p["reviewed_only"]):
            return self.profile
        licences = [f"{source} {licence}" for source, licence in sorted(self._licences.items())]
        return digest_of(_means(), self.digest, self.profile, *sorted(self._public_names), "", *licences)[:16]

    # --- words -------------------------------------------------------------------------------------------------------

    def mask(self, words: str, names: Names) -> str:
        """The words of a sentence with every name of a private person replaced, those that nobody listed too (fail closed)."""
        if not self._p["mask"] or not words:
            return words
        return self._masker.mask(words, names, self._rules["mask_word"])

    def mask_party(self, words: str, names: Names, known: bool) -> str:
        """As `mask`, for a phrase that names a participant or speaker; unless it is a registered actor, a lone unknown capitalised word goes too."""
        if not self._p["mask"] or not words:
            return words
        return self._masker.mask(words, names, self._rules["mask_word"], strict=not known)

    def is_public(self, name: str) -> bool:
        """Whether this person's name is on the allow-list."""
        return self._masker.is_public(name)

    def shorten(self, words: str, source: str | None = None) -> str:
        """At most as many words as may be quoted of a text whose licence is closed or unknown; all of them where the source's licence is open."""
        if self._is_open(source):
            return words
        parts, limit = words.split(), self._rules["quote_words"]
        cut = words if len(parts) <= limit else " ".join(parts[:limit]) + " …"
        return cut if len(cut) <= 16 * limit else cut[: 16 * limit] + " …"  # a script without blanks

    def show_words(self, words: str, names: Names, source: str | None = None) -> str:
        """A sentence of a text as it may be quoted: masked, then shortened."""
        return self.shorten(self.mask(words, names), source) if self._p["mask"] else words

    def _is_open(self, source: str | None) -> bool:
        licence = self._licences.get(source or "")
        return bool(licence) and fold(licence or "").startswith(tuple(self._rules["open_licences"]))

    def _phrase(self, words: str, names: Names, known: bool = False) -> str:
        return self.shorten(self.mask_party(words, names, known))

    # --- texts -------------------------------------------------------------------------------------------------------

    def may_show_text(self, source: str | None) -> bool:
        """Whether the whole text of a source may be shown (masked outside `full`)."""
        return not self._p["mask"] or self._is_open(source)

    def withheld(self, body: str, names: Names, places: Names = ()) -> list[Span]:
        """Where a text names what may not be shown: persons, and these places; in order, they may overlap."""
        if not self._p["mask"]:
            return []
        found = [match.span() for place in places for match in self._place_pattern(place).finditer(body)]
        return sorted([*self._masker.spans(body, names), *found])

    def places_withheld(self, before: Account, after: Account) -> frozenset[str]:
        """The words of an account's place that is shown coarser than it is."""
        return self._hidden(before.where, after.where)

    def is_painful(self, words: str) -> bool:
        """Whether words tell of torture or sexual violence, so that pages fold them."""
        return self._painful.search(words) is not None

    def show_link(self, url: str | None, names: Names) -> str | None:
        """The address of a text as it may be given, None where it is none of the web; its host alone where the path may name a private person."""
        try:
            parts = urlsplit(url or "")
            host = parts.hostname
        except ValueError:
            return None
        if parts.scheme not in ("http", "https") or not host:
            return None
        said = {word for word in words_of(unquote(f"{parts.path} {parts.query} {parts.fragment}").replace("_", " ")) if not word.isdigit()}
        private = [name for name in names if not self.is_public(name)]
        named = {word for name in private for word in words_of(name) if len(word) > 2}
        is_foreign = any(not fold(name).isascii() for name in private) and any(len(word) > 3 for word in said)  # could be written in Latin letters
        if self._p["mask"] and (is_foreign or said & named or any(map(self._masker.is_given, said))):
            return f"{parts.scheme}://{host}/"
        return url

    # --- events ------------------------------------------------------------------------------------------------------

    def is_held_back(self, event: Event, last_told: dt.date | None = None) -> bool:
        """Whether an event is not to be shown at all, in counts too: too fresh, or said to endanger somebody.

        Args:
            last_told: the day of its newest account, by which an event without a day is judged.
        """
        first = self.shown_from(event, last_told)
        return event.hidden and self.profile != "full" or first is None or first > self.today

    def shown_from(self, event: Event, last_told: dt.date | None = None) -> dt.date | None:
        """The first day on which an event may be shown, unless it is hidden; None: on no day. `last_told` as in `is_held_back`."""
        if not self._p["hold_back"]:
            return dt.date.min
        days = self._rules["hold_back_days_military" if self._is_military_event(event) else "hold_back_days"]
        latest = event.when.value.end or event.when.value.start or last_told
        if latest is None:
            return None if self._p["hold_back_undated"] else dt.date.min
        return latest + dt.timedelta(days=days) if latest < dt.date.max - dt.timedelta(days=days) else None

    def show_event(self, event: Event, names: Names, last_told: dt.date | None = None) -> Event | None:
        """The event as it may be shown, or None.

        Args:
            names: the persons' names in the texts of its accounts (`names_of`).
            last_told: as in `is_held_back`.
        """
        if self._p["reviewed_only"] and event.review == "machine" or self.is_held_back(event, last_told):
            return None
        if not self._p["mask"]:
            return event
        private = self.is_sensitive(event)
        place = self._place(event.where.value, names, private or self._is_military_event(event))
        hidden = self._hidden(event.where.value, place)
        origins = {origin: f"origin {n}" for n, origin in enumerate(dict.fromkeys(voice.origin for voice in event.voices), 1)}

        def parties(values: tuple[Participant, ...]) -> tuple[Participant, ...]:
            return () if private else tuple(self._participant(value, names, hidden) for value in values)

        shown = replace(
            event,
            where=_held(event.where, place),
            when=_held(event.when, self._when(event.when.value, names, private)),
            perpetrators=_held(event.perpetrators, tuple(self._actor(actor, names) for actor in event.perpetrators.value)),
            targets=parties(event.targets),
            victims=parties(event.victims),
            weapons=parties(event.weapons),
            tolls_of={} if private else {self._hide(self._phrase(of, names), hidden): value for of, value in event.tolls_of.items()},
            voices=() if private else tuple(self._voice(voice, names, hidden, origins) for voice in event.voices),
            sources=() if private else tuple(self._outlet(source, names) for source in event.sources),
            shared_tolls=() if private else event.shared_tolls,
        )
        return _without_ids(shown) if private else shown

    def show_account(self, account: Account, names: Names, event: Event | None = None) -> Account | None:
        """The account as it may be shown: its words masked and shortened. None for sensitive kinds outside `full`.

        Args:
            event: the event that it belongs to, which may be sensitive or coarse for what other accounts say.
        """
        if not self._p["mask"]:
            return account
        if self._is_private(account.mention) or event is not None and (event.hidden or self.is_sensitive(event)):
            return None
        coarse = self._is_military(account.mention.kind, (*account.mention.targets, *account.mention.victims))
        place = self._place(account.where, names, coarse or event is not None and self._is_military_event(event))
        hidden = self._hidden(account.where, place)
        return replace(
            account,
            mention=self._mention(account.mention, names, hidden, account.source),
            when=self._when(account.when, names, False),
            where=place,
            title=self._hide(self.show_words(account.title, names, account.source), hidden) if account.title else None,
            source=self._outlet(account.source, names) if account.source else None,
            typed_by="an editor" if account.typed_by else None,
        )

    def bodies_of(self, event: Event) -> tuple[str, ...]:
        """The actors of an event as shown that a reader may look for; outside `full` registered bodies only, since nobody is searched for by name."""
        found = {actor.name: actor.id for actor in event.perpetrators.value} | {voice.speaker: voice.actor for voice in event.voices}
        return tuple(name for name, id in found.items() if not self._p["mask"] or id and (_registered().get(id) or id.split("-")[0] in _heads()))

    def is_sensitive(self, event: Event) -> bool:
        """Whether an event tells of sexual violence, the detention of private persons or harm to children: region and week only."""
        words = [*(p.quote.words for p in (*event.victims, *event.targets)), *event.tolls_of]
        words += [text for voice in event.voices for text in (voice.words, voice.value or "", voice.speaker)]
        return self._is_private_kind(event.kind.value, event.detained is not None, event.targets, words)

    def _is_private(self, mention: Mention) -> bool:
        pieces = (*mention.evidence, mention.trigger, *(p.quote for p in (*mention.victims, *mention.targets)))
        words = [*(piece.words for piece in pieces), *(claim.quote.words for claim in mention.claims), *(claim.by.words for claim in mention.claims)]
        return self._is_private_kind(mention.kind, mention.detained is not None, mention.targets, words)

    def _is_private_kind(self, kind: str, detained: bool, targets: Iterable[Participant], words: Iterable[str]) -> bool:
        rules = self._all["sensitive"]
        kinds = {target.kind for target in targets}
        is_public_office = bool(kinds) and kinds <= set(rules["unless_target"])
        if kind in rules["kinds"] and kind not in rules["detention"] or (detained or kind in rules["detention"]) and not is_public_office:
            return True
        return any(self._sensitive.search(self._harmless.sub("", text)) for text in words)

    def _is_military_event(self, event: Event) -> bool:
        return self._is_military(event.kind.value, (*event.targets, *event.victims))

    def _is_military(self, kind: str, hit: Iterable[Participant]) -> bool:
        rules = self._all["military"]
        return kind in rules["kinds"] or any(value.kind in rules["target_kinds"] or self._military.search(value.quote.words) for value in hit)

    # --- pieces ------------------------------------------------------------------------------------------------------

    def _mention(self, mention: Mention, names: Names, hidden: Names, source: str | None) -> Mention:
        def quote(value: Quote) -> Quote:
            return replace(value, words=self._hide(self.show_words(value.words, names, source), hidden))

        def parties(values: tuple[Participant, ...]) -> tuple[Participant, ...]:
            return tuple(self._participant(value, names, hidden) for value in values)

        def toll(value: Toll | None) -> Toll | None:
            if value is None:
                return None
            of = self._phrase(value.of, names) if value.of else None
            return replace(value, quote=quote(value.quote) if value.quote else None, of=of, parts=tuple(part for p in value.parts if (part := toll(p))))

        def claim(value: Claim) -> Claim:
            known = bool(value.speaker and self._is_shown(value.speaker))
            by = self._hide(self._phrase(value.by.words, names, known), hidden)
            return replace(
                value,
                by=replace(value.by, words=by),
                chain=tuple(replace(link, words=self._hide(self._phrase(link.words, names), hidden)) for link in value.chain),
                quote=quote(value.quote),
                value=replace(value.value, words=self._hide(self._phrase(value.value.words, names), hidden)) if value.value else None,
                killed=toll(value.killed),
                injured=toll(value.injured),
                speaker=self._actor(value.speaker, names) if value.speaker else None,
                origin=self._origin(value.origin, value.by.words, by, self._rules["mask_word"]) if value.origin else None,
            )

        return replace(
            mention,
            trigger=quote(mention.trigger),
            evidence=tuple(map(quote, mention.evidence)),
            when_words=tuple(map(quote, mention.when_words)),
            where_words=tuple(map(quote, mention.where_words)),
            perpetrators=parties(mention.perpetrators),
            targets=parties(mention.targets),
            victims=parties(mention.victims),
            weapons=parties(mention.weapons),
            killed=toll(mention.killed),
            injured=toll(mention.injured),
            detained=toll(mention.detained),
            claims=tuple(map(claim, mention.claims)),
        )

    def _participant(self, value: Participant, names: Names, hidden: Names) -> Participant:
        words = self._phrase(value.quote.words, names, bool(value.actor and self._is_shown(value.actor)))
        actor = self._actor(value.actor, names) if value.actor else None
        return replace(value, quote=replace(value.quote, words=self._hide(words, hidden)), actor=actor)

    def _actor(self, actor: ActorRef, names: Names) -> ActorRef:
        shown = replace(actor, reason=self.mask(actor.reason, names)) if actor.reason else actor
        if self._is_shown(actor):
            return shown
        is_private = _registered().get(actor.id or "") is False  # a person in the registry who is off the allow-list: the id tells the name
        return replace(shown, id=None if is_private else actor.id, name=self.mask_party(actor.name, {*names, actor.name} if is_private else names, False))

    def _is_shown(self, actor: ActorRef) -> bool:
        """Whether an actor's name may stand: a registered body, or a figure on the allow-list."""
        if not actor.id:
            return False
        known = _registered().get(actor.id)
        return self.is_public(actor.name) if known is False else bool(known) or actor.id.split("-")[0] in _heads()

    def _voice(self, voice: Voice, names: Names, hidden: Names, origins: Mapping[str, str]) -> Voice:
        own = voice.claim_id.endswith(":-1") or voice.speaker == voice.source
        known = bool(voice.actor and self._is_shown(ActorRef(name=voice.speaker, id=voice.actor)))
        speaker = self._outlet(voice.speaker, names) if own else self._hide(self._phrase(voice.speaker, names, known), hidden)
        is_outlet = own and voice.origin == voice.source
        is_code = voice.side is not None and (len(voice.side) == 2 and voice.side.isupper() or voice.side in _registered() or voice.side in _parties())
        return replace(
            voice,
            speaker=speaker,
            actor=None if voice.actor and _registered().get(voice.actor) is False and not known else voice.actor,
            origin=speaker if is_outlet else self._origin(voice.origin, voice.speaker, speaker, origins[voice.origin]),
            side=voice.side if is_code else None,
            value=self._hide(self._phrase(voice.value, names), hidden) if voice.value else None,
            words=self._hide(self.show_words(voice.words, names, voice.source), hidden),
            source=self._outlet(voice.source, names) if voice.source else None,
        )

    def _origin(self, origin: str, speaker: str, shown: str, otherwise: str) -> str:
        """An origin is a registry id or folded words, in which no capital tells a name: those of the speaker as shown, else a number."""
        if self._is_shown(ActorRef(name=origin, id=origin)) or origin in self._licences or origin.startswith("document "):
            return origin
        return fold(shown) if origin == fold(speaker) else otherwise

    def _outlet(self, source: str, names: Names) -> str:
        """An outlet's name; a channel named for a private person is masked."""
        return source if source in self._licences else self._masker.mask(source, names, self._rules["mask_word"], closed=False)

    def _place(self, place: Place | None, names: Names, coarse: bool) -> Place | None:
        """No finer than settlement; small settlements and sensitive cases: the region, without a point."""
        if place is None or not self._p["coarsen"]:
            return place
        if place.precision in ("region", "country"):
            return replace(place, quote=None, reason=self.mask(place.reason, names))
        small = place.population is None or place.population < self._rules["least_population"]
        if coarse or small:
            name = place.admin1 or place.country or "withheld"
            precision: Literal["region", "country"] = "region" if place.admin1 else "country"
            return Place(name=name, precision=precision, country=place.country, admin1=place.admin1, reason="coarsened by policy")
        return replace(place, precision="settlement" if place.precision == "site" else place.precision, quote=None, reason=self.mask(place.reason, names))

    def _hidden(self, place: Place | None, shown: Place | None) -> frozenset[str]:
        """The words of a place that is shown coarser: they go from the quotes too."""
        if place is None or shown is None or place.precision in ("region", "country") or shown.precision not in ("region", "country"):
            return frozenset()
        return frozenset({place.name, *([place.quote.words] if place.quote else [])})

    def _hide(self, words: str, hidden: Names) -> str:
        for name in sorted(hidden, key=len, reverse=True):
            words = self._place_pattern(name).sub(self._rules["place_word"], words)
        return words

    @staticmethod
    def _place_pattern(name: str) -> re.Pattern[str]:
        """A place's name in its case endings."""
        latin = name[-1:].isascii()
        stem, ending = re.escape(name if latin or len(name) < 5 else name[:-1]), "" if latin else r"[^\W_]{0,3}"
        return re.compile(rf"(?<!\w){stem}{ending}(?!\w)", re.IGNORECASE)

    def _when(self, when: When, names: Names, private: bool) -> When:
        """The days; for sensitive kinds whole weeks, without the words and values that tell the day."""
        if not private:
            quote = replace(when.quote, words=self.show_words(when.quote.words, names)) if when.quote else None
            return replace(when, quote=quote, reason=self.mask(when.reason, names))
        start = when.start - dt.timedelta(days=when.start.weekday()) if when.start else None
        end = when.end + dt.timedelta(days=6 - when.end.weekday()) if when.end else None
        return When(basis=when.basis, reason="week only, by policy", start=start, end=end, granularity="week", p=when.p)


def names_of(query: RecordQuery, document_ids: Iterable[str]) -> frozenset[str]:
    """The persons' names that the extractor found in these documents."""
    return frozenset().union(*names_by_document(query, document_ids).values())


def names_by_document(query: RecordQuery, document_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """The persons' names that the extractor found in each of these documents; one that has none or no reading is left out."""
    read = query.readings_of(document_ids)
    return {id: frozenset(" ".join(quote.words.split()) for quote in reading.persons) for id, reading in read.items() if reading.persons}


def _held(held: Held[Any], value: Any) -> Held[Any]:
    return Held(value=value, rule=held.rule, supported_by=held.supported_by, disputed_by=held.disputed_by)


def _without_ids(event: Event) -> Event:
    """The event with its accounts numbered: their ids are digests, which lead whoever holds a copy of a text to its outlet and words."""
    held = {name: Held(value=value.value, rule=value.rule) for name in event.__struct_fields__ if isinstance(value := getattr(event, name), Held)}
    return replace(event, account_ids=tuple(f"{event.id}.{n}" for n, _ in enumerate(event.account_ids, 1)), **held)


def _words_pattern(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(words) + r")(?!\w)", re.IGNORECASE)


@cache
def _means() -> str:
    """Digest of the code and the word lists that mask."""
    return digest_of(*(path.read_bytes() for path in (Path(__file__), Path(masking.__file__), Path(casing.__file__), *(config.DATA / name for name in READ))))


@cache
def _registered() -> dict[str, bool]:
    """Registry ids; False for persons, whose names the allow-list must hold."""
    return {actor["id"]: not actor.get("person", False) for actor in config.data("actors.toml")["actor"]}


@cache
def _heads() -> frozenset[str]:
    """First parts of the ids that are made from a head word and a country ("mil-ru")."""
    return frozenset(head["id"] for head in config.data("actor_heads.toml")["head"])


@cache
def _parties() -> frozenset[str]:
    """The sides that sources speak for."""
    return frozenset(source.party for source in config.read_sources().values() if source.party)
