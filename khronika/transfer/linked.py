"""Events in, one JSON-LD document out: schema.org for what happened, PROV for how it came to be held.

The rule: an event points to its accounts, an account to its outlet and day, a claim to its speaker and words; nothing stands without where it comes from.
"""

from __future__ import annotations

from collections import Counter
from typing import IO, Any

from khronika import __version__
from khronika.jsonl import to_json
from khronika.transfer.coding import AccountsOf, Shown
from khronika.types import Event, Held, Place, Range, Voice

CONTEXT = {
    "@vocab": "https://schema.org/",
    "prov": "http://www.w3.org/ns/prov#",
    "khronika": "urn:khronika:",
    "wasDerivedFrom": {"@id": "prov:wasDerivedFrom", "@type": "@id"},
    "wasAttributedTo": {"@id": "prov:wasAttributedTo", "@type": "@id"},
    "wasGeneratedBy": {"@id": "prov:wasGeneratedBy", "@type": "@id"},
}
PROGRAM = f"khronika:program/{__version__}"


def write_jsonld(shown: Shown, out: IO[str]) -> Counter[str]:
    """Write one document with a graph: events, their accounts and claims, each outlet once an event."""
    program = {"@id": PROGRAM, "@type": ["prov:SoftwareAgent", "SoftwareApplication"], "name": "khronika", "softwareVersion": __version__}
    out.write('{"@context":' + to_json(CONTEXT).decode() + ',"@graph":[\n' + to_json(program).decode())
    for lines in shown.coded(_code):
        out.write(lines.decode())
    out.write("\n]}\n")
    return Counter()


def _code(event: Event, _: AccountsOf) -> bytes:
    return b"".join(b",\n" + to_json(node) for node in nodes(event))


def nodes(event: Event) -> list[dict[str, Any]]:
    """The event, then its accounts, then its claims, as nodes of the graph."""
    when, status = event.when.value, event.status.value
    own = {voice.account_id: voice for voice in event.voices if voice.claim_id.endswith(":-1")}
    found: dict[str, Any] = {
        "@id": f"khronika:event/{event.id}",
        "@type": ["Event", "prov:Entity"],
        "identifier": event.id,
        "additionalType": f"khronika:kind/{event.kind.value}",
        "startDate": when.start,
        "endDate": when.end,
        "location": _place(event.where.value),
        "organizer": [{"@type": "Organization", "name": actor.name} for actor in event.perpetrators.value] or None,
        "additionalProperty": [
            {"@type": "PropertyValue", "name": "status", "value": status},
            {"@type": "PropertyValue", "name": "dateBasis", "value": when.basis},
            {"@type": "PropertyValue", "name": "review", "value": event.review},
            {"@type": "PropertyValue", "name": "reports", "value": event.reports},
            {"@type": "PropertyValue", "name": "origins", "value": event.origins},
            *_tolls(event),
            *({"@type": "PropertyValue", "name": "contested", "value": field} for field in event.contested),
        ],
        "wasDerivedFrom": [f"khronika:account/{id}" for id in event.account_ids],
        "wasGeneratedBy": PROGRAM,
    }
    accounts = [_account(id, own.get(id)) for id in event.account_ids]
    claims = [_claim(event, voice) for voice in event.voices if not voice.claim_id.endswith(":-1")]
    return [{key: value for key, value in node.items() if value is not None} for node in (found, *accounts, *claims)]


def _place(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    found: dict[str, Any] = {"@type": "Place", "name": place.name}
    if place.country:
        found["address"] = {
            "@type": "PostalAddress",
            "addressCountry": place.country,
            **({"addressRegion": place.admin1} if place.admin1 else {}),
        }
    if place.latitude is not None:
        found["geo"] = {"@type": "GeoCoordinates", "latitude": place.latitude, "longitude": place.longitude}
    if place.geonames_id:
        found["sameAs"] = f"https://sws.geonames.org/{place.geonames_id}/"
    return found | {"additionalProperty": {"@type": "PropertyValue", "name": "precision", "value": place.precision}}


def _tolls(event: Event) -> list[dict[str, Any]]:
    found = []
    for name in ("killed", "injured", "detained"):
        held: Held[Range] | None = getattr(event, name)
        if held is not None:
            value: dict[str, Any] = {"@type": "PropertyValue", "name": name, "minValue": held.value.low, "value": held.value.best}
            found.append(value if held.value.high is None else value | {"maxValue": held.value.high})
    return found


def _account(id: str, voice: Voice | None) -> dict[str, Any]:
    return {
        "@id": f"khronika:account/{id}",
        "@type": ["prov:Entity", "Quotation"],
        "text": (voice.words or None) if voice else None,
        "wasAttributedTo": f"khronika:source/{voice.source}" if voice and voice.source else None,
    }


def _claim(event: Event, voice: Voice) -> dict[str, Any]:
    return {
        "@id": f"khronika:claim/{voice.claim_id}",
        "@type": ["Claim", "prov:Entity"],
        "about": {"@id": f"khronika:event/{event.id}"},
        "claimInterpreter": {"@type": "Thing", "name": voice.speaker},
        "text": voice.words or None,
        "additionalType": f"khronika:stance/{voice.stance}",
        "wasDerivedFrom": [f"khronika:account/{voice.account_id}"],
    }
