"""Who is offered which call."""

from dataclasses import replace
from datetime import timedelta

import pytest

from callflow.agent import Sound, Status, WrapUp
from callflow.call import LegState, Skip
from callflow.ids import CallId, ConversationId
from callflow.queueing import QueuePolicy
from callflow.routing import Match, assign
from tests.callflow.ladder import ALICE, BOB, NOON
from tests.callflow.queue_people import QUEUE, caller, free_agent

pytestmark = pytest.mark.unit

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
        {"activity": WrapUp(NOON, CallId("c"), ConversationId("v"), NOON + timedelta(seconds=9))},
    ],
    ids=["away", "busy", "offline", "unreachable", "cannot ring", "wrapping up"],
)
def test_only_an_available_agent_is_offered_a_call(changed: dict[str, object]) -> None:
    """CALL-03, CALL-04, AP-02, PLUS-04, WRAP-03."""
    busy = replace(free_agent(ALICE), **changed)  # pyright: ignore[reportArgumentType]
    assert assign([caller(1)], [busy], BOTH, NOON).matches == ()


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
