"""Blocking keys and comparison, one level at a time."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khronika.config import data
from khronika.link import count, keys_of
from khronika.link.compare import features, profile
from khronika.link.places import distance_km
from khronika.link.syndication import Texts, jaccard, shingles
from khronika.link.weigh import Weights, read_weights, weigh, weights
from khronika.link.words import cosine, stem, terms_of, vector, weight
from khronika.types import KINDS, Participant, Quote
from tests.factories import make_account, make_place, make_when

CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "link_levels.toml").read_text())["case"]


def build(spec, document):
    fields = dict(spec)
    if "when" in fields:
        fields["when"] = make_when(*fields["when"])
    if "where" in fields:
        fields["where"] = make_place(**fields["where"]) if fields["where"] else None
    for toll in ("killed", "injured"):
        if isinstance(fields.get(toll), list):
            low, high = fields[toll]
            fields[toll] = (low, None if high < 0 else high)
    return make_account(document, **fields)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_level(case):
    a, b = profile(build(case["a"], "one")), profile(build(case["b"], "two"))
    assert features(a, b)[case["feature"]] == case["level"]
    assert features(a, b) == features(b, a)


def test_every_level_of_the_cases_has_a_weight():
    missing = {(case["feature"], case["level"]) for case in CASES if case["level"] not in weights().levels[case["feature"]]}
    assert not missing


def test_every_kind_has_a_block_and_a_family_or_stands_alone():
    blocks = {kind for kinds in data("link/kinds.toml")["block"].values() for kind in kinds}
    assert blocks == set(KINDS)
    named = {kind for part in ("family",) for kinds in data("link/kinds.toml")[part].values() for kind in kinds}
    named |= {kind for ids in data("link/kinds.toml")["compatible"]["pairs"] for kind in ids}
    assert named <= set(KINDS)


@given(st.integers(0, 3000), st.integers(0, 1))
def test_accounts_a_day_apart_share_a_key(day, gap):
    import datetime as dt

    first = dt.date(2024, 1, 1) + dt.timedelta(days=day)
    a = make_account("one", when=make_when(first.isoformat()))
    b = make_account("two", when=make_when((first + dt.timedelta(days=gap)).isoformat()), told="Something else was told about Orlivka.")
    assert set(keys_of(a)) & set(keys_of(b))


def test_accounts_a_month_apart_share_no_key():
    assert not set(keys_of(make_account("one"))) & set(keys_of(make_account("two", when=make_when("2031-06-05"), published="2031-06-06")))


def test_an_account_without_place_or_day_still_has_keys():
    bare = make_account("one", when=make_when(None), where=None, published=None)
    assert keys_of(bare) and all(key.startswith("w:") and key.endswith(":open") for key in keys_of(bare))


def test_cost_is_counted_before_anything_is_compared():
    cost = count([("x", "y"), ("x",), ("x", "z")])
    assert (cost.keys, cost.pairs, cost.largest[0]) == (3, 3, ("x", 3))


def test_distance():
    kyiv = make_place("Kyiv", latitude=50.45, longitude=30.52)
    odesa = make_place("Odesa", latitude=46.48, longitude=30.73)
    assert distance_km(kyiv, odesa) == pytest.approx(442, abs=3)
    assert distance_km(kyiv, make_place("nowhere", latitude=None, longitude=None)) is None


def test_registered_perpetrators_are_matched_by_id_whatever_the_words():
    from khronika.types import ActorRef

    def by(words):
        quote = Quote(start=0, end=len(words), words=words)
        return (Participant(quote=quote, actor=ActorRef(name="Russian armed forces", id="russia-armed-forces")),)

    a, b = make_account("one", perpetrators=by("the occupiers")), make_account("two", perpetrators=by("Moscow's army"))
    assert features(profile(a), profile(b))["perpetrators"] == "rare word shared"


def test_rare_words_weigh_more():
    assert weight("chornobaivka") > weight(stem("governor")) > weight("kill") >= 0
    assert terms_of("The soldiers were killed in bombings") == ["soldier", "kill", "bomb"]
    assert cosine(vector(["a1", "b1"]), vector(["a1", "b1"])) == pytest.approx(1)
    assert cosine(vector(["a1"]), vector([])) == 0


def test_near_copies_are_verified_by_true_similarity():
    text = "A shell hit the bakery of Orlivka in the early morning and killed two people who stood in line for bread, the mayor of the town said."
    texts = Texts()
    for name, body in {"a": text, "b": text + " More follows.", "c": text[:60], "d": "Two people died at a bakery this morning after shelling, said the mayor of the town."}.items():
        texts.add(name, body)
    assert texts.near_copies("a", "b") and not texts.near_copies("a", "d") and not texts.near_copies("a", "c")
    assert jaccard(shingles(text), shingles(text)) == 1


def test_an_unknown_level_weighs_nothing_and_the_prior_is_always_there():
    by = Weights(version="t", prior=-2.0, levels={"day": {"same": 3.0}})
    assert [reason.weight for reason in weigh({"day": "same", "place": "odd"}, by)] == [-2.0, 3.0, 0.0]


def test_damaged_weights_say_what_to_do(tmp_path):
    from khronika.errors import DataError

    (tmp_path / "w.json").write_text("{}")
    with pytest.raises(DataError, match="train/link_weights.py"):
        read_weights(tmp_path / "w.json")
