"""Pages for readers: events, one event, one text, an event to put into another page, and what this site is."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from khronika.errors import UsageError
from khronika.types import KINDS
from khronika.web import event_view, text_view
from khronika.web.context import Context, Ctx
from khronika.web.filters import Wanted, read_wanted

router = APIRouter(include_in_schema=False)
ROWS = 40
"""Events of one page of the list."""


@router.get("/")
def events(context: Ctx, request: Request) -> Response:
    """Map, timeline and list of the events that the address asks for; the list alone for htmx."""
    is_part = "hx-request" in request.headers and "hx-history-restore-request" not in request.headers

    def make() -> Response:
        values = list_of(context, read_wanted(request.query_params.multi_items()), request.query_params.get("after"))
        response = context.page("events_list.html" if is_part else "events.html", **values)
        if is_part and not values["after"]:
            query = values["wanted"].query()
            response.headers["HX-Push-Url"] = f"/?{query}" if query else "/"
        return response

    return context.cached(request, make)


def list_of(context: Context, wanted: Wanted, after: str | None, limit: int = ROWS) -> dict[str, Any]:
    """What the list of events shows."""
    view = context.view
    picked = view.pick(context.record, context.profile, wanted)
    rows, more = view.page(picked, after, limit)
    return {
        "wanted": wanted,
        "rows": rows,
        "total": len(picked),
        "after": after,
        "after_next": more,
        "more": f"/?{wanted.query(after=more)}" if more else None,
        "kinds": KINDS,
        "suggested": view.suggested,
    }


@router.get("/events/{id}")
def event(context: Ctx, request: Request, id: str, as_of: str | None = None) -> Response:
    """One event."""

    def make() -> Response:
        shown = find_event(context, id, as_of)
        if shown.event.id != id and as_of is None:
            return RedirectResponse(context.url("event", shown.event.id), 307)
        return context.page("event.html", **event_values(context, shown))

    return context.cached(request, make)


def find_event(context: Context, id: str, as_of: str | None) -> event_view.Shown:
    """The event of an address, now or as the record was.

    Raises:
        HTTPException: there is none that may be shown (404), or `as_of` is no moment (400).
    """
    try:
        moment = read_moment(as_of)
    except UsageError as error:
        raise HTTPException(400, str(error)) from error
    found = event_view.show(context.record, context.policy, id, moment)
    if found is None:
        raise HTTPException(404, f"no event {id[:40]} is shown here" + (f" as of {as_of[:40]}" if as_of else ""))
    return found


def event_values(context: Context, shown: event_view.Shown) -> dict[str, Any]:
    """What the page of an event shows."""
    return {
        "shown": shown,
        "event": shown.event,
        "fields": event_view.plain_fields(shown.event),
        "days": event_view.days(shown.event),
        "groups": [(about, event_view.versus(about, found)) for about in _ABOUT if (found := [said for said in shown.voices if said.voice.about == about])],
        "changes": event_view.changes(context.record, context.policy, shown.event.id),
        "is_old": shown.as_of is not None,
    }


_ABOUT = ("occurrence", "perpetrator", "casualties", "target", "weapon", "other")


def read_moment(text: str | None) -> int | dt.datetime | None:
    """A seq, a day (its end) or an instant.

    Raises:
        UsageError: it is none of these.
    """
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    try:
        moment = dt.datetime.fromisoformat(text)
        if len(text) <= 10:
            moment += dt.timedelta(days=1, microseconds=-1)
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"as_of {text[:40]!r}: give a seq, a day (YYYY-MM-DD) or an instant") from error


@router.get("/embed/{id}")
def embed(context: Ctx, request: Request, id: str) -> Response:
    """One event in short, for a frame in another page."""
    return context.cached(request, lambda: context.page("embed.html", **event_values(context, find_event(context, id, None))))


@router.get("/texts/{id}")
def text(context: Ctx, request: Request, id: str) -> Response:
    """One text with what was read in it."""

    def make() -> Response:
        return context.page("text.html", text=find_text(context, id), summary=text_view.summary)

    return context.cached(request, make)


def find_text(context: Context, id: str) -> text_view.ShownText:
    """The text of a document.

    Raises:
        HTTPException: there is none that may be shown (404).
    """
    found = text_view.show(context.record, context.policy, id)
    if found is None:
        raise HTTPException(404, f"no text {id[:12]} is shown here")
    return found


@router.get("/robots.txt")
def robots() -> Response:
    """No search engine is to keep what may have to go."""
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")


@router.get("/about")
def about(context: Ctx, request: Request) -> Response:
    """What this site shows, and what it does not."""
    return context.cached(request, lambda: context.page("about.html"))
