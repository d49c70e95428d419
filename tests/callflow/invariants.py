"""The invariants of the call flow, checked on what is stored. Each returns nothing, or raises."""

from collections.abc import Sequence
from datetime import timedelta

from callflow.agent import Agent, Idle, InCall, Rung, WrapUp
from callflow.call import CALL_CAP, MAX_WAIT, Call, Ended, Ringing, Talking, Waiting
from callflow.routing import assign
from callflow.wiring import FromLeg
from tests.callflow.world import World

LATE = timedelta(seconds=2)
LONGEST = max(CALL_CAP, MAX_WAIT) + timedelta(minutes=1)


async def check(world: World) -> None:
    """Raise AssertionError when an invariant is broken."""
    now = world.clock.now()
    calls, agents = await world.everything()
    check_order(world, calls, agents)
    by_id = {call.id: call for call in calls}
    holders = {agent.id: agent for agent in agents}
    for call in calls:
        match call.phase:
            case Waiting():
                assert call.agent_leg is None, "I1: a waiting call has no agent's leg"
            case Ringing(reservation=held):
                activity = holders[held.agent].activity
                assert isinstance(activity, Rung), "I1: who is rung knows it"
                assert (activity.call, activity.reservation) == (call.id, held.id), "I1: by this call"
            case Talking(agent=agent):
                activity = holders[agent].activity
                assert isinstance(activity, InCall), "I1: who talks knows it"
                assert activity.call == call.id, "I1: in this call"
            case Ended() as end:
                assert call.deadline is None, "I5: nothing waits for an ended call"
                assert end.reason, "I6: an ended call has a reason"
                assert call.started_at <= (end.answered_at or call.started_at) <= end.at, "I6: times are in order"
        if call.live:
            assert call.deadline is not None, "I5: a live call has a deadline"
            assert now - LATE < call.deadline <= now + LONGEST, "I5: and it lies ahead"
        wiring = world.wire.wiring.get(call.id, {})
        if not isinstance(call.phase, Talking):
            sources = [source for streams in wiring.values() for source in streams.values()]
            assert not any(isinstance(source, FromLeg) for source in sources), "R4: nobody is heard before an answer"
    held_by = [call.agent for call in calls if isinstance(call.phase, Ringing | Talking)]
    assert len(held_by) == len(set(held_by)), "I2: an agent has one call at most"
    for agent in agents:
        match agent.activity:
            case Idle():
                pass
            case Rung(call=held) | InCall(call=held):
                assert by_id[held].live, "I3: no agent points to an ended call"
                assert by_id[held].agent == agent.id, "I3: and the call points back"
            case WrapUp(call=held, until=until):
                assert not by_id[held].live, "I3: a wrap-up follows a call"
                assert now - LATE < until, "I5: a wrap-up has a deadline"


def check_order(world: World, calls: Sequence[Call], agents: Sequence[Agent]) -> None:
    """I4: a caller keeps the place for good, and nobody who could be offered to a free agent is left waiting."""
    for call in calls:
        assert call.started_at == world.arrived[call.id], "I4: a caller who is put back keeps the place"
    found = assign(calls, agents, {world.queue: frozenset(world.agents)}, world.clock.now())
    assert not found.matches, "PLUS-06: the moment an agent is free, the oldest waiting work is handed out"


async def check_quiet(world: World) -> None:
    """I10: after all deadlines, nothing is left over."""
    calls, agents = await world.everything()
    assert all(not call.live for call in calls), "I10: every call is over"
    assert all(isinstance(agent.activity, Idle) for agent in agents), "I10: every agent is free"
    assert all(not wiring for wiring in world.wire.wiring.values()), "I10: nothing is wired"
