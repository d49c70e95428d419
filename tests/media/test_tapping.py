"""What a call wants recorded is written as it comes, by real clients through a real media plane."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from callflow.ids import RecordingId
from callflow.roles import Role
from callflow.wiring import Stream, Tapped, Taps
from media.settings import MediaSettings
from recording.records import Kind, Record, read_journal
from tests.media.parties import ALICE, BOB, CALL, Stage, both_ways, clients_on_loopback, eventually, stage

pytestmark = pytest.mark.wire

RED, BLUE = (200, 30, 30), (30, 30, 200)
RECORDING = RecordingId("rec_1")


@pytest.fixture
async def on_stage(music_cache: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    with clients_on_loopback():
        async with stage(MediaSettings(announced=("127.0.0.1",), cache=music_cache, spool=tmp_path)) as here:
            yield here


def taps(*, pictures: bool = True, running: bool = True) -> Taps:
    return {
        ALICE: Tapped(RECORDING, Role.CUSTOMER, pictures, running),
        BOB: Tapped(RECORDING, Role.AGENT, pictures, running),
    }


def received(here: Stage, stream: Stream = Stream.VOICE) -> int:
    return here.plane.counters()[ALICE][stream].received


async def more(here: Stage, count: int = 20) -> None:
    """Wait until so many more packets of Alice's voice have come."""
    before = received(here)
    await eventually(lambda: received(here) >= before + count)


def records(folder: Path, leg: str) -> list[Record]:
    return list(read_journal(folder / RECORDING / f"{leg}.tap"))


async def test_a_tap_holds_every_packet_that_the_leg_sends_across_a_new_transport(
    on_stage: Stage, tmp_path: Path
) -> None:
    """PLUS-01, PLUS-09: the same recording goes on; stated twice is stated once."""
    await on_stage.enter(ALICE, 440.0, RED)
    before = received(on_stage)
    on_stage.plane.wire(CALL, 1, {}, taps())
    on_stage.plane.wire(CALL, 1, {}, taps())
    await more(on_stage)
    await on_stage.enter(ALICE, 550.0, BLUE, reopen=True)
    await more(on_stage)
    await eventually(lambda: any(record.kind is Kind.RTCP for record in records(tmp_path, ALICE)))
    after = received(on_stage)
    on_stage.plane.close(ALICE)
    await on_stage.plane.stop()

    kept = records(tmp_path, ALICE)
    assert [record.kind for record in kept].count(Kind.START) == 2
    voice = [r for r in kept if r.kind is Kind.RTP and r.stream is Stream.VOICE]
    assert len(voice) == after - before
    assert any(r.kind is Kind.RTP and r.stream is Stream.CAMERA for r in kept)
    assert all(np.diff([record.seconds for record in kept if record.kind is Kind.RTP]) >= 0)


async def test_the_tap_of_a_leg_that_comes_later_is_set_before_it_is_bridged(on_stage: Stage, tmp_path: Path) -> None:
    """REC-02: not one packet that the other side hears is missing."""
    await on_stage.enter(ALICE, 440.0)
    on_stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE), taps(pictures=False))
    await on_stage.enter(BOB, 700.0)
    await eventually(lambda: on_stage.plane.counters()[ALICE][Stream.VOICE].sent > 20)
    on_stage.plane.close(BOB)
    sent = on_stage.plane.counters()[ALICE][Stream.VOICE].sent
    await on_stage.plane.stop()
    heard = [r for r in records(tmp_path, BOB) if r.kind is Kind.RTP]
    assert len(heard) >= sent > 20


async def test_a_pause_writes_nothing_and_what_is_not_wanted_is_not_written(on_stage: Stage, tmp_path: Path) -> None:
    """PLUS-10, REC-03: sound alone; then nothing while it pauses; and an older wiring changes nothing."""
    await on_stage.enter(ALICE, 440.0, RED)
    on_stage.plane.wire(CALL, 1, {}, taps(pictures=False))
    await more(on_stage)
    on_stage.plane.wire(CALL, 2, {}, taps(pictures=False, running=False))
    paused = received(on_stage)
    on_stage.plane.wire(CALL, 1, {}, taps())
    await more(on_stage)
    resumed = received(on_stage)
    on_stage.plane.wire(CALL, 3, {}, taps(pictures=False))
    await more(on_stage)
    on_stage.plane.wire(CALL, 4, {})
    stopped = received(on_stage)
    await more(on_stage)
    await on_stage.plane.stop()

    kept = records(tmp_path, ALICE)
    assert [record.kind for record in kept].count(Kind.START) == 1
    packets = [r for r in kept if r.kind is Kind.RTP]
    assert {r.stream for r in packets} == {Stream.VOICE}
    assert len(packets) <= stopped - resumed + paused
    longest = max(np.diff([r.seconds for r in packets]))
    assert 0.2 < longest < 5, "the pause is a gap, and recording went on after it"
