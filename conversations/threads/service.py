"""What people do with conversations. Each method is one transaction, and asks who may see what."""

from sqlalchemy.ext.asyncio import AsyncSession

from callflow.agent import ThreadStatus
from callflow.call import Priority
from callflow.facts import Actor, ActorKind
from callflow.ids import ConversationId, CustomerId
from conversations.calls.reading import conversations_in_call
from conversations.db.database import Database
from conversations.db.locking import locked
from conversations.directory.people import names_of_users
from conversations.directory.values import User
from conversations.errors import AlreadyOpenError, NotFoundError, RefusedError, StaleError
from conversations.threads import lists, reads, timeline
from conversations.threads.changing import (
    SUMMARY_LIMIT,
    TOPIC_LIMIT,
    add_conversation,
    set_priority,
    set_status,
    set_summary,
    set_topic,
)
from conversations.threads.customers import Customer, add_customer, search_customers
from conversations.threads.entries import Entry, Page
from conversations.threads.joining import locked_thread, open_conversation, thread_of
from conversations.threads.lists import visible
from conversations.threads.tables import ConversationRow, CustomerRow, Sender, TextKind
from conversations.threads.texts import add_text, text_with_key
from conversations.threads.values import Conversation, ConversationItem, viewer
from conversations.values import clean_line, clean_text

ENTRIES_LIMIT = 500


class Threads:
    """The conversations of the centre."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def my_work(self, user: User, limit: int = lists.MY_WORK_LIMIT) -> tuple[list[ConversationItem], int]:
        """Return My Work and how many conversations there are in all."""
        async with self._database.read() as session:
            return await lists.my_work(session, await viewer(session, user), limit)

    async def recent(self, user: User, limit: int = lists.RECENT_LIMIT) -> list[ConversationItem]:
        """Return what this user opened lately."""
        async with self._database.read() as session:
            return await lists.recent(session, await viewer(session, user), limit)

    async def get(self, user: User, conversation: ConversationId) -> Conversation:
        """Return one conversation. Raises NotFoundError."""
        async with self._database.read() as session:
            return await lists.conversation(session, await viewer(session, user), conversation)

    async def entries(self, user: User, conversation: ConversationId, after: int, limit: int) -> Page:
        """Return the thread after a number. Raises NotFoundError."""
        async with self._database.read() as session:
            await visible(session, await viewer(session, user), conversation)
            return await timeline.entries(session, conversation, after, min(limit, ENTRIES_LIMIT))

    async def customers(self, search: str) -> list[Customer]:
        """Return customers by a part of their name or address."""
        async with self._database.read() as session:
            return await search_customers(session, search)

    async def create(
        self, user: User, *, customer: CustomerId | None = None, customer_name: str | None = None
    ) -> Conversation:
        """Begin a conversation with a known or a new customer, assigned to this user (MW-06).

        Raises AlreadyOpenError, NotFoundError, InvalidError.
        """
        async with self._database.write() as write:
            if customer is None:
                customer = (await add_customer(write, user.actor, customer_name or "")).id
            await locked(write.session, CustomerRow, customer)
            await _none_open(write.session, customer)
            row = await add_conversation(write, user.actor, customer, assignee=user.id, queue=None)
        return await self.get(user, ConversationId(row.id))

    async def change(
        self,
        user: User,
        conversation: ConversationId,
        version: int,
        *,
        status: ThreadStatus | None = None,
        topic: str | None = None,
        priority: Priority | None = None,
        summary: str | None = None,
    ) -> Conversation:
        """Change a conversation. Raises NotFoundError, StaleError, InvalidError, AlreadyOpenError."""
        async with self._database.write() as write:
            who = await viewer(write.session, user)
            await visible(write.session, who, conversation)
            row = await locked_thread(write.session, conversation)
            if row.version != version:
                raise StaleError(await lists.conversation(write.session, who, conversation))
            if status is not None and row.status is ThreadStatus.CLOSED and status is not ThreadStatus.CLOSED:
                await _none_open(write.session, CustomerId(row.customer_id))
            if topic is not None:
                set_topic(write, user.actor, row, clean_line("topic", topic, TOPIC_LIMIT))
            if priority is not None:
                set_priority(write, user.actor, row, priority)
            if summary is not None:
                set_summary(write, user.actor, row, clean_text("summary", summary, SUMMARY_LIMIT, least=0))
            if status is not None:
                set_status(write, user.actor, row, status)
        return await self.get(user, conversation)

    async def add_message(self, user: User, conversation: ConversationId, text: str, key: str) -> Entry:
        """Write to the customer, who must be on the call page.

        Raises NotFoundError, InvalidError, RefusedError ``no_channel``.
        """
        return await self._add(user, conversation, TextKind.MESSAGE, text, key)

    async def add_note(self, user: User, conversation: ConversationId, text: str, key: str) -> Entry:
        """Write for colleagues. Raises NotFoundError, InvalidError."""
        return await self._add(user, conversation, TextKind.NOTE, text, key)

    async def add_customer_message(
        self, customer: CustomerId, conversation: ConversationId, text: str, key: str
    ) -> Entry:
        """Take a message from the call page of this conversation's call.

        When the conversation was closed meanwhile the message begins another (ST-04). Raises InvalidError,
        NotFoundError.
        """
        async with self._database.write() as write:
            row = await locked_thread(write.session, conversation)
            if row.customer_id != customer:
                raise NotFoundError
            row = await thread_of(write, customer, None, write.clock.now())
            actor = Actor(ActorKind.CUSTOMER, customer)
            added = await add_text(write, actor, row, TextKind.MESSAGE, Sender.CUSTOMER, text, key)
        async with self._database.read() as session:
            return await timeline.entry_of_text(session, ConversationId(row.id), added)

    async def read(self, user: User, conversation: ConversationId) -> None:
        """Note that this user opened it, which marks it read (MW-09). Raises NotFoundError."""
        async with self._database.write() as write:
            await visible(write.session, await viewer(write.session, user), conversation)
            await reads.opened(write, user.id, conversation)

    async def unread(self, user: User, conversation: ConversationId) -> None:
        """Set it unread again for this user. Raises NotFoundError."""
        async with self._database.write() as write:
            await visible(write.session, await viewer(write.session, user), conversation)
            await reads.mark_unread(write, user.id, conversation)

    async def _add(self, user: User, conversation: ConversationId, kind: TextKind, text: str, key: str) -> Entry:
        async with self._database.write() as write:
            await visible(write.session, await viewer(write.session, user), conversation)
            row = await locked(write.session, ConversationRow, conversation)
            repeated = await text_with_key(write, conversation, key)
            live = await conversations_in_call(write.session, [conversation])
            if kind is TextKind.MESSAGE and not live and not repeated:
                raise RefusedError("no_channel", "The customer is not on the call page now.")
            added = await add_text(write, user.actor, row, kind, Sender.AGENT, text, key)
        async with self._database.read() as session:
            return await timeline.entry_of_text(session, conversation, added)


async def _none_open(session: AsyncSession, customer: CustomerId) -> None:
    """Raise AlreadyOpenError when the customer has a conversation that is not closed."""
    row = await open_conversation(session, customer)
    if row is not None:
        names = await names_of_users(session, [row.assignee_id] if row.assignee_id else [])
        raise AlreadyOpenError(ConversationId(row.id), next(iter(names.values()), None))
