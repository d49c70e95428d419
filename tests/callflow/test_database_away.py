"""A database that is frozen, locked or read-only: nothing begins, nothing ends by it, and a hang-up is taken."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from callflow.agent import Status, WrapUp
from callflow.agent_machine import StatusChosen
from callflow.call import Call, Ended, EndedBy, EndReason, Role, Talking
from callflow.engine import Engine
from callflow.errors import RefusedError, StoreAwayError
from callflow.events import AgentAccepted, HoldAsked, HungUp
from callflow.facts import FactKind
from callflow.hangup_journal import NAME, HangupJournal
from callflow.ids import CallId
from callflow.wiring import LegDown, LegUp, LostBecause
from conversations.calls.store import CallTransaction
from conversations.db.database import Database
from tests.callflow.races import until
from tests.callflow.rivals import staffed
from tests.callflow.world import World
from tests.clock import MovableClock
from tests.database_faults import Away, database_and_fault, gone

__all__ = ["database_and_fault"]

pytestmark = [pytest.mark.wire, pytest.mark.real_limits, pytest.mark.timeout(120)]

SHORT, LONG = 3.0, 30.0
"""Seconds for which the database is away at least."""


@dataclass
class Fault:
    """A centre, and what takes its database away."""

    world: World
    away: Away
    journal: Path

    def engine(self) -> Engine[CallTransaction]:
        """A server's engine, which keeps hang-ups beside the database."""
        world = self.world
        return Engine[CallTransaction](world.store, world.wire, world.clock, HangupJournal(self.journal.parent))

    async def killed(self) -> None:
        """The server is killed; the next one begins."""
        await self.world.engine.stop()
        self.world.wire.die()
        self.world.engine = self.engine()
        await self.world.engine.recover()


@pytest.fixture
async def fault(database_and_fault: tuple[str, Away], tmp_path: Path) -> AsyncIterator[Fault]:
    url, away = database_and_fault
    clock = MovableClock()
    fault = Fault(await staffed(await Database.open(url, clock), clock), away, tmp_path / NAME)
    fault.world.engine = fault.engine()
    fault.world.routing = True
    yield fault
    await fault.world.close()


async def talking(world: World, number: int = 0) -> Call:
    """A customer and an agent who hear each other."""
    await world.talk(world.customers[number], world.agents[number])
    call = await world.call(number)
    assert isinstance(call.phase, Talking)
    return call


async def in_vain(asking: Coroutine[Any, Any, object]) -> float:
    """Ask for what cannot be now; return how long one was left waiting."""
    began = time.monotonic()
    with pytest.raises(StoreAwayError):
        await asking
    return time.monotonic() - began


async def kinds(world: World, call: Call) -> Counter[FactKind]:
    """What the log says of a call, how often."""
    return Counter(at.fact.kind for at in await world.facts() if at.fact.call == call.id)


