"""A text in, its place names with exact offsets and the gazetteer's candidates for each out.

The rule: a run of capitalised words is a place only where the index knows it and its surroundings speak for it (weights in data/place/weights.json).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from itertools import repeat
from typing import Any, NamedTuple

from khronika import config
from khronika.ground.gazetteer import Entry, Gazetteer, key_of
from khronika.text import Span, overlaps

# "U.S." or a word; what a match may begin with stands first, so that the search skips the rest fast.
_TOKEN = re.compile(r"[^\W\d_](?:\.(?:[^\W\d_]\.)+|[^\W\d_]*(?:['’ʼ`][^\W\d_]+)*)")
_CAPITAL = re.compile(r"(?<![^\W_])[A-ZА-ЯЄІЇҐ][^\W\d_]+")
_LOWER = re.compile(r"[a-z](?<![^\W\d_][a-z])[a-z]+")
_ENDINGS = frozenset(("'s", "’s"))
_FULL_STOP = re.compile(r"[.!?\n]")
_JOINT = re.compile(r"[ \u00a0]|-|\. ?")
LONGEST = 6
LEAST = 0.4
LEAST_AT_HOME = 0.12
"""The bar for a name of a country that the text names, where nothing speaks for a person, a body or a common word."""
LEAST_OF_PERSON = 0.7
"""The bar for a name of several words that is held to be a person's, where words of place lead to it ("in Beit Hanoun")."""
NAME = r"[A-ZÀ-ÝА-ЯЄІЇҐ][\w'’ʼ-]+(?:[ -](?:(?:al|el|ad|ar|as|ash|az|de|la|del)-?[ -]?)?[A-ZÀ-ÝА-ЯЄІЇҐ][\w'’ʼ-]+){0,3}"
"""Capitalised words, with the particles of names between them."""
_DOUBTS = frozenset(
    {"common word", "written small", "first name", "surname", "after first name", "after title", "before capital", "before street", "after capital", "short", "all capitals"}
)


class Words(NamedTuple):
    """The word lists of one language (data/place/LANGUAGE.toml) as sets."""

    lists: dict[str, frozenset[str]]
    abbreviations: dict[str, tuple[str, str]]
    adjectives: dict[str, str]
    patterns: dict[str, re.Pattern[str]]
    """How a text presents a name as a place, and what is said beside a name."""


class Token(NamedTuple):
    """One word: offsets without a possessive ending."""

    start: int
    end: int
    word: str
    capital: bool
    possessive: bool


class Found(NamedTuple):
    """One place name in a text: `words == body[start:end]`; `p` that it names a place; `features` say why."""

    start: int
    end: int
    words: str
    key: str
    candidates: tuple[Entry, ...]
    p: float
    features: frozenset[str]


@cache
def word_lists(language: str) -> Words:
    """The lists of a language; English where it has none of its own (recognition then rests on the index alone)."""
    name = f"place/{language}.toml" if (config.DATA / f"place/{language}.toml").exists() else "place/en.toml"
    raw = config.data(name)
    lists = {k: frozenset(v.split()) for k, v in raw.items() if isinstance(v, str)}
    adjectives = {a: code for code, (word, _) in config.data("demonyms.toml")["country"].items() for a in word.split("|")}
    return Words(
        lists | {"kind_words": lists["settlement_words"] | lists["region_words"] | lists["district_words"]},
        {k: (v[:2], v[3:]) for k, v in raw.get("abbreviations", {}).items()},
        adjectives,
        {k: re.compile(v.replace("{name}", NAME).replace("{sites}", "|".join(sorted(lists["site_words"])))) for k, v in raw["patterns"].items()},
    )


@cache
def weights() -> dict[str, dict[str, float]]:
    """Weights learnt by train/places.py: `recognition` (a logistic model) and `ranking` (a softmax over candidates)."""
    loaded: dict[str, dict[str, float]] = json.loads((config.DATA / "place/weights.json").read_text(encoding="utf-8"))
    return loaded


@cache
def namesakes() -> frozenset[str]:
    """Countries whose towns bear the names of people, so that a bare name there says little."""
    return frozenset(config.data("place/countries.toml")["namesakes"])


def tokens_of(body: str) -> list[Token]:
    """The words of a text; a possessive ending is cut off and remembered."""
    found = []
    make = tuple.__new__  # spares the constructor's call for every word
    for match in _TOKEN.finditer(body):
        word, (start, end) = match.group(), match.span()
        possessive = word[-2:] in _ENDINGS and len(word) > 3
        if possessive:
            word, end = word[:-2], end - 2
        found.append(make(Token, (start, end, word, word[0].isupper(), possessive)))
    return found


