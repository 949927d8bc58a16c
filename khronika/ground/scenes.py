"""The place names of one text and a mention in, what speaks for and against each as the scene of the event out, and the likeliest.

The rule: a name is judged by what stands round it and by where it stands to the event (its words, its sentence, the sentences before and after,
the title); the weights of these signs are learnt (data/place/scene_weights.json) and sum up over all mentions of one place.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from itertools import repeat
from typing import Any, NamedTuple

from khronika import config
from khronika.ground.cohesion import Cohesion
from khronika.ground.gazetteer import Entry
from khronika.text import Sorted, Span, overlaps

ORDER = {"site": 0, "settlement": 1, "unknown": 1, "district": 2, "part": 3, "region": 3, "country": 4}
"""Kinds from exact to wide; "part" is the east of a country, "unknown" a name that the index lacks."""
_FINE = frozenset({"site", "settlement", "unknown", "district"})
_HYPHENED, _POSSESSIVE = re.compile(r"-\w"), re.compile(r"['’]s\b")
_TOKEN = re.compile(r"[\w’'-]+|[.,;:()“”\"—–]")
_WIRED = re.compile(r"\b[A-ZÀ-Ý]{3,}(?: [A-ZÀ-Ý]{3,})*(?:, [A-Z][\w. ]+?)?,?(?: [A-Z][a-z]{2,8}\.? \d{1,2},?(?: \d{4})?)? \([A-Z][\w /-]+\) ?[-–—]+ ")
"""An agency's dateline behind a headline that stands in the body."""
_DATELINE = re.compile(r"\s*([A-ZÀ-Ý][\w .,'’-]{1,40}?)(?:, [A-Z][\w. ]+)?(?: \([^)\n]{2,40}\))?,?(?: [A-Z][a-z]+\.? \d{1,2})? ?[-–—:] ")


class Option(NamedTuple):
    """One meaning of one name of a text: the entry (None: the index lacks it), its kind, whether it may be a scene, signs of its own, a site's name."""

    span: Span
    words: str
    entry: Entry | None
    kind: str
    may_be: bool
    marks: frozenset[str]
    site: str | None = None


class Event(NamedTuple):
    """Where a mention stands in title and body together: its trigger, its evidence, the extractor's place words, the words of those who did it,
    who suffered it and who tell of it; and the family of its kind."""

    trigger: Span
    evidence: tuple[Span, ...]
    place_words: tuple[Span, ...]
    family: str = ""
    doers: tuple[Span, ...] = ()
    sufferers: tuple[Span, ...] = ()
    speakers: tuple[Span, ...] = ()


@cache
def _words(language: str) -> Mapping[str, Any]:
    path = f"place/{language}.toml" if (config.DATA / f"place/{language}.toml").exists() else "place/en.toml"
    raw = config.data(path)["scene"]
    return {
        "preposition": {word: kind for kind, words in raw["preposition"].items() for word in words.split()},
        "passed": frozenset(raw["passed"].split()),
        "metonyms": frozenset(name for _, names in config.data("demonyms.toml")["country"].values() for name in names),
        "compass": frozenset(config.data("place/en.toml")["compass"].split()),
        "kind": frozenset(raw["kind"].split()),
        # Tried on lower case, which is several times faster than to ignore it.
        **{name: re.compile(raw[name]) for name in ("wall", "body", "office", "meant", "occupied", "anchor", "inside", "wide", "seat", "taken")},
    }


@cache
def weights() -> dict[str, float]:
    """Weights of the signs, learnt by train/scene_weights.py."""
    loaded: dict[str, float] = json.loads((config.DATA / "place/scene_weights.json").read_text(encoding="utf-8"))
    return loaded


SHARP = 3.0
"""How much the best mention of a place counts before its other mentions: at 1 all add up, without end only the best counts."""
BACK, AHEAD = 40, 20
"""Sentences before and after an event, besides the first ones of the text, in which its place is looked for."""


