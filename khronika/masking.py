"""Words and the private names of their texts in, the same words with every person's name masked out.

The rule: a name goes in any form (whole, surname alone, inflected, capitals), and a capitalised run that is no known title, place, body or public figure goes too.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from khronika import config
from khronika.casing import is_caseless, is_common, large, names_raised
from khronika.text import fold

Stems = frozenset[str]
Phrases = dict[str, list[tuple[Stems, ...]]]
"""Phrases by each stem of their first word."""

_TOKEN = re.compile(r"[^\W_]+(?:['’ʼ`][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’ʼ`][sS]$")
_GAP = re.compile(r"[  \t\n]+|[-‐-—]|\.[  ]?|[  ]+[\"“”«»(][  ]*|\"?[  ]")
_AFTER_STOP = re.compile(r"(?:^|[.!?…:;\n]\s*|\s[—–-]\s*)[\"'“”«»(\[*]*\s*$")


_ADDRESS = re.compile(r"(?:https?://|www\.|t\.me/)\S+|[\w.+-]+@[\w.-]+\w|[@#]\w+", re.IGNORECASE)
"""Addresses, accounts and tags: people are named in them in small letters."""


class Token(NamedTuple):
    """One word of a string, possessive left outside."""

    start: int
    end: int
    word: str
    folded: str
    stems: Stems
    first: bool
    """It begins a sentence, so that its capital says nothing."""

    @property
    def is_capital(self) -> bool:
        return self.word[0].isupper()


class _Vocabulary(NamedTuple):
    """Capitalised words that are no person's name."""

    plain: frozenset[str]
    openers: frozenset[str]
    weak: frozenset[str]
    """Words that are names too ("May", "Grace")."""
    given: frozenset[str]
    particles: frozenset[str]
    endings: tuple[str, ...]
    surname: re.Pattern[str]
    before_place: re.Pattern[str]
    behind_place: re.Pattern[str]
    locative: re.Pattern[str]
    acting: re.Pattern[str]


