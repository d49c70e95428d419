"""The beat of everything that the server itself sends: every 20 ms, the length of one Opus frame."""

import asyncio
import time
from typing import Final

FRAME_S: Final = 0.02
MAX_LATE_S: Final = 0.5
"""After a longer pause of the event loop the missed beats are left out instead of made up for in one burst."""


class FrameClock:
    """Counts frames from its making on, without drifting."""

    def __init__(self) -> None:
        self._due = time.monotonic()

    async def next(self) -> float:
        """Wait for the next beat, the first is at once; return the time, in seconds of the monotonic clock."""
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))
        now = time.monotonic()
        if now - self._due > MAX_LATE_S:
            self._due = now
        self._due += FRAME_S
        return now
