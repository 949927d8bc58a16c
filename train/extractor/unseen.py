"""Gold articles of train, each read once by a network that never saw it, and scored again under other settings as often as is wanted.

The fixed tenth was seen by no network; where networks trained without one fold each are given (`run --without`), the other articles are read by them.
For texts without capitals there is the tenth of MUC-4's training part, and the same articles in small letters.
"""

from __future__ import annotations

import importlib.util
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from bench.muc4 import ceaf_ree, converted, gold_of, gtt
from khronika import config
from khronika.casing import with_capitals, worded
from khronika.extract.attributions import find_attributions
from khronika.extract.joining import Occurrence
from khronika.extract.lexicon import Lexicon, load
from khronika.extract.model.extractor import ModelExtractor, Piece, Told
from khronika.extract.rules import RulesExtractor
from khronika.extract.segments import Segment, body_segments
from khronika.types import Assessment, Forecast, Mention, Quote, Reading, Text
from train import role_weights, rule_weights
from train.annotated import articles_in
from train.extractor.datasets import gold_articles, plain, text_of
from train.extractor.examples import fold_of, held_out

REPORTS = Path(__file__).parents[1] / "reports"
TOLLS = ("killed", "injured", "detained")
FIELDS = {"perp_person": "perpetrators", "perp_group": "perpetrators", "target": "targets", "victim": "victims", "weapon": "weapons"}


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
            "claims": [{"by": _as_text(c.by), "stance": c.stance} for c in m.claims],
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
        self._founded: dict[Any, Sequence[Piece]] = {}

    def founded(self, text: Text, pieces: Sequence[Piece]) -> Sequence[Piece]:
        settings = self.settings
        key = (text.id, settings.sources.get("events"), settings.trigger, settings.least.get("trigger"))
        if key not in self._founded:
            self._founded[key] = super().founded(text, pieces)
        return self._founded[key]

    def over(self, text: Text, segments: list[Segment], occurrences: list[Occurrence], lexicon: Lexicon) -> list[Mention]:
        found = []
        for one in occurrences:
            t = one.main
            key = (text.id, t.quote.start, t.quote.end, t.kind, t.status, t.is_background, tuple(segments[n].start for n in one.sentences))
            if key not in self._known:
                self._known[key] = super().over(text, segments, [one], lexicon)[0]
            found.append(self._known[key])
        return found


def forget(folder: Path, ids: set[str], reports: Path = REPORTS) -> None:
    """Make the rules judge triggers and parts, in this process, as if they had not learnt from these articles; else they would look better on them than they are."""
    others = [rule_weights.rows_of(path) for path in sorted(folder.glob("*.json")) if path.stem not in ids]
    config.data_json(rule_weights.NAME).update(rule_weights.fit(others, rule_weights.RIDGES[1]))
    rules = RulesExtractor()
    own, more = ([role_weights.article_of(raw, rules) for raw in articles_in(where) if raw["id"] not in ids] for where in (folder, reports))
    known = config.data_json(role_weights.NAME)
    for role, kept in list(known.items()):
        model = role_weights.fitted(role, kept["ridge"], own, [more], role_weights.WORTH)
        known[role] = role_weights.table(model, kept["ridge"], kept["cut"])


def set_up(reader: ModelExtractor, model: ModelExtractor) -> None:
    """Give the network that reads an article the settings of the one that is tuned, but what belongs to its own weights."""
    if reader is not model:
        own = reader.network.settings
        reader.settings = replace(model.settings, far=own.far, role_far=own.role_far)


