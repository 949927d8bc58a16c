"""Which of a text's names is the scene of an event, and the sites that it names."""

from __future__ import annotations

import pytest

from khronika.ground.gazetteer import Gazetteer, ensure
from khronika.ground.place import places_of_mentions
from khronika.types import Mention, Place, Quote, Reading, Text


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer(ensure())


def place_of(gazetteer: Gazetteer, body: str, trigger: str) -> Place | None:
    """The place of the event that a trigger names, with no help from the extractor."""
    sentence = next(s for s in body.split(". ") if trigger in s)
    text = Text(id="t", document_id="d", body=body, cleaner="c", language="en")

    def quote(words: str) -> Quote:
        return Quote(start=body.index(words), end=body.index(words) + len(words), words=words)

    mention = Mention(id="m", text_id="t", by="x", trigger=quote(trigger), kind="attack", evidence=(quote(sentence),))
    return places_of_mentions(text, Reading(text_id="t", by="x", mentions=(mention,)), gazetteer, None)[0]


@pytest.mark.parametrize(
    ("body", "trigger", "name", "precision"),
    [
        ("A depot burned in Tokmak after Kyiv said that Moscow had lied about Ukraine. Rain fell.", "burned", "Tokmak", "settlement"),
        ("Gunmen killed two farmers in the village of Krasne, near Lviv in western Ukraine. Rain fell.", "killed", "Krasne", "settlement"),
        ("Shells damaged the Kramatorsk railway station in Ukraine. Rain fell.", "damaged", "Kramatorsk railway station", "site"),
        ("A bomb wounded a clerk at the market in Mosul, Iraq. Rain fell.", "wounded", "Mosul", "settlement"),
    ],
)
def test_the_scene_is_chosen_among_all_names(gazetteer: Gazetteer, body: str, trigger: str, name: str, precision: str) -> None:
    found = place_of(gazetteer, body, trigger)
    assert found is not None
    assert (found.name, found.precision) == (name, precision)


def test_a_name_that_the_index_lacks_takes_the_country_of_its_neighbour(gazetteer: Gazetteer) -> None:
    found = place_of(gazetteer, "Raiders burned the village of Qwxyango, north of Beni in the Democratic Republic of Congo. Rain fell.", "burned")
    assert found is not None
    assert (found.name, found.country, found.latitude) == ("Qwxyango", "CD", None)


def test_many_events_and_names_stay_quick(gazetteer: Gazetteer) -> None:
    import time

    body = " ".join(f"Shells hit Chornobaivka and Tokmak on day {n}." for n in range(600))
    text = Text(id="t", document_id="d", body=body, cleaner="c", language="en")
    starts = [n for n in range(len(body)) if body.startswith("hit", n)]
    mentions = tuple(
        Mention(id=str(n), text_id="t", by="x", trigger=Quote(start=n, end=n + 3, words="hit"), kind="attack", evidence=(Quote(start=n, end=n + 3, words="hit"),))
        for n in starts
    )
    begun = time.process_time()
    places_of_mentions(text, Reading(text_id="t", by="x", mentions=mentions), gazetteer, None)
    assert time.process_time() - begun < 8
