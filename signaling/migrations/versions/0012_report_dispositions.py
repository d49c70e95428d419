"""How a call ended, with each report of it."""

import sqlalchemy as sa
from alembic import op

revision = "0012_report_dispositions"
down_revision = "0011_reports"


def upgrade() -> None:
    """Add the column."""
    op.add_column("agent_reports", sa.Column("disposition_id", sa.String(40), nullable=True))
