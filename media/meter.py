"""How well one leg's network does: read every 2 s from what the packet path and the receivers' reports have counted."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from callflow.ids import CallId, LegId
from callflow.wiring import LegMeasured, LegQuality, LegSummed, LineQuality, Stream
from media.arrivals import VOICE_HZ, PictureArrivals, VoiceArrivals
from media.opinion import mean_opinion
from media.streams import In, StreamCount
from media.transport import Transport

READINGS: Final = 4
"""What is told covers so many readings, 8 s: browsers report on voice every 2.5 to 7.5 s (RFC 3550, 6.2)."""


@dataclass(slots=True)
class _Mean:
    total: float = 0.0
    count: int = 0

    def add(self, value: float) -> None:
        self.total += value
        self.count += 1

    def merge(self, other: "_Mean") -> None:
        self.total += other.total
        self.count += other.count

    @property
    def value(self) -> float | None:
        return self.total / self.count if self.count else None


@dataclass(slots=True)
class _Amounts:
    """What one direction carried in some time."""

    seconds: float = 0.0
    octets: int = 0
    expected: int = 0
    lost: int = 0
    voice_expected: int = 0
    voice_lost: int = 0
    jitter_ms: _Mean = field(default_factory=_Mean)
    frames: int = 0
    freezes: int = 0
    width: int = 0
    height: int = 0

    def count(self, stream: Stream, expected: int, lost: int) -> None:
        """Count packets of a stream that were sent, and those of them that the network lost."""
        self.expected += expected
        self.lost += lost
        if stream is Stream.VOICE:
            self.voice_expected += expected
            self.voice_lost += lost

    def merge(self, later: "_Amounts") -> None:
        """Add what came later."""
        self.seconds += later.seconds
        self.octets += later.octets
        self.expected += later.expected
        self.lost += later.lost
        self.voice_expected += later.voice_expected
        self.voice_lost += later.voice_lost
        self.jitter_ms.merge(later.jitter_ms)
        self.frames += later.frames
        self.freezes += later.freezes
        if later.frames:
            self.width, self.height = later.width, later.height

    def quality(self, round_trip_ms: float | None, freezes: int) -> LineQuality:
        """Say it in rates and shares."""
        jitter, opinion = self.jitter_ms.value, None
        if self.voice_expected:
            lost = max(0, self.voice_lost) / self.voice_expected
            opinion = mean_opinion(lost, jitter or 0.0, round_trip_ms or 0.0)
        return LineQuality(
            # A late packet takes back a loss that an earlier reading has told.
            loss=max(0, self.lost) / self.expected if self.expected else None,
            jitter_ms=jitter,
            mos=opinion,
            bits_per_second=round(8 * self.octets / self.seconds) if self.seconds else 0,
            width=self.width,
            height=self.height,
            frames_per_second=self.frames / self.seconds if self.seconds else 0.0,
            freezes=freezes,
        )


class _Line:
    """One direction of a leg."""

    def __init__(self, own_camera: bool) -> None:
        self._own_camera = own_camera
        self._readings: deque[_Amounts] = deque(maxlen=READINGS)
        self._life = _Amounts()
        self._octets = 0
        self._seen: tuple[In | None, int, int] = (None, 0, 0)

    def add(self, reading: _Amounts, octets: int, camera: In | None) -> None:
        """Take a reading; `octets` is what all streams carried so far, and `camera` the pictures there are now."""
        reading.octets, self._octets = octets - self._octets, octets
        self._look(camera, reading)
        self._readings.append(reading)
        self._life.merge(reading)

    def lately(self, round_trip_ms: float | None) -> LineQuality:
        """Return how it did in the last readings."""
        window = _Amounts()
        for reading in self._readings:
            window.merge(reading)
        return window.quality(round_trip_ms, self._life.freezes)

    def ever(self, round_trip_ms: float | None) -> LineQuality:
        """Return how it did over the leg's life."""
        return self._life.quality(round_trip_ms, self._life.freezes)

    def _look(self, camera: In | None, into: _Amounts) -> None:
        pictures = camera.arrivals if camera is not None else None
        if not isinstance(pictures, PictureArrivals):
            self._seen = (None, 0, 0)
            return
        before, frames, freezes = self._seen
        self._seen = (camera, pictures.frames, pictures.freezes)
        if before is not camera and self._own_camera:
            before, frames, freezes = camera, 0, 0
        if before is camera:  # else these are another leg's pictures, and only what follows counts
            into.frames, into.freezes = pictures.frames - frames, pictures.freezes - freezes
            into.width, into.height = pictures.width, pictures.height


