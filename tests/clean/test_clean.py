"""What clean makes of an item: body unchanged for text and JSON, completed document, language, way back, and one line for what cannot be read."""

from __future__ import annotations

import datetime as dt
import io
import json
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khronika.acquire.items import Options, find
from khronika.clean import clean
from khronika.errors import InputError, NotCodedError
from khronika.types import Document, Item, Text
from tests.acquire import samples

NOW = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
DAY = dt.date(2024, 3, 2)
RUSSIAN = (
    "Во вторник утром два снаряда попали в зернохранилище, сообщил районный совет.\n\n"
    "Сторож был ранен осколками, его доставили в больницу; пожар тушили три часа, сгорело около ста тонн зерна."
)


def item(raw: bytes | str, **options: object) -> Item:
    [found] = find(["-"], Options(now=NOW, stdin=io.BytesIO(raw if isinstance(raw, bytes) else raw.encode()), **options))  # type: ignore[arg-type]
    assert isinstance(found, Item), found
    return found


def cleaned(raw: bytes | str, **options: object) -> tuple[Document, Text]:
    return clean(item(raw, **options))


@pytest.mark.parametrize("body", [samples.BODY, samples.BODY + "\r\n", "  " + samples.BODY + "\n\n\n", "\tA\u00a0b said Cafe\u0301 burned near the mill on Monday."])
def test_plain_text_and_json_are_unchanged_but_for_their_normal_form(body: str) -> None:
    for raw in (body, json.dumps(samples.article(text=body))):
        _, text = cleaned(raw, language="en")
        assert text.body == unicodedata.normalize("NFC", body)


def test_alignments_lead_back_to_the_raw_text() -> None:
    raw = "The cafe\u0301 burned.\n\nTwo guests of the cafe\u0301 were hurt."
    _, text = cleaned(raw, language="en")
    assert len(text.body) < len(raw)
    for part in text.alignments:
        ours, theirs = text.body[part.start : part.start + part.length], raw[part.raw_start : part.raw_end]
        assert ours == unicodedata.normalize("NFC", theirs)
    assert sum(part.length for part in text.alignments) == len(text.body) - text.body.count("\n")


def test_alignments_of_a_page_lead_back_to_its_markup() -> None:
    markup = samples.page().replace("grain store of", "<b>grain&nbsp;store</b> of")
    _, text = cleaned(markup)
    assert text.alignments
    for part in text.alignments:
        ours, theirs = text.body[part.start : part.start + part.length].split(), markup[part.raw_start : part.raw_end]
        assert theirs.startswith(ours[0]) and theirs.endswith(ours[-1])


def test_a_page_gives_body_title_day_and_language() -> None:
    head = '<meta property="article:published_time" content="2024-03-02T08:00:00Z"><meta property="og:site_name" content="Dale Post">'
    document, text = cleaned(samples.page(head))
    assert text.body == samples.BODY
    assert (document.title, document.published, document.published_guessed) == ("Grain store hit in Oldbrook", DAY, False)
    assert (document.source, document.language, text.published, text.title) == ("Dale Post", "en", DAY, document.title)
    assert text.document_id == document.id and text.cleaner == "clean@1"


def test_what_is_given_wins_over_the_page() -> None:
    head = '<meta property="article:published_time" content="2024-03-02T08:00:00Z">'
    document, _ = cleaned(samples.page(head), published=dt.date(2024, 3, 1), source="Else")
    assert (document.published, document.source, document.published_guessed) == (dt.date(2024, 3, 1), "Else", False)


def test_a_day_found_only_by_wide_search_is_marked_as_guessed() -> None:
    document, _ = cleaned(samples.page(body=samples.BODY + "\n\nThe council had warned of it on 2 March 2024 in a letter."))
    assert (document.published, document.published_guessed) == (DAY, True)


def test_no_day_and_a_day_after_the_capture_are_none() -> None:
    assert cleaned(samples.page())[0].published is None
    head = '<meta property="article:published_time" content="2031-03-02T08:00:00Z">'
    assert cleaned(samples.page(head))[0].published is None


@pytest.mark.parametrize(
    "head",
    ["", '<meta charset="windows-1251">', '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">'],
)
def test_windows_1251_with_and_without_declaration(head: str) -> None:
    with pytest.raises(NotCodedError) as caught:
        cleaned(samples.page(head, RUSSIAN).replace("lang='en'", "").encode("cp1251"))
    assert caught.value.text.body == RUSSIAN and caught.value.document.language == "ru"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "cp1252"])
def test_other_encodings(codec: str) -> None:
    body = samples.BODY.replace("the district", "“the” district")
    assert cleaned(body.encode(codec), language="en")[1].body == body
    assert cleaned(samples.page(f'<meta charset="{codec}">', body).encode(codec))[1].body == body


