"""Blocking keys as numbers, and an index of the log that grows at its end, so that appending costs the same in a record of any size."""

from itertools import groupby

import sqlalchemy as sa
from alembic import op

from khronika.record import schema

revision = "0005"
down_revision = "0004"
PAGE = 10_000


def upgrade() -> None:
    bind = op.get_bind()
    if "key" in {column["name"] for column in sa.inspect(bind).get_columns("p_key")}:
        _number_keys(bind)
    op.execute("DROP INDEX IF EXISTS entry_kind_key")
    for index in schema.entry.indexes:
        index.create(bind, checkfirst=True)


def _number_keys(bind: sa.Connection) -> None:
    op.execute("ALTER TABLE p_key RENAME TO p_key_in_words")
    if bind.dialect.name == "postgresql":
        op.execute("ALTER INDEX p_key_pkey RENAME TO p_key_in_words_pkey")
    schema.key.create(bind)
    old = sa.table("p_key_in_words", sa.column("key"), sa.column("seq"))
    found = bind.execute(sa.select(old).order_by(old.c.seq), execution_options={"yield_per": PAGE})
    waiting: list[dict[str, int]] = []
    for seq, rows in groupby(found, key=lambda row: row.seq):
        waiting += [{"number": number, "seq": seq} for number in {schema.key_number(row.key) for row in rows}]
        if len(waiting) >= PAGE:
            bind.execute(schema.key.insert(), waiting)
            waiting.clear()
    if waiting:
        bind.execute(schema.key.insert(), waiting)
    op.execute("DROP TABLE p_key_in_words")


def downgrade() -> None:
    raise RuntimeError("the log is never taken back")