class Scene:
    """One text prepared for recognition: its words, those it also writes small, the spans and words of people."""

    def __init__(self, body: str, language: str, persons: Sequence[Span] = ()) -> None:
        self.body = body
        self.lists, self.abbreviations, self.adjectives, self.patterns = word_lists(language)
        self.persons = tuple(persons)
        self.countries: frozenset[str] = frozenset()
        self.kinds_said: dict[Span, str] = {}
        """What ground/rank.py found the words round each name to say of its kind, which is asked several times."""
        self._kept: dict[Span, tuple[tuple[Entry, ...], frozenset[str]]] = {}
        """Features that no country changes, by tokens: a text that turns out to be at home in one more country is looked through twice."""

    def look_for_countries(self, gazetteer: Gazetteer) -> None:
        """Note which countries the text names by name or by adjective; towns of theirs are likelier then."""
        words = {token.word for token in self.tokens if token.capital}
        found = {self.adjectives[word] for word in words if word in self.adjectives}
        found.update(code for word in words if (code := gazetteer.country_names.get(key_of(word))))
        self.countries |= found

    @cached_property
    def tokens(self) -> list[Token]:
        """The words of the text."""
        return tokens_of(self.body)

    @cached_property
    def lower(self) -> frozenset[str]:
        """Words that the text writes small."""
        return frozenset(_LOWER.findall(self.body))

    def is_small(self, word: str) -> bool:
        """Whether the text also writes a word small."""
        return word in self.body and word in self.lower  # the quick look first, since most texts write no name so

    @cached_property
    def demonyms(self) -> list[str]:
        """The countries of the adjectives of the text, in its order."""
        return [self.adjectives[word] for word in _CAPITAL.findall(self.body) if word in self.adjectives]

    @cached_property
    def surnames(self) -> frozenset[str]:
        """Words that stand after a first name or a title somewhere in the text, or inside a known person's name."""
        names, titles = self.lists["first_names"], self.lists["titles"]
        found: set[str] = set()
        run: list[Token] = []
        for token in self.tokens:
            joined = bool(run) and self.joint(run[-1], token)
            if not (token.capital and joined):
                run = [token] if token.capital else []
                continue
            before = run[-1].word.casefold()
            if before in names or before in titles or (len(run) > 1 and run[-2].word.casefold() in names and len(run[-1].word) <= 2):
                found.add(token.word)
            run.append(token)
        for start, end in self.persons:
            found.update(re.findall(r"[^\W\d_]+", self.body[start:end]))
        return frozenset(found)

    @cached_property
    def sites(self) -> frozenset[int]:
        """The tokens that are a kind of site."""
        kinds = self.lists["site_words"] | {"city", "project"}
        return frozenset([n for n, token in enumerate(self.tokens) if token.word in kinds])

    def joint(self, a: Token, b: Token) -> bool:
        """Whether two words stand together: a blank, a hyphen, or the dot of "St."."""
        between = self.body[a.end : b.start]
        if not between or (a.possessive and a.word.casefold() != "people"):
            return False
        if a.possessive:
            return bool(re.fullmatch(r"['’]s republics?", self.body[a.end : b.end], re.IGNORECASE))
        return between in (" ", "\u00a0", "-", "‑", "–") or (between == ". " and a.word.casefold() in ("st", "mt", "ft", "ste") or between == ". " and len(a.word) == 1)

    def is_led(self, i: int, j: int) -> bool:
        """Whether a word of place leads to the whole run of tokens i to j or a kind of place follows it, and no capitalised word stands beside it."""
        after = self.tokens[j + 1] if j + 1 < len(self.tokens) and self.joint(self.tokens[j], self.tokens[j + 1]) else None
        kind = after is not None and after.word.casefold() in self.lists["kind_words"]
        if i == 0 or (after is not None and after.capital and not kind):
            return False
        before, between = self.tokens[i - 1], self.body[self.tokens[i - 1].end : self.tokens[i].start]
        if between.strip(" \u00a0"):
            return kind and between == ", "
        if before.word.casefold() in ("of", "the") and i > 1:
            before = self.tokens[i - 2]
        word = before.word.casefold()
        return not before.capital and (kind or word in self.lists["locative"] or word in self.lists["settlement_words"] or word in self.lists["district_words"])

    def may_begin(self, i: int) -> bool:
        """Whether a name may start at token i: it has a capital, or is an article with a hyphen ("al-Bab")."""
        first = self.tokens[i]
        return first.capital or first.word in self.lists["articles"] and self.body[first.end : first.end + 1] == "-"

    def spans_from(self, i: int) -> list[int]:
        """Last tokens of the word runs that start at token i and may be one name, longest first."""
        if not self.may_begin(i):
            return []
        ends: list[int] = []
        j = i
        while True:
            if self.tokens[j].capital or self.tokens[j].word in ("republic", "republics"):
                ends.append(j)
            if j + 1 >= len(self.tokens) or j + 1 - i >= LONGEST or not self.joint(self.tokens[j], self.tokens[j + 1]):
                break
            j += 1
            if not self.tokens[j].capital and self.tokens[j].word not in self.lists["connectors"] and j not in ends:
                break
        return [*self._sites_after(ends[-1]), *ends[::-1]] if ends else []

    @cached_property
    def runs(self) -> list[tuple[int, list[int]]]:
        """The tokens at which a name may start, each with those at which it may end."""
        articles = self.lists["articles"]
        starts = (i for i, token in enumerate(self.tokens) if token.capital or token.word in articles)  # the quick look first
        return [(i, ends) for i in starts if (ends := self.spans_from(i))]

    def _sites_after(self, j: int) -> list[int]:
        """Up to three small words after a name that end in a kind of site ("Zaporizhzhia nuclear power plant")."""
        last = j
        if self.sites.isdisjoint(range(j + 1, j + 4)):
            return []
        for k in range(j + 1, min(j + 4, len(self.tokens))):
            if self.tokens[k].capital or not self.joint(self.tokens[k - 1], self.tokens[k]):
                break
            if k in self.sites:
                last = k
        return [last] if last > j else []

    def features(self, i: int, j: int, candidates: tuple[Entry, ...]) -> frozenset[str]:
        """What speaks for and against tokens i to j naming a place."""
        kept = self._kept.get((i, j))
        if kept is None or kept[0] is not candidates:
            kept = self._kept[i, j] = candidates, self._by_itself(i, j, candidates)
        lands = {e.country for e in candidates[:20]}
        named = lands & self.countries
        if not named:
            return kept[1]
        f = {"country in text"}
        if named - namesakes():
            f.add("at home")
        if len(lands) == 1:
            f.add("one country, in text")
        return kept[1] | f

    def _by_itself(self, i: int, j: int, candidates: tuple[Entry, ...]) -> frozenset[str]:
        """The same but for what the countries say that the text names."""
        tokens, lists, body = self.tokens, self.lists, self.body
        first, last = tokens[i], tokens[j]
        single = i == j
        word = first.word.casefold()
        best = max(e.population for e in candidates)
        kinds = {e.kind for e in candidates}
        key = key_of(body[first.start : last.end])
        f = {f"people{min(7, int(math.log10(best + 1)))}", "single" if single else "several"}
        f.update(kinds & {"country", "region", "district", "site"})
        if len({e.country for e in candidates[:20]}) == 1:
            f.add("one country")
        if not any(key_of(e.name) == key for e in candidates[:10]):
            f.add("by another name")
        if single and len(key) <= 3:
            f.add("short")
        acronym = single and first.word.isupper() and len(first.word) > 1
        if acronym:
            f.add("all capitals")
        if single and word in lists["common"] and not (acronym and "country" in kinds):
            f.add("common word")
        if single and self.is_small(word) and not acronym:
            f.add("written small")
        if single and word in lists["first_names"]:
            f.add("first name")
        if single and first.word in self.surnames:
            f.add("surname")
        f.update(self._before(i))
        f.update(self._after(j))
        if "after capital" in f or "before capital" in f:
            f.update(f"{x}, {k}" for x in ("after capital", "before capital") if x in f for k in ("big",) if best > 500_000 or "country" in kinds)
        return frozenset(f)

    def _before(self, i: int) -> Iterable[str]:
        if i == 0:
            return ("at start",)
        a, b = self.tokens[i - 1], self.tokens[i]
        between = self.body[a.end : b.start]
        word = a.word.casefold()
        if between.strip(" \u00a0-–‑"):
            if between == ", " and a.capital:
                return ("after comma",)
            return ("at start",) if _FULL_STOP.search(between) else ("after mark",)
        if a.capital and not a.possessive:
            if word in self.lists["titles"]:
                return ("after title",)
            if word in self.lists["first_names"]:
                return ("after first name",)
            if word in self.lists["compass"] or word in self.lists["settlement_words"] or a.word in self.adjectives:
                return ("after compass",)
            if word in self.lists["locative"]:
                return ("after locative",)
            if word in self.lists["common"] or self.is_small(word):
                return ("after capital common",)
            return ("after capital",)
        for name, label in (("locative", "after locative"), ("other_prepositions", "after preposition"), ("titles", "after title"), ("compass", "after compass")):
            if word in self.lists[name]:
                return (label,)
        if word in ("the", "a", "an"):
            return ("after the",)
        if word in self.lists["settlement_words"] or word in self.lists["region_words"]:
            return ("after kind",)
        return ()

    def _after(self, j: int) -> Iterable[str]:
        if self.tokens[j].possessive:
            return ("possessive",)
        if j + 1 >= len(self.tokens):
            return ()
        a, b = self.tokens[j], self.tokens[j + 1]
        between = self.body[a.end : b.start]
        word = b.word.casefold()
        if between == ", " and b.capital:
            known = b.word.rstrip(".") in self.abbreviations
            return ("before state",) if known else ("before comma",)
        if between.strip(" \u00a0-–‑"):
            return ()
        if b.capital:
            if word in self.lists["street"]:
                return ("before street",)
            if word in ("refugee", "camp"):
                return ("before kind",)
            if word in self.lists["organisation"]:
                return ("before body",)
            if word in self.lists["common"] or self.is_small(word):
                return ("before capital common",)
            return ("before capital",)
        if word in self.lists["says"]:
            return ("before says",)
        if word in self.lists["region_words"] or word in self.lists["district_words"] or word in self.lists["settlement_words"]:
            return ("before kind",)
        return ()


