"""The record's corrections in, those that the public may see out, masked by today's policy.

The rule: only what an editor decided is shown, never who said it, never what endangers somebody, and nothing of an account that the
policy keeps back.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

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


def public_log(record: Record, policy: Policy) -> Iterator[Shown]:
    """The decided corrections as they may be shown, oldest first."""
    for correction in record.corrections():
        if correction.category == DANGER or correction.state == "proposed" or correction.account_id is None:
            continue
        account = record.account(correction.account_id)
        event = _event_of(record, account) if account else None
        if account is not None and event is not None:
            shown = _show(correction, account, event, policy, names_of(record, [account.document_id]))
            if shown is not None:
                yield shown


def _event_of(record: Record, account: Account) -> Event | None:
    """The event of an account; where a correction hid it, as it was before."""
    event_id = record.event_of(account.id)
    if event_id is None:
        return None
    return record.event(event_id) or next(iter(reversed(record.versions(event_id))), None)


def _show(correction: Correction, account: Account, event: Event, policy: Policy, names: frozenset[str]) -> Shown | None:
    if policy.is_held_back(event) or policy.show_event(event, names) is None:
        return None
    before = policy.show_account(held_with(account, replace(correction, new=correction.old)), names, event)
    after = policy.show_account(held_with(account, correction), names, event)
    if before is None or after is None:
        return None
    old, new = (_value(shown, correction.field, policy, names) for shown in (before, after))
    is_event = correction.field == "event"
    return Shown(
        id=correction.id,
        event_id=event.id,
        field=name_of(correction.field),
        old=event.id if is_event else old,
        new=NONE if is_event else new,
        reason=policy.shorten(policy.mask_party(correction.reason, names, False)),
        state=correction.state,
        day=correction.decided_at.date().isoformat() if correction.decided_at else "",
    )


def _value(account: Account, field: str, policy: Policy, names: frozenset[str]) -> str:
    shown = show_value(value_at(account, field))
    return shown if name_of(field) in FIELDS else policy.mask_party(shown, names, False)  # a place is coarse by now, the rest are no words
