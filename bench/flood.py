"""A flood of corrections on a running server: python bench/flood.py [--sent 5000] [--readers 50] prints one line of JSON.

Readers send corrections (each from an address of its own behind a trusted proxy) as fast as they can, while two others browse and a third
process reads reports into the same record. Nothing acknowledged may be lost, the limits must hold, and the pages must answer.
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # not bench/: html.py there would hide the library of that name

import httpx

from khronika.record import open_record

KHRONIKA = [sys.executable, "-m", "khronika"]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Flood:
    """The answers that readers got."""

    def __init__(self, address: str, events: list[str]) -> None:
        self.address, self.events = address, events
        self.statuses: Counter[int] = Counter()
        self.taken: dict[str, set[str]] = {}
        self.seconds: list[float] = []
        self.stop = threading.Event()

    def send(self, client: httpx.Client, number: int, reader: int) -> None:
        """One correction of one reader."""
        form = {"event": self.events[number % len(self.events)], "category": "other", "reason": f"number {number}"}
        answer = client.post(f"{self.address}/corrections", data=form, headers={"X-Forwarded-For": f"198.51.100.{reader}"})
        self.statuses[answer.status_code] += 1
        if answer.status_code == 303:
            self.taken.setdefault(answer.headers["location"].split("/")[-1].split("?")[0], set()).add(f"number {number}")

    def browse(self) -> None:
        """One who looks at pages the while."""
        with httpx.Client(timeout=60) as client:
            number = 0
            while not self.stop.is_set():
                path = ("/", f"/events/{self.events[number % len(self.events)]}", "/corrections", "/api/events")[number % 4]
                start = time.perf_counter()
                answer = client.get(self.address + path)
                self.seconds.append(time.perf_counter() - start)
                if answer.status_code != 200:
                    raise SystemExit(f"{path}: {answer.status_code}")
                number += 1


def append_reports(record: str, folder: Path, stop: threading.Event, done: list[int]) -> None:
    """Reports read in one after the other by another process."""
    number = 0
    while not stop.is_set():
        report = folder / f"report{number}.txt"
        report.write_text(f"A shell hit house {number} in Odesa on 2 May 2026, killing two people, police said.\n", encoding="utf-8")
        subprocess.run([*KHRONIKA, "read", str(report), "--published", "2026-05-03", "--record", record], check=True, capture_output=True)
        number += 1
        done[0] = number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sent", type=int, default=5_000)
    parser.add_argument("--readers", type=int, default=50)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record = str(folder / "flood.sqlite")
        subprocess.run([*KHRONIKA, "read", str(ROOT / "examples" / "reports"), "--record", record], check=True, capture_output=True)
        command = [*KHRONIKA, "serve", "--record", record, "--port", "0", "--profile", "research", "--trusted-proxy", "127.0.0.1"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[0].rstrip("/")
            figures = run(address, record, folder, chosen.sent, chosen.readers)
        finally:
            server.terminate()
            server.wait(20)
    print(json.dumps(figures))
    sys.exit(0 if figures["lost"] == 0 and figures["limits_hold"] and figures["chain"] else 1)


def run(address: str, record: str, folder: Path, sent: int, readers: int) -> dict[str, object]:
    """The flood, and what it left."""
    with open_record(record, clock=now) as opened:
        events = [event.id for event in opened.events()]
    # The day's hold-back and masking are not at issue here: only events that the profile shows are asked for.
    events = [id for id in events if httpx.get(f"{address}/events/{id}", timeout=60).status_code == 200]
    flood = Flood(address, events)
    appended = [0]
    others = [threading.Thread(target=flood.browse) for _ in range(2)]
    others.append(threading.Thread(target=append_reports, args=(record, folder, flood.stop, appended)))
    for thread in others:
        thread.start()
    start = time.perf_counter()
    with ThreadPoolExecutor(readers) as pool, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(httpx.Client(timeout=120)) for _ in range(readers)]
        for done in [pool.submit(flood.send, clients[n % readers], n, n % readers) for n in range(sent)]:
            done.result()
    wall_s = time.perf_counter() - start
    flood.stop.set()
    for thread in others:
        thread.join()
    with open_record(record, clock=now) as opened:
        stored = {c.id: c.reason for c in opened.corrections() if c.by == "reader"}
        lost = [id for id, said in flood.taken.items() if stored.get(id) not in said]
        minutes = int(wall_s // 60) + 1
        seconds = sorted(flood.seconds)
        return {
            "sent": sent, "readers": readers, "wall_s": round(wall_s, 1), "answers": dict(sorted(flood.statuses.items())), "taken": len(flood.taken),
            "stored": len(stored), "lost": len(lost), "limits_hold": len(stored) <= min(1_000, readers * min(60, 10 * (minutes + 1))),
            "pages": len(seconds), "page_p50_ms": round(1000 * seconds[len(seconds) // 2]), "page_p95_ms": round(1000 * seconds[int(len(seconds) * 0.95)]),
            "reports_appended": appended[0], "chain": opened.verify().ok,
        }  # fmt: skip


if __name__ == "__main__":
    main()