def probability(features: Iterable[str], model: dict[str, float]) -> float:
    """The logistic model's answer for a set of features."""
    z = model["bias"] + math.fsum(map(model.get, features, repeat(0.0)))  # in whatever order a set has them
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def recognise(scene: Scene, gazetteer: Gazetteer, least: float = LEAST) -> list[Found]:
    """Place names of a text in its order, none overlapping; the longest name that holds wins."""
    model = weights()["recognition"]
    scene.look_for_countries(gazetteer)
    found: list[Found] = []
    tokens, done = scene.tokens, -1
    for i, ends in scene.runs:
        if i <= done:
            continue
        for j in ends:
            start, end = tokens[i].start, tokens[j].end
            candidates = known(scene, gazetteer, i, j)
            if not candidates:
                continue
            persons = [person for person in scene.persons if overlaps((start, end), person)]
            if persons and (i == j or not scene.is_led(i, j) or any(a < start or end < b for a, b in persons)):
                continue
            features = scene.features(i, j, candidates)
            p = probability(features, model)
            if persons and (p < LEAST_OF_PERSON or features & _DOUBTS):
                continue
            if p >= least or (p >= LEAST_AT_HOME and "at home" in features and not features & _DOUBTS):
                found.append(Found(start, end, scene.body[start:end], key_of(scene.body[start:end]), candidates, p, features))
                done = j
                break
    return found


