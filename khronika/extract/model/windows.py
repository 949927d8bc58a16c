"""Sentences and tokens go in, windows of whole sentences come out, each small enough for the encoder.

Every token lies in at least one window; a sentence longer than a window is cut, everything else stays whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from khronika.text import Span

WIDTH = 510
OVERLAP = 128


def sentence_tokens(whole: Sequence[Span], spans: Sequence[Span]) -> list[Span]:
    """For each sentence (characters) the tokens that start in it, half-open; empty where it has none."""
    starts = [start for start, _ in spans]
    return [(bisect_left(starts, a), bisect_left(starts, b)) for a, b in whole]


def windows_of(tokens: Sequence[Span], width: int = WIDTH, overlap: int = OVERLAP) -> list[Span]:
    """Half-open token ranges of at most `width` that cover all sentences (as token ranges), sharing about `overlap` tokens."""
    pieces: list[Span] = []
    for a, b in tokens:
        pieces += [(start, min(start + width, b)) for start in range(a, b, width)]
    found: list[Span] = []
    first = 0
    while first < len(pieces):
        last = first
        while last + 1 < len(pieces) and pieces[last + 1][1] - pieces[first][0] <= width:
            last += 1
        found.append((pieces[first][0], pieces[last][1]))
        if last + 1 == len(pieces):
            break
        back = last + 1
        while back - 1 > first and pieces[last][1] - pieces[back - 1][0] <= overlap:
            back -= 1
        first = back
    return found
