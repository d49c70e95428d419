"""Several panels that ring for one caller, read like a ladder (SYS-03, mission 3.2 and 3.7)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from callflow.agent import StatusReason
from callflow.call import EndReason, Leg, LegState, Reservation, Ringing, Role
from callflow.events import (
    AgentAccepted,
    AgentDeclined,
    AgentRemoved,
    AgentReserved,
    CloseLeg,
    Engage,
    HungUp,
    LegConnected,
    LegLost,
    Release,
    Reserve,
    RingLost,
    ServerRestarted,
)
from callflow.facts import FactKind
from callflow.ids import LegId, ReservationId
from tests.callflow.ladder import (
    ALICE,
    BOB,
    CAROL,
    CUSTOMER_LEG,
    MUSIC,
    PATH_1,
    PATH_2,
    Ladder,
    ringing,
    talking,
    waiting,
)

pytestmark = pytest.mark.unit

ALL = {ALICE: "a", BOB: "b", CAROL: "c"}
RINGS = {agent: ReservationId(f"res_{word}") for agent, word in ALL.items()}
LEGS = {agent: LegId(f"leg_{word}") for agent, word in ALL.items()}


def all_ring() -> Ladder:
    """Three panels ring at once."""
    ladder = waiting()
    until = ladder.now + timedelta(seconds=20)
    return ladder >> AgentReserved(tuple(Reservation(RINGS[agent], agent, LEGS[agent], until) for agent in ALL))


def test_all_are_held_for_the_call_and_the_caller_hears_on() -> None:
    """CALL-05, SYS-03."""
    ladder = all_ring()
    assert ladder.last.orders == tuple((agent, Reserve(ladder.call.id, RINGS[agent])) for agent in ALL)
    assert ladder.last.commands == ()
    assert ladder.kinds.count(FactKind.CALL_RINGING) == 3
    assert [party.person for party in ladder.call.parties] == [None, ALICE, BOB, CAROL]


def test_the_first_to_answer_has_the_call_and_all_others_are_free_in_the_same_decision() -> None:
    """CALL-02; mission 3.7: one winner, the losers are rescinded, and nobody is set Away for it."""
    ladder = all_ring() >> LegConnected(LEGS[BOB], PATH_1) >> AgentAccepted(RINGS[BOB], BOB, "tab")
    call = ladder.call
    assert ladder.talk.agent == BOB
    assert ladder.last.orders == (
        (BOB, Engage(call.id, call.conversation)),
        (ALICE, Release(call.id)),
        (CAROL, Release(call.id)),
    )
    assert ladder.closed == {LEGS[ALICE], LEGS[CAROL]}
    told = [(fact.kind, fact.agent) for fact in ladder.last.facts]
    assert told == [
        (FactKind.CALL_ANSWERED, BOB),
        (FactKind.CALL_RESCINDED, ALICE),
        (FactKind.CALL_RESCINDED, CAROL),
    ]
    assert ladder.call.skipped == ()


def test_who_answers_second_is_told_that_it_is_too_late() -> None:
    """CALL-02, PLUS-16."""
    ladder = all_ring() >> AgentAccepted(RINGS[BOB], BOB, "tab")
    for agent in (ALICE, CAROL):
        assert ladder.refuses(AgentAccepted(RINGS[agent], agent, "tab")) == "too_late"
        assert ladder.refuses(AgentDeclined(RINGS[agent], agent)) == "too_late"
    assert ladder.ignores(AgentAccepted(RINGS[BOB], BOB, "tab-2"))


def test_one_who_declines_is_free_and_the_others_ring_on() -> None:
    """CALL-05, PLUS-07."""
    ladder = all_ring() >> AgentDeclined(RINGS[ALICE], ALICE)
    assert [ring.agent for ring in ladder.call.rings] == [BOB, CAROL]
    assert ladder.last.orders == ((ALICE, Release(ladder.call.id)),)
    assert ladder.last.commands == (CloseLeg(LEGS[ALICE]),)
    assert [skip.agent for skip in ladder.call.skipped] == [ALICE]


def test_when_the_last_one_declines_the_caller_has_the_place_again() -> None:
    """PLUS-07."""
    ladder = all_ring()
    for agent in ALL:
        ladder = ladder.elapse(1) >> AgentDeclined(RINGS[agent], agent)
    assert ladder.waits
    assert {skip.agent for skip in ladder.call.skipped} == set(ALL)
    assert not ladder.call.returned


def test_nobody_of_several_is_blamed_for_not_being_the_first() -> None:
    """PLUS-07: all are free, none is set Away; the last one of them alone is like any single ring."""
    ladder = all_ring().elapse(20)
    assert ladder.waits
    assert ladder.last.orders == tuple((agent, Release(ladder.call.id)) for agent in ALL)
    assert ladder.closed == set(LEGS.values())
    one = all_ring() >> AgentDeclined(RINGS[ALICE], ALICE) >> AgentDeclined(RINGS[CAROL], CAROL)
    assert one.elapse(20).last.orders == ((BOB, Release(one.call.id, StatusReason.MISSED)),)


@pytest.mark.parametrize("event", [RingLost(RINGS[BOB]), AgentRemoved(BOB)])
def test_one_whose_panel_or_account_is_gone_rings_no_more(event: RingLost | AgentRemoved) -> None:
    """PLUS-05, PLUS-15."""
    ladder = all_ring() >> event
    assert [ring.agent for ring in ladder.call.rings] == [ALICE, CAROL]
    assert ladder.last.orders == ((BOB, Release(ladder.call.id)),)
    assert ladder.ignores(event)


def test_a_caller_who_hangs_up_frees_all() -> None:
    """CALL-05, EVT-04; mission 3.2: cancel every ring."""
    ladder = all_ring() >> HungUp(Role.CUSTOMER)
    assert ladder.ended.reason is EndReason.ABANDONED
    assert ladder.last.orders == tuple((agent, Release(ladder.call.id)) for agent in ALL)
    assert ladder.closed == {CUSTOMER_LEG, *LEGS.values()}


def test_a_restart_takes_all_rings_back_and_blames_nobody() -> None:
    """PLUS-15."""
    ladder = all_ring() >> ServerRestarted()
    assert ladder.waits
    assert ladder.call.skipped == ()
    assert ladder.last.orders == tuple((agent, Release(ladder.call.id)) for agent in ALL)
    assert ladder.wired == MUSIC


def test_a_panel_may_open_its_microphone_in_advance_and_lose_it_again() -> None:
    """CALL-05: a ring's leg has no deadline of its own, the ring's is enough."""
    ladder = all_ring() >> LegConnected(LEGS[ALICE], PATH_1)
    assert ladder.call.rings[0].leg.state is LegState.UP
    ladder >>= LegLost(LEGS[ALICE], PATH_1)
    assert ladder.call.rings[0].leg == Leg(LEGS[ALICE], LegState.CONNECTING, None)
    ladder = ladder >> LegConnected(LEGS[ALICE], PATH_2) >> AgentAccepted(RINGS[ALICE], ALICE, "tab")
    assert ladder.talk.agent_leg.state is LegState.UP


def test_only_a_call_that_waits_is_offered_and_to_somebody() -> None:
    """CALL-02."""
    reserved = AgentReserved((Reservation(RINGS[BOB], BOB, LEGS[BOB], waiting().now),))
    for before in (ringing, talking, all_ring):
        assert before().refuses(reserved) == "too_late"
    assert waiting().refuses(AgentReserved(())) == "too_late"
    assert (waiting() >> HungUp(Role.CUSTOMER)).refuses(reserved) == "too_late"


def test_rings_that_end_at_different_times_end_one_by_one() -> None:
    """PLUS-15: each has a deadline of its own, and the earliest is the call's."""
    ladder = all_ring()
    assert isinstance(ladder.call.phase, Ringing)
    first, *others = ladder.call.phase.rings
    early = replace(first, reservation=replace(first.reservation, deadline=ladder.now + timedelta(seconds=5)))
    ladder.call = replace(ladder.call, phase=replace(ladder.call.phase, rings=(early, *others)))
    assert ladder.call.deadline == ladder.now + timedelta(seconds=5)
    assert [ring.agent for ring in ladder.elapse(5).call.rings] == [BOB, CAROL]
