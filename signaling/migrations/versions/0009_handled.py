"""Who has handled a missed call."""

import sqlalchemy as sa
from alembic import op

revision = "0009_handled"
down_revision = "0008_strategies"


def upgrade() -> None:
    """Add the table. What nobody answered before there was one counts as seen to, or old calls would be on top."""
    op.create_table(
        "call_handlings",
        sa.Column("call_id", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=True),
        sa.Column("by_call_id", sa.String(40), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_handlings_call_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_call_handlings_user_id")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_handlings")),
    )
    op.create_index("ix_calls_started_at", "calls", ["started_at", "id"], unique=False)
    op.create_index("ix_parties_agent_id", "parties", ["agent_id"], unique=False)
    op.execute(
        "INSERT INTO call_handlings (call_id, at) "
        "SELECT id, ended_at FROM calls WHERE ended_at IS NOT NULL AND answered_at IS NULL"
    )
