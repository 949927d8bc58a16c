"""The accounts of one text in, those that turn out to tell of one event made one.

The rule: violence of one day and place is one event, and so is violence of one day that counts no more dead than were told before; else an account is of the
event that it fits best by the learnt weights of what they share (place, day, names, counts, nearness), unless a word such as "elsewhere" keeps the two apart.
Joining (joining.py) goes by one sentence at a time, before days and places are known; this comes after grounding, where several voices have told of one
event each in sentences of its own, and stands here since it reads sentences and counts as extraction does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from msgspec.structs import replace

from khronika import config
from khronika.extract.joining import VIOLENT, Signs, all_of, level_of, signs_of
from khronika.extract.lexicon import load
from khronika.extract.segments import Segment
from khronika.extract.tolls import find_toll
from khronika.extract.triggers import FAMILY
from khronika.extract.weights import Weights
from khronika.text import overlaps
from khronika.types import PRECISIONS, Account, Claim, Mention, Participant, Place, Quote, Toll, When

WEIGHTS = "lexicon/en/unite_weights.json"
CUT = 1.5
"""Log2 odds from which two accounts are one: on own reports that the weights were not learnt from 0.5 to 1.5 are worth the same, on the press articles of train 1.5 is worth more."""
KNOWN = 2
"""So many names in common tell that the dead of two places are the same."""
NEAR, AROUND = 0.1, 0.5
"""Degrees between places of one town, and of one area."""


def unite(accounts: Sequence[Account]) -> tuple[Account, ...]:
    """The accounts in order, each made one with the latest before it that tells of the same event, else with the one that it fits best."""
    kept: list[Account] = []
    for account in accounts:
        near = [at for at, told in enumerate(kept) if not is_apart(account, told)]
        at = next((at for at in reversed(near) if _is_same(account, kept[at])), None)
        if at is None:
            best, at = max(((odds(levels(account, kept[at], len(kept) - 1 - at, at)), at) for at in near), default=(CUT, 0))
            at = at if best > CUT else None
        if at is None:
            kept.append(account)
        else:
            kept[at] = united(kept[at], account)
    return tuple(kept)


def is_apart(one: Account, told: Account) -> bool:
    """Whether an account cannot tell of the event of one told before: another family of kinds, another day of the calendar, the past, or a word that opens another."""
    a, b = one.mention, told.mention
    is_deed = {FAMILY.get(a.kind), FAMILY.get(b.kind)} <= VIOLENT or a.kind == b.kind
    is_other = any(signs.is_other or signs.opens_anew for signs in _signs_in(a))
    is_elsewhen = one.when.basis == told.when.basis == "explicit" and _days(one.when, told.when) == "told other"
    return not is_deed or is_other or is_elsewhen or (a.background, a.rollup) != (b.background, b.rollup)


def _is_same(one: Account, told: Account) -> bool:
    """Whether violence is of the day and place of what was told before, or its dead are among those."""
    a, b = one.mention, told.mention
    if not {FAMILY.get(a.kind), FAMILY.get(b.kind)} <= VIOLENT or (one.when.start, one.when.end) != (told.when.start, told.when.end):
        return False
    here, there = _signs_in(a), _signs_in(b)
    dates = all_of("dates", here), all_of("dates", there)
    is_dated = one.when.start is not None and one.when.start == one.when.end and "assumed_fresh" not in (one.when.basis, told.when.basis)
    if not is_dated and all(dates) and not dates[0] & dates[1]:
        return False
    is_same_place = one.where is not None and told.where is not None and one.where.name == told.where.name
    return is_same_place or _counts_some_of(a, b) and _may_be_there(here, there, is_dated)


def _counts_some_of(one: Mention, told: Mention) -> bool:
    return one.killed is not None and told.killed is not None and 0 < one.killed.low <= told.killed.low > 1


def _may_be_there(here: Sequence[Signs], there: Sequence[Signs], is_dated: bool) -> bool:
    """Whether what the sentences of an account name fits where and when another was; where the words date both, other days in them are of reports."""
    day, place = (level_of(all_of(what, here), all_of(what, there)) for what in ("days", "places"))
    return (is_dated or day in ("none", "same")) and (place in ("none", "same") or len(all_of("names", here) & all_of("names", there)) >= KNOWN)


def levels(one: Account, told: Account, back: int, at: int) -> dict[str, str]:
    """Feature -> level of one comparison; `back` is how many accounts lie between, `at` where the one told before stands among them."""
    a, b = one.mention, told.mention
    here, there = _signs_in(a), _signs_in(b)
    numbers = all_of("numbers", here)
    gap = a.evidence[0].start - b.evidence[-1].end
    return {
        "kind": "same" if a.kind == b.kind else "family" if FAMILY.get(a.kind) == FAMILY.get(b.kind) else "violent",
        "day": _days(one.when, told.when),
        "place": _between(one.where, told.where),
        "own place": "none" if one.where is None else "yes" if _is_named_in(a, one.where) else "no",
        "named days": level_of(all_of("days", here), all_of("days", there)),
        "named places": level_of(all_of("places", here), all_of("places", there)),
        "names": str(min(3, len(all_of("names", here) & all_of("names", there)))),
        "apart": str(here[0].is_apart),
        "definite": str(here[0].is_definite),
        "killed": _compared(a.killed, b.killed),
        "injured": _compared(a.injured, b.injured),
        "numbers": "none" if not numbers else "same" if numbers & all_of("numbers", there) else "other",
        "gap": "back" if gap < 0 else "50" if gap < 50 else "400" if gap < 400 else "1200" if gap < 1200 else "far",
        "back": str(min(back, 4)),
        "lead": str(at == 0),
        "status": str(a.status == b.status),
        "spoken": str(bool(a.claims)),
    }


def odds(levels: dict[str, str]) -> float:
    """Log2 odds that two accounts are of one event, by the learnt weights."""
    return _weights().odds(levels)


@cache
def _weights() -> Weights:
    return Weights(config.data_json(WEIGHTS))


@lru_cache(maxsize=256)
def _signs(words: str) -> Signs:
    return signs_of(words, load("en"))


def _signs_in(mention: Mention) -> list[Signs]:
    return [_signs(quote.words) for quote in mention.evidence]


def _is_named_in(mention: Mention, place: Place) -> bool:
    """Whether the words of a place stand in the sentences that tell of a mention, and were not taken from around them."""
    quote = place.quote
    return quote is not None and any(told.within == quote.within and told.start <= quote.start < told.end for told in mention.evidence)


def _between(one: Place | None, told: Place | None) -> str:
    """How the place of an account lies to the one of another."""
    if one is None or told is None:
        return "none" if one is told else "silent" if one is None else "new"
    is_coarse = one.precision in ("region", "country")
    if one.name == told.name:
        return "same coarse" if is_coarse else "same"
    if one.country and told.country and one.country != told.country:
        return "abroad"
    if is_coarse or told.precision in ("region", "country"):
        return "coarse"
    if one.latitude is None or one.longitude is None or told.latitude is None or told.longitude is None:
        return "unplaced"
    away = max(abs(one.latitude - told.latitude), abs(one.longitude - told.longitude))
    return "near" if away < NEAR else "around" if away < AROUND else "far"


def _days(one: When, told: When) -> str:
    if one.start is None or told.start is None:
        return "none" if one.start is told.start else "silent" if one.start is None else "new"
    return "same" if (one.start, one.end) == (told.start, told.end) else "other" if "assumed_fresh" in (one.basis, told.basis) else "told other"


def _compared(one: Toll | None, told: Toll | None) -> str:
    if one is None or told is None:
        return "none" if one is told else "silent" if one is None else "new"
    if (one.low, one.high) == (told.low, told.high):
        return "one" if one.low == 1 else "same"
    return "less" if one.low < told.low else "more" if one.low > told.low else "like"


def united(told: Account, one: Account) -> Account:
    """One account of two: the surer one's event, day and place, what both name, and the dead counted anew over the sentences of both."""
    lexicon = load("en")
    first, second = (told, one) if (told.mention.p or 0.0) >= (one.mention.p or 0.0) else (one, told)
    a, b = first.mention, second.mention
    claims, moved = _claims_of(a, b)
    evidence = tuple(sorted({*a.evidence, *b.evidence}, key=lambda quote: (quote.within != "title", quote.start)))
    own = [Segment(quote.start, quote.end, quote.within, quote.words, 0) for quote in evidence]
    authors = (replace(one, asserted_by=tuple(moved.get(n, n) for n in one.asserted_by)) for one in b.perpetrators)
    mention = replace(
        a,
        evidence=evidence,
        when_words=a.when_words or b.when_words,
        where_words=a.where_words or b.where_words,
        perpetrators=_distinct((*a.perpetrators, *authors)),
        targets=_distinct((*a.targets, *b.targets)),
        victims=_distinct((*a.victims, *b.victims)),
        weapons=_distinct((*a.weapons, *b.weapons)),
        killed=find_toll(own, "killed", lexicon),
        injured=find_toll(own, "injured", lexicon),
        detained=a.detained or b.detained,
        claims=claims,
    )
    return replace(first, mention=mention, where=_more_exact(first.where, second.where))


