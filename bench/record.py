"""How fast a record grows and answers: python bench/record.py [FOLDER | postgresql://ADDRESS] [--accounts N] prints one line of JSON.

Made-up reports by a seed, four an event on average, 100 events a day, in the order in which they come out. At 10^4, 10^5, ... accounts it measures appending
(batches of 64 with their links), one more report linked as `khronika read` does, `rebuild`, old and present views, `verify`, and the size of the store.

Up to each size the log is filled by writing its entries (documents with bytes, texts, readings, accounts, links; chained, later verified) and leaving the
projections to `rebuild`: one report after the other, a million would take a day. A run that was broken off goes on where FOLDER or ADDRESS holds its record.
`_cpu_ms` counts this process alone: it is what to look at on a busy machine, and says nothing of a server.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from itertools import islice, product
from pathlib import Path
from typing import Any, NamedTuple, cast

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not bench/: html.py there would hide the library of that name

import sqlalchemy as sa
from msgspec.structs import replace

from khronika.jsonl import to_json
from khronika.link import keys_of, link_accounts
from khronika.record import open_record, store
from khronika.record.fold import Fold, pack_document
from khronika.record.record import Record
from khronika.record.stored import StoredAccount
from khronika.record.writing import Transaction
from khronika.text import digest_of
from khronika.types import Account, Capture, Document, Event, Filter, Link, Linking, Mention, Place, Quote, Reading, Text, Toll, When

BATCH = 64
START = dt.date(2001, 1, 1)
A_DAY = 100
"""Events a day: the record grows in time, not in density."""
PER_EVENT = 4
OWN = 6
"""Links that an account keeps, as linking does."""
HAPPENINGS = (
    ("shelling_artillery_missile", "Shells hit a {what} in {town}"),
    ("air_drone_strike", "Drones struck a {what} in {town}"),
    ("armed_clash", "Gunmen stormed a {what} in {town}"),
    ("remote_explosive", "A car bomb went off at a {what} in {town}"),
    ("arrests", "Police raided a {what} in {town}"),
)
WHAT = ("bakery", "bridge", "school", "depot", "market", "hospital", "port", "barracks", "mosque", "station", "mill", "hotel")
SYLLABLES = ("ba", "dor", "ka", "lem", "mi", "nov", "or", "pe", "ras", "su", "tal", "ver", "zhy")


class Report(NamedTuple):
    """One report with one account."""

    document: Document
    raw: bytes
    text: Text
    account: Account


def event_of(number: int) -> int:
    """The event of which report `number` tells: most of the last days, a few older ones."""
    return max(0, number // PER_EVENT - int(random.Random(number).expovariate(1 / A_DAY)))


def make_report(number: int) -> Report:
    """Report `number`, 400 words; the same whenever it is asked for."""
    event, draw = event_of(number), random.Random(-number)
    happened = random.Random(event)
    kind, told = happened.choice(HAPPENINGS)
    town = happened.randrange(2000)
    day, published = (START + dt.timedelta(days=n // A_DAY) for n in (event, number // PER_EVENT))
    killed = happened.randrange(1, 20)
    title = told.format(what=happened.choice(WHAT), town=_towns()[town])
    words = f"{title} on {day:%d %B}, killing {killed} people, {draw.choice(_sentences())}"
    body = " ".join((words, *draw.choices(_sentences(), k=19), f"Report {number}."))
    id, quote = digest_of("document", str(number)), Quote(start=0, end=len(words), words=words)
    document = Document(id=id, capture=Capture(place=f"{number}.txt", at=_noon(published), tool="bench@1"), mime="text/plain", source=f"outlet-{number % 40}", published=published)
    mention = Mention(id=digest_of("mention", id), text_id=id, by="bench@1", trigger=quote, kind=cast(Any, kind), evidence=(quote,), killed=Toll(low=killed, high=killed, quote=quote))
    where = Place(name=_towns()[town], precision="settlement", reason="bench", country="UA", admin1=f"region {town % 25}", latitude=44 + town % 80 / 10, longitude=22 + town // 80 / 2, geonames_id=town + 1)
    when = When(basis="explicit", reason="bench", start=day, end=day)
    account = Account(id=account_of(number), document_id=id, mention=mention, when=when, where=where, source=document.source, published=published, title=title)
    return Report(document, body.encode(), Text(id=id, document_id=id, body=body, cleaner="bench@1"), account)


def account_of(number: int) -> str:
    """Id of the account of report `number`."""
    return digest_of("account", str(number))


@cache
def _towns() -> list[str]:
    return ["".join(parts).capitalize() for parts in product(SYLLABLES, repeat=3)][:2000]


@cache
def _sentences() -> list[str]:
    draw = random.Random(7)
    words = ["".join(draw.choices(SYLLABLES, k=draw.randrange(1, 5))) for _ in range(5000)]
    return [" ".join(draw.choices(words, k=20)).capitalize() + "." for _ in range(2000)]


def _noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), dt.UTC)


class Told:
    """Which accounts told of the events of the last reports: the truth that links are made by."""

    def __init__(self) -> None:
        self.members: dict[int, list[str]] = {}

    def linking(self, numbers: range) -> Linking:
        """Each new account in its event, with links to the latest of that event."""
        touched: dict[int, None] = {}
        links: list[Link] = []
        for number in numbers:
            event, id = event_of(number), account_of(number)
            group = self.members.setdefault(event, [])
            links += (_link(other, id) for other in group[-OWN:])
            group.append(id)
            touched[event] = None
        linking = Linking(groups=tuple(tuple(self.members[event]) for event in touched), links=tuple(links))
        for event in [event for event in self.members if event < numbers.stop // PER_EVENT - 40 * A_DAY]:
            del self.members[event]
        return linking


def _link(a: str, b: str) -> Link:
    return replace(_example(), a=min(a, b), b=max(a, b))


@cache
def _example() -> Link:
    """A link with its reasons, as linking makes them."""
    account = make_report(1).account
    return link_accounts([account, replace(account, id="other", document_id="other")], _Nothing(), {}).links[0]


class _Nothing:
    """A record that holds nothing."""

    def refs_by_keys(self, wanted: list[list[str]], limit: int) -> list[list[tuple[str, int]]]:
        return [[] for _ in wanted]

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None if name in ("event", "event_of", "text", "account") else []


class _Unfolded(Fold):
    """Leaves the projections to a later rebuild."""

    def apply(self, entry: Any, body: bytes | None) -> None:
        return


def append(tx: Transaction, report: Report) -> None:
    """One report as `khronika read` keeps it, without its links."""
    document, raw, text, account = report
    tx.append("document", document.id, pack_document(document, raw))
    tx.add_text(text)
    tx.add_reading(document.id, Reading(text_id=text.id, by="bench@1"))
    tx.append("account", account.id, to_json(StoredAccount(account, keys_of(account))))


def fill(record: Record, told: Told, first: int, last: int) -> None:
    """Reports `first` up to, not including, `last` into the log, 100 batches a transaction."""
    for start in range(first, last, 100 * BATCH):
        with store.begun(record._db):
            tx = Transaction(record._db, _Unfolded(record._db), "bench", _noon(START + dt.timedelta(days=start // PER_EVENT // A_DAY)))
            for at in range(start, min(start + 100 * BATCH, last), BATCH):
                numbers = range(at, min(at + BATCH, last))
                for number in numbers:
                    append(tx, make_report(number))
                tx.add_linking(told.linking(numbers))
            tx.flush()
        print(f"{min(start + 100 * BATCH, last)} reports in the log", file=sys.stderr)


def add(record: Record, told: Told, numbers: range) -> None:
    """A batch in one transaction, folded as it goes."""
    with record.write(by="bench") as tx:
        for document, raw, text, account in map(make_report, numbers):
            tx.add_document(document, raw)
            tx.add_text(text)
            tx.add_reading(document.id, Reading(text_id=text.id, by="bench@1"))
            tx.add_account(account, keys_of(account))
        tx.add_linking(told.linking(numbers))


def add_one(record: Record, number: int) -> None:
    """One more report, linked as `khronika read` does, and committed."""
    document, raw, text, account = make_report(number)
    with record.write(by="bench") as tx:
        tx.add_document(document, raw)
        tx.add_text(text)
        tx.add_reading(document.id, Reading(text_id=text.id, by="bench@1"))
        tx.add_account(account, keys_of(account))
        tx.add_linking(link_accounts([account], record, {document.id: text.body}))


Times = list[tuple[float, float]]
"""Seconds and seconds of this process's CPU."""


