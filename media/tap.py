"""What takes a copy of everything that a leg sends, for a recording. The media plane knows no file."""

from pathlib import Path
from typing import Protocol

from callflow.ids import LegId, RecordingId
from callflow.roles import Role
from callflow.wiring import Stream

TappedStreams = dict[Stream, dict[str, object]]
"""For each received stream its `payload_type`, `repair_payload_type` and `codec`."""


class Tap(Protocol):
    """Called on the packet path: it copies what it is given and returns at once."""

    recording: RecordingId

    def start(self, transport: str, streams: TappedStreams) -> None:
        """Describe the transport whose packets follow."""
        ...

    def rtp(self, stream: Stream, packet: memoryview, now: float) -> None:
        """Take a decrypted RTP packet; the view is valid during the call only."""
        ...

    def rtcp(self, compound: bytes, now: float) -> None:
        """Take a decrypted RTCP packet."""
        ...

    def close(self) -> None:
        """Take no more; what was taken is written soon."""
        ...


class Taps(Protocol):
    """Makes taps and looks after them."""

    def open(self, leg: LegId, recording: RecordingId, path: Path, role: Role) -> Tap:
        """Begin a tap of somebody's leg that writes to `path`."""
        ...

    def stop(self) -> None:
        """Write everything that was taken. Blocks until it is done."""
        ...
