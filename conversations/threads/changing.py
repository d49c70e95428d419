"""Changes of a conversation, each with its line in the log (LOG-01)."""

from datetime import datetime

from callflow.agent import ThreadStatus
from callflow.call import Priority
from callflow.facts import AUTOMATION, Actor, Fact, FactKind
from callflow.ids import AgentId, ConversationId, CustomerId, QueueId, new_id
from conversations.db.database import Write
from conversations.db.locking import locked
from conversations.threads.tables import ConversationRow, ConversationTagRow, CustomerRow, PreviewKind

SUMMARY_LIMIT = 1000
TOPIC_LIMIT = 200
PREVIEW_LIMIT = 200


async def add_conversation(
    write: Write, actor: Actor, customer: CustomerId, *, assignee: AgentId | None, queue: QueueId | None
) -> ConversationRow:
    """Make an open conversation, named after the customer (CNV-02). He has no other that is not closed."""
    name = (await locked(write.session, CustomerRow, customer)).name
    now = write.clock.now()
    row = ConversationRow(
        id=new_id("conv"),
        customer_id=customer,
        topic=f"Talking with {name}",
        status=ThreadStatus.OPEN,
        priority=Priority.NORMAL,
        assignee_id=assignee,
        queue_id=queue,
        summary="",
        preview="",
        preview_kind=PreviewKind.NONE,
        created_at=now,
        last_customer_at=now,
        version=1,
    )
    write.session.add(row)
    await write.session.flush()
    write.fact(Fact(FactKind.CONVERSATION_CREATED, actor, ConversationId(row.id), agent=assignee, queue=queue))
    return row


def set_status(write: Write, actor: Actor, row: ConversationRow, status: ThreadStatus) -> None:
    """Set the status; agents may at any time (ST-01)."""
    if row.status is not status:
        _log(write, actor, row, "status", row.status, status)
        row.status = status


def set_priority(write: Write, actor: Actor, row: ConversationRow, priority: Priority) -> None:
    """Set the priority (CNV-03)."""
    if row.priority is not priority:
        _log(write, actor, row, "priority", row.priority, priority)
        row.priority = priority


def set_assignee(write: Write, actor: Actor, row: ConversationRow, assignee: AgentId | None) -> None:
    """Give the conversation to somebody."""
    if row.assignee_id != assignee:
        _log(write, actor, row, "assignee", row.assignee_id, assignee)
        row.assignee_id = assignee


def set_queue(write: Write, actor: Actor, row: ConversationRow, queue: QueueId | None) -> None:
    """Move the conversation to a queue."""
    if row.queue_id != queue:
        _log(write, actor, row, "queue", row.queue_id, queue)
        row.queue_id = queue


async def add_tag(write: Write, actor: Actor, row: ConversationRow, tag: str) -> None:
    """Give the conversation a tag, by its id; a second time does nothing (TAG-01)."""
    if await write.session.get(ConversationTagRow, (row.id, tag)) is None:
        _log(write, actor, row, "tag", None, tag)
        write.session.add(ConversationTagRow(conversation_id=row.id, tag_id=tag))
        await write.session.flush()


def set_topic(write: Write, actor: Actor, row: ConversationRow, topic: str) -> None:
    """Rename the conversation (CNV-02). The fact says only that it was: facts hold no text."""
    if row.topic != topic:
        _log(write, actor, row, "topic", None, None)
        row.topic = topic


def set_summary(write: Write, actor: Actor, row: ConversationRow, summary: str) -> None:
    """Set the summary (CNV-05). The fact says only that it was."""
    if row.summary != summary:
        _log(write, actor, row, "summary", None, None)
        row.summary = summary


def customer_was_here(write: Write, row: ConversationRow, now: datetime) -> None:
    """Note a contact by the customer; it opens a conversation that was Waiting or Solved again (ST-03, ST-05)."""
    row.last_customer_at = now
    set_status(write, AUTOMATION, row, ThreadStatus.OPEN)


def _log(write: Write, actor: Actor, row: ConversationRow, field: str, old: str | None, new: str | None) -> None:
    row.version += 1
    write.fact(
        Fact(
            FactKind.CONVERSATION_CHANGED,
            actor,
            ConversationId(row.id),
            agent=AgentId(row.assignee_id) if row.assignee_id else None,
            queue=QueueId(row.queue_id) if row.queue_id else None,
            data={"field": field, "old": old, "new": new},
        )
    )
