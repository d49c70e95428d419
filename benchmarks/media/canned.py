"""The sound and the picture that the clients send: encoded once, cut into RTP payloads, repeated for good."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np

from media import prompts

SECONDS = 5
FRAMES_PER_SECOND = 30
BITS_PER_SECOND = 1_000_000
WIDTH, HEIGHT = 640, 480
PAYLOAD_BYTES = 1100
PACING_US = 300
"""Between two packets of the same picture, as a browser paces them."""


@dataclass(frozen=True, slots=True)
class Packet:
    """An RTP payload, and when it is due and what its RTP timestamp is, both from the clip's beginning."""

    payload: bytes
    due_us: int
    timestamp: int
    marker: bool


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Packets that are sent in a loop."""

    packets: tuple[Packet, ...]
    loop_us: int
    loop_ticks: int
    """The length in units of the RTP timestamp."""


def voice() -> Clip:
    """Encode something like speech: Opus, 20 ms, about 100 bytes a packet."""
    time = np.arange(SECONDS * prompts.RATE) / prompts.RATE
    syllables = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * time)
    hum = np.sin(2 * np.pi * (140 + 30 * np.sin(2 * np.pi * 1.3 * time)) * time) + 0.5 * np.sin(2 * np.pi * 700 * time)
    breath = np.random.default_rng(1).standard_normal(len(time))
    samples = (0.3 * syllables * (hum + 0.1 * breath)).astype(np.float32)
    packets = tuple(
        Packet(payload, n * 20_000, n * prompts.FRAME, False) for n, payload in enumerate(prompts.encode(samples))
    )
    return Clip(packets, SECONDS * 1_000_000, SECONDS * prompts.RATE)


def camera() -> Clip:
    """Encode a moving picture: VP8, 640x480, 30 frames a second, 1 Mbit a second, a key frame at the beginning."""
    packets: list[Packet] = []
    for n, frame in enumerate(_pictures()):
        parts = [frame[at : at + PAYLOAD_BYTES] for at in range(0, len(frame), PAYLOAD_BYTES)]
        for index, part in enumerate(parts):
            # RFC 7741, 4.2: extended, with a picture id of 15 bits; the first part of a picture is marked.
            descriptor = bytes([0x80 if index else 0x90, 0x80, 0x80 | n >> 8, n & 0xFF])
            due_us = n * 1_000_000 // FRAMES_PER_SECOND + index * PACING_US
            packets.append(Packet(descriptor + part, due_us, n * 90_000 // FRAMES_PER_SECOND, part is parts[-1]))
    packets.sort(key=lambda packet: packet.due_us)
    return Clip(tuple(packets), SECONDS * 1_000_000, SECONDS * 90_000)


def _pictures() -> list[bytes]:
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.bit_rate = BITS_PER_SECOND
    codec.gop_size = 100_000
    codec.time_base = Fraction(1, FRAMES_PER_SECOND)
    rate = str(BITS_PER_SECOND)
    codec.options = {
        "deadline": "realtime", "cpu-used": "-6", "lag-in-frames": "0", "error-resilient": "1",
        "minrate": rate, "maxrate": rate, "bufsize": rate,
    }  # fmt: skip
    rng = np.random.default_rng(1)
    y, x = np.arange(HEIGHT)[:, None], np.arange(WIDTH)[None, :]
    encoded: list[bytes] = []
    for n in range(SECONDS * FRAMES_PER_SECOND):
        picture = np.full((HEIGHT * 3 // 2, WIDTH), 110, np.uint8)
        waves = 128 + 60 * np.sin((x + 4 * n) / 37) + 40 * np.cos((y - 3 * n) / 23) + rng.normal(0, 6, (HEIGHT, WIDTH))
        picture[:HEIGHT] = waves.clip(0, 255)
        frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
        frame.pts, frame.time_base = n, codec.time_base
        encoded += [bytes(packet) for packet in cast("list[Any]", codec.encode(frame))]  # pyright: ignore
    return encoded
