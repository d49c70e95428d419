""" "Leave a message", read like a ladder (PLUS-12)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from callflow import recorded
from callflow.call import EndedBy, EndReason, LegState, Role, VoiceMessage
from callflow.events import (
    AgentReserved,
    CallbackAsked,
    CloseLeg,
    DriverFailed,
    HungUp,
    LegConnected,
    LegLost,
    MessageBegun,
    MessageCancelled,
    MessageSent,
    Play,
    PromptFinished,
    Release,
    ServerRestarted,
    TransportOpened,
    Wire,
)
from callflow.facts import FactKind
from callflow.ids import LegId, PromptId, RecordingId
from callflow.limits import LEG_GRACE, MESSAGE_LIMIT
from callflow.messages import call_of
from callflow.routing import can_be_offered
from callflow.waiting import MAX_WAIT, WaitingPlan
from callflow.wiring import MESSAGE_TONE, NO_TAPS, Tapped
from tests.callflow.ladder import (
    AGENT_LEG,
    ALICE,
    CUSTOMER_LEG,
    MUSIC,
    NOON,
    PATH_1,
    PATH_2,
    Ladder,
    reservation,
    ringing,
    talking,
    transferring,
    waiting,
)

pytestmark = pytest.mark.unit

BEGUN, AGAIN, SENT, CANCELLED = MessageBegun(), MessageBegun(again=True), MessageSent(), MessageCancelled()
SILENCE = Wire({CUSTOMER_LEG: {}})
SAYING = WaitingPlan(announcements=(PromptId("soon"),), every=timedelta(seconds=30), farewell=PromptId("sorry"))


def speaking(seconds: float = 0) -> Ladder:
    """After a minute of music the customer begins to speak a message."""
    return (waiting().elapse(60) >> BEGUN).elapse(seconds)


def spoken(ladder: Ladder) -> RecordingId:
    """Return the name of what is being spoken."""
    assert ladder.call.message is not None
    return ladder.call.message.recording


def left(ladder: Ladder) -> float:
    """Return how many seconds were kept of the message with which a call has ended."""
    kinds = [fact.kind for fact in ladder.last.facts]
    assert kinds == [FactKind.CALL_MESSAGE_LEFT, FactKind.CALL_ENDED]
    assert ladder.ended.reason is EndReason.MESSAGE_LEFT
    assert ladder.call.message is not None
    return float(ladder.last.facts[0].data["seconds"] or 0)


def test_who_leaves_a_message_speaks_into_silence_after_a_tone_and_is_recorded_alone() -> None:
    """PLUS-12: whatever the settings of recording say, since he asks for it."""
    ladder = speaking()
    assert ladder.last.commands == ()
    ladder = waiting().elapse(60) >> BEGUN
    assert ladder.last.commands == (SILENCE, Play(CUSTOMER_LEG, MESSAGE_TONE))
    assert ladder.waits
    name = RecordingId("msg_1x1")
    assert ladder.call.message == VoiceMessage(name, ladder.now)
    assert call_of(name) == ladder.call.id
    assert call_of(RecordingId("rec_1")) is None
    tapped = Tapped(name, Role.CUSTOMER, pictures=False, running=True)
    assert recorded.taps(ladder.call) == {CUSTOMER_LEG: tapped}
    assert ladder.call.deadline == ladder.now + MESSAGE_LIMIT
    assert ladder.ignores(BEGUN)
    assert ladder.ignores(PromptFinished(CUSTOMER_LEG, MESSAGE_TONE))


def test_nobody_rings_into_a_message_and_the_place_is_kept() -> None:
    """PLUS-12: who is offered the call already hears that it was taken back, and is free."""
    ladder = ringing() >> BEGUN
    assert ladder.waits
    assert ladder.last.orders == ((ALICE, Release(ladder.call.id)),)
    assert ladder.last.commands == (SILENCE, CloseLeg(AGENT_LEG), Play(CUSTOMER_LEG, MESSAGE_TONE))
    assert [fact.kind for fact in ladder.last.facts] == [FactKind.CALL_RESCINDED, FactKind.CALL_MESSAGE_BEGUN]
    assert not can_be_offered(ladder.call)
    assert ladder.refuses(AgentReserved((reservation(ALICE, ladder.now),))) == "too_late"
    ladder >>= CANCELLED
    assert can_be_offered(ladder.call)
    assert ladder.call.started_at == NOON


def test_who_cancels_waits_on_with_music_and_announcements_and_nothing_is_kept() -> None:
    """PLUS-12: his wait did not run out meanwhile."""
    ladder = (waiting(SAYING) >> BEGUN).elapse(100)
    assert ladder.call.hearing.next_at is None
    ladder >>= CANCELLED
    assert ladder.wired == MUSIC
    assert ladder.call.message is None
    assert recorded.taps(ladder.call) == NO_TAPS
    assert ladder.kinds[-1] is FactKind.CALL_MESSAGE_CANCELLED
    assert ladder.call.hearing.next_at == ladder.now + SAYING.every
    late = waiting(SAYING).elapse(MAX_WAIT.total_seconds())
    assert late.call.hearing.farewell
    late = (late >> BEGUN).elapse(170) >> CANCELLED
    assert late.call.wait_until == late.now + LEG_GRACE
    assert late.refuses(CANCELLED) == "no_message"
    assert late.refuses(SENT) == "no_message"


def test_who_sends_it_ends_the_call_with_it() -> None:
    """PLUS-12, EVT-04."""
    ladder = speaking(7.25) >> SENT
    assert left(ladder) == 7.25
    assert ladder.ended.by is EndedBy.CUSTOMER
    assert ladder.closed == {CUSTOMER_LEG}
    assert recorded.taps(ladder.call) == NO_TAPS
    assert ladder.refuses(BEGUN) == "too_late"


def test_an_empty_message_is_not_sent_and_not_kept() -> None:
    """PLUS-12: in the tone and a second after it nobody has said anything."""
    ladder = speaking(1.9)
    assert ladder.refuses(SENT) == "message_empty"
    ladder >>= HungUp(Role.CUSTOMER)
    assert ladder.ended.reason is EndReason.ABANDONED
    assert ladder.call.message is None
    assert FactKind.CALL_MESSAGE_CANCELLED in ladder.kinds


def test_who_starts_again_throws_the_first_try_away() -> None:
    """PLUS-12: and has three minutes again."""
    ladder = speaking(100)
    first = spoken(ladder)
    ladder >>= AGAIN
    second = spoken(ladder)
    assert second != first
    assert [fact.data["recording"] for fact in ladder.last.facts] == [first, second]
    assert ladder.call.deadline == ladder.now + MESSAGE_LIMIT
    assert ladder.last.commands == (SILENCE, Play(CUSTOMER_LEG, MESSAGE_TONE))


def test_after_three_minutes_it_is_sent_by_itself() -> None:
    """PLUS-12."""
    ladder = speaking(179.9)
    assert ladder.waits
    ladder.elapse(0.1)
    assert left(ladder) == 180.0
    assert ladder.ended.by is EndedBy.SYSTEM


@pytest.mark.parametrize("event", [HungUp(Role.CUSTOMER), DriverFailed()])
def test_however_the_call_ends_what_was_said_is_kept(event: HungUp | DriverFailed) -> None:
    """PLUS-12."""
    assert left(speaking(12) >> event) == 12.0


def test_who_loses_the_connection_goes_on_when_it_is_back_and_is_kept_until_then_when_it_is_not() -> None:
    """PLUS-01, PLUS-12."""
    lost = speaking(20) >> LegLost(CUSTOMER_LEG, PATH_1)
    assert recorded.taps(lost.call) != NO_TAPS
    back = replace(lost).elapse(30) >> LegConnected(CUSTOMER_LEG, PATH_2)
    assert back.last.commands == (SILENCE,)
    assert left(back >> SENT) == 50.0
    gone = (speaking(20) >> LegLost(CUSTOMER_LEG, PATH_1)).elapse(60)
    assert left(gone) == 20.0
    assert gone.ended.by is EndedBy.NETWORK


def test_a_restart_in_the_middle_keeps_what_was_said() -> None:
    """PLUS-01, PLUS-12: the customer goes on when he is back; else it is kept, and he is not blamed."""
    ladder = speaking(20) >> ServerRestarted()
    assert ladder.call.customer_leg.state is LegState.RECONNECTING
    back = replace(ladder) >> TransportOpened(CUSTOMER_LEG, PATH_2, None) >> LegConnected(CUSTOMER_LEG, PATH_2)
    assert recorded.taps(back.call) != NO_TAPS
    assert back.call.message == ladder.call.message
    gone = ladder.elapse(60)
    assert left(gone) == 20.0
    assert gone.ended.by is EndedBy.SYSTEM


@pytest.mark.parametrize("before", [talking, transferring])
def test_who_does_not_wait_on_the_line_cannot_leave_one(before: Callable[[], Ladder]) -> None:
    """PLUS-12."""
    assert before().refuses(BEGUN) == "too_late"
    away = waiting() >> CallbackAsked(LegId("leg_later"))
    assert away.refuses(BEGUN) == "too_late"
    assert (waiting() >> LegLost(CUSTOMER_LEG, PATH_1)).refuses(BEGUN) == "too_late"
    assert speaking().refuses(CallbackAsked(LegId("leg_later"))) == "leaving_message"


def test_a_strategy_may_switch_it_off() -> None:
    """PLUS-12, WSV-01."""
    assert waiting(WaitingPlan(messages=False)).refuses(BEGUN) == "no_messages"
