"""A filter in, the conditions on the tables of events out."""

from __future__ import annotations

import sqlalchemy as sa

from khronika.text import fold as fold_words
from khronika.types import Filter


def where_filter(t: sa.Table, wanted: Filter) -> list[sa.ColumnElement[bool]]:
    """The conditions of a filter on `event_head` or `event_version`."""
    found: list[sa.ColumnElement[bool]] = []
    if wanted.since:
        found.append(t.c.last_day >= wanted.since.isoformat())
    if wanted.until:
        found.append(t.c.first_day <= wanted.until.isoformat())
    if wanted.place:
        named = t.c.place.contains(fold_words(wanted.place), autoescape=True)
        code = _country_code(wanted.place)
        found.append(named if code is None else named | ("|" + t.c.place + "|").contains(f"|{code}|"))
    for name, column in (("actor", "actors"), ("source", "sources"), ("words", "words")):
        value = getattr(wanted, name)
        if value:
            found.append(t.c[column].contains(fold_words(value), autoescape=True))
    if wanted.kind:
        found.append(t.c.kind == wanted.kind)
    if wanted.contested is not None:
        found.append(t.c.contested == wanted.contested)
    if wanted.least_killed is not None:
        found.append(t.c.killed >= wanted.least_killed)
    if not wanted.background:
        found.append(t.c.background.is_(False))
    return found


def _country_code(name: str) -> str | None:
    """The folded ISO 3166 alpha-2 code of a country's name, None where it is none: places hold the code alone."""
    import pycountry

    from khronika.config import data

    usual = {fold_words(english): code for code, english in data("place/countries.toml")["english"].items()}
    try:
        return fold_words(usual.get(fold_words(name)) or pycountry.countries.lookup(name).alpha_2)
    except LookupError:
        return None
