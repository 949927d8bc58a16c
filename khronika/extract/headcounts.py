"""A phrase for people in, how many they are out: digits, number words, vague words, ranges, one person by article or by name.

The rule: a number counts as it is worded; without one only a single person counts, since "soldiers" may be any number of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from khronika.extract.lexicon import Lexicon, Words, compile_words, load

Number = tuple[int, int | None, str | None]
"""Low, high (None: open) and the vague word that gave them."""
MOST = 2_000_000
DOZEN = 12


@dataclass(frozen=True)
class Numbers:
    """Patterns of numbers; `source` is the pattern of one with the group `n`, to be built into others."""

    source: str
    at_start: Words
    ordinal: Words
    least: Words
    more: Words
    most: Words
    bound: re.Pattern[str]
    spread: Words
    ranged: re.Pattern[str]
    may_range: Words
    pair: Words
    no_people: Words
    nested: Words
    known_one: Words
    one: Words
    owned: Words
    person: re.Pattern[str]
    human: Words
    human_last: Words
    anybody: Words
    bare: Words
    nobody: Words
    name: re.Pattern[str]
    not_person: Words
    several: Words
    place: re.Pattern[str]


@cache
def numbers(language: str) -> Numbers:
    """The patterns of a language, from tolls.toml and roles.toml."""
    lexicon = load(language)
    raw, roles = lexicon.tolls()["number"], lexicon.roles()
    words = "|".join(sorted((*raw["words"], *lexicon.vague), key=len, reverse=True))
    bound = f"(?:{raw['least']}|{raw['more']}|{raw['most']}|{raw['about']})"
    plain = rf"(?:\d{{1,3}}(?:[,. ]\d{{3}})+(?!\d)|\d+(?!\.\d|[\d:%])|(?:{words})(?:(?:[ -]|(?<=hundred) and )(?:{words}))*)\b"
    spread = rf"(?:{raw['between']}) {plain} (?:{raw['to']}) {plain}|\d+ ?(?:{raw['dash']}) ?\d+\b|{plain} (?:{raw['upto']}) {plain}|{plain}/+{plain}"
    source = rf"(?P<n>(?:(?:{bound} )?(?:{spread})|(?:{bound} )?(?:a |an )?{plain}(?!-\d|-\w)(?: (?:{raw['open']}))?)(?: of)?)"
    people, target = f"{raw['kin']}|{roles['victim']['heads']}", roles["target"]
    things = "|".join(target[kind].removeprefix(r"\b") for kind in ("infrastructure", "building", "vehicle"))
    return Numbers(
        source=source,
        at_start=compile_words(rf"(?:(?:{raw['before']}) )?{source}"),
        ordinal=compile_words(rf"(?:an?|the) (?:(?P<tens>{words})-)?(?P<last>{'|'.join(raw['ordinals'])})\b|(?:an?|the) (?P<digits>\d+)(?:st|nd|rd|th)\b"),
        least=compile_words(rf"(?:{raw['least']})\b|.* (?:{raw['open']})$"),
        more=compile_words(rf"(?:{raw['more']})\b"),
        most=compile_words(rf"(?:{raw['most']})\b"),
        bound=re.compile(rf"^{bound} | (?:{raw['open']})$"),
        ranged=re.compile(rf"\b(?P<lead>(?:{raw['between']}) )(?P<low>{plain})(?P<join> (?:{raw['to']}) )(?={plain})|\b(?P<low_>{plain})(?P<join_> (?:{raw['upto']}) )(?={plain})|\b(?P<low__>\d+)(?P<join__> ?(?:{raw['dash']}) ?)(?=\d+\b)", re.IGNORECASE),
        may_range=compile_words(rf" (?:{raw['to']}|{raw['upto']}) (?:\d|{words})|\d ?(?:{raw['dash']}) ?\d"),
        pair=compile_words(rf"(?:{raw['pair']})\b"),
        spread=compile_words(rf"(?:(?:{raw['between']}) )?(?P<low>{plain})(?: (?:{raw['to']}|{raw['upto']}) |/+|(?<=\d) ?(?:{raw['dash']}) ?(?=\d))(?P<high>{plain})$"),
        no_people=compile_words(rf"^(?:{raw['no_people']})"),
        nested=compile_words(rf"{raw['body']} of (?P<size>{plain})"),
        known_one=compile_words(rf"(?:{raw['known_one']})$"),
        one=compile_words(rf"(?:{raw['one']}) "),
        owned=compile_words(rf"(?:{raw['owned']}) |(?:(?-i:[A-Z])[\w’'-]+ )?\w+['’]s "),
        person=re.compile(rf"(?:\w+ )?(?:{people})", re.IGNORECASE),
        human=compile_words(rf"\b(?:{people})\b"),
        human_last=compile_words(rf"\b(?:{people})$"),
        anybody=compile_words(rf"(?:^|\b(?:of|and) )[^,]{{0,40}}\b(?:{raw['anybody']})\b"),
        bare=compile_words(rf"(?:(?:{raw['before']}) )?(?!(?:an?|one|another)$){source}$"),
        nobody=compile_words(rf"(?:{raw['nobody']})\b"),
        name=re.compile(r"(?:^|[a-z] |[a-z.]+ )(?:(?:al|el|ad|as|ash|abu)-?)?[A-Z][\w’'-]+(?: (?:bin|al|el|abu|de|van|von)\b)? (?:(?:al|el|ad|as|ash)-)?[A-Z][\w’'.-]+$"),
        not_person=compile_words(rf"\b(?:{things}|(?:{raw['things']})$)"),
        several=compile_words(rf"\b(?:{raw['several']})$"),
        place=re.compile(r"(?:(?-i:[A-Z])[\w’'-]+ ){1,3}(?=[a-z\d])"),
    )  # fmt: skip


def tied(words: str, lexicon: Lexicon) -> str:
    """The words with each range as one token, all at their places: "between three and five" is "        three/////five" """

    def tie(match: re.Match[str]) -> str:
        low, join = match["low"] or match["low_"] or match["low__"], match["join"] or match["join_"] or match["join__"]
        return " " * len(match["lead"] or "") + low + "/" * len(join)

    p = numbers(lexicon.language)
    return p.ranged.sub(tie, words) if p.may_range.search(words) else words  # the quick look first


def read_number(words: str, lexicon: Lexicon) -> Number | None:
    """What a number as worded amounts to ("at least 12": 12, None, None)."""
    p, raw = numbers(lexicon.language), lexicon.tolls()["number"]
    text = words.casefold().strip().removesuffix(" of")
    if spread := p.spread.match(text) or p.spread.match(p.bound.sub("", text)):
        low, high = (_plain(spread[end], raw["words"]) for end in ("low", "high"))
        return (low, high, None) if low is not None and high is not None and low < high <= MOST else None
    is_open, is_more, is_most = bool(p.least.match(text)), bool(p.more.match(text)), bool(p.most.match(text))
    text = p.bound.sub("", text).strip()
    for vague in (text, text.split()[0] if text else ""):
        if vague in lexicon.vague:
            return lexicon.vague[vague], None, vague
    value = _plain(text, raw["words"])
    if value is None or value > MOST:
        return None
    if is_most:
        return 0, value, None
    return (value + 1, None, None) if is_more else (value, None if is_open else value, None)


def _plain(text: str, known: dict[str, int]) -> int | None:
    digits = re.sub(r"[,. ](?=\d{3})", "", text)
    return int(digits) if digits.isdigit() else _from_words(re.split(r"[ -]", text), known)


def _from_words(parts: list[str], known: dict[str, int]) -> int | None:
    total = current = 0
    seen = False
    if " ".join(parts) in known:
        return known[" ".join(parts)]
    for part in parts:
        if part not in known:
            continue
        seen = True
        value = known[part]
        if value in (100, 1000) or value == DOZEN and current:
            current = max(current, 1) * value
            if value == 1000:
                total, current = total + current, 0
        else:
            current += value
    return total + current if seen else None


def people_in(phrase: str, lexicon: Lexicon) -> Number | None:
    """How many people a phrase for what was hurt means; None where it says no number, or means no people."""
    p, phrase = numbers(lexicon.language), " ".join(phrase.split())
    if p.nobody.match(phrase):
        return None
    if nested := p.nested.match(phrase):
        return read_number(phrase[slice(*nested.span("size"))], lexicon)
    if p.pair.match(phrase):
        return 2, 2, None
    if p.known_one.match(phrase):
        return 1, 1, None
    told = p.at_start.match(phrase)
    place = None if told else p.place.match(phrase)
    if place and p.at_start.match(phrase[place.end() :]):  # "in Haifa | three workers"
        return people_in(phrase[place.end() :], lexicon)
    if told and not p.no_people.match(phrase[told.end("n") :]):
        words = phrase[slice(*told.span("n"))]
        if words.casefold() not in ("a", "an", "one", "another"):
            return None if _is_thing(_head(phrase), p) else read_number(words, lexicon)
    singles = sum(_is_one(part.strip(), p) for part in phrase.split(" and "))
    return (singles, singles, None) if singles else None


def place_in_count(phrase: str, lexicon: Lexicon) -> int | None:
    """Which of those who were hurt a phrase says that it means: 6 for "a sixth victim"."""
    match = numbers(lexicon.language).ordinal.match(phrase)
    if not match:
        return None
    if match["digits"]:
        return int(match["digits"])
    raw = lexicon.tolls()["number"]
    return int(raw["ordinals"][match["last"].casefold()]) + int(raw["words"].get((match["tens"] or "").casefold(), 0))


def is_plural(phrase: str, lexicon: Lexicon) -> bool:
    """Whether a phrase names people in the plural without a number and without an article: "civilians", "many camp residents"."""
    p = numbers(lexicon.language)
    head = _head(phrase)
    return _is_many(head, p) and not p.owned.match(phrase) and not p.nobody.match(phrase) and bool(p.person.fullmatch(head))


def companions_in(phrase: str, lexicon: Lexicon, numbered: bool) -> Number | None:
    """How many people a phrase means for those who shared a fate; one and more for "her children"; None for a knife or a road.

    `numbered`: whatever has a number there is people, unless its words say otherwise.
    """
    p = numbers(lexicon.language)
    is_human = p.human.search(phrase) or p.name.search(phrase) or p.pair.match(phrase) or phrase[0].isdigit() and p.one.match(phrase)
    if not is_human and not (numbered and p.at_start.match(phrase) and not p.one.match(phrase)):
        return None
    return people_in(phrase, lexicon) or ((1, None, None) if _is_many(_head(phrase), p) and not p.nobody.match(phrase) else None)


def is_anybody(phrase: str, lexicon: Lexicon) -> bool:
    """Whether a phrase names people of no kind ("nine people", "nine", "the dead"), of whom children or persons by name would be a part."""
    p = numbers(lexicon.language)
    return bool(p.anybody.search(phrase) or p.bare.match(phrase))


def is_human(phrase: str, lexicon: Lexicon) -> bool:
    """Whether a phrase has a word or a name for people in it, or is no more than a number."""
    p = numbers(lexicon.language)
    return bool(p.human.search(phrase) or p.name.search(phrase) or p.bare.match(phrase))


def _is_many(head: str, p: Numbers) -> bool:
    return head.endswith("s") and not head.endswith("ss") or bool(p.several.search(head))


def _is_thing(head: str, p: Numbers) -> bool:
    """Whether a head names a thing and does not end in a person: "a taxi", but "a taxi driver"."""
    return bool(p.not_person.search(head)) and not p.human_last.search(head)


def _head(phrase: str) -> str:
    """The part of a phrase that says what they are: before "of" and the like."""
    return re.split(r" (?:of|from|in|at|with|on|near)\b", phrase)[0]


def _is_one(phrase: str, p: Numbers) -> bool:
    head = " ".join(_head(phrase).split())
    is_named = bool(p.one.match(phrase) and p.name.search(head))  # "a hospital guard Ivan Petrov"
    if _is_thing(head, p) and not is_named or p.several.search(head):
        return False
    is_plural = head.endswith("s") and not head.endswith(("ss", "us"))
    return bool(p.one.match(phrase)) or not is_plural and bool(p.owned.match(phrase) or p.name.search(head) or p.person.fullmatch(head))
