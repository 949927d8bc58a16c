"""What a language model is asked for, as types of which the JSON Schema is made, and one answer in, its pieces held to the text out.

The rule: what does not stand in the text is dropped and counted by its reason; nothing is taken on the model's word alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from khronika.extract import tolls
from khronika.extract.lexicon import Lexicon
from khronika.extract.segments import Segment
from khronika.text import Span, digest_of, overlaps
from khronika.types import (
    About,
    Assessment,
    Claim,
    Forecast,
    Kind,
    Mention,
    Participant,
    Quote,
    Stance,
    Status,
    TargetKind,
    Text,
    Toll,
    Topic,
)

_ALIKE = dict.fromkeys('"“”„«»', '["“”„«»]') | dict.fromkeys("'‘’", "['‘’]") | dict.fromkeys("-–—", "[-–—]")
"""Signs that a model writes for each other."""


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Author(_Said, frozen=True):
    text: str
    kind: Literal["person", "organisation"]
    said_by: str | None


class Target(_Said, frozen=True):
    text: str
    kind: TargetKind


class Number(_Said, frozen=True):
    text: str
    low: int
    high: int | None


class SaidClaim(_Said, frozen=True):
    by: str
    chain: list[str]
    stance: Stance
    about: About
    value: str | None
    text: str


class SaidEvent(_Said, frozen=True):
    type: Kind
    status: Status
    background: bool
    trigger: str
    evidence: list[str]
    where: str | None
    when: str | None
    perpetrators: list[Author]
    targets: list[Target]
    victims: list[str]
    weapons: list[str]
    killed: Number | None
    injured: Number | None
    detained: Number | None
    claims: list[SaidClaim]


class SaidAssessment(_Said, frozen=True):
    by: str | None
    text: str
    topic: Topic


class SaidForecast(_Said, frozen=True):
    by: str | None
    text: str
    likelihood: str | None
    horizon: str | None


class Answer(_Said, frozen=True):
    """The whole answer on one text, or one part of it."""

    events: list[SaidEvent]
    assessments: list[SaidAssessment]
    forecasts: list[SaidForecast]
    persons: list[str]


def schema() -> dict[str, Any]:
    """JSON Schema of an answer: every key required, no other allowed."""
    found: dict[str, Any] = msgspec.json.schema(Answer)
    return found


class Aligner:
    """Finds said words in one part of a text (offsets `part` of the body), and counts what it does not find."""

    def __init__(self, text: Text, part: Span, segments: Sequence[Segment], lexicon: Lexicon, by: str) -> None:
        self._text, self._part, self._lexicon, self._by = text, part, lexicon, by
        self._segments = [s for s in segments if s.within == "body" and part[0] <= s.start < part[1]]
        self._holes = text.boilerplate
        self.dropped: Counter[str] = Counter()

    def find(self, words: str | None, what: str, near: Sequence[Span] = ()) -> Quote | None:
        """The exact words of the text: inside one of the spans `near` where they stand there, else at their first place; None and counted where nowhere."""
        if not words or not words.strip():
            return None
        places = [span for span in self._places(words.strip()) if not any(overlaps(span, hole) for hole in self._holes)]
        if not places:
            self.dropped[f"{what}: not in the text"] += 1
            return None
        inside = (span for span in places if any(a <= span[0] and span[1] <= b for a, b in near))
        start, end = next(inside, places[0])
        return Quote(start=start, end=end, words=self._text.body[start:end])

    def _places(self, words: str) -> list[Span]:
        """Where words stand; blanks of any length and quotation marks of any sort are the same."""
        pattern = r"\s+".join("".join(_ALIKE.get(sign, re.escape(sign)) for sign in word) for word in words.split())
        body = self._text.body
        return [match.span() for match in re.compile(pattern).finditer(body, self._part[0], self._part[1])]

    def mention(self, said: SaidEvent) -> Mention | None:
        """The event with all that stands in the text; None where its trigger does not."""
        evidence = [quote for words in said.evidence if (quote := self.find(words, "evidence"))]
        spans = [(quote.start, quote.end) for quote in evidence]
        trigger = self.find(said.trigger, "trigger", spans)
        if trigger is None:
            return None
        own = [s for s in self._segments if any(overlaps((s.start, s.end), span) for span in [*spans, (trigger.start, trigger.end)])]
        near = [(s.start, s.end) for s in own]
        claims = tuple(claim for one in said.claims if (claim := self._claim(one, near)))
        where, when = self.find(said.where, "place", near), self.find(said.when, "time", near)
        return Mention(
            id=digest_of("mention", self._text.id, "body", str(trigger.start), str(trigger.end), said.type),
            text_id=self._text.id,
            by=self._by,
            trigger=trigger,
            kind=said.type,
            status=said.status,
            background=said.background,
            evidence=tuple(s.quote() for s in own),
            where_words=(where,) if where else (),
            when_words=(when,) if when else (),
            perpetrators=tuple(self._author(one, claims, near) for one in said.perpetrators if self.find(one.text, "perpetrator", near)),
            targets=tuple(
                Participant(quote=quote, kind=one.kind) for one in said.targets if (quote := self.find(one.text, "target", near))
            ),
            victims=tuple(Participant(quote=quote) for words in said.victims if (quote := self.find(words, "victim", near))),
            weapons=tuple(Participant(quote=quote) for words in said.weapons if (quote := self.find(words, "weapon", near))),
            killed=self._toll(said.killed, "killed", own),
            injured=self._toll(said.injured, "injured", own),
            detained=self._toll(said.detained, "detained", own),
            claims=claims,
        )

    def _author(self, said: Author, claims: Sequence[Claim], near: Sequence[Span]) -> Participant:
        quote = self.find(said.text, "perpetrator", near)
        assert quote is not None
        who = said.said_by.strip() if said.said_by else ""
        asserted = tuple(n for n, claim in enumerate(claims) if who and (claim.by.words in who or who in claim.by.words))
        return Participant(quote=quote, kind=said.kind, asserted_by=asserted if who else (-1,))

    def _toll(self, said: Number | None, outcome: Literal["killed", "injured", "detained"], own: list[Segment]) -> Toll | None:
        """Numbers stay with the rules where they read the same sentences; else the model's, if its words stand there and hold."""
        quote = self.find(said.text, outcome, [(s.start, s.end) for s in own]) if said else None
        if said is None or quote is None:
            return None
        by_rules = tolls.find_toll(own, outcome, self._lexicon)
        if by_rules is not None:
            return by_rules
        if said.low < 0 or said.high is not None and said.high < said.low:
            self.dropped[f"{outcome}: numbers that run backwards"] += 1
            return None
        return Toll(low=said.low, high=said.high, quote=quote)

    def _claim(self, said: SaidClaim, near: Sequence[Span]) -> Claim | None:
        quote = self.find(said.text, "claim", near)
        by = self.find(said.by, "speaker", [(quote.start, quote.end), *near] if quote else near)
        if quote is None or by is None:
            return None
        chain = tuple(link for words in said.chain if (link := self.find(words, "intermediary", near)))
        return Claim(
            by=by, stance=said.stance, about=said.about, quote=quote, chain=chain, value=self.find(said.value, "claimed value", near)
        )

    def assessment(self, said: SaidAssessment) -> Assessment | None:
        """The judgement with its voice; None where its words do not stand in the text."""
        quote = self.find(said.text, "assessment")
        return Assessment(quote=quote, topic=said.topic, by=self.find(said.by, "speaker", [self._around(quote)])) if quote else None

    def forecast(self, said: SaidForecast) -> Forecast | None:
        """The forecast with its voice and words; None where its own words do not stand in the text."""
        quote = self.find(said.text, "forecast")
        if quote is None:
            return None
        near = [(quote.start, quote.end), self._around(quote)]
        likelihood, horizon = self.find(said.likelihood, "likelihood", near), self.find(said.horizon, "horizon", near)
        return Forecast(quote=quote, by=self.find(said.by, "speaker", near), likelihood=likelihood, horizon=horizon)

    def _around(self, quote: Quote) -> Span:
        inside = [s for s in self._segments if overlaps((s.start, s.end), (quote.start, quote.end))]
        return (inside[0].start, inside[-1].end) if inside else (quote.start, quote.end)