class Unseen:
    """The articles of the fixed tenth, and of each fold for which there is a network."""

    def __init__(self, model: ModelExtractor, data: Path, folds: Sequence[Path] = ()) -> None:
        self.model = model
        others = [Remembering(folder) for folder in folds]
        by_fold = dict(enumerate(others))
        read_by = [(a, model if held_out(a["id"]) else by_fold.get(fold_of(a["id"]))) for a in gold_articles(data / "gold" / "train")]
        self.articles = [article for article, reader in read_by if reader]
        self.readers = [reader for _, reader in read_by if reader]
        self.texts = [text_of(a) for a in self.articles]
        self.lexicon = load("en")
        forget(data / "gold" / "train", {article["id"] for article in self.articles})
        self.readings = [RulesExtractor().read(t) for t in self.texts]
        self.segments = [body_segments(t) for t in self.texts]
        self.said = [find_attributions(t, s) for t, s in zip(self.texts, self.segments, strict=True)]
        self.with_claims = False
        read = zip(self.texts, self.segments, self.readings, self.said, strict=True)
        self.pieces = [
            list(reader.pieces(text, segments, self.lexicon, by_rules, said))
            for reader, (text, segments, by_rules, said) in zip(self.readers, read, strict=True)
        ]
        self.hinted = [(r.assessments, r.forecasts) for r in self.readings]
        spec = importlib.util.spec_from_file_location("gold_scorer", data / "gold" / "score.py")
        assert spec and spec.loader
        self.scorer = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.scorer)

    def figures(self, predict: Callable[[int], dict[str, Any]]) -> dict[str, float]:
        """F1 by name over all articles."""
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

    def told(self, number: int) -> list[Told]:
        """The events of one article by the network that never saw it, under the settings of the model."""
        reader = self.readers[number]
        set_up(reader, self.model)
        return reader.told(self.texts[number], self.pieces[number], self.lexicon)

    def by_model(self, number: int) -> dict[str, Any]:
        """The model's reading of one article, with claims where they are asked for."""
        told, reader = self.told(number), self.readers[number]
        mentions = [one.mention for one in told]
        if self.with_claims:
            mentions = reader.voiced(self.texts[number], self.segments[number], told, self.said[number])
        return prediction(mentions, *reader.outlook(self.pieces[number], self.hinted[number]))


class Uncased:
    """Texts without capitals, read with restored ones: the fixed tenth of MUC-4's training part, and the unseen gold articles in small letters."""

    def __init__(self, unseen: Unseen, data: Path) -> None:
        lines = (data / "data" / "muc4" / "gtt_train.jsonl").read_text(encoding="utf-8").splitlines()
        self.model, self.scorer, self.gold = unseen.model, unseen.scorer, gold_of([item for item in map(json.loads, lines) if held_out(item["docid"])])
        self.articles = [json.loads(json.dumps(article, ensure_ascii=False).lower()) for article in unseen.articles]
        self.lexicon = load("en")
        self.wires = [self._pieces(plain(body, key), self.model) for key, (body, _, _) in self.gold.items()]
        self.read = [self._pieces(plain(a["text"], a["id"]), reader) for a, reader in zip(self.articles, unseen.readers, strict=True)]

    def _pieces(self, text: Text, reader: ModelExtractor) -> tuple[Text, Text, list[Piece], ModelExtractor]:
        given = with_capitals(text)
        segments = body_segments(given)
        pieces = reader.pieces(given, segments, self.lexicon, RulesExtractor().read(given), find_attributions(given, segments), text)
        return text, given, list(pieces), reader

    def _told(self, text: Text, given: Text, pieces: list[Piece], reader: ModelExtractor) -> tuple[Mention, ...]:
        set_up(reader, self.model)
        return worded(tuple(one.mention for one in reader.told(given, pieces, self.lexicon)), text)

    def worth(self) -> float:
        """CEAF-REE and a third of GTT's F1 on the wires, and F1 of events and, on average, of roles on the articles, under the settings of the model."""
        roles, templates = {}, {}
        for wire in self.wires:
            reading = Reading(text_id=wire[0].id, by=self.model.name, mentions=self._told(*wire))
            roles[reading.text_id], templates[reading.text_id] = converted(reading)
        named, filled = ({key: entry[n] for key, entry in self.gold.items()} for n in (1, 2))
        tally = self.scorer.Tally()
        for article, read in zip(self.articles, self.read, strict=True):
            self.scorer.score_article(article, prediction(self._told(*read)), tally)
        found = {name: f1 for name, _, _, f1, *_ in tally.rows()}
        own = found["event"] + sum(found[role] for role in set(FIELDS.values())) / len(set(FIELDS.values()))
        return ceaf_ree(named, roles)["micro"] + gtt(filled, templates) / 3 + own