def _more_exact(one: Place | None, other: Place | None) -> Place | None:
    """The place that is known more exactly, the first on a tie and where they lie in two countries: a later sentence may name but the region."""
    if one is None or other is None or one.country != other.country:
        return one or other
    return min(one, other, key=lambda place: PRECISIONS.index(place.precision))


def _claims_of(a: Mention, b: Mention) -> tuple[tuple[Claim, ...], dict[int, int]]:
    """The claims of two mentions, one for each voice and stance, and where those of the second have gone."""
    claims, moved = list(a.claims), {}
    for number, claim in enumerate(b.claims):
        same = (n for n, known in enumerate(claims) if known.stance == claim.stance and _is_one_voice(known.by, claim.by))
        moved[number] = next(same, len(claims))
        if moved[number] == len(claims):
            claims.append(claim)
    return tuple(claims), moved


def _is_one_voice(a: Quote, b: Quote) -> bool:
    """Whether two phrases name one voice: the same words, or a name and the longer phrase that it stands in."""
    return a.words == b.words or a.within == b.within and overlaps((a.start, a.end), (b.start, b.end))


def _distinct(values: Iterable[Participant]) -> tuple[Participant, ...]:
    """Each wording once, the first one."""
    known: dict[str, Participant] = {}
    for value in values:
        known.setdefault(value.quote.words.casefold(), value)
    return tuple(known.values())
