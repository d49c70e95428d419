"""What happens to the legs of a call: transports opened, up, lost, and gone with the process that held them."""

from dataclasses import replace
from datetime import datetime

from callflow import hearing
from callflow.call import Call, CallingBack, Leg, LegState, Party, Ringing, Role, Talking, Waiting
from callflow.deciding import actor_of, fact, with_leg
from callflow.errors import RefusedError
from callflow.events import AgentOrder, CloseLeg, Decision, LegConnected, LegLost, Release, TransportOpened, Wire
from callflow.facts import AUTOMATION, Fact, FactKind
from callflow.ids import AgentId, LegId
from callflow.limits import LEG_GRACE, SETUP_LIMIT
from callflow.ringing import back_in_queue, skipping, talk
from callflow.wired import wiring


def transport_opened(call: Call, event: TransportOpened, now: datetime) -> Decision:
    """Note the transport that a page has been given. Raises `RefusedError` ``too_late``."""
    party = call.party(event.leg)
    if party is None:
        raise RefusedError("too_late", "This call has moved on.")
    leg = replace(party.leg, transport=event.transport, tab=event.tab)
    if leg.state is LegState.AWAY:
        return _comes_back(call, replace(leg, state=LegState.CONNECTING, deadline=now + SETUP_LIMIT), now)
    moved = with_leg(call, leg)
    return Decision(moved, (_fact(call, FactKind.CALL_MOVED, party),))


def _comes_back(call: Call, leg: Leg, now: datetime) -> Decision:
    """The customer who waited to be called back answers, or rather waits on the line again (PLUS-12)."""
    back = replace(call, customer_leg=leg)
    if isinstance(call.phase, CallingBack):
        back = replace(back, phase=replace(call.phase, until=max(call.phase.until, now + SETUP_LIMIT)))
    else:
        back = replace(back, callback_at=None, wait_until=max(now + call.plan.longest, now + LEG_GRACE))
    return Decision(back, (_fact(call, FactKind.CALL_MOVED, Party(Role.CUSTOMER, leg)),))


def connected(call: Call, event: LegConnected, now: datetime) -> Decision:
    """A leg's media works, for the first time or again."""
    party = call.party(event.leg)
    if party is None:
        return Decision(call)
    was = party.leg.state
    # Perhaps not the transport that was opened last: one that fails leaves the leg with the one before.
    up = replace(party.leg, state=LegState.UP, transport=event.transport, deadline=None, restarted=False)
    if up == party.leg:
        return Decision(call)
    changed = with_leg(call, up)
    kind = FactKind.CALL_RECONNECTED if was is LegState.RECONNECTING else FactKind.CALL_LEG_UP
    facts = [_fact(call, kind, party)]
    if isinstance(changed.phase, Talking) and up.id == changed.phase.agent_leg.id:
        changed = replace(changed, offers=0)
    if party.role is Role.CUSTOMER and isinstance(changed.phase, CallingBack):
        changed = _called_back(changed, changed.phase, now)
        facts.append(fact(call, FactKind.CALL_ANSWERED, AUTOMATION, call.agent, waited_seconds=0))
    told = hearing.begin(changed, now) if party.role is Role.CUSTOMER else Decision(changed)
    return Decision(told.call, tuple(facts), (Wire(wiring(told.call)), *told.commands))


def _called_back(call: Call, phase: CallingBack, now: datetime) -> Call:
    leg = phase.agent_leg
    if leg.state is LegState.CONNECTING and leg.deadline is None:
        leg = replace(leg, deadline=now + SETUP_LIMIT)
    return talk(call, phase.agent, leg, now)


def lost(call: Call, event: LegLost, now: datetime) -> Decision:
    """A leg's media does not work any more: the others hear so, and it has the grace to come back (PLUS-01)."""
    party = call.party(event.leg)
    if party is None or party.leg.state is not LegState.UP:
        return Decision(call)
    if event.transport is not None and party.leg.transport != event.transport:
        return Decision(call)
    if party.leg.id in {ring.leg.id for ring in call.rings}:  # the panel may open another before it answers
        return Decision(with_leg(call, replace(party.leg, state=LegState.CONNECTING, transport=None)))
    away = with_leg(call, replace(party.leg, state=LegState.RECONNECTING, deadline=now + LEG_GRACE))
    if party.role is Role.CUSTOMER and event.transport is None:
        away = _waits_on(hearing.silenced(away), now)
    return Decision(away, (_fact(call, FactKind.CALL_RECONNECTING, party),), (Wire(wiring(away)),))


def restarted(call: Call, now: datetime) -> Decision:
    """All transports are gone: everybody gets the grace to come back; a ring cannot go on (PLUS-01, PLUS-15)."""
    orders: list[tuple[AgentId, AgentOrder]] = [(ring.agent, Release(call.id)) for ring in call.rings]
    facts: list[Fact] = [fact(call, FactKind.CALL_REQUEUED, AUTOMATION, ring.agent) for ring in call.rings]
    closed: list[LegId] = [ring.leg.id for ring in call.rings]
    customer = call.customer_leg
    if customer.state is not LegState.AWAY:
        call = hearing.silenced(replace(call, customer_leg=_gone(customer, now)))
        facts.append(_fact(call, FactKind.CALL_RECONNECTING, Party(Role.CUSTOMER, customer)))
    match call.phase:
        case Ringing(rings=rings, transferred_by=by):
            gone = [ring.agent for ring in rings] if by is not None else []
            call = _waits_on(back_in_queue(skipping(call, gone, now), now), now)
        case Waiting():
            call = _waits_on(call, now)
        case Talking() as talking:
            asked = talking.consult if talking.consult and talking.consult.answered_at else None
            if asked is not None:
                asked = replace(asked, ring=replace(asked.ring, leg=_gone(asked.ring.leg, now)))
            observers = tuple(replace(one, leg=_gone(one.leg, now)) for one in talking.observers)
            leg = _gone(talking.agent_leg, now)
            call = replace(call, phase=replace(talking, agent_leg=leg, consult=asked, observers=observers))
        case CallingBack() as phase:
            leg = _gone(phase.agent_leg, now)
            call = replace(call, phase=replace(phase, agent_leg=leg, until=now + LEG_GRACE))
        case _:
            pass
    facts += [
        _fact(call, FactKind.CALL_RECONNECTING, party) for party in call.parties if party.role is not Role.CUSTOMER
    ]
    return Decision(call, tuple(facts), (Wire(wiring(call)), *map(CloseLeg, closed)), tuple(orders))


def _waits_on(call: Call, now: datetime) -> Call:
    """Return the call with time to come back in: nobody's wait runs out because we were away."""
    return replace(call, wait_until=max(call.wait_until, now + LEG_GRACE))


def _gone(leg: Leg, now: datetime) -> Leg:
    return replace(leg, state=LegState.RECONNECTING, deadline=now + LEG_GRACE, transport=None, restarted=True)


def _fact(call: Call, kind: FactKind, party: Party) -> Fact:
    actor = AUTOMATION if kind is FactKind.CALL_RECONNECTING else actor_of(call, party)
    return fact(call, kind, actor, party.person or call.agent, who=party.role)
