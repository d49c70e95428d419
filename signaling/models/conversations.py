"""Conversations and customers."""

from callflow.agent import ThreadStatus
from callflow.call import Priority
from conversations.threads.values import PreviewKind
from signaling.models.common import Id, Key, MessageText, Model, Moment, Name, Ref, Text, Version
from signaling.models.entries import Entry


class Customer(Model):
    """A customer."""

    id: str
    name: str
    address: str | None
    city: str | None
    country: str | None
    created_at: Moment


class ConversationItem(Model):
    """A conversation as a list shows it."""

    id: str
    topic: str
    customer: Ref
    status: ThreadStatus
    priority: Priority
    queue: Ref | None
    assignee: Ref | None
    last_customer_at: Moment | None
    preview: str
    preview_kind: PreviewKind
    unread: int
    live_call: bool
    version: int


class PastConversation(Model):
    """Another conversation of the same customer (CUS-04)."""

    id: str
    topic: str
    status: ThreadStatus
    created_at: Moment


class Conversation(Model):
    """A conversation with everything beside its thread."""

    id: str
    topic: str
    customer: Customer
    status: ThreadStatus
    priority: Priority
    queue: Ref | None
    assignee: Ref | None
    last_customer_at: Moment | None
    preview: str
    preview_kind: PreviewKind
    unread: int
    live_call: bool
    version: int
    created_at: Moment
    summary: str
    can_message: bool
    history: list[PastConversation]
    tags: list[Ref]


class ConversationPage(Model):
    """Some conversations of a list, and how many there are in all."""

    items: list[ConversationItem]
    total: int


class EntryPage(Model):
    """Some entries of a thread in the order of their numbers; `upto` is the number to go on after."""

    items: list[Entry]
    upto: int


class NewConversation(Model):
    """A conversation to begin: with a known customer, or a new one by name."""

    customer_id: Id | None = None
    customer_name: Name | None = None


class ConversationChange(Model):
    """What to change of a conversation; what is left out stays."""

    version: Version
    status: ThreadStatus | None = None
    topic: Name | None = None
    priority: Priority | None = None
    summary: Text | None = None


class NewText(Model):
    """A message or a note to add; the same `key` twice adds it once."""

    text: MessageText
    key: Key
