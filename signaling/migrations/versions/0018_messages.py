"""Messages that waiting customers leave: what a call and a recording say of them, and the strategies' switch."""

import sqlalchemy as sa
from alembic import op

revision = "0018_messages"
down_revision = "0017_prepared_files"

WORD = sa.String(32)
KEY = sa.String(40)


def upgrade() -> None:
    """Let a call have several recordings, and tell messages from calls."""
    op.add_column("calls", sa.Column("message_id", KEY, nullable=True))
    op.add_column("calls", sa.Column("message_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "waiting_strategies", sa.Column("messages_on", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    with op.batch_alter_table("recordings") as recordings:
        recordings.drop_constraint(op.f("uq_recordings_call_id"), type_="unique")
        recordings.add_column(sa.Column("kind", WORD, nullable=False, server_default="call"))
        recordings.add_column(sa.Column("cancelled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(op.f("ix_recordings_call_id"), "recordings", ["call_id"])
