"""A text in, all names that may be places out: those that the index knows, and those that the text itself presents as places.

The rule: at the bar of the index a name needs good surroundings (ground/toponyms.py); inside the extractor's place words and after a kind of place
("the village of X") the bar is low, and a name that the index lacks in the countries that the text speaks of stays without an entry.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from khronika.ground.gazetteer import Entry, Gazetteer, key_of, skeleton_of
from khronika.ground.rank import SELDOM, Context, context_of, kilometres, kind_said
from khronika.ground.toponyms import NAME, Found, Scene, recognise, respelt
from khronika.text import Span, overlaps

_NAME = re.compile(NAME)
CITY = 50_000
"""People of a town by whose name a text names its country."""
_NO_CITY = frozenset({"first name", "surname", "after first name", "after title", "after capital", "before capital", "before body", "before says", "before street"})


class Names:
    """The place names of one text; `home` is the outlet's country (ISO 3166 alpha-2), `holes` what is no part of the article, `day` when it was published."""

    def __init__(self, scene: Scene, gazetteer: Gazetteer, place_words: Sequence[Span], holes: Sequence[Span], home: str | None, day: dt.date | None) -> None:
        self.scene, self.gazetteer, self._day = scene, gazetteer, day
        self._taken = bytearray(len(scene.body))
        """Marks the characters that a name, a person or a hole has taken."""
        self._take(holes)
        known = self._recognised()
        self.context: Context = context_of(scene, known, home)
        if self._is_at_home_elsewhere(known) or self._is_named_in_words(known):
            known = self._recognised()
        self.found = [self._widened(f) for f in known]
        # "A village called X" is no person, whatever its name.
        named = [(m.span(str(m.lastgroup)), m["name_"]) for m in scene.patterns["kind"].finditer(scene.body)]
        self._take([*((f.start, f.end) for f in known), *(p for p in scene.persons if not any(overlaps(p, span) for span, _ in named))])
        known = [*self.found, *self._in_place_words(place_words), *self._presented(place_words, named)]
        self.found = sorted((self._in_time(f) for f in known), key=lambda f: (f.start, f.end))

    def _recognised(self) -> list[Found]:
        return [f for f in recognise(self.scene, self.gazetteer) if self._is_free((f.start, f.end))]

    def _is_at_home_elsewhere(self, known: Sequence[Found]) -> bool:
        """Whether a text is at home in a country that only its cities tell, which then counts as named: "Gaza City" needs no country beside it."""
        countries = self.context.countries
        cities: Counter[str] = Counter()
        for found in known:
            best = max((e for e in found.candidates if e.kind == "settlement"), key=lambda e: e.population, default=None)
            if best is None or best.population < CITY or countries[best.country] or found.features & _NO_CITY or self.is_stray(best):
                continue
            if found.key == key_of(best.name) or skeleton_of(found.key) == skeleton_of(key_of(best.name)) != "":
                cities[best.country] += 1
        at_home = bool(cities) and max(cities.values()) >= max(countries.values(), default=0)
        if at_home:
            country = cities.most_common(1)[0][0]
            countries[country] = 1
            self.scene.countries |= {country}
        return at_home

    def _is_named_in_words(self, known: Sequence[Found]) -> bool:
        """Whether a text names a country by several words or by a region ("Burkina Faso", "the West Bank"), whose towns are then as likely as of any other."""
        context = context_of(self.scene, known, None)
        told = {code for code, times in context.countries.items() if times >= SELDOM * context.said} - self.scene.countries
        self.scene.countries |= told
        return bool(told)

    def _take(self, spans: Iterable[Span]) -> None:
        for start, end in spans:
            self._taken[start:end] = b"\1" * (end - start)

    def _is_free(self, span: Span) -> bool:
        return self._taken.find(1, *span) < 0

    def _widened(self, found: Found) -> Found:
        """Candidates with those spelt otherwise in the countries that the text names, where none of that name lies there."""
        named = self.context.countries
        if not named or any(e.country in named or e.kind in ("country", "region") for e in found.candidates):
            return found
        if any(e.population > 500_000 for e in found.candidates) or kind_said(self.scene, found) == "district":
            return found  # a quarter is no town that sounds like it
        alike = respelt(self.scene, self.gazetteer, found.key)
        return found._replace(candidates=alike + found.candidates) if alike else found

    def _in_time(self, found: Found) -> Found:
        """Without the places that did not bear the name on the day of the text, where another did (renamed towns)."""
        kept = tuple(e for e in found.candidates if self.gazetteer.in_time(found.key, e, self._day))
        return found._replace(candidates=kept) if kept and len(kept) < len(found.candidates) else found

    def _in_place_words(self, place_words: Sequence[Span]) -> list[Found]:
        """Names inside the extractor's place words that recognition passed over."""
        extra: list[Found] = []
        for start, end in place_words:
            local = Scene(self.scene.body[start:end], "en")
            done = -1
            for i in range(len(local.tokens)):
                for j in local.spans_from(i):
                    span = local.tokens[i].start + start, local.tokens[j].end + start
                    if i <= done or not self._is_free(span) or self._is_part(*span):
                        continue
                    if candidates := self._meant(*span):
                        words = self.scene.body[slice(*span)]
                        extra.append(Found(*span, words, key_of(words), candidates, 0.5, frozenset()))
                        self._take([span])
                        done = j
        return extra

    def _is_part(self, start: int, end: int) -> bool:
        """Whether capitalised words stand next to a run of words, so that it is a part of a longer name ("Save the Children", "Bala Boluk")."""
        lists, body = self.scene.lists, self.scene.body
        after = re.match(r"[ -](?:the |and )?([A-Z][\w’'-]*)", body[end : end + 30])
        before = re.search(r"([A-Z][\w’'-]*)[ -]$", body[max(0, start - 30) : start])
        known = lists["settlement_words"] | lists["compass"] | lists["region_words"] | lists["district_words"] | lists["locative"]
        return any(m and m.group(1).casefold() not in known and m.group(1) not in self.scene.adjectives for m in (after, before))

    def _meant(self, start: int, end: int) -> tuple[Entry, ...]:
        """What words that an extractor holds to be a place may mean: by name anywhere, by likeness only where the text is at home."""
        words = self.scene.body[start:end]
        exact = self.gazetteer.candidates(key_of(words))
        named = self.context.countries
        at_home = " " in words and any(e.country in named for e in exact)  # "Tal al-Sultan" is no sultan
        if not at_home and self._is_common(words) or any(w in self.scene.lists["site_words"] for w in words.casefold().split()):
            return ()
        if named:
            exact = tuple(e for e in exact if not self._is_chance(key_of(words), e))
        if exact and (not named or any(e.country in named or e.kind in ("country", "region") or e.population > 100_000 for e in exact)):
            return exact
        alike = tuple(e for e in candidates_at(self.scene, self.gazetteer, start, end) if e.country in named)
        if not alike and len(words) > 4:
            for country, _ in named.most_common(2):
                alike = alike or self.gazetteer.nearly(key_of(words), country)
        return alike

    def _is_chance(self, key: str, entry: Entry) -> bool:
        """Whether a hamlet bears the name beside its own, in a country that the text hardly speaks of ("Rajo" is no hamlet in Florida)."""
        named = self.context.countries
        return entry.kind == "settlement" and 0 < entry.population < 5000 and key_of(entry.name) != key and named[entry.country] < 0.3 * sum(named.values())

    def _is_common(self, words: str) -> bool:
        lists = self.scene.lists
        return words.partition("-")[0] in self.scene.adjectives or any(w in lists["common"] or w in lists["titles"] or w in lists["first_names"] for w in words.casefold().split())

    def _presented(self, place_words: Sequence[Span], named: Sequence[tuple[Span, str | None]]) -> list[Found]:
        """Names that the text presents as places and the index lacks; `named` are those beside their kind, with the words of one that stands before its kind."""
        body = self.scene.body
        said = {span for span, words in named if words and " " in words}
        spans = {span for span, _ in named}
        spans |= {match.span(str(match.lastgroup)) for match in self.scene.patterns["site"].finditer(body)}
        spans |= {match.span("name") for match in self.scene.patterns["led"].finditer(body) if not self._is_part(*match.span("name")) and not match["name"].isupper()}
        for start, end in place_words:
            if self._is_free((start, end)):
                spans |= {(start + m.start(), start + m.end()) for m in list(_NAME.finditer(body[start:end]))[:1]}
        extra: list[Found] = []
        for start, end in sorted(spans):
            words = re.sub(r"['’]s$", "", body[start:end])
            span = start, start + len(words)
            if not self._is_free(span) or (span not in said and self._is_common(words)):
                continue
            (start, end), candidates = self._meant_in_part(*span)
            if not candidates and self.context.countries and not self._ends_in_site(words):
                candidates = respelt(self.scene, self.gazetteer, key_of(words)) or self.gazetteer.nearly(key_of(words), self.context.countries.most_common(1)[0][0])
            extra.append(Found(start, end, body[start:end], key_of(body[start:end]), candidates, 0.3, frozenset()))
            self._take([(start, end)])
        return extra

    def _ends_in_site(self, words: str) -> bool:
        return words.split()[-1].casefold() in self.scene.lists["site_words"] or words.startswith("Camp ")

    def _meant_in_part(self, start: int, end: int) -> tuple[Span, tuple[Entry, ...]]:
        """The last words of a name where they alone are known in the text's countries ("Liberated Palmyra")."""
        for blank in re.finditer(" ", self.scene.body[start:end]):
            part = start + blank.end()
            known = tuple(e for e in self.gazetteer.candidates(key_of(self.scene.body[part:end])) if e.country in self.context.countries)
            if known and self.scene.body[part].isupper():
                return (part, end), known
        return (start, end), ()

    def is_stray(self, entry: Entry | None, key: str | None = None) -> bool:
        """Whether a town lies far from every country that the text speaks of, so that its name is likelier a person's or a body's.

        A city of a million is none, where `key` is None or its main name.
        """
        named = self.context.countries
        if not entry or not named or entry.kind in ("country", "region", "site") or entry.country in named:
            return False
        if entry.population > 1_000_000 and (key is None or skeleton_of(key) == skeleton_of(key_of(entry.name))):
            return False
        if entry.latitude is None or entry.longitude is None:
            return True
        at = entry.latitude, entry.longitude
        for land in (self.gazetteer.countries.get(code) for code in named):
            if land and land.latitude is not None and kilometres((land.latitude, land.longitude or 0.0), at) < 1.3 * land.radius_km + 100:
                return False
        return not self.gazetteer.lies_by(at, named)


def candidates_at(scene: Scene, gazetteer: Gazetteer, start: int, end: int) -> tuple[Entry, ...]:
    """All that the words at a span may mean: as written, a state's short form, without a kind word, spelt otherwise."""
    words = re.sub(r"^(?:the|The) ", "", scene.body[start:end])
    code = scene.abbreviations.get(words.rstrip("."))
    region = gazetteer.regions.get(code) if code else None
    key = key_of(words)
    exact = gazetteer.candidates(key)
    if region and not any(e.kind == "country" for e in exact):
        return (region, *exact) if len(words) > 4 else (region,)
    if exact:
        return exact
    adjective = scene.adjectives.get(words) or scene.adjectives.get(words.removesuffix("s"))
    if adjective and adjective in gazetteer.countries:
        return (gazetteer.countries[adjective],)
    shorter = scene.patterns["beside"].sub("", scene.patterns["of"].sub("", key))
    if shorter and shorter != key and (found := gazetteer.candidates(shorter)):
        return found
    return gazetteer.like(key)
