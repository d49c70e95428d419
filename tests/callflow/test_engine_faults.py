"""What fails beside a call harms no other, and what was to be done is done when it works again."""

import asyncio
import logging
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from callflow.agent import Rung, Status
from callflow.agent_machine import StatusChosen
from callflow.call import Call, CallPhase, Ended, EndReason, Ringing, Role, Talking
from callflow.engine import Engine
from callflow.events import LegConnected
from callflow.ids import AgentId, CallId, TransportId
from callflow.mailbox import Mailbox
from callflow.ports import Floor
from callflow.wiring import NO_TAPS, Taps, Wiring
from conversations.calls.store import CallStore, CallTransaction
from conversations.calls.tables import AgentRow, CallRow
from tests.callflow.races import until
from tests.callflow.wire import Wire
from tests.callflow.world import World

pytestmark = pytest.mark.loop


class DeadDatabaseError(Exception):
    """What the database raises while it is away."""


class Shaky(CallStore):
    """A store whose database is away at times."""

    away = False
    writes = 0
    floors_that_fail = 0
    looks_at_deadlines = 0

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[CallTransaction]:
        self.writes += 1
        if self.away:
            raise DeadDatabaseError
        async with super().write() as tx:
            yield tx

    async def floor(self) -> Floor:
        if self.floors_that_fail:
            self.floors_that_fail -= 1
            raise DeadDatabaseError
        return await super().floor()

    async def due(self, now: datetime) -> tuple[Sequence[CallId], Sequence[AgentId]]:
        self.looks_at_deadlines += 1
        return await super().due(now)


class Deaf(Wire):
    """A media plane that fails for one call."""

    fails: CallId | None = None

    def wire(self, call: CallId, epoch: int, wiring: Wiring, taps: Taps = NO_TAPS) -> None:
        if call == self.fails:
            raise RuntimeError("no wire")
        super().wire(call, epoch, wiring, taps)


@pytest.fixture
async def world(sqlite_template: Path, folder: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[World]:
    """A centre whose store and media can fail."""
    caplog.set_level(logging.CRITICAL)
    world = await World.open(Path(shutil.copy(sqlite_template, folder)))
    world.wire = Deaf()
    world.store = Shaky(world.database)
    world.engine = Engine[CallTransaction](world.store, world.wire, world.clock)
    yield world
    await world.close()


def shaky(world: World) -> Shaky:
    assert isinstance(world.store, Shaky)
    return world.store


async def talking(world: World, number: int = 0) -> Call:
    await world.talk(world.customers[number], world.agents[number])
    call = await world.call(number)
    assert isinstance(call.phase, Talking)
    return call


async def test_a_call_whose_commands_fail_ends_and_frees_its_agent_and_no_other(world: World) -> None:
    """PLUS-15; design section 2: if one call's driver fails, that call ends with a reason."""
    first = await talking(world)
    await world.ready(world.agents[1])
    second = await world.arrive(world.customers[1])
    assert second is not None
    await world.connect(second, Role.CUSTOMER)
    assert isinstance(world.wire, Deaf)
    world.wire.fails = second.id
    await world.accept(world.agents[1])  # asked for, and not posted: the agent's page waits for it
    over = (await world.call(1)).phase
    assert isinstance(over, Ended)
    assert over.reason is EndReason.FAILED
    assert world.wire.closed >= {second.customer_leg.id}
    assert not isinstance((await world.agent(world.agents[1])).activity, Rung)
    assert (await world.call(0)).phase == first.phase


async def test_media_that_cannot_be_stopped_does_not_keep_a_call_from_ending(world: World) -> None:
    """PLUS-15."""
    call = await talking(world)
    assert isinstance(world.wire, Deaf)
    world.wire.fails = call.id
    await world.hang_up(call, Role.CUSTOMER)
    over = (await world.call()).phase
    assert isinstance(over, Ended)
    assert over.reason is EndReason.HUNG_UP
    assert call.customer_leg.id in world.wire.closed


async def test_a_call_that_could_not_be_ended_is_tried_each_second_and_not_all_the_time(world: World) -> None:
    """PLUS-15, reliability S17: a database that is away costs no processor, and its return ends what failed."""
    call = await talking(world)
    store = shaky(world)
    store.away, store.writes = True, 0
    world.engine.post(call.id, LegConnected(call.customer_leg.id, TransportId("tr_new")))
    await world.engine.drained()
    for _ in range(20):
        await asyncio.sleep(0)
    await world.engine.drained()
    assert store.writes == 2, "the event, and one try to end the call"
    await world.engine.sweep()
    assert store.writes == 3
    store.away = False
    await world.engine.sweep()
    over = (await world.call()).phase
    assert isinstance(over, Ended)
    assert over.reason is EndReason.FAILED
    store.writes = 0
    await world.engine.sweep()
    assert store.writes == 0, "it is over and done with"


async def test_routing_that_failed_is_done_again_without_another_event(world: World) -> None:
    """PLUS-06: nobody waits for the next event only because a reading failed."""
    world.routing = False  # the engine's own task routes
    await world.engine.start()
    call = await world.arrive(world.customers[0])
    assert call is not None
    await world.connect(call, Role.CUSTOMER)
    await world.panel(world.agents[0], open=True)
    shaky(world).floors_that_fail = 1
    await world.do(world.agents[0], StatusChosen(Status.ACTIVE))
    await until(lambda: isinstance(phase_seen(world, call), Ringing))
    assert shaky(world).floors_that_fail == 0


async def test_a_broken_row_stops_neither_routing_nor_the_start_and_is_not_looked_at_all_the_time(
    world: World,
) -> None:
    """PLUS-15; reliability section 3: poison data is isolated."""
    broken = await talking(world)
    async with world.database.write() as write:
        await write.session.execute(update(CallRow).where(CallRow.id == broken.id).values(answered_at=None))
        await write.session.execute(update(AgentRow).where(AgentRow.id == world.agents[0]).values(conversation_id=None))
    world.calls = [CallId("call_that_nobody_reads")]
    await world.new_engine()
    world.routing = False
    await world.engine.start()
    await world.ready(world.agents[1])
    call = await world.arrive(world.customers[1])
    assert call is not None
    await world.engine.ask(call.id, LegConnected(call.customer_leg.id, TransportId("tr_1")))
    await until(lambda: isinstance(phase_seen(world, call), Ringing))
    world.clock.advance(5 * 3600)
    await until(lambda: shaky(world).looks_at_deadlines > 0)
    shaky(world).looks_at_deadlines = 0
    await asyncio.sleep(0.5)
    assert shaky(world).looks_at_deadlines <= 2


async def test_who_waits_for_an_answer_is_not_forgotten_when_the_engine_stops() -> None:
    """Design section 5: every wait has a limit."""
    begun = asyncio.Event()

    async def handle(_: str) -> str:
        begun.set()
        await asyncio.Event().wait()
        return ""

    mailbox = Mailbox[str, str]("call", handle, lambda event, error: None)
    asking = [asyncio.create_task(mailbox.ask(event)) for event in ("handled now", "still to come")]
    await begun.wait()
    await mailbox.close()
    async with asyncio.timeout(1):
        answers = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(answer) for answer in answers] == [asyncio.CancelledError] * 2


def phase_seen(world: World, call: Call) -> CallPhase | None:
    """The phase of a call, as the engine knows it."""
    seen = world.engine.live(call.id)
    return seen.phase if seen else None
