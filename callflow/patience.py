"""How long somebody who asks waits for the database: what is asked for may still be going on then."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from callflow.errors import StoreAwayError

T = TypeVar("T")

LIMIT: Final = 2.0
"""Seconds (reliability S17)."""


class Patience:
    """Runs what somebody waits for. What outlasts the limit is let go on: it may be a COMMIT without a reply."""

    def __init__(self) -> None:
        self._going_on: set[asyncio.Task[Any]] = set()

    async def within(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns. Raises `StoreAwayError` when that takes too long."""
        task = asyncio.create_task(work)
        self._going_on.add(task)
        task.add_done_callback(self._done)
        try:
            await asyncio.wait({task}, timeout=LIMIT)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            raise StoreAwayError("its answer takes too long")
        return task.result()

    async def close(self) -> None:
        """End what still goes on."""
        for task in list(self._going_on):
            task.cancel()
        await asyncio.gather(*self._going_on, return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._going_on.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may wait for it any more
