"""A database that is locked, or whose connections break: what happens is late then, and nothing is lost (S17)."""

import shutil
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, func, select

from callflow.agent import Status, WrapUp
from callflow.agent_machine import StatusChosen
from callflow.call import Call, Ended, EndReason, Role, Talking
from callflow.events import AgentAccepted, HungUp
from callflow.facts import FactKind
from conversations.calls.tables import PartyRow
from conversations.db.database import Database
from tests.callflow.rivals import staffed
from tests.callflow.world import World, ring_of
from tests.clock import MovableClock
from tests.postgres import Postgres
from tests.relay import Cut, Relay

pytestmark = [pytest.mark.wire, pytest.mark.real_limits]


async def talking(world: World) -> Call:
    """A customer and an agent who hear each other."""
    world.routing = True
    await world.talk(world.customers[0], world.agents[0])
    call = await world.call()
    assert isinstance(call.phase, Talking)
    assert world.wire.wiring[call.id]
    return call


async def over_once(world: World, reason: EndReason) -> None:
    """The call is over, for one reason, and its rows and facts are there once."""
    (call,) = await world.all_calls()
    assert isinstance(call.phase, Ended)
    assert call.phase.reason is reason
    ends = [at.fact for at in await world.facts() if at.fact.kind is FactKind.CALL_ENDED]
    assert [end.call for end in ends] == [call.id]
    numbers = [at.number for at in await world.facts()]
    assert numbers == list(range(1, len(numbers) + 1)), "the log has no holes"
    async with world.database.read() as session:
        legs = (await session.scalars(select(PartyRow.leg_id))).all()
        live = await session.scalar(select(func.count()).where(PartyRow.live))
    assert len(legs) == len(set(legs))
    assert not live


async def on_sqlite(template: Path, folder: Path) -> World:
    """A centre on SQLite whose agents are there."""
    shutil.copy(template, folder / "parley.db")
    clock = MovableClock()
    return await staffed(await Database.open(f"sqlite:///{folder / 'parley.db'}", clock), clock)


@pytest.fixture
async def on_postgresql(postgres_server: Postgres, postgres_template: str) -> AsyncIterator[World]:
    """A centre on PostgreSQL whose agents are there."""
    name = postgres_server.new_database(postgres_template)
    clock = MovableClock()
    world = await staffed(await Database.open(postgres_server.url(name), clock), clock)
    yield world
    await world.close()
    postgres_server.drop_database(name)


@contextmanager
def broken_before(world: World, server: Postgres, statement: str) -> Generator[list[str]]:
    """End the connection that is about to run such a statement, once; give what was broken."""
    broken: list[str] = []

    def before(connection: Connection, cursor: object, sql: str, *_: object) -> None:
        if sql.startswith(statement) and not broken:
            broken.append(statement)
            # Of the connections that write, only this one is within a transaction.
            server.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE datname = '{world.database.url.database}' AND state = 'idle in transaction'"
            )

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield broken
    finally:
        event.remove(Engine, "before_cursor_execute", before)


@pytest.mark.parametrize("statement", ["UPDATE calls", "UPDATE agents", "UPDATE fact_counter"])
async def test_an_event_whose_connection_breaks_between_two_statements_is_done_over_another(
    on_postgresql: World, postgres_server: Postgres, statement: str
) -> None:
    """PLUS-15; S17: nothing of the first try is kept, and nothing is done twice."""
    world = on_postgresql
    call = await talking(world)
    with broken_before(world, postgres_server, statement) as broken:
        world.engine.post(call.id, HungUp(Role.CUSTOMER))
        await world.engine.drained()
    assert broken == [statement]
    await over_once(world, EndReason.HUNG_UP)


@pytest.fixture
async def relayed(postgres_server: Postgres, postgres_template: str) -> AsyncIterator[tuple[World, Relay]]:
    """A centre whose way to PostgreSQL can be cut."""
    name, relay, clock = postgres_server.new_database(postgres_template), Relay(postgres_server.socket), MovableClock()
    async with relay.listening() as port:
        world = await staffed(await Database.open(postgres_server.url_over(port, name), clock), clock)
        yield world, relay
        await world.close()
    postgres_server.drop_database(name)


@pytest.mark.parametrize("cut", Cut)
async def test_an_answer_whose_commit_got_no_reply_is_done_once_and_both_hear_each_other(
    relayed: tuple[World, Relay], cut: Cut
) -> None:
    """CALL-05, PLUS-15; S17: what the COMMIT did is asked for, so it is neither lost nor done twice."""
    world, relay = relayed
    world.routing = True
    agent = world.agents[0]
    called = await world.arrive(world.customers[0])
    assert called is not None
    await world.connect(called, Role.CUSTOMER)
    held = await world.call_of(agent)
    ring = ring_of(held, agent)
    assert held is not None
    assert ring is not None
    await world.offer_leg(held, ring.leg)
    relay.cut_next_commit(cut)
    answered = await world.engine.ask(held.id, AgentAccepted(ring.reservation.id, agent, "tab"))
    assert relay.cuts == [cut]
    assert isinstance(answered.phase, Talking)
    stored = await world.call()
    assert answered == stored == world.engine.live(held.id)
    kinds = [at.fact.kind for at in await world.facts()]
    assert kinds.count(FactKind.CALL_ANSWERED) == 1
    assert world.wire.wiring[held.id], "its commands were performed"
    await world.settle()
    relay.cut_next_commit(cut)
    world.engine.post(held.id, HungUp(Role.CUSTOMER))
    await world.engine.drained()
    assert relay.cuts == [cut, cut]
    await over_once(world, EndReason.HUNG_UP)
    assert called.customer_leg.id in world.wire.closed
    assert isinstance((await world.agent(agent)).activity, WrapUp)


@pytest.mark.parametrize("cut", Cut)
async def test_a_call_and_an_agents_choice_whose_commit_got_no_reply_are_there_once_and_are_told(
    relayed: tuple[World, Relay], cut: Cut
) -> None:
    """PLUS-15; S17: a second try would make a second call, and who follows the log must hear of the first."""
    world, relay = relayed
    told: list[int] = []
    world.database.on_commit.append(lambda first, last: told.extend(range(first, last + 1)))
    relay.cut_next_commit(cut)
    called = await world.arrive(world.customers[0])
    assert called is not None
    relay.cut_next_commit(cut)
    await world.engine.agent(world.agents[0], StatusChosen(Status.AWAY))
    assert relay.cuts == [cut, cut]
    assert [call.id for call in await world.store.live_calls()] == [called.id]
    kinds = [at.fact.kind for at in await world.facts()]
    assert kinds.count(FactKind.CALL_STARTED) == 1
    assert told == [at.number for at in await world.facts(told[0] - 1)]
