"""Events that changed in, and the rows that a profile may see of them kept and searched: what web/ shows in lists.

The rule: the fold drops a row in the transaction that changes its event, so no row is older than what is held; who may show fills it again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from khronika.record import schema, store
from khronika.record.fold import unpack_event
from khronika.record.record import PAGE, Record
from khronika.text import words_of
from khronika.types import Event


class Head(NamedTuple):
    """An event as it stands, and when it came to stand so."""

    event_no: int
    at: dt.datetime
    event: Event


class ShownRow(NamedTuple):
    """What is kept of one event for one profile; `words` are folded and separated by blanks."""

    event_no: int
    body: bytes
    words: str


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


def missing(record: Record, profile: str) -> Iterator[list[Head]]:
    """The events that have no row of this profile, in pages; each page is to be kept before the next is asked for."""
    h, s = schema.event_head, schema.shown
    lacks = ~sa.select(sa.literal(1)).where(s.c.event_no == h.c.event_no, s.c.profile == profile).exists()
    query = sa.select(h.c.event_no, h.c.at, h.c.body).where(h.c.body.is_not(None), lacks).order_by(h.c.event_no).limit(PAGE)
    after = 0
    while rows := record._rows(query.where(h.c.event_no > after)):
        yield [Head(row.event_no, dt.datetime.fromisoformat(row.at), unpack_event(row.body)) for row in rows]
        after = rows[-1].event_no


def keep(record: Record, profile: str, policy: str, rows: Sequence[ShownRow]) -> None:
    """Keep rows made by a policy of this digest; one that another process kept meanwhile stays."""
    if not rows:
        return
    from sqlalchemy.dialects import postgresql, sqlite

    insert = sqlite.insert if record._db.dialect.name == "sqlite" else postgresql.insert
    values = [{"profile": profile, "policy": policy, **row._asdict()} for row in rows]
    with record._lock, store.faults(record.address), store.begun(record._db):
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
