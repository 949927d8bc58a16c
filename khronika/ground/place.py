"""A text and its reading in, the place of each mention out, with the reason; and the place names of any text.

The rule: the extractor's place words come first, then names near the trigger, then the paragraph, the dateline, the title; people and metonyms
("Moscow said") never give a place, and a name that the index lacks stays under its own words without coordinates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from khronika.ground.gazetteer import Entry, Gazetteer, key_of
from khronika.ground.phrases import plain, shaped
from khronika.ground.rank import Ranked, context_of, kilometres, rank
from khronika.ground.toponyms import Found, Scene, recognise
from khronika.text import Sorted, Span, overlaps, sentences
from khronika.types import Mention, Noun, Place, Precision, Quote, Reading, Text

_EXACT = {"site": 0, "settlement": 1, "district": 2, "region": 3, "country": 4}
_DATELINE = re.compile(r"\s*([A-ZÀ-Ý][\w .,'’-]{1,40}?)(?:, [A-Z][\w. ]+)?(?: \([^)\n]{2,40}\))?,?(?: [A-Z][a-z]+\.? \d{1,2})? ?[-–—:] ")
_LOOSE = re.compile(r"\b(?:port of|city of|town of|downtown|cent(?:er|re) of)\b", re.IGNORECASE)
_NOWHERE = Entry(0, "", "", "", "", "country", None, None, 0.0, 0)
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
    shorter = re.sub(r"^(?:city|town|village|port|province|state|gulf|county) of | (?:city|town|village|county|parish|province|region|oblast|district|state|township|twp|area|metro|peninsula|governorate|island|islands)$", "", key)
    shorter = re.sub(r"^(?:downtown|central|greater|metro|upper|lower|(?:north|south)?(?:east|west)?(?:ern)?|north(?:ern)?|south(?:ern)?|mid) ", "", shorter)
    if shorter and shorter != key and (found := gazetteer.candidates(shorter)):
        return found
    return gazetteer.like(key)


def places_of_mentions(text: Text, reading: Reading, gazetteer: Gazetteer, home: str | None) -> list[Place | None]:
    """The place of each mention, aligned with `reading.mentions`; `home` is the outlet's country (ISO 3166 alpha-2)."""
    if not reading.mentions:
        return []
    grounds = _Grounds(text, reading, gazetteer, home)
    return [grounds.place(mention) for mention in reading.mentions]


