"""What a receiver's own reports (RFC 3550, 6.4.1) tell of the network between the server and the receiver."""

import struct
from typing import Final

_BLOCK: Final = struct.Struct("!LLLLLL")
REMEMBERED: Final = 4
"""Sender reports whose passing is remembered; a receiver names the last one that it got."""
MANY_LOST: Final = 0.1
"""The share of lost packets above which a line is too full, and not just a bad one."""
FEW: Final = 20
"""Of fewer packets, one or two that are lost are no sign of it."""
LONGEST_S: Final = 60.0
"""A longer round trip, or jitter, is nonsense."""


class Reports:
    """The reports on one output.

    The receiver counts as lost what never reached the server as well: those numbers were left out of what was sent, so
    they are no loss of this network.
    """

    __slots__ = (
        "_expected",
        "_highest",
        "_lost",
        "_missing",
        "_passed",
        "_told",
        "jitter",
        "lossy_at",
        "round_trip",
    )

    def __init__(self) -> None:
        self.jitter: float | None = None
        """In ticks of the stream's clock, as last reported; None when nothing was since `take`."""
        self.round_trip: float | None = None
        """In seconds, as last measured; None when nothing was since `take`."""
        self.lossy_at = 0.0
        """When a report last told of many losses."""
        self._expected = 0
        self._lost = 0
        self._told = False
        self._highest = 0
        self._missing = 0
        """The most packets that the receiver has missed of those that were sent."""
        self._passed: dict[int, float] = {}

    def take(self) -> tuple[int, int]:
        """Return how many packets the reports since the last call covered, and how many of them were lost."""
        taken = self._expected, min(self._expected, self._lost)
        self._expected = self._lost = 0
        self.jitter = self.round_trip = None
        return taken

    def passed_on(self, clock: int, now: float) -> None:
        """A sender report went to the receiver, `clock` being the middle 32 bits of its NTP time."""
        self._passed[clock] = now
        if len(self._passed) > REMEMBERED:
            del self._passed[next(iter(self._passed))]

    def came(self, block: bytes, gaps: int, now: float) -> None:
        """Take a report block of 24 bytes; `gaps` numbers were left out so far in what the receiver was sent."""
        _, losses, highest, jitter, clock, held = _BLOCK.unpack(block)
        missing = (losses & 0xFF_FFFF) - (losses << 1 & 0x100_0000)  # signed, 24 bits
        passed = self._passed.get(clock)
        if passed is not None and 0 <= now - passed - held / 65536 < LONGEST_S:
            self.round_trip = now - passed - held / 65536
        self.jitter = float(jitter)
        missing -= gaps
        if not self._told:
            self._told, self._highest, self._missing = True, highest, missing
            return
        came = (highest - self._highest) & 0xFFFF_FFFF
        if came >= 0x8000_0000:  # overtaken by a newer report
            return
        self._highest = highest
        self._expected += came
        # Some numbers left out just now are not in the report yet; the most that was ever missing has them.
        lost = max(0, missing - self._missing)
        if lost > MANY_LOST * max(came, FEW):
            self.lossy_at = now
        self._lost += lost
        self._missing = max(self._missing, missing)
