"""Where engine tests play: the real engine and the real store on a database, and a clock that the test moves.

Only the wire is played, see `wire.py`. What people do there is in `world.py`.
"""

import contextlib
import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from callflow.agent import Agent
from callflow.agent_machine import (
    AgentEvent,
)
from callflow.call import Call, LegState
from callflow.engine import Engine
from callflow.errors import RefusedError
from callflow.events import CallEvent
from callflow.facts import AUTOMATION
from callflow.ids import AgentId, CallId, CustomerId, LegId, QueueId
from callflow.ports import Store
from callflow.queueing import QueuePolicy
from callflow.waiting import WaitingPlan
from callflow.wiring import PromptEnded
from conversations.calls.reading import all_agents, calls_by_id
from conversations.calls.store import CallStore
from conversations.db.database import Database
from conversations.db.facts import LoggedFact, facts_after
from conversations.directory.people import add_user
from conversations.directory.queues import add_queue
from conversations.directory.tables import UserRole
from conversations.threads.customers import add_customer
from tests.callflow.layouts import AGENTS, CUSTOMERS
from tests.callflow.wire import Wire
from tests.clock import MovableClock

STUCK = 5
"""Looks at one moment that may be needed: an agent may have two deadlines in it."""


@dataclass
class Stage:
    """One centre with one queue, some agents and some customers, and the engines that run it."""

    database: Database
    clock: MovableClock
    agents: list[AgentId]
    customers: list[CustomerId]
    queue: QueueId
    wire: Wire = field(default_factory=Wire)
    calls: list[CallId] = field(default_factory=list[CallId])
    arrived: dict[CallId, datetime] = field(default_factory=dict[CallId, datetime])
    cut_off: set[LegId] = field(default_factory=set[LegId])
    """Legs that were lost in a crash and did not come back yet."""
    restart_always: bool = False
    """Give every event a new engine that knows nothing but the rows."""
    recorded: frozenset[AgentId] = frozenset()
    """Whose talks are recorded."""
    told: set[CallId] = field(default_factory=set[CallId])
    """Calls whose customer heard to its end that they are recorded."""
    plan: WaitingPlan = field(default_factory=WaitingPlan)
    """What who arrives hears while waiting."""
    routing: bool = True
    """Offer whoever waits to whoever is free, after everything that happens."""
    two_engines: bool = False
    """Every event goes to either of two engines that share the store, as chance has it."""
    queues: list[QueueId] = field(default_factory=list[QueueId])
    supervisors: list[AgentId] = field(default_factory=list[AgentId])
    policies: Mapping[QueueId, QueuePolicy] = field(default_factory=dict[QueueId, QueuePolicy])
    stores: list[Store[Any]] = field(default_factory=list[Store[Any]])
    engines: list[Engine[Any]] = field(default_factory=list[Engine[Any]])
    others: list[Database] = field(default_factory=list[Database])
    """What the second of two engines uses."""
    rng: random.Random = field(default_factory=lambda: random.Random(20261122))
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.queues = self.queues or [self.queue]
        if self.database is not None:  # pyright: ignore[reportUnnecessaryComparison]
            self.stores = [CallStore(self.database)]
            self.begin()

    def begin(self) -> None:
        """Start the engine, or both."""
        stores = self.stores * 2 if self.two_engines and len(self.stores) == 1 else self.stores
        self.store = self.stores[0]
        self.engines = [Engine[Any](store, self.wire, self.clock) for store in stores]
        self.engine = self.engines[0]

    @classmethod
    async def open(cls, path: Path, *, restart_always: bool = False) -> Self:
        """Open a centre on a migrated, empty database."""
        clock = MovableClock()
        database = await Database.open(f"sqlite:///{path}", clock)
        return await cls.on(database, clock, restart_always=restart_always)

    @classmethod
    async def on(
        cls,
        database: Database,
        clock: MovableClock,
        *,
        agents: int = AGENTS,
        customers: int = CUSTOMERS,
        restart_always: bool = False,
    ) -> Self:
        """Make a centre in an empty database."""
        async with database.write() as write:
            people = [
                await add_user(
                    write,
                    AUTOMATION,
                    login=f"agent{number}",
                    name=f"Agent {number}",
                    roles=frozenset({UserRole.AGENT}),
                    password_hash="-",
                    must_change_password=False,
                )
                for number in range(agents)
            ]
            queue = await add_queue(write, AUTOMATION, "Desk", [agent.id for agent in people])
            callers = [await add_customer(write, AUTOMATION, f"Customer {number}") for number in range(customers)]
        return cls(
            database,
            clock,
            sorted(agent.id for agent in people),  # who is offered first must not change from run to run
            [customer.id for customer in callers],
            queue.id,
            restart_always=restart_always,
        )

    async def close(self) -> None:
        for engine in self.engines:
            await engine.stop()
        await self.engine.stop()
        for database in (self.database, *self.others):
            await database.close()

    def number(self) -> int:
        """A number that nobody had before."""
        return next(self._numbers)

    async def settle(self) -> None:
        """Let everything that follows happen, without moving the clock."""
        await self._quiet()
        while self.routing and await self.engine.route():
            await self._quiet()
        if self.restart_always:
            await self.new_engine()
        elif self.two_engines:
            self.engine = self.rng.choice(self.engines)

    async def _quiet(self) -> None:
        """Wait until every event is handled, also those of prompts that were cut."""
        await self.engine.drained()
        while self.wire.cut:
            leg, prompt = self.wire.cut.pop(0)
            await self._know()
            self.engine.media_event(PromptEnded(leg, prompt))
            await self.engine.drained()

    async def _know(self) -> None:
        """Let an engine that did not make the calls know their legs."""
        if self.restart_always or self.two_engines:
            for call in await self.all_calls():
                self.engine.adopt(call)

    async def new_engine(self) -> None:
        """Forget all that is only in memory."""
        store = self.store
        for engine in {id(one): one for one in (*self.engines, self.engine)}.values():
            await engine.stop()
        self.stores[0] = store
        self.begin()

    async def elapse(self, seconds: float) -> None:
        """Let time pass, and every deadline in it be kept in its order."""
        end = self.clock.now() + timedelta(seconds=seconds)
        stuck = 0
        while True:
            due = await self.store.next_deadline()
            stuck = stuck + 1 if due is not None and due <= self.clock.now() else 0
            assert stuck < STUCK, "I5: a deadline that has come was not kept"
            step = end if due is None else min(max(due, self.clock.now()), end)
            self.clock.advance((step - self.clock.now()).total_seconds())
            await self.engine.sweep()
            await self.settle()
            if step >= end and (due is None or due > end):
                return

    async def crash(self) -> None:
        """Kill the process and start another."""
        await self.new_engine()
        self.wire.die()
        for call in await self.store.live_calls():
            rung = {ring.leg.id for ring in call.rings}
            legs = [party.leg for party in call.parties if party.leg.id not in rung]
            self.cut_off.update(leg.id for leg in legs if leg.state is not LegState.AWAY)
        await self.engine.recover()
        await self.settle()

    async def tell(self, call: CallId, event: CallEvent) -> bool:
        """Ask the engine; a refusal is an answer too. Say whether it was done."""
        try:
            await self.engine.ask(call, event)
        except RefusedError:
            return False
        finally:
            await self.settle()
        return True

    async def do(self, agent: AgentId, event: AgentEvent) -> None:
        """Perform an agent's event; a refusal is an answer too."""
        with contextlib.suppress(RefusedError):
            await self.engine.agent(agent, event)
        await self.settle()

    async def everything(self) -> tuple[list[Call], list[Agent]]:
        """Every call in the order in which they came, and every agent who ever had a state."""
        async with self.database.read() as session:
            calls = await calls_by_id(session, self.calls)
            states = await all_agents(session)
            people = (*self.agents, *self.supervisors)
            return calls, [states[agent] for agent in people if agent in states]

    async def all_calls(self) -> list[Call]:
        """Every call, in the order in which they came."""
        async with self.database.read() as session:
            return await calls_by_id(session, self.calls)

    async def call(self, number: int = 0) -> Call:
        """The call with this number."""
        return (await self.all_calls())[number]

    async def call_of(self, agent: AgentId) -> Call | None:
        """The call that holds an agent."""
        held = (await self.agent(agent)).call
        return next((call for call in await self.all_calls() if call.id == held), None)

    async def agent(self, agent: AgentId) -> Agent:
        """An agent's live state."""
        async with self.store.write() as tx:
            return await tx.agent(agent)

    async def facts(self, after: int = 0) -> list[LoggedFact]:
        """Everything that was said to have happened."""
        async with self.database.read() as session:
            return await facts_after(session, after, 100_000)
