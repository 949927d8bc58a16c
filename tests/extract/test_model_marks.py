"""What the rules say stands on the tokens of the words of which they say it."""

from __future__ import annotations

import numpy as np
import pytest

from khronika.extract.attributions import find_attributions
from khronika.extract.lexicon import load
from khronika.extract.model.extractor import FOLDER
from khronika.extract.model.layout import MARKS
from khronika.extract.model.marks import marks_of, tokens_under
from khronika.extract.model.wordpiece import WordPiece
from khronika.extract.rules import RulesExtractor
from khronika.extract.segments import body_segments
from khronika.extract.triggers import find_triggers
from khronika.types import Text

pytestmark = pytest.mark.skipif(not (FOLDER / "vocab.txt").exists(), reason="no vocabulary in khronika/data/model")

BODY = "A drone struck a fuel depot near Zelenivka on Monday, killing two guards, the governor said. Trains ran on time."


def marked(title: str | None = None) -> dict[str, str]:
    """Mark -> the words that carry it."""
    pieces = WordPiece((FOLDER / "vocab.txt").read_text(encoding="utf-8").split("\n"))
    text = Text(id="t", document_id="d", body=BODY, title=title, cleaner="test", language="en")
    _, offsets = pieces.encode(BODY)
    segments = body_segments(text)
    marks = marks_of(offsets, find_triggers(segments, load("en"), None), RulesExtractor().read(text), find_attributions(text, segments))
    assert marks.shape == (len(offsets), len(MARKS)) and marks.min() >= 0 and marks.max() <= 1
    held = {name: np.flatnonzero(marks[:, at]) for at, name in enumerate(MARKS)}
    return {name: BODY[offsets[rows[0]][0] : offsets[rows[-1]][1]] for name, rows in held.items() if len(rows)}


def test_marks_stand_on_their_words() -> None:
    found = marked()
    assert found["event"] == found["settled air_drone_strike"] and "struck" in found["event"]
    assert found["evidence"] == BODY[: BODY.index(" Trains")]
    assert "two" in found["killed"]
    assert "drone" in found["weapons"] and found["place"] == "Zelenivka"
    assert found["speaker"] == "the governor" and found["cue"] == "said"


def test_a_title_leaves_no_mark_on_the_body() -> None:
    assert marked("Gunmen shot dead a mayor") == marked()


def test_tokens_under() -> None:
    offsets = [(0, 1), (2, 7), (8, 14), (15, 16)]
    assert tokens_under(offsets, 2, 14) == (1, 3)
    assert tokens_under(offsets, 3, 7) is None