def test_broken_encoding_costs_only_the_broken_letters() -> None:
    raw = samples.BODY.encode().replace(b"district", b"dis\xfftrict")
    _, text = cleaned(raw)
    assert text.body.startswith("Two shells hit the grain store of Oldbrook") and "watchman" in text.body


def test_a_broken_letter_in_a_cyrillic_text_is_marked_and_the_rest_kept() -> None:
    with pytest.raises(NotCodedError) as caught:
        cleaned(RUSSIAN.encode().replace("снаряда".encode(), b"\xff" + "наряда".encode()))
    assert caught.value.text.body == RUSSIAN.replace("снаряда", "\ufffdнаряда") and caught.value.document.language == "ru"


def test_markup_of_a_feed_entry_becomes_paragraphs() -> None:
    feed = samples.ATOM.replace("&lt;p&gt;Nobody", "&lt;script&gt;x()&lt;/script&gt;&lt;p&gt;&lt;b&gt;Nobody&lt;/b&gt; at Smith &amp;amp; Sons")
    _, text = cleaned(feed, language="en")
    assert text.body == "The bridge was closed.\n\nNobody at Smith & Sons was hurt."


def test_a_title_alone_is_read() -> None:
    _, text = cleaned(json.dumps({"title": "Two killed as shells hit the market of Oldbrook"}), language="en")
    assert (text.body, text.title) == ("", "Two killed as shells hit the market of Oldbrook")


@pytest.mark.parametrize(("given", "code"), [("en-GB", "en"), ("EN", "en"), ("en_US", "en")])
def test_a_given_language_is_trusted_and_made_a_code(given: str, code: str) -> None:
    document, text = cleaned(RUSSIAN, language=given)
    assert document.language == text.language == code


def test_language_is_detected_not_believed_of_a_template() -> None:
    with pytest.raises(NotCodedError) as caught:
        cleaned(samples.page(body=RUSSIAN))
    assert caught.value.document.language == "ru"


def test_where_no_language_can_be_detected_the_page_is_believed() -> None:
    body = "\n\n".join(f"12:{n} — 3 : {n}, 4 : 5, 6 : 7, 112 / 113 / 114; 2024. 33 — 44 — 55." for n in range(10, 16))
    assert cleaned(samples.page(body=body).replace("Grain store hit in Oldbrook", "12"))[0].language == "en"


@pytest.mark.parametrize(
    "words",
    [
        "Zwei Granaten trafen am Dienstag das Kornlager von Altbach, sagte der Kreisrat. Ein Wächter wurde verletzt.",
        "火曜日の朝、二発の砲弾が穀物倉庫に当たったと地区議会が発表した。警備員一人が負傷した。",
    ],
)
def test_a_language_without_lexicon_is_kept_with_its_text(words: str) -> None:
    with pytest.raises(NotCodedError, match="has no lexicon") as caught:
        cleaned(words)
    assert caught.value.text.body == words and caught.value.document.language == caught.value.text.language
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("<!doctype html><html><head><title>x</title></head><body><nav><a href='/'>Home</a></nav></body></html>", "no article"),
        ("<html></html>", "no article"),
        ("<html><body><script>var text = 'Two shells hit the store';</script></body></html>", "no article"),
    ],
)
def test_a_page_with_no_article(markup: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        cleaned(markup)
    assert not isinstance(caught.value, NotCodedError) and "\n" not in str(caught.value)


@given(st.text(min_size=1, max_size=400).filter(lambda text: text.strip()))
def test_any_text_is_kept_as_it_is(body: str) -> None:
    if body.encode("utf-8", "replace").decode() != body:
        return
    document = item(json.dumps(samples.article(text=body)))
    _, text = clean(document)
    assert text.body == unicodedata.normalize("NFC", body)
    assert all(0 <= start < end <= len(text.body) for start, end in text.boilerplate)


def test_same_item_same_text() -> None:
    assert cleaned(samples.BODY)[1] == cleaned(samples.BODY)[1]
    assert cleaned(samples.BODY)[1].id != cleaned(samples.BODY + " ")[1].id


def test_speed_of_a_text_of_400_words() -> None:
    made = item(json.dumps(samples.article(text="\n\n".join(f"{samples.BODY} ({n})" for n in range(14)), language=None)))
    clean(made)
    best = min(_seconds(made) for _ in range(5))
    assert best < 0.02  # about 1 ms; the machine may be busy


def _seconds(made: Item) -> float:
    start = time.perf_counter()
    clean(made)
    return time.perf_counter() - start
