"""Events in, one row an account and claim out, for those who aggregate by their own rule.

The rule: `claim` -1 is the outlet's own voice; the account's own day, place, kind and tolls stand in each of its rows, blank where policy withholds the account.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import IO

from khronika.transfer.coding import AccountsOf, Row, Shown, when_and_where, write_rows
from khronika.types import Account, Event, Toll, Voice

COLUMNS = (
    "event_id", "account_id", "claim", "source", "party", "published", "kind", "status", "background", "date_start", "date_end", "date_basis", "place",
    "precision", "country", "admin1", "latitude", "longitude", "killed_low", "killed_high", "injured_low", "injured_high", "detained_low", "detained_high",
    "speaker", "actor", "side", "stance", "about", "origin", "value", "words", "event_reports", "event_origins", "event_party_origins", "contested", "review",
)  # fmt: skip


def write_reports(shown: Shown, out: IO[str]) -> Counter[str]:
    """Write the rows; every event has at least one."""
    write_rows(COLUMNS, chain.from_iterable(shown.coded(report_rows)), out)
    return Counter()


def report_rows(event: Event, accounts_of: AccountsOf) -> list[Row]:
    """The rows of an event; one row an account, without claim, where policy withholds who said what."""
    told = {account.id: _account(account) for account in accounts_of(event)}
    whole = {
        "event_id": event.id,
        "event_reports": event.reports,
        "event_origins": event.origins,
        "event_party_origins": event.party_origins,
        "contested": "; ".join(event.contested),
        "review": event.review,
    }
    if not event.voices:
        return [whole | {"account_id": id} for id in event.account_ids]
    return [whole | told.get(voice.account_id, {}) | _claim(voice) for voice in event.voices]


def _account(account: Account) -> Row:
    mention = account.mention
    return {
        "party": account.party,
        "published": account.published,
        "kind": mention.kind,
        "status": mention.status,
        "background": str(mention.background).lower(),
        **when_and_where(account.when, account.where),
        **_toll("killed", mention.killed),
        **_toll("injured", mention.injured),
        **_toll("detained", mention.detained),
    }


def _toll(name: str, toll: Toll | None) -> Row:
    return {f"{name}_low": toll.low if toll else None, f"{name}_high": toll.high if toll else None}


def _claim(voice: Voice) -> Row:
    return {
        "account_id": voice.account_id,
        "claim": int(voice.claim_id.rpartition(":")[2]),
        "source": voice.source,
        **{name: getattr(voice, name) for name in ("speaker", "actor", "side", "stance", "about", "origin", "value", "words")},
    }
