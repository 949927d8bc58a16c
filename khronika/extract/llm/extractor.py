"""A Text goes in, a Reading comes out, by asking a language model in parts of whole paragraphs; its words are aligned, its numbers read by the rules."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

from khronika import config
from khronika.casing import with_capitals, worded
from khronika.extract import Server
from khronika.extract.lexicon import load
from khronika.extract.llm.answer import Aligner
from khronika.extract.llm.server import Client
from khronika.extract.persons import find_persons
from khronika.extract.segments import segments_of
from khronika.text import Span
from khronika.types import Account, Quote, Reading, Text

PART = 12_000
"""Characters that are asked about together."""


class LlmExtractor:
    """Reads by asking a server; `name` tells the model and a digest of prompt and schema."""

    def __init__(self, server: Server, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = Client(server, prompt(), sleep)
        self.name = f"llm:{server.model}@{self._client.digest[:12]}"

    def read(self, text: Text) -> Reading:
        """What the text says; `dropped` counts what the model said and the text does not.

        Raises:
            InputError: the server gave no answer that fits.
        """
        segments, lexicon = segments_of(text), load("en")
        dropped: Counter[str] = Counter()
        mentions, assessments, forecasts, persons = [], [], [], _persons(text)
        for part in parts_of(text.body):
            answer = self._client.ask(_question(text, part))
            aligner = Aligner(text, part, segments, lexicon, self.name)
            mentions += [mention for event in answer.events if (mention := aligner.mention(event))]
            assessments += [value for one in answer.assessments if (value := aligner.assessment(one))]
            forecasts += [forecast for said in answer.forecasts if (forecast := aligner.forecast(said))]
            persons += [quote for name in answer.persons if (quote := aligner.find(name, "person"))]
            dropped.update(aligner.dropped)
        unique = {mention.id: mention for mention in mentions}
        return Reading(
            text_id=text.id,
            by=self.name,
            mentions=tuple(unique.values()),
            assessments=tuple(assessments),
            forecasts=tuple(forecasts),
            persons=_distinct(persons),
            dropped=dict(sorted(dropped.items())),
        )

    def settle(self, accounts: Sequence[Account]) -> tuple[Account, ...]:
        """As they are: the model was asked to tell each event once, and how sure its values are is not known."""
        return tuple(accounts)


def prompt() -> str:
    """What the model is told: data/llm/prompt.md and the kinds with their families."""
    told = (config.DATA / "llm" / "prompt.md").read_text(encoding="utf-8")
    kinds = config.data("kinds.toml")
    return (
        told
        + "\n".join(f"- {name} ({entry['acled']['event_type']}: {entry['acled']['sub_event_type']})" for name, entry in kinds.items())
        + "\n"
    )


def parts_of(body: str) -> list[Span]:
    """Parts of at most `PART` characters that end at a paragraph, else at a blank, where there is one."""
    parts, start = [], 0
    while start < len(body):
        end = min(len(body), start + PART)
        if end < len(body):
            cut = max(body.rfind("\n", start + PART // 2, end), 0) or max(body.rfind(" ", start + PART // 2, end), 0)
            end = cut or end
        if body[start:end].strip():
            parts.append((start, end))
        start = end
    return parts


def _question(text: Text, part: Span) -> str:
    head = [f"Published: {text.published or 'not known'}", f"Outlet: {text.source or 'not known'}", f"Title: {text.title or 'none'}"]
    return "\n".join(head) + "\n\n" + text.body[part[0] : part[1]]


def _persons(text: Text) -> list[Quote]:
    given = with_capitals(text)
    return list(worded(find_persons(given, segments_of(given)), text))


def _distinct(quotes: list[Quote]) -> tuple[Quote, ...]:
    return tuple(dict.fromkeys(sorted(quotes, key=lambda quote: (quote.within, quote.start, quote.end))))
