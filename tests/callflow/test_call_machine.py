"""The call machine, read like a ladder."""

from dataclasses import replace
from datetime import timedelta

import pytest

from callflow.agent import StatusReason
from callflow.call import Ended, EndedBy, EndReason, LegState, Ringing, Role, Skip, Talking, Waiting
from callflow.errors import RefusedError
from callflow.events import (
    AgentAccepted,
    AgentDeclined,
    AgentReserved,
    BeginWrapUp,
    CloseLeg,
    DriverFailed,
    Engage,
    HungUp,
    LegConnected,
    LegLost,
    Release,
    Reserve,
    RingLost,
    ServerRestarted,
    TransportOpened,
    Wire,
)
from callflow.facts import FactKind
from callflow.ids import ReservationId
from tests.callflow.ladder import (
    AGENT_LEG,
    ALICE,
    BOB,
    CUSTOMER_LEG,
    EACH_OTHER,
    MUSIC,
    PATH_1,
    PATH_2,
    RING,
    Ladder,
    reservation,
    ringing,
    talking,
    waiting,
)

pytestmark = pytest.mark.unit


def ended(ladder: Ladder) -> Ended:
    assert isinstance(ladder.call.phase, Ended)
    return ladder.call.phase


def test_a_caller_whose_media_is_up_hears_hold_music() -> None:
    """PLUS-03."""
    assert waiting().last.commands == (MUSIC,)


def test_a_caller_whose_media_never_comes_up_leaves_after_the_set_up_limit() -> None:
    """PLUS-15."""
    ladder = Ladder().elapse(15)
    assert ended(ladder).reason is EndReason.ABANDONED
    assert ladder.call.deadline is None


def test_a_reserved_agent_is_rung_and_hears_nothing_yet() -> None:
    """CALL-05."""
    ladder = ringing()
    assert ladder.last.orders == ((ALICE, Reserve(ladder.call.id, RING)),)
    assert ladder.last.commands == ()


def test_answering_connects_both_sides_and_says_how_long_the_customer_waited() -> None:
    """CALL-05, EVT-02."""
    ladder = talking()
    assert ladder.last.commands == (EACH_OTHER,)
    assert ladder.last.orders == ((ALICE, Engage(ladder.call.id, ladder.call.conversation)),)
    assert ladder.last.facts[0].data == {"waited_seconds": 7.0}


def test_answering_twice_changes_nothing() -> None:
    """CALL-02."""
    assert (talking() >> AgentAccepted(RING, ALICE, "tab-2")).last.facts == ()


def test_an_unanswered_ring_gives_the_place_back_and_marks_the_agent_away() -> None:
    """CALL-05, PLUS-07."""
    ladder = ringing().elapse(20)
    assert isinstance(ladder.call.phase, Waiting)
    assert ladder.last.orders == ((ALICE, Release(ladder.call.id, StatusReason.MISSED)),)
    assert ladder.last.commands == (CloseLeg(AGENT_LEG),)
    assert ladder.kinds[-1] is FactKind.CALL_MISSED
    assert ladder.call.started_at == Ladder().call.started_at


def test_a_declined_ring_gives_the_place_back_and_leaves_the_agent_active() -> None:
    """CALL-05, PLUS-07."""
    ladder = ringing() >> AgentDeclined(RING, ALICE)
    assert ladder.last.orders == ((ALICE, Release(ladder.call.id)),)
    assert [skip.agent for skip in ladder.call.skipped] == [ALICE]


def test_who_is_asked_again_begins_a_new_round_in_which_everybody_has_a_turn() -> None:
    """PLUS-07: otherwise the longest idle would be asked after every pause, and nobody else."""
    refused = ringing() >> AgentDeclined(RING, ALICE)
    refused.call = replace(refused.call, skipped=(*refused.call.skipped, Skip(BOB, refused.now)))
    again = refused >> AgentReserved((reservation(ALICE, refused.now + timedelta(seconds=15)),))
    assert again.call.skipped == ()
    first = ringing() >> AgentDeclined(RING, ALICE)
    assert (first >> AgentReserved((reservation(BOB, first.now),))).call.skipped == (Skip(ALICE, first.now),)


def refused_often(ladder: Ladder, times: int) -> Ladder:
    """The ladder with a ring that rings, after so many that were declined."""
    for _ in range(times):
        ladder = ladder >> AgentDeclined(RING, ALICE)
        ladder = ladder.elapse(15) >> AgentReserved((reservation(ALICE, ladder.now + timedelta(seconds=15)),))
    return ladder


@pytest.mark.parametrize("nothing", [AgentDeclined(RING, ALICE), RingLost(RING)])
def test_the_supervisors_are_told_of_a_caller_to_whom_three_offers_came_to_nothing(
    nothing: AgentDeclined | RingLost,
) -> None:
    """PLUS-07, PLUS-15: whether agents decline, or their panels die one after the other."""
    ladder = refused_often(ringing(), 2)
    assert not ladder.call.neglected
    ladder = ladder >> nothing
    assert ladder.call.neglected
    assert ladder.last.facts[-1].kind is FactKind.CALL_NEGLECTED
    assert ladder.last.facts[-1].data == {"offers": 3}
    ladder = ladder.elapse(15) >> AgentReserved((reservation(ALICE, ladder.now + timedelta(seconds=15)),))
    assert ladder.call.neglected, "it rings, but nobody has answered yet"
    assert not (ladder >> AgentAccepted(RING, ALICE, "tab")).call.neglected


