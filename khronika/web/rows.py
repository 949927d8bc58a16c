"""An event in, the row that lists, map, timeline and search show of it out: what today's policy lets a profile see, and no more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec

from khronika.jsonl import to_json
from khronika.policy import Names, Policy, names_of
from khronika.record.record import Record
from khronika.record.shown import Head, ShownRow
from khronika.text import fold
from khronika.types import Event, Noun, Place, Range
from khronika.web.words import word

Locate = Callable[[Place], Place]
"""A region or country without a point in, the same with its centre and radius out where they are known."""
FAR = dt.date.max - dt.timedelta(days=1)
"""A day on which nothing is held back any more; `Row.since` says from when a row is shown."""


class Row(Noun, frozen=True, kw_only=True):
    """One event in a list. `since` is the first day on which it is shown (None: none); `shown` False: it is counted only."""

    id: str
    shown: bool = True
    since: dt.date | None = None
    changed: dt.datetime | None = None
    kind: str = ""
    status: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    basis: str = ""
    place: str | None = None
    admin1: str | None = None
    country: str | None = None
    precision: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    radius_km: float | None = None
    author: str = ""
    targets: str = ""
    killed: Range | None = None
    injured: Range | None = None
    detained: Range | None = None
    reports: int = 0
    origins: int = 0
    party_origins: int = 0
    contested: tuple[str, ...] = ()
    review: str = "machine"
    sources: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    background: bool = False


def make_row(record: Record, policy: Policy, head: Head, locate: Locate) -> ShownRow:
    """The row of one event, whatever the day: whoever lists rows holds back those whose `since` lies ahead."""
    event = head.event
    accounts = record.accounts(event.account_ids)
    told = max((account.published for account in accounts if account.published), default=None)
    since = policy.shown_from(event, told)
    names: Names = frozenset() if policy.profile == "full" else names_of(record, {account.document_id for account in accounts})
    shown = policy.on(FAR).show_event(event, names, told)
    if shown is None or since is None:
        return ShownRow(head.event_no, head.seq, to_json(Row(id=event.id, shown=False, since=since, background=event.background)), "")
    titles = [policy.show_words(account.title, names, account.source) for account in accounts if account.title] if shown.voices else []
    return ShownRow(head.event_no, head.seq, to_json(_row(shown, policy, since, head.at, locate)), _words(shown, titles))


def read_row(body: bytes) -> Row:
    """A row out of what was kept."""
    return _decoder.decode(body)


_decoder = msgspec.json.Decoder(Row)


def _row(event: Event, policy: Policy, since: dt.date, changed: dt.datetime, locate: Locate) -> Row:
    when = event.when.value
    place = locate(event.where.value) if event.where.value else None
    return Row(
        id=event.id,
        since=since,
        changed=changed,
        kind=event.kind.value,
        status=event.status.value,
        start=when.start,
        end=when.end,
        basis=when.basis,
        place=place.name if place else None,
        admin1=place.admin1 if place else None,
        country=place.country if place else None,
        precision=place.precision if place else None,
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
        radius_km=place.radius_km if place else None,
        author=", ".join(actor.name for actor in event.perpetrators.value),
        targets=", ".join(dict.fromkeys(target.quote.words for target in event.targets))[:120],
        killed=event.killed.value if event.killed else None,
        injured=event.injured.value if event.injured else None,
        detained=event.detained.value if event.detained else None,
        reports=event.reports,
        origins=event.origins,
        party_origins=event.party_origins,
        contested=event.contested,
        review=event.review,
        sources=event.sources,
        actors=policy.bodies_of(event),
        background=event.background,
    )


def _words(event: Event, titles: list[str]) -> str:
    place = event.where.value
    parts = [event.id, word("kind", event.kind.value), *event.sources, *titles, *(actor.name for actor in event.perpetrators.value)]
    parts += [part for part in (place.name, place.admin1, place.country) if part] if place else []
    parts += [value.quote.words for value in (*event.targets, *event.victims, *event.weapons)]
    parts += [part for voice in event.voices for part in (voice.speaker, voice.words) if part]
    return " ".join(dict.fromkeys(fold(part) for part in parts))[:20_000]
