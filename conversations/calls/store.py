"""The engine's store: every change of a call or an agent is a compare-and-set in one transaction."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.agent import Agent, StatusReason, new_agent
from callflow.agent_machine import SaveReport
from callflow.call import Call, Talking
from callflow.errors import LostRaceError, RefusedError
from callflow.events import AgentPolicy, RecordingPolicy
from callflow.facts import ActorKind, Fact, FactKind
from callflow.ids import AgentId, CallId
from callflow.ports import Floor
from callflow.waiting import Place
from conversations.agents.led import audit_led
from conversations.agents.spans import begin_span, note_span
from conversations.calls.agent_rows import agent_values
from conversations.calls.reading import agent_by_id, all_agents, call_by_id, live_calls
from conversations.calls.rows import call_values, party_values
from conversations.calls.standing import places_of
from conversations.calls.tables import AgentRow, CallRow, PartyRow
from conversations.db.database import Database, Write
from conversations.directory.queues import policies
from conversations.directory.settings import read_settings, wrap_up_seconds_for
from conversations.threads.joining import assign_by_answer, save_wrap_up
from conversations.threads.queue_changes import release_work

Projection = Callable[[Write, Fact, Call], Awaitable[None]]
"""What another room does, in the same transaction, when a fact of a call is recorded."""

_GONE = frozenset({StatusReason.DISCONNECTED, StatusReason.BARRED})

RecordingRule = Callable[[Write, AgentId, Call], Awaitable[RecordingPolicy]]
"""Says whether a talk is recorded: the room of recordings knows."""

NODE = "local"
"""The name of this process in rows; several nodes come with the cluster issue."""


TRANSITION_LIMIT = 2.0
"""Seconds in which a change of a call or an agent is written, or is not made (reliability S17)."""


class CallTransaction:
    """One transaction on calls and agents. `write` is the transaction that other rooms join."""

    def __init__(self, write: Write, projections: Sequence[Projection], recording: RecordingRule) -> None:
        self.write = write
        self._session = write.session
        self._projections = projections
        self._before: dict[AgentId, Agent] = {}
        """The agents that were read, as they were."""
        self._recording = recording

    async def call(self, call: CallId) -> Call | None:
        """Read a call, or None when there is none."""
        return await call_by_id(self._session, call)

    async def add_call(self, call: Call) -> None:
        """Write a new call with its parties. Raises `RefusedError` when an agent of it has another call."""
        await self._session.execute(
            insert(CallRow).values(
                id=call.id,
                conversation_id=call.conversation,
                customer_id=call.customer,
                link_id=call.link,
                media=call.media,
                direction=call.direction,
                started_at=call.started_at,
                epoch=call.epoch,
                node=NODE,
                worker=0,
                **call_values(call),
            )
        )
        await self._save_parties(call)

    async def save_call(self, call: Call) -> None:
        """Write a call and its parties. Raises `LostRaceError`, or `RefusedError` when an agent has another call."""
        await _compare_and_set(self._session, CallRow, call.id, call.epoch, call_values(call))
        await self._save_parties(call)

    async def agent(self, agent: AgentId) -> Agent:
        """Read an agent's live state; one who never signed in is Offline. Raises `LostRaceError`."""
        known = await agent_by_id(self._session, agent)
        if known is None:
            known = new_agent(agent, self.write.clock.now())
            row = insert(AgentRow).values(id=agent, epoch=known.epoch, **agent_values(known))
            try:
                await self._session.execute(row)
            except IntegrityError as error:
                raise LostRaceError(f"agents {agent}") from error
            await begin_span(self.write, known)
        self._before[agent] = known
        return known

    async def save_agent(self, agent: Agent) -> None:
        """Write an agent's live state. Raises `LostRaceError`."""
        await _compare_and_set(self._session, AgentRow, agent.id, agent.epoch, agent_values(agent))
        await note_span(self.write, agent)

    async def agent_policy(self, agent: AgentId) -> AgentPolicy:
        """Read what holds for this agent; the agent's own wrap-up wins over the centre's (WRAP-02)."""
        settings = await read_settings(self._session)
        length, cap = await wrap_up_seconds_for(self._session, agent)
        return AgentPolicy(
            timedelta(seconds=length), None if cap is None else timedelta(seconds=cap), settings.misses_before_away
        )

    async def recording_policy(self, agent: AgentId, call: Call) -> RecordingPolicy:
        """Ask the room of recordings whether this agent's talk is recorded."""
        return await self._recording(self.write, agent, call)

    async def save_report(self, agent: AgentId, report: SaveReport) -> None:
        """Write a wrap-up's summary and status into the conversation, and summary and disposition onto the call."""
        await save_wrap_up(self.write, agent, report)

    async def record(self, fact: Fact, call: Call | None) -> None:
        """Append a fact; an answer assigns the thread, and other rooms do what they bound to it.

        A consulted colleague who takes the call over has answered it before, and gets the thread now.
        The conversations of an agent whose connection is lost for good, or who may not work any more, become what
        their queues say (PLUS-05). What a supervisor did with an agent is audited (SYS-08).
        """
        self.write.fact(fact)
        gone = fact.kind is FactKind.AGENT_STATUS and fact.data.get("reason") in _GONE
        if gone and fact.agent is not None:
            await release_work(self.write, fact.agent)
        before = self._before.get(fact.agent) if fact.agent is not None else None
        if fact.actor.kind is ActorKind.SUPERVISOR and before is not None:
            await audit_led(self.write, fact, before)
        if call is None:
            return
        takes_over = fact.kind is FactKind.CALL_TRANSFERRED and isinstance(call.phase, Talking)
        if (fact.kind is FactKind.CALL_ANSWERED or takes_over) and fact.agent is not None:
            await assign_by_answer(self.write, call.conversation, fact.agent, call.queue)
        for projection in self._projections:
            await projection(self.write, fact, call)

    async def _save_parties(self, call: Call) -> None:
        parties = dict(party_values(call))
        # Who is out of the call first: he may be in another one by the same transaction.
        await self._session.execute(
            update(PartyRow)
            .where(PartyRow.call_id == call.id, PartyRow.live, PartyRow.leg_id.not_in(parties))
            .values(live=False)
        )
        for leg, values in parties.items():
            statement = update(PartyRow).where(PartyRow.leg_id == leg).values(**values)
            try:
                if (await _run(self._session, statement)).rowcount == 0:
                    await self._session.execute(insert(PartyRow).values(leg_id=leg, **values))
            except IntegrityError as error:
                raise RefusedError("not_available", "This agent is in another call.") from error


