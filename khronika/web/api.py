"""The API: events, texts, exports, and what the map and the timeline draw; described in /api/openapi.json.

The rule: the same policy as the pages; what is not known or not shown is left out.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from msgspec.structs import replace
from starlette.exceptions import HTTPException

from khronika.jsonl import to_json
from khronika.record.merge import event_id
from khronika.record.shown import gone
from khronika.types import Kind
from khronika.web import event_view, labels, marks, streams
from khronika.web.context import Context, Ctx
from khronika.web.filters import MOST_LETTERS, Wanted, read_box, read_wanted
from khronika.web.pages import find_event, find_text

PROBLEM = {"description": "RFC 9457 problem", "content": {"application/problem+json": {"schema": {"type": "object"}}}}
router = APIRouter(prefix="/api", responses={400: PROBLEM, 404: PROBLEM, 422: PROBLEM})

Words = Annotated[str, Query(max_length=MOST_LETTERS)]
BOX = r"^-?\d{1,3}(\.\d+)?(,-?\d{1,3}(\.\d+)?){3}$"


def _wanted(
    request: Request,
    since: Annotated[dt.date | None, Query(description="events on or after this day")] = None,
    until: Annotated[dt.date | None, Query(description="events on or before this day")] = None,
    kind: Annotated[list[Kind] | None, Query(description="one or more of the 25 kinds")] = None,
    place: Words = "",
    actor: Words = "",
    source: Words = "",
    contested: bool = False,
    killed: Annotated[int | None, Query(ge=0, le=99_999_999, description="at least so many killed by the lowest figure")] = None,
    background: Annotated[bool, Query(description="also what was told in passing")] = False,
    q: Annotated[str, Query(max_length=MOST_LETTERS, description="words, all of them; outside `full` of what is shown only")] = "",
    box: Annotated[str | None, Query(pattern=BOX, description="west,south,east,north in degrees")] = None,
) -> Wanted:
    return read_wanted(request.query_params.multi_items())


Asked = Annotated[Wanted, Depends(_wanted)]
EventId = Annotated[str, Path(pattern=r"^KHR-\d{6,12}$")]
TextId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="id of a document")]
Zoom = Annotated[int, Query(ge=0, le=19)]


def _json(value: Any) -> Response:
    return Response(to_json(value), media_type="application/json")


@router.get("/events", summary="Events, newest first")
def list_events(
    context: Ctx, request: Request, wanted: Asked, after: Annotated[str | None, Query(max_length=20)] = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> Response:
    """One row an event; `next` is the cursor for `after`. What a row leaves out is not known or not shown."""

    def make() -> Response:
        picked = context.view.pick(context.record, context.profile, wanted)
        rows, more = context.view.page(picked, after, limit)
        return _json({"events": [replace(row, since=None) for row in rows], "total": len(picked), "not_reviewed": context.view.unreviewed, "next": more, "seq": context.view.seq})

    return context.cached(request, make)


@router.get("/events/{id}", summary="One event: what is held, and who says what")
def get_event(context: Ctx, request: Request, id: EventId, as_of: Annotated[str | None, Query(max_length=40)] = None) -> Response:
    """The event of this id, or the one that it went into; `as_of` a seq, a day or an instant."""
    return context.cached(request, lambda: _json(event_json(context, find_event(context, id, as_of))))


def event_json(context: Context, shown: event_view.Shown) -> dict[str, Any]:
    """An event with its accounts, the reasons for joining them and its history."""
    return {
        "address": f"{context.address}{context.url('event', shown.event.id)}",
        "profile": context.profile,
        "policy": context.policy.version,
        "erased_since": shown.erased_since,
        "event": shown.event,
        "accounts": [{"url": one.url, "text": one.document_id, **msgspec.to_builtins(one.account)} for one in shown.accounts],
        "links": shown.links,
        "history": event_view.changes(context.record, context.policy, shown.event.id),
    }


@router.get("/texts/{id}", summary="One text, or its quotes where its licence is closed")
def get_text(context: Ctx, request: Request, id: TextId) -> Response:
    """The pieces of the text in order, each with the roles in which its words were read; `closed` says why there are none."""

    def make() -> Response:
        text = find_text(context, id)
        return _json(
            {
                "id": text.document.id,
                "title": text.title,
                "url": text.url,
                "language": text.language,
                "published": text.document.published,
                "closed": text.closed,
                "pieces": [run._asdict() for run in text.body],
                "accounts": [{"event": one.event.id, **msgspec.to_builtins(one.account)} for one in text.accounts],
            }
        )

    return context.cached(request, make)


@router.get("/exports/{format}", summary="Events as a file, as a stream")
def get_export(context: Ctx, request: Request, wanted: Asked, format: Annotated[str, Path(json_schema_extra={"enum": list(streams.FORMATS)})]) -> Response:
    """As `khronika export`, in the formats that are text (docs/exports.md)."""
    if format not in streams.FORMATS:
        raise HTTPException(404, f"no format {format[:20]!r}; there are: {', '.join(streams.FORMATS)}")
    picked = context.view.pick(context.record, context.profile, wanted)[::-1]
    numbers = [context.view.board.event_id(int(at)) for at in picked]
    if context.profile == "full":
        with context.record.write(by=context.editor.name if context.editor else "local user") as tx:
            tx.note("use", "export", {"profile": "full", "format": format, "filter": wanted.query()})
    stream = streams.export(request.app.state.records, context.policy, format, numbers)
    if stream is None:
        raise HTTPException(503, "four exports are under way; try again in a minute", {"Retry-After": "60"})
    headers = {"Content-Disposition": f'attachment; filename="{streams.name_of(format)}"', "Cache-Control": "no-store"}
    return StreamingResponse(stream, media_type=streams.mime_of(format), headers=headers)


@router.get("/removed", summary="Events that copies must remove")
def get_removed(context: Ctx, request: Request) -> Response:
    """Ids of events that stood once and are removed, or hidden for the time being; whoever holds a copy must take them out."""
    return context.cached(request, lambda: _json(removed(context)))


def removed(context: Context) -> dict[str, Any]:
    """The list of removed items: ids alone."""
    numbers = {*gone(context.record), *context.view.hidden}
    return {"seq": context.view.seq, "removed": [event_id(number) for number in sorted(numbers)]}


@router.get("/marks", summary="Marks for a map: clusters, places, areas")
def get_marks(
    context: Ctx, request: Request, wanted: Asked, zoom: Zoom = 2, view: Annotated[str | None, Query(pattern=BOX, description="what the map shows")] = None
) -> Response:
    """At most 2,000 marks for what the map shows."""

    def make() -> Response:
        picked = context.view.pick(context.record, context.profile, wanted)
        found = marks.marks(context.view.board, picked, read_box(view) if view else None, zoom)
        return _json({"marks": [mark.plain() for mark in found], "events": len(picked)})

    return context.cached(request, make)


@router.get("/timeline", summary="Events by day, week or month")
def get_timeline(context: Ctx, request: Request, wanted: Asked) -> Response:
    """Counts by the first day of an event."""
    return context.cached(request, lambda: _json(marks.timeline(context.view.board, context.view.pick(context.record, context.profile, wanted))))


@router.get("/labels", summary="Names of settlements and regions on the map")
def get_labels(view: Annotated[str, Query(pattern=BOX)], zoom: Zoom = 2) -> Response:
    """From the offline gazetteer; they tell nothing of events."""
    response = _json(labels.labels(read_box(view), zoom))
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@router.get("/boundaries", summary="The operator's own boundaries (GeoJSON)")
def get_boundaries(context: Ctx) -> Response:
    """What `khronika serve --boundaries FILE` was given."""
    from pathlib import Path as File

    if context.setup.boundaries is None:
        raise HTTPException(404, "no boundaries were given")
    return Response(File(context.setup.boundaries).read_bytes(), media_type="application/geo+json")
