"""Whether a talk is recorded, and what of it: the system's setting, and each agent's own (REC-01 to REC-04)."""

from dataclasses import dataclass
from enum import StrEnum

from callflow.call import Direction, Media
from callflow.events import RecordingPolicy


class Directions(StrEnum):
    """Which calls are recorded (REC-01)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    BOTH = "both"


class AgentMode(StrEnum):
    """Whether an agent's talks are recorded (REC-04)."""

    OFF = "off"
    ON = "on"
    """As the system's settings say."""
    CUSTOM = "custom"
    """By settings of the agent's own."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is recorded of a talk."""

    directions: Directions = Directions.BOTH
    pictures: bool = True
    """Of video calls the pictures too; else the sound alone (REC-03)."""
    download: bool = False
    """Whether recordings of pictures may be downloaded, and so be sent to another server (REC-03, FTP-02)."""


@dataclass(frozen=True, slots=True)
class AgentRecording:
    """An agent's own setting; nobody is recorded who was not switched on (REC-02)."""

    mode: AgentMode = AgentMode.OFF
    custom: Kept = Kept()


def decide(on: bool, system: Kept, agent: AgentRecording, direction: Direction, media: Media) -> RecordingPolicy:
    """Say whether a talk with an agent is recorded."""
    if not on or agent.mode is AgentMode.OFF:
        return RecordingPolicy()
    kept = agent.custom if agent.mode is AgentMode.CUSTOM else system
    if kept.directions not in (Directions.BOTH, Directions(direction)):
        return RecordingPolicy()
    return RecordingPolicy(record=True, pictures=kept.pictures and media is Media.VIDEO)
