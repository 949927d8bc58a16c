"""Which reports tell of one event: python bench/linking.py FILE.jsonl prints one JSON line of figures.

Each line is one item (id, source, published, language, title, text, and the gold `cluster`). The whole chain reads each item, title included; two
items are together where they share an event; an item that yields no account is a singleton. B3 takes, for each item, the items together with it.
`_with_account` counts only items that yield an account; `_structured` is by weights learnt without the features of running text (data/link/structured.json), so that
day, place, persons, means and numbers stand alone; `interval` is the 95 % bootstrap interval of pair F1 over gold clusters (seed 7, 1,000 draws).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.sort(key=lambda entry: entry.endswith("bench"))  # last: its html.py would hide the standard one
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from khronika.config import DATA
from khronika.link import link_accounts
from khronika.link.weigh import Weights, read_weights, weights
from khronika.text import digest_of
from khronika.types import Account, Capture, Document, Item, SetAside


class Reader:
    """The chain, for items given as JSON objects."""

    def __init__(self, extractor: str = "rules", model: Path | None = None) -> None:
        from khronika.pipeline import Chain, Settings

        self._chain = Chain(Settings(extractor=extractor, model=model))
        self.bodies: dict[str, str] = {}

    def accounts_of(self, entry: dict[str, Any]) -> list[Account]:
        """The accounts of one item; none where it was set aside."""
        payload = json.dumps({key: entry.get(key) for key in ("id", "source", "published", "language", "title", "text")}).encode()
        document = Document(
            id=digest_of(payload),
            capture=Capture(place=f"linking#{entry['id']}", at=dt.datetime(2031, 1, 1, tzinfo=dt.UTC), tool="bench"),
            mime="application/json",
            name=entry["id"],
            source=entry.get("source"),
            published=dt.date.fromisoformat(entry["published"][:10]) if entry.get("published") else None,
            language=entry.get("language"),
            title=entry.get("title"),
        )
        outcome = self._chain.read(Item(document=document, payload=payload, text=entry.get("text") or ""))
        if isinstance(outcome, SetAside) or outcome.text is None:
            return []
        self.bodies[document.id] = outcome.text.body
        return list(outcome.accounts)


class NoRecord:
    """A record that holds nothing: all items of a bench are new at once."""

    def refs_by_keys(self, keys: list[list[str]], _: int) -> list[list[tuple[str, int]]]:
        """None for any of the accounts asked for."""
        return [[] for _ in keys]

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None if name in ("event", "event_of", "text", "account") else []


def joined(accounts_of: dict[str, list[Account]], bodies: dict[str, str], by: Weights | None = None) -> dict[str, set[str]]:
    """Item to the items that share an event with it by linking (by these weights), itself included."""
    item_of = {account.id: item for item, accounts in accounts_of.items() for account in accounts}
    used = by or weights()
    with mock.patch("khronika.link.weigh.weights", lambda: used):
        linking = link_accounts([account for accounts in accounts_of.values() for account in accounts], NoRecord(), bodies)
    for note in linking.notes:
        print(note, file=sys.stderr)
    found = {item: {item} for item in accounts_of}
    for ids in linking.groups:
        items = {item_of[id] for id in ids}
        for item in items:
            found[item] |= items
    return found


def measure(entries: list[dict[str, Any]], found: dict[str, set[str]]) -> dict[str, float]:
    """Pair precision, recall, F1 and B3 F1 over some items."""
    ids = {entry["id"] for entry in entries}
    gold: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        gold[entry["cluster"]].add(entry["id"])
    of = {item: items for items in gold.values() for item in items}
    near = {item: found[item] & ids for item in ids}
    right = sum(len(near[item] & of[item]) - 1 for item in ids)
    claimed, true = (sum(len(sets[item]) - 1 for item in ids) for sets in (near, of))
    precision, recall = right / claimed if claimed else 0.0, right / true if true else 0.0
    b3_precision = sum(len(near[item] & of[item]) / len(near[item]) for item in ids) / max(len(ids), 1)
    b3_recall = sum(len(near[item] & of[item]) / len(of[item]) for item in ids) / max(len(ids), 1)
    return {"pair_f1": _f1(precision, recall), "pair_precision": precision, "pair_recall": recall, "b3_f1": _f1(b3_precision, b3_recall)}


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def interval(entries: list[dict[str, Any]], found: dict[str, set[str]], draws: int = 1000) -> list[float]:
    """95 % interval of pair F1: gold clusters drawn anew, with what each of their items was joined to."""
    gold: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        gold[entry["cluster"]].add(entry["id"])
    counts = [
        (sum(len(found[i] & ids) - 1 for i in ids), sum(len(found[i]) - 1 for i in ids), len(ids) * (len(ids) - 1)) for _, ids in sorted(gold.items())
    ]
    dice, drawn = random.Random(7), []
    for _ in range(draws):
        right, claimed, true = (sum(column) for column in zip(*dice.choices(counts, k=len(counts)), strict=True))
        drawn.append(2 * right / (claimed + true) if claimed + true else 0.0)
    drawn.sort()
    return [round(drawn[int(draws * 0.025)], 3), round(drawn[int(draws * 0.975)], 3)]


def main() -> None:
    """Print the figures of one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--extractor", default="rules")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--wrong", action="store_true", help="print to stderr which items were joined wrongly or missed")
    arguments = parser.parse_args()
    entries = [json.loads(line) for line in arguments.file.read_text(encoding="utf-8").splitlines() if line.strip()]
    reader = Reader(arguments.extractor, arguments.model)
    accounts_of = {entry["id"]: reader.accounts_of(entry) for entry in entries}
    with_account = {item for item, accounts in accounts_of.items() if accounts}
    found = joined(accounts_of, reader.bodies)
    alone = measure(entries, joined(accounts_of, reader.bodies, read_weights(DATA / "link/structured.json")))
    figures: dict[str, Any] = {name: round(value, 4) for name, value in measure(entries, found).items()}
    some = measure([entry for entry in entries if entry["id"] in with_account], found)
    figures |= {
        "item_recall": round(len(with_account) / max(len(entries), 1), 4),
        "pair_f1_with_account": round(some["pair_f1"], 4),
        "b3_f1_with_account": round(some["b3_f1"], 4),
        "pair_f1_structured": round(alone["pair_f1"], 4),
        "b3_f1_structured": round(alone["b3_f1"], 4),
        "interval": interval(entries, found),
        "items": len(entries),
    }
    if arguments.wrong:
        _print_wrong(entries, found)
    print(json.dumps(figures))


def _print_wrong(entries: list[dict[str, Any]], found: dict[str, set[str]]) -> None:
    by_id = {entry["id"]: entry for entry in entries}
    for a in by_id:
        for b in by_id:
            same = by_id[a]["cluster"] == by_id[b]["cluster"]
            if a < b and same != (b in found[a]):
                print("MISSED" if same else "JOINED", a, b, by_id[a]["title"][:70], "|", by_id[b]["title"][:70], file=sys.stderr)


if __name__ == "__main__":
    main()
