"""Forecasts as extracted and what editors logged of them in, a ledger and scores out; the rule: words on no scale get no probability and no score.

A forecast is registered (scale, interval, last day) before it can be resolved, and resolved (came true or not, with evidence) before it is scored; both
are entries of the log. Scores are taken at the middle of the interval.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from khronika.errors import UsageError
from khronika.summarize.scales import Interval, interval_of
from khronika.text import digest_of
from khronika.types import Forecast

State = Literal["extracted", "unscaled", "open", "due", "true", "false", "void"]
BINS = 5
"""Bins of the calibration table."""
CLOSEST = 0.001
"""For the log score a probability is held at this distance from 0 and 1 at least (a scale may say "certain")."""


class Registration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A forecast taken up to be scored: log entry `forecast` under its id. `until` is the last day on which it can come true."""

    document_id: str
    words: str
    likelihood: str
    scale: str
    low: float
    high: float
    until: dt.date
    speaker: str | None = None


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """How a forecast ended: log entry `resolution` under its id. `outcome` None is void: it cannot be told or was withdrawn."""

    outcome: bool | None
    evidence: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One forecast of the ledger. `state`: extracted, unscaled (no probability words of the scale), open, due (its last day is past), or how it ended."""

    id: str
    document_id: str
    state: State
    words: str
    speaker: str | None
    likelihood: str | None
    horizon: str | None
    interval: Interval | None
    until: dt.date | None = None
    evidence: str | None = None


def forecast_id(document_id: str, forecast: Forecast) -> str:
    """Short and stable: the digest of the document and the words' place in it."""
    return "F" + digest_of(document_id, forecast.quote.within, str(forecast.quote.start), str(forecast.quote.end))[:10]


def ledger(
    found: Iterable[tuple[str, Forecast]],
    registered: Mapping[str, Registration],
    resolved: Mapping[str, Resolution],
    scale: str,
    today: dt.date,
) -> list[Row]:
    """Every forecast with its state, by the scale that it was registered on, else by `scale`; those of documents that are gone stay by their registration.

    Raises:
        UsageError: no such scale.
    """
    interval_of(None, scale)  # a wrong scale is told where there is no forecast too
    rows = []
    seen = set()
    for document_id, forecast in found:
        id = forecast_id(document_id, forecast)
        if id in seen:
            continue
        seen.add(id)
        speaker = forecast.speaker.name if forecast.speaker else forecast.by.words if forecast.by else None
        likelihood = forecast.likelihood.words if forecast.likelihood else None
        interval = interval_of(likelihood, scale)
        kept = registered.get(id)
        rows.append(
            _registered(id, kept, resolved.get(id), today, forecast.horizon.words if forecast.horizon else None)
            if kept
            else Row(
                id=id,
                document_id=document_id,
                state="extracted" if interval else "unscaled",
                words=forecast.quote.words,
                speaker=speaker,
                likelihood=likelihood,
                horizon=forecast.horizon.words if forecast.horizon else None,
                interval=interval,
            )
        )
    return rows + [_registered(id, kept, resolved.get(id), today, None) for id, kept in registered.items() if id not in seen]


def _registered(id: str, kept: Registration, end: Resolution | None, today: dt.date, horizon: str | None) -> Row:
    state: State = "due" if today > kept.until else "open"
    if end is not None:
        state = "void" if end.outcome is None else "true" if end.outcome else "false"
    return Row(
        id=id,
        document_id=kept.document_id,
        state=state,
        words=kept.words,
        speaker=kept.speaker,
        likelihood=kept.likelihood,
        horizon=horizon,
        interval=Interval(kept.low, kept.high, kept.scale, kept.likelihood),
        until=kept.until,
        evidence=end.evidence if end else None,
    )


def register(row: Row, until: dt.date | None, published: dt.date | None, today: dt.date) -> Registration:
    """What is logged when a forecast is taken up.

    Raises:
        UsageError: it is registered already, has no probability words on the scale, no last day, or one that is past (nobody forecasts the past).
    """
    if row.state not in ("extracted", "unscaled"):
        raise UsageError(f"{row.id}: registered already, until {row.until}")
    if row.interval is None:
        raise UsageError(
            f"{row.id}: {row.likelihood or 'no words of likelihood'!r} stands on no row of the scale; unscaled forecasts are listed, never scored"
        )
    if until is None:
        raise UsageError(f"{row.id}: no horizon that gives a day ({row.horizon or 'none in its words'}); say until when with --until DAY")
    if published and until < published:
        raise UsageError(f"{row.id}: --until {until} is before the report of {published}")
    if until < today:
        raise UsageError(f"{row.id}: its horizon {until} has passed; a forecast is registered before its end is known")
    return Registration(
        document_id=row.document_id,
        words=row.words,
        likelihood=row.interval.words,
        scale=row.interval.scale,
        low=row.interval.low,
        high=row.interval.high,
        until=until,
        speaker=row.speaker,
    )


