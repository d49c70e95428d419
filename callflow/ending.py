"""How a call ends: everybody's leg is closed, who talked gets a wrap-up, who did not is free at once.

However it ends while the customer leaves a message: what he has said is kept (PLUS-12).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from callflow.call import (
    Call,
    CallingBack,
    Ended,
    EndedBy,
    EndReason,
    Leg,
    LegState,
    Ringing,
    Role,
    Talking,
    VoiceMessage,
)
from callflow.deciding import agent_actor, customer, fact, seconds
from callflow.errors import RefusedError
from callflow.events import AgentOrder, BeginWrapUp, CloseLeg, Decision, HungUp, Release, Wire
from callflow.facts import AUTOMATION, Fact, FactKind, Value
from callflow.ids import AgentId
from callflow.limits import LEG_GRACE, MESSAGE_LEAST


def end(call: Call, reason: EndReason, by: EndedBy, now: datetime) -> Decision:
    """End the call (EVT-04)."""
    parties = call.parties
    kept = kept_message(call, now)
    if kept is not None:
        reason = EndReason.MESSAGE_LEFT
    ended = replace(call, phase=Ended(now, reason, by, talked_to(call)), message=kept)
    waited = (call.answered_at or now) - call.started_at
    data: dict[str, Value] = {
        "reason": reason,
        "by": by,
        "waited_seconds": seconds(waited),
        "talked_seconds": seconds(now - call.answered_at) if call.answered_at else None,
    }
    actor = {EndedBy.CUSTOMER: customer(call)}.get(by, AUTOMATION)
    if by is EndedBy.AGENT and call.agent is not None:
        actor = agent_actor(call.agent)
    return Decision(
        ended,
        (*_message_over(call, kept, now), fact(call, FactKind.CALL_ENDED, actor, call.agent, **data)),
        (Wire({}), *(CloseLeg(party.leg.id) for party in parties)),
        tuple(freed(call)),
    )


def kept_message(call: Call, now: datetime) -> VoiceMessage | None:
    """Return the message that would be kept if the call ended now: one in which there was time to say something."""
    message = call.message
    return message if message is not None and _spoken(call, message, now) >= MESSAGE_LEAST else None


def _spoken(call: Call, message: VoiceMessage, now: datetime) -> timedelta:
    """Return for how long the customer could be heard: until the line was lost, if it is."""
    leg = call.customer_leg
    until = min(now, message.until)
    if leg.state is LegState.RECONNECTING and leg.deadline is not None:
        until = min(until, leg.deadline - LEG_GRACE)
    return until - message.since


def _message_over(call: Call, kept: VoiceMessage | None, now: datetime) -> tuple[Fact, ...]:
    message = call.message
    if message is None:
        return ()
    if kept is None:
        return (fact(call, FactKind.CALL_MESSAGE_CANCELLED, AUTOMATION, recording=message.recording),)
    said = seconds(_spoken(call, message, now))
    return (fact(call, FactKind.CALL_MESSAGE_LEFT, customer(call), recording=message.recording, seconds=said),)


def freed(call: Call) -> list[tuple[AgentId, AgentOrder]]:
    """Let go of all agents and supervisors; who had the customer gets a wrap-up (PLUS-08)."""
    orders: list[tuple[AgentId, AgentOrder]] = []
    for party in call.parties:
        if party.person is not None:
            had = party.role is Role.AGENT and party.person == call.agent
            orders.append((party.person, BeginWrapUp(call.id) if had else Release(call.id)))
    return orders


def talked_to(call: Call) -> AgentId | None:
    """Return the agent to whom a call belongs that ends now: who talked last, or tried to call back."""
    return call.phase.transferred_by if isinstance(call.phase, Ringing) else call.agent


def by_loss(call: Call, leg: Leg, now: datetime) -> Decision:
    """End the call because a party did not come back."""
    if leg.restarted:
        return end(call, EndReason.SERVER_RESTART, EndedBy.SYSTEM, now)
    reason = EndReason.LOST if call.answered_at else EndReason.ABANDONED
    return end(call, reason, EndedBy.NETWORK, now)


def hang_up(call: Call, event: HungUp, now: datetime) -> Decision:
    """End the call because a side asked for it (CALL-06). Raises `RefusedError` ``not_your_call``."""
    match call.phase:
        case _ if event.by is Role.SUPERVISOR:
            raise RefusedError("not_your_call", "You only take part in this call.")
        case _ if event.agent not in (None, call.agent):
            raise RefusedError("not_your_call", "This call is not yours.")
        case Talking():
            return end(call, EndReason.HUNG_UP, EndedBy(event.by), now)
        case CallingBack():
            return end(call, EndReason.CALLBACK_MISSED, EndedBy(event.by), now)
        case _ if event.by is Role.AGENT:
            raise RefusedError("not_your_call", "This call is not yours.")
        case _:
            reason = EndReason.HUNG_UP if call.answered_at else EndReason.ABANDONED
            return end(call, reason, EndedBy(event.by), now)
