"""Random traces through the machines, the engine and the store (reliability.md section 3, scorecard S1)."""

import asyncio
import random
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import update

from callflow.call import Call
from callflow.facts import AUTOMATION
from callflow.ids import AgentId, QueueId
from conversations.calls.store import CallStore
from conversations.db.database import Database
from conversations.directory.people import add_user
from conversations.directory.queues import add_queue, set_members
from conversations.directory.tables import QueueRow, UserRole
from conversations.threads.customers import add_customer
from recording.following import follow_call
from recording.policy import AgentMode, AgentRecording
from recording.rules import OneAgent, RecordingRules, SettingsChange, policy_for
from tests.callflow import invariants
from tests.callflow.chronicle import Chronicle
from tests.callflow.doings import Step, layout_of, perform, random_steps
from tests.callflow.memory import MemoryWorld
from tests.callflow.world import World
from tests.clock import MovableClock
from tests.postgres import Postgres

pytestmark = [pytest.mark.loop, pytest.mark.timeout(3600)]

SEED = 20261122
SHORT, LONG = 500, 10_000
SHORT_SAME, LONG_SAME = 5, 200
SHORT_POSTGRES, LONG_POSTGRES = 3, 60
"""Traces that are run five times over: in memory once, and on a database."""
QUIET = 9 * 3600
"""Seconds after which every deadline has come: the longest is that of who waits to be called back."""
Life = Literal["one", "restarts", "two"]
LIVES: tuple[Life, ...] = ("one", "restarts", "two")


async def run(steps: list[Step]) -> None:
    """Do the steps, and look after each whether an invariant is broken. Raises AssertionError."""
    world = MemoryWorld.of(layout_of(steps))
    try:
        await go_through(world, steps)
    finally:
        await world.close()


async def go_through(world: World, steps: list[Step]) -> None:
    chronicle = Chronicle(world)
    for step in steps:
        await perform(world, step)
        await chronicle.check()
    for agent in (*world.agents, *world.supervisors):
        await world.panel(agent, open=False)
    await world.elapse(QUIET)
    await chronicle.check()
    await invariants.check_quiet(world)


def shortest(steps: list[Step]) -> list[Step]:
    """Leave out of a trace that fails what may be left out, in one pass: a reader should not have to."""
    kept = steps
    for position in reversed(range(1, len(steps))):
        tried = kept[:position] + kept[position + 1 :]
        try:
            asyncio.run(run(tried))
        except AssertionError:
            kept = tried
    return kept


def test_no_random_trace_breaks_an_invariant(long: bool) -> None:
    """CALL-02, CALL-04, PLUS-06, PLUS-07, PLUS-08, PLUS-15, PLUS-21, XFER-05: I1 to I6, I10 after each step."""
    rng = random.Random(SEED)
    for number in range(LONG if long else SHORT):
        steps = random_steps(rng)
        try:
            asyncio.run(run(steps))
        except AssertionError as broken:
            raise AssertionError(f"trace {number} of seed {SEED}: {shortest(steps)}") from broken


def fresh(template: Path, folder: Path) -> str:
    """The URL of an empty, migrated SQLite database."""
    for leftover in folder.glob("trace.db*"):
        leftover.unlink()
    return f"sqlite:///{shutil.copy(template, folder / 'trace.db')}"


async def on_database(url: str, steps: list[Step], life: Life) -> World:
    """The same centre as in memory, on an empty database."""
    clock, layout = MovableClock(), layout_of(steps)
    database = await Database.open(url, clock)
    others = [await Database.open(url, clock)] if life == "two" else []
    queues: list[QueueId] = []
    async with database.write() as write:

        async def person(role: UserRole, login: str) -> AgentId:
            made = await add_user(
                write,
                AUTOMATION,
                login=login,
                name=login,
                roles=frozenset({role}),
                password_hash="-",
                must_change_password=False,
            )
            return made.id

        agents = sorted([await person(UserRole.AGENT, f"agent{number}") for number in range(layout.agents)])
        supervisor = await person(UserRole.SUPERVISOR, "sue")
        for number, desk in enumerate(layout.queues):
            policy = desk.policy(QueueId("-"), agents)
            queue = await add_queue(write, AUTOMATION, f"Desk {number}", [])
            await set_members(write.session, queue.id, policy.levels)
            settings: dict[str, Any] = {
                "call_order": policy.order,
                "weight": policy.weight,
                "consult": policy.consult,
                "auto_assign": policy.auto_assign,
                "level_wait_seconds": int(policy.level_wait.total_seconds()),
            }
            await write.session.execute(update(QueueRow).where(QueueRow.id == queue.id).values(**settings))
            queues.append(queue.id)
        callers = [await add_customer(write, AUTOMATION, f"Customer {number}") for number in range(layout.customers)]
    recorded, rules = frozenset(agents[number] for number in layout.recorded), RecordingRules(database)
    await rules.change(AUTOMATION, (await rules.settings()).version, SettingsChange(on=True))
    for agent in recorded:
        await rules.change_agent(AUTOMATION, 0, OneAgent(agent, AgentRecording(AgentMode.ON), 0))
    world = World(
        database,
        clock,
        agents,
        [customer.id for customer in callers],
        queues[0],
        restart_always=life == "restarts",
        two_engines=life == "two",
    )
    world.queues, world.supervisors = queues, [supervisor]
    world.policies = {queue: desk.policy(queue, agents) for queue, desk in zip(queues, layout.queues, strict=True)}
    world.recorded = recorded
    world.stores = [CallStore(one, [follow_call], policy_for) for one in (database, *others)]
    world.begin()
    world.others = others
    return world


