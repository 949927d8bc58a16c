"""What the rules say of a text goes in, numbers per token come out, which the network takes in beside the words.

So the network learns on whole articles where the rules can be believed, instead of being weighed against them afterwards.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from khronika.extract.attributions import Attribution, find_attributions
from khronika.extract.lexicon import Lexicon
from khronika.extract.model.layout import MARKS, STATES
from khronika.extract.rules import RulesExtractor
from khronika.extract.segments import body_segments
from khronika.extract.triggers import Trigger, find_triggers
from khronika.text import Span
from khronika.types import Quote, Reading, Text

Marks = NDArray[np.float16]
"""[token, len(MARKS)], between 0 and 1."""
Marked = tuple[str, Quote, float]
NUMBER = {name: at for at, name in enumerate(MARKS)}


def tokens_under(offsets: Sequence[Span], start: int, end: int) -> Span | None:
    """The tokens that lie in some characters, None where there is none."""
    a = bisect_left(offsets, start, key=lambda span: span[0])
    b = bisect_right(offsets, end, key=lambda span: span[1])
    return (a, b) if a < b else None


def marks_of(offsets: Sequence[Span], triggers: Sequence[Trigger], reading: Reading, heard: Sequence[Attribution]) -> Marks:
    """The marks of a text's tokens (`offsets`: the characters of each); what stands in its title gives none."""
    found = np.zeros((len(offsets), len(MARKS)), np.float16)
    for name, quote, value in (*_of_triggers(triggers), *_of_reading(reading), *_of_speech(heard)):
        under = tokens_under(offsets, quote.start, quote.end) if quote.within == "body" else None
        if under:
            part = found[under[0] : under[1], NUMBER[name]]
            np.maximum(part, np.float16(value), out=part)
    return found


def with_and_without(marks: Marks, written: Text, offsets: Sequence[Span], lexicon: Lexicon) -> Marks:
    """The mean of the marks of a text that got its capitals back and of those that it has as it came.

    The network learnt from such texts as they came, and the rules know more with capitals: either alone is worth less (docs/decisions/0023).
    """
    return ((marks + marks_as_written(written, offsets, lexicon)) / 2).astype(np.float16)


def marks_as_written(text: Text, offsets: Sequence[Span], lexicon: Lexicon) -> Marks:
    """The marks of a text read as it stands, without capitals where it has none."""
    segments = body_segments(text)
    return marks_of(offsets, find_triggers(segments, lexicon, text.published), RulesExtractor().read_as_written(text), find_attributions(text, segments))


def _of_triggers(triggers: Sequence[Trigger]) -> Iterator[Marked]:
    for trigger in triggers:
        yield trigger.kind, trigger.quote, trigger.strength


def _of_reading(reading: Reading) -> Iterator[Marked]:
    for mention in reading.mentions:
        yield "event", mention.trigger, 1.0
        yield "settled " + mention.kind, mention.trigger, 1.0
        if mention.background:
            yield "background", mention.trigger, 1.0
        if mention.status in STATES:
            yield mention.status, mention.trigger, 1.0
        for quote in mention.evidence:
            yield "evidence", quote, 1.0
        for role in ("perpetrators", "targets", "victims", "weapons"):
            for participant in getattr(mention, role):
                yield role, participant.quote, 1.0
        for outcome in ("killed", "injured", "detained"):
            toll = getattr(mention, outcome)
            if toll and toll.quote:
                yield outcome, toll.quote, 1.0
        for quote in mention.where_words:
            yield "place", quote, 1.0
        for claim in mention.claims:
            yield claim.stance, claim.by, 1.0
    for quote in reading.persons:
        yield "person", quote, 1.0
    for name, said in (("assessment", reading.assessments), ("forecast", reading.forecasts)):
        for item in said:
            yield name, item.quote, item.p or 1.0


def _of_speech(heard: Sequence[Attribution]) -> Iterator[Marked]:
    for one in heard:
        if one.speaker:
            yield "speaker", one.speaker, 1.0
        yield "cue", one.cue, 1.0
        for quote in one.content:
            yield "content", quote, 1.0