class Masker:
    """Masks with one word list and one allow-list; the private names come with each call."""

    def __init__(self, rules: dict[str, Any], public_names: Iterable[str]) -> None:
        self._known = _vocabulary()
        self._places, self._actors = _places(), _actors()
        self._plain = self._known.plain | {fold(word) for word in rules["plain"]["words"]}
        self._public = [seq for name in public_names if (seq := _sequence(name))]
        self._public_by = _index(self._public)
        self._public_last = frozenset(stem for seq in self._public for stem in seq[-1] if len(stem) > 2)
        self._names = lru_cache(256)(self._prepare)

    def is_public(self, name: str) -> bool:
        """Whether a name is on the allow-list, whole or by a surname alone."""
        seq = _sequence(name)
        if len(seq) == 1:
            return bool(seq[0] & self._public_last)
        return any(len(public) == len(seq) and all(a & b for a, b in zip(public, seq, strict=True)) for public in self._public)

    def mask(self, words: str, names: Collection[str], word: str, strict: bool = False, closed: bool = True) -> str:
        """The words with names replaced by `word`.

        Args:
            strict: a lone capitalised word that is not known goes too (phrases that name a participant or speaker).
            closed: False masks only the names given.
        """
        if closed:
            words = _ADDRESS.sub(word, words)
        if not words.isascii():
            words = _without_marks(words)
        given, names = _with_capitals(words, frozenset(names))
        if given.isascii() and given == given.lower() and not any(name in given for name in _lowered(names)):
            return words
        tokens = _tokens(given)
        return _replace(words, tokens, self._gone(given, tokens, names, strict, closed), word)

    def spans(self, words: str, names: Collection[str]) -> list[tuple[int, int]]:
        """Where names stand in a text, closed and not strict as in `mask`, start and end in code points."""
        addresses = [match.span() for match in _ADDRESS.finditer(words)]
        letters = list(words)
        for start, end in addresses:
            letters[start:end] = "·" * (end - start)
        kept = [at for at, letter in enumerate(letters) if unicodedata.category(letter) != "Cf"]
        plain, names = _with_capitals("".join(letters[at] for at in kept), frozenset(names))
        tokens = _tokens(plain)
        gone = sorted(self._gone(plain, tokens, names, False, True))
        return sorted([*addresses, *((kept[tokens[at].start], kept[tokens[at].end - 1] + 1) for at in gone)])

    def is_given(self, word: str) -> bool:
        """Whether a folded word is a listed first name and nothing else."""
        return word in self._known.given and word not in self._known.weak and len(word) > 3

    def _gone(self, words: str, tokens: Sequence[Token], names: Collection[str], strict: bool, closed: bool) -> set[int]:
        private, singles, claimed = self._names(frozenset(names))
        safe = self._safe(words, tokens, singles, claimed)
        gone = self._by_name(words, tokens, private, singles, safe)
        return gone | self._by_shape(words, tokens, safe, strict) if closed else gone

    def _prepare(self, names: frozenset[str]) -> tuple[Phrases, Stems, Stems]:
        """Private names as phrases, their words that go alone too, and the public surnames that a private person bears."""
        private = [(name, _sequence(name)) for name in names]
        private = [(name, seq) for name, seq in private if seq and not self.is_public(name)]
        singles: set[str] = set()
        claimed: set[str] = set()
        for name, seq in private:
            tokens = _tokens(name)
            for at, (token, stems) in enumerate(zip(tokens, seq, strict=True)):
                if len(seq) > 1 and at == len(seq) - 1:
                    claimed |= stems & self._public_last
                is_word = token.folded in self._plain or token.folded in self._known.particles or (stems,) in self._places.get(token.folded, ())
                if token.word[0].islower() or len(token.word) < 2 or is_word or (stems & self._public_last):
                    continue
                singles |= stems
        return _index([seq for _, seq in private]), frozenset(singles), frozenset(claimed)

    def _safe(self, words: str, tokens: Sequence[Token], singles: Stems, claimed: Stems) -> set[int]:
        """Words of public figures, and of registered bodies and places unless a private person bears that word."""
        safe = {at for at, end in _found(words, tokens, self._public_by) for at in range(at, end) if end - at >= 1}
        safe -= {at for at in safe if self._is_alone(words, tokens, at, safe) and not self._is_bare(words, tokens, at, claimed)}
        for at, token in enumerate(tokens):
            if token.is_capital and token.stems & self._public_last and self._is_bare(words, tokens, at, claimed):
                safe.add(at)
        for table in (self._actors, self._places):
            for start, end in _found(words, tokens, table):
                if end - start > 1 or not (tokens[start].stems & singles):
                    safe.update(range(start, end))
        return safe

    def _is_alone(self, words: str, tokens: Sequence[Token], at: int, safe: set[int]) -> bool:
        return not any(other in safe and _joined(words, tokens, min(at, other)) for other in (at - 1, at + 1) if 0 <= other < len(tokens))

    def _is_bare(self, words: str, tokens: Sequence[Token], at: int, claimed: Stems) -> bool:
        """Whether a public surname stands alone: no other first name beside it, and no private person in the text who bears it."""
        if tokens[at].stems & claimed or not tokens[at].is_capital:
            return False
        before = tokens[at - 1] if at and _joined(words, tokens, at - 1) else None
        after = tokens[at + 1] if at + 1 < len(tokens) and _joined(words, tokens, at) else None
        if before and before.is_capital and not self._is_known(before):
            return False
        return not (after and after.is_capital and after.folded in self._known.given)

    def _is_known(self, token: Token) -> bool:
        return token.folded in self._plain or (_stems(token.folded),) in self._places.get(token.folded, ())

    def _by_name(self, words: str, tokens: Sequence[Token], private: Phrases, singles: Stems, safe: set[int]) -> set[int]:
        gone = {at for at, token in enumerate(tokens) if at not in safe and not token.word[0].islower() and token.stems & singles}
        for start, end in _found(words, tokens, private, in_small=True):
            if end - start > 1 or start not in safe:
                gone.update(range(start, end))
        for at in sorted(gone):
            for other in (at - 1, at + 1):  # initials
                if 0 <= other < len(tokens) and len(tokens[other].word) == 1 and tokens[other].is_capital and _joined(words, tokens, min(at, other)):
                    gone.add(other)
        return gone

    def _by_shape(self, words: str, tokens: Sequence[Token], safe: set[int], strict: bool) -> set[int]:
        gone: set[int] = set()
        shouted = words.isupper() and len(words) > 6
        for run in self._runs(words, tokens):
            while run and tokens[run[0]].folded in self._known.openers:
                run = run[1:]
            if len(run) > 1 and tokens[run[0]].first and run[1] in safe and run[0] not in safe and not self._looks_personal(tokens[run[0]]):
                run = run[1:]  # "Yesterday Kyiv": a capital of the sentence, not of a name
            unknown = [at for at in run if at not in safe and not self._passes(tokens[at], shouted)]
            if not unknown or self._names_a_place(words, tokens[run[0]].start, tokens[unknown[-1]].end, [tokens[at] for at in run]):
                continue
            if len(run) == 1 and not strict and not self._looks_personal(tokens[run[0]]) and self._stands_for_a_place(words, tokens[run[0]]):
                continue
            if len(run) == 1 and strict and self._begins(tokens, run[0]):
                continue
            first, last = run.index(unknown[0]), len(run)
            while first and (tokens[run[first - 1]].folded in self._known.given or len(tokens[run[first - 1]].word) == 1) and run[first - 1] not in safe:
                first -= 1
            while last - 1 > run.index(unknown[-1]) and (run[last - 1] in safe or self._is_trailing(tokens[run[last - 1]])):
                last -= 1
            gone.update(run[first:last])
        return gone

    def _runs(self, words: str, tokens: Sequence[Token]) -> Iterable[list[int]]:
        run: list[int] = []
        for at, token in enumerate(tokens):
            particle = bool(run) and token.folded in self._known.particles and any(after.is_capital for after in tokens[at + 1 : at + 3])
            if run and not (_joined(words, tokens, at - 1) and (token.is_capital or particle)) or run and token.first and len(tokens[at - 1].word) > 3:
                yield run
                run = []
            if token.is_capital or run and particle:
                run.append(at)
        if run:
            yield run

    def _passes(self, token: Token, shouted: bool) -> bool:
        """Whether a capitalised word is surely no name: listed, a figure, or a short abbreviation."""
        abbreviation = token.word.isupper() and len(token.word) <= 5 and not shouted and token.folded not in self._known.given
        return self._is_known(token) or token.folded in self._known.particles or abbreviation or any(c.isdigit() for c in token.word)

    def _names_a_place(self, words: str, start: int, end: int, run: Sequence[Token]) -> bool:
        """Whether a run without a given name is led by "village of" and the like, or followed by "region", "bridge" and the like."""
        if any(token.folded in self._known.given for token in run):
            return False
        return bool(self._known.before_place.search(words[max(0, start - 30) : start]) or self._known.behind_place.match(words[end : end + 20]))

    def _stands_for_a_place(self, words: str, token: Token) -> bool:
        """Whether a lone unknown capital in a sentence is the sentence's own (nothing is had, said or aged by it), or stands behind "in" and the like."""
        if token.first:
            return not self._known.acting.match(words[token.end : token.end + 20])
        return self._known.locative.search(words[max(0, token.start - 12) : token.start]) is not None

    def _is_trailing(self, token: Token) -> bool:
        return token.folded in self._plain and token.folded not in self._known.given | self._known.weak

    def _looks_personal(self, token: Token) -> bool:
        if token.stems & self._known.given and (not token.first or token.folded not in self._known.weak):
            return True
        return bool(self._known.surname.search(token.folded)) or not token.folded.isascii() and not token.first

    def _begins(self, tokens: Sequence[Token], at: int) -> bool:
        """Whether a lone capital is that of a phrase's first word, and the word looks like no name ("Residents of the town")."""
        token = tokens[at]
        following = tokens[at + 1].word if at + 1 < len(tokens) else ""
        plural = token.folded.isascii() and (token.folded.endswith("s") or token.folded in self._known.openers)
        return token.first and plural and following[:1].islower() and not self._looks_personal(token) and token.folded not in self._known.given


