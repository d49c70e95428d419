"""The rows that must exist: the counter of facts, and the settings with friendly texts."""

import sqlalchemy as sa
from alembic import op

revision = "0002_rows"
down_revision = "0001_tables"


def upgrade() -> None:
    """Put them in."""
    counter = sa.table("fact_counter", sa.column("id", sa.Integer), sa.column("last", sa.BigInteger))
    op.bulk_insert(counter, [{"id": 1, "last": 0}])
    settings = {
        "id": 1,
        "centre_name": "Our contact centre",
        "welcome_text": "Welcome! We are here for you. Check your microphone and camera, then start the call.",
        "not_yet_text": "You are a little early. Please come back at the time that we agreed.",
        "expired_text": "This link is no longer valid. Please ask us for a new one.",
        "closed_text": "We are closed at the moment. Please try again later.",
        "wrap_up_seconds": 30,
        "wrap_up_cap_seconds": None,
        "link_days": 1,
        "version": 1,
    }
    columns: list[sa.ColumnClause[object]] = [sa.column(name) for name in settings]
    op.bulk_insert(sa.table("settings", *columns), [settings])
