"""The engine and its store on each database: a whole call, lost races, and the last guard."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from callflow.agent import Idle, InCall, Rung, Sound, Status, WrapUp
from callflow.agent_machine import PanelArrived, StatusChosen
from callflow.call import Call, Ended, EndReason, Leg, LegState, Reservation, Ringing, Role, Talking, Waiting
from callflow.engine import Engine
from callflow.errors import LostRaceError, RefusedError
from callflow.events import AgentAccepted, ConsultAsked, ConsultCompleted, HungUp, LegLost
from callflow.facts import FactKind
from callflow.ids import CallId, LegId, ReservationId
from callflow.queueing import QueuePolicy
from callflow.wiring import LegUp
from conversations.calls.store import CallStore, CallTransaction
from conversations.calls.tables import PartyPart, PartyRow
from conversations.db.database import Database
from conversations.threads.tables import ConversationRow
from tests.callflow.races import together, until
from tests.callflow.world import World
from tests.clock import MovableClock

pytestmark = pytest.mark.loop


@pytest.fixture
async def world(database: Database, clock: MovableClock) -> AsyncIterator[World]:
    """A centre on each engine."""
    world = await World.on(database, clock)
    yield world
    await world.engine.stop()


async def waiting(world: World, customer: int = 0) -> Call:
    """A customer hears music, and nobody is there."""
    call = await world.arrive(world.customers[customer])
    assert call is not None
    await world.connect(call, Role.CUSTOMER)
    return await world.call(customer)


async def ringing(world: World) -> tuple[Call, Ringing]:
    await world.ready(world.agents[0])
    call = await waiting(world)
    assert isinstance(call.phase, Ringing)
    return call, call.phase


async def talking(world: World) -> Call:
    _, ring = await ringing(world)
    await world.accept(ring.rings[0].agent)
    await world.connect(await world.call(), Role.AGENT)
    return await world.call()


async def test_a_call_rings_is_answered_and_ends_in_a_wrap_up(world: World) -> None:
    """CALL-01 to CALL-04, WRAP-02, WRAP-03, EVT-01, EVT-04."""
    alice = world.agents[0]
    _, ring = await ringing(world)
    assert ring.rings[0].agent == alice
    assert isinstance((await world.agent(alice)).activity, Rung)
    world.clock.advance(7)
    await world.accept(alice)
    await world.connect(await world.call(), Role.AGENT)
    assert isinstance((await world.call()).phase, Talking)
    assert isinstance((await world.agent(alice)).activity, InCall)
    world.clock.advance(60)
    await world.hang_up(await world.call(), Role.CUSTOMER)
    over = (await world.call()).phase
    assert isinstance(over, Ended)
    assert (over.reason, over.agent) == (EndReason.HUNG_UP, alice)
    wrap = (await world.agent(alice)).activity
    assert isinstance(wrap, WrapUp)
    assert wrap.until == world.clock.now() + timedelta(seconds=30)
    await world.elapse(30)
    assert isinstance((await world.agent(alice)).activity, Idle)
    kinds = [logged.fact.kind for logged in await world.facts() if logged.fact.call]
    told = [kind for kind in kinds if kind.startswith("call.") and kind is not FactKind.CALL_MOVED]
    assert told == [
        "call.started",
        "call.leg_up",
        "call.ringing",
        "call.answered",
        "call.leg_up",
        "call.ended",
        "call.wrapped",
    ]


async def test_what_was_decided_on_an_older_state_is_refused_by_the_row(world: World) -> None:
    """CALL-02; reliability R1: compare-and-set, for a call and for an agent."""
    call = await waiting(world)
    with pytest.raises(LostRaceError):
        async with world.store.write() as tx:
            await tx.save_call(replace(call, epoch=call.epoch - 1))
    agent = await world.agent(world.agents[0])
    await world.do(agent.id, PanelArrived(Sound.READY))
    with pytest.raises(LostRaceError):
        async with world.store.write() as tx:
            await tx.save_agent(replace(agent, status=Status.ACTIVE))
    assert (await world.agent(agent.id)).status == Status.OFFLINE


class LateStore(CallStore):
    """Hands out a call as it was before somebody else changed it, once."""

    def __init__(self, database: Database, old: Call) -> None:
        super().__init__(database)
        self.old: Call | None = old

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[CallTransaction]:
        async with super().write() as tx:
            read = tx.call

            async def late(call: CallId) -> Call | None:
                old, self.old = self.old, None
                return old or await read(call)

            tx.call = late
            yield tx


async def test_who_loses_a_race_decides_again_on_what_there_is_now(world: World) -> None:
    """CALL-02; design section 2: zero rows changed, so read again and `step` the event once more."""
    call, ring = await ringing(world)
    late = Engine[CallTransaction](LateStore(world.database, call), world.wire, world.clock)
    await world.hang_up(call, Role.CUSTOMER)
    with pytest.raises(RefusedError) as refused:
        await late.ask(call.id, AgentAccepted(ring.rings[0].reservation.id, ring.rings[0].agent, "tab"))
    assert refused.value.code == "too_late"
    assert isinstance((await world.call()).phase, Ended)
    await late.stop()


async def test_the_index_is_the_last_guard_against_two_calls_for_one_agent(world: World) -> None:
    """CALL-02: even code that looks at nothing cannot give an agent a second live party."""
    talk = await talking(world)
    other = await waiting(world, 1)
    assert isinstance(talk.phase, Talking)
    leg = Leg(LegId("leg_second"), LegState.UP, None)
    with pytest.raises(RefusedError) as refused:
        async with world.store.write() as tx:
            await tx.save_call(replace(other, phase=Talking(talk.phase.agent, leg, world.clock.now())))
    assert refused.value.code == "not_available"
    assert isinstance((await world.call(1)).phase, Waiting)
    party = {
        "leg_id": "leg_third",
        "call_id": other.id,
        "role": Role.AGENT,
        "part": PartyPart.TALKING,
        "agent_id": talk.phase.agent,
        "leg_state": LegState.UP,
        "restarted": False,
    }
    async with world.database.write() as write:
        await write.session.execute(insert(PartyRow).values(live=False, **party))
    with pytest.raises(IntegrityError):
        async with world.database.write() as write:
            await write.session.execute(insert(PartyRow).values(live=True, **(party | {"leg_id": "leg_fourth"})))


async def test_a_hang_up_silences_the_call_before_it_is_written(world: World) -> None:
    """Design section 2: a slow database never keeps a microphone open."""
    call = await talking(world)
    async with world.store.write() as tx:
        await tx.save_call(call)  # the row is held, and stale for the engine when it is let go of
        world.engine.post(call.id, HungUp(Role.CUSTOMER))
        await until(lambda: world.wire.wiring[call.id] == {})
        assert isinstance((await world.call()).phase, Talking)
    await world.engine.drained()
    assert isinstance((await world.call()).phase, Ended)


async def test_a_process_that_dies_leaves_enough_to_go_on_with(world: World) -> None:
    """PLUS-01, PLUS-15: who talks has the grace to come back, and the wrap-up keeps its deadline."""
    call = await talking(world)
    await world.crash()
    back = await world.call()
    assert back.customer_leg.state is LegState.RECONNECTING
    assert back.deadline == world.clock.now() + timedelta(seconds=60)
    for role in Role:
        await world.panel(world.agents[0], open=True)
        await world.connect(await world.call(), role)
    assert isinstance((await world.call()).phase, Talking)
    await world.hang_up(await world.call(), Role.AGENT)
    until = (await world.agent(world.agents[0])).deadline
    world.clock.advance(10)
    await world.crash()
    assert (await world.agent(world.agents[0])).deadline == until
    assert (await world.call()).id == call.id


async def test_a_transport_that_fails_leaves_the_leg_with_the_one_before(world: World) -> None:
    """PLUS-01, PLUS-15: when the page opens another transport that never comes up, the first one is still known.

    Otherwise its loss would pass for that of a stranger, and a call in which nobody hears anything would go on.
    """
    call = await talking(world)
    first = call.customer_leg.transport
    assert first is not None
    assert await world.offer(call, Role.CUSTOMER) is not None
    await world.see(LegUp(call.customer_leg.id, first))
    await world.tell(call.id, LegLost(call.customer_leg.id, first))
    assert (await world.call()).customer_leg.state is LegState.RECONNECTING


async def test_two_signs_of_life_at_once_make_one_agent(world: World) -> None:
    """PLUS-15: a panel's hello and a first status that come together."""
    agent = world.agents[2]
    other = Engine[CallTransaction](world.store, world.wire, world.clock)
    await together(world.engine.agent(agent, PanelArrived(Sound.READY)), other.agent(agent, StatusChosen(Status.BUSY)))
    made = await world.agent(agent)
    assert (made.reachable, made.status, made.epoch) == (True, Status.BUSY, 2)


async def test_a_colleague_who_takes_a_call_over_after_a_consultation_gets_the_thread(world: World) -> None:
    """PLUS-21, XFER-01: who talks to the customer has the conversation."""
    call = await talking(world)
    first, second = world.agents[:2]
    await world.ready(second)
    until = world.clock.now() + timedelta(seconds=20)
    held = Reservation(ReservationId("res_asked"), second, LegId("leg_asked"), until)
    policy = QueuePolicy(world.queue, dict.fromkeys(world.agents, 1), consult=True)
    await world.tell(call.id, ConsultAsked(first, held, policy))
    await world.accept(second)
    assert await assignee(world, call) == first
    await world.tell(call.id, ConsultCompleted(first))
    assert (await world.call()).agent == second
    assert await assignee(world, call) == second


async def assignee(world: World, call: Call) -> str | None:
    async with world.database.read() as session:
        return await session.scalar(select(ConversationRow.assignee_id).where(ConversationRow.id == call.conversation))
