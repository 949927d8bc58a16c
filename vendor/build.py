"""npm packages and the base map in, khronika/web/static/vendor out: `python vendor/build.py`, run by `make install` and `make wheel`.

The versions are pinned by package-lock.json with their digests. Without npm nothing is copied: the pages then are plain lists and say so.
world-atlas (Natural Earth) draws Crimea as a part of Russia; here it is put right to Ukraine, as in UN General Assembly resolution 68/262.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "khronika" / "web" / "static" / "vendor"
FILES = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet.css": "leaflet/dist/leaflet.css",
    "topojson.js": "topojson-client/dist/topojson-client.min.js",
    "uplot.js": "uplot/dist/uPlot.iife.min.js",
    "uplot.css": "uplot/dist/uPlot.min.css",
}
"""Name in static/vendor -> file under node_modules."""
LICENCES = {"htmx.org": "LICENSE", "leaflet": "LICENSE", "topojson-client": "LICENSE", "uplot": "LICENSE", "world-atlas": "LICENSE"}
CRIMEA = (34.1, 45.1)
"""A point inside it, degrees east and north."""

Ring = list[tuple[float, float]]


def main() -> int:
    if shutil.which("npm") is None:
        print("npm is not installed: the pages will be plain lists without map and timeline (install nodejs and npm, then make install)", file=sys.stderr)
        return 1
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=HERE, check=False)
    if done.returncode:
        print("npm could not fetch the pages' scripts (vendor/package-lock.json); the pages will be plain lists without map and timeline", file=sys.stderr)
        return 1
    copy(HERE / "node_modules", TARGET)
    return 0


def copy(modules: Path, target: Path) -> None:
    """Copy what the pages load into one folder, with licences; what lay there before goes."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name, source in FILES.items():
        text = (modules / source).read_text(encoding="utf-8")
        (target / name).write_text("".join(line for line in text.splitlines(True) if "sourceMappingURL" not in line), encoding="utf-8")
    for package, licence in LICENCES.items():
        shutil.copy(modules / package / licence, target / f"{package}.LICENSE")
    world = put_right(json.loads((modules / "world-atlas" / "countries-50m.json").read_text(encoding="utf-8")))
    (target / "world.json").write_text(json.dumps(world, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")


def put_right(world: dict[str, Any]) -> dict[str, Any]:
    """The TopoJSON of the countries, Crimea taken from Russia's polygons and made one with Ukraine's.

    Raises:
        ValueError: Crimea is not drawn as it was, so that the source has changed and must be looked at.
    """
    countries = {shape["properties"]["name"]: shape for shape in world["objects"]["countries"]["geometries"]}
    russia, ukraine = countries["Russia"], countries["Ukraine"]
    found = [polygon for polygon in russia["arcs"] if _holds(_ring(world, polygon[0]), CRIMEA)]
    border, coast = found[0][0] if len(found) == 1 and len(found[0]) == 1 and len(found[0][0]) == 2 else (None, None)
    mainland = next((polygon[0] for polygon in ukraine["arcs"] if border is not None and ~border in polygon[0]), None)
    if coast is None or mainland is None:
        raise ValueError("world-atlas: Crimea is not one polygon of Russia that borders on Ukraine any more; look at the map before changing this")
    russia["arcs"].remove(found[0])
    mainland[mainland.index(~border)] = coast  # around the peninsula instead of along the isthmus: no border is left there
    del world["objects"]["land"]
    return world


def _ring(world: dict[str, Any], arcs: list[int]) -> Ring:
    """The points of a ring; negative arcs run backwards, deltas are quantised."""
    (kx, ky), (dx, dy) = world["transform"]["scale"], world["transform"]["translate"]
    ring: Ring = []
    for number in arcs:
        x = y = 0
        points: Ring = []
        for step in world["arcs"][number if number >= 0 else ~number]:
            x, y = x + step[0], y + step[1]
            points.append((x * kx + dx, y * ky + dy))
        ring += points if number >= 0 else points[::-1]
    return ring


def _holds(ring: Ring, point: tuple[float, float]) -> bool:
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


if __name__ == "__main__":
    sys.exit(main())
