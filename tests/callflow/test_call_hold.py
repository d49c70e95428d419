"""Hold, read like a ladder (PLUS-21)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from callflow.call import EndReason, Role
from callflow.events import (
    AgentAccepted,
    BeginWrapUp,
    HoldAsked,
    HungUp,
    LegConnected,
    LegLost,
    ResumeAsked,
    ServerRestarted,
    Wire,
)
from callflow.facts import Actor, ActorKind, FactKind
from callflow.ids import PromptId
from callflow.waiting import WaitingPlan
from callflow.wiring import FromPrompt, Stream
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
    asking,
    ringing,
    talking,
    waiting,
)

pytestmark = pytest.mark.unit

ON_HOLD = Wire({**MUSIC.wiring, AGENT_LEG: {}})


def held() -> Ladder:
    return talking().elapse(10) >> HoldAsked(ALICE)


def test_on_hold_the_customer_hears_music_and_nothing_passes_either_way() -> None:
    """CALL-07, PLUS-21: sound and picture are cut both ways, since no leg is named as a source."""
    ladder = held()
    assert ladder.last.commands == (ON_HOLD,)
    assert ladder.last.orders == ()
    assert ladder.talk.held_at == ladder.now
    (told,) = ladder.last.facts
    assert (told.kind, told.actor, told.agent) == (FactKind.CALL_HELD, Actor(ActorKind.AGENT, ALICE), ALICE)


def test_the_music_on_hold_is_that_of_the_waiting_strategy_where_it_has_one() -> None:
    """PLUS-21, WSV-03."""
    ladder = talking()
    ladder.call = replace(ladder.call, plan=WaitingPlan(PromptId("jazz")))
    _ = ladder >> HoldAsked(ALICE)
    assert ladder.last.commands == (Wire({CUSTOMER_LEG: {Stream.VOICE: FromPrompt(PromptId("jazz"))}, AGENT_LEG: {}}),)


def test_taken_back_the_two_hear_each_other_and_the_thread_says_for_how_long_it_was() -> None:
    """PLUS-21."""
    ladder = held().elapse(42) >> ResumeAsked(ALICE)
    assert ladder.last.commands == (EACH_OTHER,)
    assert ladder.talk.held_at is None
    (told,) = ladder.last.facts
    assert (told.kind, told.data) == (FactKind.CALL_RESUMED, {"held_seconds": 42.0})


def test_a_second_press_changes_nothing() -> None:
    """PLUS-21: not the moment since when the timer counts either."""
    assert held().elapse(5).ignores(HoldAsked(ALICE))
    assert talking().ignores(ResumeAsked(ALICE))


@pytest.mark.parametrize("event", [HoldAsked(BOB), ResumeAsked(BOB)])
def test_nobody_but_the_agent_who_talks_holds_or_resumes(event: HoldAsked | ResumeAsked) -> None:
    """PLUS-21; ASVS 2.3.1: a request is checked against the state and who asks."""
    assert held().refuses(event) == "not_your_call"


@pytest.mark.parametrize("ladder", [waiting, ringing])
def test_only_a_call_that_was_answered_can_be_held(ladder: Callable[[], Ladder]) -> None:
    """PLUS-21."""
    assert ladder().refuses(HoldAsked(ALICE)) == "not_your_call"
    assert (ladder() >> HungUp(Role.CUSTOMER)).refuses(HoldAsked(ALICE)) == "too_late"


def test_the_customer_is_not_taken_back_while_a_colleague_is_asked() -> None:
    """PLUS-21: the consultation is ended first."""
    assert asking().refuses(ResumeAsked(ALICE)) == "consulting"


def test_a_leg_that_is_lost_and_comes_back_on_hold_is_still_on_hold() -> None:
    """PLUS-01, PLUS-21: a reload of the customer's page opens no way to the agent."""
    ladder = held() >> LegLost(CUSTOMER_LEG, PATH_1) >> LegConnected(CUSTOMER_LEG, PATH_2)
    assert ladder.wired == ON_HOLD
    ladder = ladder >> LegLost(AGENT_LEG, PATH_1) >> LegConnected(AGENT_LEG, PATH_2)
    assert ladder.wired == ON_HOLD


def test_a_restart_keeps_the_hold_and_its_beginning() -> None:
    """PLUS-01, PLUS-15."""
    ladder = held()
    since = ladder.now
    ladder = ladder.elapse(5) >> ServerRestarted()
    assert ladder.wired == ON_HOLD
    assert ladder.talk.held_at == since


def test_a_call_that_ends_on_hold_ends_like_any_other() -> None:
    """CALL-06, WRAP-01."""
    ladder = held() >> HungUp(Role.CUSTOMER)
    assert ladder.ended.reason is EndReason.HUNG_UP
    assert ladder.last.orders == ((ALICE, BeginWrapUp(ladder.call.id)),)
    lost = (held() >> LegLost(CUSTOMER_LEG, PATH_1)).elapse(60)
    assert lost.ended.reason is EndReason.LOST


def test_a_hold_before_the_agents_sound_is_up_is_kept_when_it_comes() -> None:
    """PLUS-21: who answers and holds at once is not heard for a moment in between."""
    ladder = ringing() >> AgentAccepted(RING, ALICE, "tab") >> HoldAsked(ALICE)
    assert ladder.wired == MUSIC
    ladder >>= LegConnected(AGENT_LEG, PATH_1)
    assert ladder.wired == ON_HOLD


def test_a_held_call_ends_after_four_hours_all_the_same() -> None:
    """PLUS-15: no state without an end."""
    ladder = held()
    ladder.now += timedelta(hours=4)
    assert ladder.elapse(0).ended.reason is EndReason.TOO_LONG
