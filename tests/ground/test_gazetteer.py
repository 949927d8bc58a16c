"""The index of places: built whole, read by many, imported into whole or not at all."""

from __future__ import annotations

import datetime as dt
import json
import pickle
import shutil
import sqlite3
import threading
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khronika.errors import DataError
from khronika.ground import gazetteer_build
from khronika.ground.gazetteer import Gazetteer, bones_of, ensure, import_file, key_of, skeleton_of


@pytest.fixture(scope="module")
def built() -> Path:
    return ensure()


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(built, tmp_path / "own.sqlite"))


def names(gazetteer: Gazetteer, words: str) -> set[tuple[str, str, str]]:
    return {(e.name, e.country, e.kind) for e in gazetteer.candidates(key_of(words))}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Chornobaivka", ("Chornobaivka", "UA", "settlement")),
        ("Чорнобаївка", ("Chornobaivka", "UA", "settlement")),
        ("Kherson Oblast", ("Kherson Oblast", "UA", "region")),
        ("Херсонська область", ("Kherson Oblast", "UA", "region")),
        ("Донецкая область", ("Donetsk Oblast", "UA", "region")),
        ("Crimea", ("Crimea", "UA", "region")),
        ("Україна", ("Ukraine", "UA", "country")),
        ("Украина", ("Ukraine", "UA", "country")),
        ("U.S.", ("United States", "US", "country")),
        ("Khan Younis", ("Khan Younis", "PS", "settlement")),
        ("Gaza Strip", ("Gaza Strip", "PS", "region")),
        ("Rapides Parish", ("Rapides Parish", "US", "district")),
        ("St. Louis", ("St. Louis", "US", "settlement")),
    ],
)
def test_names_in_several_scripts_lead_to_the_place(built: Path, words: str, expected: tuple[str, str, str]) -> None:
    assert expected in names(Gazetteer(built), words)


@pytest.mark.parametrize(("a", "b"), [("Chornobaivka", "Chornobayivka"), ("Chornobaivka", "Чорнобаївка"), ("Izyum", "Izium"), ("Kryvy Rih", "Kryvyi Rih")])
def test_spellings_of_one_sound_meet(a: str, b: str) -> None:
    assert skeleton_of(key_of(a)) == skeleton_of(key_of(b)) != ""


def test_a_name_that_is_not_there_stays_unfound(built: Path) -> None:
    gazetteer = Gazetteer(built)
    assert gazetteer.candidates(key_of("Robotino")) == ()
    assert gazetteer.nearly(key_of("Robotino"), "UA") == ()  # "Ribotyn" is not alike enough
    assert gazetteer.nearly(key_of("Melitopil"), "UA")[0].name == "Melitopol"


def test_every_country_has_a_point_and_most_regions_have_names(built: Path) -> None:
    gazetteer = Gazetteer(built)
    assert len(gazetteer.countries) >= 240
    assert sum(e.latitude is None for e in gazetteer.countries.values()) <= 8  # islands without a town of 500
    assert len(gazetteer.regions) >= 3400
    assert all(e.radius_km >= 5 for e in gazetteer.regions.values())


def test_whether_a_country_has_places_near_a_point(built: Path) -> None:
    gazetteer = Gazetteer(built)
    lviv, quito = (49.84, 24.03), (-0.2, -78.5)
    assert gazetteer.lies_by(lviv, ["EC", "PL"]) and gazetteer.lies_by(quito, {"EC"})
    assert not gazetteer.lies_by(lviv, ["EC"]) and not gazetteer.lies_by(lviv, []) and not gazetteer.lies_by(lviv, ["no country"])


@given(st.text(max_size=40))
def test_keys_are_stable(text: str) -> None:
    assert key_of(key_of(text)) == key_of(text)


def test_look_up_is_fast(built: Path) -> None:
    gazetteer = Gazetteer(built)
    words = [key_of(w) for w in ("Kherson", "Kyiv", "Nowhereville", "Paris", "Springfield")] * 2000
    begun = time.perf_counter()
    for word in words:
        gazetteer.candidates(word)
    assert (time.perf_counter() - begun) / len(words) < 50e-6


