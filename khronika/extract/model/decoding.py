"""Scores of one part of a text go in, its happenings come out: triggers, kinds, evidence sentences and who stands in which role.

A happening is founded where the network and the rules' word list together reach the least p; sentences on the same one are joined to it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

from khronika.extract.model.layout import ROLES, SENTENCE, SPANS, STATES, TAGS
from khronika.extract.model.scores import HEAD, Found, links, means, sentence_scores, sigmoid, sigmoids, span_scores, spans_above
from khronika.extract.model.weights import Floats, Settings
from khronika.extract.triggers import FAMILY
from khronika.text import Span
from khronika.types import KINDS

FLOOR = -6.0
"""Logit below which a trigger is not looked at."""
ABSENT = -8.0
"""Stands for the trigger logit of a sentence in which the network sees none."""


UNSEEN_ODDS = -4.0
"""Stands for the log odds of what only one of the two sees: a participant or voice the rules, a trigger the network."""
BY_RULES = ("rules", "weighed")
"""Sources of events in which the rules say what one occurrence is: by their own strength of its trigger, or by that and the network's."""


@dataclass(frozen=True)
class Hint:
    """A trigger of the rules: tokens, sentence, kind, strength 0 to 1, and whether it is background."""

    span: Span
    sentence: int
    kind: str
    strength: float
    background: bool = False
    told_in: tuple[int, ...] = ()
    """The sentences that the rules hold to tell of the same occurrence."""
    founded: bool = False
    """Whether the rules alone make an event of it."""


@dataclass
class Happening:
    """One event in tokens of its part; `roles` holds (type index into ROLES, span, p)."""

    trigger: Span
    sentence: int
    kind: str
    p: float
    features: tuple[float, ...]
    states: dict[str, float]
    numbers: Floats
    evidence: list[int] = field(default_factory=list)
    roles: list[tuple[int, Span, float]] = field(default_factory=list)
    hint: Hint | None = None
    links: dict[int, float] = field(default_factory=dict)


@dataclass
class Part:
    """All scores of one part of a text."""

    sentences: list[Span]
    numbers: Floats
    labels: Floats
    spans: list[Found]


def logistic(weights: Sequence[float], features: Sequence[float]) -> float:
    """The probability that a linear score gives; the last weight is the constant."""
    return sigmoid(float(np.dot(weights[:-1], features)) + weights[-1])


def log_odds(p: float | None) -> float:
    """The log odds of a probability, kept within 2 and 98 per cent; of None: 0."""
    value = min(0.98, max(0.02, 0.5 if p is None else p))
    return log(value / (1.0 - value))


def score(numbers: Floats, sentences: list[Span]) -> Part:
    """What the heads say of a part."""
    spans = spans_above(span_scores(numbers), [FLOOR, *[-4.0] * (len(SPANS) - 1)], sentences)
    return Part(sentences, numbers, sentence_scores(numbers, sentences), spans)


def candidates(part: Part, hints: Sequence[Hint], settings: Settings) -> list[Happening]:
    """For each sentence its possible triggers, the better ones first; every one with its p."""
    home = np.full(len(part.numbers) + 1, -1)
    for number, (a, b) in enumerate(part.sentences):
        home[a:b] = number
    by_sentence: dict[int, list[tuple[Span, float, Hint | None]]] = {}
    for hint in hints:
        by_sentence.setdefault(hint.sentence, []).append((hint.span, ABSENT, hint))
    for span in part.spans:
        if span.type != 0:
            continue
        known = by_sentence.setdefault(int(home[span.start]), [])
        twin = next((k for k in known if k[2] and k[1] == ABSENT and k[0][0] < span.end and span.start < k[0][1]), None)
        if twin:
            known.remove(twin)
        known.append(((span.start, span.end), span.score, twin[2] if twin else None))
    found = []
    for number, options in by_sentence.items():
        label = part.labels[number]
        for trigger, value, twin_hint in options:
            own = means(part.numbers, [trigger])[0]
            background = float(label[1]) + float(own[HEAD["state"]][0])
            features = (value, float(label[0]), log_odds(twin_hint.strength) if twin_hint else UNSEEN_ODDS, 0.5 * background)
            states = {name: sigmoid(float(x)) for name, x in zip(STATES, own[HEAD["state"]], strict=True)}
            states["background"] = sigmoid(0.5 * background + (1.0 if twin_hint and twin_hint.background else 0.0))
            kinds = kind_scores(own, label)
            if twin_hint:
                kinds[KINDS.index(twin_hint.kind)] += settings.hint * twin_hint.strength
            kind = KINDS[int(kinds.argmax())]
            found.append(Happening(trigger, number, kind, logistic(settings.event, features), features, states, own, hint=twin_hint))
    return sorted(found, key=lambda h: (-h.p, h.trigger))


def said(part: Part) -> list[Span]:
    """Runs of tokens within a sentence that are more likely than not what somebody says."""
    inside = part.numbers[:, HEAD["tag"]][:, TAGS.index("content")] > 0
    found: list[Span] = []
    for a, b in part.sentences:
        edges = np.flatnonzero(np.diff(np.concatenate([[False], inside[a:b], [False]]).astype(int)))
        found += [(a + int(x), a + int(y)) for x, y in edges.reshape(-1, 2)]
    return found


