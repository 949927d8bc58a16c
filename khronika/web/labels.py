"""A part of the map in, the names of its largest settlements and regions out, from the offline gazetteer."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from khronika.web.filters import Box
from khronika.web.index import open_gazetteer

MOST = 40
_QUERY = """SELECT name, latitude, longitude, population, kind FROM place
    WHERE (kind = 'settlement' OR kind = 'region' AND admin1 <> '') AND latitude IS NOT NULL ORDER BY population DESC, id"""
LEAST_ZOOM_REGIONS = 5


class _Places(NamedTuple):
    """Settlements and regions, most people first."""

    names: list[str]
    latitude: NDArray[np.float32]
    longitude: NDArray[np.float32]
    people: NDArray[np.int32]
    is_region: NDArray[np.bool_]


@lru_cache(1024)
def labels(box: Box, zoom: int) -> list[dict[str, Any]]:
    """At most 40 names in a box at a zoom, the largest first; none where the gazetteer was not built."""
    places = _places()
    if places is None:
        return []
    west, south, east, north = box
    inside = (places.longitude >= west) & (places.longitude <= east) & (places.latitude >= south) & (places.latitude <= north)
    inside &= places.people >= _least(zoom)
    if zoom < LEAST_ZOOM_REGIONS:
        inside &= ~places.is_region
    found = []
    for kind, most in ((True, MOST // 3), (False, MOST)):
        for at in np.flatnonzero(inside & (places.is_region == kind))[:most]:
            label = {"name": places.names[at], "lat": round(float(places.latitude[at]), 4), "lon": round(float(places.longitude[at]), 4)}
            found.append({**label, "region": True} if kind else label)
    return found[:MOST]


def _least(zoom: int) -> int:
    """Fewest people of a settlement that is named at a zoom."""
    return 0 if zoom >= 10 else 5_000 if zoom >= 8 else 40_000 if zoom >= 6 else 500_000 if zoom >= 4 else 3_000_000


@cache
def _places() -> _Places | None:
    gazetteer = open_gazetteer()
    if gazetteer is None:
        return None
    with closing(sqlite3.connect(f"{gazetteer.path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        columns = list(zip(*connection.execute(_QUERY).fetchall()))
    return _Places(
        [str(name) for name in columns[0]],
        np.array(columns[1], np.float32),
        np.array(columns[2], np.float32),
        np.array(columns[3], np.int32),
        np.array([kind == "region" for kind in columns[4]], np.bool_),
    )
