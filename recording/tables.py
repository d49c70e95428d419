"""The tables of recordings. Only this room's own files use them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from callflow.call import Direction, Media
from conversations.db.base import Base, BigNumber, word
from recording.policy import AgentMode, Directions
from recording.states import PreparationState, RecordingKind, RecordingState


class RecordingRow(Base):
    """What is kept of one call, or of a message that was left in one."""

    __tablename__ = "recordings"
    __table_args__ = (
        Index("ix_recordings_started_at", "started_at"),
        Index("ix_recordings_deadline_at", "deadline_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    kind: Mapped[RecordingKind] = mapped_column(word(RecordingKind), default=RecordingKind.CALL, server_default="call")
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    queue_id: Mapped[str] = mapped_column(ForeignKey("queues.id"))
    direction: Mapped[Direction] = mapped_column(word(Direction))
    media: Mapped[Media] = mapped_column(word(Media))
    """What is kept: of a video call the sound alone, perhaps."""
    download: Mapped[bool]
    state: Mapped[RecordingState] = mapped_column(word(RecordingState))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When the call was over: its length counts from `started_at` until then."""
    seconds: Mapped[float | None]
    size: Mapped[int | None] = mapped_column(BigNumber)
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """Of each finished file its kind, name, bytes, seconds and SHA-256."""
    folder: Mapped[str | None] = mapped_column(String(200))
    """Of the finished files, below the folder of all recordings."""
    partial: Mapped[bool]
    """Something is missing: a process died, or a disk was full."""
    why: Mapped[str | None] = mapped_column(String(64))
    """A stable word for what went wrong last."""
    attempts: Mapped[int]
    deadline_at: Mapped[datetime | None]
    """When somebody must look at it next; none when nothing is left to do."""
    cancelled: Mapped[bool] = mapped_column(default=False, server_default=false())
    """A message that its customer threw away: nobody hears of it, and it goes as soon as its file is closed."""
    deleted_at: Mapped[datetime | None]
    legal_hold: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Nothing and nobody deletes it."""
    erase_asked_at: Mapped[datetime | None]
    """Somebody wants it gone, whatever its days: it goes as soon as it is finished."""
    erase_asked_by: Mapped[str | None] = mapped_column(String(40))
    """A user's id."""
    epoch: Mapped[int]


class PreparationRow(Base):
    """The side-by-side file of a recording, from when it was first asked for."""

    __tablename__ = "recording_preparations"
    __table_args__ = (Index("ix_recording_preparations_state", "state", "deadline_at"),)

    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), primary_key=True)
    state: Mapped[PreparationState] = mapped_column(word(PreparationState))
    awaited: Mapped[bool]
    """Somebody waits in front of a page for it: it is made before those that are only delivered."""
    deliver: Mapped[bool]
    """It goes to the customer's server when it is made."""
    asked_at: Mapped[datetime]
    why: Mapped[str | None] = mapped_column(String(64))
    """A stable word for what went wrong last."""
    attempts: Mapped[int]
    deadline_at: Mapped[datetime | None]
    """When it is due, or until when whoever makes it is believed to live."""
    epoch: Mapped[int]


class RetentionRow(Base):
    """For how long the recordings of a queue are kept; a queue without a row has the default."""

    __tablename__ = "recording_retention"

    queue_id: Mapped[str] = mapped_column(ForeignKey("queues.id"), primary_key=True)
    days: Mapped[int | None]
    """None is for ever."""


class SegmentRow(Base):
    """One agent's talk in a recording."""

    __tablename__ = "recording_segments"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RecordingSettingsRow(Base):
    """The one row of the system's settings of recording."""

    __tablename__ = "recording_settings"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    on: Mapped[bool]
    directions: Mapped[Directions] = mapped_column(word(Directions))
    pictures: Mapped[bool]
    download: Mapped[bool]
    consent_text: Mapped[str] = mapped_column(Text)
    """Shown on the call page before and during a call that may be recorded (PLUS-10)."""
    version: Mapped[int]


class SpokenConsentRow(Base):
    """The one row of what customers hear before they are recorded: a text with a voice, or an uploaded sound."""

    __tablename__ = "recording_consent"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    on: Mapped[bool]
    text: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(40))
    voice: Mapped[str | None] = mapped_column(String(40))
    rate: Mapped[int | None]
    sound_id: Mapped[str | None] = mapped_column(ForeignKey("sounds.id"))


class AgentRecordingRow(Base):
    """What holds for one agent; who has no row is not recorded."""

    __tablename__ = "recording_agents"

    agent_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    mode: Mapped[AgentMode] = mapped_column(word(AgentMode))
    directions: Mapped[Directions] = mapped_column(word(Directions))
    pictures: Mapped[bool]
    download: Mapped[bool]
    version: Mapped[int]


class TranscriptRow(Base):
    """What was said in a recording, by its moments."""

    __tablename__ = "recording_transcripts"

    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), primary_key=True)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """Of each line the second, who spoke, and the text."""


class NoteRow(Base):
    """A note at a moment of a recording."""

    __tablename__ = "recording_notes"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recordings.id"), index=True)
    at_seconds: Mapped[float]
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
