"""The invariants of the call flow at one moment, checked on what is stored. Each returns nothing, or raises.

They are written anew, and do not ask the code under test, so that `test_planted_bugs.py` can show that they fail.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from callflow.agent import OFFLINE_GRACE, Activity, Agent, Group, Idle, InCall, Observing, Rung, Sound, Status, WrapUp
from callflow.call import (
    Call,
    CallingBack,
    Ended,
    EndedBy,
    EndReason,
    LegState,
    ObserverMode,
    Ring,
    Ringing,
    Talking,
    Waiting,
)
from callflow.consent import CONSENT_LIMIT
from callflow.ids import AgentId, LegId
from callflow.limits import CALL_CAP, CALLBACK_LIMIT, DECLINE_PAUSE, MESSAGE_LIMIT
from callflow.queueing import CallOrder
from callflow.waiting import MAX_WAIT
from callflow.wiring import RINGBACK, FromLeg, FromMix, FromPrompt, Stream
from tests.callflow.world import World

LATE = timedelta(seconds=2)
LONGEST = max(CALL_CAP, MAX_WAIT, CALLBACK_LIMIT) + timedelta(minutes=1)
LONGEST_WRAP_UP = timedelta(hours=1)

Holders = Mapping[AgentId, Agent]


def check(world: World, calls: Sequence[Call], agents: Sequence[Agent]) -> None:
    """Raise AssertionError when an invariant is broken."""
    now = world.clock.now()
    by_id = {call.id: call for call in calls}
    holders = {agent.id: agent for agent in agents}
    for call in calls:
        check_call(world, call, holders, now)
    held_by = [party.person for call in calls if call.live for party in call.parties if party.person is not None]
    assert len(held_by) == len(set(held_by)), "I2: an agent has one call at most"
    for agent in agents:
        check_agent(agent, by_id.get(agent.call) if agent.call else None, now)
    check_waiting(world, calls, agents, now)


def check_call(world: World, call: Call, holders: Holders, now: datetime) -> None:
    """I1, I4 to I6, R4 for one call and the agents whom it names."""
    assert call.started_at == world.arrived[call.id], "I4: a caller who is put back keeps the place"
    assert not call.returned or call.answered_at is not None, "I4: only who was answered comes back to the head"
    match call.phase:
        case Waiting():
            assert len(call.parties) == 1, "I1: a waiting call has no agent's leg"
        case Ringing(rings=rings):
            assert rings, "I1: a ring has an agent"
            for ring in rings:
                check_ring(call, ring, holders)
        case Talking() as talk:
            check_talk(call, talk, holders)
        case CallingBack(agent=agent):
            check_in_call(call, agent, holders)
            assert call.customer_leg.state in {LegState.AWAY, LegState.CONNECTING, LegState.RECONNECTING}, "I1: not yet"
        case Ended() as end:
            left = end.reason is EndReason.MESSAGE_LEFT
            assert left == (call.message is not None), "PLUS-12: a message that was spoken is kept, and no other"
            assert not world.wire.taps.get(call.id), "R4: nothing is recorded after the end"
            assert call.deadline is None, "I5: nothing waits for an ended call"
            assert end.reason is not EndReason.FAILED, "I6: no call failed"
            assert call.started_at <= (call.answered_at or call.started_at) <= end.at, "I6: times are in order"
            assert not world.wire.wiring.get(call.id), "R4: nothing is heard after the end"
            if end.by is EndedBy.NETWORK:
                assert call.customer_leg.id not in world.cut_off, "I6: who was cut off by a restart is not blamed"
    if call.live:
        assert call.deadline is not None, "I5: a live call has a deadline"
        assert now - LATE < call.deadline <= now + LONGEST, "I5: and it lies ahead"
        check_legs(world, call)
        check_message(world, call, now)
        check_recorded(world, call, now)
        check_wiring(world, call)
        check_saying(world, call)


def check_ring(call: Call, ring: Ring, holders: Holders) -> None:
    """I1 for one panel that rings."""
    activity = activity_of(ring.agent, holders)
    assert isinstance(activity, Rung), "I1: who is rung knows it"
    assert (activity.call, activity.reservation) == (call.id, ring.reservation.id), "I1: by this call"


def check_talk(call: Call, talk: Talking, holders: Holders) -> None:
    """I1 and I2 for a talk: who has the customer, who is asked, who listens."""
    check_in_call(call, talk.agent, holders)
    if talk.consult is not None:
        assert talk.held_at is not None, "PLUS-21: the customer is on hold while a colleague is asked"
        if talk.consult.answered_at is None:
            check_ring(call, talk.consult.ring, holders)
        else:
            check_in_call(call, talk.consult.ring.agent, holders)
    for one in talk.observers:
        activity = activity_of(one.supervisor, holders)
        assert isinstance(activity, Observing), "I1: who listens knows it"
        assert activity.call == call.id, "I1: to this call"


def check_in_call(call: Call, agent: AgentId, holders: Holders) -> None:
    """I1 for an agent who talks."""
    activity = activity_of(agent, holders)
    assert isinstance(activity, InCall), "I1: who talks knows it"
    assert activity.call == call.id, "I1: in this call"


def activity_of(agent: AgentId, holders: Holders) -> Activity:
    assert agent in holders, "I1: who is in a call has a state"
    return holders[agent].activity


def check_legs(world: World, call: Call) -> None:
    """I5 for the legs of a live call: none is away for ever."""
    rung = {ring.leg.id for ring in call.rings}
    for party in call.parties:
        leg = party.leg
        if leg.id in rung:
            continue  # the ring's own deadline ends it
        if leg.state is LegState.AWAY:
            assert call.callback_at is not None, "I5: who is away waits to be called back"
        else:
            called_back = isinstance(call.phase, CallingBack) and leg.state is LegState.CONNECTING
            away = leg.state is not LegState.UP
            assert called_back or (leg.deadline is not None) == away, "I5: a leg that is away has a deadline"
        assert leg.restarted == (leg.id in world.cut_off), "I6: a leg knows whether a restart cut it off"


def check_message(world: World, call: Call, now: datetime) -> None:
    """PLUS-12, I5: who speaks a message is recorded and rung by nobody, and not for ever."""
    message = call.message
    if message is not None:
        taps = world.wire.taps.get(call.id, {})
        assert [tap.recording for tap in taps.values()] == [message.recording], "PLUS-12: he alone is"
        assert isinstance(call.phase, Waiting), "PLUS-12: nobody's call rings into a message"
        assert now - LATE < message.since + MESSAGE_LIMIT, "I5: a message has an end"


def check_recorded(world: World, call: Call, now: datetime) -> None:
    """REC-02, REC-04, PLUS-10: both who talk are, by the agent's setting, and nothing is kept before it was said."""
    taps = world.wire.taps.get(call.id, {})
    talk = call.phase if isinstance(call.phase, Talking) else None
    if talk is None or talk.agent not in world.recorded:
        assert call.message is not None or not taps, "REC-02: nobody else is"
        return
    assert call.recording is not None, "REC-02: a talk that is recorded has a recording"
    assert taps.keys() == {call.customer_leg.id, talk.agent_leg.id}, "REC-02: both who talk are recorded"
    wanted = talk.held_at is None and call.recording.paused_at is None and not must_be_told(world, call, now)
    assert {tap.running for tap in taps.values()} == {wanted}, "PLUS-10: but for holds, pauses and before it was said"


