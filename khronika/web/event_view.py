"""An event as held in, what its page and the API say of it out: who says what, its accounts, why they were joined, and its history.

The rule: each piece comes from the policy of the reader, and an event that may not be shown is not there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from khronika.policy import Names, Policy, names_of
from khronika.record.merge import seq_of
from khronika.record.record import Record
from khronika.record.shown import Version, history
from khronika.text import fold
from khronika.types import Account, Claim, Event, Held, Link, Noun, Range, Voice
from khronika.web.words import toll, where, word

MOST_VERSIONS = 60
"""Of an event's history that a page shows; older ones are found by `as_of`."""


class Told(Noun, frozen=True, kw_only=True):
    """One account of an event as it may be shown, with where it was published."""

    account: Account
    url: str | None = None
    document_id: str = ""


class Said(Noun, frozen=True, kw_only=True):
    """One row of "who says what"; `stands` is "for", "against" or "" to what the event holds.

    `names` is whom it names as the author, `counts` what it says of how many; `value` its own words for them, where they are not most of its words.
    """

    voice: Voice
    stands: str = ""
    names: str = ""
    counts: str = ""
    value: str = ""
    is_painful: bool = False
    url: str | None = None
    document_id: str | None = None


class Change(Noun, frozen=True, kw_only=True):
    """One version of an event: what became of which field, why and by whom."""

    seq: int
    at: dt.datetime
    by: str
    why: str
    fields: tuple[tuple[str, str, str], ...] = ()
    """Name, before, after."""


class Shown(Noun, frozen=True, kw_only=True):
    """One event as its reader may see it, `as_of` a seq or instant where an old view was asked for.

    `erased_since`: how many entries of the record as it was then were erased later, by which the old view may differ from what was seen then.
    """

    event: Event
    accounts: tuple[Told, ...] = ()
    links: tuple[Link, ...] = ()
    voices: tuple[Said, ...] = ()
    as_of: int | dt.datetime | None = None
    erased_since: int = 0


def show(record: Record, policy: Policy, id: str, as_of: int | dt.datetime | None = None) -> Shown | None:
    """The event under an id, or under one that led to it; None where there is none, or none that may be shown."""
    held = record.event(id, as_of)
    if held is None:
        return None
    accounts = record.accounts(held.account_ids)
    names = names_of(record, {account.document_id for account in accounts})
    event = policy.show_event(held, names, last_told(accounts))
    if event is None:
        return None
    told = tuple(_told(record, policy, held, accounts, names)) if event.voices or policy.profile == "full" else ()
    inside = {one.account.id for one in told}
    links = tuple(link if policy.profile == "full" else replace(link, by=pseudonym(link.by)) for link in record.links_of(inside) if {link.a, link.b} <= inside)
    gone = record.erased_since(as_of) if as_of is not None else 0
    return Shown(event=event, accounts=told, links=links, voices=_said(event, told, policy), as_of=as_of, erased_since=gone)


def pseudonym(by: str) -> str:
    """Who did something, for readers: a program under its name and version, a person never by name."""
    return by if by == "machine" or "@" in by else "an editor"


def last_told(accounts: Iterable[Account]) -> dt.date | None:
    """The day of the newest account, by which an event without a day is held back."""
    return max((account.published for account in accounts if account.published), default=None)


def _told(record: Record, policy: Policy, held: Event, accounts: Sequence[Account], names: Names) -> Iterable[Told]:
    for account in accounts:
        shown = policy.show_account(account, names, held)
        document = record.document(account.document_id)
        if shown is not None and document is not None:
            yield Told(account=shown, url=policy.show_link(document.url, names), document_id=account.document_id)


def _said(event: Event, told: Sequence[Told], policy: Policy) -> tuple[Said, ...]:
    of = {one.account.id: one for one in told}
    held = (event.kind, event.status, event.when, event.where, event.perpetrators, event.killed, event.injured, event.detained)
    by_about: dict[str, tuple[Held[Any] | None, ...]] = {"perpetrator": (event.perpetrators,), "casualties": (event.killed, event.injured, event.detained)}
    found = []
    for voice in event.voices:
        one = of.get(voice.account_id)
        found.append(
            Said(
                voice=voice,
                stands=_stands(voice, [value for value in by_about.get(voice.about, held) if value is not None]),
                names=_named(voice, one),
                counts=_counted(voice, one),
                value="" if not voice.value or 2 * len(voice.value) > len(voice.words) else voice.value,
                is_painful=policy.is_painful(f"{voice.words} {voice.value or ''}"),
                url=one.url if one else None,
                document_id=one.document_id if one else None,
            )
        )
    return tuple(found)


def _claim(voice: Voice, one: Told | None) -> tuple[int, Claim | None]:
    number = int(voice.claim_id.rpartition(":")[2])
    claims = one.account.mention.claims if one else ()
    return number, claims[number] if 0 <= number < len(claims) else None


