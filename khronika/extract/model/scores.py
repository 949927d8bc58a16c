"""The network's numbers per token go in, scores of spans, sentences and links come out; the numpy twin of train/extractor/network.py.

All scores are logits: above zero means more likely than not, before calibration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from khronika.extract.model.layout import LONGEST_SPAN, REACH, SENTENCE, SPANS, slices
from khronika.extract.model.weights import Floats
from khronika.text import Span

HEAD = slices()


@dataclass(frozen=True)
class Found:
    """A span of one type (index into SPANS), half-open in tokens, with its logit."""

    type: int
    start: int
    end: int
    score: float


def sigmoid(x: float) -> float:
    """Logit to probability."""
    return float(1.0 / (1.0 + np.exp(-min(30.0, max(-30.0, x)))))


def sigmoids(x: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Logits to probabilities, element by element."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x.astype(np.float64), -30.0, 30.0))))


def _turned(x: Floats) -> Floats:
    length, size = x.shape
    angle = np.arange(length)[:, None] * np.power(10000.0, -np.arange(size // 2) / (size // 2))[None]
    sin, cos = np.sin(angle).repeat(2, -1), np.cos(angle).repeat(2, -1)
    swapped = np.stack([-x[:, 1::2], x[:, 0::2]], -1).reshape(x.shape)
    return np.asarray(x * cos + swapped * sin, np.float32)


def span_scores(z: Floats) -> Floats:
    """[type, start, length - 1]; nearly minus infinity where a span would leave the text."""
    length = len(z)
    keys = np.concatenate([_turned(z[:, HEAD["key"]]), np.zeros((LONGEST_SPAN - 1, 64), np.float32)])
    ahead = sliding_window_view(keys, LONGEST_SPAN, axis=0)
    pair = np.einsum("ld,ldn->ln", _turned(z[:, HEAD["query"]]), ahead, optimize=True) / 8.0
    ends = np.concatenate([z[:, HEAD["end"]], np.zeros((LONGEST_SPAN - 1, len(SPANS)), np.float32)])
    scores = pair[None] + z[:, HEAD["start"]].T[:, :, None] + sliding_window_view(ends, LONGEST_SPAN, axis=0).transpose(1, 0, 2)
    beyond = np.arange(length)[:, None] + np.arange(LONGEST_SPAN)[None] >= length
    scores[:, beyond] = -1e4
    return np.asarray(scores, np.float32)


def spans_above(scores: Floats, least: Sequence[float], sentences: Sequence[Span]) -> list[Found]:
    """Spans whose logit reaches the least of their type, inside one sentence; of two of a type that overlap the better one."""
    home = np.full(scores.shape[1] + 1, -1)
    for number, (a, b) in enumerate(sentences):
        home[a:b] = number
    found: list[Found] = []
    for kind, floor in enumerate(least):
        starts, lengths = np.nonzero(scores[kind] >= floor)
        taken = np.zeros(scores.shape[1], bool)
        values = scores[kind][starts, lengths]
        for index in np.argsort(-values, kind="stable"):
            a, b = int(starts[index]), int(starts[index] + lengths[index] + 1)
            if home[a] < 0 or home[a] != home[b - 1] or taken[a:b].any():
                continue
            taken[a:b] = True
            found.append(Found(kind, a, b, float(values[index])))
    return found


def sentence_scores(z: Floats, sentences: Sequence[Span]) -> Floats:
    """[sentence, label of layout.SENTENCE]."""
    found = np.full((len(sentences), len(SENTENCE)), -20.0, np.float32)
    for number, (a, b) in enumerate(sentences):
        if a == b:
            continue
        weight = z[a:b, HEAD["weight"]]
        weight = np.exp(weight - weight.max(0))
        found[number] = (weight * z[a:b, HEAD["label"]]).sum(0) / weight.sum(0)
    return found


def means(z: Floats, spans: Sequence[Span]) -> Floats:
    """[span, number]: the mean over each span's tokens."""
    if not spans:
        return np.zeros((0, z.shape[1]), np.float32)
    return np.stack([z[a:b].mean(0) if b > a else np.zeros(z.shape[1], np.float32) for a, b in spans])


def links(one: Floats, other: Floats, heads: tuple[str, str], steps: Sequence[Sequence[int]], far: Floats) -> Floats:
    """[one, other]: how well each of `one` goes with each of `other`; `steps` are sentences between them, `far` adds by distance."""
    match = one[:, HEAD[heads[0]]] @ other[:, HEAD[heads[1]]].T / 8.0
    distance = np.clip(np.asarray(steps, int).reshape(match.shape), -REACH, REACH) + REACH
    return np.asarray(match + (far[distance] if far.ndim == 1 else far[np.arange(len(other))[None], distance]), np.float32)
