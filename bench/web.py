"""How fast the pages answer: python bench/web.py [--events N] [--record FILE] [--profile full|public] prints one line of JSON.

A made-up record of N events (by a seed; kept in FILE, so that a second run starts from it) is served by `khronika serve` in a process of its own. Eight clients ask for
the events page, the list of a filter, marks and the timeline at random, without a pause. `*_p95_ms` are over all answers of a kind; `cpu_ms` is what the server spent on one
(user and system), which other work on the machine does not change. `kb` is all that a first visit loads, compressed, without tiles. `paint_ms` is the first contentful
paint, `ready_ms` the time until list, marks and timeline stand; `frames_per_s` is counted while the map is dragged, `marks` what it then holds.
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import datetime as dt
import http.client
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not bench/: html.py there would hide the library of that name

from msgspec.structs import replace

from khronika.record import open_record
from khronika.text import digest_of
from khronika.types import (
    Account,
    ActorRef,
    Capture,
    Claim,
    Correction,
    Document,
    Linking,
    Mention,
    Participant,
    Place,
    Quote,
    Text,
    Toll,
    When,
)

CLIENTS = 8
BATCH = 500
START = dt.date(2022, 1, 1)
KINDS = ("shelling_artillery_missile", "air_drone_strike", "armed_clash", "remote_explosive", "peaceful_protest", "arrests", "attack")
WORDS = "bakery bridge convoy depot market school hospital train harbour road power station house warehouse checkpoint river village square".split()


def fill(path: str, events: int, reviewed: bool) -> None:
    """A record of so many events of one account each, at 3,000 places in five countries."""
    draw = random.Random(5)
    places = [(f"Town {n}", draw.choice(("UA", "SD", "NG", "SO", "SY")), draw.gauss(48, 3) if n % 2 else draw.gauss(12, 5), draw.gauss(34, 4) if n % 2 else draw.gauss(25, 9)) for n in range(3000)]
    with open_record(path, clock=lambda: dt.datetime.now(dt.UTC)) as record:
        for first in range(0, events, BATCH):
            with record.write(by="bench") as tx:
                for number in range(first, min(first + BATCH, events)):
                    document, text, account = report(number, draw, places)
                    tx.add_document(document, text.body.encode())
                    tx.add_text(text)
                    tx.add_account(account, [account.id[:8]])
                    if reviewed:
                        tx.add_correction(Correction(id=f"COR-{number}", field="review", reason="read", account_id=account.id, state="accepted", decided_by="ann"))
                tx.add_linking(Linking(groups=()))
            print(f"\r{first + BATCH} events", end="", file=sys.stderr)


def report(number: int, draw: random.Random, places: list[tuple[str, str, float, float]]) -> tuple[Document, Text, Account]:
    """One document with one account."""
    name, country, latitude, longitude = places[int(3000 * draw.random() ** 2)]
    day = START + dt.timedelta(days=int(1500 * draw.random()))
    killed = draw.randrange(9)
    evidence = f"Shells hit a {draw.choice(WORDS)} and a {draw.choice(WORDS)} in {name}, killing {killed} people, the regional administration said."
    body = f"{evidence} Report {number}. The army denied it."
    quote, denial = Quote(start=0, end=len(evidence), words=evidence), Quote(start=body.index("The army"), end=len(body), words="The army denied it.")
    id = digest_of(body)
    by = Quote(start=denial.start, end=denial.start + 8, words="The army")
    claim = Claim(by=by, stance="denies", about="occurrence" if number % 11 == 0 else "perpetrator", quote=denial, speaker=ActorRef(name=f"Army of {country}", id=f"mil-{country.lower()}", country=country, kind="State forces"))
    target = Participant(quote=Quote(start=11, end=20, words=evidence[11:20]), kind="building")
    mention = Mention(id=digest_of("m", id), text_id=id, by="bench@1", trigger=quote, kind=KINDS[number % len(KINDS)], evidence=(quote,), killed=Toll(low=killed, high=killed + number % 3, quote=quote), targets=(target,), claims=(claim,))  # type: ignore[arg-type]
    where = Place(name=name, precision="region" if number % 9 == 0 else "settlement", reason="bench", country=country, latitude=latitude, longitude=longitude, radius_km=60.0 if number % 9 == 0 else 3.0, population=60_000)
    document = Document(id=id, capture=Capture(place=f"{number}.txt", at=dt.datetime(2031, 1, 1, tzinfo=dt.UTC), tool="bench@1"), mime="text/plain", source=f"outlet-{number % 40}")
    account = Account(id=digest_of("a", id), document_id=id, mention=mention, when=When(basis="explicit", reason="bench", start=day, end=day), where=where, source=document.source, published=day)
    return document, Text(id=id, document_id=id, body=body, cleaner="bench@1"), replace(account)


def address(draw: random.Random) -> tuple[str, str]:
    """What a client asks for next: kind of answer and address."""
    query: dict[str, Any] = {}
    if draw.random() < 0.8:
        since = START + dt.timedelta(days=draw.randrange(1400))
        query |= {"since": since, "until": since + dt.timedelta(days=draw.choice((7, 60, 400)))}
    for name, value, share in (
        ("kind", draw.choice(KINDS), 0.4), ("place", f"town {draw.randrange(100, 3000)}"[: draw.choice((7, 9))], 0.3), ("contested", 1, 0.2), ("killed", draw.randrange(5), 0.2),
        ("q", f"{draw.choice(WORDS)} {draw.choice(WORDS)}", 0.3), ("source", f"outlet-{draw.randrange(40)}", 0.1), ("actor", "army of ua", 0.1),
    ):  # fmt: skip
        if draw.random() < share:
            query[name] = value
    what = draw.choice(("page", "list", "list", "marks", "timeline"))
    if what == "marks":
        west, south, size = draw.uniform(-10, 40), draw.uniform(-10, 50), draw.choice((2, 10, 40))
        query |= {"view": f"{west:.2f},{south:.2f},{west + 2 * size:.2f},{min(89.0, south + size):.2f}", "zoom": max(2, int(math.log2(720 / size)))}
    path = {"page": "/", "list": "/", "marks": "/api/marks", "timeline": "/api/timeline"}[what]
    return what, f"{path}?{urlencode(query)}"


def load(port: int, seconds: float) -> dict[str, list[float]]:
    """Times of answers in ms by kind, from eight clients at once."""
    times: dict[str, list[float]] = {what: [] for what in ("page", "list", "marks", "timeline")}
    until = time.monotonic() + seconds

    def client(seed: int) -> None:
        draw, connection = random.Random(seed), http.client.HTTPConnection("127.0.0.1", port)
        while time.monotonic() < until:
            what, path = address(draw)
            started = time.perf_counter()
            connection.request("GET", path, headers={"HX-Request": "true"} if what == "list" else {})
            answer = connection.getresponse()
            answer.read()
            times[what].append((time.perf_counter() - started) * 1000)
            assert answer.status == 200, (answer.status, path)

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def cpu_of(pid: int) -> float:
    """Seconds of CPU time that a process has used."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def visit(base: str) -> dict[str, float]:
    """A first visit in headless Chromium, and the map dragged about."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1360, "height": 860})
        weight = [0]
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.on("Network.loadingFinished", lambda event: weight.__setitem__(0, weight[0] + int(event["encodedDataLength"])))
        started = time.perf_counter()
        page.goto(base, wait_until="commit")
        page.wait_for_selector("#timeline canvas")
        while not page.evaluate("window.khronikaMap?.last"):
            page.wait_for_timeout(10)
        ready = (time.perf_counter() - started) * 1000
        page.wait_for_load_state("networkidle")
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        box = page.locator("#map").bounding_box()
        assert box
        page.evaluate("window.frames_ = 0; window.count_ = true; const f = () => { window.frames_++; if (window.count_) requestAnimationFrame(f); }; requestAnimationFrame(f)")
        began = time.perf_counter()
        page.mouse.move(box["x"] + 400, box["y"] + 300)
        page.mouse.down()
        for step in range(120):
            page.mouse.move(box["x"] + 400 + 150 * math.sin(step / 12), box["y"] + 300 + 100 * math.cos(step / 12))
        page.mouse.up()
        frames = page.evaluate("window.count_ = false, window.frames_") / (time.perf_counter() - began)
        marks = page.evaluate("window.khronikaMap.last.marks.length")
        browser.close()
    return {"paint_ms": round(paint), "ready_ms": round(ready), "kb": round(weight[0] / 1000), "frames_per_s": round(frames, 1), "marks": marks}


def p95(values: list[float]) -> float:
    return round(sorted(values)[int(0.95 * len(values))], 1) if values else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--profile", default="full", choices=["full", "public"])
    parser.add_argument("--seconds", type=float, default=20)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = args.record or Path(folder) / "web.sqlite"
        if not path.exists():
            fill(str(path), args.events, args.profile == "public")
        started = time.perf_counter()
        command = [sys.executable, "-m", "khronika", "serve", "--record", str(path), "--port", "0", "--profile", args.profile]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout
            base = server.stdout.readline().split()[0].rstrip("/")
            figures: dict[str, Any] = {"events": args.events, "profile": args.profile, "start_s": round(time.perf_counter() - started, 1)}
            load(int(base.rpartition(":")[2]), 3)
            before = cpu_of(server.pid)
            times = load(int(base.rpartition(":")[2]), args.seconds)
            answers = sum(map(len, times.values()))
            figures |= {"answers_per_s": round(answers / args.seconds, 1), "cpu_ms": round((cpu_of(server.pid) - before) / answers * 1000, 1)}
            figures |= {f"{what}_p95_ms": p95(found) for what, found in times.items()}
            if Path("/usr/bin/chromium").exists():
                figures |= visit(base)
            server.terminate()
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
