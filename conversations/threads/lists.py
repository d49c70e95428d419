"""Conversations as lists: My Work, recently viewed, and any given ones."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.agent import ThreadStatus
from callflow.ids import AgentId, ConversationId, CustomerId
from conversations.calls.reading import conversations_in_call
from conversations.directory.people import names_of_users
from conversations.directory.queues import names_of_queues
from conversations.directory.tags import names_of_tags
from conversations.directory.values import Named
from conversations.errors import NotFoundError
from conversations.threads.customers import customer_by_id, names_of_customers
from conversations.threads.reads import unread
from conversations.threads.tables import ConversationRow, ConversationTagRow, ReadRow
from conversations.threads.values import Conversation, ConversationItem, Past, Viewer

MY_WORK_LIMIT = 50
"""MW-11."""
RECENT_LIMIT = 50
HISTORY_LIMIT = 20


async def my_work(session: AsyncSession, who: Viewer, limit: int = MY_WORK_LIMIT) -> tuple[list[ConversationItem], int]:
    """Return the conversations assigned to this user that are not closed, latest contact first, and how many there are.

    At most `MY_WORK_LIMIT` are returned (MW-01 to MW-05, MW-11).
    """
    mine = (ConversationRow.assignee_id == who.user.id, ConversationRow.status != ThreadStatus.CLOSED)
    total = await session.scalar(select(func.count()).select_from(ConversationRow).where(*mine))
    rows = await session.scalars(
        select(ConversationRow)
        .where(*mine)
        .order_by(ConversationRow.last_customer_at.desc(), ConversationRow.id)
        .limit(min(limit, MY_WORK_LIMIT))
    )
    return await _items(session, who.user.id, rows.all()), total or 0


async def recent(session: AsyncSession, who: Viewer, limit: int = RECENT_LIMIT) -> list[ConversationItem]:
    """Return what this user opened lately and may still see, latest first (MW-07)."""
    rows = await session.scalars(
        select(ConversationRow)
        .join(ReadRow, ReadRow.conversation_id == ConversationRow.id)
        .where(ReadRow.user_id == who.user.id, who.seen())
        .order_by(ReadRow.opened_at.desc(), ConversationRow.id)
        .limit(min(limit, RECENT_LIMIT))
    )
    return await _items(session, who.user.id, rows.all())


async def items(
    session: AsyncSession, who: Viewer, conversations: Collection[ConversationId]
) -> list[ConversationItem]:
    """Return those of the given conversations that this user may see."""
    rows = await session.scalars(
        select(ConversationRow).where(ConversationRow.id.in_(conversations), who.seen()).order_by(ConversationRow.id)
    )
    return await _items(session, who.user.id, rows.all())


async def conversation(session: AsyncSession, who: Viewer, key: ConversationId) -> Conversation:
    """Return one conversation with what belongs to it. Raises NotFoundError, also when this user may not see it."""
    row = await visible(session, who, key)
    item = (await _items(session, who.user.id, [row]))[0]
    customer = await customer_by_id(session, CustomerId(row.customer_id))
    if customer is None:
        raise NotFoundError
    others = await session.scalars(
        select(ConversationRow)
        .where(ConversationRow.customer_id == row.customer_id, ConversationRow.id != row.id, who.seen())
        .order_by(ConversationRow.created_at.desc(), ConversationRow.id)
        .limit(HISTORY_LIMIT)
    )
    history = tuple(Past(ConversationId(one.id), one.topic, one.status, one.created_at) for one in others)
    return Conversation(item, row.created_at, row.summary, customer, item.live_call, history, await _tags(session, key))


async def gist(session: AsyncSession, key: ConversationId) -> tuple[str, ThreadStatus]:
    """Return a conversation's summary and status, whoever asks. Raises NotFoundError."""
    row = await session.get(ConversationRow, key, populate_existing=True)
    if row is None:
        raise NotFoundError
    return row.summary, row.status


async def visible(session: AsyncSession, who: Viewer, key: ConversationId) -> ConversationRow:
    """Return a conversation's row. Raises NotFoundError when there is none that this user may see."""
    row = await session.get(ConversationRow, key)
    if row is None or not who.sees(row):
        raise NotFoundError
    return row


async def _tags(session: AsyncSession, key: ConversationId) -> tuple[Named, ...]:
    wanted = select(ConversationTagRow.tag_id).where(ConversationTagRow.conversation_id == key)
    names = await names_of_tags(session, list(await session.scalars(wanted)))
    return tuple(Named(tag, name) for tag, name in sorted(names.items(), key=lambda pair: pair[1].casefold()))


async def _items(session: AsyncSession, user: AgentId, rows: Sequence[ConversationRow]) -> list[ConversationItem]:
    keys = [ConversationId(row.id) for row in rows]
    counts = await unread(session, user, keys)
    live = await conversations_in_call(session, keys)
    customers = await names_of_customers(session, {row.customer_id for row in rows})
    users = await names_of_users(session, {row.assignee_id for row in rows if row.assignee_id})
    queues = await names_of_queues(session, {row.queue_id for row in rows if row.queue_id})
    return [
        ConversationItem(
            id=key,
            topic=row.topic,
            customer=Named(row.customer_id, customers[row.customer_id]),
            status=row.status,
            priority=row.priority,
            queue=Named(row.queue_id, queues[row.queue_id]) if row.queue_id else None,
            assignee=Named(row.assignee_id, users[row.assignee_id]) if row.assignee_id else None,
            last_customer_at=row.last_customer_at,
            preview=row.preview,
            preview_kind=row.preview_kind,
            unread=counts[key],
            live_call=key in live,
            version=row.version,
        )
        for key, row in zip(keys, rows, strict=True)
    ]
