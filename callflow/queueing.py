"""A queue's policy: what routing and transfers need to know of it, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from callflow.ids import AgentId, QueueId
from callflow.limits import RING_TIME


class CallOrder(StrEnum):
    """To which free agent a call goes (SYS-03, mission 3.1)."""

    LONGEST_IDLE = "longest_idle"
    ROUND_ROBIN = "round_robin"
    """To who was rung the longest ago."""
    LEAST_TALK = "least_talk"
    FEWEST_CALLS = "fewest_calls"
    RING_ALL = "ring_all"
    """To all at once; the first to answer has it."""
    BY_LEVEL = "by_level"
    """To the best level first; within a level to who has been free the longest."""


@dataclass(frozen=True, slots=True)
class QueuePolicy:
    """How one queue hands out its calls."""

    id: QueueId
    levels: Mapping[AgentId, int] = field(default_factory=dict[AgentId, int])
    """The agents who may be offered its work, members who are not disabled, each with a level; 1 is the best."""
    order: CallOrder = CallOrder.LONGEST_IDLE
    weight: int = 0
    """Of two queues whose callers the same agent may serve, the heavier goes first."""
    auto_assign: bool = True
    ring_time: timedelta = RING_TIME
    level_wait: timedelta = timedelta(0)
    """By level: how long a caller waits, times the level, before the next level is asked while the better is busy."""
    consult: bool = False
    """Agents may talk to a colleague before they transfer a call (XFER-01)."""
