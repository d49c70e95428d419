"""Transcripts: what was said in a recording, as somebody's program wrote it down."""

import sqlalchemy as sa
from alembic import op

revision = "0020_transcripts"
down_revision = "0019_spoken_consent"


def upgrade() -> None:
    """Give a recording a place for its transcript."""
    op.create_table(
        "recording_transcripts",
        sa.Column("recording_id", sa.String(40), sa.ForeignKey("recordings.id"), primary_key=True),
        sa.Column("lines", sa.JSON(), nullable=False),
    )
