"""Who is to be recorded hears so first, read like a ladder (PLUS-10)."""

from dataclasses import replace
from datetime import timedelta
from typing import Self

import pytest

from callflow import consent, recorded
from callflow.call import Leg, LegState
from callflow.events import (
    AgentAccepted,
    AgentReserved,
    CallbackAsked,
    CallEvent,
    Decision,
    HoldAsked,
    Hush,
    LegConnected,
    LegLost,
    Play,
    PromptFinished,
    RecordingPolicy,
    ServerRestarted,
    TransferAsked,
)
from callflow.facts import FactKind
from callflow.ids import LegId, PromptId
from callflow.waiting import WaitingPlan
from callflow.wiring import HOLD_MUSIC, FromLeg, FromPrompt, Stream
from tests.callflow.ladder import (
    AGENT_LEG,
    ALICE,
    BOB,
    CUSTOMER_LEG,
    EACH_OTHER,
    PATH_1,
    PATH_2,
    RING,
    TARGET_LEG,
    TARGET_RING,
    TEAM,
    Ladder,
    new_call,
    reservation,
    target,
)

pytestmark = pytest.mark.unit

WELCOME, TOLD, NEWS = map(PromptId, ("welcome", "told", "news"))
PLAN = WaitingPlan(greeting=WELCOME, consent=TOLD, announcements=(NEWS,), every=timedelta(seconds=30))
SHORT = WaitingPlan(consent=TOLD)
MUSIC = {Stream.VOICE: FromPrompt(HOLD_MUSIC)}


class Recorded(Ladder):
    """A call that recording follows as in the engine; `mode` says whether the present agent's talks are recorded."""

    mode = RecordingPolicy(record=True)

    def __rshift__(self, event: CallEvent) -> Self:
        before = self.call
        _ = super().__rshift__(event)
        if self.call != before:
            agent = recorded.begins_to_talk(before, self.call)
            policy = self.mode if agent else RecordingPolicy()
            made = recorded.follow(before, replace(self.last, call=self.call), policy)
            self.last = consent.follow(before, made, self.now)
            self.call = self.last.call
        return self


def waiting(plan: WaitingPlan = PLAN) -> Recorded:
    """The customer's line has just come up."""
    ladder = Recorded(new_call(plan=plan))
    return ladder >> LegConnected(CUSTOMER_LEG, PATH_1)


def answered(ladder: Recorded, *, up: bool = True) -> Recorded:
    """Alice answers at once; her microphone was open, or not yet."""
    ladder = ladder >> AgentReserved((reservation(ALICE, ladder.now),))
    if up:
        ladder >>= LegConnected(AGENT_LEG, PATH_1)
    return ladder >> AgentAccepted(RING, ALICE, "tab")


def said(ladder: Ladder) -> list[PromptId]:
    return [command.prompt for command in ladder.last.commands if isinstance(command, Play)]


def hears(ladder: Ladder) -> object:
    """What the customer's leg is wired to, as last stated."""
    assert ladder.wired is not None
    return ladder.wired.wiring[CUSTOMER_LEG]


def running(ladder: Ladder) -> set[bool]:
    return {tapped.running for tapped in recorded.taps(ladder.call).values()}


def end(ladder: Recorded, prompt: PromptId = TOLD) -> Recorded:
    return ladder >> PromptFinished(CUSTOMER_LEG, prompt)


def test_who_waits_is_told_right_after_the_greeting_and_once() -> None:
    """WSV-02, PLUS-10: an answer after it connects at once, and it is recorded from then on."""
    ladder = waiting()
    assert said(ladder) == [WELCOME]
    ladder = end(ladder.elapse(3), WELCOME)
    assert said(ladder) == [TOLD]
    ladder = end(ladder)
    assert ladder.call.hearing.consented
    assert [fact.kind for fact in ladder.last.facts] == [FactKind.RECORDING_ANNOUNCED], "the thread can prove it"
    assert ladder.call.hearing.next_at == ladder.now + PLAN.every
    ladder = answered(ladder)
    assert ladder.wired == EACH_OTHER
    assert said(ladder) == []
    assert running(ladder) == {True}


@pytest.mark.parametrize("plan", [PLAN, SHORT], ids=["in the greeting", "in the sentence"])
@pytest.mark.parametrize("up", [True, False], ids=["open", "opening"])
def test_who_is_answered_sooner_hears_it_to_its_end_before_they_talk_and_nothing_is_recorded_until_then(
    plan: WaitingPlan, up: bool
) -> None:
    """PLUS-10, REC-02: a greeting gives way to it; what is being said of it goes on and does not begin again."""
    ladder = answered(waiting(plan), up=up)
    assert said(ladder) == ([TOLD] if plan is PLAN else [])
    assert Hush(CUSTOMER_LEG) not in ladder.last.commands
    assert hears(ladder) == MUSIC, "the same as before: the sentence is not cut"
    assert running(ladder) == {False}
    assert ladder.call.hearing.saying == TOLD
    if not up:
        ladder >>= LegConnected(AGENT_LEG, PATH_1)
        assert hears(ladder) == MUSIC
    assert ladder.ignores(PromptFinished(CUSTOMER_LEG, WELCOME))
    assert ladder.ignores(PromptFinished(LegId("leg_other"), TOLD))
    ladder = end(ladder)
    assert ladder.wired == EACH_OTHER
    assert running(ladder) == {True}
    assert FactKind.RECORDING_ANNOUNCED in [fact.kind for fact in ladder.last.facts], "and the pages are told"
    assert not ladder.call.owes_consent


