"""The call machine: pure decisions about one call. docs/states.md draws it, from this code.

    Waiting --AgentReserved--> Ringing --AgentAccepted--> Talking --HungUp--> Ended
       ^                          |                          |
       +--declined, no answer, ---+       no media set up ---+--> Waiting
          ring lost: same place

Beside this: `transfers` (hold, transfer, consultation), `callbacks`, `messages`, `observing`, `recorded`, `hearing`
(what who waits is told).
From every phase that is not Ended: HungUp by the customer, a leg away for longer than its grace, and the phase's own
deadline lead on. A remote event that is late or doubled is ignored; an impossible local one raises `RefusedError`.
No clock, no I/O.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from callflow import callbacks, consent, hearing, legs, messages, observing, recorded, ringing, transfers
from callflow.agent import StatusReason
from callflow.call import Call, CallingBack, Consult, Ended, EndedBy, EndReason, LegState, Ringing, Talking, Waiting
from callflow.deciding import agent_actor, customer, fact
from callflow.ending import by_loss, end, hang_up
from callflow.errors import RefusedError
from callflow.events import (
    AgentAccepted,
    AgentDeclined,
    AgentOrder,
    AgentRemoved,
    AgentReserved,
    BeginWrapUp,
    CallbackAsked,
    CallEvent,
    CloseLeg,
    Command,
    ConsultAsked,
    ConsultCompleted,
    ConsultReturned,
    Decision,
    Dial,
    DriverFailed,
    HoldAsked,
    HungUp,
    LegConnected,
    LegLost,
    MessageBegun,
    MessageCancelled,
    MessageSent,
    ObserveAsked,
    ObserveEnded,
    PriorityChanged,
    PromptFinished,
    RecordingPauseAsked,
    RecordingResumeAsked,
    Release,
    ResumeAsked,
    RingLost,
    ServerRestarted,
    TimePassed,
    TransferAsked,
    TransportOpened,
    Wire,
)
from callflow.facts import AUTOMATION, FactKind
from callflow.ids import AgentId
from callflow.limits import LEG_GRACE
from callflow.waiting import Place
from callflow.wired import rewired, wiring


def arrive(call: Call) -> Decision:
    """Begin a call: a customer has the place in the queue from now on (CALL-01, EVT-01), or an agent calls one."""
    orders: tuple[tuple[AgentId, AgentOrder], ...] = ()
    actor = customer(call)
    if isinstance(call.phase, CallingBack):
        actor = agent_actor(call.phase.agent)
        orders = ((call.phase.agent, Dial(call.id, call.conversation)),)
    started = fact(call, FactKind.CALL_STARTED, actor, call.agent, direction=call.direction, media=call.media)
    return Decision(call, (started,), orders=orders)


def step(call: Call, event: CallEvent, now: datetime) -> Decision:
    """Decide what an event leads to. Raises `RefusedError` when a local request is impossible."""
    if isinstance(call.phase, Ended):
        return _over(call, event)
    match event:
        case AgentReserved():
            return ringing.reserve(call, event)
        case AgentAccepted():
            return _accepted(call, event, now)
        case AgentDeclined():
            return _declined(call, event, now)
        case RingLost():
            return _ring_lost(call, event, now)
        case AgentRemoved():
            return _removed(call, event, now)
        case HoldAsked():
            return transfers.hold(call, event, now)
        case ResumeAsked():
            return transfers.resume(call, event, now)
        case TransferAsked():
            return transfers.transfer(call, event, now)
        case ConsultAsked():
            return transfers.consult(call, event, now)
        case ConsultCompleted():
            return transfers.complete(call, event, now)
        case ConsultReturned():
            return transfers.give_back(call, event, now)
        case ObserveAsked():
            return observing.observe(call, event, now)
        case ObserveEnded():
            return observing.stop(call, event)
        case RecordingPauseAsked():
            return recorded.pause(call, event, now)
        case RecordingResumeAsked():
            return recorded.resume(call, event, now)
        case CallbackAsked():
            return callbacks.ask(call, event, now)
        case MessageBegun():
            return messages.begin(call, event, now)
        case MessageCancelled():
            return messages.cancel(call, now)
        case MessageSent():
            return messages.send(call, now)
        case PriorityChanged(priority=priority):
            return Decision(replace(call, priority=priority), (fact(call, FactKind.CALL_MOVED, AUTOMATION),))
        case PromptFinished():
            return _said(call, event, now)
        case TransportOpened():
            return legs.transport_opened(call, event, now)
        case LegConnected():
            return legs.connected(call, event, now)
        case LegLost():
            return legs.lost(call, event, now)
        case HungUp():
            return hang_up(call, event, now)
        case ServerRestarted():
            return legs.restarted(call, now)
        case DriverFailed():
            return end(call, EndReason.FAILED, EndedBy.SYSTEM, now)
        case TimePassed(place=place):
            return _time_passed(call, place, now)
    assert_never(event)


def restore(call: Call) -> tuple[Command, ...]:
    """Return the live commands that the stored state needs after its process or its media was lost."""
    return (Wire(wiring(call)),) if call.live else ()


_LOCAL = (
    AgentReserved
    | AgentAccepted
    | AgentDeclined
    | HoldAsked
    | ResumeAsked
    | TransferAsked
    | ConsultAsked
    | ConsultCompleted
    | ConsultReturned
    | ObserveAsked
    | RecordingPauseAsked
    | RecordingResumeAsked
    | CallbackAsked
    | MessageBegun
    | MessageCancelled
    | MessageSent
)
"""What somebody asks for and must be told that it cannot be."""


def _over(call: Call, event: CallEvent) -> Decision:
    if isinstance(event, _LOCAL):
        raise RefusedError("too_late", "The call is over.")
    return Decision(call)


def _accepted(call: Call, event: AgentAccepted, now: datetime) -> Decision:
    match call.phase:
        case Talking(agent=agent) | CallingBack(agent=agent) if agent == event.agent:
            return Decision(call)  # a second press, or a second tab of the same agent
        case Talking(consult=Consult() as asked) as phase if asked.ring.agent == event.agent:
            if asked.answered_at is not None:
                return Decision(call)
            ringing.ring_of(call, event.reservation, event.agent)
            return transfers.consult_answered(call, phase, event, now)
        case _:
            return ringing.answer(call, event, now)


def _declined(call: Call, event: AgentDeclined, now: datetime) -> Decision:
    ring = ringing.ring_of(call, event.reservation, event.agent)
    if isinstance(call.phase, Talking):
        return transfers.consult_over(call, call.phase, agent_actor(event.agent), None)
    return ringing.unanswered(call, (ring,), FactKind.CALL_DECLINED, None, now)


def _ring_lost(call: Call, event: RingLost, now: datetime) -> Decision:
    ring = next((ring for ring in call.rings if ring.reservation.id == event.reservation), None)
    if ring is None:
        return Decision(call)
    if isinstance(call.phase, Talking):
        return transfers.consult_over(call, call.phase, AUTOMATION, None)
    return ringing.unanswered(call, (ring,), FactKind.CALL_REQUEUED, None, now)


def _removed(call: Call, event: AgentRemoved, now: datetime) -> Decision:
    """Nobody is stuck with an agent who may not work any more: his part goes to others."""
    match call.phase:
        case Ringing():
            gone = tuple(ring for ring in call.rings if ring.agent == event.agent)
            return ringing.unanswered(call, gone, FactKind.CALL_REQUEUED, None, now) if gone else Decision(call)
        case Talking(agent=agent) as phase if agent == event.agent:
            return transfers.agent_gone(call, phase, Release(call.id), now)
        case Talking(consult=Consult() as asked) as phase if asked.ring.agent == event.agent:
            return transfers.consult_over(call, phase, AUTOMATION, None)
        case Talking():
            return observing.stop(call, ObserveEnded(event.agent))
        case CallingBack(agent=agent) as phase if agent == event.agent:
            return _no_media(call, phase, None, now)
        case _:
            return Decision(call)


def _said(call: Call, event: PromptFinished, now: datetime) -> Decision:
    if call.hearing.farewell and (event.leg, event.prompt) == (call.customer_leg.id, call.hearing.saying):
        return end(call, EndReason.NO_ANSWER, EndedBy.SYSTEM, now)
    if isinstance(call.phase, Talking):
        return consent.said(call, event)
    return hearing.said(call, event, now)


def _time_passed(call: Call, place: Place | None, now: datetime) -> Decision:
    def due(deadline: datetime | None) -> bool:
        return deadline is not None and deadline <= now

    leg = call.customer_leg
    if due(leg.deadline):
        if isinstance(call.phase, CallingBack):
            by = EndedBy.SYSTEM if leg.restarted else EndedBy.NETWORK
            return end(call, EndReason.CALLBACK_MISSED, by, now)
        return by_loss(call, leg, now)
    match call.phase:
        case Ringing():
            over = tuple(ring for ring in call.rings if due(ring.reservation.deadline))
            if over:  # of several who are rung at once nobody is blamed for not being the first
                away = StatusReason.MISSED if len(call.rings) == 1 else None
                return ringing.unanswered(call, over, FactKind.CALL_MISSED, away, now)
        case Waiting() if call.message is not None:
            over = due(call.message.until)
            return end(call, EndReason.MESSAGE_LEFT, EndedBy.SYSTEM, now) if over else Decision(call)
        case Waiting() if due(call.wait_until) and not call.hearing.farewell:  # a ring was finished first (3.2)
            return _waited_too_long(call, now)
        case Talking() as phase:
            return _talk_due(call, phase, due, now)
        case CallingBack() as phase:
            return _calling_back_due(call, phase, due, now)
        case _:
            pass
    return _told(call, place, due, now)


def _told(call: Call, place: Place | None, due: Callable[[datetime | None], bool], now: datetime) -> Decision:
    if due(call.hearing.saying_until):
        if call.hearing.farewell:
            return end(call, EndReason.NO_ANSWER, EndedBy.SYSTEM, now)
        return hearing.over(call, now)
    return hearing.announce(call, place, now) if due(call.hearing.next_at) else Decision(call)


def _waited_too_long(call: Call, now: datetime) -> Decision:
    farewell = call.plan.farewell
    if farewell is None or call.customer_leg.state is not LegState.UP:
        return end(call, EndReason.NO_ANSWER, EndedBy.SYSTEM, now)
    return hearing.farewell(call, farewell, now)


def _talk_due(call: Call, phase: Talking, due: Callable[[datetime | None], bool], now: datetime) -> Decision:
    leg, asked = phase.agent_leg, phase.consult
    if due(leg.deadline):
        if leg.state is LegState.CONNECTING:
            return _no_media(call, phase, StatusReason.NO_MEDIA, now)
        if asked is not None:
            return transfers.agent_gone(call, phase, BeginWrapUp(call.id), now)
        return by_loss(call, leg, now)
    if due(call.hearing.saying_until):
        return consent.out_of_time(call)
    if asked is not None and asked.answered_at is None and due(asked.ring.reservation.deadline):
        return transfers.consult_over(call, phase, AUTOMATION, StatusReason.MISSED)
    if asked is not None and due(asked.ring.leg.deadline):
        return transfers.consult_over(call, phase, AUTOMATION, None)
    late = next((one for one in phase.observers if due(one.leg.deadline)), None)
    if late is not None:
        return observing.leave(call, phase, late)
    return end(call, EndReason.TOO_LONG, EndedBy.SYSTEM, now) if due(call.deadline) else Decision(call)


def _calling_back_due(
    call: Call, phase: CallingBack, due: Callable[[datetime | None], bool], now: datetime
) -> Decision:
    if due(phase.agent_leg.deadline):
        return _no_media(call, phase, StatusReason.NO_MEDIA, now)
    if due(phase.until):
        return end(call, EndReason.CALLBACK_MISSED, EndedBy.SYSTEM, now)
    return Decision(call)


def _no_media(call: Call, phase: Talking | CallingBack, away: StatusReason | None, now: datetime) -> Decision:
    """The agent answered but never became audible: the caller must not pay for it with the place."""
    if isinstance(phase, CallingBack) and call.callback_at is None:  # the customer asked for nothing, and has no place
        ended = end(call, EndReason.FAILED, EndedBy.SYSTEM, now)
        return replace(ended, orders=((phase.agent, Release(call.id, away)),))
    if isinstance(phase, Talking) and phase.consult is not None:
        return transfers.agent_gone(call, phase, Release(call.id, away), now)
    left = observing.leave_all(call, phase) if isinstance(phase, Talking) else Decision(call)
    first = isinstance(phase, Talking) and call.answered_at == phase.since
    before = replace(call, answered_at=None) if first else call  # nobody has talked to the customer after all
    waiting = ringing.back_in_queue(ringing.skipping(before, (phase.agent,), now), now)
    waiting, told = ringing.offered_in_vain(replace(waiting, wait_until=max(waiting.wait_until, now + LEG_GRACE)))
    requeued = fact(call, FactKind.CALL_REQUEUED, AUTOMATION, phase.agent, reason=away)
    commands = (*rewired(call, waiting), CloseLeg(phase.agent_leg.id), *left.commands)
    orders = ((phase.agent, Release(call.id, away)), *left.orders)
    return Decision(waiting, (requeued, *told, *left.facts), commands, orders)
