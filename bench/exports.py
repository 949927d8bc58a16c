"""How fast a large record is exported and counted, and in how much memory: python bench/exports.py [--events 100000] [--record FILE] [--format acled].

Made-up reports by a seed (bench/web.py), one to three of them an event, go in as events of another record (`khronika import`), so that no account is fetched for its names.
Of `OWN` events each is an entry of the log; the others are those again under other numbers and on other days, and are written into the projections alone, as the fold writes
them: to log and merge a million takes half an hour. At a tenth of the events and at all of them `khronika export` runs twice, as its users run it: the first time policy
looks at every event that is new, the second time what it made is kept in the record. Prints one JSON line: seconds, CPU seconds of all processes, peak memory of the largest
one (MB) for each; events in, rows out; CPU seconds of `khronika counts`. `_cpu_s` is what to look at on a busy machine. A record that FILE holds already is not filled again.
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import sys
import tempfile
import time
from multiprocessing import Process
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not bench/: html.py there would hide the library of that name

import sqlalchemy as sa
from msgspec.structs import replace

from bench.web import START, report
from khronika.record import open_record, schema, shown, store
from khronika.record.fold import columns_of, pack_event, tally_of
from khronika.record.merge import event_id, merge
from khronika.types import Event

BATCH = 2000
OWN = 20_000
DAYS = 1500


def make_event(number: int, draw: random.Random, places: list[tuple[str, str, float, float]]) -> Event:
    """Event `number`, told by one to three reports."""
    first = 3 * number + 1
    _, _, account = report(first, draw, places)
    accounts = [(first, account)]
    for seq in range(first + 1, first + 1 + number % 3):
        _, _, other = report(seq, draw, places)
        accounts.append((seq, other))
    return merge(accounts, {}, frozenset(), (), first + 2)


def fill(path: str, events: int) -> None:
    """Add events to a record up to so many."""
    draw = random.Random(5)
    places = [(f"Town {n}", draw.choice(("UA", "SD", "NG", "SO", "SY")), draw.gauss(30, 9), draw.gauss(30, 6)) for n in range(3000)]
    with open_record(path, clock=lambda: dt.datetime.now(dt.UTC)) as record:
        held = shown.count(record)
        own = [make_event(number, draw, places) for number in range(min(OWN, events))]
        for start in range(held, len(own), BATCH):
            with record.write(by="bench") as tx:
                for event in own[start : start + BATCH]:
                    tx.add_import(event)
        head = record.head()
        rows = [dict(columns_of(event)) for event in own]
        for start in range(max(held, len(own)), events, BATCH):
            tables: dict[sa.Table, list[dict[str, Any]]] = {schema.event_version: [], schema.event_head: [], schema.tally: []}
            for number in range(start, min(start + BATCH, events)):
                event = _again(own[number % OWN], number)
                day = event.when.value.start.isoformat() if event.when.value.start else None
                row = {"event_no": event.first_seq, "seq": head, "at": NOON, "into": None, **rows[number % OWN]}
                row |= {"first_day": day, "last_day": day, "body": pack_event(event)}
                tables[schema.event_version].append(row)
                tables[schema.event_head].append(row)
                tables[schema.tally].append(tally_of(event.first_seq, event))
            with store.begun(record._db):
                for table, added in tables.items():
                    store.insert(record._db, table, added)
            print(f"\r{start + BATCH} events", end="", file=sys.stderr)


NOON = "2031-01-01T12:00:00+00:00"


def _again(event: Event, number: int) -> Event:
    """An event under another number and on another of the days."""
    first, when = 3 * number + 1, event.when.value
    assert when.start is not None
    day = START + dt.timedelta(days=((when.start - START).days + 73 * (number // OWN)) % DAYS)
    held = replace(event.when, value=replace(when, start=day, end=day))
    return replace(event, id=event_id(first), first_seq=first, last_seq=first + 2, when=held, former_ids=())


def run(*words: str) -> dict[str, Any]:
    """A command's seconds, CPU seconds and peak memory (MB), and what it said."""
    with tempfile.TemporaryFile("w+") as said:
        started = time.perf_counter()
        files = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0), (os.POSIX_SPAWN_DUP2, said.fileno(), 2)]
        pid = os.posix_spawn(sys.executable, [sys.executable, "-m", "khronika", *words], os.environ, file_actions=files)
        _, status, used = os.wait4(pid, 0)
        seconds = time.perf_counter() - started
        said.seek(0)
        text = said.read()
    assert status == 0, text
    return {"s": round(seconds, 1), "cpu_s": round(used.ru_utime + used.ru_stime, 2), "peak_mb": round(used.ru_maxrss / 1024), "said": text}


def measure(path: str, format: str, folder: str) -> dict[str, Any]:
    """Two exports and one count."""
    figures: dict[str, Any] = {}
    out = str(Path(folder) / "out")
    for name in ("first", "again"):
        found = run("export", format, "--record", path, "-o", out, "--today", "2027-01-01")
        told = [line for line in found.pop("said").splitlines() if line.endswith("rows out")]
        figures |= {f"{name}_{key}": value for key, value in found.items()}
        if told:
            figures |= {"events": int(told[0].split()[0]), "rows": int(told[0].split()[3])}
    figures["file_mb"] = round(Path(out).stat().st_size / 1e6)
    return figures | {"counts_cpu_s": min(run("counts", "--by", "week,kind", "--record", path, "--csv", out)["cpu_s"] for _ in range(3))}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--format", default="acled")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = str(args.record or Path(folder) / "exports.sqlite")
        figures: dict[str, Any] = {"format": args.format}
        for events in (args.events // 10, args.events):
            filling = Process(target=fill, args=(path, events))  # apart: the peak of a command would begin with what this process holds
            filling.start()
            filling.join()
            assert filling.exitcode == 0
            figures[str(events)] = measure(path, args.format, folder)
        print(json.dumps({**figures, "record_mb": round(Path(path).stat().st_size / 1e6)}))


if __name__ == "__main__":
    main()
