"""Bad input: one clear line each, with the bytes where there are any, and the documents beside it are read all the same."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from khronika.acquire.items import Options, find
from khronika.types import Item, SetAside
from tests.acquire import samples

NOW = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
GOOD = "A good report stands beside the bad one."


def read(folder: Path, raw: bytes, **options: object) -> SetAside:
    """The one reason for a bad file that lies between two good ones."""
    for name, content in (("a.txt", GOOD.encode()), ("b.bad", raw), ("c.txt", GOOD.encode() + b" Again.")):
        (folder / name).write_bytes(content)
    first, *between, last = find([str(folder)], Options(now=NOW, **options))  # type: ignore[arg-type]
    assert isinstance(first, Item) and isinstance(last, Item)
    [bad] = [item for item in between if isinstance(item, SetAside)]
    assert "\n" not in bad.reason and bad.place.startswith(str(folder / "b.bad"))
    return bad


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b" \n\n ", "empty"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary"),
        (samples.zipped(b"Shots were heard. " * 5000)[:-30], "gzip"),
        (b"\x1f\x8b\x08\0garbage", "gzip"),
        (samples.warc({"https://dale.example/a": samples.page() * 9})[:-40], "cut or damaged"),
        (samples.warc({"https://dale.example/a": samples.page()}, zipped=False)[:-300], "cut or damaged"),
        (samples.wacz({"https://dale.example/a": samples.page()})[:-40], "cut or damaged"),
        (json.dumps({"id": "1", "events": []}).encode(), "without text"),
        (json.dumps({"id": "1", "text": "  ", "title": ""}).encode(), "without text"),
        (b'{"id": "1", "text": "Shots', "not valid JSON"),
        (b'{\n "id": "1",\n "text": "Shots"\n', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[1]", "no object"),
        (json.dumps(samples.article(published="2027-01-01")).encode(), "future"),
        (json.dumps(samples.article(published="soon")).encode(), "cannot be read"),
        (b"id,title_of,published\n1,x,2024-01-01\n2,y,2024-01-01\n", "column text"),
        (b"<?xml version='1.0'?><rss version='2.0'><channel><title>x</title></channel></rss>", "without entries"),
        (samples.pdf(None), "no text layer"),
        (b"%PDF-1.4\nnothing", "PDF cannot be read"),
        (b"PK\x03\x04nonsense", "cut or damaged"),
        (b"PAR1nonsense", "Parquet"),
    ],
)
def test_one_clear_line(tmp_path: Path, raw: bytes, reason: str) -> None:
    bad = read(tmp_path, raw)
    assert reason in bad.reason


def test_the_bytes_are_kept_with_the_reason(tmp_path: Path) -> None:
    raw = json.dumps({"id": "1"}).encode()
    assert read(tmp_path, raw).payload == raw
    assert read(tmp_path, b"\0\1binary" * 50).payload == b"\0\1binary" * 50


def test_a_page_of_50_mb(tmp_path: Path) -> None:
    bad = read(tmp_path, samples.page(body="Shots were heard. " * 3_000_000).encode())
    assert "51 MiB is over the limit of 20 MiB" in bad.reason


def test_unpacked_content_over_the_limit(tmp_path: Path) -> None:
    assert "over the limit" in read(tmp_path, samples.zipped(b"Shots were heard. " * 1000), max_bytes=5000).reason


def test_a_line_over_the_limit_costs_no_other_line(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(samples.lines(samples.article(), samples.article(), samples.article(text="Shots. " * 900), samples.article()))
    items = list(find([str(path)], Options(now=NOW, max_bytes=2000)))
    assert [isinstance(item, Item) for item in items] == [True, True, False, True]
    assert [item.place if isinstance(item, SetAside) else item.document.capture.place for item in items][2:] == [f"{path}#3", f"{path}#4"]


def test_a_broken_line_costs_no_other_line(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b'{"text": broken}\n' + samples.lines(samples.article(), samples.article(published="2030-01-01"), samples.article(id="z")))
    items = list(find([str(path)], Options(now=NOW)))
    assert [isinstance(item, Item) for item in items] == [False, True, False, True]


def test_the_pages_before_the_cut_of_an_archive_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(samples.warc({"https://dale.example/a": samples.page(), "https://dale.example/b": samples.page(body="Else. " * 900)})[:-50])
    first, second = find([str(path)], Options(now=NOW))
    assert isinstance(first, Item) and isinstance(second, SetAside)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: folder / "missing.txt", "No such file"),
        (lambda folder: folder / "*.none", "no file matches"),
        (lambda folder: _made(folder / "empty"), "without files"),
        (lambda folder: _fifo(folder / "pipe"), "not a regular file"),
    ],
)
def test_paths_that_cannot_be_read(tmp_path: Path, make: Callable[[Path], Path], reason: str) -> None:
    [bad, good] = find([str(make(tmp_path)), "-"], Options(now=NOW, stdin=io.BytesIO(GOOD.encode())))
    assert isinstance(bad, SetAside) and reason in bad.reason and "\n" not in bad.reason
    assert isinstance(good, Item)


def test_an_unreadable_file_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As another user's: the test may run as root, whom no permission stops."""
    (tmp_path / "x.txt").write_text(GOOD)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr("builtins.open", refuse)
    [bad] = find([str(tmp_path / "x.txt")], Options(now=NOW))
    assert isinstance(bad, SetAside) and "Permission denied" in bad.reason
    monkeypatch.setattr(os, "scandir", refuse)
    [bad] = find([str(tmp_path)], Options(now=NOW))
    assert isinstance(bad, SetAside) and "Permission denied" in bad.reason


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def test_a_zipped_archive_cut_between_two_records_says_so(tmp_path: Path) -> None:
    whole = samples.warc({"https://dale.example/a": samples.page()})
    path = tmp_path / "x"
    path.write_bytes(whole + samples.warc({})[:30])
    first, second = find([str(path)], Options(now=NOW))
    assert isinstance(first, Item) and isinstance(second, SetAside) and "cut or damaged" in second.reason
