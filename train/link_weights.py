"""Learns khronika/data/weights.json from our own labelled reports: python train/link_weights.py [--structured] [--check] [--out FILE]

Reads train/link_pairs/*.jsonl (reports in our own words with the events that they tell of), puts each through the whole chain, labels the accounts,
and fits the weights on every pair of accounts of two reports that share a blocking key or come out within three days, drawn towards the weights of train/link_prior.json.
With --structured the features of running text are left out, for data/link/structured.json, by which bench/linking.py shows what the others do alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from khronika.config import DATA
from khronika.link import keys_of
from khronika.link.cluster import pair
from khronika.link.compare import OF_WORDS, Features, features, profile
from khronika.link.joining import VERSION
from khronika.link.syndication import Texts
from khronika.link.weigh import Weights, read_weights, write_weights
from khronika.text import words_of
from khronika.types import Account
from train.logistic import learn

WINDOW = 3
"""Days of publication between two reports whose accounts are compared even where they share no blocking key: the easy pairs teach too."""
SILENT = ("unknown", "single", "different", "roll-up and single")
"""Levels that are not learnt: those that say nothing weigh 0, so that reasons read well, and a roll-up never swallows a single event."""
FOLDS = 5
SHIFTS = (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
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
        return str(report["events"][0]["cluster"])
    told = " ".join(quote.words for quote in (account.mention.trigger, *account.mention.evidence))
    named = [event["cluster"] for event in report["events"] if event["words"].casefold() in told.casefold()]
    return named[0] if len(named) == 1 else None


def labelled_pairs(accounts: list[Labelled], without: Collection[str] = ()) -> Iterator[tuple[Features, bool, tuple[str, str]]]:
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
                compared = {name: level for name, level in features(profiles[i], profiles[j], copy).items() if name not in without}
                yield compared, event_a == event_b, pair(a.id, b.id)


def read_reports() -> list[dict[str, Any]]:
    """All reports of train/link_pairs."""
    return [json.loads(line) for file in sorted((HERE / "link_pairs").glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]


def folds_of(reports: list[dict[str, Any]]) -> dict[str, int]:
    """Report to one of FOLDS folds; reports of one situation stay together, so that no event is learnt from and tried on."""
    situations = sorted({report["situation"] for report in reports})
    return {report["id"]: situations.index(report["situation"]) % FOLDS for report in reports}


def cross_validate(reports: list[dict[str, Any]], accounts_of: Mapping[str, list[Account]], bodies: dict[str, str], ridge: float, without: Collection[str] = ()) -> dict[float, dict[str, float]]:
    """Shift to pair and B3 figures over our own reports, each linked by weights learnt from the other folds."""
    from bench.linking import joined, measure

    fold = folds_of(reports)
    entries = [report | {"cluster": report["events"][0]["cluster"]} for report in reports if len(report["events"]) == 1 and accounts_of[report["id"]]]
    found: dict[float, dict[str, set[str]]] = {shift: {} for shift in SHIFTS}
    for number in range(FOLDS):
        labelled = labelled_accounts([report for report in reports if fold[report["id"]] != number], lambda report: accounts_of[report["id"]])
        learnt = learn_weights(list(labelled_pairs(labelled, without)), ridge)
        held = {entry["id"]: accounts_of[entry["id"]] for entry in entries if fold[entry["id"]] == number}
        for shift in SHIFTS:
            shifted = msgspec.structs.replace(learnt, prior=learnt.prior + shift)
            found[shift] |= joined(held, bodies, shifted)
    return {shift: measure(entries, groups) for shift, groups in found.items()}


def learn_weights(pairs: list[tuple[Features, bool, tuple[str, str]]], ridge: float) -> Weights:
    """Weights that fit labelled pairs, drawn towards those of train/link_prior.json."""
    before = read_weights(HERE / "link_prior.json")
    rows, same = [row for row, _, _ in pairs], [truth for _, truth, _ in pairs]
    towards = {name: levels for name, levels in before.levels.items() if name in rows[0]}
    prior, levels = learn(rows, same, ridge, towards, before.prior, smooth=2 * ridge, silent=SILENT)
    return Weights(version=VERSION, prior=prior, levels=levels, texts=f"{len(pairs)} labelled pairs of train/link_pairs")


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--structured", action="store_true", help="without the features of running text")
    parser.add_argument("--ridge", type=float, default=12.0, help="chosen by --check, as is the shift")
    parser.add_argument("--shift", type=float, default=2.0, help="added to the prior: whole groups are made of pairs, and a pair wrongly joined joins more")
    parser.add_argument("--extractor", default="rules")
    parser.add_argument("--check", action="store_true", help="only print figures of five-fold cross-validation by situation, for several shifts")
    arguments = parser.parse_args()
    from bench.linking import Reader

    out = arguments.out or DATA / ("link/structured.json" if arguments.structured else "weights.json")
    without = OF_WORDS if arguments.structured else ()
    reports, reader = read_reports(), Reader(arguments.extractor)
    accounts_of = {report["id"]: reader.accounts_of(report) for report in reports}
    if arguments.check:
        for shift, figures in cross_validate(reports, accounts_of, reader.bodies, arguments.ridge, without).items():
            print(json.dumps({"shift": shift} | {name: round(value, 3) for name, value in figures.items()}))
        return
    accounts = labelled_accounts(reports, lambda report: accounts_of[report["id"]])
    pairs = list(labelled_pairs(accounts, without))
    words = sum(len(words_of(body)) for _, _, body in accounts)
    print(f"{len(reports)} reports, {len(accounts)} accounts ({words} words), {len(pairs)} pairs, {sum(same for _, same, _ in pairs)} of one event", file=sys.stderr)
    learnt = learn_weights(pairs, arguments.ridge)
    write_weights(out, msgspec.structs.replace(learnt, prior=round(learnt.prior + arguments.shift, 2)))


if __name__ == "__main__":
    main()
