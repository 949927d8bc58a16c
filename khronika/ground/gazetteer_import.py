"""Files of places in, rows of the index out: GeoNames dumps, admin codes, alternate names, postal codes, and CSV or GeoJSON of one's own.

The rule: a file is taken as a whole or not at all; the first wrong line ends the import and is named.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from khronika.errors import DataError
from khronika.ground.gazetteer import Gazetteer, key_of, skeleton_of

KINDS = {"A": "region", "P": "settlement", "H": "site", "L": "district", "R": "site", "S": "site", "T": "site", "U": "site", "V": "site"}
_OWN_KINDS = frozenset({"site", "settlement", "district", "region", "country"})
_NO_NAMES = frozenset({"link", "wkdt", "post", "iata", "icao", "faac", "unlc", "abbr", "phon", "piny"})
_OWN_FROM = -2_000_000
Lines = Iterator[tuple[int, str]]


def import_into(path: Path, file: Path, kind: str | None = None) -> int:
    """Add the places of a file to the index at `path`; returns the rows taken. `kind` names the form where its content does not tell.

    Raises:
        DataError: the file or the index cannot be read, the form is unknown, or a line is wrong.
    """
    Gazetteer(path)  # refuses a damaged index or one of another version
    text, name = _read(file)
    form = kind or _form(text, name)
    taker = _TAKERS.get(form)
    if taker is None:
        raise DataError(f"{file}: {form!r} is no form of places; there are: {', '.join(_TAKERS)}")
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            rows = taker(_Writer(connection, file), text)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    except sqlite3.Error as error:
        raise DataError(f"{path}: cannot be written: {error}; nothing was imported") from error
    finally:
        connection.close()
    return rows


def _read(file: Path) -> tuple[str, str]:
    try:
        raw = file.read_bytes()
        name = file.name
        if raw[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                inside = [n for n in archive.namelist() if n.lower().endswith((".txt", ".csv", ".json", ".geojson")) and "readme" not in n.lower()]
                if len(inside) != 1:
                    raise DataError(f"{file}: an archive must hold one table, this one holds {len(inside)}; unpack it and import the one you mean")
                name, raw = inside[0], archive.read(inside[0])
        return raw.decode("utf-8-sig"), name
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{file}: cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: not UTF-8 (byte {error.start}); convert it first") from error


def _form(text: str, name: str) -> str:
    """The form by content: GeoJSON by its bracket, the GeoNames tables by their columns, else CSV by its head."""
    if text.lstrip()[:1] in ("{", "["):
        return "geojson"
    first = text.split("\n", 1)[0].rstrip("\r")
    cells = first.split("\t")
    if len(cells) >= 18 and cells[0].isdigit():
        return "dump"
    if len(cells) == 4 and cells[0].count(".") == 1:
        return "admin1"
    if len(cells) == 4 and cells[0].count(".") == 2:
        return "admin2"
    if len(cells) in (11, 12) and len(cells[0]) == 2 and cells[0].isupper():
        return "postal"
    if len(cells) >= 4 and cells[0].isdigit() and cells[1].isdigit():
        return "alternate"
    if {"name", "lat", "lon"} <= {c.strip().casefold() for c in first.split(",")}:
        return "csv"
    raise DataError(f"{name}: not a form of places that is known, going by its first line (GeoNames tables, or CSV with name,lat,lon, or GeoJSON)")


class _Writer:
    """One import's transaction: adds places and names, and knows the line it stands at."""

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        self.connection = connection
        self.file = file
        self.line = 0

    def wrong(self, why: str) -> DataError:
        """The error for the line that is being read."""
        return DataError(f"{self.file}: line {self.line}: {why}; nothing was imported")

    def cells(self, text: str, least: int) -> Iterator[list[str]]:
        """The cells of each line of a tab-separated table; empty lines and comments are passed over."""
        for self.line, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            cells = line.split("\t")
            if len(cells) < least:
                raise self.wrong(f"{len(cells)} columns where {least} are needed")
            yield cells

    def point(self, latitude: Any, longitude: Any) -> tuple[float, float]:
        """Degrees, checked."""
        try:
            a, b = float(latitude), float(longitude)
        except (TypeError, ValueError):
            raise self.wrong(f"{latitude!r}, {longitude!r} are no coordinates") from None
        if not (-90 <= a <= 90 and -180 <= b <= 180):
            raise self.wrong(f"coordinates {a}, {b} are out of range")
        return a, b

    def whole(self, cell: str, what: str) -> int:
        """A whole number, checked."""
        try:
            return int(cell or 0)
        except ValueError:
            raise self.wrong(f"{what} {cell!r} is no whole number") from None

    def add(self, row: tuple[Any, ...], names: list[str], since: str | None = None, until: str | None = None) -> None:
        """One place with its names; a place of the same id is replaced, its names are kept."""
        self.connection.execute("INSERT OR REPLACE INTO place VALUES (?,?,?,?,?,?,?,?,?,?)", row)
        for name in names:
            self.name(name, row[0], since, until)

    def name(self, name: str, place: int, since: str | None = None, until: str | None = None) -> None:
        """One more name of a place, with the days between which it holds where they are known."""
        key = key_of(name)
        if not key:
            return
        self.connection.execute("INSERT OR IGNORE INTO name VALUES (?,?)", (key, place))
        if skeleton := skeleton_of(key):
            self.connection.execute("INSERT OR IGNORE INTO sound VALUES (?,?)", (skeleton, place))
        if since or until:
            self.connection.execute("INSERT OR REPLACE INTO span VALUES (?,?,?,?)", (key, place, since, until))

    def next_id(self) -> int:
        """An id for a place that GeoNames does not number."""
        lowest = self.connection.execute("SELECT min(id) FROM place").fetchone()[0] or 0
        return min(int(lowest), _OWN_FROM) - 1

    def nearest(self, at: tuple[float, float]) -> tuple[str, str]:
        """Country and region code of the nearest known settlement within about 50 km, else empty."""
        row = self.connection.execute(
            "SELECT country, admin1 FROM place WHERE latitude BETWEEN ? AND ? AND longitude BETWEEN ? AND ? AND kind = 'settlement'"
            " ORDER BY (latitude - ?) * (latitude - ?) + 0.5 * (longitude - ?) * (longitude - ?) LIMIT 1",
            (at[0] - 0.5, at[0] + 0.5, at[1] - 0.8, at[1] + 0.8, at[0], at[0], at[1], at[1]),
        ).fetchone()
        return (str(row[0]), str(row[1])) if row else ("", "")