def _named(voice: Voice, one: Told | None) -> str:
    """Whom a voice names as the author; "" where it names nobody, or denies."""
    number, _ = _claim(voice, one)
    if one is None or voice.stance in ("denies", "doubts"):
        return ""
    parties = [party for party in one.account.mention.perpetrators if number in party.asserted_by]
    return ", ".join(dict.fromkeys(party.actor.name if party.actor else party.quote.words for party in parties))


def _counted(voice: Voice, one: Told | None) -> str:
    """The counts that a voice gives: "3–5 killed, 2 injured"."""
    number, claim = _claim(voice, one)
    source = claim if claim is not None else one.account.mention if one is not None and number < 0 and voice.about == "casualties" else None
    found = []
    for name in ("killed", "injured"):
        count = getattr(source, name, None)
        if count is not None:
            found.append(f"{toll(Range(low=count.low, best=count.low, high=count.high))} {name}")
    return ", ".join(found)


def versus(about: str, said: Sequence[Said]) -> list[tuple[str, list[Said]]]:
    """Voices on one matter by what they say, each group with its title: rival authors beside each other, else for and against what is held."""
    against = [one for one in said if one.stands == "against"]
    named = list(dict.fromkeys(one.names for one in said if one.names))
    if about == "perpetrator" and len(named) > 1:
        version = [_version(one, named) for one in said]
        groups = [(f"says that it was {name}", [one for one, of in zip(said, version) if of == name]) for name in named]
        groups.append(("denies, doubts, or names nobody clearly", [one for one, of in zip(said, version) if not of]))
    else:
        groups = [("says so" if against else "all who speak of it", [one for one in said if one not in against]), ("disputes it, or says otherwise", against)]
    return [(title, group) for title, group in groups if group]


def _version(one: Said, named: Sequence[str]) -> str:
    """Which of the rival authors a voice names; by its words where nothing was read of them."""
    if one.names or one.voice.stance in ("denies", "doubts"):
        return one.names
    words = fold(f"{one.voice.value or ''} {one.voice.words}")
    found = [name for name in named if fold(name) in words]
    return found[0] if len(found) == 1 else ""


def _stands(voice: Voice, held: Sequence[Held[Any]]) -> str:
    if voice.stance in ("denies", "doubts") or any(voice.claim_id in value.disputed_by for value in held):
        return "against"
    return "for" if any({voice.claim_id, voice.account_id} & set(value.supported_by) for value in held) else ""


def changes(record: Record, policy: Policy, id: str) -> list[Change]:
    """The versions of an event that may be shown, newest first, at most 60, each with what became of its fields."""
    number = seq_of(id)
    versions = history(record, number) if number is not None else []
    found: list[Change] = []
    before: Event | None = None
    for version in versions[-MOST_VERSIONS:]:
        accounts = record.accounts(version.event.account_ids)
        names = names_of(record, {account.document_id for account in accounts})
        event = policy.show_event(version.event, names, last_told(accounts))
        if event is None:
            continue
        fields = difference(before, event) if before else ()
        if fields or before is None and len(versions) <= MOST_VERSIONS:
            by, why = _who(record, policy, version, names)
            found.append(Change(seq=event.last_seq, at=version.at, by=by, why=why, fields=fields))
        before = event
    return found[::-1]


def _who(record: Record, policy: Policy, version: Version, names: Names) -> tuple[str, str]:
    """By whom a version came to be, and why: editors are pseudonyms outside `full`."""
    why = word("entry", version.kind)
    correction = record.correction(version.key) if version.kind == "decision" else None
    if correction is not None and correction.category != "danger":
        said = correction.decided_why or correction.reason
        why += f" ({correction.id}): {said if policy.profile == 'full' else policy.shorten(policy.mask_party(said, names, False))}"
    return version.by if policy.profile == "full" else pseudonym(version.by), why


def difference(before: Event, after: Event) -> tuple[tuple[str, str, str], ...]:
    """Name, before and after of each field of an event, as shown, that differs."""
    old, new = plain_fields(before), plain_fields(after)
    return tuple((word("field", name), old[name] or "–", new[name] or "–") for name in new if old[name] != new[name])


def plain_fields(event: Event) -> dict[str, str]:
    """The values that an event holds, in words."""
    return {
        "kind": word("kind", event.kind.value),
        "status": word("status", event.status.value),
        "when": days(event),
        "where": where(event.where.value),
        "perpetrators": ", ".join(actor.name for actor in event.perpetrators.value) or "unknown",
        "killed": toll(event.killed),
        "injured": toll(event.injured),
        "detained": toll(event.detained),
        "contested": ", ".join(word("contested", name) for name in event.contested),
        "grade_occurrence": event.grade_occurrence,
        "grade_author": event.grade_author,
        "reports": str(event.reports),
        "origins": str(event.origins),
        "review": word("review", event.review),
    }


def days(event: Event) -> str:
    """The days of an event in words."""
    when = event.when.value
    if when.start is None:
        return "no day known" if when.end is None else f"until {when.end.isoformat()}"
    found = when.start.isoformat() if when.start == when.end else f"{when.start.isoformat()} to {when.end.isoformat() if when.end else 'open'}"
    return f"about {found}" if when.basis == "assumed_fresh" else found
