"""A body of text in, its time expressions as parses of a grammar out: which words, by which rule, with which parts.

The rule: the grammar and every word of it stand in data/time/<language>.toml. The text is turned into one character a word, so that a rule over
words is a plain regular expression over that string, and a text is read once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from khronika.config import data
from khronika.errors import DataError, UsageError
from khronika.text import Span

_SHAPES = {"D": "\ue800", "O": "\ue801", "Y": "\ue802", "N": "\ue803", "DECIMAL": "\ue804", "ISO": "\ue805", "NUMDATE": "\ue806", "CLOCK": "\ue807",
           "DECADE": "\ue808"}  # fmt: skip
_UNKNOWN, _BREAK = "x", "#"
_PIECE = re.compile(r"\{(?:(\w+):)?(\w+)\}|(\w+)=\(|(\w+)=(\{\w+\}|\w+)|<(\w+)>|\(\?!|\\?[()\[\]|?*+]|[^\s{}<>()|?*+\[\]]+")


class Token(NamedTuple):
    """One word, figure or sign: its place in the text and its lower-case form."""

    start: int
    end: int
    form: str


class Parse(NamedTuple):
    """One expression: tokens `first` to `last` (half-open), the rule's op, and the token ranges of its named parts."""

    op: str
    first: int
    last: int
    parts: dict[str, Span]


