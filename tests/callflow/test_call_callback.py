""" "Call me back", read like a ladder (PLUS-12)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from callflow.agent import StatusReason
from callflow.call import CallingBack, EndedBy, EndReason, Leg, LegState, Role
from callflow.events import (
    AgentAccepted,
    AgentDeclined,
    AgentRemoved,
    AgentReserved,
    BeginWrapUp,
    CallbackAsked,
    CloseLeg,
    Engage,
    HungUp,
    LegConnected,
    LegLost,
    Release,
    ServerRestarted,
    TransportOpened,
    Wire,
)
from callflow.facts import FactKind
from callflow.ids import LegId, PromptId
from callflow.limits import CALLBACK_LIMIT
from callflow.waiting import WaitingPlan
from callflow.wiring import RINGBACK, FromPrompt, Stream
from tests.callflow.ladder import (
    AGENT_LEG,
    ALICE,
    BOB,
    CUSTOMER_LEG,
    MUSIC,
    NOON,
    PATH_1,
    PATH_2,
    RING,
    TARGET_RING,
    Ladder,
    reservation,
    ringing,
    talking,
    transferring,
    waiting,
)

pytestmark = pytest.mark.unit

LATER_LEG = LegId("leg_later")
AGENT_HEARS_RINGING = Wire({AGENT_LEG: {Stream.VOICE: FromPrompt(RINGBACK)}})
ASKED = CallbackAsked(LATER_LEG)


def asked() -> Ladder:
    """After a minute of music the customer leaves the line."""
    return waiting().elapse(60) >> ASKED


def rung() -> Ladder:
    """An hour later it is his turn, and Alice's panel rings."""
    ladder = asked().elapse(3600)
    return ladder >> AgentReserved((reservation(ALICE, ladder.now),))


def calling_back() -> Ladder:
    """Alice answers, and the customer's page rings."""
    return rung().elapse(3) >> LegConnected(AGENT_LEG, PATH_1) >> AgentAccepted(RING, ALICE, "tab")


def test_who_asks_leaves_the_line_and_keeps_the_place() -> None:
    """PLUS-12: nothing is played to nobody, and the wait counts from the first call."""
    ladder = asked()
    assert ladder.waits
    assert ladder.call.customer_leg == Leg(LATER_LEG, LegState.AWAY, None)
    assert ladder.call.started_at == NOON
    assert ladder.call.callback_at == ladder.now
    assert ladder.call.deadline == ladder.now + CALLBACK_LIMIT
    assert ladder.last.commands == (Wire({}), CloseLeg(CUSTOMER_LEG))
    assert ladder.kinds[-1] is FactKind.CALL_CALLBACK_ASKED
    assert ladder.ignores(CallbackAsked(LegId("leg_third")))


def test_who_asks_while_it_rings_is_called_back_by_who_answers() -> None:
    """PLUS-12: the ring goes on."""
    ladder = ringing() >> ASKED >> AgentAccepted(RING, ALICE, "tab")
    assert isinstance(ladder.call.phase, CallingBack)


@pytest.mark.parametrize("before", [talking, calling_back])
def test_who_does_not_wait_any_more_cannot_ask(before: Callable[[], Ladder]) -> None:
    """PLUS-12."""
    assert before().refuses(ASKED) == "too_late"
    assert (before() >> HungUp(Role.CUSTOMER)).refuses(ASKED) == "too_late"


def test_when_it_is_his_turn_the_agent_hears_ringing_and_the_customers_page_rings() -> None:
    """PLUS-12."""
    ladder = calling_back()
    assert isinstance(ladder.call.phase, CallingBack)
    assert ladder.last.commands == (AGENT_HEARS_RINGING,)
    assert ladder.last.orders == ((ALICE, Engage(ladder.call.id, ladder.call.conversation)),)
    assert ladder.kinds[-1] is FactKind.CALL_CALLED_BACK
    assert ladder.ignores(AgentAccepted(RING, ALICE, "tab-2"))


def test_the_customer_answers_and_the_two_talk() -> None:
    """PLUS-12, EVT-02."""
    ladder = calling_back().elapse(9) >> TransportOpened(LATER_LEG, PATH_2, None)
    assert isinstance(ladder.call.phase, CallingBack)
    ladder >>= LegConnected(LATER_LEG, PATH_2)
    assert ladder.talk.agent == ALICE
    assert ladder.call.callback_at is None
    assert ladder.call.answered_at == ladder.now
    assert FactKind.CALL_ANSWERED in ladder.kinds
    assert ladder.wired is not None
    assert set(ladder.wired.wiring) == {LATER_LEG, AGENT_LEG}


