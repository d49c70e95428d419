"""Consult transfer, read like a ladder (PLUS-21, XFER-01)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from callflow.agent import StatusReason
from callflow.call import EndReason, LegState, ObserverMode, Role
from callflow.events import (
    AgentAccepted,
    AgentDeclined,
    AgentRemoved,
    BeginWrapUp,
    CallEvent,
    CloseLeg,
    ConsultAsked,
    ConsultCompleted,
    ConsultReturned,
    Engage,
    HoldAsked,
    HungUp,
    LegLost,
    ObserveAsked,
    Release,
    Reserve,
    RingLost,
    ServerRestarted,
    Wire,
)
from callflow.facts import FactKind
from callflow.ids import AgentId, LegId
from callflow.wiring import RINGBACK, FromLeg, FromPrompt, Stream
from tests.callflow.ladder import (
    AGENT_LEG,
    ALICE,
    BOB,
    CAROL,
    CUSTOMER_LEG,
    EACH_OTHER,
    MUSIC,
    PATH_1,
    RING,
    SUE,
    TARGET_LEG,
    TARGET_RING,
    TEAM,
    Ladder,
    asking,
    consulting,
    reservation,
    ringing,
    talking,
    target,
    transferring,
    waiting,
)

pytestmark = pytest.mark.unit

AGENT_HEARS_RINGING = Wire({**MUSIC.wiring, AGENT_LEG: {Stream.VOICE: FromPrompt(RINGBACK)}})
TWO_AGENTS = Wire(
    {
        **MUSIC.wiring,
        AGENT_LEG: dict.fromkeys(Stream, FromLeg(TARGET_LEG)),
        TARGET_LEG: dict.fromkeys(Stream, FromLeg(AGENT_LEG)),
    }
)
HELD = Wire({**MUSIC.wiring, AGENT_LEG: {}})
WITH_BOB = Wire(
    {
        CUSTOMER_LEG: dict.fromkeys(Stream, FromLeg(TARGET_LEG)),
        TARGET_LEG: dict.fromkeys(Stream, FromLeg(CUSTOMER_LEG)),
    }
)


def is_held_by_alice(ladder: Ladder) -> bool:
    return ladder.talk.agent == ALICE and ladder.talk.consult is None and ladder.talk.held_at is not None


def test_the_colleague_rings_the_customer_hears_music_and_the_agent_hears_ringing() -> None:
    """PLUS-21."""
    ladder = asking()
    assert ladder.last.commands == (AGENT_HEARS_RINGING,)
    assert ladder.last.orders == ((BOB, Reserve(ladder.call.id, TARGET_RING, transfer=True)),)
    assert ladder.kinds[-2:] == [FactKind.CALL_HELD, FactKind.CALL_CONSULTING]
    assert ladder.talk.agent == ALICE


def test_who_holds_already_has_one_hold_and_not_two() -> None:
    """PLUS-21: the timer of the hold goes on."""
    held = talking() >> HoldAsked(ALICE)
    since = held.now
    ladder = held.elapse(9) >> ConsultAsked(ALICE, target(BOB, held.now), TEAM)
    assert ladder.talk.held_at == since
    assert ladder.kinds.count(FactKind.CALL_HELD) == 1


def test_when_the_colleague_answers_the_two_talk_and_the_customer_hears_neither() -> None:
    """PLUS-21."""
    ladder = consulting()
    assert ladder.last.commands == (TWO_AGENTS,)
    assert ladder.last.orders == ((BOB, Engage(ladder.call.id, ladder.call.conversation)),)
    assert ladder.kinds[-1] is FactKind.CALL_CONSULTED
    assert ladder.ignores(AgentAccepted(TARGET_RING, BOB, "tab-3"))


def test_completed_the_colleague_has_the_customer_and_the_agent_a_wrap_up() -> None:
    """EVT-03, PLUS-21, XFER-04."""
    ladder = consulting().elapse(6) >> ConsultCompleted(ALICE)
    assert ladder.talk.agent == BOB
    assert (ladder.talk.held_at, ladder.talk.consult) == (None, None)
    assert ladder.last.commands == (WITH_BOB, CloseLeg(AGENT_LEG))
    assert ladder.last.orders == ((ALICE, BeginWrapUp(ladder.call.id)),)
    (told,) = ladder.last.facts
    assert (told.kind, told.agent, told.data) == (FactKind.CALL_TRANSFERRED, BOB, {"talked_seconds": 40.0})
    over = ladder >> HungUp(Role.CUSTOMER)
    assert over.last.orders == ((BOB, BeginWrapUp(ladder.call.id)),)


@pytest.mark.parametrize("before", [asking, consulting])
def test_returned_the_agent_has_the_customer_again_and_the_colleague_is_free(before: Callable[[], Ladder]) -> None:
    """PLUS-21: at any moment, also while it still rings there."""
    ladder = before().elapse(2) >> ConsultReturned(ALICE)
    assert ladder.wired == EACH_OTHER
    assert (ladder.talk.held_at, ladder.talk.consult) == (None, None)
    assert ladder.last.orders == ((BOB, Release(ladder.call.id)),)
    assert CloseLeg(TARGET_LEG) in ladder.last.commands
    assert ladder.kinds[-2:] == [FactKind.CALL_CONSULT_ENDED, FactKind.CALL_RESUMED]


def test_a_colleague_who_leaves_the_consultation_leaves_the_customer_on_hold() -> None:
    """PLUS-21: it is for the agent to say when the customer hears him again."""
    ladder = consulting() >> ConsultReturned(BOB)
    assert is_held_by_alice(ladder)
    assert ladder.last.commands == (HELD, CloseLeg(TARGET_LEG))
    assert ladder.last.orders == ((BOB, Release(ladder.call.id)),)


@pytest.mark.parametrize(
    "event", [AgentDeclined(TARGET_RING, BOB), RingLost(TARGET_RING), AgentRemoved(BOB), ServerRestarted()]
)
def test_a_colleague_who_declines_or_is_gone_leaves_the_customer_on_hold_with_the_agent(event: CallEvent) -> None:
    """PLUS-15, PLUS-21."""
    ladder = asking().elapse(2) >> event
    assert isinstance(event, ServerRestarted) or is_held_by_alice(ladder)
    assert (BOB, Release(ladder.call.id)) in ladder.last.orders
    assert ladder.wired == HELD
    assert CloseLeg(TARGET_LEG) in ladder.last.commands
    assert not ladder.call.rings


def test_a_colleague_who_does_not_answer_is_set_away_like_anybody() -> None:
    """CALL-05, PLUS-21."""
    ladder = asking().elapse(20)
    assert is_held_by_alice(ladder)
    assert ladder.last.orders == ((BOB, Release(ladder.call.id, StatusReason.MISSED)),)


def test_a_colleague_who_answers_and_is_not_audible_is_out_after_the_set_up_limit() -> None:
    """PLUS-15."""
    ladder = asking() >> AgentAccepted(TARGET_RING, BOB, "tab-2")
    assert is_held_by_alice(ladder.elapse(15))


def test_a_colleague_whose_line_breaks_has_the_grace_and_is_then_out() -> None:
    """PLUS-01, PLUS-15."""
    ladder = consulting() >> LegLost(TARGET_LEG, PATH_1)
    assert ladder.talk.consult is not None
    assert is_held_by_alice(ladder.elapse(60))


def test_an_agent_who_is_gone_leaves_the_customer_to_the_colleague_with_whom_he_talks() -> None:
    """PLUS-05; reliability section 3: target connected, so the call goes on."""
    removed = consulting() >> AgentRemoved(ALICE)
    assert removed.talk.agent == BOB
    assert removed.wired == WITH_BOB
    assert removed.last.orders == ((ALICE, Release(removed.call.id)),)
    lost = (consulting() >> LegLost(AGENT_LEG, PATH_1)).elapse(60)
    assert lost.talk.agent == BOB
    assert lost.last.orders == ((ALICE, BeginWrapUp(lost.call.id)),)


def test_an_agent_who_is_gone_while_the_colleague_rings_leaves_the_customer_the_head_of_the_queue() -> None:
    """PLUS-05, PLUS-15; reliability section 3: never hold music without a timer."""
    ladder = asking() >> LegLost(AGENT_LEG, PATH_1)
    ladder = replace_deadline(ladder)
    assert ladder.waits
    assert ladder.call.returned
    assert {skip.agent for skip in ladder.call.skipped} == {ALICE, BOB}
    assert ladder.last.orders == ((ALICE, BeginWrapUp(ladder.call.id)), (BOB, Release(ladder.call.id)))
    assert {AGENT_LEG, TARGET_LEG} <= ladder.closed
    removed = asking() >> AgentRemoved(ALICE)
    assert removed.waits
    assert removed.wired == MUSIC


def replace_deadline(ladder: Ladder) -> Ladder:
    """The agent's grace is over while it rings: a queue may ring for longer than the grace."""
    phase = ladder.talk
    leg = replace(phase.agent_leg, deadline=ladder.now + timedelta(seconds=5))
    ladder.call = replace(ladder.call, phase=replace(phase, agent_leg=leg))
    return ladder.elapse(5)


