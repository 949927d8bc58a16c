"""Texts in, near-copies out: reports that repeat one agency text count as one voice.

The rule: MinHash over 3-word shingles only proposes; a pair is a near-copy where the true Jaccard similarity is at least one half.
"""

from __future__ import annotations

import re
from typing import Any

from khronika.link.words import plain

LEAST = 0.5
"""True Jaccard similarity of a near-copy."""
PROPOSED = 0.3
"""Estimated similarity from which the true one is computed; 128 permutations err by about 0.04."""
SHORTEST = 12
"""Words; of shorter texts nothing can be said."""


class Texts:
    """Texts by document, each hashed once and compared on demand."""

    def __init__(self) -> None:
        self._shingles: dict[str, frozenset[str]] = {}
        self._sketches: dict[str, Any] = {}

    def add(self, id: str, body: str) -> None:
        """Take in one text."""
        if id not in self._shingles:
            self._shingles[id] = shingles(body)

    def near_copies(self, a: str, b: str) -> bool:
        """Whether two texts that were taken in are near-copies."""
        one, two = self._shingles.get(a), self._shingles.get(b)
        if not one or not two or min(len(one), len(two)) / max(len(one), len(two)) < LEAST:
            return False
        if self._sketch(a).jaccard(self._sketch(b)) < PROPOSED:
            return False
        return jaccard(one, two) >= LEAST

    def _sketch(self, id: str) -> Any:
        if id not in self._sketches:
            from rensa import RMinHash

            sketch = RMinHash(num_perm=128, seed=11)
            sketch.update(sorted(self._shingles[id]))
            self._sketches[id] = sketch
        return self._sketches[id]


def shingles(body: str) -> frozenset[str]:
    """Folded 3-word shingles; none of a text under SHORTEST words."""
    words = re.findall(r"\w+", plain(body))
    return frozenset(" ".join(words[i : i + 3]) for i in range(len(words) - 2)) if len(words) >= SHORTEST else frozenset()


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Shared shingles by all shingles."""
    return len(a & b) / len(a | b) if a or b else 0.0
