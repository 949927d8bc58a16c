"""Sentences in, counts of killed, injured and detained out, as low-high with the words that give them.

The rule: a count is read only from words that count people for that outcome; only a positive statement that nobody was hurt is 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from msgspec.structs import replace

from khronika.extract.lexicon import Lexicon, Words, compile_words, load
from khronika.extract.segments import Segment
from khronika.types import Toll

_ARTICLES = ("a", "an", "some", "many", "few")
Outcome = Literal["killed", "injured", "detained"]


@dataclass(frozen=True)
class _Patterns:
    number: Words
    after: dict[str, Words]
    before: dict[str, Words]
    chained: dict[str, Words]
    none: dict[str, Words]
    not_none: Words
    one: dict[str, Words]
    object: dict[str, Words]
    prefilter: dict[str, Words]


@cache
def _patterns(language: str) -> _Patterns:
    lexicon = load(language)
    raw, people = lexicon.tolls(), lexicon.roles()["victim"]["heads"]
    words = "|".join(sorted((*raw["number"]["words"], *lexicon.vague), key=len, reverse=True))
    bound = f"(?:{raw['number']['least']}|{raw['number']['most']}|{raw['number']['about']})"
    n = rf"(?P<n>(?:{bound} )?(?:a |an )?(?:\d{{1,3}}(?:[,. ]\d{{3}})+(?!\d)|\d+(?!\.\d|[\d:%-])|(?:{words})(?:(?:[ -]|(?<=hundred) and )(?:{words}))*)(?: of)?)"
    who = rf"(?: (?P<who>(?:[\w’'&-]+ ){{0,4}}?(?:{people})\b(?: of war)?(?:,? including [^,;.]{{0,60}}?)?))"
    cue = raw["cue"]
    outcomes = ("killed", "injured", "detained")
    return _Patterns(
        number=compile_words(n),
        after={o: compile_words(rf"\b{n}(?: the (?:wounded|injured|victims)| them| those)?{who}?(?:,? (?:including|aged|in|at|from|on|near) [^,;.]{{0,40}}?,?)? ?{cue[o + '_after']}") for o in outcomes},
        before={o: compile_words(rf"\b{cue[o + '_before']} (?:(?!and |or |while )\w+ ){{0,1}}?{n}(?:{who}|\b)") for o in outcomes},
        chained={o: compile_words(rf"\b(?:and|,|while|with) (?:another |a further )?{n}(?: others?| more)?{who}? ?{cue[o + '_after']}") for o in outcomes},
        none={"killed": compile_words(cue["none_killed"]), "injured": compile_words(cue["none_injured"])},
        not_none=compile_words(cue["not_none"]),
        one={o: compile_words(rf"\b(?:the|his|her|its|their|another|[A-Z][\w’'-]+,?) (?P<who>(?:[\w’'-]+,? ){{0,8}}?)(?:was|is|has been|had been|received|suffered|sustained|died|later died)\b ?(?:\w+ )?{_single(cue[o + '_after'], o)}") for o in outcomes},
        object={o: compile_words(rf"\b{cue[o + '_before']} (?:the|his|her|its|their|(?-i:[A-Z])[\w’'-]+) (?:[\w’'-]+ ){{0,4}}?(?:{people.replace('s?|', '|').replace('people|', '')})\b") for o in outcomes},
        prefilter={
            "killed": compile_words(r"kill|dead|death|died|murder|execut|slain|eliminat|assassinat|massacr|lives|life|gunned|casualt|perish|left|leav|victim|fatal|alive|unharm|unhurt|avoid|bod(?:y|ies)"),
            "injured": compile_words(r"wound|injur|hurt|hospital|casualt|maim|harmed|alive|unharm|unhurt|avoid|victim"),
            "detained": compile_words(r"detain|arrest|abduct|kidnap|captur|hostage|prisoner|seiz|sentenc|jail|taken|imprison|convict|custody|detention"),
        },
    )  # fmt: skip


_ANOTHER = re.compile(r"\b(?:an?|one|his|her|their) (?:[\w’'-]+ ){1,4}and $", re.IGNORECASE)

_AND_ANOTHER = re.compile(r" and (?:an?|one|his|her|their) ", re.IGNORECASE)


def _is_pair(before: str, who: str | None) -> bool:
    """Whether one person of two is counted: "a woman and a boy were killed"."""
    return bool(_ANOTHER.search(before) or who and _AND_ANOTHER.search(who))


def _single(after: str, outcome: str) -> str:
    return {"killed": r"(?:killed|dead|shot dead|murdered|executed|assassinated|later)?", "injured": r"(?:\w+ ){0,4}(?:wounded|injured|hurt|injuries|wounds|in (?:the )?hospital|hospitali[sz]ed)", "detained": r"(?:\w+ )?(?:detained|arrested|abducted|kidnapped|captured|sentenced|jailed)"}[outcome]  # fmt: skip


def find_toll(segments: list[Segment], outcome: Outcome, lexicon: Lexicon) -> Toll | None:
    """The count for one outcome over the sentences of one occurrence; several figures give lowest low and highest high."""
    p = _patterns(lexicon.language)
    figures: list[Toll] = []
    for segment in segments:
        words = segment.words
        if not p.prefilter[outcome].search(words):
            continue
        figures += _in_sentence(segment, outcome, p, lexicon)
    if not figures:
        return None
    return _total(figures)


def _in_sentence(segment: Segment, outcome: Outcome, p: _Patterns, lexicon: Lexicon) -> list[Toll]:
    words = segment.words
    found: list[Toll] = []
    taken: list[tuple[int, int]] = []
    for pattern in (p.after[outcome], p.before[outcome], p.chained[outcome]):
        for match in pattern.finditer(words):
            span = match.span("n")
            if any(span[0] < b and a < span[1] for a, b in taken):
                continue
            n, who = _part(words, match, "n") or "", _part(words, match, "who")
            value = read_number(n, lexicon)
            if value is None or _is_no_count(words, match):
                continue
            if n.casefold() in _ARTICLES and not who:
                continue
            taken.append(span)
            low, high, vague = value
            if low == high == 1 and n.casefold() in _ARTICLES and _is_pair(words[: match.start("n")], who):
                low = high = 2
            if who:
                taken.append((span[0], match.end("who")))
            quote = segment.piece(*_trimmed(words, match))
            found.append(Toll(low=low, high=high, quote=quote, of=who.strip() if who else None, word=vague))
    if found:
        return found
    none = p.none.get(outcome)
    nobody = none.search(words) if none and not p.not_none.search(words) else None
    if nobody:
        return [Toll(low=0, high=0, quote=segment.piece(*nobody.span()))]
    single = p.one[outcome].search(words) or p.object[outcome].search(words)
    if single and outcome == "injured" and re.search(r"\bdied (?:of|in)\b", words):
        return []
    told = words[single.start() : single.end()] if single else ""
    if single and not re.search(r"\b(?:were|people|civilians|soldiers|dozens|hundreds)\b", told) and _says(told, outcome):
        return [Toll(low=1, high=1, quote=segment.piece(*single.span()))]
    return []


def _part(words: str, match: re.Match[str], name: str) -> str | None:
    """What a named group of a match quotes."""
    start, end = match.span(name)
    return words[start:end] if start >= 0 else None


def _says(words: str, outcome: Outcome) -> bool:
    """The singular pattern is loose; the outcome's own verb must stand in it."""
    sign = {"killed": r"killed|dead|died|murdered|executed|assassinated", "injured": r"wound|injur|hurt|hospital", "detained": r"detain|arrest|abduct|kidnap|captur|sentenc|jail"}
    return bool(re.search(sign[outcome], words, re.IGNORECASE))


