"""The static copy: whole, with every link inside it leading to a file, replaced at once, and readable in a browser from any web server."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lxml import html

from khronika.cli import main
from khronika.web import statics
from tests.web.conftest import SOURCES


def write(record: Path, out: Path, *more: str) -> Any:
    return CliRunner().invoke(main, ["site", str(out), "--record", str(record), "--sources", str(SOURCES), "--base", "https://events.example", *more])


@pytest.fixture(scope="module")
def site(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "out"
    done = write(examples, out)
    assert done.exit_code == 0, done.stderr
    return out


def test_every_link_leads_to_a_file(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 12
    for page in pages:
        tree = html.parse(str(page)).getroot()
        links = [*tree.xpath("//@href"), *tree.xpath("//@src"), *tree.xpath("//@data-marks"), *tree.xpath("//@data-timeline"), *tree.xpath("//@data-world")]
        for link in links:
            if not link.startswith(("http", "#")) and link:
                assert (page.parent / link.split("#")[0]).exists(), f"{page.relative_to(site)}: {link}"
        assert not tree.xpath("//form | //script[not(@src)]"), page


def test_its_data_is_the_public_record(site: Path) -> None:
    ids = {path.stem for path in (site / "events").glob("*.html")}
    assert ids == {path.stem for path in (site / "data" / "events").glob("*.json")} and len(ids) == 8
    assert {feature["id"] for feature in json.loads((site / "data" / "events.geojson").read_text())["features"]} == ids
    assert json.loads((site / "removed.json").read_text())["removed"] == [] and "Disallow: /" in (site / "robots.txt").read_text()
    assert "https://events.example/events/KHR-000008.html" in (site / "feed.atom").read_text()


def test_an_older_copy_is_replaced_and_nothing_else_is(copied: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert write(copied, out).exit_code == 0
    (out / "events" / "KHR-000001.html").write_text("of before")
    assert write(copied, out).exit_code == 0 and not (out / "events" / "KHR-000001.html").exists()
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("x")
    done = write(copied, other)
    assert done.exit_code == 2 and "not empty" in done.stderr and (other / "mine.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


@pytest.mark.browser
def test_it_is_read_without_the_server(site: Path, open_page: Callable[..., Any]) -> None:
    if statics.missing():
        pytest.skip("the pages' scripts are not installed")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site))
    handler.log_message = lambda *args: None  # type: ignore[attr-defined]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        page = open_page(f"{address}/index.html")
        page.wait_for_selector("#timeline canvas")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.khronikaMap.last.marks.reduce((sum, mark) => sum + mark.n, 0)") == 8
        page.click(".event .what >> nth=0")
        page.wait_for_load_state("networkidle")
        assert "/events/KHR-" in page.url and page.locator("h1").count() == 1
        assert page.seen.faults == [] and all(asked.startswith((address, "data:")) for asked in page.seen.addresses)
        server.shutdown()


def test_a_long_list_has_pages(copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from khronika.web import site as writing

    monkeypatch.setattr(writing, "ROWS", 3)
    assert write(copied, tmp_path / "out").exit_code == 0
    listed = [html.parse(str(tmp_path / "out" / name)).getroot().xpath("//li[@class='event']/@data-event") for name in ("index.html", "list-2.html", "list-3.html")]
    assert [len(ids) for ids in listed] == [3, 3, 2] and len({id for ids in listed for id in ids}) == 8
    assert not (tmp_path / "out" / "list-4.html").exists()
