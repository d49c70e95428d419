"""Background tasks: one that fails is logged, counted and begun again, and never just gone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

log = logging.getLogger(__name__)

AGAIN_AFTER: Final = 1.0
"""Seconds after which a task that failed is begun again."""

Work = Callable[[], Awaitable[None]]


class Tasks:
    """What runs beside the requests. `failed` is told the name of each task that fails, each time."""

    def __init__(self, failed: Callable[[str], None], again_after: float = AGAIN_AFTER) -> None:
        self._failed = failed
        self._again_after = again_after
        self._running: list[asyncio.Task[None]] = []

    def start(self, works: Iterable[tuple[str, Work]]) -> None:
        """Begin these, each by its name. One that returns is done."""
        self._running += [asyncio.create_task(self._guard(name, work), name=name) for name, work in works]

    async def stop(self) -> None:
        """End all of them."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running.clear()

    async def _guard(self, name: str, work: Work) -> None:
        while True:
            try:
                return await work()
            except Exception:
                log.exception("the task %r failed and is begun again", name)
                self._failed(name)
                await asyncio.sleep(self._again_after)
