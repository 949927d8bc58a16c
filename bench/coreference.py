"""Measures of clustering: MUC, B3 and CEAF-e over items, and F1 over pairs; key and response give every item its cluster.

The rule: the definitions of the reference scorers (v8), singletons included, checked on worked examples in tests/link/test_coreference.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping

Clusters = Mapping[Hashable, Hashable]
"""Item to its cluster."""
Score = tuple[float, float, float]
"""Precision, recall, F1."""


def f1(precision: float, recall: float) -> float:
    """Harmonic mean; 0 where both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def sets_of(clusters: Clusters) -> list[frozenset[Hashable]]:
    """The clusters as sets of items."""
    found: dict[Hashable, set[Hashable]] = defaultdict(set)
    for item, cluster in clusters.items():
        found[cluster].add(item)
    return [frozenset(items) for items in found.values()]


def muc(key: Clusters, response: Clusters) -> Score:
    """Links: of each key chain, how many links the response has (recall), and the other way round (precision)."""
    recall, precision = _links(key, response), _links(response, key)
    return precision, recall, f1(precision, recall)


def _links(of: Clusters, by: Clusters) -> float:
    found = possible = 0
    for chain in sets_of(of):
        parts = len({by[item] for item in chain if item in by}) + sum(item not in by for item in chain)
        found += len(chain) - parts
        possible += len(chain) - 1
    return found / possible if possible else 0.0


def b_cubed(key: Clusters, response: Clusters) -> Score:
    """For each item, how much of its response cluster (key cluster) lies in the other; the mean over items."""
    recall, precision = _overlap(key, response), _overlap(response, key)
    return precision, recall, f1(precision, recall)


def _overlap(of: Clusters, by: Clusters) -> float:
    sizes: dict[Hashable, int] = defaultdict(int)
    both: dict[tuple[Hashable, Hashable], int] = defaultdict(int)
    for item, cluster in of.items():
        sizes[cluster] += 1
        if item in by:
            both[cluster, by[item]] += 1
    return sum(n * n / sizes[cluster] for (cluster, _), n in both.items()) / len(of) if of else 0.0


def ceaf_e(key: Clusters, response: Clusters) -> Score:
    """The best one-to-one alignment of chains by 2|K and R| / (|K| + |R|), over the number of chains."""
    gold, found = sets_of(key), sets_of(response)
    place = {item: number for number, chain in enumerate(found) for item in chain}
    alike: dict[int, dict[int, float]] = {}
    for i, chain in enumerate(gold):
        shared: dict[int, int] = defaultdict(int)
        for item in chain:
            if item in place:
                shared[place[item]] += 1
        alike[i] = {j: 2 * n / (len(chain) + len(found[j])) for j, n in shared.items()}
    total = sum(_best(part) for part in _parts(alike))
    precision, recall = total / len(found) if found else 0.0, total / len(gold) if gold else 0.0
    return precision, recall, f1(precision, recall)


def _parts(alike: dict[int, dict[int, float]]) -> list[dict[int, dict[int, float]]]:
    """Chains that overlap with each other, directly or not; an alignment never crosses these."""
    rows_of: dict[int, list[int]] = defaultdict(list)
    for i, row in alike.items():
        for j in row:
            rows_of[j].append(i)
    parts, seen = [], set()
    for start in alike:
        part, waiting = {}, [start]
        while waiting:
            i = waiting.pop()
            if i not in seen:
                seen.add(i)
                part[i] = alike[i]
                waiting += [other for j in alike[i] for other in rows_of[j]]
        if part:
            parts.append(part)
    return parts


def _best(part: dict[int, dict[int, float]]) -> float:
    """The largest sum of a one-to-one assignment."""
    columns = sorted({j for row in part.values() for j in row})
    if len(part) == 1 or len(columns) == 1:
        return max((value for row in part.values() for value in row.values()), default=0.0)
    size = max(len(part), len(columns))
    worth = [[row.get(j, 0.0) for j in columns] + [0.0] * (size - len(columns)) for row in part.values()]
    worth += [[0.0] * size for _ in range(size - len(part))]
    return assign(worth)


def assign(worth: list[list[float]]) -> float:
    """Largest sum of a square table with one cell a row and a column (Hungarian method with potentials)."""
    n = len(worth)
    up, left, match = [0.0] * (n + 1), [0.0] * (n + 1), [0] * (n + 1)
    for row in range(1, n + 1):
        match[0], column = row, 0
        least, way, used = [float("inf")] * (n + 1), [0] * (n + 1), [False] * (n + 1)
        while match[column]:
            used[column] = True
            at, step, following = match[column], float("inf"), 0
            for j in range(1, n + 1):
                if not used[j]:
                    cost = -worth[at - 1][j - 1] - up[at] - left[j]
                    if cost < least[j]:
                        least[j], way[j] = cost, column
                    if least[j] < step:
                        step, following = least[j], j
            for j in range(n + 1):
                if used[j]:
                    up[match[j]] += step
                    left[j] -= step
                else:
                    least[j] -= step
            column = following
        while column:
            match[column], column = match[way[column]], way[column]
    return sum(worth[match[j] - 1][j - 1] for j in range(1, n + 1))


def pairs(key: Clusters, response: Clusters) -> Score:
    """Precision, recall and F1 over pairs of items of one cluster."""
    gold, found = sets_of(key), sets_of(response)
    both: dict[tuple[Hashable, Hashable], int] = defaultdict(int)
    for item, cluster in key.items():
        both[cluster, response[item]] += 1
    right = sum(n * (n - 1) // 2 for n in both.values())
    claimed, true = (sum(len(s) * (len(s) - 1) // 2 for s in sets) for sets in (found, gold))
    precision, recall = right / claimed if claimed else 0.0, right / true if true else 0.0
    return precision, recall, f1(precision, recall)
