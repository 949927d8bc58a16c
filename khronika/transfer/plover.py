"""Events in, PLOVER objects out, one JSON line each; absent is left out.

The rule: an actor is named only where the event holds an author (else its sector is UNK), and no text of a source stands in it but short quotes.
"""

from __future__ import annotations

from collections import Counter
from typing import IO

from khronika import __version__, config
from khronika.jsonl import to_json
from khronika.transfer.coding import (
    AccountsOf,
    Row,
    Shown,
    actor_sector,
    country_letters,
    country_name,
    days_of,
    source_names,
    why_not_coded,
    with_row,
)
from khronika.types import ActorRef, Event, Participant, Place, Range

RESOLUTION = {"site": 5, "settlement": 4, "district": 3, "region": 2, "country": 1}


def write_plover(shown: Shown, out: IO[str]) -> Counter[str]:
    """Write the objects and return how many events have none, by reason."""
    skipped: Counter[str] = Counter()
    for line in with_row(shown.coded(_code), skipped):
        out.write(line.decode())
    return skipped


def _code(event: Event, _: AccountsOf) -> bytes | str:
    return (why_not_coded(event) if event.when.value.start else "no day") or to_json(plover_event(event)) + b"\n"


def plover_event(event: Event) -> Row:
    """The object of an event that has a day."""
    codes, when = config.data("kinds.toml")[event.kind.value]["plover"], event.when.value
    found: Row = {
        "id": event.id,
        "has_event": True,
        "date": str(when.start),
        "enddate": str(when.end) if when.end != when.start else None,
        "actor": [_entity(actor) for actor in event.perpetrators.value] or [{"sector": "UNK"}],
        "recipient": [entity for target in event.targets if (entity := _recipient(target))],
        "event": [codes["category"]],
        "event_loc": _location(event.where.value),
        "event_text": list(dict.fromkeys(voice.words for voice in event.voices if voice.claim_id.endswith(":-1") and voice.words)),
        "quad_code": config.data("exports/columns.toml")["quad"][codes["category"]],
        "mode": [codes["mode"]] if "mode" in codes else None,
        "cite_info": {
            "corpus": "khronika",
            "publication": "; ".join(source_names(event)),
            "codebook": "docs/codebook.md",
            "version": __version__,
        },
        "coder": f"khronika@{__version__}",
        "comment": _comment(event),
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def _entity(actor: ActorRef) -> Row:
    found = {"code": country_letters(actor.country), "sector": actor_sector(actor) or "UNK", "entity_text": actor.name}
    return {name: value for name, value in found.items() if value is not None}


def _recipient(target: Participant) -> Row | None:
    """A target by its actor, else by its sector; things that nobody owns are no entity."""
    if target.actor and target.actor.id:
        return _entity(target.actor)
    sector = config.data("exports/columns.toml")["sector"].get(target.kind or "")
    return {"sector": sector, "entity_text": target.quote.words} if sector else None


def _location(place: Place | None) -> Row | None:
    if place is None:
        return None
    found = {
        "resolved_place": place.name,
        "geonameid": place.geonames_id,
        "lat": place.latitude,
        "lon": place.longitude,
        "city": place.name if place.precision in ("site", "settlement") else None,
        "district": place.admin2,
        "province": place.admin1,
        "country": country_name(place.country) if place.country else None,
        "country_code": country_letters(place.country),
        "resolution": RESOLUTION[place.precision],
    }
    return {name: value for name, value in found.items() if value is not None}


def _comment(event: Event) -> str:
    parts = [f"machine-coded, review: {event.review}"]
    if days_of(event.when.value) != 1:
        parts.append(f"day not exact ({event.when.value.basis})")
    for name in ("killed", "injured", "detained"):
        held = getattr(event, name)
        parts.append(f"{name} {_count(held.value)}" if held else f"{name} unknown")
    if event.contested:
        parts.append(f"contested: {', '.join(event.contested)}")
    return "; ".join(parts)


def _count(value: Range) -> str:
    return f"{value.best} (low {value.low}, high {'open' if value.high is None else value.high})"
