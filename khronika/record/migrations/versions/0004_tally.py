"""What is counted of each event, without its body (record/tallies.py)."""

import sqlalchemy as sa
from alembic import op

from khronika.record import schema
from khronika.record.fold import tally_of, unpack_event

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    bind = op.get_bind()
    schema.tally.create(bind, checkfirst=True)
    bind.execute(schema.tally.delete())
    h, after = schema.event_head, -1
    while rows := bind.execute(sa.select(h.c.event_no, h.c.body).where(h.c.event_no > after).order_by(h.c.event_no).limit(500)).all():
        bind.execute(schema.tally.insert(), [tally_of(row.event_no, unpack_event(row.body)) for row in rows])
        after = rows[-1].event_no


def downgrade() -> None:
    raise RuntimeError("the log is never taken back")
