"""Accounts go in, out they come with how likely each participant and count is that has no probability yet: levels that can be read, weighed by learnt weights.

`p` says how often such a value is right where the event itself is one; days, places, targets, victims and claims have theirs from where they were chosen.
The weights come from train/sureness_weights.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from msgspec.structs import replace

from khronika.config import data_json
from khronika.extract.weights import Weights, p_of
from khronika.text import words_of
from khronika.types import Account, Mention, Participant, Quote, Toll

WEIGHTS = "lexicon/en/sureness_weights.json"
PARTS = ("perpetrators", "weapons")
TOLLS = ("killed", "injured", "detained")
Value = TypeVar("Value", Participant, Toll)
Levels = dict[str, str]


def rate(accounts: Sequence[Account]) -> tuple[Account, ...]:
    """The accounts with a probability for each participant and count that has none."""
    return tuple(_with_p(account) for account in accounts)


def _with_p(account: Account) -> Account:
    mention = account.mention
    filled: dict[str, Any] = {name: tuple(_rated(name, one, levels) for one, levels in of_parts(name, account)) for name in PARTS}
    filled |= {name: _rated("tolls", toll, of_toll(name, toll, mention)) for name in TOLLS if (toll := getattr(mention, name)) is not None}
    return replace(account, mention=replace(mention, **filled))


def _rated(field: str, value: Value, levels: Levels) -> Value:
    return value if value.p is not None else replace(value, p=p_of(_weights()[field].odds(levels)))


@cache
def _weights() -> dict[str, Weights]:
    return {field: Weights(raw) for field, raw in data_json(WEIGHTS).items()}


def of_parts(field: str, account: Account) -> Iterator[tuple[Participant, Levels]]:
    """Each participant of a field with what tells whether it is one: its words, where it stands to the trigger, who says so, and how many others there are."""
    mention = account.mention
    values: tuple[Participant, ...] = getattr(mention, field)
    for one in values:
        words = words_of(one.quote.words)
        yield one, {
            "event": _tenth(mention.p),
            "head": words[-1][:7] if words else "",
            "words": _few(len(words)),
            "others": _few(len(values) - 1),
            "home": _home(mention, one.quote),
            "away": _away(mention.trigger, one.quote),
            "kind": one.kind or "",
            "known": str(one.actor is not None and one.actor.id is not None),
            "said": "outlet" if not one.asserted_by or -1 in one.asserted_by else "claim",
        }


def of_toll(field: str, toll: Toll, mention: Mention) -> Levels:
    """What tells whether a count is right: its size and form, where it stands, and whether voices count otherwise."""
    rivals = {(c.killed.low, c.killed.high) for c in mention.claims if c.killed} if field == "killed" else set()
    return {
        "field": field,
        "event": _tenth(mention.p),
        "size": "0" if toll.low == 0 else "1" if toll.low == 1 else "4" if toll.low < 5 else "19" if toll.low < 20 else "more",
        "form": "open" if toll.high is None else "range" if toll.high > toll.low else "vague" if toll.word else "one",
        "of": str(toll.of is not None),
        "parts": _few(len(toll.parts)),
        "shared": str(toll.shared),
        "home": _home(mention, toll.quote) if toll.quote else "none",
        "rivals": _few(len(rivals - {(toll.low, toll.high)})),
    }


def _home(mention: Mention, quote: Quote) -> str:
    """In which of the sentences that tell of the event some words stand."""
    at = next((n for n, told in enumerate(mention.evidence) if _holds(told, quote)), None)
    if at is None:
        return "title" if quote.within == "title" else "elsewhere"
    return "trigger" if _holds(mention.evidence[at], mention.trigger) else "first" if at == 0 else "later"


def _holds(told: Quote, quote: Quote) -> bool:
    return told.within == quote.within and told.start <= quote.start < told.end


def _away(trigger: Quote, quote: Quote) -> str:
    """On which side of the trigger, and how far from it."""
    if trigger.within != quote.within:
        return "title"
    gap, side = (quote.start - trigger.end, "behind") if quote.start >= trigger.end else (trigger.start - quote.end, "before")
    return f"{side} {'0' if gap < 3 else '20' if gap < 20 else '60' if gap < 60 else '200' if gap < 200 else 'far'}"


def _tenth(p: float | None) -> str:
    return "" if p is None else f"{p:.1f}"


def _few(count: int) -> str:
    return str(min(count, 3))