class Grammar:
    """The compiled grammar of one language."""

    def __init__(self, language: str) -> None:
        self.words: dict[str, Any] = data(f"time/{language}.toml")
        self.classes: dict[str, dict[str, Any]] = self.words["class"]
        self._codes: dict[str, str] = {}
        for entries in self.classes.values():
            for word in entries:
                self._code(word)
        self._rules = [(rule["op"], self._compile(rule["pattern"], named=True)) for rule in self.words["rule"]]
        plain = [self._compile(rule["pattern"], named=False) for rule in self.words["rule"]]
        self._any = re.compile("|".join(f"({pattern})" for pattern in plain))
        self._named = [re.compile(pattern) for _, pattern in self._rules]
        self._tokens = self._tokenizer()
        self._runs = re.compile(f"[^{_UNKNOWN}{_BREAK}]+")
        self._parses_of = lru_cache(maxsize=4096)(self._parses_of_run)  # "on Monday," comes again and again
        core = [self._codes[word] for name in self.words["core"] for word in self.classes[name]]
        self._core = re.compile("[" + "".join([*core, *_SHAPES.values()]) + "]")
        self.tense_words = {name: frozenset(words) for name, words in self.words["tense"].items()}
        self.leads = frozenset(self.words["leads"])
        self._traps = frozenset(self._codes[word] for word in (*self.words["capital"], *self.words["only_dotted"]) if word in self._codes)
        self._dotted = frozenset(self.words["only_dotted"])
        self._small = {name: frozenset(words) for name, words in self.words["small"].items()}
        self._months = frozenset(self._codes[word] for word in self.classes["MONTH"])

    def value(self, name: str, form: str) -> Any:
        """What a word of a class stands for, or None."""
        return self.classes[name].get(form.rstrip(".") if form not in self.classes[name] else form)

    def tokens(self, body: str) -> tuple[list[Token], str]:
        """The tokens of a text and one character for each."""
        tokens: list[Token] = []
        codes: list[str] = []
        doubtful: list[int] = []
        known, make = self._codes, tuple.__new__  # spares the constructor's call for every word
        for match in self._tokens.finditer(body):
            group = match.lastindex or 0
            start, end = match.span(group)
            raw = body[start:end]
            form = raw.lower()
            if group == 1:  # a plain word
                code = known.get(form, _UNKNOWN)
            else:
                form = "'" if raw == "’" else form
                code = self._code_of(match.lastgroup or "", form)
            if code is not _UNKNOWN and code in self._traps and (raw[0].islower() or form in self._dotted):
                doubtful.append(len(codes))
                code = _UNKNOWN
            tokens.append(make(Token, (start, end, form)))
            codes.append(code)
        for index in reversed(doubtful):  # a weekday is known by the month behind it
            if self._is_meant(tokens, codes, index, small=body.islower()):
                codes[index] = known[tokens[index].form.rstrip(".")]
        return tokens, "".join(codes)

    def _is_meant(self, tokens: list[Token], codes: list[str], index: int, *, small: bool) -> bool:
        """Whether a small "may", "sat." or an "Oct" without its full stop is a time: by a figure beside it, or as it is led in a text without capitals."""
        day, year = (_SHAPES["D"], _SHAPES["O"]), _SHAPES["Y"]
        led = [token.form for token in tokens[max(0, index - 2) : index]]
        before, after = codes[max(0, index - 2) : index], codes[index + 1 : index + 3]
        is_month = self._codes[tokens[index].form.rstrip(".")] in self._months
        if small and led and led[-1] in self._small["month" if is_month else "weekday"]:
            return True
        if not is_month:
            return any(a in day and b in self._months or a in self._months and b in day for a, b in zip(after, after[1:], strict=False))
        if after and after[0] in (*day, year) or len(before) > 1 and before[0] in day and led[-1] == "of":
            return True
        is_alone = index + 1 == len(tokens) or not tokens[index + 1].form[0].isalpha()
        return bool(before) and before[-1] in day and (is_alone or len(led) > 1 and led[0] in self._small["day"])

    def _code_of(self, kind: str, form: str) -> str:
        if kind in ("word", "dotted"):
            return self._codes.get(form) or self._codes.get(form.rstrip("."), _UNKNOWN)
        if kind == "figure":
            return _SHAPES[_shape(form)]
        return _SHAPES.get(kind) or (_BREAK if kind == "gap" else self._codes.get(form, _UNKNOWN))

    def parses(self, codes: str) -> Iterator[Parse]:
        """All expressions from left to right; none overlaps another.

        Only runs of words that the grammar knows are looked at, and of these only those with a word of time in them.
        """
        for run in self._runs.finditer(codes):
            start = run.start()
            for found in self._parses_of(run.group()):
                parts = {name: (first + start, last + start) for name, (first, last) in found.parts.items()}
                yield Parse(found.op, found.first + start, found.last + start, parts)

    def _parses_of_run(self, codes: str) -> tuple[Parse, ...]:
        """The expressions of one run, that alone decides what they are."""
        found: list[Parse] = []
        position = 0 if self._core.search(codes) else len(codes)
        while match := self._any.search(codes, position):
            position = max(match.end(), position + 1)
            if match.end() > match.start():
                found.append(self._parse(codes, (match.lastindex or 1) - 1, match.start(), match.end()))
        return tuple(found)

    def parse(self, codes: str, first: int, last: int) -> Parse | None:
        """The expression that fills exactly these tokens."""
        for index, rule in enumerate(self._named):
            if self._rules[index][0] != "trap" and rule.fullmatch(codes, first, last):
                return self._parse(codes, index, first, last)
        return None

    def _parse(self, codes: str, index: int, first: int, last: int) -> Parse:
        match = self._named[index].fullmatch(codes, first, last)
        found = match.groupdict() if match else {}
        parts = {name.rstrip("0123456789"): match.span(name) for name, words in found.items() if words is not None and match}
        return Parse(self._rules[index][0], first, last, parts)

    def _code(self, word: str) -> str:
        return self._codes.setdefault(word, chr(0xE000 + len(self._codes)))

    def _compile(self, pattern: str, *, named: bool) -> str:
        """A rule's regular expression; a name that is used twice gets a number, since Python allows each name once."""
        seen: dict[str, int] = {}

        def name(key: str) -> str:
            if not named:
                return "(?:"
            seen[key] = seen.get(key, 0) + 1
            return f"(?P<{key}{seen[key]}>"

        return self._expand(pattern, name, 0)

    def _expand(self, pattern: str, name: Any, depth: int) -> str:
        if depth > 12:
            raise DataError(f"time grammar: a macro refers to itself in {pattern!r}; break the circle")
        out: list[str] = []
        for match in _PIECE.finditer(pattern):
            key, cls, opened, short, thing, macro = match.groups()
            token = match.group()
            if cls:
                inner = self._class(cls, name, depth)
                out.append(f"{name(key)}{inner})" if key else inner)
            elif opened:
                out.append(name(opened))
            elif short:
                out.append(f"{name(short)}{self._class(thing[1:-1], name, depth) if thing[0] == '{' else self._code(thing)})")
            elif macro:
                out.append(f"(?:{self._expand(self.words['macro'][macro], name, depth + 1)})")
            elif token == "(":
                out.append("(?:")
            elif token in ("(?!", "|", ")", "?", "*", "+", "[", "]"):
                out.append(token)
            elif token[0] == "\\":
                out.append(self._code(token[1:]))
            else:
                out.append("".join(self._code(piece) for piece in re.findall(r"\w+(?:\.\w+)*|[^\w\s]", token)))
        return "".join(out)

    def _class(self, cls: str, name: Any, depth: int) -> str:
        if cls in _SHAPES:
            return _SHAPES[cls]
        if cls in self.classes:
            return "[" + "".join(self._code(word) for word in self.classes[cls]) + "]"
        if cls in self.words["macro"]:
            return f"(?:{self._expand(self.words['macro'][cls], name, depth + 1)})"
        raise DataError(f"time grammar: no class or macro {cls!r}; add it or correct the rule")

    def _tokenizer(self) -> re.Pattern[str]:
        dotted = "|".join(sorted(self.words["dotted"], key=len, reverse=True))
        joined = "|".join(self.words["joined"])
        return re.compile(
            r" ?(?:(?P<plain>[^\W\d_]+(?=[ ,]))"  # the blank spares a search that fails between any two words
            r"|(?P<gap>\n[ \t]*\n\s*)"
            r"|(?P<ISO>\d{4}-\d{2}-\d{2}(?!\d))|(?P<NUMDATE>\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})(?!\d))"
            r"|(?P<CLOCK>(?:[01]?\d|2[0-4])[:.][0-5]\d(?::[0-5]\d)?(?=\s?(?:[ap]\.?m\b|hours|GMT|UTC))|(?:[01]?\d|2[0-4]):[0-5]\d(?![:\d]))"
            r"|(?P<DECADE>(?:1\d|20)\d0['’]?s\b|['’`]\d0s\b)"
            r"|(?P<figure>\d{1,3}(?:,\d{3})+|\d+[.,]\d+|\d+(?:st|nd|rd|th)\b|\d+)"
            rf"|(?P<dotted>\b(?i:[ap]\.m\.?|b\.c\.(?:e\.)?|(?:{dotted})\.(?=[\s,)])))"
            rf"|(?P<model>(?!(?i:{joined})-)[^\W\d_]+-\d\w*)"
            r"|(?P<word>[^\W\d_]+)|(?P<sign>[^\w\s]))"
        )


def _shape(form: str) -> str:
    if form[-1].isalpha():
        return "O"
    if "." in form:
        return "DECIMAL"
    plain = form.replace(",", "")
    if "," in form:
        return "N" if len(plain) > 3 else "DECIMAL"
    number = int(plain) if len(plain) < 9 else 10**9
    if 1 <= number <= 31 and len(form) <= 2:
        return "D"
    return "Y" if len(form) == 4 and 1000 <= number <= 2199 else "N"


@cache
def grammar_of(language: str) -> Grammar:
    """The grammar of a language, compiled once.

    Raises:
        UsageError: there is none for this language.
    """
    try:
        return Grammar(language)
    except DataError as error:
        if "no such file" in str(error):
            raise UsageError(f"{language}: no grammar of time expressions; add khronika/data/time/{language}.toml") from error
        raise
