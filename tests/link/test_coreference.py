"""The measures of bench/coreference.py on worked examples, and the ECB+ bench on a small part of our own."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import coreference as measures

ROOT = Path(__file__).resolve().parents[2]
KEY = dict.fromkeys("abc", 1) | dict.fromkeys("defg", 2)
"""The scorers' usual example: key {a b c} {d e f g}, response {a b} {c d} {f g h i}."""
RESPONSE = dict.fromkeys("ab", 1) | dict.fromkeys("cd", 2) | dict.fromkeys("fghi", 3)


def test_muc():
    precision, recall, _ = measures.muc(KEY, RESPONSE)
    assert (precision, recall) == (pytest.approx(2 / 5), pytest.approx(2 / 5))


def test_b_cubed():
    precision, recall, f1 = measures.b_cubed(KEY, RESPONSE)
    assert precision == pytest.approx((4 / 2 + 1 / 2 + 1 / 2 + 4 / 4) / 8)
    assert recall == pytest.approx((4 / 3 + 1 / 3 + 1 / 4 + 4 / 4) / 7)
    assert f1 == pytest.approx(2 * precision * recall / (precision + recall))


def test_ceaf_e():
    precision, recall, _ = measures.ceaf_e(KEY, RESPONSE)
    assert precision == pytest.approx((0.8 + 0.5) / 3)
    assert recall == pytest.approx((0.8 + 0.5) / 2)


def test_pairs():
    assert measures.pairs({"a": 1, "b": 1, "c": 2}, {"a": 1, "b": 1, "c": 1})[:2] == (pytest.approx(1 / 3), 1.0)


def test_singletons_count_for_b3_and_not_for_muc():
    key = {"a": 1, "b": 2, "c": 2}
    assert measures.muc(key, {"a": 1, "b": 2, "c": 3})[1] == 0
    assert measures.b_cubed(key, {"a": 1, "b": 2, "c": 3})[1] == pytest.approx((1 + 0.5 + 0.5) / 3)


def test_a_perfect_answer_scores_one():
    assert all(measure(KEY, dict(KEY))[2] == 1 for measure in (measures.muc, measures.b_cubed, measures.ceaf_e, measures.pairs))


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(st.floats(0, 1), min_size=n, max_size=n), min_size=n, max_size=n)))
@settings(max_examples=60, deadline=None)
def test_assignment_is_the_best_of_all(worth):
    best = max(sum(row[column] for row, column in zip(worth, order, strict=True)) for order in permutations(range(len(worth))))
    assert measures.assign(worth) == pytest.approx(best)


def test_ecbplus_bench_prints_its_figures(tmp_path):
    sentences = {"1_1ecb": "Rebels bombed the bridge at noon", "1_2ecb": "The bombing of the bridge by rebels", "1_3ecb": "Troops won a race"}
    corpus = [f"{document}\t0\t{number}\t{word}\t-" for document, text in sentences.items() for number, word in enumerate(text.split())]
    gold = [("1_1ecb", 1, "bombed", "x"), ("1_2ecb", 1, "bombing", "x"), ("1_3ecb", 1, "won", "y")]
    (tmp_path / "corpus.txt").write_text("\n".join(corpus) + "\n")
    (tmp_path / "mentions.json").write_text(
        json.dumps([{"doc_id": d, "sent_id": 0, "tokens_number": [n], "tokens_str": words, "coref_chain": chain} for d, n, words, chain in gold])
    )
    run = [sys.executable, str(ROOT / "bench" / "ecbplus.py"), str(tmp_path / "mentions.json"), str(tmp_path / "corpus.txt")]
    figures = json.loads(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
    assert figures.keys() == {"conll_f1", "muc_f1", "b3_f1", "ceafe_f1"} and figures["conll_f1"] == 1
