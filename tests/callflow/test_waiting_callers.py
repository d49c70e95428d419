"""What who waits is told, through the real engine and its store: a strategy from the greeting to the last message."""

from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, event

from callflow.call import Call, CallingBack, Ended, EndReason, LegState, Role, Talking, Waiting
from callflow.events import CallbackAsked
from callflow.facts import FactKind
from callflow.ids import CallId, LegId, PromptId
from callflow.waiting import Place, SpokenPlaces, WaitingPlan
from callflow.wiring import RINGBACK, FromPrompt, PromptEnded, Stream
from conversations.db.database import Database
from tests.callflow.world import World
from tests.clock import MovableClock

pytestmark = pytest.mark.loop

MUSIC, GREETING, FAREWELL = PromptId("music"), PromptId("greeting"), PromptId("farewell")
HOURS, SITE = PromptId("hours"), PromptId("site")
FIRST, SECOND, MANY, SHORT, LONG = (PromptId(f"place_{word}") for word in ("first", "second", "many", "short", "long"))
PLAN = WaitingPlan(
    music=MUSIC,
    greeting=GREETING,
    announcements=(HOURS, SITE),
    every=timedelta(seconds=30),
    spoken=SpokenPlaces((FIRST, SECOND, MANY), ((timedelta(minutes=2), SHORT), (timedelta(days=1), LONG))),
    farewell=FAREWELL,
    longest=timedelta(seconds=200),
)


