"""The arithmetic of what a leg's network does."""

import struct

import pytest

from media.arrivals import PictureArrivals, VoiceArrivals
from media.lag import summed
from media.opinion import mean_opinion
from media.reports import Reports
from media.vp8 import key_frame_size

pytestmark = pytest.mark.unit


def key_frame(width: int, height: int) -> memoryview:
    """The first packet of a key frame, with a long picture id."""
    return memoryview(
        b"\x90\x80\x80\x01" + b"\x50\x01\x00\x9d\x01\x2a" + struct.pack("<HH", width | 0x4000, height) + bytes(20)
    )


def test_a_packet_that_never_came_is_lost_and_a_late_one_is_not() -> None:
    voice = VoiceArrivals()
    for sequence in (65_534, 65_535, 1, 3, 2, 4):
        voice.arrived(sequence, 0, 0.0)
    assert voice.take() == (7, 1)
    voice.arrived(0, 0, 0.0)
    voice.arrived(5, 0, 0.0)
    assert voice.take() == (1, -1), "the loss that was told is taken back"
    assert voice.highest == 65_536 + 5


def test_a_sender_that_begins_anew_has_lost_nothing() -> None:
    voice = VoiceArrivals()
    for sequence in (10, 11, 20_000, 20_001):
        voice.arrived(sequence, 0, 0.0)
    assert voice.take() == (4, 0)


def test_voice_that_comes_evenly_has_no_jitter_and_voice_that_wavers_has_its_mean_deviation() -> None:
    even, wavering = VoiceArrivals(), VoiceArrivals()
    for n in range(400):
        timestamp = (4_294_967_000 + 960 * n) & 0xFFFF_FFFF
        even.arrived(n, timestamp, 100 + 0.02 * n)
        wavering.arrived(n, timestamp, 100 + 0.02 * n + (0.010 if n % 2 else 0.0))
    assert even.jitter_ms < 0.1
    assert wavering.jitter_ms == pytest.approx(10, abs=0.5)


def picture_gaps(*gaps_s: float) -> PictureArrivals:
    """Pictures of two packets, with these gaps between them."""
    pictures, now, view = PictureArrivals(), 50.0, key_frame(640, 360)
    for n, gap in enumerate((0.0, *gaps_s)):
        now += gap
        for packet in (2 * n, 2 * n + 1):
            if pictures.arrived(packet, 3000 * n, now):
                pictures.begins(view, 0, len(view), now)
    return pictures


def test_a_picture_froze_when_the_next_is_later_than_three_gaps_and_than_one_and_150_ms() -> None:
    steady = (0.033,) * 30
    assert picture_gaps(*steady, 0.180, *steady).freezes == 0
    assert picture_gaps(*steady, 0.200, *steady, 2.5).freezes == 2
    assert picture_gaps(*((0.2,) * 30), 0.5).freezes == 0
    assert picture_gaps(*((0.2,) * 30), 0.7).freezes == 1


def test_a_camera_that_is_switched_off_and_on_does_not_freeze() -> None:
    pictures = picture_gaps(*((0.033,) * 30), 8.0, 0.2, *((0.033,) * 30))
    assert (pictures.freezes, pictures.frames) == (0, 63)
    assert (pictures.width, pictures.height) == (640, 360)


def test_only_a_whole_key_frame_header_has_a_size() -> None:
    view = key_frame(16_383, 1)
    assert key_frame_size(view, 0, len(view)) == (16_383, 1)
    assert all(key_frame_size(view, 0, end) is None for end in range(14))
    assert key_frame_size(memoryview(b"\x10\x51" + bytes(30)), 0, 32) is None


def block(highest: int, lost: int, jitter: int = 0, clock: int = 0, held: int = 0) -> bytes:
    return struct.pack("!LLLLLL", 1, lost & 0xFF_FFFF, highest, jitter, clock, held)


def test_what_never_reached_the_server_is_no_loss_of_the_receivers_network() -> None:
    reports = Reports()
    reports.came(block(1_000, 0), 0, 0.0)
    reports.came(block(1_100, 15), 5, 1.0)
    assert reports.take() == (100, 10)
    reports.came(block(1_200, 20), 10, 2.0)
    assert reports.take() == (100, 0)


def test_the_round_trip_runs_from_a_passed_on_report_less_the_time_that_it_was_held() -> None:
    reports = Reports()
    reports.passed_on(7, 10.0)
    reports.passed_on(8, 15.0)
    reports.came(block(1, 0, jitter=480, clock=7, held=65_536 // 2), 0, 10.58)
    assert reports.round_trip == pytest.approx(0.08)
    assert reports.jitter == 480
    reports.take()
    assert (reports.jitter, reports.round_trip) == (None, None)
    reports.came(block(2, 0, clock=9), 0, 16.0)
    assert reports.round_trip is None, "nobody knows when that report was passed on"


def test_reports_that_make_no_sense_count_no_more_than_was_sent() -> None:
    reports = Reports()
    for highest, lost in ((5, -3), (6, 0x7F_FFFF), (0, -0x80_0000), (0xFFFF_FFFF, 1)):
        reports.came(block(highest, lost, clock=1, held=0xFFFF_FFFF), 3, 1.0)
        expected, missing = reports.take()
        assert 0 <= missing <= expected
    assert reports.round_trip is None


def test_the_opinion_falls_with_loss_and_with_delay() -> None:
    assert mean_opinion(0, 0, 0) == pytest.approx(4.4, abs=0.05)
    assert mean_opinion(0.05, 5, 60) == pytest.approx(3.9, abs=0.1)
    assert mean_opinion(0.2, 30, 300) < 2.7
    assert mean_opinion(1, 1000, 60_000) == 1.0
    falling = [mean_opinion(loss / 100, 10, 100) for loss in range(101)]
    assert falling == sorted(falling, reverse=True)


def test_the_lag_is_given_by_nearest_rank() -> None:
    lag = summed([n / 1000 for n in range(1, 101)])
    assert (lag.p50_ms, lag.p99_ms, lag.max_ms) == pytest.approx((50, 99, 100))
    assert summed([]).max_ms == 0
