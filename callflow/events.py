"""What can happen to a call (past tense), what must then be done (imperative), and what it means for agents."""

from dataclasses import dataclass
from datetime import timedelta

from callflow.agent import StatusReason
from callflow.call import Call, ObserverMode, Priority, Reservation, Role
from callflow.facts import Fact
from callflow.ids import AgentId, CallId, ConversationId, LegId, PromptId, ReservationId, TransportId
from callflow.queueing import QueuePolicy
from callflow.waiting import Place
from callflow.wiring import Wiring


# ---- events -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class AgentReserved:
    """Routing picked an agent who is free now, or several who are rung at once."""

    reservations: tuple[Reservation, ...]


@dataclass(frozen=True, slots=True)
class AgentAccepted:
    """The agent pressed Answer."""

    reservation: ReservationId
    agent: AgentId
    tab: str


@dataclass(frozen=True, slots=True)
class AgentDeclined:
    """The agent pressed Decline."""

    reservation: ReservationId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class RingLost:
    """The agent who is rung is not there any more, or chose another status."""

    reservation: ReservationId


@dataclass(frozen=True, slots=True)
class AgentRemoved:
    """This agent may not work any more: a supervisor disabled the account."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class HoldAsked:
    """The agent put the customer on hold (PLUS-21)."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class ResumeAsked:
    """The agent took the customer back from hold."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """The agent hands the call over without asking first: a blind transfer (XFER-01 to XFER-05)."""

    agent: AgentId
    target: Reservation
    policy: QueuePolicy
    """The queue's, as it is now: only its agents may be asked (XFER-02)."""


@dataclass(frozen=True, slots=True)
class ConsultAsked:
    """The agent asks a colleague before transferring the call."""

    agent: AgentId
    target: Reservation
    policy: QueuePolicy


@dataclass(frozen=True, slots=True)
class ConsultCompleted:
    """The agent leaves the call to the colleague with whom he talks."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConsultReturned:
    """The agent gives the consultation up and takes the customer back; or the colleague leaves it."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class ObserveAsked:
    """A supervisor begins to listen, whisper or join in, or changes between them (PLUS-20)."""

    supervisor: AgentId
    leg: LegId
    """The leg to make, if he has none in this call yet."""
    mode: ObserverMode


@dataclass(frozen=True, slots=True)
class ObserveEnded:
    """A supervisor takes part no more."""

    supervisor: AgentId


@dataclass(frozen=True, slots=True)
class RecordingPauseAsked:
    """The agent pauses the recording, such as while card numbers are said (PLUS-10)."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class RecordingResumeAsked:
    """The agent lets the recording go on."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class CallbackAsked:
    """The customer leaves the line and keeps the place, to be called back (PLUS-12)."""

    leg: LegId
    """The leg that the customer will have then."""


@dataclass(frozen=True, slots=True)
class MessageBegun:
    """The customer begins to speak a message (PLUS-12); `again` throws away what he said so far."""

    again: bool = False


@dataclass(frozen=True, slots=True)
class MessageCancelled:
    """The customer throws the message away and waits on."""


@dataclass(frozen=True, slots=True)
class MessageSent:
    """The customer has said what he wanted to say."""


@dataclass(frozen=True, slots=True)
class PriorityChanged:
    """Somebody made the conversation more urgent, or less (CNV-03)."""

    priority: Priority


@dataclass(frozen=True, slots=True)
class PromptFinished:
    """A prompt that was played to a leg has come to its end."""

    leg: LegId
    prompt: PromptId


@dataclass(frozen=True, slots=True)
class TransportOpened:
    """A page posted an offer for a leg, from this tab; the transport is not up yet."""

    leg: LegId
    transport: TransportId
    tab: str | None


@dataclass(frozen=True, slots=True)
class LegConnected:
    """A leg's transport is up, or speaks again."""

    leg: LegId
    transport: TransportId


