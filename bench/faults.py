"""What a record survives: python bench/faults.py [FOLDER | postgresql://EMPTY] [--kills 200] [--seed N] prints one line of JSON.

A child appends, links, corrects, reports, joins and withdraws as editors do, reads anew, erases and copies, and prints a line after each commit; it is killed (SIGKILL) at random moments.
After each kill the record must verify and hold everything that was acknowledged; the end must be that of an undisturbed run.
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not bench/: html.py there would hide the library of that name

import msgspec

from khronika.errors import UsageError
from khronika.record import open_record
from khronika.record.record import Record
from khronika.review.deciding import act, decide, join_events
from khronika.review.reporting import Report, submit, take_report
from khronika.review.rereading import compare_readings, take_plan, write_plan
from khronika.text import digest_of
from khronika.types import Account, Capture, Correction, Document, Filter, Linking, Mention, Quote, Reading, Text, Toll, When

AT = dt.datetime(2031, 5, 4, 12, tzinfo=dt.UTC)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def make_report(number: int, killed: int = 2) -> tuple[Document, Account]:
    """Report `number` with one account."""
    id = digest_of(f"report {number}")
    quote = Quote(start=0, end=6, words="report")
    document = Document(id=id, capture=Capture(place=f"{number}.txt", at=AT, tool="bench@1"), mime="text/plain")
    mention = Mention(id=digest_of("m", id), text_id=id, by="bench@1", trigger=quote, kind="attack", killed=Toll(low=killed, high=killed))
    when = When(basis="explicit", reason="bench", start=AT.date(), end=AT.date())
    return document, Account(id=digest_of("a", id), document_id=id, mention=mention, when=when, where=None, source=f"outlet {number}")


def do_step(record: Record, number: int) -> None:
    """One step of the work; done twice it changes nothing."""
    document, account = make_report(number)
    what = number % 12
    if what == 7 and number >= 8:  # erase an older report
        target = make_report(number - 5)[0].id
        if record.has_document(target):
            record.erase(target, "fault bench", "bench")
    if what >= 8:
        with contextlib.suppress(UsageError):  # done already, or what it is about was erased
            review_step(record, number)
    with record.write(by="bench") as tx:
        if tx.add_document(document, b"report" * 50):
            tx.add_text(Text(id=document.id, document_id=document.id, body="report", cleaner="bench@1"))
            tx.add_reading(document.id, Reading(text_id=document.id, by="bench@1"))
            tx.add_account(account, [f"k{number % 10}"])
        if what == 4:
            tx.add_linking(Linking(groups=(tuple(make_report(n)[1].id for n in range(number - 2, number + 1)),)))
        if what == 5:
            new = Correction(id=f"c{number}", field="mention.killed.low", old=2, new=1, reason="bench", account_id=account.id)
            tx.add_correction(new)
            tx.decide_correction(new.id, "accepted", by="bench")
        if what == 6:
            tx.add_reading(document.id, Reading(text_id=document.id, by="bench@2"))
            tx.add_account(make_report(number, killed=3)[1], ["again"])
        tx.note("step", str(number), {})


def review_step(record: Record, number: int) -> None:
    """What readers and editors do, each in a transaction of its own; and reading anew. Done a second time it is refused."""
    event = record.event(record.event_of(make_report(number - 8)[1].id) or "")
    other = record.event(record.event_of(make_report(number - 7)[1].id) or "")
    if number % 12 == 8 and event:
        made = take_report(record, Report(category="danger", reason=f"step {number}", event_id=event.id), AT)
        decide(record, submit(record, made, "reader", 1_000).id, "rejected", "bench")
    elif number % 12 == 9 and event and other:
        act(record, [join_events(event, other, f"step {number}", AT)], "bench")
    elif number % 12 == 10:
        for joined in [c for c in record.corrections("accepted") if c.reason == f"step {number - 1}"]:
            decide(record, joined.id, "withdrawn", "bench")
    elif number % 12 == 11:
        document, account = make_report(number - 8, killed=9)
        again = compare_readings(record, document.id, Reading(text_id=document.id, by="bench@3"), [account], {})
        out = io.BytesIO()
        write_plan([again] if again else [], out)
        out.seek(0)
        list(take_plan(record, out, "bench"))


def work(address: str, steps: int) -> None:
    """The child: what is not done yet, in order; one line after each commit."""
    with open_record(address, clock=now) as record:
        done = {entry.key for entry, _ in record.entries(kind="step")}
        for number in range(steps):
            if str(number) not in done:
                do_step(record, number)
                print(number, flush=True)


def end_state(record: Record) -> list[str]:
    """The fold without seqs, instants and ids."""
    hidden = {"id", "first_seq", "last_seq", "former_ids"}
    rows = [{k: v for k, v in msgspec.to_builtins(event).items() if k not in hidden} for event in record.events(Filter(background=True))]
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)


def kill_once(address: str, steps: int, wait_s: float) -> list[str]:
    """Start the child, kill it after a while; returns the steps that it acknowledged."""
    command = [sys.executable, __file__, address, "--work", str(steps)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(wait_s)
    child.kill()
    rest = child.stdout.read()
    if child.wait() not in (0, -9):
        raise SystemExit(f"the child ended by itself with {child.returncode}")
    return [line for line in (first + rest).split("\n") if line][: None if rest.endswith("\n") or not rest else -1]


def run(address: str, folder: Path, kills: int, draw: random.Random) -> dict[str, object]:
    """Kill, look, go on; then compare the end with an undisturbed run."""
    acknowledged: set[str] = set()
    steps = kills * 12
    open_record(address, clock=now).close()
    for turn in range(kills):
        acknowledged |= set(kill_once(address, steps, draw.random() * 0.15))
        with open_record(address, clock=now) as record:
            report = record.verify()
            if not report.ok:
                raise SystemExit(f"kill {turn + 1}: {report}")
            lost = acknowledged - {entry.key for entry, _ in record.entries(kind="step")}
            if lost:
                raise SystemExit(f"kill {turn + 1}: acknowledged and lost: {sorted(lost)}")
        if turn % 5 == 4:
            kill_copying(address, folder / f"copy{turn}.sqlite", draw.random() * 0.8)
    with open_record(address, clock=now) as record:
        done = {int(entry.key) for entry, _ in record.entries(kind="step")}
        reached = max(done, default=-1) + 2  # the last step may have been half done: its erasure commits by itself
        for number in sorted(set(range(reached)) - done):
            do_step(record, number)
        state = end_state(record)
    calm = str(folder / "calm.sqlite")
    with open_record(calm, clock=now) as record:
        for number in range(reached):
            do_step(record, number)
        calm_state = end_state(record)
    for row in sorted(set(state) ^ set(calm_state)):
        print("-+"[row in state], row[:300], file=sys.stderr)
    same = state == calm_state
    return {"kills": kills, "steps": reached, "acknowledged": len(acknowledged), "lost": 0, "verified": kills, "same_end": same}


def kill_copying(address: str, target: Path, wait_s: float) -> None:
    """A copy that is killed leaves an empty or a whole record, never half a one."""
    child = subprocess.Popen([sys.executable, __file__, address, "--copy", str(target)])
    time.sleep(wait_s)
    child.kill()
    child.wait()
    if target.exists() and target.stat().st_size:
        with open_record(str(target), clock=now) as copy, open_record(address, clock=now) as record:
            if not copy.verify().ok or copy.head() not in (0, record.head()):
                raise SystemExit(f"{target}: half a copy ({copy.head()} of {record.head()} entries)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("where", nargs="?", help="folder for the file, or address of an empty PostgreSQL database")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--copy", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work is not None:
        work(chosen.where, chosen.work)
        return
    if chosen.copy is not None:
        with open_record(chosen.where, clock=now) as record:
            record.backup(chosen.copy)
        return
    seed = chosen.seed if chosen.seed is not None else int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        is_server = bool(chosen.where) and chosen.where.startswith("postgresql")
        address = chosen.where if is_server else str(Path(chosen.where or folder) / "faults.sqlite")
        figures = run(address, folder, chosen.kills, random.Random(seed))
    print(json.dumps({"store": "postgresql" if is_server else "sqlite", "seed": seed, **figures}))
    sys.exit(0 if figures["same_end"] else 1)


if __name__ == "__main__":
    main()
