"""Correcting and deciding in Chromium: the whole way by keyboard and by touch, drafts that are kept, and pages that everyone can use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from khronika.record import open_record
from khronika.record.editors import put_editor
from khronika.review.correcting import propose
from khronika.review.queue import order_queue
from khronika.review.reporting import Report, take_report
from khronika.web.sessions import hash_password
from tests.factories import NOON
from tests.web.conftest import served
from tests.web.test_browser import AXE, axe, until
from tests.web.test_corrections import FIRST, document_of, stored

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
IN_DIALOG = "document.getElementById('correction').contains(document.activeElement)"


@pytest.fixture
def site(copied: Path) -> Iterator[str]:
    with served(copied) as address:
        yield address


def press(page: Any, *keys: str) -> None:
    """Press keys once the page's scripts listen: a key before that is lost, as it is for a person who is quicker than the page."""
    until(page, "true")
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Any, selector: str, most: int = 60) -> None:
    """Go on with the tab key until the focus is on what a selector finds."""
    for _ in range(most):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        press(page, "Tab")
    raise AssertionError(f"the tab key does not lead to {selector}")


def select_words(page: Any, words: str) -> None:
    """Select words of the article."""
    page.evaluate(
        """words => {
            const walk = document.createTreeWalker(document.getElementById('article'), NodeFilter.SHOW_TEXT);
            for (let node; (node = walk.nextNode());) {
                const at = node.data.indexOf(words);
                if (at < 0) continue;
                getSelection().setBaseAndExtent(node, at, node, at + words.length);
                return;
            }
            throw new Error('not in one piece of the text: ' + words);
        }""",
        words,
    )


def words_at(page: Any) -> str:
    return str(page.evaluate("[...document.querySelectorAll('#article mark')].map(m => m.textContent.trim()).find(w => w.length > 5)"))


