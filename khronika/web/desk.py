"""The editors' desk: the queue, one correction at a time with its text beside the machine's reading; joining, splitting and confirming events; what was decided.

The rule: every act is a correction, entered and decided through `review/`, so that the log says who did it and withdrawal undoes it.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from khronika.errors import UsageError
from khronika.record.record import Record
from khronika.review.adding import add_account, type_account
from khronika.review.correcting import DANGER, Wish, find_account, make_correction
from khronika.review.deciding import act, confirm_event, decide, find_correction, join_events, split_event
from khronika.review.fields import FIELDS
from khronika.review.places import locate
from khronika.review.queue import Row, order_queue
from khronika.types import KINDS, Event
from khronika.web import desk_view
from khronika.web.editors import ByEditor, Signed, check_form
from khronika.web.forms import Fields, Form
from khronika.web.words import spoken

router = APIRouter(include_in_schema=False)
SHOWN = 200
STATES = {"accept": "accepted", "reject": "rejected", "withdraw": "withdrawn", "reopen": "proposed"}
TYPED = ("kind", "day", "place", "who", "killed", "injured", "taken", "status")
"""Fields that an editor may type for an event that the machine did not find."""


def _rows(request: Request, record: Record) -> list[Row]:
    """The queue, put in order once for each state of the log."""
    head = record.head()
    known: tuple[int, list[Row]] | None = getattr(request.app.state, "queue", None)
    if known is None or known[0] != head:
        known = request.app.state.queue = (head, order_queue(record))
    return known[1]


@router.get("/queue")
def queue(signed: ByEditor, request: Request, at: str = "", done: str = "", error: str = "") -> Response:
    """What waits for a decision, most pressing first, and the one at hand."""
    record = signed.context.record
    rows = _rows(request, record)
    place = next((n for n, row in enumerate(rows) if at in (row.correction.id, *row.same, *row.rivals)), None if at else 0)
    if place is None:  # never another one than was asked for: a key decides on what is shown
        place, error = 0, error or f"{at[:40]} does not wait for a decision (any longer); this is the first that does"
    row = rows[place] if rows else None
    folded = record.correction(at) if row and at and at in (*row.same, *row.rivals) else None
    ids = [row.correction.id for row in rows]
    return signed.page(
        "queue.html",
        rows=rows[:SHOWN],
        total=sum(1 + len(row.same) + len(row.rivals) for row in rows),
        leader=row.correction.id if row else "",
        item=desk_view.look_at(record, folded or row.correction, row) if row else None,
        before=ids[place - 1] if place else "",
        after=ids[place + 1] if place + 1 < len(ids) else "",
        done=_known(record, done),
        error=error[:300],
        kinds=KINDS,
        fields=[name for name in FIELDS if name != "event"],
        typed=TYPED,
        spoken=spoken,
        what_of=desk_view.what_of,
        new_of=desk_view.new_of,
    )


def _known(record: Record, id: str) -> object:
    try:
        return find_correction(record, id[:40]) if id else None
    except UsageError:
        return None


@router.post("/queue/{id}")
def decide_one(signed: ByEditor, request: Request, form: Form, id: str) -> Response:
    """Decide on one, or do by hand what it asks for."""
    check_form(signed, request, form)
    record, by, name = signed.context.record, signed.account.name, form.of("act")
    after = form.of("after")
    try:
        correction = find_correction(record, id[:40])
        done = correction.id
        if name in STATES:
            decide(record, correction.id, STATES[name], by, form.of("reason"))
        elif name in _BY_HAND:
            made = _BY_HAND[name](signed, form, None if correction.category == DANGER else correction.id)
            if correction.field != "note" or correction.category == DANGER:
                done = made or done  # what undo takes back: of words for an editor all that followed from them
        else:
            raise UsageError(f"{name!r}: accept, reject, edit, type or join")
    except UsageError as error:
        return _go("/queue", at=id, error=str(error))
    to = form.of("to")
    return _go(to if to in ("/decisions", "/queue") else "/queue", at=after, done=done)


def _go(path: str, **values: str) -> Response:
    query = urlencode({name: value for name, value in values.items() if value})
    return RedirectResponse(f"{path}?{query}" if query else path, 303)


def _edit(signed: Signed, form: Fields, instead_of: str | None) -> str:
    record = signed.context.record
    account = find_account(record, form.of("account"))
    reason = form.of("reason") or "corrected by an editor"
    wish = Wish(field=form.of("field"), value=form.of("value"), reason=reason, words=form.of("words") or None)
    made = make_correction(account, wish, record.text(account.document_id), signed.context.setup.clock(), locate)
    return act(record, [made], signed.account.name, reason, instead_of)[0].id


def _type(signed: Signed, form: Fields, instead_of: str | None) -> str:
    record = signed.context.record
    document, text = record.document(form.of("document")), record.text(form.of("document"))
    if document is None or text is None:
        raise UsageError("this text is not in the record; take it in first (khronika add ADDRESS)")
    fields = {name: form.of(name) for name in TYPED if form.of(name)}
    add_account(record, type_account(document, text, form.of("words"), fields, signed.account.name, locate))
    if instead_of:
        decide(record, instead_of, "accepted", signed.account.name, form.of("reason") or "typed by an editor")
    return ""  # an account that a person typed is no correction; "not an event" takes it away


def _join(signed: Signed, form: Fields, instead_of: str | None) -> str:
    record, reason = signed.context.record, form.of("reason") or "told by both"
    first, second = (_event(record, form.of(name)) for name in ("event", "other"))
    return act(record, [join_events(first, second, reason, signed.context.setup.clock())], signed.account.name, reason, instead_of)[0].id


_BY_HAND: dict[str, Callable[[Signed, Fields, str | None], str]] = {"edit": _edit, "type": _type, "join": _join}


def _event(record: Record, id: str) -> Event:
    event = record.event(id.strip().upper()[:40])
    if event is None:
        raise UsageError(f"{id[:40] or 'the other event'}: no such event")
    return event


# --- one event -------------------------------------------------------------------------------------------------------


@router.get("/review/{id}")
def review(signed: ByEditor, id: str, done: str = "", error: str = "") -> Response:
    """An event's accounts beside each other, to confirm, join or split it."""
    record = signed.context.record
    event = record.event(id)
    if event is None:
        raise HTTPException(404, f"no event {id[:40]} in the record (any longer)")
    return signed.page(
        "review.html",
        event=event,
        readings=[desk_view.read_account(record, account) for account in record.accounts(event.account_ids)],
        neighbours=desk_view.neighbours(record, event),
        acts=desk_view.acts_on(record, event),
        done=_known(record, done),
        error=error[:300],
        spoken=spoken,
        what_of=desk_view.what_of,
        new_of=desk_view.new_of,
    )