def test_the_answer_of_an_agent_who_is_not_recorded_cuts_it_and_the_next_one_owes_it() -> None:
    """PLUS-10, PLUS-14, REC-04: the end that the cut brings is not taken for its end."""
    ladder = waiting(SHORT)
    ladder.mode = RecordingPolicy()
    ladder = answered(ladder)
    assert ladder.wired == EACH_OTHER
    assert ladder.ignores(PromptFinished(CUSTOMER_LEG, TOLD))
    assert not ladder.call.hearing.consented
    ladder.mode = RecordingPolicy(record=True)
    ladder = ladder.elapse(30)
    ladder >>= TransferAsked(ALICE, target(BOB, ladder.now), TEAM)
    ladder >>= AgentAccepted(TARGET_RING, BOB, "tab-2")
    assert (said(ladder), hears(ladder), running(ladder)) == ([TOLD], MUSIC, {False})
    ladder >>= LegConnected(TARGET_LEG, PATH_1)
    assert hears(ladder) == MUSIC, "his microphone cuts nothing"
    ladder = end(ladder)
    assert ladder.wired is not None
    assert ladder.wired.wiring[CUSTOMER_LEG] == dict.fromkeys(Stream, FromLeg(TARGET_LEG))
    assert running(ladder) == {True}


def test_a_transfer_after_it_does_not_say_it_again() -> None:
    ladder = answered(end(waiting(SHORT)))
    ladder >>= TransferAsked(ALICE, target(BOB, ladder.now), TEAM)
    ladder = ladder >> LegConnected(TARGET_LEG, PATH_1) >> AgentAccepted(TARGET_RING, BOB, "tab-2")
    assert said(ladder) == []
    assert running(ladder) == {True}


def test_a_hold_meanwhile_does_not_cut_it_and_a_transfer_that_cuts_it_is_not_its_end() -> None:
    """PLUS-10, PLUS-21, XFER-05."""
    silent = replace(SHORT, music=None)
    ladder = answered(waiting(silent))
    before = ladder.wired
    ladder >>= HoldAsked(ALICE)
    assert before is not None
    assert hears(ladder) == before.wiring[CUSTOMER_LEG]
    ladder = answered(waiting(SHORT))
    ladder >>= TransferAsked(ALICE, target(BOB, ladder.now), TEAM)
    assert ladder.call.hearing.saying is None
    assert ladder.ignores(PromptFinished(CUSTOMER_LEG, TOLD))


@pytest.mark.parametrize("lost", [ServerRestarted(), LegLost(CUSTOMER_LEG, None)], ids=["server", "worker"])
def test_media_that_died_in_the_middle_of_it_say_it_from_the_beginning_when_the_customer_is_back(
    lost: CallEvent,
) -> None:
    """PLUS-01, PLUS-10: and one who heard it is not told again."""
    for heard in (False, True):
        ladder = answered(end(waiting(SHORT)) if heard else waiting(SHORT)) >> lost
        assert ladder.call.hearing.saying is None
        ladder = ladder >> LegConnected(CUSTOMER_LEG, PATH_2)
        assert said(ladder) == ([] if heard else [TOLD])
    queue = waiting(SHORT) >> lost >> LegConnected(CUSTOMER_LEG, PATH_2)
    assert said(queue) == [TOLD]


def test_who_is_called_back_is_told_before_they_talk() -> None:
    """PLUS-10, PLUS-12."""
    ladder = waiting(SHORT) >> CallbackAsked(LegId("leg_back"))
    ladder = ladder >> AgentReserved((reservation(ALICE, ladder.now),)) >> LegConnected(AGENT_LEG, PATH_1)
    ladder >>= AgentAccepted(RING, ALICE, "tab")
    assert said(ladder) == []
    back = Leg(LegId("leg_back"), LegState.CONNECTING, None)
    ladder.call = replace(ladder.call, customer_leg=back)
    ladder >>= LegConnected(LegId("leg_back"), PATH_2)
    assert said(ladder) == [TOLD]
    assert running(ladder) == {False}


def test_an_end_that_never_comes_keeps_nobody_apart_for_ever() -> None:
    """PLUS-15."""
    ladder = answered(waiting(SHORT))
    assert ladder.call.deadline == ladder.call.hearing.saying_until
    assert ladder.elapse(consent.CONSENT_LIMIT.total_seconds()).wired == EACH_OTHER
    assert FactKind.RECORDING_ANNOUNCED not in [fact.kind for fact in ladder.facts], "nobody knows that he heard it all"


def test_where_nothing_is_to_be_said_nothing_changes() -> None:
    ladder = answered(waiting(WaitingPlan()))
    assert consent.follow(ladder.call, Decision(ladder.call), ladder.now) == Decision(ladder.call)
    assert ladder.wired == EACH_OTHER
    assert running(ladder) == {True}
