"""Video files that are made when somebody asks for them, and files that are to be removed at the customer's server."""

import sqlalchemy as sa
from alembic import op

revision = "0017_prepared_files"
down_revision = "0016_offers"

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(32)
KEY = sa.String(40)


def upgrade() -> None:
    """Make the tables; nothing was asked for yet."""
    op.create_table(
        "recording_preparations",
        sa.Column("recording_id", KEY, sa.ForeignKey("recordings.id"), primary_key=True),
        sa.Column("state", WORD, nullable=False),
        sa.Column("awaited", sa.Boolean(), nullable=False),
        sa.Column("deliver", sa.Boolean(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("why", sa.String(64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("deadline_at", MOMENT, nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
    )
    op.create_index("ix_recording_preparations_state", "recording_preparations", ["state", "deadline_at"])
    op.add_column("recording_deliveries", sa.Column("account", sa.Text(), nullable=True))
    op.create_table(
        "recording_removals",
        sa.Column("delivery_id", KEY, sa.ForeignKey("recording_deliveries.id"), primary_key=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("fault", WORD, nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
    )
    op.create_index("ix_recording_removals_due_at", "recording_removals", ["due_at"])
