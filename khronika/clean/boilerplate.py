"""A body in, the spans that are no part of the article out: link lists, teasers for other stories, notices, share buttons.

The rule: precision first. A line goes when it looks like boilerplate as a whole, when it is a headline in capitals amid common text, or
when it belongs to a teaser: a headline that stands twice within a few lines, with what stands between and the blurb right behind it that
names nothing of the article. Of a line that tells something only the phrases known for sure go.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from khronika import config
from khronika.text import Span, fold

LONGEST = 1000
"""Characters; a longer line is told by phrases only."""
NOTHING = "(?!)"
"""The pattern of a list that a language has not."""
_ENDED = re.compile(r"[.!…:;,]['”\")]*$")
_NAMES = re.compile(r"\b[^\W\d_a-zа-яіїєґ][\w’'-]{2,}")


class _Line(NamedTuple):
    start: int
    end: int
    words: str


class _Patterns(NamedTuple):
    line: re.Pattern[str]
    head: re.Pattern[str]
    stamp: re.Pattern[str]
    phrase: re.Pattern[str]


@cache
def _patterns(language: str) -> _Patterns:
    name = f"boilerplate/{language}.toml"
    lists = config.data(name if (config.DATA / name).exists() else "boilerplate/en.toml")
    line, head, stamp, phrase = ("|".join(f"(?:{pattern})" for pattern in lists.get(key, [NOTHING])) for key in _Patterns._fields)
    whole = [re.compile(pattern, re.IGNORECASE) for pattern in (line, head, stamp)]
    return _Patterns(whole[0], whole[1], whole[2], re.compile(phrase, re.MULTILINE))


def find(body: str, language: str | None = "en") -> tuple[Span, ...]:
    """Spans that are no part of the article (whole lines, and phrases within lines), in order, joined where they touch."""
    lines = [_Line(m.start(), m.end(), m.group().strip()) for m in re.finditer(r"[^\n]+", body) if m.group().strip()]
    if not lines:
        return ()
    known = _patterns(language or "en")
    marked = [len(line.words) <= LONGEST and bool(known.line.fullmatch(line.words)) for line in lines]
    _mark_link_lists(lines, marked, known.head)
    _mark_blurbs(lines, marked, known.stamp)
    _mark_capitals(lines, marked)
    _mark_teasers(lines, marked)
    _mark_islands(lines, marked)
    spans = [(line.start, line.end) for line, is_marked in zip(lines, marked, strict=True) if is_marked]
    lowered = body.lower()  # much faster than to ignore case
    if len(lowered) == len(body):
        spans += [match.span() for match in known.phrase.finditer(lowered) if not body[max(0, match.start() - 1) : match.start()].isalnum()]
    return _join(body, sorted(spans))


def _mark_link_lists(lines: list[_Line], marked: list[bool], head: re.Pattern[str]) -> None:
    """The headline-like lines right after "Read also": short, without a full stop at the end."""
    for number, line in enumerate(lines):
        if not head.fullmatch(line.words):
            continue
        for at in range(number + 1, min(number + 8, len(lines))):
            follows = lines[at + 1].words[:1] if at + 1 < len(lines) else ""
            if not _is_headline(lines[at].words) or lines[at].words[0].islower() or follows.islower():  # the latter: wrapped text
                break
            marked[at] = True


def _mark_blurbs(lines: list[_Line], marked: list[bool], stamp: re.Pattern[str]) -> None:
    """The one line between the stamp of another story and the next boilerplate."""
    for number, line in enumerate(lines[:-2]):
        if marked[number + 2] and stamp.fullmatch(line.words):
            marked[number + 1] = True


def _mark_capitals(lines: list[_Line], marked: list[bool]) -> None:
    """Links to other stories in capitals between paragraphs; not the text's own headline, and not in a text all in capitals."""
    is_capital = [line.words.isupper() for line in lines]
    size = sum(len(line.words) for line in lines)
    if sum(len(line.words) for line, is_so in zip(lines, is_capital, strict=True) if is_so) > 0.3 * size:
        return
    for number, line in enumerate(lines[1:], 1):
        is_section = not re.search(r"\w", lines[number - 1].words.replace("_", ""))  # a heading of the article behind "___" or "***"
        if is_capital[number] and not is_section and len(line.words.split()) >= 7 and len(line.words) < 200 and line.words[-1] not in ".:":
            marked[number] = True


def _mark_islands(lines: list[_Line], marked: list[bool]) -> None:
    """Up to four short lines without a full stop that lie between marked ones, as headlines between links do."""
    at = [number for number, is_marked in enumerate(marked) if is_marked]
    for before, after in zip(at, at[1:], strict=False):
        between = range(before + 1, after)
        if len(between) <= 4 and all(len(lines[n].words) < 170 and not _ENDED.search(lines[n].words) for n in between):
            for n in between:
                marked[n] = True


def _is_headline(words: str) -> bool:
    return 3 <= len(words.split()) <= 22 and len(words) < 170 and not _ENDED.search(words)


def _mark_teasers(lines: list[_Line], marked: list[bool]) -> None:
    """A headline that stands twice in a few lines, what stands between, and its blurb."""
    folded = [fold(line.words) if _is_headline(line.words) else "" for line in lines]
    for first in range(2, len(lines)):  # a headline twice at the very top is the article's own
        if not folded[first]:
            continue
        second = next((at for at in range(first + 1, min(first + 5, len(lines))) if folded[at] == folded[first]), None)
        if second is None or any(len(lines[at].words) > 120 for at in range(first + 1, second)):
            continue
        for at in range(first, second + 1):
            marked[at] = True
        blurb = second + 1
        if blurb < len(lines) and _shares(lines[blurb].words, lines[first].words) and not _told(lines, marked, blurb, (first, second)):
            marked[blurb] = True


def _shares(blurb: str, headline: str) -> bool:
    """Whether a blurb speaks of its headline: a name or two longer words in common."""
    stems = [{word[:5] for word in fold(text).split() if len(word) > 3} for text in (blurb, headline)]
    return len(blurb) < 400 and len(stems[0] & stems[1]) >= 2


def _told(lines: list[_Line], marked: list[bool], blurb: int, teaser: tuple[int, int]) -> bool:
    """Whether most names of the blurb are names of the article's other lines too."""
    names = {fold(name)[:6] for name in _NAMES.findall(lines[blurb].words)}
    rest = fold(" ".join(line.words for at, line in enumerate(lines) if at != blurb and not marked[at] and not teaser[0] <= at <= teaser[1]))
    return bool(names) and sum(name in rest for name in names) > 0.75 * len(names) and len(names) > 3


def _join(body: str, spans: list[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in spans:
        if joined and not body[joined[-1][1] : start].strip():
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)
