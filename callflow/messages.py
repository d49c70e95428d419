"""A customer who waits leaves a message instead, which is recorded and kept whatever happens then (PLUS-12).

Waiting --MessageBegun--> Waiting, leaving a message --MessageSent, hang-up, loss, time--> Ended, with the message
                                                     --MessageCancelled--> Waiting, at the same place

Meanwhile nobody rings, and the wait goes on being counted. How a message is kept is `ending`'s to say.
"""

from dataclasses import replace
from datetime import datetime

from callflow import hearing
from callflow.call import Call, EndedBy, EndReason, LegState, Ringing, VoiceMessage, Waiting
from callflow.deciding import customer, fact
from callflow.ending import end, kept_message
from callflow.errors import RefusedError
from callflow.events import AgentOrder, CloseLeg, Command, Decision, MessageBegun, Play, Release, Wire
from callflow.facts import AUTOMATION, Fact, FactKind
from callflow.ids import AgentId, CallId, RecordingId
from callflow.limits import LEG_GRACE
from callflow.wired import wiring
from callflow.wiring import MESSAGE_TONE

PREFIX = "msg_"
MARK = "x"
"""Between a call's own part and the number, in the name of a message; in none of the parts."""


def name_of(call: Call) -> RecordingId:
    """Return a name for a message that begins now: a call may have several, of which one at the most is kept."""
    return RecordingId(f"{PREFIX}{call.id.removeprefix('call_')}{MARK}{call.epoch}")


def call_of(recording: RecordingId) -> CallId | None:
    """Return the call in which a message was spoken; None for a recording that is no message."""
    if not recording.startswith(PREFIX):
        return None
    return CallId(f"call_{recording.removeprefix(PREFIX).partition(MARK)[0]}")


def begin(call: Call, event: MessageBegun, now: datetime) -> Decision:
    """Let the customer speak after a tone; who rings stops. Begun twice is begun once, unless he begins `again`.

    Raises `RefusedError` ``too_late``, ``no_messages``.
    """
    if not _can_speak(call):
        raise RefusedError("too_late", "You are not waiting on the line any more.")
    if not call.plan.messages:
        raise RefusedError("no_messages", "You cannot leave a message here.")
    if call.message is not None and not event.again:
        return Decision(call)
    message = VoiceMessage(name_of(call), now)
    speaking = hearing.silenced(replace(call, phase=Waiting(), message=message))
    begun = fact(call, FactKind.CALL_MESSAGE_BEGUN, customer(call), recording=message.recording)
    facts = (*_thrown_away(call), *(fact(call, FactKind.CALL_RESCINDED, AUTOMATION, one.agent) for one in call.rings))
    commands: list[Command] = [Wire(wiring(speaking)), *(CloseLeg(ring.leg.id) for ring in call.rings)]
    orders: list[tuple[AgentId, AgentOrder]] = [(ring.agent, Release(call.id)) for ring in call.rings]
    tone = Play(call.customer_leg.id, MESSAGE_TONE)
    return Decision(speaking, (*facts, begun), (*commands, tone), tuple(orders))


def cancel(call: Call, now: datetime) -> Decision:
    """Throw the message away and let the customer wait on, at the place that he has kept. Raises `RefusedError`."""
    _require(call)
    # Nobody's wait ran out while he spoke.
    waits = replace(call, message=None, wait_until=max(call.wait_until, now + LEG_GRACE))
    waits = hearing.go_on(waits, now)
    return Decision(waits, _thrown_away(call), (Wire(wiring(waits)),))


def send(call: Call, now: datetime) -> Decision:
    """End the call with the message. Raises `RefusedError` ``no_message``, ``message_empty``."""
    _require(call)
    if kept_message(call, now) is None:
        raise RefusedError("message_empty", "You have not said anything yet. Speak after the tone.")
    return end(call, EndReason.MESSAGE_LEFT, EndedBy.CUSTOMER, now)


def _can_speak(call: Call) -> bool:
    waits = isinstance(call.phase, Waiting) or (isinstance(call.phase, Ringing) and call.phase.transferred_by is None)
    return waits and call.customer_leg.state is LegState.UP


def _require(call: Call) -> None:
    if call.message is None:
        raise RefusedError("no_message", "You are not leaving a message.")


def _thrown_away(call: Call) -> tuple[Fact, ...]:
    if call.message is None:
        return ()
    return (fact(call, FactKind.CALL_MESSAGE_CANCELLED, customer(call), recording=call.message.recording),)
