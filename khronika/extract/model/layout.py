"""What the network gives for each token: names of the labels and where each head lies in the vector of numbers.

The layout is written into the weights and compared when they are loaded, so that code and weights cannot drift apart.
"""

from __future__ import annotations

from typing import get_args

from khronika.types import KINDS, Stance

FORMAT = 6
"""Number of this layout; weights of another one are refused."""
ROLES: tuple[str, ...] = ("perp_person", "perp_group", "target", "victim", "weapon", "source", "place", "time")
SPANS: tuple[str, ...] = ("trigger", *ROLES)
STANCES: tuple[str, ...] = get_args(Stance)
STATES: tuple[str, ...] = ("background", "alleged", "attempted", "foiled")
TAGS: tuple[str, ...] = ("cue", "content")
"""What a token of reported speech is part of; contents are too long for spans."""
TOPICS: tuple[str, ...] = ("trend", "capability", "control", "intent", "other")
SENTENCE: tuple[str, ...] = ("event", "background", "assessment", "forecast", *KINDS, *TOPICS)
MARKS: tuple[str, ...] = (
    *KINDS, *(f"settled {kind}" for kind in KINDS), "event", *STATES, "evidence", "perpetrators", "targets", "victims", "weapons", "killed", "injured", "detained",
    "place", *STANCES, "person", "speaker", "cue", "content", "assessment", "forecast",
)  # fmt: skip
"""What the rules can say of a token: a possible trigger by its kind, the kind that they settled on, and so on."""
BELOW = 2
"""Layers that read words alone; the marks enter above them."""
ROPE = 64
LINK = 64
LONGEST_SPAN = 30
"""Tokens in a span at most."""
REACH = 6
"""Sentences away at which distance is counted as one."""

HEADS: dict[str, int] = {
    "query": ROPE, "key": ROPE, "start": len(SPANS), "end": len(SPANS), "kind": len(KINDS), "state": len(STATES),
    "weight": len(SENTENCE), "label": len(SENTENCE), "from": LINK, "to": LINK, "doer": LINK, "part": LINK,
    "stance": len(STANCES), "tag": len(TAGS),
}  # fmt: skip
"""Head -> numbers per token, in the order in which they stand in the vector."""
WIDTH = sum(HEADS.values())


def slices() -> dict[str, slice]:
    """Where each head's numbers stand."""
    found, at = {}, 0
    for name, size in HEADS.items():
        found[name] = slice(at, at + size)
        at += size
    return found
