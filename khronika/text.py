"""Plain functions on strings that every layer needs: digests, normal forms, sentences with exact offsets.

Offsets are code points, half-open, and never change under any function here.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

Span = tuple[int, int]
"""Start and end in code points, half-open."""


def digest_of(*parts: str | bytes) -> str:
    """Sha256 in hex over length-prefixed parts, so that no two lists of parts collide."""
    state = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(len(raw).to_bytes(8, "big"))
        state.update(raw)
    return state.hexdigest()


def nfc(text: str) -> str:
    """The text in Unicode normal form C."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Case-folded, accents removed, white space collapsed: for comparing, never for offsets."""
    if text.isascii():
        low = text.lower()
        return low if low.isalnum() else " ".join(low.split())
    # Twice, since a letter such as a mathematical A has its capital only in the compatible form.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join("".join([c for c in plain if c < "\u0300" or not unicodedata.combining(c)]).split())


_WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """Folded words of a phrase, in order."""
    return _WORD.findall(fold(text))


def overlaps(a: Span, b: Span) -> bool:
    """Whether two spans share a character."""
    return a[0] < b[1] and b[0] < a[1]


class Sorted:
    """Spans in order of their starts, asked which of them share a character with another without looking at all of them."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self._longest = max((end - start for start, end in spans), default=0)

    def touching(self, span: Span) -> list[int]:
        """Indices, in order."""
        first, behind = bisect_left(self._spans, (span[0] - self._longest, 0)), bisect_left(self._spans, (span[1], 0))
        return [n for n in range(first, behind) if overlaps(self._spans[n], span)]


_ABBREVIATIONS = frozenset(
    """adm al apr aug ave bldg brig capt cf cmdr co col corp cpl dec dept dr e.g etc feb fig fr gen gov hon i.e inc jan jr jul jun lt ltd maj mar
    mr mrs ms mt no nov oct p pp pres prof pte rep rev sen sep sept sgt sr st supt u.k u.n u.s u.s.a vs a.m p.m approx est km ft""".split()
)
_BREAK = re.compile(
    r"\n[ \t]*\n\s*"  # an empty line
    r"|\n(?=\s*(?:[-*•–—]\s|\d{1,2}[.)]\s))"  # a list item
    r"|\n+"  # a line's end
    r"|(?<=[.!?…])[\"'”’»)\]]*\s+(?=[\"'“‘«(\[]*[^\Wa-z_])"  # a full stop before a capital or a digit
    r"|(?<=[.!?][\"'”’»)\]])\s+(?=[\"'“‘«(\[]*[^\Wa-z_])"
    r"|(?<=[.!?])(?=[A-ZА-ЯІЇЄҐ][a-zа-яіїєґ]+\s)"  # a missing blank after the full stop
)
_STOP = re.compile(r"(?<=[a-z0-9)\]][.!?])[\"')\]]*\s+")


def sentences(text: str) -> list[Span]:
    """Spans of the sentences of a text, without surrounding white space; a line break ends one.

    Abbreviations ("Gen.", "U.S.", initials) and decimals do not end a sentence. In a text without any capital letter every
    full stop before a blank ends one.
    """
    return list(_sentences(text))


@lru_cache(maxsize=4)
def _sentences(text: str) -> tuple[Span, ...]:
    """Kept for the stages that ask for the sentences of one text one after the other."""
    found: list[Span] = []
    start = 0
    for match in _BREAK.finditer(text):
        if "\n" not in match.group() and _is_abbreviation(text, start, match.start()):
            continue
        cut = match.start() + len(match.group()) - len(match.group().lstrip("\"'”’»)]"))
        if text[start:cut].strip():
            found.append(_trim(text, start, cut))
        start = match.end() if match.group().strip("\"'”’»)]") or match.group() else match.start()
    if text[start:].strip():
        found.append(_trim(text, start, len(text)))
    return tuple(found if text != text.lower() else [part for span in found for part in _cut_at_stops(text, *span)])


def _cut_at_stops(text: str, start: int, end: int) -> list[Span]:
    parts, at = [], start
    for stop in _STOP.finditer(text, start, end):
        if stop.start() - at > 20:
            parts.append((at, stop.start()))
            at = stop.end()
    return [*parts, (at, end)] if at < end else parts


_NO_WORD = re.compile(r"[^\w.’'-]")
_INITIALS = re.compile(r"(?:[A-Z]\.)*[A-Z]")


def _is_abbreviation(text: str, start: int, stop: int) -> bool:
    if text[stop - 1 : stop] != ".":
        return False
    word = _NO_WORD.split(text[max(start, stop - 24) : stop - 1])[-1].lstrip("'")
    return word.casefold() in _ABBREVIATIONS or bool(_INITIALS.fullmatch(word)) and word not in ("I",)


def _trim(text: str, start: int, stop: int) -> Span:
    while start < stop and text[start].isspace():
        start += 1
    while stop > start and text[stop - 1].isspace():
        stop -= 1
    return start, stop


_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w-]{2,40})""", re.IGNORECASE)


def decode(raw: bytes, declared: str | None = None) -> str:
    """The text of some bytes: byte order mark, then UTF-8 if it fits, then what is declared, then what is likeliest.

    Raises:
        ValueError: no encoding gives a readable text.
    """
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return raw.decode(name, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        # A cut at the very end of a long text (a size limit) is no reason to guess another encoding.
        if error.start > len(raw) - 4 and len(raw) > 64:
            return raw[: error.start].decode("utf-8")
    mended = _mended(raw)
    if mended is not None:
        return mended
    match = _DECLARED.search(raw[:4096])
    for charset in (declared, match.group(1).decode("ascii") if match else None):
        if charset and charset.casefold() not in ("utf-8", "utf8"):
            try:
                return raw.decode(charset)
            except (LookupError, UnicodeDecodeError):
                continue
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:200_000]).best()
    if best is None:
        raise ValueError("no encoding gives a readable text")
    return raw.decode(best.encoding, "replace")


def _mended(raw: bytes) -> str | None:
    """UTF-8 of which a few letters are broken, with a mark in their stead; None where the bytes are no UTF-8."""
    text = raw.decode("utf-8", "replace")
    beyond = len(raw) - len(text.encode("ascii", "ignore"))  # bytes of letters beyond ASCII
    return text if text.count("\ufffd") <= 0.03 * beyond else None
