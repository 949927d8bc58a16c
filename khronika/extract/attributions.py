"""Sentences go in, attributions come out: who says it, by which word, and what is said.

Speaker, cue and content are exact pieces of the text; a speaker that is a pronoun carries the phrase it stands for beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from khronika.extract.segments import Segment
from khronika.extract.voices import LEFT_ENDS, OPENING, PUNCTUATION, QUOTES, STRAIGHT, Lexicon, Range, Sentence, lexicon
from khronika.types import Quote, Text

_LETTERS, _WORD = re.compile(r"[a-z]+"), re.compile(r"[\w’'-]+")
_QUOTE_MARK = re.compile(r"[“”«»\"]|''|``")
_CLAUSE = re.compile(r"[:;] ")
_NAMED = re.compile(r"(?!The\b)[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*)*(?:,|$)|\w+ [a-z][^,]*, [A-Z][\w.’'-]+ [A-Z]")
_RELATIVE = re.compile(r", (?:who|whose)\b| (?:who|whose)(?: \S+){9}|,? which\b")
NEAR = 1500
"""Characters back that what "the ministry" is in full is looked for among."""
LONG = 240
"""Characters up to which a voice gives a name in full; what is longer is no phrase."""
REACH = 200
"""Voices back that "the ministry" is looked for among."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """One voice in one sentence. `speaker` is as worded, `voice` what a pronoun stands for (else the same); chain: nearest to the outlet first.

    `group` is the kind of cue: say, hold (an attitude), claim (responsibility), blame, deny, doubt.
    """

    speaker: Quote | None
    voice: Quote | None
    cue: Quote
    content: tuple[Quote, ...]
    group: str
    segment: int
    chain: tuple[Quote, ...] = ()

    @property
    def by(self) -> Quote | None:
        """The voice as a claim gives it: where the text says "Berg" of "the harbour's chief, Ana Berg", "Ana Berg"."""
        surname = _surname(self.speaker.words) if self.speaker else None
        if surname is None or self.voice is None or self.voice == self.speaker:
            return self.voice
        name = re.search(rf"(?<!\w)(?:[A-Z][\w’'-]+ ){{1,2}}{re.escape(surname)}(?!\w)", self.voice.words)
        return _part(self.voice, *name.span()) if name else self.voice


def _hearer(sentence: Sentence, at: int) -> tuple[Range | None, int]:
    """Whom a voice told it, from token `at` on, and the token behind."""
    sets, last = sentence.sets, at - 1
    while last + 1 < len(sentence.tokens) and last - at < 7:
        token = sentence.tokens[last + 1]
        listed = token.low in sets["hearers"] or token.low in sets["outlets"]
        if token.word in PUNCTUATION or not (listed or token.word[0].isupper() or last + 1 == at or sentence.low(at) in ("the", "a", "an", "local", "his")):
            break
        last += 1
        if listed and not sentence.tokens[last + 1 : last + 2]:
            break
        if listed and sentence.low(last + 1) not in sets["hearers"] | sets["outlets"]:
            break
    if last < at:
        return None, at
    return (at, last), last + 1


def _content(sentence: Sentence, subject: Range | None, cue: Range, inverted: bool) -> tuple[list[Quote], Range | None]:
    """What is said, and the hearer; left of the speaker where it stands there, else right of the cue."""
    tokens, size = sentence.tokens, len(sentence.tokens)
    if inverted:
        left = sentence.span(0, cue[0] - 1)
        after = (subject[1] if subject else cue[1]) + 1
        right = sentence.span(after + 1, size - 1) if sentence.low(after) in (",", ".", ":") and after + 1 < size and tokens[after + 1].word in QUOTES else None
        return [piece for piece in (left, right) if piece], None
    hearer, start = None, cue[1] + 1
    if sentence.low(cue[0]) in sentence.sets["telling"]:
        hearer, start = _hearer(sentence, start)
    following = sentence.low(start)
    before = subject[0] if subject else cue[0]
    left_ready = before >= 3 and tokens[before - 1].word in LEFT_ENDS
    if left_ready and (start >= size or following in sentence.sets["after"] or following in (".", ",") or tokens[start].word in QUOTES and start >= size - 2):
        left = sentence.span(0, before - 1)
        quote = next((i for i in range(start, size) if tokens[i].word in QUOTES), None)
        right = sentence.span(quote, size - 1) if quote is not None and quote < size - 2 else None
        return [piece for piece in (left, right) if piece], hearer
    while start < size and (sentence.low(start) in (",", ":") or sentence.low(start) in sentence.sets["days"]):
        start += 1
    right = sentence.span(start, size - 1)
    return ([right] if right else []), hearer


def _outlet(sentence: Sentence, found: Range | None) -> Quote | None:
    if found is None or not any(sentence.low(i) in sentence.sets["outlets"] for i in range(found[0], found[1] + 1)):
        return None
    return sentence.piece(found)


def _according(sentence: Sentence, at: int, last: int) -> Attribution | None:
    source = sentence.ahead(last + 1)
    if source is None:
        return None
    content = sentence.span(source[1] + 1, len(sentence.tokens) - 1) if at <= 1 else sentence.span(0, at - 1)
    chain: tuple[Quote, ...] = ()
    for i in range(source[1] + 1, min(len(sentence.tokens) - 1, source[1] + 4)):
        if sentence.low(i) in ("cited", "quoted", "reported", "published") and sentence.low(i + 1) == "by":
            through = sentence.ahead(i + 2)
            chain = (sentence.piece(through),) if through else ()
    voice = sentence.piece(source)
    return Attribution(voice, voice, sentence.piece((at, last)), (content,) if content else (), "say", sentence.index, chain)


def _quoted(sentence: Sentence, at: int) -> Attribution | None:
    """ "A quoted B as saying ..." and "B was quoted by A as saying ..."."""
    end = next((i for i in range(at, min(len(sentence.tokens) - 1, at + 24)) if sentence.low(i) == "as" and sentence.low(i + 1) == "saying"), None)
    if end is None:
        return None
    outer, _, _ = sentence.subject(at)
    if end == at + 1 or sentence.low(at + 1) == "by":
        voice, chain = outer, sentence.ahead(at + 2) if sentence.low(at + 1) == "by" else None
        if sentence.low(end + 2) == "by":
            chain = sentence.ahead(end + 3)
    else:
        voice, chain = sentence.sound((at + 1, end - 1)), outer
    if voice is None:
        return None
    what = sentence.span(end + 2, len(sentence.tokens) - 1) or sentence.span(0, max(0, (outer or voice)[0] - 1))
    said = sentence.piece(voice)
    return Attribution(said, said, sentence.piece((at, end + 1)), (what,) if what else (), "say", sentence.index, (sentence.piece(chain),) if chain else ())


def _attribution(sentence: Sentence, at: int, before: Attribution | None) -> tuple[Attribution | None, int]:
    """The attribution whose cue starts at token `at`, and the last token of the cue."""
    if sentence.low(at) in sentence.sets["quoting"]:
        quoted = _quoted(sentence, at)
        if quoted is not None or sentence.low(at) not in sentence.lexicon.cues:
            return quoted, at + 1
    found = sentence.cue_at(at)
    if found is None:
        return None, at
    group, last = found
    if group == "according":
        return _according(sentence, at, last), last
    if sentence.is_passive(at):
        return _passive(sentence, at, last, group), last + 1
    if sentence.low(at) in sentence.sets["ing"] and sentence.low(at - 1) == ",":
        return _trailing(sentence, at, last, group, before), last
    if before is not None and before.segment == sentence.index and sentence.low(at - 1) in ("and", "but"):
        return _trailing(sentence, at, last, group, before), last
    return _plain(sentence, at, last, group), last


def _passive(sentence: Sentence, at: int, last: int, group: str) -> Attribution | None:
    """ "... was confirmed by A"."""
    found = sentence.ahead(last + 2)
    if found is None:
        return None
    content, voice = sentence.span(0, at - 1), sentence.piece(found)
    group = "claim" if sentence.low(at) == "claimed" else group
    return Attribution(voice, voice, sentence.piece((at, last + 1)), (content,) if content else (), group, sentence.index)


def _trailing(sentence: Sentence, at: int, last: int, group: str, before: Attribution | None) -> Attribution | None:
    """ "..., adding that ...": the voice is that of the attribution before it, else the subject of the sentence."""
    content = sentence.span(last + 1, len(sentence.tokens) - 1)
    said = (content,) if content else ()
    if before is not None and before.segment == sentence.index:
        return replace(before, cue=sentence.piece((at, last)), content=said, group=group)
    subject = sentence.opening(at - 1)
    if subject is None:
        return None
    voice = sentence.piece(subject)
    return Attribution(voice, voice, sentence.piece((at, last)), said, group, sentence.index)


def _plain(sentence: Sentence, at: int, last: int, group: str) -> Attribution | None:
    """ "A said ..." and "..., said A"."""
    subject, cited, inverted = sentence.subject(at)
    inverted = inverted and subject is None and at > 0
    if inverted:
        subject = sentence.ahead(last + 1, closing=True)
    if subject is None:
        return None
    content, hearer = _content(sentence, subject, (at, last), inverted)
    speaker, outlet = sentence.piece(subject), _outlet(sentence, hearer)
    voice = _shorter(speaker)
    through = (outlet,) if outlet else ()
    if cited is None and group == "say":
        citing = next((i for i in range(last + 1, len(sentence.tokens) - 1) if sentence.low(i) in ("citing", "quoting") and sentence.low(i - 1) == ","), None)
        cited = sentence.ahead(citing + 1) if citing else sentence.ahead(1) if sentence.low(0) in ("citing", "quoting") else None
        if cited and not _is_voice(sentence.piece(cited).words, sentence.sets):
            cited = None
    if cited is not None:
        speaker = voice = sentence.piece(cited)
        through = (sentence.piece(subject),)
    return Attribution(speaker, voice, sentence.piece((at, last)), tuple(content), group, sentence.index, through)


def _shorter(speaker: Quote) -> Quote:
    """A speaker without a clause that only describes it (", who ...")."""
    cut = _RELATIVE.search(speaker.words)
    return speaker if cut is None or cut.start() == 0 else _part(speaker, 0, cut.start())


def _part(quote: Quote, start: int, end: int) -> Quote:
    """Some characters of a quote."""
    return Quote(start=quote.start + start, end=quote.start + end, words=quote.words[start:end], within=quote.within)


def _is_voice(words: str, sets: dict[str, frozenset[str]]) -> bool:
    """Whether a phrase behind "citing" can speak: people, a body, an outlet or a name, and not a reason."""
    low = {word.lower() for word in re.findall(r"[\w-]+", words)}
    low |= {f"{word}s" for word in low}
    return bool(low & (sets["plural"] | sets["body"] | sets["outlets"])) or words[0].isupper()


def _named_before(voice: Quote, body: str) -> Quote:
    """What "the administration" is in full where it was told of before without a voice: "the Russian-installed administration"."""
    words = voice.words.split()
    if voice.within != "body" or len(words) != 2 or words[0].lower() != "the" or not words[1].isalpha() or not words[1][0].islower():
        return voice
    start = max(0, voice.start - NEAR)
    if body.find(f" {words[1]}", start, voice.start) < 0:
        return voice
    full = re.compile(rf"\b[Tt]he (?:(?:[A-Z][\w’'-]*|\w+-\w+) ){{1,4}}{re.escape(words[1])}\b")
    last = None
    for match in full.finditer(body[start : voice.start]):
        last = match
    return Quote(start=start + last.start(), end=start + last.end(), words=last.group(), within="body") if last else voice


def _resolved(found: list[Attribution], body: str, segments: Sequence[Segment]) -> list[Attribution]:
    """The same with pronouns, bare surnames and "the ministry" given the fullest speaker phrase that fits."""
    words, kept = lexicon(), []
    sets = words.sets
    known: list[Quote] = []
    named = [one.voice for one in found if one.voice is not None and one.group != "hold"]
    full = cache(lambda surname: _full_name(surname, named))
    for one in found:
        low = one.speaker.words.lower() if one.speaker else ""
        if one.speaker is not None and low in sets["pronouns"]:
            agents = [quote for quote in _agents(one.speaker, one.segment, segments, words) if not any(other.start < quote.end and quote.start < other.end for other in known[-6:])]
            near = sorted([*known[-6:], *agents], key=lambda quote: quote.start)
            fits = [quote for quote in near if _fits(low, quote.words, sets)]
            fits = [_fullest(quote, full, known) for quote in fits]
            strict = [quote for quote in fits if low not in ("he", "she") or _is_person(quote.words, sets)]
            one = replace(one, voice=(strict or fits)[-1] if fits else None)
        elif one.speaker is not None and one.voice is not None:
            meant = next((quote for quote in reversed(known[-6:]) if not _is_paper(quote, sets)), None) if _is_paper(one.voice, sets) else None
            known.append(one.voice)
            one = replace(one, voice=meant or _named_before(_fullest(one.voice, full, known), body))
        kept.append(one)
    return kept


def _agents(pronoun: Quote, at: int, segments: Sequence[Segment], words: Lexicon) -> list[Quote]:
    """Who opens the sentence before a pronoun's, or its own up to a colon: a voice though no cue says so ("The mayor came at noon. He said ...")."""
    found = []
    for n in (at - 1, at):
        if n >= 0 and segments[n].within == pronoun.within:
            sentence = Sentence(segments[n], n, words)
            agent = sentence.agent()
            if agent is not None and (n < at or _CLAUSE.search(segments[n].words[: pronoun.start - segments[n].start])):
                found.append(sentence.piece(agent))
    return found


