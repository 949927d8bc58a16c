"""Learns khronika/data/weights.json from our own labelled reports: python train/link_weights.py [--out FILE]

Reads train/link_pairs/*.jsonl (reports in our own words with the events that they tell of), puts each through the whole chain, labels the accounts,
and fits the weights on every pair of accounts of two reports that share a blocking key or come out within three days, drawn towards the weights of train/link_prior.json.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from khronika.config import DATA
from khronika.link import keys_of
from khronika.link.cluster import pair
from khronika.link.compare import Features, features, profile
from khronika.link.syndication import Texts
from khronika.link.weigh import Weights, read_weights, write_weights
from khronika.text import words_of
from khronika.types import Account
from train.logistic import learn

WINDOW = 3
"""Days of publication between two reports whose accounts are compared even where they share no blocking key: the easy pairs teach too."""
SILENT = ("unknown", "single", "different", "roll-up and single")
"""Levels that are not learnt: those that say nothing weigh 0, so that reasons read well, and a roll-up never swallows a single event."""
FIRM = dict.fromkeys(("day", "place", "published", "numbers", "killed", "injured", "kind", "names", "people", "perpetrators"), 6.0)
"""Features of which we know more than our reports show: those come out fresh, within days of each other."""
COPIES = 5
NOISE = 0.1
"""Share of structured features that are spoilt in each copy of a pair."""
ROUGH = ("day", "place", "kind", "killed", "injured", "detained", "perpetrators", "people", "weapons")
NEVER = dt.date(1, 1, 1)
HERE = Path(__file__).resolve().parent
Labelled = tuple[Account, str, str]
"""An account, its event, and the body of its report."""


def labelled_accounts(reports: list[dict[str, Any]], read: Any) -> list[Labelled]:
    """The accounts of our reports that tell of a labelled event; those of other events in passing are left out."""
    found: list[Labelled] = []
    for report in reports:
        for account in read(report):
            event = _event_of(account, report)
            if event:
                found.append((account, event, report["text"]))
    return found


def _event_of(account: Account, report: dict[str, Any]) -> str | None:
    """The one event of the report, or that whose words stand in the account's trigger or evidence."""
    if len(report["events"]) == 1:
        return None if account.mention.background else str(report["events"][0]["cluster"])
    told = " ".join(quote.words for quote in (account.mention.trigger, *account.mention.evidence))
    named = [event["cluster"] for event in report["events"] if event["words"].casefold() in told.casefold()]
    return named[0] if len(named) == 1 else None


def labelled_pairs(accounts: list[Labelled]) -> Iterator[tuple[Features, bool, tuple[str, str]]]:
    """Features and truth of each pair of two reports that share a blocking key or come out close together."""
    texts = Texts()
    for account, _, body in accounts:
        texts.add(account.document_id, body)
    profiles = [profile(account, body) for account, _, body in accounts]
    keys = [frozenset(keys_of(account)) for account, _, _ in accounts]
    for i, (a, event_a, _) in enumerate(accounts):
        for j, (b, event_b, _) in enumerate(accounts[:i]):
            near = abs((a.published or b.published or NEVER) - (b.published or a.published or NEVER)).days <= WINDOW
            if a.document_id != b.document_id and (near or not keys[i].isdisjoint(keys[j])):
                copy = texts.near_copies(a.document_id, b.document_id)
                yield features(profiles[i], profiles[j], copy), event_a == event_b, pair(a.id, b.id)


def read_reports() -> list[dict[str, Any]]:
    """All reports of train/link_pairs."""
    return [json.loads(line) for file in sorted((HERE / "link_pairs").glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]


def _roughened(rows: list[Features]) -> list[Features]:
    """Copies of the rows in which a structured feature now and then has the level of some other pair: real reports are read worse than ours."""
    dice, found = random.Random(5), []
    for _ in range(COPIES):
        for row in rows:
            found.append({f: dice.choice(rows).get(f, level) if f in ROUGH and dice.random() < NOISE else level for f, level in row.items()})
    return found


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DATA / "weights.json")
    parser.add_argument("--ridge", type=float, default=20.0)
    parser.add_argument("--shift", type=float, default=3.0, help="added to the prior; our pairs are mostly near misses, real ones are not")
    parser.add_argument("--extractor", default="rules")
    arguments = parser.parse_args()
    from bench.linking import Reader

    reports = read_reports()
    accounts = labelled_accounts(reports, Reader(arguments.extractor).accounts_of)
    fit(accounts, len(reports), arguments.out, arguments.ridge, arguments.shift)


def fit(accounts: list[Labelled], n_reports: int, out: Path, ridge: float, shift: float = 0.0) -> None:
    """Learn from labelled accounts and write the weights."""
    pairs = list(labelled_pairs(accounts))
    same = [truth for _, truth, _ in pairs]
    before = read_weights(HERE / "link_prior.json")
    rows = _roughened([row for row, _, _ in pairs])
    prior, levels = learn(
        rows, same * COPIES, ridge, before.levels, before.prior, worth=[1 / COPIES] * len(rows), smooth=4 * ridge, silent=SILENT, firm=FIRM
    )
    words = sum(len(words_of(body)) for _, _, body in accounts)
    print(f"{n_reports} reports, {len(accounts)} accounts ({words} words), {len(pairs)} pairs, {sum(same)} of one event", file=sys.stderr)
    write_weights(out, Weights(version="link@1", prior=round(prior + shift, 2), levels=levels, texts=f"{len(pairs)} labelled pairs of train/link_pairs"))


if __name__ == "__main__":
    main()