def _is_no_count(words: str, match: re.Match[str]) -> bool:
    """A year, an age, a day of the month, an hour, or a share."""
    n, after = words[match.start("n") : match.end("n")], words[match.end("n") : match.end("n") + 12]
    if re.fullmatch(r"(?:19|20)\d\d|[Nn]o [Oo]ne", n) or re.match(r"[ -]?(?:years?|year-old|-|%|percent|per cent|hours?|minutes?|days?|times|km|kilomet|miles|pm\b|am\b|p\.m|a\.m|missiles|drones|rockets|shells)", after):
        return True
    before = words[max(0, match.start("n") - 12) : match.start("n")]
    return bool(re.search(r"(?:\b[Nn]o|[Nn]ot|January|February|March|April|May|June|July|August|September|October|November|December|aged|No\.|number) ?$", before))


def _trimmed(words: str, match: re.Match[str]) -> tuple[int, int]:
    start, end = match.span()
    while start < end and words[start] in " ,":
        start += 1
    for lead in ("and ", "while ", "with "):
        if words[start:end].startswith(lead):
            start += len(lead)
    while end > start and words[end - 1] in " ,":
        end -= 1
    return start, end


def read_number(words: str, lexicon: Lexicon) -> tuple[int, int | None, str | None] | None:
    """Low, high and the vague word of a number as worded ("at least 12": 12, None, None)."""
    raw = lexicon.tolls()["number"]
    text = words.casefold().strip().removesuffix(" of")
    is_open = bool(re.match(rf"(?:{raw['least']})\b", text))
    is_most = bool(re.match(rf"(?:{raw['most']})\b", text))
    text = re.sub(rf"^(?:{raw['least']}|{raw['most']}|{raw['about']}) ", "", text).strip()
    for vague in (text, text.split()[0] if text else ""):
        if vague in lexicon.vague:
            return lexicon.vague[vague], None, vague
    digits = re.sub(r"[,. ](?=\d{3})", "", text)
    if digits.isdigit():
        value: int | None = int(digits)
    else:
        value = _from_words(re.split(r"[ -]", text), raw["words"])
    if value is None or value > 2_000_000:
        return None
    return (0, value, None) if is_most else (value, None if is_open else value, None)


def _from_words(parts: list[str], numbers: dict[str, int]) -> int | None:
    total = current = 0
    seen = False
    if " ".join(parts) in numbers:
        return numbers[" ".join(parts)]
    for part in parts:
        if part not in numbers:
            continue
        seen = True
        value = numbers[part]
        if value in (100, 1000):
            current = max(current, 1) * value
            if value == 1000:
                total, current = total + current, 0
        else:
            current += value
    return total + current if seen else None


def _total(figures: list[Toll]) -> Toll:
    """One toll of several figures: lowest low and highest high of those that can count the same people.

    A figure under half of the largest is a part of it ("three children among them"), or one victim told of by name.
    """
    largest = max(figures, key=lambda f: f.low)
    rival = [f for f in figures if 2 * f.low >= largest.low and f.low > 0 or f.high == 0]
    unique = list({(f.low, f.high): f for f in reversed(rival)}.values())[::-1]
    if len(unique) < 2:
        return largest if len(figures) == 1 else replace(largest, parts=tuple(f for f in figures if f is not largest))
    low = min(f.low for f in unique)
    high = None if any(f.high is None for f in unique) else max(f.high or 0 for f in unique)
    return Toll(low=low, high=high, quote=largest.quote, of=largest.of, word=largest.word, parts=tuple(figures))
