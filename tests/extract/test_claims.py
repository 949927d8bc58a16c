"""Attributions by a table of sentences; claims by stance, voice and mention; offsets hold on odd texts."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khronika.extract.claims import find_attributions, find_claims
from khronika.extract.segments import segments_of
from khronika.types import Mention, Participant, Quote, Text

CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "attributions.toml").read_text(encoding="utf-8"))["case"]


def make_text(body: str) -> Text:
    return Text(id="t", document_id="d", body=body, cleaner="test", language="en")


def quote_of(body: str, words: str) -> Quote:
    start = body.index(words)
    return Quote(start=start, end=start + len(words), words=words)


def make_mention(body: str, trigger: str, evidence: str, author: str | None = None, kind: Any = "shelling_artillery_missile") -> Mention:
    authors = (Participant(quote=quote_of(body, author)),) if author else ()
    return Mention(
        id="m", text_id="t", by="test", trigger=quote_of(body, trigger), kind=kind, evidence=(quote_of(body, evidence),), perpetrators=authors
    )


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:40] for case in CASES])
def test_attribution(case: dict[str, str]) -> None:
    text = make_text(case["text"])
    found = find_attributions(text, segments_of(text))
    assert found, "no attribution"
    one = found[0]
    assert one.speaker is not None and one.speaker.words == case["speaker"]
    assert one.cue.words == case["cue"]
    if "content" in case:
        assert one.content[0].words.rstrip(".") == case["content"]
    if "group" in case:
        assert one.group == case["group"]
    assert [quote.words for quote in one.chain] == ([case["chain"]] if "chain" in case else [])


@pytest.mark.parametrize("body", ["The report of the blast spread quickly.", "Nobody was reported hurt.", "The road was closed at noon.", "The road was closed without saying why.", "Nobody claimed the attack.", "Two shots were heard in the yard.", "The minister held talks in Dorn.", ""])
def test_no_attribution(body: str) -> None:
    text = make_text(body)
    assert find_attributions(text, segments_of(text)) == []


@pytest.mark.parametrize(
    ("body", "voice"),
    [
        ('The ministry said that the mill burned. A miller, Ana Torv, came to the gate at noon. "They took the flour," she said.', "A miller, Ana Torv"),
        ("Two boats sank, the harbour office said. On Monday, Governor Ivo Marten walked along the pier. He counted five boats.", "Governor Ivo Marten"),
        ("The ministry said that two men died. The regional command sees it otherwise: it says that nobody did.", "The regional command"),
        ("Mayor Ivo Marten said that the mill burned. The miller's brother was killed in it, he said.", "Mayor Ivo Marten"),
        ("Rescuer Ana Torv said that the mill burned. Moscow said nothing of it. She counted five bodies.", "Rescuer Ana Torv"),
        ("Mayor Ivo Marten said that the mill burned. By Tuesday the toll had grown. He reported five dead.", "Mayor Ivo Marten"),
    ],
)
def test_a_pronoun_stands_for_who_opens_the_sentence_before(body: str, voice: str) -> None:
    text = make_text(body)
    one = find_attributions(text, segments_of(text))[-1]
    assert one.speaker is not None and one.speaker.words.lower() in ("he", "she", "it")
    assert one.voice is not None and one.voice.words == voice


def test_pronoun_and_surname_stand_for_the_full_phrase() -> None:
    body = "Mayor Ivo Marten said the mill burned. He said four people were hurt. Marten added that the fire was out."
    text = make_text(body)
    found = find_attributions(text, segments_of(text))
    assert [one.voice.words if one.voice else None for one in found] == ["Mayor Ivo Marten"] * 3
    assert [one.speaker.words if one.speaker else None for one in found] == ["Mayor Ivo Marten", "He", "Marten"]


def test_quotation_over_several_sentences_is_one_content() -> None:
    text = make_text("“We heard it at dawn. The windows went,” said Ivo Marten. “Then it was quiet.”")
    (one,) = find_attributions(text, segments_of(text))
    assert [quote.words for quote in one.content] == ["“We heard it at dawn.", "The windows went,”", "“Then it was quiet.”"]


STANCES = [
    ("Russian shells hit the mill, the Ukrainian army said.", "Russian shells", "hit", "blames"),
    ("Ukrainian shells hit the mill, the Donetsk People's Republic said.", "Ukrainian shells", "hit", "blames"),
    ("Russian shells hit the mill, a foreign analyst said.", "Russian shells", "hit", "attributes"),
    ("The Ukrainian army said its forces hit the mill.", None, "hit", "claims_responsibility"),
    ("The mill was hit at dawn, the miller said.", None, "hit", "reports"),
    ("The Ukrainian army denied that it hit the mill.", None, "hit", "denies"),
    ("The Ukrainian army accused Russia of having hit the mill.", None, "hit", "blames"),
]


@pytest.mark.parametrize(("body", "author", "trigger", "stance"), STANCES, ids=[s[3] + " " + s[0][:25] for s in STANCES])
def test_stance(body: str, author: str | None, trigger: str, stance: str) -> None:
    text = make_text(body)
    (mention,) = find_claims(text, segments_of(text), [make_mention(body, trigger, body, author)])
    assert [claim.stance for claim in mention.claims] == [stance]


def test_perpetrator_carries_who_names_it() -> None:
    body = "A mill burned at dawn. Russian shells hit it, the Ukrainian army said."
    text = make_text(body)
    (mention,) = find_claims(text, segments_of(text), [make_mention(body, "hit", body.split(". ")[1], "Russian shells")])
    assert mention.perpetrators[0].asserted_by == (0,)
    plain = "Russian shells hit the mill."
    (told,) = find_claims(make_text(plain), segments_of(make_text(plain)), [make_mention(plain, "hit", plain, "Russian shells")])
    assert told.claims == () and told.perpetrators[0].asserted_by == (-1,)


def test_sentence_behind_speaks_of_the_event_before_it() -> None:
    body = "Shells hit the mill. The council said the attack killed two people."
    text = make_text(body)
    (mention,) = find_claims(text, segments_of(text), [make_mention(body, "hit", "Shells hit the mill.")])
    assert [(claim.by.words, claim.about) for claim in mention.claims] == [("The council", "casualties")]


def test_each_voice_keeps_its_own_toll() -> None:
    body = "Shells hit the mill. The council said five people were killed, but the army said twelve people were killed in the attack."
    text = make_text(body)
    (mention,) = find_claims(text, segments_of(text), [make_mention(body, "hit", body.split(". ")[1])])
    assert [(claim.by.words, claim.killed.low if claim.killed else None) for claim in mention.claims] == [("The council", 5), ("the army", 12)]


def test_one_claim_a_voice_and_stance() -> None:
    body = "The council said shells hit the mill. The council said the attack began at noon."
    text = make_text(body)
    (mention,) = find_claims(text, segments_of(text), [make_mention(body, "hit", body.split(". ")[0] + ".")])
    assert [claim.quote.words for claim in mention.claims] == ["The council said shells hit the mill."]


ODD = st.lists(
    st.sampled_from(["said", "according to", "“", "”", '"', "''", ",", ".", "He", "the council", "Ivo", "\n\n", "citing", "told", "\u00a0", "😀", "claimed by", "and", "(", "-", "İ"]),
    max_size=40,
)


@given(ODD, st.text(max_size=60))
def test_spans_are_exact(words: list[str], tail: str) -> None:
    text = make_text(" ".join(words) + tail)
    for one in find_attributions(text, segments_of(text)):
        for quote in (one.cue, *one.content, *one.chain, *(q for q in (one.speaker, one.voice) if q)):
            assert text.body[quote.start : quote.end] == quote.words and quote.words


def test_voice_that_blames_reports_nothing_beside_and_keeps_its_count() -> None:
    body = "Russian shells hit the mill, the Ukrainian army said. The Ukrainian army said two people were killed in the attack."
    text = make_text(body)
    (mention,) = find_claims(text, segments_of(text), [make_mention(body, "hit", body.split(". ")[0] + ".", "Russian shells")])
    assert [(claim.stance, claim.killed.low if claim.killed else None) for claim in mention.claims] == [("blames", 2)]


def test_a_voice_whose_enemy_is_the_subject_blames_without_a_list_of_forces() -> None:
    body = "The mill burned. Moscow was shelling the mill again, Ukraine’s military command said."
    text = make_text(body)
    (mention,) = find_claims(text, segments_of(text), [make_mention(body, "shelling", body.split(". ")[1])])
    assert [claim.stance for claim in mention.claims] == ["blames"]


def test_dash_parts_a_dateline_from_the_voice() -> None:
    text = make_text("BANGUI, Feb. 3 (Agency) -- The mission confirmed the attack on the mill.")
    assert [one.voice.words for one in find_attributions(text, segments_of(text)) if one.voice] == ["The mission"]


def test_voice_cited_by_a_report() -> None:
    text = make_text("The report cited a miller as saying that the mill was hit.")
    assert [one.voice.words for one in find_attributions(text, segments_of(text)) if one.voice] == ["a miller"]


def test_a_surname_is_given_with_its_first_name_alone_and_speaks_for_the_whole_phrase() -> None:
    body = "Rockets hit the mill. The port's chief, Lena Brodar, said three men died in the blast. Brodar said the rockets came from the hills."
    text = make_text(body)
    (mention,) = find_claims(text, segments_of(text), [make_mention(body, "hit", "Rockets hit the mill.")])
    first, second = find_attributions(text, segments_of(text))
    assert first.by == first.voice
    assert second.voice == first.voice and second.by is not None and second.by.words == "Lena Brodar"
    assert body[second.by.start : second.by.end] == "Lena Brodar"
    (claim,) = mention.claims
    assert claim.speaker is not None and claim.speaker.name == "The port's chief, Lena Brodar"


def test_it_is_no_person() -> None:
    body = "The Harbour Watch said two barges burned. A man from the quay said he ran. It also noted that the quay was empty."
    text = make_text(body)
    found = find_attributions(text, segments_of(text))
    assert [one.voice.words if one.voice else None for one in found] == ["The Harbour Watch", "A man from the quay", "The Harbour Watch"]


def test_what_it_calls_is_no_second_voice() -> None:
    text = make_text("The port operator reports what it calls an outage of its site.")
    assert [one.cue.words for one in find_attributions(text, segments_of(text))] == ["reports"]
