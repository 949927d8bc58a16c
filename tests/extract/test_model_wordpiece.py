"""Word pieces: the right pieces at the right places, whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khronika.errors import ModelError
from khronika.extract.model.windows import sentence_tokens, windows_of
from khronika.extract.model.wordpiece import WordPiece
from khronika.text import sentences

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "drone", "##s", "hit", "kyiv", "cafe", "l", "##odz", "’", "s", ".", "東", "京", "i", "##stanbul", "-"]
PIECES = WordPiece(VOCABULARY)


def read(text: str) -> list[tuple[str, str]]:
    ids, spans = PIECES.encode(text)
    return [(VOCABULARY[i], text[a:b]) for i, (a, b) in zip(ids, spans, strict=True)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The drones hit.", [("the", "The"), ("drone", "drone"), ("##s", "s"), ("hit", "hit"), (".", ".")]),
        ("Kyiv’s", [("kyiv", "Kyiv"), ("’", "’"), ("s", "s")]),
        ("café", [("cafe", "café")]),
        ("cafe\u0301 hit", [("cafe", "cafe"), ("hit", "hit")]),
        ("東京", [("東", "東"), ("京", "京")]),
        ("hit\u00a0hit\u200bs", [("hit", "hit"), ("hit", "hit"), ("##s", "s")]),
        ("İstanbul", [("i", "İ"), ("##stanbul", "stanbul")]),
        ("x" * 101, [("[UNK]", "x" * 101)]),
        ("🙂 hit", [("[UNK]", "🙂"), ("hit", "hit")]),
        ("\x00\x07", []),
        ("", []),
    ],
)
def test_pieces_stand_where_they_are(text: str, wanted: list[tuple[str, str]]) -> None:
    assert read(text) == wanted


@given(st.text(max_size=80))
def test_spans_are_in_order_and_inside(text: str) -> None:
    ids, spans = PIECES.encode(text)
    assert len(ids) == len(spans)
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(first[0] <= second[0] for first, second in zip(spans, spans[1:], strict=False))


@given(st.text(alphabet="theron dis.'-\n\t", max_size=60))
def test_plain_and_general_path_agree(text: str) -> None:
    ids, spans = PIECES.encode(text)
    assert PIECES.encode(text + " 東") == ([*ids, VOCABULARY.index("東")], [*spans, (len(text) + 1, len(text) + 2)])


def test_vocabulary_without_special_pieces_is_refused() -> None:
    with pytest.raises(ModelError, match=r"no \[CLS\]"):
        WordPiece(["the", "hit"])


@given(st.lists(st.integers(1, 1300), max_size=20))
def test_windows_cover_every_token(lengths: list[int]) -> None:
    at, sentences = 0, []
    for length in lengths:
        sentences.append((at, at + length))
        at += length
    found = windows_of(sentences)
    assert all(0 < b - a <= 510 for a, b in found)
    assert sorted({token for a, b in found for token in range(a, b)}) == list(range(at))


def test_windows_share_whole_sentences() -> None:
    assert windows_of([(n * 100, n * 100 + 100) for n in range(8)]) == [(0, 500), (400, 800)]


def test_sentences_of_a_text_without_capitals() -> None:
    text = "two guards were hurt in the blast. the road was closed for hours."
    assert [text[a:b] for a, b in sentences(text)] == ["two guards were hurt in the blast.", "the road was closed for hours."]


def test_tokens_of_sentences() -> None:
    _, spans = PIECES.encode("The drones hit. Kyiv’s")
    assert sentence_tokens([(0, 15), (16, 22)], spans) == [(0, 5), (5, 8)]