def test_an_agent_who_answers_and_is_never_heard_is_one_more_offer_that_came_to_nothing() -> None:
    """PLUS-15: nobody was talked to, so the count goes on; once they hear each other it begins anew."""
    answered = refused_often(ringing(), 2) >> AgentAccepted(RING, ALICE, "tab")
    assert answered.elapse(15).call.neglected
    answered = refused_often(ringing(), 2) >> AgentAccepted(RING, ALICE, "tab")
    heard = answered >> TransportOpened(AGENT_LEG, PATH_2, "tab") >> LegConnected(AGENT_LEG, PATH_2)
    assert heard.call.offers == 0


def test_a_ring_whose_panel_died_gives_the_place_back() -> None:
    """PLUS-05, PLUS-15."""
    ladder = ringing() >> RingLost(RING)
    assert isinstance(ladder.call.phase, Waiting)
    assert (ladder >> RingLost(RING)).last.facts == ()


@pytest.mark.parametrize("event", [AgentAccepted(RING, BOB, "tab"), AgentDeclined(ReservationId("res_old"), ALICE)])
def test_only_the_agent_whose_ring_it_is_may_answer_or_decline(event: AgentAccepted | AgentDeclined) -> None:
    """CALL-02."""
    with pytest.raises(RefusedError, match="not ringing here"):
        _ = ringing() >> event


def test_an_answer_after_the_ring_time_comes_too_late() -> None:
    """CALL-02."""
    with pytest.raises(RefusedError) as refusal:
        _ = ringing().elapse(20) >> AgentAccepted(RING, ALICE, "tab")
    assert refusal.value.code == "too_late"


def test_a_caller_who_hangs_up_while_it_rings_frees_the_agent() -> None:
    """CALL-05, EVT-04."""
    ladder = ringing() >> HungUp(Role.CUSTOMER)
    assert (ended(ladder).reason, ended(ladder).by) == (EndReason.ABANDONED, EndedBy.CUSTOMER)
    assert ladder.last.orders == ((ALICE, Release(ladder.call.id)),)
    assert ladder.last.commands == (Wire({}), CloseLeg(CUSTOMER_LEG), CloseLeg(AGENT_LEG))


@pytest.mark.parametrize("side", [Role.CUSTOMER, Role.AGENT])
def test_either_side_hangs_up_for_both_and_wrap_up_follows(side: Role) -> None:
    """CALL-06, EVT-04, WRAP-01."""
    ladder = talking()
    ladder.elapse(30)
    ladder >>= HungUp(side)
    assert (ended(ladder).reason, ended(ladder).by) == (EndReason.HUNG_UP, EndedBy(side))
    assert ladder.last.orders == ((ALICE, BeginWrapUp(ladder.call.id)),)
    assert ladder.last.facts[0].data == {
        "reason": "hung_up",
        "by": side,
        "waited_seconds": 7.0,
        "talked_seconds": 30.0,
    }


def test_an_agent_cannot_hang_up_a_call_that_only_rings() -> None:
    """CALL-06."""
    with pytest.raises(RefusedError):
        _ = ringing() >> HungUp(Role.AGENT)


def test_waiting_ends_after_ten_minutes() -> None:
    """CALL-05; mission section 4: longest wait."""
    ladder = waiting().elapse(600)
    assert (ended(ladder).reason, ended(ladder).by) == (EndReason.NO_ANSWER, EndedBy.SYSTEM)


def test_a_ring_under_way_is_finished_before_the_longest_wait_ends_the_call() -> None:
    """PLUS-07; mission 3.2: timer clash."""
    ladder = waiting()
    ladder.elapse(595)
    ladder >>= AgentReserved((reservation(ALICE, ladder.now),))
    assert isinstance(ladder.elapse(10).call.phase, Ringing)
    ladder.elapse(10)
    assert isinstance(ladder.call.phase, Waiting)
    assert ended(ladder.elapse(0)).reason is EndReason.NO_ANSWER


@pytest.mark.parametrize(("leg", "who"), [(CUSTOMER_LEG, Role.CUSTOMER), (AGENT_LEG, Role.AGENT)])
def test_a_lost_leg_has_sixty_seconds_to_come_back_into_the_same_call(leg: str, who: Role) -> None:
    """PLUS-01, PLUS-13."""
    ladder = talking() >> LegLost(CUSTOMER_LEG if who is Role.CUSTOMER else AGENT_LEG, PATH_1)
    assert ladder.kinds[-1] is FactKind.CALL_RECONNECTING
    ladder.elapse(59)
    ladder = ladder >> TransportOpened(CUSTOMER_LEG if who is Role.CUSTOMER else AGENT_LEG, PATH_2, "tab-1")
    ladder >>= LegConnected(CUSTOMER_LEG if who is Role.CUSTOMER else AGENT_LEG, PATH_2)
    assert ladder.last.facts[0].kind is FactKind.CALL_RECONNECTED
    assert ladder.last.commands == (EACH_OTHER,)
    assert isinstance(ladder.elapse(120).call.phase, Talking)


