"""Who is offered which call."""

from dataclasses import replace
from datetime import timedelta

import pytest

from callflow.agent import Agent, Sound, Status, Tally, WrapUp
from callflow.call import LegState, Skip
from callflow.ids import AgentId, CallId, ConversationId, QueueId
from callflow.queueing import CallOrder, QueuePolicy
from callflow.routing import Match, assign
from tests.callflow.ladder import ALICE, BOB, NOON
from tests.callflow.queue_people import QUEUE, caller, free_agent

pytestmark = pytest.mark.unit

WRAPS_UP = WrapUp(NOON, CallId("c"), ConversationId("v"), NOON + timedelta(seconds=9))
BOTH = {QUEUE: QueuePolicy(QUEUE, {ALICE: 1, BOB: 1})}


def test_first_come_first_served_to_the_agent_who_was_free_the_longest() -> None:
    """CALL-03, PLUS-06; mission 3.1."""
    found = assign([caller(2), caller(1)], [free_agent(ALICE, 5), free_agent(BOB, 60)], BOTH, NOON)
    assert found.matches == (Match(CallId("call_1"), (BOB,)), Match(CallId("call_2"), (ALICE,)))


def test_three_callers_and_two_agents_leave_the_last_one_waiting() -> None:
    """CALL-02."""
    found = assign([caller(1), caller(2), caller(3)], [free_agent(ALICE), free_agent(BOB)], BOTH, NOON)
    assert [match.call for match in found.matches] == ["call_1", "call_2"]


@pytest.mark.parametrize(
    "changed",
    [
        {"status": Status.AWAY},
        {"status": Status.BUSY},
        {"status": Status.OFFLINE},
        {"reachable": False},
        {"sound": Sound.BLOCKED},
        {"activity": WRAPS_UP},
    ],
    ids=["away", "busy", "offline", "unreachable", "cannot ring", "wrapping up"],
)
def test_only_an_available_agent_is_offered_a_call(changed: dict[str, object]) -> None:
    """CALL-03, CALL-04, AP-02, PLUS-04, WRAP-03."""
    held = replace(free_agent(ALICE), **changed)  # pyright: ignore[reportArgumentType]
    assert assign([caller(1)], [held], BOTH, NOON).matches == ()


def test_an_agent_outside_the_queue_is_not_offered_its_calls() -> None:
    """CALL-03."""
    assert assign([caller(1)], [free_agent(ALICE)], {QUEUE: QueuePolicy(QUEUE, {BOB: 1})}, NOON).matches == ()


def test_a_caller_who_is_reconnecting_lets_the_next_one_pass() -> None:
    """PLUS-13."""
    away = replace(caller(1), customer_leg=replace(caller(1).customer_leg, state=LegState.RECONNECTING))
    assert assign([away, caller(2)], [free_agent(ALICE)], BOTH, NOON).matches == (Match(CallId("call_2"), (ALICE,)),)


def test_who_declined_is_passed_over_while_another_can_be_tried() -> None:
    """PLUS-07."""
    declined = replace(caller(1), skipped=(Skip(ALICE, NOON),))
    assert assign([declined], [free_agent(ALICE, 60), free_agent(BOB)], BOTH, NOON).matches == (
        Match(CallId("call_1"), (BOB,)),
    )


def test_when_all_have_declined_the_call_pauses_and_then_begins_anew() -> None:
    """PLUS-07."""
    declined = replace(caller(1), skipped=(Skip(ALICE, NOON), Skip(BOB, NOON + timedelta(seconds=5))))
    agents = [free_agent(ALICE, 60), free_agent(BOB)]
    paused = assign([declined], agents, BOTH, NOON + timedelta(seconds=19))
    assert paused.matches == ()
    assert paused.look_again == NOON + timedelta(seconds=20)
    again = assign([declined], agents, BOTH, NOON + timedelta(seconds=20))
    assert again.matches == (Match(CallId("call_1"), (ALICE,)),)


def test_a_call_that_pauses_does_not_hold_up_the_next_one() -> None:
    """PLUS-07."""
    declined = replace(caller(1), skipped=(Skip(ALICE, NOON),))
    found = assign([declined, caller(2)], [free_agent(ALICE)], BOTH, NOON + timedelta(seconds=1))
    assert found.matches == (Match(CallId("call_2"), (ALICE,)),)


TALKED = Tally(1, timedelta(minutes=9), NOON)
"""One long call, rung a moment ago."""
CHATTED = Tally(3, timedelta(minutes=3), NOON - timedelta(minutes=1))
"""Three short calls, rung before."""


@pytest.mark.parametrize(
    ("order", "alice", "bob", "first"),
    [
        (CallOrder.LONGEST_IDLE, TALKED, CHATTED, ALICE),
        (CallOrder.ROUND_ROBIN, TALKED, CHATTED, BOB),
        (CallOrder.ROUND_ROBIN, CHATTED, TALKED, ALICE),
        (CallOrder.ROUND_ROBIN, CHATTED, Tally(), BOB),
        (CallOrder.LEAST_TALK, TALKED, CHATTED, BOB),
        (CallOrder.LEAST_TALK, CHATTED, TALKED, ALICE),
        (CallOrder.FEWEST_CALLS, TALKED, CHATTED, ALICE),
        (CallOrder.FEWEST_CALLS, CHATTED, TALKED, BOB),
        *((order, TALKED, TALKED, ALICE) for order in CallOrder),
    ],
)
def test_each_order_picks_its_agent_and_the_longest_idle_breaks_ties(
    order: CallOrder, alice: Tally, bob: Tally, first: AgentId
) -> None:
    """SYS-03; mission 3.1. Alice has been free the longest."""
    policies = {QUEUE: QueuePolicy(QUEUE, {ALICE: 1, BOB: 1}, order)}
    agents = [replace(free_agent(BOB), tally=bob), replace(free_agent(ALICE, 60), tally=alice)]
    assert assign([caller(1)], agents, policies, NOON).matches[0].agents[0] == first


