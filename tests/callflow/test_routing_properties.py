"""What holds for every crowd of callers and agents, whoever they are."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.agent import Agent, Status
from callflow.call import Call, LegState, Priority, Skip
from callflow.ids import AgentId, CallId, QueueId
from callflow.limits import DECLINE_PAUSE
from callflow.queueing import CallOrder, QueuePolicy
from callflow.routing import Assignment, assign, can_be_offered
from tests.callflow.ladder import NOON
from tests.callflow.queue_people import caller, free_agent

pytestmark = pytest.mark.unit

AGENTS = [AgentId(f"agent_{number}") for number in range(7)]
QUEUES = [QueueId(f"queue_{number}") for number in range(3)]
LATER = NOON + timedelta(minutes=5)
EACH_GETS_ONE = st.sampled_from([order for order in CallOrder if order is not CallOrder.RING_ALL])
PRIORITIES = st.sampled_from([Priority.NORMAL, Priority.NORMAL, *Priority])
every_time = settings(derandomize=True, max_examples=120, deadline=None, database=None)


@st.composite
def crews(draw: st.DrawFn) -> list[Agent]:
    """Seven agents: most are free, each for a while."""
    statuses = st.sampled_from([Status.ACTIVE, Status.ACTIVE, Status.AWAY])
    return [replace(free_agent(who, draw(st.integers(0, 9))), status=draw(statuses)) for who in AGENTS]


@st.composite
def rules(draw: st.DrawFn, orders: st.SearchStrategy[CallOrder] = EACH_GETS_ONE) -> dict[QueueId, QueuePolicy]:
    """Three queues with members, levels and weights."""
    level = st.sampled_from([0, 0, 0, 1, 2, 3])  # 0 is for who is not in the queue
    crew = st.tuples(*[level for _ in AGENTS])
    levels = crew.map(lambda chosen: {who: number for who, number in zip(AGENTS, chosen, strict=True) if number})
    seconds = st.sampled_from([0, 0, 40])
    return {
        queue: QueuePolicy(
            queue,
            draw(levels),
            draw(orders),
            weight=draw(st.integers(0, 2)),
            level_wait=timedelta(seconds=draw(seconds)),
        )
        for queue in QUEUES
    }


@st.composite
def lines(draw: st.DrawFn, queues: list[QueueId] = QUEUES, *, refusals: bool = True) -> list[Call]:
    """Some waiting callers, a few of whom are cut off at the moment or were refused."""
    calls: list[Call] = []
    for number in range(draw(st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7]))):
        call = caller(number, draw(st.sampled_from(queues)), came=draw(st.integers(0, 99)))
        call = replace(call, priority=draw(PRIORITIES), returned=draw(st.integers(0, 7)) == 0)
        if draw(st.integers(0, 5)) == 0:
            call = replace(call, customer_leg=replace(call.customer_leg, state=LegState.RECONNECTING))
        if refusals and draw(st.integers(0, 2)) == 0:
            ago = st.integers(0, 30).map(lambda seconds: LATER - timedelta(seconds=seconds))
            skips = draw(st.dictionaries(st.sampled_from(AGENTS), ago, max_size=3))
            call = replace(call, skipped=tuple(Skip(who, at) for who, at in skips.items()))
        calls.append(call)
    return calls


def turn(call: Call) -> tuple[int, int, datetime, str]:
    """Whose turn it is within a queue, said in another way."""
    urgency = [Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW].index(call.priority)
    return (0 if call.returned else 1, urgency, call.started_at, call.id)


def at_once(policies: dict[QueueId, QueuePolicy]) -> dict[QueueId, QueuePolicy]:
    """Open all levels to everybody, else who waits for the next one is passed by who has waited for it."""
    return {queue: replace(policy, level_wait=timedelta(0)) for queue, policy in policies.items()}


def served(found: Assignment) -> list[CallId]:
    return [match.call for match in found.matches]


def could_serve(call: Call, agents: list[Agent], policies: dict[QueueId, QueuePolicy]) -> set[AgentId]:
    """Whom routing would give this caller if nobody else waited and it rang everywhere."""
    alone = {call.queue: replace(policies[call.queue], order=CallOrder.LONGEST_IDLE)}
    may: set[AgentId] = set()
    while True:
        left = [agent for agent in agents if agent.id not in may]
        match = assign([replace(call, skipped=())], left, alone, LATER).matches
        if not match:
            return may
        may.update(match[0].agents)


@given(lines(), crews(), rules(st.sampled_from(CallOrder)))
@every_time
def test_no_agent_and_no_call_is_given_out_twice(
    calls: list[Call], agents: list[Agent], policies: dict[QueueId, QueuePolicy]
) -> None:
    """CALL-02 to CALL-04, ASG-06: and only to available members of the call's own queue."""
    found = assign(calls, agents, policies, LATER)
    rung = Counter(agent for match in found.matches for agent in match.agents)
    assert max(rung.values(), default=1) == 1
    assert max(Counter(served(found)).values(), default=1) == 1
    by_id = {call.id: call for call in calls}
    free = {agent.id for agent in agents if agent.available}
    for match in found.matches:
        call = by_id[match.call]
        assert can_be_offered(call)
        assert match.agents
        assert set(match.agents) <= free & set(policies[call.queue].levels)


