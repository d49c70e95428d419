"""Indexes with which the expected wait is worked out quickly."""

import sqlalchemy as sa
from alembic import op

revision = "0010_places"
down_revision = "0009_handled"


def upgrade() -> None:
    """Index the answered calls of each queue by their end, and the ends of wrap-ups by their call."""
    answered, wrapped = sa.text("answered_at IS NOT NULL"), sa.text("kind = 'call.wrapped'")
    op.create_index(
        "ix_calls_answered", "calls", ["queue_id", "ended_at"], sqlite_where=answered, postgresql_where=answered
    )
    op.create_index("ix_facts_wrapped", "facts", ["call_id"], sqlite_where=wrapped, postgresql_where=wrapped)
