"""Two processes, each with an engine of its own, act on one database at the same moment (scorecard S2)."""

import asyncio
import contextlib
import multiprocessing
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Literal, NamedTuple

import pytest

from callflow.call import Call, Reservation, Ringing, Role, Talking, Waiting
from callflow.engine import Engine
from callflow.errors import RefusedError
from callflow.events import AgentAccepted, AgentReserved, CallEvent, HungUp, TimePassed, TransferAsked
from callflow.facts import FactKind
from callflow.ids import CallId
from callflow.limits import RING_TIME
from callflow.queueing import QueuePolicy
from conversations.calls.store import CallStore, CallTransaction
from conversations.db.database import Database
from tests.callflow.races import LIMIT
from tests.callflow.rivals import SEED, Arena, staffed
from tests.callflow.wire import Wire
from tests.clock import MovableClock

pytestmark = [pytest.mark.loop, pytest.mark.timeout(1800)]

SHORT, LONG = 200, 2000
LATER = (0.0, 0.0, 0.002, 0.005, 0.01)
"""Seconds by which a process begins after the barrier, so that each is the first at times."""
DONE = "done"


class Asked(NamedTuple):
    """An event for a call."""

    call: CallId
    event: CallEvent


Doing = Asked | Literal["sweep", "route"]


@dataclass(frozen=True)
class Turn:
    """What one process does in one round."""

    doing: Doing
    now: datetime
    later: float


async def perform(engine: Engine[CallTransaction], doing: Doing) -> str:
    """Do it, and say what came of it: `DONE`, the code of a refusal, "nothing to offer", or what went wrong."""
    try:
        if isinstance(doing, Asked):
            await engine.ask(doing.call, doing.event)
        elif doing == "sweep":
            await engine.sweep()
        elif not await engine.route():
            return "nothing to offer"
    except RefusedError as refused:
        return refused.code
    except Exception as error:
        return f"went wrong: {error!r}"
    return DONE


def rival(url: str, barrier: Barrier, turns: Connection) -> None:
    """One process: it keeps its engine for all rounds, and begins each when the other begins."""
    clock = MovableClock()
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(url, clock))
        engine = Engine[CallTransaction](CallStore(database), Wire(), clock)
        for turn in received(turns):
            clock.advance((turn.now - clock.now()).total_seconds())
            barrier.wait(LIMIT)
            time.sleep(turn.later)
            turns.send(runner.run(perform(engine, turn.doing)))
        runner.run(engine.stop())
        runner.run(database.close())


def received(turns: Connection) -> Iterator[Turn]:
    """Every turn, until the test closes its end."""
    with contextlib.suppress(EOFError):
        while True:
            yield turns.recv()


@contextlib.contextmanager
def two_processes(url: str) -> Generator[list[Connection]]:
    """Start both, and end them when all rounds are over."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    pipes = [context.Pipe() for _ in range(2)]
    processes = [context.Process(target=rival, args=(url, barrier, theirs), daemon=True) for _, theirs in pipes]
    for process, (_, theirs) in zip(processes, pipes, strict=True):
        process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
    try:
        yield [ours for ours, _ in pipes]
    finally:
        for ours, _ in pipes:
            ours.close()
        for process in processes:
            process.join(LIMIT)
    assert [process.exitcode for process in processes] == [0, 0]


@dataclass
class Races(Arena):
    """Rounds between the two processes; the test's own engine sets them up."""

    pipes: tuple[Connection, ...] = ()

    async def race(self, *doings: Doing) -> list[str]:
        """Have each done by one of the processes, as chance has it; return what came of each."""
        pipes = self.rng.sample(self.pipes, 2)
        for pipe, doing in zip(pipes, doings, strict=True):
            pipe.send(Turn(doing, self.world.clock.now(), self.rng.choice(LATER)))
        results = [await asyncio.to_thread(answer, pipe) for pipe in pipes]
        assert not any(result.startswith("went wrong") for result in results), results
        return results

    async def told(self, call: Call, *kinds: FactKind) -> list[FactKind]:
        """Check what must hold after any race; return what of `kinds` the log says of the call."""
        return await self.agree(frozenset(kinds), call)


def answer(pipe: Connection) -> str:
    assert pipe.poll(LIMIT), "no answer"
    return str(pipe.recv())


def only(results: list[str]) -> str:
    """Which of two got what only one can have."""
    assert results.count(DONE) == 1, results
    return ("the first", "the second")[results.index(DONE)]


def accept(call: CallId, ring: Reservation) -> Asked:
    return Asked(call, AgentAccepted(ring.id, ring.agent, "tab"))


