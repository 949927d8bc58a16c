"""A text goes in, the numbers of its word pieces and their places in it come out (BERT's uncased WordPiece, in plain Python).

Every piece's span lies inside the text, spans are in order, and the pieces are those that the `tokenizers` library gives.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from khronika.errors import ModelError
from khronika.text import Span

CLS, SEP, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
_LONGEST_WORD = 100
_PLAIN = re.compile(r"[a-z0-9]+|[!-/:-@\[-`{-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_IDEOGRAPHS = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x2CEAF))

Pieces = tuple[tuple[int, int, int], ...]


class WordPiece:
    """Greedy longest-match pieces over a vocabulary given as the lines of vocab.txt.

    Raises:
        ModelError: the vocabulary lacks the special pieces.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: number for number, piece in enumerate(vocabulary)}
        for special in (CLS, SEP, UNKNOWN):
            if special not in self._ids:
                raise ModelError(f"model vocabulary: no {special}; use the vocab.txt that belongs to the weights")
        self.cls, self.sep, self.unknown = (self._ids[x] for x in (CLS, SEP, UNKNOWN))
        self._word = lru_cache(100_000)(self._split)

    def encode(self, text: str) -> tuple[list[int], list[Span]]:
        """Piece numbers and their half-open spans in `text` (code points); no special pieces are added."""
        words: list[tuple[str, Sequence[int]]]
        if text.isascii() and not _CONTROL.search(text):
            words = [(m.group(), range(m.start(), m.end())) for m in _PLAIN.finditer(text.lower())]
        else:
            words = _words(text)
        ids: list[int] = []
        spans: list[Span] = []
        for word, places in words:
            for number, start, end in self._word(word):
                ids.append(number)
                spans.append((places[start], places[end - 1] + 1))
        return ids, spans

    def _split(self, word: str) -> Pieces:
        whole = ((self.unknown, 0, len(word)),)
        if len(word) > _LONGEST_WORD:
            return whole
        found: list[tuple[int, int, int]] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                number = self._ids.get(word[start:end] if start == 0 else "##" + word[start:end])
                if number is not None:
                    break
            else:
                return whole
            found.append((number, start, end))
            start = end
        return tuple(found)


def _words(text: str) -> list[tuple[str, Sequence[int]]]:
    """Lower-cased words without accents, and for each of their letters its place in the text."""
    found: list[tuple[str, Sequence[int]]] = []
    letters: list[str] = []
    places: list[int] = []

    def close() -> None:
        if letters:
            found.append(("".join(letters), tuple(places)))
            letters.clear()
            places.clear()

    for place, char in enumerate(text):
        category = unicodedata.category(char)
        if char in "\t\n\r" or category == "Zs":
            close()
            continue
        if char == "\ufffd" or category[0] == "C":
            continue
        alone = any(low <= ord(char) <= high for low, high in _IDEOGRAPHS)
        if alone:
            close()
        for plain in unicodedata.normalize("NFD", char):
            for lower in plain.lower():
                if unicodedata.category(lower) == "Mn":
                    continue
                if _is_punctuation(lower):
                    close()
                    found.append((lower, (place,)))
                else:
                    letters.append(lower)
                    places.append(place)
        if alone:
            close()
    close()
    return found


def _is_punctuation(char: str) -> bool:
    code = ord(char)
    return 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126 or unicodedata.category(char)[0] == "P"
