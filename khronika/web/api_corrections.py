"""The API of corrections: the public log by pages, and the state of one. Sent are they by the form only, which has limits of its own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from khronika.jsonl import to_json
from khronika.review.public import public_log, show_correction
from khronika.web.api import PROBLEM
from khronika.web.context import Ctx
from khronika.web.corrections import outside

router = APIRouter(prefix="/api/corrections", responses={404: PROBLEM, 422: PROBLEM})
ID = r"^COR-\d{6,12}$"


@router.get("", summary="Decided corrections, oldest first")
def list_corrections(
    context: Ctx, request: Request, after: Annotated[str | None, Query(pattern=ID)] = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> Response:
    """What an editor decided, names masked, without what could endanger somebody; `next` is the cursor for `after`."""

    def make() -> Response:
        found = []
        for row in public_log(context.record, outside(context), after):
            found.append(row)
            if len(found) > limit:
                break
        more = found[limit - 1].id if len(found) > limit else None
        return Response(to_json({"corrections": found[:limit], "next": more, "seq": context.record.head()}), media_type="application/json")

    return context.cached(request, make)


@router.get("/{id}", summary="The state of one correction")
def get_correction(context: Ctx, id: Annotated[str, Path(pattern=ID)]) -> Response:
    """Its state, and what was said where that may be shown."""
    known = context.record.correction(id)
    if known is None:
        raise HTTPException(404, f"no correction {id} is known here")
    shown = show_correction(context.record, known, outside(context))
    body = to_json({"id": known.id, "state": known.state, "shown": shown})
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
