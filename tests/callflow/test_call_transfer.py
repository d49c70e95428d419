"""Blind transfer, read like a ladder: mission 3.5 to the letter."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from callflow.agent import StatusReason
from callflow.call import EndedBy, EndReason, LegState, ObserverMode, Priority, Ringing, Role, Skip
from callflow.events import (
    AgentAccepted,
    AgentDeclined,
    AgentRemoved,
    AgentReserved,
    BeginWrapUp,
    CallEvent,
    CloseLeg,
    Engage,
    HoldAsked,
    HungUp,
    LegConnected,
    LegLost,
    ObserveAsked,
    Release,
    Reserve,
    RingLost,
    ServerRestarted,
    TransferAsked,
    Wire,
)
from callflow.facts import Actor, ActorKind, FactKind
from callflow.ids import AgentId, LegId
from callflow.wiring import FromLeg, Stream
from tests.callflow.ladder import (
    AGENT_LEG,
    ALICE,
    BOB,
    CAROL,
    CUSTOMER_LEG,
    MUSIC,
    NOON,
    PATH_1,
    PATH_2,
    RING,
    RINGS_BACK,
    SUE,
    TARGET_LEG,
    TARGET_RING,
    TEAM,
    Ladder,
    asking,
    reservation,
    ringing,
    talking,
    target,
    transferring,
    waiting,
)

pytestmark = pytest.mark.unit


def is_at_the_head(ladder: Ladder) -> bool:
    """Mission 3.5: at the head of the queue, with the original wait and priority; target and agent are left out."""
    call = ladder.call
    assert ladder.waits
    assert call.returned
    assert call.started_at == NOON
    assert call.priority is Priority.HIGH
    assert {skip.agent for skip in call.skipped} == {ALICE, BOB}
    assert call.deadline is not None
    assert call.wait_until >= ladder.now + timedelta(minutes=10)
    return True


def urgent(ladder: Ladder) -> Ladder:
    ladder.call = replace(ladder.call, priority=Priority.HIGH)
    return ladder


def test_the_target_rings_the_caller_hears_ringing_and_the_agent_is_out_with_a_wrap_up() -> None:
    """EVT-03, XFER-01, XFER-03 to XFER-05: all of it by one decision, which is one transaction."""
    ladder = transferring()
    call = ladder.call
    assert isinstance(call.phase, Ringing)
    assert call.phase.transferred_by == ALICE
    assert [ring.agent for ring in call.rings] == [BOB]
    assert ladder.last.commands == (RINGS_BACK, CloseLeg(AGENT_LEG))
    assert ladder.last.orders == ((ALICE, BeginWrapUp(call.id)), (BOB, Reserve(call.id, TARGET_RING, transfer=True)))
    (told,) = ladder.last.facts
    assert (told.kind, told.actor, told.agent) == (FactKind.CALL_TRANSFERRED, Actor(ActorKind.AGENT, ALICE), BOB)
    assert told.data == {"talked_seconds": 30.0}


def test_the_target_answers_and_talks_to_the_caller() -> None:
    """XFER-03, EVT-02: the wait that is told is the caller's since the transfer, not since noon."""
    ladder = transferring().elapse(6) >> LegConnected(TARGET_LEG, PATH_1)
    assert ladder.wired is None or ladder.wired == RINGS_BACK
    ladder >>= AgentAccepted(TARGET_RING, BOB, "tab")
    assert ladder.talk.agent == BOB
    assert ladder.call.answered_at == NOON + timedelta(seconds=7)
    assert ladder.last.commands == (
        Wire(
            {
                CUSTOMER_LEG: dict.fromkeys(Stream, FromLeg(TARGET_LEG)),
                TARGET_LEG: dict.fromkeys(Stream, FromLeg(CUSTOMER_LEG)),
            }
        ),
    )
    assert ladder.last.orders == ((BOB, Engage(ladder.call.id, ladder.call.conversation)),)
    assert ladder.last.facts[0].data == {"waited_seconds": 6.0}
    assert not ladder.call.returned


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (AgentDeclined(TARGET_RING, BOB), FactKind.CALL_DECLINED),
        (RingLost(TARGET_RING), FactKind.CALL_REQUEUED),
        (AgentRemoved(BOB), FactKind.CALL_REQUEUED),
    ],
)
def test_a_target_who_rejects_or_is_gone_gives_the_caller_to_the_head_of_the_queue(
    event: CallEvent, kind: FactKind
) -> None:
    """XFER-03; mission 3.5: never dropped, and never left silent: the music begins in the same decision."""
    ladder = urgent(transferring()).elapse(3) >> event
    assert is_at_the_head(ladder)
    assert ladder.last.commands == (MUSIC, CloseLeg(TARGET_LEG))
    assert ladder.last.orders == ((BOB, Release(ladder.call.id)),)
    assert ladder.kinds[-1] is kind