@pytest.fixture(params=[False, True], ids=["one life", "restart after every event"])
async def world(database: Database, clock: MovableClock, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A centre on each engine, in which nobody is there yet; once with another engine for every event."""
    world = await World.on(database, clock, restart_always=request.param)
    world.plan = PLAN
    yield world
    await world.engine.stop()


async def waiting(world: World, customer: int = 0) -> Call:
    """A customer calls, and the line is there."""
    call = await world.arrive(world.customers[customer])
    assert call is not None
    await world.connect(call, Role.CUSTOMER)
    return await world.call(customer)


async def said(world: World, customer: int = 0, *, seconds: float = 3) -> None:
    """Each prompt that is being said to a customer comes to its end after so many seconds."""
    while (call := await world.call(customer)).live and call.hearing.saying is not None:
        world.clock.advance(seconds)
        await world.see(PromptEnded(call.customer_leg.id, call.hearing.saying))


def told(world: World, customer: int = 0) -> list[PromptId]:
    """What was said to a customer so far, and forget it."""
    leg = LegId(f"leg_c{customer}")
    heard = [prompt for to, prompt in world.wire.played if to == leg]
    world.wire.played.clear()
    return heard


async def test_a_strategy_is_heard_from_the_greeting_to_the_last_message(world: World) -> None:
    """WSV-02 to WSV-05, PLUS-03, PLUS-12: the place before each announcement, these in turn, then the end."""
    call = await waiting(world)
    assert world.wire.wiring[call.id][call.customer_leg.id][Stream.VOICE] == FromPrompt(MUSIC)
    assert told(world) == [GREETING]
    await said(world)
    await world.elapse(29)
    assert told(world) == []
    await world.elapse(1)
    await said(world)
    assert told(world) == [FIRST, HOURS]
    await world.elapse(30)
    await said(world)
    assert told(world) == [FIRST, SITE]
    await world.elapse(30)
    await said(world)
    assert told(world) == [FIRST, HOURS]
    while not (await world.call()).hearing.farewell:
        await world.elapse(1)
    assert world.clock.now() == call.started_at + PLAN.longest
    assert told(world)[-1] == FAREWELL
    await said(world)
    over = (await world.call()).phase
    assert isinstance(over, Ended)
    assert over.reason is EndReason.NO_ANSWER


async def test_each_caller_is_told_the_own_place_and_how_long_it_takes(world: World) -> None:
    """PLUS-03, PLUS-12: nothing of the wait while nothing is known of it; then from the calls of late."""
    first = await waiting(world, 0)
    await said(world, 0)
    await waiting(world, 1)
    await said(world, 1)
    told(world)
    await world.elapse(33)
    assert SECOND in told(world, 1)
    await said(world, 0)
    await said(world, 1)
    await world.ready(world.agents[0])
    await world.accept(world.agents[0])
    await world.connect(await world.call(0), Role.AGENT)
    await world.elapse(20)
    await world.hang_up(await world.call(0), Role.CUSTOMER)
    told(world)
    await world.elapse(15)
    assert (await world.call(0)).id == first.id
    assert told(world, 1) == [FIRST]
    await said(world, 1)
    assert told(world, 1)[0] == SHORT


async def test_the_places_of_many_are_read_like_the_place_of_one(world: World) -> None:
    """PLUS-12: a line in which all are told at once is read once; of who is told nothing, and is not there, nothing."""
    first, second = await waiting(world, 0), await waiting(world, 1)
    world.plan = replace(PLAN, spoken=None)
    silent = await waiting(world, 2)
    with selects() as for_one:
        assert await world.store.places([second.id]) == {second.id: Place(2)}
    with selects() as for_all:
        found = await world.store.places([first.id, second.id, silent.id, CallId("call_0000")])
    assert found == {first.id: Place(1), second.id: Place(2)}
    assert len(for_all) == len(for_one) > 0


@contextmanager
def selects() -> Generator[list[str]]:
    """What is read meanwhile."""
    read: list[str] = []

    def before(connection: Connection, cursor: object, sql: str, *_: object) -> None:
        read.append(sql)

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield read
    finally:
        event.remove(Engine, "before_cursor_execute", before)


async def test_an_answer_ends_what_is_being_said(world: World) -> None:
    """PLUS-14: the wiring that cuts it is stated, and nothing is said afterwards."""
    call = await waiting(world)
    await world.ready(world.agents[0])
    await world.accept(world.agents[0])
    await world.connect(await world.call(), Role.AGENT)
    answered = await world.call()
    assert isinstance(answered.phase, Talking)
    assert Stream.CAMERA in world.wire.wiring[call.id][call.customer_leg.id]
    assert told(world) == [GREETING]
    await world.see(PromptEnded(call.customer_leg.id, GREETING))
    await world.elapse(120)
    assert told(world) == []


async def test_after_a_restart_the_greeting_is_not_said_again_and_the_announcements_go_on(world: World) -> None:
    """WSV-04, PLUS-13: who was greeted and comes back in time waits on."""
    await waiting(world)
    await said(world)
    await world.elapse(30)
    await said(world)
    assert told(world) == [GREETING, FIRST, HOURS]
    await world.crash()
    await world.elapse(5)
    assert told(world) == []
    await world.connect(await world.call(), Role.CUSTOMER)
    assert told(world) == []
    await world.elapse(30)
    await said(world)
    assert told(world) == [FIRST, SITE]


async def test_who_asks_to_be_called_back_hears_nothing_keeps_the_place_and_is_called_once(world: World) -> None:
    """PLUS-12: the line is closed; the wait may be longer now; both are connected when the customer is there."""
    before = await waiting(world)
    await said(world)
    await world.tell(before.id, CallbackAsked(LegId("leg_back")))
    await world.tell(before.id, CallbackAsked(LegId("leg_other")))
    asked = await world.call()
    assert (asked.customer_leg.id, asked.customer_leg.state) == ("leg_back", LegState.AWAY)
    assert before.customer_leg.id in world.wire.closed
    assert asked.started_at == before.started_at
    told(world)
    await world.elapse(3 * 60 * 60)
    assert told(world) == []
    await world.crash()
    assert isinstance((await world.call()).phase, Waiting)
    await world.ready(world.agents[0])
    await world.accept(world.agents[0], times=2)
    ringing = await world.call()
    assert isinstance(ringing.phase, CallingBack)
    assert world.wire.wiring[before.id] == {ringing.phase.agent_leg.id: {Stream.VOICE: FromPrompt(RINGBACK)}}
    await world.connect(ringing, Role.AGENT)
    await world.connect(ringing, Role.CUSTOMER)
    assert isinstance((await world.call()).phase, Talking)
    kinds = [logged.fact.kind for logged in await world.facts()]
    assert kinds.count(FactKind.CALL_CALLBACK_ASKED) == 1
    assert kinds.count(FactKind.CALL_CALLED_BACK) == 1
    assert kinds.count(FactKind.CALL_ANSWERED) == 1
