"""An account in, its blocking keys out: an account is compared with those that share a key, and with what hangs together with them.

The rule: keys depend on the account alone, any two accounts at most a day apart share the day part of a key, and `count`
says what a set of accounts costs before anything is compared.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

import msgspec

from khronika import config
from khronika.link.words import rarest, terms_of, weight
from khronika.types import Account

WORDS = 12
"""Rare words of an account that make keys."""
RARE = 2.3
"""Least weight of such a word: in fewer than 100 of 1,000 texts."""
LONG = 4
"""An interval of more days is blocked by the day of publication."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What comparing would cost: keys in use, candidate pairs (a pair that shares several keys counts once a key), and the largest blocks."""

    keys: int
    pairs: int
    largest: tuple[tuple[str, int], ...]


def keys_of(account: Account) -> tuple[str, ...]:
    """Blocking keys, sorted: day window x region x kind family, day window x country x killed, and day window (of the event and of the publication) x
    each of the rarest words.

    An account without any day has keys of words alone.
    """
    days = _day_windows(account)
    keys: set[str] = set()
    for place in _place_parts(account):
        for family in _families(account.mention.kind):
            keys.update(f"p:{place}:{family}:{day}" for day in days)
    if account.where and account.where.country and account.mention.killed and account.mention.killed.low:
        keys.update(f"k:{account.where.country}:{account.mention.killed.low}:{day}" for day in days)
    quotes = [q.words for q in account.mention.evidence] or [account.mention.trigger.words]
    rare = (term for term in terms_of(" ".join((account.title or "", *quotes))) if weight(term) >= RARE)
    told = sorted({*days, *_windows(account.published, account.published)}) if account.published else days
    for word in rarest(rare, WORDS):
        keys.update(f"w:{word}:{day}" for day in told or ("open",))
    return tuple(sorted(keys))


def count(keyed: Iterable[Sequence[str]], top: int = 5) -> Cost:
    """What a set of accounts, each given by its keys, costs to compare."""
    sizes = Counter(key for keys in keyed for key in keys)
    return Cost(
        keys=len(sizes),
        pairs=sum(n * (n - 1) // 2 for n in sizes.values()),
        largest=tuple(sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:top]),
    )


def days_of(account: Account) -> tuple[dt.date, dt.date] | None:
    """The days to block and compare by, inclusive; a report without a date is taken as of its publication or the day before."""
    when = account.when
    if when.basis != "assumed_fresh" and when.start and when.end:
        return when.start, when.end
    if when.basis == "assumed_fresh":
        day = account.published or when.end
        return (day - dt.timedelta(days=1), day) if day else None
    return None


def _day_windows(account: Account) -> tuple[str, ...]:
    """The windows of the days of an account, or of its publication where they are unknown or many."""
    days = days_of(account)
    if days is None or (days[1] - days[0]).days >= LONG:
        return _windows(account.published - dt.timedelta(days=1), account.published) if account.published else ()
    return _windows(*days)


def _windows(first: dt.date, last: dt.date) -> tuple[str, ...]:
    """Two overlapping two-day buckets a day: neighbouring days share one."""
    days = range(first.toordinal(), last.toordinal() + 1)
    return tuple(sorted({str(n // 2 * 2) for n in days} | {str((n + 1) // 2 * 2 - 1) for n in days}))


def _place_parts(account: Account) -> tuple[str, ...]:
    """A region's own key, or a country's where no region is known; a place that no gazetteer knows by its name."""
    place = account.where
    if place is None:
        return ()
    if place.country and place.admin1:
        return (f"{place.country}/{place.admin1}",)
    return (place.country,) if place.country else (place.name.casefold(),)


@cache
def _families(kind: str) -> tuple[str, ...]:
    return tuple(name for name, kinds in config.data("link/kinds.toml")["block"].items() if kind in kinds)
