"""Weights of parts: which occurrence an annotated event is, what a row says, and that what tells a part apart gets the weight."""

from __future__ import annotations

from khronika.extract.rules import RulesExtractor
from train.annotated import alike, events_of
from train.role_weights import article_of, fit

BODY = "Rebels shelled a clinic in Orlivka on Monday, killing two stokers. Traders said that bread is dear again."
EVENT = {
    "type": "shelling_artillery_missile", "trigger": "shelled", "evidence": [BODY.split(" Traders")[0]], "background": False, "perpetrators": [{"text": "Rebels"}],
    "targets": [{"text": "a clinic"}], "victims": [{"text": "two stokers"}],
}  # fmt: skip
ARTICLE = {"id": "a", "text": BODY, "title": None, "published": "2024-05-01", "language": "en", "events": [EVENT]}


def test_phrases_are_alike_whatever_their_small_words() -> None:
    assert alike("the port of Marsa", "Marsa port") and not alike("the port of Marsa", "the mayor of Orlivka")


def test_an_occurrence_is_the_event_whose_sentences_it_shares() -> None:
    assert events_of(ARTICLE, [((70, 77), [(67, 100)]), ((7, 14), [(0, 66)])]) == {1: EVENT}


def test_rows_hold_what_is_annotated() -> None:
    article = article_of(ARTICLE, RulesExtractor(least=0.0))
    (told,) = article.told
    assert {(row.role, row.quote.words) for row in told.rows if row.is_true} == {("targets", "a clinic"), ("victims", "two stokers")}
    assert not any(article.unseen.values())
    missed = ARTICLE | {"events": [EVENT | {"trigger": "bread", "evidence": ["Traders said that bread is dear again."]}]}
    assert article_of(missed, RulesExtractor(least=0.0)).unseen["targets"] == 1


def test_what_tells_gets_the_weight() -> None:
    rows = article_of(ARTICLE, RulesExtractor(least=0.0)).told[0].rows
    rows = [row._replace(levels={"frame": "bound" if row.is_true else "free", "length": "2"}) for row in rows for _ in range(4)]
    number, weights = fit(rows, [1.0] * len(rows), 1.0)
    assert weights[number["frame", "bound"]] > 0 > weights[number["frame", "free"]]
