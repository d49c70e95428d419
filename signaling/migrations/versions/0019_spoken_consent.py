"""Spoken consent: what customers hear before they are recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0019_spoken_consent"
down_revision = "0018_messages"


def upgrade() -> None:
    """Give the system's settings of recording one row of what is said, switched off."""
    made = op.create_table(
        "recording_consent",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("language", sa.String(40), nullable=True),
        sa.Column("voice", sa.String(40), nullable=True),
        sa.Column("rate", sa.Integer(), nullable=True),
        sa.Column("sound_id", sa.String(40), sa.ForeignKey("sounds.id"), nullable=True),
    )
    op.bulk_insert(made, [{"id": 1, "on": False}])
