"""Headers of every answer, and which hosts are answered.

The rule: no inline script or style, nothing from another host (but a tile server that the operator set), no page in a frame but an embed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response

from khronika.web.context import Setup

LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})
"""Names of the loopback; a page of another site that leads its own name here is refused, since `full` shows everything."""
Next = Callable[[Request], Awaitable[Response]]


def content_policy(setup: Setup, embedded: bool = False) -> str:
    """The Content-Security-Policy of a page."""
    parts = urlsplit(setup.tiles) if setup.tiles else None
    tiles = f" {parts.scheme}://{parts.netloc.replace('{s}', '*')}" if parts else ""
    return "; ".join(
        (
            "default-src 'none'", "script-src 'self'", "style-src 'self'", f"img-src 'self' data:{tiles}", "connect-src 'self'", "font-src 'self'",
            "form-action 'self'", "base-uri 'none'", f"frame-ancestors {'*' if embedded else chr(39) + 'none' + chr(39)}",
        )
    )  # fmt: skip


def guard(setup: Setup) -> Callable[[Request, Next], Awaitable[Response]]:
    """The middleware that refuses foreign hosts and sets the headers."""

    async def middleware(request: Request, call_next: Next) -> Response:
        host = request.headers.get("host", "")
        if setup.is_local and host.rsplit(":", 1)[0] not in LOCAL and host not in LOCAL:
            return PlainTextResponse("this address serves one local user; start khronika serve with --host for others\n", 421)
        response = await call_next(request)
        for name, value in {
            "Content-Security-Policy": content_policy(setup, request.url.path.startswith("/embed/")),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "X-Robots-Tag": "noindex, nofollow",
        }.items():
            response.headers.setdefault(name, value)
        return response

    return middleware
