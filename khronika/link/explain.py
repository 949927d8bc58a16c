"""Two accounts in, the reasons for and against one event out, in words; the rule: the weights shown add up to the odds used."""

from __future__ import annotations

from khronika.link.compare import features, profile
from khronika.link.syndication import LEAST as LEAST_ALIKE
from khronika.link.syndication import jaccard, shingles
from khronika.link.weigh import total, weigh
from khronika.types import Account, Reason


def explain(a: Account, b: Account, body_a: str | None = None, body_b: str | None = None) -> tuple[Reason, ...]:
    """Every reason of a pair, the heaviest first; the weights add up to the pair's log2 odds.

    Args:
        body_a: text of the first account's document, where at hand (as linking has it); without it the titles and evidence speak.
        body_b: the same of the second.
    """
    alike = bool(body_a and body_b) and jaccard(shingles(body_a or ""), shingles(body_b or "")) >= LEAST_ALIKE
    reasons = weigh(features(profile(a, body_a), profile(b, body_b), alike and a.document_id != b.document_id))
    return tuple(sorted(reasons, key=lambda reason: (-abs(reason.weight), reason.feature)))


def in_words(reasons: tuple[Reason, ...]) -> list[str]:
    """One line a reason that weighs something, and the sum with the odds."""
    lines = [f"{reason.weight:+.1f}  {reason.feature}: {reason.level}" for reason in reasons if abs(reason.weight) >= 0.05]
    odds = 2 ** min(abs(total(reasons)), 60)
    return [*lines, f"{total(reasons):+.1f}  odds {odds:,.0f} to 1 {'for' if total(reasons) > 0 else 'against'} one event"]
