"""The figures that the sentences of one occurrence give in, one toll out.

The rule: lowest low and highest high of those that can count the same people; what is worded as more is added, what is some of the dead lowers nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from khronika.types import Toll


@dataclass(frozen=True)
class Figure:
    """A toll as one wording gives it.

    `is_one`: one person without a number; `adds`: worded as more than those told before; `is_part`: worded as some of them; `of_anybody`: counts
    people of no kind; `is_sum`: over more than one occurrence; `is_voiced`: its sentence lets another voice speak; `nth`: the one that makes them so many.
    """

    toll: Toll
    is_one: bool = False
    adds: bool = False
    is_part: bool = False
    of_anybody: bool = True
    is_sum: bool = False
    is_voiced: bool = False
    nth: int | None = None


def total(figures: list[Figure]) -> Toll:
    """One toll of several figures: lowest low and highest high of those that can count the same people.

    An "up to" only raises the high, and a zero beside others needs a voice.
    """
    tolls = [f.toll for f in figures]
    figures = [f for f in figures if not f.is_sum] or figures
    figures = [f for f in _added(figures) if f.toll.high != 0 or f.is_voiced] or figures
    whole = max(figures, key=lambda f: (f.toll.low, not f.is_part))
    largest, least = whole.toll, max((f.toll.low for f in figures if _is_bound(f)), default=0)
    rival = [f.toll for f in figures if f is whole or _is_rival(f, whole, least)]
    unique = list({(toll.low, toll.high): toll for toll in reversed(rival)}.values())[::-1]
    most = max((toll.high for toll in (f.toll for f in figures) if toll.high), default=0)  # "up to 40" beside "at least 20" says how high
    is_higher = any(f.toll.low == 0 and f.toll.high == most for f in figures) and most > largest.low > 0
    if len(unique) < 2 and not is_higher:
        return largest if len(tolls) == 1 else replace(largest, parts=tuple(toll for toll in tolls if toll is not largest))
    high = most if is_higher else _highest(unique)
    return Toll(low=min(toll.low for toll in unique), high=high, quote=largest.quote, of=largest.of, word=largest.word, parts=tuple(tolls))


def _is_bound(figure: Figure) -> bool:
    """Whether a figure is worded as the least that there can be: "at least 12 people", "between 12 and 15 people"."""
    toll = figure.toll
    return toll.low > 1 and toll.low != toll.high and toll.word is None and figure.of_anybody and not figure.is_part and not figure.is_voiced


def _is_rival(figure: Figure, whole: Figure, least: int) -> bool:
    """Whether a figure can count the same people as the largest one.

    One under half of the largest is a part of it ("three children among them"), and so is one worded as a part, one person told of by name, fewer
    women or persons by name than people, "several" beside a number, and what another figure's "at least" excludes.
    """
    toll, largest = figure.toll, whole.toll
    if toll.high == 0:
        return True
    is_vague = toll.word is not None and not largest.word and toll.low < largest.low  # "several" beside "at least four"
    is_some = figure.is_one and largest.low > 1 or whole.of_anybody and not figure.of_anybody and toll.low < largest.low
    if figure.is_part or is_vague or not figure.is_voiced and (is_some or toll.high is not None and toll.high < least):
        return False
    return 2 * max(toll.low, toll.high or 0) >= largest.low and toll.low > 0


def _highest(rival: list[Toll]) -> int | None:
    """The highest of the highs; open only where no count is above the largest that is left open ("at least seven", then "eight": eight)."""
    known = max((toll.high for toll in rival if toll.high is not None), default=0)
    is_open = any(toll.high is None and toll.low >= known for toll in rival)
    return None if is_open else known


def _added(figures: list[Figure]) -> list[Figure]:
    """The figures with those that are worded as more added to the one before them: "killed four; another two died later" is six, and so is "a sixth died".

    "His wife also died" adds to one told of by name, but is a part of "ten people".
    """
    summed: list[Figure] = []
    for figure in figures:
        before = summed[-1] if summed else None
        toll = figure.toll
        is_more = figure.adds and before and figure.toll.low != before.toll.low and (figure.of_anybody or not before.of_anybody)
        is_next = figure.nth and before and before.toll.low == figure.nth - 1
        if before and before.toll.low > 0 and (is_more or is_next):
            high = before.toll.high + toll.high if before.toll.high is not None and toll.high is not None else None
            joint = replace(before.toll, low=before.toll.low + toll.low, high=high, parts=(before.toll, toll))
            summed[-1] = Figure(joint, of_anybody=before.of_anybody)
        else:
            summed.append(figure)
    return summed