class _Grounds:
    """The names of one text, title and body together, resolved once for all its mentions."""

    def __init__(self, text: Text, reading: Reading, gazetteer: Gazetteer, home: str | None) -> None:
        self.title = f"{text.title}\n\n" if text.title else ""
        self.joined = self.title + text.body
        self.gazetteer = gazetteer
        persons = [self.span(q) for q in reading.persons]
        self.scene = Scene(self.joined, text.language or "en", persons)
        holes = [(start + len(self.title), end + len(self.title)) for start, end in text.boilerplate]
        self.found = [f for f in recognise(self.scene, gazetteer) if not any(overlaps((f.start, f.end), hole) for hole in holes)]
        self.context = context_of(self.scene, self.found, home)
        self.found = [self.widened(f) for f in sorted({(f.start, f.end): f for f in [*self.found, *self.worded(reading)]}.values())]
        self.spans = Sorted([(f.start, f.end) for f in self.found])
        self.ranked = rank(self.scene, self.found, gazetteer, home)
        self.sentences = sentences(self.joined)
        self.stray = {n for n, (f, r) in enumerate(zip(self.found, self.ranked, strict=True)) if self.is_stray(f, r.entry)}
        self.places: dict[int, Place] = {}

    def is_stray(self, found: Found, entry: Entry | None) -> bool:
        """Whether a town lies far from every country that the text speaks of, so that its name is likelier a person's or a body's."""
        named = self.context.countries
        if not entry or not named or entry.kind in ("country", "region", "site") or entry.country in named or entry.population > 1_000_000:
            return False
        for code in named:
            land = self.gazetteer.countries.get(code)
            if land and None not in (land.latitude, entry.latitude):
                far = kilometres((land.latitude or 0.0, land.longitude or 0.0), (entry.latitude or 0.0, entry.longitude or 0.0))
                if far < 1.3 * land.radius_km + 100:
                    return False
        return True

    def span(self, quote: Quote) -> Span:
        """A quote's span in title and body together."""
        shift = len(self.title) if quote.within == "body" else 0
        return quote.start + shift, quote.end + shift

    def quote(self, start: int, end: int) -> Quote:
        """A span of title and body together as a quote; it never crosses from one to the other."""
        if end <= len(self.title):
            return Quote(start=start, end=end, words=self.joined[start:end], within="title")
        return Quote(start=start - len(self.title), end=end - len(self.title), words=self.joined[start:end])

    def widened(self, found: Found) -> Found:
        """Candidates with those spelt otherwise in the countries that the text names, where none of that name lies there."""
        named = self.context.countries
        if not named or any(e.country in named or e.kind in ("country", "region") for e in found.candidates):
            return found
        alike = tuple(e for e in self.gazetteer.like(found.key) if e.country in named)
        return found._replace(candidates=alike + found.candidates) if alike else found

    def worded(self, reading: Reading) -> list[Found]:
        """Names inside the extractor's place words that recognition passed over: there the bar is low."""
        extra: list[Found] = []
        taken = bytearray(len(self.joined))
        for start, end in (*((f.start, f.end) for f in self.found), *self.scene.persons):
            taken[start:end] = b"\1" * (end - start)
        for mention in reading.mentions:
            for quote in mention.where_words:
                start, end = self.span(quote)
                local = Scene(self.joined[start:end], "en")
                done = -1
                for i in range(len(local.tokens)):
                    for j in local.spans_from(i):
                        a, b = local.tokens[i].start + start, local.tokens[j].end + start
                        if i <= done or any(taken[a:b]):
                            continue
                        if candidates := self.meant(self.joined[a:b], a, b):
                            extra.append(Found(a, b, self.joined[a:b], key_of(self.joined[a:b]), candidates, 0.5, frozenset()))
                            taken[a:b] = b"\1" * (b - a)
                            done = j
        return extra

    def meant(self, words: str, start: int, end: int) -> tuple[Entry, ...]:
        """What words that an extractor holds to be a place may mean: by name anywhere, by likeness only where the text is at home."""
        if any(w in self.scene.lists["common"] or w in self.scene.lists["site_words"] for w in words.casefold().split()) or words in self.scene.adjectives:
            return ()
        exact = self.gazetteer.candidates(key_of(words))
        named = self.context.countries
        if exact and (not named or any(e.country in named or e.kind in ("country", "region") or e.population > 100_000 for e in exact)):
            return exact
        alike = tuple(e for e in candidates_at(self.scene, self.gazetteer, start, end) if e.country in named)
        if not alike and len(words) > 4:
            for country, _ in named.most_common(2):
                alike = alike or self.gazetteer.nearly(key_of(words), country)
        return alike

    def place(self, mention: Mention) -> Place | None:
        """Where one mention happened."""
        spans = [self.span(q) for q in mention.where_words]
        trigger = self.span(mention.trigger)
        if spans:
            inside = sorted({n for s in spans for n in self.spans.touching(s)})
            if inside:
                return self.sharper(self.named(mention, inside, spans), mention)
            if adjective := self.adjective(mention.where_words):
                return adjective
            if unknown := self.unknown(mention.where_words):
                return unknown if unknown.precision != "site" or unknown.latitude is not None else self.lent(unknown, self.by_text(mention, trigger))
        return self.by_text(mention, trigger)

    def sharper(self, place: Place | None, mention: Mention) -> Place | None:
        """Where the words name a country only, a settlement or region in it that the same sentences name."""
        if place is None or place.precision != "country":
            return place
        rings = [self.span(q) for q in mention.evidence]
        inside = [
            n
            for n, f in enumerate(self.found)
            if n not in self.stray and self.may_be_scene(n) and any(overlaps((f.start, f.end), ring) for ring in rings)
            if (entry := self.ranked[n].entry) is not None and entry.country == place.country and entry.kind not in ("country",)
        ]
        better = self.best(inside, self.span(mention.trigger), "in the sentences that report it", prefer_exact=True) if inside else None
        return better or place

    def lent(self, site: Place, town: Place | None) -> Place:
        """A site that the index lacks, at the middle of the town that the text gives for the event."""
        from msgspec.structs import replace

        if town is None or town.precision not in ("settlement", "district"):
            return site
        return replace(
            site, country=town.country, admin1=town.admin1, latitude=town.latitude, longitude=town.longitude, radius_km=town.radius_km,
            reason=f"named with the event, not found in the gazetteer; placed at {town.name}, {town.reason}",
        )  # fmt: skip

    def by_text(self, mention: Mention, trigger: Span) -> Place | None:
        """The place that the sentences of the event give, else those around it."""
        own = self.sentence_at(trigger[0])
        evidence = [self.span(q) for q in mention.evidence]
        rings: list[tuple[str, list[Span]]] = [("in the sentence of the event", [own]), ("in the sentences that report it", evidence)]
        for reason, ring in rings:
            inside = [n for n in sorted({n for s in ring for n in self.spans.touching(s)}) if self.may_be_scene(n)]
            if inside:
                return self.best(inside, trigger, reason, prefer_exact=reason.startswith("in the sentence of"))
        return self.fall_back(trigger, own)

    def named(self, mention: Mention, inside: Sequence[int], spans: Sequence[Span]) -> Place | None:
        """The most exact name in the extractor's place words, the first of its kind; a site that they describe bears their words."""
        known = [n for n in inside if self.ranked[n].entry is not None]
        if not known:
            return None
        n = min(known, key=lambda n: (_EXACT[(self.ranked[n].entry or _NOWHERE).kind], self.found[n].start))
        entry = self.ranked[n].entry or _NOWHERE
        place = self.at(n, entry, "named with the event")
        for quote, span in zip(mention.where_words, spans, strict=True):
            if overlaps(span, (self.found[n].start, self.found[n].end)) and entry.kind == "settlement" and place.precision in ("settlement", "site"):
                words = re.findall(r"[\w-]+", quote.words)
                own = re.findall(r"[\w-]+", self.found[n].words)
                if len(words) <= 9 and any(w.casefold() in self.scene.lists["site_words"] for w in words if w not in own) and not _LOOSE.search(quote.words):
                    name = re.sub(r"^(?:the|a|an) ", "", " ".join(quote.words.split()), flags=re.IGNORECASE)
                    from msgspec.structs import replace

                    return replace(
                        place, name=name, precision="site", geonames_id=None, population=None, quote=quote,
                        reason=f"named with the event; a site in or near {entry.name}, placed at its middle",
                    )  # fmt: skip
        return place

    def adjective(self, quotes: Sequence[Quote]) -> Place | None:
        """A country that the place words name by its adjective only ("several Ukrainian circuits")."""
        for quote in quotes:
            for word in re.findall(r"\w+", quote.words):
                entry = self.gazetteer.countries.get(self.scene.adjectives.get(word, ""))
                if entry:
                    return plain(entry, self.gazetteer, quote, "named with the event by its adjective", 0.6)
        return None

    def fall_back(self, trigger: Span, own: Span) -> Place | None:
        """The place that the text around an event without one implies: the paragraph before it, the dateline, the title, the lead."""
        start = self.joined.rfind("\n", 0, own[0]) + 1
        paragraph = [n for n, f in enumerate(self.found) if self.may_be_scene(n) and start <= f.start < own[0]]
        if paragraph:
            return self.best(paragraph[-3:], trigger, "from the sentences before, in the same paragraph", prefer_exact=True)
        dateline = _DATELINE.match(self.joined, len(self.title))
        lead_end = len(self.title) + 700
        for reason, low, high in (
            ("from the dateline", len(self.title), dateline.end() if dateline else len(self.title)),
            ("from the title", 0, len(self.title)),
            ("from the lead", len(self.title), lead_end),
        ):
            inside = [n for n, f in enumerate(self.found) if low <= f.start < high and self.may_be_scene(n)]
            if inside:
                return self.best(inside[:4], trigger, reason, prefer_exact=False)
        return None

    def sentence_at(self, at: int) -> Span:
        """The sentence that holds an offset."""
        for start, end in self.sentences:
            if start <= at < end:
                return start, end
        return at, at + 1

    def may_be_scene(self, n: int) -> bool:
        """Whether a name can be where something happened: it speaks ("Moscow said") or labels a body ("Kyiv police") and so is none."""
        found = self.found[n]
        f = found.features
        if n in self.stray:
            return False
        if "before says" in f or "before body" in f or "after first name" in f or "after title" in f:
            return False
        after = self.joined[found.end : found.end + 24]
        if re.match(r"(?:['’]s)? (?:family|families|street|road|highway|brigades?|battalion|news|tv|agency)\b", after, re.IGNORECASE):
            return False
        if re.match(r"['’]s (?:\w+ )?(?:\w+ )?(?:ministry|minister|president|army|forces|troops|military|government|leader|parliament|ambassador)", after, re.IGNORECASE):
            return False
        return not re.match(r"-(?:backed|led|based|born|made|controlled|installed|appointed|run|affiliated|aligned)\b", after)

    def best(self, numbers: Sequence[int], trigger: Span, reason: str, prefer_exact: bool) -> Place | None:
        """The most fitting of some names: exact before wide, after a preposition of place, near the trigger."""

        def cost(n: int) -> float:
            f, r = self.found[n], self.ranked[n]
            kind = r.entry.kind if r.entry else "country"
            if kind == "country" and r.entry and self.is_actor(f):
                return 9.0
            away = min(abs(f.start - trigger[1]), abs(trigger[0] - f.end))
            value = (1.0 if prefer_exact else 0.6) * _EXACT[kind] + away / 120
            if "after locative" in f.features or "after kind" in f.features:
                value -= 0.8
            if "possessive" in f.features:
                value += 0.3
            return value

        for n in sorted(numbers, key=cost):
            entry = self.ranked[n].entry
            if entry is not None:
                return self.at(n, entry, reason)
        return None

    def is_actor(self, found: Found) -> bool:
        """Whether a country stands where a doer stands ("Russia attacked", "by Israel"), not where a place does."""
        return not found.features & {"after locative", "after compass", "after kind"} and not re.search(r"\b(?:in|across|inside|within|into) (?:[\w-]+ ){0,2}$", self.joined[max(0, found.start - 30) : found.start])

    def at(self, n: int, entry: Entry, reason: str) -> Place:
        f = self.found[n]
        between = self.between(n)
        if between is not None:
            return between
        return shaped(self.scene, (f.start, f.end), entry, self.gazetteer, self.quote(f.start, f.end), reason, self.ranked[n].p)

    def between(self, n: int) -> Place | None:
        """ "between X and Y": the middle of both, with a radius that reaches them."""
        for a, b in ((n, n + 1), (n - 1, n)):
            if a < 0 or b >= len(self.found):
                continue
            x, y = self.found[a], self.found[b]
            if not re.fullmatch(r" and (?:the )?", self.joined[x.end : y.start]) or not re.search(r"\bbetween (?:the )?(?:\w+ )?(?:of )?$", self.joined[max(0, x.start - 40) : x.start]):
                continue
            one, two = self.ranked[a].entry, self.ranked[b].entry
            if not one or not two or one.kind != "settlement" or two.kind != "settlement" or None in (one.latitude, two.latitude):
                continue
            p, q = (one.latitude or 0.0, one.longitude or 0.0), (two.latitude or 0.0, two.longitude or 0.0)
            place = plain(one, self.gazetteer, self.quote(x.start, y.end), f"between {one.name} and {two.name}", self.ranked[a].p)
            from msgspec.structs import replace

            return replace(
                place, name=f"{one.name} and {two.name}", precision="district", latitude=round((p[0] + q[0]) / 2, 5), longitude=round((p[1] + q[1]) / 2, 5),
                radius_km=round(max(2.0, kilometres(p, q) / 2), 1), geonames_id=None, population=None,
            )  # fmt: skip
        return None

    def unknown(self, quotes: Sequence[Quote]) -> Place | None:
        """Place words that hold a name which the index lacks: alike within the country that the text is about, else not found."""
        country = self.context.countries.most_common(1)[0][0] if self.context.countries else None
        for quote in quotes:
            names = re.findall(r"[A-ZÀ-ÝА-ЯЄІЇҐ][\w'’ʼ-]+(?:[ -][A-ZÀ-ÝА-ЯЄІЇҐ][\w'’ʼ-]+)*", quote.words)
            names = [n for n in names if n not in self.scene.adjectives and n.casefold() not in self.scene.lists["common"]]
            if not names:
                continue
            if country and (entries := self.gazetteer.nearly(key_of(names[0]), country)):
                return plain(entries[0], self.gazetteer, quote, f"named with the event; spelt much like {entries[0].name}", 0.5)
            precision: Precision = "settlement"
            if not _VILLAGE.search(quote.words):
                if any(w in self.scene.lists["site_words"] for w in re.findall(r"[a-z]+", quote.words.casefold())):
                    precision = "site"
                elif re.search(r"\b(?:district|raion|neighbou?rhood)\b", quote.words, re.IGNORECASE):
                    precision = "district"
                elif re.search(r"\b(?:region|oblast|province|governorate)\b", quote.words, re.IGNORECASE):
                    precision = "region"
            return Place(name=names[0], precision=precision, reason="named with the event; not found in the gazetteer", quote=quote, country=country)
        return None
