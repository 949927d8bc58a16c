"""Who may sign in, what their sessions hold against, and what they decide: every act in the log, each undone by withdrawal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result

from khronika.cli import main
from khronika.record import open_record
from khronika.record.editors import put_editor, read_editor, read_editors
from khronika.types import Correction, Filter
from khronika.web import sessions
from khronika.web.sessions import check_password, hash_password, make_session, make_token, read_session
from tests.factories import NOON
from tests.web.conftest import client_of
from tests.web.test_corrections import FIRST, document_of, said, stored

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost little, but for the test of what they are."""
    monkeypatch.setattr(sessions, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def hashed() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def desk(copied: Path, hashed: str) -> Iterator[Desk]:
    with open_record(str(copied), clock=lambda: NOON) as record:
        for name, role in (("ann", "editor"), ("bo", "admin"), ("cy", "reader")):
            put_editor(record, name, role, hashed)
    with client_of(copied, "public") as client:
        yield Desk(client, copied)


class Desk:
    """A client that signs in, and sends forms with their token."""

    def __init__(self, client: Any, path: Path) -> None:
        self.client, self.path, self.token = client, path, ""

    def sign_in(self, name: str = "ann", password: str = PASSWORD) -> Any:
        answer = self.client.post("/sign-in", data={"name": name, "password": password, "to": "/queue"})
        if answer.status_code == 303:
            page = self.client.get("/queue" if name != "cy" else "/").text
            found = re.search(r'name="token" value="(\w+)"', page)
            self.token = found.group(1) if found else ""
        return answer

    def post(self, path: str, **form: str) -> Any:
        return self.client.post(path, data={"token": self.token, **form})

    def say(self, **more: str) -> Correction:
        assert self.client.post("/corrections", data=said(**more)).status_code == 303
        return stored(self.path, "proposed")[-1]

    def event(self, id: str = FIRST) -> Any:
        with open_record(str(self.path), clock=lambda: NOON) as record:
            return record.event(id)

    def correction(self, id: str) -> Any:
        with open_record(str(self.path), clock=lambda: NOON) as record:
            return record.correction(id)


def run(*args: str, input: str | None = None) -> Result:
    return CliRunner().invoke(main, list(args), input=input)


# --- passwords and sessions ------------------------------------------------------------------------------------------


def test_the_terminal_adds_lists_and_removes(tmp_path: Path) -> None:
    path = str(tmp_path / "r.sqlite")
    assert "may sign in as editor" in run("editors", "add", "ann", "--password-stdin", "--record", path, input=PASSWORD + "\n").stdout
    for name, password in (("ann", "short"), ("two words", PASSWORD), ("", PASSWORD)):
        assert run("editors", "add", name, "--password-stdin", "--record", path, input=password + "\n").exit_code == 2
    assert run("editors", "list", "--record", path).stdout == "ann  editor\n"
    with open_record(path, clock=lambda: NOON) as record:
        account = read_editor(record, "ann")
        assert PasswordHasher().memory_cost >= 65_536 and account and account.password.startswith("$argon2id$") and PASSWORD not in account.password
        assert check_password(account, PASSWORD) and not check_password(account, PASSWORD + "!") and not check_password(None, PASSWORD)
        assert record.head() == 0  # the log knows nothing of it
        record.backup(str(tmp_path / "saved.sqlite"))
    with open_record(str(tmp_path / "saved.sqlite"), clock=lambda: NOON) as saved:
        assert read_editors(saved) == []
    assert run("editors", "remove", "ann", "--record", path).exit_code == 0
    assert run("editors", "remove", "ann", "--record", path).exit_code == 2


def test_a_session_ends_with_a_new_password_and_cannot_be_forged(tmp_path: Path, hashed: str) -> None:
    with open_record(str(tmp_path / "r.sqlite"), clock=lambda: NOON) as record:
        for name in ("ann", "bo"):
            put_editor(record, name, "editor", hashed)
        ann, bo = read_editors(record)
        cookie = make_session(ann)
        assert read_session(record, cookie) == ann and make_session(ann) != cookie
        payload, _, rest = cookie.partition(".")
        stolen = make_session(bo)
        for forged in ("", "x", "a.b.c", payload + "." + stolen.partition(".")[2], cookie[:-2] + "zz", "é", payload):
            assert read_session(record, forged) is None
        assert make_token(ann, cookie) != make_token(bo, cookie)
        put_editor(record, "ann", "editor", hashed)
        assert read_session(record, cookie) is None


def test_signing_in(desk: Desk) -> None:
    asked = desk.client.get("/queue")
    assert asked.status_code == 303 and asked.headers["location"] == "/sign-in?to=/queue"
    for name, password in (("ann", "wrong password"), ("nobody", PASSWORD)):
        answer = desk.sign_in(name, password)
        assert answer.status_code == 403 and "do not fit together" in answer.text and "set-cookie" not in answer.headers
    answer = desk.sign_in()
    cookie = answer.headers["set-cookie"]
    assert answer.headers["location"] == "/queue"
    assert cookie.startswith("session=") and "HttpOnly" in cookie and "SameSite=strict" in cookie and "Secure" not in cookie
    with open_record(str(desk.path), clock=lambda: NOON) as record:
        assert [entry.by for entry, _ in record.entries(kind="use") if entry.key == "sign-in"] == ["ann"]
    assert "Signed in as ann" in desk.client.get("/").text and desk.client.get("/queue").headers["cache-control"] == "no-store"
    assert desk.post("/sign-out").status_code == 303
    assert desk.client.get("/queue").status_code == 303
    desk.client.cookies.set("session", cookie.partition("=")[2].partition(";")[0])
    assert desk.client.get("/queue").status_code == 303  # the old one is worth nothing


def test_behind_https_the_cookie_is_secure(copied: Path, hashed: str) -> None:
    with open_record(str(copied), clock=lambda: NOON) as record:
        put_editor(record, "ann", "editor", hashed)
    with client_of(copied, "public", trusted_proxy="testclient") as client:
        answer = client.post("/sign-in", data={"name": "ann", "password": PASSWORD}, headers={"x-forwarded-proto": "https"})
        assert answer.headers["set-cookie"].startswith("__Host-session=") and "Secure" in answer.headers["set-cookie"]
        assert "Secure" not in client.post("/sign-in", data={"name": "ann", "password": PASSWORD}).headers["set-cookie"]


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "/\tx"])
def test_signing_in_leads_nowhere_else(desk: Desk, to: str) -> None:
    answer = desk.client.post("/sign-in", data={"name": "ann", "password": PASSWORD, "to": to})
    assert answer.headers["location"] == "/queue"


