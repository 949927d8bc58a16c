"""The scorers of bench/muc4.py and bench/case2021.py on cases worked out by hand."""

from __future__ import annotations

import pytest

from bench.case2021 import weighted_f1
from bench.muc4 import ROLES, Template, ceaf_ree, distinct, gtt, gtt_document, most_pairs, muc_role, plain


def template(kind: str, gold: bool = False, **roles: list[list[str]]) -> Template:
    return {"incident_type": kind} | {role: [set(e) for e in roles.get(role, [])] if gold else roles.get(role, []) for role in ROLES}


def test_plain() -> None:
    assert plain("The  Mayor's a car-bomb.") == "mayors carbomb"


@pytest.mark.parametrize(
    ("possible", "count"),
    [([], 0), ([[False]], 0), ([[True, True], [True, False]], 2), ([[True], [True]], 1), ([[True, False], [True, True], [False, True]], 2)],
)
def test_most_pairs(possible: list[list[bool]], count: int) -> None:
    assert most_pairs(possible) == count


def test_ceaf_ree_counts_each_entity_once() -> None:
    gold = {"1": {role: [] for role in ROLES} | {"Victim": [{"mayor", "the mayor of orin"}, {"guard"}], "Weapon": [{"rifle"}]}}
    predicted = {"1": {"Victim": ["the Mayor of Orin", "mayor", "driver"], "Weapon": ["rifle"]}}
    figures = ceaf_ree(gold, predicted)
    assert figures["Victim"] == pytest.approx(2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2))
    assert figures["Weapon"] == 1.0
    assert figures["micro"] == pytest.approx(2 * (2 / 4) * (2 / 3) / (2 / 4 + 2 / 3))


def test_gtt_maps_to_the_better_template() -> None:
    gold = [template("attack / bombing", True, Victim=[["mayor"]], Weapon=[["bomb"]]), template("kidnapping", True)]
    ours = [template("bombing", Victim=[["mayor"], ["driver"]])]
    assert gtt_document(ours, gold) == (2, 3, 2, 4)
    assert gtt({"1": gold}, {"1": ours}) == pytest.approx(2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4))


def test_gtt_types_that_do_not_fit_count_for_nothing() -> None:
    assert gtt_document([template("arson", Victim=[["mayor"]])], [template("attack", True, Victim=[["mayor"]])]) == (0, 2, 0, 2)


def test_gtt_two_templates_never_share_a_gold_one() -> None:
    assert gtt_document([template("attack"), template("attack")], [template("attack", True)]) == (1, 2, 1, 1)


def test_distinct() -> None:
    assert distinct([(0.9, "the Mayor"), (0.8, "mayor of Orin"), (0.7, "a guard"), (0.6, "")], "Victim") == ["the mayor", "a guard"]


def test_the_surest_phrase_stands_for_an_entity() -> None:
    assert distinct([(0.3, "the NLA"), (0.8, "National Liberation Army")], "PerpOrg") == ["national liberation army"]
    assert distinct([(0.3, "rebels"), (0.8, "Salvadoran rebels"), (0.5, "eln rebel")], "PerpInd") == ["salvadoran rebels"]
    assert distinct([(0.5, "two guards"), (0.4, "three guards")], "Victim") == ["two guards", "three guards"]


def test_persons_among_perpetrators_are_told_by_their_words() -> None:
    assert [muc_role(words, None) for words in ("two gunmen", "the guerrillas", "fmln")] == ["PerpInd", "PerpInd", "PerpOrg"]
    assert muc_role("the fmln", "person") == "PerpInd"


def test_weighted_f1() -> None:
    assert weighted_f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx((2 * (2 / 3) + 1 * (2 / 3)) / 3)
    assert weighted_f1(["a"], ["none"]) == 0.0
    assert weighted_f1([], []) == 0.0
