"""What the arrival of a stream's packets tells of the network they came over: losses, jitter, pictures that froze.

`arrived` runs for each packet and only counts; the tick takes what was counted since the last time.
"""

from typing import Final

from callflow.wiring import Stream
from media.vp8 import key_frame_size

MAX_DROPOUT: Final = 3_000
"""A larger gap in the numbers is a sender that began anew, not loss (RFC 3550, A.1)."""
VOICE_HZ: Final = 48_000
MIN_FRAMES: Final = 5
FREEZE_FACTOR: Final = 3
FREEZE_S: Final = 0.15
AVERAGED_FRAMES: Final = 30
"""A picture froze when the next came later than 3 average gaps, and than one and 150 ms; the average is that of about
30 gaps and is not used before the fifth (webrtc-stats, freezeCount)."""
PAUSE_S: Final = 3.0
"""A longer gap is no freeze: the camera was off, or nothing came at all, which the watchdog tells."""


class Arrivals:
    """The packets of one stream, one transport long."""

    __slots__ = ("_begin", "_lost", "_next", "_taken_expected", "_taken_lost")

    def __init__(self) -> None:
        self._begin = 0xFFFF
        self._next = 0xFFFF
        """The sequence number that should come next, not wrapped; equal to `_begin` before the first packet."""
        self._lost = 0
        self._taken_expected = 0
        self._taken_lost = 0

    @property
    def highest(self) -> int | None:
        """The highest sequence number with its cycles, 32 bits as in a receiver report; None before the first."""
        return None if self._next == self._begin else (self._next - 1) & 0xFFFF_FFFF

    def arrived(self, sequence: int, timestamp: int, now: float) -> bool:
        """Count a packet; return whether it is the first one of a picture."""
        raise NotImplementedError

    def begins(self, view: memoryview, start: int, end: int, now: float) -> None:
        """Look at the first packet of a picture, whose payload is `view[start:end]`."""
        raise NotImplementedError

    def take(self) -> tuple[int, int]:
        """Return how many packets the sender sent since the last call, and how many of them were lost."""
        expected, lost = self._next - self._begin, self._lost
        taken = expected - self._taken_expected, lost - self._taken_lost
        self._taken_expected, self._taken_lost = expected, lost
        return taken

    def restart(self) -> None:
        """Expect another numbering in the next packet, keeping what was counted and not taken yet."""
        self._taken_expected -= self._next - self._begin
        self._taken_lost -= self._lost
        self._begin = self._next = 0xFFFF
        self._lost = 0

    def _out_of_order(self, sequence: int) -> bool:
        """Count a packet that is not the next one; return whether it is newer than all before."""
        if self._next == self._begin:
            self._begin, self._next = sequence, sequence + 1
            return True
        ahead = (sequence - self._next) & 0xFFFF
        if ahead >= 0x8000:  # a late one, counted as lost before; never a repeated one, which SRTP refuses
            self._lost = max(0, self._lost - 1)
            return False
        if ahead < MAX_DROPOUT:
            self._lost += ahead
        else:
            self._begin += ahead
        self._next += ahead + 1
        return True


class VoiceArrivals(Arrivals):
    """A voice: its losses and its jitter."""

    __slots__ = ("_jitter", "_transit")

    def __init__(self) -> None:
        super().__init__()
        self._transit = 0.0
        self._jitter = 0.0

    @property
    def jitter_ms(self) -> float:
        """How unevenly packets arrive."""
        return self._jitter * 1000 / VOICE_HZ

    def arrived(self, sequence: int, timestamp: int, now: float) -> bool:
        """Count a packet and smooth the jitter as RFC 3550, A.8 does, in ticks of the voice's clock."""
        if sequence == self._next & 0xFFFF:
            self._next += 1
        else:
            self._out_of_order(sequence)
        transit = now * VOICE_HZ - timestamp
        moved = transit - self._transit
        self._transit = transit
        if moved < 0:
            moved = -moved
        if moved < VOICE_HZ:  # else the timestamps wrapped or began anew
            self._jitter += (moved - self._jitter) / 16
        return False


class PictureArrivals(Arrivals):
    """Pictures: their losses, their size and how often they froze."""

    __slots__ = ("_average", "_came_at", "_gaps", "_timestamp", "frames", "freezes", "height", "width")

    def __init__(self) -> None:
        super().__init__()
        self.frames = 0
        self.freezes = 0
        self.width = 0
        self.height = 0
        self._timestamp = -1
        self._came_at: float | None = None
        self._gaps = 0
        self._average = 0.0

    def arrived(self, sequence: int, timestamp: int, now: float) -> bool:
        """Count a packet; return whether it is the first one of a picture, of which `begins` should be told."""
        if sequence == self._next & 0xFFFF:
            self._next += 1
        elif not self._out_of_order(sequence):
            return False
        if timestamp == self._timestamp:
            return False
        self._timestamp = timestamp
        return True

    def begins(self, view: memoryview, start: int, end: int, now: float) -> None:
        """Count a picture whose first packet's payload is `view[start:end]`."""
        self.frames += 1
        size = key_frame_size(view, start, end)
        if size is not None:
            self.width, self.height = size
        gap = PAUSE_S if self._came_at is None else now - self._came_at
        self._came_at = now
        if gap >= PAUSE_S:
            self._gaps = 0
            return
        if self._gaps >= MIN_FRAMES and gap > max(FREEZE_FACTOR * self._average, self._average + FREEZE_S):
            self.freezes += 1
        self._gaps = min(self._gaps + 1, AVERAGED_FRAMES)
        self._average += (gap - self._average) / self._gaps


def arrivals_of(stream: Stream) -> Arrivals:
    """Return what counts the packets of a stream."""
    return VoiceArrivals() if stream is Stream.VOICE else PictureArrivals()
