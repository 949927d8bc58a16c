"""An error in, a problem+json answer (under /api) or a page that says what to do out."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from khronika.errors import KhronikaError, UsageError
from khronika.web.context import templates
from khronika.web.links import Links


def add_handlers(app: FastAPI) -> None:
    """Answer every kind of error in one shape."""

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        return answer(request, error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        said = "; ".join(f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in error.errors())
        return answer(request, 422, said)

    @app.exception_handler(KhronikaError)
    async def ours(request: Request, error: KhronikaError) -> Response:
        if isinstance(error, UsageError):
            return answer(request, 400, str(error))
        logging.getLogger("khronika").error("%s", error)
        is_local = request.app.state.setup.is_local  # the address of a record may hold a password
        return answer(request, 503, str(error) if is_local else "the record cannot be used at the moment; the operator's log says why")


def answer(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """One error as RFC 9457 under /api, else as a page."""
    if request.url.path.startswith("/api"):
        body = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "detail": detail}
        return JSONResponse(body, status, headers, media_type="application/problem+json")
    values = {"context": None, "url": Links(), "status": status, "title": TITLES.get(status, "Error"), "detail": detail}
    return HTMLResponse(templates().get_template("error.html").render(values), status, headers)


TITLES = {
    400: "Not understood", 403: "Not allowed", 404: "Not found", 405: "Method not allowed", 409: "Conflict", 413: "Too large", 422: "Not understood",
    429: "Too many requests", 503: "Not available",
}  # fmt: skip
