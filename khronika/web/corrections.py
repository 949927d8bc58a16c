"""What readers say is wrong: the form, its answer, the state of one correction, and the public log.

The rule: no account, no cookie, no address and no agent is kept of a reader; what is said goes to the log through `review/`, within limits.
"""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from khronika.errors import UsageError
from khronika.policy import Policy
from khronika.review.deciding import find_correction
from khronika.review.places import locate
from khronika.review.public import public_log, show_correction
from khronika.review.reporting import ASKED, CATEGORIES, MOST_NAME, Report, TooMany, submit, take_report
from khronika.types import KINDS, Correction
from khronika.web.context import Context, Ctx, policy_of
from khronika.web.forms import Fields, Form
from khronika.web.limits import address_of, limits_of
from khronika.web.words import spoken, word

router = APIRouter(include_in_schema=False)
MOST_OPEN = 1_000
"""Corrections that may wait for an editor."""
LOG_ROWS = 200
TRAP = "website"
"""A field that no person sees; programs that fill in everything fill it in."""
A_MINUTE, A_DAY = 10, 60
"""Corrections that one reader may send."""


@router.get("/corrections")
def log(context: Ctx, request: Request, reference: str = "") -> Response:
    """The public log, newest first, and where to ask for the state of one."""
    if reference.strip():
        return RedirectResponse(f"/corrections/{_known(context, reference).id}", 303)
    return context.cached(request, lambda: context.page("corrections.html", **log_values(context)))


def log_values(context: Context) -> dict[str, Any]:
    """What the page of the public log shows; names are masked in it whoever looks."""
    rows = list(public_log(context.record, outside(context)))
    return {"rows": rows[: -LOG_ROWS - 1 : -1], "total": len(rows), "spoken": spoken}


def outside(context: Context) -> Policy:
    """The policy of those outside, whoever asks: this log is copied and quoted."""
    return policy_of(context.setup, "public" if context.setup.profile == "public" else "research", context.today)


@router.get("/corrections/new")
def ask(context: Ctx, request: Request) -> Response:
    """The form, as a page or (`part`) for the dialog of another page."""
    said = Fields({name: value[:100] for name, value in request.query_params.items() if name in ("event", "document", "category")})
    if not (said.of("event") or said.of("document")):
        raise HTTPException(400, "which event or text is meant? Go there and choose “Suggest a correction”")
    return _form(context, request, said)


def _form(context: Context, request: Request, said: Fields, error: str = "", status: int = 200) -> Response:
    values = {
        "said": said,
        "error": error,
        "categories": CATEGORIES,
        "fields": ASKED,
        "kinds": [word("kind", kind) for kind in KINDS],
        "spoken": spoken,
        "trap": TRAP,
        "most_name": MOST_NAME,
    }
    response = context.page("correction_form.html" if is_part(request) else "correction_new.html", status, **values)
    response.headers["Cache-Control"] = "no-store"
    return response


def is_part(request: Request) -> bool:
    """Whether a script asks for a piece of a page."""
    return request.query_params.get("part") == "1"


@router.post("/corrections")
def send(context: Ctx, request: Request, form: Form) -> Response:
    """Take what a reader says and give the reference under which its state can be followed."""
    if form.of(TRAP):
        return _form(context, request, Fields(form, **{TRAP: ""}), "Please leave the field “Website” empty; it is there to catch programs.", 400)
    wait_s = limits_of(request, "corrections", A_MINUTE, A_DAY).wait_s(address_of(request, context.setup), time.monotonic())
    if wait_s:
        when = f"{wait_s} seconds" if wait_s <= 120 else f"{wait_s // 3600 + 1} hours"
        response = _form(context, request, form, f"That was a lot at once. Thank you; please send this one in {when}. What you wrote is still here.", 429)
        response.headers["Retry-After"] = str(wait_s)
        return response
    try:
        correction = take_report(context.record, report_of(form), context.setup.clock(), locate)
        entered = submit(context.record, correction, context.editor.name if context.editor else "reader", MOST_OPEN)
    except TooMany as error:
        return _form(context, request, form, f"{error}. What you wrote is still here.", 503)
    except UsageError as error:
        return _form(context, request, form, f"Not sent: {error}.", 400)
    if not is_part(request):
        return RedirectResponse(f"/corrections/{entered.id}?sent=1", 303)
    return context.page("correction_sent.html", correction=entered, is_danger=entered.category == "danger")


def report_of(form: Fields) -> Report:
    """What the form says."""
    labels = {word("kind", kind).casefold(): kind for kind in KINDS}
    category, value = form.of("category"), form.of("value")
    is_misread = category == "misread"
    start = form.of("start")
    return Report(
        category=category,
        reason=form.of("reason"),
        event_id=form.of("event") or None,
        document_id=form.of("document") or None,
        account_id=form.of("account") or None,
        field=(form.of("field") or None) if is_misread else None,
        value=labels.get(value.casefold(), value) if is_misread else "",
        other=form.of("other") if category == "same" else "",
        words=form.get("words", ""),
        prefix=form.get("prefix", ""),
        suffix=form.get("suffix", ""),
        start=int(start) if start.isascii() and start.isdecimal() and len(start) < 10 else 0,
        within="title" if form.of("within") == "title" else "body",
        link=form.of("link"),
        name=form.of("name"),
    )


@router.get("/corrections/{id}")
def state(context: Ctx, id: str, sent: str = "") -> Response:
    """The state of one correction; of what is open, private or kept back nothing but that."""
    correction = _known(context, id)
    shown = show_correction(context.record, correction, outside(context))
    response = context.page("correction.html", correction=correction, shown=shown, is_new=bool(sent), spoken=spoken)
    response.headers["Cache-Control"] = "no-store"
    return response


def _known(context: Context, id: str) -> Correction:
    try:
        return find_correction(context.record, id[:40])
    except UsageError as error:
        raise HTTPException(404, f"no correction {id[:40]} is known here; a reference looks like COR-000123") from error
