"""Two accounts in, features with levels out ("day: same", "killed: later toll higher"); what a level weighs is not known here.

The rule: a feature depends on the two accounts and their texts alone, is the same in either order, and says "unknown" where a side is silent.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect
from collections.abc import Iterable
from functools import cache
from typing import Literal

import msgspec

from khronika import config
from khronika.link.block import days_of
from khronika.link.places import compare_places
from khronika.link.signs import Signs, alike, read_signs, same_countries, same_dead, shared_names, shared_rarity, shared_weight
from khronika.link.words import Vector, cosine, terms_of, vector, weight
from khronika.types import Account, Participant, Toll

Features = dict[str, str]
"""Feature to level."""
OF_WORDS = ("report", "titles", "words", "text")
"""Features that compare running text; all others compare what it says of day, place, persons, means and numbers."""

LEAD = 300
"""Characters of a body that tell, with its title twice, what the whole report is about."""
BINS = (0.02, 0.05, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.36, 0.44, 0.56, 0.72)
"""Lower ends of the levels of a similarity; each has a weight of its own, so that any shape can be learnt."""
_LEVELS = ("0.00", *(f"{low:.2f}" for low in BINS))
RARE_WORD = 4.0
"""Weight of a word that tells events apart: in fewer than 18 of 1,000 texts."""
RARITIES = (0, 1, 2, 3, 4, 5, 7)
"""Lower ends of the levels of the rarity that shared targets have in all."""
ACTOR = "actor "
"""Before the registry id of a party."""
MASSES = (0, 5, 10, 15, 20, 25, 30, 40, 50, 70)
"""Lower ends of the levels of the rarity that shared words have in all."""
_SMALL = 9
"""Numbers up to this are too common to tell events apart."""


class Profile(msgspec.Struct, frozen=True):
    """What of an account is compared, made once."""

    account: Account
    days: tuple[dt.date, dt.date] | None
    fresh: bool
    order: int
    """The day that says which of two reports is the later: that of publication, else the last of the event; 0 where neither is known."""
    leads: bool
    words: Vector
    report: Vector
    title: Vector
    signs: Signs
    numbers: frozenset[str]
    parties: frozenset[str]
    people: frozenset[str]
    weapons: frozenset[str]
    where: frozenset[str]
    """Terms of the place's name."""
    heads: dict[str, float]
    """Terms of the title that say who, where, by what and how many, with their weights: names, the place, participants, the trigger, words of means and
    targets, numbers. What a report is about stands in its title; its text tells of other events too."""


def profile(account: Account, body: str | None = None) -> Profile:
    """An account made ready to compare; `body` is its document's text, for what the report as a whole is about."""
    mention = account.mention
    quotes = list(mention.evidence) or [mention.trigger]
    told = " ".join(dict.fromkeys(quote.words for quote in quotes))
    is_lead = leads(account)
    title, opening = (account.title or "", body[:LEAD] if body else told) if is_lead else ("", told)
    of_told, of_title, of_trigger = terms_of(told), terms_of(title), terms_of(mention.trigger.words)
    of_opening = terms_of(opening) if is_lead else of_told
    signs, numbers = read_signs(title, opening, {*of_title, *of_opening}), _numbers([*of_title, *of_opening])
    parties, people = _parties(mention.perpetrators), _terms_of_all((*mention.targets, *mention.victims))
    where = frozenset(terms_of(account.where.name)) if account.where else frozenset()
    named = {term for term in parties if not term.startswith(ACTOR)}
    days = days_of(account)
    day = account.published or (days[1] if days else None)
    return Profile(
        account=account,
        days=days,
        fresh=account.when.basis == "assumed_fresh",
        order=day.toordinal() if day else 0,
        leads=is_lead,
        words=vector([*of_told, *of_trigger]),
        report=vector([*of_title, *of_title, *of_opening]),
        title=vector(of_title),
        signs=signs,
        numbers=numbers,
        parties=parties,
        people=people,
        weapons=_terms_of_all(mention.weapons),
        where=where,
        heads={term: weight(term) for term in sorted(frozenset(of_title) & where.union(signs.names, signs.fillers, numbers, people, named, of_trigger))},
    )


def leads(account: Account) -> bool:
    """Whether a report opens with the event, so that the report as a whole is about it."""
    mention = account.mention
    quotes = (*mention.evidence, mention.trigger)
    return any(q.within == "title" or q.start < LEAD for q in quotes) and not mention.background