def must_be_told(world: World, call: Call, now: datetime) -> bool:
    """Say whether a customer who is recorded has to hear so first; not for ever, should nobody know that he did."""
    if call.plan.consent is None or call.id in world.told:
        return False
    return not call.hearing.consented or now - (call.answered_at or now) < CONSENT_LIMIT


def check_wiring(world: World, call: Call) -> None:
    """R4: music until an answer, each other after it, nothing between the two on hold, and nobody is heard before."""
    customer = call.customer_leg
    if customer.state is not LegState.UP:
        return
    wired = world.wire.wiring.get(call.id, {})
    heard = {leg: voices(streams.get(Stream.VOICE)) for leg, streams in wired.items()}
    match call.phase:
        case Talking(agent_leg=leg) as talk if leg.state is not LegState.CONNECTING:
            wanted = expected(customer.id, talk)
            if talk.agent in world.recorded and must_be_told(world, call, world.clock.now()):
                wanted[customer.id] = heard[customer.id] & {"music", RINGBACK}
            assert heard == wanted, "R4: who talks is heard, and hears"
        case Waiting() if call.message is not None:
            assert heard == {customer.id: set()}, "PLUS-12: nothing is heard while a message is spoken, but the tone"
        case Ringing(transferred_by=by) if by is not None:
            assert heard == {customer.id: {RINGBACK}}, "XFER-05: the caller hears ringing, never silence"
        case _:
            (only,) = heard.items()
            assert only[0] == customer.id, "R4: nobody is heard before an answer"
            assert only[1] <= {"music", RINGBACK}, "R4: and the caller hears music, or ringing"


def check_saying(world: World, call: Call) -> None:
    """PLUS-14: from the moment when the agent can be heard nothing else is said."""
    leg, customer = call.agent_leg, call.customer_leg.id
    first = world.wire.saying.get(customer) == call.plan.consent and call.agent in world.recorded
    if leg is not None and leg.state is not LegState.CONNECTING and not first:
        assert customer not in world.wire.saying, "PLUS-14: an answer cuts every announcement"


