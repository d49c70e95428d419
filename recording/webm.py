"""WebM files by PyAV: ready packets go in at milliseconds, sound and pictures come out decoded.

The same packets always make the same bytes, and a file can be searched by time (it ends with cues).
"""

import io
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import av
import numpy as np
from av import AudioFrame, VideoFrame
from av.error import FFmpegError
from numpy.typing import NDArray

from media.opus import FRAME, RATE

MILLISECONDS: Final = Fraction(1, 1000)
REPEATABLE: Final = {"fflags": "+bitexact"}
"""No random identifiers and no date."""
_BLACK: Final = (16, 128, 128)


class WebmFile:
    """A file that is being written. Add the tracks, then put packets in the order of their times."""

    def __init__(self, path: Path) -> None:
        # The format is named, since the file is called .part for as long as it is not whole.
        self._file: Any = av.open(path, "w", format="webm", container_options=REPEATABLE)
        self._template: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        if self._template is not None:
            self._template.close()

    def add_two_voices(self) -> Any:
        """Add an Opus track of two channels, each a voice of its own."""
        self._template = av.open(_two_voices())
        track = self._file.add_stream_from_template(self._template.streams.audio[0])
        track.time_base = MILLISECONDS
        return track

    def add_encoded_sound(self, layout: str, bits_per_second: int) -> Any:
        """Add an Opus track of its own encoder; to be fed with `put_sound`."""
        options = {"application": "voip", "frame_duration": "20"}
        track = self._file.add_stream("libopus", rate=RATE, layout=layout, options=options)
        track.bit_rate = bits_per_second
        track.format = "flt"
        return track

    def add_pictures(self, width: int, height: int) -> Any:
        """Add a VP8 track; the size is that of its first picture."""
        track = self._file.add_mux_stream("libvpx", width=width, height=height)
        track.time_base = MILLISECONDS
        return track

    def put(self, track: Any, data: bytes, at_ms: int, lasts_ms: int, key: bool = True) -> None:
        """Write a ready packet."""
        packet = av.Packet(data)
        packet.stream = track
        packet.pts = packet.dts = at_ms
        packet.duration = lasts_ms
        packet.time_base = MILLISECONDS
        packet.is_keyframe = key
        self._file.mux(packet)

    def put_sound(self, track: Any, sound: NDArray[np.float32] | None, position: int) -> None:
        """Encode samples, one row for each channel, that begin at the sample `position`; None at the end."""
        frame = None
        if sound is not None:
            packed = np.ascontiguousarray(sound.T).reshape(1, -1)
            frame = AudioFrame.from_ndarray(packed, format="flt", layout=track.layout.name)
            frame.sample_rate = RATE
            frame.pts = position
        self._file.mux(track.encode(frame))


def heard(path: Path) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Decode a file's sound: where each piece begins, in samples, and a row for each channel."""
    for frame in _decoded(path, "audio"):
        sound = cast("NDArray[np.float32]", frame.to_ndarray())
        if not frame.format.is_planar:
            sound = sound.reshape(-1, len(frame.layout.channels)).T
        yield round(frame.time * RATE), sound


def seen(path: Path) -> Iterator[tuple[float, VideoFrame]]:
    """Decode a file's pictures: when each begins, in seconds, and what it shows."""
    for frame in _decoded(path, "video"):
        yield frame.time, frame


def _decoded(path: Path, kind: str) -> Iterator[Any]:
    """Decode a track, without what cannot be: packets are strangers', and they may have sent anything."""
    with cast("Any", av.open(path)) as file:
        for packet in file.demux(**{kind: 0}):
            with suppress(FFmpegError):
                yield from packet.decode()


def black_picture(width: int, height: int) -> bytes:
    """Encode one black key frame."""
    codec: Any = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = width, height, "yuv420p", MILLISECONDS
    codec.thread_count = 1
    frame = black_frame(width, height)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])


def black_frame(width: int, height: int) -> VideoFrame:
    """Return a picture that is black everywhere."""
    frame = VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, _BLACK, strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


def _two_voices() -> io.BytesIO:
    """Return a file whose audio stream is described as two voices of one channel each.

    PyAV has no way to set a stream's description, and its encoder makes one coupled pair of two channels. So a file is
    made with that, the two numbers in its `OpusHead` are changed (RFC 7845, 5.1.1: streams, coupled streams), and it
    is the template of the real one.
    """
    buffer = io.BytesIO()
    with cast("Any", av.open(buffer, "w", format="matroska")) as file:
        track = file.add_stream("libopus", rate=RATE, layout="stereo", options={"mapping_family": "1"})
        frame = AudioFrame.from_ndarray(np.zeros((1, 2 * FRAME), np.int16), format="s16", layout="stereo")
        frame.sample_rate = RATE
        frame.pts = 0
        file.mux(track.encode(frame))
        file.mux(track.encode(None))
    patched = bytearray(buffer.getvalue())
    head = patched.index(b"OpusHead")
    if bytes(patched[head + 18 : head + 21]) != bytes([1, 1, 1]):
        raise RuntimeError("libopus describes its stereo stream in another way than as one coupled stream")
    patched[head + 19 : head + 21] = bytes([2, 0])
    return io.BytesIO(bytes(patched))
