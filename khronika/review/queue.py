"""Open corrections in, the order in which an editor sees them out.

The rule: danger to people first, then what a decision would change, then its evidence; how many say it counts for nothing, and those who
say the same take one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from msgspec.structs import replace

from khronika import config
from khronika.record.merge import apply_fitting, is_dropped, merge
from khronika.record.record import Record
from khronika.review.anchoring import find_again
from khronika.review.correcting import DANGER
from khronika.review.fields import FIELDS, NONE, show_value, value_at
from khronika.text import fold as fold_words
from khronika.text import words_of
from khronika.types import Account, Correction, Event, Noun

WEIGHTS = {
    "occurrence": 6, "killed": 5, "perpetrators": 4, "status": 4, "injured": 3, "detained": 3, "kind": 3, "when": 2, "where": 2,
    "background": 1,
}  # fmt: skip
"""Field of an event -> how much hangs on it; a field that is not named counts for nothing."""
NOTES = {"missing": 4, "new": 3, "article": 1}
"""Category of words for an editor -> how much may hang on them."""


class Row(Noun, frozen=True, kw_only=True):
    """One row of the queue: the best proven correction of a field, and what folds into it.

    `changes` are the event's fields that accepting it would change; `people` by how many the killed would differ.
    `same` say the same, `rivals` want another value for the same field.
    """

    correction: Correction
    changes: tuple[str, ...] = ()
    people: int = 0
    evidence: int = 0
    same: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()


def order_queue(record: Record) -> list[Row]:
    """The open corrections, most pressing first."""
    accepted = record.corrections("accepted")
    proposed = sorted(record.corrections("proposed"), key=_target)
    rows = [_fold(record, list(group), accepted) for _, group in groupby(proposed, key=_target)]
    return sorted(rows, key=_pressing)


def _target(correction: Correction) -> tuple[str, ...]:
    about = correction.account_id or "", correction.document_id or "", correction.event_id or ""
    return str(correction.category == DANGER), *about, correction.field, correction.category * (correction.field == "note")


def _pressing(row: Row) -> tuple[bool, int, int, int, str]:
    weight = sum(WEIGHTS.get(name, 0) for name in row.changes) or _may_change(row.correction)
    return row.correction.category != DANGER, -weight, -row.people, -row.evidence, row.correction.id


def _may_change(note: Correction) -> int:
    if note.field != "note" or note.category != "misread":
        return NOTES.get(note.category, 0) * (note.field == "note")
    path = FIELDS[note.new["field"]].path if isinstance(note.new, Mapping) and note.new.get("field") in FIELDS else ""
    return WEIGHTS.get(path.split(".")[-1], 0)


def _fold(record: Record, group: Sequence[Correction], accepted: Sequence[Correction]) -> Row:
    proofs = {correction.id: weigh_evidence(record, correction) for correction in group}
    first = min(group, key=lambda c: (-proofs[c.id], c.id))
    changes, people = effect_of(record, first, accepted)
    rest = [c for c in group if c.id != first.id]
    return Row(
        correction=first,
        changes=changes,
        people=people,
        evidence=proofs[first.id],
        same=tuple(c.id for c in rest if says(c) == says(first)),
        rivals=tuple(c.id for c in rest if says(c) != says(first)),
    )


def says(correction: Correction) -> tuple[str | None, ...]:
    """What a correction says: those that say the same share a row and a decision. Words for an editor say the same where the words do."""
    about = correction.account_id or correction.document_id or correction.event_id
    if correction.field != "note":
        return about, correction.field, show_value(correction.new)
    words = correction.anchor.words if correction.anchor else ""
    return about, correction.category, fold_words(words), show_value(correction.new), fold_words(correction.reason), correction.evidence


def weigh_evidence(record: Record, correction: Correction) -> int:
    """0 to 4: 1 where its words stand in the text still, 2 more where they show the new value, 1 for a link to something else."""
    found = 1 if correction.evidence else 0
    anchor = correction.anchor
    text = record.text(correction.document_id) if anchor and correction.document_id else None
    if anchor is None or text is None or find_again(anchor, text) is None:
        return found
    said, shown = words_of(anchor.words), _signs_of(correction.new)
    numbers = config.data("lexicon/en/tolls.toml")["number"]["words"]
    said += [str(numbers[word]) for word in said if word in numbers and len(word) > 2]  # "a" is no one
    return found + 1 + (2 if shown and shown <= set(said) else 0)


def _signs_of(value: Any) -> set[str]:
    """What words must hold to show a value: the numbers of a toll, the days of the month, the words of a name."""
    if isinstance(value, Mapping) and "low" in value:
        return {str(count) for count in (value["low"], value.get("high")) if count is not None}
    if isinstance(value, Mapping) and "basis" in value:
        return {str(int(day[-2:])) for day in (value.get("start"), value.get("end")) if day}
    return set() if value is None else set(words_of(show_value(value)))


def effect_of(record: Record, correction: Correction, accepted: Sequence[Correction]) -> tuple[tuple[str, ...], int]:
    """The event's fields that accepting it would change, and by how many the killed would differ.

    The event is merged with and without it; near-copies count as voices of their own here.
    """
    account = record.account(correction.account_id) if correction.account_id else None
    if account is None:
        return ("occurrence",) * (correction.field in ("event", "same", "different")), 0
    event_id = record.event_of(account.id)
    event = record.event(event_id) if event_id else None
    members = record.accounts({*(event.account_ids if event else ()), account.id})
    now = _merged(members, accepted)
    then = _merged(members, [*accepted, replace(correction, state="accepted", decided_at=correction.at)])
    if now is None or then is None:
        return ("occurrence",) if now is not then else (), 0
    changes = tuple(name for name in WEIGHTS if _value(now, name) != _value(then, name))
    best = [event.killed.value.best if event.killed else 0 for event in (now, then)]
    return changes, abs(best[0] - best[1])


def _value(event: Event, name: str) -> object:
    held = getattr(event, name, None)
    return getattr(held, "value", held)


def _merged(accounts: Iterable[Account], corrections: Sequence[Correction]) -> Event | None:
    members = [(number, apply_fitting(a, corrections)) for number, a in enumerate(accounts, 1) if not is_dropped(a, corrections)]
    return merge(members, {}, frozenset(), (), 0) if members else None


def newer_rivals(record: Record, correction: Correction) -> list[str]:
    """Accounts of the same event, published after the corrected one, that give another value for the field: for the editor to look at."""
    account = record.account(correction.account_id) if correction.account_id else None
    event_id = record.event_of(account.id) if account else None
    event = record.event(event_id) if event_id else None
    if account is None or event is None or account.published is None or correction.field == "event":
        return []
    wanted = show_value(correction.new)
    later = [other for other in record.accounts(event.account_ids) if other.published and other.published > account.published]
    return [other.id for other in later if show_value(value_at(other, correction.field)) not in (wanted, NONE)]
