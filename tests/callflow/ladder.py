"""Read a call like a ladder: what comes in on the left, what goes out on the right."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from callflow import call_machine
from callflow.call import Call, Ended, Leg, LegState, Media, Reservation, Talking, Waiting
from callflow.errors import RefusedError
from callflow.events import (
    AgentAccepted,
    AgentReserved,
    CallEvent,
    CloseLeg,
    ConsultAsked,
    Decision,
    LegConnected,
    TimePassed,
    TransferAsked,
    Wire,
)
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
from callflow.limits import SETUP_LIMIT
from callflow.queueing import QueuePolicy
from callflow.waiting import MAX_WAIT, WaitingPlan
from callflow.wiring import HOLD_MUSIC, RINGBACK, FromLeg, FromPrompt, Stream

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALICE = AgentId("user_alice")
BOB = AgentId("user_bob")
CAROL = AgentId("user_carol")
SUE = AgentId("user_sue")
QUEUE = QueueId("queue_1")
TEAM = QueuePolicy(QUEUE, {ALICE: 1, BOB: 1}, consult=True)
"""Carol is in another queue, and Sue is a supervisor."""
CUSTOMER_LEG = LegId("leg_customer")
AGENT_LEG = LegId("leg_agent")
TARGET_LEG = LegId("leg_target")
PATH_1 = TransportId("tr_1")
PATH_2 = TransportId("tr_2")
RING = ReservationId("res_1")
TARGET_RING = ReservationId("res_2")
MUSIC = Wire({CUSTOMER_LEG: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}})
RINGS_BACK = Wire({CUSTOMER_LEG: {Stream.VOICE: FromPrompt(RINGBACK)}})
EACH_OTHER = Wire(
    {
        CUSTOMER_LEG: dict.fromkeys(Stream, FromLeg(AGENT_LEG)),
        AGENT_LEG: dict.fromkeys(Stream, FromLeg(CUSTOMER_LEG)),
    }
)


def new_call(media: Media = Media.AUDIO, plan: WaitingPlan | None = None) -> Call:
    """A customer has just pressed the call button."""
    return Call(
        id=CallId("call_1"),
        conversation=ConversationId("conv_1"),
        customer=CustomerId("cust_1"),
        queue=QUEUE,
        link=None,
        media=media,
        started_at=NOON,
        wait_until=NOON + MAX_WAIT,
        customer_leg=Leg(CUSTOMER_LEG, LegState.CONNECTING, NOON + SETUP_LIMIT),
        plan=plan or WaitingPlan(),
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

    def __rshift__(self, event: CallEvent) -> Self:
        """Feed an event."""
        self.last = call_machine.step(self.call, event, self.now)
        self.call = replace(self.last.call, epoch=self.call.epoch + (self.last.call != self.call))
        self.facts.extend(self.last.facts)
        return self

    def elapse(self, seconds: float) -> Self:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        return self >> TimePassed()

    def refuses(self, event: CallEvent) -> str:
        """Feed an event that is impossible now, and return the code of the refusal. Nothing changes."""
        before = self.call
        try:
            _ = self >> event
        except RefusedError as refusal:
            assert self.call == before
            return refusal.code
        raise AssertionError(f"{event} was not refused")

    def ignores(self, event: CallEvent) -> bool:
        """Feed an event that comes late or twice: it changes nothing, and says nothing."""
        before = self.call
        _ = self >> event
        return self.call == before and self.last == Decision(before)

    @property
    def talk(self) -> Talking:
        """The phase, where somebody talks."""
        assert isinstance(self.call.phase, Talking), self.call.phase
        return self.call.phase

    @property
    def ended(self) -> Ended:
        """The phase, where the call is over."""
        assert isinstance(self.call.phase, Ended), self.call.phase
        return self.call.phase

    @property
    def waits(self) -> bool:
        """Whether the caller waits, and nobody is rung."""
        return isinstance(self.call.phase, Waiting)

    @property
    def wired(self) -> Wire | None:
        """The wiring that the last event stated, if any."""
        return next((command for command in self.last.commands if isinstance(command, Wire)), None)

    @property
    def closed(self) -> set[LegId]:
        """The legs that the last event closed."""
        return {command.leg for command in self.last.commands if isinstance(command, CloseLeg)}

    @property
    def kinds(self) -> list[FactKind]:
        """What was said to have happened so far."""
        return [fact.kind for fact in self.facts]


def reservation(agent: AgentId, now: datetime, ring: ReservationId = RING) -> Reservation:
    """Routing picked this agent."""
    return Reservation(ring, agent, AGENT_LEG, now + timedelta(seconds=20))


def target(agent: AgentId, now: datetime) -> Reservation:
    """The agent picked this colleague."""
    return Reservation(TARGET_RING, agent, TARGET_LEG, now + timedelta(seconds=20))


def waiting(plan: WaitingPlan | None = None) -> Ladder:
    """The customer hears music, or what the plan says."""
    return Ladder(new_call(plan=plan)) >> LegConnected(CUSTOMER_LEG, PATH_1)


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


def transferring() -> Ladder:
    """After half a minute Alice hands the call over, and Bob's panel rings."""
    ladder = talking().elapse(30)
    return ladder >> TransferAsked(ALICE, target(BOB, ladder.now), TEAM)


def asking() -> Ladder:
    """After half a minute Alice asks Bob, whose panel rings while the customer is on hold."""
    ladder = talking().elapse(30)
    return ladder >> ConsultAsked(ALICE, target(BOB, ladder.now), TEAM)


def consulting() -> Ladder:
    """Bob has answered four seconds later, and the two talk."""
    ladder = asking().elapse(4) >> LegConnected(TARGET_LEG, PATH_1)
    return ladder >> AgentAccepted(TARGET_RING, BOB, "tab-2")
