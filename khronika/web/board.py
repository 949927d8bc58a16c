"""Rows in, the columns of all of them in memory out, and what a filter picks: lists, map marks and the timeline of 100,000 events in milliseconds.

The rule: what a policy holds back on a day, or hides, is in no list, mark or count.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from khronika.record.merge import event_id
from khronika.text import fold
from khronika.transfer.coding import country_name
from khronika.types import KINDS
from khronika.web.filters import Wanted
from khronika.web.rows import Row, read_row

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]
_KIND = {kind: number for number, kind in enumerate(KINDS)}
_AREAS = frozenset({"district", "region", "country"})
NO_DAY = 0
"""Ordinal in place of a day that is not known: such events come last."""
NEVER = 9_999_999


class _Tags:
    """Names borne by rows, several each: codes by name, and (row, code) pairs."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.folded: list[str] = []
        self.pairs: tuple[Numbers, Numbers] = np.empty(0, np.int64), np.empty(0, np.int64)
        """Positions and codes."""

    def add(self, first: int, names: Sequence[Sequence[str]]) -> None:
        """Names of rows from position `first` on."""
        owners = [first + at for at, group in enumerate(names) for _ in group]
        codes = [self._code(name) for group in names for name in group]
        self.pairs = np.concatenate([self.pairs[0], np.array(owners, np.int64)]), np.concatenate([self.pairs[1], np.array(codes, np.int64)])

    def _code(self, name: str) -> int:
        if name not in self.codes:
            self.codes[name] = len(self.codes)
            self.folded.append(fold(name))
        return self.codes[name]

    def mask(self, text: str, size: int) -> Mask:
        """Rows that bear a name with this text in it."""
        wanted, (owners, codes) = fold(text), self.pairs
        hit = np.array([wanted in name for name in self.folded], np.bool_)
        found = np.zeros(max(size, int(owners.max(initial=0)) + 1), np.bool_)
        found[owners[hit[codes]]] = True
        return found[:size]  # a newer board may have added names meanwhile

    def most_borne(self, visible: Mask, most: int) -> list[str]:
        """The names that most visible rows bear."""
        (owners, codes), names = self.pairs, list(self.codes)
        inside = owners < len(visible)
        counts = np.bincount(codes[inside][visible[owners[inside]]], minlength=len(names))
        return [names[at] for at in np.argsort(-counts, kind="stable")[:most] if counts[at]]


class Mark(NamedTuple):
    """One mark on the map: a place, an area, or a cluster of places. `box` is what to zoom to (None: all at one point)."""

    latitude: float
    longitude: float
    events: int
    contested: int
    radius_km: float
    precision: str
    name: str
    id: str | None
    box: tuple[float, float, float, float] | None

    def plain(self) -> dict[str, Any]:
        """As JSON, with short names and digits that the map can show."""
        found: dict[str, Any] = {"lat": round(self.latitude, 4), "lon": round(self.longitude, 4), "n": self.events}
        more = {"contested": self.contested, "km": round(self.radius_km, 1), "precision": self.precision, "name": self.name, "id": self.id}
        found |= {name: value for name, value in more.items() if value}
        return found | ({"box": [round(degree, 4) for degree in self.box]} if self.box else {})


