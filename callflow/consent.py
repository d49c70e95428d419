"""Who is to be recorded hears so first, to its end and once in a call (PLUS-10).

Who waits is told after the greeting (`hearing`). Who is answered sooner, by an agent whose talks are recorded, goes on
hearing it, or hears it then; until it is over the two are not put through and nothing is recorded. The answer of an
agent who is not recorded cuts it, as it cuts everything.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from callflow import hearing
from callflow.call import Call, LegState
from callflow.deciding import fact
from callflow.events import Command, Decision, Hush, Play, PromptFinished, Wire
from callflow.facts import AUTOMATION, FactKind
from callflow.wired import wiring

CONSENT_LIMIT = timedelta(seconds=60)
"""So long nobody is heard at the most, should its end never be told; what is left of a longer sentence is cut off."""


def follow(before: Call, decision: Decision, now: datetime) -> Decision:
    """Let what is said follow what was decided, and whether the talk is recorded."""
    call = decision.call
    if call.owes_consent:
        return _first(before, decision, now)
    if call.plan.consent is not None and call.hearing.saying == call.plan.consent and _voice(before) != _voice(call):
        return replace(decision, call=replace(call, hearing=hearing.stopped(call.hearing)))  # the wiring cut it
    return decision


def said(call: Call, event: PromptFinished) -> Decision:
    """Put the two through when it was said."""
    if event.leg != call.customer_leg.id or event.prompt != call.hearing.saying:
        return Decision(call)
    return _put_through(call, FactKind.RECORDING_ANNOUNCED)


def out_of_time(call: Call) -> Decision:
    """Put the two through, although nobody knows whether all of it was said: the thread does not claim so."""
    return _put_through(call, FactKind.CALL_MOVED)


def _put_through(call: Call, why: FactKind) -> Decision:
    """Let the two hear each other, and the recording begin."""
    heard = replace(call, hearing=replace(hearing.stopped(call.hearing), consented=True))
    return Decision(heard, (fact(heard, why, AUTOMATION),), (Wire(wiring(heard)),))


def _first(before: Call, decision: Decision, now: datetime) -> Decision:
    """Say it before anything else; what is being said of it already goes on."""
    call, consent = decision.call, decision.call.plan.consent
    assert consent is not None
    hushed = Hush(call.customer_leg.id)
    commands: list[Command] = [
        Wire(wiring(call)) if isinstance(command, Wire) else command
        for command in decision.commands
        if command != hushed
    ]
    if call.hearing.saying != consent and call.customer_leg.state is LegState.UP:  # who is away hears it when back
        until = before.hearing.saying_until
        if before.hearing.saying == consent and _voice(before) == _voice(call):
            limit = min(until or now + CONSENT_LIMIT, now + CONSENT_LIMIT)
            call = replace(call, hearing=replace(call.hearing, saying=consent, saying_until=limit))
        else:
            made = hearing.say(call, (consent,), now)
            call = replace(made.call, hearing=replace(made.call.hearing, saying_until=now + CONSENT_LIMIT))
            commands += [command for command in made.commands if isinstance(command, Play)]
    return replace(decision, call=call, commands=tuple(commands))


def _voice(call: Call) -> object:
    return wiring(call).get(call.customer_leg.id)
