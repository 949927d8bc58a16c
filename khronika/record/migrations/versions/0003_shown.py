"""What may be shown of events, for lists and search (record/shown.py), and an index to find what changed since a seq."""

from alembic import op

from khronika.record import schema

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    bind = op.get_bind()
    schema.shown.create(bind, checkfirst=True)
    for statement in schema.SEARCH[bind.dialect.name]:
        op.execute(statement)
    op.execute("CREATE INDEX IF NOT EXISTS p_event_version_seq ON p_event_version (seq)")


def downgrade() -> None:
    raise RuntimeError("the log is never taken back")
