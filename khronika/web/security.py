"""Headers of every answer, and which hosts are answered.

The rule: no inline script or style, nothing from another host (but a tile server that the operator set), no page in a frame but an embed.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from khronika.web.context import Setup

LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})
"""Names of the loopback; a page of another site that leads its own name here is refused, since `full` shows everything."""
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex, nofollow",
}


def content_policy(tiles: str | None = None, embedded: bool = False) -> str:
    """The Content-Security-Policy of a page."""
    parts = urlsplit(tiles) if tiles else None
    host = f" {parts.scheme}://{parts.netloc.replace('{s}', '*')}" if parts else ""
    return "; ".join(
        (
            "default-src 'none'", "script-src 'self'", "style-src 'self'", f"img-src 'self' data:{host}", "connect-src 'self'", "font-src 'self'",
            "form-action 'self'", "base-uri 'none'", f"frame-ancestors {'*' if embedded else chr(39) + 'none' + chr(39)}",
        )
    )  # fmt: skip


class Guard:
    """Refuses foreign hosts where one local user is served, and sets the headers."""

    def __init__(self, app: ASGIApp, setup: Setup) -> None:
        self.app, self.setup = app, setup
        self._policies = {embedded: content_policy(setup.tiles, embedded) for embedded in (False, True)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")
        if self.setup.is_local and host.rsplit(":", 1)[0] not in LOCAL and host not in LOCAL:
            refusal = PlainTextResponse("this address serves one local user; start khronika serve with --host for others\n", 421)
            await refusal(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", self._policies[scope["path"].startswith("/embed/")])
                for name, value in FIXED.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, sent)


class Compress(GZipMiddleware):
    """Compresses answers, but none to a request with a cookie: the length of a page with a secret in it must tell nothing of the secret."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "cookie" in Headers(scope=scope):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
