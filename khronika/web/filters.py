"""The address of a page in, what is asked for out, and back: the filter is the address."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from khronika.errors import UsageError
from khronika.types import KINDS, Filter, Noun

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees WGS 84."""
MOST_LETTERS = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Wanted(Noun, frozen=True, kw_only=True):
    """Which events are asked for; empty or None is no restriction. `killed`: at least so many by the lowest figure."""

    since: dt.date | None = None
    until: dt.date | None = None
    kind: tuple[str, ...] = ()
    place: str = ""
    actor: str = ""
    source: str = ""
    contested: bool = False
    killed: int | None = None
    background: bool = False
    q: str = ""
    box: Box | None = None

    def query(self, **changes: Any) -> str:
        """The query string of this filter, with some values changed or added (None: left out)."""
        pairs: list[tuple[str, str]] = []
        for name, value in {**{name: getattr(self, name) for name in self.__struct_fields__}, **changes}.items():
            if name == "kind":
                pairs += [("kind", kind) for kind in value or ()]
            elif name == "box" and value is not None:
                pairs.append(("box", ",".join(f"{degree:.4g}" if abs(degree) < 1 else f"{degree:.4f}".rstrip("0").rstrip(".") for degree in value)))
            elif value not in (None, "", False):
                pairs.append((name, "1" if value is True else str(value)))
        return urlencode(pairs)

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out but background."""
        return self == Wanted(background=self.background)

    def exported(self) -> Filter:
        """The same as a Filter of the record.

        Raises:
            UsageError: a part that exports do not know.
        """
        if len(self.kind) > 1 or self.box is not None or self.q:
            raise UsageError("exports filter by days, one kind, place, source, contested and toll; leave out q, box and further kinds")
        return Filter(
            since=self.since,
            until=self.until,
            kind=self.kind[0] if self.kind else None,
            place=self.place or None,
            source=self.source or None,
            contested=self.contested or None,
            least_killed=self.killed,
            background=self.background,
        )


def read_wanted(pairs: Iterable[tuple[str, str]]) -> Wanted:
    """What a query string asks for; names that are not known are left to others.

    Raises:
        UsageError: a value that cannot be meant.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        text = value.strip()
        if not text or name not in Wanted.__struct_fields__:
            continue
        if len(text) > MOST_LETTERS or _CONTROL.search(text):
            raise UsageError(f"{name}: over {MOST_LETTERS} letters, or control characters")
        if name == "kind":
            if text not in KINDS:
                raise UsageError(f"kind: {text!r} is unknown; there are: {', '.join(KINDS)}")
            found["kind"] = (*found.get("kind", ()), text) if text not in found.get("kind", ()) else found["kind"]
        else:
            found[name] = _READ.get(name, str)(text)
    if found.get("since") and found.get("until") and found["until"] < found["since"]:
        raise UsageError("until: lies before since")
    return Wanted(**found)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no day: give YYYY-MM-DD") from error


def _flag(text: str) -> bool:
    if text.casefold() not in ("1", "0", "true", "false", "on", "yes", "no"):
        raise UsageError(f"{text!r}: give 1 or leave it out")
    return text.casefold() in ("1", "true", "on", "yes")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise UsageError(f"killed: {text!r} is no number")
    return int(text)


def read_box(text: str) -> Box:
    """West,south,east,north in degrees.

    Raises:
        UsageError: not four numbers, or no part of the earth.
    """
    parts = text.split(",")
    try:
        west, south, east, north = (float(part) for part in parts)
    except ValueError as error:
        raise UsageError("box: give west,south,east,north in degrees") from error
    if not (-540 <= west < east <= 540 and -90 <= south < north <= 90):
        raise UsageError("box: give west < east and south < north in degrees")
    return west, south, east, north


_READ = {"since": _day, "until": _day, "contested": _flag, "background": _flag, "killed": _count, "box": read_box}
