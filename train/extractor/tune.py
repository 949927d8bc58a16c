"""Packed weights and the fixed tenth of the gold articles go in, thresholds and calibration come out, written into settings.json.

`python -m train.extractor.tune MODEL_DIR --data ../shared`. Nothing is chosen on `dev`; a report of the tenth is printed as one JSON line.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from khronika.extract.joining import Occurrence
from khronika.extract.lexicon import Lexicon, load
from khronika.extract.model.decoding import candidates, logistic
from khronika.extract.model.extractor import ABSENT_ODDS, ModelExtractor, body_segments, log_odds
from khronika.extract.model.layout import ROLES
from khronika.extract.rules import RulesExtractor
from khronika.extract.segments import Segment
from khronika.text import overlaps
from khronika.types import Assessment, Forecast, Mention, Quote, Text
from train.extractor.examples import gold_articles, held_out

RIDGE = 0.5
SURE = 0.8
"""Share of bootstrap draws of the tenth in which the model must be better before it takes a field over from the rules."""
NEVER = 1.01
"""A threshold that no p reaches."""
WAYS = ("model", "both", "rules")
TOLLS = ("killed", "injured", "detained")
FIELDS = {"perp_person": "perpetrators", "perp_group": "perpetrators", "target": "targets", "victim": "victims", "weapon": "weapons"}


def text_of(article: dict[str, Any]) -> Text:
    """A gold article as a Text."""
    day = dt.date.fromisoformat(article["published"][:10]) if article["published"] else None
    return Text(
        id=article["id"], document_id=article["id"], body=article["text"], cleaner="gold", title=article["title"], language="en", published=day
    )


def fit(features: NDArray[np.float64], truth: NDArray[np.float64], ridge: float = RIDGE) -> list[float]:
    """Weights of a logistic regression by Newton's steps, constant last, drawn towards zero by `ridge`."""
    x = np.hstack([features, np.ones((len(features), 1))])
    weights = np.zeros(x.shape[1])
    hold = np.diag([ridge] * (x.shape[1] - 1) + [1e-6])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (truth - p) - hold @ weights
        weights = weights + np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + hold + 1e-9 * np.eye(len(weights)), gradient)
    return [round(float(w), 4) for w in weights]


