"""The rows that must exist: the counter of facts."""

import sqlalchemy as sa
from alembic import op

revision = "0002_rows"
down_revision = "0001_tables"


def upgrade() -> None:
    """Put them in."""
    counter = sa.table("fact_counter", sa.column("id", sa.Integer), sa.column("last", sa.BigInteger))
    op.bulk_insert(counter, [{"id": 1, "last": 0}])
