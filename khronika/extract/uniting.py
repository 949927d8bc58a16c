"""The accounts of one text in, those that turn out to tell of one event made one.

The rule: violence of one day and place is one event, and so is violence of one day that counts no more dead than were told before, unless dates or a
word such as "elsewhere" keep the two apart. Joining (joining.py) goes by one sentence at a time, before days and places are known; this comes after
grounding, and stands here since it reads sentences and counts as extraction does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from khronika.extract.joining import VIOLENT, Signs, all_of, level_of, signs_of
from khronika.extract.lexicon import Lexicon, load
from khronika.extract.segments import Segment
from khronika.extract.tolls import find_toll
from khronika.extract.triggers import FAMILY
from khronika.text import overlaps
from khronika.types import Account, Claim, Mention, Participant, Quote

KNOWN = 2
"""So many names in common tell that the dead of two places are the same."""


def unite(accounts: Sequence[Account]) -> tuple[Account, ...]:
    """The accounts in order, each made one with the latest before it that tells of the same event."""
    kept: list[Account] = []
    lexicon = load("en")
    for account in accounts:
        at = next((at for at in reversed(range(len(kept))) if _is_same(account, kept[at], lexicon)), None)
        if at is None:
            kept.append(account)
        else:
            kept[at] = _united(kept[at], account, lexicon)
    return tuple(kept)


def _is_same(one: Account, told: Account, lexicon: Lexicon) -> bool:
    """Whether an account tells of the event of one told before."""
    a, b = one.mention, told.mention
    if not {FAMILY.get(a.kind), FAMILY.get(b.kind)} <= VIOLENT or (a.background, a.rollup) != (b.background, b.rollup):
        return False
    if (one.when.start, one.when.end) != (told.when.start, told.when.end):
        return False
    here, there = ([signs_of(quote.words, lexicon) for quote in mention.evidence] for mention in (a, b))
    dates = all_of("dates", here), all_of("dates", there)
    is_dated = one.when.start is not None and one.when.start == one.when.end and "assumed_fresh" not in (one.when.basis, told.when.basis)
    if not is_dated and all(dates) and not dates[0] & dates[1] or any(signs.is_other or signs.opens_anew for signs in here):
        return False
    is_same_place = one.where is not None and told.where is not None and one.where.name == told.where.name
    return is_same_place or _counts_some_of(a, b) and _may_be_there(here, there, is_dated)


def _counts_some_of(one: Mention, told: Mention) -> bool:
    return one.killed is not None and told.killed is not None and 0 < one.killed.low <= told.killed.low > 1


def _may_be_there(here: Sequence[Signs], there: Sequence[Signs], is_dated: bool) -> bool:
    """Whether what the sentences of an account name fits where and when another was; where the words date both, other days in them are of reports."""
    day, place = (level_of(all_of(what, here), all_of(what, there)) for what in ("days", "places"))
    return (is_dated or day in ("none", "same")) and (place in ("none", "same") or len(all_of("names", here) & all_of("names", there)) >= KNOWN)


def _united(told: Account, one: Account, lexicon: Lexicon) -> Account:
    """One account of two: the surer one's event, day and place, what both name, and the dead counted anew over the sentences of both."""
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
    return replace(first, mention=mention, where=first.where or second.where)


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
