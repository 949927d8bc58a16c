"""An address in, its bytes and a Capture out; polite: robots.txt with its Crawl-delay, a delay per host, Retry-After, conditional requests, limits on time and size."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, MutableMapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from khronika import __version__
from khronika.acquire.items import TOOL
from khronika.errors import InputError
from khronika.types import Capture

if TYPE_CHECKING:
    import httpx

AGENT = f"khronika/{__version__} (+research archive; obeys robots.txt)"
ROBOTS_S = 86_400.0
"""For so long what a host's robots.txt says is taken to hold."""
REFUSED_S = 3_600.0
"""For so long nothing is asked of a host that cannot give its robots.txt (RFC 9309: all is forbidden then)."""
PATIENCE_S = 600.0
"""The longest rest of a host that one address is waited for (watch.py turns to other feeds sooner); one that asks for more is left alone until then."""
BUSY = (429, 503)
"""Answers whose Retry-After says how long to stay away."""


class Fetcher:
    """Fetches addresses one after the other.

    Args:
        state: address -> {"etag", "modified"} of earlier answers; changed in place, kept by the caller.
        delay_s: seconds between two requests to one host; more where its robots.txt says so.
        rests: host -> seconds for which it is to be left alone yet, by what was asked of it before.
    """

    def __init__(
        self,
        state: MutableMapping[str, dict[str, str]] | None = None,
        delay_s: float = 1.0,
        timeout_s: float = 20.0,
        max_bytes: int = 20 << 20,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        rests: Mapping[str, float] | None = None,
    ) -> None:
        import httpx

        self._client = httpx.Client(headers={"User-Agent": AGENT}, timeout=timeout_s, follow_redirects=True, max_redirects=8)
        self._state = state if state is not None else {}
        self._delay_s, self._max_bytes = delay_s, max_bytes
        self._sleep, self._monotonic = sleep, monotonic
        self._free = {host: monotonic() + rest for host, rest in (rests or {}).items()}
        self._robots: dict[str, tuple[RobotFileParser | None, float]] = {}

    def fetch(self, address: str, now: dt.datetime) -> tuple[bytes, Capture, str] | None:
        """Bytes, capture and content type; None where the page has not changed since the last time.

        Raises:
            InputError: not allowed, not found, too large, too slow, or no http(s) address.
        """
        import httpx

        if not is_web_address(address):
            raise InputError("not an http or https address")
        if (rest := self.rest_s(address)) > PATIENCE_S:
            raise InputError(f"the host is to be left alone for another {rest / 60:.0f} minutes; try again then")
        rules = self._rules(address, now)
        if rules is None:
            raise InputError("the host cannot give its robots.txt, so that nothing may be fetched from it; try again in an hour")
        if not rules.can_fetch(AGENT, address):
            raise InputError("robots.txt of the host does not allow it")
        known = self._state.get(address, {})
        headers = {name: known[key] for name, key in (("If-None-Match", "etag"), ("If-Modified-Since", "modified")) if key in known}
        self._wait(address, max(self._delay_s, float(rules.crawl_delay(AGENT) or 0)))
        try:
            with self._client.stream("GET", address, headers=headers) as answer:
                if answer.status_code == 304:
                    return None
                self._heed(address, answer, now)
                if answer.status_code != 200:
                    raise InputError(f"the host answered {answer.status_code}; try again later or check the address")
                raw = self._body(answer)
        except httpx.TooManyRedirects as error:
            raise InputError("too many redirects") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise InputError(f"cannot be fetched: {error or type(error).__name__}; check the network and the address") from error
        self._state[address] = validators_of(answer.headers)
        shown = {name: value for name, value in answer.headers.items() if name.casefold() != "set-cookie"}
        capture = Capture(place=address, at=now, tool=TOOL, requested=address, final=str(answer.url), headers=shown)
        return raw, capture, answer.headers.get("Content-Type", "")

    def _body(self, answer: httpx.Response) -> bytes:
        parts, size = [], 0
        for part in answer.iter_bytes():
            size += len(part)
            if size > self._max_bytes:
                raise InputError(f"larger than the limit of {self._max_bytes >> 20} MiB")
            parts.append(part)
        return b"".join(parts)

    def rest_s(self, address: str) -> float:
        """Seconds for which the host of an address is to be left alone yet."""
        return max(0.0, self._free.get(urlsplit(address).netloc, 0.0) - self._monotonic())

    def _wait(self, address: str, delay_s: float) -> None:
        """Let the host's rest pass; `delay_s` is the next one."""
        rest = self.rest_s(address)
        if rest > 0:
            self._sleep(rest)
        self._free[urlsplit(address).netloc] = self._monotonic() + delay_s

    def _heed(self, address: str, answer: httpx.Response, now: dt.datetime) -> None:
        """Leave a busy host alone for as long as it asks, a day at most."""
        if answer.status_code in BUSY and (rest := retry_after_s(answer.headers.get("retry-after"), now)):
            host = urlsplit(address).netloc
            self._free[host] = max(self._free.get(host, 0.0), self._monotonic() + min(rest, ROBOTS_S))

    def _rules(self, address: str, now: dt.datetime) -> RobotFileParser | None:
        """What the host's robots.txt allows; None where the host has one that it cannot give now."""
        import httpx

        parts = urlsplit(address)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._robots or self._monotonic() > self._robots[host][1]:
            self._wait(address, self._delay_s)
            try:
                answer = self._client.get(f"{host}/robots.txt")
                self._heed(address, answer, now)
                lines = answer.text.splitlines() if answer.status_code == 200 else []
                is_given = answer.status_code < 500 and answer.status_code not in BUSY
            except httpx.HTTPError:  # the fetch of the page itself will say what is wrong
                lines, is_given = [], True
            rules = RobotFileParser() if is_given else None
            if rules:
                rules.parse(lines)
            self._robots[host] = rules, self._monotonic() + (ROBOTS_S if rules else REFUSED_S)
        return self._robots[host][0]


def is_web_address(text: str) -> bool:
    """Whether it is an http or https address with a host."""
    try:
        parts = urlsplit(text)
    except ValueError:  # "http://[bad"
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def retry_after_s(value: str | None, now: dt.datetime) -> float:
    """Seconds that a Retry-After asks for, given as such or as an instant; 0 where it says nothing that can be read."""
    if not value:
        return 0.0
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):  # no date, or one without a zone
        return 0.0


def validators_of(headers: Mapping[str, str]) -> dict[str, str]:
    """What an answer gives to ask later whether the page has changed; names of headers in lower case."""
    return {key: headers[name] for name, key in (("etag", "etag"), ("last-modified", "modified")) if name in headers}