def test_attempts_to_sign_in_are_limited(desk: Desk) -> None:
    answers = [desk.sign_in("ann", f"wrong password {n}") for n in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429] and "Wait" in answers[-1].text
    assert desk.sign_in().status_code == 429  # the right one waits too


def test_roles(desk: Desk) -> None:
    desk.sign_in("cy")
    assert desk.client.get("/queue").status_code == 403 and "profile public" in desk.client.get("/").text
    desk.sign_in("ann")
    assert desk.client.get("/queue").status_code == 200 and desk.client.get("/editors").status_code == 403
    assert desk.post("/editors", name="eve", role="admin", password=PASSWORD).status_code == 403
    desk.sign_in("bo")
    assert "cy" in desk.client.get("/editors").text
    assert desk.post("/editors", act="put", name="dee", role="editor", password=PASSWORD).status_code == 303
    assert desk.post("/editors", act="remove", name="cy").status_code == 303
    assert "cannot remove yourself" in desk.post("/editors", act="remove", name="bo").text
    assert "10 to 200" in desk.post("/editors", act="put", name="eve", role="editor", password="short").text
    with open_record(str(desk.path), clock=lambda: NOON) as record:
        assert [account.name for account in read_editors(record)] == ["ann", "bo", "dee"]


def test_a_form_of_another_session_or_site_decides_nothing(desk: Desk) -> None:
    made = desk.say()
    desk.sign_in()
    for form, headers in (({}, {}), ({"token": "feed"}, {}), ({"token": "é"}, {}), ({"token": desk.token}, {"origin": "https://evil.example"})):
        answer = desk.client.post(f"/queue/{made.id}", data={"act": "accept", **form}, headers=headers)
        assert answer.status_code == 403
    old = desk.token
    desk.sign_in()
    assert desk.client.post(f"/queue/{made.id}", data={"act": "accept", "token": old}).status_code == 403
    assert desk.correction(made.id).state == "proposed"


