"""A call and its parties, as values that cannot be changed.

The phase says what the call is doing; each party has a leg whose state says whether its media works.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from callflow.ids import (
    AgentId,
    CallId,
    ConversationId,
    CustomerId,
    LegId,
    LinkId,
    QueueId,
    RecordingId,
    ReservationId,
    TransportId,
)
from callflow.limits import CALL_CAP, MESSAGE_LIMIT, OFFERS_IN_VAIN
from callflow.roles import Role
from callflow.waiting import Hearing, WaitingPlan


class Media(StrEnum):
    """What the customer chose."""

    AUDIO = "audio"
    VIDEO = "video"


class Direction(StrEnum):
    """Who began a call (EVT-01)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Priority(StrEnum):
    """How urgent a conversation and its calls are (CNV-03)."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class LegState(StrEnum):
    """Whether a party's media works."""

    CONNECTING = "connecting"
    """It has never worked yet."""
    UP = "up"
    RECONNECTING = "reconnecting"
    AWAY = "away"
    """The customer's, who waits to be called back: there is no media until then."""


class EndReason(StrEnum):
    """Why a call ended."""

    HUNG_UP = "hung_up"
    ABANDONED = "abandoned"
    """The customer left before an agent answered."""
    NO_ANSWER = "no_answer"
    """Nobody answered within the longest wait."""
    MESSAGE_LEFT = "message_left"
    """The customer left a message instead of waiting any longer."""
    CALLBACK_MISSED = "callback_missed"
    """The agent called back, and the customer did not answer."""
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


class ObserverMode(StrEnum):
    """How a supervisor takes part in a call (PLUS-20)."""

    LISTEN = "listen"
    """Hears both, and nobody hears him."""
    WHISPER = "whisper"
    """The agent hears him, the customer does not."""
    BARGE = "barge"
    """Both hear him."""


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
class Ring:
    """One panel that rings, and the leg that it may open in advance."""

    reservation: Reservation
    leg: Leg

    @property
    def agent(self) -> AgentId:
        """Who is rung."""
        return self.reservation.agent


@dataclass(frozen=True, slots=True)
class Consult:
    """The agent asks a colleague before transferring the call, while the customer is on hold (PLUS-21)."""

    ring: Ring
    answered_at: datetime | None = None
    """Since when the two talk; None while it rings."""


@dataclass(frozen=True, slots=True)
class Observer:
    """A supervisor who takes part in a call."""

    supervisor: AgentId
    leg: Leg
    mode: ObserverMode


@dataclass(frozen=True, slots=True)
class Waiting:
    """In the queue, hearing what the plan says; or waiting to be called back, or leaving a message."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """One panel or several ring; the caller still hears what the plan says, or ringback in a transfer (XFER-05)."""

    rings: tuple[Ring, ...]
    transferred_by: AgentId | None = None
    """Set while the ring is a blind transfer's."""


@dataclass(frozen=True, slots=True)
class Talking:
    """Answered: the two legs are connected whenever both are up."""

    agent: AgentId
    agent_leg: Leg
    since: datetime
    """When this agent answered, or took the call over."""
    held_at: datetime | None = None
    """Set while the customer is on hold (PLUS-21)."""
    consult: Consult | None = None
    observers: tuple[Observer, ...] = ()


@dataclass(frozen=True, slots=True)
class CallingBack:
    """An agent is ready, and the customer's page rings (PLUS-12)."""

    agent: AgentId
    agent_leg: Leg
    until: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """Over; nothing follows."""

    at: datetime
    reason: EndReason
    by: EndedBy
    agent: AgentId | None = None
    """Who talked to the customer last."""


CallPhase = Waiting | Ringing | Talking | CallingBack | Ended


@dataclass(frozen=True, slots=True)
class Recording:
    """What is kept of a call while an agent talks in it: one recording for the call (REC-02)."""

    id: RecordingId
    on: bool
    """Whether the talk with the present agent is recorded: each has a setting (REC-04)."""
    pictures: bool
    paused_at: datetime | None = None
    """Since when the agent has paused it (PLUS-10)."""


@dataclass(frozen=True, slots=True)
class VoiceMessage:
    """What a waiting customer says instead of waiting any longer; it is recorded (PLUS-12)."""

    recording: RecordingId
    since: datetime

    @property
    def until(self) -> datetime:
        """When it is as long as it may be, and is sent by itself."""
        return self.since + MESSAGE_LIMIT


