"""Taps of a call that never was: two people, each a tone and a colour, over a line as poor as a test wants."""

import math
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from av import AudioFrame, VideoFrame
from numpy.typing import NDArray

from callflow.ids import LegId, RecordingId
from callflow.roles import Role
from callflow.wiring import Stream
from media.opus import FRAME, RATE
from recording.journal import Journal
from recording.webm import MILLISECONDS, heard, seen

RECORDING = RecordingId("rec_1")
CUSTOMER, AGENT, OTHER_AGENT = LegId("leg_1"), LegId("leg_2"), LegId("leg_3")
CUSTOMER_HZ, AGENT_HZ, OTHER_HZ = 500, 800, 1100
OPUS, VP8, RTX = 111, 96, 97
STREAMS: dict[Stream, dict[str, object]] = {
    Stream.VOICE: {"payload_type": OPUS, "repair_payload_type": None, "codec": "opus"},
    Stream.CAMERA: {"payload_type": VP8, "repair_payload_type": RTX, "codec": "VP8"},
    Stream.SCREEN: {"payload_type": VP8, "repair_payload_type": RTX, "codec": "VP8"},
}
RED, BLUE, GREEN = (192, 32, 32), (32, 32, 192), (32, 160, 32)


@dataclass(frozen=True)
class Sent:
    """A packet on its way."""

    at: float
    stream: Stream
    packet: bytes
    sequence: int


Line = Callable[[Iterable[Sent]], Iterable[Sent]]