def features(a: Profile, b: Profile, near_copy: bool = False) -> Features:
    """Every feature of a pair with its level."""
    return {
        "day": _day(a, b),
        "published": _published(a.account.published, b.account.published),
        "outlet": _outlet(a.account, b.account),
        "place": compare_places(a.account.where, b.account.where),
        "kind": _kind(a.account.mention.kind, b.account.mention.kind),
        "killed": _toll(a, b, "killed"),
        "injured": _toll(a, b, "injured"),
        "detained": _toll(a, b, "detained"),
        "perpetrators": _shared(a.parties, b.parties),
        "people": _shared(a.people, b.people),
        "weapons": _shared(a.weapons, b.weapons),
        "report": _level(cosine(a.report, b.report)),
        "titles": _level(cosine(a.title, b.title)) if a.title and b.title else "unknown",
        "words": str(MASSES[bisect(MASSES, shared_weight(a.signs, b.signs)) - 1]),
        "numbers": _same_numbers(a.numbers, b.numbers),
        "names": shared_names(a.signs, b.signs),
        "countries": same_countries(a.signs, b.signs),
        "dead": same_dead(a.signs, b.signs),
        "means": alike(a.signs.means, b.signs.means),
        "targets": alike(a.signs.targets.keys(), b.signs.targets.keys()),
        "rare targets": _rare_targets(a.signs, b.signs),
        "places told": _places_told(a, b),
        "heads": _shared_heads(a, b),
        "heads told": _level(max(_told(a, b), _told(b, a))) if a.title and b.title else "unknown",
        "head names": _head_names(a, b),
        "later": _later(a, b),
        "another": ("none", "one", "both")[a.signs.another + b.signs.another],
        "text": "near-copy" if near_copy else "different",
        "shape": _shape(a.account, b.account),
    }


def _places_told(a: Profile, b: Profile) -> str:
    """Whether each report has a word of the place of the other: then a place that was read apart is rather misread."""
    if not a.where or not b.where:
        return "unknown"
    return ("neither", "one", "both")[(not a.where.isdisjoint(b.signs.terms)) + (not b.where.isdisjoint(a.signs.terms))]


def _shared_heads(a: Profile, b: Profile) -> str:
    """How much rarity the titles share, of what is a head in either."""
    if not a.title or not b.title:
        return "unknown"
    either = a.heads | b.heads
    return str(MASSES[bisect(MASSES, math.fsum(either[term] for term in either.keys() & a.title.keys() & b.title.keys())) - 1])


def _told(a: Profile, b: Profile) -> float:
    """Of the rarity of the heads of one report, the share that stands in the words of the other; 0 to 1."""
    whole = math.fsum(a.heads.values())
    return math.fsum(a.heads[term] for term in a.heads.keys() & b.signs.terms.keys()) / whole if whole else 0.0


def _head_names(a: Profile, b: Profile) -> str:
    """Whether a rare name of one title stands in the title of the other, or at least in its text."""
    one, two = a.signs.names & a.title.keys(), b.signs.names & b.title.keys()
    if not one and not two:
        return "unknown"
    if one & two:
        return "shared"
    told = not one.isdisjoint(b.signs.terms) or not two.isdisjoint(a.signs.terms)
    return f"{'both name' if one and two else 'one names'}, {'told' if told else 'untold'}"


def _rare_targets(a: Signs, b: Signs) -> str:
    return str(RARITIES[bisect(RARITIES, shared_rarity(a.targets, b.targets)) - 1]) if a.targets and b.targets else "unknown"


def far_apart(a: Profile, b: Profile) -> bool:
    """Whether two accounts need no comparing: both days are known, more than four days lie between them, and they did not come out together."""
    return bool(a.days and b.days) and _gap(a, b) > 4 and not _out_together(a, b)


def _out_together(a: Profile, b: Profile) -> bool:
    """Whether two reports came out within a day: then days that are apart are more often misread than true."""
    one, two = a.account.published, b.account.published
    return one is not None and two is not None and abs((one - two).days) <= 1


def _gap(a: Profile, b: Profile) -> int:
    assert a.days and b.days
    return max((b.days[0] - a.days[1]).days, (a.days[0] - b.days[1]).days, 0)


