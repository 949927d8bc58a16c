"""The words of one sentence go in, the phrases that may speak in it come out: before a cue, behind a cue, at the opening.

There is no parser: a phrase is walked word by word until a word that the lexicon lists as its end, so that every decision can be read there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from khronika.config import data
from khronika.extract.segments import Segment
from khronika.types import Quote

_TOKEN = re.compile(r"''|``|(?:[A-Z]\.){2,}|\w+(?:[-.’'](?=\w)\w+)*(?:[’'](?=\s))?|[^\w\s]")
OPENING, _CLOSING = "“«„", "”»"
STRAIGHT = ('"', "''", "``")
QUOTES = frozenset((*OPENING, *_CLOSING, *STRAIGHT))
ENDS = frozenset(",.;") | QUOTES
LEFT_ENDS = frozenset(",") | QUOTES
LONGEST = 28
"""Words up to which a phrase is walked."""
PUNCTUATION = frozenset(",;:.!?—–-()[]…") | QUOTES


class Token(NamedTuple):
    """A word or a mark, with offsets into its segment."""

    word: str
    low: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    cues: dict[str, str]
    phrases: dict[str, list[tuple[tuple[str, ...], str]]]
    parted: dict[str, tuple[frozenset[str], str]]
    sets: dict[str, frozenset[str]]
    first: frozenset[str]


@cache
def lexicon(language: str = "en") -> Lexicon:
    """The cue words, phrases and word sets of one language."""
    raw: dict[str, Any] = data(f"lexicon/{language}/speech.toml")
    cues: dict[str, str] = {}
    for group in ("hold", "doubt", "say_ing", "say", "blame", "deny"):
        for word in raw["cues"][group].split():
            cues[word] = "say" if group == "say_ing" else group
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    listed = [(group, phrase) for group, found in raw["phrases"].items() for phrase in found if group != "verdict"]
    listed += [("according", phrase) for phrase in raw["sources"]["according"]]
    for group, phrase in listed:
        first, *rest = phrase.split()
        phrases.setdefault(first, []).append((tuple(rest), group))
    sets = {name: frozenset(words.split()) for part in ("walk", "objects", "resolve") for name, words in raw[part].items()}
    sets["passive"] = frozenset(raw["cues"]["passive"].split())
    sets["ing"] = frozenset(word for word in cues if word.endswith("ing"))
    sets |= {name: frozenset(raw["cues"][name].split()) for name in ("channels", "unsaid")}
    sets["sided"] = frozenset(word for listed in raw["sides"].values() for word in listed.split())
    sets["citing"] = frozenset(raw["sources"]["citing"])
    parted = {verb: (frozenset(one["later"].split()), one["group"]) for one in raw["parted"] for verb in one["verb"].split()}
    return Lexicon(cues, phrases, parted, sets, frozenset(cues) | frozenset(phrases) | frozenset(parted) | sets["passive"])


def tokens_of(words: str) -> list[Token]:
    """Words and marks in order."""
    make = tuple.__new__  # spares the constructor's call for every word
    return [make(Token, (word := m.group(), word.lower().replace("’", "'"), *m.span())) for m in _TOKEN.finditer(words)]


Range = tuple[int, int]
"""First and last token, inclusive."""


class Sentence:
    """One segment with its tokens, and the walks over them."""

    def __init__(self, segment: Segment, index: int, words: Lexicon) -> None:
        self.segment, self.index, self.lexicon, self.sets = segment, index, words, words.sets
        self.tokens = tokens_of(segment.words)
        self._lows = [token.low for token in self.tokens]

    def low(self, at: int) -> str:
        """The token in lower case, or nothing outside the sentence."""
        return self._lows[at] if 0 <= at < len(self._lows) else ""

    def piece(self, found: Range) -> Quote:
        """The exact words of a range of tokens."""
        return self.segment.piece(self.tokens[found[0]].start, self.tokens[found[1]].end)

    def cue_at(self, at: int) -> tuple[str, int] | None:
        """Group of the cue that starts at this token, and its last token."""
        low = self.low(at)
        for rest, named in self.lexicon.phrases.get(low, ()):
            if all(self.low(at + 1 + i) == word for i, word in enumerate(rest)):
                return named, at + len(rest)
        later, named = self.lexicon.parted.get(low, (frozenset(), ""))
        if not later.isdisjoint(self._clause(at + 1)):
            return named, at
        group = self.lexicon.cues.get(low)
        if at > 0 and self.tokens[at].word[0].isupper() and self.tokens[at - 1].word not in QUOTES and self.tokens[at].word != "Says":
            return None
        if group is None and not self.is_passive(at):
            return None
        before = next((self.low(i) for i in range(at - 1, max(-1, at - 4), -1) if not self.is_adverb(i)), "")
        if low in self.sets["noun_like"] and (before in self.sets["before_noun"] or before in self.lexicon.cues or at == 0):
            return None
        if low in self.sets["noun_before"] and self.low(at + 1) in self.sets["after_noun"]:
            return None
        if before in self.sets["unsaid"] or before in self.sets["pronouns"] and self.low(at - 2) == "what":  # "without saying", "what it calls"
            return None
        if low == "called" and before in self.sets["named"]:
            return None
        if before in ("is", "was", "were", "are", "been", "be", "so", "being") and self.low(at + 1) != "by" and not low.endswith("ing"):
            return None
        return (group or "say"), at

    def _clause(self, first: int) -> list[str]:
        """Up to eight words from a token on, as far as the next mark."""
        words = self._lows[first : first + 8]
        return words[: next((i for i, word in enumerate(words) if word in PUNCTUATION), None)]

    def is_passive(self, at: int) -> bool:
        """Whether who speaks follows behind "by"."""
        return self.low(at) in self.sets["passive"] and self.low(at + 1) == "by" and self.low(at + 2) not in self.sets["channels"]

    def is_adverb(self, at: int) -> bool:
        """Whether the token only colours the cue behind it."""
        low = self.low(at)
        return low.endswith("ly") and len(low) > 4 and self.tokens[at].word[0].islower() and low not in ("family", "ally", "only", "italy", "july", "assembly")

    def back(self, last: int) -> Range | None:
        """The phrase that ends at token `last`, read leftwards."""
        breaks, first, depth = self.sets["breaks"], last + 1, 0
        while first > 0 and last - first < LONGEST:
            token = self.tokens[first - 1]
            depth += (token.word == ")") - (token.word == "(")
            if depth > 0:  # "(DPR, LPR)" is part of the phrase
                pass
            elif self.is_dash(first - 1) or token.low in breaks or (token.word in PUNCTUATION and token.word not in "()-" and not self.is_dot(first - 1)):
                break
            if token.low == "with" and self.low(last + 1).endswith("ing"):  # "with witnesses saying"
                break
            first -= 1
        while first <= last and self.low(first) in self.sets["lead"] | self.sets["days"] | {")", "-"}:
            first += 1
        return self.sound((first, last))

    def is_dot(self, at: int) -> bool:
        """Whether a full stop stands inside the sentence, behind a short form ("Sen.", "D-Md.")."""
        return self.low(at) == "." and 0 < at < len(self.tokens) - 1 and self.tokens[at - 1].word[0].isupper() and self.tokens[at + 1].word not in QUOTES

    def is_dash(self, at: int) -> bool:
        """Whether a hyphen stands for a dash (" - ", "--") and parts two phrases."""
        return self.low(at) == "-" and (at + 1 >= len(self.tokens) or self.tokens[at].end < self.tokens[at + 1].start or self.low(at - 1) == "-")

    def sound(self, found: Range) -> Range | None:
        """The phrase, if it can be a voice."""
        first, last = found
        if first > last:
            return None
        head = self.low(last)
        if self.low(first) in ("no", "any", "of", "as", "on", "him", "them", "underneath") or (first < last and self.low(first) in self.lexicon.cues):
            return None
        if head in self.sets["never"] or head in ("of", "to", "the", "and", "a", "in", "for", "at", "on", "by", "from", "an"):
            return None
        if first == last and not self.tokens[first].word[0].isalpha():
            return None
        if first < last and self.low(first) in self.sets["pronouns"] | {"to"}:
            return None if head not in self.sets["pronouns"] else (last, last)
        return found

    def subject(self, cue: int) -> tuple[Range | None, Range | None, bool]:
        """The phrase before a cue, a phrase between commas that cites another voice, and whether the subject may stand to the right."""
        skip, days = self.sets["skip"], self.sets["days"]
        at = cue - 1
        while at >= 0 and (self.low(at) in skip or self.is_adverb(at) or self.low(at) in days or (self.low(at) in self.sets["before_day"] and self.low(at + 1) in days)):
            at -= 1
        if at < 0 or self.tokens[at].word in QUOTES or self.tokens[at].word in ":;—–-":
            return None, None, True
        if self.low(at) in ("who", "which"):
            return self.back(at - 2 if self.low(at - 1) == "," else at - 1), None, False
        if self.low(at) in ("and", "but") or (self.tokens[at].word == "," and self.low(at - 1) == "and"):
            return self.opening(at), None, False
        if self.tokens[at].word != ",":
            relative = self._relative(at)
            outer = self.back(relative - 1) if relative else None
            return (outer[0], at) if outer else self.back(at), None, False
        opening = next((i for i in range(at - 1, max(-1, at - 28), -1) if self.tokens[i].word == "," or self.tokens[i].word in QUOTES), -1)
        if opening < 0 or self.tokens[opening].word != "," or at - opening < 2:
            return None, None, True
        low = self.low(cue)
        may_invert = self.lexicon.cues.get(low) == "say" and low not in self.sets["telling"] and not self.is_apposed(opening + 1, at - 1)
        behind = self.ahead(cue + 1) if may_invert else None
        if behind is not None and not self.low(behind[0]).isdigit() and (behind[1] + 1 >= len(self.tokens) or self.tokens[behind[1] + 1].word in ENDS):
            return None, None, True
        aged = self.low(opening - 1).isdigit() and self.low(opening - 2) == ","
        subject = self.back(opening - 3 if aged else opening - 1)
        if subject and self.low(subject[0] - 1) == "," and self.low(subject[0]) in self.sets["determiners"]:
            outer = self.back(subject[0] - 2)
            named = outer and all(self.tokens[end].word[0].isupper() for end in outer) and self.low(outer[0]) not in self.sets["before_day"]
            subject = (outer[0], subject[1]) if outer and named else subject
        if self.low(opening + 1) in self.sets["citing"]:
            return subject, self.sound((opening + 2, at - 1)), False
        if subject is None or self.low(opening + 1) in self.sets["inner"]:
            return subject, None, False
        return (subject[0], at - 1), None, False

    def _relative(self, last: int) -> int | None:
        """Where a clause begins that ends at a token and says who speaks ("a man whose sister was killed")."""
        for at in range(last - 1, max(0, last - 10), -1):
            if self.tokens[at].word in PUNCTUATION or self.low(at) in self.lexicon.cues:
                break
            if self.low(at) in ("who", "whose"):
                return at
        return None

    def is_apposed(self, first: int, last: int) -> bool:
        """Whether a phrase between commas describes the one before it, and is no clause of its own ("two were killed, said A", "most of them old, said A")."""
        opens, lows = self.low(first), self._lows[first : last + 1]
        if opens in self.sets["inner"] | self.sets["relative"] or self._named(first) == last:  # "the mayor, Ana Berg, put ..."
            return True
        if opens not in self.sets["determiners"]:
            return False
        partitive = self.low(first + 1) == "of" and self.low(first + 2) in self.sets["parts"]
        return not partitive and (self.sets["finite"].isdisjoint(lows) or not self.sets["relative"].isdisjoint(lows))

    def opening(self, limit: int) -> Range | None:
        """The subject of the sentence before token `limit`: a pronoun or "the ..." at its start, else the first capitalised run."""
        if self.low(0) in self.sets["pronouns"]:
            return 0, 0
        capital = next((i for i in range(limit) if self.tokens[i].word[0].isupper() and self.low(i) not in self.sets["lead"] | self.sets["days"] | self.sets["breaks"]), None)
        if capital is None:
            return None
        last = capital
        while last + 1 < limit and (self.tokens[last + 1].word[0].isupper() or (self.low(last + 1) == "of" or self.low(last).endswith("'s")) and self.tokens[min(last + 2, limit)].word[0].isupper()):
            last += 1
        if last == capital and self.low(capital) in self.sets["determiners"]:
            last = min(limit - 1, capital + 1)
        return self.sound((capital, last))

    def agent(self) -> Range | None:
        """Who opens the sentence, if it is a person, people or a body: "the fire officer", "Governor Ana Berg", "a miller, Ana Berg"."""
        sets, first = self.sets, 0
        if self.low(0) in sets["before_day"]:  # "On Monday, the mayor ..."
            first = next((i + 1 for i in range(min(8, len(self.tokens))) if self.tokens[i].word == ","), 0)
        able = sets["persons"] | sets["plural"] | sets["body"]
        if self.low(first) in sets["determiners"]:
            ends = able | sets["breaks"] | sets["stop"] | PUNCTUATION
            noun = next((i for i in range(first + 1, first + 8) if self.low(i) in ends), first)
            noun += self.low(noun) in able and self.low(noun + 1) in sets["persons"]  # "the army officer"
            named = self._named(noun + 1 + (self.low(noun + 1) == ",")) if self.low(noun) in able else self._named(noun + 1) if self.low(noun) == "," else None
            return (first, named) if named is not None else (first, noun) if self.low(noun) in able else None
        named = self._named(first)
        if named is None or self.low(first) in sets["pronouns"] | sets["lead"] | sets["days"] | sets["breaks"] | sets["no_voice"] | sets["before_day"]:
            return None
        told = {self.low(i) for i in range(first, named + 1)}
        return (first, named) if named - first in (1, 2, 3) or told & (able | sets["sided"]) else None

    def _named(self, first: int) -> int | None:
        """The last token of the capitalised words that start here."""
        last = first - 1
        while last + 1 < len(self.tokens) and (self.tokens[last + 1].word[0].isupper() or self.is_dot(last + 1)):
            last += 1
        return last if last >= first else None

    def ahead(self, first: int, closing: bool = False) -> Range | None:
        """The phrase that starts at token `first`, read rightwards, with an apposition behind a comma; `closing` if nothing but the voice can follow."""
        last, stop, keep, who = first - 1, self.sets["stop"], self.sets["keep"], False
        if self.low(first) in self.sets["no_voice"]:
            return None
        while last + 1 < len(self.tokens) and last - first < LONGEST:
            token = self.tokens[last + 1]
            if token.word in PUNCTUATION and token.word not in "()-" and not self.is_dot(last + 1):
                break
            who = who or token.low in ("who", "whose") and last >= first and self.low(last + 2) not in self.lexicon.cues
            if last >= first and not who and token.low in stop and not (token.low in keep and self.tokens[last + 2 : last + 3] and self.noun_follows(last + 2)):
                break
            last += 1
        if last < first:
            return None
        start = last + 4 if self.low(last + 2).isdigit() and self.low(last + 3) == "," else last + 2
        apposed = self.low(start) in self.sets["determiners"] or self.low(start) in ("who", "head", "former", "deputy", "director", "chief")
        if closing and not self.low(start).endswith("ing"):
            apposed = apposed or self.low(start) not in self.sets["no_voice"] | self.sets["after"] | self.sets["breaks"]
        if self.low(last + 1) == "," and (closing or self.tokens[first].word[0].isupper()) and apposed:
            end = next((i for i in range(start, min(len(self.tokens), last + 26)) if self.tokens[i].word in ENDS), None)
            if end is not None and not any(
                self.lexicon.cues.get(self.low(i)) == "say" or self.low(i) in ("is", "was", "were", "are", "had", "have") and self.low(start) != "who" for i in range(start, end)
            ):
                last = end - 1
        return self.sound((first, last))

    def noun_follows(self, at: int) -> bool:
        """Whether a name or "the ..." stands here, so that "in", "and" go on with the phrase."""
        token = self.tokens[at]
        return token.word[0].isupper() and token.low not in self.sets["days"] and token.low not in self.sets["pronouns"] or token.low == "the"

    def span(self, first: int, last: int) -> Quote | None:
        """Tokens first..last without marks at the ends that say nothing."""
        while first <= last and self.tokens[first].word in ",;:.—–-":
            first += 1
        while last >= first and self.tokens[last].word in ",;:—–-(":
            last -= 1
        if first > last or not any(t.word[0].isalnum() for t in self.tokens[first : last + 1]):
            return None
        return self.piece((first, last))
