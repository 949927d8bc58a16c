"""Accounts of one event in, the Event that they amount to out: one named rule a field, with who supports and who disputes it.

The rule: order of the accounts does not matter beyond their seq; nothing is held that no account says. docs/codebook.md has the rules in words.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from khronika.record import responsibility, tolls
from khronika.record.voices import Member, members_of, voices_of
from khronika.types import PRECISIONS, Account, Correction, Event, Held, Kind, Participant, Place, Review, Status, When

BASIS_RANK = {"explicit": 0, "relative": 1, "anchored": 2, "assumed_fresh": 3, "open": 4}


def merge(
    accounts: Sequence[tuple[int, Account]],
    copies: Mapping[str, str],
    silent: frozenset[str],
    corrections: Sequence[Correction],
    seq: int,
) -> Event:
    """The event of some accounts.

    Args:
        accounts: seq of the account's entry, and the account, corrected.
        copies: account -> the account of which its text is a near-copy; both are one voice.
        silent: accounts of superseded documents; they stay listed and have no voice.
        corrections: the accepted ones.
        seq: of the entry that made this version.
    """
    ordered = sorted(accounts, key=lambda pair: pair[0])
    ids = [event_id(number) for number, _ in ordered]
    members = members_of(ordered, copies, silent)
    heard = [member for member in members if not member.is_silent]
    speaking = heard or members
    own = [member for member in speaking if not member.is_copy] or speaking
    return Event(
        id=ids[0],
        former_ids=tuple(ids[1:]),
        account_ids=tuple(account.id for _, account in ordered),
        first_seq=ordered[0][0],
        last_seq=seq,
        voices=voices_of(speaking),
        reports=len(heard),
        sources=tuple(dict.fromkeys(member.account.source for member in speaking if member.account.source)),
        background=all(member.account.mention.background for member in speaking),
        rollup=all(member.account.mention.rollup for member in speaking),
        review=_review(corrections),
        **_what_is_held(own),
        **_who_attests_it(own),
    )


def _what_is_held(own: Sequence[Member]) -> dict[str, Any]:
    """The fields of an event that say what happened, and which of them are contested."""
    figures = {name: tolls.latest(own, name) for name in tolls.OUTCOMES}
    rivals = {
        "occurrence": responsibility.is_occurrence_contested(own),
        "author": responsibility.is_author_contested(own),
        "toll": any(map(tolls.is_contested, figures.values())),
        "target": _is_target_contested(own),
    }
    return {
        **{field: hold(own) for field, hold in MERGE_RULES.items()},
        **{role: _phrases(own, role) for role in ("targets", "victims", "weapons")},
        **{name: tolls.hold(found) for name, found in figures.items()},
        "tolls_of": tolls.by_whom(own),
        "shared_tolls": tolls.shared(own),
        "contested": tuple(name for name, is_contested in rivals.items() if is_contested),
    }


def _who_attests_it(own: Sequence[Member]) -> dict[str, Any]:
    """The fields of an event that say whence it is known, and who is held to be the author by that."""
    origins = {origin: party for member in own for origin, party in member.origins.items()}
    author = responsibility.hold_author(own)
    return {
        "perpetrators": author,
        "origins": len(origins),
        "party_origins": sum(origins.values()),
        "grade_occurrence": responsibility.grade_occurrence(origins),
        "grade_author": responsibility.grade_author(own, author),
    }


def event_id(seq: int) -> str:
    """The public id minted from the seq of an account; nothing of the content is in it."""
    return f"KHR-{seq:06d}"


def seq_of(id: str) -> int | None:
    """The seq in a public id, or None where it is none."""
    digits = id.upper().removeprefix("KHR-")
    return int(digits) if re.fullmatch(r"[0-9]{1,18}", digits) and id.upper().startswith("KHR-") else None  # more digits are no number of a store


def _weight(member: Member) -> float:
    return member.account.mention.p if member.account.mention.p is not None else 0.5


def _hold_kind(own: Sequence[Member]) -> Held[Kind]:
    weights: Counter[str] = Counter()
    for member in own:
        weights[member.account.mention.kind] += _weight(member)  # type: ignore[assignment]
    best = min(weights, key=lambda kind: (-round(weights[kind], 6), kind == "other_development", kind))
    return _held(own, best, "most voices, weighted by p", lambda m: m.account.mention.kind == best, lambda m: True)


def _hold_status(own: Sequence[Member]) -> Held[Status]:
    counts = Counter(member.account.mention.status for member in own)
    best = min(counts, key=lambda status: (-counts[status], status != "occurred", status))
    return _held(own, best, "most voices; occurred on a tie", lambda m: m.account.mention.status == best, lambda m: True)


def _hold_when(own: Sequence[Member]) -> Held[When]:
    dated = [member.account.when for member in own if member.account.when.start]
    if not dated:
        return Held(value=own[0].account.when, rule="no account gives a day")
    rank = min(BASIS_RANK[when.basis] for when in dated)
    support = Counter((when.start, when.end) for when in dated if BASIS_RANK[when.basis] == rank)

    def order(when: When) -> tuple[Any, ...]:
        assert when.start and when.end
        return BASIS_RANK[when.basis] != rank, -support[when.start, when.end], (when.end - when.start).days, when.start

    best = min(dated, key=order)

    def agrees(member: Member) -> bool:
        when = member.account.when
        return bool(when.start and when.end and best.start and best.end and when.start <= best.end and best.start <= when.end)

    rule = "best basis, then most voices, then narrowest"
    return _held(own, best, rule, agrees, lambda m: m.account.when.basis in ("explicit", "relative", "anchored"))


def _hold_where(own: Sequence[Member]) -> Held[Place | None]:
    places = [(member, member.account.where) for member in own if member.account.where]
    if not places:
        return Held(value=None, rule="no account gives a place")
    support = Counter(place.geonames_id or place.name for _, place in places)

    def order(place: Place) -> tuple[Any, ...]:
        return place.latitude is None, PRECISIONS.index(place.precision), -support[place.geonames_id or place.name], place.name

    best = min((place for _, place in places), key=order)

    def agrees(member: Member) -> bool:
        place = member.account.where
        return place is not None and _compatible(place, best)

    return _held(own, best, "found before not found, most exact, then most voices", agrees, lambda m: m.account.where is not None)


def _compatible(a: Place, b: Place) -> bool:
    """Whether two places can be one: the same, near each other, or one holds the other."""
    if a.country and b.country and a.country != b.country:
        return False
    if a.name == b.name or "country" in (a.precision, b.precision):
        return True
    if "region" in (a.precision, b.precision):
        return a.admin1 is None or b.admin1 is None or a.admin1 == b.admin1
    if a.latitude is None or b.latitude is None or a.longitude is None or b.longitude is None:
        return False
    import math

    north = (a.latitude - b.latitude) * 111.2
    east = (a.longitude - b.longitude) * 111.2 * math.cos(math.radians((a.latitude + b.latitude) / 2))
    return math.hypot(north, east) <= 15 + (a.radius_km or 0) + (b.radius_km or 0)


def _held(own: Sequence[Member], value: Any, rule: str, agrees: Callable[[Member], bool], speaks: Callable[[Member], bool]) -> Held[Any]:
    return Held(
        value=value,
        rule=rule,
        supported_by=tuple(member.account.id for member in own if agrees(member)),
        disputed_by=tuple(member.account.id for member in own if speaks(member) and not agrees(member)),
    )


def _phrases(own: Sequence[Member], role: str) -> tuple[Participant, ...]:
    """The phrases of a role over all voices, each wording once."""
    found: dict[str, Participant] = {}
    for member in own:
        for value in getattr(member.account.mention, role):
            found.setdefault(" ".join(value.quote.words.casefold().split()), value)
    return tuple(found.values())


def _is_target_contested(own: Sequence[Member]) -> bool:
    """One voice says civilians only, another military only."""
    kinds = [{t.kind for t in member.account.mention.targets if t.kind in ("civilian", "military")} for member in own]
    return {"civilian"} in kinds and {"military"} in kinds


def _review(corrections: Iterable[Correction]) -> Review:
    editors = {correction.decided_by for correction in corrections if correction.decided_by}
    return "machine" if not editors else "one editor" if len(editors) == 1 else "two editors"


MERGE_RULES: dict[str, Callable[[Sequence[Member]], Held[Any]]] = {
    "kind": _hold_kind,
    "status": _hold_status,
    "when": _hold_when,
    "where": _hold_where,
}
"""Field -> rule; the author and the tolls have modules of their own (responsibility, tolls)."""


CORRECTED = frozenset({"mention", "when", "where"})
"""Fields of an account that a correction changes, or a part of them; corrections of other fields are words for an editor."""

UNFIT = (msgspec.ValidationError, TypeError, AttributeError)
"""What is raised where a correction does not fit its account."""


def apply_corrections(account: Account, corrections: Iterable[Correction]) -> Account:
    """The account with the accepted corrections of its fields; a field is a path such as "when.start" or "mention.killed.low".

    Raises:
        UNFIT: one does not fit.
    """
    own = [c for c in corrections if c.account_id == account.id and c.state == "accepted" and c.field.split(".")[0] in CORRECTED]
    if not own:
        return account
    plain: dict[str, Any] = msgspec.to_builtins(account)
    for correction in sorted(own, key=lambda c: (str(c.decided_at or c.at or ""), c.id)):
        node = plain
        *path, last = correction.field.split(".")
        for name in path:
            node = node.setdefault(name, {}) if isinstance(node.get(name), dict) or node.get(name) is None else node[name]
        node[last] = correction.new
    return msgspec.convert(plain, Account)


def is_dropped(account: Account, corrections: Iterable[Correction]) -> bool:
    """Whether an editor said that this account tells of no event."""
    return any(c.account_id == account.id and c.field == "event" and c.state == "accepted" and c.new is None for c in corrections)


def apply_fitting(account: Account, corrections: Sequence[Correction]) -> Account:
    """As `apply_corrections`; where they do not all fit (the account was read anew), those that do."""
    with contextlib.suppress(*UNFIT):
        return apply_corrections(account, corrections)
    for correction in sorted(corrections, key=lambda c: (str(c.decided_at or c.at or ""), c.id)):
        with contextlib.suppress(*UNFIT):
            account = apply_corrections(account, [correction])
    return account
