"""A request in, what it may see of the record out: one open record, the policy of its reader on this day, and the way to answer with a page.

The rule: no route asks the record but through a Context, so that the policy of the reader holds for all of them.
"""

from __future__ import annotations

import datetime as dt
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from khronika.policy import Policy, Profile
from khronika.record import open_record
from khronika.record.record import Record
from khronika.types import Noun

POOLED = 16
"""Records kept open; one more is opened and closed where all are in use."""


class Editor(Noun, frozen=True, kw_only=True):
    """Somebody who signed in: reader, editor or admin."""

    name: str
    role: str


class Setup(Noun, frozen=True, kw_only=True):
    """What a server is started with.

    Args:
        profile: of readers who have not signed in.
        policies: the policy of a profile on a day.
        is_local: served to one local user on loopback: other Host headers are refused.
        trusted_proxy: address of the proxy whose X-Forwarded-For and X-Forwarded-Proto are believed.
        base: address under which readers reach the site, without a slash at the end; None: as asked.
        tiles: address of a tile server ("https://tile.example/{z}/{x}/{y}.png") in place of the base map.
        tiles_credit: what the map says about it.
        boundaries: GeoJSON file drawn over the base map.
    """

    address: str
    profile: Profile
    policies: Callable[[Profile, dt.date], Policy]
    clock: Callable[[], dt.datetime]
    is_local: bool = False
    trusted_proxy: str | None = None
    base: str | None = None
    tiles: str | None = None
    tiles_credit: str = ""
    boundaries: str | None = None


class Records:
    """Open records of one address, lent one at a time (a Record serves one thread)."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._idle: queue.LifoQueue[Record] = queue.LifoQueue(POOLED)

    @contextmanager
    def lent(self) -> Iterator[Record]:
        """A record for the length of the block, open for writing."""
        try:
            record = self._idle.get_nowait()
        except queue.Empty:
            record = open_record(self._setup.address, create=False, clock=self._setup.clock)
        try:
            yield record
        except BaseException:
            record.close()
            raise
        try:
            self._idle.put_nowait(record)
        except queue.Full:
            record.close()

    def close(self) -> None:
        """Close those that are not lent."""
        while not self._idle.empty():
            self._idle.get_nowait().close()


class Context:
    """What one request may see and how it answers; `policy` is that of its reader, `editor` is set where one signed in."""

    def __init__(self, request: Request, record: Record, setup: Setup, editor: Editor | None) -> None:
        self.request, self.record, self.setup, self.editor = request, record, setup, editor
        self.today = setup.clock().date()
        self.profile: Profile = "full" if editor and editor.role in ("editor", "admin") else setup.profile
        self.policy = policy_of(setup, self.profile, self.today)

    @property
    def address(self) -> str:
        """Where the reader reaches the site, without a slash at the end."""
        return self.setup.base or str(self.request.base_url).rstrip("/")

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """An HTML page; templates know `context` besides the values."""
        templates: Jinja2Templates = self.request.app.state.templates
        return templates.TemplateResponse(self.request, template, {"context": self, **values}, status_code=status)


@lru_cache(8)
def policy_of(setup: Setup, profile: Profile, today: dt.date) -> Policy:
    """The policy of a profile on a day, made once."""
    return setup.policies(profile, today)


def _context(request: Request) -> Iterator[Context]:
    state = request.app.state
    with state.records.lent() as record:
        yield Context(request, record, state.setup, state.editor_of(request))


Ctx = Annotated[Context, Depends(_context)]
"""A route's first parameter: `def route(context: Ctx) -> HTMLResponse: return context.page("event.html", ...)`."""
