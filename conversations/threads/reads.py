"""What each user has read, and what he opened lately (MW-05, MW-07, MW-09)."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor, ActorKind, Fact, FactKind
from callflow.ids import AgentId, ConversationId
from conversations.db.database import Write
from conversations.db.facts import customer_messages_since, last_number
from conversations.threads.tables import ReadRow


async def unread(
    session: AsyncSession, user: AgentId, conversations: Collection[ConversationId]
) -> Mapping[ConversationId, int]:
    """Count, for one user, the customer's messages since he read last; at least 1 when he marked it unread."""
    found = await session.scalars(
        select(ReadRow)
        .where(ReadRow.user_id == user, ReadRow.conversation_id.in_(conversations))
        .execution_options(populate_existing=True)
    )
    rows = {row.conversation_id: row for row in found}
    upto = {key: rows[key].upto if key in rows else 0 for key in conversations}
    counts = await customer_messages_since(session, upto)
    marked = {key for key in conversations if key in rows and rows[key].marked}
    return {key: max(counts.get(key, 0), 1 if key in marked else 0) for key in conversations}


async def opened(write: Write, user: AgentId, conversation: ConversationId) -> None:
    """Note that a user opened a conversation, which marks it read. Logged when that changes anything."""
    before = (await unread(write.session, user, [conversation]))[conversation]
    row = await _row(write, user, conversation)
    row.upto, row.marked, row.opened_at = await last_number(write.session), False, write.clock.now()
    if before:
        _log(write, user, conversation)


async def mark_unread(write: Write, user: AgentId, conversation: ConversationId) -> None:
    """Set a conversation unread again, for this user only."""
    row = await _row(write, user, conversation)
    row.marked = True
    _log(write, user, conversation)


async def _row(write: Write, user: AgentId, conversation: ConversationId) -> ReadRow:
    row = await write.session.get(ReadRow, (user, conversation))
    if row is None:
        row = ReadRow(user_id=user, conversation_id=conversation, upto=0, marked=False, opened_at=write.clock.now())
        write.session.add(row)
    return row


def _log(write: Write, user: AgentId, conversation: ConversationId) -> None:
    write.fact(Fact(FactKind.CONVERSATION_READ, Actor(ActorKind.AGENT, user), conversation, agent=user))
