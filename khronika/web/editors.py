"""Signing in and out, who somebody is, and who else may sign in.

The rule: a sign-in is tried a few times only, from one address and for one name; each form of a signed-in page carries the token of its session.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from khronika.errors import UsageError
from khronika.record.editors import ROLES, Account, put_editor, read_editor, read_editors, remove_editor, sign_out
from khronika.web.context import Context, Ctx, Editor
from khronika.web.forms import Form
from khronika.web.limits import address_of, is_secure, limits_of
from khronika.web.sessions import HOURS, check_password, hash_password, is_token, make_session, make_token, read_session

router = APIRouter(include_in_schema=False)
COOKIE, SECURE_COOKIE = "session", "__Host-session"


def _cookie(request: Request) -> str:
    return request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE) or ""


def _account(request: Request) -> Account | None:
    cookie = _cookie(request)
    if not cookie:
        return None
    with request.app.state.records.lent() as record:
        return read_session(record, cookie)


def editor_of(request: Request) -> Editor | None:
    """Who sent a request; None for readers without a session."""
    account = _account(request)
    return Editor(name=account.name, role=account.role) if account else None


class Signed(NamedTuple):
    """A request of somebody who signed in: its context, who, and the token that its forms carry."""

    context: Context
    account: Account
    token: str

    def page(self, template: str, **values: Any) -> Response:
        """A page that no store keeps."""
        response = self.context.page(template, token=self.token, me=self.account, **values)
        response.headers["Cache-Control"] = "no-store"
        return response


def _signed(*roles: str) -> Callable[..., Signed]:
    def signed(context: Ctx, request: Request) -> Signed:
        account = _account(request)
        if account is None:
            raise HTTPException(303, "sign in first", {"Location": f"/sign-in?to={quote(request.url.path)}"})
        if account.role not in roles:
            raise HTTPException(403, f"this is for {' and '.join(roles)}s; you are signed in as {account.role}")
        return Signed(context, account, make_token(account, _cookie(request)))

    return signed


ByEditor = Annotated[Signed, Depends(_signed("editor", "admin"))]
ByAdmin = Annotated[Signed, Depends(_signed("admin"))]
ByAny = Annotated[Signed, Depends(_signed(*ROLES))]


def check_form(signed: Signed, request: Request, form: Form) -> None:
    """Refuse a form that was not made in this session.

    Raises:
        HTTPException: it was not.
    """
    if not is_token(signed.account, _cookie(request), form.of("token")):
        raise HTTPException(403, "this form is too old, or of another session; go back, load the page again and repeat it")


# --- signing in ------------------------------------------------------------------------------------------------------


@router.get("/sign-in")
def ask_sign_in(context: Ctx, to: str = "") -> Response:
    """The form to sign in."""
    return _sign_in_page(context, to)


def _sign_in_page(context: Context, to: str, error: str = "", status: int = 200, name: str = "") -> Response:
    response = context.page("sign_in.html", status, to=_inner(to), error=error, name=name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _inner(to: str) -> str:
    """A path of ours to go to afterwards."""
    return to if to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable() else "/queue"


@router.post("/sign-in")
def sign_in(context: Ctx, request: Request, form: Form) -> Response:
    """Start a session."""
    name, now = form.of("name"), time.monotonic()
    by_address, by_name = limits_of(request, "sign-in", 5, 100), limits_of(request, "name", 10, 300)
    wait_s = max(by_address.wait_s(address_of(request, context.setup), now), by_name.wait_s(name.casefold(), now))
    if wait_s:
        response = _sign_in_page(context, form.of("to"), f"Too many attempts. Wait {wait_s} seconds.", 429, name)
        response.headers["Retry-After"] = str(wait_s)
        return response
    account = read_editor(context.record, name)
    if not check_password(account, form.get("password", "")) or account is None:
        return _sign_in_page(context, form.of("to"), "Name and password do not fit together.", 403, name)
    if account.role != "reader":  # whoever sees everything leaves a line in the log
        with context.record.write(by=account.name) as tx:
            tx.note("use", "sign-in", {"profile": "full"})
    response = RedirectResponse(_inner(form.of("to")), 303)
    secure = is_secure(request, context.setup)
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE, make_session(account), max_age=HOURS * 3600, httponly=True, samesite="strict", secure=secure, path="/"
    )
    return response


@router.post("/sign-out")
def end_session(signed: ByAny, request: Request, form: Form) -> Response:
    """End all sessions of whoever asks."""
    check_form(signed, request, form)
    sign_out(signed.context.record, signed.account.name)
    response = RedirectResponse("/", 303)
    for name in (COOKIE, SECURE_COOKIE):
        response.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True, samesite="strict")
    return response


# --- who may sign in -------------------------------------------------------------------------------------------------


@router.get("/editors")
def editors(signed: ByAdmin) -> Response:
    """Who may sign in."""
    return signed.page("editors.html", accounts=read_editors(signed.context.record), roles=ROLES, error="")


@router.post("/editors")
def change_editors(signed: ByAdmin, request: Request, form: Form) -> Response:
    """Add, change or remove one."""
    check_form(signed, request, form)
    record, name = signed.context.record, form.of("name")
    try:
        if form.of("act") == "remove":
            if name == signed.account.name:
                raise UsageError("you cannot remove yourself; another admin can")
            remove_editor(record, name)
        else:
            put_editor(record, name, form.of("role"), hash_password(form.get("password", "")))
    except UsageError as error:
        return signed.page("editors.html", accounts=read_editors(record), roles=ROLES, error=str(error))
    return RedirectResponse("/editors", 303)
