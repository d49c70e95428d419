"""The tables of statuses, dispositions and agents' time. Read and written by this package only."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from callflow.agent import Group
from conversations.db.base import Base, BigNumber, word

_KEPT = text("NOT archived")
_OPEN = text("ended_at IS NULL")


class StatusRow(Base):
    """A status that agents choose. It is never deleted, because agents' time names it. The index keeps names apart."""

    __tablename__ = "statuses"
    __table_args__ = (
        Index("uq_statuses_kept_name", "name_key", unique=True, sqlite_where=_KEPT, postgresql_where=_KEPT),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(200))
    status_group: Mapped[Group] = mapped_column(word(Group))
    place: Mapped[int]
    """Where it stands in its group."""
    archived: Mapped[bool]
    version: Mapped[int]


class DispositionRow(Base):
    """A way in which a call can have ended, chosen in the wrap-up. It is never deleted, because calls name it."""

    __tablename__ = "dispositions"
    __table_args__ = (
        Index("uq_dispositions_kept_name", "name_key", unique=True, sqlite_where=_KEPT, postgresql_where=_KEPT),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(200))
    place: Mapped[int]
    archived: Mapped[bool]
    version: Mapped[int]


class SpanRow(Base):
    """A time in which an agent's status and activity were the same (AST-08). The index keeps one open each."""

    __tablename__ = "agent_spans"
    __table_args__ = (
        Index("ix_agent_spans_agent_id", "agent_id", "began_at"),
        Index("uq_agent_spans_open", "agent_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    number: Mapped[int] = mapped_column(BigNumber, primary_key=True, autoincrement=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(String(32))
    status_group: Mapped[Group] = mapped_column(word(Group))
    activity: Mapped[str] = mapped_column(String(16))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
