"""Recordings: what is kept of calls, by which settings, and notes on it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013_recordings"
down_revision = "0012_report_dispositions"

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(32)
KEY = sa.String(40)


def upgrade() -> None:
    """Give calls what says that they are recorded, and recordings tables of their own."""
    for column in (
        sa.Column("recording_id", KEY, nullable=True),
        sa.Column("recording_on", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("recording_pictures", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("recording_paused_at", MOMENT, nullable=True),
    ):
        op.add_column("calls", column)
    _recordings()
    _settings()


def _recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("call_id", KEY, sa.ForeignKey("calls.id"), nullable=False, unique=True),
        sa.Column("conversation_id", KEY, sa.ForeignKey("conversations.id"), nullable=False),
        sa.Column("customer_id", KEY, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("queue_id", KEY, sa.ForeignKey("queues.id"), nullable=False),
        sa.Column("direction", WORD, nullable=False),
        sa.Column("media", WORD, nullable=False),
        sa.Column("download", sa.Boolean(), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("seconds", sa.Double[float](), nullable=True),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("folder", sa.String(200), nullable=True),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("deadline_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
    )
    for column in ("conversation_id", "customer_id", "started_at", "deadline_at"):
        op.create_index(f"ix_recordings_{column}", "recordings", [column])
    op.create_table(
        "recording_segments",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("recording_id", KEY, sa.ForeignKey("recordings.id"), nullable=False),
        sa.Column("agent_id", KEY, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
    )
    op.create_table(
        "recording_notes",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("recording_id", KEY, sa.ForeignKey("recordings.id"), nullable=False),
        sa.Column("at_seconds", sa.Double[float](), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", KEY, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index("ix_recording_segments_recording_id", "recording_segments", ["recording_id"])
    op.create_index("ix_recording_segments_agent_id", "recording_segments", ["agent_id"])
    op.create_index("ix_recording_notes_recording_id", "recording_notes", ["recording_id"])


def _settings() -> None:
    made = op.create_table(
        "recording_settings",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        *_kept(),
        sa.Column("consent_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.bulk_insert(
        made,
        [
            {
                "id": 1,
                "on": False,
                "directions": "both",
                "pictures": True,
                "download": False,
                "consent_text": "This call may be recorded.",
                "version": 1,
            }
        ],
    )
    op.create_table(
        "recording_agents",
        sa.Column("agent_id", KEY, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("mode", WORD, nullable=False),
        *_kept(),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def _kept() -> list["sa.Column[Any]"]:
    return [
        sa.Column("directions", WORD, nullable=False),
        sa.Column("pictures", sa.Boolean(), nullable=False),
        sa.Column("download", sa.Boolean(), nullable=False),
    ]
