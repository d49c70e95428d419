"""Hold, blind transfer and consult transfer (PLUS-21, XFER-01 to XFER-05, mission 3.5).

Talking --TransferAsked--> Ringing(transferred_by) --answered--> Talking with the target
                                 +--declined, no answer, gone--> Waiting, at the head of the queue

Talking --ConsultAsked--> Talking(consult rings) --answered--> Talking(consult talks)
                                                                   +--ConsultCompleted--> Talking with the target
                                 +--declined, no answer, gone, ConsultReturned--> Talking as before
"""

from dataclasses import replace
from datetime import datetime

from callflow.agent import StatusReason
from callflow.call import Call, Consult, Leg, LegState, Reservation, Ring, Ringing, Skip, Talking
from callflow.deciding import agent_actor, fact, seconds, talking
from callflow.errors import RefusedError
from callflow.events import (
    AgentAccepted,
    AgentOrder,
    BeginWrapUp,
    CloseLeg,
    Command,
    ConsultAsked,
    ConsultCompleted,
    ConsultReturned,
    Decision,
    Engage,
    HoldAsked,
    Release,
    Reserve,
    ResumeAsked,
    TransferAsked,
    Wire,
)
from callflow.facts import AUTOMATION, Actor, Fact, FactKind
from callflow.ids import AgentId
from callflow.observing import leave_all
from callflow.queueing import QueuePolicy
from callflow.ringing import back_in_queue, opened, skipping, talk
from callflow.wired import rewired, wiring


def hold(call: Call, event: HoldAsked, now: datetime) -> Decision:
    """Put the customer on hold: music, and nothing passes either way. Raises `RefusedError`."""
    phase = talking(call, event.agent)
    if phase.held_at is not None:
        return Decision(call)
    held = replace(call, phase=replace(phase, held_at=now))
    return Decision(held, (fact(call, FactKind.CALL_HELD, agent_actor(event.agent), event.agent),), _wire(held))


def resume(call: Call, event: ResumeAsked, now: datetime) -> Decision:
    """Take the customer back from hold. Raises `RefusedError`, ``consulting`` while a colleague is asked."""
    phase = talking(call, event.agent)
    if phase.consult is not None:
        raise RefusedError("consulting", "End the consultation first.")
    if phase.held_at is None:
        return Decision(call)
    resumed = replace(call, phase=replace(phase, held_at=None))
    return Decision(resumed, (_resumed(call, phase, now),), _wire(resumed))


def transfer(call: Call, event: TransferAsked, now: datetime) -> Decision:
    """Ring the target; the one who transfers is out at once, with a wrap-up (XFER-04). Raises `RefusedError`."""
    phase = talking(call, event.agent)
    if phase.consult is not None:
        raise RefusedError("consulting", "End the consultation first.")
    _check(event.agent, event.target, event.policy)
    target = event.target
    moved = replace(
        call,
        phase=Ringing((_ring(target),), transferred_by=event.agent),
        waiting_since=now,
        skipped=(Skip(event.agent, now),),  # a new round, but not for who hands the call over (mission 3.5)
    )
    left = leave_all(call, phase)
    facts = (_transferred(call, phase, target.agent, now), *left.facts)
    orders: tuple[tuple[AgentId, AgentOrder], ...] = (
        (event.agent, BeginWrapUp(call.id)),
        (target.agent, Reserve(call.id, target.id, transfer=True)),
        *left.orders,
    )
    return Decision(moved, facts, (*_wire(moved), CloseLeg(phase.agent_leg.id), *left.commands), orders)


def consult(call: Call, event: ConsultAsked, now: datetime) -> Decision:
    """Ring a colleague while the customer is on hold. Raises `RefusedError`, ``no_consult`` where the queue bars it."""
    phase = talking(call, event.agent)
    if not event.policy.consult:
        raise RefusedError("no_consult", "This queue allows blind transfers only.")
    if phase.consult is not None:
        raise RefusedError("consulting", "You are asking a colleague already.")
    _check(event.agent, event.target, event.policy)
    asked = replace(call, phase=replace(phase, held_at=phase.held_at or now, consult=Consult(_ring(event.target))))
    agent = event.target.agent
    facts = [fact(call, FactKind.CALL_CONSULTING, agent_actor(event.agent), agent)]
    if phase.held_at is None:
        facts.insert(0, fact(call, FactKind.CALL_HELD, agent_actor(event.agent), event.agent))
    order = Reserve(call.id, event.target.id, transfer=True)
    return Decision(asked, tuple(facts), _wire(asked), ((agent, order),))


def consult_answered(call: Call, phase: Talking, event: AgentAccepted, now: datetime) -> Decision:
    """The colleague answered: the two agents talk, the customer hears music."""
    assert phase.consult is not None
    ring = replace(phase.consult.ring, leg=opened(phase.consult.ring, event.tab, now))
    answered = replace(call, phase=replace(phase, consult=Consult(ring, now)))
    facts = (fact(call, FactKind.CALL_CONSULTED, agent_actor(event.agent), event.agent),)
    return Decision(answered, facts, _wire(answered), ((event.agent, Engage(call.id, call.conversation)),))