def test_a_callback_happens_once() -> None:
    """PLUS-12: exactly once: neither the answer, nor its end, nor a late request begins another."""
    ladder = calling_back() >> TransportOpened(LATER_LEG, PATH_2, None) >> LegConnected(LATER_LEG, PATH_2)
    ladder >>= HungUp(Role.CUSTOMER)
    assert ladder.ended.reason is EndReason.HUNG_UP
    assert ladder.ignores(TransportOpened(LATER_LEG, PATH_1, None))
    assert ladder.refuses(ASKED) == "too_late"
    missed = calling_back().elapse(45)
    assert missed.ended.reason is EndReason.CALLBACK_MISSED
    assert missed.kinds.count(FactKind.CALL_CALLED_BACK) == 1


@pytest.mark.parametrize(("by", "ended"), [(Role.CUSTOMER, EndedBy.CUSTOMER), (Role.AGENT, EndedBy.AGENT)])
def test_a_customer_who_refuses_or_an_agent_who_gives_up_ends_the_call(by: Role, ended: EndedBy) -> None:
    """PLUS-12: the agent has a wrap-up, and the call is one to see to by hand."""
    ladder = calling_back() >> HungUp(by)
    assert (ladder.ended.reason, ladder.ended.by, ladder.ended.agent) == (EndReason.CALLBACK_MISSED, ended, ALICE)
    assert ladder.last.orders == ((ALICE, BeginWrapUp(ladder.call.id)),)


def test_a_customer_who_does_not_answer_has_missed_it_after_45_seconds() -> None:
    """PLUS-12, PLUS-15."""
    ladder = calling_back()
    assert isinstance(ladder.elapse(44).call.phase, CallingBack)
    assert ladder.elapse(1).ended.reason is EndReason.CALLBACK_MISSED


def test_a_customer_who_is_just_connecting_when_the_ring_ends_has_the_set_up_limit() -> None:
    """PLUS-12: who pressed the button in time is not told that he missed it."""
    ladder = calling_back().elapse(40) >> TransportOpened(LATER_LEG, PATH_2, None)
    ladder = ladder.elapse(10) >> LegConnected(LATER_LEG, PATH_2)
    assert ladder.talk.agent == ALICE
    late = (calling_back().elapse(40) >> TransportOpened(LATER_LEG, PATH_2, None)).elapse(15)
    assert late.ended.reason is EndReason.CALLBACK_MISSED


def test_an_agent_who_declines_or_does_not_answer_costs_the_customer_nothing() -> None:
    """PLUS-07, PLUS-12: he is offered to somebody else."""
    ladder = rung() >> AgentDeclined(RING, ALICE)
    assert ladder.waits
    assert ladder.call.customer_leg.state is LegState.AWAY
    again = ladder >> AgentReserved((reservation(BOB, ladder.now),))
    assert again.call.rings[0].agent == BOB


def test_an_agent_without_sound_gives_the_callback_to_the_next_one() -> None:
    """PLUS-12, PLUS-15: the customer's page has rung for nothing, and rings again."""
    ladder = rung() >> AgentAccepted(RING, ALICE, "tab")
    ladder.elapse(15)
    assert ladder.waits
    assert ladder.call.customer_leg.state is LegState.AWAY
    assert ladder.last.orders == ((ALICE, Release(ladder.call.id, StatusReason.NO_MEDIA)),)
    assert ladder.call.deadline == NOON + timedelta(seconds=60) + CALLBACK_LIMIT
    assert (ladder >> AgentReserved((reservation(BOB, ladder.now),))).call.rings


def test_an_agent_who_is_removed_while_he_calls_back_gives_it_to_the_next_one() -> None:
    """PLUS-12, PLUS-15."""
    ladder = calling_back() >> AgentRemoved(ALICE)
    assert ladder.waits
    assert ladder.call.callback_at is not None
    assert ladder.last.orders == ((ALICE, Release(ladder.call.id)),)


