"""Who has handled a missed call."""

revision = "0009_handled"
down_revision = "0008_strategies"


def upgrade() -> None:
    """Nothing yet."""
