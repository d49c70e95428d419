"""What a waiting caller hears when, read like a ladder (WSV-02 to WSV-05, PLUS-12, PLUS-14)."""

from datetime import timedelta

import pytest

from callflow.call import EndReason, LegState, Ringing
from callflow.events import (
    AgentAccepted,
    AgentDeclined,
    AgentReserved,
    Hush,
    LegConnected,
    LegLost,
    Play,
    PromptFinished,
    ServerRestarted,
    TimePassed,
    TransferAsked,
)
from callflow.ids import LegId, PromptId
from callflow.waiting import Place, SpokenPlaces, WaitingPlan
from callflow.wiring import RINGBACK, FromPrompt, Stream
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
    TARGET_RING,
    TEAM,
    Ladder,
    reservation,
    target,
    waiting,
)

pytestmark = pytest.mark.unit

WELCOME, FIRST, SECOND, SORRY = map(PromptId, ("welcome", "first", "second", "sorry"))
NEXT, THIRD, SOON, LONG = map(PromptId, ("you-are-next", "place-3", "five-minutes", "long"))
PLAN = WaitingPlan(greeting=WELCOME, announcements=(FIRST, SECOND), every=timedelta(seconds=30), farewell=SORRY)
PLACES = SpokenPlaces((NEXT, PromptId("place-2"), THIRD), ((timedelta(minutes=5), SOON), (timedelta(hours=1), LONG)))


def said(ladder: Ladder) -> list[PromptId]:
    """What the last event begins to say to the customer."""
    plays = [command for command in ladder.last.commands if isinstance(command, Play)]
    assert {play.leg for play in plays} <= {CUSTOMER_LEG}
    return [play.prompt for play in plays]


def finish(ladder: Ladder, prompt: PromptId) -> Ladder:
    return ladder >> PromptFinished(CUSTOMER_LEG, prompt)


def test_a_caller_is_greeted_the_moment_the_line_is_up_and_hears_music_below() -> None:
    """WSV-02, WSV-03."""
    ladder = waiting(PLAN)
    assert ladder.last.commands == (MUSIC, Play(CUSTOMER_LEG, WELCOME))


def test_after_the_greeting_the_announcements_come_in_turn_each_after_its_pause() -> None:
    """WSV-04: the pause counts from the end of one to the beginning of the next."""
    ladder = finish(waiting(PLAN).elapse(7), WELCOME)
    heard: list[PromptId] = []
    for _ in range(4):
        assert said(ladder.elapse(29)) == []
        heard += said(ladder.elapse(1))
        ladder = finish(ladder.elapse(5), heard[-1])
    assert heard == [FIRST, SECOND, FIRST, SECOND]


def test_without_a_greeting_the_first_announcement_comes_after_one_pause() -> None:
    """WSV-02, WSV-04: each part can be switched off."""
    ladder = waiting(WaitingPlan(announcements=(FIRST,)))
    assert said(ladder) == []
    assert said(ladder.elapse(59)) == []
    assert said(ladder.elapse(1)) == [FIRST]


def test_a_plan_without_anything_to_say_has_music_alone_and_one_without_music_has_ringing() -> None:
    """WSV-03: nobody waits in silence."""
    assert waiting().call.hearing.next_at is None
    silent = waiting(WaitingPlan(music=None))
    assert silent.wired is not None
    assert silent.wired.wiring == {CUSTOMER_LEG: {Stream.VOICE: FromPrompt(RINGBACK)}}


@pytest.mark.parametrize(
    ("place", "heard"),
    [
        (Place(1), [NEXT]),
        (Place(1, timedelta(minutes=2)), [NEXT, SOON]),
        (Place(3, timedelta(minutes=5)), [THIRD, SOON]),
        (Place(9, timedelta(minutes=6)), [THIRD, LONG]),
        (Place(9, timedelta(hours=9)), [THIRD, LONG]),
    ],
)
def test_the_place_and_the_wait_are_said_before_the_announcement(place: Place, heard: list[PromptId]) -> None:
    """PLUS-12: one prompt after the other, the next at the end of the one before."""
    ladder = waiting(WaitingPlan(announcements=(FIRST,), spoken=PLACES))
    ladder.now += timedelta(seconds=60)
    ladder >>= TimePassed(place)
    for prompt in (*heard, FIRST):
        assert said(ladder) == [prompt]
        ladder = finish(ladder.elapse(3), prompt)
    assert said(ladder) == []
    assert ladder.call.hearing.next_at == ladder.now + timedelta(seconds=60)