def test_the_whole_correction_by_keyboard(site: str, copied: Path, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/texts/{document_of(copied)}")
    tab_to(page, "#article mark")
    words = page.evaluate("document.activeElement.textContent.trim()")
    press(page, "Control+Enter")
    page.wait_for_selector("dialog[open] form")
    assert page.inner_text("dialog .context mark") == words
    assert not any("words=" in address or "prefix=" in address for address in page.seen.addresses)  # in no log of a server
    assert page.evaluate("document.activeElement.id") == "correct-title"
    for key in ["Tab"] * 15 + ["Shift+Tab"] * 15:
        press(page, key)
        assert page.evaluate(IN_DIALOG), "the focus left the dialog"
    tab_to(page, "dialog [name=category]")
    press(page, "ArrowDown")  # the second choice: misread
    assert page.evaluate("document.activeElement.value") in ("misread", "danger")
    while page.evaluate("document.activeElement.value") != "misread":
        press(page, "ArrowDown")
    tab_to(page, "dialog [name=field]")
    page.keyboard.type("how many were k")
    tab_to(page, "dialog [name=value]")
    page.keyboard.type("7")
    tab_to(page, "dialog [name=reason]")
    page.keyboard.type("the list says seven")
    press(page, "Control+Enter")
    page.wait_for_selector("dialog .sent")
    reference = page.inner_text("dialog .reference")
    assert page.evaluate("document.activeElement.id") == "correct-title"
    press(page, "Escape")
    assert page.evaluate("document.activeElement.matches('#article mark')")  # the focus is where it was
    page.goto(f"{site}/corrections/{reference}")
    assert "waits for an editor" in page.inner_text("h1")
    (made,) = stored(copied)
    assert made.id == reference and made.reason == "the list says seven" and made.anchor.words == words
    assert made.field == "mention.killed" and made.new["low"] == 7
    assert page.seen.faults == [] and all(address.startswith((site, "data:")) for address in page.seen.addresses)


def test_escape_closes_and_the_draft_is_kept_until_it_is_sent(site: str, copied: Path, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/events/{FIRST}")
    page.focus("[data-correct]")
    press(page, "Enter")
    page.wait_for_selector("dialog[open] form")
    page.check("dialog [value=article]")
    page.fill("dialog [name=reason]", "half a sentence")
    press(page, "Escape")
    assert not page.evaluate("document.getElementById('correction').open")
    assert page.evaluate("document.activeElement.matches('[data-correct]')")
    page.reload()
    press(page, "Control+Enter")
    page.wait_for_selector("dialog[open] form")
    assert page.input_value("dialog [name=reason]") == "half a sentence" and page.is_checked("dialog [value=article]")
    page.click("dialog >> text=Start afresh")
    assert page.input_value("dialog [name=reason]") == "" and page.locator("dialog [name=category]:checked").count() == 0
    page.check("dialog [value=other]")
    page.fill("dialog [name=reason]", "a whole one")
    with page.expect_request("**/corrections?part=1"):
        page.route("**/corrections?part=1", lambda route: route.abort())
        page.click("dialog >> text=Send")
    page.wait_for_selector("dialog .wrong")
    assert "no connection" in page.inner_text("dialog .wrong") and page.input_value("dialog [name=reason]") == "a whole one"
    page.unroute("**/corrections?part=1")
    page.click("dialog >> text=Send")
    page.wait_for_selector("dialog .sent")
    page.click("dialog >> text=Close")
    press(page, "Control+Enter")
    page.wait_for_selector("dialog[open] form")
    assert page.input_value("dialog [name=reason]") == "" and len(stored(copied)) == 1


def test_the_whole_correction_by_touch_on_a_phone(site: str, copied: Path, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/texts/{document_of(copied)}", viewport={"width": 360, "height": 720}, has_touch=True, is_mobile=True)
    words = words_at(page)
    page.touchscreen.tap(100, 300)
    select_words(page, words)
    button = page.locator("#correct-selection")
    button.wait_for(state="visible")
    box = button.bounding_box()
    assert box and box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= 360 and box["y"] + box["height"] <= 720
    button.tap()
    page.wait_for_selector("dialog[open] form")
    assert page.inner_text("dialog .context mark") == words
    page.locator("dialog [value=danger]").tap()
    assert page.evaluate("document.documentElement.scrollWidth <= 360 && document.getElementById('correction').scrollWidth <= 360")
    page.locator("dialog >> text=Send").tap()
    page.wait_for_selector("dialog .sent")
    assert "hidden from now on" in page.inner_text("dialog")
    (made,) = stored(copied)
    assert made.category == "danger" and made.anchor.words == words
    page.locator("dialog >> text=Close").tap()
    assert not page.evaluate("document.getElementById('correction').open") and page.seen.faults == []


def test_too_much_selected_is_said(site: str, copied: Path, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/texts/{document_of(copied)}")
    page.evaluate("getSelection().selectAllChildren(document.getElementById('article'))")
    press(page, "Meta+Enter")
    page.wait_for_selector("dialog[open] form")
    assert "at most 256" in page.inner_text("dialog .wrong") and page.locator("dialog .context").count() == 0


def test_without_script_the_form_is_a_page(site: str, copied: Path, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/events/{FIRST}", java_script_enabled=False)
    page.click("text=suggest a correction")
    page.check("[value=no_event]")
    page.fill("[name=reason]", "a drill")
    page.click("text=Send")
    assert "Thank you" in page.inner_text("main") and len(stored(copied)) == 1


# --- the desk --------------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(copied: Path) -> list[str]:
    """Three corrections that wait, in the order of the queue, and an editor."""
    with open_record(str(copied), clock=lambda: NOON) as record:
        put_editor(record, "ann", "admin", hash_password(PASSWORD))
        event = record.event(FIRST)
        assert event
        account = event.account_ids[0]
        told = [
            Report(category="danger", reason="they will find her", event_id=FIRST),
            Report(category="misread", field="killed", value="6", reason="counted", account_id=account),
            Report(category="no_event", reason="a drill", account_id=account),  # one of three accounts: the event stands
        ]
        return [made.id for made in propose(record, [take_report(record, one, NOON) for one in told], "reader")]


def sign_in(page: Any, site: str) -> None:
    page.goto(f"{site}/queue")
    tab_to(page, "[name=name]")  # there at once, by autofocus
    page.keyboard.type("ann")
    tab_to(page, "[name=password]")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    page.wait_for_selector(".waiting")


def state_of(path: Path, id: str) -> str:
    with open_record(str(path), clock=lambda: NOON) as record:
        found = record.correction(id)
        return found.state if found else ""


def at_hand(page: Any, id: str) -> None:
    until(page, f"document.getElementById('decision')?.getAttribute('action') === '/queue/{id}'")


def test_a_queue_is_worked_through_by_keyboard(site: str, copied: Path, waiting: list[str], open_page: Callable[..., Any]) -> None:
    danger, toll, _ = waiting
    with open_record(str(copied), clock=lambda: NOON) as record:
        first, second, third = (row.correction.id for row in order_queue(record))
    assert first == danger
    page = open_page(site)
    sign_in(page, site)
    at_hand(page, danger)
    assert page.locator(".source-text mark").count() > 0
    press(page, "r")
    at_hand(page, second)
    assert state_of(copied, danger) == "rejected"
    press(page, "u")
    until(page, "document.querySelector('.waiting .flag') !== null")
    assert state_of(copied, danger) == "proposed"
    press(page, "n")
    at_hand(page, second)
    press(page, "n")
    at_hand(page, third)
    press(page, "p")
    at_hand(page, second)
    press(page, "n")
    at_hand(page, third)
    tab_to(page, "#decision [name=reason]", 40)
    page.keyboard.type("are you sure, ann")  # letters that are typed decide nothing
    press(page, "n", "a", "r")
    assert state_of(copied, third) == "proposed" and page.input_value("#decision [name=reason]") == "are you sure, annnar"
    page.goto(f"{site}/queue?at={toll}")
    press(page, "e")
    assert page.evaluate("document.activeElement.name") == "value"
    press(page, "Control+a")
    page.keyboard.type("5")
    press(page, "Escape")
    assert page.evaluate("document.activeElement.matches('summary')")
    press(page, "e", "Enter")
    page.wait_for_selector(".note form")
    assert state_of(copied, toll) == "rejected"  # another value took its place
    with open_record(str(copied), clock=lambda: NOON) as record:
        (entered,) = [c for c in record.corrections("accepted") if c.follows == toll]
        assert entered.new["low"] == 5 and entered.decided_by == "ann"
    page.goto(f"{site}/queue?at={danger}")
    page.uncheck("#keys")
    press(page, "a")
    assert state_of(copied, danger) == "proposed"  # keys can be switched off
    assert page.seen.faults == []


def test_an_event_is_split_and_joined_by_keyboard(site: str, copied: Path, waiting: list[str], open_page: Callable[..., Any]) -> None:
    page = open_page(site)
    sign_in(page, site)
    page.goto(f"{site}/review/{FIRST}")
    count = page.locator("[type=checkbox][name=account]").count()
    assert count > 1
    press(page, "j", "j", "x", "s")
    until(page, f"document.querySelector('.note form') && document.querySelectorAll('[type=checkbox][name=account]').length < {count}")
    with open_record(str(copied), clock=lambda: NOON) as record:
        (split,) = [c for c in record.corrections("accepted") if c.field == "different"]
        away = record.event_of(split.new[0])
    press(page, "m")
    page.keyboard.type(str(away))
    press(page, "Enter")
    until(page, f"document.querySelectorAll('[type=checkbox][name=account]').length >= {count}")  # with those that it had gone to meanwhile
    press(page, "u")
    until(page, "location.pathname === '/decisions'")
    assert "withdrawn" in page.inner_text("main")


def test_everyone_can_use_these_pages(site: str, copied: Path, waiting: list[str], open_page: Callable[..., Any]) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed")
    for width in (1280, 360):
        page = open_page(f"{site}/corrections/new?event={FIRST}", viewport={"width": width, "height": 740})
        seen = {"form": axe(page)}
        page.goto(f"{site}/sign-in")
        seen["sign-in"] = axe(page)
        sign_in(page, site)
        for name in ("queue", f"review/{FIRST}", "decisions", "editors", "corrections", f"corrections/{waiting[0]}"):
            page.goto(f"{site}/{name}")
            seen[name] = axe(page)
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), f"{name} is wider than {width}"
        page.goto(f"{site}/events/{FIRST}")
        press(page, "Control+Enter")
        page.wait_for_selector("dialog[open] form")
        page.check("dialog [value=misread]")
        seen["dialog"] = axe(page)
        assert {name: faults for name, faults in seen.items() if faults} == {}
        assert page.seen.faults == []