@router.post("/review/{id}")
def change_event(signed: ByEditor, request: Request, form: Form, id: str) -> Response:
    """Confirm, join or split an event, or take such an act back."""
    check_form(signed, request, form)
    record, by, at = signed.context.record, signed.account.name, signed.context.setup.clock()
    reason, name = form.of("reason"), form.of("act")
    try:
        event = _event(record, id)
        if name == "withdraw":
            made = decide(record, form.of("correction"), "withdrawn", by, reason)
        elif name == "confirm":
            made = act(record, [confirm_event(event, at)], by, reason)
        elif name == "join":
            made = act(record, [join_events(event, _event(record, form.of("other")), reason or "told by both", at)], by, reason)
        elif name == "split":
            made = act(record, [split_event(event, [part for part in form.of("account").split(",") if part], reason or "another event", at)], by, reason)
        else:
            raise UsageError(f"{name!r}: confirm, join, split or withdraw")
    except UsageError as error:
        return _go(f"/review/{id}", error=str(error))
    home = record.event(id)
    return _go(f"/review/{home.id}" if home else "/decisions", done=made[0].id)


# --- what was decided ------------------------------------------------------------------------------------------------


@router.get("/decisions")
def decisions(signed: ByEditor, done: str = "") -> Response:
    """Who decided what, newest first, each to be taken back."""
    record = signed.context.record
    decided = sorted((c for c in record.corrections() if c.decided_at), key=lambda c: (c.decided_at, c.id), reverse=True)
    return signed.page(
        "decisions.html",
        decided=decided[:SHOWN],
        total=len(decided),
        done=_known(record, done),
        spoken=spoken,
        what_of=desk_view.what_of,
        new_of=desk_view.new_of,
    )