def _tokens(words: str) -> list[Token]:
    found = []
    for match in _TOKEN.finditer(words):
        start, end = match.span()
        word = match.group()
        if not word.isalnum() and (possessive := _POSSESSIVE.search(word)):
            end -= len(possessive.group())
            word = words[start:end]
        if word:
            inside = start > 1 and words[start - 1] == " " and words[start - 2].isalnum()  # what most words are
            folded = _folded(word)
            found.append(Token(start, end, word, folded, _stems(folded), not inside and bool(_AFTER_STOP.search(words[max(0, start - 12) : start]))))
    return found


def _with_capitals(words: str, names: frozenset[str]) -> tuple[str, frozenset[str]]:
    """Names that a text has in small letters get capitals, and so do the names in its words, letter for letter in the same places.

    A name's word that is a common one too ("hope") gets one beside another word of a name only.
    """
    small, names = _small_names(names)
    if not small:
        return words, names
    letters = list(names_raised(words) if words.isascii() and (words == words.lower() or is_caseless(words)) else words)
    tokens = _tokens(words)
    is_of_name = [not small.isdisjoint(token.stems) for token in tokens]
    for at, token in enumerate(tokens):
        if is_of_name[at] and (not is_common(token.folded) or any(is_of_name[max(0, at - 1) : at] + is_of_name[at + 1 : at + 2])):
            letters[token.start] = large(letters[token.start])
    return "".join(letters), names


