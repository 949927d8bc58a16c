"""Fetching from a server on the loopback: polite, conditional, limited, and recorded in the capture."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from khronika.acquire.fetch import Fetcher, retry_after_s
from khronika.acquire.items import Options, find
from khronika.errors import InputError
from khronika.types import Item, SetAside
from tests.acquire import samples

NOW = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)


class Handler(BaseHTTPRequestHandler):
    """A page with an ETag, a redirect to it, a large page, and a corner closed to robots."""

    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []
    robots: ClassVar[bytes] = b""
    robots_code: ClassVar[int] = 200

    def do_GET(self) -> None:
        Handler.asked.append((self.path, dict(self.headers)))
        if self.path == "/robots.txt":
            self._answer(Handler.robots_code, Handler.robots, "text/plain")
        elif self.path == "/moved":
            self._answer(302, b"", "text/html", Location="/page")
        elif self.path == "/page" and self.headers.get("If-None-Match") == '"v1"':
            self._answer(304, b"", "text/html")
        elif self.path == "/page":
            self._answer(200, samples.page().encode(), "text/html; charset=utf-8", ETag='"v1"', **{"Set-Cookie": "a=b"})
        elif self.path == "/large":
            self._answer(200, b"x" * 5000, "text/html")
        elif self.path == "/busy":
            self._answer(503, b"", "text/html", **{"Retry-After": "1200"})
        elif self.path == "/loop":
            self._answer(302, b"", "text/html", Location="/loop")
        elif self.path == "/out":
            self._answer(302, b"", "text/html", Location="file:///etc/hostname")
        else:
            self._answer(404, b"", "text/html")

    def _answer(self, code: int, body: bytes, mime: str, **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content-Type": mime, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def host() -> Iterator[str]:
    Handler.asked.clear()
    Handler.robots, Handler.robots_code = b"User-agent: *\nDisallow: /closed\n", 200
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_capture_records_both_addresses_headers_and_instant(host: str) -> None:
    raw, capture, mime = Fetcher(delay_s=0).fetch(f"{host}/moved", NOW) or pytest.fail("nothing came")
    assert raw == samples.page().encode() and mime.startswith("text/html")
    assert (capture.requested, capture.final, capture.at) == (f"{host}/moved", f"{host}/page", NOW)
    assert capture.headers["etag"] == '"v1"' and "set-cookie" not in capture.headers
    assert all(headers["User-Agent"].startswith("khronika/") for _, headers in Handler.asked)


def test_a_page_that_has_not_changed_is_not_sent_again(host: str) -> None:
    state: dict[str, dict[str, str]] = {}
    assert Fetcher(state, delay_s=0).fetch(f"{host}/page", NOW) is not None
    assert state[f"{host}/page"] == {"etag": '"v1"'}
    assert Fetcher(state, delay_s=0).fetch(f"{host}/page", NOW) is None


def test_a_delay_between_two_requests_to_a_host(host: str) -> None:
    slept: list[float] = []
    fetcher = Fetcher(delay_s=2.0, sleep=slept.append, monotonic=lambda: 100.0)
    fetcher.fetch(f"{host}/page", NOW)
    fetcher.fetch(f"{host}/moved", NOW)
    assert slept == [2.0, 2.0]  # robots.txt came first
    assert [path for path, _ in Handler.asked].count("/robots.txt") == 1


def test_the_delay_that_robots_txt_asks_for(host: str) -> None:
    slept: list[float] = []
    fetcher = Fetcher(delay_s=2.0, sleep=slept.append, monotonic=lambda: 100.0)
    Handler.robots = b"User-agent: *\nCrawl-delay: 25\n"
    for path in ("/page", "/moved"):
        fetcher.fetch(host + path, NOW)
    assert slept == [2.0, 25.0] and fetcher.rest_s(f"{host}/page") == 25.0
    Handler.robots = b"User-agent: *\nCrawl-delay: 1\n"
    quick = Fetcher(delay_s=2.0, sleep=slept.append, monotonic=lambda: 100.0)
    quick.fetch(f"{host}/page", NOW)
    assert quick.rest_s(f"{host}/page") == 2.0


def test_what_was_asked_of_a_host_before(host: str) -> None:
    slept: list[float] = []
    name = host.removeprefix("http://")
    fetcher = Fetcher(delay_s=2.0, sleep=slept.append, monotonic=lambda: 100.0, rests={name: 7.0, "dale.example": -3.0})
    assert fetcher.rest_s("https://dale.example/a") == 0
    fetcher.fetch(f"{host}/page", NOW)
    assert slept == [7.0, 2.0]


def test_robots_txt_is_asked_for_again_after_a_day(host: str) -> None:
    at = [100.0]
    fetcher = Fetcher(delay_s=0, monotonic=lambda: at[0])
    for seconds in (0, 80_000, 10_000):
        at[0] += seconds
        fetcher.fetch(f"{host}/moved", NOW)
    assert [path for path, _ in Handler.asked].count("/robots.txt") == 2


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/closed/a", "robots.txt"), ("/missing", "404"), ("/large", "larger than the limit"), ("/loop", "too many redirects"), ("/out", "cannot be fetched")],
)
def test_refusals(host: str, path: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Fetcher(delay_s=0, max_bytes=4000).fetch(host + path, NOW)
    assert path == "/loop" or [asked for asked, _ in Handler.asked].count(path) == (0 if path == "/closed/a" else 1)


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_host_that_cannot_give_its_robots_txt_is_left_alone_for_an_hour(host: str, code: int) -> None:
    at, Handler.robots_code = [100.0], code
    fetcher = Fetcher(delay_s=0, monotonic=lambda: at[0])
    for _ in range(2):
        with pytest.raises(InputError, match="cannot give its robots.txt"):
            fetcher.fetch(f"{host}/page", NOW)
    assert [path for path, _ in Handler.asked] == ["/robots.txt"]
    at[0], Handler.robots_code = at[0] + 3_700, 404  # a host without one allows everything
    assert fetcher.fetch(f"{host}/page", NOW)


def test_a_busy_host_is_left_alone_for_as_long_as_it_asks(host: str) -> None:
    at = [100.0]
    fetcher = Fetcher(delay_s=0, monotonic=lambda: at[0])
    with pytest.raises(InputError, match="503"):
        fetcher.fetch(f"{host}/busy", NOW)
    assert fetcher.rest_s(f"{host}/page") == 1200
    with pytest.raises(InputError, match="another 20 minutes"):
        fetcher.fetch(f"{host}/page", NOW)
    at[0] += 1200
    assert fetcher.fetch(f"{host}/page", NOW)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("30", 30), ("Mon, 05 Jan 2026 12:02:00 GMT", 120), ("Mon, 05 Jan 2026 11:00:00 GMT", 0), ("soon", 0), ("", 0), (None, 0), ("Mon, 05 Jan 2026 12:02:00 -0000", 0)],
)
def test_how_long_a_host_asks_to_be_left_alone(value: str | None, seconds: float) -> None:
    assert retry_after_s(value, NOW) == seconds


@pytest.mark.parametrize("address", ["file:///etc/hostname", "ftp://dale.example/a", "https://", "http://[dale", "javascript:1"])
def test_other_schemes_are_refused(address: str) -> None:
    with pytest.raises(InputError, match="not an http"):
        Fetcher().fetch(address, NOW)


def test_a_host_that_does_not_answer() -> None:
    with pytest.raises(InputError, match="cannot be fetched"):
        Fetcher(delay_s=0, timeout_s=0.5).fetch("http://127.0.0.1:9/a", NOW)


def test_find_takes_addresses(host: str) -> None:
    fetcher = Fetcher(delay_s=0)
    good, bad = find([f"{host}/moved", f"{host}/missing"], Options(now=NOW, fetcher=fetcher, by="ann"))
    assert isinstance(good, Item) and isinstance(bad, SetAside)
    assert good.document.url == f"{host}/page" and good.document.capture.by == "ann"
    assert bad.place == f"{host}/missing"
