"""A record and a policy in, the view of its events on that day out: kept in step with the log, by what changed since it was asked last.

The rule: an event that changed is in no list until its new row was made by today's policy.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from khronika.errors import UsageError
from khronika.policy import Policy
from khronika.record import shown
from khronika.record.record import Record
from khronika.types import Place
from khronika.web.board import Board, Mask, Numbers
from khronika.web.filters import Wanted
from khronika.web.rows import Row, make_row

if TYPE_CHECKING:
    from khronika.ground.gazetteer import Gazetteer

VERSION = "1"
"""Of what a row holds; rows of another version are made anew."""
CACHED = 256
INLINE = 400
"""Rows that one request makes; where more are missing, lists leave those events out until they are made."""
SUGGESTED = 60


class View:
    """What one profile may see in lists on one day, at one seq of the log."""

    def __init__(self, board: Board, today: dt.date, hidden: frozenset[int], stamp: str, head: int | None = None) -> None:
        self.board, self.today, self.hidden = board, today, hidden
        self.visible: Mask = board.visible(today, hidden)
        self.unreviewed = int(board.visible(today, hidden, shown=False).sum())
        self.tag = f"{head or board.seq}-{len(board.order)}-{today.isoformat()}-{stamp}"
        """Changes whenever any list may: an ETag."""
        self._picked: dict[Wanted, Numbers] = {}
        self.made: dict[str, str] = {}
        """Whole answers that many ask for."""

    @property
    def seq(self) -> int:
        """The seq of the log up to which this view is true."""
        return self.board.seq

    @cached_property
    def suggested(self) -> dict[str, list[str]]:
        """The places, actors and sources that most events have, for the boxes of the filter."""
        board = self.board
        return {name: tags.most_borne(self.visible, SUGGESTED) for name, tags in (("places", board.places), ("actors", board.actors), ("sources", board.sources))}

    def pick(self, record: Record, profile: str, wanted: Wanted) -> Numbers:
        """Positions of the events asked for, newest first."""
        found = self._picked.get(wanted)
        if found is None:
            matches = shown.search(record, profile, wanted.q) if wanted.q else None
            found = self.board.select(wanted, self.visible, matches)
            if len(self._picked) >= CACHED:
                self._picked.clear()
            self._picked[wanted] = found
        return found


    def page(self, picked: Numbers, after: str | None, limit: int) -> tuple[list[Row], str | None]:
        """Rows behind a cursor, and the cursor behind them (None: these are the last).

        Raises:
            UsageError: the cursor is none.
        """
        columns, start = self.board.columns, 0
        key = columns["first"][picked].astype(np.int64) * (1 << 33) + columns["number"][picked]
        if after:
            start = int(np.searchsorted(-key, -_cursor(after), side="right"))
        chosen = picked[start : start + limit]
        rows = [self.board.row(int(at)) for at in chosen]
        more = start + limit < len(picked)
        return rows, f"{key[start + limit - 1]:x}" if more else None


def _cursor(text: str) -> int:
    try:
        found = int(text, 16)
    except ValueError as error:
        raise UsageError(f"after: {text[:20]!r} is no cursor; take it from `next`") from error
    if not 0 <= found < 1 << 62:
        raise UsageError(f"after: {text[:20]!r} is no cursor; take it from `next`")
    return found


class Index:
    """The views of all profiles that were asked for.

    Args:
        lend: lends a record to a thread of its own, which makes rows where many changed at once; without it whoever asks waits for them.
    """

    def __init__(self, lend: Callable[[], AbstractContextManager[Record]] | None = None) -> None:
        self._lend = lend
        self._making: dict[str, threading.Thread] = {}
        self._views: dict[str, View] = {}
        self._erasures: dict[str, int] = {}
        self._locks: dict[str, threading.Lock] = {"full": threading.Lock(), "research": threading.Lock(), "public": threading.Lock()}

    def view(self, record: Record, policy: Policy, progress: Callable[[int], None] | None = None) -> View:
        """The view of a policy's profile on its day, brought up to the head of the log."""
        found = self._views.get(policy.profile)
        if found is not None and found.seq == record.head() and found.today == policy.today and _is_whole(record, policy, found.board):
            return found
        with self._locks[policy.profile]:
            head = record.head()
            found = self._views.get(policy.profile)
            if found is None or found.seq != head or found.today != policy.today or not _is_whole(record, policy, found.board):
                board = self._board(record, policy, found.board if found else None, head, progress)
                hidden = frozenset() if policy.profile == "full" else shown.hidden_events(record)
                found = self._views[policy.profile] = View(board, policy.today, hidden, policy.stamp, head)
        return found

    def _board(self, record: Record, policy: Policy, board: Board | None, head: int, progress: Callable[[int], None] | None) -> Board:
        profile, stamp, erased = policy.profile, _stamp(policy), shown.erasures(record)
        changed = shown.changed_since(record, board.seq) if board is not None else []
        if board is not None and self._erasures[profile] == erased and _is_whole(record, policy, board, changed):
            if self._lend and len(changed) > INLINE and shown.count_missing(record, profile, changed) > INLINE:
                self._make_beside(policy, changed)
                return board.changed(board.seq, changed, ())  # an older seq: asked again, until all are made
            fill(record, policy, stamp, changed)
            return board.changed(head, changed, shown.bodies(record, profile, changed))
        shown.drop_others(record, profile, stamp)
        fill(record, policy, stamp, None, progress)
        self._erasures[profile] = erased
        return Board().changed(head, (), shown.bodies(record, profile))


    def _make_beside(self, policy: Policy, numbers: list[int]) -> None:
        """Start making the rows of these events in another thread, unless one is at it."""
        at_it = self._making.get(policy.profile)
        if self._lend is None or at_it is not None and at_it.is_alive():
            return
        lend = self._lend

        def make() -> None:
            with lend() as record:
                fill(record, policy, _stamp(policy), numbers)

        self._making[policy.profile] = threading.Thread(target=make, daemon=True)
        self._making[policy.profile].start()


