"""A Text goes in, a Reading comes out: the network weighs what the rules find and fills what it reads better; counts, days, places and persons are the rules'.

The rules' functions are laid over the mentions, so both ways of reading differ only where the network decides (`sources` of its settings).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import NamedTuple, Self

from msgspec.structs import replace

from khronika.casing import with_capitals, worded
from khronika.extract import attributions, claims, outlook, roles, rules
from khronika.extract.attributions import Attribution
from khronika.extract.joining import Occurrence, join
from khronika.extract.lexicon import Lexicon, load
from khronika.extract.model import voices
from khronika.extract.model.decoding import (
    BY_RULES,
    UNSEEN_ODDS,
    Happening,
    Hint,
    Part,
    candidates,
    happenings,
    kind_features,
    kind_scores,
    log_odds,
    logistic,
    said,
    score,
)
from khronika.extract.model.layout import ROLES, SENTENCE, SPANS, TOPICS
from khronika.extract.model.marks import Marks, marks_of, tokens_under, with_and_without
from khronika.extract.model.weights import Network, Settings
from khronika.extract.model.windows import OVERLAP, sentence_tokens
from khronika.extract.segments import Segment, body_segments
from khronika.extract.triggers import Trigger, find_triggers
from khronika.text import Span, digest_of, words_of
from khronika.types import KINDS, Account, Assessment, Forecast, Mention, Participant, Quote, Reading, Status, Text, Topic

FOLDER = Path(__file__).resolve().parents[2] / "data" / "model"
PART = 4000
"""Tokens that are decoded together; a longer text is read in parts of whole sentences."""

OVERLAP_LONG = 32
"""Tokens that windows share in a text of several parts, where speed counts for more than an event at a window's edge."""
FOUNDS = 0.3
"""Strength from which a trigger of the rules gathers sentences; whether it is an event is left to the network."""


class Piece:
    """Some sentences of a text with their scores and the rules' hints; `offsets` are the characters of each token."""

    def __init__(self, segments: list[Segment], offsets: list[Span], part: Part, hints: list[Hint], triggers: list[Trigger]) -> None:
        self.segments = segments
        self.offsets = offsets
        self.part = part
        self.hints = hints
        self.triggers = triggers

    def founded_by(self, told: Mapping[Quote, Sequence[int]]) -> Piece:
        """The same piece whose occurrences are those: the quote of the trigger -> where the sentences that tell of it begin."""
        number = {segment.start: n for n, segment in enumerate(self.segments)}
        hints = [
            dataclasses.replace(hint, founded=True, told_in=tuple(number[start] for start in told[trigger.quote] if start in number))
            if trigger.quote in told
            else dataclasses.replace(hint, founded=False)
            for hint, trigger in zip(self.hints, self.triggers, strict=True)
        ]
        return Piece(self.segments, self.offsets, self.part, hints, self.triggers)

    def quote(self, text: Text, span: Span) -> Quote:
        """The exact words under some tokens."""
        start, end = self.offsets[span[0]][0], self.offsets[span[1] - 1][1]
        return Quote(start=start, end=end, words=text.body[start:end])


class Tokens(NamedTuple):
    """A text's tokens: number, characters and marks of each."""

    ids: list[int]
    offsets: list[Span]
    marks: Marks


class Told(NamedTuple):
    """A mention, and what it was made of."""

    mention: Mention
    happening: Happening
    piece: Piece


