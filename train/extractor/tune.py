"""Packed weights and the fixed tenth of the gold articles go in, thresholds and calibration come out, written into settings.json.

`python -m train.extractor.tune MODEL_DIR --data ../shared`. Nothing is chosen on `dev`; a report of the tenth is printed as one JSON line.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from khronika.extract.model.extractor import ModelExtractor
from train.extractor.calibrate import calibrate
from train.extractor.tenth import FIELDS, TOLLS, Remembering, Tenth, prediction

SURE = 0.8
"""Share of bootstrap draws of the tenth in which the model must be better before it takes a field over from the rules."""
NEVER = 1.01
"""A threshold that no p reaches."""
WAYS = ("model", "both", "rules")


def _events(figures: dict[str, float]) -> float:
    return figures["event"] + figures["event+type"]


STEPS: list[tuple[str, Callable[[dict[str, float]], float], list[float]]] = [
    ("event", _events, [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]),
    ("evidence", lambda f: _whole(f), [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]),
    ("background", lambda f: f["event"], [0.4, 0.5, 0.6, 0.7, 0.8]),
    ("event", _events, [0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]),
    *[(role, lambda f, role=role: f[FIELDS[role]], [0.1, 0.15, 0.2, 0.3, 0.4, 0.5]) for role in FIELDS],  # type: ignore[misc]
    ("alleged", lambda f: _alleged(f), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
    ("attempted", lambda f: f["status"], [0.2, 0.35, 0.5, 0.7]),
    ("foiled", lambda f: f["status"], [0.2, 0.35, 0.5, 0.7]),
    ("assessment", lambda f: f["assessments"], [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5]),
    ("forecast", lambda f: f["forecasts"], [0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5]),
]
"""What is chosen, by which worth, from which values, in this order."""


def choose(tenth: Tenth, events: str) -> float:
    """Choose thresholds and sources with the events of the rules kept (`rules`) or weighed anew (`model`); what the tenth is worth then."""
    model = tenth.model
    start = {**dict.fromkeys(set(FIELDS.values()), "rules"), "evidence": "rules", "events": events}
    model.settings = replace(model.settings, sources=start)
    hints = {h: _with(tenth, lambda f: f["event+type"] + f["event+class"], hint=h) for h in (0.0, 2.0, 4.0, 8.0)}
    model.settings = replace(model.settings, hint=max(hints, key=lambda h: hints[h]))
    tenth.with_claims = True  # more evidence brings more voices, right and wrong ones
    told = {way: _with(tenth, lambda f: _whole(f) + _claims(f), sources=start | {"evidence": way}) for way in ("rules", "model")}
    tenth.with_claims = False
    start["evidence"] = max(told, key=lambda way: told[way])
    alone = {key: start[key] for key in ("evidence", "events")}
    for name, worth, grid in STEPS:
        model.settings = replace(model.settings, sources=alone if name in FIELDS else start)
        best = max(grid, key=lambda value, name=name, worth=worth: _worth(tenth, name, value, worth))  # type: ignore[misc]
        model.settings = replace(model.settings, least=model.settings.least | {name: best})
    model.settings = replace(model.settings, sources=start)
    for field in (*sorted(set(FIELDS.values())), "assessments", "forecasts"):
        sources = model.settings.sources
        found = {way: _with(tenth, lambda f, field=field: f[field], sources=sources | {field: way}) for way in WAYS}  # type: ignore[misc]
        model.settings = replace(model.settings, sources=sources | {field: max(WAYS, key=lambda way, found=found: found[way])})  # type: ignore[misc]
    choose_claims(tenth)
    sources = model.settings.sources
    best = max(("model", "rules"), key=lambda way: _with(tenth, _alleged, sources=sources | {"status": way}))
    model.settings = replace(model.settings, sources=sources | {"status": best})
    return _with(tenth, _whole)


def choose_alone(tenth: Tenth) -> dict[str, float]:
    """Thresholds for texts that are left to the network, chosen on the tenth without its capitals."""
    model = tenth.model
    model.settings = replace(model.settings, sources={})
    for name, worth, grid in STEPS:
        if name not in ("assessment", "forecast"):
            best = max(grid, key=lambda value, name=name, worth=worth: _worth(tenth, name, value, worth))  # type: ignore[misc]
            model.settings = replace(model.settings, least=model.settings.least | {name: best})
    return model.settings.least


def choose_claims(tenth: Tenth) -> None:
    """Choose who says which voice speaks of an event, its stance, and the least p of a voice."""
    model, tenth.with_claims = tenth.model, True
    grid = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
    options = [(way, stance, least) for way in ("model", "both") for stance in ("model", "rules") for least in grid] + [("rules", "rules", 0.3)]
    kept = model.settings

    def under(way: str, stance: str, least: float) -> Any:
        return {"sources": kept.sources | {"claims": way, "stance": stance}, "least": kept.least | {"source": least}}

    best = max(options, key=lambda option: _with(tenth, _claims, **under(*option)))
    model.settings, tenth.with_claims = replace(kept, **under(*best)), False


def tune(model: ModelExtractor, data: Path) -> dict[str, Any]:
    """Choose everything on the tenth; the extractor's settings are replaced. Gives the report."""
    tenth = Tenth(model, data)
    held = calibrate(tenth)
    chosen, calibrated = {}, model.settings
    for events in ("model", "rules"):
        model.settings = calibrated
        chosen[events] = choose(tenth, events), model.settings
    model.settings = chosen["model"][1]
    alone = choose_alone(Tenth(model, data, lowered=True))
    chosen = {events: (worth, replace(settings, alone=alone)) for events, (worth, settings) in chosen.items()}
    readings = tenth.readings
    by_rules = tenth.tallies(lambda n: prediction(readings[n].mentions, readings[n].assessments, readings[n].forecasts))
    shares = {}
    for events in ("rules", "model"):
        model.settings = chosen[events][1]
        shares["events by " + events] = tenth.share_better(tenth.tallies(tenth.by_model), by_rules, _whole)
    model.settings = chosen["model" if shares["events by model"] >= SURE else "rules"][1]
    if model.settings.sources["events"] == "rules" and shares["events by rules"] < SURE:
        model.settings = replace(model.settings, least=model.settings.least | {"event": NEVER}, sources=model.settings.sources | {"evidence": "rules"})
    shares["kind"] = tenth.share_better(tenth.tallies(tenth.by_model), by_rules, lambda f: f["event+type"])
    if shares["kind"] < SURE:
        model.settings = replace(model.settings, sources=model.settings.sources | {"kind": "rules"})
    tenth.with_claims = True
    worths = {field: (lambda f, field=field: f[field]) for field in (*sorted(set(FIELDS.values())), "assessments", "forecasts")}
    for field, worth in (worths | {"claims": _claims, "status": _alleged}).items():
        given = tenth.tallies(tenth.by_model)
        shares[field] = tenth.share_better(given, by_rules, worth)
        if shares[field] < SURE:
            model.settings = replace(model.settings, sources=model.settings.sources | {field: "rules"})
    return {
        "articles": len(tenth.articles),
        "worth": {events: round(pair[0], 3) for events, pair in chosen.items()} | {"rules alone": round(_whole(tenth.summed(by_rules)), 3)},
        "share_better": shares,
        "model": tenth.figures(tenth.by_model),
        "rules": tenth.summed(by_rules),
        "reliability": held,
        "least": model.settings.least,
        "alone": model.settings.alone,
        "hint": model.settings.hint,
        "sources": model.settings.sources,
    }


