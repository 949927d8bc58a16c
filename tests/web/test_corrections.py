"""What readers say through the pages: taken without an account or a cookie, hidden at once where it endangers somebody, within limits."""

from __future__ import annotations

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from khronika.record import open_record
from khronika.types import Filter
from khronika.web import corrections
from khronika.web.limits import DAY_S, Limits
from tests.factories import NOON
from tests.web.conftest import client_of

FIRST = "KHR-000004"


def said(**more: str) -> dict[str, str]:
    return {"event": FIRST, "category": "other", "reason": "odd", **more}


def stored(path: Path, state: str | None = None) -> list[Any]:
    with open_record(str(path), clock=lambda: NOON) as record:
        return [c for c in record.corrections(state) if c.by != "ann" and c.category != "review"]


def document_of(path: Path, event_id: str = FIRST) -> str:
    with open_record(str(path), clock=lambda: NOON) as record:
        event = record.event(event_id)
        assert event
        return record.accounts(event.account_ids)[0].document_id


# --- the plain form --------------------------------------------------------------------------------------------------


def test_a_reader_is_heard_without_script_account_or_cookie(copied: Path) -> None:
    with client_of(copied, "public") as client:
        page = client.get(f"/events/{FIRST}")
        address = re.search(r'href="(/corrections/new\?[^"]+)"', page.text)
        assert address
        form = client.get(address.group(1))
        assert form.status_code == 200 and 'value="danger"' in form.text
        assert form.text.index("endangers somebody") < form.text.index("misread")
        sent = client.post("/corrections", data=said(name="Halyna Sydorenko", link="https://example.org/a"))
        assert sent.status_code == 303
        state = client.get(sent.headers["location"])
        reference = re.search(r"COR-\d+", state.text)
        assert reference and "Thank you" in state.text and "waits for an editor" in state.text
        assert "Halyna" not in state.text and "odd" not in state.text  # nothing of what is said until an editor decided
        by_hand = client.get("/corrections", params={"reference": reference.group()[4:].lstrip("0")})
        assert by_hand.headers["location"] == f"/corrections/{reference.group()}"
        for answer in (page, form, sent, state):
            assert "set-cookie" not in answer.headers
    (made,) = stored(copied)
    assert (made.event_id, made.name, made.evidence, made.by, made.state) == (FIRST, "Halyna Sydorenko", "https://example.org/a", "reader", "proposed")


def test_nothing_of_the_reader_is_kept(copied: Path) -> None:
    with client_of(copied, "public", trusted_proxy="testclient") as client:
        client.post("/corrections", data=said(), headers={"x-forwarded-for": "198.51.100.7", "user-agent": "PeculiarBrowser/1"})
    assert len(stored(copied)) == 1
    with sqlite3.connect(copied) as raw:
        dump = "\n".join(raw.iterdump())
    with open_record(str(copied), clock=lambda: NOON) as record:
        dump += repr([body for _, body in record.entries()])
    assert "198.51.100.7" not in dump and "PeculiarBrowser" not in dump


def test_selected_words_are_anchored_in_their_text(copied: Path) -> None:
    document_id = document_of(copied)
    with open_record(str(copied), clock=lambda: NOON) as record:
        text, accounts = record.text(document_id), record.accounts_of_document(document_id)
        assert text and accounts[0].mention.killed
        quote = accounts[0].mention.evidence[0]
    words = quote.words[:30].strip()
    more = {"words": words, "start": str(quote.start), "prefix": text.body[max(0, quote.start - 40) : quote.start], "event": "", "document": document_id}
    with client_of(copied, "public") as client:
        sent = client.post("/corrections?part=1", data=said(category="misread", field="killed", value="9", **more))
        assert sent.status_code == 200 and "Thank you" in sent.text and "<html" not in sent.text
        kind = client.post("/corrections?part=1", data=said(category="misread", field="kind", value="Mob violence", **more))
        assert kind.status_code == 200
    made, second = stored(copied)
    assert (made.field, made.account_id) == ("mention.killed", accounts[0].id) and made.new["low"] == 9
    assert made.anchor.words == words and made.anchor.start == quote.start
    assert (second.field, second.new) == ("mention.kind", "mob_violence")


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"category": "nonsense"}, 400, "choose one of"),
        ({"reason": ""}, 400, "in a few words"),
        ({"event": "KHR-999999"}, 400, "no such event"),
        ({"event": ""}, 400, "which event or text"),
        ({"link": "javascript:alert(1)"}, 400, "begins with https"),
        ({"words": "w" * 300}, 400, "at most 256"),
        ({"reason": "x" * 5000}, 400, "shorten it"),
        ({"reason": "x" * 70_000}, 413, "too long"),
        ({"website": "https://spam.example"}, 400, "leave the field"),
        ({"reason": "\x00\ud800".encode("utf-8", "surrogatepass").decode("latin-1")}, 400, "control characters"),
    ],
)
def test_what_cannot_be_taken_is_said_and_kept_in_the_form(copied: Path, form: dict[str, str], status: int, words: str) -> None:
    with client_of(copied, "public") as client:
        answer = client.post("/corrections", data=said(name="kept", **form))
        assert answer.status_code == status and words in answer.text
        assert status == 413 or 'value="kept"' in answer.text
    assert stored(copied) == []


