"""What races are made of: somebody who calls, who is held for him, and what must hold after whatever happened."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, select

from callflow.agent import InCall, Rung, Status, WrapUp
from callflow.agent_machine import StatusChosen, WrapUpFinished
from callflow.call import Call, Reservation, Role
from callflow.engine import Engine
from callflow.errors import RefusedError
from callflow.events import AgentReserved, HungUp
from callflow.facts import AUTOMATION, FactKind
from callflow.ids import AgentId, LegId, ReservationId, new_id
from callflow.limits import RING_TIME
from conversations.calls.store import CallStore, CallTransaction
from conversations.calls.tables import PartyRow
from conversations.db.database import Database
from conversations.threads.customers import add_customer
from tests.callflow.wire import Wire
from tests.callflow.world import World
from tests.clock import MovableClock

SEED = 20261122


@dataclass
class Arena:
    """A centre in which races are set up, judged and cleared away."""

    world: World
    rng: random.Random = field(default_factory=lambda: random.Random(SEED))
    upto: int = 0
    """The last fact that was there when the round began."""

    async def caller(self) -> Call:
        """A new customer calls and hears music; nobody is offered to him yet."""
        world = self.world
        async with world.database.write() as write:
            customer = await add_customer(write, AUTOMATION, "Cora")
        call = await world.arrive(customer.id)
        assert call is not None
        await world.connect(call, Role.CUSTOMER)
        return next(one for one in await world.store.live_calls() if one.id == call.id)

    async def held(self, *agents: AgentId) -> tuple[Call, tuple[Reservation, ...]]:
        """A new caller who rings at these agents."""
        call = await self.caller()
        offers = tuple(map(self.offer, agents))
        return await self.world.engine.ask(call.id, AgentReserved(offers)), offers

    def offer(self, agent: AgentId) -> Reservation:
        until = self.world.clock.now() + RING_TIME
        return Reservation(ReservationId(new_id("res")), agent, LegId(new_id("leg")), until)

    async def parties(self) -> Counter[str]:
        """How many live parties each agent has."""
        async with self.world.database.read() as session:
            found = await session.execute(
                select(PartyRow.agent_id, func.count())
                .where(PartyRow.live, PartyRow.agent_id.is_not(None))
                .group_by(PartyRow.agent_id)
            )
            return Counter({agent or "": count for agent, count in found})

    async def agree(self, kinds: frozenset[FactKind], call: Call) -> list[FactKind]:
        """Check what must hold after any race; return what of `kinds` the log says of the call."""
        parties = await self.parties()
        assert not parties or max(parties.values()) == 1, "CALL-02"
        for agent in await self.world.store.agents():
            held = isinstance(agent.activity, Rung | InCall)
            assert parties[agent.id] == held, "I1: the agent's row and the party agree"
        facts = [at.fact for at in await self.world.facts(self.upto)]
        return [fact.kind for fact in facts if fact.call == call.id and fact.kind in kinds]

    async def clear(self) -> None:
        """End every call, so that the next race begins with free agents."""
        for call in await self.world.store.live_calls():
            await self.world.engine.ask(call.id, HungUp(Role.CUSTOMER))
        for agent in await self.world.store.agents():
            if isinstance(agent.activity, WrapUp):
                await self.world.do(agent.id, WrapUpFinished(agent.activity.call, "Done", None))
            if agent.status != Status.ACTIVE:
                await self.world.do(agent.id, StatusChosen(Status.ACTIVE))
        self.upto = max((at.number for at in await self.world.facts(self.upto)), default=self.upto)


@dataclass
class Rivals(Arena):
    """A centre whose database a second engine of this process uses too."""

    other: Engine[CallTransaction] = field(kw_only=True)

    @property
    def any_engine(self) -> Engine[CallTransaction]:
        """One of the two."""
        return self.rng.choice([self.world.engine, self.other])


async def staffed(database: Database, clock: MovableClock) -> World:
    """A centre whose agents are all there and free, and that hands nothing out by itself."""
    world = await World.on(database, clock)
    world.routing = False
    for agent in world.agents:
        await world.ready(agent)
    return world


@pytest.fixture
async def rivals(database: Database, database_url: str, clock: MovableClock) -> AsyncIterator[Rivals]:
    world = await staffed(database, clock)
    second = await Database.open(database_url, clock)
    other = Engine[CallTransaction](CallStore(second), Wire(), clock)
    yield Rivals(world, other=other)
    await other.stop()
    await world.engine.stop()
    await second.close()


def only_refusals(results: list[object]) -> None:
    """Who lost was refused, and nothing else went wrong."""
    wrong = [result for result in results if isinstance(result, Exception) and not isinstance(result, RefusedError)]
    assert not wrong, wrong
