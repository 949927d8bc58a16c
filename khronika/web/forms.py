"""A request with a form in, its fields out; small forms only, and no files."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from khronika.web.limits import is_foreign

MOST_BYTES = 64_000
MOST_FIELDS = 60


class Fields(dict[str, str]):
    """The fields of a form; of a field that is given more than once (boxes) the values are joined with commas."""

    def of(self, name: str) -> str:
        """A field without blanks around it; "" where there is none."""
        return self.get(name, "").strip()


async def _fields(request: Request) -> Fields:
    if is_foreign(request, request.app.state.setup):
        raise HTTPException(403, "this form was sent from a page of another site")
    if not request.headers.get("content-type", "application/x-www-form-urlencoded").startswith("application/x-www-form-urlencoded"):
        raise HTTPException(415, "send the fields of the form (application/x-www-form-urlencoded)")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(413, "this is too long; shorten it")
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400, "too many fields") from error
    found = Fields()
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


Form = Annotated[Fields, Depends(_fields)]
"""A route's parameter: the fields of the form that was sent."""
