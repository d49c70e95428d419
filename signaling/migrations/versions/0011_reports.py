"""A report of each agent who talked in a call: one that was transferred has several."""

import sqlalchemy as sa
from alembic import op

revision = "0011_reports"
down_revision = "0010_places"


def upgrade() -> None:
    """Move the reports into a table that knows whose they are: who finished the call's wrap-up, as the log says."""
    op.create_table(
        "agent_reports",
        sa.Column("call_id", sa.String(40), nullable=False),
        sa.Column("agent_id", sa.String(40), nullable=False),
        sa.Column("conversation_id", sa.String(40), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_agent_reports_conversation_id")
        ),
        sa.PrimaryKeyConstraint("call_id", "agent_id", name=op.f("pk_agent_reports")),
    )
    op.create_index(op.f("ix_agent_reports_conversation_id"), "agent_reports", ["conversation_id"], unique=False)
    op.execute(
        "INSERT INTO agent_reports (call_id, agent_id, conversation_id, summary) "
        "SELECT call_id, COALESCE((SELECT MAX(agent_id) FROM facts WHERE facts.call_id = call_reports.call_id "
        "AND facts.kind = 'call.wrapped'), ''), conversation_id, summary FROM call_reports"
    )
    op.drop_table("call_reports")