def resolve(row: Row, outcome: str, evidence: str, today: dt.date) -> Resolution:
    """What is logged when a forecast ended.

    Raises:
        UsageError: it is not registered, ended already, is said to be false before its last day, or no evidence is given.
    """
    if row.state in ("extracted", "unscaled"):
        raise UsageError(f"{row.id}: not registered; khronika forecasts register {row.id} --until DAY comes first")
    if row.state in ("true", "false", "void"):
        raise UsageError(f"{row.id}: resolved already ({row.state})")
    if not evidence.strip():
        raise UsageError(f"{row.id}: give the --evidence (an event's id, or an address)")
    if outcome == "false" and row.until and today <= row.until:
        raise UsageError(f"{row.id}: cannot be false before {row.until} is over")
    return Resolution(outcome={"true": True, "false": False, "void": None}[outcome], evidence=evidence.strip())


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of the forecasts of one speaker or phrase (or all): the smaller the better.

    `base_brier` is what the share that came true, said of each, would get; `skill` is 1 - brier / base_brier (None where all ended alike).
    """

    of: str
    n: int
    came_true: int
    mean_p: float
    brier: float
    log_score: float
    base_brier: float
    skill: float | None


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """One bin of the calibration table: forecasts of probability low..high, their mean, and the share that came true."""

    low: float
    high: float
    n: int
    mean_p: float
    share: float


def ended(rows: Iterable[Row]) -> list[tuple[Row, float, bool]]:
    """The forecasts that can be scored: row, probability, outcome."""
    return [(row, row.interval.middle, row.state == "true") for row in rows if row.interval and row.state in ("true", "false")]


def score(rows: Iterable[Row]) -> list[Score]:
    """Scores of all, then by speaker, then by phrase and scale."""
    scored = ended(rows)
    groups: dict[str, list[tuple[float, bool]]] = {}
    for row, p, outcome in scored:
        phrase = f"“{row.likelihood}” ({row.interval.scale})" if row.interval else ""
        for of in ("all", f"speaker: {row.speaker or 'the outlet'}", f"words: {phrase}"):
            groups.setdefault(of, []).append((p, outcome))
    order = sorted(groups, key=lambda of: ("all speaker words".split().index(of.split(":")[0]), -len(groups[of]), of))
    return [_score(of, groups[of]) for of in order]


def _score(of: str, pairs: Sequence[tuple[float, bool]]) -> Score:
    n = len(pairs)
    base = sum(outcome for _, outcome in pairs) / n
    base_brier = base * (1 - base)
    brier_score = brier(pairs)
    return Score(
        of=of,
        n=n,
        came_true=sum(outcome for _, outcome in pairs),
        mean_p=sum(p for p, _ in pairs) / n,
        brier=brier_score,
        log_score=log_score(pairs),
        base_brier=base_brier,
        skill=1 - brier_score / base_brier if base_brier else None,
    )


def brier(pairs: Sequence[tuple[float, bool]]) -> float:
    """Mean squared distance of probability and outcome."""
    return sum((p - outcome) ** 2 for p, outcome in pairs) / len(pairs)


def log_score(pairs: Sequence[tuple[float, bool]]) -> float:
    """Mean of -ln of the probability that was given to what happened, held at `CLOSEST` from 0 and 1."""
    held = [min(1 - CLOSEST, max(CLOSEST, p)) for p, _ in pairs]
    return -sum(math.log(p if outcome else 1 - p) for p, (_, outcome) in zip(held, pairs, strict=True)) / len(pairs)


def calibration(rows: Iterable[Row]) -> list[Bin]:
    """Share that came true by probability, in `BINS` bins of equal width; empty bins are left out."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for _, p, outcome in ended(rows):
        bins[min(BINS - 1, int(p * BINS))].append((p, outcome))
    return [
        Bin(
            low=i / BINS,
            high=(i + 1) / BINS,
            n=len(pairs),
            mean_p=sum(p for p, _ in pairs) / len(pairs),
            share=sum(o for _, o in pairs) / len(pairs),
        )
        for i, pairs in enumerate(bins)
        if pairs
    ]
