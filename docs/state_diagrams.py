"""Draws docs/states.md from the machines: every phase is put through every event, and what comes out is the diagram.

Run: python -m docs.state_diagrams
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from callflow import agent_machine, call_machine
from callflow.agent import Agent, Idle, InCall, Observing, Rung, Sound, Status, StatusReason, WrapUp, new_agent
from callflow.agent_machine import (
    AgentEvent,
    AgentTimePassed,
    MoreTime,
    PanelArrived,
    PanelsGone,
    SoundChanged,
    StatusChosen,
    StatusRedefined,
    WrapUpEnded,
    WrapUpFinished,
    WrapUpWritten,
)
from callflow.call import (
    Call,
    CallingBack,
    Consult,
    Ended,
    EndedBy,
    EndReason,
    Leg,
    LegState,
    Media,
    ObserverMode,
    Priority,
    Reservation,
    Ring,
    Ringing,
    Role,
    Talking,
    VoiceMessage,
    Waiting,
)
from callflow.errors import RefusedError
from callflow.events import (
    AgentAccepted,
    AgentDeclined,
    AgentOrder,
    AgentPolicy,
    AgentRemoved,
    AgentReserved,
    BeginWrapUp,
    CallbackAsked,
    CallEvent,
    ConsultAsked,
    ConsultCompleted,
    ConsultReturned,
    Dial,
    DriverFailed,
    Engage,
    HoldAsked,
    HungUp,
    LegConnected,
    LegLost,
    MessageBegun,
    MessageCancelled,
    MessageSent,
    Observe,
    ObserveAsked,
    ObserveEnded,
    PriorityChanged,
    PromptFinished,
    RecordingPauseAsked,
    RecordingResumeAsked,
    Release,
    Reserve,
    ResumeAsked,
    RingLost,
    ServerRestarted,
    TimePassed,
    TransferAsked,
    TransportOpened,
)
from callflow.facts import Actor, ActorKind
from callflow.ids import (
    AgentId,
    CallId,
    ConversationId,
    CustomerId,
    LegId,
    PromptId,
    QueueId,
    RecordingId,
    ReservationId,
    TransportId,
)
from callflow.queueing import QueuePolicy
from callflow.waiting import Hearing

PAGE: Final = Path(__file__).with_name("states.md")
NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
SINCE: Final = NOW - timedelta(seconds=5)
LATER: Final = NOW + timedelta(hours=12)
A, B, S = AgentId("a"), AgentId("b"), AgentId("s")
TEAM: Final = QueuePolicy(QueueId("q"), {A: 1, B: 1}, consult=True)
PATH: Final = TransportId("t")
CUSTOMER, CUSTOMER_LATER = LegId("customer"), LegId("later")


def _leg(name: LegId, state: LegState = LegState.UP) -> Leg:
    return Leg(name, state, None, PATH)


def _held(agent: AgentId) -> Reservation:
    return Reservation(ReservationId(f"ring-{agent}"), agent, LegId(f"leg-{agent}"), NOW + timedelta(seconds=20))


def _ring(agent: AgentId) -> Ring:
    return Ring(_held(agent), _leg(LegId(f"leg-{agent}")))


def _calls() -> Mapping[str, list[Call]]:
    """Representative calls, by the name of the state that a reader would give them."""
    here = Call(
        id=CallId("call"),
        conversation=ConversationId("conv"),
        customer=CustomerId("cust"),
        queue=QueueId("q"),
        link=None,
        media=Media.AUDIO,
        started_at=NOW,
        wait_until=NOW + timedelta(minutes=10),
        customer_leg=_leg(CUSTOMER),
    )
    away = replace(here, customer_leg=Leg(CUSTOMER_LATER, LegState.AWAY, None), callback_at=NOW)
    lost = replace(here, customer_leg=replace(_leg(CUSTOMER, LegState.RECONNECTING), deadline=NOW))
    talk = Talking(A, _leg(LegId("leg-a")), NOW)
    deaf = replace(talk, agent_leg=replace(talk.agent_leg, state=LegState.CONNECTING, deadline=NOW))
    gone = replace(talk, agent_leg=replace(talk.agent_leg, state=LegState.RECONNECTING, deadline=NOW))
    asking, asked = Consult(_ring(B)), Consult(_ring(B), NOW)
    bye = Hearing(greeted=True, saying=PromptId("p"), farewell=True)
    answered = replace(here, answered_at=NOW)

    def talks(*phases: Talking) -> list[Call]:
        return [replace(answered, phase=phase) for phase in phases] + [
            replace(answered, phase=phases[0], customer_leg=lost.customer_leg)
        ]

    def all_gone(consult: Consult) -> tuple[Talking, ...]:
        held = replace(talk, held_at=NOW, consult=consult)
        return held, replace(gone, held_at=NOW, consult=consult)

    ringing = Ringing((_ring(A),))
    calls = {
        "Waiting": [here, lost, replace(here, hearing=bye)],
        "Leaving a message": [replace(one, message=VoiceMessage(RecordingId("msg"), SINCE)) for one in (here, lost)],
        "To be called back": [away],
        "Ringing": [replace(one, phase=ringing) for one in (here, lost)],
        "Ringing to call back": [replace(away, phase=ringing)],
        "Ringing for a transfer": [
            replace(answered, phase=Ringing((_ring(B),), transferred_by=A)),
            replace(lost, answered_at=NOW, phase=Ringing((_ring(B),), transferred_by=A)),
        ],
        "Talking": talks(talk, deaf, gone),
        "On hold": talks(replace(talk, held_at=NOW), replace(gone, held_at=NOW)),
        "Asking a colleague, who rings": talks(*all_gone(asking)),
        "Asking a colleague, who talks": talks(*all_gone(asked)),
        "Calling back": [
            replace(away, phase=CallingBack(A, talk.agent_leg, NOW)),
            replace(away, phase=CallingBack(A, deaf.agent_leg, LATER)),
        ],
        "Ended": [replace(here, phase=Ended(NOW, EndReason.HUNG_UP, EndedBy.CUSTOMER))],
    }
    for name, some in calls.items():
        assert {call_state(call) for call in some} == {name}, name
    return calls


def call_state(call: Call) -> str:
    """Name the state of a call as people see it."""
    match call.phase:
        case Waiting() if call.message is not None:
            return "Leaving a message"
        case Waiting():
            return "Waiting" if call.callback_at is None else "To be called back"
        case Ringing(transferred_by=by) if by is not None:
            return "Ringing for a transfer"
        case Ringing():
            return "Ringing" if call.callback_at is None else "Ringing to call back"
        case Talking(consult=Consult(answered_at=answered)):
            return f"Asking a colleague, who {'talks' if answered else 'rings'}"
        case Talking(held_at=held_at):
            return "On hold" if held_at else "Talking"
        case CallingBack():
            return "Calling back"
        case Ended():
            return "Ended"


CALL_EVENTS: Final[Mapping[str, tuple[CallEvent, ...]]] = {
    "agents are rung": (AgentReserved((_held(A),)),),
    "answered": tuple(AgentAccepted(_held(who).id, who, "tab") for who in (A, B)),
    "declined": tuple(AgentDeclined(_held(who).id, who) for who in (A, B)),
    "panel gone": tuple(RingLost(_held(who).id) for who in (A, B)),
    "agent disabled": (AgentRemoved(A), AgentRemoved(B)),
    "hold": (HoldAsked(A),),
    "resume": (ResumeAsked(A),),
    "transfer": (TransferAsked(A, _held(B), TEAM),),
    "ask a colleague": (ConsultAsked(A, _held(B), TEAM),),
    "complete": (ConsultCompleted(A),),
    "agent returns": (ConsultReturned(A),),
    "colleague leaves": (ConsultReturned(B),),
    "supervisor takes part": (ObserveAsked(S, LegId("leg-s"), ObserverMode.LISTEN), ObserveEnded(S)),
    "recording paused or resumed": (RecordingPauseAsked(A), RecordingResumeAsked(A)),
    "call me back": (CallbackAsked(CUSTOMER_LATER),),
    "leave a message": (MessageBegun(), MessageBegun(again=True)),
    "cancel the message": (MessageCancelled(),),
    "send the message": (MessageSent(),),
    "another priority": (PriorityChanged(Priority.URGENT),),
    "message is said": (PromptFinished(CUSTOMER, PromptId("p")),),
    "customer comes back": (TransportOpened(CUSTOMER_LATER, PATH, None),),
    "customer answers": (LegConnected(CUSTOMER_LATER, PATH),),
    "line lost": (LegLost(CUSTOMER, PATH), LegLost(LegId("leg-a"), PATH), LegLost(LegId("leg-b"), PATH)),
    "hang-up": (HungUp(Role.CUSTOMER), HungUp(Role.AGENT)),
    "restart": (ServerRestarted(),),
    "failure": (DriverFailed(),),
    "time": (TimePassed(),),
}
"""All events, by what a reader would call them."""
MOMENTS: Final = (NOW, NOW + timedelta(seconds=30), LATER)


def call_edges() -> dict[tuple[str, str], list[str]]:
    """Put every representative call through every event; name what leads from one state to another."""
    edges: dict[tuple[str, str], list[str]] = {}
    for name, calls in _calls().items():
        for word, events in CALL_EVENTS.items():
            moments = MOMENTS if word == "time" else MOMENTS[:1]
            reached = [_call_after(call, event, now) for call in calls for event in events for now in moments]
            _note(edges, name, reached, word)
    return edges


def _agents() -> Mapping[str, Agent]:
    idle = replace(new_agent(A, NOW), status=Status.ACTIVE, reachable=True, sound=Sound.READY)
    call, thread = CallId("call"), ConversationId("conv")
    return {
        "Free": idle,
        "Ringing": replace(idle, activity=Rung(NOW, call, ReservationId("ring"), NOW, lost_at=None)),
        "In a call": replace(idle, activity=InCall(NOW, call, thread)),
        "Wrapping up": replace(idle, activity=WrapUp(NOW, call, thread, NOW)),
        "Taking part": replace(idle, activity=Observing(NOW, call)),
    }


def agent_state(agent: Agent) -> str:
    """Name what an agent is doing, as people see it."""
    match agent.activity:
        case Idle():
            return "Free"
        case Rung():
            return "Ringing"
        case InCall():
            return "In a call"
        case WrapUp():
            return "Wrapping up"
        case Observing():
            return "Taking part"


AGENT_EVENTS: Final[Mapping[str, tuple[AgentEvent, ...]]] = {
    "finishes": (WrapUpFinished(CallId("call"), "", None),),
    "a supervisor ends it": (WrapUpEnded(Actor(ActorKind.SUPERVISOR, S)),),
    "time": (AgentTimePassed(),),
    "_stays": (
        *(StatusChosen(Status.AWAY), StatusChosen(Status.ACTIVE), StatusRedefined(Status.ACTIVE.id, Status.AWAY)),
        *(PanelArrived(Sound.READY), PanelsGone(), SoundChanged(Sound.BLOCKED)),
        *(WrapUpWritten(CallId("call"), "", None), MoreTime(CallId("call"), AgentPolicy(timedelta(0)))),
    ),
}
"""All events of an agent, by what a reader would call them; the last change nothing of what he is doing."""


def agent_edges() -> dict[tuple[str, str], list[str]]:
    """Put an agent in each state through every order and every event."""
    call, thread = CallId("call"), ConversationId("conv")
    orders: dict[str, tuple[AgentOrder, ...]] = {
        "a call rings": (Reserve(call, ReservationId("ring")), Reserve(call, ReservationId("ring"), transfer=True)),
        "answers": (Engage(call, thread),),
        "begins a call": (Dial(call, thread),),
        "takes part": (Observe(call),),
        "let go": (Release(call), Release(call, StatusReason.MISSED)),
    }
    edges: dict[tuple[str, str], list[str]] = {}
    for name, agent in _agents().items():
        for word, given in orders.items():
            policy = AgentPolicy(timedelta(0))
            reached = [_obeyed(agent, order, policy) for order in given]
            _note(edges, name, reached, word)
        for word, length in (("the call is over", 30), ("the call is over, without a wrap-up", 0)):
            policy = AgentPolicy(timedelta(seconds=length))
            over = BeginWrapUp(call)
            _note(
                edges,
                name,
                [_obeyed(agent, over, policy)],
                word,
            )
        for word, happened in AGENT_EVENTS.items():
            reached = [_agent_after(agent, event) for event in happened]
            _note(edges, name, reached, word)
    return edges


def _call_after(call: Call, event: CallEvent, now: datetime) -> str | None:
    try:
        return call_state(call_machine.step(call, event, now).call)
    except RefusedError:
        return None


def _agent_after(agent: Agent, event: AgentEvent) -> str | None:
    try:
        return agent_state(agent_machine.step(agent, event, NOW).agent)
    except RefusedError:
        return None


def _obeyed(agent: Agent, order: AgentOrder, policy: AgentPolicy) -> str | None:
    try:
        return agent_state(agent_machine.obey(agent, order, _calls()["Waiting"][0], policy, NOW).agent)
    except RefusedError:
        return None


def _note(edges: dict[tuple[str, str], list[str]], name: str, reached: list[str | None], word: str) -> None:
    for state in dict.fromkeys(reached):
        if state is not None and state != name:
            edges.setdefault((name, state), []).append(word)


def page() -> str:
    """Write the page."""
    return "\n".join(
        (
            "# What a call and an agent can be in",
            "",
            "Drawn from the machines by `python -m docs.state_diagrams`: each state is put through every event, and a",
            "test fails when this page says something else. An event that is not on an arrow changes no state here, or",
            'is refused. "time" stands for the deadline that each state but the last has in its row.',
            "",
            "## A call",
            "",
            "The end is not drawn; the table says what leads there.",
            "",
            *_diagram(call_edges(), "Waiting", hide="Ended"),
            "",
            "| Ends from | By |",
            "|---|---|",
            *(f"| {source} | {', '.join(words)} |" for (source, to), words in call_edges().items() if to == "Ended"),
            "",
            "## An agent",
            "",
            "What he is doing. The status that he chose stands beside it; one that he chose in a call begins after it.",
            "",
            *_diagram(agent_edges(), "Free"),
            "",
        )
    )


def _diagram(edges: Mapping[tuple[str, str], list[str]], first: str, hide: str = "") -> Iterator[str]:
    states = list(dict.fromkeys(name for pair in edges for name in pair if name != hide))
    ids = {name: "".join(word.strip(",").capitalize() for word in name.split()) for name in states}
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield from (f'    state "{name}" as {ids[name]}' for name in states)
    yield f"    [*] --> {ids[first]}"
    for (source, to), words in edges.items():
        if to != hide:
            yield f"    {ids[source]} --> {ids[to]}: {', '.join(words)}"
    yield "```"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
