"""Counting the calls of a queue."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.ids import QueueId
from conversations.calls.rows import LIVE
from conversations.calls.tables import CallRow


async def live_calls_of(session: AsyncSession, queue: QueueId) -> tuple[int, int]:
    """Return how many callers wait in a queue, whether it rings for them or not, and how many are past that."""
    found = await session.execute(
        select(CallRow.phase, func.count())
        .where(CallRow.queue_id == queue, CallRow.phase.in_(LIVE))
        .group_by(CallRow.phase)
    )
    counts: dict[str, int] = {row[0]: row[1] for row in found}
    waiting = sum(counts.get(phase, 0) for phase in ("waiting", "ringing"))
    return waiting, sum(counts.values()) - waiting
