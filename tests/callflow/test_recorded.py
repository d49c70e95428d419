"""What is recorded of a call, decided by who talks in it."""

from dataclasses import replace

import pytest

from callflow import recorded
from callflow.call import Call, Leg, LegState, Recording, Role
from callflow.events import (
    CallEvent,
    Decision,
    HoldAsked,
    HungUp,
    RecordingPauseAsked,
    RecordingPolicy,
    RecordingResumeAsked,
    ResumeAsked,
    Wire,
)
from callflow.facts import FactKind
from callflow.ids import AgentId, RecordingId
from callflow.wired import wiring
from callflow.wiring import NO_TAPS, Tapped
from tests.callflow.ladder import AGENT_LEG, ALICE, BOB, CUSTOMER_LEG, Ladder, talking, waiting

pytestmark = pytest.mark.unit

REC = RecordingId("rec_1")
PICTURES = RecordingPolicy(record=True, pictures=True)
SOUND = RecordingPolicy(record=True)
NOT = RecordingPolicy()


def followed(before: Call, after: Call, policy: RecordingPolicy) -> Decision:
    return recorded.follow(before, Decision(after), policy)


def kinds(made: Decision) -> list[FactKind]:
    return [fact.kind for fact in made.facts]


def recording(policy: RecordingPolicy = PICTURES) -> Ladder:
    """A talk that is recorded."""
    before, ladder = waiting().call, talking()
    ladder.call = followed(before, ladder.call, policy).call
    return ladder


def by(agent: AgentId, call: Call) -> Call:
    """The same call with another agent talking in it."""
    phase = Ladder(call).talk
    return replace(call, phase=replace(phase, agent=agent))


def test_the_first_recorded_answer_gives_the_call_its_recording_and_both_legs_a_tap() -> None:
    """REC-02, PLUS-09: customer and agent stay separate."""
    made = followed(waiting().call, talking().call, PICTURES)
    assert recorded.begins_to_talk(waiting().call, made.call) == ALICE
    assert made.call.recording == Recording(REC, on=True, pictures=True)
    assert kinds(made) == [FactKind.RECORDING_STARTED]
    assert made.facts[0].data == {"recording": REC, "pictures": True}
    assert recorded.taps(made.call) == {
        CUSTOMER_LEG: Tapped(REC, Role.CUSTOMER, pictures=True, running=True),
        AGENT_LEG: Tapped(REC, Role.AGENT, pictures=True, running=True),
    }


def test_an_agent_who_is_not_recorded_is_not_and_who_waits_is_neither() -> None:
    """REC-04."""
    made = followed(waiting().call, talking().call, NOT)
    assert made == Decision(talking().call)
    assert recorded.taps(made.call) == NO_TAPS
    assert recorded.taps(replace(waiting().call, recording=Recording(REC, on=True, pictures=False))) == NO_TAPS


def test_an_agent_whose_microphone_never_opened_leaves_nobody_recorded_in_the_queue() -> None:
    """REC-02: the caller hears the same music all along, so that nothing else would tell the media to stop."""
    before, answered = waiting().call, talking().call
    opening = Leg(AGENT_LEG, LegState.CONNECTING, None)
    answered = replace(answered, phase=replace(Ladder(answered).talk, agent_leg=opening))
    talk = followed(before, answered, SOUND)
    assert talk.commands == (Wire(wiring(answered)),), "the taps come with the wiring"
    back = followed(talk.call, replace(before, recording=talk.call.recording), NOT)
    assert recorded.taps(back.call) == NO_TAPS
    assert back.commands == (Wire(wiring(before)),)
    stated = Wire(wiring(before))
    assert recorded.follow(talk.call, Decision(before, commands=(stated,)), NOT).commands == (stated,), "once is enough"


def test_after_a_transfer_the_same_recording_goes_on_as_the_next_agents_setting_says() -> None:
    """REC-04: one recording for the call, with a segment for each agent."""
    first = recording().call
    second = followed(first, by(BOB, first), SOUND)
    assert kinds(second) == [FactKind.RECORDING_STOPPED, FactKind.RECORDING_STARTED]
    assert second.call.recording == Recording(REC, on=True, pictures=False)
    third = followed(second.call, by(ALICE, second.call), NOT)
    assert kinds(third) == [FactKind.RECORDING_STOPPED]
    assert third.call.recording == Recording(REC, on=False, pictures=False)
    assert recorded.taps(third.call) == NO_TAPS


def test_a_pause_writes_nothing_and_ends_with_the_talk() -> None:
    """PLUS-10: the agent pauses and lets it go on; twice is once; a transfer does not carry a pause over."""
    ladder = recording() >> RecordingPauseAsked(ALICE)
    assert [fact.kind for fact in ladder.last.facts] == [FactKind.RECORDING_PAUSED]
    assert any(isinstance(command, Wire) for command in ladder.last.commands), "the taps are stated with the wiring"
    assert not any(tapped.running for tapped in recorded.taps(ladder.call).values())
    assert ladder.ignores(RecordingPauseAsked(ALICE))
    onward = followed(ladder.call, by(BOB, ladder.call), SOUND).call
    assert onward.recording == Recording(REC, on=True, pictures=False)
    _ = ladder >> RecordingResumeAsked(ALICE)
    assert all(tapped.running for tapped in recorded.taps(ladder.call).values())
    assert ladder.ignores(RecordingResumeAsked(ALICE))


def test_on_hold_nothing_is_written() -> None:
    """PLUS-10, PLUS-21: what an agent says beside the call is not the customer's to be recorded with."""
    ladder = recording() >> HoldAsked(ALICE)
    assert not any(tapped.running for tapped in recorded.taps(ladder.call).values())
    _ = ladder >> ResumeAsked(ALICE)
    assert all(tapped.running for tapped in recorded.taps(ladder.call).values())


@pytest.mark.parametrize("event", [RecordingPauseAsked(ALICE), RecordingResumeAsked(ALICE)])
def test_what_is_not_recorded_cannot_be_paused(event: CallEvent) -> None:
    """PLUS-10."""
    assert talking().refuses(event) == "not_recorded"
    assert waiting().refuses(event) == "not_your_call"
    assert (talking() >> HungUp(Role.CUSTOMER)).refuses(event) == "too_late"


def test_the_end_of_the_call_ends_the_recording() -> None:
    """REC-02."""
    before = recording()
    after = before.call
    ended = followed(after, (before >> HungUp(Role.AGENT)).call, NOT)
    assert FactKind.RECORDING_STOPPED in kinds(ended)
    assert recorded.taps(ended.call) == NO_TAPS
