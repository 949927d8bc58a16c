"""Scales, forecasts and their scores, assessments, audits and figures on a record."""

from __future__ import annotations

import datetime as dt
import math
import random

import pytest

from khronika.errors import UsageError
from khronika.summarize.assessing import assess, direction_of, kinds_of
from khronika.summarize.auditing import Audit, Code, draw, evaluate, parse_strata, to_code
from khronika.summarize.forecasting import (
    Registration,
    Resolution,
    Row,
    brier,
    calibration,
    forecast_id,
    ledger,
    log_score,
    register,
    resolve,
    score,
)
from khronika.summarize.judging import Finding
from khronika.summarize.quality import measure
from khronika.summarize.scales import Interval, interval_of, scale_names
from khronika.summarize.trend import Trend
from khronika.types import Assessment, Coverage, Forecast, Quote
from tests.factories import make_account, make_place

DAY = dt.date(2031, 5, 4)


@pytest.mark.parametrize(
    ("words", "scale", "low", "high"),
    [
        ("very likely", "icd203", 0.80, 0.95),
        ("will very likely", "icd203", 0.80, 0.95),
        ("very likely", "ipcc", 0.90, 1.0),
        ("Likely", "phia", 0.55, 0.75),
        ("almost certainly", "icd203", 0.95, 0.99),
        ("almost certainly not", "kent", 0.02, 0.12),
        ("about as likely as not", "ipcc", 0.33, 0.66),
        ("highly improbable", "icd203", 0.05, 0.20),
    ],
)
def test_words_have_the_interval_of_their_row(words, scale, low, high):
    found = interval_of(words, scale)
    assert found and (found.low, found.high, found.scale) == (low, high, scale)


@pytest.mark.parametrize("words", [None, "will", "could", "may", "highly likely", "not likely", "most likely", "more likely"])
def test_words_on_no_row_have_none(words):
    assert interval_of(words, "icd203") is None


def test_every_scale_rises_in_0_to_1():
    assert scale_names() == ["icd203", "kent", "phia", "ipcc"]
    with pytest.raises(UsageError, match="unknown"):
        interval_of("likely", "sherman")


# --- forecasts -------------------------------------------------------------------------------------------------------


def make_forecast(words="It is very likely that the bridge falls.", likelihood="very likely", start=0):
    at = words.index(likelihood) if likelihood else 0
    quote = Quote(start=start, end=start + len(words), words=words)
    return Forecast(quote=quote, likelihood=Quote(start=at, end=at + len(likelihood), words=likelihood) if likelihood else None)


def one_row(registered=None, resolved=None, today=DAY, **fields):
    forecast = make_forecast(**fields)
    id = forecast_id("doc", forecast)
    (row,) = ledger([("doc", forecast)], {id: registered} if registered else {}, {id: resolved} if resolved else {}, "icd203", today)
    return row


def make_registration(until=DAY + dt.timedelta(days=30)):
    return Registration(document_id="doc", words="w", likelihood="very likely", scale="icd203", low=0.8, high=0.95, until=until)


def test_a_forecast_goes_from_extracted_to_its_end():
    assert one_row().state == "extracted"
    kept = register(one_row(), DAY + dt.timedelta(days=30), DAY, DAY)
    assert (kept.low, kept.high, kept.scale) == (0.8, 0.95, "icd203")
    assert one_row(kept).state == "open" and one_row(kept, today=DAY + dt.timedelta(days=31)).state == "due"
    end = resolve(one_row(kept), "true", "KHR-1", DAY)
    assert one_row(kept, end).state == "true" and one_row(kept, end).evidence == "KHR-1"
    assert one_row(kept, Resolution(outcome=None, evidence="withdrawn")).state == "void"


@pytest.mark.parametrize(
    ("row", "until", "says"),
    [
        ({}, None, "no horizon"),
        ({}, DAY - dt.timedelta(days=1), "before the report"),
        ({"likelihood": "falls"}, DAY, "stands on no row"),
        ({"registered": make_registration()}, DAY, "registered already"),
    ],
)
def test_what_cannot_be_registered_is_told(row, until, says):
    with pytest.raises(UsageError, match=says):
        register(one_row(**row), until, DAY, DAY)


