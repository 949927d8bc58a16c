"""Packed weights and gold articles that they never saw go in, thresholds and calibration come out, written into settings.json.

`python -m train.extractor.tune MODEL_DIR --data ../shared [--folds DIR DIR DIR]`. The articles are the fixed tenth of train and, where networks trained
without one fold each are given, all the others. Nothing is chosen on `dev`; a report is printed as one JSON line.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from khronika.extract.model.extractor import ModelExtractor
from khronika.extract.model.weights import Caseless
from train.extractor.calibrate import calibrate, fit, fit_kind, kind_pairs, part_pairs, reliability
from train.extractor.unseen import FIELDS, TOLLS, Remembering, Uncased, Unseen, prediction

SURE = 0.8
"""Share of bootstrap draws of the articles in which the model must be better before it takes events, evidence or status over from the rules."""
LIKELY = 0.65
"""The same for what both decide together by a few fitted weights: less can go wrong there, and the rules look better on these articles than they are (kinds .75 right on train, .66 on own reports)."""
NEVER = 1.01
"""A threshold that no p reaches."""
PARTS = tuple(sorted(set(FIELDS.values())))
SEEN = 0.05
"""The network's p from which a participant is weighed at all."""
WAYS = ("model", "weighed", "rules")
"""Who founds events: the network, the rules with triggers weighed by both, or the rules alone; the first that is surely better does."""
STRENGTHS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
GRID = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)


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


def choose(unseen: Unseen, events: str) -> float:
    """Choose thresholds and sources with events by the rules, by the rules with weighed triggers, or by the network; what the articles are worth then."""
    model = unseen.model
    if events == "weighed":
        model.settings = replace(model.settings, sources={"events": events, "evidence": "rules", "kind": "rules"}, least=model.settings.least | {"event": NEVER})
        best = max(STRENGTHS, key=lambda least: _worth(unseen, "trigger", least, _events))
        model.settings = replace(model.settings, least=model.settings.least | {"trigger": best})
    start = {**dict.fromkeys(set(FIELDS.values()), "rules"), "evidence": "rules", "events": events, "kind": "model" if events == "model" else "weighed"}
    model.settings = replace(model.settings, sources=start if events == "model" else start | {"kind": "rules"})
    if events == "model":
        choose_hint(unseen)
    else:
        model.settings = replace(model.settings, sources=start, kind=tuple(fit_kind(*kind_pairs(unseen))))
    unseen.with_claims = True  # more evidence brings more voices, right and wrong ones
    told = {way: _with(unseen, lambda f: _whole(f) + _claims(f), sources=start | {"evidence": way}) for way in ("rules", "model")}
    unseen.with_claims = False
    start["evidence"] = max(told, key=lambda way: told[way])
    model.settings = replace(model.settings, sources=start)
    if events != "model":  # none of the network's own beside them: what days and places these would get is not measured here
        model.settings = replace(model.settings, least=model.settings.least | {"event": NEVER})
    for name, worth, grid in STEPS:
        if name in FIELDS or name == "event" and events != "model":
            continue  # roles are weighed together with what the rules see, below
        best = max(grid, key=lambda value, name=name, worth=worth: _worth(unseen, name, value, worth))  # type: ignore[misc]
        model.settings = replace(model.settings, least=model.settings.least | {name: best})
    weigh_parts(unseen)
    for field in (*PARTS, "assessments", "forecasts"):
        sources, ways = model.settings.sources, ("weighed" if field in PARTS else "model", "rules")
        found = {way: _with(unseen, lambda f, field=field: f[field], sources=sources | {field: way}) for way in ways}  # type: ignore[misc]
        model.settings = replace(model.settings, sources=sources | {field: max(ways, key=lambda way, found=found: found[way])})  # type: ignore[misc]
    choose_claims(unseen)
    sources = model.settings.sources
    best = max(("model", "rules"), key=lambda way: _with(unseen, _alleged, sources=sources | {"status": way}))
    model.settings = replace(model.settings, sources=sources | {"status": best})
    return _with(unseen, _whole)


def choose_hint(unseen: Unseen) -> None:
    """Choose how much the rules' kind adds to the network's."""
    hints = {h: _with(unseen, lambda f: f["event+type"] + f["event+class"], hint=h) for h in (0.0, 2.0, 4.0, 8.0)}
    unseen.model.settings = replace(unseen.model.settings, hint=max(hints, key=lambda h: hints[h]))


def weigh_parts(unseen: Unseen) -> None:
    """Fit, for each field of participants, how far the network and the rules are believed, and choose the least p of one."""
    model = unseen.model
    model.settings = replace(model.settings, least=model.settings.least | dict.fromkeys(FIELDS, SEEN))
    for field in PARTS:
        pairs = part_pairs(unseen, field)
        weights = fit(np.array(pairs.features, float), np.array(pairs.truth, float))
        model.settings = replace(model.settings, parts=model.settings.parts | {field: tuple(weights)})
        sources = model.settings.sources | {field: "weighed"}
        found = {least: _with(unseen, lambda f, field=field: f[field], sources=sources, least=model.settings.least | {field: least}) for least in GRID}  # type: ignore[misc]
        model.settings = replace(model.settings, least=model.settings.least | {field: max(GRID, key=lambda least, found=found: found[least])})  # type: ignore[misc]


