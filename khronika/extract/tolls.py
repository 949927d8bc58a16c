"""Sentences in, counts of killed, injured and detained out, as low-high with the words that give them.

The rule: a count is read only from words that count people for that outcome; only a positive statement that nobody was hurt is 0.
Those of whom a verb tells it are counted phrase by phrase ("a nurse, two guards and a driver were killed": 4).
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from khronika import config
from khronika.extract.headcounts import (
    Number,
    companions_in,
    is_anybody,
    is_human,
    is_plural,
    numbers,
    people_in,
    place_in_count,
    read_number,
    tied,
)
from khronika.extract.lexicon import Lexicon, Words, compile_words, load
from khronika.extract.phrases import Tokens
from khronika.extract.segments import Segment
from khronika.extract.totals import Figure, total
from khronika.text import Span
from khronika.types import Toll

Outcome = Literal["killed", "injured", "detained"]
TOO_LONG = 1500
"""Characters from which on a line is no sentence; its phrases are not counted."""


_QUOTED = re.compile(r"[\"“]([^\"“”.,;:!?]{2,40})[\"”]")
_NAME = r"[A-Z][\w’'-]+(?: (?:(?:al|el|bin|abu|de|van|von)[ -])?[A-Z][\w’'-]+){1,3}"


@dataclass(frozen=True)
class _Patterns:
    cue: dict[str, Words]
    after: dict[str, Words]
    before: dict[str, Words]
    chained: dict[str, Words]
    verbs: dict[str, Words]
    alone: dict[str, Words]
    none: dict[str, Words]
    not_none: Words
    none_behind: re.Pattern[str]
    none_before: Words
    voiced: Words
    beside: Words
    sums: Words
    joined: Words
    date: re.Pattern[str]
    inserted: re.Pattern[str]
    some_of: Words
    prefilter: dict[str, Words]
    number: Words
    passive: Words
    not_done: Words
    also: Words
    either: dict[str, Words]
    or_else: Words
    either_or: Words
    state: Words
    pronoun: Words
    before_adjective: Words
    part: Words
    included: Words
    shared: Words
    title: re.Pattern[str]
    nth: Words
    more: Words
    too: Words
    of_people: Words
    among: Words
    age: re.Pattern[str]
    one: Words
    name: re.Pattern[str]
    named: re.Pattern[str]
    names: re.Pattern[str]
    article: Words
    again: Words
    explains: Words
    contrast: Words


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
        cue={o: compile_words(cue[o + "_after"]) for o in outcomes},
        after={o: compile_words(rf"\b{n}(?: the (?:wounded|injured|victims)| them| those)?{who}?(?:,? (?:including|aged|in|at|from|on|near) [^,;.]{{0,40}}?,?)? ?{cue[o + '_after']}") for o in outcomes},
        before={o: compile_words(rf"\b{cue[o + '_before']} (?:(?!(?:{cue['before_not']}) )\w+ ){{0,1}}?{n}(?:{who}|\b)") for o in outcomes},
        chained={o: compile_words(rf"\b(?:and|,|while|with) (?:another |a further )?{n}(?: others?| more)?{who}? ?{cue[o + '_after']}") for o in outcomes},
        verbs={o: compile_words(rf"(?<![\w-])(?:{verb[o]})\b") for o in outcomes},
        alone={o: compile_words(rf"(?<![\w-])(?:{verb[o + '_alone']})\b") for o in outcomes},
        none={"killed": compile_words(cue["none_killed"]), "injured": compile_words(cue["none_injured"])},
        not_none=compile_words(cue["not_none"]),
        none_behind=re.compile(cue["none_behind"], re.IGNORECASE),
        none_before=compile_words(cue["none_before"]),
        voiced=compile_words(cue["voiced"]),
        beside=compile_words(
            rf"(?:(?!\b(?:who|that|which|while)\b|\b(?:fight|serv|work|stand|liv)ing\b)[^,;.:()]){{0,60}}?,? \b(?:{cue['beside']}) | ?(?P<people>{cue['beside_people']}) "
        ),
        sums=compile_words(cue["sums"]),
        joined=compile_words(verb["joined"]),
        date=re.compile(cue["date"]),
        some_of=compile_words(cue["some_of"]),
        inserted=re.compile(cue["inserted"]),
        number=compile_words(n),
        prefilter={o: compile_words(raw["prefilter"][o]) for o in outcomes},
        passive=compile_words(frames["passive"]),
        not_done=compile_words(rf"\b(?:{verb['not_done']})$"),
        also=compile_words(verb["also"]),
        either_or=compile_words(verb["or"]),
        or_else=compile_words(verb["or_else"]),
        either={o: compile_words(verb["either"][o]) for o in outcomes},
        state=compile_words(rf"\b(?:{verb['state']})$"),
        pronoun=compile_words(rf"\b(?:{verb['pronoun']})$"),
        before_adjective=compile_words(frames["before_adjective"]),
        part=compile_words(rf"\b(?:{cue['part']})$"),
        included=compile_words(cue["included"]),
        shared=compile_words(rf"\b{verb['shared']}$"),
        title=re.compile(rf"\b{cue['title']}(?= )"),
        nth=compile_words(rf"\b(?:{numbers(language).ordinal.pattern}) {cue['nth']}\b"),
        more=compile_words(cue["more"]),
        too=compile_words(cue["too"]),
        of_people=compile_words(cue["of_people"]),
        among=compile_words(cue["among"]),
        age=re.compile(cue["age"]),
        one=compile_words(rf"\b{cue['one']}\b"),
        name=re.compile(_NAME),
        named=re.compile(rf"(?!(?:An?|The) )(?:[\w-]+ )*{_NAME}$"),
        article=compile_words(rf"(?:{cue['article']}) "),
        again=compile_words(cue["again"]),
        explains=compile_words(cue["explains"]),
        contrast=compile_words(cue["contrast"]),
        names=re.compile(rf"(?:^|[.:;–-] )(?P<names>(?:{_NAME} *, )+)(?:and )?$"),
    )  # fmt: skip


def find_toll(segments: list[Segment], outcome: Outcome, lexicon: Lexicon) -> Toll | None:
    """The count for one outcome over the sentences of one occurrence; several figures give lowest low and highest high."""
    figures = [figure for segment in segments for figure in _in_sentence(segment, outcome, lexicon)]
    return total(figures) if figures else None


def least_of_some(segment: Segment, lexicon: Lexicon) -> int:
    """How many dead a sentence counts that can be some of more told before: women, relatives, one by name ("his wife also died"); 0 for none and for a toll."""
    figures = _in_sentence(segment, "killed", lexicon)
    if any(f.of_anybody and not f.is_one and not f.is_part or f.is_one and f.toll.high is None for f in figures):
        return 0
    return max((f.toll.low for f in figures), default=0)


@lru_cache(maxsize=256)
def _in_sentence(segment: Segment, outcome: Outcome, lexicon: Lexicon) -> tuple[Figure, ...]:
    """The figures of a sentence; kept, since joining asks for them before they are summed."""
    p = _patterns(lexicon.language)
    if not p.prefilter[outcome].search(segment.words):
        return ()
    taken: list[Span] = []
    found = _by_verbs(segment, outcome, p, lexicon, taken) if len(segment.words) < TOO_LONG else []
    found += _by_wordings(segment, outcome, p, lexicon, taken)
    if not found:
        return _nobody(segment, outcome, p)
    is_sum, is_voiced = bool(p.sums.search(segment.words)), bool(p.contrast.search(segment.words))
    if not is_sum and not is_voiced:
        return tuple(found)
    return tuple(dataclasses.replace(f, is_sum=is_sum and not f.is_one and not f.is_part, is_voiced=is_voiced) for f in found)


def _nobody(segment: Segment, outcome: Outcome, p: _Patterns) -> tuple[Figure, ...]:
    """A zero, where a sentence says that nobody at all was hurt, and not only of some or as far as is known."""
    words, none = segment.words, p.none.get(outcome)
    if none is None or p.not_none.search(words):
        return ()
    for match in none.finditer(words):
        if not p.none_behind.match(words[match.end() :]) and not p.none_before.search(words[max(0, match.start() - 40) : match.start()].rstrip()):
            return (Figure(Toll(low=0, high=0, quote=segment.piece(*match.span())), is_voiced=bool(p.voiced.search(words))),)
    return ()


def _by_verbs(segment: Segment, outcome: Outcome, p: _Patterns, lexicon: Lexicon, taken: list[Span]) -> list[Figure]:
    """Counts of those who stand where a verb has its sufferers, and of those beside them; their places are added to `taken`."""
    tokens, found = _prepared(segment.words, lexicon.language), []
    words = tokens.words
    for place, verb_end, is_alone in _verbs(words, outcome, p):
        also = p.also.match(words[verb_end:])  # "killed and wounded twelve"
        end = verb_end + also.end() if also else verb_end
        joined = p.joined.search(words[max(0, place - 20) : place])
        spans = _sufferers(tokens, (place, end), is_alone, p)
        if joined and not spans:  # "twelve were killed and wounded"
            place -= len(joined.group())
            spans = _sufferers(tokens, (place, end), True, p)
        spans = [span for span in spans if not any(span[0] < b and a < span[1] for a, b in taken)]
        counted = [(span, people_in(words[slice(*span)], lexicon) or _aged(segment.words, span, p)) for span in spans]
        known = [
            (span, value)
            for span, value in counted
            if value is not None and not p.part.search(words[max(0, span[0] - 20) : span[0]].rstrip())
        ]
        if (things := p.of_people.match(words[place:verb_end])) and place + things.end() == verb_end:  # "the loss of one aircraft"
            known = [(span, value) for span, value in known if is_human(words[slice(*span)], lexicon)]
        known = _without_appositions(words, _named_before(words, known, p) + known, p)
        known = _without_included(tokens, known, p, lexicon)
        if not spans and (one := p.pronoun.search(words[max(0, place - 40) : place].rstrip())) and outcome not in _OFTEN_LOOSE:
            known = [((place - len(one.group()) - 1, place - 1), (1, 1, None))]
        if not known:
            found += [
                Figure(Toll(low=1, high=None, quote=segment.piece(min(place, span[0]), max(end, span[1]))), is_one=True)
                for span in spans[:1]
                if is_plural(words[slice(*span)], lexicon) and not p.part.search(words[max(0, span[0] - 20) : span[0]].rstrip())
            ]
            continue
        known += _beside(tokens, max(end, known[-1][0][1]), p, lexicon)
        start, stop = min(place, known[0][0][0]), max(end, known[-1][0][1])
        taken += [*(span for span, _ in counted), *(span for span, _ in known), (start, end)]  # "a boy of twelve was shot" counts nobody but the boy
        low, high, vague = _sum([value for _, value in known])
        shared = joined.group() if joined else words[verb_end:end] if also and p.either[outcome].search(words[verb_end:end]) else ""
        if low > 1 and (shared or p.or_else.search(words[max(0, place - 40) : place].rstrip())):
            low = 1 if shared and not p.either_or.search(shared) else 0
        phrases = [words[slice(*span)] for span, _ in known]
        is_among = bool(p.among.search(words[place:verb_end]))
        if is_among:
            high = None
        toll = Toll(
            low=low,
            high=high,
            quote=segment.piece(start, stop),
            of=segment.words[slice(*known[0][0])] if len(known) == 1 else None,
            word=vague,
        )
        is_one = low == high == 1 and not phrases[0][0].isdigit() and not p.one.search(phrases[0])
        of_anybody = any(is_anybody(phrase, lexicon) for phrase in phrases)
        is_again = len(known) == 1 and bool(p.again.match(phrases[0]))
        nth = place_in_count(phrases[0], lexicon) if len(known) == 1 else None
        found.append(Figure(toll, is_one, _adds(words, (start, stop), max(start, known[0][0][1]), p), is_among or is_again, of_anybody, nth=nth))
    return found


_Known = tuple[Span, Number]


def _named_before(words: str, known: list[_Known], p: _Patterns) -> list[_Known]:
    """Those named before the first of some by name: "Omar Saleh, Ali Nasr and Hani Zaid"."""
    if not known or not words[known[0][0][0]].isupper():
        return []
    names = p.names.search(words[: known[0][0][0]])
    return [(match.span(), (1, 1, None)) for match in p.name.finditer(words, names.start("names"), names.end("names"))] if names else []


def _without_included(tokens: Tokens, known: list[_Known], p: _Patterns, lexicon: Lexicon) -> list[_Known]:
    """Instead of a list those of whom it is said to be a part: "20 relatives, including eight women and four men were killed"."""
    words = tokens.words
    match = p.included.search(words[: known[0][0][0]]) if known else None
    span = tokens.left_of(match.start()) if match else None
    value = people_in(words[slice(*span)], lexicon) if span else None
    if span is None or value is None:
        return known
    if any(verbs.search(words[: span[0]]) for verbs in p.verbs.values()):
        return known[-1:]  # "it killed eight people, including two women, and a guard was hurt"
    return [(span, value)] if value[0] >= _sum([value for _, value in known])[0] else known


def _without_appositions(words: str, known: list[_Known], p: _Patterns) -> list[_Known]:
    """The phrases without those that say after a comma what the one before them is: "Omar Saleh, a baker,", "a baker, Omar Saleh,", "their sons, a boy of 2 and a boy of 5"."""
    kept: list[_Known] = []
    for span, value in known:
        is_behind_comma = bool(kept) and words[kept[-1][0][1] : span[0]].strip() == ","
        phrases = (words[slice(*kept[-1][0])], words[slice(*span)]) if kept else ("", "")
        is_same = any(p.named.match(one) and p.article.match(other) for one, other in (phrases, phrases[::-1]))
        if not (is_behind_comma and is_same):
            kept.append((span, value))
    for at in range(len(kept) - 2):  # whom the last of a list names: "his two brothers, Ali and Omar Nasr"
        if words[kept[at][0][1] : kept[at + 1][0][0]].strip() == "," and _sum([value for _, value in kept[at + 1 :]]) == kept[at][1]:
            return kept[: at + 1]
    return kept


def _beside(tokens: Tokens, place: int, p: _Patterns, lexicon: Lexicon) -> list[_Known]:
    """Those who shared the fate of the ones told of up to a place: "alongside her two sons"."""
    words = tokens.words
    match = p.beside.match(words[place:])
    if not match:
        return []
    spans = [span for span in tokens.all_right_of(place + match.end()) if not p.state.search(words[slice(*span)])]  # "with three others injured"
    found = [(span, value) for span in spans if (value := companions_in(words[slice(*span)], lexicon, numbered=match["people"] is None))]
    if len(found) > 1 and found[0][1] == (1, None, None):  # "her sons, 15-year-old Adam and 8-year-old Yunus"
        found = found[1:]
    return _without_appositions(words, found, p)


def _aged(words: str, span: Span, p: _Patterns) -> Number | None:
    """One, where a phrase is a name with an age behind it: "Karim, 31,"."""
    return (1, 1, None) if words[span[0]].isupper() and " and " not in words[slice(*span)] and p.age.match(words, span[1]) else None


@lru_cache(maxsize=16)
def _prepared(words: str, language: str) -> Tokens:
    """A sentence without years, insertions and ages and with ranges tied, once for all outcomes."""
    ages = _patterns(language).age
    return Tokens(tied(ages.sub(_blank, _cleared(words, language)), load(language)), language)


@lru_cache(maxsize=16)
def _cleared(words: str, language: str) -> str:
    """A sentence with blanks for its years, the quotation marks around a few words, for what is set in between those told of and the verb, and for how many of the dead were something else."""
    p = _patterns(language)
    words = _QUOTED.sub(r" \1 ", p.title.sub(lambda match: match.group()[:-1] + " ", words))
    words = p.inserted.sub(_blank, p.date.sub(_blank, words))
    if some := p.some_of.search(words):
        start = words.rfind(" ", 0, some.start()) + 1
        words = words[:start] + " " * (some.end() - start) + words[some.end() :]
    return words


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _adds(words: str, figure: Span, first_end: int, p: _Patterns) -> bool:
    """Whether a figure, whose first phrase ends at a place, is worded as more than those before, and no other of its sentence can be what it is more than."""
    start = max(0, figure[0] - 12)
    is_more = p.more.search(words[start : first_end + 5]) and not p.number.search(words[: figure[0]])
    return bool(is_more or p.too.search(words[start : figure[1] + 5]))


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
    shared = p.shared.search(tokens.words[max(0, verb[0] - 60) : verb[0]])
    spans = tokens.all_left_of(verb[0] - len(shared.group()) if shared else verb[0])
    done = [number for number, span in enumerate(spans) if p.state.search(tokens.words[slice(*span)])]
    if len(spans) > 1 and p.explains.search(tokens.words[: spans[0][0]].rstrip()) and tokens.lower[tokens.index_at(spans[-1][0]) - 2] == ",":
        return spans[-1:]  # "two people were killed, a woman and a boy, and three wounded"
    return spans[done[-1] + 1 :] if done else spans  # "two people dead and three others injured"


def _sum(values: list[Number]) -> Number:
    low, vague = sum(value[0] for value in values), next((value[2] for value in values if value[2]), None)
    highs = [value[1] for value in values if value[1] is not None]
    return low, sum(highs) if len(highs) == len(values) else None, vague


def _by_wordings(segment: Segment, outcome: Outcome, p: _Patterns, lexicon: Lexicon, taken: list[Span]) -> list[Figure]:
    """Counts by the fixed wordings of the lexicon ("the death toll rose to 21") that no verb took before."""
    words, found = _cleared(segment.words, lexicon.language), []
    has_cue = p.cue[outcome].search(words)  # without it only one of the three can match, and they are slow
    for pattern in (p.after[outcome], p.before[outcome], p.chained[outcome]) if has_cue else (p.before[outcome],):
        for match in pattern.finditer(words):
            span = match.span("n")
            if any(span[0] < b and a < span[1] for a, b in taken):
                continue
            n, who = _part(words, match, "n") or "", _part(words, match, "who")
            value = read_number(n, lexicon)
            if p.not_done.search(words[max(0, match.start() - 30) : match.start()].rstrip()):
                continue
            if value is None or _is_no_count(words, match, p, lexicon.language) or not who and (n.casefold() in _ARTICLES or p.of_people.match(words[match.start() : span[0]])):
                continue
            taken.append((span[0], match.end("who") if who else span[1]))
            low, high, vague = value
            toll = Toll(low=low, high=high, quote=segment.piece(*_trimmed(words, match)), of=who.strip() if who else None, word=vague)
            found.append(Figure(toll, n.casefold() in _ARTICLES, _adds(words, (span[0], match.end()), match.end(), p), n.endswith(" of"), of_anybody=not who or is_anybody(who, lexicon)))
    for match in p.nth.finditer(words) if outcome == "killed" else ():
        if not any(match.start() < b and a < match.end() for a, b in taken):
            one = Toll(low=1, high=1, quote=segment.piece(*match.span()))
            found.append(Figure(one, is_one=True, nth=place_in_count(words[slice(*match.span())], lexicon)))
    return found


_ARTICLES = ("a", "an", "some", "many", "few")


def _part(words: str, match: re.Match[str], name: str) -> str | None:
    """What a named group of a match quotes."""
    start, end = match.span(name)
    return words[start:end] if start >= 0 else None


def _is_no_count(words: str, match: re.Match[str], p: _Patterns, language: str) -> bool:
    """A year, an age, an hour, a share, or some of those told of."""
    n, after = words[match.start("n") : match.end("n")], words[match.end("n") : match.end("n") + 14]
    if re.fullmatch(r"(?:19|20)\d\d", n) or numbers(language).no_people.match(after):
        return True
    before = words[max(0, match.start("n") - 12) : match.start("n")]
    if p.part.search(before.rstrip()):
        return True
    return bool(re.search(r"(?:\b[Nn]o|[Nn]ot|aged|No\.|number) ?$", before))


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