@contextmanager
def timed(times: Times) -> Iterator[None]:
    """Note how long the block takes."""
    started, cpu = time.perf_counter(), time.process_time()
    yield
    times.append((time.perf_counter() - started, time.process_time() - cpu))


def measure(record: Record, told: Told, size: int) -> tuple[dict[str, float], int]:
    """Figures of a record of `size` accounts whose projections are yet to be made, and the number of the next report."""
    figures: dict[str, float] = {}

    def note(name: str, work: Callable[[int], Any], times: int, scale: float = 1000) -> None:
        found: Times = []
        for turn in range(times):
            with timed(found):
                work(turn)
        unit = "ms" if scale == 1000 else "s"
        for kind, column in zip(("", "cpu_"), zip(*found, strict=True), strict=True):
            figures[f"{name}_{kind}{unit}"] = round(statistics.median(column) * scale, 2)

    note("rebuild", lambda _: record.rebuild(), 1, scale=1)
    batches = [range(size + turn * BATCH, size + (turn + 1) * BATCH) for turn in range(15)]
    note("append_64", lambda turn: add(record, told, batches[turn]), 15)
    figures["appended_per_s"] = round(BATCH * 1000 / figures["append_64_ms"], 1)
    following = batches[-1].stop
    note("one_more", lambda turn: add_one(record, following + turn), 31)
    head = record.head()
    day = START + dt.timedelta(days=size // PER_EVENT // A_DAY // 3)
    month = Filter(since=day, until=day + dt.timedelta(days=29))
    views = {"as_of_page": Filter(as_of=head // 2), "as_of_month": replace(month, as_of=head // 2), "month": month}
    for name, wanted in views.items():
        note(name, partial(_first_page, record, wanted), 3)
    note("verify", lambda _: _check(record), 1, scale=1)
    return figures, following + 31


def _first_page(record: Record, wanted: Filter, _: int) -> list[Event]:
    return list(islice(record.events(wanted), 400))


def _check(record: Record) -> None:
    report = record.verify()
    if not report.ok:
        raise SystemExit(str(report))


def size_mb(record: Record) -> float:
    """What the store takes on disk."""
    if record._db.dialect.name == "postgresql":
        return round(int(record._one(sa.text("SELECT pg_database_size(current_database())"))[0]) / 1e6, 1)
    return round(Path(record.address).stat().st_size / 1e6, 1)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("where", nargs="?", help="folder for the file, or address of an empty PostgreSQL database")
    parser.add_argument("--accounts", type=int, default=100_000)
    chosen = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        address = chosen.where if (chosen.where or "").startswith("postgresql") else str(Path(chosen.where or folder) / "bench.sqlite")
        with open_record(address, clock=lambda: dt.datetime.now(dt.UTC)) as record:
            told, done = Told(), record.kinds()["account"]
            for at in range(0, done, BATCH):  # a run that goes on knows what was told
                told.linking(range(at, min(at + BATCH, done)))
            sizes = [size for size in (10**power for power in range(4, 10)) if size < chosen.accounts]
            for size in (*sizes, chosen.accounts):
                if done >= size:
                    continue
                fill(record, told, done, size)
                figures[str(size)], done = measure(record, told, size)
                figures[str(size)]["size_mb"] = size_mb(record)
                print(json.dumps({"accounts": size, **figures[str(size)]}), file=sys.stderr)
            store_name = record._db.dialect.name
    print(json.dumps({"store": store_name, "accounts": figures}))


if __name__ == "__main__":
    main()