def choose_caseless(uncased: Uncased) -> Caseless:
    """Thresholds for texts that came without capitals, which are left to the network; twice, since that of events bears on all others."""
    model = uncased.model
    model.settings = replace(model.settings, sources={})
    for name, _, grid in (*STEPS, *STEPS):
        if name in ("event", "evidence", "background", *FIELDS):
            worths = {}
            for value in grid:
                kept = model.settings
                model.settings = replace(kept, least=kept.least | {name: value})
                worths[value] = uncased.worth()
                model.settings = kept
            model.settings = replace(model.settings, least=model.settings.least | {name: max(grid, key=lambda value, worths=worths: worths[value])})  # type: ignore[misc]
    return Caseless(sources={}, least=model.settings.least)


def choose_claims(unseen: Unseen) -> None:
    """Choose whose stances hold and whether voices are weighed, with the least p of one; the rules alone where that is no better."""
    model, unseen.with_claims = unseen.model, True
    kept = replace(model.settings, least=model.settings.least | {"source": SEEN})
    best, chosen = _with(unseen, _claims, sources=kept.sources | {"claims": "rules"}), replace(kept, sources=kept.sources | {"claims": "rules", "stance": "rules"})
    for stance in ("rules", "model"):
        model.settings = replace(kept, sources=kept.sources | {"claims": "weighed", "stance": stance})
        pairs = part_pairs(unseen, "claims")
        model.settings = replace(model.settings, parts=kept.parts | {"claims": tuple(fit(np.array(pairs.features, float), np.array(pairs.truth, float)))})
        for least in GRID:
            worth = _worth(unseen, "claims", least, _claims)
            if worth > best:
                best, chosen = worth, replace(model.settings, least=kept.least | {"claims": least})
    model.settings, unseen.with_claims = chosen, False


def tune(model: ModelExtractor, data: Path, folds: Sequence[Path] = ()) -> dict[str, Any]:
    """Choose everything on unseen articles; the extractor's settings are replaced. Gives the report."""
    unseen = Unseen(model, data, folds)
    held = calibrate(unseen)
    chosen, calibrated = {}, model.settings
    for events in WAYS:
        model.settings = calibrated
        chosen[events] = choose(unseen, events), model.settings
    model.settings = chosen["model"][1]
    uncased = Uncased(unseen, data)
    caseless, without_capitals = choose_caseless(uncased), uncased.worth()
    chosen = {events: (worth, replace(settings, caseless=caseless, hint=model.settings.hint)) for events, (worth, settings) in chosen.items()}
    readings = unseen.readings
    by_rules = unseen.tallies(lambda n: prediction(readings[n].mentions, readings[n].assessments, readings[n].forecasts))
    shares = {}
    for events in WAYS:
        model.settings = chosen[events][1]
        shares[events] = unseen.share_better(unseen.tallies(unseen.by_model), by_rules, _whole)
    model.settings = chosen[next((events for events in WAYS if shares[events] >= SURE), "rules")][1]
    unseen.with_claims = True
    worths = {field: (lambda f, field=field: f[field]) for field in (*PARTS, "assessments", "forecasts")}
    for field, worth in ({"evidence": _whole, "kind": lambda f: f["event+type"]} | worths | {"claims": _claims, "status": _alleged}).items():
        given, settings = unseen.tallies(unseen.by_model), model.settings
        model.settings = replace(settings, sources=settings.sources | {field: "rules"})
        shares[field] = unseen.share_better(given, unseen.tallies(unseen.by_model), worth)
        if shares[field] >= (SURE if field in ("evidence", "status") else LIKELY):
            model.settings = settings
    held |= {field: reliability(part_pairs(unseen, field)) for field in (*PARTS, "claims") if model.settings.sources[field] == "weighed"}
    return {
        "articles": len(unseen.articles),
        "without capitals": round(without_capitals, 3),
        "worth": {events: round(pair[0], 3) for events, pair in chosen.items()} | {"rules alone": round(_whole(unseen.summed(by_rules)), 3)},
        "share_better": shares,
        "model": unseen.figures(unseen.by_model),
        "rules": unseen.summed(by_rules),
        "reliability": held,
        "least": model.settings.least,
        "caseless": msgspec.structs.asdict(caseless),
        "hint": model.settings.hint,
        "kind": model.settings.kind,
        "sources": model.settings.sources,
    }


def _claims(figures: dict[str, float]) -> float:
    return figures["claim source+stance"] + 0.5 * figures["claim source+stance on matched"]


def _alleged(figures: dict[str, float]) -> float:
    return figures.get("status alleged", 0.0) + 0.1 * figures["status"]


def _whole(figures: dict[str, float]) -> float:
    """What a reading is worth as a whole: events and kinds first, roles and counts after."""
    return figures["event"] + figures["event+type"] + 0.3 * sum(figures[x] for x in (*set(FIELDS.values()), *TOLLS))


def _worth(unseen: Unseen, name: str, value: float, worth: Callable[[dict[str, float]], float]) -> float:
    return _with(unseen, worth, least=unseen.model.settings.least | {name: value})


def _with(unseen: Unseen, worth: Callable[[dict[str, float]], float], **changed: Any) -> float:
    """What the articles are worth under changed settings, which are put back."""
    kept = unseen.model.settings
    unseen.model.settings = replace(kept, **changed)
    result = worth(unseen.figures(unseen.by_model))
    unseen.model.settings = kept
    return result


def main() -> None:
    """Options of the command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--folds", type=Path, nargs="*", default=[], help="packed networks, the first trained without fold 0 (run --without 0), and so on; of a fold without a network nothing is used")
    args = parser.parse_args()
    model = Remembering(args.model)
    report = tune(model, args.data, args.folds)
    (args.model / "settings.json").write_bytes(msgspec.json.format(msgspec.json.encode(model.settings), indent=1))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
