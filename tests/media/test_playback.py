"""Prompts by the clock: they stop at once when somebody answers, and each one ends."""

import asyncio
import time
from pathlib import Path

import pytest

from callflow.ids import PromptId
from callflow.wiring import HOLD_MUSIC, FromLeg, FromPrompt, PromptEnded, Stream
from tests.media.parties import ALICE, BOB, CALL, CODECS, Party, Stage, eventually, write_tone
from tests.media.wire import Relay, enter_through

pytestmark = pytest.mark.wire

FRAME_S = 0.02
MARKER = 0x80


async def test_music_stops_within_one_frame_of_an_answer_and_the_agent_is_heard_next(on_stage: Stage) -> None:
    """PLUS-14."""
    await on_stage.enter(BOB, 660.0)
    async with Relay.to(on_stage) as relay:
        alice = Party()
        await enter_through(relay, on_stage, alice)
        on_stage.plane.wire(CALL, 1, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}})
        await eventually(lambda: alice.voice.loudness > 0.02)

        on_stage.plane.wire(CALL, 2, {ALICE: {Stream.VOICE: FromLeg(BOB)}, BOB: {Stream.VOICE: FromLeg(ALICE)}})
        answered_at = time.monotonic()
        await eventually(lambda: alice.voice.hears(660))

    # The RTP header is not encrypted: music has the marker bit on its first packet only, aiortc's client on every one.
    music = [at for at, header in list(relay.headers)[1:] if not header[1] & MARKER]
    agent = [at for at, header in list(relay.headers)[1:] if header[1] & MARKER]
    last_of_music, first = music[-1], agent[0]
    print(f"last music {1000 * (last_of_music - answered_at):.1f} ms after the answer, the agent after "
          f"{1000 * (first - answered_at):.1f} ms")  # fmt: skip
    assert last_of_music - answered_at < FRAME_S
    assert answered_at < first < answered_at + 3 * FRAME_S


async def test_an_announcement_that_is_cut_off_sends_nothing_more(on_stage: Stage) -> None:
    """PLUS-14."""
    async with Relay.to(on_stage) as relay:
        alice = Party()
        await enter_through(relay, on_stage, alice)
        on_stage.plane.wire(CALL, 1, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}})
        await eventually(lambda: len(relay.headers) > 20)

        on_stage.plane.wire(CALL, 2, {ALICE: {}})
        stopped_at = time.monotonic()
        await asyncio.sleep(10 * FRAME_S)

        assert relay.headers[-1][0] - stopped_at < FRAME_S


@pytest.mark.parametrize("early", [False, True])
async def test_a_prompt_for_a_leg_that_receives_no_voice_ends_at_once(
    on_stage: Stage, tmp_path: Path, early: bool
) -> None:
    beep = PromptId("beep")
    write_tone(tmp_path / "beep.wav", 1000.0, seconds=5)
    await on_stage.plane.add_prompt(beep, tmp_path / "beep.wav")
    party = Party()
    on_stage.parties.append(party)
    party.pc.getTransceivers()[0].direction = "sendonly"
    answer = await on_stage.plane.open(CALL, ALICE, await party.offer(), CODECS)
    if early:
        on_stage.plane.play(ALICE, beep)
    await party.accept(answer.sdp)
    await eventually(lambda: bool(on_stage.ups(ALICE)))
    on_stage.plane.play(ALICE, beep)

    await eventually(lambda: PromptEnded(ALICE, beep) in on_stage.ended(), limit_s=1)