def complete(call: Call, event: ConsultCompleted, now: datetime) -> Decision:
    """Leave the call to the colleague. Raises `RefusedError` ``not_answered`` unless he has answered."""
    phase = talking(call, event.agent)
    if phase.consult is None or phase.consult.answered_at is None:
        raise RefusedError("not_answered", "Your colleague has not answered yet.")
    return _take_over(call, phase, phase.consult, now)


def give_back(call: Call, event: ConsultReturned, now: datetime) -> Decision:
    """End the consultation: by the agent, who has the customer again; or by the colleague, and the hold goes on."""
    match call.phase:
        case Talking(agent=agent, consult=Consult()) as phase if agent == event.agent:
            over = consult_over(call, phase, agent_actor(agent), None)
            talk_again = over.call.phase
            assert isinstance(talk_again, Talking)
            resumed = replace(over.call, phase=replace(talk_again, held_at=None))
            facts = (*over.facts, _resumed(call, phase, now))
            commands = (*_wire(resumed), *(one for one in over.commands if not isinstance(one, Wire)))
            return Decision(resumed, facts, commands, over.orders)
        case Talking(consult=Consult() as asked) as phase if asked.answered_at and asked.ring.agent == event.agent:
            return consult_over(call, phase, agent_actor(event.agent), None)
        case _:
            raise RefusedError("no_consult", "There is no consultation to end.")


def consult_over(call: Call, phase: Talking, by: Actor, away: StatusReason | None) -> Decision:
    """The colleague is out of the call; the customer stays on hold until the agent comes back to him."""
    assert phase.consult is not None
    ring = phase.consult.ring
    alone = replace(call, phase=replace(phase, consult=None))
    facts = (fact(call, FactKind.CALL_CONSULT_ENDED, by, ring.agent, reason=away),)
    commands: tuple[Command, ...] = (*_wire(alone), CloseLeg(ring.leg.id))
    return Decision(alone, facts, commands, ((ring.agent, Release(call.id, away)),))


def agent_gone(call: Call, phase: Talking, order: AgentOrder, now: datetime) -> Decision:
    """The agent who talks is out of the call: the colleague whom he asked goes on, or the caller is the next."""
    asked = phase.consult
    if asked is not None and asked.answered_at is not None:
        taken = _take_over(call, phase, asked, now)
        return replace(taken, orders=((phase.agent, order), *(one for one in taken.orders if one[0] != phase.agent)))
    left = leave_all(call, phase)
    rung = (asked.ring,) if asked is not None else ()
    waiting = back_in_queue(skipping(call, (phase.agent, *(ring.agent for ring in rung)), now), now)
    fact_ = fact(call, FactKind.CALL_REQUEUED, AUTOMATION, phase.agent)
    orders = ((phase.agent, order), *((ring.agent, Release(call.id)) for ring in rung), *left.orders)
    closed = (CloseLeg(phase.agent_leg.id), *(CloseLeg(ring.leg.id) for ring in rung))
    return Decision(waiting, (fact_, *left.facts), (*rewired(call, waiting), *closed, *left.commands), orders)


def _take_over(call: Call, phase: Talking, asked: Consult, now: datetime) -> Decision:
    leg = asked.ring.leg
    taken = replace(
        talk(call, asked.ring.agent, leg, now),
        phase=Talking(asked.ring.agent, leg, now, observers=phase.observers),
    )
    orders: tuple[tuple[AgentId, AgentOrder], ...] = ((phase.agent, BeginWrapUp(call.id)),)
    facts = (_transferred(call, phase, asked.ring.agent, now),)
    return Decision(taken, facts, (*_wire(taken), CloseLeg(phase.agent_leg.id)), orders)


def _check(agent: AgentId, target: Reservation, policy: QueuePolicy) -> None:
    if target.agent == agent:
        raise RefusedError("transfer_to_self", "You cannot transfer a call to yourself.")
    if target.agent not in policy.levels:
        raise RefusedError("not_in_queue", "This agent is not in the queue of the call.")


def _ring(target: Reservation) -> Ring:
    return Ring(target, Leg(target.leg, LegState.CONNECTING, None))


def _wire(call: Call) -> tuple[Wire]:
    return (Wire(wiring(call)),)


def _resumed(call: Call, phase: Talking, now: datetime) -> Fact:
    held = seconds(now - phase.held_at) if phase.held_at else 0
    return fact(call, FactKind.CALL_RESUMED, agent_actor(phase.agent), phase.agent, held_seconds=held)


def _transferred(call: Call, phase: Talking, target: AgentId, now: datetime) -> Fact:
    """EVT-03: the time, the target, and how long the call has lasted."""
    since = call.answered_at or phase.since
    actor = agent_actor(phase.agent)
    return fact(call, FactKind.CALL_TRANSFERRED, actor, target, talked_seconds=seconds(now - since))