@lru_cache(256)
def _small_names(names: frozenset[str]) -> tuple[Stems, frozenset[str]]:
    """The words of names that are in small letters, particles left out, and all names with capitals."""
    found: set[str] = set()
    raised: set[str] = set()
    for name in names:
        letters = list(name)
        for token in _tokens(name):
            if token.word[0].islower() and len(token.word) > 2 and token.folded not in _vocabulary().particles:
                found |= token.stems
                letters[token.start] = large(letters[token.start])
        raised.add("".join(letters))
    return (frozenset(found), frozenset(raised)) if found else (frozenset(), names)


@lru_cache(256)
def _lowered(names: frozenset[str]) -> tuple[str, ...]:
    """Names of several words in small letters, as a headline may have them."""
    return tuple(name.lower() for name in names if " " in name)


def _without_marks(words: str) -> str:
    """The words without invisible marks, which would split a name."""
    marks = {c for c in words if c > "\x7f" and unicodedata.category(c) == "Cf"}
    return "".join(c for c in words if c not in marks) if marks else words


@lru_cache(100_000)
def _folded(word: str) -> str:
    return re.sub("[’ʼ`]", "'", fold(word))


def _joined(words: str, tokens: Sequence[Token], at: int) -> bool:
    """Whether a word and the one after it stand in one run: a blank, a hyphen or an initial's dot between them."""
    gap = words[tokens[at].end : tokens[at + 1].start]
    if gap.startswith(".") and len(tokens[at].word) > 4:
        return False
    return bool(_GAP.fullmatch(gap))


def _sequence(name: str) -> tuple[Stems, ...]:
    return tuple(token.stems for token in _tokens(name))


def _index(sequences: Iterable[tuple[Stems, ...]]) -> Phrases:
    found: Phrases = defaultdict(list)
    for seq in sequences:
        for stem in seq[0]:
            found[stem].append(seq)
    return dict(found)


def _found(words: str, tokens: Sequence[Token], phrases: Phrases, in_small: bool = False) -> Iterable[tuple[int, int]]:
    """Where phrases stand, first and last-plus-one word; in small letters throughout only where asked for, and several words of them."""
    heads = phrases.keys()
    for at, token in enumerate(tokens):
        if heads.isdisjoint(token.stems):
            continue
        for stem in token.stems:
            for seq in phrases.get(stem, ()):
                end = at + len(seq)
                if len(seq) > 1 and (end > len(tokens) or seq[1].isdisjoint(tokens[at + 1].stems)):
                    continue
                if not (in_small and len(seq) > 1) and all(token.word[0].islower() for token in tokens[at:end]):
                    continue
                if all(part & tokens[at + i].stems for i, part in enumerate(seq)) and all(_joined(words, tokens, i) for i in range(at, end - 1)):
                    yield at, end


def _replace(words: str, tokens: Sequence[Token], gone: set[int], word: str) -> str:
    pieces: list[str] = []
    at, last = 0, -2
    for index in sorted(gone):
        token = tokens[index]
        if not (index == last + 1 and pieces and _joined(words, tokens, last)):
            pieces += [words[at : token.start], word]
        at, last = token.end, index
        if words[at : at + 1] == "." and len(token.word) == 1 and index + 1 not in gone:
            at += 1
    return "".join([*pieces, words[at:]])


