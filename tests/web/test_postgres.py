"""The same pages over PostgreSQL: lists, search by tsvector, what is appended meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from khronika.record import open_record
from tests.databases import fresh_database
from tests.factories import NOON, make_account, make_document
from tests.web.conftest import client_of

pytestmark = pytest.mark.postgres


@pytest.fixture
def address(examples: Path) -> Iterator[str]:
    with fresh_database() as found:
        with open_record(str(examples), read_only=True, clock=lambda: NOON) as old, open_record(found, clock=lambda: NOON) as new:
            old.copy_to(new)
        yield found


def test_pages_over_postgresql_are_those_over_sqlite(address: str, examples: Path) -> None:
    with client_of(address, "public") as client, client_of(examples, "public") as other:
        for path in (
            "/api/events",
            "/api/events?q=market+shel",
            "/api/events?place=kherson&since=2022-07-01",
            "/api/timeline",
            "/api/marks?zoom=5",
            "/api/exports/csv",
        ):
            assert client.get(path).text == other.get(path).text, path
        assert client.get("/events/KHR-000008").status_code == 200
        before = client.get("/").headers["etag"]
        with open_record(address, clock=lambda: NOON) as record, record.write(by="test") as tx:
            tx.add_document(make_document("new"), b"x")
            tx.add_account(make_account("new"), ["k"])
        assert client.get("/", headers={"if-none-match": before}).status_code == 200
