"""The pages in Chromium: map, timeline and list filter each other, the filter is the address, and everyone can use them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error as PageError

from khronika.web import statics
from tests.web.conftest import ROOT, served

pytestmark = pytest.mark.browser
AXE = ROOT / "vendor" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def site(examples: Path) -> Iterator[str]:
    if statics.missing():
        if os.environ.get("CI") == "true":
            pytest.fail("CI must install the pages' scripts (make install with npm)")
        pytest.skip("the pages' scripts are not installed")
    with served(examples) as address:
        yield address


def count_of(page: Any) -> int:
    return int(page.locator(".summary strong").inner_text())


def wait_for_count(page: Any, count: int) -> None:
    until(page, f"document.querySelector('.summary strong')?.textContent === '{count}'")


def until(page: Any, expression: str) -> None:
    """Wait until a page is loaded, its scripts have run and an expression is true; asked from outside, since the page allows no code from strings."""
    for _ in range(400):
        with contextlib.suppress(PageError):  # on the way from one page to the next
            if page.evaluate(f"document.readyState === 'complete' && ({expression})"):
                return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {expression}")


def marks_of(page: Any) -> int:
    """How many events the marks on the map stand for."""
    return int(page.evaluate("window.khronikaMap?.last?.marks.reduce((sum, mark) => sum + mark.n, 0)"))


def pages_of(site: str, page: Any) -> dict[str, str]:
    """One address of each page type."""
    event = page.request.get(f"{site}/api/events/KHR-000004").json()
    return {
        "events": "/",
        "filtered": "/?contested=1&q=market",
        "event": "/events/KHR-000008",
        "text": f"/texts/{event['accounts'][0]['text']}",
        "embed": "/embed/KHR-000004",
        "about": "/about",
        "error": "/events/KHR-999999",
    }


def test_list_map_and_timeline_filter_each_other_and_back_goes_back(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(site)
    page.wait_for_selector("#timeline canvas")
    page.wait_for_selector(".map-count, .leaflet-overlay-pane canvas")
    assert count_of(page) == 9 and marks_of(page) == 9
    page.fill("#q", "market")
    wait_for_count(page, 1)
    assert page.url == f"{site}/?q=market"
    until(page, "window.khronikaMap?.last?.marks.length === 1")
    page.go_back()
    wait_for_count(page, 9)
    assert page.url.rstrip("/?") == site and page.input_value("#q") == ""
    page.go_forward()
    wait_for_count(page, 1)
    assert page.input_value("#q") == "market"
    page.go_back()
    wait_for_count(page, 9)
    # the timeline: drag over its first half
    page.wait_for_selector("#timeline .u-over")
    box = page.locator("#timeline .u-over").bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40, steps=4)
    page.mouse.up()
    wait_for_count(page, 4)
    assert "since=2022-06-" in page.url and "until=" in page.url and page.input_value("#since").startswith("2022-06-")
    until(page, "window.khronikaMap?.last?.marks.reduce((sum, mark) => sum + mark.n, 0) === 4")
    # the map: only what it shows
    page.goto(f"{site}/?box=25,40,40,55")
    wait_for_count(page, 4)
    assert page.is_checked("#follow")
    until(page, "window.khronikaMap.last !== null")
    page.evaluate("void window.khronikaMap.now.map.setView([13, 25], 6, { animate: false })")
    wait_for_count(page, 1)
    assert page.seen.faults == []


def test_a_cluster_opens_and_a_place_tells_its_events(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/?box=20,40,45,55")
    page.wait_for_selector(".map-count")
    page.click(".map-count")
    until(page, "window.khronikaMap?.last?.marks.length > 1")
    until(page, "document.querySelectorAll('.map-count').length === 1 && !document.querySelector('.leaflet-zoom-anim .leaflet-zoom-animated.leaflet-zoom-hide')")
    page.wait_for_timeout(400)
    page.click(".map-count")
    page.wait_for_selector(".leaflet-popup-content a")
    assert page.locator(".leaflet-popup-content a").count() == 3
    assert page.locator(".leaflet-popup-content a").first.get_attribute("href").startswith("/events/KHR-")


def test_a_filter_that_cannot_be_meant_says_so(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/?since=2025-01-01")
    page.wait_for_selector("#timeline canvas")
    page.fill("#until", "2024-01-01")
    page.wait_for_selector("#results [role=alert]")
    assert "lies before since" in page.inner_text("#results [role=alert]") and count_of(page) == 3
    page.fill("#until", "2025-12-31")
    page.wait_for_selector("#results [role=alert]", state="detached")
    assert count_of(page) == 3


def test_everything_by_keyboard(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(site)
    page.wait_for_selector("#timeline canvas")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("#q")
    page.keyboard.type("kherson")
    page.keyboard.press("Enter")
    wait_for_count(page, 4)
    page.focus("summary")
    page.keyboard.press("Enter")
    page.focus("[name=contested]")
    page.keyboard.press("Space")
    wait_for_count(page, 0)
    page.focus(".summary a")
    page.keyboard.press("Enter")
    wait_for_count(page, 9)
    page.focus(".event .what")
    page.keyboard.press("Enter")
    page.wait_for_url("**/events/KHR-000008")
    page.goto(f"{site}{pages_of(site, page)['text']}")
    page.focus("#article .mark")
    assert "–" in page.inner_text("#note") and "KHR-" in page.inner_text("#note")


@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_fits_loads_nothing_foreign_and_has_no_fault(site: str, open_page: Callable[..., Any], width: int) -> None:
    page = open_page(site, viewport={"width": width, "height": 740})
    for name, path in pages_of(site, page).items():
        page.seen.faults.clear()
        page.goto(site + path)
        if name in ("events", "filtered"):
            until(page, "window.khronikaMap?.last && document.querySelector('#timeline canvas') !== null")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), f"{name} is wider than {width}"
        faults = [fault for fault in page.seen.faults if not (name == "error" and "404" in fault)]
        assert faults == [], f"{name}: {faults}"
        serious = axe(page)
        assert serious == [], f"{name} at {width}: {serious}"
    foreign = [address for address in page.seen.addresses if not address.startswith((site, "data:"))]
    assert foreign == []


def axe(page: Any) -> list[str]:
    """The serious and critical faults that axe-core finds; evaluated, since the page allows no script that is not its own."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [f"{fault['id']}: {json.dumps([node['target'] for node in fault['nodes']][:3])}" for fault in found["violations"] if fault["impact"] in ("serious", "critical")]


def test_without_scripts_the_pages_are_plain_lists_that_say_so(site: str, open_page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(f"{site}/?q=kherson", java_script_enabled=False)
    assert count_of(page) == 4 and "need JavaScript" in page.inner_text("main")
    page.fill("#q", "market")
    page.press("#q", "Enter")
    assert count_of(page) == 1 and "q=market" in page.url
    monkeypatch.setattr(statics, "NEEDED", (*statics.NEEDED, "gone.js"))
    page = open_page(site)
    assert count_of(page) == 9 and "gone.js" in page.inner_text(".note") and page.locator("#map").count() == 0
    assert page.seen.faults == []