def test_hostile_words_come_back_as_words(copied: Path) -> None:
    with client_of(copied, "public") as client:
        form = client.get("/corrections/new", params={"event": '"><script>alert(1)</script>', "words": "<img src=x onerror=alert(1)>"})
        hostile = {"reason": "</textarea><script>alert(1)</script>", "name": '"><b>', "words": "<img src=x onerror=alert(1)>", "prefix": "<script>alert(2)</script>"}
        again = client.post("/corrections", data=said(category="?", **hostile))
    for text in (form.text, again.text):
        assert "<script>alert" not in text and "<img src=x" not in text and '"><b>' not in text


def test_a_page_of_another_site_sends_nothing(copied: Path) -> None:
    with client_of(copied, "public") as client:
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            assert client.post("/corrections", data=said(), headers=headers).status_code == 403
        assert client.post("/corrections", files={"a": b"x"}).status_code == 415
        assert client.post("/corrections", data=said(), headers={"origin": "http://testserver"}).status_code == 303
    assert len(stored(copied)) == 1


# --- danger ----------------------------------------------------------------------------------------------------------


def test_what_endangers_somebody_is_gone_at_once_and_in_no_public_log(copied: Path) -> None:
    document_id = document_of(copied)
    with client_of(copied, "public") as client:
        for path in (f"/events/{FIRST}", f"/api/events/{FIRST}"):
            assert client.get(path).status_code == 200
        sent = client.post("/corrections", data={"event": FIRST, "category": "danger"})
        assert sent.status_code == 303
        gone = (f"/events/{FIRST}", f"/api/events/{FIRST}", f"/events/{FIRST}?as_of=2031-05-04", f"/texts/{document_id}", f"/embed/{FIRST}")
        for path in gone:
            assert client.get(path).status_code == 404, path
        for path in ("/", "/api/events", "/feed.atom", "/api/exports/csv", "/corrections"):
            answer = client.get(path)
            assert answer.status_code == 200 and FIRST not in answer.text, path
        state = client.get(sent.headers["location"].split("?")[0])
        assert "endanger" not in state.text and FIRST not in state.text
        with open_record(str(copied), clock=lambda: NOON) as record:
            from khronika.review.deciding import decide

            decide(record, stored(copied)[0].id, "rejected", "ann", "no danger")
        assert client.get(f"/events/{FIRST}").status_code == 200
        after = client.get(sent.headers["location"].split("?")[0])
        assert "not taken" in after.text and FIRST not in after.text and "no danger" not in after.text


def test_the_state_and_the_log_tell_what_was_decided(copied: Path) -> None:
    with client_of(copied, "public") as client:
        sent = client.post("/corrections", data=said(category="no_event", reason="a drill, says Oleh Varenyk"))
        (made,) = stored(copied)
        with open_record(str(copied), clock=lambda: NOON) as record:
            from khronika.review.deciding import decide

            decide(record, made.id, "rejected", "ann", "two reports say otherwise")
        for page in (client.get(sent.headers["location"].split("?")[0]).text, client.get("/corrections").text):
            assert "not taken" in page and "two reports say otherwise" in page and "a drill" in page and FIRST in page
            assert "Varenyk" not in page and ">ann<" not in page
        assert client.get("/corrections/COR-999999").status_code == 404
        assert client.get("/corrections/..%2f..%2fetc").status_code == 404


# --- limits ----------------------------------------------------------------------------------------------------------


def test_limits_count_by_reader_over_a_minute_and_a_day_and_forget() -> None:
    limits = Limits(a_minute=2, a_day=4)
    assert [limits.wait_s("a", at) for at in (100.0, 110.0, 120.0)] == [0, 0, 41]
    assert limits.wait_s("b", 120.0) == 0
    assert limits.wait_s("a", 161.0) == 0 and limits.wait_s("a", 172.0) == 0
    assert limits.wait_s("a", 300.0) > 80_000
    assert limits.wait_s("2001:db8::1", 300.0) == limits.wait_s("2001:db8::2", 301.0) == 0
    assert limits.wait_s("2001:db8:0:0:ffff::3", 302.0) > 0  # one household
    before = dict(limits._seen)
    assert all(b"db8" not in key and len(key) == 32 for key in before)
    assert limits.wait_s("a", 300.0 + DAY_S) == 0 and not set(limits._seen) & set(before)  # another salt


