"""FEEDS.toml is read with clear errors, and a poll gives new entries only, each feed at its own pace."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from khronika.acquire.watch import Feed, poll, read_feeds
from khronika.errors import DataError, InputError
from khronika.types import Capture, Item, Poll, SetAside
from tests.acquire import samples

NOW = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


class Fake:
    """Gives what it was told to, and remembers when it was asked; `rests` says how long a host is to be left alone."""

    def __init__(self, answers: dict[str, str | None], rests: dict[str, float] | None = None) -> None:
        self.answers, self.asked, self.rests = answers, list[tuple[str, dt.datetime]](), rests or {}

    def fetch(self, address: str, now: dt.datetime) -> tuple[bytes, Capture, str] | None:
        self.asked.append((address, now))
        if address not in self.answers:
            raise InputError("the host answered 500")
        answer = self.answers[address]
        capture = Capture(place=address, at=now, tool="t@1", requested=address, final=address, headers={"etag": "v1", "server": "dale"})
        return answer and (answer.encode(), capture, "application/xml")  # type: ignore[return-value]

    def rest_s(self, address: str) -> float:
        return self.rests.get(address, 0.0)


def titles(items: Any) -> list[str | None]:
    return [item.document.title if isinstance(item, Item) else item.reason for item in items]


def polled(feeds: list[Feed], fake: Fake, now: dt.datetime, kept: dict[str, Poll]) -> list[Any]:
    """One poll of which all is kept."""
    answered: dict[str, Poll] = {}
    found = list(poll(feeds, fake, lambda: now, kept, answered))
    kept |= answered
    return found


def test_new_entries_only() -> None:
    feeds, kept = [Feed(url="https://dale.example/rss", every="15m", source="dale", language="en")], dict[str, Poll]()
    fake = Fake({feeds[0].url: samples.RSS})
    first = polled(feeds, fake, NOW, kept)
    assert titles(first) == ["Bridge closed", "Bridge open"]
    assert {item.document.source for item in first} == {"dale"}
    assert kept[feeds[0].url].validators == {"etag": "v1"}
    assert titles(polled(feeds, fake, NOW + 15 * MINUTE, kept)) == []
    fake.answers[feeds[0].url] = samples.RSS.replace("is open again", "stays shut")
    assert titles(polled(feeds, fake, NOW + 30 * MINUTE, kept)) == ["Bridge open"]
    fake.answers[feeds[0].url] = None
    assert titles(polled(feeds, fake, NOW + 45 * MINUTE, kept)) == [] and len(kept[feeds[0].url].seen) == 2


def test_each_feed_at_its_own_pace() -> None:
    feeds, kept = [Feed(url="a", every="10m"), Feed(url="b", every="1h")], dict[str, Poll]()
    fake = Fake({"a": samples.RSS, "b": samples.RSS})
    for minutes in (0, 5, 10, 60):
        polled(feeds, fake, NOW + minutes * MINUTE, kept)
    assert [(name, (at - NOW) // MINUTE) for name, at in fake.asked] == [("a", 0), ("b", 0), ("a", 10), ("a", 60), ("b", 60)]


def test_a_failing_feed_stops_no_other_and_is_left_alone_for_its_pause() -> None:
    kept: dict[str, Poll] = {}
    got = polled([Feed(url="a"), Feed(url="b")], Fake({"b": samples.RSS}), NOW, kept)
    assert isinstance(got[0], SetAside) and got[0].place == "a" and len(got) == 3
    assert kept["a"].next == NOW + 30 * MINUTE


def test_an_entry_that_was_not_used_comes_again() -> None:
    kept: dict[str, Poll] = {}
    feeds, fake = [Feed(url="a", every="1m")], Fake({"a": samples.RSS})
    items = poll(feeds, fake, lambda: NOW, kept, {})
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert kept["a"].next == NOW + MINUTE and not kept["a"].validators  # not asked again at once
    assert len(polled(feeds, fake, NOW + MINUTE, kept)) == 2


def test_a_host_that_wants_a_long_rest_holds_up_no_other_and_its_feeds_take_turns() -> None:
    feeds, kept = [Feed(url="https://slow.example/a", every="1m"), Feed(url="https://slow.example/b", every="1m"), Feed(url="https://dale.example/c")], dict[str, Poll]()
    fake = Fake(dict.fromkeys((feed.url for feed in feeds), samples.RSS))
    fake.rests = {feeds[1].url: 300.0}  # since a was asked
    polled(feeds, fake, NOW, kept)
    fake.rests = {}
    polled(feeds, fake, NOW + 5 * MINUTE, kept)
    assert [name[-1] for name, _ in fake.asked] == ["a", "c", "b", "a"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no feeds"),
        ("[[feed]]\nevery = '5m'\n", "url"),
        ("[[feed]]\nurl = 'https://dale.example'\nevery = 'often'\n", "every"),
        ("[[feed]\n", "not TOML"),
        ("[[feed]]\nurl = 'dale.example/rss'\n", "not an http or https address"),
        ("[[feed]]\nurl = 'http://[dale'\n", "not an http or https address"),
        ("[feed]\nurl = 'https://dale.example'\n", r"each feed is a \[\[feed\]\]"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "FEEDS.toml").write_text(text)
    with pytest.raises(DataError, match=reason):
        read_feeds(tmp_path / "FEEDS.toml")


def test_read_feeds(tmp_path: Path) -> None:
    (tmp_path / "FEEDS.toml").write_text("[[feed]]\nurl = 'https://dale.example'\nevery = '2h'\nsource = 'dale'\n")
    [feed] = read_feeds(tmp_path / "FEEDS.toml")
    assert (feed.url, feed.pause, feed.source) == ("https://dale.example", dt.timedelta(hours=2), "dale")
