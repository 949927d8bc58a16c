"""What else a reader or editor may say: danger, missing, same, not an event, a wrong article, a typed account; and how all of it is undone."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from khronika.errors import UsageError
from khronika.policy import Policy
from khronika.record import open_record
from khronika.record.record import Record
from khronika.review.adding import add_account, type_account
from khronika.review.anchoring import anchor_at, find_again
from khronika.review.correcting import propose
from khronika.review.deciding import act, confirm_event, decide, join_events, split_event
from khronika.review.fields import show_value
from khronika.review.public import public_log
from khronika.review.queue import order_queue
from khronika.review.reporting import CATEGORIES, Report, TooMany, submit, take_report
from khronika.types import Account, Correction, Filter, Quote, Text
from tests.factories import NOON, make_account, make_place, make_when
from tests.review.test_correcting import BODY, OTHER, PAST, REPORT, account_of, entered, put, run

FAR = "Soldiers of two armies fought near Stepne on 20 June; nobody was hurt."
OTHERS = make_account("other", told=FAR, trigger="fought near Stepne", kind="armed_clash", where=make_place("Stepne", km_north=90), when=make_when("2031-06-20"))
"""An account of a text of its own, which no machine can take for the same event."""
POLICY = Policy("research", NOON.date())


@pytest.fixture
def record(tmp_path: Path) -> Record:
    path = str(tmp_path / "r.sqlite")
    put(path, told(account_of("report"), "A shell hit a bakery in Orlivka, killing two people."), OTHERS)
    return open_record(path, clock=lambda: NOON)


def told(account: Account, words: str) -> Account:
    mention = replace(account.mention, evidence=(quote_of(words),), trigger=quote_of(words[:11]))
    return replace(account, mention=mention)


def quote_of(words: str) -> Quote:
    start = BODY.index(words)
    return Quote(start=start, end=start + len(words), words=words)


def say(record: Record, category: str, **said: object) -> Correction:
    report = Report(category=category, **{"reason": "x", **said})  # type: ignore[arg-type]
    return propose(record, [take_report(record, report, NOON)], "reader")[0]


def event_ids(record: Record) -> list[str]:
    return [event.id for event in record.events()]


def about(record: Record) -> dict[str, str]:
    (first, *_) = event_ids(record)
    document_id = record.accounts([REPORT])[0].document_id
    return {"event_id": first, "document_id": document_id}


# --- anchors ---------------------------------------------------------------------------------------------------------


def text_of(body: str, title: str | None = None) -> Text:
    return Text(id="t", document_id="d", body=body, cleaner="test", title=title)


def test_words_are_found_again_by_what_stands_around_them() -> None:
    body = "In Stepne five died. In Orlivka five died. Later five died."
    start = body.index("five", 20)
    anchor = anchor_at(Quote(start=start, end=start + 4, words="five"), text_of(body))
    assert anchor is not None
    moved = "Updated. Five hurt. Later five died. In Orlivka five died. In Stepne five died."
    found = find_again(anchor, text_of(moved))
    assert found is not None and moved[: found.start].endswith("In Orlivka ") and moved[found.start : found.end] == "five"
    assert find_again(anchor, text_of("nobody died")) is None


@given(st.text("ab \n", max_size=30), st.text("ab \n", max_size=30), st.text("xy", min_size=1, max_size=4))
def test_an_anchor_leads_back_to_where_it_was_taken(before: str, after: str, words: str) -> None:
    body = before + words + after
    quote = Quote(start=len(before), end=len(before) + len(words), words=words)
    anchor = anchor_at(quote, text_of(body))
    assert anchor is not None and find_again(anchor, text_of(body)) == quote
    assert find_again(anchor, text_of("ab" * 40 + body)) == Quote(start=quote.start + 80, end=quote.end + 80, words=words)


# --- what readers say ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("category", [c for c in CATEGORIES if c not in ("same", "no_event")])
def test_each_kind_of_report_is_kept_and_changes_no_event(record: Record, category: str) -> None:
    before = list(record.events())
    made = say(record, category, **about(record), link="https://example.org/list", name="Halyna")
    assert (made.category, made.field, made.evidence, made.name, made.state) == (category, "note", "https://example.org/list", "Halyna", "proposed")
    decide(record, made.id, "accepted", "ann")
    after = list(record.events())
    hidden = category == "danger"
    assert [e.hidden for e in after] == [hidden, False] and [e.killed for e in after] == [e.killed for e in before]
    assert [e.review for e in after] == ["machine", "machine"]


def test_a_misreading_of_selected_words_becomes_a_correction_of_their_account(record: Record) -> None:
    words = "counted five dead on 2 May"
    place = {"document_id": record.accounts([REPORT])[0].document_id, "words": words, "start": BODY.index(words)}
    unknown = say(record, "misread", field="killed", value="5", **place)
    assert unknown.field == "note" and show_value(unknown.new) == "5"  # these are no words of this document's account
    place |= {"words": "killing two", "start": BODY.index("killing two")}
    made = say(record, "misread", field="killed", value="5", reason="", **place)
    assert (made.field, made.account_id, made.reason) == ("mention.killed", REPORT, "see the words")
    assert made.anchor is not None and made.anchor.words == "killing two"
    vague = say(record, "misread", field="killed", value="a few more", **place)
    assert vague.field == "note" and vague.new == {"field": "killed", "value": "a few more"}
    decide(record, made.id, "accepted", "ann")
    killed = record.event(event_ids(record)[0])
    assert killed is not None and killed.killed is not None and killed.killed.value.best == 5


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"category": "rumour"}, "choose one of"),
        ({"event_id": None}, "which event or text"),
        ({"event_id": "KHR-999999"}, "no such event"),
        ({"document_id": "feed"}, "not in the record"),
        ({"account_id": "feed"}, "not in the record"),
        ({"reason": "", "category": "other"}, "what is wrong"),
        ({"reason": "x" * 2001}, "shorten it"),
        ({"reason": "a\u202eb"}, "control characters"),
        ({"words": "y" * 257}, "at most 256"),
        ({"link": "javascript:alert(1)", "category": "new"}, "https://"),
        ({"field": "colour", "category": "misread"}, "choose one of day"),
        ({"name": "n" * 101}, "shorten it"),
    ],
)
def test_what_says_nothing_or_leads_nowhere_is_refused(record: Record, said: dict[str, str], message: str) -> None:
    known = about(record)
    said = {"category": "other", "reason": "x", "event_id": known["event_id"], **said}
    with pytest.raises(UsageError, match=message):
        take_report(record, Report(**said), NOON)  # type: ignore[arg-type]


def test_danger_needs_no_reason_and_hides_a_text_with_its_events(record: Record) -> None:
    made = say(record, "danger", reason="", document_id=about(record)["document_id"])
    assert [event.hidden for event in record.events()] == [True, False] and record.is_text_hidden(made.document_id or "")
    assert order_queue(record)[0].correction.id == made.id
    decide(record, made.id, "rejected", "ann")
    assert not any(event.hidden for event in record.events())


def test_the_same_report_twice_is_one_and_too_many_are_refused(record: Record) -> None:
    def told(reason: str, category: str = "other") -> Correction:
        return submit(record, take_report(record, Report(category=category, reason=reason, **about(record)), NOON), "reader", most_open=5)  # type: ignore[arg-type]

    made = told("x")
    assert told("x ") == made and told("y") != made
    for number in range(3):
        told(f"{number}")
    head = record.head()
    with pytest.raises(TooMany, match="5 corrections wait"):
        told("one more")
    assert record.head() == head
    assert told("they will find her", "danger").state == "proposed"  # there is room for that still
    with pytest.raises(TooMany):
        told("him too", "danger")


def test_masked_words_are_kept_as_the_reader_saw_them(record: Record) -> None:
    words = "and [a person] counted"
    made = say(record, "other", document_id=about(record)["document_id"], words=words, start=3)
    assert made.anchor is not None and made.anchor.words == words and order_queue(record)[0].evidence == 0


def test_words_are_told_apart_by_what_stands_around_them(record: Record) -> None:
    start = BODY.rindex("counted five dead")
    made = say(record, "other", document_id=about(record)["document_id"], words="counted five dead", start=0, prefix="in Stepne had ", suffix=" at first")
    assert made.anchor is not None and made.anchor.start == start


def test_other_words_for_an_editor_share_a_row_but_no_decision(record: Record) -> None:
    first, second = (say(record, "other", reason=reason, **about(record)) for reason in ("the map is wrong", "the day is odd"))
    (row,) = order_queue(record)
    assert {row.correction.id, *row.rivals} == {first.id, second.id} and row.same == ()
    decide(record, first.id, "rejected", "ann")
    assert [c.id for c in record.corrections("proposed")] == [second.id]


# --- one event or two, none, read ------------------------------------------------------------------------------------


def test_one_event_and_undone_by_withdrawal(record: Record) -> None:
    first, second = event_ids(record)
    made = say(record, "same", event_id=second, other=f" {first.lower()} ")
    assert made.field == "same" and order_queue(record)[0].changes == ("occurrence",)
    decide(record, made.id, "accepted", "ann")
    assert event_ids(record) == [first]
    decide(record, made.id, "withdrawn", "ann")
    assert event_ids(record) == [first, second]
    decide(record, made.id, "accepted", "bo")
    assert event_ids(record) == [first] and record.verify().ok


def test_an_editor_joins_and_splits_and_takes_it_back(record: Record) -> None:
    first, second = record.events()
    (joined,) = act(record, [join_events(first, second, "one shelling", NOON)], "ann")
    (event,) = record.events()
    assert joined.decided_by == "ann" and set(event.account_ids) == {REPORT, OTHER}
    with pytest.raises(UsageError, match="leave one"):
        split_event(event, [REPORT, OTHER], "", NOON)
    with pytest.raises(UsageError, match="0 accounts"):
        split_event(event, ["feedfeed"], "", NOON)
    (parted,) = act(record, [split_event(event, [OTHER[:12]], "two shellings", NOON)], "ann")
    assert len(event_ids(record)) == 2
    decide(record, parted.id, "withdrawn", "ann")
    assert len(event_ids(record)) == 2 - 1
    decide(record, joined.id, "withdrawn", "ann")
    assert event_ids(record) == [first.id, second.id]


def test_no_event_said_of_a_whole_event_hides_all_its_accounts(record: Record) -> None:
    act(record, [join_events(*record.events(), "one", NOON)], "ann")  # type: ignore[arg-type]
    (event,) = record.events()
    made = say(record, "no_event", event_id=event.id)
    assert made.field == "event" and made.account_id is None
    decide(record, made.id, "accepted", "ann")
    assert event_ids(record) == []
    decide(record, made.id, "withdrawn", "ann")
    assert event_ids(record) == [event.id]


def test_one_editor_then_two(record: Record) -> None:
    event = next(record.events())
    for editor, expected in (("ann", "one editor"), ("ann", "one editor"), ("bo", "two editors")):
        act(record, [confirm_event(event, NOON)], editor)
        assert next(record.events()).review == expected
    (read,) = [c for c in record.corrections("accepted") if c.decided_by == "bo"]
    decide(record, read.id, "withdrawn", "bo")
    assert next(record.events()).review == "one editor"


def test_an_editor_answers_a_note_with_a_correction_and_both_are_undone_together(record: Record) -> None:
    note = say(record, "misread", field="killed", value="a few more", **about(record))
    fixed = Correction(id="", field="mention.killed.high", new=7, reason="see the list", account_id=REPORT)
    (done,) = act(record, [fixed], "ann", instead_of=note.id)
    assert done.follows == note.id and record.correction(note.id).state == "accepted"  # type: ignore[union-attr]
    assert next(record.events()).killed.value.high == 7  # type: ignore[union-attr]
    with pytest.raises(UsageError, match="already"):
        act(record, [fixed], "bo", instead_of=note.id)
    decide(record, note.id, "withdrawn", "ann")
    assert next(record.events()).killed.value.high == 2  # type: ignore[union-attr]


def test_what_goes_wrong_on_the_way_leaves_nothing(record: Record) -> None:
    head = record.head()
    with pytest.raises(UsageError, match="does not fit"):
        act(record, [confirm_event(next(record.events()), NOON), Correction(id="", field="mention.killed", new="many", reason="x", account_id=REPORT)], "ann")
    assert record.head() == head


# --- typed accounts --------------------------------------------------------------------------------------------------


def test_a_person_reads_an_event_where_the_machine_found_none(record: Record) -> None:
    document = record.document(about(record)["document_id"])
    text = record.text(document.id) if document else None
    assert document and text
    account = type_account(document, text, "counted five dead on 2 May", {"kind": "attack", "killed": "5", "day": "2031-05-02"}, "ann")
    assert account.typed_by == "ann" and account.mention.killed is not None and account.mention.killed.quote == account.mention.trigger
    event = record.event(add_account(record, account))
    assert event is not None and account.id in event.account_ids
    with pytest.raises(UsageError, match="already"):
        add_account(record, type_account(document, text, "five dead", {"kind": "attack"}, "bo"))
    for fields, message in (({}, "needs a kind"), ({"kind": "attack", "day": "yesterday"}, "give a day")):
        with pytest.raises(UsageError, match=message):
            type_account(document, text, "Police in Stepne", fields, "ann")
    with pytest.raises(UsageError, match="does not stand"):
        type_account(document, text, "nowhere", {"kind": "attack"}, "ann")


# --- the terminal ----------------------------------------------------------------------------------------------------


def test_by_terminal(tmp_path: Path) -> None:
    address = str(tmp_path / "r.sqlite")
    put(address, account_of("report"), account_of("other", kind="armed_clash"))
    at = ("--record", address)
    with open_record(address, clock=lambda: NOON) as record:
        first, second = event_ids(record)
    missing = entered(run("report", REPORT[:12], "missing", "--reason", "Stepne too", "--words", "Police in Stepne", *at))
    listed = run("corrections", "list", *at).stdout
    assert missing in listed and "missing: Stepne too" in listed
    assert run("report", "nothing-here", "missing", "--reason", "x", *at).exit_code == 2
    joined = run("link", first, second, *at)
    assert joined.exit_code == 0 and "are one event" in joined.stdout
    assert run("corrections", "withdraw", joined.stderr.split()[0], *at).exit_code == 0
    assert "reviewed by: one editor" in run("confirm", first, "--by", "ann", *at).stdout
    typed = run("add", REPORT[:12], "--words", "Police in Stepne had counted five dead", "--kind", "attack", "--killed", "5", *at)
    assert typed.exit_code == 0 and "attack" in typed.stdout
    assert run("add", REPORT[:12], "--kind", "attack", *at).exit_code == 2
    assert "1 accounts" not in run("add", REPORT[:12], *at).stdout
    assert run("verify", *at).exit_code == 0


# --- what the public sees --------------------------------------------------------------------------------------------


def test_the_public_log_of_what_is_said_of_whole_events(tmp_path: Path) -> None:
    address = str(tmp_path / "r.sqlite")
    put(address, account_of("report", kind="attack", **PAST), account_of("other", kind="attack", **PAST), account_of("third", kind="attack"))
    with open_record(address, clock=lambda: NOON) as record:
        first, second, third = event_ids(record)
        document_id = record.accounts([REPORT])[0].document_id
        same, fresh, wrong, danger = (
            say(record, category, **{"reason": "Oleh Varenyk counted them", "name": "Halyna Sydorenko", **more})
            for category, more in (
                ("same", {"event_id": first, "other": second}), ("same", {"event_id": first, "other": third}),
                ("article", {"document_id": document_id}), ("danger", {"event_id": second, "reason": ""}),
            )
        )  # fmt: skip
        for made in (same, fresh, wrong):
            decide(record, made.id, "rejected", "ann")
        shown = list(public_log(record, POLICY))
        assert shown == [] or all(row.id not in (same.id, fresh.id) for row in shown)  # one of the two is hidden, or too fresh
        decide(record, danger.id, "rejected", "ann")
        shown = list(public_log(record, POLICY))
        assert [(row.id, row.field, row.new) for row in shown] == [(same.id, "same", second), (wrong.id, "article", "")]
        assert all(word not in repr(shown) for word in ("Varenyk", "Oleh", "Halyna", "ann"))
        assert list(record.events(Filter(as_of=1))) == []


# --- what holds whatever was done ------------------------------------------------------------------------------------


def events_of(record: Record) -> list[object]:
    """The events without the seq of their last version."""
    return [replace(event, last_seq=0) for event in record.events(Filter(background=True))]


ACTS = ("join", "split", "confirm", "correct", "no_event", "danger", "note")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=5), order=st.randoms(use_true_random=False))
def test_whatever_editors_do_and_take_back_in_any_order_leaves_what_was(tmp_path_factory: pytest.TempPathFactory, acts: list[str], order: Any) -> None:
    path = str(tmp_path_factory.mktemp("p") / "r.sqlite")
    put(path, told(account_of("report"), "A shell hit a bakery in Orlivka, killing two people."), OTHERS)
    with open_record(path, clock=lambda: NOON) as record:
        before = events_of(record)
        done = []
        for name in acts:
            events = list(record.events(Filter(background=True)))
            with contextlib.suppress(UsageError, IndexError):
                if name == "join":
                    done += act(record, [join_events(events[0], events[1], "one", NOON)], "ann")
                elif name == "split":
                    done += act(record, [split_event(events[0], [events[0].account_ids[-1]], "two", NOON)], "ann")
                elif name == "confirm":
                    done += act(record, [confirm_event(events[-1], NOON)], "ann")
                elif name == "correct":
                    done += act(record, [Correction(id="", field="mention.killed.high", new=7, reason="x", account_id=REPORT)], "ann")
                else:
                    made = say(record, {"note": "other"}.get(name, name), event_id=events[0].id)
                    decide(record, made.id, "accepted", "ann")
                    done.append(made)
        order.shuffle(done)
        for made in done:
            with contextlib.suppress(UsageError):  # those that say the same went with one another
                decide(record, made.id, "withdrawn", "bo")
        assert events_of(record) == before
        assert record.verify().ok


def test_a_join_is_taken_back_though_its_event_was_found_to_be_none_since(tmp_path: Path) -> None:
    path = str(tmp_path / "r.sqlite")
    put(path, told(account_of("report"), "A shell hit a bakery in Orlivka, killing two people."), OTHERS)
    with open_record(path, clock=lambda: NOON) as record:
        before = events_of(record)
        first, second, *_ = record.events(Filter(background=True))
        (joined,) = act(record, [join_events(first, second, "one", NOON)], "ann")
        none = say(record, "no_event", event_id=first.id)
        decide(record, none.id, "accepted", "ann")
        for made in (joined, none):
            decide(record, made.id, "withdrawn", "bo")
        assert events_of(record) == before


def test_a_correction_is_erased_with_the_name_that_it_holds(tmp_path: Path) -> None:
    address = str(tmp_path / "r.sqlite")
    put(address, account_of("report"))
    with open_record(address, clock=lambda: NOON) as record:
        made = say(record, "other", event_id=event_ids(record)[0], name="Halyna Sydorenko")
        decide(record, made.id, "rejected", "ann")
    assert b"Halyna" in (tmp_path / "r.sqlite").read_bytes()
    gone = run("erase", made.id.lower(), "--basis", "withdrawn consent", "--record", address)
    assert gone.stdout.startswith("erased 2 entries"), gone.output
    with open_record(address, clock=lambda: NOON) as record:
        assert record.corrections() == [] and all(b"Halyna" not in (body or b"") for _, body in record.entries()) and record.verify().ok
    assert b"Halyna" not in (tmp_path / "r.sqlite").read_bytes()


def test_a_document_that_the_machine_cannot_code_is_added_with_what_a_person_reads_in_it(tmp_path: Path) -> None:
    report = tmp_path / "звіт.txt"
    report.write_text("Üç kişi öldü.\n\nBölgenin merkezinde dün akşam büyük bir patlama oldu ve üç kişi hayatını kaybetti, yetkililer açıkladı.\n", encoding="utf-8")
    at = ("--record", str(tmp_path / "r.sqlite"))
    fields = ("--words", "üç kişi hayatını kaybetti", "--kind", "remote_explosive", "--killed", "3", "--day", "2026-05-02")
    added = run("add", str(report), *fields, "--published", "2026-05-03", "--source", "Own Desk", "--by", "ann", *at)
    assert added.exit_code == 0, added.output
    with open_record(str(tmp_path / "r.sqlite"), clock=lambda: NOON) as record:
        (event,) = record.events()
        (account,) = record.accounts(event.account_ids)
        assert (account.typed_by, account.source, event.kind.value, event.killed and event.killed.value.best) == ("ann", "Own Desk", "remote_explosive", 3)
        assert "hayatını kaybetti" in account.mention.evidence[0].words and event.reports == 1
    again = run("add", str(report), *fields, *at)
    assert again.exit_code == 2 and "already" in again.stderr
    assert run("add", str(tmp_path / "nothing.txt"), *at).exit_code == 2
