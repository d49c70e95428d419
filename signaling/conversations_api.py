"""Conversations and customers."""

from typing import Annotated

from pydantic import Field

from callflow.ids import ConversationId, CustomerId
from conversations.threads.service import Threads
from signaling.http.api import Api
from signaling.http.problems import Problem, showing_stale
from signaling.http.rules import SIGNED_IN, SignedIn
from signaling.models.conversations import (
    Conversation,
    ConversationChange,
    ConversationPage,
    Customer,
    EntryPage,
    NewConversation,
    NewText,
)
from signaling.models.entries import Entry
from signaling.views import conversation, conversation_item, customer, entry


class ConversationsApi:
    """Handlers of `/conversations` and `/customers`. Who may see which conversation, the service knows."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    def register(self, api: Api) -> None:
        """Add the routes."""
        one = "/conversations/{conversation_id}"
        tag = "conversations"
        api.get("/conversations", self.list_conversations, rule=SIGNED_IN, tag=tag)
        api.post("/conversations", self.create_conversation, rule=SIGNED_IN, status=201, tag=tag)
        api.get(one, self.get_conversation, rule=SIGNED_IN, tag=tag)
        api.patch(one, self.change_conversation, rule=SIGNED_IN, tag=tag)
        api.get(f"{one}/entries", self.list_entries, rule=SIGNED_IN, tag=tag)
        api.post(f"{one}/messages", self.add_message, rule=SIGNED_IN, status=201, tag=tag)
        api.post(f"{one}/notes", self.add_note, rule=SIGNED_IN, status=201, tag=tag)
        api.post(f"{one}/read", self.mark_read, rule=SIGNED_IN, tag=tag)
        api.post(f"{one}/unread", self.mark_unread, rule=SIGNED_IN, tag=tag)
        api.get("/customers", self.find_customers, rule=SIGNED_IN, tag=tag)

    async def list_conversations(
        self, who: SignedIn, *, mine: bool = False, recent: bool = False, limit: Annotated[int, Field(ge=1, le=50)] = 50
    ) -> ConversationPage:
        """List My Work (`mine=true`), or what I opened lately (`recent=true`)."""
        if mine == recent:
            raise Problem(422, "invalid", "Ask for mine=true or for recent=true.")
        if recent:
            found = await self._threads.recent(who.user, limit)
            total = len(found)
        else:
            found, total = await self._threads.my_work(who.user, limit)
        return ConversationPage(items=[conversation_item(item) for item in found], total=total)

    async def create_conversation(self, who: SignedIn, new: NewConversation) -> Conversation:
        """Begin a conversation with a known customer or a new one, assigned to me."""
        if (new.customer_id is None) == (new.customer_name is None):
            raise Problem(422, "invalid", "Give either customer_id or customer_name.")
        made = await self._threads.create(
            who.user,
            customer=None if new.customer_id is None else CustomerId(new.customer_id),
            customer_name=new.customer_name,
        )
        return conversation(made)

    async def get_conversation(self, who: SignedIn, conversation_id: ConversationId) -> Conversation:
        """Return a conversation."""
        return conversation(await self._threads.get(who.user, conversation_id))

    async def change_conversation(
        self, who: SignedIn, conversation_id: ConversationId, change: ConversationChange
    ) -> Conversation:
        """Change a conversation's status, topic, priority or summary."""
        with showing_stale(conversation):
            changed = await self._threads.change(
                who.user,
                conversation_id,
                change.version,
                status=change.status,
                topic=change.topic,
                priority=change.priority,
                summary=change.summary,
            )
        return conversation(changed)

    async def list_entries(
        self,
        who: SignedIn,
        conversation_id: ConversationId,
        *,
        after: Annotated[int, Field(ge=0, lt=2**63)] = 0,
        limit: Annotated[int, Field(ge=1, le=500)] = 200,
    ) -> EntryPage:
        """Return the thread after a number; ask again with `upto` until it stays the same."""
        page = await self._threads.entries(who.user, conversation_id, after, limit)
        return EntryPage(items=[entry(item) for item in page.items], upto=page.upto)

    async def add_message(self, who: SignedIn, conversation_id: ConversationId, new: NewText) -> Entry:
        """Write to the customer on the call page."""
        return entry(await self._threads.add_message(who.user, conversation_id, new.text, new.key))

    async def add_note(self, who: SignedIn, conversation_id: ConversationId, new: NewText) -> Entry:
        """Write for colleagues; the customer never sees it."""
        return entry(await self._threads.add_note(who.user, conversation_id, new.text, new.key))

    async def mark_read(self, who: SignedIn, conversation_id: ConversationId) -> None:
        """Note that I opened it."""
        await self._threads.read(who.user, conversation_id)

    async def mark_unread(self, who: SignedIn, conversation_id: ConversationId) -> None:
        """Set it unread again, for me."""
        await self._threads.unread(who.user, conversation_id)

    async def find_customers(
        self, who: SignedIn, *, search: Annotated[str, Field(max_length=100)] = ""
    ) -> list[Customer]:
        """Find customers by a part of the name or address."""
        return [customer(found) for found in await self._threads.customers(search)]