# --- deciding --------------------------------------------------------------------------------------------------------


def test_accept_undo_reject_and_who_did_it(desk: Desk) -> None:
    made = desk.say(category="no_event", reason="a drill", name="Halyna")
    desk.sign_in()
    page = desk.client.get("/queue").text
    assert made.id in page and "a drill" in page and "Halyna" in page and "would change occurrence" in page and 'class="source-text"' in page
    answer = desk.post(f"/queue/{made.id}", act="accept", reason="so it is")
    assert answer.status_code == 303 and f"done={made.id}" in answer.headers["location"]
    assert desk.event() is None or desk.event().id != FIRST
    shown = desk.client.get(answer.headers["location"]).text
    assert "accepted" in shown and "Undo" in shown and "Nothing waits" in shown
    desk.post(f"/queue/{made.id}", act="withdraw")
    assert desk.event().id == FIRST
    desk.post(f"/queue/{made.id}", act="reopen")
    assert desk.correction(made.id).state == "proposed"
    desk.sign_in("bo")
    desk.post(f"/queue/{made.id}", act="reject", reason="two reports")
    log = desk.client.get("/decisions").text
    assert made.id in log and "bo" in log and "two reports" in log
    with open_record(str(desk.path), clock=lambda: NOON) as record:
        assert {entry.by for entry, _ in record.entries(kind="decision") if entry.key == made.id} == {"ann", "bo"} and record.verify().ok


def test_what_is_asked_for_is_what_is_shown(desk: Desk) -> None:
    first, second = desk.say(category="danger"), desk.say(category="danger", reason="another way")
    desk.sign_in()
    page = desk.client.get(f"/queue?at={second.id}").text
    assert f'action="/queue/{second.id}"' in page and f'action="/queue/{first.id}"' not in page
    assert "2 wait" in page
    gone = desk.client.get("/queue?at=COR-000001").text
    assert "does not wait for a decision" in gone
    unknown = desk.post("/queue/COR-999999", act="accept")
    assert "error=" in unknown.headers["location"] and "no such correction" in desk.client.get(unknown.headers["location"]).text


def test_editing_puts_another_value_right(desk: Desk) -> None:
    with open_record(str(desk.path), clock=lambda: NOON) as record:
        event = record.event(FIRST)
        account = record.accounts(event.account_ids)[0]  # type: ignore[union-attr]
    made = desk.say(category="misread", field="killed", value="some more", document=account.document_id, event="")
    desk.sign_in()
    wrong = desk.post(f"/queue/{made.id}", act="edit", account=account.id, field="killed", value="many")
    assert "give a number" in desk.client.get(wrong.headers["location"]).text and desk.correction(made.id).state == "proposed"
    answer = desk.post(f"/queue/{made.id}", act="edit", account=account.id, field="killed", value="8", reason="counted")
    assert f"done={made.id}" in answer.headers["location"]
    assert desk.correction(made.id).state == "accepted" and desk.event().killed.value.high == 8
    desk.post(f"/queue/{made.id}", act="withdraw")
    assert desk.event().killed.value.high != 8