def _claims(figures: dict[str, float]) -> float:
    return figures["claim source+stance"] + 0.5 * figures["claim source+stance on matched"]


def _alleged(figures: dict[str, float]) -> float:
    return figures.get("status alleged", 0.0) + 0.1 * figures["status"]


def _whole(figures: dict[str, float]) -> float:
    """What a reading is worth as a whole: events and kinds first, roles and counts after."""
    return figures["event"] + figures["event+type"] + 0.3 * sum(figures[x] for x in (*set(FIELDS.values()), *TOLLS))


def _worth(tenth: Tenth, name: str, value: float, worth: Callable[[dict[str, float]], float]) -> float:
    return _with(tenth, worth, least=tenth.model.settings.least | {name: value})


def _with(tenth: Tenth, worth: Callable[[dict[str, float]], float], **changed: Any) -> float:
    """What the tenth is worth under changed settings, which are put back."""
    kept = tenth.model.settings
    tenth.model.settings = replace(kept, **changed)
    result = worth(tenth.figures(tenth.by_model))
    tenth.model.settings = kept
    return result


def main() -> None:
    """Options of the command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    model = Remembering(args.model)
    report = tune(model, args.data)
    (args.model / "settings.json").write_bytes(msgspec.json.format(msgspec.json.encode(model.settings), indent=1))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
