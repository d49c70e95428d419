"""One file with both pictures beside each other and both voices, left the customer and right the agent. Made only
when it is asked for, by a download or a delivery: it is the one thing of a recording that has to be encoded.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, cast

import av
import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from media.opus import FRAME, RATE
from recording.finishing import MANIFEST, NAMES, PART, FileKind, FinishedFile, keep, nothing_half, read_manifest
from recording.webm import MILLISECONDS, WebmFile, black_frame, heard, seen

WIDTH: Final = 320
HEIGHT: Final = 240
"""Of each of the two."""
FPS: Final = 15
BITS_PER_SECOND: Final = 400_000
VOICE_BITS_PER_SECOND: Final = 48_000
"""Of both."""
KEY_FRAME_EVERY: Final = 10 * FPS
"""So that seeking is quick."""
PROGRESS: Final = "side_by_side.progress"
HALVES: Final = ((FileKind.CUSTOMER, FileKind.CUSTOMER_SCREEN), (FileKind.AGENT, FileKind.AGENT_SCREEN))
"""Left and right: the camera, or where there was none, the screen."""
Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


class NotFinishedError(Exception):
    """The recording has no files to make it of."""


def make_side_by_side(folder: Path) -> FinishedFile:
    """Make the file of the finished files in `folder`. Blocks for minutes; `read_progress` says how far it is.

    Raises `NotFinishedError`, `UnsafeDiskError`, and `OSError` when the disk is full.
    """
    finished = read_manifest(folder / MANIFEST)
    if finished is None:
        raise NotFinishedError(f"{folder.name} has no finished recording")
    name = NAMES[FileKind.SIDE_BY_SIDE]
    told = folder / PROGRESS

    def tell(share: float) -> None:
        told.write_text(f"{share:.3f}", "ascii")

    try:
        with nothing_half(folder, f"{name}{PART}"):
            _write(folder, folder / f"{name}{PART}", finished.length_seconds, tell)
            size, digest = keep(folder / name)
    finally:
        told.unlink(missing_ok=True)
    return FinishedFile(FileKind.SIDE_BY_SIDE, name, size, finished.length_seconds, digest)


def read_progress(folder: Path) -> float | None:
    """Return how much of the file is made, from 0 to 1; None when it is not being made."""
    try:
        return float((folder / PROGRESS).read_text("ascii"))
    except (OSError, ValueError):
        return None


def _write(folder: Path, path: Path, seconds: float, tell: Callable[[float], None]) -> None:
    left, right = (_Side(_pictures(folder, *kinds)) for kinds in HALVES)
    encoder = _encoder()
    voices = _voices(folder / NAMES[FileKind.VOICE])
    with WebmFile(path) as file:
        sound = file.add_encoded_sound("stereo", VOICE_BITS_PER_SECOND)
        pictures = file.add_pictures(2 * WIDTH, HEIGHT)
        said = 0
        for beat in range(max(1, round(seconds * FPS))):
            at = beat / FPS
            frame = _beside(left.at(at), right.at(at))
            frame.pts = round(at * 1000)
            frame.pict_type = 1 if beat % KEY_FRAME_EVERY == 0 else 0
            for packet in encoder.encode(frame):
                file.put(pictures, bytes(packet), packet.pts, 1000 // FPS, packet.is_keyframe)
            while said < min(at + 1 / FPS, seconds) * RATE:
                file.put_sound(sound, next(voices), said)
                said += FRAME
            if beat % FPS == 0:
                tell(at / seconds)
        file.put_sound(sound, None, 0)


def _pictures(folder: Path, camera: FileKind, screen: FileKind) -> Path:
    path = folder / NAMES[camera]
    return path if path.exists() else folder / NAMES[screen]


def _encoder() -> Any:
    codec: Any = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = 2 * WIDTH, HEIGHT, "yuv420p"
    codec.time_base, codec.bit_rate, codec.thread_count = MILLISECONDS, BITS_PER_SECOND, 1
    # A negative speed is a fixed one; by a positive one the encoder looks at the clock, and no two files are alike.
    codec.options = {"deadline": "realtime", "cpu-used": "-8", "lag-in-frames": "0"}
    return codec


class _Side:
    """One side's pictures in the order of time: black where there are none."""

    def __init__(self, path: Path) -> None:
        self._frames = seen(path) if path.exists() else iter(())
        self._black = _planes(black_frame(WIDTH, HEIGHT))
        self._now: tuple[float, VideoFrame] | None = None
        self._next = next(self._frames, None)
        self._small = self._black

    def at(self, seconds: float) -> Planes:
        """Return what is seen at a second, which never goes back."""
        changed = False
        while self._next is not None and self._next[0] <= seconds:
            self._now, self._next, changed = self._next, next(self._frames, None), True
        if changed and self._now is not None:
            self._small = _small(self._now[1])
        return self._small


def _small(frame: VideoFrame) -> Planes:
    """Fit a picture into its half, black beside or above it."""
    scale = min(WIDTH / frame.width, HEIGHT / frame.height)
    width, height = (max(2, round(size * scale / 2) * 2) for size in (frame.width, frame.height))
    x, y = (WIDTH - width) // 4 * 2, (HEIGHT - height) // 4 * 2
    whole = _planes(black_frame(WIDTH, HEIGHT))
    for plane, part, shift in zip(whole, _planes(frame.reformat(width, height, "yuv420p")), (0, 1, 1), strict=True):
        plane[y >> shift : y + height >> shift, x >> shift : x + width >> shift] = part
    return whole


def _planes(frame: VideoFrame) -> Planes:
    flat = cast("NDArray[np.uint8]", frame.to_ndarray())
    width, height = frame.width, frame.height
    size = width * height
    luma, blue, red = np.split(flat.reshape(-1), [size, size * 5 // 4])
    half = (height // 2, width // 2)
    return luma.reshape(height, width), blue.reshape(half), red.reshape(half)


def _beside(left: Planes, right: Planes) -> VideoFrame:
    flat = np.concatenate([np.hstack(pair).reshape(-1) for pair in zip(left, right, strict=True)])
    return VideoFrame.from_ndarray(flat.reshape(HEIGHT * 3 // 2, 2 * WIDTH), format="yuv420p")


def _voices(path: Path) -> Iterator[NDArray[np.float32]]:
    """Return both voices, a row for each, in frames, and silence after their end."""
    kept = np.zeros((2, 0), np.float32)
    for begins, sound in heard(path):
        if not kept.shape[1] and 0 < begins < FRAME:  # the decoder leaves out the first milliseconds
            sound = np.pad(sound, ((0, 0), (begins, 0)))
        kept = np.concatenate([kept, sound], axis=1)
        while kept.shape[1] >= FRAME:
            yield kept[:, :FRAME]
            kept = kept[:, FRAME:]
    yield np.pad(kept, ((0, 0), (0, FRAME - kept.shape[1])))
    while True:
        yield np.zeros((2, FRAME), np.float32)