def _dump(writer: _Writer, text: str) -> int:
    rows = 0
    for cells in writer.cells(text, 19):
        id = writer.whole(cells[0], "id")
        at = writer.point(cells[4], cells[5])
        kind = KINDS.get(cells[6], "site")
        if cells[6] == "A" and cells[7] != "ADM1":
            kind = "country" if cells[7].startswith("PCL") else "district"
        people = writer.whole(cells[14], "population")
        radius = {"region": 80.0, "country": 300.0, "district": 20.0, "site": 1.0}.get(kind, round(min(25.0, max(1.0, 0.01 * people**0.5)), 1))
        if kind in ("region", "country"):
            # Built-in regions and countries carry areas; the dump's row gives them its names and its id only.
            known = writer.connection.execute(
                "SELECT id FROM place WHERE kind = ? AND country = ? AND admin1 = ?", (kind, cells[8], cells[10] if kind == "region" else "")
            ).fetchone()
            if known:
                for name in (cells[1], cells[2], *cells[3].split(",")):
                    writer.name(name, known[0])
                rows += 1
                continue
        row = (id, cells[1], cells[8], cells[10], cells[11] if kind == "district" else "", kind, *at, radius, people)
        writer.add(row, [cells[1], cells[2], *cells[3].split(",")])
        rows += 1
    return rows


def _admin(writer: _Writer, text: str, level: int) -> int:
    rows = 0
    for cells in writer.cells(text, 4):
        codes = cells[0].split(".")
        if len(codes) != level + 1:
            raise writer.wrong(f"code {cells[0]!r} is not of {level + 1} parts")
        id = writer.whole(cells[3], "id")
        if level == 1:
            known = writer.connection.execute("SELECT id FROM place WHERE kind = 'region' AND country = ? AND admin1 = ?", tuple(codes)).fetchone()
        else:
            known = writer.connection.execute(
                "SELECT p.id FROM name n CROSS JOIN place p ON p.id = n.place WHERE n.key = ? AND p.kind = 'district' AND p.country = ? AND p.admin1 = ?",
                (key_of(cells[1]), codes[0], codes[1]),
            ).fetchone()
        if known:
            for name in (cells[1], cells[2]):
                writer.name(name, known[0])
        else:
            # A second-level unit without a known member gets no point: its name alone still tells that such a place exists.
            middle: tuple[float | None, float | None] = (None, None)
            if level == 1:
                middle = writer.connection.execute(
                    "SELECT avg(latitude), avg(longitude) FROM place WHERE country = ? AND admin1 = ? AND kind = 'settlement'", (codes[0], codes[1])
                ).fetchone()
            kind = "region" if level == 1 else "district"
            writer.add((id, cells[1], codes[0], codes[1], codes[2] if level == 2 else "", kind, *middle, 50.0, 0), [cells[1], cells[2]])
        rows += 1
    return rows


