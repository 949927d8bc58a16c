"""Pair scores and verdicts in, groups out: average-link clustering that never breaks a verdict.

The rule: the closest two groups are joined while their average log2 odds are positive; ties go to the smallest id, so that
the order of the input does not matter, and groups without a positive pair between them never touch each other.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable
from itertools import combinations

from khronika.types import Link

Pair = tuple[str, str]
"""Two account ids, the smaller first."""


def pair(a: str, b: str) -> Pair:
    """The two ids in order."""
    return (a, b) if a < b else (b, a)


def standing_verdicts(links: Iterable[Link]) -> dict[Pair, str]:
    """The verdict that people gave on each pair, the latest one; "unsure" takes an older one back."""
    latest: dict[Pair, tuple[float, int, str]] = {}
    for number, link in enumerate(links):
        if link.by.startswith("link@"):
            continue
        key = (link.at.timestamp() if link.at else 0.0, number, link.verdict)
        latest[pair(link.a, link.b)] = max(latest.get(pair(link.a, link.b), key), key)
    return {ids: verdict for ids, (_, _, verdict) in sorted(latest.items()) if verdict != "unsure"}


class Grouping:
    """Groups under way; `apart` holds for every two groups that must not meet."""

    def __init__(self, ids: Collection[str], apart: Iterable[Pair]) -> None:
        self.members: dict[str, list[str]] = {id: [id] for id in ids}
        self.group: dict[str, str] = {id: id for id in ids}
        self.apart: dict[str, set[str]] = {id: set() for id in ids}
        for a, b in apart:
            if a in self.group and b in self.group:
                self.apart[a].add(b)
                self.apart[b].add(a)

    def may_join(self, a: str, b: str) -> bool:
        """Whether two groups, by name, may become one."""
        return b not in self.apart[a]

    def join(self, a: str, b: str) -> str:
        """Two groups become one, named by its smallest id."""
        kept, gone = pair(a, b)
        for id in self.members[gone]:
            self.group[id] = kept
        self.members[kept] += self.members.pop(gone)
        for other in self.apart.pop(gone):
            self.apart[other].discard(gone)
            self.apart[other].add(kept)
            self.apart[kept].add(other)
        return kept


def cluster(
    ids: Collection[str],
    score: Callable[[str, str], float],
    verdicts: dict[Pair, str],
    same_document: Iterable[Pair] = (),
    near: Iterable[Pair] | None = None,
    margin: float = 0.0,
) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Groups of ids, each sorted, in the order of their first id, and notes on verdicts that contradict others.

    Args:
        score: log2 odds of two ids, the same in either order.
        verdicts: "same" or "different" of a person on a pair; "different" holds between whole groups.
        same_document: pairs that only a verdict may join.
        margin: log2 odds by which two groups of several ids each must do better than 0 to be joined.
        near: the pairs that may have positive odds, where they are known; all pairs otherwise.
    """
    order = sorted(ids)
    known = set(order)
    different = [ids for ids, verdict in sorted(verdicts.items()) if verdict == "different"]
    grouping, notes = Grouping(order, different), []
    for (a, b), verdict in sorted(verdicts.items()):
        if verdict != "same" or a not in known or b not in known or grouping.group[a] == grouping.group[b]:
            continue
        if grouping.may_join(grouping.group[a], grouping.group[b]):
            grouping.join(grouping.group[a], grouping.group[b])
        else:
            notes.append(f"the verdict that {a} and {b} are the same contradicts a verdict that others of their group are different; it is left aside")
    for a, b in same_document:
        one, two = grouping.group[a], grouping.group[b]
        if one != two:
            grouping.apart[one].add(two)
            grouping.apart[two].add(one)
    _join_closest(grouping, score, combinations(order, 2) if near is None else near, margin)
    return tuple(sorted(tuple(sorted(members)) for members in grouping.members.values())), tuple(notes)


def _join_closest(grouping: Grouping, score: Callable[[str, str], float], near: Iterable[Pair], margin: float) -> None:
    """Average-link with a heap; the sum of scores between two groups is made when they first touch, and then kept."""
    sums: dict[Pair, float] = {}
    touching: dict[str, set[str]] = {name: set() for name in grouping.members}
    for a, b in near:
        one, two = grouping.group[a], grouping.group[b]
        if one != two and score(a, b) > 0:
            touching[one].add(two)
            touching[two].add(one)

    def total(ids: Pair) -> float:
        if ids not in sums:
            one, two = (sorted(grouping.members[name]) for name in ids)
            sums[ids] = sum(score(x, y) for x in one for y in two)
        return sums[ids]

    def average(ids: Pair) -> float:
        one, two = (len(grouping.members[name]) for name in ids)
        return round(total(ids) / (one * two) - (margin if min(one, two) > 1 else 0), 6)

    heap = [(-average(ids), ids) for a, others in touching.items() for ids in ((a, b) for b in others if a < b) if average(ids) > 0]
    heapq.heapify(heap)
    while heap:
        worth, ids = heapq.heappop(heap)
        a, b = ids
        if a not in grouping.members or b not in grouping.members or -average(ids) != worth or not grouping.may_join(a, b):
            continue
        others = (touching[a] | touching.pop(b)) - {a, b}
        joined = {other: total(pair(a, other)) + total(pair(b, other)) for other in others}
        grouping.join(a, b)  # a is the smaller, its name stays
        touching[a] = others
        for other, value in joined.items():
            touching[other].discard(b)
            touching[other].add(a)
            sums[pair(a, other)] = value
            if average(pair(a, other)) > 0:
                heapq.heappush(heap, (-average(pair(a, other)), pair(a, other)))