def _is_paper(voice: Quote, sets: dict[str, frozenset[str]]) -> bool:
    """Whether the voice is "the statement": it speaks for whoever was told of before."""
    words = voice.words.lower().split()
    return len(words) == 2 and words[0] in ("the", "a", "its", "his") and words[1] in sets["papers"]


def _full_name(surname: str, named: Sequence[Quote]) -> Quote | None:
    """The first of the voices that gives a surname with the name before it."""
    whole = re.compile(rf"(?<!\w)[A-Z][\w’'-]+ {re.escape(surname)}(?!\w)")
    return next((quote for quote in named if len(quote.words) < LONG and whole.search(quote.words)), None)


def _surname(words: str) -> str | None:
    """The name, if the words are nothing but one ("Berg", "Mr Berg")."""
    found = _WORD.findall(words)
    if len(found) == 2 and found[0] in ("Mr", "Mrs", "Ms", "Dr"):
        found = found[1:]
    return found[0] if len(found) == 1 and found[0][0].isupper() else None


def _fullest(voice: Quote, full: Callable[[str], Quote | None], known: Sequence[Quote]) -> Quote:
    """The phrase that first gives a bare surname in full, or the latest one before that "the ministry" goes back to; else the voice itself."""
    surname, words = _surname(voice.words), _WORD.findall(voice.words)
    if surname:
        return full(surname) or voice
    if len(words) == 2 and words[0].lower() in ("the", "its", "his") and words[1][0].islower():
        noun = re.compile(rf"(?<!\w){re.escape(words[1])}s?(?!\w)")
        return next((quote for quote in reversed(known[-REACH:]) if quote.start < voice.start and len(quote.words) > len(voice.words) + 2 and noun.search(quote.words)), voice)
    return voice


