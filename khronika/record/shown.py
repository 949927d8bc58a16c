"""Events that changed in, and the rows that a profile may see of them kept and searched: what web/ shows in lists and transfer/ hands out.

The rule: the fold drops a row in the transaction that changes its event, so no row is older than what is held; who may show fills it again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from khronika.record import log, schema, store
from khronika.record.filters import where_filter
from khronika.record.fold import unpack_event
from khronika.record.record import PAGE, Record
from khronika.text import words_of
from khronika.types import Event, Filter


class Head(NamedTuple):
    """An event as it stands, by which entry, and when it came to stand so."""

    event_no: int
    seq: int
    at: dt.datetime
    event: Event


class ShownRow(NamedTuple):
    """What is kept of one event as it stood at `seq` for one profile; `words` are folded and separated by blanks."""

    event_no: int
    seq: int
    body: bytes
    words: str


class Standing(NamedTuple):
    """An event as it stands by the entry `seq`; `kept` is what a profile may see of it, where that was kept. `event` is None where it was not asked for."""

    event_no: int
    seq: int
    kept: bytes | None
    event: Event | None


def changed_since(record: Record, seq: int) -> list[int]:
    """Numbers of the events that have a version newer than this seq."""
    v = schema.event_version
    return [row[0] for row in record._rows(sa.select(v.c.event_no).where(v.c.seq > seq).distinct())]


def erasures(record: Record) -> int:
    """How often something was erased: then all rows are new."""
    e = schema.entry
    return int(record._one(sa.select(sa.func.count()).where(e.c.kind == "erasure"))[0])


def hidden_events(record: Record) -> frozenset[int]:
    """Numbers of the events that are hidden since somebody says that they endanger a person."""
    a = schema.account
    ids = sorted(record._hidden_accounts())
    found: set[int] = set()
    for at in range(0, len(ids), PAGE):
        found |= {row[0] for row in record._rows(sa.select(a.c.event_no).where(a.c.id.in_(ids[at : at + PAGE])))}
    return frozenset(found)


def missing(record: Record, profile: str, numbers: Iterable[int] | None = None) -> Iterator[list[Head]]:
    """The events, or those of these events, that have no row of this profile, in pages."""
    h, s = schema.event_head, schema.shown
    lacks = ~sa.select(sa.literal(1)).where(s.c.event_no == h.c.event_no, s.c.profile == profile).exists()
    query = sa.select(h.c.event_no, h.c.seq, h.c.at, h.c.body).where(h.c.body.is_not(None), lacks).order_by(h.c.event_no).limit(PAGE)
    after, wanted = 0, None if numbers is None else sorted(numbers)
    while wanted is None or wanted:
        part = h.c.event_no > after if wanted is None else h.c.event_no.in_(wanted[:PAGE])
        rows = record._rows(query.where(part))
        if rows:
            yield [Head(row.event_no, row.seq, dt.datetime.fromisoformat(row.at), unpack_event(row.body)) for row in rows]
            after = rows[-1].event_no
        if wanted is None and not rows:
            return
        wanted = None if wanted is None else wanted[PAGE:]


def count_missing(record: Record, profile: str, numbers: Iterable[int]) -> int:
    """How many of these events stand and have no row of this profile."""
    h, s = schema.event_head, schema.shown
    lacks = ~sa.select(sa.literal(1)).where(s.c.event_no == h.c.event_no, s.c.profile == profile).exists()
    wanted, count = sorted(numbers), 0
    for at in range(0, len(wanted), PAGE):
        query = sa.select(sa.func.count()).select_from(h).where(h.c.body.is_not(None), h.c.event_no.in_(wanted[at : at + PAGE]), lacks)
        count += int(record._one(query)[0])
    return count


def keep(record: Record, profile: str, policy: str, rows: Sequence[ShownRow], erased: int) -> None:
    """Keep rows made by a policy of this digest; not those of events that changed since they were made, nor what another process kept meanwhile.

    Args:
        erased: `erasures` before the events were read; where something was erased since, no row is kept.
    """
    e, h = schema.entry, schema.event_head
    from sqlalchemy.dialects import postgresql, sqlite

    insert = sqlite.insert if record._db.dialect.name == "sqlite" else postgresql.insert
    with record._lock, store.faults(record.address), store.begun(record._db):
        standing = record._db.execute(sa.select(h.c.event_no, h.c.seq).where(h.c.event_no.in_([row.event_no for row in rows]))).all()
        if record._db.execute(sa.select(sa.func.count()).where(e.c.kind == "erasure")).scalar() != erased:
            return
        seqs = {row.event_no: row.seq for row in standing}
        fresh = [row for row in rows if seqs.get(row.event_no) == row.seq]
        values = [{"profile": profile, "policy": policy, "event_no": row.event_no, "body": row.body, "words": row.words} for row in fresh]
        if values:
            record._db.execute(insert(schema.shown).on_conflict_do_nothing(), values)


def drop_others(record: Record, profile: str, policy: str) -> None:
    """Drop the rows of this profile that another policy made."""
    s = schema.shown
    others = sa.and_(s.c.profile == profile, s.c.policy != policy)
    if record._one(sa.select(s.c.id).where(others).limit(1)):
        with record._lock, store.faults(record.address), store.begun(record._db):
            record._db.execute(s.delete().where(others))


def bodies(record: Record, profile: str, numbers: Iterable[int] | None = None) -> Iterator[tuple[int, bytes]]:
    """Event number and body of the rows of a profile, all or of these events."""
    s = schema.shown
    query = sa.select(s.c.event_no, s.c.body).where(s.c.profile == profile).order_by(s.c.event_no)
    if numbers is not None:
        wanted = sorted(numbers)
        for at in range(0, len(wanted), PAGE):
            yield from (tuple(row) for row in record._rows(query.where(s.c.event_no.in_(wanted[at : at + PAGE]))))
        return
    after = 0
    while rows := record._rows(query.where(s.c.event_no > after).limit(5000)):
        yield from (tuple(row) for row in rows)
        after = rows[-1].event_no


def count(record: Record) -> int:
    """How many events stand."""
    return int(record._one(sa.select(sa.func.count()).select_from(schema.tally))[0])


class Stretch(NamedTuple):
    """Events one after the other in the order of `Record.events`: those behind `after`, up to and with `until` (first day and number); None: from the first, to the last."""

    after: tuple[str, int] | None
    until: tuple[str, int] | None


def stretches(record: Record, wanted: Filter, size: int) -> Iterator[Stretch]:
    """All events from which a filter chooses, `size` at a time; told from the index of days alone."""
    h, after = schema.event_head, None
    days = [h.c.last_day >= wanted.since.isoformat()] if wanted.since else []
    days += [h.c.first_day <= wanted.until.isoformat()] if wanted.until else []
    query = sa.select(h.c.first_day, h.c.event_no).where(*days).order_by(h.c.first_day, h.c.event_no).limit(1).offset(size - 1)
    while row := record._one(query.where(*_behind(after))):
        yield Stretch(after, (row.first_day, row.event_no))
        after = row.first_day, row.event_no
    yield Stretch(after, None)


def _behind(after: tuple[str, int] | None) -> list[sa.ColumnElement[bool]]:
    h = schema.event_head
    return [] if after is None else [sa.tuple_(h.c.first_day, h.c.event_no) > sa.tuple_(*after)]


def standing(record: Record, profile: str, policy: str, wanted: Filter, stretch: Stretch, whole: bool = False) -> list[Standing]:
    """The events of a stretch that a filter chooses, each with the row that a policy of this digest made of it.

    Args:
        whole: with the event itself also where its row is kept.
    """
    h, s = schema.event_head, schema.shown
    beside = h.outerjoin(s, sa.and_(s.c.event_no == h.c.event_no, s.c.profile == profile, s.c.policy == policy))
    body = h.c.body if whole else sa.case((s.c.id.is_(None), h.c.body))
    query = sa.select(h.c.event_no, h.c.seq, s.c.body.label("kept"), body.label("body")).select_from(beside)
    query = query.where(h.c.body.is_not(None), *where_filter(h, wanted), *_behind(stretch.after))
    if stretch.until is not None:
        query = query.where(sa.tuple_(h.c.first_day, h.c.event_no) <= sa.tuple_(*stretch.until))
    rows = record._rows(query.order_by(h.c.first_day, h.c.event_no))
    return [Standing(row.event_no, row.seq, row.kept, unpack_event(row.body) if row.body else None) for row in rows]


def search(record: Record, profile: str, text: str) -> list[int]:
    """Numbers of the events whose shown words hold all words of a text; the last one may be only begun."""
    wanted = words_of(text)[:20]
    if not wanted:
        return []
    s = schema.shown
    query = sa.select(s.c.event_no).where(s.c.profile == profile)
    if record._db.dialect.name == "sqlite":
        match = " ".join(f'"{word}"' for word in wanted) + "*"
        query = query.where(s.c.id.in_(sa.text("SELECT rowid FROM p_shown_words WHERE p_shown_words MATCH :match").bindparams(match=match)))
    else:
        terms = " & ".join(f"'{word}'" for word in wanted) + ":*"
        query = query.where(sa.text("to_tsvector('simple', words) @@ to_tsquery('simple', :terms)").bindparams(terms=terms))
    return [row[0] for row in record._rows(query)]


class Version(NamedTuple):
    """One version of an event and the entry that made it; `key` is the entry's key (a correction's id for a decision)."""

    at: dt.datetime
    by: str
    kind: str
    key: str
    event: Event


def history(record: Record, number: int) -> list[Version]:
    """Every version of an event, oldest first, with who made it by what."""
    v, e = schema.event_version, schema.entry
    query = (
        sa.select(v.c.body, e.c.at, e.c.by, e.c.kind, e.c.key)
        .join(e, e.c.seq == v.c.seq)
        .where(v.c.event_no == number, v.c.body.is_not(None))
    )
    hidden = record._hidden_accounts()
    found = []
    for row in record._rows(query.order_by(v.c.seq)):
        event = record._mark_hidden(unpack_event(row.body), hidden)
        found.append(Version(dt.datetime.fromisoformat(row.at), row.by, row.kind, row.key, event))
    return found


def gone(record: Record) -> list[int]:
    """Numbers of the events that once stood and stand no more, and are part of no other: what was erased, or said to be none."""
    v, h = schema.event_version, schema.event_head
    stands = sa.select(sa.literal(1)).where(h.c.event_no == v.c.event_no).exists()
    newer = v.alias()
    later = sa.select(sa.literal(1)).where(newer.c.event_no == v.c.event_no, newer.c.seq > v.c.seq).exists()
    return [row[0] for row in record._rows(sa.select(v.c.event_no).where(~stands, ~later, v.c.into.is_(None)).order_by(v.c.event_no))]


def head_as_of(record: Record, as_of: int | dt.datetime | None = None) -> tuple[int, str]:
    """Seq and digest of the newest entry at a seq or an instant, or now."""
    e, until = schema.entry, record._seq_as_of(as_of)
    if until is None:
        return record.head(), record.head_digest()
    row = record._one(sa.select(e.c.seq, e.c.digest).where(e.c.seq <= until).order_by(e.c.seq.desc()).limit(1))
    return (row.seq, row.digest) if row else (0, log.START)


def ended(record: Record, until: int | None = None) -> Iterator[tuple[int, int | None]]:
    """Number of each event that stood and stands no more, and the one that it is in now (None: erased, or said to be none), in order.

    Args:
        until: a seq: as it was then.
    """
    v, h = schema.event_version, schema.event_head
    newer = v.alias()
    then = [table.c.seq <= until for table in (newer, v)] if until is not None else [sa.true(), sa.true()]
    later = sa.select(sa.literal(1)).where(newer.c.event_no == v.c.event_no, newer.c.seq > v.c.seq, then[0]).exists()
    stands = sa.select(sa.literal(1)).where(h.c.event_no == v.c.event_no).exists() if until is None else v.c.body.is_not(None)
    for row in record._rows(sa.select(v.c.event_no, v.c.into).where(~stands, ~later, then[1]).order_by(v.c.event_no)):
        yield row.event_no, row.into
