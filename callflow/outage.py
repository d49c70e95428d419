"""What a database that was away must not do: end a call because its deadline came meanwhile (reliability S17).

Who came back to a call in that time could not say so. Pages try again within seven seconds, so for some seconds after
the database was missed last nobody is told that the time is over.
"""

from datetime import datetime, timedelta
from typing import Final

from callflow.clock import Clock

HELD_FOR: Final = timedelta(seconds=10)


class Outage:
    """When the database was missed last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._missed_at: datetime | None = None

    def missed(self) -> None:
        """The database was away just now."""
        self._missed_at = self._clock.now()

    @property
    def holds_deadlines(self) -> bool:
        """Whether deadlines are to wait."""
        return self._missed_at is not None and self._clock.now() < self._missed_at + HELD_FOR
