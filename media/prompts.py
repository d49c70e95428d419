"""Prompts: pieces of sound that are encoded once and then sent as ready packets to as many as listen.

A packet is one Opus frame of 20 ms (RFC 6716, 3.2: code 0), 48 kHz mono.
"""

import logging
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final, cast

import av
import numpy as np
from av.error import FFmpegError

from media.opus import FRAME, RATE, Encoder, Samples

log = logging.getLogger(__name__)

BITS_PER_SECOND: Final = 48_000
PRE_ROLL: Final = 50
"""Frames encoded before a repeated piece begins, taken from its end, so that the seam is not heard."""
MAX_SECONDS: Final = 600
_MAGIC: Final = b"parley opus 1\n"


class PromptError(Exception):
    """A sound file could not be read."""


class TooLongError(PromptError):
    """A sound is longer than ten minutes."""


def encode(samples: Samples, seamless: bool = False) -> tuple[bytes, ...]:
    """Encode sound to packets; the last is filled up with silence. Takes a tenth of a second or more: not on the loop.

    With `seamless` the piece is meant to be repeated, and the first packet continues the last.
    """
    frames = -(-len(samples) // FRAME)
    padded = np.zeros(frames * FRAME, np.float32)
    padded[: len(samples)] = samples
    lead = PRE_ROLL if seamless and frames > PRE_ROLL else 0
    if lead:
        padded = np.concatenate([padded[-lead * FRAME :], padded])
    encoder = Encoder("audio", BITS_PER_SECOND)
    packets: list[bytes] = []
    for start in range(0, len(padded), FRAME):
        packets += encoder.encode(padded[start : start + FRAME])
    packets += encoder.finish()
    chosen = tuple(packets[lead : lead + frames])
    if len(chosen) != frames or any(packet[0] & 0x03 for packet in chosen):
        raise PromptError("the encoder did not give one frame per packet")
    return chosen


def read_sound(source: Path | BinaryIO, kind: str | None = None) -> Samples:
    """Decode a sound of any format that FFmpeg knows, or of one only, at most ten minutes. Raises `PromptError`.

    Name the kind for what others send: some of the formats are lists of other files, which would be opened.
    """
    name = source.name if isinstance(source, Path) else "the sound"
    parts: list[Samples] = []
    length = 0
    try:
        file = str(source) if isinstance(source, Path) else source
        with av.open(file, mode="r", format=kind) as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            for frame in container.decode(audio=0):
                for piece in resampler.resample(frame):
                    parts.append(cast("Samples", piece.to_ndarray())[0])
                    length += len(parts[-1])
                if length > MAX_SECONDS * RATE:
                    raise TooLongError(f"{name} is longer than {MAX_SECONDS // 60} minutes")
            parts += [cast("Samples", piece.to_ndarray())[0] for piece in resampler.resample(None)]
    except (FFmpegError, OSError, IndexError) as exc:
        raise PromptError(f"{name} is not a sound that can be read: {exc}") from exc
    if not parts:
        raise PromptError(f"{name} holds no sound")
    return np.concatenate(parts)


def save(path: Path, packets: Iterable[bytes]) -> None:
    """Write packets to a file that `load` reads, whole or not at all. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".part")
    new.write_bytes(_MAGIC + b"".join(struct.pack("!H", len(packet)) + packet for packet in packets))
    os.replace(new, path)


def load(path: Path) -> tuple[bytes, ...] | None:
    """Read what `save` wrote; None when there is nothing, or something else."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    packets: list[bytes] = []
    position = len(_MAGIC)
    while position + 2 <= len(data):
        size = int.from_bytes(data[position : position + 2])
        packets.append(data[position + 2 : position + 2 + size])
        position += 2 + size
    if not data.startswith(_MAGIC) or position != len(data) or not packets or not all(packets):
        log.warning("%s is damaged and is made anew", path)
        return None
    return tuple(packets)
