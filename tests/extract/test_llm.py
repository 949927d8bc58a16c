"""Reading by a language model: the question, the answer held to the text, and every way in which a server can fail."""

from __future__ import annotations

import copy
import json

import pytest
from click.testing import CliRunner

from khronika.cli import main
from khronika.errors import InputError, UsageError
from khronika.extract import Server
from khronika.extract.llm.extractor import LlmExtractor, parts_of
from khronika.extract.rules import RulesExtractor, exact
from khronika.types import Text
from tests.extract.model_server import Told, body, break_off, hang, message, model_server, status
from tests.factories import make_account

BODY = (
    "Two drones hit a fuel depot near Marsa overnight, killing at least three guards, mayor Salim Odeh said.\n"
    "The army blamed the “River Front” for the strike.\n\nRead also: bread prices fall"
)
EVENT = {
    "type": "air_drone_strike",
    "status": "occurred",
    "background": False,
    "trigger": "hit",
    "evidence": [BODY.split("\n")[0], 'The army blamed the "River Front" for the strike.'],
    "where": "Marsa",
    "when": "overnight",
    "perpetrators": [{"text": '"River Front"', "kind": "organisation", "said_by": "The army"}],
    "targets": [{"text": "a fuel depot", "kind": "infrastructure"}],
    "victims": ["at least three guards"],
    "weapons": ["Two drones"],
    "killed": {"text": "at least three guards", "low": 3, "high": None},
    "injured": None,
    "detained": None,
    "claims": [
        {"by": "mayor Salim Odeh", "chain": [], "stance": "reports", "about": "occurrence", "value": None, "text": BODY.split("\n")[0]},
        {
            "by": "The army",
            "chain": [],
            "stance": "blames",
            "about": "perpetrator",
            "value": "the “River Front”",
            "text": "The army blamed the “River Front” for the strike.",
        },
    ],
}
ANSWER = {"events": [EVENT], "assessments": [], "forecasts": [], "persons": ["Salim Odeh"]}


def text_of(words=BODY, boilerplate=()):
    return Text(id="t", document_id="d", body=words, cleaner="test@1", language="en", source="Harbour Times", boilerplate=boilerplate)


def changed(**fields):
    answer = copy.deepcopy(ANSWER)
    answer["events"][0].update(fields)
    return answer


def reader(told, waits=None, **fields):
    server = Server(address=told.address, model="small", **{"timeout_s": 5.0, **fields})
    return LlmExtractor(server, sleep=(waits if waits is not None else []).append)


def test_an_answer_becomes_mentions_with_exact_words():
    with model_server(Told(ANSWER)) as told:
        extractor = reader(told, key="secret")
        reading = extractor.read(text_of())
    assert not told.refused and told.questions[0]["path"] == "/v1/chat/completions" and told.questions[0]["key"] == "Bearer secret"
    (mention,) = reading.mentions
    assert mention.kind == "air_drone_strike" and mention.by == extractor.name and extractor.name.startswith("llm:small@")
    quotes = [
        mention.trigger,
        *mention.evidence,
        *mention.where_words,
        *mention.when_words,
        *(p.quote for p in (*mention.perpetrators, *mention.targets)),
    ]
    assert all(exact(text_of(), quote) for quote in quotes) and len(mention.evidence) == 2
    assert mention.perpetrators[0].quote.words == "“River Front”" and mention.perpetrators[0].asserted_by == (1,)
    assert (mention.killed.low, mention.killed.high) == (3, None) and mention.claims[1].stance == "blames"
    assert any(quote.words == "Salim Odeh" for quote in reading.persons) and reading.dropped == {}


def test_its_accounts_are_left_as_it_told_them():
    same = (make_account(), make_account())
    with model_server(Told(ANSWER)) as told:
        assert reader(told).settle(same) == same
    assert len(RulesExtractor().settle(same)) == 1


def test_what_does_not_stand_in_the_text_is_dropped_and_counted():
    invented = changed(where="Port Said", victims=["the mayor's son"], trigger="hit")
    with model_server(Told(invented)) as told:
        reading = reader(told).read(text_of())
    (mention,) = reading.mentions
    assert mention.where_words == () and mention.victims == ()
    assert reading.dropped == {"place: not in the text": 1, "victim: not in the text": 1}
    with model_server(Told(changed(trigger="bombed"))) as told:
        reading = reader(told).read(text_of())
    assert reading.mentions == () and reading.dropped["trigger: not in the text"] == 1


def test_boilerplate_is_no_place_for_words():
    at = BODY.index("Read also")
    with model_server(Told(changed(victims=["bread prices"]))) as told:
        reading = reader(told).read(text_of(boilerplate=((at, len(BODY)),)))
    assert reading.dropped == {"victim: not in the text": 1}


