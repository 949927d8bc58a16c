"""Databases of a test's own on the PostgreSQL server whose address KHRONIKA_TEST_POSTGRES gives."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

POSTGRES = os.environ.get("KHRONIKA_TEST_POSTGRES")


@contextmanager
def fresh_database() -> Iterator[str]:
    """The address of an empty database, gone afterwards; without a server the test is skipped by name, in CI it fails."""
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
