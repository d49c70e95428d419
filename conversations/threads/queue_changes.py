"""What becomes of conversations when a queue is deleted, or when their agent is gone (SYS-03, PLUS-05)."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.agent import Agent, Group, ThreadStatus
from callflow.facts import AUTOMATION, Actor
from callflow.ids import AgentId, QueueId
from conversations.calls.reading import all_agents
from conversations.db.database import Write
from conversations.directory.archiving import Uses
from conversations.directory.queues import all_queues
from conversations.directory.tables import WhenGone
from conversations.directory.values import DEFAULT_QUEUE, Queue
from conversations.threads.changing import set_assignee, set_queue
from conversations.threads.tables import ConversationRow


async def conversations_of_queue(session: AsyncSession, queue: QueueId) -> Uses:
    """Count the conversations in a queue that are not closed."""
    wanted = select(func.count()).where(
        ConversationRow.queue_id == queue, ConversationRow.status != ThreadStatus.CLOSED
    )
    return Uses("conversations", await session.scalar(wanted) or 0)


async def move_conversations(write: Write, actor: Actor, old: QueueId, new: QueueId) -> None:
    """Move the conversations of a queue that are not closed, with a line in the log each; the closed ones keep it."""
    wanted = select(ConversationRow).where(
        ConversationRow.queue_id == old, ConversationRow.status != ThreadStatus.CLOSED
    )
    for row in await _locked(write, wanted.order_by(ConversationRow.id)):
        set_queue(write, actor, row, new)


async def release_work(write: Write, agent: AgentId) -> None:
    """Do with the open conversations of an agent who is gone what their queues say (PLUS-05).

    Only those that wait for us: what is Waiting for the customer, or Solved, stays with whom the customer knows.
    """
    queues = {queue.id: queue for queue in await all_queues(write.session)}
    wanted = select(ConversationRow).where(
        ConversationRow.assignee_id == agent, ConversationRow.status == ThreadStatus.OPEN
    )
    for row in await _locked(write, wanted.order_by(ConversationRow.last_customer_at, ConversationRow.id)):
        queue = queues.get(QueueId(row.queue_id or DEFAULT_QUEUE)) or queues[DEFAULT_QUEUE]
        match queue.when_gone:
            case WhenGone.KEEP:
                pass
            case WhenGone.UNASSIGN:
                set_assignee(write, AUTOMATION, row, None)
            case WhenGone.REROUTE:
                set_assignee(write, AUTOMATION, row, await _somebody_else(write, queue, agent))


async def _somebody_else(write: Write, queue: Queue, gone: AgentId) -> AgentId | None:
    """Return the member who may be given work and has the least of it, of the best level; None when nobody is there."""
    await write.session.flush()
    agents = await all_agents(write.session)
    there = [member for member in queue.members if member.id != gone and _here(agents.get(member.id))]
    found = await write.session.execute(
        select(ConversationRow.assignee_id, func.count())
        .where(ConversationRow.assignee_id.in_([member.id for member in there]))
        .where(ConversationRow.status == ThreadStatus.OPEN)
        .group_by(ConversationRow.assignee_id)
    )
    load: dict[str | None, int] = {row[0]: row[1] for row in found}
    best = min(there, key=lambda member: (member.level, load.get(member.id, 0), member.id), default=None)
    return best.id if best else None


def _here(agent: Agent | None) -> bool:
    """Say whether an agent may be given work other than calls (ASG-06)."""
    return agent is not None and agent.status.group is Group.AVAILABLE and agent.reachable


async def _locked(write: Write, wanted: Select[ConversationRow]) -> Sequence[ConversationRow]:
    locking = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await write.session.scalars(locking)).all()
