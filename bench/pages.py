"""What leaves by pages, API, feed and exports: python bench/pages.py FOLDER [--record FILE] [--open] prints one line of JSON.

The articles of a gold folder are read, every event is said to be reviewed, and all that a reader of `research` and `public` can fetch is fetched. `names`: personal names in the
gold's victims, targets, perpetrators and claims that are off the allow-list, by the rule of bench/policy.py; `leaked`: those that stand, whole or by surname, in a page or answer about
their own article; `elsewhere`: those that stand whole in any other answer. `--open` takes every licence for an open one, so that whole
texts are shown, masked. `addresses`: answers looked at; what bench/policy.py counts as masked in vain is not counted again.
"""

# ruff: noqa: E402
from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])  # not bench/: html.py there would hide the library of that name
import html

warnings.filterwarnings("ignore", message="Using `httpx` with")

from starlette.testclient import TestClient

from bench.policy import gold_names, stands_in
from khronika import config
from khronika.acquire.items import Options, find
from khronika.ground.actors import load_registry
from khronika.pipeline import Settings, read_into
from khronika.policy import Policy
from khronika.record import open_record
from khronika.record.record import Record
from khronika.text import fold
from khronika.types import Correction, Filter
from khronika.web.app import create_app
from khronika.web.context import Setup
from khronika.web.streams import FORMATS

LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def read(folder: Path, path: str) -> None:
    """The articles, and every event reviewed."""
    with open_record(path, clock=lambda: LATER) as record:
        items = find([str(file) for file in sorted(folder.glob("*.json"))], Options(now=LATER))
        read_into(record, items, Settings(workers=1), "bench", lambda *_: None)
        with record.write(by="ann") as tx:
            for number, event in enumerate(list(record.events(Filter(background=True)))):
                id = f"COR-9{number:05d}"
                tx.add_correction(Correction(id=id, field="review", reason="read", account_id=event.account_ids[0], category="review"))
                tx.decide_correction(id, "accepted", "ann", "read")


def policy(profile: Any, licences: dict[str, str]) -> Policy:
    """The policy of a profile with the public figures of the registry, and these licences."""
    allowed = [name for actor in load_registry().actors.values() if actor.public for name in (actor.name, *(a for group in actor.aliases.values() for a in group))]
    return Policy(profile, LATER.date(), allowed, licences=licences)


def answers(record: Record, client: TestClient) -> Iterator[tuple[str, set[str], str]]:
    """Address, documents that it is about (empty: many) and text of everything that can be fetched."""
    everywhere = ["/?background=1", "/feed.atom", "/corrections", "/api/events?background=1&limit=500", "/api/marks?zoom=9&background=1", "/api/timeline?background=1"]
    about: dict[str, set[str]] = {address: set() for address in [*everywhere, *(f"/api/exports/{format}?background=1" for format in FORMATS)]}
    for event in record.events(Filter(background=True)):
        documents = {account.document_id for account in record.accounts(event.account_ids)}
        about |= dict.fromkeys((f"/events/{event.id}", f"/embed/{event.id}", f"/api/events/{event.id}"), documents)
    for document in record.documents():
        about |= dict.fromkeys((f"/texts/{document.id}", f"/api/texts/{document.id}"), {document.id})
    for address, documents in about.items():
        answer = client.get(address)
        assert answer.status_code in (200, 404), f"{address}: {answer.status_code}"
        if answer.status_code == 200:
            yield address, documents, html.unescape(re.sub(r"<[^>]*>", " ", answer.text)) if "<html" in answer.text else answer.text


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--open", action="store_true")
    args = parser.parse_args()
    given = frozenset(fold(n) for group in config.data("lexicon/en/persons.toml")["given"].values() for n in group.split())
    given |= {fold(n) for n in config.data("policy.toml")["forms"]["given"].split()}
    articles = {article["id"]: article for path in sorted(args.folder.glob("*.json")) for article in [json.loads(path.read_text(encoding="utf-8"))]}
    with tempfile.TemporaryDirectory() as folder:
        path = str(args.record or Path(folder) / "pages.sqlite")
        if not Path(path).exists():
            read(args.folder, path)
        figures: dict[str, Any] = {"articles": len(articles)}
        with open_record(path, clock=lambda: LATER) as record:
            public = policy("public", {})
            names = {document.id: {n for n in gold_names(articles[document.name or ""], given) if not public.is_public(n)} for document in record.documents() if document.name in articles}
            figures["names"] = sum(map(len, names.values()))
            outlets = {document.source: "CC0" for document in record.documents() if document.source and args.open}
            for profile in ("research", "public"):
                setup = Setup(address=path, profile=profile, policies=lambda name: policy(name, outlets), clock=lambda: LATER)  # type: ignore[arg-type]
                with TestClient(create_app(setup), follow_redirects=False) as client:
                    figures[profile] = look(answers(record, client), names)
    print(json.dumps(figures))


def look(found: Iterator[tuple[str, set[str], str]], names: dict[str, set[str]]) -> dict[str, int]:
    """Names that leaked, and how many answers were looked at."""
    leaked: set[tuple[str, str]] = set()
    elsewhere: set[str] = set()
    whole = {name for group in names.values() for name in group if " " in name}
    count = 0
    for address, documents, text in found:
        count += 1
        for document in documents:
            for name in names.get(document, ()):
                if stands_in(text, name):
                    leaked.add((document, name))
                    at = text.find(name.split()[-1])
                    print(f"leaked {address}: {name}: {text[max(0, at - 60) : at + 60]!r}", file=sys.stderr)
        for name in whole:
            if not documents and name in text:
                elsewhere.add(name)
                print(f"elsewhere {address}: {name}: {text[max(0, text.find(name) - 60) :][:120]!r}", file=sys.stderr)
    return {"addresses": count, "leaked": len(leaked), "elsewhere": len(elsewhere)}


if __name__ == "__main__":
    main()
