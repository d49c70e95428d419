"""Read a call like a ladder: what comes in on the left, what goes out on the right."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from callflow import call_machine
from callflow.call import SETUP_LIMIT, Call, Leg, LegState, Media, Reservation
from callflow.events import AgentAccepted, AgentReserved, CallEvent, Decision, LegConnected, TimePassed
from callflow.facts import Fact, FactKind
from callflow.ids import (
    AgentId,
    CallId,
    ConversationId,
    CustomerId,
    LegId,
    QueueId,
    ReservationId,
    TransportId,
)
from callflow.waiting import MAX_WAIT

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALICE = AgentId("user_alice")
BOB = AgentId("user_bob")
CUSTOMER_LEG = LegId("leg_customer")
AGENT_LEG = LegId("leg_agent")
PATH_1 = TransportId("tr_1")
PATH_2 = TransportId("tr_2")
RING = ReservationId("res_1")


def new_call(media: Media = Media.AUDIO) -> Call:
    """A customer has just pressed the call button."""
    return Call(
        id=CallId("call_1"),
        conversation=ConversationId("conv_1"),
        customer=CustomerId("cust_1"),
        queue=QueueId("queue_1"),
        link=None,
        media=media,
        started_at=NOON,
        wait_until=NOON + MAX_WAIT,
        customer_leg=Leg(CUSTOMER_LEG, LegState.CONNECTING, NOON + SETUP_LIMIT),
    )


@dataclass
class Ladder:
    """A call, the time, and all that came out so far."""

    call: Call = field(default_factory=new_call)
    now: datetime = NOON
    last: Decision = field(init=False)
    facts: list[Fact] = field(default_factory=list[Fact])

    def __post_init__(self) -> None:
        self.last = Decision(self.call)

    def __rshift__(self, event: CallEvent) -> "Ladder":
        """Feed an event."""
        self.last = call_machine.step(self.call, event, self.now)
        self.call = replace(self.last.call, epoch=self.call.epoch + (self.last.call != self.call))
        self.facts.extend(self.last.facts)
        return self

    def elapse(self, seconds: float) -> "Ladder":
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        return self >> TimePassed()

    @property
    def kinds(self) -> list[FactKind]:
        """What was said to have happened so far."""
        return [fact.kind for fact in self.facts]


def reservation(agent: AgentId, now: datetime, ring: ReservationId = RING) -> Reservation:
    """Routing picked this agent."""
    return Reservation(ring, agent, AGENT_LEG, now + timedelta(seconds=20))


def waiting() -> Ladder:
    """The customer hears music."""
    return Ladder() >> LegConnected(CUSTOMER_LEG, PATH_1)


def ringing(agent: AgentId = ALICE) -> Ladder:
    """Five seconds later Alice's panel rings."""
    ladder = waiting()
    ladder.now += timedelta(seconds=5)
    return ladder >> AgentReserved((reservation(agent, ladder.now),))


def talking() -> Ladder:
    """She opened her microphone while it rang, and answered after two seconds."""
    ladder = ringing() >> LegConnected(AGENT_LEG, PATH_1)
    ladder.now += timedelta(seconds=2)
    return ladder >> AgentAccepted(RING, ALICE, "tab-1")
