"""Retention: for how long recordings are kept, which are held, and which are to go."""

import sqlalchemy as sa
from alembic import op

revision = "0015_retention"
down_revision = "0014_recording_targets"

MOMENT = sa.DateTime(timezone=True)
KEY = sa.String(40)


def upgrade() -> None:
    """Give recordings a hold and a wish to be deleted, and queues their days."""
    for column in (
        sa.Column("legal_hold", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("erase_asked_at", MOMENT, nullable=True),
        sa.Column("erase_asked_by", KEY, nullable=True),
    ):
        op.add_column("recordings", column)
    op.create_table(
        "recording_retention",
        sa.Column("queue_id", KEY, sa.ForeignKey("queues.id"), primary_key=True),
        sa.Column("days", sa.Integer(), nullable=True),
    )
