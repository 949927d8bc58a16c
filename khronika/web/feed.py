"""The newest events of a view in, an Atom feed of what came and what changed out ("killed: 3 → 5; origins: 1 → 2"), by the same policy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from fastapi import APIRouter, Request
from fastapi.responses import Response

from khronika.types import Noun
from khronika.web import event_view
from khronika.web.context import Context, Ctx

router = APIRouter(include_in_schema=False)
ENTRIES = 40
MIME = "application/atom+xml; charset=utf-8"


class Item(Noun, frozen=True, kw_only=True):
    """One entry of the feed."""

    id: str
    title: str
    at: dt.datetime
    what: str


@router.get("/feed.atom")
def feed(context: Ctx, request: Request) -> Response:
    """New and changed events, newest first."""
    return context.cached(request, lambda: Response(render(context), media_type=MIME))


def render(context: Context) -> str:
    """The feed as XML; made once for each state of the lists, since many ask for it."""
    key = f"feed {context.address} {context.url.is_copy}"
    if key not in context.view.made:
        context.view.made[key] = context.render("feed.xml", items=list(items(context)))
    return context.view.made[key]


def items(context: Context) -> Iterator[Item]:
    """What came and what changed."""
    view = context.view
    for at, seen in view.board.newest(view.visible, ENTRIES):
        shown = event_view.show(context.record, context.policy, view.board.event_id(at))
        if shown is None:
            continue
        event = shown.event
        fields = event_view.plain_fields(event)
        history = event_view.changes(context.record, context.policy, event.id)
        changed = "; ".join(f"{name}: {before} → {after}" for name, before, after in history[0].fields) if history else ""
        voices = f"{event.reports} reports, {event.origins} origins"
        title = ", ".join(part for part in (fields["kind"], fields["where"], event_view.days(event)) if part)
        yield Item(id=event.id, title=title, at=seen, what=f"changed: {changed} ({voices})" if changed else f"new: {_told(fields)}{voices}")


def _told(fields: dict[str, str]) -> str:
    return "".join(f"{fields[name]} {name}, " for name in ("killed", "injured", "detained") if fields[name])
