"""Whether one more call can be carried in good quality, by how late the event loops wake.

What counts is the median of ten seconds: a loop that is full is late at every wake, while a few late ones in a hundred,
which make its 99th percentile, are what any other program on the machine causes (docs/decisions/busy-by-the-median.md).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from callflow.wiring import LoopLag

log = logging.getLogger(__name__)

BUSY_MS: Final = 10.0
"""Half of what a voice packet holds; each packet and each press of a button waits so long."""
WELL_MS: Final = 5.0
LOOK_EVERY: Final = 1.0
"""Seconds."""
LOOKS: Final = 5
"""So many looks in a row must be busy: a server that has just been started has hardly woken yet."""


@dataclass(frozen=True, slots=True)
class Pressure:
    """What was seen so far."""

    busy: bool = False
    looks: int = 0
    """Busy ones in a row."""


def lateness(server: LoopLag, workers: Sequence[LoopLag]) -> float:
    """Return how late a new call would be served, in ms: by the server, and by that media worker which is best off."""
    return max(server.p50_ms, min((worker.p50_ms for worker in workers), default=0.0))


def looked(before: Pressure, late_ms: float) -> Pressure:
    """Return what is to be thought after one more look."""
    if before.busy:
        return Pressure() if late_ms < WELL_MS else before
    if late_ms <= BUSY_MS:
        return Pressure()
    return Pressure(before.looks + 1 >= LOOKS, before.looks + 1)


class Load:
    """Looks again and again. `server` and `workers` say how late their loops woke in the last ten seconds."""

    def __init__(self, server: Callable[[], LoopLag], workers: Callable[[], Sequence[LoopLag]]) -> None:
        self._server = server
        self._workers = workers
        self._pressure = Pressure()

    @property
    def busy(self) -> bool:
        """There is no room for one more call."""
        return self._pressure.busy

    async def run(self) -> None:
        """Look, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self._look()

    def _look(self) -> None:
        late_ms = lateness(self._server(), self._workers())
        before, self._pressure = self._pressure, looked(self._pressure, late_ms)
        if self.busy != before.busy:
            what = "no new call is let in" if self.busy else "new calls are let in again"
            log.warning("%s: half of all wakes are %.0f ms late or more", what, late_ms)