class Board:
    """All rows of one profile at one seq. Positions are places in the columns; a changed row gets a new position and the old one is dead."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.columns: dict[str, NDArray[Any]] = {name: np.empty(0, kind) for name, kind in _COLUMNS.items()}
        self.places, self.actors, self.sources = _Tags(), _Tags(), _Tags()
        self.order: Numbers = np.empty(0, np.int64)
        self._at: dict[int, int] = {}
        self._names: dict[tuple[str, str, str], int] = {}
        self.named: list[tuple[str, str]] = []
        """Precision and name of a place by the code in column `name`."""
        self.seq = 0

    def changed(self, seq: int, gone: Iterable[int], rows: Iterable[tuple[int, bytes]]) -> Board:
        """The board at a newer seq: rows taken out, and others in (in place of those of the same events). This one stays as it is for those who read it."""
        newer = copy(self)
        newer.seq = seq
        newer._change(gone, list(rows))
        return newer

    def _change(self, gone: Iterable[int], new: Sequence[tuple[int, bytes]]) -> None:
        self._at = dict(self._at)
        dead = [self._at.pop(number) for number in {*gone, *(number for number, _ in new)} if number in self._at]
        read = [read_row(body) for _, body in new]
        first = len(self.bodies)
        self.bodies += [body for _, body in new]
        added = {name: np.array(values, _COLUMNS[name]) for name, values in self._values([number for number, _ in new], read).items()}
        self.columns = {name: np.concatenate([column, added[name]]) for name, column in self.columns.items()}
        self.columns["alive"][dead] = False
        for tags, names in ((self.places, [_place_names(row) for row in read]), (self.actors, [r.actors for r in read]), (self.sources, [r.sources for r in read])):
            tags.add(first, names)
        self._at |= {number: first + at for at, (number, _) in enumerate(new)}
        key = self.columns["first"].astype(np.int64) * (1 << 33) + self.columns["number"]
        order = np.argsort(-key, kind="stable")
        self.order = order[self.columns["alive"][order]]

    def _values(self, numbers: Sequence[int], rows: Sequence[Row]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
        for number, row in zip(numbers, rows, strict=True):
            has_point = row.latitude is not None and row.longitude is not None
            values = {
                "number": number,
                "alive": True,
                "shown": row.shown,
                "since": NEVER if row.since is None else row.since.toordinal(),
                "first": row.start.toordinal() if row.start else NO_DAY,
                "last": (row.end or row.start or dt.date.min).toordinal() if row.start or row.end else NO_DAY,
                "kind": _KIND.get(row.kind, -1),
                "latitude": row.latitude if has_point else math.nan,
                "longitude": row.longitude if has_point else math.nan,
                "radius": row.radius_km or 0.0,
                "is_area": row.precision in _AREAS,
                "changed": int(row.changed.timestamp()) if row.changed else 0,
                "name": self._name(row.precision or "", row.place or "", row.country or ""),
                "killed": row.killed.low if row.killed else -1,
                "contested": bool(row.contested),
                "background": row.background,
            }
            for name, value in values.items():
                found[name].append(value)
        return found

    def _name(self, precision: str, place: str, country: str) -> int:
        key = precision, place, country
        if key not in self._names:
            self.named.append((precision, place))
            self._names[key] = len(self._names)
        return self._names[key]

    def row(self, at: int) -> Row:
        """The row at a position."""
        return read_row(self.bodies[at])

    def number(self, at: int) -> int:
        """The number of the event at a position."""
        return int(self.columns["number"][at])

    def visible(self, today: dt.date, hidden: Collection[int], shown: bool = True) -> Mask:
        """What may be listed on a day; `shown` False: what may be counted only."""
        c = self.columns
        found = c["alive"] & (c["since"] <= today.toordinal()) & (c["shown"] == shown)
        found[[self._at[number] for number in hidden if number in self._at]] = False
        return np.asarray(found, np.bool_)

    def select(self, wanted: Wanted, visible: Mask, matches: Collection[int] | None = None) -> Numbers:
        """Positions of the events asked for, newest first; `matches` are the numbers that the text search found."""
        c, found, size = self.columns, visible, len(visible)
        if not wanted.background:
            found = found & ~c["background"]
        if wanted.since:
            found = found & (c["last"] >= wanted.since.toordinal())
        if wanted.until:
            found = found & (c["first"] <= wanted.until.toordinal()) & (c["first"] != NO_DAY)
        if wanted.kind:
            found = found & np.isin(c["kind"], [_KIND[kind] for kind in wanted.kind])
        if wanted.contested:
            found = found & c["contested"]
        if wanted.killed is not None:
            found = found & (c["killed"] >= wanted.killed)
        for tags, text in ((self.places, wanted.place), (self.actors, wanted.actor), (self.sources, wanted.source)):
            if text:
                found = found & tags.mask(text, size)
        if wanted.box:
            found = found & self.in_box(wanted.box)
        if matches is not None:
            found = found & np.isin(c["number"], np.fromiter(matches, np.int64, len(matches)))
        return self.order[found[self.order]]

    def in_box(self, box: tuple[float, float, float, float]) -> Mask:
        """Events whose place, or whose area's circle, lies in a box of degrees."""
        west, south, east, north = box
        c = self.columns
        reach = np.where(c["is_area"], c["radius"] / 111.2, 0.0)
        wide = reach / np.maximum(0.2, np.cos(np.radians(np.nan_to_num(c["latitude"]))))
        across = (c["longitude"] + wide >= west) & (c["longitude"] - wide <= east)
        for turn in (-360.0, 360.0):
            across |= (c["longitude"] + turn + wide >= west) & (c["longitude"] + turn - wide <= east)
        return np.asarray(across & (c["latitude"] + reach >= south) & (c["latitude"] - reach <= north), np.bool_)

    def newest(self, visible: Mask, most: int) -> list[tuple[int, dt.datetime]]:
        """Positions of what came or changed last, newest first, and when a reader could see it so: not before the day on which it was shown."""
        c = self.columns
        at = np.flatnonzero(visible & ~c["background"])
        seen = np.maximum(c["changed"][at], (c["since"][at].astype(np.int64) - dt.date(1970, 1, 1).toordinal()) * 86_400)
        chosen = np.argsort(-seen, kind="stable")[:most]
        return [(int(at[n]), dt.datetime.fromtimestamp(int(seen[n]), dt.UTC)) for n in chosen]

    def event_id(self, at: int) -> str:
        """The id of the event at a position."""
        return event_id(self.number(at))


def _place_names(row: Row) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in (row.place, row.admin1, country_name(row.country) if row.country else None) if name))


_COLUMNS: dict[str, Any] = {
    "number": np.int64, "alive": np.bool_, "shown": np.bool_, "since": np.int32, "first": np.int32, "last": np.int32, "kind": np.int16,
    "latitude": np.float64, "longitude": np.float64, "radius": np.float32, "is_area": np.bool_, "changed": np.int64, "name": np.int32, "killed": np.int32,
    "contested": np.bool_, "background": np.bool_,
}  # fmt: skip