class ModelExtractor:
    """Reads with the weights of a folder; one is enough for a process, and several threads may use it.

    Raises:
        ModelError: the weights are missing, damaged or of another version.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.network = Network(folder or FOLDER)
        self.settings = self.network.settings
        self.name = f"model@{self.network.digest[:12]}"
        self._rules = rules.RulesExtractor()

    def settle(self, accounts: Sequence[Account]) -> tuple[Account, ...]:
        """As the rules do."""
        return self._rules.settle(accounts)

    def read(self, text: Text) -> Reading:
        """What the text says; a text in another language than English is read by the rules, one without capitals with restored ones (casing.py)."""
        if (text.language or "en") != "en" or not text.body.strip():
            return self._rules.read(text)
        given = with_capitals(text)
        return self._read(given) if given is text else worded(self.for_caseless()._read(given, text), text)

    def for_caseless(self) -> Self:
        """The same with the settings for texts that came without capitals."""
        other = copy(self)
        other.settings = self.settings.for_caseless()
        return other

    def _read(self, text: Text, written: Text | None = None) -> Reading:
        lexicon = load("en")
        segments = body_segments(text)
        by_rules = self._rules.read(text)
        heard = attributions.find_attributions(text, segments)
        pieces = list(self.pieces(text, segments, lexicon, by_rules, heard, written))
        titled = [replace(m, by=self.name) for m in by_rules.mentions if m.trigger.within == "title"]
        told = self.told(text, pieces, lexicon)
        mentions = ([] if told else titled) + self.voiced(text, segments, told, heard)
        assessments, forecasts = self.outlook(pieces, outlook.find_outlook(text, segments, mentions))
        return Reading(
            text_id=text.id,
            by=self.name,
            mentions=tuple(mentions),
            assessments=assessments,
            forecasts=forecasts,
            persons=by_rules.persons,
        )

    def told(self, text: Text, pieces: Sequence[Piece], lexicon: Lexicon) -> list[Told]:
        """The events of a text that was already scored, without their claims."""
        found: list[Told] = []
        for piece in self.founded(text, pieces):
            kept = happenings(piece.part, candidates(piece.part, piece.hints, self.settings), self.settings)
            triggers = [self._trigger(one, piece, text) for one in kept]
            occurrences = [Occurrence([trigger], one.evidence) for one, trigger in zip(kept, triggers, strict=True)]
            over = self.over(text, piece.segments, occurrences, lexicon)
            found += [Told(self._laid_over(base, one, piece, text), one, piece) for base, one in zip(over, kept, strict=True)]
        return found

    def founded(self, text: Text, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """The pieces with the occurrences that the rules found: where events are weighed, by strengths of triggers that the network weighed too.

        A snippet is left to the rules, whose strength for such is made for it; the network was weighed on whole articles.
        """
        if self.settings.sources.get("events") != "weighed" or len(text.body) < rules.SHORT:
            return pieces
        strengths: dict[Quote, float] = {}
        for piece in pieces:
            strengths |= trigger_strengths(piece, self.settings)
        segments, occurrences, _ = rules.RulesExtractor(
            self.settings.least["trigger"], lambda trigger: dataclasses.replace(trigger, strength=strengths.get(trigger.quote, trigger.strength))
        ).occurrences(text)
        told = {one.main.quote: [segments[n].start for n in one.sentences if segments[n].within == "body"] for one in occurrences}
        return [piece.founded_by(told) for piece in pieces]

    def voiced(self, text: Text, segments: Sequence[Segment], told: Sequence[Told], heard: Sequence[Attribution]) -> list[Mention]:
        """The mentions with their claims, by the rules, the network or both."""
        by_rules = claims.find_claims(text, segments, [one.mention for one in told], heard)
        if self.settings.sources.get("claims", "rules") == "rules":
            return by_rules
        hearings = self.hearings(text, segments, told, heard)
        return [voices.laid_over(mention, hearing, self.settings) for mention, hearing in zip(by_rules, hearings, strict=True)]

    def hearings(self, text: Text, segments: Sequence[Segment], told: Sequence[Told], heard: Sequence[Attribution]) -> list[voices.Hearing]:
        """What the network hears around each event."""
        contents = [piece.quote(text, span) for piece in {id(one.piece): one.piece for one in told}.values() for span in said(piece.part)]
        speech = voices.Speech(heard, contents, segments)
        found = []
        for one in told:
            quotes = {span: one.piece.quote(text, span) for role, span, _ in one.happening.roles if ROLES[role] == "source"}
            found.append(voices.Hearing(one.happening, one.piece.part.numbers, quotes, speech))
        return found

    def speech(self, text: Text) -> tuple[list[Quote], list[Quote]]:
        """Voices and what they say, wherever they stand: the spans and tokens that the network holds for such with more than even odds."""
        sources: list[Quote] = []
        contents: list[Quote] = []
        written, text = text, with_capitals(text)
        segments = body_segments(text)
        heard = attributions.find_attributions(text, segments)
        for piece in self.pieces(text, segments, load("en"), self._rules.read(text), heard, written):
            sources += [piece.quote(text, (s.start, s.end)) for s in piece.part.spans if s.type == SPANS.index("source") and s.score > 0]
            contents += [piece.quote(text, span) for span in said(piece.part)]
        return worded((sources, contents), written)

    def over(self, text: Text, segments: list[Segment], occurrences: list[Occurrence], lexicon: Lexicon) -> list[Mention]:
        """The rules' mention for each occurrence."""
        return rules.mentions_over(text, segments, occurrences, lexicon)

    def pieces(
        self, text: Text, segments: Sequence[Segment], lexicon: Lexicon, by_rules: Reading, heard: Sequence[Attribution], written: Text | None = None
    ) -> Iterator[Piece]:
        """The text in parts of at most PART tokens, with the scores of each; the rules' reading and the voices that they hear mark its tokens.

        Args:
            written: the text as it came; another one where it got its capitals back.
        """
        ids, offsets = self.network.pieces.encode(text.body)
        if not ids:
            return
        spans = sentence_tokens([(s.start, s.end) for s in segments], offsets)
        triggers = find_triggers(list(segments), lexicon, text.published)
        told = {id(t): o.sentences for o in join(triggers, list(segments), lexicon, FOUNDS) for t in o.triggers}
        number = {segment.start: n for n, segment in enumerate(segments)}
        own = {m.trigger: [number[q.start] for q in m.evidence if q.within == "body" and q.start in number] for m in by_rules.mentions}
        marks = marks_of(offsets, triggers, by_rules, heard)
        if written is not None and written is not text:
            marks = with_and_without(marks, written, offsets, lexicon)
        tokens = Tokens(ids, offsets, marks)
        first = 0
        while first < len(segments):
            last = first + 1
            while last < len(segments) and spans[last][1] - spans[first][0] <= PART:
                last += 1
            if spans[first][0] < spans[last - 1][1]:
                here = [(t, own.get(t.quote) or told.get(id(t), []), t.quote in own) for t in triggers if first <= t.at < last]
                yield self._piece(list(segments[first:last]), tokens, spans[first:last], here, first)
            first = last

    def _piece(self, segments: list[Segment], tokens: Tokens, spans: list[Span], triggers: list[tuple[Trigger, list[int], bool]], first: int) -> Piece:
        a, b = spans[0][0], spans[-1][1]
        within = [(x - a, y - a) for x, y in spans]
        overlap = OVERLAP if len(tokens.ids) <= PART else OVERLAP_LONG
        part = score(self.network.numbers(tokens.ids[a:b], tokens.marks[a:b], within, overlap), within)
        here = tokens.offsets[a:b]
        hints, known = [], []
        for trigger, told, founded in triggers:
            span = tokens_under(here, trigger.quote.start, trigger.quote.end)
            if span:
                near = tuple(n - first for n in told if 0 <= n - first < len(segments))
                hints.append(Hint(span, trigger.at - first, trigger.kind, trigger.strength, trigger.is_background, near, founded))
                known.append(trigger)
        return Piece(segments, here, part, hints, known)

    def _trigger(self, one: Happening, piece: Piece, text: Text) -> Trigger:
        """The trigger in the form of the rules, with what they know of the same words; in the rules' words where the events are theirs."""
        known = piece.triggers[piece.hints.index(one.hint)] if one.hint else None
        by_rules = known if self.settings.sources.get("events") in BY_RULES else None
        least = self.settings.least
        return Trigger(
            at=one.sentence,
            quote=by_rules.quote if by_rules else piece.quote(text, one.trigger),
            kind=known.kind if known else one.kind,
            status=self._status(one, known),
            strength=one.p,
            is_background=by_rules.is_background if by_rules else one.states["background"] >= least["background"],
            is_rollup=known is not None and known.is_rollup,
            levels=known.levels if known else {"group": ""},
        )

    def _status(self, one: Happening, known: Trigger | None) -> Status:
        """The network's status where it is sure of one, else the rules'."""
        by_rules: Status = known.status if known else "occurred"
        if known and self.settings.sources.get("status") == "rules":
            return by_rules
        names: tuple[Status, ...] = ("alleged", "attempted", "foiled")
        return next((name for name in names if one.states[name] >= self.settings.least[name]), by_rules)

    def _laid_over(self, base: Mention, one: Happening, piece: Piece, text: Text) -> Mention:
        """The rules' mention with what the network decides laid over it."""
        kind = self._kind(one, piece, base.kind if one.hint else None)
        filled = {name: self._choose(name, given, getattr(base, name), one.p) for name, given in participants_of(one, piece, text).items()}
        words = _settings_of(one, piece, text)
        return replace(
            base,
            id=digest_of("mention", text.id, "body", str(base.trigger.start), str(base.trigger.end), kind),
            by=self.name,
            kind=kind,
            detained=base.detained if kind in HOLDING else None,
            p=round(one.p, 3),
            where_words=self._words("places", words["place"], base.where_words),
            when_words=self._words("times", words["time"], base.when_words),
            **filled,
        )

    def _kind(self, one: Happening, piece: Piece, settled: str | None) -> str:
        """The kind of the network, the rules' where they are surer, or the likelier by both weighed."""
        source = self.settings.sources.get("kind")
        if settled and source == "rules":
            return settled
        if source == "weighed":
            return KINDS[int((kind_features(one, piece.part.labels, settled) @ self.settings.kind).argmax())]
        scores = kind_scores(one.numbers, piece.part.labels[one.sentence])
        if settled and one.hint:
            scores[KINDS.index(settled)] += self.settings.hint * one.hint.strength
        return KINDS[int(scores.argmax())]

    def _choose(self, field: str, model: tuple[Participant, ...], by_rules: tuple[Participant, ...], event: float) -> tuple[Participant, ...]:
        source = self.settings.sources.get(field, "model")
        if source == "weighed":
            weights, least = self.settings.parts[field], self.settings.least[field]
            weighed = [(one, logistic(weights, features)) for one, features in participant_options(model, by_rules, event)]
            return tuple(replace(one, p=round(p, 3)) for one, p in weighed if p >= least)
        if source == "both":
            return (*model, *(x for x in by_rules if not any(same_entity(x.quote.words, y.quote.words) for y in model)))
        return by_rules if source == "rules" else model

    def _words(self, field: str, model: tuple[Quote, ...], by_rules: tuple[Quote, ...]) -> tuple[Quote, ...]:
        """Place or time words: the network's where it is preferred and has any, else the rules'."""
        return model if model and self.settings.sources.get(field, "rules") == "model" else by_rules

    def outlook(
        self, pieces: Sequence[Piece], by_rules: tuple[tuple[Assessment, ...], tuple[Forecast, ...]]
    ) -> tuple[tuple[Assessment, ...], tuple[Forecast, ...]]:
        """Sentences that the network and the rules together hold for judgements or forecasts; voices and words as the rules found them."""
        settings = self.settings
        judged = {(a.quote.start, a.quote.end): a for a in by_rules[0]}
        foretold = {(f.quote.start, f.quote.end): f for f in by_rules[1]}
        assessments: list[Assessment] = []
        forecasts: list[Forecast] = []
        for segment, label in ((s, piece.part.labels[n]) for piece in pieces for n, s in enumerate(piece.segments)):
            span = (segment.start, segment.end)
            one = judged.get(span)
            p = logistic(settings.assessment, (float(label[2]), log_odds(one.p) if one else ABSENT_ODDS))
            if p >= settings.least["assessment"]:
                topic: Topic = TOPICS[int(label[len(SENTENCE) - len(TOPICS) :].argmax())]  # type: ignore[assignment]
                assessments.append(replace(one, p=round(p, 3)) if one else Assessment(quote=segment.quote(), topic=topic, p=round(p, 3)))
            other = foretold.get(span)
            p = logistic(settings.forecast, (float(label[3]), log_odds(other.p) if other else ABSENT_ODDS))
            if p >= settings.least["forecast"]:
                forecasts.append(replace(other, p=round(p, 3)) if other else Forecast(quote=segment.quote(), p=round(p, 3)))
        kept = [settings.sources.get(name) == "rules" for name in ("assessments", "forecasts")]
        return by_rules[0] if kept[0] else tuple(assessments), by_rules[1] if kept[1] else tuple(forecasts)


