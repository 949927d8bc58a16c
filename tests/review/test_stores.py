"""What people say, on each store: heard, hidden, decided, undone, read anew."""

from __future__ import annotations

import io

from khronika.record import open_record
from khronika.record.editors import put_editor, read_editor, read_editors, remove_editor, sign_out
from khronika.review.deciding import act, decide, join_events
from khronika.review.queue import order_queue
from khronika.review.reporting import Report, submit, take_report
from khronika.review.rereading import compare_readings, take_plan, write_plan
from khronika.types import Reading
from tests.factories import NOON, make_account
from tests.record.conftest import address  # noqa: F401
from tests.record.test_record import projections, tell


def test_from_report_to_decision_and_back(address: str) -> None:  # noqa: F811
    with open_record(address, clock=lambda: NOON) as record:
        first, _ = tell(record, "one", "two")
        before = [event.id for event in record.events()]
        for category, reason in (("danger", ""), ("other", "odd"), ("other", "odd")):
            made = submit(record, take_report(record, Report(category=category, reason=reason, event_id=before[0]), NOON), "reader", 10)
        assert [row.correction.category for row in order_queue(record)] == ["danger", "other"]
        assert [event.hidden for event in record.events()] == [True, False]
        for row in order_queue(record):
            decide(record, row.correction.id, "rejected", "ann")
        (joined,) = act(record, [join_events(*record.events(), "one", NOON)], "ann")  # type: ignore[arg-type]
        assert len(list(record.events())) == 1
        again = compare_readings(record, first.document_id, Reading(text_id="t-one", by="better@2"), [make_account("one", kind="attack")], {})
        out = io.BytesIO()
        write_plan([again] if again else [], out)
        out.seek(0)
        assert list(take_plan(record, out, "machine")) == [1]
        decide(record, joined.id, "withdrawn", "bo")
        assert made.id and record.verify().ok
        rows = projections(record)
        record.rebuild()
        assert projections(record) == rows


def test_editors_stand_beside_the_log(address: str) -> None:  # noqa: F811
    with open_record(address, clock=lambda: NOON) as record:
        put_editor(record, "ann", "editor", "hash")
        first = read_editor(record, "ann")
        sign_out(record, "ann")
        second = read_editor(record, "ann")
        assert first and second and first.session_key != second.session_key and record.head() == 0
        assert remove_editor(record, "ann") and not remove_editor(record, "ann") and read_editors(record) == []


