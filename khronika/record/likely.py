"""Accounts go in, out they come without what was read less surely than asked for (`--at-least`); events are merged anew from these (`fold`).

`p` is how often such a reading is right; what has none (typed by a person, read by a language model) always stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from msgspec.structs import replace

from khronika.types import Account, When

ROLES = ("perpetrators", "targets", "victims", "weapons")


class _Read(Protocol):
    @property
    def p(self) -> float | None: ...


Value = TypeVar("Value", bound=_Read)


def likely(values: Iterable[Value], least: float) -> tuple[Value, ...]:
    """Those whose p reaches `least`, and those without one."""
    return tuple(value for value in values if value.p is None or value.p >= least)


def likely_accounts(accounts: Iterable[Account], least: float | None) -> tuple[Account, ...]:
    """The accounts whose p reaches `least`, each without the participants, claims, counts, days and places that do not.

    A perpetrator goes with the last voice that names it. None asks for nothing.
    """
    if least is None:
        return tuple(accounts)
    return tuple(_without_unlikely(account, least) for account in accounts if account.mention.p is None or account.mention.p >= least)


def _without_unlikely(account: Account, least: float) -> Account:
    mention = account.mention
    kept = [number for number, claim in enumerate(mention.claims) if claim.p is None or claim.p >= least]
    number_now = {old: new for new, old in enumerate(kept)} | {-1: -1}
    named = [(value, tuple(number_now[n] for n in value.asserted_by if n in number_now)) for value in likely(mention.perpetrators, least)]
    authors = tuple(replace(value, asserted_by=left) for value, left in named if left or not value.asserted_by)
    changed = {role: likely(getattr(mention, role), least) for role in ROLES[1:]}
    tolls = {name: next(iter(likely([toll], least)), None) for name in ("killed", "injured", "detained") if (toll := getattr(mention, name))}
    mention = replace(mention, claims=tuple(mention.claims[n] for n in kept), perpetrators=authors, **changed, **tolls)
    return replace(account, mention=mention, when=_likely_day(account.when, least), where=next(iter(likely([account.where] if account.where else [], least)), None))


def _likely_day(when: When, least: float) -> When:
    return when if when.p is None or when.p >= least else When(basis="open", reason=f"less sure than {least:g}: {when.reason}")
