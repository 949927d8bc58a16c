"""First schema: the log with its guards, and the projections."""

from alembic import op

from khronika.record import schema

revision = "0001"
down_revision = None


def upgrade() -> None:
    bind = op.get_bind()
    schema.metadata.create_all(bind)
    schema.projected.create_all(bind)
    for statement in schema.APPEND_ONLY[bind.dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("the log is never taken back")
