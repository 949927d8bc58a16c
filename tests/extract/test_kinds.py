"""What the words around a trigger say of the means, where the trigger alone would give another kind."""

from __future__ import annotations

import pytest

from khronika.extract.rules import RulesExtractor
from khronika.types import Text

TOLD = [
    ("Soldiers fired on a march of teachers in Orlivka on Monday, killing three of them.", "excessive_force_against_protesters"),
    ("A gunman opened fire on a smithy in Orlivka on Monday, killing the smith.", "attack"),
    ("Artillery opened fire on a smithy in Orlivka on Monday, killing the smith.", "shelling_artillery_missile"),
    ("On Monday hundreds of dockers rallied in the port of Arvel, until water cannons were turned on them.", "protest_with_intervention"),
    ("On Monday drones and ballistic missiles struck a mill in Orlivka, the mayor said.", "shelling_artillery_missile"),
    ("On Monday drones struck a mill in Orlivka, the mayor said.", "air_drone_strike"),
    ("A bridge near Orlivka was bombed by F-16s on Monday, the army said.", "air_drone_strike"),
    ("Two naval drones exploded under the pier of Arvel on Monday, the army said.", "remote_explosive"),
    ("On Monday a drone set fire to a sawmill in Orlivka, the mayor said.", "air_drone_strike"),
    ("On Monday armed men set fire to a sawmill in Orlivka, the mayor said.", "looting_property_destruction"),
    ("A girl in a grey coat exploded at a checkpoint of the army near Arvel on Monday, killing two soldiers.", "suicide_bomb"),
    ("Two rebels were killed on Monday when they traded fire with police in Orlivka.", "armed_clash"),
]


@pytest.mark.parametrize(("body", "kind"), TOLD)
def test_kind_by_the_means_told(body: str, kind: str) -> None:
    (mention,) = RulesExtractor(least=0.0).read(Text(id="t", document_id="d", body=body, cleaner="test", language="en")).mentions
    assert mention.kind == kind
