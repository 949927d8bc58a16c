"""Rate ratios and changes against worked cases, an independent implementation, and short simulations."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pytest

from khronika.errors import UsageError
from khronika.summarize.changes import Change, find_changes
from khronika.summarize.counting import all_periods, count, parse_by, period_start, series, sparkline
from khronika.summarize.coverage import compare, exposure, refuse_uneven
from khronika.summarize.judging import judge
from khronika.summarize.trend import Refusal, Trend, rate_ratio
from khronika.types import Coverage, Sum

START = dt.date(2024, 1, 1)


def windows(bins):
    return [0.0] * (bins // 2) + [1.0] * (bins - bins // 2)


def test_the_ratio_of_two_windows_is_that_of_their_means():
    found = rate_ratio([4, 6, 5, 5, 4, 6, 10, 12, 8, 10, 9, 11], windows(12))
    assert isinstance(found, Trend)
    assert found.ratio == pytest.approx(2.0, abs=0.01) and found.low < 2 < found.high and found.p < 0.01


def test_the_estimate_equals_that_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    x = np.arange(40.0)
    y = rng.poisson(np.exp(1.5 + 0.03 * x) * rng.gamma(4, 0.25, 40))
    found = rate_ratio(y.tolist(), x.tolist())
    assert isinstance(found, Trend)
    other = sm.NegativeBinomial(y, sm.add_constant(x)).fit(disp=0)
    assert found.ratio == pytest.approx(np.exp(other.params[1]), rel=0.01)
    low, high = np.exp(other.conf_int()[1])
    assert found.low == pytest.approx(low, rel=0.03) and found.high == pytest.approx(high, rel=0.03)


def test_exposure_takes_out_what_was_read_more():
    documents = [10.0] * 8 + [30.0] * 8
    found = rate_ratio([5, 4, 6, 5, 5, 4, 6, 5, 15, 14, 16, 15, 15, 14, 16, 15], windows(16), documents)
    assert isinstance(found, Trend)
    assert found.ratio == pytest.approx(1.0, abs=0.02) and found.p > 0.5


def test_the_chance_of_two_windows_is_that_of_all_ways_to_deal_the_bins():
    counts = [3, 0, 2, 1, 4, 2, 5, 3, 6, 2, 7, 4]
    sums = np.array([sum(chosen) for chosen in itertools.combinations(counts, 6)])
    own = sum(counts[6:])
    exact = 2 * ((sums > own).mean() + (sums == own).mean() / 2)
    found = rate_ratio(counts, windows(12))
    assert isinstance(found, Trend) and found.p == pytest.approx(exact, abs=0.01) and 0.02 < exact < 0.1


@pytest.mark.parametrize("bins", [12, 25])
def test_the_interval_says_what_the_test_says_and_no_more_than_the_counts(bins):
    rng = np.random.default_rng(bins)
    words = set()
    for mean in (2, 2, 2, 4, 4, 4, 4, 4, 4, 9, 9, 9):
        counts = np.r_[rng.poisson(2, bins // 2), rng.poisson(mean, bins - bins // 2)].tolist()
        found, again = (rate_ratio(counts, windows(bins)) for _ in range(2))
        assert isinstance(found, Trend) and found == again and found.low < found.ratio < found.high
        assert (found.p < 0.05) == (not found.low <= 1 <= found.high)
        words.add(found.p < 0.05)
    assert words == {True, False}


def test_a_wider_level_gives_a_wider_interval_and_a_window_of_one_bin_no_bound():
    counts = [4, 6, 5, 5, 4, 6, 10, 12, 8, 10, 9, 11]
    narrow, wide = (rate_ratio(counts, windows(12), level=level) for level in (0.5, 0.95))
    assert wide.low < narrow.low < narrow.ratio < narrow.high < wide.high
    alone = rate_ratio(counts, [0.0] * 11 + [1.0])
    assert isinstance(alone, Trend) and alone.p > 0.05 and alone.low == 0 and alone.high > 100


@pytest.mark.parametrize(("mean", "alpha"), [(3, 0.0), (10, 0.3), (10, 1.0)])
def test_the_interval_holds_what_it_says(mean, alpha):
    rng = np.random.default_rng(11)
    held = made = 0
    for _ in range(150):
        rate = rng.gamma(1 / alpha, alpha, 24) if alpha else np.ones(24)
        found = rate_ratio(rng.poisson(mean * rate).tolist(), windows(24))
        if isinstance(found, Trend):
            made, held = made + 1, held + (found.low <= 1 <= found.high)
    assert made > 140 and 0.90 <= held / made <= 0.99  # 0.95 within Monte-Carlo error of 150 series


@pytest.mark.parametrize("counts", [[5] * 11, [0] * 20 + [3], [0] * 10 + [2] * 10])
def test_too_few_are_refused(counts):
    found = rate_ratio(counts, windows(len(counts)))
    assert isinstance(found, Refusal) and found.reason == "not enough events"


def test_a_step_is_found_where_it_is_and_none_where_there_is_none():
    rng = np.random.default_rng(5)
    (change,) = find_changes(np.r_[rng.poisson(5, 30), rng.poisson(15, 30)].tolist())
    assert isinstance(change, Change) and abs(change.at - 30) <= 2 and change.after > 2 * change.before
    alarms = sum(bool(find_changes(rng.poisson(5, 52).tolist())) for _ in range(200))
    assert alarms <= 20  # 5 % are promised at most


def test_scaling_of_the_mean_does_not_make_changes():
    assert find_changes([3] * 40) == []


# --- coverage --------------------------------------------------------------------------------------------------------


def covered(before, after, outlets_before=("a", "b"), outlets_after=("a", "b")):
    rows = []
    for i in range(120):
        outlets, rate = (outlets_before, before) if i < 60 else (outlets_after, after)
        rows += [Coverage(START + dt.timedelta(days=i), name, rate) for name in outlets]
    return rows


SPANS = ((START, START + dt.timedelta(days=59)), (START + dt.timedelta(days=60), START + dt.timedelta(days=119)))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (covered(3, 3), None),
        (covered(3, 6), "2.00 times as many"),
        (covered(3, 3, outlets_after=("c", "d")), "0 outlets in both"),
        (covered(3, 3, outlets_before=("a", "b", "c", "d"), outlets_after=("a",)), "25% and 100%"),
        (covered(3, 3)[:120], "0 of 0 after"),
        ([], "no dated document"),
    ],
)
def test_uneven_coverage_is_refused_with_its_figures(rows, says):
    found = refuse_uneven(compare(rows, *SPANS))
    assert (found is None) if says is None else (found.reason == "coverage changed" and says in found.figures)


def test_fewer_places_are_a_change_of_coverage():
    assert refuse_uneven(compare(covered(3, 3), *SPANS, placed=(0.9, 0.5))) is not None
    assert refuse_uneven(compare(covered(3, 3), *SPANS, placed=(0.9, 0.8))) is None


def test_exposure_needs_a_document_in_every_bin():
    starts = [START, START + dt.timedelta(days=7)]
    assert exposure(covered(3, 3), starts, "week") == [42.0, 42.0]
    assert exposure(covered(3, 3), [*starts, dt.date(2030, 1, 7)], "week") is None


def test_outlets_that_stop_are_no_fall_of_events():
    days = [(START + dt.timedelta(days=i), 40 if i < 182 else 10, 40 if i < 182 else 10) for i in range(364)]
    rows = [
        Coverage(day, name, 10)
        for day, _, _ in days
        for name in ("a", "b", "c", "d")
        if name == "a" or day < START + dt.timedelta(days=182)
    ]
    finding = judge(days, rows, (START, days[-1][0]), "week", START + dt.timedelta(days=182))
    assert finding.word == "refused" and finding.refusal.reason == "coverage changed" and "fell" not in finding.line


def test_growth_under_even_coverage_is_told_with_its_figures():
    rng = np.random.default_rng(2)
    days = [(START + dt.timedelta(days=i), n, n) for i in range(364) for n in [int(rng.poisson(1 if i < 182 else 3))]]
    rows = [Coverage(day, "a", 5) for day, _, _ in days]
    finding = judge(days, rows, (START, days[-1][0]), "week", START + dt.timedelta(days=182))
    assert finding.word == "grew" and "rate ratio" in finding.line and finding.changes[0].at == 26


@pytest.mark.parametrize(
    ("length", "offset", "period"),
    [(84, 0, "week"), (84, 3, "day"), (98, 3, "week"), (800, 0, "month")],
)
def test_bins_are_as_long_as_the_whole_ones_suffice(length, offset, period):
    monday = dt.date(2024, 1, 1)
    first = monday + dt.timedelta(days=offset)
    finding = judge([], [], (first, first + dt.timedelta(days=length - 1)))
    assert finding.period == period and len(finding.starts) >= 12


def test_a_bin_that_the_split_cuts_is_in_neither_window():
    split = START + dt.timedelta(days=185)  # a Thursday: all days of its week before it are of the quiet window
    days = [(START + dt.timedelta(days=i), n, n) for i in range(364) for n in [0 if i < 182 else 100 if i < 189 else 7]]
    finding = judge(days, [Coverage(day, "a", 5) for day, _, _ in days], (START, days[-1][0]), "week", split)
    assert START.weekday() == 0 and len(finding.starts) == 51 and START + dt.timedelta(days=182) not in finding.starts
    assert sum(finding.counts) == 7 * 175 and finding.refusal.figures.endswith("all in one of the two windows: a ratio has no bound")


def test_places_are_not_compared_where_a_half_has_no_events():
    days = [(START + dt.timedelta(days=i), n, n) for i in range(182) for n in [0 if i < 98 else 3]]
    finding = judge(days, [Coverage(day, "a", 5) for day, _, _ in days], (START, days[-1][0]), "week")
    assert finding.refusal is None and finding.coverage.placed is None and finding.word == "grew"


# --- counting --------------------------------------------------------------------------------------------------------


def make_sum(day, events=1, values=(), killed=(0, 0, 0, 0)):
    return Sum(dt.date.fromisoformat(day) if day else None, values, events, *killed, 0, 0, 0, 0)


def test_a_silence_is_seen_between_periods():
    found = all_periods([dt.date(2024, 3, 1), dt.date(2023, 12, 1)], "month")
    assert found == [dt.date(2023, 12, 1), dt.date(2024, 1, 1), dt.date(2024, 2, 1), dt.date(2024, 3, 1)]
    assert all_periods([dt.date(2024, 3, 4)], "week") == [dt.date(2024, 3, 4)] and all_periods([], "day") == []


def test_periods_begin_where_they_should():
    day = dt.date(2024, 2, 29)
    assert [period_start(day, p).isoformat() for p in ("day", "week", "month", "year")] == [
        "2024-02-29",
        "2024-02-26",
        "2024-02-01",
        "2024-01-01",
    ]


def test_counts_keep_open_days_apart_and_last():
    rows = count([make_sum(None), make_sum("2024-01-02", 2), make_sum("2024-01-30")], "month")
    assert [(row.day, row.events) for row in rows] == [(dt.date(2024, 1, 1), 3), (None, 1)]


def test_cut_periods_are_left_out_and_empty_ones_are_zero():
    starts, values = series([(dt.date(2024, 1, 3), 5), (dt.date(2024, 1, 9), 2)], dt.date(2024, 1, 2), dt.date(2024, 1, 22), "week")
    assert starts == [dt.date(2024, 1, 8), dt.date(2024, 1, 15)] and values == [2, 0]


@pytest.mark.parametrize("by", ["week,moon", "day,week"])
def test_a_wrong_by_is_told(by):
    with pytest.raises(UsageError, match="--by"):
        parse_by(by)


def test_sparkline_shows_the_least_event():
    assert sparkline([0, 1, 100]) == " ▁█"
