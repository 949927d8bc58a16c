"""Sentences in, counts of killed, injured and detained out, as low-high with the words that give them.

The rule: a count is read only from words that count people for that outcome; only a positive statement that nobody was hurt is 0.
Those of whom a verb tells it are counted phrase by phrase ("a nurse, two guards and a driver were killed": 4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from msgspec.structs import replace

from khronika import config
from khronika.extract.headcounts import Number, is_plural, numbers, people_in, read_number, tied
from khronika.extract.lexicon import Lexicon, Words, compile_words, load
from khronika.extract.phrases import Tokens
from khronika.extract.segments import Segment
from khronika.text import Span
from khronika.types import Toll

Outcome = Literal["killed", "injured", "detained"]
TOO_LONG = 1500
"""Characters from which on a line is no sentence; its phrases are not counted."""


@dataclass(frozen=True)
class _Patterns:
    after: dict[str, Words]
    before: dict[str, Words]
    chained: dict[str, Words]
    verbs: dict[str, Words]
    alone: dict[str, Words]
    none: dict[str, Words]
    not_none: Words
    prefilter: dict[str, Words]
    number: Words
    passive: Words
    not_done: Words
    also: Words
    either: dict[str, Words]
    or_else: Words
    state: Words
    pronoun: Words
    before_adjective: Words
    part: Words
    more: Words
    too: Words
    of_people: Words
    among: Words
    age: re.Pattern[str]


@cache
def _patterns(language: str) -> _Patterns:
    lexicon = load(language)
    raw, people, n = lexicon.tolls(), lexicon.roles()["victim"]["heads"], numbers(language).source
    cue, verb, frames = raw["cue"], raw["verb"], config.data(f"lexicon/{language}/phrases.toml")["frames"]
    who = (
        rf"(?: (?P<who>(?:(?!and |or |(?:{verb['state']}) )[\w’'&-]+ ){{0,4}}?(?:{people})\b(?: of war)?(?:,? including [^,;.]{{0,60}}?)?))"
    )
    outcomes = ("killed", "injured", "detained")
    return _Patterns(
        after={o: compile_words(rf"\b{n}(?: the (?:wounded|injured|victims)| them| those)?{who}?(?:,? (?:including|aged|in|at|from|on|near) [^,;.]{{0,40}}?,?)? ?{cue[o + '_after']}") for o in outcomes},
        before={o: compile_words(rf"\b{cue[o + '_before']} (?:(?!and |or |while |by )\w+ ){{0,1}}?{n}(?:{who}|\b)") for o in outcomes},
        chained={o: compile_words(rf"\b(?:and|,|while|with) (?:another |a further )?{n}(?: others?| more)?{who}? ?{cue[o + '_after']}") for o in outcomes},
        verbs={o: compile_words(rf"(?<![\w-])(?:{verb[o]})\b") for o in outcomes},
        alone={o: compile_words(rf"(?<![\w-])(?:{verb[o + '_alone']})\b") for o in outcomes},
        none={"killed": compile_words(cue["none_killed"]), "injured": compile_words(cue["none_injured"])},
        not_none=compile_words(cue["not_none"]),
        number=compile_words(n),
        prefilter={o: compile_words(raw["prefilter"][o]) for o in outcomes},
        passive=compile_words(frames["passive"]),
        not_done=compile_words(rf"\b(?:{verb['not_done']})$"),
        also=compile_words(verb["also"]),
        or_else=compile_words(verb["or_else"]),
        either={o: compile_words(verb["either"][o]) for o in outcomes},
        state=compile_words(rf"\b(?:{verb['state']})$"),
        pronoun=compile_words(rf"\b(?:{verb['pronoun']})$"),
        before_adjective=compile_words(frames["before_adjective"]),
        part=compile_words(rf"\b(?:{cue['part']})$"),
        more=compile_words(cue["more"]),
        too=compile_words(cue["too"]),
        of_people=compile_words(cue["of_people"]),
        among=compile_words(cue["among"]),
        age=re.compile(cue["age"]),
    )  # fmt: skip


@dataclass(frozen=True)
class _Figure:
    """A toll as one wording gives it. `is_one`: one person without a number; `adds`: worded as more than those told before."""

    toll: Toll
    is_one: bool = False
    adds: bool = False


def find_toll(segments: list[Segment], outcome: Outcome, lexicon: Lexicon) -> Toll | None:
    """The count for one outcome over the sentences of one occurrence; several figures give lowest low and highest high."""
    p = _patterns(lexicon.language)
    figures: list[_Figure] = []
    for segment in segments:
        if p.prefilter[outcome].search(segment.words):
            figures += _in_sentence(segment, outcome, p, lexicon)
    return _total(figures) if figures else None


def _in_sentence(segment: Segment, outcome: Outcome, p: _Patterns, lexicon: Lexicon) -> list[_Figure]:
    taken: list[Span] = []
    found = _by_verbs(segment, outcome, p, lexicon, taken) if len(segment.words) < TOO_LONG else []
    found += _by_wordings(segment, outcome, p, lexicon, taken)
    if found:
        return found
    none = p.none.get(outcome)
    nobody = none.search(segment.words) if none and not p.not_none.search(segment.words) else None
    return [_Figure(Toll(low=0, high=0, quote=segment.piece(*nobody.span())))] if nobody else []


def _by_verbs(segment: Segment, outcome: Outcome, p: _Patterns, lexicon: Lexicon, taken: list[Span]) -> list[_Figure]:
    """Counts of those who stand where a verb has its sufferers; their places are added to `taken`."""
    tokens, found = _prepared(segment.words, lexicon.language), []
    words = tokens.words
    for place, verb_end, is_alone in _verbs(words, outcome, p):
        also = p.also.match(words[verb_end:])  # "killed and wounded twelve"
        end = verb_end + also.end() if also else verb_end
        spans = _sufferers(tokens, (place, end), is_alone, p)
        counted = [
            (span, people_in(words[slice(*span)], lexicon) or _aged(segment.words, span, p)) for span in spans if not any(span[0] < b and a < span[1] for a, b in taken)
        ]
        known = [
            (span, value)
            for span, value in counted
            if value is not None and not p.part.search(words[max(0, span[0] - 20) : span[0]].rstrip())
        ]
        if not spans and (one := p.pronoun.search(words[max(0, place - 40) : place].rstrip())) and outcome not in _OFTEN_LOOSE:
            known = [((place - len(one.group()) - 1, place - 1), (1, 1, None))]
        if not known:
            found += [
                _Figure(Toll(low=1, high=None, quote=segment.piece(min(place, span[0]), max(end, span[1]))), is_one=True)
                for span in spans[:1]
                if is_plural(words[slice(*span)], lexicon)
            ]
            continue
        start, stop = min(place, known[0][0][0]), max(end, known[-1][0][1])
        taken += [*(span for span, _ in counted), (start, end)]  # "a boy of twelve was shot" counts nobody but the boy
        low, high, vague = _sum([value for _, value in known])
        if low > 1 and (
            also and p.either[outcome].search(words[verb_end:end]) or p.or_else.search(words[max(0, place - 40) : place].rstrip())
        ):
            low = 0
        if p.among.search(words[place:verb_end]):
            high = None
        first = words[slice(*known[0][0])]
        toll = Toll(
            low=low,
            high=high,
            quote=segment.piece(start, stop),
            of=segment.words[slice(*known[0][0])] if len(known) == 1 else None,
            word=vague,
        )
        is_one = low == high == 1 and not first[0].isdigit() and not first.casefold().startswith("one ")
        found.append(_Figure(toll, is_one, _adds(words, start, stop, p)))
    return found


def _aged(words: str, span: Span, p: _Patterns) -> Number | None:
    """One, where a phrase is a name with an age behind it: "Karim, 31,"."""
    return (1, 1, None) if words[span[0]].isupper() and " and " not in words[slice(*span)] and p.age.match(words, span[1]) else None


@lru_cache(maxsize=16)
def _prepared(words: str, language: str) -> Tokens:
    """A sentence without ages and with ranges tied, once for all outcomes."""
    return Tokens(tied(_patterns(language).age.sub(lambda match: " " * len(match.group()), words), load(language)), language)


def _adds(words: str, start: int, stop: int, p: _Patterns) -> bool:
    """Whether a figure is worded as more than those before, and no other figure of its sentence can be what it is more than."""
    worded = words[max(0, start - 12) : stop + 5]
    return bool(p.too.search(worded) or p.more.search(worded) and not p.number.search(words[:start]))


_OFTEN_LOOSE = ("injured",)
"""Outcomes of which a pronoun says too little: "he was hurt by the remark"."""


def _verbs(words: str, outcome: Outcome, p: _Patterns) -> list[tuple[int, int, bool]]:
    """Where the verbs of an outcome stand that tell of a deed, and whether their sufferers always stand on the left."""
    found = []
    for pattern, is_alone in ((p.verbs[outcome], False), (p.alone[outcome], True)):
        for match in pattern.finditer(words):
            before = words[max(0, match.start() - 30) : match.start()].rstrip()
            is_adjective = words[match.end() - 2 : match.end()] in ("ed", "ad") and p.before_adjective.search(before)
            if not is_adjective and not p.not_done.search(before):
                found.append((*match.span(), is_alone))
    return sorted(found)


def _sufferers(tokens: Tokens, verb: Span, is_alone: bool, p: _Patterns) -> list[Span]:
    """The phrases for those whom a verb of harm befell: left of a passive, right of an active form, left again where nobody follows."""
    if not is_alone and not p.passive.search(tokens.words[max(0, verb[0] - 30) : verb[0]].rstrip()):
        if behind := tokens.all_right_of(verb[1]):
            return behind
    spans = tokens.all_left_of(verb[0])
    done = [number for number, span in enumerate(spans) if p.state.search(tokens.words[slice(*span)])]
    return spans[done[-1] + 1 :] if done else spans  # "two people dead and three others injured"


def _sum(values: list[Number]) -> Number:
    low, vague = sum(value[0] for value in values), next((value[2] for value in values if value[2]), None)
    highs = [value[1] for value in values if value[1] is not None]
    return low, sum(highs) if len(highs) == len(values) else None, vague


def _by_wordings(segment: Segment, outcome: Outcome, p: _Patterns, lexicon: Lexicon, taken: list[Span]) -> list[_Figure]:
    """Counts by the fixed wordings of the lexicon ("the death toll rose to 21") that no verb took before."""
    words, found = segment.words, []
    for pattern in (p.after[outcome], p.before[outcome], p.chained[outcome]):
        for match in pattern.finditer(words):
            span = match.span("n")
            if any(span[0] < b and a < span[1] for a, b in taken):
                continue
            n, who = _part(words, match, "n") or "", _part(words, match, "who")
            value = read_number(n, lexicon)
            if p.not_done.search(words[max(0, match.start() - 30) : match.start()].rstrip()):
                continue
            if value is None or _is_no_count(words, match) or not who and (n.casefold() in _ARTICLES or p.of_people.match(words[match.start() : span[0]])):
                continue
            taken.append((span[0], match.end("who") if who else span[1]))
            low, high, vague = value
            toll = Toll(low=low, high=high, quote=segment.piece(*_trimmed(words, match)), of=who.strip() if who else None, word=vague)
            found.append(_Figure(toll, n.casefold() in _ARTICLES, _adds(words, span[0], match.end(), p)))
    return found


_ARTICLES = ("a", "an", "some", "many", "few")


def _part(words: str, match: re.Match[str], name: str) -> str | None:
    """What a named group of a match quotes."""
    start, end = match.span(name)
    return words[start:end] if start >= 0 else None


def _is_no_count(words: str, match: re.Match[str]) -> bool:
    """A year, an age, a day of the month, an hour, or a share."""
    n, after = words[match.start("n") : match.end("n")], words[match.end("n") : match.end("n") + 12]
    if re.fullmatch(r"(?:19|20)\d\d|[Nn]o [Oo]ne", n) or re.match(
        r"[ -]?(?:years?|year-old|-|%|percent|per cent|hours?|minutes?|days?|times|km|kilomet|miles|pm\b|am\b|p\.m|a\.m|missiles|drones|rockets|shells)",
        after,
    ):
        return True
    before = words[max(0, match.start("n") - 12) : match.start("n")]
    return bool(
        re.search(
            r"(?:\b[Nn]o|[Nn]ot|January|February|March|April|May|June|July|August|September|October|November|December|aged|No\.|number) ?$",
            before,
        )
    )


def _trimmed(words: str, match: re.Match[str]) -> Span:
    start, end = match.span()
    while start < end and words[start] in " ,":
        start += 1
    for lead in ("and ", "while ", "with "):
        if words[start:end].startswith(lead):
            start += len(lead)
    while end > start and words[end - 1] in " ,":
        end -= 1
    return start, end


def _total(figures: list[_Figure]) -> Toll:
    """One toll of several figures: lowest low and highest high of those that can count the same people.

    A figure under half of the largest is a part of it ("three children among them"), and so is one person told of by name.
    """
    tolls = [f.toll for f in figures]
    figures = _added(figures)
    largest = max((f.toll for f in figures), key=lambda toll: toll.low)
    many = largest.low > 1
    rival = [f.toll for f in figures if f.toll.high == 0 or 2 * f.toll.low >= largest.low and f.toll.low > 0 and not (many and f.is_one)]
    unique = list({(toll.low, toll.high): toll for toll in reversed(rival)}.values())[::-1]
    if len(unique) < 2:
        return largest if len(tolls) == 1 else replace(largest, parts=tuple(toll for toll in tolls if toll is not largest))
    low = min(toll.low for toll in unique)
    high = None if any(toll.high is None for toll in unique) else max(toll.high or 0 for toll in unique)
    return Toll(low=low, high=high, quote=largest.quote, of=largest.of, word=largest.word, parts=tuple(tolls))


def _added(figures: list[_Figure]) -> list[_Figure]:
    """The figures with those that are worded as more added to the one before them: "killed four; another two died later" is six."""
    summed: list[_Figure] = []
    for figure in figures:
        if figure.adds and summed and summed[-1].toll.low > 0 and figure.toll.low != summed[-1].toll.low:
            before, toll = summed[-1].toll, figure.toll
            high = before.high + toll.high if before.high is not None and toll.high is not None else None
            summed[-1] = _Figure(replace(before, low=before.low + toll.low, high=high, parts=(before, toll)))
        else:
            summed.append(figure)
    return summed
