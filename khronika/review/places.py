"""A place's name as a person gives it in, the place that the gazetteer has under it out; None where it can mean more than one."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from khronika.types import Place

if TYPE_CHECKING:
    from khronika.ground.gazetteer import Gazetteer


def locate(name: str, country: str | None) -> Place | None:
    """What the gazetteer has under a name, where it can mean one town only, or else one place."""
    from msgspec.structs import replace

    from khronika.ground.gazetteer import default_path, key_of
    from khronika.ground.phrases import plain

    path = default_path()
    if not path.exists():
        return None
    gazetteer = _gazetteer(path)
    entries = gazetteer.candidates(key_of(name))
    near = [entry for entry in entries if entry.country == country] or list(entries)
    near = [entry for entry in near if entry.kind == "settlement"] or near  # a town before the region that is named after it
    if len(near) != 1:
        return None
    reason = "read by a person; the only one so named" + (f" in {country}" if len(entries) > 1 else "")
    return replace(plain(near[0], gazetteer, None, reason, 1.0), p=None)


@cache
def _gazetteer(path: Path) -> Gazetteer:
    from khronika.ground.gazetteer import Gazetteer

    return Gazetteer(path)
