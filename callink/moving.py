"""What becomes of call links when their queue is deleted (SYS-03)."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor
from callflow.ids import LinkId, QueueId
from callink.issuing import link_changed
from callink.tables import LinkRow
from conversations.db.audit import audit
from conversations.db.database import Write
from conversations.directory.archiving import Uses

_SHOWN = 5
"""Labels that are shown of those that use a queue."""


async def links_of_queue(session: AsyncSession, queue: QueueId) -> Uses:
    """Say which links lead to a queue, latest first; revoked ones lead nowhere."""
    those = (LinkRow.queue_id == queue, LinkRow.revoked_at.is_(None))
    count = await session.scalar(select(func.count()).select_from(LinkRow).where(*those)) or 0
    labels = select(LinkRow.label).where(*those, LinkRow.label != "").order_by(LinkRow.created_at.desc()).limit(_SHOWN)
    return Uses("links", count, tuple(await session.scalars(labels)))


async def move_links(write: Write, actor: Actor, old: QueueId, new: QueueId) -> None:
    """Let the links of a queue lead to another."""
    rows = await write.session.scalars(
        select(LinkRow).where(LinkRow.queue_id == old).order_by(LinkRow.id).with_for_update(key_share=True)
    )
    for row in rows.all():
        row.queue_id = new
        link_changed(write, actor, LinkId(row.id), new)
        await audit(write, actor, "call_link", row.id, row.label, {"queue": old}, {"queue": new})
