"""Airwars incidents: python bench/airwars.py FILE.jsonl [--extractor NAME] [--model DIR] [--predictions OUT] prints one JSON line.

Only the field `assessment` of an incident is read. The main account is the one with the highest p, then the first; counts are the lowest low and the
highest high over the accounts of its day (METRICS.md of the data). `day_exact`, `place_10km`, `place_3km`, `killed_exact`, `injured_exact` are shares of
the incidents for which the gold has such a value; `weapon_class` is the macro F1 over five classes, an item being right where the sets are equal.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

sys.path.sort(key=lambda entry: entry.endswith("bench"))  # last: its html.py would hide the standard one
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from khronika.ground.rank import kilometres
from khronika.pipeline import Chain, Settings

CLASSES = ("airstrike", "artillery", "drone", "small arms", "other")
GOLD = {"airstrike": "airstrike", "artillery": "artillery", "drone strike": "drone", "ground operation": "small arms"}
"""Parts of a gold `strike_type`; "and/or" is both, all else is other."""
WORDS = {
    "drone": r"\b(?:drones?|uavs?|quadcopters?|unmanned)\b",
    "artillery": r"\b(?:artiller\w+|shell(?:s|ed|ing)?|mortars?|howitzers?|tanks?|rockets?)\b",
    "airstrike": r"\b(?:air ?-?strikes?|air ?raids?|airstrikes?|warplanes?|jets?|aircraft|bombs?|bombed|bombard\w+|bombings?|missiles?)\b",
    "small arms": r"\b(?:guns?|gunfire|gunm[ae]n|rifles?|shot|shooting|snipers?|bullets?)\b",
}
KINDS = {"air_drone_strike": "airstrike", "shelling_artillery_missile": "artillery", "armed_clash": "small arms", "attack": "small arms"}
Json = dict[str, Any]


def gold_classes(strike_type: str) -> frozenset[str]:
    """The weapon classes of a gold label such as "Airstrike and/or Artillery, Ground operation"."""
    return frozenset(GOLD.get(part.strip().casefold(), "other") for part in re.split(r",| and/or ", strike_type))


def classes_of(account: Json) -> frozenset[str]:
    """The weapon classes that an account names by its weapons, else by its trigger, else by its kind."""
    for words in (" ".join(weapon["text"] for weapon in account["weapons"]), account["trigger"]["text"]):
        if found := [name for name, pattern in WORDS.items() if re.search(pattern, words, re.IGNORECASE)]:
            return frozenset(found)
    return frozenset({KINDS.get(account["type"], "other")})


def day_of(account: Json) -> str | None:
    """The day of an account that tells exactly one."""
    when = account["when"]
    return when["start"] if when["start"] == when["end"] else None


def range_of(tolls: Iterable[Json | None]) -> list[int | None] | None:
    """Lowest low and highest high of some counts (None: open), as the gold writes a range."""
    known = [toll for toll in tolls if toll]
    if not known:
        return None
    highs = [toll["high"] for toll in known]
    return [min(toll["low"] for toll in known), None if None in highs else max(highs)]


def predict(accounts: Sequence[Json]) -> Json:
    """What the accounts of one text say, in the gold's own form."""
    if not accounts:
        return {"date": None, "killed": None, "injured": None, "at": None, "classes": []}
    main = max(accounts, key=lambda account: account["p"] or 0.0)
    same_day = [account for account in accounts if account["when"]["start"] == main["when"]["start"] and account["when"]["end"] == main["when"]["end"]]
    where = main["where"]
    at = [where["latitude"], where["longitude"]] if where and where["latitude"] is not None else None
    counts = {count: range_of(account[count] for account in same_day) for count in ("killed", "injured")}
    return {"date": day_of(main), **counts, "at": at, "classes": sorted(classes_of(main))}


def score(gold: Sequence[Json], predicted: Sequence[Json]) -> dict[str, float]:
    """The figures of METRICS.md over incidents in the same order."""
    pairs = list(zip(gold, predicted, strict=True))
    placed = [(min(kilometres((c["lat"], c["lon"]), tuple(p["at"])) for c in g["coords"]) if p["at"] else 99999.0) for g, p in pairs if g["coords"]]
    figures = {f"{count}_exact": _share(p[count] == g[count] for g, p in pairs if g[count] and g[count][0] is not None) for count in ("killed", "injured")}
    figures["weapon_class"] = macro_f1([gold_classes(g["strike_type"]) for g in gold], [frozenset(p["classes"]) for p in predicted])
    figures["day_exact"] = _share(p["date"] == g["date"] for g, p in pairs)
    return figures | {f"place_{km}km": _share(away <= km for away in placed) for km in (10, 3)}


def _share(hits: Iterable[bool]) -> float:
    values = list(hits)
    return round(sum(values) / len(values), 4) if values else 0.0


def macro_f1(gold: Sequence[frozenset[str]], predicted: Sequence[frozenset[str]]) -> float:
    """Mean F1 over the classes; a label counts as right only where the whole set is."""
    told, found, right = Counter(c for s in gold for c in s), Counter(c for s in predicted for c in s), Counter(c for g, p in zip(gold, predicted, strict=True) if g == p for c in g)
    return round(sum(2 * right[c] / (told[c] + found[c]) if told[c] + found[c] else 0.0 for c in CLASSES) / len(CLASSES), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--extractor", default="rules")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--predictions", type=Path)
    args = parser.parse_args()
    gold = [json.loads(line) for line in args.file.read_text(encoding="utf-8").splitlines() if line.strip()]
    chain = Chain(Settings(extractor=args.extractor, model=args.model))
    predicted = [predict(accounts_of(chain, incident["id"], incident["assessment"])) for incident in gold]
    if args.predictions:
        lines = [json.dumps({"id": g["id"], **p}, ensure_ascii=False) for g, p in zip(gold, predicted, strict=True)]
        args.predictions.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    print(json.dumps(score(gold, predicted) | {"incidents": len(gold), "without_account": sum(not p["classes"] for p in predicted)}))


def accounts_of(chain: Chain, name: str, body: str) -> list[Json]:
    """The accounts of one text as `read --json` prints them."""
    import datetime as dt

    from khronika.transfer.reading import account_to_json
    from khronika.types import Capture, Document, Text

    capture = Capture(place=name, at=dt.datetime.now(dt.UTC), tool="bench")
    document = Document(id=name, capture=capture, mime="text/plain", name=name, language="en")
    text = Text(id=name, document_id=name, body=body, cleaner="bench", language="en")
    return [account_to_json(account) for account in chain.read_text(document, b"", text).accounts]


if __name__ == "__main__":
    main()
