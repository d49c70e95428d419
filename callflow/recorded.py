"""What is recorded of a call: each talk with an agent by that agent's setting, in one recording (REC-02, REC-04).

The first recorded answer gives the call its recording. Its taps follow from the state alone, as the wiring does, so
that they are stated again whenever a leg or its process comes back. While the agent has paused, or the customer is on
hold, nothing is written (PLUS-10), and neither is it before he was told (`consent`): what is missing is silence in
the finished file.
"""

from dataclasses import replace
from datetime import datetime

from callflow import messages
from callflow.call import Call, Recording, Role, Talking
from callflow.deciding import agent_actor, fact, talking
from callflow.errors import RefusedError
from callflow.events import Decision, RecordingPauseAsked, RecordingPolicy, RecordingResumeAsked, Wire
from callflow.facts import AUTOMATION, Actor, Fact, FactKind
from callflow.ids import AgentId, CallId, RecordingId
from callflow.wired import wiring
from callflow.wiring import NO_TAPS, Tapped, Taps


def recording_of(call: CallId) -> RecordingId:
    """Return the name of a call's recording: there is one at the most."""
    return RecordingId(f"rec_{call.removeprefix('call_')}")


def call_of(recording: RecordingId) -> CallId:
    """Return the call that a recording is of, or in which a message was left."""
    return messages.call_of(recording) or CallId(f"call_{recording.removeprefix('rec_')}")


def begins_to_talk(before: Call, after: Call) -> AgentId | None:
    """Return the agent who talks in the call from now on, by an answer or by taking it over."""
    agent = _talker(after)
    return agent if agent != _talker(before) else None


def follow(before: Call, decision: Decision, policy: RecordingPolicy) -> Decision:
    """Let the recording follow what was decided; `policy` is of the agent who begins to talk."""
    call, facts = decision.call, list(decision.facts)
    was, agent = _talker(before), _talker(call)
    if was == agent:
        return decision
    kept = before.recording
    if was is not None and kept is not None and kept.on:
        facts.append(_fact(call, FactKind.RECORDING_STOPPED, AUTOMATION, was))
    if agent is None:
        after = replace(kept, on=False, paused_at=None) if kept is not None else None
    elif policy.record:
        after = Recording(recording_of(call.id), True, policy.pictures)
        facts.append(_fact(call, FactKind.RECORDING_STARTED, AUTOMATION, agent, pictures=policy.pictures))
    else:
        after = replace(kept, on=False, paused_at=None) if kept is not None else None
    followed = replace(call, recording=after)
    # Where everybody hears what they heard before, nothing else tells the media who is recorded.
    told = taps(followed) == taps(before) or any(isinstance(command, Wire) for command in decision.commands)
    commands = decision.commands if told else (*decision.commands, Wire(wiring(followed)))
    return Decision(followed, tuple(facts), commands, decision.orders)


def pause(call: Call, event: RecordingPauseAsked, now: datetime) -> Decision:
    """Write nothing until the agent lets it go on (PLUS-10). Raises `RefusedError` ``not_recorded``."""
    kept = _recorded(call, event.agent)
    if kept.paused_at is not None:
        return Decision(call)
    return _told(call, replace(kept, paused_at=now), FactKind.RECORDING_PAUSED, event.agent)


def resume(call: Call, event: RecordingResumeAsked, now: datetime) -> Decision:
    """Let the recording go on. Raises `RefusedError` ``not_recorded``."""
    kept = _recorded(call, event.agent)
    if kept.paused_at is None:
        return Decision(call)
    return _told(call, replace(kept, paused_at=None), FactKind.RECORDING_RESUMED, event.agent)


def taps(call: Call) -> Taps:
    """Say which legs are recorded: the customer's and the agent's who talks; the customer's who leaves a message."""
    kept, phase = call.recording, call.phase
    if call.message is not None and call.live:  # whatever the settings say: the customer asks for it
        return {call.customer_leg.id: Tapped(call.message.recording, Role.CUSTOMER, pictures=False, running=True)}
    if kept is None or not kept.on or not isinstance(phase, Talking):
        return NO_TAPS
    running = kept.paused_at is None and phase.held_at is None and not call.owes_consent
    return {
        call.customer_leg.id: Tapped(kept.id, Role.CUSTOMER, kept.pictures, running),
        phase.agent_leg.id: Tapped(kept.id, Role.AGENT, kept.pictures, running),
    }


def _talker(call: Call) -> AgentId | None:
    return call.phase.agent if isinstance(call.phase, Talking) else None


def _recorded(call: Call, agent: AgentId) -> Recording:
    talking(call, agent)
    if call.recording is None or not call.recording.on:
        raise RefusedError("not_recorded", "This call is not recorded.")
    return call.recording


def _told(call: Call, kept: Recording, kind: FactKind, agent: AgentId) -> Decision:
    changed = replace(call, recording=kept)
    return Decision(changed, (_fact(call, kind, agent_actor(agent), agent),), (Wire(wiring(changed)),))


def _fact(call: Call, kind: FactKind, actor: Actor, agent: AgentId, **data: bool) -> Fact:
    return fact(call, kind, actor, agent, recording=recording_of(call.id), **data)
