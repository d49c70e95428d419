"""Levels, working hours, call order, routing rules, the Default queue."""

revision = "0007_queues"
down_revision = "0006_statuses"


def upgrade() -> None:
    """Nothing yet."""
