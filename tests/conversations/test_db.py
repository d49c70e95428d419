"""The unit of work and the log of facts, on both engines."""

import asyncio
import gc

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from callflow.facts import Actor, ActorKind, Fact, FactKind
from callflow.ids import CallId, ConversationId
from conversations.db import engines
from conversations.db.database import Database
from conversations.db.facts import facts_after, facts_of_conversation, last_number
from signaling.migrations.tables import metadata
from tests.clock import MovableClock

pytestmark = pytest.mark.wire

ADA = Actor(ActorKind.AGENT, "user_ada")


def noted(conversation: str = "conv_1") -> Fact:
    return Fact(FactKind.NOTE_ADDED, ADA, conversation=ConversationId(conversation), data={"note": "note_1"})


async def add(database: Database) -> range:
    async with database.write() as write:
        write.fact(noted())
        write.fact(noted())
    return write.numbers


async def fail(database: Database) -> None:
    async with database.write() as write:
        write.fact(noted())
        raise asyncio.QueueFull


async def test_the_tables_in_the_code_are_the_tables_in_the_migrations(database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata()))

    engine = engines.writer(engines.parse(database_url))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_each_engine_is_really_used(database: Database, request: pytest.FixtureRequest) -> None:
    async with database.write() as write:
        dialect = (await write.session.connection()).dialect.name
    assert dialect in str(request.node)


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    await database.migrate()
    async with database.read() as session:
        assert await last_number(session) == 0


async def test_facts_get_numbers_without_holes_and_the_time_of_the_clock(
    database: Database, clock: MovableClock
) -> None:
    async with database.write() as write:
        write.fact(noted())
        write.fact(Fact(FactKind.CALL_STARTED, call=CallId("call_1")))
    assert write.numbers == range(1, 3)
    clock.advance(5)
    async with database.write() as write:
        write.fact(noted("conv_2"))
    async with database.read() as session:
        logged = await facts_after(session, 0, 10)
        assert [entry.number for entry in logged] == [1, 2, 3]
        assert logged[0].fact == noted()
        assert logged[2].at == clock.now()
        assert await last_number(session) == 3
        only = await facts_of_conversation(session, ConversationId("conv_2"), 0, 10)
        assert [entry.number for entry in only] == [3]
        assert await facts_after(session, 1, 1) == logged[1:2]


async def test_listeners_hear_of_facts_after_the_commit_and_only_then(database: Database) -> None:
    heard: list[tuple[int, int]] = []
    database.on_commit.append(lambda first, last: heard.append((first, last)))
    async with database.write() as write:
        write.fact(noted())
        write.fact(noted())
        assert heard == []
    assert heard == [(1, 2)]
    with pytest.raises(asyncio.QueueFull):
        await fail(database)
    async with database.write():
        pass
    assert heard == [(1, 2)]
    await add(database)
    assert heard == [(1, 2), (3, 4)]


async def test_a_listener_that_fails_harms_neither_the_write_nor_the_next_listener(database: Database) -> None:
    heard: list[int] = []

    def broken(_first: int, _last: int) -> None:
        raise RuntimeError("broken")

    database.on_commit.append(broken)
    database.on_commit.append(lambda first, _last: heard.append(first))
    async with database.write() as write:
        write.fact(noted())
    assert heard == [1]


async def test_writers_at_the_same_time_become_visible_in_the_order_of_their_numbers(database: Database) -> None:
    seen: list[int] = []

    async def watch() -> None:
        while len(seen) < 40:
            async with database.read() as session:
                seen.extend(entry.number for entry in await facts_after(session, seen[-1] if seen else 0, 100))

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(watch())
        for _ in range(20):
            group.create_task(add(database))
    assert seen == list(range(1, 41))


async def test_a_reader_sees_one_snapshot_and_cannot_write(database: Database) -> None:
    async with database.read() as session:
        assert await last_number(session) == 0
        async with database.write() as write:
            write.fact(noted())
        assert await last_number(session) == 0
        assert await facts_after(session, 0, 10) == []
    with pytest.raises(DBAPIError):
        async with database.read() as session:
            await session.execute(text("UPDATE fact_counter SET last = 99"))


async def test_a_writer_that_is_cancelled_leaves_the_database_usable(database: Database) -> None:
    began = asyncio.Event()

    async def hang() -> None:
        async with database.write() as write:
            await write.session.execute(text("UPDATE fact_counter SET last = 99"))
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.write() as write:
        write.fact(noted())
    assert write.numbers == range(1, 2)


async def test_a_writer_that_is_cancelled_during_its_commit_commits_and_is_heard_of(database: Database) -> None:
    """EVT-01: what is in the log was told; a cancellation never comes between the two."""
    heard: list[int] = []
    database.on_commit.append(lambda first, _last: heard.append(first))

    async def add_and_be_cancelled() -> None:
        async with database.write() as write:
            write.fact(noted())
            event.listen(write.session.sync_session, "before_commit", cancel)

    def cancel(_session: Session) -> None:
        task.cancel()

    task = asyncio.create_task(add_and_be_cancelled())
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.read() as session:
        assert [entry.number for entry in await facts_after(session, 0, 100)] == heard == [1]


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "sqlite:///:memory:"])
async def test_another_kind_of_database_is_refused_with_a_sentence(url: str, clock: MovableClock) -> None:
    with pytest.raises(ValueError, match="database must be"):
        await Database.open(url, clock)


@pytest.mark.filterwarnings("error")  # one that only the garbage collector finds was lost
async def test_who_is_cancelled_while_waiting_for_a_connection_leaves_it_to_others(database: Database) -> None:
    """Reliability S17: at whichever step; SQLite has one connection that writes, and a lost one stops everybody."""

    async def reads() -> None:
        async with database.read():
            pass

    async def writes() -> None:
        async with database.write():
            pass

    for work in (reads, writes):
        for steps in range(60):
            task = asyncio.create_task(work())
            await asyncio.sleep(steps * 0.0001)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    pools: list[QueuePool] = [vars(database)[name].pool for name in ("_writer", "_reader")]
    async with asyncio.timeout(5):
        while any(pool.checkedout() for pool in pools):  # noqa: ASYNC110 - a pool tells nobody
            await asyncio.sleep(0.01)
    gc.collect()


async def test_once_a_database_is_closed_nothing_of_it_goes_on(database_url: str, clock: MovableClock) -> None:
    """Whoever was cancelled within it, at whichever step: what still leaves a connection then is never answered."""
    mine = asyncio.all_tasks()

    async def writes(database: Database) -> None:
        async with database.write() as write:
            await write.session.execute(text("UPDATE fact_counter SET last = 99"))

    for steps in range(30):
        database = await Database.open(database_url, clock)
        tasks = [asyncio.create_task(writes(database)) for _ in range(3)]
        await asyncio.sleep(steps * 0.0002)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await database.close()
        assert asyncio.all_tasks() == mine
