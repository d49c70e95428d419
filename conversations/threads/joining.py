"""How calls join threads. Everything here runs inside the transaction of the call's own change."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.agent import ThreadStatus
from callflow.agent_machine import SaveReport
from callflow.call import Priority
from callflow.facts import AUTOMATION, Actor, ActorKind
from callflow.ids import AgentId, ConversationId, CustomerId, QueueId
from conversations.agents.dispositions import NONE_CHOSEN
from conversations.db.database import Write
from conversations.db.locking import locked
from conversations.directory.settings import read_settings
from conversations.directory.values import DispositionMode
from conversations.threads.changing import (
    SUMMARY_LIMIT,
    add_conversation,
    add_tag,
    customer_was_here,
    set_assignee,
    set_priority,
    set_queue,
    set_status,
)
from conversations.threads.tables import ConversationRow, CustomerRow, PreviewKind, ReportRow


async def thread_for_call(write: Write, customer: CustomerId, queue: QueueId, now: datetime) -> ConversationId:
    """Return the conversation that a call belongs to: the customer's that is not closed, or a new one (CALL-01, ST-04).

    Raises NotFoundError for an unknown customer.
    """
    row = await thread_of(write, customer, queue, now)
    row.preview, row.preview_kind = "", PreviewKind.CALL
    return ConversationId(row.id)


async def thread_to_call(write: Write, actor: Actor, customer: CustomerId, queue: QueueId) -> ConversationId:
    """Return the conversation that a call to a customer belongs to, like `thread_for_call`. Raises NotFoundError."""
    await locked(write.session, CustomerRow, customer)
    row = await open_conversation(write.session, customer)
    if row is None:
        row = await add_conversation(write, actor, customer, assignee=None, queue=queue)
    return ConversationId(row.id)


async def thread_of(write: Write, customer: CustomerId, queue: QueueId | None, now: datetime) -> ConversationRow:
    """Return the row for whatever the customer does now, call or message (ST-03, ST-04). Raises NotFoundError."""
    # The customer's row is the lock: two contacts at the same moment must find the same conversation.
    await locked(write.session, CustomerRow, customer)
    row = await open_conversation(write.session, customer)
    if row is None:
        actor = Actor(ActorKind.CUSTOMER, customer)
        return await add_conversation(write, actor, customer, assignee=None, queue=queue)
    customer_was_here(write, row, now)
    return row


async def mark_by_rule(
    write: Write, conversation: ConversationId, priority: Priority | None, tags: Iterable[str]
) -> Priority:
    """Give the conversation the priority and the tags that a routing rule sets (SYS-02); return the priority it has."""
    row = await locked(write.session, ConversationRow, conversation)
    if priority is not None:
        set_priority(write, AUTOMATION, row, priority)
    for tag in tags:
        await add_tag(write, AUTOMATION, row, tag)
    return row.priority


async def assign_by_answer(write: Write, conversation: ConversationId, agent: AgentId, queue: QueueId) -> None:
    """Give the conversation to the agent who answered, and to the call's queue, with a line in the log each."""
    row = await locked(write.session, ConversationRow, conversation)
    set_assignee(write, AUTOMATION, row, agent)
    set_queue(write, AUTOMATION, row, queue)


async def save_wrap_up(
    write: Write,
    agent: AgentId,
    report: SaveReport,
) -> None:
    """Keep a call's brief report (WRAP-01) and set the conversation's status (WRAP-05).

    The report also becomes the conversation's summary, unless it is empty. This never refuses, because an
    agent's wrap-up must end: a report that is too long is cut, and a closed conversation stays closed
    when the customer has another one by now. Where dispositions are in use, and none was chosen, that is kept.
    """
    row = await locked_thread(write.session, report.conversation)
    summary, status = report.summary.strip()[:SUMMARY_LIMIT], report.thread_status
    disposition = report.disposition
    if disposition is None and (await read_settings(write.session)).disposition_mode is not DispositionMode.OFF:
        disposition = NONE_CHOSEN
    kept = ReportRow(
        call_id=report.call,
        agent_id=agent,
        conversation_id=report.conversation,
        summary=summary,
        disposition_id=disposition,
    )
    await write.session.merge(kept)
    if summary and summary != row.summary:
        row.summary = summary
        row.version += 1
    other = await open_conversation(write.session, CustomerId(row.customer_id))
    if status is not None and (other is None or other.id == row.id):
        set_status(write, Actor(ActorKind.AGENT, agent), row, status)


async def locked_thread(session: AsyncSession, conversation: ConversationId) -> ConversationRow:
    """Return a conversation whose status may be changed: its customer is locked before it. Raises NotFoundError."""
    customer = await session.scalar(select(ConversationRow.customer_id).where(ConversationRow.id == conversation))
    await locked(session, CustomerRow, customer or "")
    return await locked(session, ConversationRow, conversation)


async def open_conversation(session: AsyncSession, customer: CustomerId) -> ConversationRow | None:
    """Find, and lock, the customer's conversation that is not closed."""
    found = select(ConversationRow).where(
        ConversationRow.customer_id == customer, ConversationRow.status != ThreadStatus.CLOSED
    )
    locking = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.scalars(locking)).one_or_none()
