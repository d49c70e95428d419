"""One clock for everything that waits."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time; tests bring one that they move."""

    def now(self) -> datetime:
        """Return the time in UTC; it never goes backwards."""
        ...


class SystemClock:
    """Wall time at start plus monotonic time since, so that a jump of the wall clock moves no deadline."""

    def __init__(self) -> None:
        self._start = datetime.now(UTC)
        self._monotonic = time.monotonic()

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._monotonic)