def test_a_reader_who_sends_too_much_is_asked_to_wait_and_nothing_is_lost(copied: Path) -> None:
    with client_of(copied, "public", trusted_proxy="testclient") as client:

        def send(number: int, reader: str) -> Any:
            return client.post("/corrections", data=said(reason=f"{number}"), headers={"x-forwarded-for": f"203.0.113.9, {reader}"})

        answers = [send(number, "198.51.100.1") for number in range(12)]
        assert [answer.status_code for answer in answers] == [303] * 10 + [429] * 2
        assert int(answers[-1].headers["retry-after"]) <= 61 and "still here" in answers[-1].text and ">11</textarea>" in answers[-1].text
        assert send(20, "198.51.100.2").status_code == 303
    assert len(stored(copied)) == 11
    with client_of(copied, "public") as client:  # without a trusted proxy its word is nothing
        answers = [client.post("/corrections", data=said(reason=f"b{n}"), headers={"x-forwarded-for": f"198.51.100.{n}"}) for n in range(11)]
        assert answers[-1].status_code == 429


def test_the_same_again_is_the_same_reference_and_a_full_queue_refuses_politely(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "MOST_OPEN", 5)
    with client_of(copied, "public", trusted_proxy="testclient") as client:

        def send(reason: str, reader: int, **more: str) -> Any:
            return client.post("/corrections", data=said(reason=reason, **more), headers={"x-forwarded-for": f"198.51.100.{reader}"})

        assert len({send("same", reader).headers["location"] for reader in range(4)}) == 1
        assert [send(f"{n}", n).status_code for n in range(5)] == [303] * 4 + [503]
        full = send("more", 9)
        assert "wait for an editor" in full.text and "more</textarea>" in full.text
        assert send("they will find her", 10, category="danger").status_code == 303
    assert len(stored(copied)) == 6


def test_a_flood_from_many_readers_loses_nothing_while_others_read_and_write(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "MOST_OPEN", 60)
    with client_of(copied, "public", trusted_proxy="testclient") as client:

        def send(number: int) -> tuple[int, str]:
            reader = f"198.51.100.{number % 20}"
            answer = client.post("/corrections", data=said(reason=f"reason {number}"), headers={"x-forwarded-for": reader})
            return answer.status_code, answer.headers.get("location", "")

        def read(number: int) -> tuple[int, str]:
            return client.get("/" if number % 2 else f"/events/{FIRST}").status_code, ""

        def write(number: int) -> tuple[int, str]:
            with open_record(str(copied), clock=lambda: NOON) as record, record.write(by="reader") as tx:
                tx.note("step", f"{number}", {})
            return 0, ""

        with ThreadPoolExecutor(16) as pool:
            flood = pool.map(send, range(300))
            others = [*pool.map(read, range(10)), *pool.map(write, range(10))]
            answers = list(flood)
    taken = [location for status, location in answers if status == 303]
    assert {status for status, _ in answers} <= {303, 429, 503} and {status for status, _ in others} == {0, 200}
    assert len(taken) == 60  # 20 readers, 10 a minute each, 60 open in all
    assert {c.id for c in stored(copied)} == {location.split("/")[-1].split("?")[0] for location in taken}
    with open_record(str(copied), clock=lambda: NOON) as record:
        assert record.verify().ok and len(list(record.entries(kind="step"))) == 10
        assert len(list(record.events(Filter(background=True)))) > 0


def test_the_api_lists_what_was_decided_by_pages(copied: Path) -> None:
    from khronika.review.deciding import decide

    with client_of(copied, "public", trusted_proxy="testclient") as client:
        for number in range(5):
            client.post("/corrections", data=said(reason=f"reason {number}, says Oleh Varenyk", name="Halyna"))
        client.post("/corrections", data={"event": FIRST, "category": "danger"})
        *made, danger = stored(copied)
        with open_record(str(copied), clock=lambda: NOON) as record:
            for correction in (*made, danger):
                decide(record, correction.id, "rejected", "ann")
        seen, after, etag = [], "", ""
        while after is not None:
            answer = client.get("/api/corrections", params={"limit": "2", **({"after": after} if after else {})})
            seen += [row["id"] for row in answer.json()["corrections"]]
            assert answer.headers["etag"] and "Varenyk" not in answer.text and "Halyna" not in answer.text
            after, etag = answer.json().get("next"), answer.headers["etag"]
        assert [id for id in seen if id in {c.id for c in made}] == [c.id for c in made] and danger.id not in seen
        assert etag
        one = client.get(f"/api/corrections/{made[0].id}").json()
        assert one["state"] == "rejected" and one["shown"]["event_id"] == FIRST
        assert client.get(f"/api/corrections/{danger.id}").json() == {"id": danger.id, "state": "rejected", "shown": None}
        assert client.get("/api/corrections/COR-999999").status_code == 404
        assert client.get("/api/corrections/x").status_code == 422 and client.get("/api/corrections?limit=0").status_code == 422
        assert "/api/corrections" in client.get("/api/openapi.json").json()["paths"]
