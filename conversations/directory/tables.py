"""The tables of the directory. Read and written by this package only."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Dialect, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from callflow.queueing import CallOrder
from conversations.db.base import Base, word


class UserRole(StrEnum):
    """What a person may do (SYS-01)."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Roles(TypeDecorator[frozenset[UserRole]]):
    """A set of roles, as words with commas between them."""

    impl = String(64)
    cache_ok = True

    def process_bind_param(self, value: frozenset[UserRole] | None, dialect: Dialect) -> str | None:
        """Write the words."""
        return None if value is None else ",".join(sorted(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[UserRole] | None:
        """Read the words."""
        return None if value is None else frozenset(UserRole(word) for word in value.split(",") if word)


class DispositionMode(StrEnum):
    """Whether the wrap-up asks how a call ended."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class UserRow(Base):
    """A person who signs in."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("wrap_up_seconds BETWEEN 0 AND 3600", name="wrap_up_seconds"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    login: Mapped[str] = mapped_column(String(100))
    login_key: Mapped[str] = mapped_column(String(200), unique=True)
    """The login without case, which is how it is found."""
    name: Mapped[str] = mapped_column(String(100))
    roles: Mapped[frozenset[UserRole]] = mapped_column(Roles)
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool]
    disabled: Mapped[bool]
    wrap_up_seconds: Mapped[int | None]
    text_capacity: Mapped[int | None]
    """Open conversations in text that the agent may have; None for the usual number (AST-04)."""
    phone: Mapped[str | None] = mapped_column(String(32))
    """The agent's own phone (PHONE-02). Never shown to a customer."""
    version: Mapped[int]
    created_at: Mapped[datetime]


class SessionRow(Base):
    """A signed-in browser. Only the hash of its token is known here."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class SetupRow(Base):
    """The one-time address with which the first administrator is made; at most one row."""

    __tablename__ = "setup"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token_hash: Mapped[str] = mapped_column(String(64))


class WhenGone(StrEnum):
    """What becomes of the conversations of an agent who is gone (PLUS-05)."""

    KEEP = "keep"
    UNASSIGN = "unassign"
    REROUTE = "reroute"
    """To another member who is there; to nobody when none is."""


class QueueRow(Base):
    """A queue. Its row stays when it is deleted, because conversations and calls name it."""

    __tablename__ = "queues"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(200), unique=True)
    """The name without case; the id once it is archived, so that its name is free again."""
    open: Mapped[bool]
    call_order: Mapped[CallOrder] = mapped_column(word(CallOrder))
    weight: Mapped[int]
    auto_assign: Mapped[bool]
    ring_seconds: Mapped[int]
    level_wait_seconds: Mapped[int]
    target_percent: Mapped[int]
    target_seconds: Mapped[int]
    consult: Mapped[bool]
    when_gone: Mapped[WhenGone] = mapped_column(word(WhenGone))
    hours: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Its working hours as `hours.stored` writes them; without them it is always open."""
    archived_at: Mapped[datetime | None]
    version: Mapped[int]


class MemberRow(Base):
    """An agent in a queue, at a level; 1 is the best."""

    __tablename__ = "queue_members"

    queue_id: Mapped[str] = mapped_column(ForeignKey("queues.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    level: Mapped[int]


class TagRow(Base):
    """A word that conversations are sorted by (TAG-01)."""

    __tablename__ = "tags"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    name_key: Mapped[str] = mapped_column(String(100), unique=True)


class SettingsRow(Base):
    """The settings of the centre; exactly one row, which a migration makes."""

    __tablename__ = "settings"
    __table_args__ = (
        CheckConstraint("wrap_up_seconds BETWEEN 0 AND 3600", name="wrap_up_seconds"),
        CheckConstraint("wrap_up_cap_seconds BETWEEN 0 AND 86400", name="wrap_up_cap_seconds"),
        CheckConstraint("link_days BETWEEN 1 AND 365", name="link_days"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    centre_name: Mapped[str] = mapped_column(String(100))
    welcome_text: Mapped[str] = mapped_column(Text)
    not_yet_text: Mapped[str] = mapped_column(Text)
    expired_text: Mapped[str] = mapped_column(Text)
    closed_text: Mapped[str] = mapped_column(Text)
    wrap_up_seconds: Mapped[int]
    wrap_up_cap_seconds: Mapped[int | None]
    link_days: Mapped[int]
    misses_before_away: Mapped[int]
    disposition_mode: Mapped[DispositionMode] = mapped_column(word(DispositionMode))
    version: Mapped[int]
