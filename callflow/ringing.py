"""From the queue to a panel and back: reserving, answering, declining, and rings that come to nothing."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from callflow import hearing
from callflow.agent import StatusReason
from callflow.call import Call, CallingBack, Leg, LegState, Ring, Ringing, Skip, Talking, Waiting
from callflow.deciding import agent_actor, fact, seconds
from callflow.errors import RefusedError
from callflow.events import (
    AgentAccepted,
    AgentOrder,
    AgentReserved,
    CloseLeg,
    Command,
    Decision,
    Engage,
    Hush,
    Release,
    Reserve,
    Wire,
)
from callflow.facts import AUTOMATION, Fact, FactKind
from callflow.ids import AgentId
from callflow.limits import CALLBACK_RING, LEG_GRACE, OFFERS_IN_VAIN, SETUP_LIMIT
from callflow.routing import can_be_offered
from callflow.wired import rewired, wiring


def reserve(call: Call, event: AgentReserved) -> Decision:
    """Ring the agents whom routing picked. Raises `RefusedError` ``too_late``."""
    if not can_be_offered(call) or not event.reservations:
        raise RefusedError("too_late", "The call is not waiting any more.")
    # In one order for all who hold several agents, so that two who do so at once never block each other.
    named = sorted(event.reservations, key=lambda held: held.agent)
    rings = tuple(Ring(held, Leg(held.leg, LegState.CONNECTING, None)) for held in named)
    # Routing asks somebody again only when all have been tried: then everybody has another turn (PLUS-07).
    again = {ring.agent for ring in rings} & {skip.agent for skip in call.skipped}
    rung = replace(call, phase=Ringing(rings), skipped=() if again else call.skipped)
    facts = tuple(
        fact(call, FactKind.CALL_RINGING, AUTOMATION, ring.agent, reservation=ring.reservation.id) for ring in rings
    )
    orders = tuple((ring.agent, Reserve(call.id, ring.reservation.id)) for ring in rings)
    return Decision(rung, facts, orders=orders)


def answer(call: Call, event: AgentAccepted, now: datetime) -> Decision:
    """Give the call to who answered first; the panels of all others stop (EVT-02). Raises `RefusedError`."""
    ring = ring_of(call, event.reservation, event.agent)
    assert isinstance(call.phase, Ringing)
    leg = opened(ring, event.tab, now)
    losers = [other for other in call.phase.rings if other is not ring]
    orders: list[tuple[AgentId, AgentOrder]] = [(event.agent, Engage(call.id, call.conversation))]
    orders += [(other.agent, Release(call.id)) for other in losers]
    rescinded = [fact(call, FactKind.CALL_RESCINDED, AUTOMATION, other.agent) for other in losers]
    actor = agent_actor(event.agent)
    if call.customer_leg.state is LegState.AWAY:
        stopped = hearing.stopped(call.hearing)
        answered = replace(call, phase=CallingBack(event.agent, leg, now + CALLBACK_RING), hearing=stopped)
        facts = [fact(call, FactKind.CALL_CALLED_BACK, actor, event.agent)]
    else:
        answered = talk(call, event.agent, leg, now)
        waited = now - (call.waiting_since or call.started_at)
        facts = [fact(call, FactKind.CALL_ANSWERED, actor, event.agent, waited_seconds=seconds(waited))]
    commands: list[Command] = [Wire(wiring(answered)), *(CloseLeg(other.leg.id) for other in losers)]
    if call.hearing.saying is not None and leg.state is not LegState.UP:  # no other voice cuts it yet
        commands.append(Hush(call.customer_leg.id))
    return Decision(answered, (*facts, *rescinded), tuple(commands), tuple(orders))


def talk(call: Call, agent: AgentId, leg: Leg, now: datetime) -> Call:
    """Return the call with this agent talking in it from now on."""
    return replace(
        call,
        phase=Talking(agent, leg, now),
        hearing=hearing.stopped(call.hearing),
        answered_at=call.answered_at or now,
        offers=0 if leg.state is LegState.UP else call.offers,  # who never becomes audible has answered nobody
        returned=False,
        waiting_since=None,
        callback_at=None,
    )


def opened(ring: Ring, tab: str, now: datetime) -> Leg:
    """Return the leg of a panel that has answered: it may have been opened while it rang."""
    leg = replace(ring.leg, tab=tab)
    return leg if leg.state is LegState.UP else replace(leg, deadline=now + SETUP_LIMIT)


def ring_of(call: Call, reservation: str, agent: AgentId) -> Ring:
    """Return the ring that an agent acts on. Raises `RefusedError` ``too_late``."""
    found = next((ring for ring in call.rings if (ring.reservation.id, ring.agent) == (reservation, agent)), None)
    if found is None:
        raise RefusedError("too_late", "This call is not ringing here any more.")
    return found


def unanswered(
    call: Call, over: tuple[Ring, ...], kind: FactKind, away: StatusReason | None, now: datetime
) -> Decision:
    """Stop some rings. When none is left the caller has the place again (CALL-05, PLUS-07)."""
    ringing = call.phase
    assert isinstance(ringing, Ringing)
    left = tuple(ring for ring in ringing.rings if ring not in over)
    before, call = call, skipping(call, (ring.agent for ring in over), now)
    if left:
        stopped, told = replace(call, phase=replace(ringing, rings=left)), ()
    else:
        stopped, told = offered_in_vain(back_in_queue(call, now))
    facts = tuple(
        fact(call, kind, agent_actor(ring.agent) if kind is FactKind.CALL_DECLINED else AUTOMATION, ring.agent)
        for ring in over
    )
    closed = tuple(CloseLeg(ring.leg.id) for ring in over)
    orders = tuple((ring.agent, Release(call.id, away)) for ring in over)
    return Decision(stopped, (*facts, *told), (*rewired(before, stopped), *closed), orders)


def offered_in_vain(call: Call) -> tuple[Call, tuple[Fact, ...]]:
    """Count an offer that came to nothing, and say from the third in a row on that nobody answers this caller."""
    counted = replace(call, offers=call.offers + 1)
    if counted.offers < OFFERS_IN_VAIN:
        return counted, ()
    return counted, (fact(call, FactKind.CALL_NEGLECTED, AUTOMATION, offers=counted.offers),)


def back_in_queue(call: Call, now: datetime) -> Call:
    """Return the call waiting again; one that was answered before waits at the head (mission 3.5)."""
    call = hearing.go_on(replace(call, phase=Waiting()), now)
    if call.answered_at is None or call.returned:
        return call
    # Nobody is dropped because a transfer came to nothing, and nobody who is to be called back waits for less.
    until = max(call.wait_until, now + call.plan.longest, now + LEG_GRACE)
    return replace(call, returned=True, waiting_since=call.waiting_since or now, wait_until=until)


def skipping(call: Call, agents: Iterable[AgentId], now: datetime) -> Call:
    """Pass these agents over until all others were tried (PLUS-07)."""
    passed = tuple(dict.fromkeys(agents))
    kept = tuple(skip for skip in call.skipped if skip.agent not in passed)
    return replace(call, skipped=(*kept, *(Skip(agent, now) for agent in passed)))
