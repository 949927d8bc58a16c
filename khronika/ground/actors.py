"""Phrases in, actors of the registry out: by alias, then by head word and country, else under the source's own words.

The rule: an id is given only where the words carry it; nothing is guessed from what an outlet usually means.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec

from khronika import config
from khronika.errors import DataError
from khronika.text import fold, words_of
from khronika.types import ActorRef, Noun

INTER = frozenset(
    {"State forces", "Rebel group", "Political militia", "Identity militia", "Rioters", "Protesters", "Civilians", "External/Other forces"}
)
"""Kinds of actors, in ACLED's words (inter codes 1 to 8)."""
OF_STATES = frozenset({"pol", "mil", "gov", "court", "border", "mod", "partisans"})
"""Heads whose country may be told by the text around them."""
ARMED = frozenset({"Rebel group", "Political militia", "Identity militia"})
SEVERAL = "several"
"""Instead of a country's code, where the words join two ("Russian and Syrian warplanes")."""


class Actor(Noun, frozen=True, kw_only=True):
    """One entry of data/actors.toml. `public` marks national and international figures, whose names are not masked."""

    id: str
    name: str
    kind: str
    country: str | None = None
    parents: tuple[str, ...] = ()
    aliases: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    shared: tuple[str, ...] = ()
    """Aliases that others bear too: they count in a text that tells of this country ("special operations forces")."""
    governs: tuple[str, ...] = ()
    """Names of the region whose governor and administration this is; aliases come from `governing` of data/actor_heads.toml."""
    also: tuple[str, ...] = ()
    """Ids that a head word and a country would make for the same body ("mod-us"); accounts kept under one of them are read under `id` (record/stored.py)."""
    person: bool = False
    public: bool = False
    backed_by: str | None = None
    """For armed groups: the state on whose side they fight."""
    speaker_only: bool = False
    """Outlets and agencies: they speak, they do not act."""
    acled: str | None = None
    ucdp: str | None = None
    plover: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None


class Head(Noun, frozen=True, kw_only=True):
    """A head word that names an actor together with a country, from data/actor_heads.toml."""

    id: str
    name: str
    kind: str
    words: tuple[str, ...]
    plover: str | None = None
    backed: bool = False
    at_home: bool = False
    """They act in their own country alone: without a country in the words they are of the one where it happened."""
    with_country: tuple[str, ...] = ()
    """Words that name nobody without a country ("side", "missiles")."""
    unless: tuple[str, ...] = ()
    """Words beside which it is another's ("hospital officials")."""


