"""An account, a field's name, a value as typed and a reason in, a Correction with its old value and its anchor in the text out.

The rule: what does not fit the field, changes nothing, or quotes words that do not stand in the text is refused; nothing is taken half.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

import msgspec
from msgspec.structs import replace

from khronika.errors import UsageError
from khronika.record.merge import apply_corrections
from khronika.record.record import Record
from khronika.text import nfc
from khronika.types import KINDS, Account, Anchor, Correction, Noun, Place, Quote, Status, Text

AROUND = 40
"""Code points of prefix and suffix that an anchor keeps."""
MOST_PEOPLE = 10_000_000
MOST_LETTERS = 2_000
NONE = "none"
DANGER = "danger"
"""Category of "this endangers somebody": seen by editors only, before all else."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_COUNT = re.compile(r"(\d{1,9})(?:\s*(?:\.\.|-|–)\s*(\d{1,9})|(\+))?")

Locate = Callable[[str, str | None], Place | None]
"""A place's name and its likely country (ISO alpha-2, or None) in, the place that is meant out, None where that is not clear."""


class Wish(Noun, frozen=True, kw_only=True):
    """What somebody wants corrected, as typed. `words` are the text's own words that prove it."""

    field: str
    value: str
    reason: str
    words: str | None = None
    by: str = "reader"
    danger: bool = False


class _Field(Noun, frozen=True, kw_only=True):
    """A field as a person knows it: its path in an account, and how a typed value becomes the field's JSON value."""

    path: str
    read: Callable[[str, Account, Quote | None, Locate | None], Any]


def make_correction(account: Account, wish: Wish, text: Text | None, at: dt.datetime, locate: Locate | None = None) -> Correction:
    """The correction that a wish asks for, still without an id (`propose` gives it one).

    Args:
        account: as it is held now, accepted corrections applied.
        text: of the account's document.
        locate: finds a place by name; left out, a corrected place has no coordinates.

    Raises:
        UsageError: an unknown field, a value that does not fit or changes nothing, no reason, words that do not stand in the text.
    """
    if not wish.reason.strip():
        raise UsageError(f"{account.id[:12]} {wish.field}: a correction needs a reason (--reason)")
    if len(wish.reason) > MOST_LETTERS or len(wish.value) > MOST_LETTERS or _CONTROL.search(wish.value + " ".join(wish.reason.split())):
        raise UsageError(f"{account.id[:12]} {wish.field}: control characters, or over {MOST_LETTERS} letters; shorten it")
    proof = find_words(wish.words, text, account.mention.trigger.start) if wish.words else None
    path, new = _read_value(account, wish, proof, locate)
    correction = Correction(
        id="",
        field=path,
        reason=" ".join(nfc(wish.reason).split()),
        account_id=account.id,
        document_id=account.document_id,
        category=DANGER if wish.danger else "misread",
        old=None if path == "event" else value_at(account, path),
        new=new,
        anchor=_anchor(proof or _place_of(account, path), text),
        by=wish.by,
        at=at,
    )
    if path != "event" and held_with(account, correction) == account:
        raise UsageError(f"{account.id[:12]}: {wish.field} = {wish.value!r} changes nothing")
    return correction


def held_with(account: Account, correction: Correction) -> Account:
    """The account as it would be with this correction.

    Raises:
        UsageError: the value does not fit the field.
    """
    try:
        return apply_corrections(account, [replace(correction, state="accepted")])
    except (msgspec.ValidationError, TypeError, AttributeError) as error:
        raise UsageError(f"{correction.field} = {correction.new!r} does not fit: {error}") from error


def propose(record: Record, corrections: Iterable[Correction], by: str) -> list[Correction]:
    """Enter corrections in one transaction, all or none; each gets an id minted from the log's seq, with nothing of the content.

    Raises:
        UsageError: one does not fit its field.
    """
    entered = []
    with record.write(by=by) as tx:
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
    return apply_corrections(found[0], record.corrections("accepted"))


def value_at(account: Account, path: str) -> Any:
    """The JSON value at a path such as "mention.killed.low"; None where there is none."""
    node: Any = msgspec.to_builtins(account)
    for name in path.split("."):
        node = node.get(name) if isinstance(node, dict) else None
    if node is None and "." in path:  # left out because it is the default
        struct: Any = account
        for name in path.split("."):
            struct = getattr(struct, name, None)
        return msgspec.to_builtins(struct)
    return node


def name_of(path: str) -> str:
    """The name under which a person knows a path."""
    return next((name for name, field in FIELDS.items() if field.path == path), path)


def show_value(value: Any) -> str:
    """A JSON value of a field as a person types it: "2..5", "12+", "2031-05-03", "none"."""
    if isinstance(value, Mapping) and "low" in value:
        low, high = value["low"], value.get("high")
        return f"{low}+" if high is None else str(low) if low == high else f"{low}..{high}"
    if isinstance(value, Mapping) and "basis" in value:
        start, end = value.get("start"), value.get("end")
        return NONE if start is None else str(start) if start == end else f"{start}..{end}"
    if isinstance(value, Mapping) and "name" in value:
        return str(value["name"])
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NONE if value is None else str(value) if not isinstance(value, (list, Mapping)) else msgspec.json.encode(value).decode()


def find_words(words: str, text: Text | None, near: int) -> Quote:
    """The words where they stand in the text, the place nearest to `near`; else in the title.

    Raises:
        UsageError: they do not stand there exactly.
    """
    words = nfc(words).strip()
    if text is not None and words:
        places = [match.start() for match in re.finditer(re.escape(words), text.body)]
        if places:
            start = min(places, key=lambda place: (abs(place - near), place))
            return Quote(start=start, end=start + len(words), words=words)
        start = (text.title or "").find(words)
        if start >= 0:
            return Quote(start=start, end=start + len(words), words=words, within="title")
    raise UsageError(f"“{words}” does not stand in the text; give its own words exactly (khronika article shows them)")


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


