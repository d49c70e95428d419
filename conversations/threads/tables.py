"""The tables of the threads. Read and written by this package only."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callflow.agent import ThreadStatus
from callflow.call import Priority
from conversations.db.base import Base, BigNumber, word


class PreviewKind(StrEnum):
    """What the line under a conversation's name shows (MW-04)."""

    MESSAGE = "message"
    CALL = "call"
    NONE = "none"


class TextKind(StrEnum):
    """A message is public, a note is internal."""

    MESSAGE = "message"
    NOTE = "note"


class Sender(StrEnum):
    """Which side wrote a text (MW-10)."""

    CUSTOMER = "customer"
    AGENT = "agent"


class CustomerRow(Base):
    """A person who contacts the centre."""

    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(200), index=True)
    """The name without case, for searching."""
    address: Mapped[str | None] = mapped_column(String(254), unique=True)
    """Normalised: one person has one thread (PLUS-11)."""
    city: Mapped[str | None] = mapped_column(String(100))
    country: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime]


class GuestRow(Base):
    """A customer's browser, known by a cookie. `customer_id` is whom it named itself, if it was asked."""

    __tablename__ = "guests"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    created_at: Mapped[datetime]


class ConversationRow(Base):
    """One conversation. The partial index keeps a customer to one that is not closed (ST-04)."""

    __tablename__ = "conversations"
    __table_args__ = (
        Index(
            "uq_conversations_customer_id_open",
            "customer_id",
            unique=True,
            sqlite_where=text("status <> 'closed'"),
            postgresql_where=text("status <> 'closed'"),
        ),
        Index(None, "assignee_id", "last_customer_at"),
        Index(None, "customer_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    topic: Mapped[str] = mapped_column(String(200))
    status: Mapped[ThreadStatus] = mapped_column(word(ThreadStatus))
    priority: Mapped[Priority] = mapped_column(word(Priority))
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    queue_id: Mapped[str | None] = mapped_column(ForeignKey("queues.id"), index=True)
    summary: Mapped[str] = mapped_column(Text)
    preview: Mapped[str] = mapped_column(String(200))
    preview_kind: Mapped[PreviewKind] = mapped_column(word(PreviewKind))
    created_at: Mapped[datetime]
    last_customer_at: Mapped[datetime]
    version: Mapped[int]


class ConversationTagRow(Base):
    """A tag that a conversation has (TAG-01)."""

    __tablename__ = "conversation_tags"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    tag_id: Mapped[str] = mapped_column(ForeignKey("tags.id"), primary_key=True, index=True)


class TextRow(Base):
    """A message or a note. Its time and place in the thread are those of its fact, which names it."""

    __tablename__ = "texts"
    __table_args__ = (UniqueConstraint("conversation_id", "key"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    kind: Mapped[TextKind] = mapped_column(word(TextKind))
    sender: Mapped[Sender] = mapped_column(word(Sender))
    text: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(String(64))
    """Chosen by the page; makes a repeat harmless."""


class ReportRow(Base):
    """The brief report of one agent about one call, written in the wrap-up (WRAP-01): a transfer makes two."""

    __tablename__ = "agent_reports"

    call_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    agent_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    summary: Mapped[str] = mapped_column(Text)
    disposition_id: Mapped[str | None] = mapped_column(String(40))


class ReadRow(Base):
    """What one user has read and when he last opened it. Never shared between users (MW-09)."""

    __tablename__ = "conversation_reads"
    __table_args__ = (Index(None, "user_id", "opened_at"),)

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    upto: Mapped[int] = mapped_column(BigNumber)
    """The number of the last fact that was there to be read."""
    marked: Mapped[bool] = mapped_column(Boolean)
    """Set unread again by hand."""
    opened_at: Mapped[datetime]
