"""Taking turns at what is dear: a few DTLS handshakes at a time, so that many that come at once stall nobody's call."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

PATIENCE_S: Final = 0.3
"""A turn that takes longer ends for the others: it waits for a slow browser, and costs nothing meanwhile."""


class Turns:
    """Lets `at_once` in, in the order in which they came; who is in for longer than `patience_s` keeps nobody out."""

    def __init__(self, at_once: int, patience_s: float = PATIENCE_S) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._patience_s = patience_s

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait for a turn and hold it."""
        await self._free.acquire()
        held = True

        def give_back() -> None:
            nonlocal held
            if held:
                held = False
                self._free.release()

        timer = asyncio.get_running_loop().call_later(self._patience_s, give_back)
        try:
            yield
        finally:
            timer.cancel()
            give_back()