def test_threads_and_pickles_share_one_file(built: Path) -> None:
    gazetteer = pickle.loads(pickle.dumps(Gazetteer(built)))
    seen: list[int] = []
    threads = [threading.Thread(target=lambda n=n: seen.append(len(gazetteer.candidates(key_of(n))))) for n in ("Kyiv", "Odesa", "Lviv", "Sumy")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert min(seen) >= 1


@pytest.mark.parametrize("damage", ["missing", "text", "cut", "version"])
def test_a_wrong_file_is_named_with_what_to_do(copy: Path, damage: str) -> None:
    if damage == "missing":
        copy.unlink()
    elif damage == "text":
        copy.write_text("no database")
    elif damage == "cut":
        copy.write_bytes(copy.read_bytes()[:3000])
    else:
        with sqlite3.connect(copy) as connection:
            connection.execute("UPDATE meta SET value = '0'")
    with pytest.raises(DataError, match="gazetteer build") as caught:
        Gazetteer(copy)
    assert str(copy) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_killed_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> object:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(gazetteer_build, "_places", broken)
    with pytest.raises(KeyboardInterrupt):
        gazetteer_build.build_into(tmp_path / "g.sqlite", None)
    assert list(tmp_path.iterdir()) == []


DUMP = "9900001\tNeudorf am See\tNeudorf am See\tNowe Siolo\t47.5\t9.6\tP\tPPL\tAT\t\t08\t801\t\t\t120\t\t400\tEurope/Vienna\t2020-01-01\n"
TABLES = {
    "dump.txt": (DUMP, "Neudorf am See", 1),
    "admin1.txt": ("UA.08\tKherson Oblast\tKhersonshchyna Land\t706442\n", "Khersonshchyna Land", 1),
    "admin2.txt": ("UA.08.99\tTest Raion\tTest Raion\t9900002\n", "Test Raion", 1),
    "alternate.txt": ("1\t706448\ten\tHerson on the River\t\t\t\t\t\t\n", "Herson on the River", 1),
    "postal.txt": ("UA\t75000\tНове Тестове\tKhersonska\t08\tKhersonska\t\t\t\t46.6\t32.9\t4\n", "Нове Тестове", 1),
    "own.csv": ("name,lat,lon,type\nOrchard Nine,46.7,32.6,site\n", "Orchard Nine", 1),
    "own.geojson": (
        json.dumps({"type": "FeatureCollection", "features": [{"geometry": {"type": "Point", "coordinates": [32.6, 46.7]}, "properties": {"name": "Mill Hamlet"}}]}),
        "Mill Hamlet",
        1,
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_each_form_is_told_by_its_content(copy: Path, tmp_path: Path, name: str) -> None:
    content, words, rows = TABLES[name]
    file = tmp_path / "table"
    file.write_text(content, encoding="utf-8")
    assert import_file(copy, file) == rows
    assert Gazetteer(copy).candidates(key_of(words))


def test_a_zip_and_a_second_import_add_nothing_new(copy: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "XX.zip", "w") as archive:
        archive.writestr("XX.txt", DUMP)
        archive.writestr("readme.txt", "about")
    for _ in range(2):
        assert import_file(copy, tmp_path / "XX.zip") == 1
    assert len(Gazetteer(copy).candidates(key_of("Neudorf am See"))) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("name,lat,lon,type\nGood One,46.7,32.6,site\nBad One,146.7,32.6,site\n", "line 3.*out of range"),
        ("name,lat,lon,type\nGood One,46.7,32.6,site\nBad One,x,32.6,site\n", "line 3.*no coordinates"),
        ("name,lat,lon,type\nGood One,46.7,32.6,site\nBad One,46,32.6,castle\n", "line 3.*castle"),
        ("name,lat,lon,type,valid_from,valid_to\nGood One,46.7,32.6,site,,\nBad One,46,32.6,site,2016-31-06,\n", "line 3.*no day"),
        ("name,lat,lon,type,valid_from,valid_to\nGood One,46.7,32.6,site,,\nBad One,46,32.6,site,2017-01-01,2016-01-01\n", "after valid_to"),
        (DUMP.replace("Neudorf am See", "Good One") + "9900003\tcut off\n", "line 2.*columns"),
        (DUMP.replace("Neudorf am See", "Good One") + DUMP.replace("9900001", "99x"), "line 2.*whole number"),
        ("this is\nno table\n", "not a form"),
        ('{"features": 3}', "FeatureCollection"),
    ],
)
def test_a_wrong_line_ends_the_import_and_nothing_is_kept(copy: Path, tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "bad"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        import_file(copy, file)
    assert Gazetteer(copy).candidates(key_of("Good One")) == ()


def test_a_renamed_town_bears_its_name_in_its_time(copy: Path, tmp_path: Path) -> None:
    file = tmp_path / "renamed.csv"
    file.write_text("name,lat,lon,type,valid_from,valid_to\nOldgrad,46.7,32.6,settlement,,2016-05-18\nNewhrad,46.7,32.6,settlement,2016-05-19,\n")
    import_file(copy, file)
    gazetteer = Gazetteer(copy)
    old = gazetteer.candidates(key_of("Oldgrad"))[0]
    assert gazetteer.in_time(key_of("Oldgrad"), old, dt.date(2010, 1, 1))
    assert not gazetteer.in_time(key_of("Oldgrad"), old, dt.date(2020, 1, 1))
    assert gazetteer.in_time(key_of("Oldgrad"), old, None)


def test_a_renamed_town_is_chosen_by_the_day_of_the_text(copy: Path, tmp_path: Path) -> None:
    from khronika.ground.place import places_of_mentions
    from khronika.types import Mention, Quote, Reading, Text

    file = tmp_path / "renamed.csv"
    file.write_text(
        "name,lat,lon,type,country,population,valid_from,valid_to\nOldgrad,48.0,37.0,settlement,UA,90000,,2015-12-31\nOldgrad,50.0,31.0,settlement,UA,50,2016-01-01,\n",
        encoding="utf-8",
    )
    import_file(copy, file)
    body = "A bomb killed a man in Oldgrad, Ukraine."
    mention = Mention(id="m", text_id="t", by="x", trigger=Quote(start=7, end=13, words="killed"), kind="attack", evidence=(Quote(start=0, end=len(body), words=body),))

    def latitude(day: dt.date) -> float | None:
        text = Text(id="t", document_id="d", body=body, cleaner="c", language="en", published=day)
        (place,) = places_of_mentions(text, Reading(text_id="t", by="x", mentions=(mention,)), Gazetteer(copy), None)
        return place.latitude if place else None

    assert (latitude(dt.date(2010, 5, 1)), latitude(dt.date(2020, 5, 1))) == (48.0, 50.0)

@pytest.mark.parametrize(("one", "other"), [("Ateq Mansur", "Ataq Mansour"), ("Al Shadaddi", "Ash Shaddadah")])
def test_names_of_vowelless_scripts_have_the_same_bones(one: str, other: str) -> None:
    assert bones_of(key_of(one)) == bones_of(key_of(other)) != ""


def test_bones_of_short_names_say_nothing() -> None:
    assert bones_of("ateq") == ""