def known(scene: Scene, gazetteer: Gazetteer, i: int, j: int) -> tuple[Entry, ...]:
    """The gazetteer's candidates for tokens i to j; short forms of states count after a comma only."""
    words = scene.body[scene.tokens[i].start : scene.tokens[j].end]
    if i == j:
        code = scene.abbreviations.get(words.rstrip("."))
        if code and i and scene.body[scene.tokens[i - 1].end : scene.tokens[i].start] == ", ":
            region = gazetteer.regions.get(code)
            return (region,) if region else ()
        if words in scene.adjectives and key_of(words) not in gazetteer.country_names:
            return ()
    key = key_of(words)
    found = gazetteer.candidates(key) if key else ()
    if found or len(key) < 4:
        return found
    if any(token.word.casefold() in scene.lists["articles"] for token in scene.tokens[i : j + 1]):
        # Arabic articles are written in many ways ("Deir Al-Balah", "Dayr el Balah").
        found = tuple(e for e in gazetteer.like(key) if e.country in scene.countries or len(key) > 8)
    return found or (respelt(scene, gazetteer, key) if scene.is_led(i, j) else ())


def respelt(scene: Scene, gazetteer: Gazetteer, key: str) -> tuple[Entry, ...]:
    """Places of the countries that the text names which bear the name in another spelling ("Nusairat" for "Nuseirat")."""
    alike = tuple(e for e in gazetteer.like(key) if e.country in scene.countries)
    return alike or tuple(e for country in sorted(scene.countries) for e in gazetteer.sounding(key, country)[:5])


def features_of_training(scene: Scene, gazetteer: Gazetteer) -> list[dict[str, Any]]:
    """Every run of words that the index knows, with its features: the material of train/places.py."""
    rows = []
    scene.look_for_countries(gazetteer)
    for i, ends in scene.runs:
        for j in ends:
            candidates = known(scene, gazetteer, i, j)
            if candidates:
                rows.append({"i": i, "j": j, "start": scene.tokens[i].start, "end": scene.tokens[j].end, "candidates": candidates, "features": scene.features(i, j, candidates)})
    return rows
