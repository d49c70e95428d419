"""A supervisor listens, whispers or joins in, read like a ladder (PLUS-20)."""

from collections.abc import Callable

import pytest

from callflow.call import LegState, ObserverMode, Role
from callflow.errors import RefusedError
from callflow.events import (
    AgentRemoved,
    BeginWrapUp,
    CloseLeg,
    HoldAsked,
    HungUp,
    LegConnected,
    LegLost,
    Observe,
    ObserveAsked,
    ObserveEnded,
    Release,
    ServerRestarted,
)
from callflow.facts import Actor, ActorKind, FactKind
from callflow.ids import AgentId, LegId
from callflow.wiring import FromLeg, FromMix, Source, Stream
from tests.callflow.ladder import (
    AGENT_LEG,
    ALICE,
    CUSTOMER_LEG,
    EACH_OTHER,
    PATH_1,
    SUE,
    Ladder,
    ringing,
    talking,
    transferring,
    waiting,
)

pytestmark = pytest.mark.unit

SUES_LEG = LegId("leg_sue")
TOM = AgentId("user_tom")
TOMS_LEG = LegId("leg_tom")


def watched(mode: ObserverMode) -> Ladder:
    return talking() >> ObserveAsked(SUE, SUES_LEG, mode)


def voices(ladder: Ladder) -> dict[LegId, Source | None]:
    """What each leg hears."""
    wired = ladder.wired
    assert wired is not None
    return {leg: heard.get(Stream.VOICE) for leg, heard in wired.wiring.items()}


@pytest.mark.parametrize(
    ("mode", "customer", "agent"),
    [
        (ObserverMode.LISTEN, FromLeg(AGENT_LEG), FromLeg(CUSTOMER_LEG)),
        (ObserverMode.WHISPER, FromLeg(AGENT_LEG), FromMix((CUSTOMER_LEG, SUES_LEG))),
        (ObserverMode.BARGE, FromMix((AGENT_LEG, SUES_LEG)), FromMix((CUSTOMER_LEG, SUES_LEG))),
    ],
)
def test_who_hears_the_supervisor_is_what_tells_the_three_ways_apart(
    mode: ObserverMode, customer: Source, agent: Source
) -> None:
    """PLUS-20: he hears both in each of them."""
    ladder = watched(mode)
    both = FromMix((CUSTOMER_LEG, AGENT_LEG))
    assert voices(ladder) == {CUSTOMER_LEG: customer, AGENT_LEG: agent, SUES_LEG: both}
    assert ladder.last.orders == ((SUE, Observe(ladder.call.id)),)
    (told,) = ladder.last.facts
    assert (told.kind, told.actor, told.agent) == (FactKind.CALL_OBSERVED, Actor(ActorKind.SUPERVISOR, SUE), ALICE)
    assert told.data == {"mode": mode}


def test_the_way_is_changed_on_the_same_leg_and_stands_in_the_log() -> None:
    """PLUS-20."""
    ladder = watched(ObserverMode.LISTEN) >> ObserveAsked(SUE, LegId("leg_other"), ObserverMode.BARGE)
    (one,) = ladder.talk.observers
    assert (one.mode, one.leg.id) == (ObserverMode.BARGE, SUES_LEG)
    assert ladder.last.orders == ()
    assert ladder.last.facts[0].data == {"mode": ObserverMode.BARGE}
    assert ladder.ignores(ObserveAsked(SUE, SUES_LEG, ObserverMode.BARGE))


def test_who_takes_part_no_more_is_free_and_the_log_says_so() -> None:
    """PLUS-20."""
    ladder = watched(ObserverMode.WHISPER) >> ObserveEnded(SUE)
    assert ladder.last.commands == (EACH_OTHER, CloseLeg(SUES_LEG))
    assert ladder.last.orders == ((SUE, Release(ladder.call.id)),)
    assert ladder.last.facts[0].data == {"mode": None}
    assert ladder.ignores(ObserveEnded(SUE))


def test_two_supervisors_take_part_beside_each_other() -> None:
    """PLUS-20: who listens hears who has joined in; who whispers is heard by the agent alone."""
    ladder = watched(ObserverMode.BARGE) >> ObserveAsked(TOM, TOMS_LEG, ObserverMode.LISTEN)
    assert voices(ladder)[TOMS_LEG] == FromMix((CUSTOMER_LEG, AGENT_LEG, SUES_LEG))
    assert voices(ladder)[SUES_LEG] == FromMix((CUSTOMER_LEG, AGENT_LEG))
    assert voices(ladder)[CUSTOMER_LEG] == FromMix((AGENT_LEG, SUES_LEG))


