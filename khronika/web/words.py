"""Values of the record in, the words of the pages for them out (data/pages)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from khronika import config
from khronika.transfer.coding import country_name
from khronika.types import Held, Noun, Place, Range


def word(group: str, name: str) -> str:
    """The pages' words for a short name, the name itself where there are none."""
    return str(config.data("pages/en.toml")[group].get(name, name.replace("_", " ")))


def where(place: Place | Noun | None) -> str:
    """A place with its region and country: "Sumy, Sumy Oblast, Ukraine"; "" where none is known."""
    if place is None:
        return ""
    name, country = getattr(place, "name", None) or getattr(place, "place", None), getattr(place, "country", None)
    parts = [country_name(name) if name == country and name else name, getattr(place, "admin1", None), country_name(country) if country else None]
    return ", ".join(dict.fromkeys(part for part in parts if part))


@cache
def _bodies() -> dict[str, str]:
    return {entry["id"]: entry["name"] for entry in config.data("actors.toml")["actor"] if not entry.get("person")}


def side(code: str) -> str:
    """The side that a voice is on by name: a country, or a registered body; else its code, which for a person would tell who it is."""
    return country_name(code) if len(code) == 2 and code.isupper() else _bodies().get(code, code)


def toll(value: Held[Range] | Range | None) -> str:
    """A count as a range: "3", "2–5", "12 or more", "" where nobody says."""
    held = value.value if isinstance(value, Held) else value
    if held is None:
        return ""
    if held.high is None:
        return f"{held.low} or more"
    return str(held.low) if held.low == held.high else f"{held.low}–{held.high}"


_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")


def plain(value: Any) -> Any:
    """A text without the marks that are not seen and turn or hide others; whatever else, and what is markup already, as it is; None is ""."""
    return "" if value is None else _ODD.sub("", value) if type(value) is str else value


def spoken(group: str, name: str) -> str:
    """The words of the correction form and the queue for a short name."""
    return str(config.data("pages/corrections.en.toml")[group].get(name, name.replace("_", " ")))