def _is_whole(record: Record, policy: Policy, board: Board, changed: Collection[int] = ()) -> bool:
    """Whether the rows of a board are in the record still: `khronika rebuild` drops all of them, so one that did not change since tells it."""
    numbers = (board.number(at) for at in board.order)
    unchanged = next((number for number in numbers if number not in changed), None)
    return unchanged is None or not shown.count_missing(record, policy.profile, [unchanged])


def _stamp(policy: Policy) -> str:
    return f"{VERSION}-{policy.stamp}"


def fill(record: Record, policy: Policy, stamp: str, numbers: list[int] | None, progress: Callable[[int], None] | None = None) -> None:
    """Make and keep the rows that are missing, of all events or of these."""
    made, erased = 0, shown.erasures(record)
    for page in shown.missing(record, policy.profile, numbers):
        shown.keep(record, policy.profile, stamp, [make_row(record, policy, head, locate) for head in page], erased)
        made += len(page)
        if progress:
            progress(made)


def locate(place: Place) -> Place:
    """A region, district or country that has no point gets the gazetteer's centre and radius: an area, as coarse as it was."""
    if place.latitude is not None or place.precision not in ("district", "region", "country"):
        return place
    centre = _centre(place.country, place.admin1 if place.precision != "country" else None)
    if centre is None:
        return place
    latitude, longitude, radius_km = centre
    return replace(place, latitude=latitude, longitude=longitude, radius_km=radius_km)


@cache
def _centre(country: str | None, admin1: str | None) -> tuple[float, float, float] | None:
    from khronika.ground.gazetteer import key_of

    gazetteer = open_gazetteer()
    if country is None or gazetteer is None:
        return None
    found = gazetteer.countries.get(country)
    if admin1:
        found = next((entry for entry in gazetteer.candidates(key_of(admin1)) if (entry.country, entry.kind) == (country, "region")), None)
    if found is None or found.latitude is None or found.longitude is None:
        return None
    return found.latitude, found.longitude, found.radius_km


@cache
def open_gazetteer() -> Gazetteer | None:
    """The gazetteer, where it was built; it is not built for a page."""
    from khronika.ground.gazetteer import Gazetteer, default_path

    return Gazetteer() if default_path().exists() else None