def rtp(payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, marker: bool = False) -> bytes:
    second = payload_type | (0x80 if marker else 0)
    return struct.pack("!BBHLL", 0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


@cache
def tone(hertz: int, seconds: float = 1.0, frame_ms: int = 20) -> tuple[bytes, ...]:
    """Encode a tone in packets of one frame."""
    codec: Any = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = RATE, "mono", "flt", 24_000
    codec.options = {"application": "voip", "frame_duration": str(frame_ms)}
    sound = 0.3 * np.sin(2 * np.pi * hertz * np.arange(round(RATE * seconds)) / RATE).astype(np.float32)
    size = RATE * frame_ms // 1000
    packets: list[bytes] = []
    for start in range(0, len(sound) - size + 1, size):
        frame = AudioFrame.from_ndarray(sound[None, start : start + size], format="flt", layout="mono")
        frame.sample_rate, frame.pts = RATE, start
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return tuple(packets)


def voice(
    hertz: int,
    begins: float,
    ends: float,
    ssrc: int = 1,
    sequence: int = 65_500,
    frame_ms: int = 20,
    clock: float = 1.0,
) -> Iterator[Sent]:
    """Say a tone from one second to another; the sender's clock runs `clock` times as fast as ours."""
    packets = tone(hertz, frame_ms=frame_ms)
    for number in range(round((ends - begins) * 1000 / frame_ms)):
        timestamp = 2**32 - 20_000 + number * RATE * frame_ms // 1000
        packet = rtp(OPUS, sequence + number, timestamp, ssrc, packets[number % len(packets)])
        yield Sent(begins + number * frame_ms / 1000 / clock, Stream.VOICE, packet, sequence + number)


@cache
def picture_codec_frames(colours: tuple[tuple[int, int, int], ...], width: int, height: int) -> tuple[bytes, ...]:
    """Encode pictures of one colour each; a change of colour is a key frame."""
    codec: Any = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = width, height, "yuv420p", MILLISECONDS
    codec.bit_rate = 300_000
    codec.options = {"lag-in-frames": "0", "deadline": "realtime", "cpu-used": "8"}
    frames: list[bytes] = []
    for number, (before, colour) in enumerate(pairwise((None, *colours))):
        frame = VideoFrame.from_ndarray(np.full((height, width, 3), colour, np.uint8), format="rgb24")
        frame = frame.reformat(format="yuv420p")
        frame.pts = number * 40
        frame.pict_type = 1 if colour != before else 0
        frames += [bytes(packet) for packet in codec.encode(frame)]
    return tuple(frames)


def pictures(
    colours: Iterable[tuple[int, int, int]], begins: float, fps: int = 25, ssrc: int = 2, sequence: int = 65_530,
    size: tuple[int, int] = (320, 240), stream: Stream = Stream.CAMERA, payload_size: int = 200,
) -> Iterator[Sent]:  # fmt: skip
    """Show a colour for each frame, each frame in packets of `payload_size` (RFC 7741)."""
    for number, frame in enumerate(picture_codec_frames(tuple(colours), *size)):
        pieces = [frame[at : at + payload_size] for at in range(0, len(frame), payload_size)]
        for index, piece in enumerate(pieces):
            descriptor = bytes([0x90 if index == 0 else 0x80, 0x80, 0x80 | number >> 8 & 0x7F, number & 0xFF])
            timestamp = 2**32 - 90_000 + number * 90_000 // fps
            packet = rtp(VP8, sequence, timestamp, ssrc, descriptor + piece, index == len(pieces) - 1)
            yield Sent(begins + number / fps + index * 0.0002, stream, packet, sequence)
            sequence += 1


def repair(sent: Sent, later: float) -> Sent:
    """Send a packet again (RFC 4588)."""
    first, second, sequence, timestamp, _ = struct.unpack_from("!BBHLL", sent.packet)
    again = struct.pack("!BBHLL", first, second & 0x80 | RTX, sent.sequence * 7 & 0xFFFF, timestamp, 99)
    payload = struct.pack("!H", sequence) + sent.packet[12:]
    return Sent(sent.at + later, sent.stream, again + payload, sent.sequence)


class Call:
    """A recording's folder that fills with taps. Second 0 of the recording is when it was made."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / RECORDING
        self.began = time.time()
        self._zero = time.monotonic()

    def tap(self, leg: LegId, role: Role, *sent: Iterable[Sent], closed: bool = True) -> Path:
        """Write what a leg sent, in the order of its arrival; a START for each of the iterables."""
        journal = Journal(leg, RECORDING, self.path / f"{leg}.tap", threading.Event(), role)
        journal._began, journal._began_monotonic = self.began, self._zero  # pyright: ignore[reportPrivateUsage]
        for number, packets in enumerate(sent):
            journal.start(f"transport_{number}", STREAMS)
            for packet in sorted(packets, key=lambda packet: packet.at):
                journal.rtp(packet.stream, memoryview(packet.packet), self._zero + packet.at)
            journal.write()
        journal.close()
        if closed:
            journal.finish()
        elif journal._file is not None:  # pyright: ignore[reportPrivateUsage]
            journal._file.close()  # pyright: ignore[reportPrivateUsage]
        return journal.path


def loudest(sound: NDArray[np.float32]) -> int | None:
    """Return the loudest frequency, None for silence."""
    if math.sqrt(float(np.mean(sound**2))) < 0.01:
        return None
    return round(float(np.argmax(np.abs(np.fft.rfft(sound))) * RATE / len(sound)))


def sound_of(path: Path) -> NDArray[np.float32]:
    """Decode a file: a row for each channel, each sample at its own time."""
    pieces = list(heard(path))
    whole = np.zeros((2, max(at + piece.shape[1] for at, piece in pieces)), np.float32)
    for at, piece in pieces:
        whole[:, at : at + piece.shape[1]] = piece
    return whole


def tones_of(path: Path, step_s: float = 1.0) -> tuple[list[int | None], list[int | None]]:
    """Return the loudest frequency of each channel in each whole second, each looked at in its middle half."""
    sound = sound_of(path)
    step, edge = round(step_s * RATE), round(step_s * RATE / 4)
    rows = [
        [loudest(row[at + edge : at + step - edge]) for at in range(0, len(row) - step + FRAME, step)] for row in sound
    ]
    return rows[0], rows[1]


def colours_of(path: Path) -> list[tuple[float, tuple[int, int, int]]]:
    """Return each picture's time and average colour."""
    shown: list[tuple[float, tuple[int, int, int]]] = []
    for at, frame in seen(path):
        red, green, blue = frame.to_ndarray(format="rgb24").reshape(-1, 3).mean(axis=0).tolist()
        shown.append((at, (round(red), round(green), round(blue))))
    return shown


def length_of(path: Path) -> float:
    """Return what a file says about its length, in seconds."""
    with av.open(path) as file:
        return (file.duration or 0) / 1e6
