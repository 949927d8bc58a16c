"""The record's corrections in, those that the public may see out, masked by today's policy.

The rule: only what an editor decided is shown, never who said it, never what endangers somebody, and nothing of an account that the
policy keeps back.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from khronika.errors import UsageError
from khronika.policy import Policy, names_of
from khronika.record.record import Record
from khronika.review.correcting import DANGER, held_with
from khronika.review.fields import FIELDS, NONE, name_of, show_value, value_at
from khronika.types import Account, Correction, Event, Noun


class Shown(Noun, frozen=True, kw_only=True):
    """One line of the public log."""

    id: str
    event_id: str
    field: str
    old: str
    new: str
    reason: str
    state: str
    day: str
    why: str = ""
    """Why an editor decided so."""


def public_log(record: Record, policy: Policy, after: str | None = None) -> Iterator[Shown]:
    """The decided corrections as they may be shown, oldest first; those that come after the one of an id."""
    for correction in record.corrections():
        shown = show_correction(record, correction, policy) if after is None or correction.id > after else None
        if shown is not None:
            yield shown


def show_correction(record: Record, correction: Correction, policy: Policy) -> Shown | None:
    """One correction as it may be shown; None where it is open, private, or of what the policy keeps back."""
    is_part = correction.field == "review" or correction.field == "event" and correction.follows is not None
    if correction.category == DANGER or correction.state == "proposed" or is_part:
        return None
    if correction.account_id is None:
        return _show_note(record, correction, policy)
    account = record.account(correction.account_id)
    event = _event_of(record, account) if account else None
    if account is None or event is None:
        return None
    return _show(correction, account, event, policy, names_of(record, [account.document_id]))


def _show_note(record: Record, correction: Correction, policy: Policy) -> Shown | None:
    """What is said of whole events, or of a text: shown where all the events that it is about may be shown."""
    ids = [correction.event_id, *([correction.new] if correction.field == "same" else [])]
    if correction.event_id is None:
        ids = [record.event_of(account.id) for account in record.accounts_of_document(correction.document_id or "")]
    events = [event for id in filter(None, ids) if (event := record.event(id) or _last_version(record, id))]
    accounts = record.accounts({id for event in events for id in event.account_ids})
    names = names_of(record, {account.document_id for account in accounts})
    if not events or any(policy.show_event(event, names) is None for event in events):
        return None
    new = str(correction.new) if correction.field == "same" else NONE if correction.field == "event" else ""
    return _shown(correction, events[0].id, correction.category, ("", new), policy, names)


def _shown(correction: Correction, event_id: str, field: str, values: tuple[str, str], policy: Policy, names: frozenset[str]) -> Shown:
    return Shown(
        id=correction.id,
        event_id=event_id,
        field=field,
        old=values[0],
        new=values[1],
        reason=policy.shorten(policy.mask_party(correction.reason, names, False)),
        state=correction.state,
        day=correction.decided_at.date().isoformat() if correction.decided_at else "",
        why=policy.shorten(policy.mask_party(correction.decided_why, names, False)),
    )


def _event_of(record: Record, account: Account) -> Event | None:
    """The event of an account; where a correction hid it, as it was before."""
    event_id = record.event_of(account.id)
    if event_id is None:
        return None
    return record.event(event_id) or _last_version(record, event_id)


def _last_version(record: Record, event_id: str) -> Event | None:
    return next(iter(reversed(record.versions(event_id))), None)


def _show(correction: Correction, account: Account, event: Event, policy: Policy, names: frozenset[str]) -> Shown | None:
    if policy.is_held_back(event) or policy.show_event(event, names) is None:
        return None
    try:
        before = policy.show_account(held_with(account, replace(correction, new=correction.old)), names, event)
        after = policy.show_account(held_with(account, correction), names, event)
    except UsageError:
        return None  # it no longer fits the account, which was read anew
    if before is None or after is None:
        return None
    old, new = (_value(shown, correction.field, policy, names) for shown in (before, after))
    values = (event.id, NONE) if correction.field == "event" else (old, new)
    return _shown(correction, event.id, name_of(correction.field), values, policy, names)


def _value(account: Account, field: str, policy: Policy, names: frozenset[str]) -> str:
    shown = show_value(value_at(account, field))
    return shown if name_of(field) in FIELDS else policy.mask_party(shown, names, False)  # a place is coarse by now, the rest are no words