@pytest.mark.parametrize("before", [asking, consulting])
def test_a_customer_who_hangs_up_meanwhile_frees_both_and_one_wraps_up(
    before: Callable[[], Ladder],
) -> None:
    """XFER-03, WRAP-01; reliability section 3."""
    ladder = before() >> HungUp(Role.CUSTOMER)
    assert ladder.ended.reason is EndReason.HUNG_UP
    assert ladder.last.orders == ((ALICE, BeginWrapUp(ladder.call.id)), (BOB, Release(ladder.call.id)))
    assert {AGENT_LEG, TARGET_LEG} <= ladder.closed


def test_a_customer_whose_network_breaks_meanwhile_has_the_grace() -> None:
    """PLUS-01."""
    ladder = consulting() >> LegLost(CUSTOMER_LEG, PATH_1)
    assert ladder.talk.consult is not None
    assert ladder.elapse(60).ended.reason is EndReason.LOST


@pytest.mark.parametrize(
    ("agent", "to", "code"),
    [(ALICE, ALICE, "transfer_to_self"), (ALICE, CAROL, "not_in_queue"), (BOB, ALICE, "not_your_call")],
)
def test_only_the_agent_who_talks_asks_and_only_somebody_else_of_the_queue(
    agent: AgentId, to: AgentId, code: str
) -> None:
    """XFER-02, PLUS-21."""
    ladder = talking()
    assert ladder.refuses(ConsultAsked(agent, target(to, ladder.now), TEAM)) == code


