"""Passwords and sessions: a password in, its hash out; a session cookie in, who signed in out.

The rule: a cookie is signed with the key of the one it names, so that a new password or role ends all their sessions; every form of
a signed-in page carries a token made from its cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from functools import cache
from typing import TYPE_CHECKING

from khronika.errors import UsageError
from khronika.record.editors import Account, read_editor
from khronika.record.record import Record

if TYPE_CHECKING:
    from argon2 import PasswordHasher

HOURS = 12
LEAST_LETTERS = 10
MOST_LETTERS = 200
_SALT = "khronika.session"
_few = threading.Semaphore(2)
"""A hash takes 64 MiB: only so many at a time."""


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


def hash_password(password: str) -> str:
    """The argon2id hash of a password.

    Raises:
        UsageError: it is too short, or too long.
    """
    if not LEAST_LETTERS <= len(password) <= MOST_LETTERS:
        raise UsageError(f"a password has {LEAST_LETTERS} to {MOST_LETTERS} letters; a few words are easy to keep in mind")
    return _hasher().hash(password)


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe())


def check_password(account: Account | None, password: str) -> bool:
    """Whether it is the account's password; takes as long where there is no such account."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        with _few:
            is_right = _hasher().verify(account.password if account else _nobody(), password[:MOST_LETTERS])
    except (VerificationError, InvalidHashError):
        return False
    return is_right and account is not None


def make_session(account: Account) -> str:
    """The value of the cookie that a sign-in gives; no two are the same."""
    from itsdangerous import URLSafeTimedSerializer

    return str(URLSafeTimedSerializer(account.session_key, _SALT).dumps([account.name, secrets.token_urlsafe(9)]))


def read_session(record: Record, cookie: str) -> Account | None:
    """Who signed in with this cookie; None where it is forged, too old, or of an account that changed since."""
    from itsdangerous import BadData, URLSafeTimedSerializer

    _, said = URLSafeTimedSerializer(b"", _SALT).loads_unsafe(cookie)
    if not (isinstance(said, list) and said and isinstance(said[0], str)):
        return None
    account = read_editor(record, said[0])
    if account is None:
        return None
    try:
        URLSafeTimedSerializer(account.session_key, _SALT).loads(cookie, max_age=HOURS * 3600)
    except BadData:
        return None
    return account


def make_token(account: Account, cookie: str) -> str:
    """What every form of this session must carry."""
    return hmac.digest(account.session_key, b"form " + cookie.encode(), hashlib.sha256).hex()


def is_token(account: Account, cookie: str, token: str) -> bool:
    """Whether a form was made in this session."""
    return hmac.compare_digest(make_token(account, cookie).encode(), token.encode())
