"""What the media plane has counted, as values that can cross to another process."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """What `StreamCount` held at one moment."""

    received: int
    forwarded: int
    sent: int
    dropped: Mapping[str, int]
    """Received packets that were not sent on, by reason."""