def test_a_queue_without_the_option_has_blind_transfers_only() -> None:
    """XFER-01: the option is off unless a supervisor sets it."""
    ladder = talking()
    assert ladder.refuses(ConsultAsked(ALICE, target(BOB, ladder.now), replace(TEAM, consult=False))) == "no_consult"


@pytest.mark.parametrize("before", [waiting, ringing, transferring])
def test_nobody_is_asked_about_a_call_in_which_nobody_talks(before: Callable[[], Ladder]) -> None:
    """PLUS-21."""
    ladder = before()
    assert ladder.refuses(ConsultAsked(ALICE, target(BOB, ladder.now), TEAM)) == "not_your_call"


@pytest.mark.parametrize("before", [asking, consulting])
def test_one_colleague_is_asked_at_a_time(before: Callable[[], Ladder]) -> None:
    """PLUS-21: two presses are one consultation."""
    ladder = before()
    assert ladder.refuses(ConsultAsked(ALICE, target(BOB, ladder.now), TEAM)) == "consulting"


def test_what_was_not_answered_cannot_be_completed_and_what_is_not_there_not_ended() -> None:
    """PLUS-21."""
    assert asking().refuses(ConsultCompleted(ALICE)) == "not_answered"
    assert talking().refuses(ConsultCompleted(ALICE)) == "not_answered"
    assert consulting().refuses(ConsultCompleted(BOB)) == "not_your_call"
    assert talking().refuses(ConsultReturned(ALICE)) == "no_consult"
    assert asking().refuses(ConsultReturned(BOB)) == "no_consult"
    assert consulting().refuses(ConsultReturned(CAROL)) == "no_consult"


def test_an_answer_with_an_old_ring_or_by_somebody_else_is_refused() -> None:
    """CALL-02."""
    assert asking().refuses(AgentAccepted(RING, BOB, "tab")) == "too_late"
    assert asking().refuses(AgentAccepted(TARGET_RING, CAROL, "tab")) == "too_late"
    assert (asking() >> ConsultReturned(ALICE)).refuses(AgentAccepted(TARGET_RING, BOB, "tab")) == "too_late"


def test_after_a_restart_all_three_have_the_grace_to_come_back() -> None:
    """PLUS-01, PLUS-15."""
    ladder = consulting() >> ServerRestarted()
    assert {party.leg.state for party in ladder.call.parties} == {LegState.RECONNECTING}
    assert ladder.talk.consult is not None
    assert ladder.wired == TWO_AGENTS
    assert ladder.elapse(60).ended.reason is EndReason.SERVER_RESTART


def test_a_supervisor_who_listens_hears_both_agents_and_stays_with_the_call_when_it_is_completed() -> None:
    """PLUS-20, PLUS-21."""
    ladder = consulting() >> ObserveAsked(SUE, LegId("leg_sue"), ObserverMode.LISTEN) >> ConsultCompleted(ALICE)
    assert [one.supervisor for one in ladder.talk.observers] == [SUE]
    assert ladder.talk.agent == BOB


def test_a_completed_call_may_be_asked_about_again() -> None:
    """PLUS-21: by the colleague who has it now."""
    ladder = consulting() >> ConsultCompleted(ALICE)
    again = reservation(ALICE, ladder.now)
    assert (ladder >> ConsultAsked(BOB, replace(again, leg=LegId("leg_again")), TEAM)).talk.consult is not None