def _day(a: Profile, b: Profile) -> str:
    if a.days is None or b.days is None:
        return "unknown"
    gap, fresh = _gap(a, b), a.fresh or b.fresh
    if gap == 0:
        if fresh:
            return "fresh overlap"
        wide = max((days[1] - days[0]).days for days in (a.days, b.days))
        return "same" if wide <= 1 else "overlap"
    if gap <= 2 and a.account.published == b.account.published:
        return "1-2 apart, out the same day"
    if gap > 2 and _out_together(a, b):
        return "far, out together"
    if gap <= 2:
        return "fresh, 1-2 apart" if fresh else "1 apart" if gap == 1 else "2 apart"
    return "3-4 apart" if gap <= 4 else "far"


def _published(a: dt.date | None, b: dt.date | None) -> str:
    if a is None or b is None:
        return "unknown"
    gap = abs((a - b).days)
    return ("same day", "1 apart", "2 apart")[gap] if gap < 3 else "within a week" if gap <= 7 else "within a month" if gap <= 31 else "far"


def _outlet(a: Account, b: Account) -> Literal["same, same day", "same", "other", "unknown"]:
    """One outlet seldom tells of one event twice, least of all on one day."""
    if a.source is None or b.source is None:
        return "unknown"
    return "other" if a.source != b.source else "same, same day" if a.published == b.published else "same"


@cache
def _kind(a: str, b: str) -> str:
    if a == b:
        return "same"
    kinds = config.data("link/kinds.toml")
    if any(a in family and b in family for family in kinds["family"].values()):
        return "same family"
    return "compatible" if frozenset((a, b)) in _compatible() else "incompatible"


@cache
def _compatible() -> frozenset[frozenset[str]]:
    return frozenset(frozenset(pair) for pair in config.data("link/kinds.toml")["compatible"]["pairs"])


def _toll(a: Profile, b: Profile, field: Literal["killed", "injured", "detained"]) -> str:
    """Tolls as ranges: equal, compatible, later higher (a count goes on), or at odds."""
    one: Toll | None = getattr(a.account.mention, field)
    two: Toll | None = getattr(b.account.mention, field)
    if one is None or two is None:
        return "unknown" if one is two else "one side"
    if one.low == two.low and one.high == two.high:
        return "both none" if one.high == 0 else "equal" if one.low <= _SMALL else "equal, 10 or more"
    if (one.high is None or two.low <= one.high) and (two.high is None or one.low <= two.high):
        return "compatible"
    first, later = (one, two) if a.order <= b.order else (two, one)
    if first.low < later.low <= max(3 * first.low, 3) and a.order != b.order:
        return "later higher"
    low, high = sorted((one.low, two.low))
    return "close" if high <= low * 1.34 + 1 else "at odds"


def _shared(a: frozenset[str], b: frozenset[str]) -> str:
    if not a or not b:
        return "unknown"
    if a.isdisjoint(b):
        return "none shared"
    return "common word shared" if max(map(weight, a & b)) < RARE_WORD else "rare word shared"


def _later(a: Profile, b: Profile) -> str:
    """What the later of two reports says of itself: one more occurrence, or more of an older one."""
    first, last = (a, b) if a.order <= b.order else (b, a)
    if first.order == last.order:
        return "same day"
    another, follows = last.signs.another, last.signs.follows
    return "speaks of both" if another and follows else "speaks of another" if another else "follows up" if follows else "says neither"


def _level(similarity: float) -> str:
    """The bin of a similarity, by its lower end."""
    return _LEVELS[bisect(BINS, similarity)]


def _shape(a: Account, b: Account) -> str:
    if a.mention.rollup != b.mention.rollup:
        return "roll-up and single"
    if a.mention.rollup:
        return "both roll-ups"
    if a.mention.background and b.mention.background:
        return "both background"
    return "one background" if a.mention.background or b.mention.background else "single"


def _numbers(terms: Iterable[str]) -> frozenset[str]:
    """Numbers as digits, from figures and number words; years and hours of the clock are left out as far as they show."""
    return frozenset(term for term in terms if term.isdigit() and len(term) < 4)


def _same_numbers(a: frozenset[str], b: frozenset[str]) -> str:
    """Whether two tellings give the same figures, whatever they count."""
    if not a or not b:
        return "unknown"
    shared = {int(number) for number in a & b}
    return "none shared" if not shared else "small shared" if max(shared) <= _SMALL else "shared"


def _parties(values: tuple[Participant, ...]) -> frozenset[str]:
    ids = {f"{ACTOR}{value.actor.id}" for value in values if value.actor and value.actor.id}
    return frozenset(ids) | _terms_of_all(values)


def _terms_of_all(values: tuple[Participant, ...]) -> frozenset[str]:
    return frozenset(term for value in values for term in terms_of(value.quote.words))