def test_the_past_is_not_forecast():
    with pytest.raises(UsageError, match="has passed"):
        register(one_row(), DAY + dt.timedelta(days=1), DAY, DAY + dt.timedelta(days=9))


@pytest.mark.parametrize(
    ("row", "outcome", "evidence", "says"),
    [
        ({}, "true", "x", "not registered"),
        ({"registered": make_registration()}, "false", "x", "cannot be false before"),
        ({"registered": make_registration()}, "true", " ", "evidence"),
        ({"registered": make_registration(), "resolved": Resolution(outcome=True, evidence="x")}, "true", "x", "resolved already"),
    ],
)
def test_what_cannot_be_resolved_is_told(row, outcome, evidence, says):
    with pytest.raises(UsageError, match=says):
        resolve(one_row(**row), outcome, evidence, DAY)


def test_a_registration_outlives_its_document():
    (row,) = ledger([], {"F1": make_registration()}, {}, "icd203", DAY)
    assert row.id == "F1" and row.state == "open"


def scored_row(p, outcome, speaker="A"):
    return Row(
        id="x",
        document_id="d",
        state="true" if outcome else "false",
        words="w",
        speaker=speaker,
        likelihood="w",
        horizon=None,
        interval=Interval(p, p, "s", "w"),
    )


def test_scores_equal_an_independent_implementation():
    import numpy as np
    from scipy.special import rel_entr

    chance = random.Random(4)
    pairs = [(chance.uniform(0.05, 0.95), chance.random() < 0.5) for _ in range(200)]
    p, y = np.array([a for a, _ in pairs]), np.array([float(b) for _, b in pairs])
    assert brier(pairs) == pytest.approx(float(np.square(p - y).mean()))
    assert log_score(pairs) == pytest.approx(float((rel_entr(y, p) + rel_entr(1 - y, 1 - p)).mean()))
    (all_,) = [one for one in score([scored_row(*pair) for pair in pairs]) if one.of == "all"]
    assert all_.skill == pytest.approx(1 - float(np.square(p - y).mean() / np.square(y.mean() - y).mean()))


def test_a_sure_word_that_failed_has_a_bounded_log_score():
    assert log_score([(1.0, False)]) == pytest.approx(-math.log(0.001))


def test_scores_come_by_speaker_and_phrase_and_calibration_by_bin():
    rows = [scored_row(0.9, True), scored_row(0.9, False), scored_row(0.1, False, "B")]
    assert next((one.of, one.n) for one in score(rows)) == ("all", 3)
    assert {one.of: one.n for one in score(rows)}["speaker: A"] == 2
    assert [(bin.low, bin.n, bin.share) for bin in calibration(rows)] == [(0.0, 1, 0.0), (0.8, 2, 0.5)]
    assert score([one_row()]) == [] == calibration([one_row()])


# --- assessments -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "direction", "kinds"),
    [
        ("Drone attacks are growing.", "up", ("air_drone_strike",)),
        ("Shelling has subsided since March.", "down", ("shelling_artillery_missile", "air_drone_strike")),
        ("Losses fell while attacks rose.", None, ()),
        ("The town is under control.", None, ()),
    ],
)
def test_directions_and_subjects(words, direction, kinds):
    assert direction_of(words) == direction and kinds_of(words)[: len(kinds)] == kinds


def make_finding(ratio, low, high, p):
    word = "no change shown" if p >= 0.05 else "grew" if ratio > 1 else "fell"
    trend = Trend(ratio=ratio, low=low, high=high, p=p, dispersion=0, bins=12, events=50)
    return Finding(word=word, line="line", period="week", starts=(), counts=(), trend=trend)


@pytest.mark.parametrize(
    ("finding", "verdict"),
    [
        (make_finding(2.0, 1.4, 2.9, 0.001), "supported"),
        (make_finding(0.5, 0.3, 0.8, 0.001), "not supported"),
        (make_finding(1.0, 0.9, 1.1, 0.9), "not supported"),
        (make_finding(1.3, 0.8, 2.1, 0.3), "cannot tell"),
    ],
)
def test_a_verdict_needs_a_test_that_shows_it(finding, verdict):
    words = "Attacks are growing."
    value = Assessment(quote=Quote(start=0, end=len(words), words=words), topic="trend", where=make_place())
    asked = []
    judged = assess("doc", value, DAY, lambda *args: asked.append(args) or finding)
    assert judged.verdict == verdict and judged.direction == "up"
    (_, _, (first, last), split) = asked[0]
    assert last == DAY and (last - split).days == 27 and (split - first).days == 56


