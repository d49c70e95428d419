"""How late an event loop wakes: what every packet, page and timer on it has to wait."""

import asyncio
import contextlib
import math
import time
from collections import deque
from typing import Final

from callflow.wiring import LoopLag

EVERY_S: Final = 0.1
KEPT_S: Final = 10.0


class LagWatch:
    """Sleeps a tenth of a second again and again, and keeps by how much it overslept in the last ten seconds."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=round(KEPT_S / EVERY_S))
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Watch the running loop."""
        self._task = asyncio.create_task(self._watch(), name="loop lag")

    async def stop(self) -> None:
        """End the watch."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def lag(self) -> LoopLag:
        """Return how late the loop woke; zeros before the first look."""
        return summed(sorted(self._late))

    async def _watch(self) -> None:
        while True:
            due = time.monotonic() + EVERY_S
            await asyncio.sleep(EVERY_S)
            self._late.append(max(0.0, time.monotonic() - due))


def summed(late_s: list[float]) -> LoopLag:
    """Sum up seconds, sorted, by nearest rank."""
    if not late_s:
        return LoopLag(0.0, 0.0, 0.0)
    median, nearly_all = (late_s[math.ceil(share * len(late_s)) - 1] for share in (0.5, 0.99))
    return LoopLag(1000 * median, 1000 * nearly_all, 1000 * late_s[-1])
