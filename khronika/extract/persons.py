"""Sentences go in, the names of people come out, wherever they stand: full names and each later bare surname, titles left outside.

Everything public is masked by these, so that a doubtful capitalised name counts as a person rather than not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from khronika.config import data
from khronika.extract.segments import Segment
from khronika.text import fold
from khronika.types import Quote, Text

_WORD = re.compile(r"[^\W\d_]+(?:[’'ʼ`-][^\W\d_]+)*\.?")
_SMALL = re.compile(r"(?<![\w’'-])[a-z]{3,}(?![\w-])")
_POSSESSIVE = re.compile(r"[’'](?:s|S)?$")
_LED, _FOLLOWED = re.compile(r"([a-z]+),? $"), re.compile(r",? ([a-z]+)\b")
_AGE = re.compile(r"(?:,| \() ?(?:aged )?\d{1,2}\)?[,.;)]")


@dataclass(frozen=True, slots=True)
class _Lexicon:
    given: frozenset[str]
    weak: frozenset[str]
    titles: frozenset[str]
    lower_titles: frozenset[str]
    particles: frozenset[str]
    speech: frozenset[str]
    surely: frozenset[str]
    never: frozenset[str]
    not_persons: tuple[str, ...]
    naming: re.Pattern[str]
    known: frozenset[str]
    leads: frozenset[str]
    bodies: re.Pattern[str]


@cache
def _lexicon() -> _Lexicon:
    raw = data("lexicon/en/persons.toml")
    words = {name: frozenset(value.split()) if isinstance(value, str) else tuple(value) for name, value in raw["words"].items()}
    return _Lexicon(
        given=frozenset(fold(name) for listed in raw["given"].values() for name in listed.split()),
        weak=frozenset(words["weak"]),
        titles=frozenset(title.lower() for title in raw["titles"]["capital"].split()),
        lower_titles=frozenset(raw["titles"]["lower"].split()),
        particles=frozenset(words["particles"]),
        speech=frozenset(words["speech"]),
        surely=frozenset(words["surely"]),
        never=frozenset(words["never"]) | frozenset(raw["places"]["words"].split()),
        not_persons=tuple(words["not_persons"]),
        known=frozenset(words["known"]),
        leads=frozenset(words["leads"]),
        bodies=re.compile(rf" (?:{'|'.join(raw['words']['bodies'].split())})\b"),
        naming=re.compile(rf"\b(?:{'|'.join(raw['words']['naming'])})\s+$"),
    )


class _Run(NamedTuple):
    """Capitalised words next to each other in one segment, with particles between them; `words` are folded, without possessive."""

    segment: Segment
    spans: tuple[tuple[int, int], ...]
    words: tuple[str, ...]

    def part(self, first: int, last: int) -> tuple[int, int]:
        return self.spans[first][0], self.spans[last][1]


@lru_cache(maxsize=50_000)
def _plain(word: str) -> str:
    return fold(_POSSESSIVE.sub("", word)).rstrip(".").replace("’", "'")


def _runs(segment: Segment) -> Iterator[_Run]:
    """Runs of capitalised words; a comma, a stop or a lower-case word that is no particle ends one."""
    words, particles = segment.words, _lexicon().particles
    spans: list[tuple[int, int]] = []
    end = -1
    for match in _WORD.finditer(words):
        word = match.group()
        if word[0].islower() and "-" not in word and word.removesuffix(".") not in particles:
            continue  # the gap it leaves ends the run before it
        start, stop = match.span()
        if word.endswith(".") and (stop == len(words) or not (len(word) <= 4 and word[0].isupper())):
            word, stop = word[:-1], stop - 1
        joined = spans and words[end:start] in (" ", "\u00a0", " “", " \"")
        capital = word[0].isupper() or ("-" in word and word.split("-")[-1][:1].isupper() and word.split("-")[0] in particles)
        particle = joined and word.lower() in particles and _leads_on(words, stop, particles)
        if capital or particle:
            if spans and not joined:
                yield from _closed(segment, spans)
                spans = []
            spans.append((start, stop))
            end = stop
            if word.endswith(("’s", "'s")):
                yield from _closed(segment, spans)
                spans = []
        elif spans:
            yield from _closed(segment, spans)
            spans = []
    if spans:
        yield from _closed(segment, spans)


def _leads_on(words: str, at: int, particles: frozenset[str]) -> bool:
    """Whether a capital follows a particle, or another particle and then a capital."""
    following = words[at : at + 12].split()
    return bool(following) and (following[0][0].isupper() or (len(following) > 1 and following[0] in particles and following[1][0].isupper()))


def _closed(segment: Segment, spans: list[tuple[int, int]]) -> Iterator[_Run]:
    kept = []
    for start, stop in spans:
        word = segment.words[start:stop]
        cut = _POSSESSIVE.search(word) if word[-1] in "s’'S" else None
        kept.append((start, stop - len(cut.group()) if cut and len(word) > len(cut.group()) else stop))
    yield _Run(segment, tuple(kept), tuple(_plain(segment.words[a:b]) for a, b in kept))


def _is_given(word: str, words: _Lexicon) -> bool:
    return word in words.given or ("-" in word and word.split("-")[0] in words.given)


def _named(run: _Run, words: _Lexicon) -> list[tuple[int, int]]:
    """Word ranges of a run that are a person's full name, or a surname behind a title."""
    size, at = len(run.words), 0
    if any(" ".join(run.words[i : i + 2]).replace("-", " ").startswith(words.not_persons) for i in range(size)):
        return []
    found: list[tuple[int, int]] = []
    while at < size:
        word = run.words[at]
        if word in words.titles and at + 1 < size:
            last = _stretch(run, at + 1, words)
            if last is not None and run.words[at + 1] not in words.titles:
                found.append((at + 1, last))
                at = last + 1
                continue
        if _is_given(word, words) and at + 1 < size:
            last = _stretch(run, at, words)
            phrase = " ".join(run.words[at : at + 2])
            weak = word in words.weak and (at + 2 > size or run.words[at + 1] in words.never)
            if last == at and word not in words.weak and at + 2 >= size and run.words[at + 1] not in words.titles and not words.bodies.match(f" {run.words[at + 1]}"):
                last = at + 1  # "Dana White": a word that is no name elsewhere, behind a name that is sure
            if last is not None and last > at and not weak and not phrase.replace("-", " ").startswith(words.not_persons):
                found.append((at, last))
                at = last + 1
                continue
        if size - at == 1 and at == 0 and word in words.given and word not in words.weak and word not in words.never:
            found.append((at, at))
        at += 1
    return found


