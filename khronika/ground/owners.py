"""Words without a country ("its defence ministry", "military officials") and the text around them in, the country whose they are out.

The rule: the text says whose they are, by the same words with a country before, or by "its"; the country where it happened is taken
only for those who act at home alone (police, courts), or where the text names no other country.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property

from khronika.ground.actors import Registry, plain_tokens
from khronika.text import fold

NEAR = 250
"""Characters back that the owner of "its troops" is looked for in."""
TAIL = 4
"""Words behind a country that its body may stand among: "Russia's own defence ministry"."""
_PARTS = re.compile(r"[^\w\s’'-]|\n")
_WORD = re.compile(r"\w+")
_ABBREVIATED = re.compile(r"\b(U)\.(S|K|N)\.")


class Owners:
    """The countries that one text names, and where; found when first asked for."""

    def __init__(self, registry: Registry, body: str) -> None:
        self._registry = registry
        self._body = body

    def country_of(self, words: str, start: int, happened: str | None) -> str | None:
        """The country of a phrase that names none.

        Args:
            start: where the phrase stands in the text.
            happened: ISO code of the country where the event happened.
        """
        tokens = plain_tokens(words)
        head = self._registry.head_of(tokens)
        if head is None or self._registry.names_country(tokens) or self._is_name(words, start):
            return None
        before = self._told[: bisect_left(self._told, (start,))]
        if set(tokens) & self._registry.wording["ones"]:  # "his troops" are not those of the country told before
            return None
        sentence = max(self._body.rfind(mark, 0, start) for mark in ".!?\n")
        first = bisect_left(before, (sentence,))
        if set(tokens) & self._registry.wording["owned"]:
            at, code, _ = before[min(first, len(before) - 1)] if before else (-NEAR, None, ())
            return code if start - at < NEAR else None
        key, entry = head
        here = {code for _, code, _ in before[first:]}
        for _, code, behind in reversed(before):
            if any(behind[at : at + len(key)] == key for at in range(len(behind))):
                return code if code in here or not here else None
        if set(tokens) & self._registry.wording["foreign"]:
            return None
        told = {code for _, code, _ in self._told}
        if entry.at_home and (happened not in told or not before or happened in {code for _, code, _ in before}) or told <= {happened}:
            return happened
        return None

    def tells_of(self, country: str) -> bool:
        """Whether the text names a country more than in passing."""
        return 4 * sum(code == country for _, code, _ in self._told) >= len(self._told) > 0

    def _is_name(self, words: str, start: int) -> bool:
        """Whether the phrase begins with a capital inside a sentence: the name of somebody else ("Kurdish forces")."""
        before = self._body[:start].rstrip()[-1:]
        return words[:1].isupper() and not words.startswith("The ") and before not in ("", *".!?:;“”\"'’-—–>")

    @cached_property
    def _told(self) -> list[tuple[int, str, tuple[str, ...]]]:
        """Each country named: where, its code, and the words behind it."""
        body = _ABBREVIATED.sub(r"\1\2  ", self._body)
        found = [match for match in _WORD.finditer(body) if match.group() != "s"]
        tokens = tuple([word.lower() if word.isascii() else fold(word) for word in map(re.Match.group, found)])
        told, free = [], 0
        for at in [at for at, token in enumerate(tokens) if token in self._registry.country_starts]:
            code, length = self._registry.country_at(tokens, at) if at >= free else (None, 0)
            if code:
                free = at + length
                last = at + length
                while last < min(len(found), at + length + TAIL) and not _PARTS.search(body[found[last - 1].end() : found[last].start()]):
                    last += 1
                told.append((found[at].start(), code, tokens[at + length : last]))
        return told
