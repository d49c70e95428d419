"""An agent's live state: the status that he chose, what he is doing, and whether his panel can be reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from callflow.ids import AgentId, CallId, ConversationId, DispositionId, ReservationId, StatusId

OFFLINE_GRACE = timedelta(seconds=60)
"""How long an agent without a panel keeps the status (mission 3.6, AST-05)."""
RING_GRACE = timedelta(seconds=5)
"""How long a ring waits for a panel that was reloaded (mission 3.6)."""
MORE_TIME = timedelta(seconds=10)
"""What one click adds to the wrap-up (WRAP-04)."""


class Group(StrEnum):
    """What a status means for work (AST-02). Every status is in one of these."""

    AVAILABLE = "available"
    """New work is offered."""
    BUSY = "busy"
    """No new work; transfers are allowed."""
    AWAY = "away"
    """Away from the computer: no new work; transfers are allowed."""
    UNAVAILABLE = "unavailable"
    """Not signed in: nothing."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a person chose (AP-02): one of the four that every centre has, or one that a supervisor made (AST-01)."""

    id: StatusId
    group: Group

    ACTIVE: ClassVar["Status"]
    BUSY: ClassVar["Status"]
    AWAY: ClassVar["Status"]
    OFFLINE: ClassVar["Status"]


Status.ACTIVE = Status(StatusId("active"), Group.AVAILABLE)
Status.BUSY = Status(StatusId("busy"), Group.BUSY)
Status.AWAY = Status(StatusId("away"), Group.AWAY)
Status.OFFLINE = Status(StatusId("offline"), Group.UNAVAILABLE)

DEFAULTS: Mapping[Group, Status] = {
    status.group: status for status in (Status.ACTIVE, Status.BUSY, Status.AWAY, Status.OFFLINE)
}
"""Each group's own status, which nobody can delete or move (AST-01)."""


class StatusReason(StrEnum):
    """Why somebody else than the agent changed the status."""

    MISSED = "missed"
    DISCONNECTED = "disconnected"
    NO_MEDIA = "no_media"
    """The agent answered, but no sound could be set up."""
    SIGNED_OUT = "signed_out"
    FORCED = "forced"
    """A supervisor did (PLUS-20)."""
    REMOVED = "removed"
    """The status that he was in was deleted, or moved to another group."""
    BARRED = "barred"
    """He may take no calls any more: the account was disabled, or the role taken away."""


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
    disposition: DispositionId | None = None


@dataclass(frozen=True, slots=True)
class Observing:
    """Listening to somebody else's call, or taking part in it (PLUS-20); offered none meanwhile."""

    since: datetime
    call: CallId


Activity = Idle | Rung | InCall | WrapUp | Observing


@dataclass(frozen=True, slots=True)
class Tally:
    """What fair routing goes by (mission 3.1): calls and talk since he last became available, and his latest ring."""

    calls: int = 0
    talked: timedelta = timedelta(0)
    rung_at: datetime | None = None


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
    then: Status | None = None
    """The status chosen while a call or a wrap-up held him; it begins when that is over."""
    misses: int = 0
    """Calls missed since he last answered one, or became available by hand."""
    tally: Tally = Tally()

    @property
    def available(self) -> bool:
        """Whether a call may be offered: status, free, reachable, able to ring (AST-03, CALL-02 to CALL-04, PLUS-04).

        Who is free of calls has voice capacity, which is one call and counts only while it holds him (AST-04, ASG-06).
        """
        return (
            self.status.group is Group.AVAILABLE
            and isinstance(self.activity, Idle)
            and self.reachable
            and self.sound is Sound.READY
        )

    @property
    def reachable_idle(self) -> bool:
        """Whether he may be asked by a colleague, or begin a call: there and free, perhaps Busy or Away (AST-08)."""
        there = self.reachable and self.sound is Sound.READY and self.status.group is not Group.UNAVAILABLE
        return there and isinstance(self.activity, Idle)

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
