"""Whatever happens to a record: it rebuilds to the same rows, and an old view changes by erasure only, and says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from khronika.cli import main
from khronika.jsonl import to_json
from khronika.record import open_record
from khronika.record.record import Record
from khronika.types import Account, Correction, Filter, Link, Linking
from tests.factories import NOON, make_account
from tests.record.test_record import projections, tell
from tests.record.test_upkeep import read_anew

ACTS = st.tuples(st.sampled_from(("tell", "join", "part", "verdict", "correct", "withdraw", "reread", "erase")), st.integers(0, 9))


def view(record: Record, as_of: int | None = None) -> list[bytes]:
    return [to_json(event) for event in record.events(Filter(as_of=as_of, background=True))]


def happen(record: Record, told: list[Account], what: str, number: int) -> None:
    """One act on one of the accounts told so far."""
    if what == "tell" or not told:
        told += tell(record, f"report {len(told)}", killed=number)
        return
    account, other = told[number % len(told)], told[-1]
    if what == "erase":
        record.erase(account.document_id, "court order", by="test")
    elif record.account(account.id) is None or record.account(other.id) is None:
        return
    elif what == "reread":
        read_anew(record, make_account(f"report {told.index(account)}", killed=number + 1))
    else:
        with record.write(by="test") as tx:
            if what in ("join", "part"):
                ids = tuple(dict.fromkeys((account.id, other.id)))
                tx.add_linking(Linking(groups=(ids,) if what == "join" else tuple((id,) for id in ids)))
            elif what == "verdict":
                tx.add_verdict(Link(a=account.id, b=other.id, verdict="different", weight=0.0, by="ann", at=NOON))
            elif what == "correct":
                id = f"c{record.head()}"
                tx.add_correction(Correction(id=id, field="mention.killed", new={"low": number, "high": number}, reason="misread", account_id=account.id))
                tx.decide_correction(id, "accepted", by="ann")
            else:
                for correction in record.corrections("accepted")[:1]:
                    tx.decide_correction(correction.id, "withdrawn", by="ann")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acts=st.lists(ACTS, min_size=2, max_size=7))
def test_old_views_change_by_erasure_only_and_a_rebuild_by_nothing(tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]]) -> None:
    path = str(tmp_path_factory.mktemp("h") / "r.sqlite")
    with open_record(path, clock=lambda: NOON) as record:
        told: list[Account] = []
        seen: dict[int, list[bytes]] = {}
        for what, number in acts:
            happen(record, told, what, number)
            seen[record.head()] = view(record)
        for head, as_it_was in seen.items():
            if not record.erased_since(head):
                assert view(record, head) == as_it_was
        assert record.verify().ok and view(record, record.head()) == view(record)
        rows = projections(record)
        record.rebuild()
        assert projections(record) == rows


def test_an_old_view_says_that_something_of_it_was_erased(address: str, open_at: Callable[[], Record]) -> None:
    record = open_at()
    first, _ = tell(record, "one", "two", groups=(("one", "two"),))
    head = record.head()
    (event,) = record.events()
    tell(record, "three")
    assert record.erased_since(head) == 0
    record.erase(first.document_id, "court order", by="editor")
    assert record.erased_since(head) == 4 and record.erased_since(1) == 1
    assert record.erased_since(record.head()) == record.erased_since(NOON) == 0
    record.close()
    for command in (["events"], ["show", event.id]):
        ran = CliRunner().invoke(main, [*command, "--as-of", str(head), "--record", address])
        assert ran.exit_code == 0 and "4 entries of then were erased since" in ran.stderr
        assert "erased" not in CliRunner().invoke(main, [*command, "--record", address]).stderr
