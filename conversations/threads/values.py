"""Conversations as the rest of Parley sees them, and who may see them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, true
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.agent import ThreadStatus
from callflow.call import Priority
from callflow.facts import Actor
from callflow.ids import ConversationId, QueueId
from conversations.directory.queues import queues_of
from conversations.directory.values import Named, User
from conversations.threads.customers import Customer
from conversations.threads.tables import ConversationRow, PreviewKind


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks at conversations, with what decides which ones."""

    user: User
    queues: frozenset[QueueId]

    @property
    def actor(self) -> Actor:
        """How facts name this person."""
        return self.user.actor

    def sees(self, row: ConversationRow) -> bool:
        """Say whether this person may see a conversation: his own, an unassigned one, or one of his queues."""
        return (
            self.user.leads
            or row.assignee_id in (None, self.user.id)
            or (row.queue_id is not None and row.queue_id in self.queues)
        )

    def seen(self) -> ColumnElement[bool]:
        """Return the same as a condition on conversations."""
        if self.user.leads:
            return true()
        return or_(
            ConversationRow.assignee_id.is_(None),
            ConversationRow.assignee_id == self.user.id,
            ConversationRow.queue_id.in_(self.queues),
        )


async def viewer(session: AsyncSession, user: User) -> Viewer:
    """Return a user with the queues that he is in now."""
    return Viewer(user, await queues_of(session, user.id))


@dataclass(frozen=True, slots=True)
class ConversationItem:
    """A conversation in a list (MW-04, MW-05)."""

    id: ConversationId
    topic: str
    customer: Named
    status: ThreadStatus
    priority: Priority
    queue: Named | None
    assignee: Named | None
    last_customer_at: datetime
    preview: str
    preview_kind: PreviewKind
    unread: int
    """For the user who asked: customer messages since he read last; at least 1 when he marked it unread."""
    live_call: bool
    version: int


@dataclass(frozen=True, slots=True)
class Past:
    """Another conversation of the same customer."""

    id: ConversationId
    topic: str
    status: ThreadStatus
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation with everything about it but its entries."""

    item: ConversationItem
    created_at: datetime
    summary: str
    customer: Customer
    can_message: bool
    """The customer is on the call page now."""
    history: tuple[Past, ...]
    """Latest first."""
    tags: tuple[Named, ...]
    """By name (TAG-01)."""