async def never_recorded(write: Write, agent: AgentId, call: Call) -> RecordingPolicy:
    """The rule where nothing is recorded."""
    return RecordingPolicy()


class CallStore:
    """Calls and agents in the database."""

    def __init__(
        self, database: Database, projections: Iterable[Projection] = (), recording: RecordingRule = never_recorded
    ) -> None:
        self._database = database
        self._projections = tuple(projections)
        self._recording = recording

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[CallTransaction]:
        """Begin a writing transaction. Raises `StoreAwayError`, and `StoreBrokeOffError` when it may be done again."""
        async with self._database.write(TRANSITION_LIMIT) as write:
            yield CallTransaction(write, self._projections, self._recording)

    async def call(self, call: CallId) -> Call | None:
        """Read a call, live or over."""
        async with self._database.read() as session:
            return await call_by_id(session, call)

    async def agent(self, agent: AgentId) -> Agent | None:
        """Read an agent's live state, or None when he never had one."""
        async with self._database.read() as session:
            return await agent_by_id(session, agent)

    async def live_calls(self) -> Sequence[Call]:
        """Read the calls that are not over, oldest first."""
        async with self._database.read() as session:
            return await live_calls(session)

    async def agents(self) -> Sequence[Agent]:
        """Read all agents' live states."""
        async with self._database.read() as session:
            return list((await all_agents(session)).values())

    async def floor(self) -> Floor:
        """Read all that routing looks at, as of one moment."""
        async with self._database.read() as session:
            waiting = await live_calls(session, ("waiting",))
            if not waiting:
                return Floor((), (), {})
            agents = await all_agents(session)
            return Floor(waiting, list(agents.values()), await policies(session))

    async def places(self, calls: Collection[CallId]) -> Mapping[CallId, Place]:
        """Say where these callers stand, as of one moment; not of who does not wait, or is told nothing of places."""
        async with self._database.read() as session:
            return await places_of(session, calls)

    async def due(self, now: datetime) -> tuple[Sequence[CallId], Sequence[AgentId]]:
        """Name the calls and the agents whose deadline has come, the latest last."""
        async with self._database.read() as session:
            calls = await session.scalars(
                select(CallRow.id).where(CallRow.deadline_at <= now).order_by(CallRow.deadline_at)
            )
            agents = await session.scalars(
                select(AgentRow.id).where(AgentRow.deadline_at <= now).order_by(AgentRow.deadline_at)
            )
            return [CallId(call) for call in calls], [AgentId(agent) for agent in agents]

    async def next_deadline(self) -> datetime | None:
        """Read the earliest deadline of any call or agent."""
        async with self._database.read() as session:
            earliest = [
                await session.scalar(select(func.min(CallRow.deadline_at))),
                await session.scalar(select(func.min(AgentRow.deadline_at))),
            ]
            return min((when for when in earliest if when is not None), default=None)


async def _compare_and_set(
    session: AsyncSession, table: type[CallRow] | type[AgentRow], key: str, epoch: int, values: dict[str, Any]
) -> None:
    statement = update(table).where(table.id == key, table.epoch == epoch).values(epoch=epoch + 1, **values)
    if (await _run(session, statement)).rowcount != 1:
        raise LostRaceError(f"{table.__tablename__} {key}")


async def _run(session: AsyncSession, statement: Any) -> CursorResult[Any]:
    result = await session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result)
