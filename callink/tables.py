"""The tables of the call links. Read and written by this package only."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from conversations.db.base import Base, word


class LinkKind(StrEnum):
    """How long a link is valid (LNK-03)."""

    ONE_TIME = "one_time"
    """Until an agent has answered (LNK-11)."""
    EXPIRY = "expiry"
    """For a number of days from its making."""
    TIME_FRAME = "time_frame"
    """From one moment until before another."""


class LinkRow(Base):
    """A call link. Only the hash of its token is known here."""

    __tablename__ = "call_links"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[LinkKind] = mapped_column(word(LinkKind))
    label: Mapped[str] = mapped_column(String(100))
    queue_id: Mapped[str] = mapped_column(ForeignKey("queues.id"), index=True)
    identity: Mapped[str | None] = mapped_column(String(254))
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    """Whom the identity names (LNK-09)."""
    audio_only: Mapped[bool]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    created_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    holder: Mapped[str | None] = mapped_column(ForeignKey("guests.id"))
    """One-time links only: the browser that joined."""
    used_at: Mapped[datetime | None]
    """One-time links only: when an agent answered."""


class ClaimRow(Base):
    """A browser that joined by a link, and its latest call."""

    __tablename__ = "link_claims"

    link_id: Mapped[str] = mapped_column(ForeignKey("call_links.id"), primary_key=True)
    guest_id: Mapped[str] = mapped_column(ForeignKey("guests.id"), primary_key=True)
    call_id: Mapped[str] = mapped_column(String(40), unique=True)
    claimed_at: Mapped[datetime]
