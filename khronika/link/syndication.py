"""Texts in, near-copies out: reports that repeat one agency text count as one voice.

The rule: MinHash over 3-word shingles only proposes; a pair is a near-copy where the true Jaccard similarity is at least one half.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from khronika.link.shelf import Shelf
from khronika.link.words import plain

LEAST = 0.5
"""True Jaccard similarity of a near-copy."""
PROPOSED = 0.3
"""Estimated similarity from which the true one is computed; 128 permutations err by about 0.04."""
SHORTEST = 12
"""Words; of shorter texts nothing can be said."""


class Outline(NamedTuple):
    """What of a text tells whether another may be a near-copy: how many shingles it has, and their MinHash."""

    size: int
    sketch: Any


class Texts:
    """Texts by document, each outlined once and compared on demand.

    Args:
        body_of: asked for the body of a document that was not added.
        known: outlines made before, by document; new ones are put there.
    """

    def __init__(self, body_of: Callable[[str], str | None] | None = None, known: Shelf[str, Outline] | None = None) -> None:
        self._body_of = body_of
        self._shingles: dict[str, frozenset[str]] = {}
        self._outlines: dict[str, Outline] = {}
        self._known = known

    def add(self, id: str, body: str) -> None:
        """Take in one text."""
        if id not in self._shingles:
            self._shingles[id] = shingles(body)

    def near_copies(self, a: str, b: str) -> bool:
        """Whether two texts are near-copies."""
        one, two = self._outline(a), self._outline(b)
        if not one.size or not two.size or min(one.size, two.size) / max(one.size, two.size) < LEAST:
            return False
        if one.sketch.jaccard(two.sketch) < PROPOSED:
            return False
        return jaccard(self._shingles_of(a), self._shingles_of(b)) >= LEAST

    def _shingles_of(self, id: str) -> frozenset[str]:
        if id not in self._shingles:
            self._shingles[id] = shingles((self._body_of(id) if self._body_of else None) or "")
        return self._shingles[id]

    def _outline(self, id: str) -> Outline:
        if id not in self._outlines:
            self._outlines[id] = (self._known.get(id) if self._known else None) or self._made(id)
        return self._outlines[id]

    def _made(self, id: str) -> Outline:
        from rensa import RMinHash

        words = self._shingles_of(id)
        sketch = RMinHash(num_perm=128, seed=11)
        sketch.update(list(words))
        made = Outline(len(words), sketch)
        if self._known is not None:
            self._known.put(id, made)
        return made


def shingles(body: str) -> frozenset[str]:
    """Folded 3-word shingles; none of a text under SHORTEST words."""
    words = re.findall(r"\w+", plain(body))
    return frozenset(map(" ".join, zip(words, words[1:], words[2:]))) if len(words) >= SHORTEST else frozenset()


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Shared shingles by all shingles."""
    return len(a & b) / len(a | b) if a or b else 0.0
