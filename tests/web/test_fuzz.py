"""The API by its own description: whatever is asked, no answer is a fault of the server, and errors have one shape."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from khronika.web.app import create_app
from tests.web.conftest import TestClient, setup_of

EXAMPLES = int(os.environ.get("KHRONIKA_FUZZ", "12"))
"""Drawn for each operation; more by hand: KHRONIKA_FUZZ=300."""


def test_no_answer_is_a_fault(examples: Path) -> None:
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", create_app(setup_of(examples, "public")))
    asked: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            answer = case.call()
            assert answer.status_code < 500, f"{case.as_curl_command()}: {answer.status_code} {answer.content[:200]!r}"
            if answer.status_code >= 400:
                assert answer.headers["content-type"][0].startswith("application/problem+json"), answer.content[:200]

        ask()
        asked.append(operation.path)
    assert len(asked) >= 9 and "/api/exports/{format}" in asked


ODD = ["%00", "%ff%fe", "a" * 3000, "..%2f..%2fetc%2fpasswd", "%F0%9F%98%80", "' OR 1=1 --", "{{7*7}}", "%0d%0aX-Evil:%201", "1e999", "-0", "NaN", "9999-99-99", "0000-00-00", "%ED%A0%80"]


@pytest.mark.parametrize("profile", ["full", "public"])
def test_odd_addresses_are_answered(examples: Path, profile: str) -> None:
    with TestClient(create_app(setup_of(examples, profile)), raise_server_exceptions=False, follow_redirects=False) as client:
        for odd in ODD:
            for address in (
                "/events/{}", "/texts/{}", "/embed/{}", "/static/{}", "/api/events/{}", "/api/texts/{}", "/api/exports/{}", "/?q={}", "/?since={}", "/?box={}", "/?killed={}", "/?after={}",
                "/?place={}&actor={}", "/?kind={}", "/events/KHR-000008?as_of={}", "/api/events?after={}", "/api/marks?zoom={}", "/api/labels?view={}", "/api/events?box={}",
            ):  # fmt: skip
                answer = client.get(address.replace("{}", odd))
                assert answer.status_code < 500, f"{address} {odd[:30]}: {answer.status_code}"
                assert "x-evil" not in answer.headers
