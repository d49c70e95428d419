"""Who is offered which call: first come first served, to the agent who has been free the longest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callflow.agent import Agent, Idle
from callflow.call import DECLINE_PAUSE, Call, LegState, Waiting
from callflow.ids import AgentId, CallId, QueueId


@dataclass(frozen=True, slots=True)
class Match:
    """This call goes to this agent."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class Assignment:
    """What routing decided, and when it must look again although nothing changes."""

    matches: tuple[Match, ...]
    look_again: datetime | None


def assign(
    waiting: Sequence[Call], agents: Iterable[Agent], members: Mapping[QueueId, frozenset[AgentId]], now: datetime
) -> Assignment:
    """Match waiting calls with available agents.

    Calls are taken in the order in which they started (FIFO); several free agents serve the first callers at
    once (mission 3.1). Who declined or missed a call is passed over until every other available member of the
    queue was tried; when all have, the call pauses for `DECLINE_PAUSE` and begins anew (PLUS-07).
    """
    free = sorted((agent for agent in agents if agent.available), key=_idle_key)
    taken: set[AgentId] = set()
    matches: list[Match] = []
    look_again: list[datetime] = []
    for call in sorted(waiting, key=lambda call: (call.started_at, call.id)):
        if not isinstance(call.phase, Waiting) or call.customer_leg.state is not LegState.UP:
            continue
        candidates = [agent for agent in free if agent.id in members.get(call.queue, frozenset())]
        skipped = {skip.agent for skip in call.skipped}
        fresh = [agent for agent in candidates if agent.id not in skipped]
        if not fresh and candidates:
            resume = max(skip.at for skip in call.skipped) + DECLINE_PAUSE
            if now < resume:
                look_again.append(resume)
                continue
            fresh = candidates
        chosen = next((agent for agent in fresh if agent.id not in taken), None)
        if chosen is not None:
            taken.add(chosen.id)
            matches.append(Match(call.id, chosen.id))
    return Assignment(tuple(matches), min(look_again, default=None))


def _idle_key(agent: Agent) -> tuple[datetime, str]:
    assert isinstance(agent.activity, Idle)
    return (agent.activity.since, agent.id)