async def test_while_the_database_is_away_nothing_begins_nothing_ends_and_afterwards_all_goes_on(
    fault: Fault, long: bool
) -> None:
    """CALL-05, PLUS-01, PLUS-15; S17: changes fail closed within 2 s, what happened is kept in its order."""
    world = fault.world
    await world.engine.start()
    call = await talking(world)
    ringing = await world.arrive(world.customers[1])
    assert ringing is not None
    await world.ready(world.agents[1])
    await world.connect(ringing, Role.CUSTOMER)
    (ring,) = (await world.call(1)).rings
    rung = ring.agent
    other = next(one for one in world.agents if one not in (rung, world.agents[0]))
    engine, leg, wired = world.engine, call.customer_leg, world.wire.wiring[call.id]
    assert leg.transport is not None
    world.routing = False  # the engine's own tasks do
    until_late = ring.reservation.deadline - world.clock.now()
    world.clock.advance(until_late.total_seconds() - 1)  # it ends meanwhile
    call = await world.call()
    before = await kinds(world, call)
    with fault.away():
        ends = time.monotonic() + (LONG if long else SHORT)
        await gone(world.database)
        engine.media_event(LegDown(leg.id, None, LostBecause.SILENT))
        engine.media_event(LegUp(leg.id, leg.transport))
        answer = AgentAccepted(ring.reservation.id, rung, "tab")
        waits = await asyncio.gather(
            in_vain(engine.ask(ringing.id, answer)),
            in_vain(engine.ask(call.id, HoldAsked(world.agents[0]))),
            in_vain(engine.agent(other, StatusChosen(Status.AWAY))),
        )
        assert max(waits) < 2.5
        while time.monotonic() < ends:
            await asyncio.sleep(0.1)
            world.clock.advance(0.1)
            assert engine.live(call.id) == call
            assert world.wire.wiring[call.id] == wired, "who talks goes on talking"
    returned = time.monotonic()
    await until(lambda: engine.live(call.id) != call)
    assert time.monotonic() - returned < 5, "what happened is tried each second"
    await engine.drained()
    after = await kinds(world, call) - before
    assert isinstance((await engine.ask(ringing.id, answer)).phase, Talking), "the ring waited for who pressed again"
    assert after[FactKind.CALL_RECONNECTED] <= 1
    assert not after[FactKind.CALL_ENDED]
    assert isinstance((await world.call()).phase, Talking)
    assert (await world.agent(other)).status == Status.ACTIVE, "what was refused did not happen later"
    assert not (await kinds(world, call))[FactKind.CALL_HELD]


@pytest.mark.parametrize("by", [Role.CUSTOMER, Role.AGENT])
async def test_a_hang_up_is_taken_at_once_and_outlasts_a_server_that_is_killed_meanwhile(
    fault: Fault, by: Role
) -> None:
    """CALL-06, PLUS-15; S17: silent at once, on disk before it is answered, and written as what it was."""
    world = fault.world
    call, other = await talking(world), await talking(world, 1)
    event = HungUp(by, call.agent if by is Role.AGENT else None)
    with fault.away():
        await gone(world.database)
        began = time.monotonic()
        hanging_up = asyncio.create_task(world.engine.hang_up(call.id, event))
        await until(lambda: not world.wire.wiring[call.id])
        assert time.monotonic() - began < 0.2
        await hanging_up
        assert time.monotonic() - began < 1
        assert fault.journal.read_bytes().count(call.id.encode()) == 1
        await world.engine.stop()
    await fault.killed()
    over, goes_on = await world.all_calls()
    assert isinstance(over.phase, Ended)
    assert (over.phase.reason, over.phase.by) == (EndReason.HUNG_UP, EndedBy(by))
    assert isinstance(goes_on.phase, Talking)
    assert goes_on.id == other.id
    assert (await kinds(world, call))[FactKind.CALL_ENDED] == 1
    assert isinstance((await world.agent(world.agents[0])).activity, WrapUp)
    await world.engine.sweep()
    assert not fault.journal.exists(), "nothing waits any more"


async def test_a_hang_up_is_written_when_the_database_is_back_and_a_second_one_changes_nothing(fault: Fault) -> None:
    """CALL-06; S17: pressed twice meanwhile; who talks to another agent by then is not cut off."""
    world = fault.world
    call = await talking(world)
    with fault.away():
        await gone(world.database)
        for _ in range(2):
            await world.engine.hang_up(call.id, HungUp(Role.CUSTOMER))
    await world.engine.drained()
    await until_swept(world)
    assert (await kinds(world, call))[FactKind.CALL_ENDED] == 1
    assert not fault.journal.exists()
    with pytest.raises(RefusedError, match="no such call"):
        await world.engine.hang_up(CallId("call_of_nobody"), HungUp(Role.CUSTOMER))
    second = await talking(world, 1)
    with pytest.raises(RefusedError, match="not yours"):
        await world.engine.hang_up(second.id, HungUp(Role.AGENT, world.agents[0]))
    assert world.wire.wiring[second.id]


async def until_swept(world: World) -> None:
    """Sweep each tenth of a second until every call is over."""
    async with asyncio.timeout(20):
        while await world.store.live_calls():
            await world.engine.sweep()
            await asyncio.sleep(0.1)
        await world.engine.sweep()