async def rows(world: World, steps: list[Step]) -> list[Any]:
    """What is stored after a trace, with random ids left out."""
    names: dict[str | None, str | None] = {None: None, world.supervisors[0]: "supervisor"}
    names |= {agent: f"agent {position}" for position, agent in enumerate(world.agents)}
    try:
        for step in steps:
            if step[0] != "crash":
                await perform(world, step)
        calls, agents = await world.everything()
        kept: list[Any] = [call_as_kept(call, names) for call in calls]
        for agent in agents:
            activity = type(agent.activity).__name__
            chosen = (agent.status, agent.reason, agent.then, agent.misses)
            kept.append((names[agent.id], chosen, activity, agent.call, agent.deadline, agent.tally))
        told: list[tuple[datetime, str, str | None, str | None]] = []
        for logged in await world.facts():
            if logged.fact.kind.startswith(("call.", "agent.", "wrap_up.", "recording.")):
                told.append((logged.at, logged.fact.kind, logged.fact.call, names[logged.fact.agent]))
        return [*kept, *sorted(told, key=str)]  # of several who are rung at once, the order is that of random ids
    finally:
        await world.close()


def call_as_kept(call: Call, names: dict[str | None, str | None]) -> tuple[Any, ...]:
    """What matters of a call; of one that is over, not which of its legs the customer had last."""
    parties = sorted(
        (party.role, str(names[party.person]), party.leg.state, str(party.leg.deadline))
        for party in call.parties
        if call.live
    )
    skips = sorted((str(names[skip.agent]), skip.at) for skip in call.skipped)
    times = (call.wait_until, call.waiting_since, call.answered_at, call.callback_at, call.deadline)
    return (
        *(call.id, type(call.phase).__name__, names[call.agent], call.returned, call.priority, call.epoch),
        *(call.hearing, call.message, call.recording, times, tuple(parties), tuple(skips)),
    )


def test_a_trace_ends_in_the_same_rows_through_memory_a_database_restarts_and_two_engines(
    sqlite_template: Path, folder: Path, long: bool
) -> None:
    """PLUS-15: nothing that matters is only in memory, and it does not matter which engine an event reaches."""
    rng = random.Random(SEED)

    async def through(steps: list[Step]) -> None:
        layout = layout_of(steps)
        in_memory = await rows(MemoryWorld.of(layout), steps)
        assert await rows(MemoryWorld.of(layout, restart_always=True), steps) == in_memory
        assert await rows(MemoryWorld.of(layout, two_engines=True), steps) == in_memory
        for life in LIVES:
            world = await on_database(fresh(sqlite_template, folder), steps, life)
            assert await rows(world, steps) == in_memory, life

    for _ in range(LONG_SAME if long else SHORT_SAME):
        asyncio.run(through(random_steps(rng)))


def test_a_trace_ends_in_the_same_rows_on_postgresql(
    postgres_server: Postgres, postgres_template: str, long: bool
) -> None:
    """PLUS-15: neither does it matter which database keeps it."""
    rng = random.Random(SEED)

    async def through(steps: list[Step], life: Life) -> None:
        name = postgres_server.new_database(postgres_template)
        world = await on_database(postgres_server.url(name), steps, life)
        assert await rows(world, steps) == await rows(MemoryWorld.of(layout_of(steps)), steps), life
        postgres_server.drop_database(name)

    for number in range(LONG_POSTGRES if long else SHORT_POSTGRES):
        asyncio.run(through(random_steps(rng), LIVES[number % len(LIVES)]))