@dataclass(frozen=True, slots=True)
class Skip:
    """An agent who declined or did not answer this call, and when."""

    agent: AgentId
    at: datetime


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a call: whose leg it is."""

    role: Role
    leg: Leg
    person: AgentId | None = None
    """The agent or supervisor; None for the customer."""


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
    """Until when the customer may wait."""
    customer_leg: Leg
    direction: Direction = Direction.INBOUND
    priority: Priority = Priority.NORMAL
    plan: WaitingPlan = field(default_factory=WaitingPlan)
    hearing: Hearing = field(default_factory=Hearing)
    phase: CallPhase = Waiting()
    skipped: tuple[Skip, ...] = ()
    offers: int = 0
    """How many offers in a row came to nothing; one that rings at several agents is one."""
    returned: bool = False
    """It was answered and is back in the queue, at its head (mission 3.5)."""
    waiting_since: datetime | None = None
    """Since when it waits or rings again after it was answered; None while it waits for the first time."""
    answered_at: datetime | None = None
    """When an agent first talked to the customer."""
    callback_at: datetime | None = None
    """When the customer asked to be called back."""
    recording: Recording | None = None
    """None until it is recorded for the first time."""
    message: VoiceMessage | None = None
    """What the customer says while nobody rings; of a call that is over, what he left."""
    epoch: int = 0
    """Grows with every stored change: the compare-and-set of the row."""

    @property
    def live(self) -> bool:
        """Whether the call is not over."""
        return not isinstance(self.phase, Ended)

    @property
    def neglected(self) -> bool:
        """Whether it waits or rings, and nobody answers it: a word to the supervisors."""
        return isinstance(self.phase, Waiting | Ringing) and self.offers >= OFFERS_IN_VAIN

    @property
    def owes_consent(self) -> bool:
        """Whether the customer must hear that this talk is recorded, before anybody is heard in it (PLUS-10)."""
        recorded = isinstance(self.phase, Talking) and self.recording is not None and self.recording.on
        return recorded and self.plan.consent is not None and not self.hearing.consented

    @property
    def agent(self) -> AgentId | None:
        """The agent who talks in it, calls back, or talked last."""
        match self.phase:
            case Talking(agent=agent) | CallingBack(agent=agent) | Ended(agent=agent):
                return agent
            case Waiting() | Ringing():
                return None

    @property
    def agent_leg(self) -> Leg | None:
        """The leg of the agent who talks or calls back."""
        match self.phase:
            case Talking(agent_leg=leg) | CallingBack(agent_leg=leg):
                return leg
            case _:
                return None

    @property
    def rings(self) -> tuple[Ring, ...]:
        """The panels that ring, a consulted colleague's too."""
        match self.phase:
            case Ringing(rings=rings):
                return rings
            case Talking(consult=Consult(ring=ring, answered_at=None)):
                return (ring,)
            case _:
                return ()

    @property
    def parties(self) -> tuple[Party, ...]:
        """Everybody who has a leg in it, the customer first. Of a call that is over, the customer alone."""
        return tuple(_parties(self))

    @property
    def deadline(self) -> datetime | None:
        """When the call must be looked at next, whatever happens. None only when it is over."""
        if not self.live:
            return None
        due = [*_due_in_phase(self), *(party.leg.deadline for party in self.parties)]
        return min(when for when in due if when is not None)

    def party(self, leg: LegId) -> Party | None:
        """Say whose leg this is, or None when it is none of this call's."""
        return next((party for party in self.parties if party.leg.id == leg), None)

    def party_of(self, person: AgentId) -> Party | None:
        """Return an agent's or supervisor's part in this call, also while it rings."""
        return next((party for party in self.parties if party.person == person), None)

    def ring_of(self, reservation: ReservationId, agent: AgentId) -> Ring | None:
        """Return the ring of this reservation, if it still rings."""
        return next((ring for ring in self.rings if (ring.reservation.id, ring.agent) == (reservation, agent)), None)


def _parties(call: Call) -> Iterator[Party]:
    yield Party(Role.CUSTOMER, call.customer_leg)
    match call.phase:
        case Ringing(rings=rings):
            yield from (Party(Role.AGENT, ring.leg, ring.agent) for ring in rings)
        case Talking(agent=agent, agent_leg=leg, consult=consult, observers=observers):
            yield Party(Role.AGENT, leg, agent)
            if consult is not None:
                yield Party(Role.AGENT, consult.ring.leg, consult.ring.agent)
            yield from (Party(Role.SUPERVISOR, observer.leg, observer.supervisor) for observer in observers)
        case CallingBack(agent=agent, agent_leg=leg):
            yield Party(Role.AGENT, leg, agent)
        case Waiting() | Ended():
            pass


def _due_in_phase(call: Call) -> list[datetime | None]:
    hearing = call.hearing
    match call.phase:
        case Waiting() if call.message is not None:  # the wait goes on after it
            return [call.message.until]
        case Waiting():
            return [None if hearing.farewell else call.wait_until, hearing.saying_until, hearing.next_at]
        case Ringing(rings=rings):
            return [*(ring.reservation.deadline for ring in rings), hearing.saying_until, hearing.next_at]
        case Talking(since=since, consult=consult):
            asked = consult.ring.reservation.deadline if consult and not consult.answered_at else None
            return [(call.answered_at or since) + CALL_CAP, asked, hearing.saying_until]
        case CallingBack(until=until):
            return [until]
        case Ended():
            return []