def test_numbers_stay_with_the_rules():
    with model_server(Told(changed(killed={"text": "at least three guards", "low": 99, "high": 120}))) as told:
        reading = reader(told).read(text_of())
    assert (reading.mentions[0].killed.low, reading.mentions[0].killed.high) == (3, None)


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (status(500), 1.0), (status(429, {"Retry-After": "7"}), 7.0), (hang, 1.0), (break_off, 1.0), (body("not json"), 1.0), (body("{}"), 1.0),
        (body(message("{}")), 1.0), (body(message(None)), 1.0), (body(message(json.dumps(ANSWER), finish="length")), 1.0),
        (body(message(json.dumps(changed(type="battle")))), 1.0), (body(message(json.dumps({**ANSWER, "more": 1}))), 1.0),
    ],
)  # fmt: skip
def test_a_fault_is_tried_again(fault, wait):
    waits = []
    patience = 3.0 if fault is hang else 30.0  # short only where it must run out: tests run beside other work
    with model_server(Told(ANSWER)) as told:
        told.faults = [fault]
        assert len(reader(told, waits, timeout_s=patience).read(text_of()).mentions) == 1
    assert len(told.questions) == 2 and waits == [wait]


def test_a_server_that_stays_broken_is_an_input_error_with_growing_waits():
    waits = []
    with model_server(Told(ANSWER)) as told:
        told.faults = [status(503)] * 9
        with pytest.raises(InputError, match="503"):
            reader(told, waits).read(text_of())
    assert waits == [1.0, 2.0, 4.0] and len(told.questions) == 4


def test_a_refusal_or_nobody_there_is_the_users_to_mend():
    with model_server(Told(ANSWER)) as told:
        told.faults = [status(401)]
        with pytest.raises(UsageError, match="401"):
            reader(told).read(text_of())
    with pytest.raises(UsageError, match="nothing answers"):
        LlmExtractor(Server(address="http://127.0.0.1:9/v1", model="m"), sleep=lambda _: None).read(text_of())
    with pytest.raises(UsageError, match="http"):
        LlmExtractor(Server(address="ftp://x", model="m"))
    with pytest.raises(UsageError, match="http"):
        LlmExtractor(Server(address="http:///v1", model="m"))
    with pytest.raises(UsageError, match="KHRONIKA_SERVER_KEY"):
        LlmExtractor(Server(address="http://127.0.0.1:9", model="m", key="schlüssel"))


def test_a_cache_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with model_server(Told(ANSWER)) as told, pytest.raises(UsageError, match="cannot be kept there"):
        reader(told, cache=tmp_path / "file").read(text_of())


def test_an_answer_is_kept_by_model_and_text(tmp_path):
    with model_server(Told(ANSWER)) as told:
        first = reader(told, cache=tmp_path).read(text_of())
        assert reader(told, cache=tmp_path).read(text_of()) == first and len(told.questions) == 1
        (kept,) = tmp_path.glob("*.json")
        kept.write_text("half of an ans")
        assert reader(told, cache=tmp_path).read(text_of()) == first and len(told.questions) == 2
        reader(told, cache=tmp_path).read(text_of(BODY + " More."))
        LlmExtractor(Server(address=told.address, model="other", cache=tmp_path)).read(text_of())
        assert len(told.questions) == 4


def test_a_long_text_is_asked_about_in_parts():
    long = "\n\n".join([BODY] + [f"Paragraph {i} tells of the weather. " * 20 for i in range(60)])
    assert len(parts_of(long)) > 2 and "".join(long[a:b] for a, b in parts_of(long)) == long
    with model_server(Told(ANSWER, {"events": [], "assessments": [], "forecasts": [], "persons": []})) as told:
        reading = reader(told).read(text_of(long))
    assert len(reading.mentions) == 1 and len(told.questions) == len(parts_of(long)) and not told.refused


def test_the_command_sets_aside_what_has_no_answer_and_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("khronika.config.cache_folder", lambda: tmp_path)
    monkeypatch.setattr("khronika.extract.llm.server.WAIT_S", 0.0)
    for name, words in (("a", BODY), ("b", BODY.replace("Two", "Three"))):
        (tmp_path / f"{name}.txt").write_text(words)
    options = ["--extractor", "llm", "--server-model", "small", "--record", str(tmp_path / "r.sqlite"), "--published", "2025-05-04"]
    with model_server(Told(changed(weapons=[], where="Port Said"))) as told:
        told.faults = [status(503)] * 4
        paths = [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
        result = CliRunner().invoke(main, ["read", *paths, *options, "--server", told.address])
        assert result.exit_code == 1 and "set aside" in result.stderr and "503" in result.stderr and "1 read" in result.stderr
        assert "place: not in the text (1)" in result.stderr
        again = CliRunner().invoke(main, ["read", *paths, *options, "--server", told.address])
        assert again.exit_code == 0 and "1 read" in again.stderr and "1 already in the record" in again.stderr
    rejected = CliRunner().invoke(main, ["rejected", "--record", str(tmp_path / "r.sqlite")])
    assert "a.txt" in rejected.stdout


def test_half_of_the_options_is_told():
    result = CliRunner().invoke(main, ["read", "x", "--extractor", "llm", "--server", "http://127.0.0.1:9"])
    assert result.exit_code == 2 and "go together" in result.stderr
    result = CliRunner().invoke(main, ["read", "README.md", "--extractor", "llm", "--no-record"])
    assert result.exit_code == 2 and "--server ADDRESS" in result.stderr
