"""Pages and API by plain requests: addresses that stay, answers that are not sent twice, errors in one shape, hostile texts shown as words."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html
from msgspec.structs import replace

from khronika.record import open_record
from khronika.record.writing import Transaction
from khronika.text import digest_of
from khronika.types import Correction, Filter, Linking, Participant, Quote, Reading, Text
from khronika.web.streams import FORMATS
from tests.factories import NOON, make_account, make_document, make_when
from tests.web.conftest import TestClient, client_of


@pytest.fixture(scope="module")
def full(examples: Path) -> Iterator[TestClient]:
    with client_of(examples) as client:
        yield client


@pytest.fixture(scope="module")
def public(examples: Path) -> Iterator[TestClient]:
    with client_of(examples, "public") as client:
        yield client


# --- addresses -------------------------------------------------------------------------------------------------------


def test_every_page_says_what_it_is_and_is_not_sent_twice(full: TestClient) -> None:
    text = full.get("/api/events/KHR-000004").json()["accounts"][0]["text"]
    for path in ("/", "/?contested=1", "/events/KHR-000008", f"/texts/{text}", "/embed/KHR-000008", "/about", "/feed.atom", "/api/events", "/api/events/KHR-000008", "/api/timeline"):
        answer = full.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "private, no-cache"
        again = full.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304 and again.content == b"", path
    assert full.get("/").headers["etag"] != full.get("/", headers={"hx-request": "true"}).headers["etag"]


def test_sides_have_names(full: TestClient) -> None:
    page = full.get("/events/KHR-000008").text
    assert "side: Sudan<" in page and "side: Rapid Support Forces<" in page


def test_headers_allow_nothing_foreign_and_frames_for_embeds_only(full: TestClient, public: TestClient) -> None:
    for client in (full, public):
        for path in ("/", "/api/events", "/nothing", "/static/khronika.css"):
            headers = client.get(path).headers
            assert "script-src 'self';" in headers["content-security-policy"] and "unsafe" not in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"] and "noindex" in headers["x-robots-tag"]
        assert "frame-ancestors *" in client.get("/embed/KHR-000008").headers["content-security-policy"]
    assert full.get("/", headers={"host": "evil.example"}).status_code == 421
    assert public.get("/", headers={"host": "events.example"}).status_code == 200
    assert "Disallow: /" in public.get("/robots.txt").text
    page = html.fromstring(full.get("/").text)
    assert not page.xpath("//script[not(@src)]") and not page.xpath("//@style") and not page.xpath("//@*[starts-with(name(), 'on')]")


def test_a_rebuild_under_a_running_server_loses_no_row(copied: Path) -> None:
    with client_of(copied) as client, open_record(str(copied), clock=lambda: NOON) as record:
        before = client.get("/api/events").json()["total"]
        record.rebuild()
        assert client.get("/api/events?q=market").json()["total"] == 1 < before == client.get("/api/events").json()["total"]


def test_a_record_put_in_the_place_of_another_is_not_passed_off_as_it(copied: Path) -> None:
    with client_of(copied) as client:
        assert client.get("/").status_code == 200
        os.replace(shutil.copy(copied, copied.with_suffix(".backup")), copied)
        answer = client.get("/")
        assert answer.status_code == 503 and "start khronika serve again" in answer.text


def test_readers_are_not_told_where_the_record_lies(copied: Path, caplog: pytest.LogCaptureFixture) -> None:
    with client_of(copied, "public") as client:
        copied.unlink()
        answer = client.get("/api/events")
        assert answer.status_code == 503 and str(copied) not in answer.text and str(copied) in caplog.text


def test_an_old_view_says_that_something_of_then_was_erased(copied: Path) -> None:
    with open_record(str(copied), clock=lambda: NOON) as record:
        head, event = record.head(), record.event("KHR-000008")
        assert event
        with client_of(copied) as client:
            assert client.get(f"/api/events/{event.id}?as_of={head}").json()["erased_since"] == 0
        gone = record.erase(record.accounts(event.account_ids[:1])[0].document_id, basis="asked for", by="ann")
    with client_of(copied) as client:
        assert client.get(f"/api/events/{event.id}?as_of={head}").json()["erased_since"] == gone > 0
        assert f"{gone} entries were erased since" in client.get(f"/events/{event.id}?as_of={head}").text
        assert "erased since" not in client.get(f"/events/{event.id}").text


def test_a_merged_event_leads_to_the_other_and_an_old_view_stays(copied: Path) -> None:
    with open_record(str(copied), clock=lambda: NOON) as record:
        head = record.head()
        first, second = record.event("KHR-000004"), record.event("KHR-000058")
        assert first and second
        with record.write(by="ann") as tx:
            tx.add_linking(Linking(groups=((*first.account_ids, *second.account_ids),)))
    with client_of(copied) as client:
        moved = client.get("/events/KHR-000058")
        assert moved.status_code == 307 and moved.headers["location"] == "/events/KHR-000004"
        assert client.get("/api/events/KHR-000058").json()["event"]["id"] == "KHR-000004"
        old = client.get(f"/events/KHR-000058?as_of={head}")
        assert old.status_code == 200 and "An old view" in old.text
        assert client.get("/events/KHR-000058?as_of=1").status_code == 404
        assert client.get("/events/KHR-000058?as_of=2020-01-01").status_code == 404
        assert client.get("/events/KHR-000058?as_of=yesterday").status_code == 400
        history = client.get("/api/events/KHR-000004").json()["history"]
        assert any(field[0] == "reports" for field in history[0]["fields"])
        assert "reports: " in client.get("/feed.atom").text


def test_a_reader_sees_what_was_appended_meanwhile(copied: Path) -> None:
    with client_of(copied) as client:
        before = client.get("/api/events")
        with open_record(str(copied), clock=lambda: NOON) as record, record.write(by="test") as tx:
            tx.add_document(make_document("new"), b"x")
            tx.add_account(make_account("new", told="A drone hit a depot in Orlivka."), ["k"])
        after = client.get("/api/events", headers={"if-none-match": before.headers["etag"]})
        assert after.status_code == 200 and after.json()["total"] == before.json()["total"] + 1
        assert client.get("/?q=orlivka+depot").text.count('class="event"') == 1
        assert client.get("/api/events?place=orlivka").json()["total"] == 1


def test_pages_of_the_api_are_followed_by_cursor(full: TestClient) -> None:
    seen, after = [], None
    while True:
        answer = full.get("/api/events", params={"limit": 4, "background": 1, **({"after": after} if after else {})}).json()
        seen += [row["id"] for row in answer["events"]]
        after = answer.get("next")
        if not after:
            break
    assert len(seen) == len(set(seen)) == answer["total"]
    assert full.get("/").text.count('class="event"') == full.get("/api/events").json()["total"]


def test_errors_have_one_shape(full: TestClient) -> None:
    for path, status in (("/api/events/KHR-999999", 404), ("/api/events/x", 422), ("/api/events?since=x", 422), ("/api/events?after=zz", 400), ("/api/nothing", 404), ("/api/exports/xls", 404)):
        answer = full.get(path)
        assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status and answer.json()["detail"]
    page = full.get("/?since=tomorrow")
    assert page.status_code == 400 and "YYYY-MM-DD" in page.text and page.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("format", FORMATS)
def test_exports_are_streams_of_the_filter(full: TestClient, format: str) -> None:
    everything, some = full.get(f"/api/exports/{format}"), full.get(f"/api/exports/{format}?q=market&contested=1")
    assert everything.status_code == some.status_code == 200 and "attachment" in some.headers["content-disposition"]
    assert len(some.content) < len(everything.content)
    if format == "geojson":
        assert [feature["id"] for feature in json.loads(some.text)["features"]] == ["KHR-000008"]


def test_painful_words_are_folded(copied: Path) -> None:
    add_text(copied, "grim", "Two men were tortured in a cellar in Orlivka.", "attack")
    with client_of(copied) as client:
        id = client.get("/api/events?q=cellar").json()["events"][0]["id"]
        page = html.fromstring(client.get(f"/events/{id}").text)
        assert page.xpath("//details[@class='painful']//q[contains(., 'tortured')]")
        assert not page.xpath("//q[contains(., 'tortured')][not(ancestor::details)]")


# --- who sees what ---------------------------------------------------------------------------------------------------


def test_the_public_sees_reviewed_events_and_a_count_of_the_rest(examples: Path, copied: Path) -> None:
    with client_of(copied, "public") as client:
        assert client.get("/api/events").json()["total"] == 8  # the ninth has no day
    with open_record(str(copied), clock=lambda: NOON) as record:
        reviewed = [correction for correction in record.corrections("accepted") if correction.event_id in ("KHR-000008", "KHR-000020")]
        with record.write(by="ann") as tx:
            for correction in reviewed:
                tx.decide_correction(correction.id, "withdrawn", "ann")
    with client_of(copied, "public") as client:
        answer = client.get("/api/events").json()
        assert (answer["total"], answer["not_reviewed"]) == (6, 2)
        assert client.get("/events/KHR-000008").status_code == 404
        assert "2 more were read by a machine" in client.get("/").text
        assert "KHR-000008" not in client.get("/api/exports/csv").text + client.get("/feed.atom").text


def test_danger_hides_at_once_everywhere_but_from_editors(copied: Path) -> None:
    with client_of(copied, "public") as client, client_of(copied, "full") as local:
        account = client.get("/api/events/KHR-000008").json()["accounts"][0]
        tag = client.get("/").headers["etag"]
        with open_record(str(copied), clock=lambda: NOON) as record, record.write(by="reader") as tx:
            tx.add_correction(Correction(id="COR-800000", field="note", reason="she can be found", account_id=account["id"], category="danger"))
        assert client.get("/", headers={"if-none-match": tag}).status_code == 200
        shown = [client.get(path).text for path in ("/", "/api/events", "/api/marks?zoom=8", "/api/exports/csv", "/feed.atom", "/api/timeline")]
        assert not any("KHR-000008" in text or "El Fasher" in text for text in shown)
        assert client.get("/events/KHR-000008").status_code == 404 and client.get(f"/texts/{account['text']}").status_code == 404
        assert client.get("/api/removed").json()["removed"] == ["KHR-000008"]
        page = local.get("/events/KHR-000008")
        assert page.status_code == 200 and "endangers a person" in page.text


def test_a_filter_is_no_oracle_for_what_is_withheld(copied: Path) -> None:
    """A small place and a masked name pick nothing, in lists, marks and exports alike."""
    add_text(copied, "small", "Petro Hnatchuk was hurt by a mine in Orlivka.", "remote_explosive", persons=("Petro Hnatchuk",))
    review_new(copied, "small")
    with client_of(copied, "public") as client, client_of(copied) as local:
        for query in ("place=orlivka", "q=orlivka", "q=hnatchuk", "actor=hnatchuk"):
            assert client.get(f"/api/events?{query}").json()["total"] == 0, query
            assert client.get(f"/api/exports/jsonl?{query}").text == ""
        assert client.get("/api/events?place=kherson").json()["total"] > 0
        assert local.get("/api/events?place=orlivka").json()["total"] == local.get("/api/events?q=hnatchuk").json()["total"] == 1


def review_new(path: Path, name: str) -> None:
    with open_record(str(path), clock=lambda: NOON) as record, record.write(by="ann") as tx:
        tx.add_correction(Correction(id="COR-700000", field="review", reason="read", account_id=make_account(name).id, category="review"))
        tx.decide_correction("COR-700000", "accepted", "ann", "read")


# --- hostile texts ---------------------------------------------------------------------------------------------------

PIECES = [
    "<script>alert(1)</script>", "</textarea><img src=x onerror=alert(1)>", "<style>*{display:none}</style>", '"><svg onload=alert(1)>', "{{ 7*7 }}{% raw %}", "javascript:alert(1)",
    "\u202e desrever \u202c", "\u2066\u2067\u200f\u200e", "\x00\x01\x1b[2J", "&lt;b&gt;&amp;#60;", "<!-- --><![CDATA[ x ]]>", "العربية والعبرية עברית", "a" * 3000, "\n" * 50, "<base href=//evil.example>",
    '<meta http-equiv=refresh content="0;url=//evil.example">', "' autofocus onfocus=alert(1) '", "\ufeff\u2028\u2029", "😀" * 40, "<iframe srcdoc='<script>1</script>'>", "</main></body></html>",
]  # fmt: skip


def add_text(path: Path, name: str, body: str, kind: str = "attack", persons: tuple[str, ...] = (), **fields: Any) -> str:
    """A document whose first 200 code points are quoted in every role; returns its id."""
    with open_record(str(path), clock=lambda: NOON) as record, record.write(by="test") as tx:
        return put_text(tx, name, body, kind, persons, **fields)


def put_text(tx: Transaction, name: str, body: str, kind: str = "attack", persons: tuple[str, ...] = (), **fields: Any) -> str:
    """As `add_text`, in a transaction."""
    quote = Quote(start=0, end=min(200, len(body)), words=body[:200])
    party = Participant(quote=quote)
    account = make_account(
        name, told="x", trigger="x", kind=kind, targets=(party,), victims=(party,), weapons=(party,), source="Harbour Times", title=fields.get("title"),
        when=make_when("2025-06-03"), published="2025-06-04",
    )  # fmt: skip
    account = replace(account, mention=replace(account.mention, trigger=quote, evidence=(quote,)))
    document = make_document(name, "2025-06-04", url=fields.get("url"), title=fields.get("title"))
    tx.add_document(document, body.encode("utf-8", "replace"))
    tx.add_text(Text(id=digest_of(body), document_id=document.id, body=body, cleaner="test@1", title=fields.get("title"), boilerplate=((5, 9),) if len(body) > 9 else ()))
    names = tuple(Quote(start=body.index(person), end=body.index(person) + len(person), words=person) for person in persons)
    tx.add_reading(document.id, Reading(text_id=digest_of(body), by="test@1", persons=names))
    tx.add_account(account, [name])
    return document.id


def test_hostile_texts_are_shown_as_words(tmp_path: Path) -> None:
    path = tmp_path / "hostile.sqlite"
    draw = random.Random(11)
    ids = []
    with open_record(str(path), clock=lambda: NOON) as record, record.write(by="test") as tx:
        for number in range(200):
            body = " ".join(draw.sample(PIECES, draw.randint(1, 6))) + f" end{number}"
            url = draw.choice(["javascript:alert(1)", 'https://ok.example/"><script>', "data:text/html,x", None])
            ids.append(put_text(tx, f"d{number}", body, title=draw.choice(PIECES)[:300], url=url))
    huge = add_text(path, "huge", "<b>x</b> " * 120_000)
    with client_of(path) as client:
        events = client.get("/api/events?limit=500").json()["events"]
        assert len(events) == 201
        for address in [*(f"/texts/{id}" for id in ids), *(f"/events/{row['id']}" for row in events[::9]), "/", f"/texts/{huge}", "/feed.atom"]:
            answer = client.get(address)
            assert answer.status_code == 200, address
            check_harmless(answer.text, address)
        assert len(client.get(f"/texts/{huge}").content) < 4_000_000


def check_harmless(text: str, address: str) -> None:
    """Nothing of a text became markup, and nothing unseen is left of it."""
    assert not any(mark in text for mark in "\x00\x1b\u202e\u2066\u200f\ufeff"), address
    if address.endswith(".atom"):
        etree.fromstring(text.encode())
        return
    page = html.fromstring(text)
    assert {script.get("src", "").split("?")[0].split("/")[1] for script in page.xpath("//script")} <= {"static"}, address
    assert not page.xpath("//style | //iframe | //base | //svg | //img | //meta[@http-equiv]"), address
    assert not page.xpath("//@*[starts-with(name(), 'on')]"), address
    assert not [link for link in page.xpath("//a/@href") if not link.startswith(("/", "http://", "https://", "#"))], address
    assert "49" not in page.xpath("string(//h1)"), address


def test_a_text_that_is_open_is_masked_and_one_that_is_closed_is_only_quoted(copied: Path) -> None:
    body = "Petro Hnatchuk was hurt by a mine in Orlivka. " + "Other words follow here to make it long enough for a quote. " * 9
    open_id = add_text(copied, "open", body, "remote_explosive", persons=("Petro Hnatchuk",), url="https://harbour-times.example/petro-hnatchuk-hurt")
    with open_record(str(copied), clock=lambda: NOON) as record:
        document = record.document(open_id)
        assert document and len(list(record.events(Filter()))) == 10
    from tests.web.conftest import SOURCES, setup_of

    with client_of(copied, "research") as client:
        page = client.get(f"/texts/{open_id}")  # the licence of "Harbour Times" under that name is not known
        assert page.status_code == 200 and "licence" in page.text and "class=\"article\"" not in page.text
        assert "Hnatchuk" not in page.text and "hnatchuk" not in page.text and "https://harbour-times.example/" in page.text
        assert "Orlivka" not in page.text
        open_text = next(account["text"] for account in client.get("/api/events/KHR-000058").json()["accounts"])
        shown = client.get(f"/texts/{open_text}").text
        assert "class=\"article\"" in shown and "[withheld]" in shown
    assert setup_of(copied).profile == "full" and SOURCES.exists()


def test_many_changes_at_once_are_made_ready_beside(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from khronika.web import index

    monkeypatch.setattr(index, "INLINE", 5)
    with client_of(copied) as client:
        before = client.get("/api/events").json()["total"]
        with open_record(str(copied), clock=lambda: NOON) as record, record.write(by="test") as tx:
            for number in range(30):
                tx.add_document(make_document(f"n{number}"), b"x")
                tx.add_account(make_account(f"n{number}"), [f"k{number}"])
        totals = []
        for _ in range(100):
            totals.append(client.get("/api/events").json()["total"])
            if totals[-1] == before + 30:
                break
            time.sleep(0.05)
        assert totals[-1] == before + 30 and totals == sorted(totals), totals
        assert client.app.state.index._making["full"].ident  # type: ignore[attr-defined]
