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

    def go_on_from(self, told: datetime) -> bool:
        """Be no earlier than `told`, a time that this clock told in an earlier life; say whether it was earlier.

        The wall clock was set back while nothing ran, which would lengthen every deadline that is stored. One that
        was set forward meanwhile cannot be told from time that has passed: what was due then is due.
        """
        behind = told - self.now()
        self._start += max(behind, timedelta(0))
        return behind > timedelta(0)