def test_a_place_that_is_not_known_is_not_said() -> None:
    """PLUS-12: and the caller is told the rest, or nothing, and asked for again after another pause."""
    assert said(waiting(WaitingPlan(announcements=(FIRST,), spoken=PLACES)).elapse(60)) == [FIRST]
    alone = waiting(WaitingPlan(spoken=PLACES)).elapse(60)
    assert said(alone) == []
    assert alone.call.hearing.next_at == alone.now + timedelta(seconds=60)


def test_an_answer_cuts_what_is_being_said_and_nothing_is_said_any_more() -> None:
    """PLUS-14: the wiring of the talk is what cuts it, in the media plane within one frame."""
    ladder = waiting(PLAN)
    ladder = ladder >> AgentReserved((reservation(ALICE, ladder.now),)) >> LegConnected(AGENT_LEG, PATH_1)
    assert ladder.call.hearing.saying == WELCOME
    ladder >>= AgentAccepted(RING, ALICE, "tab")
    assert ladder.last.commands == (EACH_OTHER,)
    assert (ladder.call.hearing.saying, ladder.call.hearing.then, ladder.call.hearing.next_at) == (None, (), None)
    assert ladder.ignores(PromptFinished(CUSTOMER_LEG, WELCOME))
    assert said(ladder.elapse(600)) == []


def test_a_ring_disturbs_nothing_and_a_refusal_neither() -> None:
    """CALL-05, WSV-04: what is being said is said to its end."""
    ladder = waiting(PLAN)
    ladder >>= AgentReserved((reservation(ALICE, ladder.now),))
    assert ladder.last.commands == ()
    ladder = finish(ladder, WELCOME)
    assert isinstance(ladder.call.phase, Ringing)
    ladder >>= AgentDeclined(RING, ALICE)
    assert ladder.wired is None
    assert ladder.call.hearing.next_at == ladder.now + PLAN.every


def test_the_end_of_a_prompt_that_never_comes_stops_nothing_for_ever() -> None:
    """PLUS-15: a little more than the longest prompt stands for it."""
    ladder = waiting(PLAN)
    assert ladder.call.hearing.saying_until is not None
    ladder.now = ladder.call.hearing.saying_until or ladder.now
    assert said(ladder.elapse(0)) == [SORRY]  # the longest wait has come first


@pytest.mark.parametrize(("leg", "prompt"), [(LegId("leg_other"), WELCOME), (CUSTOMER_LEG, FIRST)])
def test_the_end_of_something_else_is_not_the_end_of_what_is_said(leg: LegId, prompt: PromptId) -> None:
    """WSV-04."""
    assert waiting(PLAN).ignores(PromptFinished(leg, prompt))


def test_a_line_that_breaks_and_comes_back_is_not_greeted_again() -> None:
    """PLUS-01, WSV-02: the announcements go on where they were."""
    ladder = finish(waiting(PLAN), WELCOME).elapse(10) >> LegLost(CUSTOMER_LEG, PATH_1)
    ladder = ladder.elapse(25) >> LegConnected(CUSTOMER_LEG, PATH_2)
    assert said(ladder) == []
    assert said(ladder.elapse(30)) == [FIRST]


def test_media_that_died_take_what_they_said_along_and_the_caller_who_is_back_hears_on() -> None:
    """PLUS-01, PLUS-15, WSV-04."""
    ladder = waiting(PLAN) >> ServerRestarted()
    assert ladder.call.hearing.saying is None
    ladder >>= LegConnected(CUSTOMER_LEG, PATH_2)
    assert said(ladder) == []
    assert said(ladder.elapse(30)) == [FIRST]
    worker = waiting(PLAN) >> LegLost(CUSTOMER_LEG, None)
    assert worker.call.hearing.saying is None


def test_after_the_longest_wait_the_last_message_is_said_and_then_the_call_ends() -> None:
    """WSV-05."""
    ladder = finish(waiting(PLAN), WELCOME)
    ladder.now += PLAN.longest - timedelta(seconds=1)
    ladder = finish(ladder.elapse(0), FIRST).elapse(1)
    assert said(ladder) == [SORRY]
    assert ladder.waits
    assert finish(ladder.elapse(4), SORRY).ended.reason is EndReason.NO_ANSWER


