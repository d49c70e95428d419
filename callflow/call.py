"""A call and its parties, as values that cannot be changed.

The phase says what the call is doing; each party has a leg whose state says whether its media works.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.ids import (
    AgentId,
    CallId,
    ConversationId,
    CustomerId,
    LegId,
    LinkId,
    QueueId,
    ReservationId,
    TransportId,
)

RING_TIME = timedelta(seconds=20)
MAX_WAIT = timedelta(minutes=10)
LEG_GRACE = timedelta(seconds=60)
"""How long a party may be away before the call goes on without it (mission section 4, PLUS-01, PLUS-13)."""
SETUP_LIMIT = timedelta(seconds=15)
CALL_CAP = timedelta(hours=4)
DECLINE_PAUSE = timedelta(seconds=15)
"""When every free agent has refused a call, how long it waits before they are asked again (PLUS-07)."""


class Media(StrEnum):
    """What the customer chose."""

    AUDIO = "audio"
    VIDEO = "video"


class Role(StrEnum):
    """Which side of a call a party is on."""

    CUSTOMER = "customer"
    AGENT = "agent"


class LegState(StrEnum):
    """Whether a party's media works."""

    CONNECTING = "connecting"
    """It has never worked yet."""
    UP = "up"
    RECONNECTING = "reconnecting"


class EndReason(StrEnum):
    """Why a call ended."""

    HUNG_UP = "hung_up"
    ABANDONED = "abandoned"
    """The customer left before an agent answered."""
    NO_ANSWER = "no_answer"
    """Nobody answered within the longest wait."""
    LOST = "lost"
    """A party did not come back within the grace."""
    SERVER_RESTART = "server_restart"
    """A party did not come back after the server was started again."""
    FAILED = "failed"
    TOO_LONG = "too_long"


class EndedBy(StrEnum):
    """Who or what ended a call (EVT-04)."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Leg:
    """One party's media path in a call. Its transport may be replaced while it lives."""

    id: LegId
    state: LegState
    deadline: datetime | None
    """Set while it is not up: until when it may stay so."""
    transport: TransportId | None = None
    tab: str | None = None
    """The browser tab that holds the microphone, so that a reload finds its call again."""
    restarted: bool = False
    """It was lost because the server was started again."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """An agent is held for a call while the panel rings."""

    id: ReservationId
    agent: AgentId
    leg: LegId
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """In the queue, hearing hold music."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """A panel rings; the caller still hears hold music."""

    reservation: Reservation
    agent_leg: Leg


@dataclass(frozen=True, slots=True)
class Talking:
    """Answered: the two legs are connected whenever both are up."""

    agent: AgentId
    agent_leg: Leg
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """Over; nothing follows."""

    at: datetime
    reason: EndReason
    by: EndedBy
    agent: AgentId | None = None
    answered_at: datetime | None = None


CallPhase = Waiting | Ringing | Talking | Ended


@dataclass(frozen=True, slots=True)
class Skip:
    """An agent who declined or did not answer this call, and when."""

    agent: AgentId
    at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """One customer contact."""

    id: CallId
    conversation: ConversationId
    customer: CustomerId
    queue: QueueId
    link: LinkId | None
    media: Media
    started_at: datetime
    wait_until: datetime
    customer_leg: Leg
    phase: CallPhase = Waiting()
    skipped: tuple[Skip, ...] = ()
    epoch: int = 0
    """Grows with every stored change: the compare-and-set of the row."""

    @property
    def live(self) -> bool:
        """Whether the call is not over."""
        return not isinstance(self.phase, Ended)

    @property
    def agent(self) -> AgentId | None:
        """The agent whom it rings, who talks in it, or who did."""
        match self.phase:
            case Ringing(reservation=reservation):
                return reservation.agent
            case Talking(agent=agent) | Ended(agent=agent):
                return agent
            case Waiting():
                return None

    @property
    def agent_leg(self) -> Leg | None:
        """The agent's leg while the call rings or is talked in."""
        match self.phase:
            case Ringing(agent_leg=leg) | Talking(agent_leg=leg):
                return leg
            case _:
                return None

    @property
    def deadline(self) -> datetime | None:
        """When the call must be looked at next, whatever happens. None only when it is over."""
        match self.phase:
            case Ended():
                return None
            case Waiting():
                due = [self.wait_until]
            case Ringing(reservation=reservation):
                due = [reservation.deadline]
            case Talking(agent_leg=leg, answered_at=answered_at):
                due = [answered_at + CALL_CAP]
                if leg.deadline is not None:
                    due.append(leg.deadline)
        if self.customer_leg.deadline is not None:
            due.append(self.customer_leg.deadline)
        return min(due)

    def role_of(self, leg: LegId) -> Role | None:
        """Say whose leg this is, or None when it is none of this call's."""
        if leg == self.customer_leg.id:
            return Role.CUSTOMER
        agent_leg = self.agent_leg
        return Role.AGENT if agent_leg is not None and agent_leg.id == leg else None
