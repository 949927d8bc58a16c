"""Two places in, how near they are out.

The rule: a place is a point with a radius where it is known as one, else a region or a country that may hold the other.
"""

from __future__ import annotations

import math

from khronika.text import fold
from khronika.types import Place


def compare_places(a: Place | None, b: Place | None) -> str:
    """The level of two places: how near they are, as far as their precision lets one say."""
    if a is None or b is None:
        return "unknown"
    if a.country and b.country and a.country != b.country:
        return "other country"
    areas = [place for place in (a, b) if place.precision in ("region", "country")]
    if _same_place(a, b):
        if areas:
            return "same region" if areas[0].precision == "region" else "same country"
        large = (a.population or b.population or 0) >= 400_000
        return "same large city" if large else "same settlement"
    if areas:
        return _in_area(a, b)
    km = distance_km(a, b)
    if km is None:
        return "same region, other name" if a.admin1 and a.admin1 == b.admin1 else "unknown"
    reach = (a.radius_km or 0) + (b.radius_km or 0)
    return "within radii" if km <= max(reach, 3) else "near" if km <= 30 else "same region, far" if km <= 120 else "far"


def _same_place(a: Place, b: Place) -> bool:
    if a.geonames_id is not None and b.geonames_id is not None:
        return a.geonames_id == b.geonames_id
    return fold(a.name) == fold(b.name)


def _in_area(a: Place, b: Place) -> str:
    """One or both are a region or a country."""
    if not a.country or not b.country:
        return "unknown"
    if "country" in (a.precision, b.precision):
        return "country holds it"
    if a.admin1 and b.admin1:
        return "region holds it" if fold(a.admin1) == fold(b.admin1) else "other region"
    return "unknown"


def distance_km(a: Place, b: Place) -> float | None:
    """Great-circle kilometres between two points; None where one has none."""
    if a.latitude is None or a.longitude is None or b.latitude is None or b.longitude is None:
        return None
    north, south = math.radians(a.latitude), math.radians(b.latitude)
    across = math.radians(b.longitude - a.longitude)
    half = math.sin((south - north) / 2) ** 2 + math.cos(north) * math.cos(south) * math.sin(across / 2) ** 2
    return 12742 * math.asin(min(1.0, math.sqrt(half)))