def test_ring_all_rings_everybody_and_the_queue_says_for_how_long() -> None:
    """SYS-03, CALL-05."""
    policies = {QUEUE: QueuePolicy(QUEUE, {ALICE: 1, BOB: 2}, CallOrder.RING_ALL, ring_time=timedelta(seconds=8))}
    found = assign([caller(2), caller(1)], [free_agent(BOB), free_agent(ALICE, 60)], policies, NOON)
    assert found.matches == (Match(CallId("call_1"), (ALICE, BOB), timedelta(seconds=8)),)


CAROL = AgentId("user_carol")


def busy(who: AgentId) -> Agent:
    """Return an agent who is not free, but will be."""
    return replace(free_agent(who), activity=WRAPS_UP)


def by_level(*, wait: int = 0) -> dict[QueueId, QueuePolicy]:
    """Carol is the best, Bob comes after her, and Alice is the last."""
    levels = {CAROL: 1, BOB: 2, ALICE: 4}
    return {QUEUE: QueuePolicy(QUEUE, levels, CallOrder.BY_LEVEL, level_wait=timedelta(seconds=wait))}


def test_the_better_level_is_asked_first_and_the_next_when_nobody_of_it_is_free() -> None:
    """SYS-03; mission 3.1."""
    everybody = [free_agent(ALICE, 99), free_agent(BOB, 60), free_agent(CAROL)]
    found = assign([caller(1), caller(2), caller(3)], everybody, by_level(), NOON)
    assert [match.agents for match in found.matches] == [(CAROL,), (BOB,), (ALICE,)]
    assert assign([caller(1)], [*everybody[:2], busy(CAROL)], by_level(), NOON).matches[0].agents == (BOB,)


def test_the_next_level_is_asked_after_its_wait_while_the_better_one_is_busy() -> None:
    """SYS-03; mission 3.1: and routing looks again then, although nothing happens."""
    agents = [busy(CAROL), busy(BOB), free_agent(ALICE)]
    for seconds, expected in ((0, (30, None)), (30, (60, None)), (59, (60, None)), (60, (None, ALICE))):
        found = assign([caller(0)], agents, by_level(wait=30), NOON + timedelta(seconds=seconds))
        due = found.look_again and (found.look_again - NOON).seconds
        assert (due, found.matches[0].agents[0] if found.matches else None) == expected


def test_a_level_at_which_nobody_works_is_not_waited_for() -> None:
    """SYS-03; mission 3.1: nor one where everybody has refused this call."""
    away = replace(free_agent(CAROL), status=Status.AWAY)
    assert assign([caller(0)], [away, free_agent(BOB)], by_level(wait=30), NOON).matches[0].agents == (BOB,)
    declined = replace(caller(0), skipped=(Skip(CAROL, NOON),))
    there = [free_agent(CAROL), free_agent(BOB)]
    assert assign([declined], there, by_level(wait=30), NOON).matches[0].agents == (BOB,)


def test_who_waits_longest_in_the_heavier_queue_is_first_to_an_agent_of_both() -> None:
    """Mission 3.1: the weight of the queue, then who waits the longest."""
    light, heavy, other = QueueId("light"), QueueId("heavy"), QueueId("other")
    policies = {queue: QueuePolicy(queue, {ALICE: 1}, weight=int(queue == heavy)) for queue in (light, heavy, other)}
    callers = [caller(1, light), caller(3, heavy), caller(2, heavy), caller(4, other)]
    order: list[CallId] = []
    while callers:
        order.append(assign(callers, [free_agent(ALICE)], policies, NOON).matches[0].call)
        callers = [call for call in callers if call.id not in order]
    assert order == ["call_2", "call_3", "call_1", "call_4"]


def test_a_queue_that_hands_out_nothing_by_itself_keeps_its_callers() -> None:
    """SYS-03, ASG-06: auto-assignment is off."""
    policies = {QUEUE: QueuePolicy(QUEUE, {ALICE: 1}, auto_assign=False)}
    assert assign([caller(1)], [free_agent(ALICE)], policies, NOON).matches == ()


def test_an_agent_of_two_queues_goes_to_whom_nobody_else_could_serve() -> None:
    """PLUS-06: the first caller may have either, the second only Alice, who has been free the longest."""
    only = QueueId("only")
    policies = BOTH | {only: QueuePolicy(only, {ALICE: 1})}
    found = assign([caller(1), caller(2, only)], [free_agent(ALICE, 60), free_agent(BOB)], policies, NOON)
    assert found.matches == (Match(CallId("call_1"), (BOB,)), Match(CallId("call_2"), (ALICE,)))
