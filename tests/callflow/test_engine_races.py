"""Two engines, each with connections of its own, act on one database at the same moment (scorecard S2)."""

import asyncio
import multiprocessing
import random
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from callflow.agent import InCall, Rung, Status
from callflow.agent_machine import StatusChosen
from callflow.call import RING_TIME, Call, Reservation, Ringing, Role, Talking, Waiting
from callflow.engine import Engine
from callflow.errors import RefusedError
from callflow.events import AgentAccepted, AgentDeclined, AgentReserved, HungUp, TimePassed
from callflow.facts import AUTOMATION, FactKind
from callflow.ids import AgentId, LegId, ReservationId, new_id
from conversations.calls.store import CallStore, CallTransaction
from conversations.calls.tables import PartyRow
from conversations.db.database import Database
from conversations.threads.customers import add_customer
from tests.callflow import invariants
from tests.callflow.races import together
from tests.callflow.world import Wire, World
from tests.clock import MovableClock

pytestmark = [pytest.mark.loop, pytest.mark.timeout(1800)]

SEED = 20261122
PROCESSES = 2
SHORT, LONG = 25, 500
"""Races of each of the four kinds: 2,000 in the long form."""


@dataclass
class Rivals:
    """A centre whose database a second engine uses too."""

    world: World
    other: Engine[CallTransaction]
    rng: random.Random

    @property
    def any_engine(self) -> Engine[CallTransaction]:
        """One of the two."""
        return self.rng.choice([self.world.engine, self.other])

    async def caller(self) -> Call:
        """A new customer calls and hears music; nobody is offered to him yet."""
        world = self.world
        async with world.database.write() as write:
            customer = await add_customer(write, AUTOMATION, "Cora")
        world.customers.append(customer.id)
        call = await world.arrive(customer.id)
        assert call is not None
        await world.connect(call, Role.CUSTOMER)
        return await world.call(-1)

    async def held(self, agent: AgentId) -> tuple[Call, Reservation]:
        """A new caller who rings at this agent."""
        call = await self.caller()
        reservation = self.offer(agent)
        return await self.world.engine.ask(call.id, AgentReserved((reservation,))), reservation

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
        for agent in self.world.agents:
            activity = (await self.world.agent(agent)).activity
            assert parties[agent] == isinstance(activity, Rung | InCall), "I1: the agent's row and the party agree"
        return [at.fact.kind for at in await self.world.facts() if at.fact.call == call.id and at.fact.kind in kinds]

    async def clear(self) -> None:
        """End every call, so that the next race begins with free agents."""
        for call in await self.world.store.live_calls():
            await self.world.engine.ask(call.id, HungUp(Role.CUSTOMER))
        for agent in (await self.world.everything())[1]:
            await self.world.wrap_up(agent.id, "finish")
            if agent.status != Status.ACTIVE:
                await self.world.do(agent.id, StatusChosen(Status.ACTIVE))


@pytest.fixture
async def rivals(database: Database, database_url: str, clock: MovableClock) -> AsyncIterator[Rivals]:
    world = await World.on(database, clock)
    second = await Database.open(database_url, clock)
    other = Engine[CallTransaction](CallStore(second), Wire(), clock)
    world.routing = False
    for agent in world.agents:
        await world.ready(agent)
    yield Rivals(world, other, random.Random(SEED))
    await other.stop()
    await world.engine.stop()
    await second.close()


def only_refusals(results: list[object]) -> None:
    """Who lost was refused, and nothing else went wrong."""
    wrong = [result for result in results if isinstance(result, Exception) and not isinstance(result, RefusedError)]
    assert not wrong, wrong


async def test_accept_against_the_end_of_the_ring_and_a_hang_up_has_one_outcome(rivals: Rivals, long: bool) -> None:
    """CALL-02, CALL-05, PLUS-15; S2."""
    outcomes: Counter[FactKind] = Counter()
    world = rivals.world
    for _ in range(LONG if long else SHORT):
        call, ring = await rivals.held(world.agents[0])
        world.clock.advance(RING_TIME.total_seconds())
        doings: list[Coroutine[Any, Any, object]] = [
            world.engine.ask(call.id, AgentAccepted(ring.id, ring.agent, "tab")),
            rivals.other.sweep() if rivals.rng.random() < 0.5 else rivals.other.ask(call.id, TimePassed()),
        ]
        if rivals.rng.random() < 0.7:
            doings.append(rivals.any_engine.ask(call.id, HungUp(Role.CUSTOMER)))
        if rivals.rng.random() < 0.3:
            doings.append(rivals.any_engine.ask(call.id, AgentDeclined(ring.id, ring.agent)))
        rivals.rng.shuffle(doings)
        only_refusals(await together(*doings))
        ends = await rivals.agree(
            frozenset({FactKind.CALL_ANSWERED, FactKind.CALL_MISSED, FactKind.CALL_DECLINED, FactKind.CALL_ENDED}), call
        )
        assert ends in (
            [FactKind.CALL_ANSWERED],
            [FactKind.CALL_ANSWERED, FactKind.CALL_ENDED],
            [FactKind.CALL_MISSED],
            [FactKind.CALL_MISSED, FactKind.CALL_ENDED],
            [FactKind.CALL_DECLINED],
            [FactKind.CALL_DECLINED, FactKind.CALL_ENDED],
            [FactKind.CALL_ENDED],
        )
        outcomes[ends[0]] += 1
        await rivals.clear()
    print(dict(outcomes))