def _fits(pronoun: str, words: str, sets: dict[str, frozenset[str]]) -> bool:
    low = {word.lower() for word in re.findall(r"[\w-]+", words)}
    person = bool(low & sets["persons"])
    plural, body = (bool(low & sets[name]) and not person for name in ("plural", "body"))
    if pronoun in ("they", "we"):
        return plural or body
    if pronoun == "it":
        return not plural and (body or not person and words.split()[0].lower() in ("the", "a") or bool(low & (sets["sided"] | sets["outlets"])) and not person)
    # A person: a name, or a single human word, but never a plain body.
    return not plural and (not body or "," in words or len(re.findall(r"\b[A-Z][\w’'-]+", words)) > 2)


def _is_person(words: str, sets: dict[str, frozenset[str]]) -> bool:
    """Whether a voice is surely one person: by a word for such, or a name that is no body's and no country's."""
    low = {word.lower() for word in re.findall(r"[\w-]+", words)}
    named = _NAMED.match(words)
    return bool(low & sets["persons"]) or named is not None and low.isdisjoint(sets["body"] | sets["outlets"] | sets["plural"] | sets["sided"])


_JOINT = re.compile(r"[,;]?\s+(?:but|while|whereas|although|and|though)\s+(?:on \w+,? )?$|[,;]\s*$")


