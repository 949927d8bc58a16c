"""Place names with candidates in, the likeliest candidate of each out, judged together over one text.

The rule: the score is a sum of named features; what the text itself names (a country, a region, a neighbour) outweighs mere size.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from khronika.ground.gazetteer import Entry, Gazetteer, key_of, skeleton_of
from khronika.ground.toponyms import Found, Scene, weights

_OWN = ("kind said", "other kind said")
KEPT = 10
"""Candidates of one name that are weighed in full, after a first choice by size and by the regions and countries named."""
SELDOM = 0.15
"""Share of the countries named below which a country says nothing for its regions."""
_AFTER = re.compile(r"[ -]([^\W\d_]+)")
_BEFORE = re.compile(r"([^\W\d_]+)(?: of)? $")
_OWNED = re.compile(r"['’]s (?:\w+ ){0,3}")
_INSIDE = re.compile(r",? (?:in|in the|of|of the|near) $|, (?:in )?(?:the )?$|,? \($")


class Context(NamedTuple):
    """What one text names: countries and first-level regions with how often, and how often any country."""

    countries: Counter[str]
    regions: Counter[tuple[str, str]]
    home: str | None
    said: int


class Ranked(NamedTuple):
    """The chosen candidate and how sure; None where the name has no candidate."""

    entry: Entry | None
    p: float


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two points in degrees."""
    la, lb = math.radians(a[0]), math.radians(b[0])
    h = math.sin((lb - la) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return 12742.0 * math.asin(math.sqrt(min(1.0, h)))


def context_of(scene: Scene, found: Sequence[Found], home: str | None) -> Context:
    """Countries and regions that a text names outright, by name or by adjective."""
    countries: Counter[str] = Counter()
    regions: Counter[tuple[str, str]] = Counter()
    for name in found:
        for entry in name.candidates[:12] if name.words not in scene.adjectives else ():
            if entry.kind == "country":
                countries[entry.country] += 2
                break
            if entry.kind == "region" and entry.admin1:
                regions[entry.country, entry.admin1] += 1
                countries[entry.country] += 1
                break
    countries.update(scene.demonyms)
    return Context(countries, regions, home, sum(countries.values()))


def rank(scene: Scene, found: Sequence[Found], gazetteer: Gazetteer, home: str | None = None) -> list[Ranked]:
    """The choice for each name, in the order of `found`; equal names in one text mean one place unless what follows says otherwise."""
    if not any(name.candidates for name in found):
        return [Ranked(None, 0.0) for _ in found]
    model = weights()["ranking"]
    tables = features_of(scene, found, home, choices=True)
    answers: list[Ranked] = []
    together: dict[str, list[tuple[int, list[float]]]] = {}
    scores = []
    for n, (entries, rows) in enumerate(tables):
        values = [_score(row, model) for row in rows]
        scores.append((entries, values))
        # What the next word says of one mention's kind ("Kharkiv region") says nothing of another's.
        shared = [value - sum([model.get(k, 0.0) * row[k] for k in _OWN if k in row]) for value, row in zip(values, rows, strict=True)]
        together.setdefault(found[n].key, []).append((n, shared))
    for n, (entries, values) in enumerate(scores):
        if not entries:
            answers.append(Ranked(None, 0.0))
            continue
        if not values:  # one candidate alone
            answers.append(Ranked(entries[0], 1.0))
            continue
        # Mentions of one name lend each other half of what their surroundings say.
        others = [v for m, v in together[found[n].key] if m != n and len(v) == len(values) and scores[m][0] == entries]
        total = [value + 0.5 * sum(said) / len(others) for value, said in zip(values, zip(*others, strict=True), strict=True)] if others else values
        best = total.index(max(total))
        answers.append(Ranked(entries[best], 1.0 / sum(math.exp(value - total[best]) for value in total)))
    return answers


def _score(row: dict[str, float], model: dict[str, float]) -> float:
    total = 0.0
    for name, value in row.items():
        total += model.get(name, 0.0) * value
    return total


def features_of(scene: Scene, found: Sequence[Found], home: str | None, *, choices: bool = False) -> list[tuple[list[Entry], list[dict[str, float]]]]:
    """For each name the candidates that are weighed and the features of each; with `choices` none where there is one candidate, and so no choice."""
    context = context_of(scene, found, home)
    kept = [_first_choice(name, context) for name in found]
    fewest = 2 if choices else 1
    near = _nearness(found, kept) if any(len(entries) >= fewest for entries in kept) else []
    tables: list[tuple[list[Entry], list[dict[str, float]]]] = []
    for n, (name, entries) in enumerate(zip(found, kept, strict=True)):
        if len(entries) < fewest:
            tables.append((entries, []))
            continue
        inside = containers(scene, found, n)
        suffix = kind_said(scene, name)
        rows = []
        for m, entry in enumerate(entries):
            row = _features(name, entry, entries, context, inside, suffix)
            row["near"] = near[n][m]
            rows.append(row)
        tables.append((entries, rows))
    return tables


def _first_choice(name: Found, context: Context) -> list[Entry]:
    if len(name.candidates) <= KEPT:
        return [e for e in name.candidates if e.latitude is not None] or list(name.candidates)

    def worth(entry: Entry) -> float:
        named = 3.0 * bool(context.regions[entry.country, entry.admin1]) + 1.0 * bool(context.countries[entry.country])
        return math.log10(entry.population + 10) + named + 2.0 * (entry.kind in ("country", "region"))

    return sorted((e for e in name.candidates if e.latitude is not None), key=worth, reverse=True)[:KEPT]


def _nearness(found: Sequence[Found], kept: Sequence[list[Entry]]) -> list[list[float]]:
    """For each candidate how well the text's other names fit round it: the mean over them of exp(-km/150) of their nearest candidate."""
    keys: dict[str, int] = {}
    points: list[tuple[float, float]] = []
    owner: list[int] = []
    where: list[slice] = []
    worth: list[float] = []
    for name, entries in zip(found, kept, strict=True):
        if name.key not in keys and len(keys) < 40:
            keys[name.key] = len(keys)
            start = len(points)
            for entry in entries:
                if entry.latitude is not None and entry.longitude is not None:
                    points.append((entry.latitude, entry.longitude))
                    owner.append(keys[name.key])
            where.append(slice(start, len(points)))
            # Names with one reading tell more than names with many; countries are too wide to be near anything.
            wide = any(e.kind == "country" for e in entries)
            worth.append(0.2 if wide else 1.0 / math.sqrt(max(1, len(entries))))
    if len(keys) < 2 or not points:
        return [[0.0] * len(e) for e in kept]
    at = np.radians(np.array(points))
    half = at[:, 0] / 2
    cosine = np.outer(np.cos(half), np.cos(half)) - np.outer(np.sin(half), np.sin(half))  # of the mean latitude of each two
    dy = at[:, 0][:, None] - at[:, 0]
    dx = (at[:, 1][:, None] - at[:, 1]) * cosine
    close = np.exp(np.sqrt(dx * dx + dy * dy) * (-6371.0 / 150.0))
    best = np.zeros((len(points), len(keys)))
    filled = [k for k, part in enumerate(where) if part.stop > part.start]
    best[:, filled] = np.maximum.reduceat(close, [where[k].start for k in filled], axis=1)
    own = np.array(owner)
    weight = np.array(worth)
    best[np.arange(len(points)), own] = 0.0  # a name is not near itself
    value = (best @ weight / (weight.sum() - weight[own] + 0.5)).tolist()
    answer = []
    for name, entries in zip(found, kept, strict=True):
        part = where[keys[name.key]] if name.key in keys else slice(0, 0)
        have = value[part]
        answer.append(have if len(have) == len(entries) else [0.0] * len(entries))
    return answer


def containers(scene: Scene, found: Sequence[Found], n: int) -> set[tuple[str, str]]:
    """(country, region code or "") that the words right after or before a name put it in: "Monroe, La.", "Ukraine's Kherson"."""
    name, sides = found[n], []
    if n + 1 < len(found) and _INSIDE.fullmatch(scene.body[name.end : found[n + 1].start]):
        sides.append(found[n + 1])
        if n + 2 < len(found) and _INSIDE.fullmatch(scene.body[found[n + 1].end : found[n + 2].start]):
            sides.append(found[n + 2])
    if n and _OWNED.fullmatch(scene.body[found[n - 1].end : name.start]):
        sides.append(found[n - 1])
    answer: set[tuple[str, str]] = set()
    for side in sides:
        if side.key == name.key:
            continue
        for entry in side.candidates[:12]:
            if entry.kind == "country":
                answer.add((entry.country, ""))
            elif entry.kind in ("region", "district") and entry.admin1:
                answer.add((entry.country, entry.admin1))
    return answer


def kind_said(scene: Scene, name: Found) -> str:
    """The kind that the next word gives a name ("Kherson region"), or the word before ("the city of Donetsk")."""
    if (kept := scene.kinds_said.get((name.start, name.end))) is not None:
        return kept
    said = scene.kinds_said[name.start, name.end] = _kind_said(scene, name)
    return said


def _kind_said(scene: Scene, name: Found) -> str:
    after = _AFTER.match(scene.body[name.end : name.end + 24])
    before = _BEFORE.search(" ".join(scene.body[max(0, name.start - 28) : name.start].split(" ")[-3:]))
    for match, after_it in ((after, True), (before, False)):
        word = match.group(1).casefold() if match else ""
        for kind, listed in (("region", "region_words"), ("district", "district_words"), ("settlement", "settlement_words")):
            if word in scene.lists[listed] and not (kind == "settlement" and after_it and word != "city"):
                return kind
    return ""


def _features(name: Found, entry: Entry, entries: Sequence[Entry], context: Context, inside: set[tuple[str, str]], suffix: str) -> dict[str, float]:
    f: dict[str, float] = {entry.kind: 1.0, "people": math.log10(entry.population + 10)}
    if entry.kind == "settlement":
        f["people of a town"] = f["people"]
    if key_of(entry.name) == name.key or (skeleton_of(name.key) and skeleton_of(key_of(entry.name)) == skeleton_of(name.key)):
        f["main name"] = 1.0
    if inside and entry.kind != "country":
        if (entry.country, entry.admin1) in inside:
            f["inside region"] = 1.0
        elif (entry.country, "") in inside:
            f["inside country"] = 1.0
        else:
            f["outside"] = 1.0
    if entry.kind not in ("country", "region"):
        if often := context.regions.get((entry.country, entry.admin1)):
            f["region named"] = 1.0
            f["region often"] = math.log1p(often)
    if entry.kind != "country" and context.countries:
        said = context.countries.get(entry.country, 0) - (entry.kind == "region")
        # A region of a country that is hardly named is no likelier for that ("Georgia" in a text on Russia that names the US once).
        if said > (SELDOM * context.said if entry.kind == "region" else 0):
            f["country named"] = 1.0
            f["country's share"] = said / context.said
    if entry.kind == "region":
        twin = any(e.kind == "settlement" and e.country == entry.country and e.population > 20_000 for e in entries)
        if twin and suffix != "region" and entry.country != "US" and (entry.country, entry.admin1) != ("PS", "GZ"):
            f["town of its name"] = 1.0
    if suffix:
        f["kind said" if suffix == entry.kind else "other kind said"] = 1.0
    if context.home and entry.country == context.home:
        f["home"] = 1.0
    return f
