"""A text and its reading in, the place of each mention out, with the reason; and the place names of any text.

The rule: all names of a text are weighed together for each event (ground/scenes.py); a name that the index lacks stays under its own words without
coordinates, and the reason says where the name stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from msgspec.structs import replace

from khronika import config
from khronika.ground.gazetteer import Entry, Gazetteer, bones_of, key_of, skeleton_of
from khronika.ground.names import Names, candidates_at
from khronika.ground.phrases import plain, shaped
from khronika.ground.rank import Ranked, containers, kilometres, kind_said, rank
from khronika.ground.scenes import Event, Option, Scenes
from khronika.ground.sites import find_sites
from khronika.ground.toponyms import Found, Scene, recognise
from khronika.text import Span, sentences
from khronika.types import Mention, Noun, Place, Precision, Quote, Reading, Text

_MARKS = ("before says", "before body", "after first name", "after title", "common word", "before capital", "after capital")
NEAR = 20
"""Names back and forth that lend an unknown one their country."""
LENT = 300
"""Characters within which a town lends its point to a site or quarter that the index lacks."""
AREA = 20.0
"""Kilometres of the one area that a text may tell of."""
SHORT = 1500
"""Characters of a text that tells of one area where it names but one town."""
FIRST = 50_000
"""Characters of a text that are searched for what a name means in full."""
_NO_SCENE = re.compile(
    r"(?:['’]s)? (?:family|families|rivers?|street|road|highway|brigades?|battalion|news|tv|agency)\b"
    r"|(?:['’]s)? (?:website|format|four|television|channel|group|summit|accords?|agreements?|process|protocol|convention|club|university|bank|company|newspaper|magazine|times|post)\b"
    r"|['’]s (?:\w+ )?(?:\w+ )?(?:ministry|minister|president|army|forces|troops|military|government|leader|parliament|ambassador)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"-(?:backed|led|based|born|made|controlled|installed|appointed|run|affiliated|aligned|friendly|allied|annexed|supported|sponsored|funded|trained|linked|loyal|brokered|mediated|imposed|supplied|style)\b")
_INTO = re.compile(r"\b(?:in|inside|into|across|to|from) (?:the )?$")
"""What leads to a word that is country and adjective ("in the US", but "US officials")."""
_AND = re.compile(r" and (?:the )?")
_BETWEEN = re.compile(r"\bbetween (?:the )?(?:\w+ )?(?:of )?$")
_EDGE = re.compile(r"\b")
_REGION_AFTER, _REGION_BEFORE = re.compile(r"(?:['’]s)? (?:region|oblast|province|governorate)"), re.compile(r"(?:province|region)s? of \Z")
_TOWN_AFTER, _TOWN_BEFORE = re.compile(r" city\b"), re.compile(r"\b(?:city|town|capital|port) (?:of )?\Z")
_VILLAGE = re.compile(r"\b(?:village|town|city|settlement|hamlet|suburb)\b", re.IGNORECASE)


class Toponym(Noun, frozen=True, kw_only=True):
    """One place name in a text: `words == body[start:end]`; `entry` None where the index has no such name; `p` that the entry is meant."""

    start: int
    end: int
    words: str
    entry: Entry | None
    p: float


def find_toponyms(body: str, gazetteer: Gazetteer, language: str = "en", home: str | None = None, persons: Sequence[Span] = ()) -> list[Toponym]:
    """The place names of a text with what they mean, in its order. `home` is a country code, `persons` spans of people's names."""
    scene = Scene(body, language, persons)
    found = recognise(scene, gazetteer)
    ranked = rank(scene, found, gazetteer, home)
    return [Toponym(start=f.start, end=f.end, words=f.words, entry=r.entry, p=r.p) for f, r in zip(found, ranked, strict=True)]


def resolve_spans(body: str, spans: Sequence[Span], gazetteer: Gazetteer, language: str = "en", home: str | None = None) -> list[Ranked]:
    """What the names at these spans mean, judged together over the text; aligned with `spans`."""
    scene = Scene(body, language)
    found = []
    for start, end in spans:
        words = body[start:end]
        found.append(Found(start, end, words, key_of(words), candidates_at(scene, gazetteer, start, end), 1.0, frozenset()))
    return rank(scene, found, gazetteer, home)


def places_of_mentions(text: Text, reading: Reading, gazetteer: Gazetteer, home: str | None) -> list[Place | None]:
    """The place of each mention, aligned with `reading.mentions`; `home` is the outlet's country (ISO 3166 alpha-2)."""
    return places_of_reading(text, reading, replace(reading, mentions=()), gazetteer, home)[0]


