"""What becomes of a queue's waiting strategy when the queue is deleted (SYS-03)."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor, Fact, FactKind
from callflow.ids import QueueId
from conversations.db.audit import audit
from conversations.db.database import Write
from conversations.directory.archiving import Uses
from conversations.waiting.checking import described
from conversations.waiting.rows import strategy_by_id
from conversations.waiting.strategies import SUBJECT
from conversations.waiting.tables import StrategyRow, WaitingQueueRow


async def strategies_of_queue(session: AsyncSession, queue: QueueId) -> Uses:
    """Say which waiting strategy a queue has."""
    names = await session.scalars(
        select(StrategyRow.name)
        .join(WaitingQueueRow, WaitingQueueRow.strategy_id == StrategyRow.id)
        .where(WaitingQueueRow.queue_id == queue)
    )
    found = tuple(names)
    return Uses("strategies", len(found), found)


async def forget_queue(write: Write, actor: Actor, old: QueueId, _new: QueueId) -> None:
    """Let the strategy of a queue apply to it no more; the other queue keeps the one that it has."""
    entry = await write.session.get(WaitingQueueRow, old)
    if entry is None:
        return
    before = await strategy_by_id(write.session, entry.strategy_id)
    await write.session.execute(delete(WaitingQueueRow).where(WaitingQueueRow.queue_id == old))
    after = await strategy_by_id(write.session, before.id)
    await audit(write, actor, SUBJECT, before.id, before.wish.name, described(before.wish), described(after.wish))
    write.fact(Fact(FactKind.STRATEGIES_CHANGED, actor))
