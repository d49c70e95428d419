"""Holds, transfers, callbacks, observers and what a caller hears."""

revision = "0005_calls"
down_revision = "0004_audit"


def upgrade() -> None:
    """Nothing yet."""
