"""What can happen to a call (past tense), what must then be done (imperative), and what it means for agents."""

from dataclasses import dataclass
from datetime import timedelta

from callflow.agent import StatusReason
from callflow.call import Call, Reservation, Role
from callflow.facts import Fact
from callflow.ids import AgentId, CallId, ConversationId, LegId, ReservationId, TransportId
from callflow.wiring import Wiring


# ---- events -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class AgentReserved:
    """Routing picked an agent who is free now."""

    reservation: Reservation


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
    """One side ended the call."""

    by: Role


@dataclass(frozen=True, slots=True)
class ServerRestarted:
    """The process that held the media is gone, and all transports with it."""


@dataclass(frozen=True, slots=True)
class DriverFailed:
    """The server could not perform this call's commands."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """A deadline may have been reached."""


CallEvent = (
    AgentReserved
    | AgentAccepted
    | AgentDeclined
    | RingLost
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
    """Hold the agent for a call; refused unless he is available."""

    call: CallId
    reservation: ReservationId


@dataclass(frozen=True, slots=True)
class Engage:
    """The agent is now in the call."""

    call: CallId
    conversation: ConversationId


@dataclass(frozen=True, slots=True)
class Release:
    """The agent is free again without having talked; with a reason, he is also set Away."""

    call: CallId
    away: StatusReason | None = None


@dataclass(frozen=True, slots=True)
class BeginWrapUp:
    """The agent's call is over; the engine adds how long his wrap-up is (WRAP-02)."""

    call: CallId


AgentOrder = Reserve | Engage | Release | BeginWrapUp


@dataclass(frozen=True, slots=True)
class WrapUpPolicy:
    """How long a wrap-up is, and how long it may become."""

    length: timedelta
    cap: timedelta | None = None


# ---- live commands: performed after the commit, never stored --------------------------------------
@dataclass(frozen=True, slots=True)
class Wire:
    """State the whole wiring of the call."""

    wiring: Wiring


@dataclass(frozen=True, slots=True)
class CloseLeg:
    """End a leg at the media plane."""

    leg: LegId


Command = Wire | CloseLeg


@dataclass(frozen=True, slots=True)
class Decision:
    """What one event leads to."""

    call: Call
    facts: tuple[Fact, ...] = ()
    commands: tuple[Command, ...] = ()
    orders: tuple[tuple[AgentId, AgentOrder], ...] = ()
