"""Calls know how many offers in a row came to nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0016_offers"
down_revision = "0015_retention"


def upgrade() -> None:
    """Add the column."""
    op.add_column("calls", sa.Column("offers", sa.Integer(), nullable=False, server_default="0"))