class LegMeter:
    """Reads one leg, and remembers how it did over its life."""

    def __init__(self, call: CallId, leg: LegId, counts: Mapping[Stream, StreamCount]) -> None:
        self._call = call
        self._leg = leg
        self._counts = counts
        self._up = _Line(own_camera=True)
        self._down = _Line(own_camera=False)
        self._round_trips: deque[_Mean] = deque(maxlen=READINGS)
        self._round_trip = _Mean()
        self._seconds = 0.0
        self._read_at: float | None = None
        self._worst: dict[str, float] = {}

    def begin(self, now: float) -> None:
        """Count time from now on: a transport has come up."""
        self._read_at = now

    def read(self, transport: Transport, now: float) -> LegMeasured:
        """Take what was counted since the last reading. Reading the same moment twice is no harm."""
        seconds = 0.0 if self._read_at is None else now - self._read_at
        self._read_at = now
        self._seconds += seconds
        up, down, round_trip = _Amounts(seconds), _Amounts(seconds), _Mean()
        for stream, source in transport.ins.items():
            up.count(stream, *source.arrivals.take())
            if isinstance(source.arrivals, VoiceArrivals) and up.voice_expected:
                up.jitter_ms.add(source.arrivals.jitter_ms)
        for stream, out in transport.outs.items():
            if stream is Stream.VOICE and out.reports.jitter is not None:
                down.jitter_ms.add(out.reports.jitter * 1000 / VOICE_HZ)
            if out.reports.round_trip is not None:
                round_trip.add(1000 * out.reports.round_trip)
            down.count(stream, *out.reports.take())
        watched = transport.outs.get(Stream.CAMERA)
        counts = self._counts.values()
        self._up.add(up, sum(count.received_bytes for count in counts), transport.ins.get(Stream.CAMERA))
        # The pictures as they came from their sender: what is lost on the way to the receiver shows in no frame.
        seen = watched.source if watched and not watched.paused else None
        self._down.add(down, sum(count.sent_bytes for count in counts), seen)
        self._round_trips.append(round_trip)
        self._round_trip.merge(round_trip)
        return LegMeasured(self._call, self._leg, self._lately())

    def sum_up(self) -> LegSummed | None:
        """Return how the leg did over its life; None when it never was up."""
        if self._read_at is None:
            return None
        round_trip = self._round_trip.value
        average = LegQuality(self._up.ever(round_trip), self._down.ever(round_trip), round_trip)
        worst = self._worst.get
        return LegSummed(
            self._call, self._leg, self._seconds, average,
            worst("loss"), worst("jitter"), worst("round trip"), worst("mos"),
        )  # fmt: skip

    def _lately(self) -> LegQuality:
        window = _Mean()
        for reading in self._round_trips:
            window.merge(reading)
        up, down = self._up.lately(window.value), self._down.lately(window.value)
        self._note("loss", max, (up.loss, down.loss))
        self._note("jitter", max, (up.jitter_ms, down.jitter_ms))
        self._note("round trip", max, (window.value,))
        self._note("mos", min, (up.mos, down.mos))
        return LegQuality(up, down, window.value)

    def _note(self, name: str, worse: Callable[[Iterable[float]], float], values: Iterable[float | None]) -> None:
        known = [value for value in (*values, self._worst.get(name)) if value is not None]
        if known:
            self._worst[name] = worse(known)
