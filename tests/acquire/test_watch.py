"""FEEDS.toml is read with clear errors, and a poll gives new entries only, each feed at its own pace."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from khronika.acquire.watch import Feed, poll, read_feeds
from khronika.errors import DataError, InputError
from khronika.types import Capture, Item, SetAside
from tests.acquire import samples

NOW = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


class Fake:
    """Gives what it was told to, and remembers when it was asked."""

    def __init__(self, answers: dict[str, str | None]) -> None:
        self.answers, self.asked = answers, list[tuple[str, dt.datetime]]()

    def fetch(self, address: str, now: dt.datetime) -> tuple[bytes, Capture, str] | None:
        self.asked.append((address, now))
        if address not in self.answers:
            raise InputError("the host answered 500")
        answer = self.answers[address]
        return answer and (answer.encode(), Capture(place=address, at=now, tool="t@1", requested=address, final=address), "application/xml")  # type: ignore[return-value]


def titles(items: Any) -> list[str | None]:
    return [item.document.title if isinstance(item, Item) else item.reason for item in items]


def test_new_entries_only() -> None:
    feeds, state = [Feed(url="https://dale.example/rss", every="15m", source="dale", language="en")], {}  # type: ignore[var-annotated]
    fake = Fake({feeds[0].url: samples.RSS})
    first = list(poll(feeds, fake, NOW, state))
    assert titles(first) == ["Bridge closed", "Bridge open"]
    assert {item.document.source for item in first if isinstance(item, Item)} == {"dale"}
    assert titles(poll(feeds, fake, NOW + 15 * MINUTE, state)) == []
    fake.answers[feeds[0].url] = samples.RSS.replace("is open again", "stays shut")
    assert titles(poll(feeds, fake, NOW + 30 * MINUTE, state)) == ["Bridge open"]
    fake.answers[feeds[0].url] = None
    assert titles(poll(feeds, fake, NOW + 45 * MINUTE, state)) == []


def test_each_feed_at_its_own_pace() -> None:
    feeds, state = [Feed(url="a", every="10m"), Feed(url="b", every="1h")], {}  # type: ignore[var-annotated]
    fake = Fake({"a": samples.RSS, "b": samples.RSS})
    for minutes in (0, 5, 10, 60):
        list(poll(feeds, fake, NOW + minutes * MINUTE, state))
    assert [(name, (at - NOW) // MINUTE) for name, at in fake.asked] == [("a", 0), ("b", 0), ("a", 10), ("a", 60), ("b", 60)]


def test_a_failing_feed_stops_no_other() -> None:
    got = list(poll([Feed(url="a"), Feed(url="b")], Fake({"b": samples.RSS}), NOW, {}))
    assert isinstance(got[0], SetAside) and got[0].place == "a" and len(got) == 3


def test_an_entry_that_was_not_used_comes_again() -> None:
    state: dict[str, Any] = {}
    feeds, fake = [Feed(url="a", every="1m")], Fake({"a": samples.RSS})
    items = poll(feeds, fake, NOW, state)
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert len(list(poll(feeds, fake, NOW + MINUTE, state))) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no feeds"),
        ("[[feed]]\nevery = '5m'\n", "url"),
        ("[[feed]]\nurl = 'https://dale.example'\nevery = 'often'\n", "every"),
        ("[[feed]\n", "not TOML"),
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
