"""Random traces through the machines, the engine and the store (reliability.md section 3, scorecard S1)."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from callflow.agent import DEFAULTS, Group, Status
from callflow.agent_machine import StatusChosen
from callflow.call import Role
from callflow.facts import FactKind
from callflow.ids import StatusId
from tests.callflow import invariants
from tests.callflow.chronicle import Chronicle
from tests.callflow.world import AGENTS, CUSTOMERS, World

pytestmark = [pytest.mark.loop, pytest.mark.timeout(1800)]

SEED = 20261122
Step = tuple[str, int, int]
STATUSES = (*DEFAULTS.values(), Status(StatusId("sts_mail"), Group.AVAILABLE))
SECONDS = (0.5, 2, 5, 10, 15, 20, 31, 61, 605)
DOINGS = (
    "arrive",
    "arrive and connect",
    "connect customer",
    "connect agent",
    "lose customer",
    "lose agent",
    "hang up customer",
    "hang up agent",
    "ready",
    "panel",
    "status",
    "accept",
    "decline",
    "all decline",
    "talk",
    "wrap up",
    "elapse",
    "crash",
)
STEP = st.tuples(st.sampled_from(DOINGS), st.integers(0, 11), st.integers(0, 11))


def traces(long: bool) -> st.SearchStrategy[list[Step]]:
    """Up to 50 steps in the long form, 25 in the short one."""
    return st.lists(STEP, min_size=5, max_size=50 if long else 25)


async def perform(world: World, step: Step) -> None:
    """Do one step; its numbers choose who and what among those there are."""
    doing, first, second = step
    agent = world.agents[first % AGENTS]
    calls = await world.store.live_calls()
    call = calls[first % len(calls)] if calls else None
    match doing:
        case "arrive":
            await world.arrive(world.customers[first % CUSTOMERS])
        case "arrive and connect":
            arrived = await world.arrive(world.customers[first % CUSTOMERS])
            if arrived is not None:
                await world.connect(arrived, Role.CUSTOMER)
        case "ready":
            await world.ready(agent)
        case "panel":
            await world.panel(agent, open=second % 3 == 0, silent=second % 3 == 1)
        case "status":
            await world.do(agent, StatusChosen(STATUSES[second % len(STATUSES)]))
        case "accept":
            await world.accept(agent, times=1 + second % 2)
        case "decline":
            await world.decline(agent)
        case "all decline":
            for each in world.agents:
                await world.decline(each)
        case "talk":
            await world.talk(world.customers[first % CUSTOMERS], agent)
        case "wrap up":
            await world.wrap_up(agent, ("write", "more", "finish")[second % 3])
        case "elapse":
            await world.elapse(SECONDS[second % len(SECONDS)])
        case "crash":
            await world.crash()
        case _ if call is not None:
            what, _, side = doing.rpartition(" ")
            role = Role(side)
            actions: dict[str, Callable[[], Awaitable[object]]] = {
                "connect": lambda: world.connect(call, role),
                "lose": lambda: world.lose(call, role),
                "hang up": lambda: world.hang_up(call, role),
            }
            await actions[what]()
        case _:
            pass


async def run(path: Path, steps: list[Step]) -> None:
    """Do the steps, and look after each whether an invariant is broken. Raises AssertionError."""
    world = await World.open(path)
    chronicle = Chronicle(world)
    try:
        for step in steps:
            await perform(world, step)
            await chronicle.check()
        for agent in world.agents:
            await world.panel(agent, open=False)
        await world.elapse(5 * 3600)
        await chronicle.check()
        await invariants.check_quiet(world)
    finally:
        await world.close()


async def rows(path: Path, steps: list[Step], *, restart_always: bool) -> list[object]:
    """What is stored after a trace, with random ids left out."""
    world = await World.open(path, restart_always=restart_always)
    number = {agent: f"agent {position}" for position, agent in enumerate(world.agents)}
    try:
        for step in steps:
            if step[0] != "crash":
                await perform(world, step)
        kept: list[object] = []
        calls, agents = await world.everything()
        for call in calls:
            leg = call.customer_leg
            agent = number.get(call.agent or world.agents[0]) if call.agent else None
            kept.append((call.id, type(call.phase).__name__, agent, call.deadline, call.epoch, leg.state, leg.deadline))
        for agent in agents:
            kept.append((number[agent.id], agent.status, agent.reason, type(agent.activity).__name__, agent.deadline))
        for logged in await world.facts():
            who = number.get(logged.fact.agent) if logged.fact.agent else None
            if logged.fact.kind is FactKind.USER_CHANGED:
                continue
            kept.append((logged.number, logged.at, logged.fact.kind, logged.fact.call, who))
        return kept
    finally:
        await world.close()


def fresh(template: Path, folder: Path) -> Path:
    for leftover in folder.glob("trace.db*"):
        leftover.unlink()
    return Path(shutil.copy(template, folder / "trace.db"))


def test_no_random_trace_breaks_an_invariant(sqlite_template: Path, folder: Path, long: bool) -> None:
    """CALL-02, CALL-04, PLUS-06, PLUS-07, PLUS-08, PLUS-15: I1 to I6 and I10 hold after every step."""
    ran = 0

    @seed(SEED)
    @settings(
        max_examples=2000 if long else 300, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(traces(long))
    def trace(steps: list[Step]) -> None:
        nonlocal ran
        ran += 1
        asyncio.run(run(fresh(sqlite_template, folder), steps))

    trace()
    print(f"{ran} traces, seed {SEED}")


def test_a_restart_after_every_event_ends_in_the_same_rows(sqlite_template: Path, folder: Path, long: bool) -> None:
    """PLUS-15: nothing that matters is only in memory."""

    @seed(SEED)
    @settings(
        max_examples=300 if long else 40, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(traces(long))
    def trace(steps: list[Step]) -> None:
        in_memory = asyncio.run(rows(fresh(sqlite_template, folder), steps, restart_always=False))
        restarted = asyncio.run(rows(fresh(sqlite_template, folder), steps, restart_always=True))
        assert restarted == in_memory

    trace()
