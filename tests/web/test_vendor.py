"""The base map as it is built: Crimea is in Ukraine, nothing else moved, and a changed source is noticed."""

from __future__ import annotations

import copy
import importlib.util
import json
import os
from typing import Any

import pytest

from tests.web.conftest import ROOT

_spec = importlib.util.spec_from_file_location("vendor_build", ROOT / "vendor" / "build.py")
assert _spec and _spec.loader
build = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(build)
SOURCE = ROOT / "vendor" / "node_modules" / "world-atlas" / "countries-50m.json"
PLACES = {"Simferopol": (34.1, 44.95), "Kerch": (36.35, 45.3), "Dzhankoi": (34.39, 45.71), "Kherson": (32.62, 46.64), "Kyiv": (30.5, 50.45)}


@pytest.fixture(scope="module")
def world() -> dict[str, Any]:
    if not SOURCE.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have npm (make install)")
        pytest.skip("npm packages are not installed")
    found: dict[str, Any] = json.loads(SOURCE.read_text(encoding="utf-8"))
    return found


def countries_at(world: dict[str, Any], point: tuple[float, float]) -> list[str]:
    found = []
    for shape in world["objects"]["countries"]["geometries"]:
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]] if shape["type"] == "Polygon" else []
        found += [shape["properties"]["name"] for polygon in polygons if build._holds(build._ring(world, polygon[0]), point)]
    return found


@pytest.mark.parametrize("name", PLACES)
def test_crimea_is_in_ukraine(world: dict[str, Any], name: str) -> None:
    right = build.put_right(copy.deepcopy(world))
    assert countries_at(right, PLACES[name]) == ["Ukraine"]
    assert countries_at(right, (37.62, 55.75)) == ["Russia"] and countries_at(right, (38.98, 45.04)) == ["Russia"]


def test_the_isthmus_is_no_border_any_more(world: dict[str, Any]) -> None:
    assert countries_at(world, PLACES["Simferopol"]) == ["Russia"]
    right = build.put_right(copy.deepcopy(world))
    ukraine = next(shape for shape in right["objects"]["countries"]["geometries"] if shape["properties"]["name"] == "Ukraine")
    ring = build._ring(right, ukraine["arcs"][0][0])
    assert (34.223742237422385, 46.10193477325399) not in ring and len(ukraine["arcs"]) == 2


def test_a_source_that_changed_is_refused(world: dict[str, Any]) -> None:
    right = build.put_right(copy.deepcopy(world))
    right["objects"]["land"] = {}
    with pytest.raises(ValueError, match="look at the map"):
        build.put_right(right)
