"""A request in, what it may see of the record out: one open record, the policy of its reader on this day, and the way to answer with a page.

The rule: no route asks the record but through a Context, so that the policy of the reader holds for all of them.
"""

from __future__ import annotations

import datetime as dt
import os
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException

from khronika import __version__
from khronika.errors import RecordError, UsageError
from khronika.policy import Policy, Profile
from khronika.record import open_record
from khronika.record.record import Record
from khronika.text import digest_of
from khronika.types import Noun
from khronika.web import statics, words
from khronika.web.index import Index, View
from khronika.web.links import Links

STARTED = os.urandom(8).hex()
"""Of this process: a newer program makes other pages of the same record."""
POOLED = 8
"""Records kept open; one more is opened and closed where all are in use."""


class Editor(Noun, frozen=True, kw_only=True):
    """Somebody who signed in: reader, editor or admin."""

    name: str
    role: str


class Setup(Noun, frozen=True, kw_only=True):
    """What a server is started with.

    Args:
        profile: of readers who have not signed in.
        policies: the policy of a profile, on any day.
        is_local: served to one local user on loopback: other Host headers are refused.
        trusted_proxy: address of the proxy whose X-Forwarded-For and X-Forwarded-Proto are believed.
        base: address under which readers reach the site, without a slash at the end; None: as asked.
        tiles: address of a tile server ("https://tile.example/{z}/{x}/{y}.png") in place of the base map.
        tiles_credit: what the map says about it.
        boundaries: GeoJSON file drawn over the base map.
        outlets: id of a source to its name.
    """

    address: str
    profile: Profile
    policies: Callable[[Profile], Policy]
    clock: Callable[[], dt.datetime]
    is_local: bool = False
    trusted_proxy: str | None = None
    base: str | None = None
    tiles: str | None = None
    tiles_credit: str = ""
    boundaries: str | None = None
    outlets: tuple[tuple[str, str], ...] = ()


class Records:
    """Open records of one address, lent one at a time (a Record serves one thread)."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._idle: queue.LifoQueue[Record] = queue.LifoQueue(POOLED)
        self._file = _file_of(setup.address)

    @contextmanager
    def lent(self) -> Iterator[Record]:
        """A record for the length of the block, open for writing.

        Raises:
            RecordError: another file lies in its place: what readers send would be written into the one that is gone.
        """
        if self._file != _file_of(self._setup.address):
            raise RecordError(f"{self._setup.address}: another file was put in its place; start khronika serve again")
        try:
            record = self._idle.get_nowait()
        except queue.Empty:
            record = open_record(self._setup.address, create=False, clock=self._setup.clock)
        try:
            yield record
        except (HTTPException, UsageError):  # an answer, not a fault
            self._keep(record)
            raise
        except BaseException:
            record.close()
            raise
        self._keep(record)

    def _keep(self, record: Record) -> None:
        try:
            self._idle.put_nowait(record)
        except queue.Full:
            record.close()

    def close(self) -> None:
        """Close those that are not lent."""
        while not self._idle.empty():
            self._idle.get_nowait().close()


def _file_of(address: str) -> tuple[int, int] | None:
    """Which file a record is, whatever is written into it; None where it is a server's or missing."""
    try:
        found = os.stat(address.removeprefix("sqlite:///"))
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Context:
    """What one reader may see; `policy` is theirs, `editor` is set where one signed in."""

    def __init__(self, record: Record, setup: Setup, index: Index, editor: Editor | None = None, links: Links | None = None, base: str = "") -> None:
        self.record, self.setup, self.editor, self._index = record, setup, editor, index
        self.today = setup.clock().date()
        self.profile: Profile = "full" if editor and editor.role in ("editor", "admin") else setup.profile
        self.policy = policy_of(setup, self.profile, self.today)
        self.url = links or Links()
        self.address = (setup.base or base).rstrip("/")
        """Where readers reach the site, without a slash at the end."""

    @cached_property
    def view(self) -> View:
        """The lists of this reader, up to the head of the log."""
        return self._index.view(self.record, self.policy)

    def outlet(self, source: str | None) -> str:
        """The name of a source as it may be shown; what is no known id stays as the policy gave it."""
        return dict(self.setup.outlets).get(source or "", source or "")

    def render(self, template: str, **values: Any) -> str:
        """A page or a part of one; templates know `context` and `url` besides the values."""
        return templates().get_template(template).render(context=self, url=self.url, **values)

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """An HTML answer."""
        return HTMLResponse(self.render(template, **values), status)

    def cached(self, request: Request, make: Callable[[], Response]) -> Response:
        """The answer, or "not modified" where the reader has it: it changes with the log, the day, the policy and the reader only."""
        asked = f"{request.url}|{self.editor}|{request.headers.get('hx-request')}|{self.address}"
        tag = f'W/"{digest_of(self.view.tag, STARTED, asked)[:24]}"'
        response = Response(status_code=304) if tag in request.headers.get("if-none-match", "") else make()
        if response.status_code in (200, 304):
            response.headers["ETag"] = tag
        # Asked for again each time, so that what is hidden today is shown nowhere from a store.
        response.headers["Cache-Control"] = "private, no-cache" if self.profile == "full" else "public, no-cache"
        response.headers["Vary"] = "Cookie, HX-Request"
        return response


@lru_cache(8)
def _policy(setup: Setup, profile: Profile) -> Policy:
    return setup.policies(profile)


def policy_of(setup: Setup, profile: Profile, today: dt.date) -> Policy:
    """The policy of a profile on a day; its lists are made once."""
    return _policy(setup, profile).on(today)


def _context(request: Request) -> Iterator[Context]:
    state = request.app.state
    with state.records.lent() as record:
        yield Context(record, state.setup, state.index, state.editor_of(request), base=str(request.base_url))


@cache
def templates() -> Environment:
    """The templates; all values lose what is not seen, and are escaped; a name that is not known is an error."""
    folder = FileSystemLoader(Path(__file__).with_name("templates"))
    made = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, finalize=words.plain, trim_blocks=True, lstrip_blocks=True)
    made.globals |= {"word": words.word, "side": words.side, "toll": words.toll, "where": words.where, "missing": statics.missing, "version": __version__}
    made.filters |= {"plain": words.plain}
    return made


Ctx = Annotated[Context, Depends(_context)]
"""A route's first parameter: `def route(context: Ctx) -> HTMLResponse: return context.page("event.html", ...)`."""
