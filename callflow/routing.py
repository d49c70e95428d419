"""Who is offered which call (mission 3.1, PLUS-06, PLUS-07). Pure; it runs on every change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callflow.agent import Agent, Idle
from callflow.call import DECLINE_PAUSE, RING_TIME, Call, LegState, Waiting
from callflow.ids import AgentId, CallId, QueueId
from callflow.pairing import Pairing, Wishes
from callflow.queueing import CallOrder, QueuePolicy
from callflow.turns import agent_key, caller_key_among


@dataclass(frozen=True, slots=True)
class Match:
    """This call rings at this agent, or at several of whom the first to answer has it."""

    call: CallId
    agents: tuple[AgentId, ...]
    ring_time: timedelta = RING_TIME


@dataclass(frozen=True, slots=True)
class Assignment:
    """What routing decided, and when it must look again although nothing changes."""

    matches: tuple[Match, ...]
    look_again: datetime | None


def assign(
    waiting: Sequence[Call], agents: Iterable[Agent], policies: Mapping[QueueId, QueuePolicy], now: datetime
) -> Assignment:
    """Match waiting calls with available agents.

    Callers are served in their order (`turns.caller_key_among`), several at once when several agents are free. Only
    agents who may have the call count, before any queue's weight is looked at, so that a heavy queue without agents
    holds up nobody. Who is asked is for the queue's order to say (`turns.agent_key`); a caller gets another free agent
    than the first in that order only where somebody else could be served by nobody but that one.

    Who declined or missed a call is passed over until every other available member of the queue was tried; when all
    have, the call pauses for `DECLINE_PAUSE` and begins anew (PLUS-07).

    By level, those of the best level at which somebody works who has not refused this call are asked at once, and of
    each further such level when the caller has waited another `level_wait`. Within what is open the better level goes
    first, so that without a `level_wait` the next level is asked the moment nobody of the better one is free.
    """
    agents = list(agents)
    benches = {queue: Bench.of(policy, agents) for queue, policy in policies.items() if policy.auto_assign}
    pairing = Pairing()
    look_again: list[datetime] = []
    served: dict[CallId, QueuePolicy] = {}
    for call in sorted(waiting, key=lambda call: caller_key_among(policies, call)):
        bench = benches.get(call.queue)
        if bench is None or not can_be_offered(call):
            continue
        wishes, later = bench.wishes(call, now)
        if later is not None:
            look_again.append(later)
        if bench.policy.order is CallOrder.RING_ALL:
            pairing.take_all(call.id, wishes)
        else:
            pairing.take_one(call.id, wishes)
        served[call.id] = bench.policy
    held: dict[CallId, list[AgentId]] = {}
    for agent, holder in pairing.calls.items():
        held.setdefault(holder, []).append(agent)
    matches = tuple(Match(call, tuple(held[call]), policy.ring_time) for call, policy in served.items() if call in held)
    return Assignment(matches, min(look_again, default=None))


def can_be_offered(call: Call) -> bool:
    """Say whether a waiting call may ring anywhere now; who is reconnecting lets the next one pass (PLUS-13)."""
    return isinstance(call.phase, Waiting) and call.customer_leg.state is LegState.UP


def at_work(agent: Agent) -> bool:
    """Say whether the agent takes calls: he is free for one, or busy with one and then free again."""
    return agent.available or not isinstance(agent.activity, Idle)


@dataclass(slots=True)
class Bench:
    """The members of one queue, as they are in this round."""

    policy: QueuePolicy
    free: tuple[Agent, ...]
    """The one to ask first in front."""
    working: tuple[Agent, ...]
    _shared: dict[int, Wishes] = field(default_factory=dict[int, Wishes])
    """By how many of them there are, since callers who may have the first so many may have the same."""

    @classmethod
    def of(cls, policy: QueuePolicy, agents: Iterable[Agent]) -> "Bench":
        """Look over the agents for those of this queue."""
        members = [agent for agent in agents if agent.id in policy.levels]
        free = sorted((agent for agent in members if agent.available), key=lambda agent: agent_key(agent, policy))
        return cls(policy, tuple(free), tuple(agent for agent in members if at_work(agent)))

    def wishes(self, call: Call, now: datetime) -> tuple[Wishes, datetime | None]:
        """Return whom this call may have now, and when there may be more although nothing changes."""
        refused = {skip.agent for skip in call.skipped}
        fresh = self.free
        if refused:
            fresh = tuple(agent for agent in fresh if agent.id not in refused)
            if self.free and not fresh:
                resume = max(skip.at for skip in call.skipped) + DECLINE_PAUSE
                if now < resume:
                    return Wishes(()), resume
                fresh, refused = self.free, set[AgentId]()
        later = None
        if self.policy.order is CallOrder.BY_LEVEL and self.policy.level_wait and fresh:
            asked, later = self._open_levels(call, refused, now)
            of_these = tuple(agent for agent in fresh if self.policy.levels[agent.id] in asked)
            if len(of_these) == len(fresh):
                later = None
            fresh = of_these
        if refused:
            return Wishes([agent.id for agent in fresh]), later
        if len(fresh) not in self._shared:
            self._shared[len(fresh)] = Wishes([agent.id for agent in fresh])
        return self._shared[len(fresh)], later

    def _open_levels(self, call: Call, refused: set[AgentId], now: datetime) -> tuple[set[int], datetime]:
        """Return which levels are asked for this call now, and when the next one is."""
        levels = sorted({self.policy.levels[agent.id] for agent in self.working if agent.id not in refused})
        opened = 1 + max(0, (now - call.started_at) // self.policy.level_wait)
        return set(levels[:opened]), call.started_at + opened * self.policy.level_wait
