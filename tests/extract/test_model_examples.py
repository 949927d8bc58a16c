"""The readers of training data: what each data set labels, and what it leaves unknown."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from khronika.extract.lexicon import load
from khronika.extract.model.extractor import FOLDER
from khronika.extract.model.layout import SENTENCE, SPANS, STANCES, TAGS
from khronika.extract.model.marks import marks_as_written
from khronika.extract.model.wordpiece import WordPiece
from khronika.types import KINDS
from train.extractor.corpora import from_geo, from_polnear, from_re3d, from_times
from train.extractor.datasets import from_gold, from_muc, plain
from train.extractor.examples import LESSONS, Labelled, Tokens, cut

pytestmark = pytest.mark.skipif(not (FOLDER / "vocab.txt").exists(), reason="no vocabulary in khronika/data/model")

BODY = "Gunmen shot a judge in Orin on Monday. The mayor of Orin blamed the rebels. The ministry will soon lack shells."


@pytest.fixture(scope="module")
def pieces() -> WordPiece:
    return WordPiece((FOLDER / "vocab.txt").read_text(encoding="utf-8").split("\n"))


def article() -> dict[str, Any]:
    event = {
        "type": "attack", "status": "alleged", "trigger": "shot", "evidence": ["Gunmen shot a judge in Orin on Monday."], "when": {"text": "on Monday"},
        "where": {"text": "Orin"}, "perpetrators": [{"text": "Gunmen"}], "targets": [], "victims": [{"text": "a judge"}], "weapons": [],
        "claims": [{"by": "The mayor of Orin", "stance": "blames", "text": "The mayor of Orin blamed the rebels."}], "background": False,
    }  # fmt: skip
    forecast = {"by": "The ministry", "text": "The ministry will soon lack shells."}
    return {"id": "a", "text": BODY, "title": None, "published": None, "events": [event], "assessments": [], "forecasts": [forecast]}


def words(made: Labelled, body: str, pieces: WordPiece, kind: str) -> list[str]:
    _, spans = pieces.encode(body)
    return [body[spans[a][0] : spans[b - 1][1]] for type, a, b in sorted(made.spans) if (*SPANS, *LESSONS)[type] == kind]


def test_gold(pieces: WordPiece) -> None:
    made = from_gold(article(), pieces)
    found = {kind: words(made, BODY, pieces, kind) for kind in SPANS}
    assert found == {
        "trigger": ["shot"], "perp_person": ["Gunmen"], "perp_group": [], "target": [], "victim": ["a judge"], "weapon": [],
        "source": ["The mayor of Orin", "The ministry"], "place": ["Orin"], "time": ["on Monday"],
    }  # fmt: skip
    (happening,) = made.happenings
    assert KINDS[happening.kind] == "attack" and happening.states == [0.0, 1.0, 0.0, 0.0] and happening.evidence == {0}
    assert [STANCES[s] for s in made.stances.values()] == ["blames"]
    assert made.asked[SPANS.index("source")] == {1, 2} and made.asked[SPANS.index("victim")] is None
    assert [row[SENTENCE.index("forecast")] for row in made.labels] == [0.0, 0.0, 1.0]


def test_windows_count_from_their_first_token(pieces: WordPiece) -> None:
    made = from_gold(article(), pieces)
    (window,) = cut(made, pieces)
    assert window.ids[0] == pieces.cls and window.ids[-1] == pieces.sep
    assert window.happenings[0].trigger == tuple(x + 1 for x in made.happenings[0].trigger)
    assert window.asked[SPANS.index("source")] == window.sentences[1:]


def test_muc(tmp_path: Path, pieces: WordPiece) -> None:
    text = "the army denied it today.    guerrillas bombed a bridge near orin yesterday.    two men were killed elsewhere."
    template = {"incident_type": "bombing", "PerpInd": [[["guerrillas", 29]]], "Target": [[["bridge", 49], ["a bridge", 47]]]}
    path = tmp_path / "muc.jsonl"
    path.write_text(json.dumps({"docid": "1", "doctext": text, "templates": [template]}) + "\n", encoding="utf-8")
    (made,) = from_muc(path, pieces)
    assert words(made, text, pieces, "trigger") == ["bombed"]
    assert words(made, text, pieces, "perp_person") == ["guerrillas"]
    assert made.asked[0] == {0, 1}  # whether "killed" founds an event of its own is not known
    assert SPANS.index("source") not in made.asked
    assert [row[0] for row in made.labels[:2]] == [0.0, 1.0] and math.isnan(made.labels[2][0])


def test_polnear(tmp_path: Path, pieces: WordPiece) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "attributions").mkdir()
    (tmp_path / "text" / "a.txt").write_text(BODY, encoding="utf-8")
    lines = ["T1\tSource 39 56\tThe mayor of Orin", "T2\tCue 57 63\tblamed", "T3\tContent 64 74\tthe rebels"]
    (tmp_path / "attributions" / "a_one.ann").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (made,) = from_polnear(tmp_path, pieces)
    assert words(made, BODY, pieces, "source") == ["The mayor of Orin"]
    assert made.asked == {SPANS.index("source"): None} and made.labels == []
    assert made.tags is not None and [TAGS[tag] for tag, _, _ in made.tags] == ["cue", "content"]


def test_re3d(tmp_path: Path, pieces: WordPiece) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    body = "They fired mortars. Nobody came but Amal Deeb. A guard saw her."
    entities = [("Weapon", "mortars"), ("Person", "Amal Deeb")]
    lines = [{"documentId": "d", "type": kind, "begin": body.index(words), "end": body.index(words) + len(words)} for kind, words in entities]
    unarmed = {"_id": "e", "text": "Nobody came."}
    (folder / "documents.json").write_text("\n".join(map(json.dumps, [{"_id": "d", "text": body}, unarmed])) + "\n", encoding="utf-8")
    (folder / "entities.json").write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    (made,) = from_re3d(tmp_path, pieces)
    assert words(made, body, pieces, "weapon") == ["mortars"] and made.asked == {SPANS.index("weapon"): {0}}


def test_a_text_without_capitals_has_the_mean_of_its_marks_with_and_without(pieces: WordPiece) -> None:
    told, small = (Tokens(plain(body), pieces) for body in (BODY, BODY.lower()))
    written = marks_as_written(plain(BODY.lower()), small.spans, load("en"))
    assert small.text == BODY.lower() and small.sentences == told.sentences
    assert written.any() and (written != told.marks).any() and (small.marks == (told.marks + written) / 2).all()


def test_places_and_times_of_even_documents(tmp_path: Path, pieces: WordPiece) -> None:
    place = "<toponym><start>8</start><end>12</end><phrase>Orin</phrase><gaztag><lat>1</lat><lon>1</lon></gaztag></toponym>"
    items = [f"<article docid='{number}'><text>Fire in Orin.</text><toponyms>{place}</toponyms></article>" for number in range(12)]
    for name in ("lgl.xml", "GeoVirus.xml"):
        (tmp_path / name).write_text(f"<articles>{''.join(items if name == 'lgl.xml' else [])}</articles>", encoding="utf-8")
    made = list(from_geo(tmp_path, pieces))
    assert 0 < len(made) < 12 and all(words(one, "Fire in Orin.", pieces, "toponym") == ["Orin"] for one in made)
    for number in range(12):
        (tmp_path / f"{number}.tml").write_text('<DCT/><TEXT>It burnt on <TIMEX3 type="DATE" value="2020-05-04">4 May</TIMEX3>.</TEXT>', encoding="utf-8")
    timed = list(from_times([tmp_path], pieces))
    assert 0 < len(timed) < 12 and all(words(one, "It burnt on 4 May.", pieces, "timex") == ["4 May"] for one in timed)
