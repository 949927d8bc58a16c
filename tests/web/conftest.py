"""The examples read once, served on a free port, and one Chromium for all browser tests; with CI=true a missing browser is a failure."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from click.testing import CliRunner

from khronika.cli import main
from khronika.cli.options import policies_of
from khronika.record import open_record
from khronika.types import Correction, Filter
from khronika.web.app import create_app
from khronika.web.context import Setup
from tests.factories import NOON

warnings.filterwarnings("ignore", message="Using `httpx` with")
from starlette.testclient import TestClient  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "examples" / "sources.toml"
CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record of examples/reports, every event reviewed by one editor; not to be changed (`copied` may be)."""
    path = tmp_path_factory.mktemp("web") / "examples.sqlite"
    done = CliRunner().invoke(main, ["read", str(ROOT / "examples" / "reports"), "--sources", str(SOURCES), "--extractor", "rules", "--record", str(path)])
    assert done.exit_code == 0, done.stderr
    review_all(str(path))
    return path


def review_all(address: str) -> None:
    """Say that an editor reviewed every event."""
    with open_record(address, clock=lambda: NOON) as record:
        events = list(record.events(Filter(background=True)))
        with record.write(by="ann") as tx:
            for number, event in enumerate(events):
                id = f"COR-9{number:05d}"
                tx.add_correction(Correction(id=id, field="review", reason="read", account_id=event.account_ids[0], event_id=event.id, category="review"))
                tx.decide_correction(id, "accepted", "ann", "read")
        assert all(event.review == "one editor" for event in record.events(Filter(background=True)))


@pytest.fixture
def copied(examples: Path, tmp_path: Path) -> Path:
    """The record of the examples, for this test alone."""
    return Path(shutil.copy(examples, tmp_path / "record.sqlite"))


def setup_of(path: Path | str, profile: Any = "full", **options: Any) -> Setup:
    """A Setup for a record, on the day of the tests."""
    values = {"is_local": profile == "full", "clock": lambda: NOON, "policies": policies_of([SOURCES]), **options}
    return Setup(address=str(path), profile=profile, **values)


@contextmanager
def client_of(path: Path | str, profile: Any = "full", **options: Any) -> Iterator[TestClient]:
    """A client of an application of its own."""
    with TestClient(create_app(setup_of(path, profile, **options)), follow_redirects=False) as client:
        yield client


@contextmanager
def served(path: Path | str, profile: Any = "full", **options: Any) -> Iterator[str]:
    """The address of a server of a record, in a thread."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(setup_of(path, profile, **options)), log_level="warning", access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One headless Chromium."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must install {CHROMIUM} (apt-get install chromium)")
        pytest.skip(f"{CHROMIUM} is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


class Seen:
    """What a page asked for and complained of."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.faults: list[str] = []


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page in a context of its own; `page.seen` has its requests and faults. Options are those of a browser context."""
    contexts = []

    def opens(address: str, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.seen = Seen()
        page.on("request", lambda request: page.seen.addresses.append(request.url))
        page.on("console", lambda message: page.seen.faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.seen.faults.append(str(error)))
        page.goto(address)
        return page

    yield opens
    for context in contexts:
        context.close()
