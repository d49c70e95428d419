"""Custom statuses, dispositions, and how agents spend their time."""

revision = "0006_statuses"
down_revision = "0005_calls"


def upgrade() -> None:
    """Nothing yet."""
