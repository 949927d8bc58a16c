"""Data folders go in, windows of tokens with labels for every head come out.

A fixed tenth of the gold articles (by digest of the id) is held out of training for thresholds and calibration; `dev` parts are never read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from khronika.extract.model.layout import LONGEST_SPAN, SENTENCE, SPANS, STATES
from khronika.extract.model.windows import sentence_tokens, windows_of
from khronika.extract.model.wordpiece import WordPiece
from khronika.text import Span, digest_of, sentences
from khronika.types import KINDS

_PEOPLE = re.compile(
    r"\b(gunm[ae]n|m[ae]n|wom[ae]n|attackers?|assailants?|militants?|bombers?|drivers?|individuals?|persons?|people|youths?|teenagers?|suspects?"
    r"|shooters?|he|she|they|terrorists?|rebels?|fighters?|president|commander|general|mr|mrs|soldiers?|officers?)\b",
    re.IGNORECASE,
)


@dataclass
class Happening:
    """One event in tokens: trigger span, kind, states, evidence sentences and argument spans (type, start, end)."""

    trigger: Span
    kind: int
    states: list[float]
    evidence: set[int]
    arguments: set[tuple[int, int, int]] = field(default_factory=set)


@dataclass
class Labelled:
    """One text in tokens. `full` False: only the spans of roles are labelled (MUC-4)."""

    id: str
    ids: list[int]
    sentences: list[Span]
    spans: set[tuple[int, int, int]]
    happenings: list[Happening]
    labels: list[list[float]]
    full: bool
    eventful: bool


def held_out(id: str) -> bool:
    """Whether an article belongs to the fixed tenth."""
    return int(digest_of(id)[:8], 16) % 10 == 0


def gold_articles(folder: Path, language: str = "en") -> list[dict[str, Any]]:
    """Articles of a folder in the form of the gold standard."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return [article for article in read if article["language"] == language]


def own_reports(folder: Path) -> list[dict[str, Any]]:
    """Our own short reports, one JSON object a line in the form of the gold standard; none where the folder is absent."""
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


class Tokens:
    """A text's pieces, with a look-up from characters to tokens."""

    def __init__(self, text: str, pieces: WordPiece) -> None:
        self.text = text
        self.ids, self.spans = pieces.encode(text)
        self.sentences = [s for s in sentence_tokens(sentences(text), self.spans) if s[0] < s[1]]
        self._starts = {a: i for i, (a, _) in enumerate(self.spans)}
        self._ends = {b: i + 1 for i, (_, b) in enumerate(self.spans)}

    def span(self, start: int, end: int) -> Span | None:
        """The tokens of exactly these characters, None where they cut a token or are too long."""
        a, b = self._starts.get(start), self._ends.get(end)
        return (a, b) if a is not None and b is not None and a < b <= a + LONGEST_SPAN else None

    def within(self, areas: list[Span]) -> set[int]:
        """Sentences that overlap an area (characters) by half or more of their length."""
        found = set()
        for number, (a, b) in enumerate(self.sentences):
            start, end = self.spans[a][0], self.spans[b - 1][1]
            if sum(max(0, min(end, y) - max(start, x)) for x, y in areas) * 2 >= end - start:
                found.add(number)
        return found


def occurrences(text: str, phrase: str) -> list[Span]:
    """Every place of a phrase that starts and ends at a word's edge."""
    if not phrase:
        return []
    before = r"(?<!\w)" if phrase[0].isalnum() else ""
    after = r"(?!\w)" if phrase[-1].isalnum() else ""
    return [m.span() for m in re.finditer(before + re.escape(phrase) + after, text)]


def _role(role: str, phrase: dict[str, Any]) -> int:
    if role != "perpetrators":
        return SPANS.index(role[:-1])
    return SPANS.index("perp_person" if _PEOPLE.search(phrase["text"]) and "force" not in phrase["text"] else "perp_group")


