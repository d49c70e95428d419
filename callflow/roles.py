"""What somebody is in a call."""

from enum import StrEnum


class Role(StrEnum):
    """What a party is in a call."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    """One who listens, whispers or has joined in (PLUS-20)."""
