"""Clustering: order does not matter, and no verdict is broken."""

from __future__ import annotations

import datetime as dt
import random
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from khronika.link.cluster import cluster, pair, standing_verdicts
from khronika.types import Link

IDS = [f"a{number}" for number in range(9)]
PAIRS = list(combinations(IDS, 2))
worlds = st.fixed_dictionaries(
    {
        "scores": st.lists(st.integers(-8, 8), min_size=len(PAIRS), max_size=len(PAIRS)),
        "different": st.lists(st.sampled_from(PAIRS), max_size=6, unique=True),
        "same": st.lists(st.sampled_from(PAIRS), max_size=6, unique=True),
        "document": st.lists(st.sampled_from(PAIRS), max_size=4, unique=True),
        "seed": st.integers(0, 99),
        "margin": st.integers(0, 3),
    }
)


def group_all(world, ids=IDS):
    scores = dict(zip(PAIRS, world["scores"], strict=True))
    verdicts = {**dict.fromkeys(world["same"], "same"), **dict.fromkeys(world["different"], "different")}
    return cluster(ids, lambda a, b: float(scores[pair(a, b)]), verdicts, world["document"], margin=world["margin"])


def together(groups):
    return {pair(a, b) for group in groups for a, b in combinations(group, 2)}


@given(worlds)
@settings(max_examples=150, deadline=None)
def test_shuffled_input_gives_the_same_groups(world):
    shuffled = list(IDS)
    random.Random(world["seed"]).shuffle(shuffled)
    assert group_all(world, shuffled) == group_all(world)


@given(worlds)
@settings(max_examples=150, deadline=None)
def test_a_different_verdict_is_never_violated(world):
    groups, _ = group_all(world)
    assert not together(groups) & set(world["different"])
    assert sorted(id for group in groups for id in group) == IDS


@given(worlds)
@settings(max_examples=150, deadline=None)
def test_a_same_verdict_holds_unless_it_contradicts_and_then_a_note_says_so(world):
    groups, notes = group_all(world)
    broken = set(world["same"]) - set(world["different"]) - together(groups)
    assert len(broken) == len(notes)
    if not world["different"]:
        assert not broken


@given(worlds)
@settings(max_examples=100, deadline=None)
def test_the_machine_never_joins_two_accounts_of_one_document(world):
    world = {**world, "same": []}
    groups, _ = group_all(world)
    assert not together(groups) & set(world["document"])


@given(worlds)
@settings(max_examples=100, deadline=None)
def test_parts_without_a_positive_pair_between_them_are_clustered_alike_alone(world):
    """What makes linking incremental: a component alone gives the groups that it has in the whole."""
    half = set(IDS[:4])
    scores = [score if (a in half) == (b in half) else -abs(score) for (a, b), score in zip(PAIRS, world["scores"], strict=True)]
    world = {**world, "scores": scores, "same": [], "different": []}
    whole, _ = group_all(world)
    document = [ids for ids in world["document"] if set(ids) <= half]
    alone, _ = group_all({**world, "document": document}, sorted(half))
    assert set(alone) == {group for group in whole if set(group) <= half}


def test_average_link_does_not_chain():
    scores = {("a", "b"): 6.0, ("b", "c"): 5.0, ("a", "c"): -9.0}
    groups, _ = cluster(["a", "b", "c"], lambda a, b: scores[pair(a, b)], {})
    assert groups == (("a", "b"), ("c",))


def test_ties_go_to_the_smallest_id():
    scores = {("a", "b"): 2.0, ("b", "c"): 2.0, ("a", "c"): -9.0}
    assert cluster(["c", "b", "a"], lambda a, b: scores[pair(a, b)], {})[0] == (("a", "b"), ("c",))


def test_different_holds_through_a_forced_pair():
    verdicts = {("a", "b"): "same", ("b", "c"): "different"}
    groups, notes = cluster(["a", "b", "c"], lambda a, b: 5.0, verdicts)
    assert groups == (("a", "b"), ("c",)) and not notes


def test_the_latest_verdict_stands_and_unsure_takes_it_back():
    def say(verdict, hour, by="editor", a="x", b="y"):
        return Link(a=a, b=b, verdict=verdict, weight=0, by=by, at=dt.datetime(2031, 5, 4, hour, tzinfo=dt.UTC))

    assert standing_verdicts([say("different", 9), say("same", 8)]) == {("x", "y"): "different"}
    assert standing_verdicts([say("different", 9), say("unsure", 10)]) == {}
    assert standing_verdicts([say("same", 9, by="link@1")]) == {}


def test_two_groups_of_several_need_more_than_one_more_account_does():
    """Averages of 0.5 join a single account, and two bursts only without a margin."""
    close = {pair("a", "b"), pair("c", "d")}

    def score(x, y):
        return 4.0 if pair(x, y) in close else 0.5

    assert cluster("abcd", score, {}, margin=1.0)[0] == (("a", "b"), ("c", "d"))
    assert cluster("abcd", score, {})[0] == (("a", "b", "c", "d"),)
    assert cluster("abe", lambda x, y: 4.0 if pair(x, y) in close else 0.5, {}, margin=1.0)[0] == (("a", "b", "e"),)
