"""A Setup in, the ASGI application out: routers, templates, static files, errors and headers put together."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request

from khronika import __version__
from khronika.policy import Profile
from khronika.record.editors import read_editors
from khronika.web import errors, labels, security, statics
from khronika.web.context import Editor, Records, Setup, policy_of
from khronika.web.index import Index

ROUTERS = ("pages", "api", "feed", "corrections", "api_corrections", "editors", "desk")
"""Modules of web/ with a `router`; `editors` also has `editor_of(request) -> Editor | None`."""


def create_app(setup: Setup) -> FastAPI:
    """The application for one record."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.records.close()

    app = FastAPI(title="khronika", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", lifespan=lifespan)
    app.state.setup = setup
    app.state.records = Records(setup)
    app.state.index = Index(app.state.records.lent)
    app.state.editor_of = _editor_of()
    for name in ROUTERS:
        if importlib.util.find_spec(f"khronika.web.{name}"):
            app.include_router(importlib.import_module(f"khronika.web.{name}").router)
    app.include_router(statics.router)
    app.add_middleware(security.Compress, minimum_size=1000, compresslevel=5)
    app.add_middleware(security.Guard, setup=setup)
    errors.add_handlers(app)
    return app


def warm(app: FastAPI, progress: Callable[[int], None]) -> None:
    """Make the lists of the profile ready before the first reader comes; `progress` is told how many events were made ready."""
    setup: Setup = app.state.setup

    def ready(profile: Profile, told: Callable[[int], None] | None = None) -> None:
        with app.state.records.lent() as record:
            app.state.index.view(record, policy_of(setup, profile, setup.clock().date()), told)

    ready(setup.profile, progress)
    with app.state.records.lent() as record:
        if setup.profile != "full" and read_editors(record):
            threading.Thread(target=ready, args=("full",), daemon=True).start()
    threading.Thread(target=labels.labels, args=((0.0, 0.0, 1.0, 1.0), 2), daemon=True).start()  # the names of the map take a second or two to read


def _editor_of() -> Callable[[Request], Editor | None]:
    if importlib.util.find_spec("khronika.web.editors") is None:
        return lambda request: None
    found: Callable[[Request], Editor | None] = importlib.import_module("khronika.web.editors").editor_of
    return found