def kind_scores(own: Floats, label: Floats) -> Floats:
    """For each kind how well the trigger's tokens and the whole sentence speak for it."""
    first = SENTENCE.index(KINDS[0])
    at_trigger = own[HEAD["kind"]] - np.logaddexp.reduce(own[HEAD["kind"]])
    return np.asarray(at_trigger - 0.5 * np.logaddexp(0.0, -label[first : first + len(KINDS)]), np.float32)


def kind_features(one: Happening, labels: Floats, settled: str | None) -> NDArray[np.float64]:
    """[kind, 3]: what the trigger's tokens say, what the sentences that tell of it say on average, and 1 for the kind that the rules settled on."""
    first = SENTENCE.index(KINDS[0])
    told = labels[one.evidence or [one.sentence], first : first + len(KINDS)].mean(0)
    return np.stack([one.numbers[HEAD["kind"]], told, [float(kind == settled) for kind in KINDS]], 1).astype(np.float64)


def family(kind: str) -> str:
    """Kinds that one occurrence may be told by in turn."""
    return FAMILY.get(kind, kind)


def happenings(part: Part, found: Sequence[Happening], settings: Settings) -> list[Happening]:
    """Those that reach the least p, each with its evidence and roles, in order of the text."""
    far = np.array(settings.far, np.float32)
    centres = means(part.numbers, part.sentences)
    kept: list[Happening] = []
    for one in sorted(found, key=lambda h: not _stands(h, settings)):
        if not _stands(one, settings) and one.p < settings.least["event"]:
            break
        if not _stands(one, settings) and any(_told(one, other, settings) for other in kept):
            continue
        steps = [[n - one.sentence for n in range(len(part.sentences))]]
        link = links(one.numbers[None], centres, ("from", "to"), steps, far)[0]
        tells = np.maximum(part.labels[:, 0], part.labels[:, 1])
        joined = [n for n in range(len(part.sentences)) if sigmoid(float(link[n])) >= settings.least["evidence"] and tells[n] > -2.0]
        one.evidence = sorted({one.sentence, *(one.hint.told_in if _follows_rules(one, settings) and one.hint else joined)})
        one.links = {n: float(link[n]) for n in joined}
        kept.append(one)
    _share_evidence([one for one in kept if not _follows_rules(one, settings)], {n for one in kept for n in (one.sentence, *_rules_hold(one, settings))})
    _give_roles(part, kept, settings)
    return sorted(kept, key=lambda h: h.trigger)


def _stands(one: Happening, settings: Settings) -> bool:
    """Whether a happening needs no p, since the rules founded it and their events are preferred."""
    return settings.sources.get("events") in BY_RULES and one.hint is not None and one.hint.founded


def _follows_rules(one: Happening, settings: Settings) -> bool:
    """Whether the rules say which sentences tell of a happening: where they know its trigger, and the tenth preferred them."""
    return settings.sources.get("evidence") == "rules" and one.hint is not None


def _rules_hold(one: Happening, settings: Settings) -> list[int]:
    return one.evidence if _follows_rules(one, settings) else []


def _share_evidence(kept: list[Happening], homes: set[int]) -> None:
    """A sentence in which a happening has its trigger tells of that one; any other goes to the happening that it fits best."""
    for one in kept:
        best = {n for n, link in one.links.items() if all(link >= other.links.get(n, link) for other in kept)}
        one.evidence = sorted({one.sentence, *(best - homes)})


def _told(one: Happening, other: Happening, settings: Settings) -> bool:
    """Whether a stronger happening already tells of this one: same sentence, or its evidence, and the same family."""
    if one.sentence == other.sentence:
        return family(one.kind) == family(other.kind) or one.p < 0.8 * other.p
    weaker = 0.95 if family(one.kind) == family(other.kind) else 0.5
    return one.sentence in other.evidence and (one.kind == other.kind or one.p < weaker * other.p)


def _give_roles(part: Part, kept: list[Happening], settings: Settings) -> None:
    spans = [s for s in part.spans if 0 < s.type <= len(ROLES)]
    if not kept or not spans:
        return
    home = {s: bisect_right(part.sentences, (s.start, len(part.numbers))) - 1 for s in spans}
    steps = [[home[s] - h.sentence for s in spans] for h in kept]
    far = np.array([settings.role_far[s.type - 1] for s in spans], np.float32)
    match = links(np.stack([h.numbers for h in kept]), means(part.numbers, [(s.start, s.end) for s in spans]), ("doer", "part"), steps, far)
    near = np.array([[home[s] in h.evidence for s in spans] for h in kept])
    p = sigmoids(np.array([s.score for s in spans]))[None] * sigmoids(match) * np.where(near, 1.0, 0.5)
    least = np.array([settings.least[ROLES[s.type - 1]] for s in spans])
    for row, column in zip(*np.nonzero(p >= least[None]), strict=True):
        span = spans[column]
        kept[row].roles.append((span.type - 1, (span.start, span.end), float(p[row, column])))
