"""Where callers stand, as it is read from the database."""

import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from callflow.call import Role
from callflow.events import CallbackAsked
from callflow.ids import CallId, LegId
from callflow.waiting import Hearing, Place
from conversations.calls.standing import handling_time, places_in
from conversations.db.database import Database
from tests.callflow.world import World
from tests.clock import MovableClock

pytestmark = pytest.mark.loop

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def world(database: Database, clock: MovableClock) -> AsyncIterator[World]:
    """A centre on each engine."""
    world = await World.on(database, clock)
    yield world
    await world.engine.stop()


async def standing(world: World) -> Mapping[CallId, Place]:
    async with world.database.read() as session:
        return await places_in(session, world.queue)


async def served(world: World, customer: int, *, talked: float, wrapped: float) -> None:
    """One customer is answered by the first agent and hangs up, and the agent writes for a while."""
    await world.talk(world.customers[customer], world.agents[0])
    world.clock.advance(talked)
    await world.hang_up((await world.all_calls())[-1], Role.CUSTOMER)
    world.clock.advance(wrapped)
    await world.wrap_up(world.agents[0], "finish")


async def test_who_is_rung_for_and_who_is_cut_off_are_in_line_and_who_talks_is_not(world: World) -> None:
    """PLUS-03, PLUS-12, PLUS-13: nothing is said of the wait while nobody was answered yet."""
    await world.talk(world.customers[0], world.agents[0])
    await world.ready(world.agents[1])
    for customer in world.customers[1:]:
        call = await world.arrive(customer)
        assert call is not None
        await world.connect(call, Role.CUSTOMER)
        world.clock.advance(1)
    _, rung, cut_off, last = await world.all_calls()
    await world.lose(cut_off, Role.CUSTOMER)
    assert await standing(world) == {rung.id: Place(1), cut_off.id: Place(2), last.id: Place(3)}
    await world.decline(world.agents[1])
    assert (await standing(world))[last.id] == Place(3)


async def test_who_asked_to_be_called_back_is_in_line_and_who_hears_the_last_message_is_not(world: World) -> None:
    """PLUS-12, WSV-05."""
    for customer in world.customers[:3]:
        call = await world.arrive(customer)
        assert call is not None
        await world.connect(call, Role.CUSTOMER)
        world.clock.advance(1)
    first, second, third = await world.all_calls()
    await world.tell(second.id, CallbackAsked(LegId("leg_later")))
    async with world.store.write() as tx:
        await tx.save_call(replace(first, hearing=Hearing(farewell=True, saying_until=world.clock.now())))
    assert await standing(world) == {second.id: Place(1), third.id: Place(2)}


async def test_the_wait_follows_from_the_last_calls_and_from_who_works(world: World) -> None:
    """PLUS-12: talk and wrap-up of answered calls, over the agents of the queue who are available or busy."""
    await served(world, 0, talked=100, wrapped=20)
    await served(world, 1, talked=340, wrapped=20)
    async with world.database.read() as session:
        assert await handling_time(session, world.queue) == 4 * MINUTE
    for customer in world.customers[:3]:
        call = await world.arrive(customer)
        assert call is not None
        await world.connect(call, Role.CUSTOMER)
        await world.accept(world.agents[0])
    assert list((await standing(world)).values()) == [Place(1, 4 * MINUTE), Place(2, 8 * MINUTE)]
    await world.ready(world.agents[1])
    assert list((await standing(world)).values()) == [Place(1, 2 * MINUTE), Place(2, 4 * MINUTE)]
    await world.panel(world.agents[1], open=False)
    await world.elapse(6)
    assert (await standing(world))[(await world.call(4)).id] == Place(2, 8 * MINUTE)


async def test_calls_that_nobody_answered_tell_nothing_of_the_wait(world: World) -> None:
    """PLUS-12."""
    call = await world.arrive(world.customers[0])
    assert call is not None
    await world.hang_up(call, Role.CUSTOMER)
    async with world.database.read() as session:
        assert await handling_time(session, world.queue) is None


async def test_the_time_that_calls_take_is_looked_up_by_indexes(sqlite_template: Path, folder: Path) -> None:
    """PLUS-12: however many calls and facts there are, it reads the last few. SQLite says how it would look."""
    world = await World.open(Path(shutil.copy(sqlite_template, folder)))
    async with world.database.read() as session:
        statements = (
            "SELECT id FROM calls WHERE queue_id = 'q' AND answered_at IS NOT NULL AND ended_at IS NOT NULL"
            " ORDER BY ended_at DESC LIMIT 20",
            "SELECT call_id, max(at) FROM facts WHERE call_id IN ('a', 'b') AND kind = 'call.wrapped' GROUP BY call_id",
        )
        plans = [str((await session.execute(text(f"EXPLAIN QUERY PLAN {said}"))).all()) for said in statements]
    assert "ix_calls_answered" in plans[0]
    assert "TEMP B-TREE" not in plans[0]
    assert "ix_facts_wrapped" in plans[1]
    await world.close()
