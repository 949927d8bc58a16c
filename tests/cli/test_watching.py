"""`khronika watch` against a server on the loopback: a later run goes on where an earlier one ended."""

from __future__ import annotations

import datetime as dt
import functools
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from khronika.acquire import fetch
from khronika.cli import options, reading
from tests.cli.test_commands import run

ENTRY = """<item><title>{title}</title><link>https://dale.example/{number}</link><pubDate>Mon, 05 Jan 2026 09:00:00 GMT</pubDate>
<description>Two shells hit a mill in Dale on Monday morning, killing {number} people, the rescue service said. Nobody claimed the shelling.</description></item>"""
NOON = dt.datetime(2026, 1, 6, 12, tzinfo=dt.UTC)


class Handler(BaseHTTPRequestHandler):
    """A feed with an ETag, whose host wants to be asked every second at most."""

    asked: ClassVar[list[tuple[str, str | None]]] = []
    titles: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        tag = f'"{len(Handler.titles)}"'
        Handler.asked.append((self.path, self.headers.get("If-None-Match")))
        if self.path == "/robots.txt":
            self._answer(200, "User-agent: *\nCrawl-delay: 3\n")
        elif self.path == "/broken":
            self._answer(500, "")
        elif self.headers.get("If-None-Match") == tag:
            self._answer(304, "")
        else:
            entries = "".join(ENTRY.format(title=title, number=number) for number, title in enumerate(Handler.titles, 2))
            self._answer(200, f'<rss version="2.0"><channel><title>Dale</title><language>en</language>{entries}</channel></rss>', ETag=tag)

    def _answer(self, code: int, body: str, **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content-Type": "application/rss+xml", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def host() -> Iterator[str]:
    Handler.asked.clear()
    Handler.titles[:] = ["Mill hit"]
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class World:
    """A folder with feeds, a clock, and what was slept."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.now, self.slept = folder, NOON, list[float]()
        monkeypatch.setattr(reading, "now", lambda: self.now)
        monkeypatch.setattr(options, "now", lambda: self.now)
        monkeypatch.setattr(fetch, "Fetcher", functools.partial(fetch.Fetcher, sleep=self.slept.append))

    @property
    def record(self) -> Path:
        return self.folder / "r.sqlite"

    def feeds(self, *urls: str) -> Path:
        path = self.folder / "FEEDS.toml"
        path.write_text("".join(f"[[feed]]\nurl = '{url}'\nevery = '10m'\nsource = 'dale'\n" for url in urls))
        return path

    def watch(self, *urls: str) -> str:
        result = run("watch", str(self.feeds(*urls)), "--once", "--record", str(self.record))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.stderr


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_a_later_run_asks_for_news_only_and_not_before_it_is_due(host: str, world: World) -> None:
    assert "1 read" in world.watch(f"{host}/feed")
    assert Handler.asked == [("/robots.txt", None), ("/feed", None)]
    Handler.asked.clear()
    assert world.watch(f"{host}/feed") == "no feed is due before 2026-01-06 12:10 UTC\n"
    assert Handler.asked == []
    world.now += dt.timedelta(minutes=10)
    assert world.watch(f"{host}/feed").startswith("0 read")
    assert Handler.asked[1:] == [("/feed", '"1"')]
    Handler.titles.append("Mill hit again")
    world.now += dt.timedelta(minutes=10)
    assert "1 read" in (told := world.watch(f"{host}/feed")) and "already" not in told


def test_a_feed_that_fails_is_left_alone_by_a_later_run_too(host: str, world: World) -> None:
    assert "answered 500" in world.watch(f"{host}/broken")
    Handler.asked.clear()
    assert "no feed is due" in world.watch(f"{host}/broken")
    assert Handler.asked == []


def test_a_later_run_waits_as_long_as_the_host_asks_for(host: str, world: World) -> None:
    world.watch(f"{host}/feed")
    world.now += dt.timedelta(seconds=1)
    world.slept.clear()
    world.watch(f"{host}/feed", f"{host}/other")
    assert world.slept[0] == pytest.approx(2, abs=0.5)  # of three seconds, before anything is asked


def test_a_run_that_cannot_keep_what_it_read_reads_it_later(host: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("khronika.pipeline.commit", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        run("watch", str(world.feeds(f"{host}/feed")), "--once", "--record", str(world.record))
    world.now += dt.timedelta(minutes=10)
    assert "1 read" in world.watch(f"{host}/feed")


def test_an_older_record_can_be_watched(host: str, world: World) -> None:
    world.watch(f"{host}/broken")
    with sqlite3.connect(world.record) as raw:
        raw.execute("DROP TABLE poll")
    world.now += dt.timedelta(minutes=10)
    assert run("events", "--record", str(world.record)).exit_code == 0
    assert "1 read" in world.watch(f"{host}/feed")
