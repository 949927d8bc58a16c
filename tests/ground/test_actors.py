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
]


@pytest.mark.parametrize(("words", "country", "id"), CASES)
def test_match(words: str, country: str | None, id: str | None) -> None:
    assert load_registry().match(words, None, country).id == id


def test_an_unknown_actor_keeps_its_own_words() -> None:
    found = load_registry().match("The Brotherhood of the Delta")
    assert (found.name, found.id) == ("Brotherhood of the Delta", None)


def test_entries_hold_for_their_time() -> None:
    registry = load_registry()
    assert registry.match("the Taliban", dt.date(2020, 1, 1)).id == "af-taliban"
    assert registry.match("the Taliban", dt.date(2022, 1, 1)).id == "af-taliban-gov"


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
]


@pytest.mark.parametrize(("body", "words", "happened", "country"), OWNERS, ids=[row[1] for row in OWNERS])
def test_whose_words_without_a_country_are(body: str, words: str, happened: str, country: str | None) -> None:
    assert Owners(load_registry(), body).country_of(words, body.index(words), happened) == country
