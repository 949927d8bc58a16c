"""Decisions on corrections: accept, reject, withdraw; and what accepting one does beyond the account that it corrects.

The rule: every act of an editor is a correction with a name of its own, entered and decided in one transaction, and withdrawing it undoes all of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product

import msgspec
from msgspec.structs import replace

from khronika.errors import UsageError
from khronika.record.record import Record
from khronika.record.writing import Transaction
from khronika.review.correcting import enter
from khronika.review.queue import says
from khronika.types import Correction, Event, Link, Reason, Verdict

_FROM = {
    "accepted": ("proposed", "rejected", "withdrawn"), "rejected": ("proposed",), "withdrawn": ("proposed", "accepted"), "proposed": ("rejected", "withdrawn"),
}  # fmt: skip
"""State to come -> the states that it may follow."""
MOST_PAIRS = 2_500
"""Verdicts that joining or splitting two events leaves; a verdict holds between whole groups, so that more add nothing."""


def find_correction(record: Record, id: str) -> Correction:
    """The correction of this id, its zeros and prefix left out or not.

    Raises:
        UsageError: there is none.
    """
    digits = id.strip().upper().removeprefix("COR-")
    found = record.correction(f"COR-{int(digits):06d}" if digits.isdecimal() and len(digits) < 19 else id)
    if found is None:
        raise UsageError(f"{id}: no such correction in {record.address}; khronika corrections list lists them")
    return found


def decide(record: Record, id: str, state: str, by: str, reason: str = "") -> list[Correction]:
    """Accept, reject or withdraw a correction, or put it back in the queue, and with it those that say the same; an open one is withdrawn alone.

    Raises:
        UsageError: there is no such correction, or it is in no state that this may follow.
    """
    with record.write(by=by) as tx:  # looked at inside: two editors may decide at once
        known = find_correction(record, id)
        if state not in _FROM or known.state not in _FROM[state]:
            raise UsageError(f"{known.id} is {known.state}; only {' or '.join(_FROM.get(state, ()))} ones can be {state}")
        alone = known.field == "review" or state == "withdrawn" and known.state == "proposed"
        alike = [c for c in record.corrections(known.state) if not alone and says(c) == says(known) and c.id != known.id]
        if known.state != "accepted":
            alike = [c for c in alike if c.category == known.category]
        decided = [tx.decide_correction(correction.id, state, by, reason) for correction in (known, *alike)]
        if state == "accepted":
            _carry_out(record, tx, decided[0])
        elif known.state == "accepted":
            for correction in decided:
                _undo(record, tx, correction, reason)
    return decided


def act(record: Record, corrections: Iterable[Correction], by: str, reason: str = "", instead_of: str | None = None) -> list[Correction]:
    """Enter corrections and accept them, all or none: what an editor does by themselves, or in place of what a reader proposed.

    Args:
        instead_of: id of the proposed one that these are in place of: words for an editor are accepted with them, another value of a field is not.

    Raises:
        UsageError: one does not fit its field, or the proposed one is decided already.
    """
    done = []
    with record.write(by=by) as tx:
        if instead_of is not None:
            known = find_correction(record, instead_of)
            if known.state != "proposed":
                raise UsageError(f"{known.id} is {known.state} already")
            tx.decide_correction(known.id, "accepted" if known.field == "note" else "rejected", by, reason or "as corrected by the editor")
        for correction in corrections:
            (entered,) = enter(record, tx, [replace(correction, by=by, follows=instead_of)])
            done.append(tx.decide_correction(entered.id, "accepted", by, reason))
            _carry_out(record, tx, done[-1])
    return done


def confirm_event(event: Event, at: dt.datetime) -> Correction:
    """That an editor read an event and finds it right."""
    return Correction(id="", field="review", category="review", reason="read and found right", account_id=event.account_ids[0], new="read", at=at)


def join_events(first: Event, second: Event, reason: str, at: dt.datetime) -> Correction:
    """That two events are one.

    Raises:
        UsageError: they are one already.
    """
    if first.id == second.id:
        raise UsageError(f"{first.id}: one event already")
    return Correction(id="", field="same", category="same", reason=reason, event_id=first.id, new=second.id, at=at)


def split_event(event: Event, starts: Sequence[str], reason: str, at: dt.datetime) -> Correction:
    """That some accounts, named by the start of their ids, tell of another event than the rest.

    Raises:
        UsageError: an account is not in the event, or none would stay.
    """
    apart = []
    for start in starts:
        found = [member for member in event.account_ids if member.startswith(start)]
        if len(found) != 1:
            raise UsageError(f"{start}: {len(found)} accounts of {event.id} begin so; khronika show {event.id} lists them")
        apart.append(found[0])
    if not set(event.account_ids) - set(apart):
        raise UsageError(f"{event.id}: all its accounts are named; leave one at least")
    return Correction(id="", field="different", category="different", reason=reason, event_id=event.id, new=sorted(set(apart)), at=at)


# --- what accepting does beyond the account ----------------------------------------------------------------------------


def _carry_out(record: Record, tx: Transaction, correction: Correction) -> None:
    do = _ACTS.get(correction.field)
    if do is not None:
        do(record, tx, correction)


def _join(record: Record, tx: Transaction, correction: Correction) -> None:
    first, second = _members(record, correction.event_id), _members(record, correction.new)
    if set(first) & set(second):
        raise UsageError(f"{correction.id}: {correction.event_id} and {correction.new} are one event already")
    _give_verdict(record, tx, correction, first, second, "same")


def _split(record: Record, tx: Transaction, correction: Correction) -> None:
    apart = list(correction.new)
    rest = [member for member in _members(record, correction.event_id) if member not in apart]
    _give_verdict(record, tx, correction, apart, rest, "different")


def _members(record: Record, event_id: str | None) -> tuple[str, ...]:
    event = record.event(event_id or "")
    if event is None:
        raise UsageError(f"{event_id}: no such event in {record.address}")
    return event.account_ids


def _give_verdict(record: Record, tx: Transaction, correction: Correction, a: Sequence[str], b: Sequence[str], verdict: Verdict) -> None:
    most = int(MOST_PAIRS**0.5)
    pairs = list(product(a, b)) if len(a) * len(b) <= MOST_PAIRS else list(product(a[:most], b[:most]))
    why = (Reason(feature="correction", level=correction.id, weight=0.0),)
    for pair in pairs:
        low, high = sorted(pair)
        tx.add_verdict(Link(a=low, b=high, verdict=verdict, weight=0.0, by=correction.decided_by or correction.by, reasons=why, at=correction.decided_at))
    _link_anew(record, tx, {*a, *b})


def _link_anew(record: Record, tx: Transaction, ids: Iterable[str]) -> None:
    from khronika.link import link_accounts

    tx.add_linking(link_accounts(record.accounts(sorted(ids)), record, {}))


def _no_event(record: Record, tx: Transaction, correction: Correction) -> None:
    """Said of a whole event: each of its accounts tells of none."""
    if correction.account_id is not None:
        return
    by, reason = correction.decided_by or correction.by, correction.decided_why or correction.reason
    for account_id in _members(record, correction.event_id):
        account = record.account(account_id)
        child = Correction(id="", field="event", category="no_event", reason=reason, account_id=account_id, by=by, at=correction.decided_at)
        (entered,) = enter(record, tx, [replace(child, follows=correction.id, document_id=account.document_id if account else None)])
        tx.decide_correction(entered.id, "accepted", by, reason)


_ACTS: dict[str, Callable[[Record, Transaction, Correction], None]] = {"same": _join, "different": _split, "event": _no_event}


def _undo(record: Record, tx: Transaction, correction: Correction, reason: str) -> None:
    """Take back what accepting this one did: its verdicts, and the corrections that followed from it."""
    by = correction.decided_by or correction.by
    for child in record.corrections("accepted"):
        if child.follows == correction.id:
            _undo(record, tx, tx.decide_correction(child.id, "withdrawn", by, reason or f"with {correction.id}"), reason)
    if correction.field not in ("same", "different"):
        return
    given = _verdicts_of(record, correction.id)
    before = _standing_verdicts(record, {(link.a, link.b) for link in given})
    for link in given:
        earlier = before.get((link.a, link.b))
        tx.add_verdict(replace(earlier or replace(link, verdict="unsure", by=by), at=correction.decided_at))
    if given:
        _link_anew(record, tx, {id for link in given for id in (link.a, link.b)})


def _standing_verdicts(record: Record, pairs: set[tuple[str, str]]) -> dict[tuple[str, str], Link]:
    """The latest verdict on each pair that was not withdrawn."""
    standing = {correction.id for correction in record.corrections("accepted")}
    found: dict[tuple[str, str], Link] = {}
    for link in _verdicts(record) if pairs else ():
        if (link.a, link.b) in pairs and all(why.level in standing for why in link.reasons if why.feature == "correction"):
            found[link.a, link.b] = link
    return found


def _verdicts_of(record: Record, correction_id: str) -> list[Link]:
    """The verdicts that a correction gave, from the log: an event that was found to be none since has no members to look for them by."""
    given = (link for link in _verdicts(record) if any(why.feature == "correction" and why.level == correction_id for why in link.reasons))
    return list({(link.a, link.b): link for link in given}.values())


def _verdicts(record: Record) -> Iterator[Link]:
    """All verdicts in the order of the log, but those that were erased."""
    for _, body in record.entries(kind="verdict"):
        if body:
            yield msgspec.json.decode(body, type=Link)