def test_a_target_who_does_not_answer_is_set_away_and_the_caller_is_at_the_head_of_the_queue() -> None:
    """CALL-05, XFER-03; mission 3.5."""
    ladder = urgent(transferring())
    assert isinstance(ladder.elapse(19).call.phase, Ringing)
    ladder.elapse(1)
    assert is_at_the_head(ladder)
    assert ladder.last.orders == ((BOB, Release(ladder.call.id, StatusReason.MISSED)),)
    assert ladder.last.commands == (MUSIC, CloseLeg(TARGET_LEG))


def test_a_target_without_sound_gives_the_caller_to_the_head_of_the_queue() -> None:
    """PLUS-15; mission 3.5: the caller has heard ringing all the time, and now hears music."""
    ladder = urgent(transferring()) >> AgentAccepted(TARGET_RING, BOB, "tab")
    assert ladder.last.commands == (RINGS_BACK,)
    ladder.elapse(15)
    assert is_at_the_head(ladder)
    assert ladder.wired == MUSIC
    assert ladder.last.orders == ((BOB, Release(ladder.call.id, StatusReason.NO_MEDIA)),)


def test_a_restart_while_the_target_rings_gives_the_caller_to_the_head_of_the_queue() -> None:
    """PLUS-15; mission 3.5, for a target who is gone because the server was: nobody pays with the place."""
    ladder = urgent(transferring()).elapse(3) >> ServerRestarted()
    assert is_at_the_head(ladder)
    assert ladder.wired == MUSIC
    assert ladder.last.orders == ((BOB, Release(ladder.call.id)),)
    assert ladder.call.customer_leg.state is LegState.RECONNECTING


def test_a_customer_who_hangs_up_while_the_target_rings_frees_the_target_and_leaves_no_second_wrap_up() -> None:
    """XFER-03; reliability section 3: who talked has the wrap-up already."""
    ladder = transferring() >> HungUp(Role.CUSTOMER)
    assert (ladder.ended.reason, ladder.ended.by, ladder.ended.agent) == (EndReason.HUNG_UP, EndedBy.CUSTOMER, ALICE)
    assert ladder.last.orders == ((BOB, Release(ladder.call.id)),)
    assert ladder.last.commands == (Wire({}), CloseLeg(CUSTOMER_LEG), CloseLeg(TARGET_LEG))


def test_a_customer_whose_network_breaks_while_the_target_rings_is_transferred_all_the_same() -> None:
    """PLUS-01: within the grace; after it the call is over, whoever has answered."""
    ladder = transferring() >> LegLost(CUSTOMER_LEG, PATH_1)
    assert ladder.wired == RINGS_BACK
    back = ladder >> AgentAccepted(TARGET_RING, BOB, "tab") >> LegConnected(TARGET_LEG, PATH_1)
    assert back.talk.agent == BOB
    assert back.elapse(60).ended.reason is EndReason.LOST
    unanswered = (transferring() >> LegLost(CUSTOMER_LEG, PATH_1)).elapse(20)
    assert unanswered.waits
    assert unanswered.elapse(40).ended.reason is EndReason.LOST


def test_the_transferring_agent_is_out_of_the_call_whatever_becomes_of_him() -> None:
    """XFER-04; mission 3.5: his leg, his panel and his account do not matter to the caller any more."""
    ladder = transferring()
    assert ladder.ignores(LegLost(AGENT_LEG, PATH_1))
    assert ladder.ignores(AgentRemoved(ALICE))
    assert ladder.refuses(HungUp(Role.AGENT)) == "not_your_call"
    assert ladder.refuses(TransferAsked(ALICE, target(BOB, ladder.now), TEAM)) == "not_your_call"


def test_an_agent_who_is_gone_before_he_transfers_costs_the_caller_nothing() -> None:
    """PLUS-05; mission 3.5: an account that was disabled gives its caller to the head of the queue."""
    ladder = talking().elapse(30) >> AgentRemoved(ALICE)
    assert ladder.waits
    assert ladder.call.returned
    assert [skip.agent for skip in ladder.call.skipped] == [ALICE]
    assert ladder.wired == MUSIC
    assert ladder.last.orders == ((ALICE, Release(ladder.call.id)),)
    assert CloseLeg(AGENT_LEG) in ladder.last.commands


