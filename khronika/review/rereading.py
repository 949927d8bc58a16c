"""The kept texts read by a newer extractor in, what would change and then the new readings in the record out.

The rule: an account that is told again keeps its id, so that its event keeps its name and what people said of it holds; where the words
that tell of it moved or the kind changed, it is the same account if they overlap. What a person typed stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple

import msgspec
from msgspec.structs import replace

from khronika.errors import UsageError
from khronika.jsonl import to_json
from khronika.record.record import Record
from khronika.review.correcting import held_with
from khronika.review.fields import name_of, show_value, value_at
from khronika.text import overlaps
from khronika.types import Account, Correction, Noun, Quote, Reading

BATCH = 64
"""Documents a transaction: a kill loses at most these, and the next run reads them again."""
PARTS = {
    "kind": ("mention.kind",), "status": ("mention.status",), "day": ("when",), "place": ("where",), "who": ("mention.perpetrators",),
    "killed": ("mention.killed",), "injured": ("mention.injured",), "taken": ("mention.detained",),
    "targets": ("mention.targets", "mention.victims"), "weapons": ("mention.weapons",), "claims": ("mention.claims",),
    "background": ("mention.background", "mention.rollup"), "words": ("mention.trigger", "mention.evidence"),
    "source": ("source", "party"),
}  # fmt: skip
"""What is counted -> paths in an account."""
_ASIDE = frozenset({"p", "by", "reason", "id", "text_id"})
"""Differences in these alone are no change."""


class Again(Noun, frozen=True, kw_only=True):
    """One document read anew: its accounts under the names that they keep, and what is different.

    `changes` counts fields, "new" and "gone" accounts. `conflicts` say which accepted corrections no longer fit, or are of an account that is gone.
    """

    document_id: str
    reading: Reading
    accounts: tuple[Account, ...]
    keys: tuple[tuple[str, ...], ...]
    changes: dict[str, int]
    before: str = ""
    """Who read it before: name@version."""
    conflicts: tuple[str, ...] = ()


def compare_readings(
    record: Record, document_id: str, reading: Reading, accounts: Sequence[Account], accepted: Mapping[str, Sequence[Correction]]
) -> Again | None:
    """A document's new reading beside the one that the record has; None where nothing is different.

    Args:
        accepted: account id -> its accepted corrections.
    """
    from khronika.link import keys_of

    known = record.accounts_of_document(document_id)
    typed = [account for account in known if account.typed_by]
    older = [account for account in known if not account.typed_by]
    fresh = [account for account in accounts if not any(_same_trigger(account, other) for other in typed)]
    kept = keep_ids(older, fresh)
    before = {account.id: account for account in older}
    changes: Counter[str] = Counter()
    for account in kept:
        changes.update(_differences(before[account.id], account) if account.id in before else ["new"])
    gone = before.keys() - {account.id for account in kept}
    changes["gone"] += len(gone)
    if not +changes:
        return None
    return Again(
        document_id=document_id,
        reading=reading,
        accounts=tuple(kept),
        keys=tuple(tuple(keys_of(account)) for account in kept),
        changes=dict(+changes),
        before=read.by if (read := record.reading_of(document_id)) else "nobody",
        conflicts=tuple(_conflicts({account.id: account for account in kept}, [c for id in before for c in accepted.get(id, ())])),
    )


def keep_ids(older: Sequence[Account], fresh: Sequence[Account]) -> list[Account]:
    """The fresh accounts, each under the id of the older one that it tells again; the best fits first."""
    fits = sorted(
        ((fit, old.id, number) for old in older for number, new in enumerate(fresh) if (fit := _fit(old, new)) > 0), key=lambda one: (-one[0], *one[1:])
    )
    ids: dict[int, str] = {}
    for _, old_id, number in fits:
        if number not in ids and old_id not in ids.values():
            ids[number] = old_id
    return [replace(account, id=ids.get(number, account.id)) for number, account in enumerate(fresh)]


def _fit(old: Account, new: Account) -> float:
    """How well two accounts of one text tell of the same: 0 where they share no words that do."""
    if old.id == new.id:
        return 100.0
    trigger = 4.0 * _same_trigger(old, new)
    shared = _shared(old.mention.evidence, new.mention.evidence)
    return 0.0 if not trigger and shared < 0.5 else trigger + 2.0 * (old.mention.kind == new.mention.kind) + shared


def _same_trigger(a: Account, b: Account) -> bool:
    one, two = a.mention.trigger, b.mention.trigger
    return one.within == two.within and overlaps((one.start, one.end), (two.start, two.end))


def _shared(a: Iterable[Quote], b: Iterable[Quote]) -> float:
    """The part of the shorter evidence that the other has too."""
    one, two = ({(q.within, at) for q in quotes for at in range(q.start, q.end)} for quotes in (a, b))
    return len(one & two) / min(len(one), len(two)) if one and two else 0.0


def _differences(before: Account, after: Account) -> list[str]:
    old, new = (_plain(msgspec.to_builtins(account)) for account in (before, after))
    return [name for name, paths in PARTS.items() if any(_at(old, path) != _at(new, path) for path in paths)]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items() if key not in _ASIDE}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _conflicts(kept: Mapping[str, Account], corrections: Iterable[Correction]) -> Iterator[str]:
    for correction in corrections:
        if correction.field in ("event", "review"):
            continue
        account = kept.get(correction.account_id or "")
        if account is None:
            yield f"{correction.id}: its account is not read any longer; the correction rests"
        elif (why := _unfit(account, correction)) is not None:
            yield f"{correction.id}: {why}"


def _unfit(account: Account, correction: Correction) -> str | None:
    try:
        held_with(account, correction)
    except UsageError as error:
        return f"{error}; the correction rests"
    now, name = show_value(value_at(account, correction.field)), name_of(correction.field)
    if now not in (show_value(correction.old), show_value(correction.new)):
        return f"{name} is read as {now} now, neither {show_value(correction.old)} as before nor {show_value(correction.new)} as corrected; the correction holds"
    return None


class Plan(NamedTuple):
    """What reading anew would change: counts by field, conflicts, and how many documents by "who read them -> who would"."""

    changes: Counter[str]
    conflicts: list[str]
    readers: Counter[str]


def write_plan(plan: Iterable[Again], out: IO[bytes]) -> Plan:
    """Put what would change in a file, one document a line."""
    found = Plan(Counter(), [], Counter())
    for again in plan:
        out.write(to_json(again) + b"\n")
        found.changes.update(again.changes)
        found.conflicts.extend(again.conflicts)
        found.readers[f"{again.before} -> {again.reading.by}"] += 1
    return found


def take_plan(record: Record, lines: Iterable[bytes], by: str) -> Iterator[int]:
    """Append the new readings; gives the number of documents after each commit."""
    batch: list[Again] = []
    for line in lines:
        batch.append(msgspec.json.decode(line, type=Again))
        if len(batch) >= BATCH:
            yield _take(record, batch, by)
            batch = []
    if batch:
        yield _take(record, batch, by)


def _take(record: Record, batch: Sequence[Again], by: str) -> int:
    from khronika.link import link_accounts

    with record.write(by=by) as tx:
        accounts: list[Account] = []
        for again in batch:
            if not record.has_document(again.document_id) or record.text(again.document_id) is None:
                continue  # erased since
            tx.add_reading(again.document_id, again.reading)
            for account, keys in zip(again.accounts, again.keys, strict=True):
                tx.add_account(account, keys)
            accounts += again.accounts
        if accounts:
            tx.add_linking(link_accounts(accounts, record, {}))
    return len(batch)