def _parted(found: list[Attribution]) -> list[Attribution]:
    """The same with what is said cut where the next voice of the sentence takes over (", but the army said", ", adding that")."""
    kept = []
    for one, after in zip(found, [*found[1:], None], strict=False):
        if after is not None and after.segment == one.segment and one.content and after.speaker is not None:
            last = one.content[-1]
            turn = after.cue.start if after.speaker == one.speaker else after.speaker.start
            joint = _JOINT.search(last.words[: max(0, turn - last.start)]) if one.cue.end <= last.start < turn < last.end else None
            if joint is not None and joint.start() > 0:
                one = replace(one, content=(*one.content[:-1], _part(last, 0, joint.start())))
        kept.append(one)
    return kept


def _open_quotes(segments: Sequence[Segment]) -> list[tuple[bool, bool]]:
    """For each segment whether a quotation is open before and behind it; a paragraph starts closed."""
    found, state, paragraph = [], False, None
    for segment in segments:
        if (segment.within, segment.paragraph) != paragraph:
            state, paragraph = False, (segment.within, segment.paragraph)
        before = state
        for mark in _QUOTE_MARK.findall(segment.words):
            state = mark in OPENING or (mark in STRAIGHT and not state)
        found.append((before, state))
    return found


def _continued(found: list[Attribution], segments: Sequence[Segment], states: Sequence[tuple[bool, bool]]) -> list[Attribution]:
    """The same with the content drawn over neighbouring sentences of the same quotation."""
    taken = {one.segment for one in found}
    grown = []
    for one in found:
        before: list[Quote] = []
        behind: list[Quote] = []
        here = segments[one.segment]
        back, ahead = one.segment, one.segment + 1
        while one.content and states[back][0] and back > 0 and segments[back - 1].paragraph == here.paragraph and one.segment - back < 6:
            back -= 1
            piece = segments[back]
            cut = 0 if states[back][0] else max(0, *(piece.words.rfind(mark) for mark in (*OPENING, *STRAIGHT)))
            before.insert(0, piece.piece(cut, len(piece.words)))
        quoting = any(mark in quote.words for quote in one.content for mark in QUOTES)
        while quoting and ahead < len(segments) and segments[ahead].within == here.within and ahead not in taken and ahead - one.segment < 10:
            if not states[ahead][0] and not segments[ahead].words.startswith((*OPENING, *STRAIGHT)):
                break
            behind.append(segments[ahead].quote())
            ahead += 1
        grown.append(replace(one, content=(*before, *one.content, *behind)) if before or behind else one)
    return grown


def find_attributions(text: Text, segments: Sequence[Segment]) -> list[Attribution]:
    """Every voice of the text, in order; a sentence without a cue word is passed over."""
    words, found = lexicon(text.language if text.language in ("en",) else "en"), []
    states, starts = _open_quotes(segments), words.first | words.sets["quoting"]
    for index, segment in enumerate(segments):
        low = segment.words.lower()
        if words.first.isdisjoint(_LETTERS.findall(low)):
            continue
        sentence, at, before = Sentence(segment, index, words), 0, None
        inside = states[index][0]
        for number, (mark, low, _, _) in enumerate(sentence.tokens):
            if number < at:
                continue
            if mark in QUOTES:
                inside = mark in OPENING or (mark in STRAIGHT and not inside)
            if not inside and low in starts:
                one, last = _attribution(sentence, number, before)
                at = last + 1
                if one is not None:
                    found.append(one)
                    before = one
    return _continued(_resolved(_parted(found), text.body, segments), segments, states)
