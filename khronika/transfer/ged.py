"""Events in, UCDP-GED-shaped rows out (49 columns): one row an event with at least one death.

The rule: a side, a type or a number of deaths that the record does not hold is blank; UCDP's own ids are never made up. docs/exports.md says what is lost.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import IO, NamedTuple

from khronika.transfer.coding import (
    ARMED,
    STATE,
    AccountsOf,
    Row,
    Shown,
    actor_name,
    columns,
    country_name,
    days_of,
    precision_of,
    region_name,
    source_names,
    why_not_coded,
    with_row,
    write_rows,
)
from khronika.types import Account, ActorRef, Event, Place

WHERE_PRECISION = {"site": 1, "settlement": 1, "district": 3, "region": 4, "country": 6}


class Dyad(NamedTuple):
    """Type of violence (1 state-based, 2 non-state, 3 one-sided) and the two sides; None is unknown."""

    type: int | None
    side_a: str | None
    side_b: str | None


class Deaths(NamedTuple):
    """Deaths by side; None is not told. The known ones add up to `best`."""

    a: int | None
    b: int | None
    civilians: int | None
    unknown: int


def write_ged(shown: Shown, out: IO[str]) -> Counter[str]:
    """Write the rows and return how many events have none, by reason."""
    skipped: Counter[str] = Counter()
    write_rows(columns("ged"), with_row(shown.coded(_code), skipped), out)
    return skipped


def _code(event: Event, accounts_of: AccountsOf) -> Row | str:
    return _why_no_row(event) or ged_row(event, accounts_of(event))


def _why_no_row(event: Event) -> str | None:
    if event.killed is None or event.killed.value.best < 1:
        return "no death known"
    days = days_of(event.when.value)
    if days is None or days > 366:
        return "day not known to the year"
    if event.where.value is None or event.where.value.country is None:
        return "country not known"
    return why_not_coded(event)


def ged_row(event: Event, accounts: list[Account]) -> Row:
    """The row of an event with a death, a day and a country."""
    place, when, killed = event.where.value, event.when.value, event.killed
    assert place is not None and place.country is not None and when.start is not None and when.end is not None and killed is not None
    dyad = dyad_of(event)
    deaths = deaths_of(event, dyad)
    return {
        "id": -int(event.id.rpartition("-")[2]),
        "relid": event.id,
        "year": when.start.year,
        "code_status": event.review,
        "type_of_violence": dyad.type,
        "dyad_name": f"{dyad.side_a} - {dyad.side_b}" if dyad.side_a and dyad.side_b else None,
        "side_a": dyad.side_a,
        "side_b": dyad.side_b,
        **_sources(event, accounts),
        **_where(place),
        "event_clarity": 2 if event.rollup else 1,
        "date_prec": date_precision(days_of(when) or 0),
        "date_start": f"{when.start} 00:00:00.000",
        "date_end": f"{when.end} 00:00:00.000",
        "deaths_a": deaths.a,
        "deaths_b": deaths.b,
        "deaths_civilians": deaths.civilians,
        "deaths_unknown": deaths.unknown,
        "best": killed.value.best,
        "high": killed.value.high,
        "low": killed.value.low,
    }


def date_precision(days: int) -> int:
    """UCDP's code: 1 the day, 2 two to six days, 3 a week, 4 up to a month, 5 up to a year."""
    return 1 if days == 1 else 2 if days <= 6 else 3 if days == 7 else 4 if days <= 31 else 5


def dyad_of(event: Event) -> Dyad:
    """One-sided where only civilians are hit; else state-based with a government among two armed sides, non-state with two others; else unknown.

    The government stands as side a in state-based violence; of two governments the author does.
    """
    author = next((actor for actor in event.perpetrators.value if actor.kind in ARMED), None)
    fighting = [target for target in event.targets if target.kind in ("military", "police")]
    if not fighting and any(target.kind in ("civilian", "official") for target in event.targets):
        return Dyad(3, _side(author), "Civilians")
    target = next((target.actor for target in fighting if target.actor and target.actor.kind in ARMED), None)
    if author is None or target is None:
        return Dyad(None, _side(author), _side(target))
    if target.kind in STATE and author.kind not in STATE:
        return Dyad(1, _side(target), _side(author))
    return Dyad(1 if author.kind in STATE else 2, _side(author), _side(target))


def _side(actor: ActorRef | None) -> str | None:
    if actor is None:
        return None
    name = actor_name(actor, "ucdp")
    if name == actor.name and actor.kind in STATE and actor.country:
        return "Government of " + country_name(actor.country, "ucdp")
    return name


def deaths_of(event: Event, dyad: Dyad) -> Deaths:
    """Civilians as far as the accounts divide their totals, the rest unknown; where the parts are more than `best`, all unknown."""
    assert event.killed is not None
    best = event.killed.value.best
    parts = [value.best for whom, value in event.tolls_of.items() if "civilian" in whom.casefold()]
    civilians = sum(parts) if parts else None
    if civilians is None or civilians > best:
        return Deaths(None, None, None, best)
    rest = best - civilians
    others = None if rest else 0
    return Deaths(others, others, civilians, rest)


def _where(place: Place) -> Row:
    point = place.latitude is not None and place.longitude is not None
    code = place.country or ""
    return {
        "where_prec": WHERE_PRECISION[precision_of(place)],
        "where_coordinates": place.name if point else None,
        "where_description": place.name,
        "adm_1": place.admin1,
        "adm_2": place.admin2,
        "latitude": round(place.latitude, 6) if place.latitude is not None else None,
        "longitude": round(place.longitude, 6) if place.longitude is not None else None,
        "geom_wkt": f"POINT ({place.longitude:.6f} {place.latitude:.6f})" if point else None,
        "priogrid_gid": priogrid_cell(place.latitude, place.longitude),
        "country": country_name(code, "ucdp"),
        "region": region_name(code, "ucdp"),
    }


def priogrid_cell(latitude: float | None, longitude: float | None) -> int | None:
    """PRIO-GRID's number of the half-degree cell: rows of 720 from 90 south, 180 west on, the first is 1."""
    if latitude is None or longitude is None:
        return None
    return min(math.floor((latitude + 90) * 2), 359) * 720 + min(math.floor((longitude + 180) * 2), 719) + 1


def _sources(event: Event, accounts: list[Account]) -> Row:
    """Publisher, day and headline as the accounts have them; −1 sources where policy withholds them."""
    names = dict(zip(event.sources, source_names(event)))
    told = [account for account in accounts if account.source in names]
    articles = [",".join(filter(None, (names[a.source or ""], str(a.published or ""), a.title))) for a in told]
    speakers = dict.fromkeys(voice.speaker for voice in event.voices if not voice.claim_id.endswith(":-1"))
    return {
        "number_of_sources": len(event.sources) or -1,
        "source_article": "; ".join(f'"{article}"' for article in dict.fromkeys(articles)) or None,
        "source_office": "; ".join(names.values()) or None,
        "source_date": "; ".join(dict.fromkeys(str(a.published) for a in told if a.published)) or None,
        "source_headline": "; ".join(dict.fromkeys(a.title for a in told if a.title)) or None,
        "source_original": "; ".join(speakers) or None,
    }
