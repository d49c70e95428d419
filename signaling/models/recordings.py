"""Recordings: what is kept of calls, and by which settings."""

from typing import Annotated

from pydantic import Field

from callflow.call import Direction, Media
from recording.policy import AgentMode, Directions
from recording.states import RecordingState
from signaling.models.common import Model, Moment, Ref, Text, Version


class RecordingSegment(Model):
    """One agent's talk in a recording."""

    agent: Ref
    began_at: Moment
    ended_at: Moment | None


class RecordingFile(Model):
    """One finished file, read at `/recordings/{id}/files/{kind}`."""

    kind: str
    size: int
    seconds: float


class RecordingItem(Model):
    """A recording in a list. `download`: whether its pictures may be downloaded, its sound always may (REC-03)."""

    id: str
    call_id: str
    conversation_id: str
    customer: Ref
    queue: Ref
    direction: Direction
    media: Media
    state: RecordingState
    started_at: Moment
    seconds: float | None
    size: int | None
    partial: bool
    why: str | None
    download: bool
    segments: list[RecordingSegment]
    files: list[RecordingFile]


class RecordingPage(Model):
    """Recordings, latest first; `next` is the `before` of the next page, null after the last."""

    items: list[RecordingItem]
    next: str | None


class RecordingNote(Model):
    """What somebody wrote at a moment of a recording."""

    id: str
    at_seconds: float
    text: str
    author: Ref
    created_at: Moment


class NewRecordingNote(Model):
    """A note to write."""

    at_seconds: Annotated[float, Field(ge=0, le=86_400)]
    text: Text


class RecordingSettings(Model):
    """What is recorded (REC-01, REC-03); `directions` can be changed while recording is off only."""

    on: bool
    directions: Directions
    pictures: bool
    download: bool
    consent_text: str
    version: int


class RecordingSettingsChange(Model):
    """What to change; what is left out stays."""

    version: Version
    on: bool | None = None
    directions: Directions | None = None
    pictures: bool | None = None
    download: bool | None = None
    consent_text: Text | None = None


class AgentRecording(Model):
    """Whether an agent's talks are recorded (REC-04); the last three count with the mode `custom` only."""

    agent_id: str
    mode: AgentMode
    directions: Directions
    pictures: bool
    download: bool
    version: int


class AgentRecordingChange(Model):
    """What holds for an agent from the next talk on."""

    version: Version
    mode: AgentMode
    directions: Directions = Directions.BOTH
    pictures: bool = True
    download: bool = False
