"""How fast a record grows and answers: python bench/record.py [FOLDER | postgresql://ADDRESS] [--accounts N] prints one line of JSON.

Made-up reports by a seed, about four accounts an event; the record is made in the folder (a temporary one by default) or in the empty database given.
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not bench/: html.py there would hide the library of that name

from khronika.link import keys_of, link_accounts
from khronika.record import open_record
from khronika.record.record import Record
from khronika.text import digest_of
from khronika.types import Account, Capture, Document, Filter, Linking, Mention, Place, Quote, Reading, Text, Toll, When

BATCH = 64
START = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
KINDS = ("shelling_artillery_missile", "air_drone_strike", "armed_clash", "remote_explosive", "arrests")


class Maker:
    """Reports one after the other; every account tells of one of `events` happenings."""

    def __init__(self, events: int) -> None:
        self.draw = random.Random(7)
        self.events = events
        self.members: dict[int, list[str]] = {}
        self.number = 0

    def report(self) -> tuple[Document, bytes, Text, Account, int]:
        """A document of 400 words with one account, and the number of its event."""
        self.number += 1
        event = self.draw.randrange(self.events)
        day = START.date() + dt.timedelta(days=event % 700)
        words = f"Shells hit a bakery in Town {event % 900} on {day}, report {self.number}, killing two people."
        body = words + "".join(f" {self.draw.choice(('river', 'road', 'bridge', 'harbour', 'council', 'winter'))}{self.draw.randrange(9999)}" for _ in range(390))
        id = digest_of(body)
        quote = Quote(start=0, end=len(words), words=words)
        document = Document(id=id, capture=Capture(place=f"{self.number}.txt", at=START, tool="bench@1"), mime="text/plain", source=f"outlet-{self.number % 40}")
        mention = Mention(
            id=digest_of("mention", id), text_id=id, by="bench@1", trigger=quote, kind=KINDS[event % 5], evidence=(quote,), killed=Toll(low=2, high=2, quote=quote)
        )  # fmt: skip
        place = Place(name=f"Town {event % 900}", precision="settlement", reason="bench", country="UA", latitude=46.5, longitude=33.0, geonames_id=event % 900 + 1)
        when = When(basis="explicit", reason="bench", start=day, end=day)
        account = Account(id=digest_of("account", id), document_id=id, mention=mention, when=when, where=place, source=document.source, published=day)
        return document, body.encode(), Text(id=id, document_id=id, body=body, cleaner="bench@1"), account, event


def add(record: Record, maker: Maker, count: int) -> float:
    """Append `count` reports in one transaction, each linked to the event that it tells of; returns the seconds that it took."""
    touched: dict[int, list[str]] = {}
    reports = [maker.report() for _ in range(count)]
    started = time.perf_counter()
    with record.write(by="bench") as tx:
        for document, raw, text, account, event in reports:
            tx.add_document(document, raw)
            tx.add_text(text)
            tx.add_reading(document.id, Reading(text_id=text.id, by="bench@1"))
            tx.add_account(account, keys_of(account))
            maker.members.setdefault(event, []).append(account.id)
            touched[event] = maker.members[event]
        tx.add_linking(Linking(groups=tuple(tuple(group) for group in touched.values())))
    return time.perf_counter() - started


def cost_of_one(record: Record, maker: Maker) -> float:
    """Median milliseconds to append one more report, link it as `khronika read` does, and commit."""
    times = []
    for _ in range(15):
        document, raw, text, account, _ = maker.report()
        started = time.perf_counter()
        with record.write(by="bench") as tx:
            tx.add_document(document, raw)
            tx.add_text(text)
            tx.add_reading(document.id, Reading(text_id=text.id, by="bench@1"))
            tx.add_account(account, keys_of(account))
            tx.add_linking(link_accounts([account], record, {document.id: text.body}))
        times.append(time.perf_counter() - started)
    return round(statistics.median(times) * 1000, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("where", nargs="?", help="folder for the file, or address of an empty PostgreSQL database")
    parser.add_argument("--accounts", type=int, default=100_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        is_server = bool(chosen.where) and chosen.where.startswith("postgresql")
        address = chosen.where if is_server else str(Path(chosen.where or folder) / "bench.sqlite")
        with open_record(address, clock=lambda: dt.datetime.now(dt.UTC)) as record:
            figures = measure(record, chosen.accounts)
        if not is_server:
            figures["file_mb"] = round(Path(address).stat().st_size / 1e6, 1)
    print(json.dumps({"store": "postgresql" if is_server else "sqlite", **figures}))


def measure(record: Record, accounts: int) -> dict[str, float]:
    """Figures at 10^4, 10^5, ... up to `accounts`."""
    maker = Maker(max(1, accounts // 4))
    figures: dict[str, float] = {"accounts": accounts}
    spent, appended, mark = 0.0, 0, 10_000
    while maker.number < accounts:
        count = min(BATCH, accounts - maker.number)
        spent, appended = spent + add(record, maker, count), appended + count
        if maker.number >= mark or maker.number >= accounts:
            figures[f"one_more_ms_at_{min(mark, accounts)}"] = cost_of_one(record, maker)
            print(f"{maker.number} reports, {appended / spent:.0f} a second", file=sys.stderr)
            mark *= 10
    figures["reports_per_s"] = round(appended / spent, 1)
    head = record.head()
    for name, wanted in (
        ("as_of_first_page", Filter(as_of=head // 2)),
        ("as_of_month", Filter(as_of=head // 2, since=dt.date(2031, 6, 1), until=dt.date(2031, 6, 30))),
        ("events_month", Filter(since=dt.date(2031, 6, 1), until=dt.date(2031, 6, 30))),
    ):
        started = time.perf_counter()
        found = record.events(wanted)
        count = sum(1 for _, _event in zip(range(400), found))
        figures[f"{name}_ms"] = round((time.perf_counter() - started) * 1000, 1)
        figures[f"{name}_events"] = count
    started = time.perf_counter()
    assert record.verify().ok
    figures["verify_s"] = round(time.perf_counter() - started, 2)
    started = time.perf_counter()
    record.rebuild()
    figures["rebuild_s"] = round(time.perf_counter() - started, 2)
    return figures


if __name__ == "__main__":
    main()
