"""An account, a field's name, a value as typed and a reason in, a Correction with its old value and its anchor in the text out.

The rule: what does not fit the field, changes nothing, or quotes words that do not stand in the text is refused; nothing is taken half.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from msgspec.structs import replace

from khronika.errors import UsageError
from khronika.record.merge import UNFIT, apply_corrections, apply_fitting
from khronika.record.record import Record
from khronika.record.writing import Transaction
from khronika.review.anchoring import anchor_at, find_words
from khronika.review.fields import Locate, Typed, read_value, value_at
from khronika.text import nfc
from khronika.types import Account, Correction, Noun, Quote, Text

MOST_LETTERS = 2_000
DANGER = "danger"
"""Category of "this endangers somebody": hides it at once, is seen by editors only, before all else."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Wish(Noun, frozen=True, kw_only=True):
    """What somebody wants corrected, as typed. `words` are the text's own words that prove it."""

    field: str
    value: str
    reason: str
    words: str | None = None
    near: int | None = None
    """Where in the text the words were seen, if they stand there more than once."""
    by: str = "reader"
    danger: bool = False


def make_correction(account: Account, wish: Wish, text: Text | None, at: dt.datetime, locate: Locate | None = None) -> Correction:
    """The correction that a wish asks for, still without an id (`propose` gives it one).

    Args:
        account: as it is held now, accepted corrections applied.
        text: of the account's document.
        locate: finds a place by name; left out, a corrected place has no coordinates.

    Raises:
        UsageError: an unknown field, a value that does not fit or changes nothing, no reason, words that do not stand in the text.
    """
    where = f"{account.id[:12]} {wish.field}"
    if not wish.reason.strip():
        raise UsageError(f"{where}: a correction needs a reason (--reason)")
    reason, _ = check_words(where, wish.reason), check_words(where, wish.value)
    proof = find_words(wish.words, text, account.mention.trigger.start if wish.near is None else wish.near) if wish.words else None
    path, new = read_value(wish.field, wish.value, Typed(account=account, text=text, proof=proof, locate=locate))
    correction = Correction(
        id="",
        field=path,
        reason=reason,
        account_id=account.id,
        document_id=account.document_id,
        category=DANGER if wish.danger else "misread",
        old=None if path == "event" else value_at(account, path),
        new=new,
        anchor=anchor_at(proof or _place_of(account, path), text),
        by=wish.by,
        at=at,
    )
    if path != "event" and held_with(account, correction) == account:
        raise UsageError(f"{account.id[:12]}: {wish.field} = {wish.value!r} changes nothing")
    return correction


def check_words(where: str, words: str, most: int = MOST_LETTERS) -> str:
    """What somebody typed, in one line.

    Raises:
        UsageError: it is too long, or holds control characters.
    """
    line = " ".join(nfc(words).split())
    if len(line) > most or _CONTROL.search(line):
        raise UsageError(f"{where}: control characters, or over {most} letters; shorten it")
    return line


def held_with(account: Account, correction: Correction) -> Account:
    """The account as it would be with this correction.

    Raises:
        UsageError: the value does not fit the field.
    """
    try:
        return apply_corrections(account, [replace(correction, state="accepted")])
    except UNFIT as error:
        raise UsageError(f"{correction.field} = {correction.new!r} does not fit: {error}") from error


def propose(record: Record, corrections: Iterable[Correction], by: str) -> list[Correction]:
    """Enter corrections in one transaction, all or none; each gets an id minted from the log's seq, with nothing of the content.

    Raises:
        UsageError: one does not fit its field.
    """
    with record.write(by=by) as tx:
        return enter(record, tx, corrections)


def enter(record: Record, tx: Transaction, corrections: Iterable[Correction]) -> list[Correction]:
    """As `propose`, inside a transaction of the caller."""
    entered = []
    for correction in corrections:
        event_id = record.event_of(correction.account_id) if correction.account_id else correction.event_id
        old = event_id if correction.field == "event" else correction.old
        entered.append(replace(correction, id=f"COR-{record.head() + 1:06d}", event_id=event_id, old=old))
        tx.add_correction(entered[-1])
    return entered


def find_account(record: Record, start: str) -> Account:
    """The account whose id begins so (8 characters at least), accepted corrections applied.

    Raises:
        UsageError: there is none, or more than one.
    """
    document_id = record.find_document(start) if len(start) >= 8 else None
    found = [account for account in record.accounts_of_document(document_id) if account.id.startswith(start)] if document_id else []
    if len(found) != 1:
        raise UsageError(f"{start}: {len(found) or 'no'} accounts begin so in {record.address}; khronika show EVENT lists them")
    return apply_fitting(found[0], record.corrections("accepted"))


def _place_of(account: Account, path: str) -> Quote:
    """The words that a field was read from, else those that tell of the event."""
    mention = account.mention
    toll = {"killed": mention.killed, "injured": mention.injured, "detained": mention.detained}.get((path + ".").split(".")[1])
    own = toll.quote if toll else None
    if path.startswith("when"):
        own = account.when.quote
    elif path.startswith("where") and account.where:
        own = account.where.quote
    return own or (mention.evidence[0] if mention.evidence else mention.trigger)
