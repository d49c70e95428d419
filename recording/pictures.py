"""VP8 packets to whole frames to a file that is played: nothing is decoded, what cannot be shown is left out.

A frame with a hole would show rubbish, and so would all that are drawn on top of it, until the next key frame (RFC
6386, 5). The file begins with black at second 0, so that both sides' files and the voices start together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media.vp8 import (
    EXTENDED,
    FRAME_HEADER,
    HAS_PICTURE_ID,
    HAS_TEMPORAL_LAYER,
    HAS_TL0,
    LONG_PICTURE_ID,
    START_OF_PARTITION,
    key_frame_size,
)
from recording.columns import Columns
from recording.taps import Payloads
from recording.timeline import Segment, segments_of
from recording.webm import WebmFile, black_picture

MAX_LONG_SIDE: Final = 1920
MAX_SHORT_SIDE: Final = 1080
"""A page would have to decode what a stranger's key frame claims: 16383 x 16383 takes 400 MB (L8)."""
MAX_FRAME_BYTES: Final = 4 << 20
PARTITION: Final = 0x0F


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole frame."""

    seconds: float
    data: bytes
    size: tuple[int, int] | None
    """Of a key frame; None for one that is drawn on top of the last."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What stands before the VP8 data of a packet (RFC 7741, 4.2)."""

    begins_frame: bool
    picture: int | None
    picture_bits: int
    end: int


def read_descriptor(payload: bytes) -> Descriptor | None:
    """Read a packet's descriptor; None when it is longer than the packet."""
    if not payload:
        return None
    first, at = payload[0], 1
    picture, bits = None, 7
    if first & EXTENDED:
        if len(payload) < 2:
            return None
        fields, at = payload[1], 2
        if fields & HAS_PICTURE_ID:
            if len(payload) < at + 2:
                return None
            picture = payload[at] & 0x7F
            if payload[at] & LONG_PICTURE_ID:
                picture, bits = picture << 8 | payload[at + 1], 15
            at += bits + 7 >> 3
        at += bool(fields & HAS_TL0) + bool(fields & HAS_TEMPORAL_LAYER)
    if at >= len(payload):
        return None
    return Descriptor(bool(first & START_OF_PARTITION) and not first & PARTITION, picture, bits, at)


def pictures_of(columns: Columns, payloads: Payloads) -> Iterator[Picture]:
    """Return all frames that can be shown, in the order of their times."""
    for segment in segments_of(columns):
        yield from _pictures_of_segment(columns, payloads, segment)


def _pictures_of_segment(columns: Columns, payloads: Payloads, segment: Segment) -> Iterator[Picture]:
    frames = Frames()
    for number, packet in enumerate(segment.packets):
        row = int(packet)
        payload, marker = payloads.read(columns, row), columns.marker[row] != 0
        sequence, timestamp = int(segment.sequence[number]), int(segment.timestamp[number])
        picture = frames.add(payload, sequence, timestamp, float(segment.seconds[number]), marker)
        if picture is not None:
            yield picture


class Frames:
    """Puts the packets of one numbering together, which come in order and with holes."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._parts: list[bytes] = []
        self._bytes = 0
        self._timestamp = 0
        self._seconds = 0.0
        self._picture: int | None = None
        """The last frame's number, if it was whole."""
        self._needs_key_frame = True

    def add(self, payload: bytes, sequence: int, timestamp: int, seconds: float, marker: bool) -> Picture | None:
        """Take a packet; return the frame that it makes whole, if it can be shown."""
        follows = sequence == self._next
        self._next = sequence + 1
        if not payload and follows:
            return None  # it only filled the line
        descriptor = read_descriptor(payload)
        if descriptor is None:
            self._give_up()
            return None
        if descriptor.begins_frame and (timestamp != self._timestamp or not self._parts):
            if self._parts or not (follows or self._is_next(descriptor)):
                self._give_up()
            self._timestamp, self._seconds, self._bytes = timestamp, seconds, 0
            self._picture = descriptor.picture
        elif not follows or not self._parts or timestamp != self._timestamp:
            self._give_up()
            return None
        self._bytes += len(payload)
        if self._bytes > MAX_FRAME_BYTES:
            self._give_up()
            return None
        self._parts.append(payload[descriptor.end :])
        return self._whole() if marker else None

    def _is_next(self, descriptor: Descriptor) -> bool:
        """Say whether no frame is missing although numbers are: packets that fill the line are not repeated."""
        if self._picture is None or descriptor.picture is None:
            return False
        return (descriptor.picture - self._picture) & (1 << descriptor.picture_bits) - 1 == 1

    def _give_up(self) -> None:
        self._parts = []
        self._picture = None
        self._needs_key_frame = True

    def _whole(self) -> Picture | None:
        data, self._parts = b"".join(self._parts), []
        size = None
        if not data[0] & 0x01:
            # The function reads a packet: one byte of a descriptor that says "a frame begins" makes it one.
            head = bytes([START_OF_PARTITION]) + data[:FRAME_HEADER]
            size = key_frame_size(memoryview(head), 0, len(head))
            self._needs_key_frame = size is None or not _is_bearable(*size)
        return None if self._needs_key_frame else Picture(self._seconds, data, size)


def _is_bearable(width: int, height: int) -> bool:
    return 0 < min(width, height) <= MAX_SHORT_SIDE and max(width, height) <= MAX_LONG_SIDE


def write_pictures(path: Path, pictures: Iterator[Picture], seconds: float) -> bool:
    """Write one side's pictures; return False, and write nothing, when there is none that can be shown."""
    first = next(pictures, None)
    if first is None or first.size is None:
        return False
    end = round(seconds * 1000)
    with WebmFile(path) as file:
        track = file.add_pictures(*first.size)
        last, at = Picture(0.0, black_picture(*first.size), first.size), 0
        while first is not None:
            # A frame is only left out at the end: the others are drawn on top of each other.
            begins = max(at + 1, round(first.seconds * 1000))
            if begins >= end:
                break
            file.put(track, last.data, at, begins - at, last.size is not None)
            last, at, first = first, begins, next(pictures, None)
        file.put(track, last.data, at, max(1, end - at), last.size is not None)
    return True
