"""Sentences go in, judgements on the state of things and statements on the future come out, each with its voice.

A sentence counts by the sum of the weights of the groups of words in it; every word and weight lies in the lexicon, so that a
reader can see why a sentence was taken.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, get_args

from khronika.config import data
from khronika.extract.attributions import Attribution, find_attributions
from khronika.extract.segments import Segment
from khronika.types import Assessment, Forecast, Mention, Quote, Text, Topic

_WORD = re.compile(r"[a-z][a-z']*")
_MONTH = re.compile(r"(?<=\S )May\b|^May(?= \d|,)")
"""May the month, not "may": with a capital inside a sentence, or before a day."""
_QUOTED = re.compile(r"[“\"](?:[^\s“”\"]+ ){0,4}[^\s“”\"]+[”\"]")
_DIGIT, _MARK = re.compile(r"\d"), re.compile("[“\"”]")


@dataclass(frozen=True, slots=True)
class _Lexicon:
    exact: dict[str, frozenset[str]]
    beginnings: dict[str, tuple[tuple[str, str], ...]]
    pairs: dict[tuple[str, str], frozenset[str]]
    assessment: dict[str, float]
    forecast: dict[str, float]
    least: tuple[float, float]
    likelihood: re.Pattern[str]
    horizon: re.Pattern[str]


@cache
def _lexicon() -> _Lexicon:
    raw: dict[str, Any] = data("lexicon/en/outlook.toml")
    exact: dict[str, set[str]] = {}
    pairs: dict[tuple[str, str], set[str]] = {}
    beginnings: dict[str, list[tuple[str, str]]] = {}
    for group, listed in raw["groups"].items():
        for word in listed.split():
            if "_" in word:
                first, second = word.split("_")
                pairs.setdefault((first, second), set()).add(group)
            elif word.endswith("*"):
                beginnings.setdefault(word[:3], []).append((word[:-1], group))
            else:
                exact.setdefault(word, set()).add(group)
    alternatives = {name: raw["words"][name].replace("\n", "") for name in ("likelihood", "horizon")}
    return _Lexicon(
        exact={word: frozenset(groups) for word, groups in exact.items()},
        beginnings={start: tuple(found) for start, found in beginnings.items()},
        pairs={pair: frozenset(groups) for pair, groups in pairs.items()},
        assessment=raw["assessment"]["weights"],
        forecast=raw["forecast"]["weights"],
        least=(raw["assessment"]["least"], raw["forecast"]["least"]),
        likelihood=re.compile(rf"\b(?:{alternatives['likelihood']})\b", re.IGNORECASE),
        horizon=re.compile(rf"\b(?:{alternatives['horizon']})\b", re.IGNORECASE),
    )


def groups_of(words: str) -> set[str]:
    """The groups of words that a sentence holds."""
    if "May" in words:
        words = _MONTH.sub("monthofmay", words)
    listed = _WORD.findall(words.lower().replace("’", "'"))
    found: set[str] = set().union(*map(_groups_of_word, listed))
    pairs = _lexicon().pairs
    for pair in zip(listed, listed[1:], strict=False):
        if pair in pairs:
            found |= pairs[pair]
    return found


@lru_cache(maxsize=50_000)
def _groups_of_word(word: str) -> frozenset[str]:
    lexicon = _lexicon()
    return lexicon.exact.get(word, frozenset()) | {group for start, group in lexicon.beginnings.get(word[:3], ()) if word.startswith(start)}


def features_of(segment: Segment, groups: set[str], cues: set[str], first: bool, told: bool) -> dict[str, float]:
    """What the weights are applied to: groups of words, the shape of the sentence, its cues, and whether it tells of an event."""
    listed = _WORD.findall(segment.words.lower())
    size = len(listed)
    shape = {
        "bias": True, "short": size < 8, "long": size > 40, "title": segment.within == "title", "quote": _MARK.search(segment.words) is not None,
        "question": segment.words.endswith("?"), "first": first, "digits": _DIGIT.search(segment.words) is not None, "mention": told,
        "pron_start": bool(listed) and listed[0] in ("he", "she", "they", "it", "this", "these", "that"),
    }  # fmt: skip
    found = dict.fromkeys(groups, 1.0)
    for name, held in shape.items():
        if held:
            found[name] = 1.0
    for cue in cues:
        found[f"attr_{cue}"] = 1.0
    found["len"] = math.log(max(size, 1) / 20)
    return found


def _score(weights: dict[str, float], features: dict[str, float]) -> float:
    return math.fsum([weights.get(name, 0.0) * value for name, value in features.items()])  # in whatever order a set of groups has them


def _p(score: float) -> float:
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, score)))), 3)


def _topic(words: str) -> Topic:
    """The topic with most words in the sentence."""
    counts = dict.fromkeys(get_args(Topic), 0)
    for word in _WORD.findall(words.lower()):
        for group in _groups_of_word(word):
            if group in counts:
                counts[group] += 1
    best: Topic = max(counts, key=lambda topic: counts[topic])
    return best if counts[best] else "other"


def _voice(found: Sequence[Attribution], segment: Segment) -> Attribution | None:
    """The voice that says most of a sentence, if it says at least two fifths of it."""
    best, most = None, 0.4 * (segment.end - segment.start)
    for one in found:
        said = sum(max(0, min(q.end, segment.end) - max(q.start, segment.start)) for q in one.content)
        if said >= most and one.speaker is not None:
            best, most = one, said
    return best


def _piece(pattern: re.Pattern[str], segment: Segment) -> Quote | None:
    match = pattern.search(segment.words)
    return segment.piece(*match.span()) if match else None


def find_outlook(
    text: Text, segments: Sequence[Segment], mentions: Sequence[Mention], said: Sequence[Attribution] | None = None
) -> tuple[tuple[Assessment, ...], tuple[Forecast, ...]]:
    """Assessments and forecasts of a text, in order; each quote is a whole sentence, `p` what its weights amount to.

    `said` are the text's attributions where the caller has them already.
    """
    lexicon = _lexicon()
    voices: dict[int, list[Attribution]] = {}
    for one in find_attributions(text, segments) if said is None else said:
        voices.setdefault(one.segment, []).append(one)
    triggers = sorted((mention.trigger.within, mention.trigger.start) for mention in mentions)
    assessments: list[Assessment] = []
    forecasts: list[Forecast] = []
    for index, segment in enumerate(segments):
        told = bisect_left(triggers, (segment.within, segment.start)) < bisect_left(triggers, (segment.within, segment.end))
        cues = {one.group for one in voices.get(index, ())}
        meant = segment.words if cues or not _MARK.search(segment.words) else _QUOTED.sub("", segment.words)  # a name in quotes says nothing
        features = features_of(segment, groups_of(meant), cues, index == 0, told)
        scores = _score(lexicon.assessment, features), _score(lexicon.forecast, features)
        if scores[0] < lexicon.least[0] and scores[1] < lexicon.least[1]:
            continue
        voice = _voice(voices.get(index, ()), segment)
        by = (voice.voice or voice.speaker) if voice else None
        chain = voice.chain if voice else ()
        if scores[0] >= lexicon.least[0]:
            assessments.append(Assessment(quote=segment.quote(), topic=_topic(segment.words), by=by, chain=chain, p=_p(scores[0])))
        if scores[1] >= lexicon.least[1]:
            likelihood, horizon = _piece(lexicon.likelihood, segment), _piece(lexicon.horizon, segment)
            forecasts.append(Forecast(quote=segment.quote(), by=by, likelihood=likelihood, horizon=horizon, chain=chain, p=_p(scores[1])))
    return tuple(assessments), tuple(forecasts)
