"""A clock that only the test moves."""

from datetime import UTC, datetime, timedelta


class MovableClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Go on by `seconds` and return the new time."""
        self._now += timedelta(seconds=seconds)
        return self._now
