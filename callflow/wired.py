"""Who hears and sees whom in each phase of a call: the whole wiring, from its state alone."""

from collections.abc import Sequence

from callflow.call import Call, CallingBack, Ended, LegState, ObserverMode, Ringing, Talking, Waiting
from callflow.events import Wire
from callflow.ids import LegId
from callflow.wiring import HOLD_MUSIC, RINGBACK, FromLeg, FromMix, FromPrompt, Source, Stream, Wiring

Heard = dict[Stream, Source]


def wiring(call: Call) -> Wiring:
    """Say what every leg of a call receives.

    Music while waiting (PLUS-03), silence while a message is spoken (PLUS-12), ringback in a transfer (XFER-05), each
    other when both sides talk; on hold nothing passes between customer and agent, either way (PLUS-21). Who must hear
    first that the talk is recorded hears what he heard in the queue until then (PLUS-10).
    """
    customer = call.customer_leg
    match call.phase:
        case Waiting() if call.message is not None:
            return {customer.id: {}}
        case Waiting() | Ringing(transferred_by=None):
            return {} if customer.state is LegState.AWAY else {customer.id: _queue_sound(call)}
        case Ringing():
            return {} if customer.state is LegState.AWAY else {customer.id: _prompt_ringback()}
        case CallingBack(agent_leg=leg):
            return {leg.id: _prompt_ringback()}
        case Talking(agent_leg=leg) as talk if leg.state is LegState.CONNECTING:
            first = call.answered_at == talk.since
            return {customer.id: _queue_sound(call) if first or call.owes_consent else _prompt_ringback()}
        case Talking() as talk:
            wired = _talk(call, talk)
            return {**wired, customer.id: _queue_sound(call)} if call.owes_consent else wired
        case Ended():
            return {}


def rewired(before: Call, after: Call) -> tuple[Wire, ...]:
    """Return the command that states the wiring, if it is another one now; stating the same cuts nothing off."""
    wanted = wiring(after)
    return () if wanted == wiring(before) else (Wire(wanted),)


def _queue_sound(call: Call) -> Heard:
    return {Stream.VOICE: FromPrompt(call.plan.music or RINGBACK)}


def _prompt_ringback() -> Heard:
    return {Stream.VOICE: FromPrompt(RINGBACK)}


def _talk(call: Call, talk: Talking) -> Wiring:
    customer, agent = call.customer_leg.id, talk.agent_leg.id
    joined = [one.leg.id for one in talk.observers if one.mode is ObserverMode.BARGE]
    beside = [one.leg.id for one in talk.observers if one.mode is not ObserverMode.LISTEN]
    consulted = talk.consult.ring.leg.id if talk.consult and talk.consult.answered_at else None
    on_line = [] if talk.held_at else [customer]
    wired: dict[LegId, Heard] = {
        customer: {Stream.VOICE: FromPrompt(call.plan.music or HOLD_MUSIC)}
        if talk.held_at
        else _heard([agent, *joined], agent)
    }
    colleague = [consulted] if consulted else []
    if talk.consult is not None and consulted is None:
        wired[agent] = _prompt_ringback()
    else:
        wired[agent] = _heard([*on_line, *colleague, *beside], consulted or (customer if on_line else None))
    if consulted is not None:
        wired[consulted] = _heard([agent], agent)
    for one in talk.observers:
        others = [leg for leg in joined if leg != one.leg.id]
        wired[one.leg.id] = _heard([*on_line, agent, *colleague, *others], customer if on_line else None)
    return wired


def _heard(voices: Sequence[LegId], pictures: LegId | None) -> Heard:
    """One voice is forwarded as it comes, several are mixed; pictures come from one leg."""
    heard: Heard = {}
    if voices:
        heard[Stream.VOICE] = FromLeg(voices[0]) if len(voices) == 1 else FromMix(tuple(voices))
    if pictures is not None:
        heard[Stream.CAMERA] = FromLeg(pictures)
        heard[Stream.SCREEN] = FromLeg(pictures)
    return heard
