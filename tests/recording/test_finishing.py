import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from callflow.roles import Role
from callflow.wiring import Stream
from media.opus import FRAME, packet_samples
from recording import finishing
from recording.finishing import Facts, FileKind, Finished, UnsafeDiskError, finish, read_manifest
from recording.records import MAGIC, Kind, read_journal
from recording.side_by_side import make_side_by_side
from recording.spool import look_into, remove
from recording.taps import Flaw
from tests.recording.talk import (
    AGENT,
    AGENT_HZ,
    BLUE,
    CUSTOMER,
    CUSTOMER_HZ,
    GREEN,
    OPUS,
    OTHER_AGENT,
    OTHER_HZ,
    RECORDING,
    RED,
    VP8,
    Call,
    Sent,
    colours_of,
    length_of,
    pictures,
    repair,
    rtp,
    sound_of,
    tones_of,
    voice,
)

pytestmark = pytest.mark.unit

SECONDS = 6.0


@pytest.fixture
def call(tmp_path: Path) -> Call:
    return Call(tmp_path / "spool")


def finished(call: Call, seconds: float | None = SECONDS, mixed: bool = False) -> Finished:
    return finish(call.path, call.path.parent / "done", Facts(RECORDING, call.began, seconds, mixed=mixed))


def voices(call: Call, kind: str = "voice") -> tuple[list[int | None], list[int | None]]:
    return tones_of(call.path.parent / "done" / f"{kind}.webm")


