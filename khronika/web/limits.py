"""Where a request comes from in, whether it is one too many out.

The rule: no address is kept. What is counted is a digest with a salt of this process that is thrown away every day, and the counts with it.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import threading
from collections import deque

from fastapi import Request

from khronika.web.context import Setup

DAY_S = 86_400.0
MOST_KEPT = 200_000
"""Readers counted at a time; beyond that all counts are forgotten, which is kinder than refusing everybody."""


def address_of(request: Request, setup: Setup) -> str:
    """The reader's address: of the connection, or as a trusted proxy gives it."""
    direct = request.client.host if request.client else ""
    if setup.trusted_proxy and direct == setup.trusted_proxy:
        forwarded = request.headers.get("x-forwarded-for", "")
        return forwarded.rpartition(",")[2].strip() or direct
    return direct


def is_secure(request: Request, setup: Setup) -> bool:
    """Whether the reader's own connection is https."""
    direct = request.client.host if request.client else ""
    if setup.trusted_proxy and direct == setup.trusted_proxy:
        return request.headers.get("x-forwarded-proto", request.url.scheme).rpartition(",")[2].strip() == "https"
    return request.url.scheme == "https" or bool(setup.base and setup.base.startswith("https:"))


def is_foreign(request: Request, setup: Setup) -> bool:
    """Whether a form was sent by a page of another site."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin")
    return origin is not None and origin != "null" and origin.partition("://")[2] not in (request.headers.get("host"), (setup.base or "").partition("://")[2])


class Limits:
    """Counts per reader over a minute and a day; for all threads of one process.

    Args:
        a_minute: how many in any 60 seconds.
        a_day: how many in any 24 hours.
    """

    def __init__(self, a_minute: int, a_day: int) -> None:
        self._most = ((60.0, a_minute), (DAY_S, a_day))
        self._lock = threading.Lock()
        self._salt, self._since = os.urandom(32), 0.0
        self._seen: dict[bytes, deque[float]] = {}

    def wait_s(self, address: str, now: float) -> int:
        """Count one more; 0 where it is let in, else after how many seconds to come back.

        Args:
            now: seconds of any steady clock.
        """
        with self._lock:
            if now - self._since >= DAY_S or len(self._seen) > MOST_KEPT:
                self._salt, self._since, self._seen = os.urandom(32), now, {}
            times = self._seen.setdefault(self._digest(address), deque())
            while times and times[0] <= now - DAY_S:
                times.popleft()
            for length, most in self._most:
                within = [at for at in times if at > now - length]
                if len(within) >= most:
                    return max(1, int(within[-most] + length - now) + 1)
            times.append(now)
            return 0

    def _digest(self, address: str) -> bytes:
        return hmac.digest(self._salt, _network(address).encode(), hashlib.sha256)


def limits_of(request: Request, name: str, a_minute: int, a_day: int) -> Limits:
    """The counts of this application under a name."""
    state = request.app.state
    if not hasattr(state, "limits"):
        state.limits = {}
    found: Limits = state.limits.setdefault(name, Limits(a_minute, a_day))
    return found


def _network(address: str) -> str:
    """The address; of IPv6 the part that one household has."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 6 and known.ipv4_mapped is None:
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(getattr(known, "ipv4_mapped", None) or known)
