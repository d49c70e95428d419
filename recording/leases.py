"""Long work on a row that is held by a lease: the lease is renewed meanwhile, and the work stops when it is lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, Final, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=20)
RENEW_EVERY_S: Final = 5.0
Pause = Callable[[float], Awaitable[None]]


class LeaseLostError(Exception):
    """Somebody else has taken the row meanwhile."""


async def while_held(
    name: str, work: Coroutine[Any, Any, T], renew: Callable[[], Awaitable[None]], pause: Pause = asyncio.sleep
) -> T:
    """Do the work while the lease is renewed. Raises `LeaseLostError`, as `renew` does, and what the work raises."""
    task = asyncio.create_task(work, name=name)
    hold = asyncio.create_task(_hold(name, renew, pause), name=f"lease of {name}")
    try:
        await asyncio.wait((task, hold), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            hold.result()
        return await task
    finally:
        for one in (task, hold):
            one.cancel()
        await asyncio.gather(task, hold, return_exceptions=True)


async def _hold(name: str, renew: Callable[[], Awaitable[None]], pause: Pause) -> None:
    while True:
        await pause(RENEW_EVERY_S)
        try:
            await renew()
        except LeaseLostError:
            raise
        except Exception:
            log.exception("the lease of %s was not renewed; the next try comes by itself", name)
