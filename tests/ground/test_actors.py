"""Who a phrase names: by alias, by head word and country, else its own words; and what a wrong registry says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from khronika.errors import DataError
from khronika.ground.actors import load_registry
from khronika.ground.owners import Owners

CASES = [
    ("The Russian occupiers", None, "mil-ru"),
    ("Russian troops", None, "mil-ru"),
    ("Ukrainian partisans", None, "partisans-ua"),
    ("the local resistance movement", "UA", "partisans-ua"),
    ("The Main Directorate of Intelligence of the Ministry of Defense of Ukraine", None, "ua-hur"),
    ("Минобороны России", None, "mod-ru"),
    ("ЗСУ", None, "mil-ua"),
    ("Moscow", None, "gov-ru"),
    ("U.S. officials", None, "gov-us"),
    ("the police", "NG", "pol-ng"),
    ("the police", None, None),
    ("al-Shabaab", None, "al-shabaab"),
    ("a spokesman for the Rapid Support Forces", "SD", "sd-rsf"),
    ("Blue River Forces", "SD", None),
    ("gunmen", "NG", None),
    ("the DPR and LPR", None, "sep-dpr-lpr"),
    ("the Congolese army and the M23 rebels", None, None),
    ("Ukrainian forces and partisans", None, None),
    ("Turkish police and gendarmerie", None, "pol-tr"),
    ("a pro-Kremlin blogger", None, None),
    ("U.S.-backed Kurdish forces", None, None),
    ("a former army officer from Russia", None, None),
    ("the DPR’s office at the Joint Centre for Control and Coordination", None, "sep-dpr"),
    ("the president of Guinea-Bissau", None, "gov-gw"),
    ("hospital officials", "PK", None),
    ("each side", "SE", None),
    ("Lithuania's State Border Guard Service", None, "border-lt"),
    ("Ivo Danish, a spokesman for the interior ministry", "AF", None),
    ("a Kremlin critic", None, None),
    ("Donald Trump's envoy", None, None),
    ("President Donald Trump", None, "p-trump"),
    ("the city's military administration", "UA", "gov-ua"),
    ("the Biden administration", None, "gov-us"),
    ("Kadyrov's fighters", None, "ru-chechen"),
    ("the leaders of the DPR and LPR, Denis Pushilin and Leonid Pasechnik", None, "sep-dpr-lpr"),
    ("the Pentagon and President Joe Biden", None, None),
    ("the clerk Marta Kuleba", None, None),
    ("Foreign Minister Kuleba", None, "p-kuleba"),
    ("a Putin ally", None, None),
    ("both Polish and Latvian officials", None, None),
    ("British and allied officials", None, None),
    ("Japanese officials at the UN", None, "gov-jp"),
    ("the Chilean ambassador to Ukraine", None, "gov-cl"),
    ("the Nigerian Red Cross", None, None),
    ("an Islamic State offshoot", None, None),
    ("al-Qaeda-linked raiders", None, None),
    ("ex-Wagner cooks", None, None),
    ("pro-Russian protesters", None, None),
    ("officials loyal to Moscow", "UA", None),
    ("the Russian-appointed mayor's officials", None, "ru-occupation"),
    ("the Ukrainian government's forces", None, "mil-ua"),
    ("Iraqi Kurdish forces", None, None),
    ("the British Ministry of Defence", None, "gb-mod"),
    ("a British defence ministry clerk", None, "gb-mod"),
    ("the governor of the Sumy region", None, "ua-ova-sumy"),
    ("authorities in Russia's Kursk region", None, "ru-gov-kursk"),
    ("the Russian-installed governor of Kherson region", None, "ru-occupation"),
    ("Malian rebels", None, "reb-ml"),
    ("Belarusian activists", None, "opposition-by"),
    ("the Myanmar military", None, "mm-junta"),
    ("Burmese troops", None, "mm-junta"),
    ("Myanmar's military government", None, "mm-junta"),
    ("the army", "MM", "mm-junta"),
]


@pytest.mark.parametrize(("words", "country", "id"), CASES)
def test_match(words: str, country: str | None, id: str | None) -> None:
    assert load_registry().match(words, None, country).id == id


def test_an_alias_that_others_bear_too_is_of_the_country_that_the_text_tells_of() -> None:
    match = load_registry().match
    assert match("special operations forces", None, None, lambda country: country == "UA").id == "ua-sof"
    assert match("special operations forces", None, "US", lambda country: country == "US").id == "mil-us"


def test_an_unknown_actor_keeps_its_own_words() -> None:
    found = load_registry().match("The Brotherhood of the Delta")
    assert (found.name, found.id) == ("Brotherhood of the Delta", None)


def test_entries_hold_for_their_time() -> None:
    registry = load_registry()
    assert registry.match("the Taliban", dt.date(2020, 1, 1)).id == "af-taliban"
    assert registry.match("the Taliban", dt.date(2022, 1, 1)).id == "af-taliban-gov"


def test_the_army_of_myanmar_is_one_at_any_time() -> None:
    match = load_registry().match
    assert {match(words, dt.date(year, 1, 1)).id for year in (2017, 2023) for words in ("the Tatmadaw", "the Myanmar army")} == {"mm-junta"}


def test_the_registry_is_large_and_speaks_three_languages() -> None:
    actors = load_registry().actors.values()
    assert len(actors) >= 150
    for language in ("en", "uk", "ru"):
        assert sum(bool(actor.aliases.get(language)) for actor in actors) >= 50


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ('[[actor]]\nid = "x"\nname = "X"\nkind = "Aliens"\n', "kind 'Aliens'"),
        ('[[actor]]\nid = "x"\nname = "X"\nkind = "Civilians"\nparents = ["nobody"]\n', "parent 'nobody'"),
        ('[[actor]]\nid = "x"\nname = "X"\nkind = "Civilians"\nsince = 2022-01-02\nuntil = 2022-01-01\n', "since 2022-01-02 is after"),
        ('[[actor]]\nid = "x"\nname = "X"\nkind = "Civilians"\naliases = { en = ["Hamas"] }\n', "both have the alias"),
        ("not toml", "not TOML"),
    ],
)
def test_a_wrong_registry_says_what_is_wrong(tmp_path: Path, entries: str, message: str) -> None:
    path = tmp_path / "actors.toml"
    path.write_text(entries)
    with pytest.raises(DataError, match=message):
        load_registry(path)


OWNERS = [
    ("Shells hit the mill. Russia's defence ministry spoke of a depot. The defence ministry gave no count.", "The defence ministry", "UA", "RU"),
    ("Russia denied it. Its army had not fired, it said.", "Its army", "UA", "RU"),
    ("U.S. commandos raided a farm in Syria. Military officials spoke of five dead.", "Military officials", "SY", None),
    ("Rockets fell on Kharkiv, in Ukraine, and Russia said nothing. The police counted four dead.", "The police", "UA", "UA"),
    ("In Myanmar a sit-in was broken up. Soldiers fired rifles.", "Soldiers", "MM", "MM"),
    ("The occupation's police held two men, Ukraine said.", "The occupation's police", "UA", None),
    ("Ukraine hopes for grain ships under a deal that Turkey made, its infrastructure minister says.", "its infrastructure minister", "UA", "UA"),
    ("A drone was found in Iraq by Kurdish forces.", "Kurdish forces", "IQ", None),
    ("Ukrainian troops left. Russian troops came.", "Russian troops", "UA", None),
    ("The U.S. sent a note. The warlord spoke for long. He said his troops would stay.", "his troops", "US", None),
    ("Russia's defence ministry was silent. A bank in Latvia was robbed of data, said the defence ministry.", "the defence ministry", "UA", None),
    ("In Georgia a square was cleared. Riot police used hoses. The crowd spoke of a Russian law.", "Riot police", "RU", None),
]


@pytest.mark.parametrize(("body", "words", "happened", "country"), OWNERS, ids=[row[1] for row in OWNERS])
def test_whose_words_without_a_country_are(body: str, words: str, happened: str, country: str | None) -> None:
    assert Owners(load_registry(), body).country_of(words, body.index(words), happened) == country


def test_a_country_told_in_passing_is_not_what_the_text_tells_of() -> None:
    owners = Owners(load_registry(), "Peru and Chile met. Peru left. Chile stayed. Peru wrote. Peru, Chile and Ukraine trade in wheat.")
    assert owners.tells_of("PE")
    assert not owners.tells_of("UA")
