"""A fresh record on each store: SQLite always, PostgreSQL where KHRONIKA_TEST_POSTGRES gives the address of a server."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from khronika.record import open_record
from khronika.record.record import Record
from tests.factories import NOON

POSTGRES = os.environ.get("KHRONIKA_TEST_POSTGRES")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield str(tmp_path / "record.sqlite")
        return
    if not POSTGRES:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must start PostgreSQL and set KHRONIKA_TEST_POSTGRES")
        pytest.skip("KHRONIKA_TEST_POSTGRES is not set")
    import psycopg

    name = f"khronika_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    yield f"{POSTGRES.rsplit('/', 1)[0]}/{name}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def open_at(address: str) -> Iterator[Callable[[], Record]]:
    opened: list[Record] = []

    def opens() -> Record:
        opened.append(open_record(address, clock=lambda: NOON))
        return opened[-1]

    yield opens
    for record in opened:
        record.close()


@pytest.fixture
def record(open_at: Callable[[], Record]) -> Record:
    return open_at()
