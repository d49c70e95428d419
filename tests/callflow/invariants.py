"""The invariants of the call flow at one moment, checked on what is stored. Each returns nothing, or raises.

They are written anew, and do not ask the code under test, so that `test_planted_bugs.py` can show that they fail.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from callflow.agent import OFFLINE_GRACE, Agent, Group, Idle, InCall, Rung, Sound, Status, WrapUp
from callflow.call import (
    CALL_CAP,
    DECLINE_PAUSE,
    MAX_WAIT,
    Call,
    Ended,
    EndedBy,
    EndReason,
    LegState,
    Ringing,
    Talking,
    Waiting,
)
from callflow.wiring import HOLD_MUSIC, FromLeg, FromPrompt, Stream
from tests.callflow.world import World

LATE = timedelta(seconds=2)
LONGEST = max(CALL_CAP, MAX_WAIT) + timedelta(minutes=1)
LONGEST_WRAP_UP = timedelta(hours=1)


def check(world: World, calls: Sequence[Call], agents: Sequence[Agent]) -> None:
    """Raise AssertionError when an invariant is broken."""
    now = world.clock.now()
    by_id = {call.id: call for call in calls}
    holders = {agent.id: agent for agent in agents}
    for call in calls:
        check_call(world, call, holders.get(call.agent) if call.agent else None, now)
    held_by = [call.agent for call in calls if isinstance(call.phase, Ringing | Talking)]
    assert len(held_by) == len(set(held_by)), "I2: an agent has one call at most"
    for agent in agents:
        check_agent(agent, by_id.get(agent.call) if agent.call else None, now)
    check_waiting(calls, agents, now)


def check_call(world: World, call: Call, agent: Agent | None, now: datetime) -> None:
    """I1, I4 to I6, R4 for one call and the agent whom it names."""
    assert call.started_at == world.arrived[call.id], "I4: a caller who is put back keeps the place"
    match call.phase:
        case Waiting():
            assert call.agent_leg is None, "I1: a waiting call has no agent's leg"
        case Ringing(reservation=held):
            assert agent is not None, "I1: a ring has an agent"
            assert isinstance(agent.activity, Rung), "I1: who is rung knows it"
            assert (agent.activity.call, agent.activity.reservation) == (call.id, held.id), "I1: by this call"
        case Talking():
            assert agent is not None, "I1: a talk has an agent"
            assert isinstance(agent.activity, InCall), "I1: who talks knows it"
            assert agent.activity.call == call.id, "I1: in this call"
        case Ended() as end:
            assert call.deadline is None, "I5: nothing waits for an ended call"
            assert end.reason is not EndReason.FAILED, "I6: no call failed"
            assert call.started_at <= (end.answered_at or call.started_at) <= end.at, "I6: times are in order"
            assert not world.wire.wiring.get(call.id), "R4: nothing is heard after the end"
            if end.by is EndedBy.NETWORK:
                assert call.customer_leg.id not in world.cut_off, "I6: who was cut off by a restart is not blamed"
    if call.live:
        assert call.deadline is not None, "I5: a live call has a deadline"
        assert now - LATE < call.deadline <= now + LONGEST, "I5: and it lies ahead"
        check_legs(world, call)
        check_wiring(world, call)


def check_legs(world: World, call: Call) -> None:
    """I5 for the legs of a live call: none is away for ever."""
    agent_leg = call.agent_leg if isinstance(call.phase, Talking) else None
    for leg in (call.customer_leg, agent_leg):
        if leg is not None:
            assert (leg.deadline is None) == (leg.state is LegState.UP), "I5: a leg that is away has a deadline"
            assert leg.restarted == (leg.id in world.cut_off), "I6: a leg knows whether a restart cut it off"


def check_wiring(world: World, call: Call) -> None:
    """R4: music until an answer, each other after it, and nobody is heard before."""
    customer, agent_leg = call.customer_leg, call.agent_leg
    if customer.state is not LegState.UP:
        return
    wired = world.wire.wiring.get(call.id, {})
    if isinstance(call.phase, Talking) and agent_leg is not None and agent_leg.state is not LegState.CONNECTING:
        heard = {leg: streams.get(Stream.VOICE) for leg, streams in wired.items()}
        each_other = {customer.id: FromLeg(agent_leg.id), agent_leg.id: FromLeg(customer.id)}
        assert heard == each_other, "R4: who talks is heard, and hears"
    else:
        assert wired == {customer.id: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}}, "R4: nobody is heard before an answer"


def check_agent(agent: Agent, call: Call | None, now: datetime) -> None:
    """I3 and I5 for one agent and the call that he names."""
    match agent.activity:
        case Idle():
            pass
        case Rung() | InCall():
            assert call is not None, "I3: the call is there"
            assert call.live, "I3: no agent points to an ended call"
            assert call.agent == agent.id, "I3: and the call points back"
        case WrapUp(until=until):
            assert call is not None, "I3: the call is there"
            assert not call.live, "I3: a wrap-up follows a call"
            assert now - LATE < until < now + LONGEST_WRAP_UP, "I5: a wrap-up has a deadline"
    if agent.status.group is not Group.UNAVAILABLE and not agent.reachable:
        assert agent.offline_at is not None, "I5: nobody is Active, Busy or Away for ever without a panel"
        assert now - LATE < agent.offline_at <= now + OFFLINE_GRACE, "I5: and not for long"


def check_waiting(calls: Sequence[Call], agents: Sequence[Agent], now: datetime) -> None:
    """I4: nobody who could be offered to a free agent is left waiting."""
    free = {agent.id for agent in agents if could_be_rung(agent)}
    for call in calls:
        if not isinstance(call.phase, Waiting) or call.customer_leg.state is not LegState.UP:
            continue
        refused = {skip.agent for skip in call.skipped}
        assert not free - refused, "PLUS-06: the moment an agent is free, the oldest waiting work is handed out"
        if free:
            assert now < max(skip.at for skip in call.skipped) + DECLINE_PAUSE, "PLUS-07: a pause has an end"


def could_be_rung(agent: Agent) -> bool:
    """Say whether an agent is there for a call."""
    there = agent.status.group is Group.AVAILABLE and agent.reachable and agent.sound is Sound.READY
    return there and isinstance(agent.activity, Idle)


async def check_quiet(world: World) -> None:
    """I10: after all deadlines, nothing is left over."""
    calls, agents = await world.everything()
    assert all(not call.live for call in calls), "I10: every call is over"
    assert all(isinstance(agent.activity, Idle) for agent in agents), "I10: every agent is free"
    assert all(agent.status == Status.OFFLINE for agent in agents), "I10: nobody is there without a panel"
    assert all(not wiring for wiring in world.wire.wiring.values()), "I10: nothing is wired"
