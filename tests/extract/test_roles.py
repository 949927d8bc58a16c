"""Who did what to whom: phrases, lists, quantities, passives, nouns of violence, and who claims it."""

from __future__ import annotations

import pytest

from khronika.extract.phrases import Tokens
from khronika.extract.rules import RulesExtractor
from khronika.types import Mention, Text


def read(body: str) -> Mention:
    text = Text(id="t", document_id="d", body=body, cleaner="test", language="en")
    (mention,) = RulesExtractor(least=0.0).read(text).mentions
    return mention


def words_of(mention: Mention, role: str) -> list[str]:
    return [value.quote.words for value in getattr(mention, role)]


RIGHT = [
    ("killed", " at least 15 people and injured hundreds more last week", ["at least 15 people"]),
    ("hit", " a mill, two shops and a school in Orlivka", ["a mill", "two shops", "a school"]),
    ("hit", " a mill, the governor said", ["a mill"]),
    ("killed", " more than 12,400 women", ["more than 12,400 women"]),
    ("shelled", " the village 12 times", ["the village"]),
    ("hit", " an air base, fuel tanks and radar sets near Orlivka", ["an air base", "fuel tanks", "radar sets"]),
    ("hit", " a highly fortified compound in Orlivka", ["a highly fortified compound"]),
    ("killed", " a guard and his son-in-law, the mayor said", ["a guard", "his son-in-law"]),
    ("attacked", " the U.S. forces there", ["the U.S. forces"]),
]


@pytest.mark.parametrize(("verb", "behind", "phrases"), RIGHT, ids=[case[1].strip()[:20] for case in RIGHT])
def test_phrases_behind_a_verb(verb: str, behind: str, phrases: list[str]) -> None:
    words = f"They {verb}{behind}"
    assert [words[a:b] for a, b in Tokens(words, "en").all_right_of(len("They ") + len(verb))] == phrases


LEFT = [
    ("Two nurses, a driver and a guard", ["Two nurses", "a driver", "a guard"]),
    ("On Monday at least two men", ["at least two men"]),
    ("Syrian and Russian forces", ["Syrian and Russian forces"]),
    ("Ana Petrova, 42, a teacher,", ["Ana Petrova"]),
    ("His deputy, harbour master Pavlo Hrin,", ["His deputy, harbour master Pavlo Hrin"]),
    ("At dawn 12 farmhands, most of them women, and two drovers", ["12 farmhands", "two drovers"]),
]


@pytest.mark.parametrize(("before", "phrases"), LEFT, ids=[case[0][:20] for case in LEFT])
def test_phrases_before_a_verb(before: str, phrases: list[str]) -> None:
    words = f"{before} were seen"
    assert [words[a:b] for a, b in Tokens(words, "en").all_left_of(len(before) + 1)] == phrases


ROLES = [
    ("Rebels shelled a clinic in Orlivka on Monday, killing two stokers and wounding 14.", "victims", ["two stokers", "14"]),
    ("Rebels shelled a clinic in Orlivka on Monday, killing two stokers and wounding 14.", "targets", ["a clinic"]),
    ("Rebels shelled a clinic in Orlivka on Monday, killing two stokers and wounding 14.", "perpetrators", ["Rebels"]),
    ("Masked gunmen shot dead three farmers near Orlivka on Monday.", "targets", ["three farmers"]),
    ("Police condemned the murder of a priest in Orlivka on Monday.", "victims", ["a priest"]),
    ("The depot in Orlivka was bombed by a navy squad on Monday.", "perpetrators", ["a navy squad"]),
    ("The army said on Monday it had shot down nine drones over Orlivka.", "perpetrators", ["The army"]),
    ("The army said on Monday it had shot down nine drones over Orlivka.", "targets", ["nine drones"]),
    ("The army said on Monday it had shot down nine drones over Orlivka.", "weapons", []),
    ("Rebels fired four long-range rockets at Orlivka on Monday, killing two people.", "weapons", ["four long-range rockets"]),
    ("The navy fired 14 122-mm rounds at the village of Orlivka on Monday.", "targets", ["the village of Orlivka"]),
    ("A mortar round fell on a tannery in Orlivka on Monday.", "targets", ["a tannery"]),
    ("The strike in Orlivka on Monday hit a record number of headlines.", "targets", []),
    ("Gunners of the Red Column shelled Orlivka on Monday.", "perpetrators", ["Gunners of the Red Column"]),
    ("On Monday, where Syrian troops are pressing on, shelling of Orlivka killed two people.", "perpetrators", ["Syrian troops"]),
    ("On Monday, the leaders of the republic announced the evacuation of Orlivka.", "perpetrators", ["the leaders of the republic"]),
    ("Police used water cannons and pepper spray against a march in Orlivka on Monday, beating a driver.", "weapons", ["water cannons", "pepper spray"]),
    ("Rebels used several kamikaze drones and a grenade launcher in Orlivka on Monday, killing a driver.", "weapons", ["several kamikaze drones", "a grenade launcher"]),
    ("Rebels shelled Orlivka on Monday and air defence destroyed two missiles.", "weapons", []),
    ("Rockets hit a tannery in Orlivka on Monday.", "weapons", ["Rockets"]),
    ("Two drones hit a tannery in Orlivka on Monday, and a third drone was seen over a pond.", "weapons", ["Two drones"]),
    ("The army recaptured the village of Orlivka on Monday and cleared it of mines.", "weapons", []),
    ("The enemy shelled a tannery in Orlivka on Monday.", "perpetrators", ["The enemy"]),
    ("Gunmen of the Blue Front (BF) shelled Orlivka on Monday.", "perpetrators", ["Gunmen of the Blue Front"]),
    ("American planes bombed a tannery in Orlivka on Monday.", "perpetrators", ["American"]),
    ("Two Russian drones were shot down over Orlivka on Monday, the air force said.", "perpetrators", ["the air force"]),
    ("The mayor attributed the shelling of Orlivka on Monday to the rebels.", "perpetrators", ["the rebels"]),
    ("The authorities wrote that a shell hit a tannery in Orlivka on Monday.", "perpetrators", []),
    ("A terrorist attack on a tannery in Orlivka on Monday killed a stoker.", "perpetrators", []),
    ("A ferryman died in Orlivka on Monday when a mine went off.", "perpetrators", []),
    ("Police arrested two rebels in Orlivka on Monday over the killing of a priest.", "victims", ["two rebels"]),
]


