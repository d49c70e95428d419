"""The tables of sounds and waiting strategies. Read and written by this package only."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from conversations.db.base import Base, word


class SoundKind(StrEnum):
    """What an uploaded file is, by its content."""

    WAV = "wav"
    MP3 = "mp3"
    OGG = "ogg"


class PartKind(StrEnum):
    """What a sound is for."""

    GREETING = "greeting"
    MUSIC = "music"
    ANNOUNCEMENT = "announcement"
    FAREWELL = "farewell"


class SoundRow(Base):
    """An uploaded sound; its files lie in the data folder under its id."""

    __tablename__ = "sounds"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[SoundKind] = mapped_column(word(SoundKind))
    bytes: Mapped[int]
    seconds: Mapped[float]
    added_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime]


class StrategyRow(Base):
    """A waiting strategy; what it says and plays is in its parts."""

    __tablename__ = "waiting_strategies"
    __table_args__ = (
        CheckConstraint("longest_seconds BETWEEN 10 AND 3600", name="longest_seconds"),
        CheckConstraint("gap_seconds BETWEEN 10 AND 3600", name="gap_seconds"),
        CheckConstraint("greeting_on OR music_on OR announcements_on OR farewell_on", name="something_on"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(200), unique=True)
    longest_seconds: Mapped[int]
    gap_seconds: Mapped[int]
    greeting_on: Mapped[bool]
    music_on: Mapped[bool]
    announcements_on: Mapped[bool]
    farewell_on: Mapped[bool]
    places_on: Mapped[bool]
    places_language: Mapped[str | None] = mapped_column(String(40))
    places_voice: Mapped[str | None] = mapped_column(String(40))
    places_rate: Mapped[int | None]
    messages_on: Mapped[bool]
    version: Mapped[int]


class PartRow(Base):
    """One thing that a strategy says or plays: a text with a voice, or an uploaded sound."""

    __tablename__ = "waiting_parts"
    __table_args__ = (CheckConstraint("(text IS NULL) != (sound_id IS NULL)", name="one_source"),)

    strategy_id: Mapped[str] = mapped_column(ForeignKey("waiting_strategies.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[PartKind] = mapped_column(word(PartKind), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(40))
    voice: Mapped[str | None] = mapped_column(String(40))
    rate: Mapped[int | None]
    sound_id: Mapped[str | None] = mapped_column(ForeignKey("sounds.id"), index=True)


class WaitingQueueRow(Base):
    """The strategy of a queue. The key lets a queue have one only (WSV-01)."""

    __tablename__ = "waiting_queues"

    queue_id: Mapped[str] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True)
    strategy_id: Mapped[str] = mapped_column(ForeignKey("waiting_strategies.id", ondelete="CASCADE"), index=True)


class WaitingLinkRow(Base):
    """The strategy of a call link. The key lets a link have one only (WSV-01); links are never deleted."""

    __tablename__ = "waiting_links"

    link_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    strategy_id: Mapped[str] = mapped_column(ForeignKey("waiting_strategies.id", ondelete="CASCADE"), index=True)
