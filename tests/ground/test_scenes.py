"""Which of a text's names is the scene of an event, and the sites that it names."""

from __future__ import annotations

import pytest

from khronika.ground.cohesion import Cohesion
from khronika.ground.gazetteer import Gazetteer, ensure
from khronika.ground.place import Grounds, places_of_mentions
from khronika.text import sentences
from khronika.types import Mention, Participant, Place, Quote, Reading, Text


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer(ensure())


def place_of(gazetteer: Gazetteer, body: str, trigger: str, where: str | None = None) -> Place | None:
    """The place of the event that a trigger names, with no help from the extractor but the place words."""
    sentence = next(s for s in body.split(". ") if trigger in s)
    text = Text(id="t", document_id="d", body=body, cleaner="c", language="en")

    def quote(words: str) -> Quote:
        return Quote(start=body.index(words), end=body.index(words) + len(words), words=words)

    mention = Mention(id="m", text_id="t", by="x", trigger=quote(trigger), kind="attack", evidence=(quote(sentence),), where_words=(quote(where),) if where else ())
    return places_of_mentions(text, Reading(text_id="t", by="x", mentions=(mention,)), gazetteer, None)[0]


@pytest.mark.parametrize(
    ("body", "trigger", "name", "precision"),
    [
        ("A depot burned in Tokmak after Kyiv said that Moscow had lied about Ukraine. Rain fell.", "burned", "Tokmak", "settlement"),
        ("Gunmen killed two farmers in the village of Krasne, near Lviv in western Ukraine. Rain fell.", "killed", "Krasne", "settlement"),
        ("Shells damaged the Kramatorsk railway station in Ukraine. Rain fell.", "damaged", "Kramatorsk railway station", "site"),
        ("A bomb wounded a clerk at the market in Mosul, Iraq. Rain fell.", "wounded", "Mosul", "settlement"),
        ("Rockets struck Camp Qwxyango in Iraq. Rain fell.", "struck", "Camp Qwxyango", "site"),
        ("Gunmen stormed Kabul's Qwxy-Palast Hotel in Afghanistan. Rain fell.", "stormed", "Qwxy-Palast Hotel, Kabul", "site"),
        ("Guns fired on Tokmak in Ukraine from the Kyiv-controlled bank. Rain fell.", "fired", "Tokmak", "settlement"),
        ("Shells wounded a nurse in Kherson City in Ukraine. Rain fell.", "wounded", "Kherson", "settlement"),
        ("A blast tore the roof off the prison in Moscow-held Olenivka in Ukraine. Rain fell.", "blast", "prison, Olenivka", "site"),
        ("A shell hit the yard of the al-Khani mosque in Mosul, Iraq. Rain fell.", "hit", "al-Khani mosque, Mosul", "site"),
        ("A barge sank on the Tisza river near Tokmak in Ukraine. Rain fell.", "sank", "Tokmak", "settlement"),
        ("Tokmak, some 12 km west of Kherson, Friday. A man of Ukraine shot a dog. Rain fell.", "shot", "Tokmak", "settlement"),
        ("Union mourns dead of Somalia ABIDJAN, March 3 (Qwxy) -- Gunmen killed nine farmers of the union on Sunday in a raid, as it said, in Baidoa town. Rain fell.", "killed", "Baidoa", "settlement"),
        ("Jets bombed a post in the eastern province of Deir al-Zour in Syria. Rain fell.", "bombed", "Deir ez-Zor", "region"),
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


def test_a_quarter_that_the_index_lacks_lies_in_the_one_area_that_the_text_tells_of(gazetteer: Gazetteer) -> None:
    near = place_of(gazetteer, "Planes bombed Mosul in Iraq. Smoke hung over Mosul. A shell killed a baker in Qwxyango. Rain fell.", "killed", "Qwxyango")
    apart = place_of(gazetteer, "Planes bombed Mosul and Basra in Iraq. Smoke hung over Basra. A shell killed a baker in the village of Qwxyango. Rain fell.", "killed", "Qwxyango")
    assert near is not None and apart is not None
    assert (near.name, near.country, near.latitude is None) == ("Qwxyango", "IQ", False)
    assert (apart.name, apart.latitude) == ("Qwxyango", None)


def test_where_people_were_taken_is_a_sign(gazetteer: Gazetteer) -> None:
    body = "A shell hit a shop in Tokmak in Ukraine. The wounded were taken to a hospital in Melitopol."
    text = Text(id="t", document_id="d", body=body, cleaner="c", language="en")
    mention = Mention(id="m", text_id="t", by="x", trigger=Quote(start=8, end=11, words="hit"), kind="attack", evidence=(Quote(start=0, end=40, words=body[:40]),))
    scenes = Grounds(text, Reading(text_id="t", by="x", mentions=(mention,)), gazetteer, None).scenes
    marked = {option.words for option, signs in zip(scenes.options, scenes.own_signs, strict=True) if "where people were taken" in signs}
    assert marked == {"Melitopol"}


def test_an_area_that_the_index_lacks_lies_at_the_town_beside_it(gazetteer: Gazetteer) -> None:
    found = place_of(gazetteer, "A shell killed a baker in the Qwxyango area, east of Mosul in Iraq. Rain fell.", "killed", "Qwxyango")
    assert found is not None
    assert (found.name, found.precision, found.latitude is None) == ("Qwxyango", "district", False)


def test_roles_and_kind_are_signs(gazetteer: Gazetteer) -> None:
    body = "Moscow shelled a camp at Tokmak in Ukraine."
    words = {w: Quote(start=body.index(w), end=body.index(w) + len(w), words=w) for w in ("Moscow", "shelled", "Tokmak")}
    mention = Mention(
        id="m", text_id="t", by="x", trigger=words["shelled"], kind="shelling_artillery_missile", evidence=(Quote(start=0, end=len(body), words=body),),
        perpetrators=(Participant(quote=words["Moscow"]),),
    )  # fmt: skip
    text = Text(id="t", document_id="d", body=body, cleaner="c", language="en")
    grounds = Grounds(text, Reading(text_id="t", by="x", mentions=(mention,)), gazetteer, None)
    signs = {grounds.scenes.options[n].words: found for n, found in grounds.scenes.signs(grounds.event(mention)).items()}
    assert "in the doers" in signs["Moscow"] and not any(sign.startswith("in the doers") for sign in signs["Tokmak"])
    assert "explosion: settlement" in signs["Tokmak"]


@pytest.mark.parametrize(
    ("body", "inner"),
    [
        ("Raiders burned Qwxyango, in Beni territory, on Friday.", {"Qwxyango"}),
        ("Raiders burned Qwxyango village in Beni on Friday.", {"Qwxyango"}),
        ("Raiders burned the village of Qwxyango, Beni district.", {"Qwxyango"}),
        ("Raiders on the outskirts of Beni in the village of Qwxyango burned a hut.", set()),
        ("Raiders burned the village of Qwxyango, Beni and Butembo.", set()),
    ],
)
def test_words_put_a_village_that_the_index_lacks_in_a_wider_place(gazetteer: Gazetteer, body: str, inner: set[str]) -> None:
    text = Text(id="t", document_id="d", body=f"{body} Congo's army is there.", cleaner="c", language="en")
    at = body.index("burned"), body.index("Qwxyango")
    where = (Quote(start=at[1], end=at[1] + 8, words="Qwxyango"),)
    mention = Mention(id="m", text_id="t", by="x", trigger=Quote(start=at[0], end=at[0] + 6, words="burned"), kind="attack", evidence=(), where_words=where)
    scenes = Grounds(text, Reading(text_id="t", by="x", mentions=(mention,)), gazetteer, None).scenes
    assert {option.words for option, signs in zip(scenes.options, scenes.own_signs, strict=True) if "inner of a pair" in signs and option.words != "Congo"} == inner


def test_sentences_of_one_occurrence_share_words_sites_and_numbers() -> None:
    text = "A blast at the prison killed 53 captives. The explosion at the prison near a village left 53 dead. Farmers sold grain."
    cohesion = Cohesion(text, sentences(text))
    assert cohesion.signs_to(0, "explosion")(1, "after") >= {"shared 2", "shares a site", "shares a number", "names the trigger", "after, shares a site"}
    assert cohesion.signs_to(0, "blast")(2, "after") == {"shared 0", "after, shared 0"}


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