class Registry:
    """The actors by id and by alias; built once from our files and the user's. `wording` holds the lists of data/actor_heads.toml."""

    def __init__(self, actors: Iterable[Actor], heads: Iterable[Head], countries: dict[str, Any], wording: dict[str, str]) -> None:
        self.wording = {name: frozenset(words.split()) for name, words in wording.items() if name != "governing"}
        self.actors = {actor.id: actor for actor in actors}
        self._also = {id: actor for actor in self.actors.values() for id in actor.also}
        self._heads = [(tuple(words_of(word)), head) for head in heads for word in (*head.words, *head.with_country)]
        self._heads.sort(key=lambda pair: -len(pair[0]))
        self._ranked: dict[str, list[tuple[int, tuple[str, ...], Head]]] = {}
        """Number, words and entry of the heads by their first word; of two that a phrase holds the lower number counts."""
        for number, (key, head) in enumerate(self._heads):
            self._ranked.setdefault(key[0], []).append((number, key, head))
        self._adjective: dict[tuple[str, ...], str] = {}
        self._name: dict[tuple[str, ...], str] = {}
        self._neutral: dict[str, str] = {}
        self._country: dict[str, str] = {}
        for code, (adjectives, names) in countries.items():
            forms = adjectives.split("|")
            self._neutral[code], self._country[code] = forms[0], names[0]
            self._adjective |= {tuple(words_of(form + plural)): code for form in forms for plural in ("", "s")}
            self._name |= {tuple(_tokens(form)): code for form in names}
        self.country_starts = frozenset(key[0] for key in (*self._adjective, *self._name) if key)
        self._matched: dict[tuple[object, ...], ActorRef] = {}
        self._alias: dict[tuple[str, ...], list[Actor]] = {}
        self._shared: dict[tuple[str, ...], str] = {}
        for actor in self.actors.values():
            country = self._country.get(actor.country or "", "")
            governing = [form.format(region=region, country=country) for region in actor.governs for form in wording["governing"].split("|")]
            for key in {tuple(_tokens(alias)) for alias in (*names_of(actor), *actor.shared, *governing)}:
                self._alias.setdefault(key, []).append(actor)
            self._shared |= {tuple(_tokens(alias)): actor.country or "" for alias in actor.shared}
        self._forces = {word for key, head in self._heads if head.id == "mil" for word in key if len(key) == 1}
        self._longest = max((len(key) for key in self._alias), default=1)

    def match(self, words: str, on: dt.date | None = None, country: str | None = None, told: Callable[[str], bool] | None = None) -> ActorRef:
        """Who the words name.

        Args:
            words: the phrase as the source has it, in any registered language.
            on: the day, for entries that are valid for a time only.
            country: ISO code of where it happened, for words without a country ("the police").
            told: whether the text around them tells of a country, for aliases that several bear; None: unknown.
        """
        tokens = self._core(plain_tokens(words))
        refused = frozenset(key for key, code in self._shared.items() if told and key[0] in tokens and _contains(tokens, key) and not told(code))
        found = self._matched.get((words, country, refused)) or self._matched.get((words, country, refused, on))
        if found is None:
            if len(self._matched) > 20_000:
                self._matched.clear()
            owners = frozenset(map(fold, _OWNER.findall(words)))
            actor, is_lasting = self._by_alias(tokens, on, refused | self._namesakes(words), owners)
            found = self._alone(words, self._ref_of(actor, words, tokens, country), on)
            self._matched[(words, country, refused) if is_lasting else (words, country, refused, on)] = found
        return found

    def _namesakes(self, words: str) -> set[tuple[str, ...]]:
        """Surnames behind a first name ("Anna Putin"): of the registry's person only where the whole name is an alias."""
        pairs = ((fold(first), fold(last)) for first, last in _NAME.findall(words))
        strange = {(last,) for first, last in pairs if first not in self.wording["titles"] and first not in self.country_starts}
        return {key for key in strange if any(actor.person for actor in self._alias.get(key, ()))}

    def _core(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        """The phrase without those whom it only stands by ("officials loyal to Moscow")."""
        for at in range(1, len(tokens) - 1):
            if tokens[at] in self.wording["beside"] and tokens[at + 1] in ("to", "with"):
                return tokens[:at]
        return tokens

    def _alone(self, words: str, found: ActorRef, on: dt.date | None) -> ActorRef:
        """What was found, unless the words name two actors ("the army and the rebels") and it is one of them."""
        whole = plain_tokens(words)
        whole = whole[: self._aside(whole)]
        joints = [at for at, token in enumerate(whole) if token == "and"]
        if found.id is None or not joints:
            return found
        parts = [whole[start + 1 : end] for start, end in zip([-1, *joints], [*joints, len(whole)], strict=True)]
        is_person = self._is_person(found.id)
        country, ids = self._find_country(whole)[0] or found.country, set[str]()
        for tokens in parts:
            actor = self._by_alias(tokens, on)[0]
            ref = None if actor or is_person else self._by_head(tokens, country)  # "Zelensky, president and commander" is one
            ids |= {actor.id} if actor else {ref.id} if ref and ref.id else set()
        related = {parent for id in ids if id in self.actors for parent in self.actors[id].parents}
        if len(ids - related) < 2 or found.id not in ids:
            return found
        if is_person and sum(map(self._is_person, ids)) > 1:  # "the heads of the DPR and LPR, ... and ...": what they head
            before = whole[: self._first_person(whole)]
            actor = self._by_alias(before, on)[0]
            if actor:
                return self._ref_of(actor, words, before, None)
        return ActorRef(name=_plain(words), reason="names several actors")

    def _is_person(self, id: str) -> bool:
        return id in self.actors and self.actors[id].person

    def _first_person(self, tokens: tuple[str, ...]) -> int:
        """Where the first person of the registry is named."""
        keys = [(at, length) for at in range(len(tokens)) for length in range(1, self._longest + 1)]
        return next((at for at, length in keys if any(actor.person for actor in self._alias.get(tokens[at : at + length], ()))), len(tokens))

    def _ref_of(self, actor: Actor | None, words: str, tokens: tuple[str, ...], country: str | None) -> ActorRef:
        aside = self._aside(tokens)
        if actor and not actor.person and aside < len(tokens) and self._by_alias(tokens[:aside], None)[0] is None:
            actor_before = self._by_head(tokens[:aside], None)  # "Russia's ambassador to the UN"
            if actor_before:
                return actor_before
        if actor:
            side = actor.backed_by if actor.kind in ARMED else actor.country
            return ActorRef(name=actor.name, id=actor.id, kind=actor.kind, country=side, reason="alias")
        # A name of its own ("Rapid Support Forces") is never taken for the forces of the country where it happened.
        is_name = bool(re.search(r"(?<=\s)[^\W\d_a-zа-яіїєґ]", re.sub(r"^(?:The|A|An)\s", "", words)))
        unnamed = plain_tokens(_SURNAME.sub(r"\1", words))  # "Najib Danish, a spokesman" is no Dane
        reason = "names several actors" if self._find_country(tokens)[0] == SEVERAL else "not in the registry"
        return self._of_person(tokens) or self._by_head(self._core(unnamed), None if is_name else country) or ActorRef(name=_plain(words), reason=reason)

    def _of_person(self, tokens: tuple[str, ...]) -> ActorRef | None:
        """Whose forces or government are called by a person's name: the force that the person leads, or the state's ("the Biden administration")."""
        at = self._first_person(tokens)
        for length in range(min(self._longest, len(tokens) - at), 0, -1):
            person = next((actor for actor in self._alias.get(tokens[at : at + length], ()) if actor.person), None)
            behind = tokens[at + length :]
            if person and set(behind[:1]) & self.wording["bodies"]:
                led = self.actors[person.parents[0]] if person.parents else None
                if led and led.kind != "State forces" and not led.id.startswith(("gov-", "mod-")):
                    return self._ref_of(led, led.name, tokens, None)
                return self._by_head(behind, person.country)
        return None

    def _aside(self, tokens: tuple[str, ...]) -> int:
        """Where the words turn to the place at which somebody sits."""
        return next((at for at, token in enumerate(tokens) if token in self.wording["at"]), len(tokens))

    def _by_alias(
        self, tokens: tuple[str, ...], on: dt.date | None, refused: frozenset[tuple[str, ...]] = frozenset(), owners: frozenset[str] = frozenset()
    ) -> tuple[Actor | None, bool]:
        """The actor of the alias that says most, and whether it is so on any day; a person among `owners` ("the president's envoy") does not speak."""
        best: tuple[tuple[int, int, int, int], Actor] | None = None
        is_lasting = True
        aside = self._aside(tokens)
        for start in range(len(tokens)):
            if start and tokens[start - 1] in self.wording["towards"]:
                continue  # "pro-Kremlin"
            for length in range(min(self._longest, len(tokens) - start), 0, -1):
                key = tokens[start : start + length]
                for actor in () if key in refused else self._alias.get(key, ()):
                    is_lasting = is_lasting and actor.since is None and actor.until is None
                    if not _valid(actor, on) or actor.person and tokens[start + length - 1] in owners or self._is_others(actor, tokens, start, length):
                        continue
                    rank = (int(actor.person), int(start < aside), length, -start)  # "the army's office at the joint centre" is the army's
                    if best is None or rank > best[0]:
                        best = rank, actor
        return (best[1] if best else None), is_lasting

    def _is_others(self, actor: Actor, tokens: tuple[str, ...], start: int, length: int) -> bool:
        """Whether an alias stands behind another country ("Lithuania's border guard service") or before those who are others ("Kremlin critic")."""
        before = self.country_at(tokens[start - 1 : start], 0)[0] if start else None
        behind = set(tokens[start + length : start + length + 1])
        if actor.person:
            return bool(behind & (self.wording["bodies"] | self.wording["staff"] | self.wording["others"]))
        if before and before != actor.country or behind & self.wording["others"] or set(tokens[max(0, start - 1) : start]) & self.wording["former"]:
            return True
        if actor.governs and set(tokens[:start]) & self.wording["installed"]:
            return True
        return actor.id.startswith("gov-") and bool(behind & self._forces)

    def _by_head(self, tokens: tuple[str, ...], country: str | None) -> ActorRef | None:
        code, place = self._find_country(tokens)
        key, head = self.head_of(tokens) or ((), None)
        if code == SEVERAL:
            return None
        if head is None:
            if code and tokens in self._name:
                return self._ref("gov", "{adjective} government", "State forces", code, "country as an actor")
            if code and tokens in self._adjective:
                return self._ref("mil", "{adjective} armed forces", "State forces", code, "adjective alone, as in “Russian shelling”")
            if code and place == len(tokens):
                return self._ref("gov", "{adjective} government", "State forces", code, "country as an actor")
            return None
        backer, is_installed = self._backer(tokens)
        if backer and head.id == "gov":
            occupation = self._ref("occupation", "{adjective} occupation administration", "State forces", backer, "head word and country")
            return occupation if is_installed else None
        if backer and head.backed and (not code or place):
            known = self._also.get(f"{head.id}-{backer.lower()}-backed")
            what = head.name.format(adjective=f"{self._neutral[backer]}-backed", country="")
            id = known.id if known else f"{head.id}-{backer.lower()}-backed"
            return ActorRef(name=known.name if known else what, id=id, kind=head.kind, reason="head word and country")
        if code:
            return self._ref(head.id, head.name, head.kind, code, "head word and country")
        if country in self._neutral and head.id in OF_STATES and " ".join(key) not in head.with_country:
            return self._ref(head.id, head.name, head.kind, country, f"no country in the words; by the text it is {country}")
        return None

    def _backer(self, tokens: tuple[str, ...]) -> tuple[str | None, bool]:
        """The country that those whom the words name are for or from which they have their place, and whether it is the latter."""
        for start in range(len(tokens)):
            code, length = self.country_at(tokens, start)
            behind = set(tokens[start + length : start + length + 1])
            if code and (behind & (self.wording["led"] | self.wording["installed"]) or tokens[start - 1 : start] == ("pro",)):
                return code, bool(behind & self.wording["installed"])
        return None, False

    def head_of(self, tokens: tuple[str, ...]) -> tuple[tuple[str, ...], Head] | None:
        """The head word of a phrase, in its words, and its entry; None too where the words say that it is a former one or another's."""
        inside = set(tokens)
        if inside & self.wording["former"]:
            return None
        held = [one for word in inside & self._ranked.keys() for one in self._ranked[word] if _contains(tokens, one[1])]
        _, key, head = min(held, key=itemgetter(0), default=(0, (), None))
        return (key, head) if head and not inside & set(head.unless) else None

    def names_country(self, tokens: tuple[str, ...]) -> bool:
        """Whether a phrase says which country it is of."""
        return self._find_country(tokens)[0] is not None

    def _ref(self, head: str, name: str, kind: str, code: str, reason: str) -> ActorRef:
        id = f"{head}-{code.lower()}"
        known = self._also.get(id) or self.actors.get(id)
        if known:
            return ActorRef(name=known.name, id=known.id, kind=known.kind, country=code, reason=reason)
        side = code if kind not in ARMED or head == "partisans" else None
        text = name.format(adjective=self._neutral[code], country=self._country[code])
        return ActorRef(name=text, id=id, kind=kind, country=side, reason=reason)

    def _find_country(self, tokens: tuple[str, ...]) -> tuple[str | None, int]:
        """The country that the words name, and how many tokens its name takes (0: an adjective); SEVERAL where two are joined."""
        for start in range(len(tokens)):
            code, length = self.country_at(tokens, start)
            before, behind = set(tokens[max(0, start - 1) : start]), set(tokens[start + length : start + length + 1])
            if not code or behind & (self.wording["led"] | self.wording["installed"]) or before & (self.wording["towards"] | self.wording["at"]):
                continue
            if behind == {"and"} and start + length + 1 < len(tokens):
                other = self.country_at(tokens, start + length + 1)[0]
                if other not in (None, code) or tokens[start + length + 1] in self.wording["blocs"]:
                    return SEVERAL, 0
            return code, 0 if tokens[start : start + length] in self._adjective else length
        return None, 0

    def country_at(self, tokens: tuple[str, ...], start: int) -> tuple[str | None, int]:
        """The country whose name or adjective starts at a token, and how many tokens that takes."""
        if tokens[start] not in self.country_starts:
            return None, 0
        for length in (4, 3, 2, 1):
            piece = tokens[start : start + length]
            code = self._adjective.get(piece) or self._name.get(piece)
            if len(piece) == length and code:
                return code, length
        return None, 0


_OWNER = re.compile(r"(\w+)['’]s?(?=\s+\w|$)")
_NAME = re.compile(r"\b(?=([A-Z][a-z]+)\s+([A-Z][\w-]+))")
_SURNAME = re.compile(r"\b(?!(?:The|A|An)\b)([A-Z][a-z]+) [A-Z][a-z]+(?=,)")


@lru_cache(maxsize=8192)
def plain_tokens(words: str) -> tuple[str, ...]:
    """Folded words of a phrase without articles and possessive endings; "U.S." is one. Kept, since whose it is and who it is both begin with them."""
    return tuple(_tokens(words))


def _tokens(words: str) -> list[str]:
    found = words_of(re.sub(r"['’]s\b", "", words).replace("U.S.", "US").replace("U.K.", "UK").replace("U.N.", "UN"))
    return [word for word in found if word != "the"]


def names_of(actor: Actor) -> set[str]:
    """Its name and its aliases in all languages."""
    return {actor.name, *(alias for group in actor.aliases.values() for alias in group)}


def _contains(tokens: tuple[str, ...], key: tuple[str, ...]) -> bool:
    return any(tokens[at : at + len(key)] == key for at in range(len(tokens) - len(key) + 1))


def _valid(actor: Actor, on: dt.date | None) -> bool:
    return on is None or (actor.since is None or actor.since <= on) and (actor.until is None or on <= actor.until)


def _plain(words: str) -> str:
    return re.sub(r"^(?:the|a|an)\s+", "", " ".join(words.split()), flags=re.IGNORECASE)


@cache
def load_registry(*files: Path) -> Registry:
    """The registry of data/actors.toml and of the user's own files; a later entry of the same id replaces the earlier.

    Raises:
        DataError: an entry is wrong, a parent is unknown, or two entries of one alias are valid at the same time.
    """
    actors: dict[str, Actor] = {}
    for path in (config.DATA / "actors.toml", *files):
        for raw in config.read_toml(path).get("actor", []):
            try:
                actor = msgspec.convert(raw, Actor)
            except msgspec.ValidationError as error:
                raise DataError(f"{path}: actor {raw.get('id')!r}: {error}") from error
            _check(path, actor)
            actors[actor.id] = actor
    for actor in actors.values():
        for parent in set(actor.parents) - set(actors):
            raise DataError(f"actors: {actor.id}: parent {parent!r} is not in the registry")
    _check_overlaps(actors.values())
    told = config.data("actor_heads.toml")
    heads = [msgspec.convert(raw, Head) for raw in told["head"]]
    return Registry(actors.values(), heads, config.data("demonyms.toml")["country"], told["wording"])


def _check(path: Path, actor: Actor) -> None:
    if actor.kind not in INTER:
        raise DataError(f"{path}: actor {actor.id!r}: kind {actor.kind!r} is none of {', '.join(sorted(INTER))}")
    if actor.since and actor.until and actor.since > actor.until:
        raise DataError(f"{path}: actor {actor.id!r}: since {actor.since} is after until {actor.until}")


def _check_overlaps(actors: Iterable[Actor]) -> None:
    seen: dict[tuple[str, ...], list[Actor]] = {}
    for actor in actors:
        for alias in {alias for group in actor.aliases.values() for alias in group}:
            key = tuple(_tokens(alias))
            for other in seen.setdefault(key, []):
                apart = (actor.until and other.since and actor.until < other.since) or (other.until and actor.since and other.until < actor.since)
                if other.id != actor.id and not apart:
                    raise DataError(f"actors: {actor.id} and {other.id} both have the alias {alias!r} and are valid at the same time")
            seen[key].append(actor)
