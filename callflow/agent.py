"""An agent's live state: the status that he chose, what he is doing, and whether his panel can be reached."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.ids import AgentId, CallId, ConversationId, ReservationId

OFFLINE_GRACE = timedelta(seconds=60)
"""How long an agent without a panel keeps the status (mission 3.6, AST-05)."""
RING_GRACE = timedelta(seconds=5)
"""How long a ring waits for a panel that was reloaded (mission 3.6)."""
MORE_TIME = timedelta(seconds=10)
"""What one click adds to the wrap-up (WRAP-04)."""


class Status(StrEnum):
    """What a person chose (AP-02)."""

    OFFLINE = "offline"
    ACTIVE = "active"
    BUSY = "busy"
    AWAY = "away"


class StatusReason(StrEnum):
    """Why the system changed a status by itself."""

    MISSED = "missed"
    DISCONNECTED = "disconnected"
    NO_MEDIA = "no_media"
    """The agent answered, but no sound could be set up."""
    SIGNED_OUT = "signed_out"


class Sound(StrEnum):
    """Whether the panel can ring (PLUS-04)."""

    READY = "ready"
    BLOCKED = "blocked"
    OFF = "off"
    """No panel has said anything yet, or none is open."""


class ThreadStatus(StrEnum):
    """The four statuses of a conversation (ST-01)."""

    OPEN = "open"
    WAITING = "waiting"
    SOLVED = "solved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Idle:
    """Free since then, which orders the agents of a queue."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Rung:
    """Held for a call while the panel rings."""

    since: datetime
    call: CallId
    reservation: ReservationId
    idle_since: datetime
    """Kept, so that a caller who hangs up does not cost the agent the turn."""
    lost_at: datetime | None = None
    """Set while no panel is there: when the ring is taken back."""


@dataclass(frozen=True, slots=True)
class InCall:
    """Talking."""

    since: datetime
    call: CallId
    conversation: ConversationId


@dataclass(frozen=True, slots=True)
class WrapUp:
    """Writing the brief report after a call (WRAP-01); the deadline is stored (PLUS-08)."""

    since: datetime
    call: CallId
    conversation: ConversationId
    until: datetime
    summary: str = ""
    thread_status: ThreadStatus | None = None


Activity = Idle | Rung | InCall | WrapUp


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent."""

    id: AgentId
    status: Status
    status_since: datetime
    activity: Activity
    reason: StatusReason | None = None
    reachable: bool = False
    """A panel is connected."""
    offline_at: datetime | None = None
    """Set while the status is not Offline and no panel is connected."""
    sound: Sound = Sound.OFF
    epoch: int = 0

    @property
    def available(self) -> bool:
        """Whether a call may be offered: Active, free, reachable, and able to ring (CALL-02 to CALL-04, PLUS-04)."""
        return (
            self.status is Status.ACTIVE
            and isinstance(self.activity, Idle)
            and self.reachable
            and self.sound is Sound.READY
        )

    @property
    def call(self) -> CallId | None:
        """The call that holds the agent."""
        return None if isinstance(self.activity, Idle) else self.activity.call

    @property
    def deadline(self) -> datetime | None:
        """When the agent must be looked at next."""
        due = [self.offline_at] if self.offline_at else []
        match self.activity:
            case Rung(lost_at=lost_at) if lost_at is not None:
                due.append(lost_at)
            case WrapUp(until=until):
                due.append(until)
            case _:
                pass
        return min(due, default=None)


def new_agent(agent: AgentId, now: datetime) -> Agent:
    """Return an agent as he is before he first signs in: Offline (AP-02)."""
    return Agent(agent, Status.OFFLINE, now, Idle(now))
