"""Pages for readers: events, one event, one text."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from khronika.web.context import Ctx

router = APIRouter(include_in_schema=False)


@router.get("/")
def events(context: Ctx) -> HTMLResponse:
    """Map, timeline and list."""
    return context.page("events.html")
