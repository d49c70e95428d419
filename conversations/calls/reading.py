"""Reading calls and agents inside somebody's session."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.agent import Agent
from callflow.call import Call, Role
from callflow.ids import AgentId, CallId, ConversationId
from conversations.calls.rows import LIVE, to_agent, to_call
from conversations.calls.tables import AgentRow, CallRow, PartyRow


async def call_by_id(session: AsyncSession, call: CallId) -> Call | None:
    """Read a call, live or over."""
    return next(iter(await calls_by_id(session, [call])), None)


async def calls_by_id(session: AsyncSession, ids: Sequence[CallId]) -> list[Call]:
    """Read calls in the order of `ids`; ones that do not exist are left out."""
    if not ids:
        return []
    fresh = {"populate_existing": True}
    found = await session.scalars(select(CallRow).where(CallRow.id.in_(ids)).execution_options(**fresh))
    rows = {row.id: row for row in found}
    parties: dict[str, list[PartyRow]] = {}
    for party in await session.scalars(
        select(PartyRow)
        .where(PartyRow.call_id.in_(ids), PartyRow.live | (PartyRow.role == Role.CUSTOMER))
        .execution_options(**fresh)
    ):
        parties.setdefault(party.call_id, []).append(party)
    return [to_call(rows[call], parties[call]) for call in ids if call in rows]


async def live_calls(session: AsyncSession, phases: Collection[str] = LIVE) -> list[Call]:
    """Read the calls that are not over, or those in some phases, oldest first."""
    ids = await session.scalars(
        select(CallRow.id).where(CallRow.phase.in_(phases)).order_by(CallRow.started_at, CallRow.id)
    )
    return await calls_by_id(session, [CallId(call) for call in ids])


async def conversations_in_call(
    session: AsyncSession, conversations: Collection[ConversationId]
) -> frozenset[ConversationId]:
    """Say which of these conversations have a live call."""
    found = await session.scalars(
        select(CallRow.conversation_id).where(CallRow.conversation_id.in_(conversations), CallRow.phase.in_(LIVE))
    )
    return frozenset(ConversationId(conversation) for conversation in found)


async def agent_by_id(session: AsyncSession, agent: AgentId) -> Agent | None:
    """Read an agent's live state, or None when he never had one."""
    row = await session.get(AgentRow, agent, populate_existing=True)
    return to_agent(row) if row else None


async def all_agents(session: AsyncSession) -> Mapping[AgentId, Agent]:
    """Read every agent's live state."""
    rows = await session.scalars(select(AgentRow).execution_options(populate_existing=True))
    return {AgentId(row.id): to_agent(row) for row in rows}
