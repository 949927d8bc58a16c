"""Picked events in, the marks of the map and the bars of the timeline out: grids and bins, so that their number stays small whatever is picked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from khronika.web.board import NO_DAY, Board, Mark, Numbers
from khronika.web.filters import Box

MOST_MARKS = 2_000
CELL_PX = 56
"""Side of a cell of the grid at first, in pixels of the map."""


def marks(board: Board, picked: Numbers, box: Box | None, zoom: int) -> list[Mark]:
    """At most 2,000 marks: each region or district once, and the places by the cells of a grid."""
    c = board.columns
    picked = picked[np.isfinite(c["latitude"][picked])]
    if box:
        picked = picked[board.in_box(box)[picked]]
    is_area = c["is_area"][picked]
    areas = _grouped(board, picked[is_area], c["name"][picked[is_area]].astype(np.int64))
    areas = sorted(areas, key=lambda mark: -mark.events)[: MOST_MARKS // 4]
    points, cell = picked[~is_area], float(CELL_PX)
    while True:
        found = _grouped(board, points, _cells(board, points, zoom, cell))
        if len(found) + len(areas) <= MOST_MARKS:
            return [*areas, *found]
        cell *= 1.5


def _cells(board: Board, picked: Numbers, zoom: int, cell: float) -> Numbers:
    """The cell of each place: Web Mercator pixels at a zoom, divided by the cell's side."""
    c = board.columns
    size = 256.0 * 2**zoom
    latitude = np.radians(np.clip(c["latitude"][picked], -85, 85))
    x = (c["longitude"][picked] + 180) / 360 * size
    y = (1 - np.arcsinh(np.tan(latitude)) / np.pi) / 2 * size
    found: Numbers = (np.floor(y / cell).astype(np.int64) << 32) + np.floor(x / cell).astype(np.int64)
    return found


def _grouped(board: Board, picked: Numbers, keys: Numbers) -> list[Mark]:
    if not len(picked):
        return []
    c = board.columns
    order = np.argsort(keys, kind="stable")
    picked, keys = picked[order], keys[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    latitude, longitude = c["latitude"][picked], c["longitude"][picked]
    counts = np.diff(np.r_[starts, len(picked)])
    south, north = np.minimum.reduceat(latitude, starts), np.maximum.reduceat(latitude, starts)
    west, east = np.minimum.reduceat(longitude, starts), np.maximum.reduceat(longitude, starts)
    middle = np.add.reduceat(latitude, starts) / counts, np.add.reduceat(longitude, starts) / counts
    contested = np.add.reduceat(c["contested"][picked].astype(np.int64), starts)
    radius = np.maximum.reduceat(c["radius"][picked], starts)
    found = []
    for n, start in enumerate(starts):
        is_one = north[n] - south[n] < 1e-4 and east[n] - west[n] < 1e-4
        precision, name = board.named[c["name"][picked[start]]] if is_one else ("", "")
        found.append(
            Mark(
                latitude=float(middle[0][n]),
                longitude=float(middle[1][n]),
                events=int(counts[n]),
                contested=int(contested[n]),
                radius_km=float(radius[n]) if is_one else 0.0,
                precision=precision,
                name=name,
                id=board.event_id(int(picked[start])) if is_one and counts[n] == 1 else None,
                box=None if is_one else (float(west[n]), float(south[n]), float(east[n]), float(north[n])),
            )
        )
    return found


def timeline(board: Board, picked: Numbers) -> dict[str, Any]:
    """Events by the day, week (Monday) or month of their first day, empty ones in between too; and how many have no day.

    Returns:
        step, days (ISO, first day of each bin), events and contested (counts, as long as days), without_day.
    """
    c = board.columns
    first = c["first"][picked]
    known = picked[first != NO_DAY]
    days = c["first"][known]
    found: dict[str, Any] = {"step": "day", "days": [], "events": [], "contested": [], "without_day": int(len(picked) - len(known))}
    if not len(known):
        return found
    low, high = dt.date.fromordinal(int(days.min())), dt.date.fromordinal(int(days.max()))
    found["step"], edges = _edges(low, high)
    bins = np.searchsorted(np.array([edge.toordinal() for edge in edges]), days, side="right") - 1
    found["days"] = [edge.isoformat() for edge in edges]
    found["events"] = _counts(bins, len(edges))
    found["contested"] = _counts(bins[c["contested"][known]], len(edges))
    return found


def _counts(bins: NDArray[Any], size: int) -> list[int]:
    counted: list[int] = np.bincount(bins, minlength=size).tolist()
    return counted


def _edges(low: dt.date, high: dt.date) -> tuple[str, Sequence[dt.date]]:
    span = (high - low).days
    if span <= 150:
        return "day", [low + dt.timedelta(days=n) for n in range(span + 1)]
    if span <= 1100:
        monday = low - dt.timedelta(days=low.weekday())
        return "week", [monday + dt.timedelta(days=7 * n) for n in range((high - monday).days // 7 + 1)]
    if span <= 400 * 31:
        months = range(low.year * 12 + low.month - 1, high.year * 12 + high.month)
        return "month", [dt.date(month // 12, month % 12 + 1, 1) for month in months]
    return "year", [dt.date(year, 1, 1) for year in range(low.year, high.year + 1)]
