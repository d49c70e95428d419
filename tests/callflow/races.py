"""Doing several things at the same moment, and waiting for what comes of it."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

LIMIT = 20.0
"""Seconds."""


async def together(*doings: Coroutine[Any, Any, object]) -> list[object]:
    """Begin all at one moment; return what each returned or raised."""
    barrier = asyncio.Barrier(len(doings))

    async def begin(doing: Coroutine[Any, Any, object]) -> object:
        await barrier.wait()
        return await doing

    async with asyncio.timeout(LIMIT):
        return await asyncio.gather(*map(begin, doings), return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; fail when it does not within the limit."""
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline, f"not within {LIMIT} s"
        await asyncio.sleep(0.005)