def test_undo_of_another_value_takes_that_value_back(desk: Desk) -> None:
    with open_record(str(desk.path), clock=lambda: NOON) as record:
        account = record.accounts(record.event(FIRST).account_ids)[0]  # type: ignore[union-attr]
    made = desk.say(category="misread", field="killed", value="6", account=account.id)
    assert made.field == "mention.killed"
    desk.sign_in()
    answer = desk.post(f"/queue/{made.id}", act="edit", account=account.id, field="killed", value="8")
    done = answer.headers["location"].rpartition("done=")[2]
    assert done != made.id and desk.correction(made.id).state == "rejected" and desk.event().killed.value.high == 8
    desk.post(f"/queue/{done}", act="withdraw")
    assert desk.event().killed.value.high != 8


def test_typing_an_event_that_the_machine_did_not_find(desk: Desk) -> None:
    document_id = document_of(desk.path)
    with open_record(str(desk.path), clock=lambda: NOON) as record:
        text = record.text(document_id)
        read = [q for a in record.accounts_of_document(document_id) for q in (a.mention.trigger,)]
        assert text
        words = next(w for w in re.findall(r"[A-Z][^.\n]{20,60}", text.body) if not any(q.start < text.body.index(w) + len(w) and text.body.index(w) < q.end for q in read))
    made = desk.say(category="missing", reason="one more", document=document_id, event="")
    desk.sign_in()
    answer = desk.post(f"/queue/{made.id}", act="type", document=document_id, words=words, kind="attack", day="2022-07-01", killed="3")
    assert f"done={made.id}" in answer.headers["location"], desk.client.get(answer.headers["location"]).text
    with open_record(str(desk.path), clock=lambda: NOON) as record:
        (typed,) = [a for a in record.accounts_of_document(document_id) if a.typed_by]
        assert typed.typed_by == "ann" and typed.mention.killed and typed.mention.killed.low == 3 and record.event_of(typed.id)
    again = desk.post(f"/queue/{made.id}", act="type", document=document_id, words=words, kind="attack")
    assert "error=" in again.headers["location"]


def test_confirming_joining_and_splitting_an_event(desk: Desk) -> None:
    desk.sign_in("bo")
    with open_record(str(desk.path), clock=lambda: NOON) as record:
        others = [event for event in record.events(Filter(background=True)) if event.id != FIRST]
    assert desk.client.get(f"/review/{FIRST}").status_code == 200 and desk.client.get("/review/KHR-999999").status_code == 404
    desk.post(f"/review/{FIRST}", act="confirm")
    assert desk.event().review == "two editors"
    before, other = desk.event(), others[0]
    joined = desk.post(f"/review/{FIRST}", act="join", other=other.id.lower())
    assert set(desk.event().account_ids) == {*before.account_ids, *other.account_ids}
    page = desk.client.get(joined.headers["location"]).text
    assert "Undo (u)" in page and "Take back" in page
    split = desk.post(f"/review/{desk.event().id}", act="split", account=",".join(other.account_ids), reason="not the same")
    assert split.status_code == 303 and set(desk.event(FIRST).account_ids) == set(before.account_ids)
    with open_record(str(desk.path), clock=lambda: NOON) as record:
        (parted,) = [c for c in record.corrections("accepted") if c.field == "different"]
    desk.post(f"/review/{FIRST}", act="withdraw", correction=parted.id)
    assert set(desk.event(FIRST).account_ids) == {*before.account_ids, *other.account_ids}
    for form in ({"act": "join", "other": "KHR-999999"}, {"act": "split", "account": "feed"}, {"act": "dance"}, {"act": "withdraw", "correction": "?"}):
        assert "error=" in desk.post(f"/review/{FIRST}", **form).headers["location"]


def test_an_editor_sees_what_is_hidden_and_readers_do_not(desk: Desk) -> None:
    desk.say(category="danger", reason="")
    assert desk.client.get(f"/events/{FIRST}").status_code == 404
    desk.sign_in()
    page = desk.client.get(f"/events/{FIRST}")
    assert page.status_code == 200 and "Hidden from readers" in page.text and "private" in page.headers["cache-control"]
    assert "Danger: hidden now" in desk.client.get("/queue").text
