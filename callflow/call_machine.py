"""The call machine: pure decisions about one call.

    Waiting --AgentReserved--> Ringing --AgentAccepted--> Talking --HungUp--> Ended
       ^                          |                          |
       +--declined, no answer, ---+       no media set up ---+--> Waiting
          ring lost: same place

From every phase that is not Ended: HungUp by the customer, a leg away for longer than its grace, and the
phase's own deadline lead to Ended. A remote event that is late or doubled is ignored; an impossible local
one raises `RefusedError`. No clock, no I/O.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from callflow.agent import StatusReason
from callflow.call import (
    LEG_GRACE,
    SETUP_LIMIT,
    Call,
    Ended,
    EndedBy,
    EndReason,
    Leg,
    LegState,
    Ringing,
    Role,
    Skip,
    Talking,
    Waiting,
)
from callflow.errors import RefusedError
from callflow.events import (
    AgentAccepted,
    AgentDeclined,
    AgentOrder,
    AgentReserved,
    BeginWrapUp,
    CallEvent,
    CloseLeg,
    Command,
    Decision,
    DriverFailed,
    Engage,
    HungUp,
    LegConnected,
    LegLost,
    Release,
    Reserve,
    RingLost,
    ServerRestarted,
    TimePassed,
    TransportOpened,
    Wire,
)
from callflow.facts import AUTOMATION, Actor, ActorKind, Fact, FactKind, Value
from callflow.ids import AgentId
from callflow.wiring import HOLD_MUSIC, FromLeg, FromPrompt, Source, Stream, Wiring


def arrive(call: Call) -> Decision:
    """Begin a call: the customer has the place in the queue from now on (CALL-01, EVT-01)."""
    actor = Actor(ActorKind.CUSTOMER, call.customer)
    return Decision(call, (_fact(call, FactKind.CALL_STARTED, actor, direction="inbound", media=call.media),))


def step(call: Call, event: CallEvent, now: datetime) -> Decision:
    """Decide what an event leads to. Raises `RefusedError` when a local request is impossible."""
    if isinstance(call.phase, Ended):
        return _over(call, event)
    match event:
        case AgentReserved():
            return _reserve(call, event, now)
        case AgentAccepted():
            return _answer(call, event, now)
        case AgentDeclined():
            ringing = _ringing(call, event.reservation, event.agent)
            return _back_to_queue(call, ringing, FactKind.CALL_DECLINED, None, now)
        case RingLost():
            if not isinstance(call.phase, Ringing) or call.phase.reservation.id != event.reservation:
                return Decision(call)
            return _back_to_queue(call, call.phase, FactKind.CALL_REQUEUED, None, now)
        case TransportOpened():
            return _transport_opened(call, event)
        case LegConnected():
            return _leg_connected(call, event)
        case LegLost():
            return _leg_lost(call, event, now)
        case HungUp():
            return _hang_up(call, event.by, now)
        case ServerRestarted():
            return _restarted(call, now)
        case DriverFailed():
            return _end(call, EndReason.FAILED, EndedBy.SYSTEM, now)
        case TimePassed():
            return _time_passed(call, now)
    assert_never(event)


def restore(call: Call) -> tuple[Command, ...]:
    """Return the live commands that the stored state needs after its process or its media was lost."""
    return (Wire(wiring(call)),) if call.live else ()


def wiring(call: Call) -> Wiring:
    """Who hears and sees whom: music while waiting, each other when both sides talk, else nothing (PLUS-03)."""
    customer = call.customer_leg.id
    music: dict[Stream, Source] = {Stream.VOICE: FromPrompt(HOLD_MUSIC)}
    match call.phase:
        case Waiting() | Ringing():
            return {customer: music}
        case Talking(agent_leg=leg) if leg.state is LegState.CONNECTING:
            return {customer: music}
        case Talking(agent_leg=leg):
            return {
                customer: dict.fromkeys(Stream, FromLeg(leg.id)),
                leg.id: dict.fromkeys(Stream, FromLeg(customer)),
            }
        case Ended():
            return {}


def _over(call: Call, event: CallEvent) -> Decision:
    if isinstance(event, AgentReserved | AgentAccepted | AgentDeclined):
        raise RefusedError("too_late", "The call is over.")
    return Decision(call)


def _reserve(call: Call, event: AgentReserved, now: datetime) -> Decision:
    if not isinstance(call.phase, Waiting) or call.customer_leg.state is not LegState.UP:
        raise RefusedError("too_late", "The call is not waiting any more.")
    held = event.reservation
    leg = Leg(held.leg, LegState.CONNECTING, None)
    # Routing asks somebody again only when all have been tried: then everybody has another turn (PLUS-07).
    skipped = () if any(skip.agent == held.agent for skip in call.skipped) else call.skipped
    ringing = replace(call, phase=Ringing(held, leg), skipped=skipped)
    fact = _fact(call, FactKind.CALL_RINGING, AUTOMATION, held.agent, reservation=held.id)
    return Decision(ringing, (fact,), orders=((held.agent, Reserve(call.id, held.id)),))


def _ringing(call: Call, reservation: str, agent: AgentId) -> Ringing:
    match call.phase:
        case Ringing(reservation=held) if held.id == reservation and held.agent == agent:
            return call.phase
        case _:
            raise RefusedError("too_late", "This call is not ringing here any more.")


def _answer(call: Call, event: AgentAccepted, now: datetime) -> Decision:
    match call.phase:
        case Talking(agent=agent) if agent == event.agent:
            return Decision(call)  # a second press, or a second tab of the same agent
        case _:
            ringing = _ringing(call, event.reservation, event.agent)
    leg = replace(ringing.agent_leg, tab=event.tab)
    if leg.state is not LegState.UP:
        leg = replace(leg, deadline=now + SETUP_LIMIT)
    answered = replace(call, phase=Talking(event.agent, leg, now))
    actor = Actor(ActorKind.AGENT, event.agent)
    fact = _fact(call, FactKind.CALL_ANSWERED, actor, event.agent, waited_seconds=_seconds(now - call.started_at))
    orders = ((event.agent, Engage(call.id, call.conversation)),)
    return Decision(answered, (fact,), (Wire(wiring(answered)),), orders)


def _back_to_queue(call: Call, ringing: Ringing, kind: FactKind, away: StatusReason | None, now: datetime) -> Decision:
    """Give the caller back the place: the queue is ordered by when calls started (CALL-05, PLUS-07)."""
    agent = ringing.reservation.agent
    skipped = (*(skip for skip in call.skipped if skip.agent != agent), Skip(agent, now))
    waiting = replace(call, phase=Waiting(), skipped=skipped)
    actor = Actor(ActorKind.AGENT, agent) if kind is FactKind.CALL_DECLINED else AUTOMATION
    return Decision(
        waiting,
        (_fact(call, kind, actor, agent),),
        (CloseLeg(ringing.agent_leg.id),),
        ((agent, Release(call.id, away)),),
    )


def _leg_connected(call: Call, event: LegConnected) -> Decision:
    role = call.role_of(event.leg)
    leg = call.customer_leg if role is Role.CUSTOMER else call.agent_leg
    if role is None or leg is None:
        return Decision(call)
    was = leg.state
    # Perhaps not the transport that was opened last: one that fails leaves the leg with the one before.
    up = replace(leg, state=LegState.UP, transport=event.transport, deadline=None, restarted=False)
    if up == leg:
        return Decision(call)
    connected = _with_leg(call, role, up)
    kind = FactKind.CALL_RECONNECTED if was is LegState.RECONNECTING else FactKind.CALL_LEG_UP
    fact = _fact(call, kind, _actor(call, role), call.agent, who=role)
    return Decision(connected, (fact,), (Wire(wiring(connected)),))


def _leg_lost(call: Call, event: LegLost, now: datetime) -> Decision:
    role = call.role_of(event.leg)
    leg = call.customer_leg if role is Role.CUSTOMER else call.agent_leg
    if role is None or leg is None or leg.state is not LegState.UP:
        return Decision(call)
    if event.transport is not None and leg.transport != event.transport:
        return Decision(call)
    if role is Role.AGENT and isinstance(call.phase, Ringing):  # the panel may open another before it answers
        return Decision(_with_leg(call, role, replace(leg, state=LegState.CONNECTING, transport=None)))
    lost = _with_leg(call, role, replace(leg, state=LegState.RECONNECTING, deadline=now + LEG_GRACE))
    fact = _fact(call, FactKind.CALL_RECONNECTING, AUTOMATION, call.agent, who=role)
    return Decision(lost, (fact,), (Wire(wiring(lost)),))


def _transport_opened(call: Call, event: TransportOpened) -> Decision:
    role = call.role_of(event.leg)
    leg = call.customer_leg if role is Role.CUSTOMER else call.agent_leg
    if role is None or leg is None:
        raise RefusedError("too_late", "This call has moved on.")
    moved = _with_leg(call, role, replace(leg, transport=event.transport, tab=event.tab))
    return Decision(moved, (_fact(call, FactKind.CALL_MOVED, _actor(call, role), call.agent, who=role),))


def _hang_up(call: Call, by: Role, now: datetime) -> Decision:
    talking = isinstance(call.phase, Talking)
    if by is Role.AGENT and not talking:
        raise RefusedError("not_your_call", "This call is not yours.")
    reason = EndReason.HUNG_UP if talking else EndReason.ABANDONED
    return _end(call, reason, EndedBy(by), now)


def _restarted(call: Call, now: datetime) -> Decision:
    """All transports are gone: both sides get the grace to come back; a ring cannot go on (PLUS-01, PLUS-15)."""
    orders: tuple[tuple[AgentId, AgentOrder], ...] = ()
    facts: list[Fact] = []
    if isinstance(call.phase, Ringing):
        agent = call.phase.reservation.agent
        orders = ((agent, Release(call.id)),)
        facts.append(_fact(call, FactKind.CALL_REQUEUED, AUTOMATION, agent))
        call = replace(call, phase=Waiting())
    call = replace(call, customer_leg=_gone(call.customer_leg, now))
    facts.append(_fact(call, FactKind.CALL_RECONNECTING, AUTOMATION, call.agent, who=Role.CUSTOMER))
    if isinstance(call.phase, Talking):
        call = replace(call, phase=replace(call.phase, agent_leg=_gone(call.phase.agent_leg, now)))
        facts.append(_fact(call, FactKind.CALL_RECONNECTING, AUTOMATION, call.agent, who=Role.AGENT))
    elif call.wait_until < now + LEG_GRACE:
        call = replace(call, wait_until=now + LEG_GRACE)  # nobody's wait runs out because we were away
    return Decision(call, tuple(facts), restore(call), orders)


def _gone(leg: Leg, now: datetime) -> Leg:
    return replace(leg, state=LegState.RECONNECTING, deadline=now + LEG_GRACE, transport=None, restarted=True)


def _time_passed(call: Call, now: datetime) -> Decision:
    customer = call.customer_leg
    if customer.deadline is not None and customer.deadline <= now:
        return _end_by_loss(call, customer, now)
    match call.phase:
        case Ringing(reservation=held) if held.deadline <= now:
            return _back_to_queue(call, call.phase, FactKind.CALL_MISSED, StatusReason.MISSED, now)
        case Waiting() if call.wait_until <= now:  # a ring under way was finished first (mission 3.2)
            return _end(call, EndReason.NO_ANSWER, EndedBy.SYSTEM, now)
        case Talking(agent_leg=leg) if leg.deadline is not None and leg.deadline <= now:
            if leg.state is LegState.CONNECTING:
                return _no_media(call, call.phase, now)
            return _end_by_loss(call, leg, now)
        case Talking() if call.deadline is not None and call.deadline <= now:
            return _end(call, EndReason.TOO_LONG, EndedBy.SYSTEM, now)
        case _:
            return Decision(call)


def _end_by_loss(call: Call, leg: Leg, now: datetime) -> Decision:
    if leg.restarted:
        return _end(call, EndReason.SERVER_RESTART, EndedBy.SYSTEM, now)
    reason = EndReason.LOST if isinstance(call.phase, Talking) else EndReason.ABANDONED
    return _end(call, reason, EndedBy.NETWORK, now)


def _no_media(call: Call, talking: Talking, now: datetime) -> Decision:
    """The agent answered but never became audible: the caller must not pay for it with the place."""
    waiting = replace(
        call,
        phase=Waiting(),
        skipped=(*call.skipped, Skip(talking.agent, now)),
        wait_until=max(call.wait_until, now + LEG_GRACE),
    )
    fact = _fact(call, FactKind.CALL_REQUEUED, AUTOMATION, talking.agent, reason=StatusReason.NO_MEDIA)
    commands = (Wire(wiring(waiting)), CloseLeg(talking.agent_leg.id))
    return Decision(waiting, (fact,), commands, ((talking.agent, Release(call.id, StatusReason.NO_MEDIA)),))


def _end(call: Call, reason: EndReason, by: EndedBy, now: datetime) -> Decision:
    legs = [call.customer_leg.id]
    orders: tuple[tuple[AgentId, AgentOrder], ...] = ()
    answered_at = None
    match call.phase:
        case Ringing(reservation=held, agent_leg=leg):
            legs.append(leg.id)
            orders = ((held.agent, Release(call.id)),)
        case Talking(agent=agent, agent_leg=leg, answered_at=answered_at):
            legs.append(leg.id)
            orders = ((agent, BeginWrapUp(call.id)),)
        case _:
            pass
    talked_to = call.agent if answered_at else None
    ended = replace(call, phase=Ended(now, reason, by, talked_to, answered_at))
    data: dict[str, Value] = {
        "reason": reason,
        "by": by,
        "waited_seconds": _seconds((answered_at or now) - call.started_at),
        "talked_seconds": _seconds(now - answered_at) if answered_at else None,
    }
    actor = {
        EndedBy.CUSTOMER: Actor(ActorKind.CUSTOMER, call.customer),
        EndedBy.AGENT: Actor(ActorKind.AGENT, call.agent),
    }.get(by, AUTOMATION)
    fact = _fact(call, FactKind.CALL_ENDED, actor, call.agent, **data)
    return Decision(ended, (fact,), (Wire({}), *map(CloseLeg, legs)), orders)


def _with_leg(call: Call, role: Role, leg: Leg) -> Call:
    if role is Role.CUSTOMER:
        return replace(call, customer_leg=leg)
    assert isinstance(call.phase, Ringing | Talking)
    return replace(call, phase=replace(call.phase, agent_leg=leg))


def _actor(call: Call, role: Role) -> Actor:
    if role is Role.CUSTOMER:
        return Actor(ActorKind.CUSTOMER, call.customer)
    return Actor(ActorKind.AGENT, call.agent)


def _fact(call: Call, kind: FactKind, actor: Actor, agent: AgentId | None = None, **data: Value) -> Fact:
    return Fact(kind, actor, call.conversation, call.id, agent, call.queue, data)


def _seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 3)
