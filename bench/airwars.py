"""Airwars incidents: python bench/airwars.py FILE.jsonl [--extractor NAME] [--model DIR] [--predictions OUT] prints one JSON line.

Only the field `assessment` of an incident is read. The main account is the one with the highest p, then the first; counts are the lowest low and the
highest high over the accounts of its day (METRICS.md of the data), each written as Airwars' coders write it (`as_coded`); `killed_as_worded` and
`injured_as_worded` are the same without that step. `day_exact`, `place_10km`, `place_3km`, `killed_exact`, `injured_exact` are shares of
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

from khronika import config
from khronika.ground.rank import kilometres
from khronika.pipeline import Chain, Settings

CLASSES = ("airstrike", "artillery", "drone", "small arms", "other")
GOLD = {"airstrike": "airstrike", "artillery": "artillery", "drone strike": "drone", "ground operation": "small arms"}
"""Parts of a gold `strike_type`; "and/or" is both, all else is other."""
WORDS = {
    "drone": r"\b(?:drones?|uavs?|quadcopters?|unmanned)\b",
    "artillery": r"\b(?:artiller\w+|shell(?:s|ed|ing)?|mortars?|howitzers?|tanks?|rockets?)\b",
    "airstrike": r"\b(?:air ?-?strikes?|air ?raids?|airstrikes?|warplanes?|jets?|aircraft|bombs?|bombed|bombings?|missiles?)\b",
    "small arms": r"\b(?:guns?|gunfire|gunm[ae]n|rifles?|shot|shooting|snipers?|bullets?)\b",
}
UNSAID = re.compile(r"\bbombard\w+", re.IGNORECASE)
"""Words that leave open whether it came from the air or from a gun: "Airstrike and/or Artillery"."""
PLURAL, DOZENS = (2, 2), (12, 24)
"""What the coders write for people told of in the plural without a number, and for "dozens": they leave no range open."""
KINDS = {"air_drone_strike": "airstrike", "shelling_artillery_missile": "artillery", "armed_clash": "small arms", "attack": "small arms"}
Json = dict[str, Any]


def gold_classes(strike_type: str) -> frozenset[str]:
    """The weapon classes of a gold label such as "Airstrike and/or Artillery, Ground operation"."""
    return frozenset(GOLD.get(part.strip().casefold(), "other") for part in re.split(r",| and/or ", strike_type))


def classes_of(accounts: Sequence[Json]) -> frozenset[str]:
    """The weapon classes that the first of some accounts to name any does, by its weapons, else by its trigger; else that of the first one's kind.

    A drone strike counts as an airstrike too, as in the gold ("Airstrike, Drone Strike").
    """
    for account in accounts:
        for words in (" ".join(weapon["text"] for weapon in account["weapons"]), account["trigger"]["text"]):
            found = {name for name, pattern in WORDS.items() if re.search(pattern, words, re.IGNORECASE)}
            if UNSAID.search(words) and not found:
                found = {"airstrike", "artillery"}
            if found:
                return frozenset(found | {"airstrike"} if "drone" in found else found)
    return frozenset({KINDS.get(accounts[0]["type"], "other")})


def day_of(account: Json) -> str | None:
    """The day of an account that tells exactly one."""
    when = account["when"]
    return when["start"] if when["start"] == when["end"] else None


def as_coded(toll: Json) -> tuple[int, int]:
    """Low and high of a toll as the coders write it: "at least nine" is 9-9, "several" and "civilians" 2-2, "dozens" 12-24."""
    low, high = toll["low"], toll["high"]
    if high is not None:
        return low, high
    words = (toll["text"] or "").casefold()
    vague = {word for word, value in config.data("conventions/en.toml")["low"].items() if value == low and re.search(rf"\b{word}\b", words)}
    if "dozens" in vague:
        return DOZENS
    unnumbered = low == 1 and not re.search(r"\b(?:1|one)\b", words)
    return PLURAL if vague and low < DOZENS[0] or unnumbered else (low, low)


def range_of(ranges: Sequence[tuple[int, int | None]]) -> list[int | None] | None:
    """Lowest low and highest high of some ranges (None: open), as the gold writes a range."""
    if not ranges:
        return None
    highs = [high for _, high in ranges if high is not None]
    return [min(low for low, _ in ranges), max(highs) if len(highs) == len(ranges) else None]


def predict(accounts: Sequence[Json]) -> Json:
    """What the accounts of one text say, in the gold's own form."""
    if not accounts:
        return {"date": None, "killed": None, "injured": None, "as_worded": {"killed": None, "injured": None}, "at": None, "classes": []}
    main = max(accounts, key=lambda account: account["p"] or 0.0)
    same_day = [
        account
        for account in accounts
        if account is not main and account["when"]["start"] == main["when"]["start"] and account["when"]["end"] == main["when"]["end"]
    ]
    same_day.insert(0, main)
    where = main["where"]
    at = [where["latitude"], where["longitude"]] if where and where["latitude"] is not None else None
    tolls = {count: [account[count] for account in same_day if account[count]] for count in ("killed", "injured")}
    counts = {count: range_of([as_coded(toll) for toll in told]) for count, told in tolls.items()}
    worded = {count: range_of([(toll["low"], toll["high"]) for toll in told]) for count, told in tolls.items()}
    return {"date": day_of(main), **counts, "as_worded": worded, "at": at, "classes": sorted(classes_of(same_day))}


def score(gold: Sequence[Json], predicted: Sequence[Json]) -> dict[str, float]:
    """The figures of METRICS.md over incidents in the same order."""
    pairs = list(zip(gold, predicted, strict=True))
    placed = [
        (min(kilometres((c["lat"], c["lon"]), tuple(p["at"])) for c in g["coords"]) if p["at"] else 99999.0)
        for g, p in pairs
        if g["coords"]
    ]
    figures = {
        f"{count}_exact": _share(p[count] == g[count] for g, p in pairs if g[count] and g[count][0] is not None)
        for count in ("killed", "injured")
    }
    for count in ("killed", "injured"):
        figures[f"{count}_as_worded"] = _share(p["as_worded"][count] == g[count] for g, p in pairs if g[count] and g[count][0] is not None)
    figures["weapon_class"] = macro_f1([gold_classes(g["strike_type"]) for g in gold], [frozenset(p["classes"]) for p in predicted])
    figures["day_exact"] = _share(p["date"] == g["date"] for g, p in pairs)
    return figures | {f"place_{km}km": _share(away <= km for away in placed) for km in (10, 3)}


def _share(hits: Iterable[bool]) -> float:
    values = list(hits)
    return round(sum(values) / len(values), 4) if values else 0.0


def macro_f1(gold: Sequence[frozenset[str]], predicted: Sequence[frozenset[str]]) -> float:
    """Mean F1 over the classes; a label counts as right only where the whole set is."""
    told, found, right = (
        Counter(c for s in gold for c in s),
        Counter(c for s in predicted for c in s),
        Counter(c for g, p in zip(gold, predicted, strict=True) if g == p for c in g),
    )
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
