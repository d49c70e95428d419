"""Opus in packets of one frame: how long a packet is, decoding and encoding (RFC 6716).

Forwarding never comes here. Prompts are encoded once; only a mix decodes and encodes while a call goes on.
"""

from typing import Any, Final, cast

import av
import numpy as np
from av import AudioCodecContext, AudioFrame
from av.error import FFmpegError
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono, 48 kHz, from -1 to 1."""

RATE: Final = 48_000
FRAME: Final = 960
"""Samples of 20 ms."""
MAX_PACKET_SAMPLES: Final = 5_760
"""A packet holds at most 120 ms (RFC 6716, 3.4, R5)."""
_SILK_SAMPLES: Final = (480, 960, 1920, 2880)
_CELT_SAMPLES: Final = (120, 240, 480, 960)


def packet_samples(packet: bytes) -> int:
    """Return how many samples a packet holds, by its first two bytes; 0 when it is no Opus packet (RFC 6716, 3.1)."""
    if not packet:
        return 0
    configuration, code = packet[0] >> 3, packet[0] & 0x03
    if configuration < 12:
        frame = _SILK_SAMPLES[configuration & 3]
    elif configuration < 16:
        frame = _SILK_SAMPLES[configuration & 1]
    else:
        frame = _CELT_SAMPLES[configuration & 3]
    total = frame * (1, 2, 2, packet[1] & 0x3F if len(packet) > 1 else 0)[code]
    return total if total <= MAX_PACKET_SAMPLES else 0


class Decoder:
    """Decodes the packets of one voice, in their order."""

    def __init__(self) -> None:
        codec = av.CodecContext.create("libopus", "r")
        codec.sample_rate = RATE
        codec.layout = "mono"
        self._codec = codec

    def decode(self, packet: bytes) -> Samples:
        """Return exactly `packet_samples(packet)` samples; silence for what cannot be decoded. Not for an empty one."""
        sound = np.zeros(packet_samples(packet), np.float32)
        try:
            frames = self._codec.decode(av.Packet(packet))  # pyright: ignore
        except FFmpegError:
            return sound
        position = 0
        for frame in frames:
            piece = cast("NDArray[np.int16]", frame.to_ndarray())[0][: len(sound) - position]
            sound[position : position + len(piece)] = piece
            position += len(piece)
        sound /= 32_768
        return sound


class Encoder:
    """Encodes sound, 20 ms at a time. `application` is a word of libopus: ``audio`` for music, ``voip`` for speech."""

    def __init__(self, application: str, bits_per_second: int, complexity: int = 10) -> None:
        codec = av.CodecContext.create("libopus", "w")
        codec.sample_rate = RATE
        codec.layout = "mono"
        codec.format = "flt"
        codec.bit_rate = bits_per_second
        codec.options = {
            "application": application,
            "frame_duration": "20",
            "vbr": "constrained",
            "compression_level": str(complexity),
        }
        self._codec: AudioCodecContext = codec
        self._position = 0

    def encode(self, samples: Samples) -> list[bytes]:
        """Encode `FRAME` samples: one packet, which is some milliseconds behind (the encoder looks ahead)."""
        frame = AudioFrame.from_ndarray(samples[None], format="flt", layout="mono")
        frame.sample_rate = RATE
        frame.pts = self._position
        self._position += FRAME
        return self._packets(frame)

    def finish(self) -> list[bytes]:
        """Return what the encoder still holds; it takes nothing afterwards."""
        return self._packets(None)

    def _packets(self, frame: AudioFrame | None) -> list[bytes]:
        return [bytes(packet) for packet in cast("list[Any]", self._codec.encode(frame))]  # pyright: ignore