async def two_answer(races: Races) -> str:
    call, offers = await races.held(*races.world.agents[:2])
    won = only(await races.race(*(accept(call.id, offer) for offer in offers)))
    assert await races.told(call, FactKind.CALL_ANSWERED) == [FactKind.CALL_ANSWERED]
    return won


async def answer_against_time(races: Races) -> str:
    call, (ring,) = await races.held(races.world.agents[0])
    races.world.clock.advance(RING_TIME.total_seconds())
    look: Doing = races.rng.choice(("sweep", Asked(call.id, TimePassed())))
    results = await races.race(accept(call.id, ring), look)
    (end,) = await races.told(call, FactKind.CALL_ANSWERED, FactKind.CALL_MISSED)
    assert (end is FactKind.CALL_ANSWERED) == (results[0] == DONE)
    return str(end)


async def answer_against_hang_up(races: Races) -> str:
    call, (ring,) = await races.held(races.world.agents[0])
    results = await races.race(accept(call.id, ring), Asked(call.id, HungUp(Role.CUSTOMER)))
    assert results[1] == DONE, "CALL-06: a hang-up always ends the call"
    told = await races.told(call, FactKind.CALL_ANSWERED, FactKind.CALL_ENDED)
    answered = [FactKind.CALL_ANSWERED] if results[0] == DONE else []
    assert told == [*answered, FactKind.CALL_ENDED]
    return str(told[0])


async def two_calls_for_one_agent(races: Races) -> str:
    calls = [await races.caller(), await races.caller()]
    agent = races.rng.choice(races.world.agents)
    won = only(await races.race(*(Asked(call.id, AgentReserved((races.offer(agent),))) for call in calls)))
    phases = [type(call.phase) for call in await races.world.store.live_calls()]
    assert Counter(phases) == {Ringing: 1, Waiting: 1}
    await races.agree(frozenset(), calls[0])
    return won


async def both_hand_out(races: Races) -> str:
    """Each process sees all callers and all agents free at first."""
    calls = [await races.caller() for _ in range(races.rng.randint(1, 3))]
    results = await races.race("route", "route")
    live = await races.world.store.live_calls()
    assert len({ring.agent for call in live for ring in call.rings}) == len(calls)
    assert {type(call.phase) for call in live} == {Ringing}
    for call in calls:
        assert await races.told(call, FactKind.CALL_RINGING) == [FactKind.CALL_RINGING]
    return "both" if results == [DONE, DONE] else only(results)


async def transfer_against_hang_up(races: Races) -> str:
    first, second = races.world.agents[:2]
    call, (ring,) = await races.held(first)
    talk = await races.world.engine.ask(call.id, AgentAccepted(ring.id, first, "tab"))
    assert isinstance(talk.phase, Talking)
    policy = QueuePolicy(races.world.queue, dict.fromkeys(races.world.agents, 1))
    transfer = TransferAsked(first, races.offer(second), policy)
    results = await races.race(Asked(call.id, transfer), Asked(call.id, HungUp(Role.CUSTOMER)))
    assert results[1] == DONE, "CALL-06: a hang-up always ends the call"
    assert not await races.world.store.live_calls()
    told = await races.told(call, FactKind.CALL_TRANSFERRED, FactKind.CALL_ENDED)
    transferred = [FactKind.CALL_TRANSFERRED] if results[0] == DONE else []
    assert told == [*transferred, FactKind.CALL_ENDED]
    return str(told[0])


KINDS: tuple[Callable[[Races], Awaitable[str]], ...] = (
    two_answer,
    answer_against_time,
    answer_against_hang_up,
    two_calls_for_one_agent,
    both_hand_out,
    transfer_against_hang_up,
)


async def test_two_processes_never_give_one_call_or_one_agent_twice(
    database: Database, database_url: str, clock: MovableClock, long: bool
) -> None:
    """CALL-02, CALL-05, CALL-06, PLUS-15, PLUS-16, XFER-04; S2: whoever is the first, there is one outcome."""
    outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    with two_processes(database_url) as pipes:
        races = Races(await staffed(database, clock), pipes=tuple(pipes))
        for number in range(LONG if long else SHORT):
            kind = KINDS[number % len(KINDS)]
            outcomes[kind.__name__][await kind(races)] += 1
            await races.clear()
        await races.world.engine.stop()
    print(f"seed {SEED}:", {kind: dict(counts) for kind, counts in outcomes.items()})
    one_sided = {kind: counts for kind, counts in outcomes.items() if len(counts) < 2}
    assert not one_sided, "a race that one side always wins is none"