@dataclass(frozen=True, slots=True)
class LegLost:
    """A leg's transport is silent or closed; stale when another transport is in use. None: whichever it has."""

    leg: LegId
    transport: TransportId | None


@dataclass(frozen=True, slots=True)
class HungUp:
    """One side ended the call. With an agent: it was this one, and the call may have gone on to another since."""

    by: Role
    agent: AgentId | None = None


@dataclass(frozen=True, slots=True)
class ServerRestarted:
    """The process that held the media is gone, and all transports with it."""


@dataclass(frozen=True, slots=True)
class DriverFailed:
    """The server could not perform this call's commands."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """A deadline may have been reached. `place` is where the caller stands, for whoever is told of it aloud."""

    place: Place | None = None


CallEvent = (
    AgentReserved
    | AgentAccepted
    | AgentDeclined
    | RingLost
    | AgentRemoved
    | HoldAsked
    | ResumeAsked
    | TransferAsked
    | ConsultAsked
    | ConsultCompleted
    | ConsultReturned
    | ObserveAsked
    | ObserveEnded
    | RecordingPauseAsked
    | RecordingResumeAsked
    | CallbackAsked
    | MessageBegun
    | MessageCancelled
    | MessageSent
    | PriorityChanged
    | PromptFinished
    | TransportOpened
    | LegConnected
    | LegLost
    | HungUp
    | ServerRestarted
    | DriverFailed
    | TimePassed
)


# ---- what it means for an agent: performed in the same transaction --------------------------------
@dataclass(frozen=True, slots=True)
class Reserve:
    """Hold the agent for a call; refused unless he is available, or, for a transfer, at least there and free."""

    call: CallId
    reservation: ReservationId
    transfer: bool = False


@dataclass(frozen=True, slots=True)
class Engage:
    """The agent is now in the call."""

    call: CallId
    conversation: ConversationId


@dataclass(frozen=True, slots=True)
class Dial:
    """The agent begins a call himself; refused unless he is there and free."""

    call: CallId
    conversation: ConversationId


@dataclass(frozen=True, slots=True)
class Observe:
    """The supervisor takes part in a call, and is offered none meanwhile; refused when he is busy with another."""

    call: CallId


@dataclass(frozen=True, slots=True)
class Release:
    """The agent is free again without having talked to the customer; with a reason, he is also set Away."""

    call: CallId
    away: StatusReason | None = None


@dataclass(frozen=True, slots=True)
class BeginWrapUp:
    """The agent's call is over; the engine adds how long his wrap-up is (WRAP-02)."""

    call: CallId


AgentOrder = Reserve | Engage | Dial | Observe | Release | BeginWrapUp


@dataclass(frozen=True, slots=True)
class AgentPolicy:
    """How long an agent's wrap-up is, how long it may become, and how many calls he may miss."""

    wrap_up: timedelta
    cap: timedelta | None = None
    misses: int = 1
    """How many calls in a row are missed before the status becomes Away; 0 is never (mission 3.2)."""


@dataclass(frozen=True, slots=True)
class RecordingPolicy:
    """Whether a talk with an agent is recorded, and what of it (REC-01 to REC-04)."""

    record: bool = False
    pictures: bool = False


# ---- live commands: performed after the commit, never stored --------------------------------------
@dataclass(frozen=True, slots=True)
class Wire:
    """State the whole wiring of the call."""

    wiring: Wiring


@dataclass(frozen=True, slots=True)
class CloseLeg:
    """End a leg at the media plane."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class Play:
    """Play a prompt once to a leg, over what it is wired to."""

    leg: LegId
    prompt: PromptId


@dataclass(frozen=True, slots=True)
class Hush:
    """End what is being said to a leg (PLUS-14)."""

    leg: LegId


Command = Wire | CloseLeg | Play | Hush


@dataclass(frozen=True, slots=True)
class Decision:
    """What one event leads to."""

    call: Call
    facts: tuple[Fact, ...] = ()
    commands: tuple[Command, ...] = ()
    orders: tuple[tuple[AgentId, AgentOrder], ...] = ()
