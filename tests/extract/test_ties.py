"""Which voice speaks of which event: by where it stands, its cue, and what both name."""

from __future__ import annotations

import pytest

from khronika.extract.claims import find_claims
from khronika.extract.segments import segments_of
from khronika.types import Mention, Quote, Text

NEWS = "Shells hit the mill in Borlo. "
CASES = [
    # (sentences, who speaks of "Shells hit the mill in Borlo")
    ("Two sheds burned. The bakery stayed open. The governor said that shells had burned the mill in Borlo.", ["The governor"]),
    ("The road was shut. A school lost its roof. The bus ran late. The rain began. Few people slept. The army denied shelling the mill in Borlo.", ["The army"]),
    ("Mayor Ivo Marten called the shells that hit the mill a crime.", ["Mayor Ivo Marten"]),
    ("Two sheds burned. Mayor Ivo Marten said the attack on a bridge elsewhere would not stop him.", []),
    ("Two sheds burned. The bakery said that it would open a second shop next spring.", []),
]


def mention_of(body: str) -> Mention:
    at = body.index("hit")
    return Mention(
        id="m", text_id="t", by="test", trigger=Quote(start=at, end=at + 3, words="hit"), kind="shelling_artillery_missile",
        evidence=(Quote(start=0, end=len(NEWS) - 1, words=NEWS.strip()),),
    )  # fmt: skip


@pytest.mark.parametrize(("more", "voices"), CASES, ids=[case[0][-30:] for case in CASES])
def test_voice_speaks_of_an_event_told_before(more: str, voices: list[str]) -> None:
    text = Text(id="t", document_id="d", body=NEWS + more, cleaner="test", language="en")
    (mention,) = find_claims(text, segments_of(text), [mention_of(text.body)])
    assert [claim.by.words for claim in mention.claims] == voices


def test_voice_far_off_speaks_of_no_event_whose_trigger_it_does_not_say() -> None:
    body = "The council said the mill was shelled. " + "The weather was mild. " * 12 + "The bank was robbed."
    text, at = Text(id="t", document_id="d", body=body, cleaner="test", language="en"), body.index("robbed")
    robbed = Mention(
        id="m", text_id="t", by="test", trigger=Quote(start=at, end=at + 6, words="robbed"), kind="looting_property_destruction",
        evidence=(Quote(start=at - 13, end=len(body), words=body[at - 13 :]),),
    )  # fmt: skip
    assert find_claims(text, segments_of(text), [robbed])[0].claims == ()


def test_a_claim_carries_how_likely_its_voice_speaks_of_the_event() -> None:
    def p_of_claim(more: str) -> float:
        text = Text(id="t", document_id="d", body=NEWS + more, cleaner="test", language="en")
        ((claim,),) = (mention.claims for mention in find_claims(text, segments_of(text), [mention_of(text.body)]))
        return claim.p or 0.0

    assert 1 > p_of_claim("The governor said that shells hit the mill in Borlo.") > p_of_claim(CASES[0][0]) > 0


def test_denial_of_the_own_deed_is_about_the_author() -> None:
    text = Text(id="t", document_id="d", body=NEWS + "The army denied on Monday that it had shelled the mill.", cleaner="test", language="en")
    (mention,) = find_claims(text, segments_of(text), [mention_of(text.body)])
    assert [(claim.stance, claim.about) for claim in mention.claims] == [("denies", "perpetrator")]