OTHER_ROLES = ("source", "place", "time")
"""Roles of the network that are no participants."""
HOLDING = ("arrests", "abduction", "protest_with_intervention", "attack", "armed_clash")
"""Kinds in which people are detained."""
ABSENT_ODDS = -2.0
"""Stands for the rules' log odds of a sentence in which they find nothing."""


def trigger_strengths(piece: Piece, settings: Settings) -> dict[Quote, float]:
    """How likely each trigger of the rules tells of an event, by the rules and the network together."""
    found = candidates(piece.part, piece.hints, settings)
    return {piece.triggers[piece.hints.index(one.hint)].quote: logistic(settings.trigger, one.features) for one in found if one.hint}


def participants_of(one: Happening, piece: Piece, text: Text) -> dict[str, tuple[Participant, ...]]:
    """The spans of each role, the likeliest first, one for each entity."""
    found: dict[str, list[Participant]] = {"perpetrators": [], "targets": [], "victims": [], "weapons": []}
    for role, span, p in sorted(one.roles, key=lambda r: (-r[2], r[1])):
        name = ROLES[role]
        if name in OTHER_ROLES:
            continue
        quote = piece.quote(text, span)
        field = "perpetrators" if name.startswith("perp") else name + "s"
        if any(same_entity(quote.words, other.quote.words) for other in found[field]):
            continue
        kind = {"perp_person": "person", "perp_group": "organisation"}.get(name)
        if name == "target":
            kind = roles.kind_of_target(quote.words, "en")
        told = (-1,) if field == "perpetrators" else ()
        found[field].append(Participant(quote=quote, kind=kind, asserted_by=told, p=round(p, 3)))
    return {field: tuple(values) for field, values in found.items()}


