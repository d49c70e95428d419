"""The engine's store without a database: values in dictionaries, with the same promises.

It makes random traces some thirty times as fast. That it keeps what the database keeps is what
`test_traces.py` shows: the same trace ends in the same rows through either.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self, cast

from callflow.agent import Agent, new_agent
from callflow.agent_machine import SaveReport
from callflow.call import Call, Ringing, Waiting
from callflow.errors import LostRaceError, RefusedError
from callflow.events import AgentPolicy, RecordingPolicy
from callflow.facts import Fact
from callflow.ids import AgentId, CallId, ConversationId, CustomerId, QueueId
from callflow.places import places
from callflow.ports import Floor
from callflow.queueing import QueuePolicy
from callflow.waiting import Place
from conversations.db.database import Database
from conversations.db.facts import LoggedFact
from tests.callflow.layouts import Layout
from tests.callflow.world import World
from tests.clock import MovableClock


@dataclass
class Rows:
    """What is stored."""

    calls: dict[CallId, Call] = field(default_factory=dict[CallId, Call])
    agents: dict[AgentId, Agent] = field(default_factory=dict[AgentId, Agent])
    log: list[LoggedFact] = field(default_factory=list[LoggedFact])

    def copy(self) -> "Rows":
        return Rows(dict(self.calls), dict(self.agents), list(self.log))


class MemoryTransaction:
    """One transaction: seen by nobody, and forgotten when it fails."""

    def __init__(self, store: "MemoryStore") -> None:
        self._store = store
        self.rows = store.rows.copy()

    async def call(self, call: CallId) -> Call | None:
        return self.rows.calls.get(call)

    async def add_call(self, call: Call) -> None:
        self._put(call)

    async def save_call(self, call: Call) -> None:
        if self.rows.calls[call.id].epoch != call.epoch:
            raise LostRaceError(call.id)
        self._put(replace(call, epoch=call.epoch + 1))

    async def agent(self, agent: AgentId) -> Agent:
        return self.rows.agents.setdefault(agent, new_agent(agent, self._store.clock.now()))

    async def save_agent(self, agent: Agent) -> None:
        if self.rows.agents[agent.id].epoch != agent.epoch:
            raise LostRaceError(agent.id)
        self.rows.agents[agent.id] = replace(agent, epoch=agent.epoch + 1)

    async def agent_policy(self, agent: AgentId) -> AgentPolicy:
        return AgentPolicy(timedelta(seconds=30))

    async def recording_policy(self, agent: AgentId, call: Call) -> RecordingPolicy:
        return RecordingPolicy(record=agent in self._store.recorded)

    async def save_report(self, agent: AgentId, report: SaveReport) -> None:
        pass

    async def record(self, fact: Fact, call: Call | None) -> None:
        self.rows.log.append(LoggedFact(len(self.rows.log) + 1, self._store.clock.now(), fact))

    def _put(self, call: Call) -> None:
        people = {party.person for party in call.parties if party.person is not None}
        for other in self.rows.calls.values():
            if other.id != call.id and other.live and people & {party.person for party in other.parties}:
                raise RefusedError("not_available", "This agent is in another call.")
        self.rows.calls[call.id] = call


class MemoryStore:
    """Calls and agents in memory."""

    def __init__(
        self, clock: MovableClock, policies: Mapping[QueueId, QueuePolicy], recorded: frozenset[AgentId]
    ) -> None:
        self.clock = clock
        self.policies = policies
        self.recorded = recorded
        self.rows = Rows()
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[MemoryTransaction]:
        async with self._writing:
            tx = MemoryTransaction(self)
            yield tx
            self.rows = tx.rows

    async def live_calls(self) -> Sequence[Call]:
        return sorted(
            (call for call in self.rows.calls.values() if call.live), key=lambda call: (call.started_at, call.id)
        )

    async def agents(self) -> Sequence[Agent]:
        return list(self.rows.agents.values())

    async def floor(self) -> Floor:
        waiting = [call for call in await self.live_calls() if isinstance(call.phase, Waiting)]
        return Floor(waiting, await self.agents(), self.policies)

    async def places(self, calls: Collection[CallId]) -> Mapping[CallId, Place]:
        found: dict[CallId, Place] = {}
        for queue in {self.rows.calls[call].queue for call in calls}:
            found |= places([one for one in self.rows.calls.values() if one.queue == queue and in_line(one)], 0, None)
        return {call: found[call] for call in calls if call in found}

    async def due(self, now: datetime) -> tuple[Sequence[CallId], Sequence[AgentId]]:
        calls = sorted((call.deadline, call.id) for call in self.rows.calls.values() if call.deadline)
        agents = sorted((agent.deadline, agent.id) for agent in self.rows.agents.values() if agent.deadline)
        return [call for when, call in calls if when <= now], [agent for when, agent in agents if when <= now]

    async def next_deadline(self) -> datetime | None:
        calls = (call.deadline for call in self.rows.calls.values() if call.deadline)
        agents = (agent.deadline for agent in self.rows.agents.values() if agent.deadline)
        return min((*calls, *agents), default=None)


def in_line(call: Call) -> bool:
    """Say whether a caller has a place."""
    waits = isinstance(call.phase, Waiting) or (isinstance(call.phase, Ringing) and call.phase.transferred_by is None)
    return waits and not call.hearing.farewell


class MemoryWorld(World):
    """A centre without a database."""

    @classmethod
    def of(cls, layout: Layout, **options: Any) -> Self:
        """Make a centre."""
        clock = MovableClock()
        agents = [AgentId(f"user_{number}") for number in range(layout.agents)]
        queues = [QueueId(f"queue_{number}") for number in range(len(layout.queues))]
        customers = [CustomerId(f"cust_{number}") for number in range(layout.customers)]
        supervisors = [AgentId("user_supervisor")]
        world = cls(cast("Database", None), clock, agents, customers, queues[0], **options)
        world.queues, world.supervisors = queues, supervisors
        world.policies = {queue: desk.policy(queue, agents) for queue, desk in zip(queues, layout.queues, strict=True)}
        world.recorded = frozenset(agents[number] for number in layout.recorded)
        world.stores = [MemoryStore(clock, world.policies, world.recorded)]
        world.begin()
        return world

    @property
    def memory(self) -> MemoryStore:
        """What is stored."""
        assert isinstance(self.store, MemoryStore)
        return self.store

    async def close(self) -> None:
        for engine in self.engines:
            await engine.stop()

    async def thread(self, tx: Any, customer: CustomerId, queue: QueueId, now: datetime) -> ConversationId:
        return ConversationId(f"conv_{customer}")

    async def everything(self) -> tuple[list[Call], list[Agent]]:
        rows = self.memory.rows
        people = [*self.agents, *self.supervisors]
        return await self.all_calls(), [rows.agents[agent] for agent in people if agent in rows.agents]

    async def all_calls(self) -> list[Call]:
        return [self.memory.rows.calls[call] for call in self.calls]

    async def facts(self, after: int = 0) -> list[LoggedFact]:
        return self.memory.rows.log[after:]
