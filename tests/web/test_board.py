"""Lists, marks and timeline by columns: the same as looking at every row, however the board came to be as it is."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khronika.errors import UsageError
from khronika.jsonl import to_json
from khronika.record.merge import event_id
from khronika.types import KINDS, Range
from khronika.web import marks
from khronika.web.board import Board
from khronika.web.filters import Wanted, read_wanted
from khronika.web.index import View
from khronika.web.rows import Row

TODAY = dt.date(2031, 5, 4)
DAYS = st.none() | st.dates(dt.date(2030, 1, 1), dt.date(2032, 1, 1))
PLACES = [("Orlivka", 46.5, 33.0), ("Sumy", 50.9, 34.8), ("Baidoa", 3.1, 43.6), ("Fiji", -17.8, 178.0), (None, None, None)]


@st.composite
def rows(draw: Any) -> Row:
    place, latitude, longitude = draw(st.sampled_from(PLACES))
    start = draw(DAYS)
    return Row(
        id="",
        shown=draw(st.integers(0, 9)) > 0,
        since=draw(st.sampled_from([dt.date.min, dt.date(2031, 5, 4), dt.date(2031, 5, 5), None])),
        kind=draw(st.sampled_from(KINDS[:4])),
        start=start,
        end=start and start + dt.timedelta(days=draw(st.integers(0, 40))),
        place=place,
        country="UA" if place in ("Orlivka", "Sumy") else None,
        latitude=latitude,
        longitude=longitude,
        radius_km=5.0,
        precision=draw(st.sampled_from(["settlement", "region"])) if place else None,
        killed=draw(st.none() | st.builds(lambda n: Range(low=n, best=n, high=n), st.integers(0, 9))),
        contested=draw(st.sampled_from([(), ("toll",)])),
        actors=draw(st.sampled_from([(), ("Ministry of Défense",), ("mayor", "Army")])),
        sources=draw(st.sampled_from([(), ("harbour-times",)])),
        background=draw(st.booleans()),
    )


def board_of(listed: list[Row]) -> Board:
    return Board().changed(1, (), [(n, body(n, row)) for n, row in enumerate(listed, 1)])


def body(number: int, row: Row) -> bytes:
    from msgspec.structs import replace

    return to_json(replace(row, id=event_id(number)))


def fits(number: int, row: Row, wanted: Wanted, hidden: set[int]) -> bool:
    """The filter in plain words."""
    return (
        row.shown and row.since is not None and row.since <= TODAY and number not in hidden
        and (wanted.background or not row.background)
        and (wanted.since is None or row.start is not None and (row.end or row.start) >= wanted.since)
        and (wanted.until is None or row.start is not None and row.start <= wanted.until)
        and (not wanted.kind or row.kind in wanted.kind)
        and (not wanted.contested or bool(row.contested))
        and (wanted.killed is None or row.killed is not None and row.killed.low >= wanted.killed)
        and (not wanted.place or wanted.place in (row.place or "").lower() or wanted.place in ("ukraine" if row.country else ""))
        and (not wanted.actor or any(wanted.actor in actor.lower().replace("é", "e") for actor in row.actors))
        and (not wanted.source or any(wanted.source in source for source in row.sources))
    )  # fmt: skip


WANTED = st.builds(
    Wanted,
    since=DAYS,
    kind=st.sampled_from([(), KINDS[:1], KINDS[1:3]]),
    place=st.sampled_from(["", "sumy", "ukraine", "i"]),
    actor=st.sampled_from(["", "defense", "may"]),
    source=st.sampled_from(["", "times"]),
    contested=st.booleans(),
    killed=st.none() | st.integers(0, 5),
    background=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(rows(), max_size=25), WANTED, st.sets(st.integers(1, 25), max_size=3))
def test_a_filter_picks_what_it_says(listed: list[Row], wanted: Wanted, hidden: set[int]) -> None:
    board = board_of(listed)
    picked = [board.number(at) for at in board.select(wanted, board.visible(TODAY, hidden))]
    assert sorted(picked) == [n for n, row in enumerate(listed, 1) if fits(n, row, wanted, hidden)]
    days = [listed[n - 1].start or dt.date.min for n in picked]
    assert days == sorted(days, reverse=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(rows(), max_size=12), st.lists(st.tuples(st.integers(1, 14), rows()), max_size=6), st.sets(st.integers(1, 14), max_size=4))
def test_a_board_kept_in_step_is_the_board_made_anew(listed: list[Row], later: list[tuple[int, Row]], gone: set[int]) -> None:
    old = board_of(listed)
    before = [old.number(at) for at in old.order]
    stepped = old.changed(2, gone, [(n, body(n, row)) for n, row in dict(later).items()])
    final = {n: row for n, row in enumerate(listed, 1) if n not in gone} | dict(later)
    anew = Board().changed(2, (), [(n, body(n, row)) for n, row in final.items()])
    wanted = Wanted(background=True, place="u")
    for board in (stepped, anew):
        assert [board.row(int(at)) for at in board.order] == [anew.row(int(at)) for at in anew.order]
    assert [stepped.number(at) for at in stepped.select(wanted, stepped.visible(TODAY, ()))] == [anew.number(at) for at in anew.select(wanted, anew.visible(TODAY, ()))]
    assert [old.number(at) for at in old.order] == before  # who still reads the old one sees no change


@settings(max_examples=40, deadline=None)
@given(st.lists(rows(), max_size=30), st.integers(0, 16))
def test_marks_and_bars_lose_no_event(listed: list[Row], zoom: int) -> None:
    board = board_of(listed)
    picked = board.select(Wanted(background=True), board.visible(TODAY, ()))
    located = [at for at in picked if board.row(int(at)).latitude is not None]
    found = marks.marks(board, picked, None, zoom)
    assert sum(mark.events for mark in found) == len(located) and all((mark.id is None) == (mark.events > 1) for mark in found if mark.box is None)
    drawn = marks.timeline(board, picked)
    assert sum(drawn["events"]) + drawn["without_day"] == len(picked)
    assert sum(drawn["contested"]) == sum(1 for at in picked if (row := board.row(int(at))).contested and row.start)
    assert drawn["days"] == sorted(drawn["days"])


def test_a_region_is_an_area_and_many_places_stay_under_the_limit() -> None:
    draw = np.random.default_rng(3)
    spread = [Row(id="", since=dt.date.min, kind=KINDS[0], place=f"P{n}", precision="settlement", latitude=float(draw.uniform(-80, 80)), longitude=float(draw.uniform(-180, 180))) for n in range(9_000)]
    regions = [Row(id="", since=dt.date.min, kind=KINDS[0], place="Kherson", precision="region", country="UA", latitude=46.6, longitude=33.5, radius_km=106.0) for _ in range(5)]
    board = board_of([*spread, *regions])
    picked = board.select(Wanted(), board.visible(TODAY, ()))
    found = marks.marks(board, picked, None, 9)
    assert len(found) <= marks.MOST_MARKS and sum(mark.events for mark in found) == 9_005
    areas = [mark for mark in found if mark.precision == "region"]
    assert [(mark.name, mark.events, mark.radius_km) for mark in areas] == [("Kherson", 5, 106.0)]
    near = marks.marks(board, picked, (33.0, 46.0, 34.0, 47.0), 9)
    assert any(mark.precision == "region" for mark in near) and len(near) < 10


def test_pages_of_a_list_hold_each_event_once() -> None:
    board = board_of([Row(id="", since=dt.date.min, kind=KINDS[0], start=dt.date(2031, 1, 1 + n % 3)) for n in range(23)])
    view = View(board, TODAY, frozenset(), "x")
    picked = board.select(Wanted(), view.visible)
    seen, after = [], None
    while True:
        listed, after = view.page(picked, after, 5)
        seen += [row.id for row in listed]
        if after is None:
            break
    assert len(seen) == 23 == len(set(seen))
    with pytest.raises(UsageError, match="cursor"):
        view.page(picked, "zz", 5)


@pytest.mark.parametrize(
    "query",
    ["", "since=2031-01-02&until=2031-05-04", "kind=grenade&kind=attack", "place=Nova+Kakhovka&actor=army&source=x", "contested=1&killed=3&background=1", "q=%D1%81%D0%B5%D0%BB%D0%BE&box=30.5,45,40.25,50"],
)
def test_the_filter_is_the_address(query: str) -> None:
    from urllib.parse import parse_qsl

    wanted = read_wanted(parse_qsl(query))
    assert read_wanted(parse_qsl(wanted.query())) == wanted


@pytest.mark.parametrize("query", ["since=x", "since=2031-05-04&until=2031-05-03", "kind=war", "killed=-1", "killed=²", "box=1,2,3", "box=10,0,5,1", "box=nan,0,5,1", "q=" + "x" * 201, "place=\0"])
def test_what_cannot_be_meant_is_refused(query: str) -> None:
    pairs = [tuple(pair.split("=", 1)) for pair in query.split("&")]
    with pytest.raises(UsageError):
        read_wanted(pairs)  # type: ignore[arg-type]