def test_on_hold_the_customer_hears_music_and_nobody_who_takes_part() -> None:
    """PLUS-20, PLUS-21."""
    ladder = watched(ObserverMode.BARGE) >> HoldAsked(ALICE)
    heard = voices(ladder)
    assert heard[AGENT_LEG] == FromLeg(SUES_LEG)
    assert heard[SUES_LEG] == FromLeg(AGENT_LEG)
    assert not isinstance(heard[CUSTOMER_LEG], FromLeg | FromMix)


def test_the_end_of_the_call_frees_who_takes_part_without_a_wrap_up() -> None:
    """PLUS-15, PLUS-20."""
    ladder = watched(ObserverMode.LISTEN) >> HungUp(Role.CUSTOMER)
    assert ladder.last.orders == ((ALICE, BeginWrapUp(ladder.call.id)), (SUE, Release(ladder.call.id)))
    assert CloseLeg(SUES_LEG) in ladder.last.commands


def test_a_supervisor_who_takes_part_does_not_hang_up_for_both() -> None:
    """CALL-06, PLUS-20."""
    with pytest.raises(RefusedError, match="only take part"):
        _ = watched(ObserverMode.BARGE) >> HungUp(Role.SUPERVISOR)


def test_a_supervisor_whose_sound_never_comes_is_out_after_the_set_up_limit() -> None:
    """PLUS-15, PLUS-20: nobody is busy for ever with a call that he does not hear."""
    ladder = watched(ObserverMode.LISTEN).elapse(15)
    assert ladder.talk.observers == ()
    assert ladder.last.orders == ((SUE, Release(ladder.call.id)),)


def test_a_supervisor_whose_line_breaks_has_the_grace_and_is_then_out() -> None:
    """PLUS-01, PLUS-15, PLUS-20: the two who talk notice nothing."""
    ladder = watched(ObserverMode.LISTEN) >> LegConnected(SUES_LEG, PATH_1) >> LegLost(SUES_LEG, PATH_1)
    assert ladder.elapse(59).talk.observers[0].leg.state is LegState.RECONNECTING
    assert ladder.elapse(1).talk.observers == ()
    assert ladder.talk.agent == ALICE


def test_a_supervisor_who_is_removed_is_out_at_once() -> None:
    """PLUS-20, SYS-01."""
    ladder = watched(ObserverMode.LISTEN) >> AgentRemoved(SUE)
    assert ladder.talk.observers == ()
    assert ladder.last.orders == ((SUE, Release(ladder.call.id)),)


def test_after_a_restart_who_takes_part_has_the_grace_to_come_back() -> None:
    """PLUS-01, PLUS-20."""
    ladder = watched(ObserverMode.LISTEN) >> ServerRestarted()
    assert ladder.talk.observers[0].leg.deadline is not None


def test_an_agent_who_is_gone_takes_who_watched_him_along() -> None:
    """PLUS-15, PLUS-20."""
    ladder = watched(ObserverMode.LISTEN) >> AgentRemoved(ALICE)
    assert ladder.waits
    assert ladder.last.orders == ((ALICE, Release(ladder.call.id)), (SUE, Release(ladder.call.id)))
    assert CloseLeg(SUES_LEG) in ladder.last.commands


@pytest.mark.parametrize("before", [waiting, ringing, transferring])
def test_a_call_in_which_nobody_talks_has_nobody_to_listen_to(before: Callable[[], Ladder]) -> None:
    """PLUS-20."""
    assert before().refuses(ObserveAsked(SUE, SUES_LEG, ObserverMode.LISTEN)) == "not_talking"
    assert before().ignores(ObserveEnded(SUE))


def test_who_talks_in_a_call_does_not_listen_to_it_too() -> None:
    """CALL-02, PLUS-20."""
    assert talking().refuses(ObserveAsked(ALICE, SUES_LEG, ObserverMode.LISTEN)) == "your_call"


def test_what_is_over_cannot_be_listened_to() -> None:
    """PLUS-20."""
    over = talking() >> HungUp(Role.CUSTOMER)
    assert over.refuses(ObserveAsked(SUE, SUES_LEG, ObserverMode.LISTEN)) == "too_late"
    assert over.ignores(ObserveEnded(SUE))
