"""Whose turn it is: in which order callers are served, and in which order agents are asked (SYS-03)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, assert_never

from callflow.agent import Agent, Idle
from callflow.call import Call, Priority
from callflow.ids import CallId, QueueId
from callflow.queueing import CallOrder, QueuePolicy


class InLine(Protocol):
    """What of a call its turn depends on."""

    @property
    def id(self) -> CallId:
        """The last tie-break."""
        ...

    @property
    def returned(self) -> bool:
        """It was answered and is back in the queue."""
        ...

    @property
    def priority(self) -> Priority:
        """How urgent it is."""
        ...

    @property
    def started_at(self) -> datetime:
        """When the customer called."""
        ...


URGENCY = {priority: number for number, priority in enumerate(reversed(Priority))}


def caller_key(call: InLine) -> tuple[Any, ...]:
    """Sort callers of one queue: who came back from an agent, then the most urgent, then who called first.

    The whole time since the customer called counts, so that nobody loses it by a transfer (mission 3.1, 3.5, CALL-05).
    """
    return (not call.returned, URGENCY[call.priority], call.started_at, call.id)


def caller_key_among(policies: Mapping[QueueId, QueuePolicy], call: Call) -> tuple[Any, ...]:
    """Sort callers of all queues: those of heavier queues first, then like one queue (mission 3.1).

    Callers of one queue keep their order, since a queue has one weight.
    """
    policy = policies.get(call.queue)
    return (-policy.weight if policy else 0, *caller_key(call))


def agent_key(agent: Agent, policy: QueuePolicy) -> tuple[Any, ...]:
    """Sort free agents of a queue, the one to ask first in front; who has been free the longest breaks ties.

    Round robin asks who was rung the longest ago, and who never was before all others. Talk and calls count since the
    agent last became available (mission 3.1).
    """
    free_the_longest = (_idle_since(agent), agent.id)
    tally = agent.tally
    match policy.order:
        case CallOrder.LONGEST_IDLE | CallOrder.RING_ALL:
            return free_the_longest
        case CallOrder.ROUND_ROBIN:
            return (tally.rung_at is not None, tally.rung_at, *free_the_longest)
        case CallOrder.LEAST_TALK:
            return (tally.talked, *free_the_longest)
        case CallOrder.FEWEST_CALLS:
            return (tally.calls, *free_the_longest)
        case CallOrder.BY_LEVEL:
            return (policy.levels[agent.id], *free_the_longest)
    assert_never(policy.order)


def _idle_since(agent: Agent) -> datetime:
    assert isinstance(agent.activity, Idle)
    return agent.activity.since
