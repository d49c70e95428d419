"""Prompts of the folder: read when they are asked for, cut by an answer, and never fatal."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from callflow.ids import PromptId
from callflow.wiring import HOLD_MUSIC, RINGBACK, FromLeg, FromPrompt, PromptEnded, Stream
from media.music import RINGBACK_DBFS, ringback
from media.opus import RATE
from media.prompts import encode, read_sound, save
from media.settings import MediaSettings
from media.shelf import file_of
from tests.media.parties import ALICE, BOB, CALL, Party, Stage, clients_on_loopback, eventually, stage, write_tone
from tests.media.test_playback import FRAME_S, MARKER
from tests.media.wire import Relay, enter_through

HIGH = PromptId(f"sound_{1:020x}")
LOW = PromptId(f"speech_{2:032x}")


@pytest.fixture
async def here(music_cache: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    with clients_on_loopback():
        async with stage(MediaSettings(announced=("127.0.0.1",), cache=music_cache, prompts=tmp_path)) as made:
            yield made


def keep(folder: Path, prompt: PromptId, hertz: float, seconds: float) -> None:
    """Put a tone into the folder, as saving a sound does."""
    write_tone(folder / "tone.wav", hertz, seconds)
    path = file_of(folder, prompt)
    assert path is not None
    save(path, encode(read_sound(folder / "tone.wav")))


@pytest.mark.wire
async def test_a_prompt_that_was_saved_while_the_worker_runs_is_played_and_ends(here: Stage, tmp_path: Path) -> None:
    """WSV-02."""
    alice = await here.enter(ALICE)
    here.plane.wire(CALL, 1, {ALICE: {Stream.VOICE: FromPrompt(HIGH)}})
    await eventually(lambda: alice.voice.loudness > 0.02)  # not there yet: the hold music stands in
    keep(tmp_path, HIGH, 1500.0, 5)
    keep(tmp_path, LOW, 500.0, 0.6)
    here.plane.play(ALICE, LOW)
    await eventually(lambda: alice.voice.hears(500))
    await eventually(lambda: here.ended() == [PromptEnded(ALICE, LOW)])
    here.plane.wire(CALL, 2, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}})
    here.plane.wire(CALL, 3, {ALICE: {Stream.VOICE: FromPrompt(HIGH)}})
    await eventually(lambda: alice.voice.hears(1500))


@pytest.mark.wire
async def test_an_answer_cuts_an_announcement_within_one_frame_and_it_ends(here: Stage, tmp_path: Path) -> None:
    """PLUS-14."""
    keep(tmp_path, LOW, 500.0, 20)
    await here.enter(BOB, 660.0)
    async with Relay.to(here) as relay:
        alice = Party()
        await enter_through(relay, here, alice)
        waiting = {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}}
        here.plane.wire(CALL, 1, waiting)
        here.plane.play(ALICE, LOW)
        await eventually(lambda: alice.voice.hears(500))
        here.plane.wire(CALL, 2, waiting)  # as when an agent is rung: nothing is cut

        here.plane.wire(CALL, 3, {ALICE: {Stream.VOICE: FromLeg(BOB)}, BOB: {Stream.VOICE: FromLeg(ALICE)}})
        answered_at = time.monotonic()
        await eventually(lambda: alice.voice.hears(660))

    said = [at for at, header in list(relay.headers)[1:] if not header[1] & MARKER]
    assert said[-1] - answered_at < FRAME_S
    assert here.ended() == [PromptEnded(ALICE, LOW)]


@pytest.mark.wire
async def test_what_is_said_can_be_ended_at_once_and_the_music_goes_on(here: Stage, tmp_path: Path) -> None:
    """PLUS-14: a leg to which nothing is said, or that is not there, is left alone."""
    keep(tmp_path, LOW, 500.0, 20)
    keep(tmp_path, HIGH, 1500.0, 20)
    alice = await here.enter(ALICE)
    here.plane.wire(CALL, 1, {ALICE: {Stream.VOICE: FromPrompt(HIGH)}})
    here.plane.play(ALICE, LOW)
    await eventually(lambda: alice.voice.hears(500))
    here.plane.hush(ALICE)
    await eventually(lambda: alice.voice.hears(1500))
    here.plane.hush(ALICE)
    here.plane.hush(BOB)
    await eventually(lambda: here.ended() == [PromptEnded(ALICE, LOW)])


@pytest.mark.wire
async def test_a_second_prompt_replaces_the_first_and_each_ends_once(here: Stage, tmp_path: Path) -> None:
    keep(tmp_path, HIGH, 1500.0, 20)
    keep(tmp_path, LOW, 500.0, 0.6)
    alice = await here.enter(ALICE)
    here.plane.play(ALICE, HIGH)
    await eventually(lambda: alice.voice.hears(1500))
    here.plane.play(ALICE, HIGH)
    here.plane.play(ALICE, LOW)
    await eventually(lambda: len(here.ended()) == 2)
    assert here.ended() == [PromptEnded(ALICE, HIGH), PromptEnded(ALICE, LOW)]


HOSTILE = ["../parley.db", "sound_../../x", f"sound_{1:020x}/..", "sound_" + "0" * 500, "", f"speech_{1:031x}\n", "\0"]


@pytest.mark.wire
async def test_a_prompt_that_is_not_there_ends_at_once_whatever_its_name(here: Stage) -> None:
    await here.enter(ALICE)
    wanted = [PromptId(f"sound_{9:020x}"), *map(PromptId, HOSTILE)]
    for prompt in wanted:
        here.plane.play(ALICE, prompt)
        await eventually(lambda prompt=prompt: here.ended()[-1:] == [PromptEnded(ALICE, prompt)], limit_s=1)
    assert len(here.ended()) == len(wanted)


@pytest.mark.wire
async def test_an_answer_while_a_prompt_is_still_read_lets_nothing_of_it_be_heard(here: Stage, tmp_path: Path) -> None:
    """PLUS-14."""
    keep(tmp_path, LOW, 500.0, 5)
    alice, _ = await here.enter(ALICE), await here.enter(BOB, 660.0)
    here.plane.wire(CALL, 1, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}})
    here.plane.play(ALICE, LOW)
    here.plane.wire(CALL, 2, {ALICE: {Stream.VOICE: FromLeg(BOB)}})
    await eventually(lambda: here.ended() == [PromptEnded(ALICE, LOW)])
    await eventually(lambda: alice.voice.hears(660))


@pytest.mark.wire
@pytest.mark.parametrize("whole", [True, False])
async def test_music_does_not_begin_before_a_greeting_that_is_still_read(
    here: Stage, tmp_path: Path, whole: bool
) -> None:
    """WSV-02: whatever is read first; where the greeting turns out to be damaged, there is music."""
    keep(tmp_path, HIGH, 1500.0, 5)
    keep(tmp_path, LOW, 500.0, 0.6)
    path = file_of(tmp_path, LOW)
    assert path is not None
    greeting = path.read_bytes() if whole else b"no greeting"
    path.unlink()
    os.mkfifo(path)  # reading lasts until something is written
    alice, bob = await here.enter(ALICE), await here.enter(BOB, 660.0)
    here.plane.wire(CALL, 1, {leg: {Stream.VOICE: FromPrompt(HIGH)} for leg in (ALICE, BOB)})
    here.plane.play(ALICE, LOW)
    await eventually(lambda: bob.voice.hears(1500))
    before = alice.voice.loudness
    await asyncio.to_thread(path.write_bytes, greeting)
    assert before < 0.001
    if whole:
        await eventually(lambda: alice.voice.hears(500))
    await eventually(lambda: alice.voice.hears(1500))
    assert here.ended() == [PromptEnded(ALICE, LOW)]


@pytest.mark.wire
async def test_ringback_is_there_without_being_uploaded(here: Stage) -> None:
    alice = await here.enter(ALICE)
    here.plane.wire(CALL, 1, {ALICE: {Stream.VOICE: FromPrompt(RINGBACK)}})
    await eventually(lambda: alice.voice.level(440) > 0.01 and alice.voice.level(480) > 0.01)


@pytest.mark.unit
def test_ringback_sounds_two_seconds_of_six_without_a_click() -> None:
    piece = ringback()
    assert len(piece) == 6 * RATE
    assert 20 * np.log10(np.sqrt(np.mean(piece[: 2 * RATE] ** 2))) == pytest.approx(RINGBACK_DBFS, abs=0.5)
    assert not piece[2 * RATE :].any()
    assert abs(piece[2 * RATE - 1]) < 0.001


@pytest.mark.unit
def test_only_ids_that_the_server_makes_name_a_file(tmp_path: Path) -> None:
    for hostile in HOSTILE:
        assert file_of(tmp_path, PromptId(hostile)) is None
    assert file_of(tmp_path, LOW) == tmp_path / f"{LOW}.opus-packets"
