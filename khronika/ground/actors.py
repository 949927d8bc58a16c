"""Phrases in, actors of the registry out: by alias, then by head word and country, else under the source's own words.

The rule: an id is given only where the words carry it; nothing is guessed from what an outlet usually means.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import cache
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


class Actor(Noun, frozen=True, kw_only=True):
    """One entry of data/actors.toml. `public` marks national and international figures, whose names are not masked."""

    id: str
    name: str
    kind: str
    country: str | None = None
    parents: tuple[str, ...] = ()
    aliases: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
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
        self.wording = {name: frozenset(words.split()) for name, words in wording.items()}
        self.actors = {actor.id: actor for actor in actors}
        self._heads = [(tuple(words_of(word)), head) for head in heads for word in (*head.words, *head.with_country)]
        self._heads.sort(key=lambda pair: -len(pair[0]))
        self._adjective: dict[tuple[str, ...], str] = {}
        self._name: dict[tuple[str, ...], str] = {}
        self._neutral: dict[str, str] = {}
        self._country: dict[str, str] = {}
        for code, (adjectives, names) in countries.items():
            forms = adjectives.split("|")
            self._neutral[code], self._country[code] = forms[0], names[0]
            self._adjective |= {tuple(words_of(form + plural)): code for form in forms for plural in ("", "s")}
            self._name |= {tuple(words_of(form)): code for form in names}
        self.country_starts = frozenset(key[0] for key in (*self._adjective, *self._name) if key)
        self._matched: dict[tuple[object, ...], ActorRef] = {}
        self._alias: dict[tuple[str, ...], list[Actor]] = {}
        for actor in self.actors.values():
            for alias in {actor.name, *(alias for group in actor.aliases.values() for alias in group)}:
                self._alias.setdefault(tuple(_tokens(alias)), []).append(actor)
        self._critics = {(word,) for word in self.wording["critics"]}
        self._longest = max((len(key) for key in self._alias), default=1)

    def match(self, words: str, on: dt.date | None = None, country: str | None = None) -> ActorRef:
        """Who the words name.

        Args:
            words: the phrase as the source has it, in any registered language.
            on: the day, for entries that are valid for a time only.
            country: ISO code of where it happened, for words without a country ("the police").
        """
        found = self._matched.get((words, country)) or self._matched.get((words, country, on))
        if found is None:
            if len(self._matched) > 20_000:
                self._matched.clear()
            tokens = plain_tokens(words)
            actor, is_lasting = self._by_alias(tokens, on, frozenset(map(fold, _OWNER.findall(words))))
            found = self._ref_of(actor, words, tokens, country)
            if actor is None or not actor.person:
                found = self._alone(words, found, on)
            self._matched[(words, country) if is_lasting else (words, country, on)] = found
        return found

    def _alone(self, words: str, found: ActorRef, on: dt.date | None) -> ActorRef:
        """What was found, unless the words name two actors ("the army and the rebels") and it is one of them."""
        parts = re.split(r"\band\b", words)
        if found.id is None or len(parts) == 1:
            return found
        country, ids = self._find_country(plain_tokens(words))[0], set[str]()
        for tokens in map(plain_tokens, parts):
            actor = self._by_alias(tokens, on)[0]
            ref = None if actor else self._by_head(tokens, country)
            ids |= {actor.id} if actor else {ref.id} if ref and ref.id else set()
        related = {parent for id in ids if id in self.actors for parent in self.actors[id].parents}
        if len(ids - related) < 2 or found.id not in ids:
            return found
        return ActorRef(name=_plain(words), reason="names several actors")

    def _ref_of(self, actor: Actor | None, words: str, tokens: tuple[str, ...], country: str | None) -> ActorRef:
        if actor:
            side = actor.backed_by if actor.kind in ARMED else actor.country
            return ActorRef(name=actor.name, id=actor.id, kind=actor.kind, country=side, reason="alias")
        # A name of its own ("Rapid Support Forces") is never taken for the forces of the country where it happened.
        is_name = bool(re.search(r"(?<=\s)[^\W\d_a-zа-яіїєґ]", re.sub(r"^(?:The|A|An)\s", "", words)))
        unnamed = plain_tokens(_SURNAME.sub(r"\1", words))  # "Najib Danish, a spokesman" is no Dane
        return self._by_head(unnamed, None if is_name else country) or ActorRef(name=_plain(words), reason="not in the registry")

    def _by_alias(self, tokens: tuple[str, ...], on: dt.date | None, owners: frozenset[str] = frozenset()) -> tuple[Actor | None, bool]:
        """The actor of the alias that says most, and whether it is so on any day; a person among `owners` ("the president's envoy") does not speak."""
        best: tuple[tuple[int, int, int, int], Actor] | None = None
        is_lasting = True
        aside = next((at for at, token in enumerate(tokens) if token in self.wording["at"]), len(tokens))
        for start in range(len(tokens)):
            if start and tokens[start - 1] in self.wording["towards"]:
                continue  # "pro-Kremlin"
            for length in range(min(self._longest, len(tokens) - start), 0, -1):
                for actor in self._alias.get(tokens[start : start + length], ()):
                    is_lasting = is_lasting and actor.since is None and actor.until is None
                    if not _valid(actor, on) or actor.person and tokens[start + length - 1] in owners or self._is_others(actor, tokens, start, length):
                        continue
                    rank = (int(actor.person), int(start < aside), length, -start)  # "the army's office at the joint centre" is the army's
                    if best is None or rank > best[0]:
                        best = rank, actor
        return (best[1] if best else None), is_lasting

    def _is_others(self, actor: Actor, tokens: tuple[str, ...], start: int, length: int) -> bool:
        """Whether an alias stands behind another country ("Lithuania's border guard service") or before who is against it ("Kremlin critic")."""
        before = self.country_at(tokens[start - 1 : start], 0)[0] if start else None
        return bool(actor.country and before and before != actor.country) or tokens[start + length : start + length + 1] in self._critics

    def _by_head(self, tokens: tuple[str, ...], country: str | None) -> ActorRef | None:
        code, place = self._find_country(tokens)
        key, head = self.head_of(tokens) or ((), None)
        if head is None:
            if code and tokens in self._name:
                return self._ref("gov", "{adjective} government", "State forces", code, "country as an actor")
            if code and tokens in self._adjective:
                return self._ref("mil", "{adjective} armed forces", "State forces", code, "adjective alone, as in “Russian shelling”")
            if code and place == len(tokens):
                return self._ref("gov", "{adjective} government", "State forces", code, "country as an actor")
            return None
        if head.backed and code and not _contains(tokens, ("backed",)) and not _contains(tokens, ("pro",)):
            return self._ref(head.id, head.name, head.kind, code, "head word and country")
        if head.backed and code:
            return ActorRef(
                name=f"{self._neutral[code]}-backed separatists",
                id=f"{head.id}-{code.lower()}-backed",
                kind=head.kind,
                reason="head word and country",
            )
        if code:
            return self._ref(head.id, head.name, head.kind, code, "head word and country")
        if country in self._neutral and head.id in OF_STATES and " ".join(key) not in head.with_country:
            return self._ref(head.id, head.name, head.kind, country, f"no country in the words; by the text it is {country}")
        return None

    def head_of(self, tokens: tuple[str, ...]) -> tuple[tuple[str, ...], Head] | None:
        """The head word of a phrase, in its words, and its entry; None too where the words say that it is a former one or another's."""
        inside = set(tokens)
        if inside & self.wording["former"]:
            return None
        found = next(((key, head) for key, head in self._heads if key[0] in inside and _contains(tokens, key)), None)
        return found if found and not inside & set(found[1].unless) else None

    def names_country(self, tokens: tuple[str, ...]) -> bool:
        """Whether a phrase says which country it is of."""
        return self._find_country(tokens)[0] is not None

    def _ref(self, head: str, name: str, kind: str, code: str, reason: str) -> ActorRef:
        id = f"{head}-{code.lower()}"
        known = self.actors.get(id)
        if known:
            return ActorRef(name=known.name, id=id, kind=known.kind, country=code, reason=reason)
        side = code if kind not in ARMED or head == "partisans" else None
        text = name.format(adjective=self._neutral[code], country=self._country[code])
        return ActorRef(name=text, id=id, kind=kind, country=side, reason=reason)

    def _find_country(self, tokens: tuple[str, ...]) -> tuple[str | None, int]:
        """The country that the words name, and how many tokens its name takes (0: an adjective)."""
        for start in range(len(tokens)):
            code, length = self.country_at(tokens, start)
            if code and not set(tokens[start + length : start + length + 1]) & self.wording["led"]:
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
_SURNAME = re.compile(r"\b(?!(?:The|A|An)\b)([A-Z][a-z]+) [A-Z][a-z]+(?=,)")


def plain_tokens(words: str) -> tuple[str, ...]:
    """Folded words of a phrase without article and possessive endings; "U.S." is one."""
    return tuple(_tokens(words))


def _tokens(words: str) -> list[str]:
    found = words_of(re.sub(r"['’]s\b", "", words).replace("U.S.", "US").replace("U.K.", "UK").replace("U.N.", "UN"))
    return found[1:] if found[:1] == ["the"] else found


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
