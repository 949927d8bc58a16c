"""The tables of a record: the log (`entry`, `payload`), which is the truth, and projections, which can be dropped and rebuilt.

Two dialects, SQLite and PostgreSQL; migrations/versions holds how an older record becomes a newer one.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import sqlalchemy as sa

VERSION = "0005"
"""Alembic revision that this program writes; an unknown one is a newer record."""

metadata = sa.MetaData()

entry = sa.Table(
    "entry",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("payload_digest", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
)
sa.Index("entry_kind", entry.c.kind, entry.c.seq)
_REJECTED = entry.c.kind == "rejection"
sa.Index("entry_rejected", entry.c.key, sqlite_where=_REJECTED, postgresql_where=_REJECTED)
sa.Index("entry_at", entry.c.at)

payload = sa.Table(
    "payload",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

editor = sa.Table(
    "editor",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password", sa.Text, nullable=False),
    sa.Column("session_key", sa.LargeBinary, nullable=False),
)
"""Who may sign in. Outside the log, so that a hash can be forgotten, and in no copy or backup of the record."""

poll = sa.Table("poll", metadata, sa.Column("address", sa.Text, primary_key=True), sa.Column("body", sa.LargeBinary, nullable=False))
"""Feeds that are watched (record/polls.py). Outside the log, and made where it is missing when a record is first watched, so that older records need no migration."""

_projected = sa.MetaData()

document = sa.Table(
    "p_document",
    _projected,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("url", sa.Text, index=True),
    sa.Column("source", sa.Text),
    sa.Column("published", sa.Text),
    sa.Column("superseded_by", sa.Text),
    sa.Column("text_seq", sa.BigInteger),
    sa.Column("reading_seq", sa.BigInteger),
)

account = sa.Table(
    "p_account",
    _projected,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False, unique=True),
    sa.Column("body_seq", sa.BigInteger, nullable=False),
    sa.Column("document_id", sa.Text, nullable=False, index=True),
    sa.Column("event_no", sa.BigInteger, nullable=False, index=True),
    sa.Column("copy_of", sa.Text),
    sa.Column("place", sa.Text),
)
"""`seq` is where the account came first, `body_seq` where it was told last; `event_no` is the lowest seq of the group; `place` is set where a place was named and not found."""

key = sa.Table(
    "p_key",
    _projected,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""Blocking keys of accounts as numbers (`key_number`); the accounts' payloads hold them in words."""

link = sa.Table(
    "p_link",
    _projected,
    sa.Column("a", sa.Text, primary_key=True),
    sa.Column("b", sa.Text, primary_key=True),
    sa.Column("machine", sa.Boolean, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
sa.Index("p_link_b", link.c.b)

correction = sa.Table(
    "p_correction",
    _projected,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, index=True),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

hidden = sa.Table(
    "p_hidden",
    _projected,
    sa.Column("correction_id", sa.Text, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
)
"""What somebody says endangers a person: an `account` (its event is hidden), a `text`, or a whole `document` (text and events)."""


@lru_cache(maxsize=16_384)  # asked for when an account is kept and when its like are sought
def key_number(key: str) -> int:
    """A blocking key in 63 bits, the day at its end first (0 without one): keys of one time lie together, so that an insertion costs the same in
    a record of any size. Two keys with one number only propose a pair more.
    """
    day = key.rpartition(":")[2]
    window = int(day) if day.isdecimal() and len(day) < 8 else 0
    return (window & 0x7FFFFF) << 40 | int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=5).digest(), "big")


def _event_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("into", sa.BigInteger),
        sa.Column("first_day", sa.Text),
        sa.Column("last_day", sa.Text),
        sa.Column("kind", sa.Text),
        sa.Column("place", sa.Text),
        sa.Column("actors", sa.Text),
        sa.Column("sources", sa.Text),
        sa.Column("words", sa.Text),
        sa.Column("contested", sa.Boolean),
        sa.Column("background", sa.Boolean),
        sa.Column("killed", sa.Integer),
        sa.Column("body", sa.LargeBinary),
    ]


event_version = sa.Table(
    "p_event_version",
    _projected,
    sa.Column("event_no", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(c.name, c.type, primary_key=c.name == "seq", autoincrement=False) for c in _event_columns()),
)
"""Every version of every event; `body` null: the event went into event `into` (merge) or lost its last account."""
sa.Index("p_event_version_day", event_version.c.first_day, event_version.c.event_no, event_version.c.seq, event_version.c.last_day)

event_head = sa.Table(
    "p_event_head",
    _projected,
    sa.Column("event_no", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(c.name, c.type) for c in _event_columns()),
)
"""The newest version of each event that stands."""
sa.Index("p_event_head_day", event_head.c.first_day, event_head.c.event_no, event_head.c.last_day)

shown = sa.Table(
    "p_shown",
    _projected,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("profile", sa.Text, nullable=False),
    sa.Column("event_no", sa.BigInteger, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.UniqueConstraint("event_no", "profile"),
)
"""What a profile may see of an event, for lists, search and exports; `words` are folded. record/shown.py; a row goes when its event changes."""

tally = sa.Table(
    "p_tally",
    _projected,
    sa.Column("event_no", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Text),
    sa.Column("last_day", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("country", sa.Text),
    sa.Column("region", sa.Text),
    sa.Column("place", sa.Text),
    sa.Column("actor", sa.Text),
    sa.Column("killed_low", sa.Integer),
    sa.Column("killed_high", sa.Integer),
    sa.Column("injured_low", sa.Integer),
    sa.Column("injured_high", sa.Integer),
    sa.Column("contested", sa.Boolean, nullable=False),
    sa.Column("background", sa.Boolean, nullable=False),
    sa.Column("rollup", sa.Boolean, nullable=False),
)
"""What is counted of each event as it stands, without its body, so that a million are counted in a second (record/tallies.py)."""
sa.Index(
    "p_tally_day",
    *(tally.c[name] for name in ("background", "day", "kind", "last_day", "killed_low", "killed_high", "injured_low", "injured_high", "contested")),
)

SEARCH = {
    "sqlite": [
        "CREATE VIRTUAL TABLE IF NOT EXISTS p_shown_words USING fts5(words, content='p_shown', content_rowid='id')",
        "CREATE TRIGGER IF NOT EXISTS p_shown_added AFTER INSERT ON p_shown BEGIN INSERT INTO p_shown_words(rowid, words) VALUES (new.id, new.words); END",
        """CREATE TRIGGER IF NOT EXISTS p_shown_gone AFTER DELETE ON p_shown BEGIN
        INSERT INTO p_shown_words(p_shown_words, rowid, words) VALUES ('delete', old.id, old.words); END""",
    ],
    "postgresql": ["CREATE INDEX IF NOT EXISTS p_shown_words ON p_shown USING gin (to_tsvector('simple', words))"],
}
"""The index over `shown.words`: SQLite FTS5, PostgreSQL tsvector."""

projected = _projected
PROJECTIONS = tuple(_projected.sorted_tables)

APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER entry_no_{verb.lower()} BEFORE {verb} ON entry BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END" for verb in ("UPDATE", "DELETE")
    ]
    + ["CREATE TRIGGER payload_no_update BEFORE UPDATE ON payload BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'the log is append-only'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON entry FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER payload_no_update BEFORE UPDATE ON payload FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ],
}
"""Guards of the log; a payload may be deleted (erasure), never changed."""
