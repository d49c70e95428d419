"""Who is offered which call (mission 3.1, PLUS-06, PLUS-07). Pure; it runs on every change."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callflow.agent import Agent, InCall, Rung, WrapUp
from callflow.call import Call, LegState, Waiting
from callflow.ids import AgentId, CallId, QueueId
from callflow.limits import DECLINE_PAUSE, RING_TIME
from callflow.pairing import Pairing, Wishes
from callflow.queueing import CallOrder, QueuePolicy
from callflow.turns import agent_key, caller_key, caller_key_among

NOBODY: frozenset[AgentId] = frozenset()


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
    crew = {agent.id: agent for agent in agents if at_work(agent)}
    benches: dict[QueueId, Bench] = {}
    pairing = Pairing()
    look_again: list[datetime] = []
    served: dict[CallId, QueuePolicy] = {}
    for call in sorted(waiting, key=lambda call: caller_key_among(policies, call)):
        policy = policies.get(call.queue)
        if policy is None or not policy.auto_assign or not can_be_offered(call):
            continue
        bench = benches.get(call.queue) or benches.setdefault(call.queue, Bench.of(policy, crew))
        wishes, later = bench.wishes(call, now)
        if later is not None:
            look_again.append(later)
        if policy.order is CallOrder.RING_ALL:
            pairing.take_all(call.id, wishes)
        else:
            pairing.take_one(call.id, wishes)
        served[call.id] = policy
    held: dict[CallId, list[AgentId]] = {}
    for agent, holder in pairing.calls.items():
        held.setdefault(holder, []).append(agent)
    matches = tuple(Match(call, tuple(held[call]), policy.ring_time) for call, policy in served.items() if call in held)
    return Assignment(matches, min(look_again, default=None))


def first_in(queue: QueueId, waiting: Iterable[Call]) -> Call | None:
    """Return the caller of a queue whose turn it is, whether or not it hands out its calls by itself."""
    line = (call for call in waiting if call.queue == queue and can_be_offered(call))
    return min(line, key=caller_key, default=None)


def can_be_offered(call: Call) -> bool:
    """Say whether a waiting call may ring anywhere now; who is reconnecting lets the next one pass (PLUS-13).

    So does who leaves a message: nobody's call rings into it.
    """
    here = call.customer_leg.state is LegState.UP or call.callback_at is not None
    return isinstance(call.phase, Waiting) and here and not call.hearing.farewell and call.message is None


def at_work(agent: Agent) -> bool:
    """Say whether the agent takes calls: he is free for one, or busy with one and then free again."""
    return agent.available or isinstance(agent.activity, Rung | InCall | WrapUp)


@dataclass(slots=True)
class Bench:
    """The members of one queue who work, as they are in this round."""

    policy: QueuePolicy
    free: Sequence[AgentId]
    """The one to ask first in front."""
    levels: Counter[int]
    """How many of those who work are at each level."""
    working: frozenset[AgentId]
    _shared: dict[int, Wishes] = field(default_factory=dict[int, Wishes])
    """By how many levels are open. Callers whom nobody refused share their wishes."""

    @classmethod
    def of(cls, policy: QueuePolicy, crew: Mapping[AgentId, Agent]) -> "Bench":
        """Look over those who work for the members of this queue."""
        members = [crew[agent] for agent in policy.levels if agent in crew]
        free = sorted((agent for agent in members if agent.available), key=lambda agent: agent_key(agent, policy))
        levels = Counter(policy.levels[agent.id] for agent in members)
        return cls(policy, [agent.id for agent in free], levels, frozenset(agent.id for agent in members))

    def wishes(self, call: Call, now: datetime) -> tuple[Wishes, datetime | None]:
        """Return whom this call may have now, and when there may be more although nothing changes."""
        refused = self.working.intersection(skip.agent for skip in call.skipped) if call.skipped else NOBODY
        if self.free and refused.issuperset(self.free):
            resume = max(skip.at for skip in call.skipped) + DECLINE_PAUSE
            if now < resume:
                return Wishes(()), resume
            refused = NOBODY
        levels, later = self._open_levels(call, refused, now)
        if refused:
            mine = Wishes([who for who in self.free if who not in refused and self.policy.levels[who] in levels])
            return mine, later
        if len(levels) not in self._shared:
            self._shared[len(levels)] = Wishes([who for who in self.free if self.policy.levels[who] in levels])
        return self._shared[len(levels)], later

    def _open_levels(
        self, call: Call, refused: frozenset[AgentId], now: datetime
    ) -> tuple[Collection[int], datetime | None]:
        """Return at which levels agents are asked for this call now, and when the next one is opened."""
        wait = self.policy.level_wait
        if self.policy.order is not CallOrder.BY_LEVEL or not wait or not self.free:
            return self.levels, None
        left = self.levels - Counter(self.policy.levels[agent] for agent in refused) if refused else self.levels
        opened = 1 + max(0, (now - call.started_at) // wait)
        if opened >= len(left):
            return left, None
        return sorted(left)[:opened], call.started_at + opened * wait
