"""One document's reading in, one JSON object out: the shape of `khronika read --json`, documented in docs/reading.schema.json.

Every quoted piece is {"text", "start", "end"} with offsets into `text` (or the title, then with "in": "title"); absent is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from khronika.types import Account, Assessment, Claim, Document, Forecast, Participant, Place, Quote, Text, Toll, When

Json = dict[str, Any]


def reading_to_json(
    document: Document,
    text: Text,
    accounts: Sequence[Account],
    assessments: Sequence[Assessment] = (),
    forecasts: Sequence[Forecast] = (),
) -> Json:
    """The object that `read --json` prints for one document."""
    return {
        "id": document.name or document.capture.place,
        "source": document.source,
        "published": document.published.isoformat() if document.published else None,
        "language": text.language,
        "title": text.title,
        "text": text.body,
        "accounts": [account_to_json(account) for account in accounts],
        "assessments": [_assessment(value) for value in assessments],
        "forecasts": [_forecast(value) for value in forecasts],
        "boilerplate": [{"text": text.body[start:end], "start": start, "end": end} for start, end in text.boilerplate],
    }


def account_to_json(account: Account) -> Json:
    """One account with the field names and shapes of the annotation guidelines."""
    mention = account.mention
    return {
        "id": account.id,
        "type": mention.kind,
        "status": mention.status,
        "trigger": _piece(mention.trigger),
        "evidence": [_piece(quote) for quote in mention.evidence],
        "when": _when(account.when),
        "where": _where(account.where),
        **{role: [_participant(value) for value in getattr(mention, role)] for role in ("perpetrators", "targets", "victims", "weapons")},
        **{name: _toll(getattr(mention, name)) for name in ("killed", "injured", "detained")},
        "claims": [_claim(claim) for claim in mention.claims],
        "background": mention.background,
        "by": mention.by,
        "p": mention.p,
    }


def _piece(quote: Quote | None) -> Json | None:
    if quote is None:
        return None
    piece: Json = {"text": quote.words, "start": quote.start, "end": quote.end}
    return piece | {"in": "title"} if quote.within == "title" else piece


def _span(quote: Quote | None) -> Json | None:
    if quote is None:
        return None
    span: Json = {"start": quote.start, "end": quote.end}
    return span | {"in": "title"} if quote.within == "title" else span


def _quoted(quote: Quote) -> Json:
    piece = _piece(quote)
    assert piece is not None
    return piece


def _when(when: When) -> Json:
    return {
        "text": when.quote.words if when.quote else None,
        "span": _span(when.quote),
        "start": when.start.isoformat() if when.start else None,
        "end": when.end.isoformat() if when.end else None,
        "basis": when.basis,
        "reason": when.reason,
        "p": when.p,
    }


def _where(place: Place | None) -> Json | None:
    if place is None:
        return None
    return {
        "text": place.quote.words if place.quote else None,
        "span": _span(place.quote),
        "name": place.name,
        "country": place.country,
        "admin1": place.admin1,
        "precision": place.precision,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "radius_km": place.radius_km,
        "geonames_id": place.geonames_id,
        "reason": place.reason,
        "p": place.p,
    }


def _participant(value: Participant) -> Json:
    actor = value.actor
    piece = _quoted(value.quote) | {"kind": value.kind, "actor": actor.name if actor else None, "actor_id": actor.id if actor else None}
    return piece | {"asserted_by": list(value.asserted_by), "p": value.p}


def _toll(toll: Toll | None) -> Json | None:
    if toll is None:
        return None
    piece: Json = _piece(toll.quote) or {"text": None, "start": None, "end": None}
    return piece | {
        "low": toll.low,
        "high": toll.high,
        "of": toll.of,
        "parts": [_toll(part) for part in toll.parts],
        "shared": toll.shared,
        "p": toll.p,
    }


def _claim(claim: Claim) -> Json:
    return _quoted(claim.quote) | {
        "by": _piece(claim.by),
        "chain": [_piece(quote) for quote in claim.chain],
        "stance": claim.stance,
        "about": claim.about,
        "value": _piece(claim.value),
        "origin": claim.origin,
        "speaker": _actor(claim),
        "p": claim.p,
    }


def _actor(claim: Claim) -> Mapping[str, str | None] | None:
    return {"name": claim.speaker.name, "id": claim.speaker.id} if claim.speaker else None


def _assessment(value: Assessment) -> Json:
    return _quoted(value.quote) | {
        "by": _piece(value.by),
        "chain": [_piece(quote) for quote in value.chain],
        "topic": value.topic,
        "when": _when(value.when) if value.when else None,
        "where": _where(value.where),
        "p": value.p,
    }


def _forecast(value: Forecast) -> Json:
    return _quoted(value.quote) | {
        "by": _piece(value.by),
        "chain": [_piece(quote) for quote in value.chain],
        "likelihood": _piece(value.likelihood),
        "horizon": _piece(value.horizon),
        "p": value.p,
    }
