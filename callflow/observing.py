"""A supervisor listens, whispers or joins in; everybody can read in the log that he did (PLUS-20)."""

from dataclasses import replace
from datetime import datetime

from callflow.call import Call, Leg, LegState, Observer, Talking
from callflow.deciding import fact
from callflow.errors import RefusedError
from callflow.events import CloseLeg, Decision, Observe, ObserveAsked, ObserveEnded, Release, Wire
from callflow.facts import Actor, ActorKind, Fact, FactKind
from callflow.limits import SETUP_LIMIT
from callflow.wired import wiring


def observe(call: Call, event: ObserveAsked, now: datetime) -> Decision:
    """Begin, or change between the three ways. Raises `RefusedError` ``not_talking``, ``your_call``."""
    phase = call.phase
    if not isinstance(phase, Talking):
        raise RefusedError("not_talking", "Nobody talks in this call now.")
    party = call.party_of(event.supervisor)
    found = next((one for one in phase.observers if one.supervisor == event.supervisor), None)
    if party is not None and found is None:
        raise RefusedError("your_call", "You are in this call already.")
    if found is not None and found.mode is event.mode:
        return Decision(call)
    leg = Leg(event.leg, LegState.CONNECTING, now + SETUP_LIMIT)
    one = replace(found, mode=event.mode) if found else Observer(event.supervisor, leg, event.mode)
    others = tuple(other for other in phase.observers if other is not found)
    watched = replace(call, phase=replace(phase, observers=(*others, one)))
    orders = () if found else ((event.supervisor, Observe(call.id)),)
    return Decision(watched, (_fact(call, phase, one, event.mode),), (Wire(wiring(watched)),), orders)


def stop(call: Call, event: ObserveEnded) -> Decision:
    """Take part no more; who does not anyway has nothing to stop."""
    phase = call.phase
    found = isinstance(phase, Talking) and next(
        (one for one in phase.observers if one.supervisor == event.supervisor), None
    )
    return leave(call, phase, found) if isinstance(phase, Talking) and found else Decision(call)


def leave(call: Call, phase: Talking, one: Observer) -> Decision:
    """Take one observer out of the call."""
    others = tuple(other for other in phase.observers if other is not one)
    alone = replace(call, phase=replace(phase, observers=others))
    commands = (Wire(wiring(alone)), CloseLeg(one.leg.id))
    return Decision(alone, (_fact(call, phase, one, None),), commands, ((one.supervisor, Release(call.id)),))


def leave_all(call: Call, phase: Talking) -> Decision:
    """Say what becomes of all observers of a talk that is over; the call itself is for who asks."""
    return Decision(
        call,
        tuple(_fact(call, phase, one, None) for one in phase.observers),
        tuple(CloseLeg(one.leg.id) for one in phase.observers),
        tuple((one.supervisor, Release(call.id)) for one in phase.observers),
    )


def _fact(call: Call, phase: Talking, one: Observer, mode: str | None) -> Fact:
    actor = Actor(ActorKind.SUPERVISOR, one.supervisor)
    return fact(call, FactKind.CALL_OBSERVED, actor, phase.agent, mode=mode)