def test_a_leg_that_stays_away_ends_the_call_as_lost_and_wrap_up_follows() -> None:
    """PLUS-01, PLUS-15."""
    ladder = (talking() >> LegLost(CUSTOMER_LEG, PATH_1)).elapse(60)
    assert (ended(ladder).reason, ended(ladder).by) == (EndReason.LOST, EndedBy.NETWORK)
    assert ladder.last.orders == ((ALICE, BeginWrapUp(ladder.call.id)),)


def test_the_loss_of_a_transport_that_was_replaced_is_stale() -> None:
    """PLUS-01: a reload's old connection dies after the new one is up."""
    ladder = talking() >> TransportOpened(CUSTOMER_LEG, PATH_2, None)
    assert (ladder >> LegLost(CUSTOMER_LEG, PATH_1)).last.facts == ()
    assert ladder.call.customer_leg.state is LegState.UP


def test_a_transport_that_fails_leaves_the_one_before_in_its_place() -> None:
    """PLUS-01, PLUS-15: the media plane says which one still serves the leg, and its loss counts again."""
    ladder = talking() >> TransportOpened(CUSTOMER_LEG, PATH_2, None) >> LegConnected(CUSTOMER_LEG, PATH_1)
    assert ladder.call.customer_leg.transport == PATH_1
    assert (ladder >> LegLost(CUSTOMER_LEG, PATH_1)).call.customer_leg.state is LegState.RECONNECTING


def test_a_caller_who_is_away_is_not_offered_but_keeps_the_place() -> None:
    """PLUS-13."""
    ladder = waiting() >> LegLost(CUSTOMER_LEG, PATH_1)
    with pytest.raises(RefusedError):
        _ = ladder >> AgentReserved((reservation(ALICE, ladder.now),))
    assert ended(ladder.elapse(60)).reason is EndReason.ABANDONED


def test_an_answer_without_media_gives_the_caller_the_place_back() -> None:
    """PLUS-15: nobody is left in silence."""
    ladder = ringing() >> AgentAccepted(RING, ALICE, "tab")
    assert ladder.last.commands == (MUSIC,)
    ladder.elapse(15)
    assert isinstance(ladder.call.phase, Waiting)
    assert ladder.last.orders == ((ALICE, Release(ladder.call.id, StatusReason.NO_MEDIA)),)


def test_after_a_restart_a_ring_is_taken_back_and_the_caller_keeps_the_place() -> None:
    """PLUS-15."""
    ladder = ringing() >> ServerRestarted()
    assert isinstance(ladder.call.phase, Waiting)
    assert ladder.last.orders == ((ALICE, Release(ladder.call.id)),)
    ladder = ladder >> TransportOpened(CUSTOMER_LEG, PATH_2, None) >> LegConnected(CUSTOMER_LEG, PATH_2)
    assert ladder.last.commands == (MUSIC,)


def test_after_a_restart_a_call_goes_on_when_both_come_back() -> None:
    """PLUS-01."""
    ladder = talking() >> ServerRestarted()
    for leg in (CUSTOMER_LEG, AGENT_LEG):
        ladder = ladder >> TransportOpened(leg, PATH_2, "tab-1") >> LegConnected(leg, PATH_2)
    assert ladder.last.commands == (EACH_OTHER,)
    assert isinstance(ladder.elapse(3600).call.phase, Talking)


def test_after_a_restart_a_call_that_nobody_comes_back_to_ends_with_that_reason() -> None:
    """PLUS-15."""
    assert ended((talking() >> ServerRestarted()).elapse(60)).reason is EndReason.SERVER_RESTART
    assert ended((waiting() >> ServerRestarted()).elapse(60)).reason is EndReason.SERVER_RESTART


def test_a_failed_driver_ends_that_call_and_frees_its_agent() -> None:
    """PLUS-15."""
    ladder = ringing() >> DriverFailed()
    assert ended(ladder).reason is EndReason.FAILED
    assert ladder.last.orders == ((ALICE, Release(ladder.call.id)),)


def test_a_call_ends_after_four_hours() -> None:
    """PLUS-15."""
    assert ended(talking().elapse(4 * 3600)).reason is EndReason.TOO_LONG


def test_what_comes_after_the_end_is_ignored() -> None:
    """PLUS-15."""
    over = talking() >> HungUp(Role.AGENT)
    for event in (HungUp(Role.CUSTOMER), LegConnected(CUSTOMER_LEG, PATH_1), ServerRestarted()):
        assert (over >> event).last.facts == ()