def _alternate(writer: _Writer, text: str) -> int:
    known = {row[0] for row in writer.connection.execute("SELECT id FROM place WHERE id > 0")}
    rows = 0
    for cells in writer.cells(text, 4):
        place = writer.whole(cells[1], "geonameid")
        if place not in known or cells[2] in _NO_NAMES:
            continue
        since, until = (cells[n].strip() if len(cells) > n and len(cells[n].strip()) == 10 else None for n in (8, 9))
        writer.name(cells[3], place, since, until)
        rows += 1
    return rows


def _postal(writer: _Writer, text: str) -> int:
    rows = 0
    done: set[tuple[str, str, str]] = set()
    next_id = writer.next_id()
    for cells in writer.cells(text, 11):
        at = writer.point(cells[9], cells[10])
        spot = (cells[0], cells[4], cells[2])
        if spot in done:
            continue
        done.add(spot)
        twin = writer.connection.execute(
            "SELECT 1 FROM name n CROSS JOIN place p ON p.id = n.place WHERE n.key = ? AND p.country = ? AND abs(p.latitude - ?) < 0.2 AND abs(p.longitude - ?) < 0.3",
            (key_of(cells[2]), cells[0], *at),
        ).fetchone()
        if twin is None:
            writer.add((next_id, cells[2], cells[0], cells[4], "", "settlement", *at, 2.0, 0), [cells[2]])
            next_id -= 1
            rows += 1
    return rows


def _own(writer: _Writer, place: dict[str, Any]) -> None:
    name = str(place.get("name") or "").strip()
    if not name:
        raise writer.wrong("no name")
    at = writer.point(place.get("lat"), place.get("lon"))
    kind = str(place.get("type") or "settlement").strip()
    if kind not in _OWN_KINDS:
        raise writer.wrong(f"type {kind!r} is none of {', '.join(sorted(_OWN_KINDS))}")
    limits = [str(place.get(k) or "").strip() or None for k in ("valid_from", "valid_to")]
    for limit in limits:
        try:
            if limit:
                import datetime as dt

                dt.date.fromisoformat(limit)
        except ValueError:
            raise writer.wrong(f"{limit!r} is no day; write 2016-05-19") from None
    if limits[0] and limits[1] and limits[0] > limits[1]:
        raise writer.wrong(f"valid_from {limits[0]} is after valid_to {limits[1]}")
    country, admin1 = writer.nearest(at)
    country = str(place.get("country") or country)
    radius = {"region": 50.0, "country": 300.0, "district": 10.0, "settlement": 2.0}.get(kind, 1.0)
    twin = writer.connection.execute(
        "SELECT p.id FROM name n CROSS JOIN place p ON p.id = n.place WHERE n.key = ? AND p.latitude = ? AND p.longitude = ?", (key_of(name), *at)
    ).fetchone()
    id = twin[0] if twin else writer.next_id()
    writer.add((id, name, country, admin1, "", kind, *at, radius, 0), [name, *str(place.get("names") or "").split("|")], *limits)


def _csv(writer: _Writer, text: str) -> int:
    reader = csv.DictReader(io.StringIO(text))
    reader.fieldnames = [f.strip().casefold() for f in reader.fieldnames or ()]
    rows = 0
    for row in reader:
        writer.line = reader.line_num
        _own(writer, row)
        rows += 1
    return rows


def _geojson(writer: _Writer, text: str) -> int:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        writer.line = error.lineno
        raise writer.wrong(f"not JSON: {error.msg}") from None
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        writer.line = 1
        raise writer.wrong("no FeatureCollection")
    for writer.line, feature in enumerate(features, 1):
        geometry = (feature or {}).get("geometry") or {}
        if geometry.get("type") != "Point" or not isinstance(geometry.get("coordinates"), list) or len(geometry["coordinates"]) < 2:
            raise writer.wrong("a feature without a Point (lines count features here)")
        _own(writer, {**(feature.get("properties") or {}), "lon": geometry["coordinates"][0], "lat": geometry["coordinates"][1]})
    return len(features)


_TAKERS: dict[str, Callable[[_Writer, str], int]] = {
    "dump": _dump,
    "admin1": lambda writer, text: _admin(writer, text, 1),
    "admin2": lambda writer, text: _admin(writer, text, 2),
    "alternate": _alternate,
    "postal": _postal,
    "csv": _csv,
    "geojson": _geojson,
}