@lru_cache(100_000)
def _stems(word: str) -> Stems:
    """What a folded word may be a form of: itself, and itself without each ending that fits (Slavic cases, English plural)."""
    found = {word}
    if word.isascii():
        if len(word) > 3 and word.endswith("s"):
            found.add(word[:-1])
        return frozenset(found)
    for ending in _vocabulary().endings:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            found.add(word[: -len(ending)])
    if len(word) > 4 and word[-2:] in ("ец", "ок", "ек") or word.endswith("ець") and len(word) > 4:
        found.add(word.removesuffix("ь")[:-2] + word.removesuffix("ь")[-1])  # the vowel that flees: "Кравець", "Кравця"
    if word[-1] in "іе" and len(word) > 3 and word[-2] in "зцс":
        found.add(word[:-2] + {"з": "г", "ц": "к", "с": "х"}[word[-2]])
    return frozenset(found)


@cache
def _vocabulary() -> _Vocabulary:
    rules, lexicon = config.data("policy.toml"), config.data("lexicon/en/persons.toml")
    listed, place = lexicon["words"], config.data("place/en.toml")
    given = {fold(name) for group in lexicon["given"].values() for name in group.split()} | {fold(name) for name in rules["forms"]["given"].split()}
    openers = frozenset(fold(word) for word in rules["plain"]["openers"].split())
    plain = {fold(word) for word in f"{listed['never']} {lexicon['titles']['capital']} {place['organisation']} {place['site_words']} {place['compass']}".split()}
    plain |= openers | {fold(word) for key in ("words", "titles", "cyrillic") for word in _split(rules["plain"][key])}
    endings = tuple(sorted({fold(ending) for ending in rules["forms"]["endings"].split()}, key=len, reverse=True))
    surname = re.compile(r"[\w']{2,}(?:" + "|".join(fold(ending) for ending in rules["forms"]["surnames"].split()) + ")$")
    before = re.compile(rf"\b(?:{'|'.join(rules['plain']['before_place'].split())}) (?:of |called )?$")
    behind = re.compile(rf" (?:[a-z]+-)?(?:{'|'.join(rules['plain']['behind_place'].split())})\b", re.IGNORECASE)
    locative = re.compile(rf"\b(?:{'|'.join(rules['plain']['locative'].split())}) (?:the )?$", re.IGNORECASE)
    acting = re.compile(rf"['’]s |,? \(?\d{{1,2}}\b|,? (?:{'|'.join(listed['speech'].split())})\b")
    return _Vocabulary(frozenset(plain), openers, frozenset(listed["weak"].split()), frozenset(given), frozenset(listed["particles"].split()), endings, surname, before, behind, locative, acting)


@cache
def _places() -> Phrases:
    """Countries, their peoples, first-level regions and areas; no word that is a given name."""
    names = {name for pair in config.data("demonyms.toml")["country"].values() for part in pair for name in (part.split("|") if isinstance(part, str) else part)}
    names |= set(config.data("place/countries.toml")["english"].values()) | set(config.data("lexicon/en/persons.toml")["places"]["words"].split())
    names |= {name for area in config.data("place/areas.toml")["area"] for name in (area["name"], *area.get("names", ()))}
    namesakes = set(config.data("place/countries.toml")["namesakes"])
    for line in (config.DATA / "place/regions.tsv").read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if len(cells) > 4 and cells[2] == "1" and cells[0] not in namesakes:
            names |= {cells[3], *cells[4].split("|")}
    sequences = {seq for name in names if (seq := _sequence(name)) and not (len(seq) == 1 and seq[0] & _vocabulary().given)}
    return _index(sequences)


@cache
def _actors() -> Phrases:
    """Names of registered bodies; registered persons are none."""
    names = {
        name
        for actor in config.data("actors.toml")["actor"]
        if not actor.get("person")
        for name in (actor["name"], *(alias for group in actor.get("aliases", {}).values() for alias in group))
    }
    return _index({seq for name in names if (seq := _sequence(name))})


def _split(value: str | list[str]) -> list[str]:
    return value.split() if isinstance(value, str) else value