@given(lines(refusals=False), crews(), rules(st.sampled_from(CallOrder)))
@every_time
def test_within_a_queue_callers_are_served_strictly_in_their_order(
    calls: list[Call], agents: list[Agent], policies: dict[QueueId, QueuePolicy]
) -> None:
    """CALL-05, PLUS-06: who came earlier is never passed by while a later one is served."""
    taken = set(served(assign(calls, agents, at_once(policies), LATER)))
    for queue in QUEUES:
        line = sorted((call for call in calls if call.queue == queue and can_be_offered(call)), key=turn)
        marks = [call.id in taken for call in line]
        assert marks == sorted(marks, reverse=True)


@given(lines([QUEUES[0]], refusals=False), crews(), rules(EACH_GETS_ONE.filter(lambda order: order != "by_level")))
@every_time
def test_so_many_free_agents_serve_so_many_first_callers_at_once(
    calls: list[Call], agents: list[Agent], policies: dict[QueueId, QueuePolicy]
) -> None:
    """PLUS-06; mission 3.1: parallel dispatch, never one after the other."""
    able = sum(agent.available and agent.id in policies[QUEUES[0]].levels for agent in agents)
    line = sorted((call for call in calls if can_be_offered(call)), key=turn)
    assert served(assign(calls, agents, policies, LATER)) == [call.id for call in line[:able]]


@given(lines(refusals=False), crews(), rules())
@every_time
def test_nobody_waits_whom_the_free_agents_could_have_served(
    calls: list[Call], agents: list[Agent], policies: dict[QueueId, QueuePolicy]
) -> None:
    """PLUS-06: over all queues, as many callers as possible, and of those that exclude each other the first."""
    plain = at_once(policies)
    found = set(served(assign(calls, agents, plain, LATER)))
    line = sorted(
        (call for call in calls if can_be_offered(call)), key=lambda call: (-plain[call.queue].weight, turn(call))
    )
    may = {call.id: could_serve(call, agents, plain) for call in line}
    expected: list[CallId] = []
    for call in line:
        if seats_for([*expected, call.id], may):
            expected.append(call.id)
    assert found == set(expected)


def seats_for(calls: list[CallId], may: dict[CallId, set[AgentId]]) -> bool:
    """Try every way to seat these callers."""
    if not calls:
        return True
    first, *others = calls
    return any(seats_for(others, {call: may[call] - {agent} for call in others}) for agent in may[first])


@given(lines(), crews(), rules(), st.integers(1, 99))
@every_time
def test_a_queue_whose_agents_are_away_blocks_no_other_however_heavy_it_is(
    calls: list[Call], agents: list[Agent], policies: dict[QueueId, QueuePolicy], weight: int
) -> None:
    """asterisk#1561: who may have a call is looked at before the weight of its queue."""
    empty = QUEUES[0]
    strangers = {AgentId("agent_away"): 1}
    with_it = policies | {empty: replace(policies[empty], levels=strangers, weight=weight)}
    others = [call for call in calls if call.queue != empty]
    assert assign(calls, agents, with_it, LATER).matches == assign(others, agents, with_it, LATER).matches


@given(lines([QUEUES[0]], refusals=False), crews(), rules(st.just(CallOrder.RING_ALL)))
@every_time
def test_ring_all_rings_every_free_agent_for_the_first_caller(
    calls: list[Call], agents: list[Agent], policies: dict[QueueId, QueuePolicy]
) -> None:
    """SYS-03; mission 3.1."""
    able = {agent.id for agent in agents if agent.available and agent.id in policies[QUEUES[0]].levels}
    line = sorted((call for call in calls if can_be_offered(call)), key=turn)
    matches = assign(calls, agents, policies, LATER).matches
    if able and line:
        assert [(match.call, set(match.agents)) for match in matches] == [(line[0].id, able)]
    else:
        assert matches == ()


@given(lines(), crews(), rules(st.sampled_from(CallOrder)), st.randoms(use_true_random=False))
@every_time
def test_the_order_in_which_rows_are_read_changes_nothing(
    calls: list[Call], agents: list[Agent], policies: dict[QueueId, QueuePolicy], shuffled: Random
) -> None:
    """PLUS-15: two engines that read the same rows decide the same."""
    found = assign(calls, agents, policies, LATER)
    calls, agents, queues = list(calls), list(agents), list(policies.items())
    for some in (calls, agents, queues):
        shuffled.shuffle(some)
    assert assign(calls, agents, dict(queues), LATER) == found


@given(lines(), crews(), rules(st.sampled_from(CallOrder)))
@every_time
def test_a_caller_for_whom_somebody_is_free_is_served_or_has_a_time(
    calls: list[Call], agents: list[Agent], policies: dict[QueueId, QueuePolicy]
) -> None:
    """PLUS-07, PLUS-15: when every free agent refused, or a level is not open yet, routing looks again by itself."""
    found = assign(calls, agents, policies, LATER)
    for call in calls:
        members = [agent for agent in agents if agent.available and agent.id in policies[call.queue].levels]
        busy = {agent for match in found.matches for agent in match.agents}
        refused = {skip.agent for skip in call.skipped}
        left = [agent for agent in members if agent.id not in busy]
        asked = {agent.id for agent in members} - refused
        if can_be_offered(call) and call.id not in served(found) and left and not asked & busy:
            assert found.look_again is not None
            assert LATER < found.look_again <= LATER + max(DECLINE_PAUSE, 2 * policies[call.queue].level_wait)