def from_gold(article: dict[str, Any], pieces: WordPiece) -> Labelled:
    """An article with all fields, in tokens."""
    text = article["text"]
    tokens = Tokens(text, pieces)
    labels = [[0.0] * len(SENTENCE) for _ in tokens.sentences]
    happenings: list[Happening] = []
    spans: set[tuple[int, int, int]] = set()
    for event in article["events"]:
        areas = [(at, at + len(words)) for words in event["evidence"] if (at := text.find(words)) >= 0]
        evidence = tokens.within(areas)
        for number in evidence:
            labels[number][1 if event.get("background") else 0] = 1.0
            labels[number][SENTENCE.index(event["type"])] = 1.0
        near = [s for s in occurrences(text, event["trigger"]) if any(a <= s[0] and s[1] <= b for a, b in areas)]
        trigger = next((t for s in near or occurrences(text, event["trigger"]) if (t := tokens.span(*s))), None)
        if trigger is None:
            continue
        own = next((n for n, (a, b) in enumerate(tokens.sentences) if a <= trigger[0] < b), 0)
        states = [float(bool(event.get("background"))), *(float(event["status"] == s) for s in STATES[1:])]
        happening = Happening(trigger, KINDS.index(event["type"]), states, evidence | {own})
        spans.add((0, *trigger))
        for role in ("perpetrators", "targets", "victims", "weapons"):
            for phrase in event.get(role) or []:
                found = occurrences(text, phrase["text"])
                inside = [s for s in found if any(a <= s[0] and s[1] <= b for a, b in areas)] or found[:1]
                happening.arguments |= {(_role(role, phrase), *t) for s in inside if (t := tokens.span(*s))}
        spans |= happening.arguments
        happenings.append(happening)
    for name in ("assessments", "forecasts"):
        for item in article.get(name) or []:
            at = text.find(item["text"])
            for number in tokens.within([(at, at + len(item["text"]))]) if at >= 0 else ():
                labels[number][SENTENCE.index(name[:-1])] = 1.0
                if name == "assessments":
                    labels[number][SENTENCE.index(item["topic"], len(SENTENCE) - 5)] = 1.0
    return Labelled(article["id"], tokens.ids, tokens.sentences, spans, happenings, labels, True, bool(happenings))


_MUC = {"PerpInd": 1, "PerpOrg": 2, "Target": 3, "Victim": 4, "Weapon": 5}


def from_muc(path: Path, pieces: WordPiece) -> Iterator[Labelled]:
    """MUC-4 in GTT's form: the fillers of roles, wherever they stand in the text."""
    for line in path.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        tokens = Tokens(item["doctext"], pieces)
        spans: set[tuple[int, int, int]] = set()
        for template in item["templates"]:
            for role, number in _MUC.items():
                for mention in (m for entity in template.get(role) or [] for m in entity):
                    spans |= {(number, *t) for s in occurrences(item["doctext"], mention[0]) if (t := tokens.span(*s))}
        yield Labelled(item["docid"], tokens.ids, tokens.sentences, spans, [], [], False, bool(item["templates"]))


@dataclass
class Window:
    """A piece of a text as the network sees it: token 0 is [CLS]; spans and sentences count from there, half-open."""

    ids: list[int]
    sentences: list[Span]
    labels: list[list[float]]
    spans: list[tuple[int, int, int]]
    happenings: list[Happening]
    full: bool
    eventful: bool


def cut(text: Labelled, pieces: WordPiece) -> list[Window]:
    """The windows of a text; what lies across a window's edge is left out of it."""
    found = []
    for a, b in windows_of(text.sentences):
        inside = [n for n, (x, y) in enumerate(text.sentences) if a <= x and y <= b]
        number = {n: i for i, n in enumerate(inside)}
        move = 1 - a

        def moved(spans: set[tuple[int, int, int]], a: int = a, b: int = b, move: int = move) -> set[tuple[int, int, int]]:
            return {(t, x + move, y + move) for t, x, y in spans if a <= x and y <= b}

        happenings = [
            Happening(
                (h.trigger[0] + move, h.trigger[1] + move), h.kind, h.states, {number[n] for n in h.evidence if n in number}, moved(h.arguments)
            )
            for h in text.happenings
            if a <= h.trigger[0] and h.trigger[1] <= b
        ]
        found.append(
            Window(
                [pieces.cls, *text.ids[a:b], pieces.sep],
                [(text.sentences[n][0] + move, text.sentences[n][1] + move) for n in inside],
                [text.labels[n] for n in inside] if text.full else [],
                sorted(moved(text.spans)),
                happenings,
                text.full,
                text.eventful,
            )
        )
    return found