def test_while_the_last_message_is_said_nobody_is_offered_the_call() -> None:
    """WSV-05: nobody answers a caller who is told that nobody answers."""
    ladder = leaving()
    assert ladder.refuses(AgentReserved((reservation(ALICE, ladder.now),))) == "too_late"
    assert ladder.ignores(PromptFinished(CUSTOMER_LEG, FIRST))
    assert ladder.ignores(PromptFinished(LegId("leg_other"), SORRY))


def leaving() -> Ladder:
    ladder = waiting(PLAN)
    ladder.now += PLAN.longest
    return ladder.elapse(0)


def test_a_last_message_whose_end_is_never_told_ends_the_call_all_the_same() -> None:
    """PLUS-15, WSV-05."""
    ladder = leaving()
    assert ladder.call.deadline is not None
    ladder.now = ladder.call.deadline
    assert ladder.elapse(0).ended.reason is EndReason.NO_ANSWER


@pytest.mark.parametrize("event", [LegLost(CUSTOMER_LEG, None), ServerRestarted()])
def test_media_that_die_during_the_last_message_cost_nobody_the_time_to_come_back(
    event: LegLost | ServerRestarted,
) -> None:
    """PLUS-13, PLUS-15: the caller has the grace, may be answered in it, and hears the message again after it."""
    ladder = leaving() >> event
    assert ladder.elapse(30).waits
    ladder >>= LegConnected(CUSTOMER_LEG, PATH_2)
    assert said(ladder.elapse(30)) == [SORRY]


def test_who_is_not_on_the_line_when_the_longest_wait_is_over_is_told_nothing() -> None:
    """WSV-05."""
    ladder = waiting(PLAN)
    ladder.now += PLAN.longest - timedelta(seconds=5)
    ladder = ladder >> LegLost(CUSTOMER_LEG, PATH_1)
    assert ladder.elapse(5).ended.reason is EndReason.NO_ANSWER


def test_who_comes_back_from_a_transfer_hears_the_announcements_again() -> None:
    """WSV-04; mission 3.5: he waits like anybody, and is not greeted a second time."""
    ladder = waiting(PLAN)
    ladder = ladder >> AgentReserved((reservation(ALICE, ladder.now),)) >> LegConnected(AGENT_LEG, PATH_1)
    ladder >>= AgentAccepted(RING, ALICE, "tab")
    ladder = hand_over(ladder) >> AgentDeclined(TARGET_RING, BOB)
    assert said(ladder) == []
    assert ladder.call.hearing.next_at == ladder.now + PLAN.every
    assert said(ladder.elapse(30)) == [FIRST]


def hand_over(ladder: Ladder) -> Ladder:
    return ladder >> TransferAsked(ALICE, target(BOB, ladder.now), TEAM)


def test_during_a_transfers_ring_nothing_is_announced() -> None:
    """XFER-05: the caller hears ringing."""
    ladder = waiting(PLAN)
    ladder = ladder >> AgentReserved((reservation(ALICE, ladder.now),)) >> LegConnected(AGENT_LEG, PATH_1)
    ladder = hand_over(ladder >> AgentAccepted(RING, ALICE, "tab"))
    ladder = ladder >> LegLost(CUSTOMER_LEG, PATH_1) >> LegConnected(CUSTOMER_LEG, PATH_2)
    assert ladder.call.customer_leg.state is LegState.UP
    assert ladder.call.hearing.next_at is None


def test_an_answer_ends_what_is_said_also_while_the_agents_sound_is_being_set_up() -> None:
    """PLUS-14: the same music goes on until then, so that no other source would cut it; nor would a hold."""
    ladder = waiting(PLAN) >> AgentReserved((reservation(ALICE, waiting().now),)) >> AgentAccepted(RING, ALICE, "tab")
    assert ladder.wired == MUSIC
    assert Hush(CUSTOMER_LEG) in ladder.last.commands
    again = finish(waiting(PLAN), WELCOME) >> AgentReserved((reservation(ALICE, waiting().now),))
    assert Hush(CUSTOMER_LEG) not in (again >> AgentAccepted(RING, ALICE, "tab")).last.commands
