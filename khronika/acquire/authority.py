"""A time-stamp request in, the answer of a time-stamp authority (RFC 3161 over HTTP) out."""

from __future__ import annotations

from khronika.errors import UsageError

MOST_BYTES = 1 << 20


def ask_authority(address: str, request: bytes, timeout_s: float = 30.0) -> bytes:
    """The answer as it came, DER.

    Raises:
        UsageError: the address is none, or no time stamp comes from it.
    """
    import httpx

    kind = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        answer = httpx.post(address, content=request, headers=kind, timeout=timeout_s)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise UsageError(f"{address}: no time stamp came: {error}") from error
    if len(answer.content) > MOST_BYTES or "timestamp-reply" not in answer.headers.get("content-type", ""):
        raise UsageError(f"{address}: no time-stamp authority; it answers {answer.headers.get('content-type', 'nothing')}")
    return answer.content
