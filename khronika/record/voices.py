"""Accounts in, voices out: who speaks, for which side, and where each word came from in the end.

Independence is a matter of origin: each claim is followed to the end of its chain, near-copies are one voice, and an outlet is an origin of its own only
where it tells of the occurrence without naming somebody who does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from khronika.text import fold
from khronika.types import Account, ActorRef, Claim, Voice

ARMED = frozenset({"Rebel group", "Political militia", "Identity militia"})
STATE = frozenset({"State forces", "External/Other forces"})


class Member(NamedTuple):
    """One account of an event with its part in the chorus. `origins`: origin -> whether it is a party to the event."""

    seq: int
    account: Account
    is_silent: bool
    is_copy: bool
    origins: dict[str, bool]
    sides: frozenset[str]


def side_of(actor: ActorRef | None) -> str | None:
    """The side an actor is on: its state for state forces and what a state backs, else itself."""
    if actor is None:
        return None
    if actor.country and actor.kind in STATE | ARMED:
        return actor.country
    return actor.id or fold(actor.name)


def is_party(actor: ActorRef | None, sides: frozenset[str]) -> bool:
    """Whether a speaker is a party: an armed group, or on a side that is said to have acted or been hit."""
    if actor is None:
        return False
    return actor.kind in ARMED or side_of(actor) in sides


def members_of(accounts: Sequence[tuple[int, Account]], copies: Mapping[str, str], silent: frozenset[str]) -> list[Member]:
    """The accounts with their origins, in order of seq."""
    sides = frozenset(
        side
        for _, account in accounts
        for value in (*account.mention.perpetrators, *account.mention.targets)
        if value.actor and value.actor.id and (side := side_of(value.actor))
    )
    present = {account.id for _, account in accounts}
    return [
        Member(seq, account, account.id in silent, copies.get(account.id) in present, _origins(account, sides), sides) for seq, account in accounts
    ]


def _origins(account: Account, sides: frozenset[str]) -> dict[str, bool]:
    told = {
        claim_origin(claim): is_party(claim.speaker, sides)
        for claim in account.mention.claims
        if claim.about in ("occurrence", "casualties") and claim.stance in ("reports", "claims_responsibility")
    }
    return told or {outlet_of(account): account.party is not None}


def outlet_of(account: Account) -> str:
    """The outlet as an origin: its source id, else its document."""
    return account.source or f"document {account.document_id[:12]}"


def claim_origin(claim: Claim) -> str:
    """The end of a claim's chain."""
    return claim.origin or fold(claim.by.words)


def voices_of(speaking: Sequence[Member]) -> tuple[Voice, ...]:
    """Who says what: the outlets' own voices and all claims, in order."""
    found = []
    for member in speaking:
        account = member.account
        mention = account.mention
        found.append(
            Voice(
                claim_id=f"{account.id}:-1",
                speaker=account.source or "outlet not stated",
                stance="reports",
                about="occurrence",
                account_id=account.id,
                origin=next(iter(member.origins)),
                side=account.party,
                words=mention.evidence[0].words if mention.evidence else mention.trigger.words,
                source=account.source,
            )
        )
        for number, claim in enumerate(mention.claims):
            found.append(
                Voice(
                    claim_id=f"{account.id}:{number}",
                    speaker=claim.by.words,
                    stance=claim.stance,
                    about=claim.about,
                    account_id=account.id,
                    origin=claim_origin(claim),
                    actor=claim.speaker.id if claim.speaker else None,
                    side=side_of(claim.speaker) if is_party(claim.speaker, member.sides) else None,
                    value=claim.value.words if claim.value else None,
                    words=claim.quote.words,
                    source=account.source,
                )
            )
    return tuple(found)
