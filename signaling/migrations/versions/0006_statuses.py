"""Custom statuses, dispositions, and how agents spend their time."""

import sqlalchemy as sa
from alembic import op

revision = "0006_statuses"
down_revision = "0005_calls"

GROUPS = {"active": "available", "busy": "busy", "away": "away", "offline": "unavailable"}


def upgrade() -> None:
    """Give agents' rows what statuses of groups need."""
    moment = sa.DateTime(timezone=True)
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for column in (
        sa.Column("status_group", sa.String(32), nullable=False, server_default="unavailable"),
        sa.Column("wrap_disposition_id", sa.String(40), nullable=True),
        sa.Column("then_status", sa.String(32), nullable=True),
        sa.Column("then_group", sa.String(32), nullable=True),
        sa.Column("misses", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("tally_calls", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("tally_talked_ms", number, nullable=False, server_default="0"),
        sa.Column("rung_at", moment, nullable=True),
    ):
        op.add_column("agents", column)
    agents = sa.table("agents", sa.column("status", sa.String), sa.column("status_group", sa.String))
    for status, group in GROUPS.items():
        op.execute(agents.update().where(agents.c.status == status).values(status_group=group))