def expected(customer: LegId, talk: Talking) -> dict[LegId, set[object]]:
    """Say who hears whom in a talk, by the rules of hold, consultation and taking part."""
    agent, held = talk.agent_leg.id, talk.held_at is not None
    asked = talk.consult.ring.leg.id if talk.consult and talk.consult.answered_at else None
    whispers = {one.leg.id for one in talk.observers if one.mode is not ObserverMode.LISTEN}
    barges = {one.leg.id for one in talk.observers if one.mode is ObserverMode.BARGE}
    wanted: dict[LegId, set[object]] = {customer: {"music"} if held else {agent, *barges}}
    if talk.consult is not None and asked is None:
        wanted[agent] = {RINGBACK}
    else:
        wanted[agent] = {*([] if held else [customer]), *([asked] if asked else []), *whispers}
    if asked is not None:
        wanted[asked] = {agent}
    for one in talk.observers:
        others = barges - {one.leg.id}
        wanted[one.leg.id] = {*([] if held else [customer]), agent, *([asked] if asked else []), *others}
    return wanted


def voices(source: object) -> set[object]:
    """Name what is heard: legs, or the prompt; any music is "music"."""
    match source:
        case FromLeg(leg=leg):
            return {leg}
        case FromMix(legs=legs):
            return set(legs)
        case FromPrompt(prompt=prompt):
            return {prompt if prompt == RINGBACK else "music"}
        case _:
            return set()


def check_agent(agent: Agent, call: Call | None, now: datetime) -> None:
    """I3 and I5 for one agent and the call that he names."""
    match agent.activity:
        case Idle():
            pass
        case Rung() | InCall() | Observing():
            assert call is not None, "I3: the call is there"
            assert call.live, "I3: no agent points to an ended call"
            assert agent.id in {party.person for party in call.parties}, "I3: and the call points back"
        case WrapUp(until=until):
            assert call is not None, "I3: the call is there"
            assert agent.id not in {party.person for party in call.parties}, "I3: a wrap-up follows a call"
            assert now - LATE < until < now + LONGEST_WRAP_UP, "I5: a wrap-up has a deadline"
    if agent.status.group is not Group.UNAVAILABLE and not agent.reachable:
        assert agent.offline_at is not None, "I5: nobody is Active, Busy or Away for ever without a panel"
        assert now - LATE < agent.offline_at <= now + OFFLINE_GRACE, "I5: and not for long"


def check_waiting(world: World, calls: Sequence[Call], agents: Sequence[Agent], now: datetime) -> None:
    """I4: nobody who could be offered to a free agent is left waiting."""
    everybody = {agent.id for agent in agents if could_be_rung(agent)}
    working = everybody | {agent.id for agent in agents if isinstance(agent.activity, Rung | InCall | WrapUp)}
    for call in calls:
        here = call.customer_leg.state is LegState.UP or call.callback_at is not None
        busy = call.hearing.farewell or call.message is not None
        if not isinstance(call.phase, Waiting) or not here or busy or not world.hands_out(call.queue):
            continue
        refused = {skip.agent for skip in call.skipped}
        levels = world.levels(call.queue)
        free = everybody & levels.keys()
        asked = {agent for agent in free - refused if level_is_open(world, call, levels, working - refused, agent, now)}
        assert not asked, "PLUS-06: the moment an agent is free, the oldest waiting work is handed out"
        again = {agent for agent in free if level_is_open(world, call, levels, working, agent, now)}
        if again and not free - refused:
            assert now < max(skip.at for skip in call.skipped) + DECLINE_PAUSE, "PLUS-07: a pause has an end"


def level_is_open(
    world: World, call: Call, levels: Mapping[AgentId, int], asked: set[AgentId], agent: AgentId, now: datetime
) -> bool:
    """Say whether a caller has waited long enough for an agent of this level."""
    policy = world.policies.get(call.queue)
    if policy is None or policy.order is not CallOrder.BY_LEVEL or not policy.level_wait:
        return True
    better = {levels[one] for one in asked & levels.keys() if levels[one] < levels[agent]}
    return now - call.started_at >= len(better) * policy.level_wait


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
    assert not world.wire.saying, "I10: nothing is being said"
    assert not world.wire.opened, "I10: every leg is closed"
    assert await world.store.next_deadline() is None, "I10: nothing waits for its time"
    # Nobody but this check asks what an engine keeps in memory, so it looks for itself.
    for engine in world.engines:
        assert engine._seen.empty, "I10: no call is remembered, nor a leg"  # pyright: ignore[reportPrivateUsage]
        assert engine._router.look_again is None, "I10: nobody is to be routed"  # pyright: ignore[reportPrivateUsage]
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("mailbox")], (
        "I10: no mailbox is open"
    )