def places_of_reading(text: Text, reading: Reading, judged: Reading, gazetteer: Gazetteer, home: str | None) -> tuple[list[Place | None], list[Place | None]]:
    """The places of the mentions of a reading, and of its assessments, which `judged` gives in the form of mentions."""
    if not reading.mentions and not judged.mentions:
        return [], []
    grounds = Grounds(text, reading, gazetteer, home)
    return [grounds.place(mention) for mention in reading.mentions], [grounds.place(mention) for mention in judged.mentions]


class Grounds:
    """The names of one text, title and body together, resolved once for all its mentions, and what each may mean as the scene of an event."""

    def __init__(self, text: Text, reading: Reading, gazetteer: Gazetteer, home: str | None) -> None:
        self.title = f"{text.title}\n\n" if text.title else ""
        self.joined = self.title + text.body
        self.gazetteer = gazetteer
        language = text.language or "en"
        self.scene = Scene(self.joined, language, [self.span(q) for q in reading.persons])
        holes = [(start + len(self.title), end + len(self.title)) for start, end in text.boilerplate]
        self.names = Names(self.scene, gazetteer, [self.span(q) for m in reading.mentions for q in m.where_words], holes, home, text.published)
        self.found = self.names.found
        self.ranked = rank(self.scene, self.found, gazetteer, home)
        self.said: dict[str, str] = {}
        self.within: dict[str, str | None] = {}
        self.numbers: list[int] = []
        """For each option the name that it is a meaning of."""
        options = [option for n in range(len(self.found)) for option in self.options_of(n)]
        options = self.with_sites(options)
        triggers = [self.span(m.trigger) for m in reading.mentions]
        self.scenes = Scenes(self.joined, len(self.title), sentences(self.joined), options, triggers, language)
        self.places = [self.at(n, option, "") for n, option in zip(self.numbers, options, strict=True)]
        self.labels = [(place.name, place.precision) for place in self.places]

    def options_of(self, n: int) -> list[Option]:
        """What one name may mean: the choice of the ranking, and the region or town of the same name."""
        found, entry = self.found[n], self.ranked[n].entry
        if _LABEL.match(self.joined, found.end) or found.words in self.scene.adjectives and not _INTO.search(self.joined[max(0, found.start - 12) : found.start]):
            return []
        if entry is not None and entry.kind == "settlement" and kind_said(self.scene, found) == "district" and self.town_of(n):
            entry = None  # "the El Geneina quarter of Rafah" is no town of Darfur, nor "Odesa's Peresyp district" a village elsewhere
        if entry is not None and entry.kind == "settlement" and kind_said(self.scene, found) == "region":
            entry = self.namesake(found, entry) or entry
        marks = {mark for mark in _MARKS if mark in found.features}
        if self.ranked[n].p < 0.5:
            marks.add("unsure")
        if entry is None and found.words.isupper():
            marks.add("acronym")
        if self.names.is_stray(entry, found.key):
            at_home = next((e for e in found.candidates if e.country in self.names.context.countries), None)
            if at_home is None:
                marks.add("stray")
            # A small town elsewhere bears the name; the text means one that the index lacks.
            entry = at_home or (entry if entry is not None and entry.population > 50_000 else None)
        entries: list[tuple[Entry | None, set[str]]] = [(entry, marks)]
        if entry is not None and (twin := self.twin(found, entry)):
            said = self.said_elsewhere(found)
            entries = [(e, marks | {f"{e.kind} {role}", f"{e.kind}, {said}"}) for e, role in ((entry, "with a twin"), (twin, "as a twin"))]
        options = []
        for meant, signs in entries:
            self.numbers.append(n)
            option = Option((found.start, found.end), found.words, meant, "unknown" if meant is None else meant.kind, self.may_be_scene(found), frozenset(signs))
            if option.kind == "country" and self.at(n, option, "").precision == "region":
                option = option._replace(kind="part")
            elif option.kind == "settlement" and kind_said(self.scene, found) == "region" and self.at(n, option, "").precision == "region":
                option = option._replace(kind="region")
            options.append(option)
        return options

    def with_sites(self, options: Sequence[Option]) -> list[Option]:
        """The options with the sites that the text names by its towns: "Kramatorsk railway station" is no more the town, "the al-Khani mosque in Daquq" may be."""
        towns = {n: at for at, (n, option) in enumerate(zip(self.numbers, options, strict=True)) if option.kind in ("settlement", "unknown")}
        names = [r.entry.name if r.entry else f.words for f, r in zip(self.found, self.ranked, strict=True)]
        answer = list(options)
        for site in find_sites(self.scene, self.found, names):
            if site.n not in towns:
                continue
            town = options[towns[site.n]]
            if "stray" in town.marks:
                # "Dar Al-Salam hospital" is not in Tanzania.
                option = Option(site.span, town.words, None, "site", True, site.marks, site.name.replace(names[site.n], town.words))
            elif "acronym" in town.marks:
                option = Option(site.span, town.words, None, "site", True, site.marks | {"acronym"}, site.name)  # "UNRWA school" is no one place
            else:
                option = Option(site.span, town.words, town.entry, "site", True, site.marks, site.name)
            if site.span[0] == town.span[0] and "site named, its" not in site.marks:
                answer[towns[site.n]] = option
            else:
                self.numbers.append(site.n)
                answer.append(option)
        order = sorted(range(len(answer)), key=lambda at: answer[at].span)
        self.numbers = [self.numbers[at] for at in order]
        return [answer[at] for at in order]

    def twin(self, found: Found, entry: Entry) -> Entry | None:
        """The region named like this town, or the town named like this region ("Kherson"), where no word says which is meant."""
        other = {"settlement": "region", "region": "settlement"}.get(entry.kind)
        if other is None or entry.country == "US" or kind_said(self.scene, found):
            return None
        same = next((e for e in found.candidates if e.kind == other and (e.country, e.admin1) == (entry.country, entry.admin1)), None)
        return same or (self.namesake(found, entry) if other == "region" else None)

    def namesake(self, found: Found, town: Entry) -> Entry | None:
        """The region that a town lies in, where it bears the town's name in whatever spelling ("Deir al-Zour", "Dayr az-Zawr")."""
        region = self.gazetteer.regions.get((town.country, town.admin1))
        if region is None:
            return None
        names = {key_of(region.name), key_of(region.name.removesuffix(" Oblast"))}
        own = {found.key, key_of(town.name)}
        alike = names & own or {skeleton_of(x) for x in names} & {skeleton_of(x) for x in own} - {""} or {bones_of(x) for x in names} & {bones_of(x) for x in own} - {""}
        return region if alike else None

    def span(self, quote: Quote) -> Span:
        """A quote's span in title and body together."""
        shift = len(self.title) if quote.within == "body" else 0
        return quote.start + shift, quote.end + shift

    def quote(self, start: int, end: int) -> Quote:
        """A span of title and body together as a quote; it never crosses from one to the other."""
        if end <= len(self.title):
            return Quote(start=start, end=end, words=self.joined[start:end], within="title")
        return Quote(start=start - len(self.title), end=end - len(self.title), words=self.joined[start:end])

    def place(self, mention: Mention) -> Place | None:
        """Where one mention happened."""
        event = self.event(mention)
        chosen = self.scenes.best(event, self.labels)
        if chosen is None:
            return self.adjective(mention.where_words)
        place = self.at(self.numbers[chosen], self.scenes.options[chosen], self.scenes.reason(chosen, event))
        only_title = place.quote is not None and place.quote.within == "title" and place.quote.words not in self.joined[len(self.title) :]
        # Offsets count in the body, so that words of the title alone are told by the reason.
        return replace(place, quote=None) if only_title else place

    def event(self, mention: Mention) -> Event:
        """Where the mention's parts stand in title and body together."""
        return Event(
            self.span(mention.trigger), tuple(map(self.span, mention.evidence)), tuple(map(self.span, mention.where_words)),
            family=config.data("kinds.toml")[mention.kind]["family"],
            doers=tuple(self.span(p.quote) for p in mention.perpetrators),
            sufferers=tuple(self.span(p.quote) for p in (*mention.targets, *mention.victims)),
            speakers=tuple(self.span(claim.by) for claim in mention.claims),
        )  # fmt: skip

    def adjective(self, quotes: Sequence[Quote]) -> Place | None:
        """A country that the place words name by its adjective only ("several Ukrainian circuits")."""
        for quote in quotes:
            for word in re.findall(r"\w+", quote.words):
                entry = self.gazetteer.countries.get(self.scene.adjectives.get(word, ""))
                if entry:
                    return plain(entry, self.gazetteer, quote, "named with the event by its adjective", 0.6)
        return None

    def may_be_scene(self, found: Found) -> bool:
        """Whether a name can be where something happened: it speaks ("Moscow said") or labels a body ("Kyiv police") and so is none."""
        f = found.features
        after = self.joined[found.end : found.end + 24]
        if "before says" in f or "before body" in f and not self.before_kind(after) or "after first name" in f or "after title" in f:
            return False
        return not (_NO_SCENE.match(after) or _LABEL.match(after))

    def before_kind(self, after: str) -> bool:
        """Whether words go on with a kind of place and no body ("Kherson City", not "Kyiv City Council")."""
        match, lists = re.match(r" (\w+)(?: ([A-Z]\w+))?", after), self.scene.lists
        if not match or match[1].casefold() not in lists["settlement_words"] | lists["region_words"] | lists["district_words"]:
            return False
        return (match[2] or "").casefold() not in lists["organisation"]

    def at(self, n: int, option: Option, reason: str) -> Place:
        """The Place that one meaning of one name gives."""
        quote = self.quote(*option.span)
        f, entry = self.found[n], option.entry
        if option.site:
            town = self.lent(self.unknown(n, quote, reason), n) if entry is None else plain(entry, self.gazetteer, quote, reason, self.ranked[n].p)
            return replace(town, name=option.site, precision="site", geonames_id=None, population=None, reason=f"{reason}; a site in or near {town.name}, placed at its middle")
        if entry is None:
            return self.unknown(n, quote, reason)
        if between := self.between(n):
            return between
        return shaped(self.scene, (f.start, f.end), entry, self.gazetteer, quote, reason, self.ranked[n].p)

    def between(self, n: int) -> Place | None:
        """ "between X and Y": the middle of both, with a radius that reaches them."""
        for a, b in ((n, n + 1), (n - 1, n)):
            if a < 0 or b >= len(self.found):
                continue
            x, y = self.found[a], self.found[b]
            if not _AND.fullmatch(self.joined[x.end : y.start]) or not _BETWEEN.search(self.joined[max(0, x.start - 40) : x.start]):
                continue
            one, two = self.ranked[a].entry, self.ranked[b].entry
            if not one or not two or one.kind != "settlement" or two.kind != "settlement" or None in (one.latitude, two.latitude):
                continue
            p, q = (one.latitude or 0.0, one.longitude or 0.0), (two.latitude or 0.0, two.longitude or 0.0)
            place = plain(one, self.gazetteer, self.quote(x.start, y.end), f"between {one.name} and {two.name}", self.ranked[a].p)
            return replace(
                place, name=f"{one.name} and {two.name}", precision="district", latitude=round((p[0] + q[0]) / 2, 5), longitude=round((p[1] + q[1]) / 2, 5),
                radius_km=round(max(2.0, kilometres(p, q) / 2), 1), geonames_id=None, population=None,
            )  # fmt: skip
        return None

    def unknown(self, n: int, quote: Quote, reason: str) -> Place:
        """A name that the index lacks, as exact as the words round it say, in the country of the places named next to it."""
        start, end = self.found[n].start, self.found[n].end
        before, after = self.joined[max(0, start - 30) : start].rpartition(".")[2], self.joined[end : end + 16]
        words, name = self.found[n].words, self.found[n].words
        precision: Precision = "settlement"
        if not _VILLAGE.search(before + after):
            if re.search(r"\b(?:district|raion|neighbou?rhood|quarter)\b", before + after, re.IGNORECASE):
                precision = "district"
                # A quarter is one of the town beside it; a district may be of the land.
                town = self.town_of(n) or (self.town_near(n) if re.search(r"\b(?:neighbou?rhood|quarter)\b", before + after, re.IGNORECASE) else None)
                name = f"{words}, {town.name}" if town else f"{words} District"
            elif re.match(r" area\b", after):
                precision = "district"
            elif re.search(r"\b(?:region|oblast|province|governorate)\b", before + after, re.IGNORECASE):
                precision = "region"
        if words.split()[-1].casefold() in self.scene.lists["site_words"] or words.startswith("Camp "):
            precision = "site"
        place = Place(name=name, precision=precision, reason=f"{reason}; not found in the gazetteer", quote=quote, country=self.country_near(n))
        lends = precision in ("district", "site") or precision == "settlement" and not _VILLAGE.search(before + after) and self.middle is not None
        return self.lent(place, n) if lends else place

    def lent(self, place: Place, n: int) -> Place:
        """A site or quarter that the index lacks, at the middle of the town named nearest to it; a village stays without a point."""
        town = self.town_near(n)
        if town is None or town.country != place.country:
            return place
        at = plain(town, self.gazetteer, None, "", 0.0)
        return replace(
            place, admin1=at.admin1, latitude=at.latitude, longitude=at.longitude, radius_km=round(town.radius_km + 5.0, 1), reason=f"{place.reason}; placed at {at.name}"
        )  # fmt: skip

    def town_near(self, n: int) -> Entry | None:
        """The town named nearest to a name, within `LENT` characters; else the one that the text tells of."""
        near = [
            (abs(self.found[m].start - self.found[n].start), entry)
            for m, (entry, _) in list(enumerate(self.ranked))[max(0, n - NEAR) : n + NEAR]
            if m != n and entry is not None and entry.kind == "settlement" and entry.latitude is not None and not self.names.is_stray(entry)
        ]
        away, town = min(near, key=lambda pair: pair[0], default=(LENT, None))
        return self.middle if town is None or away >= LENT else town

    @cached_property
    def middle(self) -> Entry | None:
        """The town that a text names most, where nearly all towns and quarters that it names lie within `AREA` of it: a name unknown lies there too."""
        exact = [e for e, _ in self.ranked if e is not None and e.kind in ("settlement", "district") and e.latitude is not None and not self.names.is_stray(e)]
        if len(exact) < 2:
            return exact[0] if exact and len(self.joined) < SHORT else None
        middle = Counter(exact).most_common(1)[0][0]
        away = [kilometres((middle.latitude or 0.0, middle.longitude or 0.0), (e.latitude or 0.0, e.longitude or 0.0)) for e in exact]
        return middle if sum(km < AREA for km in away) >= 0.8 * len(away) else None

    def said_elsewhere(self, found: Found) -> str:
        """Which of two twins the text names in full somewhere ("Kherson region", "the city of Kherson")."""
        if found.words not in self.said:
            text, region, town, start = self.joined[:FIRST], False, False, -1
            while (start := text.find(found.words, start + 1)) >= 0:
                end, before = start + len(found.words), text[max(0, start - 16) : start]
                begins, ends = _EDGE.match(text, start), _EDGE.match(text, end)
                region = region or bool(begins and _REGION_AFTER.match(text, end) or ends and _REGION_BEFORE.search(before))
                town = town or bool(ends and _TOWN_BEFORE.search(before) or begins and _TOWN_AFTER.match(text, end))
            self.said[found.words] = f"{'region' if region else ''}{'town' if town else ''} said elsewhere" if region or town else "neither said elsewhere"
        return self.said[found.words]

    def town_of(self, n: int) -> Entry | None:
        """The town that a quarter is said to lie in ("Kabul's Shash Darak area", "the Rawda quarter of Marib")."""
        for m in (n - 1, n + 1):
            if 0 <= m < len(self.found) and (entry := self.ranked[m].entry) and entry.kind == "settlement":
                a, b = sorted((self.found[m], self.found[n]))
                between = self.joined[a.end : b.start]
                if re.fullmatch(r"['’]s (?:\w+ )?" if m < n else r" (?:district|raion|neighbou?rhood|quarter),? (?:of|in|inside) (?:the )?(?:\w+ )?(?:(?:city|town) of )?", between):
                    return entry
        return None

    def country_near(self, n: int) -> str | None:
        """The country that the text puts the name in somewhere, else that of the nearest place of the same sentence that is known, else the one named most."""
        if (key := self.found[n].key) not in self.within:
            said = Counter(code for m, f in enumerate(self.found) if f.key == key for code, _ in sorted(containers(self.scene, self.found, m)))
            self.within[key] = said.most_common(1)[0][0] if said else None
        if self.within[key]:
            return self.within[key]
        near = sorted(
            (abs(self.found[m].start - self.found[n].start), r.entry.country)
            for m, r in list(enumerate(self.ranked))[max(0, n - NEAR) : n + NEAR]
            if m != n and r.entry is not None and r.entry.country and not self.names.is_stray(r.entry) and self.may_be_scene(self.found[m])
        )
        if near and near[0][0] < 120:
            return near[0][1]
        if self.middle is not None:
            return self.middle.country  # the country named most may be the attacker's
        named = self.names.context.countries
        return named.most_common(1)[0][0] if named else near[0][1] if near else None
