"""Routing as the engine does it: at once, on changes only, and past what cannot be offered."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from callflow.agent import Status
from callflow.agent_machine import StatusChosen
from callflow.call import Call, Ringing, Role
from callflow.engine import Engine
from callflow.errors import RefusedError
from callflow.ids import AgentId
from callflow.ports import Floor
from callflow.queueing import CallOrder
from conversations.calls.store import CallStore, CallTransaction
from conversations.calls.tables import PartyRow
from conversations.db.database import Database
from conversations.directory.tables import QueueRow
from tests.callflow.races import together, until
from tests.callflow.world import World
from tests.clock import MovableClock

pytestmark = pytest.mark.loop


class Watched(CallStore):
    """A store that counts how often routing looks at the floor."""

    floors = 0

    async def floor(self) -> Floor:
        self.floors += 1
        return await super().floor()


@pytest.fixture
async def world(database: Database, clock: MovableClock, caplog: pytest.LogCaptureFixture) -> AsyncIterator[World]:
    """A centre on each engine."""
    caplog.set_level(logging.CRITICAL)
    world = await World.on(database, clock)
    world.store = Watched(database)
    world.engine = Engine[CallTransaction](world.store, world.wire, world.clock)
    yield world
    await world.engine.stop()


def watched(world: World) -> Watched:
    assert isinstance(world.store, Watched)
    return world.store


async def waiting(world: World, number: int) -> Call:
    call = await world.arrive(world.customers[number])
    assert call is not None
    await world.connect(call, Role.CUSTOMER)
    return call


async def rung(world: World) -> list[set[AgentId]]:
    """Who is rung for each call, in the order in which they came."""
    return [{ring.agent for ring in call.rings} for call in await world.all_calls()]


async def test_the_moment_an_agent_is_free_the_oldest_call_rings_and_nothing_polls(world: World) -> None:
    """PLUS-06: the clock stands still meanwhile; and while nothing happens nobody looks at the queue."""
    await world.engine.start()
    await world.talk(world.customers[0], world.agents[0])
    oldest, _ = [await waiting(world, number) for number in (1, 2)]
    world.routing = False  # from here on the engine's own task routes
    await world.hang_up(await world.call(0), Role.AGENT)
    assert await rung(world) == [set(), set(), set()]
    await world.wrap_up(world.agents[0], "finish")
    await until(lambda: isinstance(phase(world, oldest), Ringing))
    assert await rung(world) == [set(), {world.agents[0]}, set()]
    before = watched(world).floors
    for _ in range(20):
        world.clock.advance(0.9)
        await world.engine.sweep()
    assert watched(world).floors == before


async def test_an_agent_whose_row_is_wrong_holds_up_neither_the_caller_nor_the_others(world: World) -> None:
    """PLUS-06, PLUS-15: he looks free, but the database knows of another live leg; the next agent is asked at once."""
    wrong, right = world.agents[:2]
    await world.talk(world.customers[0], wrong)
    await world.hang_up(await world.call(0), Role.CUSTOMER)
    await world.wrap_up(wrong, "finish")
    async with world.database.write() as write:
        await write.session.execute(update(PartyRow).where(PartyRow.agent_id == wrong).values(live=True))
    first = await waiting(world, 1)
    assert not (await rung(world))[-1]
    world.clock.advance(1)
    await world.ready(right)
    await waiting(world, 2)
    assert await rung(world) == [set(), {right}, set()]
    assert first.id == (await world.call(1)).id
    await world.ready(world.agents[2])
    assert await rung(world) == [set(), {right}, {world.agents[2]}]


async def test_so_many_callers_ring_at_once_as_agents_are_free(world: World) -> None:
    """PLUS-06; mission 3.1: one look at the floor, and all first callers ring."""
    for number in range(4):
        await waiting(world, number)
        world.clock.advance(1)
    world.routing = False
    for agent in world.agents:
        await world.ready(agent)
    watched(world).floors = 0
    assert await world.engine.route()
    assert watched(world).floors == 1
    found = await rung(world)
    assert {agent for agents in found for agent in agents} == set(world.agents)
    assert list(map(len, found)) == [1, 1, 1, 0]


async def test_who_loses_the_status_while_routing_looks_is_not_rung(world: World) -> None:
    """CALL-03, PLUS-15: the floor is old by the time of the offer, which is refused."""
    await waiting(world, 0)
    world.routing = False
    await world.ready(world.agents[0])
    look = watched(world).floor

    async def late() -> Floor:
        floor = await look()
        await world.engine.agent(world.agents[0], StatusChosen(Status.BUSY))
        return floor

    watched(world).floor = late
    watched(world).floors = 0
    assert not await world.engine.route()
    assert watched(world).floors == 2
    assert await rung(world) == [set()]


async def having(world: World, **policy: object) -> None:
    """Change how the queue hands out its calls."""
    async with world.database.write() as write:
        await write.session.execute(update(QueueRow).where(QueueRow.id == world.queue).values(**policy))


async def test_a_queue_that_hands_out_nothing_gives_its_first_caller_to_who_asks(world: World) -> None:
    """SYS-03, PLUS-16: whoever asks rings for the first in line, and no caller is given to two."""
    await having(world, auto_assign=False, ring_seconds=45)
    one, two, third = world.agents
    await world.ready(one)
    with pytest.raises(RefusedError, match="Nobody is waiting"):
        await world.engine.take(world.queue, one)
    for number in range(2):
        await waiting(world, number)
        world.clock.advance(1)
    await world.ready(two)
    assert await rung(world) == [set(), set()]
    other = Engine[CallTransaction](world.store, world.wire, world.clock)
    assert await together(world.engine.take(world.queue, one), other.take(world.queue, two)) == [None, None]
    first, second = await rung(world)
    assert {frozenset(first), frozenset(second)} == {frozenset({one}), frozenset({two})}
    assert {ring.reservation.deadline for call in await world.all_calls() for ring in call.rings} == {
        world.clock.now() + timedelta(seconds=45)
    }
    await waiting(world, 2)
    with pytest.raises(RefusedError) as refused:
        await world.engine.take(world.queue, third)
    assert refused.value.code == "not_available"
    with pytest.raises(RefusedError) as stranger:
        await world.engine.take(world.queue, AgentId("user_of_another_queue"))
    assert stranger.value.code == "not_in_queue"
    await other.stop()


async def test_all_are_rung_at_once_and_the_first_to_answer_has_the_call(world: World) -> None:
    """SYS-03, EVT-02, CALL-02: the others are free at once, and are rung for the next caller."""
    await having(world, call_order=CallOrder.RING_ALL)
    for agent in world.agents:
        await world.ready(agent)
    for number in range(2):
        await waiting(world, number)
        world.clock.advance(1)
    one, two, third = world.agents
    assert await rung(world) == [{one, two, third}, set()]
    await world.decline(one)
    assert await rung(world) == [{two, third}, {one}]
    await world.accept(two)
    assert (await world.call(0)).agent == two
    assert (await rung(world))[0] == set()
    await world.decline(one)
    assert (await rung(world))[1] == {third}


async def test_a_panel_that_dies_at_each_ring_does_not_bounce_the_call(world: World) -> None:
    """PLUS-07, PLUS-15; reliability section 3: whoever else is free has it at once, else it pauses between offers."""
    agent = world.agents[0]
    await world.ready(agent)
    call = await waiting(world, 0)
    offers = 0
    for _ in range(55):
        if (await rung(world))[0]:
            offers += 1
            await world.panel(agent, open=False, silent=True)
            await world.engine.sweep()
            await world.settle()
            await world.panel(agent, open=True)
        await world.elapse(1)
    assert offers == 4, "at the beginning, and after each pause of 15 s"
    assert (await world.call(0)).started_at == call.started_at
    await world.ready(world.agents[1])
    assert (await rung(world))[0] == {world.agents[1]}


def phase(world: World, call: Call) -> object:
    """The phase of a call, as the engine knows it."""
    seen = world.engine.live(call.id)
    return seen.phase if seen else None
