"""The limit around everything: however a server drips, a session ends."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from recording.storages.base import Limits
from recording.storages.errors import Fault, StorageError


@asynccontextmanager
async def in_all(limits: Limits, size: int) -> AsyncGenerator[None]:
    """Do all that is needed for a file of `size` bytes, or raise `StorageError`."""
    try:
        async with asyncio.timeout(limits.whole(size)):
            yield
    except TimeoutError:
        raise StorageError(Fault.HANGS, "The server is so slow that the upload was given up.") from None