@pytest.mark.parametrize(("body", "role", "phrases"), ROLES, ids=[f"{case[1]}:{case[0][:24]}" for case in ROLES])
def test_roles(body: str, role: str, phrases: list[str]) -> None:
    assert words_of(read(body), role) == phrases


STANCES = [
    ("Nine drones were shot down over Orlivka on Monday, the air force said.", "claims_responsibility", "occurrence"),
    ("Ugandan soldiers killed four raiders near Orlivka on Monday, an army officer said.", "claims_responsibility", "casualties"),
    ("Unidentified gunmen killed four farmers near Orlivka on Monday, the mayor said.", "reports", "casualties"),
    ("Fighters of the Blue Front killed four farmers near Orlivka on Monday, the mayor said.", "blames", "perpetrator"),
    ("Fighters of the Blue Front killed four farmers near Orlivka on Monday, villagers said.", "attributes", "perpetrator"),
]


@pytest.mark.parametrize(("body", "stance", "about"), STANCES, ids=[case[0][:24] for case in STANCES])
def test_stances(body: str, stance: str, about: str) -> None:
    (claim,) = read(body).claims
    assert (claim.stance, claim.about) == (stance, about)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("Rebels reportedly shelled a clinic in Orlivka on Monday.", "alleged"),
        ("Rebels shelled a clinic in Orlivka on Monday, the mayor said without providing evidence.", "alleged"),
        ("Villagers said rebels shelled a clinic in Orlivka on Monday. The account could not be independently verified.", "alleged"),
        ("Rebels, villagers allege, shelled a clinic in Orlivka on Monday.", "alleged"),
        ("Rebels shelled a clinic in Orlivka on Monday, a monitor said. Nobody else has confirmed it.", "alleged"),
        ("Villagers said rebels shelled a clinic in Orlivka on Monday. The mayor had no news of the alleged shelling.", "alleged"),
        ("Villagers said rebels shelled a clinic in Orlivka on Monday. The mayor confirmed it.", "occurred"),
        ("The army accused rebels of having shelled a clinic in Orlivka on Monday.", "occurred"),
        ("Rebels shelled a clinic in Orlivka on Monday. There was no independent confirmation.", "alleged"),
        ("Reports that rebels shelled a clinic in Orlivka on Monday are untrue, the mayor stressed.", "alleged"),
        ("A report that rebels shelled a clinic in Orlivka on Monday could not be confirmed.", "alleged"),
        ("A rumour that rebels shelled a clinic in Orlivka on Monday went round the market.", "alleged"),
        ("Rebels shelled a clinic in Orlivka on Monday, a channel wrote. The story turned out to be false.", "alleged"),
        ("Rebels shelled a clinic in Orlivka on Monday, a channel wrote; no crater has been shown.", "alleged"),
        ("Rebels shelled a clinic in Orlivka on Monday, or so two channels maintain.", "alleged"),
        ("Rebels shelled a clinic in Orlivka on Monday. A report of the ministry was confirmed by the mayor.", "occurred"),
        ("Rebels shelled a clinic in Orlivka on Monday. No bodies were left in the street.", "occurred"),
        ("A drone hit a clinic in Orlivka on Monday and wounded seven who had come for their pills, the foreign ministry alleged.", "alleged"),
        ("Police arrested two suspected rebels in Orlivka on Monday.", "occurred"),
        ("A mortar round, allegedly fired by rebels, hit a clinic in Orlivka on Monday.", "occurred"),
        ("Rebels shelled a clinic in Orlivka on Monday, villagers said. The report remains unconfirmed.", "alleged"),
        ("Rebels shelled a clinic in Orlivka on Monday. It is unproven that they saw its red cross.", "occurred"),
        ("Rebels shelled a clerk in Orlivka on Monday who is said to have sold maps.", "occurred"),
        ("Police arrested a clerk, alleged to be a rebel, in Orlivka on Monday.", "occurred"),
        ("Police arrested two men in Orlivka on Monday for allegedly selling shells.", "occurred"),
    ],
)
def test_alleged_by_its_own_words(body: str, status: str) -> None:
    assert read(body).status == status


def test_the_statement_speaks_for_its_author() -> None:
    body = "Rebels shelled a clinic in Orlivka on Monday, the health ministry said. Two nurses were killed in the attack, the statement said."
    assert {claim.by.words for claim in read(body).claims} == {"the health ministry"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [("Two gunmen shot three farmers near Orlivka on Monday.", "person"), ("The army killed three farmers near Orlivka on Monday.", "organisation")],
)
def test_a_perpetrator_is_a_person_or_a_body(body: str, kind: str) -> None:
    assert [value.kind for value in read(body).perpetrators] == [kind]
