"""Callers and agents as routing sees them."""

from dataclasses import replace
from datetime import timedelta

from callflow.agent import Agent, Idle, Sound, Status
from callflow.call import Call
from callflow.ids import AgentId, CallId, QueueId
from tests.callflow.ladder import NOON, waiting

QUEUE = QueueId("queue_1")


def free_agent(who: AgentId, idle_seconds: int = 0) -> Agent:
    """An agent who has been free since so many seconds before noon."""
    since = NOON - timedelta(seconds=idle_seconds)
    return Agent(who, Status.ACTIVE, since, Idle(since), reachable=True, sound=Sound.READY)


def caller(number: int, queue: QueueId = QUEUE, *, came: int | None = None) -> Call:
    """A caller who hears music, and came so many seconds after noon (as many as the number says)."""
    at = NOON + timedelta(seconds=number if came is None else came)
    return replace(waiting().call, id=CallId(f"call_{number}"), queue=queue, started_at=at)
