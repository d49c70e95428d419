"""Reading calls and agents inside somebody's session."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TypeVar

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.agent import Agent
from callflow.call import Call, Role
from callflow.ids import AgentId, CallId, ConversationId, CustomerId
from callflow.limits import OFFERS_IN_VAIN
from conversations.calls.agent_rows import to_agent
from conversations.calls.rows import LIVE, to_call
from conversations.calls.tables import AgentRow, CallRow, PartyRow

log = logging.getLogger(__name__)

T = TypeVar("T")


async def call_by_id(session: AsyncSession, call: CallId) -> Call | None:
    """Read a call, live or over."""
    return next(iter(await calls_by_id(session, [call])), None)


async def calls_by_id(session: AsyncSession, ids: Sequence[CallId]) -> list[Call]:
    """Read calls in the order of `ids`; ones that do not exist are left out."""
    rows, parties = await _rows_of(session, ids)
    return [to_call(rows[call], parties[call]) for call in ids if call in rows]


async def live_calls(session: AsyncSession, phases: Collection[str] = LIVE) -> list[Call]:
    """Read the calls that are not over, or those in some phases, oldest first; a broken one is left out, and logged."""
    ids = await session.scalars(
        select(CallRow.id).where(CallRow.phase.in_(phases)).order_by(CallRow.started_at, CallRow.id)
    )
    rows, parties = await _rows_of(session, [CallId(call) for call in ids])
    built = (_built(key, partial(to_call, row, parties[key])) for key, row in rows.items())
    return [call for call in built if call is not None]


async def neglected_calls(session: AsyncSession) -> list[Call]:
    """Read the calls that nobody answers, who waits the longest first."""
    offered = CallRow.phase.in_(("waiting", "ringing")) & (CallRow.offers >= OFFERS_IN_VAIN)
    since = func.coalesce(CallRow.waiting_since, CallRow.started_at)
    ids = await session.scalars(select(CallRow.id).where(offered).order_by(since, CallRow.id))
    return await calls_by_id(session, [CallId(call) for call in ids])


async def conversations_in_call(
    session: AsyncSession, conversations: Collection[ConversationId]
) -> frozenset[ConversationId]:
    """Say which of these conversations have a live call."""
    found = await session.scalars(
        select(CallRow.conversation_id).where(CallRow.conversation_id.in_(conversations), CallRow.phase.in_(LIVE))
    )
    return frozenset(ConversationId(conversation) for conversation in found)


async def live_calls_of(session: AsyncSession, customer: CustomerId) -> list[CallId]:
    """Name the calls of a customer that are not over."""
    found = await session.scalars(select(CallRow.id).where(CallRow.customer_id == customer, CallRow.phase.in_(LIVE)))
    return [CallId(call) for call in found]


async def live_calls_in(session: AsyncSession, conversation: ConversationId) -> list[CallId]:
    """Name a conversation's calls that are not over."""
    found = select(CallRow.id).where(CallRow.conversation_id == conversation, CallRow.phase.in_(LIVE))
    return [CallId(call) for call in await session.scalars(found)]


async def agent_by_id(session: AsyncSession, agent: AgentId) -> Agent | None:
    """Read an agent's live state, or None when he never had one."""
    row = await session.get(AgentRow, agent, populate_existing=True)
    return to_agent(row) if row else None


async def all_agents(session: AsyncSession) -> Mapping[AgentId, Agent]:
    """Read every agent's live state; a broken row is left out, and logged."""
    return await _agents(session, select(AgentRow))


async def agents_by_id(session: AsyncSession, ids: Collection[AgentId]) -> Mapping[AgentId, Agent]:
    """Read the live states of these agents; who never had one is left out."""
    return await _agents(session, select(AgentRow).where(AgentRow.id.in_(ids))) if ids else {}


async def _agents(session: AsyncSession, which: Select[AgentRow]) -> Mapping[AgentId, Agent]:
    rows = await session.scalars(which.execution_options(populate_existing=True))
    agents = (_built(row.id, partial(to_agent, row)) for row in rows)
    return {agent.id: agent for agent in agents if agent is not None}


async def _rows_of(
    session: AsyncSession, ids: Sequence[CallId]
) -> tuple[dict[str, CallRow], dict[str, list[PartyRow]]]:
    """Read calls and those of their parties that count, in one statement: two might see two different moments."""
    rows: dict[str, CallRow] = {}
    parties: dict[str, list[PartyRow]] = {}
    if not ids:
        return rows, parties
    counts = PartyRow.live | (PartyRow.role == Role.CUSTOMER)
    found = await session.execute(
        select(CallRow, PartyRow)
        .join(PartyRow, and_(PartyRow.call_id == CallRow.id, counts))
        .where(CallRow.id.in_(ids))
        .order_by(CallRow.started_at, CallRow.id)
        .execution_options(populate_existing=True)
    )
    for row, party in found:
        rows[row.id] = row
        parties.setdefault(row.id, []).append(party)
    return rows, parties


def _built(key: str, build: Callable[[], T]) -> T | None:
    """Build a value for a list; one broken row must not take the whole list with it."""
    try:
        return build()
    except (ValueError, LookupError):
        log.exception("the row of %s is broken", key)
        return None