def participant_options(
    model: tuple[Participant, ...], by_rules: tuple[Participant, ...], event: float
) -> list[tuple[Participant, tuple[float, float, float]]]:
    """Each participant that the network or the rules see, with what speaks for it: the network's log odds, whether the rules see it, the event's log odds.

    The likeliest first; two phrases of the network that the rules hold for one are one.
    """
    found: dict[Quote, tuple[Participant, tuple[float, float, float]]] = {}
    for one in model:
        twin = next((x for x in by_rules if same_entity(x.quote.words, one.quote.words)), None)
        found.setdefault((twin or one).quote, (twin or one, (log_odds(one.p), float(twin is not None), log_odds(event))))
    for one in by_rules:
        if not any(same_entity(one.quote.words, x.quote.words) for x in model):
            found.setdefault(one.quote, (one, (UNSEEN_ODDS, 1.0, log_odds(event))))
    return list(found.values())


def _settings_of(one: Happening, piece: Piece, text: Text) -> dict[str, tuple[Quote, ...]]:
    """The words of place and time, the likeliest first."""
    ranked = sorted(one.roles, key=lambda r: (-r[2], r[1]))
    return {name: tuple(piece.quote(text, span) for role, span, _ in ranked if ROLES[role] == name) for name in ("place", "time")}


_SMALL = frozenset("a an the of in on at by to for and or with from s his her their its".split())


def same_entity(one: str, other: str) -> bool:
    """Whether one phrase's words are among the other's, or it is its acronym."""
    a, b = ([w for w in words_of(x) if w not in _SMALL] for x in (one, other))
    if not a or not b:
        return a == b
    if set(a) <= set(b) or set(b) <= set(a):
        return True
    return any(len(x) == 1 and len(y) > 1 and x[0] == "".join(w[0] for w in y) for x, y in ((a, b), (b, a)))