def calibration_error(pairs: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Expected calibration error: the mean gap between p and the share that is right, over ten equal bins, weighted by their size."""
    total = 0.0
    for number in range(bins):
        inside = [(p, y) for p, y in pairs if min(bins - 1, int(p * bins)) == number]
        if inside:
            total += abs(sum(p for p, _ in inside) - sum(y for _, y in inside))
    return total / len(pairs) if pairs else 0.0


def _as_text(quote: Quote) -> dict[str, Any]:
    return {"text": quote.words, "start": quote.start, "end": quote.end}


def prediction(mentions: Sequence[Mention], judged: Sequence[Assessment] = (), foretold: Sequence[Forecast] = ()) -> dict[str, Any]:
    """What the gold's scorer needs of a reading."""
    accounts = [
        {
            "type": m.kind,
            "status": m.status,
            "trigger": _as_text(m.trigger),
            "evidence": [_as_text(q) for q in m.evidence],
            **{name: {"low": toll.low, "high": toll.high} if (toll := getattr(m, name)) else None for name in TOLLS},
            **{field: [_as_text(x.quote) for x in getattr(m, field)] for field in set(FIELDS.values())},
        }
        for m in mentions
        if not m.background
    ]
    return {"accounts": accounts, "assessments": [_as_text(a.quote) for a in judged], "forecasts": [_as_text(f.quote) for f in foretold]}


class Remembering(ModelExtractor):
    """The extractor, asking the rules only once for the same occurrence: thresholds are tried many times."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._known: dict[Any, Mention] = {}

    def over(self, text: Text, segments: list[Segment], occurrences: list[Occurrence], lexicon: Lexicon) -> list[Mention]:
        found = []
        for one in occurrences:
            t = one.main
            key = (text.id, t.quote.start, t.quote.end, t.kind, t.status, t.is_background, tuple(segments[n].start for n in one.sentences))
            if key not in self._known:
                self._known[key] = super().over(text, segments, [one], lexicon)[0]
            found.append(self._known[key])
        return found


class Tenth:
    """The articles of the fixed tenth, scored once by the network."""

    def __init__(self, model: ModelExtractor, data: Path) -> None:
        self.model = model
        self.articles = [a for a in gold_articles(data / "gold" / "train") if held_out(a["id"])]
        self.texts = [text_of(a) for a in self.articles]
        self.lexicon = load("en")
        self.readings = [RulesExtractor().read(t) for t in self.texts]
        self.pieces = [list(model.pieces(t, body_segments(t), self.lexicon, r.mentions)) for t, r in zip(self.texts, self.readings, strict=True)]
        self.hinted = [(r.assessments, r.forecasts) for r in self.readings]
        spec = importlib.util.spec_from_file_location("gold_scorer", data / "gold" / "score.py")
        assert spec and spec.loader
        self.scorer = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.scorer)

    def figures(self, predict: Callable[[int], dict[str, Any]]) -> dict[str, float]:
        """F1 by name over the tenth."""
        tally = self.scorer.Tally()
        for number, article in enumerate(self.articles):
            self.scorer.score_article(article, predict(number), tally)
        return {name: f1 for name, _, _, f1, *_ in tally.rows()}

    def tallies(self, predict: Callable[[int], dict[str, Any]]) -> list[Any]:
        """The scorer's counts, article by article."""
        found = []
        for number, article in enumerate(self.articles):
            found.append(self.scorer.Tally())
            self.scorer.score_article(article, predict(number), found[-1])
        return found

    def share_better(self, one: list[Any], other: list[Any], worth: Callable[[dict[str, float]], float], draws: int = 400) -> float:
        """In what share of bootstrap draws of articles `one` is worth more than `other`."""
        chance, better = random.Random(7), 0
        for _ in range(draws):
            drawn = [chance.randrange(len(one)) for _ in one]
            better += worth(self.summed([one[n] for n in drawn])) > worth(self.summed([other[n] for n in drawn]))
        return better / draws

    def summed(self, tallies: list[Any]) -> dict[str, float]:
        """F1 by name over some articles."""
        total = self.scorer.Tally()
        for tally in tallies:
            for name, counts in tally.items():
                total.add(name, *counts)
        return {name: f1 for name, _, _, f1, *_ in total.rows()}

    def by_model(self, number: int) -> dict[str, Any]:
        """The model's reading of one article, without claims and counts."""
        mentions = self.model.mentions(self.texts[number], self.pieces[number], self.lexicon)
        return prediction(mentions, *self.model.outlook(self.pieces[number], self.hinted[number]))


def _areas(article: dict[str, Any], items: Sequence[dict[str, Any]], background: bool | None) -> list[tuple[int, int]]:
    found = []
    for item in items:
        if background is None or bool(item.get("background")) == background:
            for words in item.get("evidence") or [item["text"]]:
                at = article["text"].find(words)
                if at >= 0:
                    found.append((at, at + len(words)))
    return found


def event_pairs(tenth: Tenth) -> tuple[list[tuple[float, ...]], list[bool]]:
    """The best candidate of each sentence with whether an event is told there; sentences of background alone are left out."""
    features, truth = [], []
    for article, text, pieces in zip(tenth.articles, tenth.texts, tenth.pieces, strict=True):
        told, old = _areas(article, article["events"], False), _areas(article, article["events"], True)
        for piece in pieces:
            seen = set()
            for one in candidates(piece.part, piece.hints, tenth.model.settings):
                if one.sentence in seen:
                    continue
                seen.add(one.sentence)
                quote = piece.quote(text, one.trigger)
                hit = any(overlaps(area, (quote.start, quote.end)) for area in told)
                if hit or not any(overlaps(area, (quote.start, quote.end)) for area in old):
                    features.append(one.features)
                    truth.append(hit)
    return features, truth


def outlook_pairs(tenth: Tenth, which: int) -> tuple[list[tuple[float, ...]], list[bool]]:
    """For each sentence the network's label and the rules' log odds, with whether the gold holds it for one. `which`: 0 assessments, 1 forecasts."""
    features, truth = [], []
    for article, pieces, hinted in zip(tenth.articles, tenth.pieces, tenth.hinted, strict=True):
        areas = _areas(article, article[("assessments", "forecasts")[which]], None)
        for piece in pieces:
            for number, segment in enumerate(piece.segments):
                one = next((x for x in hinted[which] if overlaps((x.quote.start, x.quote.end), (segment.start, segment.end))), None)
                features.append((float(piece.part.labels[number][2 + which]), log_odds(one.p) if one else ABSENT_ODDS))
                shared = sum(max(0, min(b, segment.end) - max(a, segment.start)) for a, b in areas)
                truth.append(2 * shared >= segment.end - segment.start)
    return features, truth


def calibrate(tenth: Tenth) -> dict[str, float]:
    """Fit the weights that turn scores into p; the calibration error of each, on the articles they were fitted on."""
    model = tenth.model
    errors: dict[str, float] = {}
    pairs: dict[str, Callable[[], tuple[list[tuple[float, ...]], list[bool]]]] = {
        "event": lambda: event_pairs(tenth),
        "assessment": lambda: outlook_pairs(tenth, 0),
        "forecast": lambda: outlook_pairs(tenth, 1),
    }
    for name in ("event", "event", "assessment", "forecast"):  # events twice: the weights decide which trigger of a sentence is asked
        features, truth = pairs[name]()
        weights = fit(np.array(features, float), np.array(truth, float))
        model.settings = replace(model.settings, **{name: tuple(weights)})
        errors[name] = round(calibration_error([(logistic(weights, f), y) for f, y in zip(features, truth, strict=True)]), 4)
    return errors


def _events(figures: dict[str, float]) -> float:
    return figures["event"] + figures["event+type"]


STEPS: list[tuple[str, Callable[[dict[str, float]], float], list[float]]] = [
    ("event", _events, [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]),
    ("evidence", lambda f: _whole(f), [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]),
    ("background", lambda f: f["event"], [0.4, 0.5, 0.6, 0.7, 0.8]),
    ("event", _events, [0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]),
    *[(role, lambda f, role=role: f[FIELDS[role]], [0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5]) for role in ROLES],  # type: ignore[misc]
    ("alleged", lambda f: f.get("status alleged", 0.0) + 0.1 * f["status"], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
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
    told = {way: _with(tenth, _whole, sources=start | {"evidence": way}) for way in ("rules", "model")}
    start["evidence"] = max(told, key=lambda way: told[way])
    alone = {key: start[key] for key in ("evidence", "events")}
    for name, worth, grid in STEPS:
        model.settings = replace(model.settings, sources=alone if name in ROLES else start)
        best = max(grid, key=lambda value, name=name, worth=worth: _worth(tenth, name, value, worth))  # type: ignore[misc]
        model.settings = replace(model.settings, least=model.settings.least | {name: best})
    model.settings = replace(model.settings, sources=start)
    for field in (*sorted(set(FIELDS.values())), "assessments", "forecasts"):
        sources = model.settings.sources
        found = {way: _with(tenth, lambda f, field=field: f[field], sources=sources | {field: way}) for way in WAYS}  # type: ignore[misc]
        model.settings = replace(model.settings, sources=sources | {field: max(WAYS, key=lambda way, found=found: found[way])})  # type: ignore[misc]
    return _with(tenth, _whole)


def tune(model: ModelExtractor, data: Path) -> dict[str, Any]:
    """Choose everything on the tenth; the extractor's settings are replaced. Gives the report."""
    tenth = Tenth(model, data)
    errors = calibrate(tenth)
    chosen, calibrated = {}, model.settings
    for events in ("model", "rules"):
        model.settings = calibrated
        chosen[events] = choose(tenth, events), model.settings
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
    for field in (*sorted(set(FIELDS.values())), "assessments", "forecasts"):
        given = tenth.tallies(tenth.by_model)
        shares[field] = tenth.share_better(given, by_rules, lambda f, field=field: f[field])  # type: ignore[misc]
        if shares[field] < SURE:
            model.settings = replace(model.settings, sources=model.settings.sources | {field: "rules"})
    return {
        "articles": len(tenth.articles),
        "worth": {events: round(pair[0], 3) for events, pair in chosen.items()} | {"rules alone": round(_whole(tenth.summed(by_rules)), 3)},
        "share_better": shares,
        "model": tenth.figures(tenth.by_model),
        "rules": tenth.summed(by_rules),
        "calibration_error": errors,
        "least": model.settings.least,
        "hint": model.settings.hint,
        "sources": model.settings.sources,
    }


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