class Scenes:
    """The options of one text in its order; what does not depend on the event is looked at once.

    `title` is the title's length in the joined text, `triggers` are those of all mentions.
    """

    def __init__(self, joined: str, title: int, sentences: Sequence[Span], options: Sequence[Option], triggers: Sequence[Span], language: str) -> None:
        self.joined, self.title, self.options = joined, title, options
        self._sentences, self._starts = sentences, [start for start, _ in sentences]
        self._words = _words(language)
        self._spans = Sorted([o.span for o in options])
        self.sentence = [self._sentence_at(o.span[0]) for o in options]
        self._keys = [o.site or (o.entry.id if o.entry else o.words) for o in options]
        dateline = _DATELINE.match(joined, title) or _WIRED.search(joined, title, title + 300)
        self._dateline = dateline.span() if dateline else (title, title)
        self._lead = self._sentence_at(title + 1)
        self._prepositions = [self._preposition(o) for o in options]
        self._cohesion = Cohesion(joined, sentences)
        self._leads = [_lead_of(preposition) for preposition in self._prepositions]
        self._told = frozenset(self._sentence_at(start) for start, _ in triggers)
        self._kept: dict[tuple[int, str, str], frozenset[str]] = {}
        self._in_sentence: dict[int, list[int]] = {}
        for n, number in enumerate(self.sentence):
            self._in_sentence.setdefault(number, []).append(n)

    def best(self, event: Event, places: Sequence[tuple[str, str]]) -> int | None:
        """The option whose place has most weight; `places` are name and precision of each option's place, by which options are summed."""
        model = weights()
        # Summed without regard to order, since a set has another one in each run.
        scores = {n: self._own_weights[n] + math.fsum(map(model.get, signs, repeat(0.0))) for n, signs in self._signs_to(event).items()}
        if not scores:
            return None
        top = max(scores.values())
        shares: Counter[tuple[str, str]] = Counter()
        for n, score in scores.items():
            shares[places[n]] += math.exp(SHARP * (score - top))  # type: ignore[assignment]
        chosen = max(shares, key=lambda place: shares[place])
        return max((n for n in scores if places[n] == chosen), key=lambda n: scores[n])

    def reason(self, n: int, event: Event) -> str:
        """Where the name stands to the event, in words."""
        option, own = self.options[n], self._sentence_at(event.trigger[0])
        if any(overlaps(span, option.span) for span in event.place_words):
            return "named with the event"
        evidence = sorted({self._sentence_at(span[0]) for span in event.evidence} - {own})
        where = self._position(option, self.sentence[n], own, evidence, min([own, *evidence]))
        if where == "before" and "\n" not in self.joined[option.span[1] : self._starts[own]]:
            return "from the sentences before, in the same paragraph"
        if where == "before" and self.sentence[n] <= self._lead + 2:
            return "from the lead"
        return {
            "own": "in the sentence of the event", "evidence": "in the sentences that report it", "before": "from the sentences before",
            "after": "from the sentences after", "title": "from the title", "dateline": "from the dateline",
        }[where]  # fmt: skip

    def _sentence_at(self, at: int) -> int:
        return max(0, bisect_right(self._starts, at) - 1)

    # --- what a name is by itself --------------------------------------------------------------------------------------

    def _preposition(self, option: Option) -> str:
        """The class of the word that leads to a name, over articles, adjectives and kind words."""
        before = _TOKEN.findall(self.joined[max(0, option.span[0] - 70) : option.span[0]])
        passed, classes, kind = self._words["passed"], self._words["preposition"], False
        while before and (before[-1].casefold() in passed or "-" in before[-1] or before[-1] == "of" and len(before) > 1 and before[-2].casefold() in passed):
            if before[-1] == "of" and before[-2].casefold().replace("-", "") in self._words["compass"]:
                return "ring"
            kind = kind or before[-1] in self._words["kind"]
            before.pop()
        if not before:
            return "start"
        word = before[-1].casefold()
        known: str | None = classes.get(word)
        if kind and known is None:
            # "in the sleepy village of X"
            known = next((classes[w] for w in reversed(before[-4:]) if classes.get(w) in ("in", "at", "ring", "on")), None)
        return known or ("comma" if word == "," else "word" if word[0].isalnum() else "mark")

    @cached_property
    def own_signs(self) -> list[frozenset[str]]:
        """The signs of each option that do not depend on the event."""
        counts = Counter(self._keys)
        exact: Counter[Any] = Counter(key for key, o in zip(self._keys, self.options, strict=True) if o.kind in _FINE and o.may_be)
        main = max(exact, key=lambda key: exact[key], default=None)
        found = []
        for n, option in enumerate(self.options):
            signs = {f"kind {option.kind}", f"led by {self._prepositions[n]}", f"named {_bucket(counts[self._keys[n]], (1, 2, 4, 8))}", *option.marks}
            if not option.may_be:
                signs.add("no scene")
            if option.entry is not None and option.entry.country:
                if self._countries[option.entry.country] < 0.2 * self._countries.total():
                    signs.update(("country seldom named", f"{option.kind}, country seldom named"))
                if option.kind in _FINE and not self._neighbours(n):
                    signs.add("far from the rest")
            if self._keys[n] == main:
                signs.add("main place")
            signs.update(self._surroundings(n))
            signs.update(self._company(n))
            found.append(frozenset(signs))
        return found

    @cached_property
    def _own_weights(self) -> list[float]:
        """What the signs of its own weigh for each option."""
        model = weights()
        return [math.fsum(map(model.get, signs, repeat(0.0))) for signs in self.own_signs]

    def _surroundings(self, n: int) -> set[str]:
        option, words = self.options[n], self._words
        start, end = option.span
        before, after = self.joined[max(0, start - 60) : start].lower(), self.joined[end : end + 50].lower()
        signs = set()
        if words["body"].match(after):
            signs.add("party's" if option.words in words["metonyms"] else "body's")
        if words["office"].search(before):
            signs.add("office of")
        if words["seat"].search(before):
            signs.add("seat of a body")
        if words["taken"].search(before):
            signs.update(("where people were taken", f"where people were taken, {option.kind}"))
        if _HYPHENED.match(after):
            signs.add("hyphened")
        if _POSSESSIVE.match(after):
            signs.add("possessive")
        if words["occupied"].search(before):
            signs.add(f"occupied {option.kind}")
        if option.words in words["metonyms"]:
            loose = self._prepositions[n] in ("word", "mark", "comma", "start", "by", "and", "against", "with", "of", "between")
            signs.add("metonym loose" if loose else "metonym")
        return signs

    def _company(self, n: int) -> set[str]:
        """How a name stands to the other names of its sentence: inside one of them, round one, alone."""
        others = [m for m in self._in_sentence[self.sentence[n]] if self.options[m].span != self.options[n].span]
        signs = set()
        if not any(self._keys[m] != self._keys[n] for m in others):
            signs.add("alone in its sentence")
        inside = [m for m in others if self._holds(m, n) or self._is_said_in(n, m)]
        round_ = [m for m in others if self._holds(n, m) or self._is_said_in(m, n)]
        near = [m for m in others if self._next_to(self.options[m].span[1], self.options[n].span[0]) and self._is_anchor(m, n)]
        if near:
            signs.add("anchor of another")
        if any(self._next_to(self.options[n].span[1], self.options[m].span[0]) and self._is_anchor(n, m) for m in others):
            signs.add("anchored by another")
        if inside:
            signs.add("inside another")
        if round_:
            signs.add("round another")
        if any("twin" in mark for mark in self.options[n].marks):
            signs.update(f"twin {self.options[n].kind} beside a {self.options[m].kind}" for m in others if self._keys[m] != self._keys[n] and self.options[m].kind in ("region", "settlement"))
        end = self.options[n].span[1]
        if any(self._next_to(end, self.options[m].span[0]) for m in inside):
            signs.add("inner of a pair")
        if any(self._next_to(self.options[m].span[1], self.options[n].span[0]) for m in round_):
            signs.add("outer of a pair")
        return signs

    @cached_property
    def _countries(self) -> Counter[str]:
        return Counter(o.entry.country for o in self.options if o.entry is not None and o.entry.country)

    @cached_property
    def _points(self) -> dict[Any, tuple[float, float]]:
        """Where the exact places of a text lie, the first hundred."""
        points = {
            key: (o.entry.latitude, o.entry.longitude)
            for key, o in zip(self._keys, self.options, strict=True)
            if o.kind in _FINE and o.entry is not None and o.entry.latitude is not None and o.entry.longitude is not None
        }
        return dict(list(points.items())[:100])

    def _neighbours(self, n: int) -> int:
        """How many other exact places of the text lie within a degree of an option."""
        entry, own = self.options[n].entry, self._points.get(self._keys[n])
        if entry is None or own is None:
            return 0
        away = math.cos(math.radians(own[0]))
        return sum(abs(a - own[0]) < 1 and abs(b - own[1]) * away < 1 and (a, b) != own for a, b in self._points.values())

    def _next_to(self, end: int, start: int) -> bool:
        return end <= start <= end + 60 and not re.search(r"[.;!?:]", self.joined[end:start])

    def _is_anchor(self, first: int, second: int) -> bool:
        """Whether the second name only tells where the first lies ("X, near Y")."""
        return bool(self._words["anchor"].fullmatch(self.joined[self.options[first].span[1] : self.options[second].span[0]].lower()))

    def _is_said_in(self, inner: int, outer: int) -> bool:
        """Whether the words put one name in the other, which for a village that the index lacks tells what its entry cannot ("X, in Y", "X, Y district")."""
        a, b = self.options[inner], self.options[outer]
        if not 0 < b.span[0] - a.span[1] <= 60 or self._keys[inner] == self._keys[outer] or ORDER[a.kind] > ORDER[b.kind]:
            return False
        if a.entry is not None and b.entry is not None and a.entry.country != b.entry.country:
            return False  # then the first entry is not what the text means
        between, after = self.joined[a.span[1] : b.span[0]].lower(), self.joined[b.span[1] : b.span[1] + 12].lower()
        wide = b.kind not in _FINE or b.kind == "district" or bool(self._words["wide"].match(after))
        return bool(self._words["inside"].fullmatch(between)) or wide and a.kind in _FINE and between == ", "

    def _holds(self, outer: int, inner: int) -> bool:
        """Whether one option's place lies in the other's."""
        a, b = self.options[outer], self.options[inner]
        if a.entry is None or b.entry is None or ORDER[a.kind] <= ORDER[b.kind]:
            return False
        if not a.entry.country:
            return True
        return a.entry.country == b.entry.country and (a.kind in ("country", "part") or not a.entry.admin1 or not b.entry.admin1 or a.entry.admin1 == b.entry.admin1)

    # --- where it stands to an event ------------------------------------------------------------------------------------

    def signs(self, event: Event) -> dict[int, set[str]]:
        """The signs of each option that is near enough to the event."""
        return {n: signs | self.own_signs[n] for n, signs in self._signs_to(event).items()}

    def _signs_to(self, event: Event) -> dict[int, set[str]]:
        """The same without what an option is by itself."""
        own = self._sentence_at(event.trigger[0])
        evidence = sorted({self._sentence_at(span[0]) for span in event.evidence} - {own}, key=lambda s: (s < own, abs(s - own)))
        first = min([own, *evidence])
        near = {*range(self._lead + 3), *range(first - BACK, own + AHEAD), *evidence}
        where = {n: self._position(self.options[n], self.sentence[n], own, evidence, first) for s in sorted(near & self._in_sentence.keys()) for n in self._in_sentence[s]}
        found: dict[int, set[str]] = {}
        roles = self._roles(event)
        shared_with = self._cohesion.signs_to(own, self.joined[slice(*event.trigger)])
        for n, place in where.items():
            signs = {*self._placed(n, place, event.family), *roles.get(n, ())}
            signs.update(self._distance(n, place, own, evidence, first, event))
            if self.sentence[n] in self._told and place in ("before", "after"):
                signs.add("another event's")
            if place != "own":
                signs |= shared_with(self.sentence[n], place)
            found[n] = signs
        self._compare(found, where, first, own, event.trigger)
        return found

    def _placed(self, n: int, place: str, family: str) -> frozenset[str]:
        """What an option is by its position and by the family of an event; kept, since the events of a text ask for the same."""
        asked = n, place, family
        if asked not in self._kept:
            option = self.options[n]
            signs = {place, f"{place}, {self._leads[n]}", f"{place}, {option.kind}", f"{family}: {option.kind}"}
            signs.update(f"{family}: {mark}" for mark in option.marks if "twin" in mark)
            self._kept[asked] = frozenset(signs if option.may_be else {*signs, f"{place}, no scene"})
        return self._kept[asked]

    def _position(self, option: Option, number: int, own: int, evidence: Sequence[int], first: int) -> str:
        if option.span[0] < self.title:
            return "title"
        if self._dateline[0] <= option.span[0] and option.span[1] <= self._dateline[1]:
            return "dateline"
        return "own" if number == own else "evidence" if number in evidence else "before" if number < first else "after"

    def _distance(self, n: int, where: str, own: int, evidence: Sequence[int], first: int, event: Event) -> set[str]:
        option, number = self.options[n], self.sentence[n]
        signs: set[str] = set()
        if where == "own":
            right = option.span[0] >= event.trigger[0]
            between = self.joined[event.trigger[1] : option.span[0]] if right else self.joined[option.span[1] : event.trigger[0]]
            side = "right" if right else "left"
            signs.update((side, f"{side} {_bucket(len(between.split()), (1, 3, 6, 10, 16))}", f"{side} walls {_bucket(len(self._words['wall'].findall(between.lower())), (0, 1, 2, 3))}"))
        elif where == "evidence":
            signs.update((f"evidence {min(evidence.index(number), 3)}", "evidence before" if number < own else "evidence after"))
        elif where == "before":
            signs.add(f"back {_bucket(first - number, (1, 2, 3, 5, 9))}")
            if self.joined.find("\n", option.span[1], self._starts[own]) < 0:
                signs.add("same paragraph")
        elif where == "after":
            signs.add(f"ahead {_bucket(number - own, (1, 2, 4))}")
        if where not in ("title", "dateline"):
            signs.update({"lead"} if number == self._lead else {"near the lead"} if number <= self._lead + 2 else ())
        return signs

    def _roles(self, event: Event) -> dict[int, set[str]]:
        """Which options stand in the place words, in the trigger, or in the words of those who did it, suffered it or speak of it."""
        found: dict[int, set[str]] = {}
        for rank, span in reversed(list(enumerate(event.place_words))):  # the first of several place words counts
            found |= {n: {"in the place words", f"place words {rank}", f"place words, {self.options[n].kind}"} for n in self._spans.touching(span)}
        for n in self._spans.touching(event.trigger):
            found.setdefault(n, set()).add("in the trigger")
        for name, spans in (("doers", event.doers), ("sufferers", event.sufferers), ("speakers", event.speakers)):
            for span in spans:
                for n in self._spans.touching(span):
                    found.setdefault(n, set()).update((f"in the {name}", f"in the {name}, {self.options[n].kind}"))
        return found

    def _compare(self, found: Mapping[int, set[str]], where: Mapping[int, str], first: int, own: int, trigger: Span) -> None:
        """What the options of an event say of each other: a wide name with an exact one beside it, a later town inside what is named."""
        near = [n for n, place in where.items() if place in ("own", "evidence") and self.options[n].may_be]
        fine = [n for n in near if self.options[n].kind in _FINE]
        well = any(f"{where[n]}, well led" in found[n] for n in near)
        state = "exact named" if fine else "wide named" if well else "nothing named"
        mine = [n for n in near if where[n] == "own"]
        of_own = "exact" if any(self.options[n].kind in _FINE for n in mine) else "wide" if any("own, well led" in found[n] for n in mine) else "nothing"
        start, end = self._sentences[own] if self._sentences else (0, 0)
        meant = bool(self._words["meant"].search(self.joined[start:end].lower()))
        last = max((n for n in found if self.sentence[n] < first and self.options[n].kind in _FINE and self.options[n].may_be), default=None)
        nearest = min((n for n in near if where[n] == "own"), key=lambda n: self._gap(n, trigger), default=None)
        for n, signs in found.items():
            option = self.options[n]
            if n == nearest:
                signs.add("nearest")
            if n == last:
                signs.add("last exact before")
            if where[n] in ("title", "before", "after", "dateline"):
                signs.update((f"else {state}", f"{where[n]}, else {state}"))
                if "names the trigger" in signs:
                    signs.add(f"else {state}, {'exact' if option.kind in _FINE else 'wide'}, names the trigger")
                if state == "wide named" and option.kind in _FINE and any(self._holds(m, n) for m in near):
                    signs.update(("inside what is named", f"{where[n]}, inside what is named"))
                    said = ("names the trigger", "same paragraph", "shares a site", "shares a number", "shared", "ahead", "back")
                    signs.update({f"inside what is named, {sign}" for sign in signs if sign.startswith(said)})
                if meant and option.kind in ("settlement", "unknown"):
                    signs.add("the town meant")
            elif where[n] == "evidence" and option.kind in _FINE and of_own == "wide" and any(self._holds(m, n) for m in mine):
                signs.add("evidence, inside what is named")
            if where[n] in ("own", "evidence") and option.kind not in _FINE and fine:
                signs.update(("wide beside exact", f"{option.kind} beside exact"))

    def _gap(self, n: int, trigger: Span) -> int:
        start, end = self.options[n].span
        return min(abs(start - trigger[1]), abs(trigger[0] - end))


def _lead_of(preposition: str) -> str:
    if preposition in ("in", "at", "ring", "on", "over", "hit", "between"):
        return "well led"
    return "led" if preposition in ("of", "to", "from", "and") else "not led"


def _bucket(value: int, edges: Sequence[int]) -> str:
    at = bisect_left(edges, value)
    return str(edges[at]) if at < len(edges) else "more"
