"""The tables of delivery: the customer's server, and each file on its way to it. Only this room uses them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from conversations.db.base import Base, BigNumber, word
from recording.delivery import State
from recording.server import TransferProtocol
from recording.storages.errors import Fault

THE_TARGET = 1


class TargetRow(Base):
    """The one row of the customer's server; without a host none is configured."""

    __tablename__ = "recording_target"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    protocol: Mapped[TransferProtocol] = mapped_column(word(TransferProtocol))
    host: Mapped[str] = mapped_column(String(253))
    port: Mapped[int]
    user: Mapped[str] = mapped_column(String(200))
    secret: Mapped[str | None] = mapped_column(Text)
    """Sealed by `secrets.Keys` for this row."""
    by_key: Mapped[bool]
    fingerprint: Mapped[str | None] = mapped_column(String(100))
    template: Mapped[str] = mapped_column(String(200))
    failover: Mapped[bool]
    upload: Mapped[bool]
    version: Mapped[int]
    trouble: Mapped[Fault | None] = mapped_column(word(Fault))
    trouble_sentence: Mapped[str] = mapped_column(Text)
    trouble_since: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    """When it last took a file."""


class DeliveryRow(Base):
    """A finished file of a recording that is to be brought to the server."""

    __tablename__ = "recording_deliveries"
    __table_args__ = (Index("ix_recording_deliveries_due_at", "state", "due_at"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    path: Mapped[str] = mapped_column(String(300))
    """Of the file, below the folder of all recordings."""
    name: Mapped[str] = mapped_column(Text)
    """At the server; it stays, whatever becomes of the template."""
    size: Mapped[int] = mapped_column(BigNumber)
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[State] = mapped_column(word(State))
    since: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int]
    kept: Mapped[bool]
    fault: Mapped[Fault | None] = mapped_column(word(Fault))
    sentence: Mapped[str] = mapped_column(Text)
    lease_until: Mapped[datetime | None]
    """Until then whoever uploads it is believed to live."""
    account: Mapped[str | None] = mapped_column(Text)
    """Where it was sent to, when that began last; of those of before it was noted nobody knows."""
    epoch: Mapped[int]


class RemovalRow(Base):
    """A delivered file of a recording that is deleted here, and is to be removed at the server too."""

    __tablename__ = "recording_removals"
    __table_args__ = (Index("ix_recording_removals_due_at", "due_at"),)

    delivery_id: Mapped[str] = mapped_column(ForeignKey("recording_deliveries.id"), primary_key=True)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int]
    done_at: Mapped[datetime | None]
    fault: Mapped[Fault | None] = mapped_column(word(Fault))
    sentence: Mapped[str] = mapped_column(Text)
    epoch: Mapped[int]
