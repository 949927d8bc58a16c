"""Who may sign in, and what is hidden since somebody says that it endangers a person."""

import msgspec
import sqlalchemy as sa
from alembic import op

from khronika.record import schema
from khronika.record.fold import Fold
from khronika.types import Correction

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    bind = op.get_bind()
    schema.editor.create(bind, checkfirst=True)
    schema.hidden.create(bind, checkfirst=True)
    fold = Fold(bind)
    for body in bind.execute(sa.select(schema.correction.c.body)).scalars().all():
        fold.hide(msgspec.json.decode(body, type=Correction))


def downgrade() -> None:
    raise RuntimeError("the log is never taken back")
