"""Real clients through a real media plane: what each side sends is heard and seen at the other."""

from pathlib import Path

import pytest

from callflow.ids import CallId, PromptId
from callflow.wiring import (
    HOLD_MUSIC,
    FromLeg,
    FromPrompt,
    LegDown,
    LegUp,
    LostBecause,
    MediaRefusedError,
    PromptEnded,
    Stream,
)
from tests.media.parties import (
    ALICE,
    BOB,
    CALL,
    CAROL,
    CODECS,
    Party,
    Stage,
    both_ways,
    eventually,
    write_tone,
)

pytestmark = pytest.mark.wire

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 160, 30)
ALL = (Stream.VOICE, Stream.CAMERA)


async def test_two_legs_hear_and_see_each_other_and_every_packet_is_sent_on(on_stage: Stage) -> None:
    """R4 of the threat model: nothing flows before it is wired."""
    alice = await on_stage.enter(ALICE, 440.0, RED)
    bob = await on_stage.enter(BOB, 660.0, BLUE)
    await eventually(lambda: on_stage.plane.counters()[BOB][Stream.VOICE].received > 5)
    assert on_stage.plane.counters()[ALICE][Stream.VOICE].sent == 0

    on_stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, *ALL))

    await eventually(lambda: alice.voice.hears(660) and bob.voice.hears(440))
    await eventually(lambda: alice.camera.sees(BLUE) and bob.camera.sees(RED))
    for streams in on_stage.plane.counters().values():
        for figures in streams.values():
            assert figures.received == figures.forwarded + sum(figures.dropped.values())
            assert set(figures.dropped) <= {"unwired", "awaiting_key_frame"}


async def test_a_waiting_caller_hears_music_and_then_the_agent_without_renegotiation(on_stage: Stage) -> None:
    """PLUS-21, WSV-03."""
    alice = await on_stage.enter(ALICE, 440.0, RED)
    on_stage.plane.wire(CALL, 1, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}})
    await eventually(lambda: 0.02 < alice.voice.loudness < 0.4)

    await on_stage.enter(BOB, 660.0, BLUE)
    on_stage.plane.wire(CALL, 2, both_ways(ALICE, BOB, *ALL))
    await eventually(lambda: alice.voice.hears(660) and alice.camera.sees(BLUE))

    on_stage.plane.wire(CALL, 3, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}, BOB: {}})
    await eventually(lambda: not alice.voice.hears(660) and alice.voice.loudness > 0.02)

    await on_stage.enter(CAROL, 880.0, GREEN)
    on_stage.plane.wire(CALL, 4, both_ways(ALICE, CAROL, *ALL))
    await eventually(lambda: alice.voice.hears(880) and alice.camera.sees(GREEN))


async def test_a_reopened_leg_goes_on_in_both_directions_and_the_old_path_serves_until_then(on_stage: Stage) -> None:
    """PLUS-01."""
    alice = await on_stage.enter(ALICE, 440.0, RED)
    bob = await on_stage.enter(BOB, 660.0, BLUE)
    on_stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, *ALL))
    await eventually(lambda: alice.voice.hears(660) and bob.voice.hears(440))

    again = Party(550.0, GREEN)
    on_stage.parties.append(again)
    answer = await on_stage.plane.reopen(BOB, await again.offer())
    bob.voice.clear()
    await eventually(lambda: bob.voice.hears(440))
    await again.accept(answer.sdp)

    await eventually(lambda: alice.voice.hears(550) and alice.camera.sees(GREEN))
    await eventually(lambda: again.voice.hears(440) and again.camera.sees(RED))
    assert on_stage.ups(BOB)[-1] == LegUp(BOB, answer.transport)
    assert on_stage.downs(BOB) == []
    await eventually(lambda: bob.pc.connectionState == "closed")


async def test_a_reopening_that_fails_leaves_the_old_path_working(on_stage: Stage) -> None:
    alice = await on_stage.enter(ALICE)
    bob = await on_stage.enter(BOB, 660.0)
    on_stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))

    with pytest.raises(MediaRefusedError):
        await on_stage.plane.reopen(BOB, "nonsense")
    never_comes = Party()
    on_stage.parties.append(never_comes)
    await on_stage.plane.reopen(BOB, await never_comes.offer())

    alice.voice.clear()
    await eventually(lambda: alice.voice.hears(660) and bob.voice.hears(440))


