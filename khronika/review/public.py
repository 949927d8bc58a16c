"""The record's corrections in, those that the public may see out, masked by today's policy.

The rule: only what an editor decided is shown, never who said it, never what endangers somebody, and nothing of an account that the policy keeps back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from khronika.policy import Policy, names_of
from khronika.record.record import Record
from khronika.review.correcting import DANGER, held_with, name_of, show_value, value_at
from khronika.types import Account, Correction, Noun, Text

_CAPITAL = re.compile(r"\b[^\W\d_a-zа-яіїєґ][\w’'-]*")


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
        if account is not None and not _is_held_back(record, account, correction, policy):
            names = names_of(record, [account.document_id])
            shown = _show(correction, account, record.text(account.document_id), policy, names)
            if shown is not None:
                yield shown


def _is_held_back(record: Record, account: Account, correction: Correction, policy: Policy) -> bool:
    event_id = record.event_of(account.id)
    event = record.event(event_id) if event_id else None
    if event is None:  # hidden by this or another correction: shown only as it was before
        event = next(iter(reversed(record.versions(event_id))), None) if event_id else None
    return event is None or policy.is_held_back(event) or policy.show_event(event, names_of(record, [account.document_id])) is None


def _show(correction: Correction, account: Account, text: Text | None, policy: Policy, names: frozenset[str]) -> Shown | None:
    before = policy.show_account(held_with(account, _turned(correction, correction.old)), names)
    after = policy.show_account(held_with(account, correction), names)
    if before is None or after is None:
        return None
    people = names | _likely_names(correction.reason, [before, after], text)
    is_event = correction.field == "event"
    return Shown(
        id=correction.id,
        event_id=correction.event_id or "",
        field=name_of(correction.field),
        old=correction.event_id or "" if is_event else policy.mask(show_value(value_at(before, correction.field)), names),
        new="none" if is_event else policy.mask(show_value(value_at(after, correction.field)), names),
        reason=policy.shorten(policy.mask_party(correction.reason, people, False)),
        state=correction.state,
        day=correction.decided_at.date().isoformat() if correction.decided_at else "",
    )


def _turned(correction: Correction, value: object) -> Correction:
    return replace(correction, new=value) if correction.field != "event" else correction


def _likely_names(reason: str, shown: Sequence[Account], text: Text | None) -> frozenset[str]:
    """Words with a capital in a typed reason that are no place shown anyway and that the text nowhere has in small letters: names, for all we know."""
    small = set(re.findall(r"\w+", text.body)) if text else set()
    place = {word for account in shown if account.where for word in account.where.name.split()}
    found = {match.group() for match in _CAPITAL.finditer(reason)}
    return frozenset(word for word in found if word.lower() not in small and word not in place)