@pytest.mark.parametrize(
    ("agent", "to", "code"),
    [
        (ALICE, ALICE, "transfer_to_self"),
        (ALICE, CAROL, "not_in_queue"),
        (BOB, ALICE, "not_your_call"),
    ],
)
def test_a_transfer_to_oneself_to_a_stranger_or_of_somebody_elses_call_is_refused(
    agent: AgentId, to: AgentId, code: str
) -> None:
    """XFER-02."""
    ladder = talking()
    assert ladder.refuses(TransferAsked(agent, target(to, ladder.now), TEAM)) == code


def test_a_second_transfer_of_the_same_call_is_refused() -> None:
    """XFER-01: two presses, or two tabs, are one transfer."""
    ladder = transferring()
    assert ladder.refuses(TransferAsked(ALICE, target(BOB, ladder.now), TEAM)) == "not_your_call"


@pytest.mark.parametrize("before", [waiting, ringing, asking])
def test_only_a_call_in_which_one_talks_and_asks_nobody_is_transferred(before: Callable[[], Ladder]) -> None:
    """XFER-01."""
    ladder = before()
    code = "consulting" if before is asking else "not_your_call"
    assert ladder.refuses(TransferAsked(ALICE, target(BOB, ladder.now), TEAM)) == code


def test_what_is_over_is_not_transferred() -> None:
    """XFER-01."""
    over = talking() >> HungUp(Role.CUSTOMER)
    assert over.refuses(TransferAsked(ALICE, target(BOB, over.now), TEAM)) == "too_late"


def test_a_caller_on_hold_is_transferred_and_is_not_on_hold_any_more() -> None:
    """XFER-05, PLUS-21."""
    ladder = talking() >> HoldAsked(ALICE)
    ladder >>= TransferAsked(ALICE, target(BOB, ladder.now), TEAM)
    assert ladder.wired == RINGS_BACK
    ladder = ladder >> LegConnected(TARGET_LEG, PATH_1) >> AgentAccepted(TARGET_RING, BOB, "tab")
    assert ladder.talk.held_at is None


def test_supervisors_who_listen_are_out_when_the_call_is_transferred() -> None:
    """PLUS-20: they watched this agent; and nobody holds them to a call in which nobody talks."""
    ladder = talking() >> ObserveAsked(SUE, LegId("leg_sue"), ObserverMode.LISTEN)
    ladder >>= TransferAsked(ALICE, target(BOB, ladder.now), TEAM)
    assert (SUE, Release(ladder.call.id)) in ladder.last.orders
    assert CloseLeg(LegId("leg_sue")) in ladder.last.commands


def test_who_came_back_and_is_answered_and_transferred_again_comes_back_again() -> None:
    """Mission 3.5: as often as it takes, with the whole wait, and a fresh round of who may be asked."""
    ladder = urgent(transferring()) >> AgentDeclined(TARGET_RING, BOB)
    ladder.elapse(16)
    ladder >>= AgentReserved((reservation(ALICE, ladder.now),))
    assert ladder.call.skipped == ()  # Alice was passed over: when she is asked again, a new round has begun
    ladder = ladder >> LegConnected(AGENT_LEG, PATH_2) >> AgentAccepted(RING, ALICE, "tab")
    assert not ladder.call.returned
    ladder >>= TransferAsked(ALICE, target(BOB, ladder.now), TEAM)
    assert ladder.call.skipped == (Skip(ALICE, ladder.now),)
    ladder >>= AgentDeclined(TARGET_RING, BOB)
    assert is_at_the_head(ladder)


def test_who_came_back_and_is_declined_again_keeps_the_time_since_when_he_waits() -> None:
    """Mission 3.5; EVT-02."""
    ladder = transferring()
    since = ladder.now
    ladder = ladder.elapse(3) >> AgentDeclined(TARGET_RING, BOB)
    until = ladder.call.wait_until
    ladder.elapse(16)
    ladder = ladder >> AgentReserved((reservation(ALICE, ladder.now),)) >> AgentDeclined(RING, ALICE)
    assert ladder.call.waiting_since == since
    assert ladder.call.wait_until == until
    assert ladder.call.returned


def test_a_caller_who_came_back_and_is_answered_by_nobody_leaves_after_the_longest_wait() -> None:
    """PLUS-15, WSV-05: counted from the return, since nobody is dropped because a transfer came to nothing."""
    ladder = transferring() >> AgentDeclined(TARGET_RING, BOB)
    ladder.elapse(599)
    assert ladder.waits
    assert ladder.elapse(1).ended.reason is EndReason.NO_ANSWER
