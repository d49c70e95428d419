"""The sender's clock against the recording's, in columns of hours."""

import struct
from collections.abc import Iterable
from random import Random

import numpy as np
import pytest

from recording.columns import MAX_LANES, Columns
from recording.timeline import Segment, segments_of
from tests.recording.talk import OPUS, RTX, VP8, rtp

pytestmark = pytest.mark.unit

HERTZ = 48_000


def voice_columns(rows: Iterable[tuple[int, int, float]]) -> Columns:
    """Take packets by sequence, timestamp and arrival."""
    columns = Columns(HERTZ)
    for sequence, timestamp, arrival in rows:
        columns.add(0, 0, rtp(OPUS, sequence, timestamp, 1, b"xx"), arrival)
    return columns


def only(columns: Columns) -> Segment:
    (segment,) = segments_of(columns)
    return segment


@pytest.mark.parametrize("parts_per_million", [-200, 200])
def test_a_clock_that_runs_fast_or_slow_is_followed_for_hours(parts_per_million: int) -> None:
    """An hour of 20 ms packets, each up to half a second late: none is placed 0.05 s from when it was said."""
    random = Random(1)
    count = 3600 * 50
    said = np.arange(count) * 0.02 / (1 + parts_per_million / 1e6)
    late = np.array([0.02 + 0.5 * random.random() ** 8 for _ in range(count)])
    columns = voice_columns(
        (number & 0xFFFF, 1000 + number * 960 & 0xFFFFFFFF, arrival)
        for number, arrival in enumerate((said + late).tolist())
    )
    error = np.abs(only(columns).seconds - said - 0.02)
    assert len(error) == count
    assert error.max() < 0.05


def test_a_stall_of_the_network_moves_nothing_and_the_packets_that_it_held_back_keep_their_times() -> None:
    def arrival(number: int) -> float:
        said = number * 0.02
        return 13.0 + (said - 10) * 0.01 if 10 <= said < 13 else said

    segment = only(voice_columns((number, number * 960, arrival(number)) for number in range(1500)))
    assert np.abs(segment.seconds - np.arange(1500) * 0.02).max() < 0.01


@pytest.mark.parametrize("paused", [1.0, 5.0, 29.0, 3600.0])
def test_a_sender_that_leaves_a_pause_out_of_its_timestamps_is_heard_after_the_pause(paused: float) -> None:
    rows = ((number, number * 960, number * 0.02 + (paused if number >= 500 else 0)) for number in range(1000))
    first, second = segments_of(voice_columns(rows))
    assert (len(first.packets), len(second.packets)) == (500, 500)
    assert second.seconds[0] == pytest.approx(10 + paused, abs=0.01)


@pytest.mark.parametrize("jump", [2.0, -2.0, 20.0, -20.0, 40_000.0])
def test_a_clock_that_jumps_begins_a_segment_and_fills_nothing(jump: float) -> None:
    rows = (
        (number, (5_000_000 + number * 960 + (round(jump * HERTZ) if number >= 500 else 0)) & 0xFFFFFFFF, number * 0.02)
        for number in range(1000)
    )
    segments = segments_of(voice_columns(rows))
    placed = np.concatenate([segment.seconds for segment in segments])
    assert len(segments) == 2
    assert np.abs(placed - np.arange(1000) * 0.02).max() < 0.01


def test_quiet_that_is_not_sent_stays_quiet() -> None:
    """DTX: timestamps go on while nothing comes."""
    rows = [(number, number * 960, number * 0.02) for number in range(100)]
    rows += [(100 + number, (1000 + number) * 960, 20 + number * 0.02) for number in range(100)]
    segment = only(voice_columns(rows))
    assert segment.seconds[99:101].tolist() == pytest.approx([1.98, 20.0], abs=0.01)


def test_packets_are_put_in_order_and_doubles_left_out_around_the_wrapping_of_all_numbers() -> None:
    random = Random(2)
    rows = [
        (
            (65_000 + number) & 0xFFFF,
            (2**32 - 300_000 + number * 960) & 0xFFFFFFFF,
            number * 0.02 + random.random() * 0.2,
        )
        for number in range(1000)
    ]
    doubled = sorted(
        rows + [(sequence, timestamp, at + 0.1) for sequence, timestamp, at in rows], key=lambda row: row[2]
    )
    segment = only(voice_columns(doubled))
    assert np.diff(segment.sequence).tolist() == [1] * 999
    assert np.abs(np.diff(segment.seconds) - 0.02).max() < 0.005


def test_another_source_and_another_transport_begin_segments_of_their_own() -> None:
    columns = Columns(HERTZ)
    for number in range(300):
        if number == 200:
            columns.begin()
        columns.add(0, 0, rtp(OPUS, number, number * 960, 1 if number < 100 else 2, b"xx"), number * 0.02)
    assert [len(segment.packets) for segment in segments_of(columns)] == [100, 100, 100]


def test_a_retransmission_takes_the_place_of_what_was_lost_and_only_that() -> None:
    columns = Columns(90_000)
    for number in range(100):
        if number != 50:
            columns.add(0, number, rtp(VP8, number, number * 3600, 1, b"xx"), number * 0.04)
        if number == 60:
            for again in (50, 51):
                columns.add_repair(
                    0, 1000 + again, rtp(RTX, 7, again * 3600, 9, struct.pack("!H", again) + b"yy"), 60 * 0.04
                )
            columns.add_repair(0, 2000, rtp(RTX, 8, 50 * 3600, 9, b"\x00\x32"), 60 * 0.04)  # it fills the line
            columns.add_repair(0, 3000, rtp(RTX, 8, 2**31, 9, b"\x00\x40yy"), 60 * 0.04)  # it lies
    segment = only(columns)
    positions = [columns.position[int(row)] - 12 for row in segment.packets]
    assert positions[49:52] == [49, 1052, 51]
    assert len(positions) == 100
    assert segment.seconds[50] == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize(("clock", "numbers"), [(60_000, 1), (10_000_000, 1), (960, 5000)])
def test_a_sender_that_begins_anew_with_every_packet_costs_no_more_than_a_limit(clock: int, numbers: int) -> None:
    rows = ((number * numbers & 0xFFFF, number * clock & 0xFFFFFFFF, number * 0.02) for number in range(20_000))
    segments = segments_of(voice_columns(rows))
    assert 1000 < len(segments) <= MAX_LANES + 1
    placed = np.concatenate([segment.seconds for segment in segments[:1000]])
    assert np.abs(placed - np.arange(len(placed)) * 0.02).max() < 0.05


def test_extensions_sources_and_padding_are_not_payload_and_headers_that_lie_are_left_out() -> None:
    body = rtp(OPUS, 1, 2, 3, b"")[1:]
    extension = struct.pack("!HH", 0xBEDE, 1) + bytes(4)
    columns = Columns(HERTZ)
    columns.add(0, 0, bytes([0xB2]) + body + bytes(8) + extension + b"opus" + b"\0\0\x03", 0.0)
    assert (columns.position[0], columns.size[0], columns.first_bytes[0]) == (12 + 8 + 8, 4, int.from_bytes(b"op"))
    for lie in (
        b"", body, bytes([0x40]) + body, bytes([0x8F]) + body, bytes([0x90]) + body, bytes([0xA0]) + body + b"\xff",
        bytes([0x90]) + body + b"\0\0\xff\xff",
    ):  # fmt: skip
        columns.add(0, 0, lie, 0.0)
    assert len(columns) == 1