def _stretch(run: _Run, first: int, words: _Lexicon) -> int | None:
    """Last word of a name that starts at `first`: up to four words, none of which is listed as no name."""
    last = None
    for at in range(first, min(len(run.words), first + 5)):
        word = run.words[at]
        surname = at == first + 1 == len(run.words) - 1 and _is_given(run.words[first], words)  # "Kevin King"
        if word in words.never or (word in words.titles and at > first and not surname):
            break
        if word.isascii() and run.segment.words[slice(*run.spans[at])].isupper() and len(word) > 2 and not run.segment.words.isupper():
            break
        if word not in words.particles:
            last = at
    return last


def _by_context(run: _Run, words: _Lexicon, small: frozenset[str]) -> tuple[int, int] | None:
    """The name in a run that what stands around it tells to be a person's: an age behind it, "named", a post before it, a verb of speech."""
    text, size = run.segment.words, len(run.words)
    first = next((i for i, word in enumerate(run.words) if word not in words.titles), size)
    if first >= size or any(word in words.never for word in run.words[first:]):
        return None
    last = _stretch(run, first, words)
    if last is None or last != size - 1 or last - first > 3:
        return None
    phrase = " ".join(run.words[first : last + 1]).replace("-", " ")
    if phrase.startswith(words.not_persons):
        return None
    before, behind = text[max(0, run.spans[first][0] - 30) : run.spans[first][0]], text[run.spans[last][1] : run.spans[last][1] + 30]
    two = last > first
    if two and first == 0 and not small & set(run.words) and _stands_alone(run, words, before, behind):
        return first, last
    if _AGE.match(behind) or words.naming.search(before):
        return first, last
    previous = _LED.search(before) if two else None
    if previous and previous.group(1) in words.lower_titles:
        return first, last
    following = _FOLLOWED.match(behind)
    if following and following.group(1) in (words.speech if two else words.surely) and (two or _bare(run, first, words)):
        return first, last
    if two and re.match(r", (?:a|an|the|who|his|her|deputy|head|former|director|chief|spokes\w+|[A-Z][\w-]+[’']s [a-z]+)\b", behind):
        return first, last
    return None


