"""The names of things. Each is a short prefixed random string, safe in URLs, logs and SQL."""

import secrets
from typing import NewType

CallId = NewType("CallId", str)
PartyId = NewType("PartyId", str)
LegId = NewType("LegId", str)
TransportId = NewType("TransportId", str)
"""One life of a leg's network path; a reload gives the same leg a new transport."""
ReservationId = NewType("ReservationId", str)
AgentId = NewType("AgentId", str)
"""An agent is a user: the same value names both."""
QueueId = NewType("QueueId", str)
ConversationId = NewType("ConversationId", str)
CustomerId = NewType("CustomerId", str)
LinkId = NewType("LinkId", str)
PromptId = NewType("PromptId", str)
RecordingId = NewType("RecordingId", str)
StatusId = NewType("StatusId", str)
DispositionId = NewType("DispositionId", str)
StrategyId = NewType("StrategyId", str)
RuleId = NewType("RuleId", str)


def new_id(prefix: str) -> str:
    """Return ``prefix_`` and 80 random bits; collisions are for the database's primary key to refuse."""
    return f"{prefix}_{secrets.token_hex(10)}"
