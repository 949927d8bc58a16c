"""Every way in, told by content: what documents come out of it, with which statements and which identity."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from pathlib import Path

import pytest

from khronika.acquire.items import Options, canonical_url, find
from khronika.errors import UsageError
from khronika.types import Item, SetAside
from tests.acquire import samples

NOW = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
DAY = dt.date(2024, 3, 2)


def found(path: Path | str, **options: object) -> list[Item]:
    items = list(find([str(path)], Options(now=NOW, **options)))  # type: ignore[arg-type]
    assert not [item for item in items if isinstance(item, SetAside)], items
    return items  # type: ignore[return-value]


def put(folder: Path, raw: bytes | str, name: str = "file.dat") -> Path:
    path = folder / name
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return path


def test_plain_text_is_one_document_of_its_own_bytes(tmp_path: Path) -> None:
    path = put(tmp_path, samples.BODY)
    [item] = found(path, published=DAY, source="Dale Post", language="en", by="ann")
    document = item.document
    assert document.id == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (document.mime, document.published, document.source, document.language) == ("text/plain", DAY, "Dale Post", "en")
    assert (document.capture.place, document.capture.at, document.capture.by) == (str(path), NOW, "ann")
    assert document.capture.tool.startswith("khronika@")
    assert item.text is None and item.payload == path.read_bytes()


@pytest.mark.parametrize("zip_it", [False, True])
@pytest.mark.parametrize(
    ("raw", "mime", "count"),
    [
        (samples.page(), "text/html", 1),
        ("<p>A bare paragraph of markup.</p>", "text/html", 1),
        (samples.BODY, "text/plain", 1),
        (json.dumps(samples.article()), "application/json", 1),
        (json.dumps(samples.article(), indent=2), "application/json", 1),
        (json.dumps([samples.article(), samples.article(id="a2")], indent=1), "application/json", 2),
        (samples.lines(samples.article(), samples.article(id="a2")), "application/json", 2),
        (b"\xef\xbb\xbf" + samples.lines(samples.article(), samples.article(id="a2")), "application/json", 2),
        ("title,text,published\nA,One fell.,2024-03-02\nB,Two fell.,2024-03-02\n", "text/csv", 2),
        ("title;text\nA;One, two fell.\n", "text/csv", 1),
        ("id\tText\n7\tOne fell.\n", "text/csv", 1),
        (samples.ATOM, "application/feed-entry+json", 1),
        (samples.RSS, "application/feed-entry+json", 2),
        (samples.RDF, "application/feed-entry+json", 1),
        (json.dumps(samples.JSON_FEED), "application/feed-entry+json", 1),
        (json.dumps(samples.TELEGRAM, indent=1), "application/json", 2),
        (samples.pdf("Two shells hit the grain store of Oldbrook."), "application/pdf", 1),
        (samples.warc({"https://dale.example/a": samples.page()}, zipped=False), "text/html", 1),
        (samples.warc({"https://dale.example/a": samples.page(), "https://dale.example/b": samples.page()}), "text/html", 2),
        (samples.wacz({"https://dale.example/a": samples.page()}), "text/html", 1),
    ],
)
def test_format_is_told_by_content(tmp_path: Path, raw: bytes | str, mime: str, count: int, zip_it: bool) -> None:
    raw = raw if isinstance(raw, bytes) else raw.encode()
    items = found(put(tmp_path, samples.zipped(raw) if zip_it else raw))
    assert [item.document.mime for item in items] == [mime] * count
    assert len({item.document.capture.place for item in items}) == count


def test_only_the_named_keys_of_an_article_are_taken(tmp_path: Path) -> None:
    [item] = found(put(tmp_path, json.dumps(samples.article(events=[{"killed": 9}], boilerplate=["x"], url="https://dale.example/a?utm_source=q"))))
    document = item.document
    assert (document.name, document.source, document.published, document.title) == ("a1", "Dale Post", DAY, "Store hit")
    assert item.text == samples.BODY
    assert document.url == "https://dale.example/a"
    bare = found(put(tmp_path, json.dumps(samples.article(url="https://dale.example/a"))))[0]
    said = ("name", "source", "published", "language", "title", "url")
    assert [getattr(bare.document, key) for key in said] == [getattr(document, key) for key in said]


def test_other_key_names_are_mapped(tmp_path: Path) -> None:
    row = {"uid": 12, "headline": "Store hit", "body": samples.BODY, "day": "2024-03-02", "title": "not this"}
    keys = {"uid": "id", "headline": "title", "body": "text", "day": "published"}
    [item] = found(put(tmp_path, json.dumps(row)), keys=keys)
    assert (item.document.name, item.document.title, item.document.published, item.text) == ("12", "Store hit", DAY, samples.BODY)
    [item] = found(put(tmp_path, "uid,headline,body,day\n12,Store hit,Two shells.,2024-03-02\n"), keys=keys)
    assert (item.document.name, item.document.title, item.document.published, item.text) == ("12", "Store hit", DAY, "Two shells.")


def test_given_values_fill_only_what_is_lacking(tmp_path: Path) -> None:
    raw = samples.lines(samples.article(), {"text": samples.BODY})
    first, second = found(put(tmp_path, raw), published=dt.date(2020, 1, 1), source="Else", language="fr")
    assert (first.document.published, first.document.source, first.document.language) == (DAY, "Dale Post", "en")
    assert (second.document.published, second.document.source, second.document.language) == (dt.date(2020, 1, 1), "Else", "fr")


def test_a_line_is_a_document_of_its_own_bytes(tmp_path: Path) -> None:
    path = put(tmp_path, samples.lines(samples.article(), {"title": "Title alone"}))
    first, second = found(path)
    line = path.read_bytes().split(b"\n")[0]
    assert (first.payload, first.document.id) == (line, hashlib.sha256(line).hexdigest())
    assert [item.document.capture.place for item in (first, second)] == [f"{path}#1", f"{path}#2"]
    assert (second.document.title, second.text) == ("Title alone", "")


def test_feed_entries_carry_address_day_and_markup(tmp_path: Path) -> None:
    first, second = found(put(tmp_path, samples.RSS))
    assert (first.document.url, first.document.published, first.document.source) == ("https://dale.example/a", DAY, "Dale Post")
    assert first.document.published_at == dt.datetime(2024, 3, 2, 10, tzinfo=dt.UTC)
    assert first.document.language == "en" and first.feed_html
    [atom] = found(put(tmp_path, samples.ATOM))
    assert atom.text == "<p>The bridge was closed.</p><p>Nobody was hurt.</p>"
    assert found(put(tmp_path, samples.RSS.replace("is open again", "stays shut")))[0].document.id == first.document.id
    assert found(put(tmp_path, samples.RSS.replace("is open again", "stays shut")))[1].document.id != second.document.id


def test_telegram_messages(tmp_path: Path) -> None:
    first, second = found(put(tmp_path, json.dumps(samples.TELEGRAM)))
    assert (first.document.name, first.document.source, first.document.url) == ("dalewatch/2", "Dale Watch", "https://t.me/dalewatch/2")
    assert first.document.published_at == dt.datetime(2024, 3, 2, 10, tzinfo=dt.UTC)
    assert second.text == "Mill on fire."


def test_records_of_a_web_archive_keep_their_address(tmp_path: Path) -> None:
    path = put(tmp_path, samples.warc({"https://Dale.example/a/#top": samples.page()}))
    [item] = found(path)
    assert item.document.url == "https://dale.example/a"
    assert item.document.capture.requested == "https://Dale.example/a/#top"
    assert item.document.capture.headers["Content-Type"].startswith("text/html")
    assert item.payload == samples.page().encode()


def test_parquet(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="extra analytics is not installed")
    path = tmp_path / "rows.bin"
    duckdb.sql(f"COPY (SELECT 'a' AS id, 'One fell.' AS text, DATE '2024-03-02' AS published) TO '{path}' (FORMAT parquet)")
    [item] = found(path)
    assert (item.document.name, item.text, item.document.published) == ("a", "One fell.", DAY)


def test_folders_globs_and_standard_input(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    put(tmp_path, "One fell near the mill.", "2.txt")
    put(tmp_path / "b", "Two fell near the mill.", "1.txt")
    put(tmp_path, "hidden", ".hidden")
    assert [Path(item.document.capture.place).name for item in found(tmp_path)] == ["2.txt", "1.txt"]
    assert [Path(item.document.capture.place).name for item in found(tmp_path / "*.txt")] == ["2.txt"]
    assert len(found(tmp_path / "**")) == 2
    [item] = found("-", stdin=io.BytesIO(b"One fell near the mill."))
    assert item.document.capture.place == "-"


def test_lines_are_streamed(tmp_path: Path) -> None:
    """The second half of the file is not looked at before the first is used."""

    class Counting(io.BytesIO):
        read_lines = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            self.read_lines += 1
            return super().readline(size)

    from khronika.acquire.items import split
    from khronika.types import Capture

    file = Counting(samples.lines(*(samples.article(id=str(number)) for number in range(2000))))
    items = split(file, Capture(place="x", at=NOW, tool="t@1"), Options(now=NOW))
    next(items)
    assert file.read_lines < 20
    assert sum(1 for _ in items) == 1999


def test_a_large_table_is_streamed_and_a_large_list_is_allowed(tmp_path: Path) -> None:
    rows = "".join(f"{n},Shots were heard near the mill {n}.\n" for n in range(100))
    assert len(found(put(tmp_path, "id,text\n" + rows), max_bytes=1000)) == 100
    assert len(found(put(tmp_path, json.dumps([{"text": "Shots were heard."}] * 100)), max_bytes=1000)) == 100


def test_a_future_day_for_all_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="future"):
        list(find(["-"], Options(now=NOW, published=dt.date(2026, 2, 1))))


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("https://Dale.Example:443/a/?b=1&utm_medium=x#top", "https://dale.example/a?b=1"),
        ("http://dale.example", "http://dale.example/"),
        ("http://dale.example:8080/a?q=%20x", "http://dale.example:8080/a?q=+x"),
        ("ftp://dale.example/a", None),
        ("", None),
        (None, None),
    ],
)
def test_canonical_url(address: str | None, canonical: str | None) -> None:
    assert canonical_url(address) == canonical
    assert canonical_url(canonical) == canonical
