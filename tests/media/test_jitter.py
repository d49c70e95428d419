"""The queue before a mix, and the length of Opus packets."""

import random

import numpy as np
import pytest

from media.jitter import MOST, PREFILL, JitterBuffer
from media.opus import FRAME, Decoder, Encoder, packet_samples

pytestmark = pytest.mark.unit

FRAME_20_MS = b"\x78"
FRAME_10_MS = b"\x70"
FRAMES_40_MS = b"\x79"


def packet(number: int, head: bytes = FRAME_20_MS) -> bytes:
    return head + bytes([number])


def filled(first: int, count: int, head: bytes = FRAME_20_MS) -> JitterBuffer:
    jitter = JitterBuffer()
    for number in range(first, first + count):
        jitter.put(number & 0xFFFF, packet(number & 0xFF, head))
    return jitter


def test_packets_come_out_in_order_one_for_each_frame_also_where_the_numbers_wrap() -> None:
    jitter = JitterBuffer()
    for number in (65_535, 65_534, 1, 0, 2):
        jitter.put(number, packet(number & 0xFF))
    assert [jitter.take() for _ in range(5)] == [[packet(number)] for number in (254, 255, 0, 1, 2)]


def test_it_waits_for_two_packets_at_first_and_after_running_dry() -> None:
    jitter = filled(10, 1)
    assert jitter.take() == []
    jitter.put(11, packet(11))
    assert [jitter.take() for _ in range(3)] == [[packet(10)], [packet(11)], []]
    jitter.put(12, packet(12))
    assert jitter.take() == []
    jitter.put(13, packet(13))
    assert jitter.take() == [packet(12)]


def test_a_lost_packet_is_one_frame_of_silence_and_one_that_comes_too_late_is_dropped() -> None:
    jitter = filled(10, 3)
    jitter.put(14, packet(14))
    jitter.put(15, packet(15))
    assert [jitter.take() for _ in range(4)] == [[packet(10)], [packet(11)], [packet(12)], []]
    jitter.put(13, packet(13))
    assert [jitter.take() for _ in range(2)] == [[packet(14)], [packet(15)]]


def test_a_burst_is_cut_down_to_its_newest_packets() -> None:
    jitter = filled(10, MOST + 1)
    newest = 10 + MOST
    assert [jitter.take() for _ in range(PREFILL)] == [[packet(newest - 1)], [packet(newest)]]


def test_another_numbering_begins_anew() -> None:
    jitter = filled(10, 3)
    jitter.take()
    for number in (30_000, 30_001):
        jitter.put(number, packet(number & 0xFF))
    assert jitter.take() == [packet(30_000 & 0xFF)]


@pytest.mark.parametrize(("head", "counts"), [(FRAME_10_MS, [2, 2, 2, 0]), (FRAMES_40_MS, [1, 0, 1, 0, 1, 0, 1])])
def test_packets_of_other_lengths_keep_the_same_time(head: bytes, counts: list[int]) -> None:
    jitter = filled(10, 6, head)
    assert [len(jitter.take()) for _ in counts] == counts


@pytest.mark.parametrize("seed", range(20))
def test_nothing_that_arrives_breaks_it_or_makes_it_grow(seed: int) -> None:
    rng = random.Random(seed)
    jitter, decoder = JitterBuffer(), Decoder()
    for _ in range(500):
        jitter.put(rng.choice([rng.randrange(65_536), rng.randrange(20)]), rng.randbytes(rng.randrange(40)))
        for given in jitter.take() if rng.random() < 0.8 else []:
            assert len(decoder.decode(given)) == packet_samples(given) > 0
        assert len(jitter._packets) <= MOST  # pyright: ignore


@pytest.mark.parametrize(
    ("packet", "samples"),
    [(b"", 0), (b"\x78x", 960), (b"\x00x", 480), (b"\x18x", 2880), (b"\x60x", 480), (b"\x80x", 120), (b"\xf9x", 1920),
     (b"\xfb\x06", 5760), (b"\xfb\x07", 0), (b"\xfb", 0), (b"\xfb\x00", 0)],
)  # fmt: skip
def test_a_packets_length_is_read_from_its_first_bytes(packet: bytes, samples: int) -> None:
    assert packet_samples(packet) == samples


def test_what_is_encoded_comes_out_again_as_loud_as_it_was() -> None:
    tone = (0.3 * np.sin(2 * np.pi * 700 * np.arange(50 * FRAME) / 48_000)).astype(np.float32)
    encoder, decoder = Encoder("voip", 32_000, 5), Decoder()
    packets = [encoder.encode(tone[start : start + FRAME]) for start in range(0, len(tone), FRAME)]
    assert all(len(made) == 1 for made in packets)
    heard = np.concatenate([decoder.decode(made[0]) for made in packets])[10 * FRAME :]
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)
