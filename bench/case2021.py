"""CASE 2021 snippets: python bench/case2021.py FILE.tsv [--extractor NAME] [--model DIR] [--predictions OUT] prints one JSON line.

`weighted_f1_25` is scikit-learn's weighted F1 over the snippets of our 25 kinds; the label is the kind of the mention with the highest p,
then the first; a snippet without a mention gets `none`, which is wrong.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.sort(key=lambda entry: entry.endswith("bench"))  # last: its html.py would hide the standard one
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from khronika.extract import EXTRACTORS
from khronika.types import Reading, Text

KINDS = {
    "AIR_STRIKE": "air_drone_strike", "ART_MISS_ATTACK": "shelling_artillery_missile", "REM_EXPLOS": "remote_explosive", "SUIC_BOMB": "suicide_bomb",
    "GRENADE": "grenade", "CHEM_WEAP": "chemical_weapon", "ARMED_CLASH": "armed_clash", "GOV_REGAINS_TERIT": "government_regains_territory",
    "NON_STATE_ACTOR_OVERTAKES_TER": "non_state_actor_overtakes_territory", "NON_VIOL_TERRIT_TRANSFER": "non_violent_transfer_of_territory",
    "ATTACK": "attack", "SEX_VIOL": "sexual_violence", "ABDUCT_DISSAP": "abduction", "ARREST": "arrests",
    "PROPERTY_DISTRUCT": "looting_property_destruction", "DISR_WEAP": "disrupted_weapons_use", "PEACE_PROTEST": "peaceful_protest",
    "PROTEST_WITH_INTER": "protest_with_intervention", "FORCE_AGAINST_PROTEST": "excessive_force_against_protesters",
    "VIOL_DEMONSTR": "violent_demonstration", "MOB_VIOL": "mob_violence", "AGREEMENT": "agreement", "HQ_ESTABLISHED": "headquarters_or_base",
    "CHANGE_TO_GROUP_ACT": "change_to_group", "OTHER": "other_development",
}  # fmt: skip


def main_kind(reading: Reading) -> str:
    """The kind of the likeliest mention, the first of several; `none` without any."""
    return max(reading.mentions, key=lambda m: m.p or 0.0).kind if reading.mentions else "none"


def weighted_f1(gold: Sequence[str], predicted: Sequence[str]) -> float:
    """F1 of each gold class, weighted by how often it occurs."""
    support, guessed, right = Counter(gold), Counter(predicted), Counter(g for g, p in zip(gold, predicted, strict=True) if g == p)
    return sum(count * 2 * right[kind] / (count + guessed[kind]) for kind, count in support.items()) / len(gold) if gold else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--extractor", default="rules", choices=sorted(EXTRACTORS))
    parser.add_argument("--model", type=Path)
    parser.add_argument("--predictions", type=Path)
    args = parser.parse_args()
    extractor = EXTRACTORS[args.extractor](args.model)
    with args.file.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE) if row["SubType"] in KINDS]
    gold = [KINDS[row["SubType"]] for row in rows]
    predicted = [
        main_kind(extractor.read(Text(id=row["id"], document_id=row["id"], body=row["EventSnippet"], cleaner="bench", language="en"))) for row in rows
    ]
    if args.predictions:
        args.predictions.write_text("".join(f"{row['id']}\t{kind}\n" for row, kind in zip(rows, predicted, strict=True)), encoding="utf-8")
    silent = predicted.count("none")
    print(json.dumps({"weighted_f1_25": round(weighted_f1(gold, predicted), 4), "snippets": len(rows), "without_mention": silent}))


if __name__ == "__main__":
    main()
