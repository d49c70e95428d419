"""Sounds and waiting strategies."""

revision = "0008_strategies"
down_revision = "0007_queues"


def upgrade() -> None:
    """Nothing yet."""