def _anchor(quote: Quote, text: Text | None) -> Anchor | None:
    whole = (text.title if quote.within == "title" else text.body) if text else None
    if not whole or whole[quote.start : quote.end] != quote.words:
        return None
    return Anchor(
        words=quote.words,
        start=quote.start,
        prefix=whole[max(0, quote.start - AROUND) : quote.start],
        suffix=whole[quote.end : quote.end + AROUND],
        within=quote.within,
    )


# --- values as typed -------------------------------------------------------------------------------------------------


def _read_value(account: Account, wish: Wish, proof: Quote | None, locate: Locate | None) -> tuple[str, Any]:
    value, name = nfc(wish.value).strip(), wish.field.strip().casefold()
    field = FIELDS.get(_ALSO.get(name, name))
    try:
        if field is not None:
            return field.path, field.read(value, account, proof, locate)
        path = wish.field.strip()
        root, _, rest = path.partition(".")
        if root not in ("mention", "when", "where") or not rest or _KEPT & set(rest.split(".")):
            raise UsageError(f"field {wish.field!r} cannot be corrected; there are: {', '.join(FIELDS)}")
        return path, None if value == NONE else _json(value)
    except ValueError as error:
        raise UsageError(f"{wish.field} = {wish.value!r}: {error}") from error


def _json(value: str) -> Any:
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value


def _choice(names: Iterable[str]) -> Callable[..., Any]:
    known = tuple(names)

    def read(value: str, *_: object) -> str:
        if value not in known:
            raise ValueError(f"there are: {', '.join(known)}")
        return value

    return read


def _yes_or_no(value: str, *_: object) -> bool:
    if value.casefold() not in ("yes", "no"):
        raise ValueError("give yes or no")
    return value.casefold() == "yes"


def _count(name: str) -> Callable[..., Any]:
    def read(value: str, account: Account, proof: Quote | None, locate: Locate | None) -> Any:
        if value.casefold() == NONE:
            return None
        match = _COUNT.fullmatch(value)
        if match is None:
            raise ValueError("give a number (3), a range (2..5), a least number (12+) or none")
        low = int(match.group(1))
        high = None if match.group(3) else int(match.group(2) or low)
        if high is not None and high < low or max(low, high or 0) > MOST_PEOPLE:
            raise ValueError("the range is upside down, or more people than can be meant")
        known = getattr(account.mention, name)
        if known is not None and (known.low, known.high) == (low, high):
            return msgspec.to_builtins(known)
        toll = {"low": low, "high": high, "of": known.of if known else None}
        quote = proof or (known.quote if known else None)
        return toll | ({"quote": msgspec.to_builtins(quote)} if quote else {})

    return read


def _days(value: str, account: Account, proof: Quote | None, locate: Locate | None) -> Any:
    if value.casefold() == NONE:
        return {"basis": "open", "reason": "a person found no day in the words"}
    first, _, last = value.partition("..")
    try:
        start, end = dt.date.fromisoformat(first.strip()), dt.date.fromisoformat((last or first).strip())
    except ValueError as error:
        raise ValueError("give a day (2031-05-03), days (2031-05-03..2031-05-05) or none") from error
    if end < start or start.year < 1800:
        raise ValueError("the days are upside down, or so long ago that they cannot be meant")
    if account.published and start > account.published + dt.timedelta(days=1):
        raise ValueError(f"later than its report of {account.published}")
    if (start, end) == (account.when.start, account.when.end):
        return msgspec.to_builtins(account.when)
    day = {"basis": "explicit", "reason": "read by a person", "start": start.isoformat(), "end": end.isoformat()}
    return day | ({"quote": msgspec.to_builtins(proof)} if proof else {})


def _place(value: str, account: Account, proof: Quote | None, locate: Locate | None) -> Any:
    """A whole place: the coordinates of the wrong one must not stay under the right name."""
    if value.casefold() == NONE:
        return None
    if not value:
        raise ValueError("give a place's name or none")
    if account.where and account.where.name == value:
        return msgspec.to_builtins(account.where)
    country = account.where.country if account.where else None
    found = locate(value, country) if locate else None
    reason = "read by a person; not found in the gazetteer, or more than one so named"
    place = found or Place(name=value, precision="settlement", reason=reason)
    return msgspec.to_builtins(replace(place, quote=proof))


def _no_event(value: str, *_: object) -> None:
    if value.casefold() != NONE:
        raise ValueError("an account can be said to tell of no event: event none; khronika link and split move it to another")


FIELDS: dict[str, _Field] = {
    "event": _Field(path="event", read=_no_event),
    "kind": _Field(path="mention.kind", read=_choice(KINDS)),
    "status": _Field(path="mention.status", read=_choice(get_args(Status))),
    "day": _Field(path="when", read=_days),
    "place": _Field(path="where", read=_place),
    "killed": _Field(path="mention.killed", read=_count("killed")),
    "injured": _Field(path="mention.injured", read=_count("injured")),
    "taken": _Field(path="mention.detained", read=_count("detained")),
    "background": _Field(path="mention.background", read=_yes_or_no),
    "rollup": _Field(path="mention.rollup", read=_yes_or_no),
}
"""What a person may correct, by the name in which tables and pages show it."""
_ALSO = {"when": "day", "days": "day", "where": "place", "detained": "taken"}
_KEPT = frozenset({"id", "text_id", "by", "trigger", "evidence", "quote", "p"})
"""What no correction touches: names, and what was read from where."""
