"""Recordings: what is kept of calls, and by which settings."""

from typing import Annotated, Literal

from pydantic import Field

from callflow.call import Direction, Media
from recording.policy import AgentMode, Directions
from recording.removing import RemovalState
from recording.states import PreparationState, RecordingKind, RecordingState
from recording.transcripts import MOST_LINES, Speaker
from recording.troubles import DiskTrouble
from signaling.models.common import Model, Moment, Ref, Text, Version
from signaling.models.waiting import StrategyPart


class RecordingTrouble(Model):
    """What is the matter with the disk for recordings at present, null when nothing is; never part of the state.

    Who leads is told of everything, an agent of what concerns the own call.
    """

    type: Literal["recording_trouble"] = "recording_trouble"
    what: DiskTrouble | None


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
    """A recording in a list. `download`: whether its pictures may be downloaded, its sound always may (REC-03).

    `preparation` is where the file with both pictures is, null while nobody has asked for it.
    """

    id: str
    call_id: str
    conversation_id: str
    customer: Ref
    queue: Ref
    kind: RecordingKind
    direction: Direction
    media: Media
    state: RecordingState
    started_at: Moment
    seconds: float | None
    size: int | None
    partial: bool
    why: str | None
    legal_hold: bool
    deleted_at: Moment | None
    download: bool
    preparation: PreparationState | None
    segments: list[RecordingSegment]
    files: list[RecordingFile]


class RecordingRemoval(Model):
    """What became of a deleted recording at the customer's server, since somebody wanted it gone there too (PLUS-10).

    `server` is the account that it was brought to, empty where that is not known; `sentence` is of the last failure.
    """

    state: RemovalState
    server: str
    sentence: str


class TranscriptLine(Model):
    """What one side said at a moment of a recording."""

    at_seconds: Annotated[float, Field(ge=0, le=86_400)]
    who: Speaker
    text: Text


class NewTranscript(Model):
    """What was said in a recording; no lines remove what was there. As large as any request, 1 MiB, at most."""

    lines: Annotated[list[TranscriptLine], Field(max_length=MOST_LINES)]


class OneRecording(RecordingItem):
    """A recording by itself. `removal` is null where nothing is to be removed at the customer's server.

    `transcript` is null until somebody's program has written one.
    """

    removal: RecordingRemoval | None
    transcript: list[TranscriptLine] | None


class RecordingPage(Model):
    """Recordings, latest first; `next` is the `before` of the next page, null after the last.

    `preparing` counts the side-by-side files that are asked for and not made, of all recordings.
    """

    items: list[RecordingItem]
    next: str | None
    preparing: int


class SideBySideFile(Model):
    """The file with both pictures, made when it is asked for; when it is ready it is the file `side_by_side`.

    `state` is null until somebody asks; `share` is how much is made, from 0 to 1, where that is known; `before` counts
    the files that are made first; `why` is a word for what went wrong last.
    """

    state: PreparationState | None
    share: float | None
    before: int
    why: str | None


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
    spoken: StrategyPart
    """What customers hear before they are recorded (PLUS-10)."""
    version: int


class RecordingSettingsChange(Model):
    """What to change; what is left out stays."""

    version: Version
    on: bool | None = None
    directions: Directions | None = None
    pictures: bool | None = None
    download: bool | None = None
    consent_text: Text | None = None
    spoken: StrategyPart | None = None


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


class RecordingChange(Model):
    """What to change of a recording: under legal hold nobody and nothing deletes it (PLUS-10)."""

    legal_hold: bool


class QueueRetention(Model):
    """For how long the recordings of a queue are kept; null is for ever."""

    queue_id: str
    days: int | None


class RecordingRetention(Model):
    """For how long recordings are kept: the default, and the queues that differ."""

    default_days: int
    queues: list[QueueRetention]


class RetentionDays(Model):
    """For how many days recordings are kept; null is for ever."""

    days: Annotated[int, Field(ge=1, le=36_500)] | None


class RetentionDryRun(Model):
    """What would be deleted in the coming night: how many, how large, and the first of them, oldest first.

    `recordings` are ids, the same recordings as `first`, which shows a few of them whole, and more.
    """

    count: int
    size: int
    recordings: list[str]
    first: list[RecordingItem]


class RecordingsErased(Model):
    """What became of the recordings of a customer: `later` are not finished yet, `held` are under legal hold.

    `at_server` counts files at the customer's server that are to be removed there too.
    """

    deleted: int
    later: int
    held: int
    at_server: int