async def test_one_source_may_have_two_receivers(on_stage: Stage) -> None:
    alice = await on_stage.enter(ALICE, 440.0, RED)
    bob = await on_stage.enter(BOB, 660.0, BLUE)
    carol = await on_stage.enter(CAROL, 880.0)
    listening = {Stream.VOICE: FromLeg(ALICE), Stream.CAMERA: FromLeg(ALICE)}

    on_stage.plane.wire(CALL, 1, {**both_ways(ALICE, BOB, *ALL), CAROL: listening})

    await eventually(lambda: bob.voice.hears(440) and carol.voice.hears(440) and alice.voice.hears(660))
    await eventually(lambda: bob.camera.sees(RED) and carol.camera.sees(RED))


async def test_an_old_wiring_is_ignored_and_the_same_one_may_come_twice(on_stage: Stage) -> None:
    alice = await on_stage.enter(ALICE)
    await on_stage.enter(BOB, 660.0)
    wiring = both_ways(ALICE, BOB, Stream.VOICE)
    on_stage.plane.wire(CALL, 5, wiring)
    on_stage.plane.wire(CALL, 5, wiring)
    on_stage.plane.wire(CALL, 4, {ALICE: {}, BOB: {}})

    await eventually(lambda: alice.voice.hears(660))


async def test_a_wiring_may_name_a_leg_before_it_is_there(on_stage: Stage) -> None:
    on_stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))
    alice = await on_stage.enter(ALICE)
    bob = await on_stage.enter(BOB, 660.0)

    await eventually(lambda: alice.voice.hears(660) and bob.voice.hears(440))


async def test_a_leg_that_moves_to_another_call_is_not_touched_by_the_first_ones_end(on_stage: Stage) -> None:
    alice = await on_stage.enter(ALICE)
    await on_stage.enter(BOB, 660.0)
    on_stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))
    on_stage.plane.wire(CallId("call_2"), 1, {ALICE: {Stream.VOICE: FromLeg(BOB)}})
    on_stage.plane.wire(CALL, 2, {})

    alice.voice.clear()
    await eventually(lambda: alice.voice.hears(660))


async def test_a_prompt_is_played_over_the_call_once_and_its_end_is_told(on_stage: Stage, tmp_path: Path) -> None:
    beep = PromptId("beep")
    write_tone(tmp_path / "beep.wav", 1000.0, seconds=0.6)
    await on_stage.plane.add_prompt(beep, tmp_path / "beep.wav")
    alice = await on_stage.enter(ALICE)
    bob = await on_stage.enter(BOB, 660.0)
    on_stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))
    await eventually(lambda: alice.voice.hears(660))

    on_stage.plane.play(ALICE, beep)
    on_stage.plane.play(ALICE, beep)

    await eventually(lambda: alice.voice.hears(1000))
    assert bob.voice.hears(440)
    await eventually(lambda: on_stage.ended() == [PromptEnded(ALICE, beep)])
    await eventually(lambda: alice.voice.hears(660))


async def test_an_unknown_prompt_ends_at_once(on_stage: Stage) -> None:
    await on_stage.enter(ALICE)
    on_stage.plane.play(ALICE, PromptId("nothing"))
    await eventually(lambda: on_stage.ended() == [PromptEnded(ALICE, PromptId("nothing"))])


async def test_the_other_sides_goodbye_is_told_and_a_closed_leg_is_forgotten(on_stage: Stage) -> None:
    alice = await on_stage.enter(ALICE)
    await on_stage.enter(BOB, 660.0)
    transport = on_stage.ups(ALICE)[-1].transport
    await alice.close()
    await eventually(lambda: on_stage.downs(ALICE) == [LegDown(ALICE, transport, LostBecause.CLOSED)])

    on_stage.plane.close(ALICE)
    on_stage.plane.close(BOB)
    on_stage.plane.close(BOB)
    assert on_stage.plane.counters() == {}
    assert on_stage.downs(BOB) == []
    with pytest.raises(MediaRefusedError) as refused:
        await on_stage.plane.reopen(BOB, "")
    assert refused.value.code == "unknown_leg"


async def test_a_leg_can_be_opened_once_and_only_so_many_at_a_time(on_stage: Stage) -> None:
    party = Party()
    on_stage.parties.append(party)
    offer = await party.offer()
    await on_stage.plane.open(CALL, ALICE, offer, CODECS)
    with pytest.raises(MediaRefusedError) as refused:
        await on_stage.plane.open(CALL, ALICE, offer, CODECS)
    assert refused.value.code == "leg_exists"
