"""What the parts of the call machine have in common: facts, actors, and putting a leg back where it belongs."""

from dataclasses import replace
from datetime import timedelta

from callflow.call import Call, CallingBack, Leg, Party, Ringing, Role, Talking
from callflow.errors import RefusedError
from callflow.facts import Actor, ActorKind, Fact, FactKind, Value
from callflow.ids import AgentId


def fact(call: Call, kind: FactKind, actor: Actor, agent: AgentId | None = None, **data: Value) -> Fact:
    """Return a fact about a call."""
    return Fact(kind, actor, call.conversation, call.id, agent, call.queue, data)


def customer(call: Call) -> Actor:
    """Return the call's customer as one who acts."""
    return Actor(ActorKind.CUSTOMER, call.customer)


def agent_actor(agent: AgentId) -> Actor:
    """Return an agent as one who acts."""
    return Actor(ActorKind.AGENT, agent)


def actor_of(call: Call, party: Party) -> Actor:
    """Return a party as one who acts."""
    if party.person is None:
        return customer(call)
    kind = ActorKind.SUPERVISOR if party.role is Role.SUPERVISOR else ActorKind.AGENT
    return Actor(kind, party.person)


def seconds(span: timedelta) -> float:
    """Return a span for a fact, in seconds to the millisecond."""
    return round(span.total_seconds(), 3)


def talking(call: Call, agent: AgentId) -> Talking:
    """Return the talk of this agent. Raises `RefusedError` ``not_your_call``."""
    if not isinstance(call.phase, Talking) or call.phase.agent != agent:
        raise RefusedError("not_your_call", "You are not talking in this call.")
    return call.phase


def with_leg(call: Call, leg: Leg) -> Call:
    """Return the call with one party's leg changed, found by its id."""
    if leg.id == call.customer_leg.id:
        return replace(call, customer_leg=leg)
    match call.phase:
        case Ringing(rings=rings):
            changed = tuple(replace(ring, leg=leg) if ring.leg.id == leg.id else ring for ring in rings)
            return replace(call, phase=replace(call.phase, rings=changed))
        case Talking() as talk:
            return replace(call, phase=_in_talk(talk, leg))
        case CallingBack(agent_leg=own) if own.id == leg.id:
            return replace(call, phase=replace(call.phase, agent_leg=leg))
        case _:
            raise ValueError(f"leg {leg.id} is none of call {call.id}")


def _in_talk(talk: Talking, leg: Leg) -> Talking:
    if leg.id == talk.agent_leg.id:
        return replace(talk, agent_leg=leg)
    if talk.consult is not None and leg.id == talk.consult.ring.leg.id:
        return replace(talk, consult=replace(talk.consult, ring=replace(talk.consult.ring, leg=leg)))
    return replace(
        talk,
        observers=tuple(replace(one, leg=leg) if one.leg.id == leg.id else one for one in talk.observers),
    )