@pytest.mark.parametrize(("fields", "says"), [({"topic": "control"}, "control"), ({"where": None}, "no place")])
def test_what_counts_cannot_answer_is_told(fields, says):
    words = "Attacks are growing."
    value = Assessment(**{"quote": Quote(start=0, end=len(words), words=words), "topic": "trend", "where": make_place(), **fields})
    judged = assess("doc", value, DAY, lambda *_: pytest.fail("must not ask"))
    assert judged.verdict == "cannot tell" and says in judged.reason


# --- audit and quality -----------------------------------------------------------------------------------------------


def test_a_draw_is_spread_over_strata_and_made_again_by_its_seed():
    accounts = [(make_account(f"a{i}", source="A"), "en") for i in range(80)] + [
        (make_account(f"b{i}", source="B"), "en") for i in range(20)
    ]
    chosen, total = draw(accounts, 10, ("source",), seed=3)
    sources = [next(a.source for a, _ in accounts if a.id == id) for id in chosen]
    assert total == 100 and sources.count("A") == 8 and sources.count("B") == 2
    assert draw(list(reversed(accounts)), 10, ("source",), seed=3)[0] == chosen != draw(accounts, 10, ("source",), seed=4)[0]
    assert len(draw(accounts, 500, (), seed=1)[0]) == 100


def test_strata_are_checked():
    assert parse_strata("kind, language") == ("kind", "language")
    with pytest.raises(UsageError, match="moon"):
        parse_strata("kind,moon")


def test_agreement_precision_and_recall():
    accounts = {a.id: a for a in (make_account(f"r{i}", killed=2) for i in range(4))}
    ids = tuple(accounts)
    audit = Audit(id="A1", seed=1, stratify=(), account_ids=ids, population=4, head=9)

    def code(coder, id, event=True, killed=2, missed=1):
        account = accounts[id]
        value = {"kind": account.mention.kind, "day": account.when.start.isoformat(), "place": account.where.name.upper(), "killed": killed}
        return Code(audit_id="A1", account_id=id, coder=coder, event=event, marked=1, missed=missed, **(value if event else {}))

    codes = [
        code("x", ids[0]),
        code("x", ids[1], killed=3),
        code("x", ids[2], event=False),
        code("y", ids[0]),
        code("y", ids[1]),
        code("y", ids[2], event=False),
    ]
    found = evaluate(audit, codes, accounts)
    rates = {rate.of: (rate.right, rate.n) for rate in found.precision}
    assert rates == {"event": (4, 6), "kind": (4, 4), "day": (4, 4), "place": (4, 4), "killed": (3, 4)}
    assert found.alpha["event"] == 1.0 and found.alpha["killed"] is not None and found.alpha["killed"] < 1
    assert found.recall and (found.recall.right, found.recall.n) == (4, 10) and found.recall.low < 0.4 < found.recall.high
    assert to_code(audit, codes, "x") == [ids[3]] and found.coded == {"x": 3, "y": 3}


def test_a_month_that_gave_no_account_is_told():
    (month,) = measure([], [Coverage(dt.date(2024, 5, 2), "A", 2)]).drift
    assert (month.month, month.documents, month.accounts_each, month.with_place, month.mean_p) == ("2024-05", 2, 0, None, None)


def test_quality_of_an_empty_record_is_none_not_zero():
    found = measure([], [Coverage(None, "A", 2)])
    assert found.events == 0 and found.contested is None and found.delay_days_median is None and found.undated_documents == 2


def test_an_outlet_that_fell_silent_shows():
    rows = [Coverage(DAY, "A", 3), Coverage(DAY + dt.timedelta(days=10), "A", 1)]
    (outlet,) = measure([], rows).outlets
    assert outlet.longest_gap_days == 9 and outlet.documents == 4
