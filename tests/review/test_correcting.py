"""What people say of an account: what is taken, what is refused, in which order editors see it, and what it does to the event."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from khronika.cli import main
from khronika.errors import UsageError
from khronika.record import open_record
from khronika.review.anchoring import find_words
from khronika.review.correcting import Wish, make_correction, propose
from khronika.review.deciding import decide
from khronika.review.fields import FIELDS, show_value, value_at
from khronika.review.queue import order_queue
from khronika.types import Account, Linking, Quote, Reading, Text
from tests.factories import NOON, make_account, make_document, make_place, make_when

BODY = (
    "A shell hit a bakery in Orlivka, killing two people. Oleh Varenyk, who sells flour next door, counted five dead on 2 May. "
    "Police in Stepne had counted five dead at first."
)


def account_of(name: str = "report", **fields: object) -> Account:
    return make_account(name, killed=2, **{"where": make_place(population=90_000), **fields})


def put(address: str, *accounts: Account) -> None:
    """A record in which each account is an event of its own, told by BODY."""
    with open_record(address, create=True, clock=lambda: NOON) as record, record.write(by="test") as tx:
        for number, account in enumerate(accounts):
            name = ("report", "other", "third")[number]
            tx.add_document(make_document(name), f"bytes of {name}".encode())
            tx.add_text(text_of(account))
            start = BODY.index("Oleh Varenyk")
            person = Quote(start=start, end=start + 12, words="Oleh Varenyk")
            tx.add_reading(account.document_id, Reading(text_id=f"t-{name}", by="test@1", persons=(person,)))
            tx.add_account(account, [name])
        tx.add_linking(Linking(groups=tuple((account.id,) for account in accounts)))


def text_of(account: Account) -> Text:
    body = BODY if account.mention.trigger.words in BODY else account.mention.evidence[0].words
    return Text(id=f"t-{account.id}", document_id=account.document_id, body=body, cleaner="test", title="Two killed in Orlivka")


def run(*args: str, input: str | None = None) -> Result:
    return CliRunner().invoke(main, list(args), input=input)


@pytest.fixture
def address(tmp_path: Path) -> str:
    path = str(tmp_path / "r.sqlite")
    put(path, account_of("report"), account_of("other", kind="armed_clash", told="A shell hit a bakery in Orlivka, killing two people."))
    return path


def events(address: str) -> list[tuple[object, ...]]:
    with open_record(address, clock=lambda: NOON) as record:
        return [(e.id, e.kind.value, e.when.value.start, e.where.value and e.where.value.name, e.killed and e.killed.value.best) for e in record.events()]


def entered(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout.split()[0]


REPORT = account_of("report").id
OTHER = account_of("other").id


# --- making one ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "path", "old", "new"),
    [
        ("kind", "attack", "mention.kind", "shelling_artillery_missile", "attack"),
        ("status", "alleged", "mention.status", "occurred", "alleged"),
        ("killed", "5", "mention.killed", "2", "5"),
        ("killed", "2-5", "mention.killed", "2", "2..5"),
        ("killed", "12+", "mention.killed", "2", "12+"),
        ("killed", "none", "mention.killed", "2", "none"),
        ("injured", "3", "mention.injured", "none", "3"),
        ("detained", "1..4", "mention.detained", "none", "1..4"),
        ("day", "2031-05-02", "when", "2031-05-03", "2031-05-02"),
        ("when", "2031-05-01..2031-05-02", "when", "2031-05-03", "2031-05-01..2031-05-02"),
        ("day", "none", "when", "2031-05-03", "none"),
        ("place", "Stepne", "where", "Orlivka", "Stepne"),
        ("place", "none", "where", "Orlivka", "none"),
        ("background", "yes", "mention.background", "no", "yes"),
        ("who", "Police in Stepne; Oleh Varenyk", "mention.perpetrators", "none", "Police in Stepne; Oleh Varenyk"),
        ("event", "none", "event", "none", "none"),
        ("mention.killed.low", "1", "mention.killed.low", "2", "1"),
    ],
)
def test_what_is_typed_becomes_old_and_new(field: str, value: str, path: str, old: str, new: str) -> None:
    account = account_of()
    made = make_correction(account, Wish(field=field, value=value, reason="misread"), text_of(account), NOON)
    assert (made.field, show_value(made.old), show_value(made.new)) == (path, old, new)
    assert made.state == "proposed" and made.account_id == account.id and made.anchor is not None


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("kind", "picnic", "there are: armed_clash"),
        ("killed", "many", "give a number"),
        ("killed", "5..2", "upside down"),
        ("killed", "99999999", "more people"),
        ("killed", "2", "changes nothing"),
        ("day", "2 May", "give a day"),
        ("day", "2031-06-01", "later than its report"),
        ("day", "2031-05-03..2031-05-01", "upside down"),
        ("place", "Orlivka", "changes nothing"),
        ("event", "KHR-000001", "link and split"),
        ("background", "maybe", "yes or no"),
        ("who", "nobody at all", "does not stand in the text"),
        ("who", "none", "changes nothing"),
        ("background", "no", "changes nothing"),
        ("colour", "red", "cannot be corrected; there are: event, kind"),
        ("id", "x", "cannot be corrected"),
        ("mention.id", "x", "cannot be corrected"),
        ("mention.trigger.words", "x", "cannot be corrected"),
        ("mention.killed.low", "many", "does not fit"),
        ("mention.nonsense", "1", "changes nothing"),
        ("place", "Ste\x1b[2Jpne", "control characters"),
        ("place", "S" * 3000, "shorten it"),
    ],
)
def test_what_does_not_fit_is_refused(field: str, value: str, message: str) -> None:
    account = account_of()
    with pytest.raises(UsageError, match=message.replace("[", r"\[")):
        make_correction(account, Wish(field=field, value=value, reason="misread"), text_of(account), NOON)


def test_a_reason_is_needed() -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        make_correction(account_of(), Wish(field="killed", value="5", reason=" "), None, NOON)


def test_words_must_stand_in_the_text_and_anchor_the_correction() -> None:
    account = account_of()
    made = make_correction(account, Wish(field="killed", value="5", reason="recount", words="counted five dead"), text_of(account), NOON)
    assert made.anchor is not None
    at = made.anchor.start
    assert BODY[at : at + len(made.anchor.words)] == made.anchor.words == "counted five dead"
    assert BODY[:at].endswith(made.anchor.prefix) and BODY[at + len(made.anchor.words) :].startswith(made.anchor.suffix)
    assert made.anchor.prefix and made.anchor.suffix
    assert at == BODY.index("counted five dead")  # the nearer one to the trigger
    assert find_words("counted five dead", text_of(account), len(BODY)).start == BODY.rindex("counted five dead")
    assert find_words("Two killed", text_of(account), 0).within == "title"
    for words in ("counted Five dead", "counted six dead"):
        with pytest.raises(UsageError, match="does not stand in the text"):
            make_correction(account, Wish(field="killed", value="5", reason="recount", words=words), text_of(account), NOON)


def test_a_corrected_place_keeps_nothing_of_the_wrong_one() -> None:
    account = account_of()
    made = make_correction(account, Wish(field="place", value="Stepne", reason="misread"), text_of(account), NOON)
    assert made.old["latitude"] and "latitude" not in made.new
    found = make_place("Stepne", km_north=30)
    located = make_correction(account, Wish(field="place", value="Stepne", reason="misread"), text_of(account), NOON, lambda name, country: found)
    assert located.new["latitude"] == found.latitude


def test_every_field_can_be_shown_as_it_is_typed() -> None:
    account = account_of()
    for name, field in FIELDS.items():
        if name != "event":
            value = show_value(value_at(account, field.path))
            with pytest.raises(UsageError, match="changes nothing"):
                make_correction(account, Wish(field=name, value=value, reason="x"), text_of(account), NOON)


# --- what it does to the event ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "at", "held"),
    [("killed", "5", 4, 5), ("kind", "attack", 1, "attack"), ("day", "2031-05-02", 2, dt.date(2031, 5, 2)), ("place", "Stepne", 3, "Stepne")],
)
def test_accepted_changes_and_withdrawn_restores(address: str, field: str, value: str, at: int, held: object) -> None:
    before = events(address)
    id = entered(run("correct", REPORT[:12], field, value, "--reason", "misread", "--record", address))
    assert events(address) == before
    assert run("corrections", "accept", id, "--by", "ann", "--reason", "right", "--record", address).exit_code == 0
    after = events(address)
    assert after[0][at] == held and after[1] == before[1] and after[0][0] == before[0][0]
    shown = run("corrections", "show", id, "--record", address).stdout
    assert "accepted by ann  right" in shown and "misread" in shown
    assert run("corrections", "withdraw", id, "--by", "bo", "--record", address).exit_code == 0
    assert events(address) == before
    assert run("corrections", "accept", id, "--reason", "right after all", "--record", address).exit_code == 0
    assert events(address) == after
    assert run("corrections", "withdraw", id, "--by", "bo", "--reason", "a slip", "--record", address).exit_code == 0
    assert "withdrawn by bo  a slip" in run("corrections", "show", id, "--record", address).stdout
    assert events(address) == before
    assert "chain whole" in run("verify", "--record", address).stdout


def test_rejected_changes_nothing(address: str) -> None:
    before = events(address)
    id = entered(run("correct", REPORT, "killed", "50", "--reason", "I think so", "--record", address))
    assert run("corrections", "reject", id, "--reason", "not in the words", "--record", address).exit_code == 0
    assert events(address) == before
    again = run("corrections", "reject", id, "--record", address)
    assert again.exit_code == 2 and "is rejected; only proposed" in again.stderr


def test_event_none_hides_and_withdrawal_shows_it_again(address: str) -> None:
    before = events(address)
    id = entered(run("correct", REPORT, "event", "none", "--reason", "a drill", "--record", address))
    run("corrections", "accept", id, "--record", address)
    assert events(address) == before[1:]
    run("corrections", "withdraw", id, "--record", address)
    assert events(address) == before


def test_those_who_say_the_same_share_a_decision(address: str) -> None:
    before = events(address)
    ids = [entered(run("correct", REPORT, "killed", "5", "--reason", f"reason {n}", "--record", address)) for n in range(3)]
    assert len(set(ids)) == 3
    run("corrections", "accept", ids[1], "--record", address)
    listed = run("corrections", "list", "--state", "accepted", "--record", address).stdout
    assert all(id in listed for id in ids)
    run("corrections", "withdraw", ids[0], "--record", address)
    assert events(address) == before


def test_an_open_one_is_withdrawn_alone(address: str) -> None:
    first, second = (entered(run("correct", REPORT, "killed", "5", "--reason", "x", "--record", address)) for _ in range(2))
    run("corrections", "withdraw", first, "--record", address)
    assert second in run("corrections", "list", "--record", address).stdout


# --- the queue -------------------------------------------------------------------------------------------------------


def test_the_queue_is_ordered_by_danger_then_effect_then_evidence(address: str) -> None:
    def say(account: str, field: str, value: str, *more: str) -> str:
        return entered(run("correct", account, field, value, "--reason", "misread", *more, "--record", address))

    place = say(REPORT, "place", "Stepne")
    killed_bare = say(OTHER, "killed", "5")
    killed_shown = say(REPORT, "killed", "5", "--words", "counted five dead")
    many = say(REPORT, "killed", "9")
    gone = say(OTHER, "event", "none")
    danger = say(OTHER, "background", "yes", "--danger")
    for _ in range(5):
        say(REPORT, "place", "Stepne")
    order = [line.split()[0] for line in run("corrections", "list", "--record", address).stdout.splitlines()]
    assert order[:2] == [danger, gone] and order[-1] == place
    assert set(order[2:-1]) == {killed_bare, killed_shown} or set(order[2:-1]) == {killed_bare, many}
    with open_record(address, clock=lambda: NOON) as record:
        rows = {row.correction.id: row for row in order_queue(record)}
    assert len(rows) == 5 and len(rows[place].same) == 5
    assert rows[danger].correction.category == "danger"
    (row,) = [row for row in rows.values() if row.correction.field == "mention.killed" and row.correction.account_id == REPORT]
    assert {row.correction.id, *row.rivals} == {killed_shown, many} and row.same == ()
    assert rows[gone].changes == ("occurrence",) and rows[killed_bare].changes == ("killed",) and rows[killed_bare].people == 3


def test_how_many_say_it_does_not_count_and_evidence_does(address: str) -> None:
    for n in range(4):
        entered(run("correct", OTHER, "killed", "5", "--reason", f"{n}", "--record", address))
    proven = entered(run("correct", REPORT, "killed", "5", "--reason", "x", "--words", "counted five dead", "--record", address))
    with open_record(address, clock=lambda: NOON) as record:
        weighed = {row.correction.account_id: row.evidence for row in order_queue(record)}
        assert next(row.correction.id for row in order_queue(record)) == proven
    assert weighed[REPORT] > weighed[OTHER]


def test_a_danger_report_is_not_folded_or_rejected_with_others(address: str) -> None:
    plain = entered(run("correct", REPORT, "event", "none", "--reason", "a drill", "--record", address))
    danger = entered(run("correct", REPORT, "event", "none", "--reason", "they will find her", "--danger", "--record", address))
    assert [line.split()[0] for line in run("corrections", "list", "--record", address).stdout.splitlines()] == [danger, plain]
    run("corrections", "reject", plain, "--record", address)
    listed = run("corrections", "list", "--record", address).stdout
    assert danger in listed and "DANGER" in listed and plain not in listed


def test_newer_reports_that_say_otherwise_are_flagged(address: str) -> None:
    third = account_of("third", published="2031-05-06", where=None)
    with open_record(address, clock=lambda: NOON) as record, record.write(by="test") as tx:
        tx.add_document(make_document("third"), b"bytes of third")
        tx.add_account(third, ["third"])
        tx.add_linking(Linking(groups=((REPORT, OTHER, third.id),)))
    id = entered(run("correct", REPORT, "killed", "5", "--reason", "x", "--record", address))
    place = entered(run("correct", REPORT, "place", "Stepne", "--reason", "x", "--record", address))
    shown = run("corrections", "show", id, "--record", address).stdout
    assert f"account {third.id[:12]} says otherwise" in shown and f"account {OTHER[:12]} says" not in shown
    assert "says otherwise" not in run("corrections", "show", place, "--record", address).stdout


# --- what the public sees --------------------------------------------------------------------------------------------


PAST: dict[str, object] = {"when": make_when("2021-05-03"), "published": "2021-05-04"}
"""Days that no policy holds back any longer."""


def test_the_public_log_masks_and_leaves_out(tmp_path: Path) -> None:
    address = str(tmp_path / "r.sqlite")
    put(address, account_of("report", kind="attack", **PAST), account_of("other", kind="attack", **PAST), account_of("third", kind="attack"))

    def say(*args: str) -> str:
        return entered(run("correct", *args, "--record", address))

    kept = say(REPORT, "killed", "5", "--by", "Halyna", "--reason", "Oleh Varenyk and Petrenko counted five, see Varenyk's list")
    danger = say(OTHER, "killed", "4", "--danger", "--reason", "endangers Varenyk")
    open_one = say(OTHER, "injured", "4", "--reason", "unseen")
    fresh = say(account_of("third").id, "killed", "4", "--reason", "fresh")
    refused = say(REPORT, "event", "none", "--reason", "a drill")
    for id in (kept, danger, fresh):
        assert run("corrections", "accept", id, "--by", "Mykola", "--record", address).exit_code == 0
    run("corrections", "reject", refused, "--record", address)
    shown = run("corrections", "list", "--public", "--record", address)
    assert shown.exit_code == 0
    assert [line.split()[0] for line in shown.stdout.splitlines()] == sorted([kept, refused])
    assert "killed: 2 -> 5" in shown.stdout and "counted five" in shown.stdout and "rejected" in shown.stdout
    as_json = run("corrections", "list", "--public", "--json", "--record", address).stdout
    for name in ("Varenyk", "Oleh", "Petrenko", "Halyna", "Mykola", danger, open_one, fresh):
        assert name not in shown.stdout and name not in as_json


def test_the_public_log_shows_a_hidden_event_s_correction(tmp_path: Path) -> None:
    address = str(tmp_path / "r.sqlite")
    put(address, account_of("report", kind="attack", **PAST))
    id = entered(run("correct", REPORT, "event", "none", "--reason", "a drill", "--record", address))
    run("corrections", "accept", id, "--record", address)
    shown = run("corrections", "list", "--public", "--record", address).stdout
    assert id in shown and "-> none" in shown and "a drill" in shown


def test_the_public_log_shows_no_small_place_and_no_private_kind(tmp_path: Path) -> None:
    path = str(tmp_path / "r.sqlite")
    small = make_place(population=300)
    put(path, account_of("report", kind="attack", where=small, **PAST), account_of("other", kind="sexual_violence", **PAST))
    public, private = (
        entered(run("correct", account, field, value, "--reason", "not Orlivka but Stepne", "--record", path))
        for account, field, value in ((REPORT, "place", "Stepne"), (OTHER, "killed", "3"))
    )
    for id in (public, private):
        run("corrections", "accept", id, "--record", path)
    shown = run("corrections", "list", "--public", "--record", path).stdout
    assert [line.split()[0] for line in shown.splitlines()] == [public]
    assert "Orlivka" not in shown and "Stepne" not in shown


def test_the_public_log_masks_words_of_any_field_and_shows_a_large_place(tmp_path: Path) -> None:
    address = str(tmp_path / "r.sqlite")
    put(address, account_of("report", kind="attack", **PAST))
    with open_record(address, clock=lambda: NOON) as record:
        (account,) = record.accounts([REPORT])
        town = make_place("Velyke", population=200_000)
        wishes = [("place", "Velyke"), ("mention.killed.of", "Oleh Varenyk"), ("who", "Oleh Varenyk; Police")]
        made = [make_correction(account, Wish(field=f, value=v, reason="x"), text_of(account), NOON, lambda name, country: town) for f, v in wishes]
        for correction in propose(record, made, "ann"):
            decide(record, correction.id, "accepted", "bo")
    shown = run("corrections", "list", "--public", "--record", address).stdout
    assert "place: Orlivka -> Velyke" in shown and "mention.killed.of" in shown and "who: none -> " in shown and "Varenyk" not in shown and "Oleh" not in shown


# --- the sheet -------------------------------------------------------------------------------------------------------


def sheet(address: str, path: Path) -> list[dict[str, str]]:
    assert run("corrections", "table", "-o", str(path), "--record", address).exit_code == 0
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def save(path: Path, rows: list[dict[str, str]], delimiter: str = ",") -> str:
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
        table.writeheader()
        table.writerows(rows)
    return str(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_sheet_goes_out_and_comes_back(address: str, tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "t.csv"
    rows = sheet(address, path)
    assert [row["account"] for row in rows] == [REPORT, OTHER]
    same = run("correct", "--from", str(path), "--yes", "--record", address)
    assert same.exit_code == 0 and "nothing differs" in same.stderr
    rows[0] |= {"killed": "2..5", "place": "Stepne", "reason": "the rescuer counts more"}
    rows[1] |= {"event": "none", "kind": ""}
    again = run("correct", "--from", save(path, rows, delimiter), "--record", address, "--reason", "read anew", input="n\n")
    assert "killed: 2 -> 2..5" in again.output and "place: Orlivka -> Stepne" in again.output and "nothing entered" in again.output
    assert run("corrections", "list", "--record", address).stdout == ""
    taken = run("correct", "--from", str(path), "--record", address, "--reason", "read anew", "--by", "ann", input="y\n")
    assert taken.exit_code == 0
    with open_record(address, clock=lambda: NOON) as record:
        found = record.corrections("proposed")
        assert [(c.account_id, c.field, c.by) for c in found] == [
            (REPORT, "where", "ann"), (REPORT, "mention.killed", "ann"), (OTHER, "event", "ann"),
        ]  # fmt: skip
        assert found[1].reason == "the rescuer counts more" and found[2].reason == "read anew"
        for correction in found:
            decide(record, correction.id, "accepted", "bo")
    assert [row[3:] for row in events(address)] == [("Stepne", 4)] or events(address)[0][3] == "Stepne"
    assert len(events(address)) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"killed": "lots"}, "line 3: killed = 'lots': give a number"),
        ({"account": "feedfeedfeed", "killed": "3"}, "line 3: feedfeedfeed: no accounts begin so"),
        ({"account": REPORT, "event": "", "killed": "6"}, "two lines correct killed"),
        ({"killed": "5", "words": "nowhere said"}, "line 3: “nowhere said” does not stand"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_entered(address: str, tmp_path: Path, change: dict[str, str], message: str) -> None:
    rows = sheet(address, tmp_path / "t.csv")
    rows[0]["killed"] = "5"
    rows[1] |= change
    result = run("correct", "--from", save(tmp_path / "t.csv", rows), "--yes", "--reason", "x", "--record", address)
    assert result.exit_code == 2 and message in result.stderr
    assert run("corrections", "list", "--state", "all", "--record", address).stdout == ""


def test_a_sheet_without_reasons_is_refused(address: str, tmp_path: Path) -> None:
    rows = sheet(address, tmp_path / "t.csv")
    rows[0]["killed"] = "5"
    result = run("correct", "--from", save(tmp_path / "t.csv", rows), "--yes", "--record", address)
    assert result.exit_code == 2 and "line 2" in result.stderr and "needs a reason" in result.stderr


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    path = str(tmp_path / "r.sqlite")
    put(path, account_of(told="=HYPERLINK(1), killing two", where=make_place("@SUM(A1)")))
    rows = sheet(path, tmp_path / "t.csv")
    assert rows[0]["told"].startswith("'=") and rows[0]["place"] == "'@SUM(A1)"
    assert "nothing differs" in run("correct", "--from", str(tmp_path / "t.csv"), "--record", path).stderr


# --- wrong use -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["correct", "--reason", "x"], "give ACCOUNT FIELD VALUE"),
        (["correct", "feedfeedfeed", "killed", "3", "--reason", "x"], "no accounts begin so"),
        (["correct", "a", "killed", "3", "--reason", "x"], "no accounts begin so"),
        (["correct", REPORT, "killed", "3"], "needs a reason"),
        (["correct", "--from", "none.csv"], "cannot be read as a table"),
        (["corrections", "accept", "COR-999999"], "no such correction"),
        (["corrections", "show", "nonsense"], "no such correction"),
    ],
)
def test_wrong_usage_ends_with_2_and_one_line(address: str, args: list[str], message: str) -> None:
    result = run(*args, "--record", address)
    assert result.exit_code == 2 and message in result.stderr and "Traceback" not in result.stderr


def test_ids_are_unique_and_hold_nothing_of_the_content(address: str) -> None:
    with open_record(address, clock=lambda: NOON) as record:
        account = record.accounts([REPORT])[0]
        text = record.text(account.document_id)
        made = [make_correction(account, Wish(field="killed", value=str(n), reason="x"), text, NOON) for n in (3, 4, 5)]
        ids = [c.id for c in propose(record, made, "ann")]
    assert len(set(ids)) == 3 and all(id[:4] == "COR-" and id[4:].isdigit() for id in ids)


def test_a_corrected_author_is_held_by_the_outlets_own_word(address: str) -> None:
    id = entered(run("correct", REPORT, "who", "Police in Stepne", "--reason", "so it says", "--record", address))
    run("corrections", "accept", id, "--record", address)

    def authors() -> list[str]:
        with open_record(address, clock=lambda: NOON) as record:
            event = record.event(record.event_of(REPORT) or "")
            assert event
            return [actor.name for actor in event.perpetrators.value]

    assert len(authors()) == 1 and "olice" in authors()[0]
    run("corrections", "withdraw", id, "--record", address)
    assert authors() == []