def test_an_agent_whose_line_breaks_while_he_calls_back_has_what_is_left_of_the_ring() -> None:
    """PLUS-01, PLUS-12."""
    ladder = calling_back() >> LegLost(AGENT_LEG, PATH_1)
    ladder = ladder >> TransportOpened(LATER_LEG, PATH_2, None) >> LegConnected(LATER_LEG, PATH_2)
    assert ladder.talk.agent_leg.state is LegState.RECONNECTING
    ladder >>= LegConnected(AGENT_LEG, PATH_2)
    assert ladder.talk.agent_leg.state is LegState.UP


def test_a_customer_who_comes_back_to_the_page_waits_on_the_line_again() -> None:
    """PLUS-12: the request is withdrawn by waiting again, with the old place and the music."""
    ladder = asked().elapse(1800) >> TransportOpened(LATER_LEG, PATH_2, None)
    assert ladder.call.callback_at is None
    ladder >>= LegConnected(LATER_LEG, PATH_2)
    assert ladder.waits
    assert ladder.call.started_at == NOON
    assert ladder.wired == Wire({LATER_LEG: dict(MUSIC.wiring[CUSTOMER_LEG])})
    assert ladder.elapse(599).waits
    assert ladder.elapse(1).ended.reason is EndReason.NO_ANSWER


def test_a_customer_who_changes_his_mind_is_out_of_the_queue() -> None:
    """PLUS-12: withdrawn by the customer's page."""
    ladder = asked() >> HungUp(Role.CUSTOMER)
    assert (ladder.ended.reason, ladder.ended.by) == (EndReason.ABANDONED, EndedBy.CUSTOMER)


def test_nobody_is_called_back_after_eight_hours() -> None:
    """PLUS-12, PLUS-15: no state without an end."""
    ladder = asked()
    ladder.now += CALLBACK_LIMIT
    assert ladder.elapse(0).ended.reason is EndReason.NO_ANSWER


def test_a_restart_changes_nothing_for_who_waits_to_be_called_back() -> None:
    """PLUS-12, PLUS-15."""
    ladder = asked()
    before = ladder.call
    ladder >>= ServerRestarted()
    assert ladder.call == before
    assert ladder.kinds.count(FactKind.CALL_RECONNECTING) == 0


def test_a_restart_while_the_customers_page_rings_gives_both_the_grace() -> None:
    """PLUS-12, PLUS-15: it is still the same callback; an agent who does not come back gives it to the next one."""
    ladder = calling_back().elapse(30) >> ServerRestarted()
    ladder = ladder.elapse(50) >> LegConnected(AGENT_LEG, PATH_2)
    ladder = ladder >> TransportOpened(LATER_LEG, PATH_2, None) >> LegConnected(LATER_LEG, PATH_2)
    assert ladder.talk.agent == ALICE
    alone = (calling_back() >> ServerRestarted()).elapse(60)
    assert alone.waits
    assert alone.call.callback_at is not None


def test_who_asks_during_a_transfer_waits_as_long_as_anybody_who_asked() -> None:
    """PLUS-12; mission 3.5: the return to the queue shortens nothing."""
    ladder = transferring() >> ASKED
    until = ladder.call.wait_until
    ladder >>= AgentDeclined(TARGET_RING, BOB)
    assert ladder.waits
    assert ladder.call.wait_until == until
    assert ladder.call.returned


def test_what_was_being_said_is_over_when_the_customer_leaves_the_line() -> None:
    """PLUS-12, WSV-04: and begins again when he waits on the line again."""
    plan = WaitingPlan(announcements=(PromptId("please"),))
    ladder = waiting(plan).elapse(60)
    assert ladder.call.hearing.saying is not None
    ladder >>= ASKED
    assert (ladder.call.hearing.saying, ladder.call.hearing.next_at) == (None, None)
    ladder = ladder.elapse(300) >> TransportOpened(LATER_LEG, PATH_2, None) >> LegConnected(LATER_LEG, PATH_2)
    assert ladder.call.hearing.next_at == ladder.now + plan.every


def test_a_call_that_an_agent_begins_rings_at_the_customers_page_like_a_callback() -> None:
    """EVT-01: the machine knows the direction; who begins such calls comes with outbound calls."""
    call = replace(calling_back().call, callback_at=None)
    assert isinstance(call.phase, CallingBack)
    assert Ladder(call, calling_back().now).elapse(45).ended.reason is EndReason.CALLBACK_MISSED