async def test_two_agents_who_are_offered_one_call_do_not_both_get_it(rivals: Rivals, long: bool) -> None:
    """CALL-02, PLUS-16; S2."""
    world = rivals.world
    for _ in range(LONG if long else SHORT):
        call = await rivals.caller()
        offers = [rivals.offer(agent) for agent in world.agents[:2]]
        rivals.rng.shuffle(offers)
        engines = [world.engine, rivals.other]
        results = await together(
            *(engine.ask(call.id, AgentReserved((offer,))) for engine, offer in zip(engines, offers, strict=True))
        )
        only_refusals(results)
        rung = (await world.call(-1)).phase
        assert isinstance(rung, Ringing)
        assert [isinstance(result, Call) for result in results].count(True) == 1
        answers = await together(
            *(
                engine.ask(call.id, AgentAccepted(offer.id, offer.agent, "tab"))
                for engine, offer in zip(engines, offers, strict=True)
            )
        )
        only_refusals(answers)
        assert await rivals.agree(frozenset({FactKind.CALL_RINGING, FactKind.CALL_ANSWERED}), call) == [
            FactKind.CALL_RINGING,
            FactKind.CALL_ANSWERED,
        ]
        talk = (await world.call(-1)).phase
        assert isinstance(talk, Talking)
        assert talk.agent == rung.rings[0].agent
        await rivals.clear()


async def test_an_agent_who_is_offered_two_calls_gets_one_of_them(rivals: Rivals, long: bool) -> None:
    """CALL-02; S2."""
    world = rivals.world
    for _ in range(LONG if long else SHORT):
        calls = [await rivals.caller(), await rivals.caller()]
        agent = rivals.rng.choice(world.agents)
        engines = [world.engine, rivals.other]
        results = await together(
            *(
                engine.ask(call.id, AgentReserved((rivals.offer(agent),)))
                for engine, call in zip(engines, calls, strict=True)
            )
        )
        only_refusals(results)
        held = (await world.agent(agent)).activity
        assert isinstance(held, Rung)
        phases = {call.id: type(call.phase) for call in (await world.all_calls())[-2:]}
        assert phases.pop(held.call) is Ringing
        assert list(phases.values()) == [Waiting]
        await rivals.agree(frozenset(), calls[0])
        await rivals.clear()


async def test_answer_pressed_in_two_tabs_is_one_answer(rivals: Rivals, long: bool) -> None:
    """CALL-02, PLUS-15: each press gets the call, and the log has one answer."""
    world = rivals.world
    for _ in range(LONG if long else SHORT):
        call, ring = await rivals.held(world.agents[0])
        results = await together(
            *(
                engine.ask(call.id, AgentAccepted(ring.id, ring.agent, tab))
                for engine, tab in ((world.engine, "one"), (rivals.other, "two"))
            )
        )
        assert all(isinstance(result, Call) and isinstance(result.phase, Talking) for result in results), results
        assert len({result.agent_leg for result in results if isinstance(result, Call)}) == 1
        assert await rivals.agree(frozenset({FactKind.CALL_ANSWERED}), call) == [FactKind.CALL_ANSWERED]
        await rivals.clear()


def route_all(url: str, barrier: Barrier) -> None:
    """Offer every waiting call to a free agent, as one process among others."""

    async def work() -> None:
        clock = MovableClock()
        database = await Database.open(url, clock)
        engine = Engine[CallTransaction](CallStore(database), Wire(), clock)
        await asyncio.to_thread(barrier.wait, 30)
        for _ in range(PROCESSES):
            await engine.route()
        await engine.stop()
        await database.close()

    asyncio.run(work())


async def test_processes_that_hand_out_the_same_work_never_give_it_twice(
    database: Database, database_url: str, clock: MovableClock, long: bool
) -> None:
    """CALL-02; S2: two processes, of which each sees all calls and all agents free at first."""
    count = 200 if long else 12
    world = await World.on(database, clock, agents=count, customers=count)
    world.routing = False
    for agent in world.agents:
        await world.ready(agent)
    for customer in world.customers:
        call = await world.arrive(customer)
        assert call is not None
        await world.connect(call, Role.CUSTOMER)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    processes = [context.Process(target=route_all, args=(database_url, barrier)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        await asyncio.to_thread(process.join, 300)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    calls, agents = await world.everything()
    assert {type(call.phase) for call in calls} == {Ringing}
    assert len({ring.agent for call in calls for ring in call.rings}) == count
    invariants.check(world, calls, agents)
    await world.engine.stop()