def _stands_alone(run: _Run, words: _Lexicon, before: str, behind: str) -> bool:
    """Whether two or three unknown capitalised words inside a sentence are likelier a person than a place or a body: nothing leads there, nothing is named by them."""
    if len(run.words) not in (2, 3) or not before.strip() or before.rstrip()[-1] in ".:!?“\"«-—–/(":
        return False
    shown = [run.segment.words[slice(*span)] for span in run.spans]
    if any(not re.fullmatch(r"[^\W\d_a-z][^\W\d_]*[a-zß-ÿ]{2,}(?:-[^\W\d_]+)?", word) for word in shown):
        return False
    led = re.search(r"([\w-]+),? $", before)
    if led is None or led.group(1).lower() in words.leads or led.group(1).lower().endswith(("ern", "ian", "ese")):
        return False
    return re.match(r"[ ,.;:)’'”\"]|$", behind) is not None and not words.bodies.match(behind)


def _bare(run: _Run, at: int, words: _Lexicon) -> bool:
    """Whether a single word can be a surname that the text never introduces: no capitals alone, no article before it, no word of groups."""
    word = run.segment.words[slice(*run.spans[at])]
    before = run.segment.words[: run.spans[at][0]].rstrip().rsplit(" ", 1)[-1].lower()
    return len(run.words) == 1 and not word.isupper() and not word.lower().endswith(("s", "ing", "ian", "ese")) and before not in ("the", "a", "an") and word.lower() not in words.particles


def _surnames(segments: Sequence[Segment], runs: Sequence[_Run], known: dict[str, int], words: _Lexicon) -> list[tuple[Segment, int, int]]:
    """Bare surnames of people named elsewhere in the text."""
    found = []
    for run in runs:
        for at, word in enumerate(run.words):
            if word in known and word not in words.never:
                found.append((run.segment, *run.spans[at]))
    return found


def _usable(name: str, words: _Lexicon) -> bool:
    return len(name) > 2 and name not in words.never and name not in words.titles and name not in words.particles


def find_persons(text: Text, segments: Sequence[Segment]) -> tuple[Quote, ...]:
    """The names of people in the text, in order, without overlaps."""
    words = _lexicon()
    small = frozenset(_SMALL.findall(text.body))  # words that the text also writes small are no names
    runs = [run for segment in segments for run in _runs(segment)]
    spans: list[tuple[Segment, int, int]] = []
    known: dict[str, int] = defaultdict(int, dict.fromkeys(words.known, 1))
    for run in runs:
        named = _named(run, words)
        if not named:
            context = _by_context(run, words, small)
            named = [context] if context else []
        for first, last in named:
            spans.append((run.segment, *run.part(first, last)))
            for name in run.words[first : last + 1] if last > first else run.words[last : last + 1]:
                if _usable(name, words) and not (name in words.weak and last > first and name != run.words[last]):
                    known[name] += 1
    spans += _surnames(segments, runs, known, words)
    return _quotes(spans)


def _quotes(spans: Sequence[tuple[Segment, int, int]]) -> tuple[Quote, ...]:
    """Exact pieces, the longest where two overlap; next names of one person joined stay as they are."""
    pieces = sorted({(s.within, s.start + a, s.start + b): s.piece(a, b) for s, a, b in spans}.values(), key=lambda q: (q.within == "body", q.start, -q.end))
    kept: list[Quote] = []
    for piece in pieces:
        if kept and kept[-1].within == piece.within and piece.start < kept[-1].end:
            continue
        kept.append(piece)
    return tuple(kept)
