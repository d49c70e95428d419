"""One database has one server: who starts beside one that lives is refused, or stands by to take over."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

from conversations.db.sole import SILENT_S, SoleLock
from signaling.settings import StartError

log = logging.getLogger(__name__)

TRY_EVERY_S: Final = 0.5
BEAT_S: Final = 2.0
"""How often the server gives a sign of life, and sees whether it was taken for dead."""
PATIENCE_S: Final = SILENT_S + 5.0
"""How long a start waits for a server that is just ending, or is dead and has not been noticed yet."""
TAKEN_OVER: Final = 3
"""The exit code of a server that another has taken over from."""


class StoppedError(Exception):
    """It was asked to stop while it stood by."""


def leave() -> None:
    """End at once: whatever is still in memory is another server's now, and tidying up would write to its rows."""
    os._exit(TAKEN_OVER)


@asynccontextmanager
async def only_server(
    lock: SoleLock, stop: asyncio.Event, *, standby: bool, leave: Callable[[], None] = leave
) -> AsyncGenerator[None]:
    """Be the only server of the database until the block ends; with `standby`, wait for that as long as it takes.

    Raises `StartError` when another server lives, and `StoppedError` when `stop` is set meanwhile.
    """
    try:
        await _taken(lock, stop, standby=standby)
        watch = asyncio.create_task(_watch(lock, leave), name="only server")
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
    finally:
        await lock.free()


async def _taken(lock: SoleLock, stop: asyncio.Event, *, standby: bool) -> None:
    patience = asyncio.get_running_loop().time() + PATIENCE_S
    told = False
    while not await _try(lock, standby=standby):
        if not told:
            log.warning("another server uses this database: %s", "standing by" if standby else "waiting for its end")
            told = True
        if not standby and asyncio.get_running_loop().time() > patience:
            raise StartError("Another Parley server uses this database. Stop it first, or start this one with standby.")
        try:
            async with asyncio.timeout(TRY_EVERY_S):
                await stop.wait()
        except TimeoutError:
            continue
        raise StoppedError


async def _try(lock: SoleLock, *, standby: bool) -> bool:
    try:
        return await lock.take()
    except Exception as error:
        if standby:  # the database may come back
            await lock.lost()
            return False
        raise StartError(f"The database cannot be opened: {str(error).strip().splitlines()[0]}") from error


async def _watch(lock: SoleLock, leave: Callable[[], None]) -> None:
    while not await lock.lost():  # noqa: ASYNC110
        await asyncio.sleep(BEAT_S)
    log.critical("another server has taken over this database: this one ends at once")
    leave()
