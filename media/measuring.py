"""What the media plane tells of itself every 2 s: how each leg does, and what it carried, refused and delayed."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from callflow.ids import LegId
from callflow.wiring import MediaEvent, PlaneMeasured, Stream, StreamTotals
from media.lag import LagWatch
from media.leg import Leg
from media.sockets import Registry
from media.streams import StreamCount

TOLD_EVERY_S: Final = 2.0


class Measuring:
    """Reads the legs' meters, and keeps what legs that are gone have carried."""

    def __init__(
        self, worker: int, legs: Mapping[LegId, Leg], registry: Registry, tell: Callable[[MediaEvent], None]
    ) -> None:
        self._worker = worker
        self._legs = legs
        self._registry = registry
        self._tell = tell
        self._gone = {stream: StreamCount() for stream in Stream}
        self._told_at = 0.0
        self.lag = LagWatch()

    def tick(self, now: float) -> None:
        """Read and tell, when it is time."""
        if now - self._told_at < TOLD_EVERY_S:
            return
        self._told_at = now
        for leg in list(self._legs.values()):
            if leg.current is not None and leg.current.is_up:
                measured = leg.meter.read(leg.current, now)
                if not leg.current.silent:
                    self._tell(measured)
        refused = self._registry.all_refused()
        self._tell(PlaneMeasured(self._worker, len(self._legs), self._totals(), refused, self.lag.lag()))

    def leave(self, leg: Leg) -> None:
        """A leg is about to lose its transport: take the last figures."""
        if leg.current is not None and leg.current.is_up:
            leg.meter.read(leg.current, time.monotonic())

    def close(self, leg: Leg) -> None:
        """A leg is about to be closed: tell how it did."""
        self.leave(leg)
        for stream, count in leg.counts.items():
            self._gone[stream].add(count)
        summed = leg.meter.sum_up()
        if summed is not None:
            self._tell(summed)

    def _totals(self) -> dict[Stream, StreamTotals]:
        totals: dict[Stream, StreamTotals] = {}
        for stream in Stream:
            total = StreamCount()
            for count in (self._gone[stream], *(leg.counts[stream] for leg in self._legs.values())):
                total.add(count)
            totals[stream] = StreamTotals(total.received, total.received_bytes, total.sent, total.sent_bytes)
        return totals
