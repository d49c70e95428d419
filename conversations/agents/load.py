"""How much work in text each agent has (AST-04)."""

from collections.abc import Mapping

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.agent import ThreadStatus
from callflow.ids import AgentId
from conversations.calls.tables import CallRow
from conversations.threads.tables import ConversationRow


async def texts_by_agent(session: AsyncSession, agent: AgentId | None = None) -> Mapping[AgentId, int]:
    """Count the open conversations without a call in them that each agent has, or one of them."""
    with_call = exists().where(CallRow.conversation_id == ConversationRow.id)
    counted = (
        select(ConversationRow.assignee_id, func.count())
        .where(ConversationRow.assignee_id.is_not(None), ConversationRow.status == ThreadStatus.OPEN, ~with_call)
        .group_by(ConversationRow.assignee_id)
    )
    if agent is not None:
        counted = counted.where(ConversationRow.assignee_id == agent)
    return {AgentId(row[0] or ""): row[1] for row in await session.execute(counted)}
