"""The agent machine: status, presence, ring and wrap-up."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from callflow.agent import (
    DEFAULTS,
    Agent,
    Group,
    Idle,
    InCall,
    Rung,
    Sound,
    Status,
    StatusReason,
    Tally,
    ThreadStatus,
    WrapUp,
    new_agent,
)
from callflow.agent_machine import (
    AgentEvent,
    AgentTimePassed,
    LoseRing,
    MoreTime,
    PanelArrived,
    PanelsGone,
    SaveReport,
    StatusChosen,
    StatusRedefined,
    WrapUpEnded,
    WrapUpFinished,
    WrapUpWritten,
    obey,
    step,
)
from callflow.capacity import Load, load_of
from callflow.errors import RefusedError
from callflow.events import AgentOrder, AgentPolicy, BeginWrapUp, Engage, Release, Reserve
from callflow.facts import Actor, ActorKind, FactKind
from callflow.ids import CallId, DispositionId, StatusId
from tests.callflow.ladder import ALICE, NOON, RING, new_call

pytestmark = pytest.mark.unit

CALL = new_call()
EMAIL = Status(StatusId("sts_email"), Group.AVAILABLE)
LUNCH = Status(StatusId("sts_lunch"), Group.AWAY)
HALF_A_MINUTE = AgentPolicy(timedelta(seconds=30))


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def after(agent: Agent, *events: AgentEvent, now: datetime = NOON) -> Agent:
    for event in events:
        agent = step(agent, event, now).agent
    return agent


def ordered(agent: Agent, *orders: AgentOrder, now: datetime = NOON, policy: AgentPolicy = HALF_A_MINUTE) -> Agent:
    for order in orders:
        agent = obey(agent, order, CALL, policy, now).agent
    return agent


ACTIVE = after(new_agent(ALICE, NOON), PanelArrived(Sound.READY), StatusChosen(Status.ACTIVE))
RUNG = ordered(ACTIVE, Reserve(CALL.id, RING), now=at(5))
IN_CALL = ordered(RUNG, Engage(CALL.id, CALL.conversation), now=at(7))
WRAPPING = ordered(IN_CALL, BeginWrapUp(CALL.id), now=at(60))


def test_an_agent_begins_offline_and_signing_in_alone_offers_no_calls() -> None:
    """AP-02: the default is Offline, never Active by itself."""
    assert new_agent(ALICE, NOON).status == Status.OFFLINE
    assert not after(new_agent(ALICE, NOON), PanelArrived(Sound.READY)).available


@pytest.mark.parametrize("status", [*DEFAULTS.values(), EMAIL, LUNCH])
def test_any_status_can_be_chosen_at_any_time(status: Status) -> None:
    """AP-02: while a call or a wrap-up holds the agent it is for afterwards."""
    for agent in (ACTIVE, RUNG):
        assert after(agent, StatusChosen(status)).status == status
    for agent in (IN_CALL, WRAPPING):
        chosen = after(agent, StatusChosen(status))
        assert (chosen.status, chosen.then) == (Status.ACTIVE, None if status == Status.ACTIVE else status)


def test_only_a_status_of_the_group_available_is_offered_calls() -> None:
    """AST-02, AST-03, ASG-06: whichever status of the group it is; nor while a call holds the agent (AST-04)."""
    for status in (*DEFAULTS.values(), EMAIL, LUNCH):
        assert after(ACTIVE, StatusChosen(status)).available == (status.group is Group.AVAILABLE)
        assert not ordered(after(ACTIVE, StatusChosen(EMAIL)), Reserve(CALL.id, RING)).available


def test_the_last_status_chosen_in_a_call_begins_after_call_and_wrap_up() -> None:
    """AP-02, mission 3.4: the last choice wins."""
    chosen = after(IN_CALL, StatusChosen(Status.OFFLINE), StatusChosen(LUNCH), now=at(20))
    wrapping = ordered(chosen, BeginWrapUp(CALL.id), now=at(60))
    assert (wrapping.status, wrapping.then) == (Status.ACTIVE, LUNCH)
    over = step(wrapping, AgentTimePassed(), at(90))
    assert (over.agent.status, over.agent.status_since, over.agent.then) == (LUNCH, at(90), None)
    assert [fact.data["status"] for fact in over.facts if fact.kind is FactKind.AGENT_STATUS] == [LUNCH.id]
    without = ordered(chosen, BeginWrapUp(CALL.id), policy=AgentPolicy(timedelta(0)), now=at(60))
    assert (without.status, without.activity) == (LUNCH, Idle(at(60)))


def test_a_status_for_afterwards_can_be_withdrawn() -> None:
    """AP-02: the status that one is in."""
    kept = after(WRAPPING, StatusChosen(LUNCH), StatusChosen(Status.ACTIVE))
    assert step(kept, AgentTimePassed(), at(90)).agent.available


def test_a_supervisor_and_automation_change_the_status_at_once() -> None:
    """PLUS-20, AST-06: in a call too, which goes on; what the agent had chosen for afterwards is overruled."""
    sam = Actor(ActorKind.SUPERVISOR, "usr_sam")
    decision = step(after(IN_CALL, StatusChosen(LUNCH)), StatusChosen(Status.AWAY, StatusReason.FORCED, sam), at(20))
    forced = decision.agent
    assert (forced.status, forced.reason, forced.then) == (Status.AWAY, StatusReason.FORCED, None)
    assert isinstance(forced.activity, InCall)
    assert [fact.actor for fact in decision.facts] == [sam]
    out = after(IN_CALL, StatusChosen(LUNCH), StatusChosen(Status.OFFLINE, StatusReason.SIGNED_OUT))
    assert (out.status, out.then) == (Status.OFFLINE, None)


def test_calls_and_talk_are_counted_until_one_becomes_available_again() -> None:
    """AST-07, SYS-03: what the orders of fewest calls and least talk go by; mission 3.1 says when they begin anew."""
    assert RUNG.tally == Tally(rung_at=at(5))
    assert WRAPPING.tally == Tally(1, timedelta(seconds=53), at(5))
    free = step(WRAPPING, AgentTimePassed(), at(90)).agent
    assert after(free, StatusChosen(EMAIL), now=at(95)).tally == WRAPPING.tally
    back = after(free, StatusChosen(LUNCH), StatusChosen(Status.ACTIVE), now=at(99))
    assert back.tally == Tally(rung_at=at(5))
    assert back.activity == Idle(at(99))


def test_a_status_without_a_panel_ends_after_the_grace() -> None:
    """AST-05, PLUS-05: nobody is Active for ever because a page said so and then vanished."""
    chosen = after(new_agent(ALICE, NOON), StatusChosen(Status.ACTIVE))
    assert chosen.deadline == at(60)
    assert after(chosen, PanelArrived(Sound.READY)).deadline is None
    assert step(chosen, AgentTimePassed(), at(60)).agent.status == Status.OFFLINE
    again = step(chosen, StatusChosen(Status.BUSY), at(30)).agent
    assert again.deadline == at(60), "another choice is no sign of a panel"


def test_a_panel_whose_sound_is_blocked_makes_the_agent_unavailable() -> None:
    """PLUS-04."""
    blocked = after(new_agent(ALICE, NOON), PanelArrived(Sound.BLOCKED), StatusChosen(Status.ACTIVE))
    assert not blocked.available


def test_an_agent_is_held_for_one_call_at_a_time() -> None:
    """CALL-02, CALL-04."""
    for agent in (RUNG, IN_CALL, WRAPPING):
        with pytest.raises(RefusedError, match="cannot be offered"):
            ordered(agent, Reserve(CallId("call_2"), RING))


def test_a_caller_who_gives_up_does_not_cost_the_agent_the_turn() -> None:
    """PLUS-06: longest idle counts from the last call."""
    free = ordered(RUNG, Release(CALL.id), now=at(9))
    assert free.activity == ACTIVE.activity


def test_a_missed_call_sets_away_with_the_reason() -> None:
    """CALL-05, PLUS-07."""
    missed = ordered(RUNG, Release(CALL.id, StatusReason.MISSED), now=at(25))
    assert (missed.status, missed.reason, missed.status_since) == (Status.AWAY, StatusReason.MISSED, at(25))
    assert isinstance(missed.activity, Idle)


def test_a_centre_may_allow_more_misses_or_never_set_away() -> None:
    """CALL-05; mission 3.2: they are counted in a row; an answer and choosing to be available begin anew."""
    twice, never = AgentPolicy(timedelta(0), misses=2), AgentPolicy(timedelta(0), misses=0)
    miss = (Release(CALL.id, StatusReason.MISSED), Reserve(CALL.id, RING))
    once = ordered(RUNG, *miss, policy=twice)
    assert (once.status, once.misses) == (Status.ACTIVE, 1)
    assert ordered(once, miss[0], policy=twice).status == Status.AWAY
    answered = ordered(
        once, Engage(CALL.id, CALL.conversation), BeginWrapUp(CALL.id), Reserve(CALL.id, RING), policy=twice
    )
    assert ordered(answered, miss[0], policy=twice).status == Status.ACTIVE
    assert after(ordered(once, Release(CALL.id)), StatusChosen(Status.ACTIVE)).misses == 0
    assert ordered(RUNG, *miss, *miss, *miss, policy=never).status == Status.ACTIVE
    assert ordered(RUNG, Release(CALL.id, StatusReason.NO_MEDIA), policy=never).status == Status.AWAY


def test_a_supervisor_ends_a_wrap_up_and_the_draft_is_kept() -> None:
    """PLUS-08, PLUS-20."""
    sam = Actor(ActorKind.SUPERVISOR, "usr_sam")
    decision = step(after(WRAPPING, WrapUpWritten(CALL.id, "Half", None)), WrapUpEnded(sam), at(65))
    assert decision.report == SaveReport(CALL.id, CALL.conversation, "Half", None)
    assert [fact.actor for fact in decision.facts if fact.kind is FactKind.CALL_WRAPPED] == [sam]
    with pytest.raises(RefusedError, match="in no wrap-up"):
        step(IN_CALL, WrapUpEnded(sam), at(65))


def test_finishing_wants_the_disposition_that_is_required_and_the_deadline_does_not() -> None:
    """WRAP-01, WRAP-03: nobody is held by it."""
    sold = DispositionId("dsp_sold")
    with pytest.raises(RefusedError) as refusal:
        step(WRAPPING, WrapUpFinished(CALL.id, "", None, None, required=True), at(65))
    assert refusal.value.code == "disposition_needed"
    finished = step(WRAPPING, WrapUpFinished(CALL.id, "", None, sold, required=True), at(65)).report
    assert finished is not None
    assert finished.disposition == sold
    assert step(WRAPPING, AgentTimePassed(), at(90)).agent.available


def test_who_is_in_a_status_that_changes_goes_with_it() -> None:
    """AST-01: also who chose it for afterwards, and nobody else."""
    gone = StatusRedefined(LUNCH.id, Status.AWAY)
    at_lunch = after(ACTIVE, StatusChosen(LUNCH))
    assert after(at_lunch, gone).status == Status.AWAY
    later = after(IN_CALL, StatusChosen(LUNCH), gone)
    assert (later.status, later.then) == (Status.ACTIVE, Status.AWAY)
    assert step(ACTIVE, gone, NOON).facts == ()
    moved = Status(EMAIL.id, Group.BUSY)
    ringing = ordered(after(ACTIVE, StatusChosen(EMAIL)), Reserve(CALL.id, RING))
    assert step(ringing, StatusRedefined(EMAIL.id, moved), NOON).lose == LoseRing(CALL.id, RING)


def test_full_capacity_is_one_call_or_as_many_texts_as_allowed() -> None:
    """AST-04, ASG-06: only of who is Available; the wrap-up is no call."""
    loads = [load_of(agent, 0, None) for agent in (ACTIVE, RUNG, IN_CALL, WRAPPING)]
    assert [load.full for load in loads if load] == [False, True, True, False]
    assert [load_of(ACTIVE, texts, None) == Load(0, texts, 5) for texts in (4, 5)] == [True, True]
    assert [Load(0, texts, 5).full for texts in (4, 5, 6)] == [False, True, True]
    assert load_of(ACTIVE, 0, 0) == Load(0, 0, 0)
    assert load_of(after(ACTIVE, StatusChosen(LUNCH)), 9, None) is None


def test_another_status_while_it_rings_gives_the_call_back() -> None:
    """AP-02; mission 3.2."""
    assert step(RUNG, StatusChosen(Status.BUSY), NOON).lose == LoseRing(CALL.id, RING)


def test_the_wrap_up_has_a_deadline_and_holds_the_agent() -> None:
    """WRAP-02, WRAP-03, CALL-04, PLUS-08."""
    assert isinstance(WRAPPING.activity, WrapUp)
    assert WRAPPING.activity.until == at(90)
    assert WRAPPING.deadline == at(90)
    assert not WRAPPING.available


def test_no_wrap_up_time_means_no_wrap_up() -> None:
    """WRAP-05."""
    free = ordered(IN_CALL, BeginWrapUp(CALL.id), policy=AgentPolicy(timedelta(0)), now=at(60))
    assert free.activity == Idle(at(60))


def test_more_time_adds_ten_seconds_for_each_click() -> None:
    """WRAP-04."""
    more = after(WRAPPING, MoreTime(CALL.id, HALF_A_MINUTE), MoreTime(CALL.id, HALF_A_MINUTE))
    assert more.deadline == at(110)


def test_a_cap_set_by_the_supervisor_limits_more_time() -> None:
    """WRAP-04: unlimited by default, a supervisor may cap the total."""
    capped = AgentPolicy(timedelta(seconds=30), cap=timedelta(seconds=35))
    assert after(WRAPPING, MoreTime(CALL.id, capped), MoreTime(CALL.id, capped)).deadline == at(95)


def test_finishing_saves_the_report_and_frees_the_agent() -> None:
    """WRAP-01, WRAP-05."""
    decision = step(WRAPPING, WrapUpFinished(CALL.id, "Wants a refund.", ThreadStatus.SOLVED), at(70))
    assert decision.report == SaveReport(CALL.id, CALL.conversation, "Wants a refund.", ThreadStatus.SOLVED)
    assert decision.agent.activity == Idle(at(70))
    assert decision.agent.available
    assert FactKind.CALL_WRAPPED in [fact.kind for fact in decision.facts]


def test_when_the_time_is_over_the_draft_is_kept_and_the_agent_is_free() -> None:
    """WRAP-03, WRAP-05, PLUS-08."""
    typed = after(WRAPPING, WrapUpWritten(CALL.id, "Half a sen", None))
    decision = step(typed, AgentTimePassed(), at(90))
    assert decision.report == SaveReport(CALL.id, CALL.conversation, "Half a sen", None)
    assert decision.agent.available


def test_a_wrap_up_that_is_over_cannot_be_extended_or_finished() -> None:
    """WRAP-03."""
    for event in (MoreTime(CALL.id, HALF_A_MINUTE), WrapUpFinished(CALL.id, "", None)):
        with pytest.raises(RefusedError) as refusal:
            step(ACTIVE, event, NOON)
        assert refusal.value.code == "no_wrap_up"


def test_a_closed_panel_has_five_seconds_to_take_its_ring_up_again() -> None:
    """PLUS-05; mission 3.6."""
    gone = after(RUNG, PanelsGone(), now=at(6))
    assert gone.deadline == at(11)
    back = after(gone, PanelArrived(Sound.READY), now=at(8))
    assert isinstance(back.activity, Rung)
    assert back.deadline is None
    assert step(gone, AgentTimePassed(), at(11)).lose == LoseRing(CALL.id, RING)


def test_a_silent_panel_loses_its_ring_at_once() -> None:
    """PLUS-05."""
    assert step(after(RUNG, PanelsGone(silent=True), now=at(6)), AgentTimePassed(), at(6)).lose is not None


def test_an_agent_without_a_panel_goes_offline_after_a_minute_and_is_offered_nothing_until_then() -> None:
    """AST-05, PLUS-05."""
    gone = after(ACTIVE, PanelsGone(), now=at(10))
    assert not gone.available
    assert step(gone, AgentTimePassed(), at(69)).agent == gone
    offline = step(gone, AgentTimePassed(), at(70)).agent
    assert (offline.status, offline.reason) == (Status.OFFLINE, StatusReason.DISCONNECTED)
    assert offline.deadline is None


def test_a_call_goes_on_while_the_panel_is_gone() -> None:
    """PLUS-01: a lost WebSocket alone changes nothing while packets flow."""
    gone = after(IN_CALL, PanelsGone(), now=at(10))
    assert isinstance(gone.activity, InCall)
    assert isinstance(step(gone, AgentTimePassed(), at(70)).agent.activity, InCall)


def test_an_order_of_a_call_that_holds_the_agent_no_more_is_ignored() -> None:
    """PLUS-15."""
    other = replace(IN_CALL, activity=InCall(NOON, CallId("call_2"), CALL.conversation))
    assert ordered(other, Release(CALL.id), BeginWrapUp(CALL.id)) == other
