"""A fresh record on each store: SQLite always, PostgreSQL where KHRONIKA_TEST_POSTGRES gives the address of a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from khronika.record import open_record
from khronika.record.record import Record
from tests.databases import fresh_database
from tests.factories import NOON


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield str(tmp_path / "record.sqlite")
        return
    with fresh_database() as found:
        yield found


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
