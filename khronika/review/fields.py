"""The fields of an account that a person may correct: a value as typed in, the field's JSON value out, and back.

The rule: what does not fit is refused with what would fit; the words of the text that prove a value stay with it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args

import msgspec
from msgspec.structs import replace

from khronika.errors import UsageError
from khronika.review.anchoring import find_words
from khronika.text import fold, nfc, overlaps
from khronika.types import KINDS, Account, Noun, Participant, Place, Quote, Status, Text

MOST_PEOPLE = 10_000_000
NONE = "none"
_COUNT = re.compile(r"(\d{1,9})(?:\s*(?:\.\.|-|–)\s*(\d{1,9})|(\+))?")

Locate = Callable[[str, str | None], Place | None]
"""A place's name and its likely country (ISO alpha-2, or None) in, the place that is meant out, None where that is not clear."""


class Typed(Noun, frozen=True, kw_only=True):
    """What a typed value is read against: the account, its text, and the words that prove the value."""

    account: Account
    text: Text | None = None
    proof: Quote | None = None
    locate: Locate | None = None


class Field(Noun, frozen=True, kw_only=True):
    """A field as a person knows it: its path in an account, and how a typed value becomes the field's JSON value."""

    path: str
    read: Callable[[str, Typed], Any]


def read_value(name: str, value: str, typed: Typed) -> tuple[str, Any]:
    """Path and JSON value of a field, by its name or path.

    Raises:
        UsageError: there is no such field, or the value does not fit it.
    """
    value, known = nfc(value).strip(), name.strip().casefold()
    field = FIELDS.get(_ALSO.get(known, known))
    try:
        if field is not None:
            return field.path, field.read(value, typed)
        path = name.strip()
        root, _, rest = path.partition(".")
        if root not in ("mention", "when", "where") or not rest or _KEPT & set(rest.split(".")):
            raise UsageError(f"field {name!r} cannot be corrected; there are: {', '.join(FIELDS)}")
        return path, None if value == NONE else _json(value)
    except ValueError as error:
        raise UsageError(f"{name} = {value!r}: {error}") from error


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
    if isinstance(value, Mapping) and "value" in value:  # what a reader would rather see
        return str(value["value"])
    if isinstance(value, (list, tuple)) and all(isinstance(one, Mapping) and "quote" in one for one in value):
        return "; ".join(one["quote"]["words"] for one in value) or NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NONE if value is None else str(value) if not isinstance(value, (list, Mapping)) else msgspec.json.encode(value).decode()


def _json(value: str) -> Any:
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value


def _choice(names: Iterable[str]) -> Callable[[str, Typed], Any]:
    known = tuple(names)

    def read(value: str, typed: Typed) -> str:
        if value not in known:
            raise ValueError(f"there are: {', '.join(known)}")
        return value

    return read


def _yes_or_no(value: str, typed: Typed) -> bool:
    if value.casefold() not in ("yes", "no"):
        raise ValueError("give yes or no")
    return value.casefold() == "yes"


def _count(name: str) -> Callable[[str, Typed], Any]:
    def read(value: str, typed: Typed) -> Any:
        if value.casefold() == NONE:
            return None
        match = _COUNT.fullmatch(value)
        if match is None:
            raise ValueError("give a number (3), a range (2..5), a least number (12+) or none")
        low = int(match.group(1))
        high = None if match.group(3) else int(match.group(2) or low)
        if high is not None and high < low or max(low, high or 0) > MOST_PEOPLE:
            raise ValueError("the range is upside down, or more people than can be meant")
        known = getattr(typed.account.mention, name)
        if known is not None and (known.low, known.high) == (low, high):
            return msgspec.to_builtins(known)
        toll = {"low": low, "high": high, "of": known.of if known else None}
        quote = typed.proof or (known.quote if known else None)
        return toll | ({"quote": msgspec.to_builtins(quote)} if quote else {})

    return read


def _days(value: str, typed: Typed) -> Any:
    account = typed.account
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
    return day | ({"quote": msgspec.to_builtins(typed.proof)} if typed.proof else {})


def _place(value: str, typed: Typed) -> Any:
    """A whole place: the coordinates of the wrong one must not stay under the right name."""
    where = typed.account.where
    if value.casefold() == NONE:
        return None
    if not value:
        raise ValueError("give a place's name or none")
    if where and where.name == value:
        return msgspec.to_builtins(where)
    found = typed.locate(value, where.country if where else None) if typed.locate else None
    reason = "read by a person; not found in the gazetteer, or more than one so named"
    place = found or Place(name=value, precision="settlement", reason=reason)
    return msgspec.to_builtins(replace(place, quote=typed.proof))


def _author(value: str, typed: Typed) -> Any:
    """The authors, each in the text's own words; who names them there (a claim, or the outlet) stays as it was read or is found by the words."""
    mention = typed.account.mention
    if value.casefold() == NONE:
        return []
    known = {fold(one.quote.words): one for one in mention.perpetrators}
    found = []
    for words in filter(None, map(str.strip, value.split(";"))):
        party = known.get(fold(words))
        if party is None:
            quote = find_words(words, typed.text, mention.trigger.start)
            span = quote.start, quote.end
            told = tuple(n for n, claim in enumerate(mention.claims) if quote.within == "body" and overlaps(span, (claim.quote.start, claim.quote.end)))
            party = Participant(quote=quote, actor=_name_actor(words, typed.account), asserted_by=told or (-1,))
        found.append(party)
    if not found:
        raise ValueError("give the text's own words for who did it, or none")
    return msgspec.to_builtins(found)


def _name_actor(words: str, account: Account) -> Any:
    from khronika.ground.actors import load_registry

    return load_registry().match(words, account.when.start, account.where.country if account.where else None)


def _no_event(value: str, typed: Typed) -> None:
    if value.casefold() != NONE:
        raise ValueError("an account can be said to tell of no event: event none; khronika link and split move it to another")


FIELDS: dict[str, Field] = {
    "event": Field(path="event", read=_no_event),
    "kind": Field(path="mention.kind", read=_choice(KINDS)),
    "status": Field(path="mention.status", read=_choice(get_args(Status))),
    "day": Field(path="when", read=_days),
    "place": Field(path="where", read=_place),
    "who": Field(path="mention.perpetrators", read=_author),
    "killed": Field(path="mention.killed", read=_count("killed")),
    "injured": Field(path="mention.injured", read=_count("injured")),
    "taken": Field(path="mention.detained", read=_count("detained")),
    "background": Field(path="mention.background", read=_yes_or_no),
    "rollup": Field(path="mention.rollup", read=_yes_or_no),
}
"""What a person may correct, by the name in which tables and pages show it."""
_ALSO = {"when": "day", "days": "day", "where": "place", "author": "who", "detained": "taken"}
_KEPT = frozenset({"id", "text_id", "by", "trigger", "evidence", "quote", "p"})
"""What no correction touches: names, and what was read from where."""
