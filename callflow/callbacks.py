"""A customer leaves the line and keeps the place, to be called back exactly once (PLUS-12).

Waiting --CallbackAsked--> Waiting without a leg --an agent answers the ring--> CallingBack
                                                    --the customer's page connects--> Talking
                                                    --refused, no answer--> Ended, to be seen to by hand
"""

from dataclasses import replace
from datetime import datetime

from callflow.call import Call, Leg, LegState, Ringing, Waiting
from callflow.deciding import customer, fact
from callflow.errors import RefusedError
from callflow.events import CallbackAsked, CloseLeg, Decision, Wire
from callflow.facts import FactKind
from callflow.hearing import stopped
from callflow.limits import CALLBACK_LIMIT
from callflow.wired import wiring


def ask(call: Call, event: CallbackAsked, now: datetime) -> Decision:
    """Close the line and keep the place. Asked twice is asked once.

    Raises `RefusedError` ``too_late``, ``leaving_message``.
    """
    if not isinstance(call.phase, Waiting | Ringing):
        raise RefusedError("too_late", "You are not waiting any more.")
    if call.message is not None:
        raise RefusedError("leaving_message", "You are leaving a message. Send it, or cancel it first.")
    if call.callback_at is not None:
        return Decision(call)
    left = replace(
        call,
        customer_leg=Leg(event.leg, LegState.AWAY, None),
        callback_at=now,
        wait_until=now + CALLBACK_LIMIT,
        hearing=stopped(call.hearing),
    )
    commands = (Wire(wiring(left)), CloseLeg(call.customer_leg.id))
    return Decision(left, (fact(call, FactKind.CALL_CALLBACK_ASKED, customer(call)),), commands)