def near(colour: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return all(abs(one - two) < 20 for one, two in zip(colour, other, strict=True))


def test_each_voice_is_heard_on_its_own_side_at_its_own_time_through_a_gap_and_a_change_of_agents(call: Call) -> None:
    """Left the customer, right the agents; the length is that of the wall clock."""
    call.tap(CUSTOMER, Role.CUSTOMER, [*voice(CUSTOMER_HZ, 0, 3), *voice(CUSTOMER_HZ, 8, 12, ssrc=7, sequence=20)])
    call.tap(AGENT, Role.AGENT, voice(AGENT_HZ, 0, 3))
    call.tap(OTHER_AGENT, Role.AGENT, voice(OTHER_HZ, 4, 11))
    done = finished(call, 12.34, mixed=True)
    customer = [CUSTOMER_HZ] * 3 + [None] * 5 + [CUSTOMER_HZ] * 4
    agent = [AGENT_HZ] * 3 + [None] + [OTHER_HZ] * 7 + [None]
    for kind in (FileKind.VOICE, FileKind.MIXED):
        assert voices(call, kind) == (customer, agent)
        assert length_of(call.path.parent / "done" / f"{kind}.webm") == pytest.approx(12.34, abs=0.02)
    assert (done.length_seconds, done.partial, done.unread) == (12.34, False, ())
    peaks = json.loads((call.path.parent / "done" / "waveform.json").read_text())
    assert len(peaks["customer"]) == 124
    assert all((peak > 50) == (at < 30 or at >= 80) for at, peak in enumerate(peaks["customer"][:120]) if at % 10 != 0)


def lossy(sent: Iterable[Sent], share: float, seed: int = 1) -> list[Sent]:
    random = Random(seed)
    return [packet for packet in sent if random.random() >= share]


def jittered(sent: Iterable[Sent], most_s: float, seed: int = 1) -> list[Sent]:
    random = Random(seed)
    return [replace(packet, at=packet.at + most_s * random.random() ** 3) for packet in sent]


def test_a_poor_line_costs_what_it_lost_and_shifts_nothing(call: Call) -> None:
    """A fifth lost, others late, out of order or doubled: what arrived is heard at its own time."""
    good = list(voice(CUSTOMER_HZ, 0, SECONDS))
    call.tap(CUSTOMER, Role.CUSTOMER, [*jittered(lossy(good, 0.2), 0.15), *jittered(lossy(good, 0.8), 0.3, 2)])
    call.tap(AGENT, Role.AGENT, jittered(voice(AGENT_HZ, 1, SECONDS), 0.2))
    assert not finished(call).partial
    customer, agent = voices(call)
    assert (customer, agent) == ([CUSTOMER_HZ] * 6, [None] + [AGENT_HZ] * 5)
    # What was said at second 1 does not begin before it, nor more than two packets after it.
    sound = sound_of(call.path.parent / "done" / "voice.webm")[1]
    assert 0.98 < next(at for at, sample in enumerate(sound.tolist()) if abs(sample) > 0.05) / 48_000 < 1.05


@pytest.mark.parametrize("frame_ms", [10, 40, 60])
def test_packets_of_other_lengths_are_encoded_anew(call: Call, frame_ms: int) -> None:
    call.tap(CUSTOMER, Role.CUSTOMER, lossy(voice(CUSTOMER_HZ, 1, 4, frame_ms=frame_ms), 0.05))
    call.tap(AGENT, Role.AGENT, voice(AGENT_HZ, 0, SECONDS))
    finished(call)
    assert voices(call) == ([None] + [CUSTOMER_HZ] * 3 + [None] * 2, [AGENT_HZ] * 6)
    assert length_of(call.path.parent / "done" / "voice.webm") == pytest.approx(SECONDS, abs=0.02)


def test_pictures_are_shown_at_their_times_and_a_retransmission_repairs_them(call: Call) -> None:
    """Black until the first picture; the last one stands until the end."""
    customer = list(pictures([RED] * 50 + [BLUE] * 50, 1))
    holes = [packet for number, packet in enumerate(customer) if number % 9 == 4]
    arrived = [packet for packet in customer if packet not in holes]
    call.tap(CUSTOMER, Role.CUSTOMER, [*arrived, *(repair(packet, 0.2) for packet in [*holes, *customer[::20]])])
    call.tap(AGENT, Role.AGENT, pictures([GREEN] * 25, 2), pictures([RED] * 25, 4, ssrc=9, size=(160, 120), sequence=0))
    done = finished(call)
    assert [file.kind for file in done.files] == [
        FileKind.VOICE, FileKind.CUSTOMER, FileKind.AGENT, FileKind.WAVEFORM,
    ]  # fmt: skip
    shown = colours_of(call.path.parent / "done" / "customer.webm")
    assert len(shown) == 101
    for at, colour in shown:
        assert near(colour, (0, 0, 0) if at < 0.98 else RED if at < 2.98 else BLUE), at
    assert shown[1][0] == pytest.approx(1, abs=0.02)
    for at, colour in colours_of(call.path.parent / "done" / "agent.webm"):
        assert near(colour, (0, 0, 0) if at < 1.98 else GREEN if at < 3.98 else RED), at
    for side in ("customer", "agent"):
        assert length_of(call.path.parent / "done" / f"{side}.webm") == pytest.approx(SECONDS, abs=0.02)


def test_after_a_hole_no_picture_is_shown_before_the_next_key_frame(call: Call) -> None:
    sent = list(pictures([RED] * 30 + [BLUE] * 30, 0))
    first_of = [number for number, packet in enumerate(sent) if packet.packet[12] & 0x10]
    del sent[first_of[10]]
    call.tap(CUSTOMER, Role.CUSTOMER, sent)
    finished(call)
    shown = colours_of(call.path.parent / "done" / "customer.webm")
    times = [round(at, 2) for at, _ in shown]
    assert times[10:13] == [0.36, 1.2, 1.24]
    assert all(near(colour, RED if at < 1.2 else BLUE) for at, colour in shown if at)


def test_a_picture_that_claims_more_than_full_hd_is_not_kept(call: Call) -> None:
    """L8: what a page would have to decode is bounded."""
    frame = bytearray(next(iter(pictures([RED], 0))).packet)
    for width, height in ((16383, 16383), (1921, 1080), (1920, 1920), (0, 0)):
        frame[12 + 4 + 6 : 12 + 4 + 10] = struct.pack("<HH", width, height)
        frame[1] |= 0x80
        call.tap(CUSTOMER, Role.CUSTOMER, [Sent(1, Stream.CAMERA, bytes(frame), 1)])
        assert FileKind.CUSTOMER not in {file.kind for file in finished(call).files}


def test_a_tap_that_was_cut_off_is_finished_as_partial_unless_the_leg_went_on(call: Call) -> None:
    """S4: a recording is never lost."""
    call.tap(CUSTOMER, Role.CUSTOMER, voice(CUSTOMER_HZ, 0, 3), closed=False)
    agent = call.tap(AGENT, Role.AGENT, voice(AGENT_HZ, 0, SECONDS))
    assert finished(call, None).why == (Flaw.CUT_OFF,)
    assert voices(call) == ([CUSTOMER_HZ] * 3 + [None] * 2, [AGENT_HZ] * 5)
    call.tap(CUSTOMER, Role.CUSTOMER, voice(CUSTOMER_HZ, 4, SECONDS))
    assert finished(call).why == ()
    assert voices(call)[0] == [CUSTOMER_HZ] * 3 + [None] + [CUSTOMER_HZ] * 2
    agent.write_bytes(agent.read_bytes()[:-5])
    assert finished(call).why == (Flaw.CUT_OFF,)
    agent.write_bytes(MAGIC + b"\x01" * 1000)
    done = finished(call)
    assert (done.why, done.unread) == ((Flaw.UNREADABLE,), (agent.name,))


def test_a_recording_without_any_packet_is_silence_and_says_so(call: Call) -> None:
    assert finished(call).why == (Flaw.EMPTY,)
    assert voices(call) == ([None] * 6, [None] * 6)


WRITER = """
import sys, time
from pathlib import Path
from callflow.roles import Role
from recording.journal import JournalWriter
from tests.recording.talk import CUSTOMER, RECORDING, STREAMS, voice
journal = JournalWriter().open(CUSTOMER, RECORDING, Path(sys.argv[1]), Role.CUSTOMER)
packets = list(voice(500, 0, 60))
began = time.monotonic()
journal.start("transport", STREAMS)
for sent in packets:
    time.sleep(max(0.0, began + sent.at - time.monotonic()))
    journal.rtp(sent.stream, memoryview(sent.packet), time.monotonic())
    print(time.time(), flush=True)
"""


def test_a_process_that_is_killed_loses_no_more_than_half_a_second(call: Call) -> None:
    """S4, L9."""
    path = call.path / f"{CUSTOMER}.tap"
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(85)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
    began, killed = float(lines[0]), float(lines[-1])
    done = finish(call.path, call.path.parent / "done", Facts(RECORDING, began))
    assert killed - began - 0.5 < done.length_seconds <= killed - began + 0.1
    assert done.why == (Flaw.CUT_OFF,)
    assert voices(call)[0][0] == CUSTOMER_HZ


# -- again and again -------------------------------------------------------------------------------------------------


class KilledError(Exception):
    """The process ends here."""


def video_call(call: Call) -> None:
    call.tap(CUSTOMER, Role.CUSTOMER, [*voice(CUSTOMER_HZ, 0, 1), *pictures([RED] * 10, 0)])
    call.tap(AGENT, Role.AGENT, [*voice(AGENT_HZ, 0, 1), *pictures([BLUE] * 10, 0, stream=Stream.SCREEN)])


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_killed_at_any_step_it_is_run_again_and_makes_the_same_bytes(call: Call) -> None:
    video_call(call)
    facts = Facts(RECORDING, call.began, 1.0)
    steps: list[str] = []
    expected = finish(call.path, call.path.parent / "done", facts, steps.append)
    whole = bytes_in(call.path.parent / "done")
    assert set(whole) == {
        "voice.webm", "customer.webm", "agent_screen.webm", "waveform.json", "manifest.json",
    }  # fmt: skip
    assert len(steps) > 20
    for number in range(len(steps)):
        into = call.path.parent / str(number)
        left = [number]

        def dies(_: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KilledError

        with pytest.raises(KilledError):
            finish(call.path, into, facts, dies)
        assert finish(call.path, into, facts) == expected
        assert bytes_in(into) == whole


def test_the_result_outlives_its_taps_and_is_made_anew_when_a_file_has_changed(call: Call) -> None:
    video_call(call)
    facts, into = Facts(RECORDING, call.began, 1.0, about={"queue": "Sales"}), call.path.parent / "done"
    expected = finish(call.path, into, facts)
    assert read_manifest(into / "manifest.json") == expected
    assert json.loads((into / "manifest.json").read_text())["facts"]["about"] == {"queue": "Sales"}
    for file in expected.files:
        (into / file.name).write_bytes(b"changed")
        assert finish(call.path, into, facts) == expected
    longer = finish(call.path, into, replace(facts, seconds=3.0))
    assert longer.length_seconds == 3.0
    remove(look_into(call.path)[0])
    assert not call.path.exists()
    assert finish(call.path, into, facts) == longer


def test_a_disk_that_does_not_keep_what_it_was_given_is_noticed(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    video_call(call)
    sums = iter([(1, "one"), (1, "other")])

    def read(_: Path) -> tuple[int, str]:
        return next(sums)

    monkeypatch.setattr(finishing, "sum_of", read)
    with pytest.raises(UnsafeDiskError, match=r"voice\.webm"):
        finished(call)


# -- strangers' packets ----------------------------------------------------------------------------------------------


def test_nothing_that_a_leg_sends_stops_its_recording(call: Call) -> None:
    """Random bytes, headers that lie, jumping clocks and numbers, beside a voice that is heard all the same."""
    random = Random(3)
    hostile: list[Sent] = []
    for number in range(600):
        at = number * SECONDS / 600
        body = random.randbytes(random.randrange(0, 40))
        header = rtp(random.choice([111, 96, 97]), random.getrandbits(16), random.getrandbits(32), 5, body, True)
        lying = bytes([header[0] | random.getrandbits(6)]) + header[1:]
        packet = random.choice([header, lying, body, b"", header[: random.randrange(12)]])
        hostile.append(Sent(at, random.choice(list(Stream)), packet, number))
    call.tap(CUSTOMER, Role.CUSTOMER, [*voice(CUSTOMER_HZ, 0, SECONDS), *hostile])
    call.tap(AGENT, Role.AGENT, hostile)
    assert length_of(call.path.parent / "done" / finished(call).files[0].name) == pytest.approx(SECONDS, abs=0.02)
    damaged = bytearray((call.path / f"{CUSTOMER}.tap").read_bytes())
    for _ in range(300):
        damaged[random.randrange(600, len(damaged))] = random.getrandbits(8)
    (call.path / f"{CUSTOMER}.tap").write_bytes(damaged)
    assert Flaw.EMPTY not in finished(call).why
    assert any(record.kind is Kind.RTP for record in read_journal(call.path / f"{CUSTOMER}.tap"))


def test_packets_that_only_look_like_voice_and_pictures_spoil_nothing_of_the_other_side(call: Call) -> None:
    """One frame of 20 ms by its first byte, or a key frame by its header, and rubbish of any length behind."""
    random = Random(4)
    kinds = [first for first in range(256) if not first & 3 and packet_samples(bytes([first])) == FRAME]
    rubbish = [
        Sent(number * 0.02, Stream.VOICE, rtp(OPUS, number, number * 960, 1, bytes([random.choice(kinds)]) + body), 0)
        for number, length in enumerate([0, 1, 2, 251, 252, 253, 1274, 1275, 1276, 1400] * 30)
        for body in [random.randbytes(length)]
    ]
    frame = next(iter(pictures([RED], 0))).packet[16:]
    shown = [
        Sent(number * 0.04, Stream.CAMERA, rtp(VP8, number, number * 3600, 2, payload, True), 0)
        for number in range(100)
        for payload in [b"\x10" + frame[:10] + random.randbytes(random.randrange(1000))]
    ]
    call.tap(CUSTOMER, Role.CUSTOMER, [*rubbish, *shown])
    call.tap(AGENT, Role.AGENT, voice(AGENT_HZ, 0, SECONDS))
    finished(call, mixed=True)
    for kind in ("voice", "mixed"):
        assert voices(call, kind)[1] == [AGENT_HZ] * 6
    make_side_by_side(call.path.parent / "done")
    assert length_of(call.path.parent / "done" / "side_by_side.webm") == pytest.approx(SECONDS, abs=0.1)
