"""An event and its accounts in, the same event with disputed values chosen by another rule out.

`held`: what the record holds (docs/codebook.md). `conservative`: the lowest toll that anybody gives, no author that is contested, and an occurrence that
somebody denies is only alleged. `latest`: day, place, kind, status and tolls of the newest account that gives them. No rule makes an author of an accusation.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from khronika.types import Account, Event, Held, Range, Toll

RULES = ("held", "conservative", "latest")
_TOLLS = ("killed", "injured", "detained")


def apply_rule(event: Event, accounts: Sequence[Account], rule: str) -> Event:
    """The event by a rule of `RULES`."""
    return {"held": _as_held, "conservative": _conservative, "latest": _latest}[rule](event, accounts)


def _as_held(event: Event, accounts: Sequence[Account]) -> Event:
    return event


def _conservative(event: Event, accounts: Sequence[Account]) -> Event:
    def lowest(held: Held[Range] | None) -> Held[Range] | None:
        return _held(held, replace(held.value, best=held.value.low), "conservative") if held else None

    found = replace(event, killed=lowest(event.killed), injured=lowest(event.injured), detained=lowest(event.detained))
    if "author" in event.contested:
        found = replace(found, perpetrators=_held(event.perpetrators, (), "conservative"))
    if "occurrence" in event.contested and event.status.value == "occurred":
        found = replace(found, status=_held(event.status, "alleged", "conservative"))
    return found


def _latest(event: Event, accounts: Sequence[Account]) -> Event:
    newest = sorted(accounts, key=lambda account: (account.published or dt.date.min, account.id), reverse=True)

    def first(value: Callable[[Account], Any]) -> Any:
        return next((found for account in newest if (found := value(account)) is not None), None)

    def toll_of(name: str) -> Toll | None:
        tolls: Iterator[Toll | None] = (getattr(account.mention, name) for account in newest)
        return next((toll for toll in tolls if toll is not None and not toll.shared), None)  # a total of several events is nobody's own

    changes: dict[str, Any] = {}
    for name, value in (
        ("kind", first(lambda account: account.mention.kind)),
        ("status", first(lambda account: account.mention.status)),
        ("when", first(lambda account: account.when if account.when.start else None)),
        ("where", first(lambda account: account.where)),
    ):
        if value is not None and value != getattr(event, name).value:
            changes[name] = _held(getattr(event, name), value, "latest account")
    for name in _TOLLS:
        held, toll = getattr(event, name), toll_of(name)
        if held is not None and toll is not None and (held.value.low, held.value.high) != (toll.low, toll.high):
            changes[name] = _held(held, _range(toll), "latest account")
    return replace(event, **changes)


def _range(toll: Toll) -> Range:
    return Range(low=toll.low, best=toll.low, high=toll.high)


def _held(held: Held[Any], value: Any, rule: str) -> Held[Any]:
    return replace(held, value=value, rule=rule)
