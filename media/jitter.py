"""The short queue in which a voice waits to be mixed: its packets in order, 20 ms of them at a time."""

from typing import Final

from media.opus import FRAME, packet_samples

PREFILL: Final = 2
"""Packets that wait before the first is taken: what may come late without a gap."""
MOST: Final = 8
"""Packets that may wait; a burst beyond it is cut down to `PREFILL`, or the mix would lag behind for ever."""
FAR: Final = 100
"""A sequence number so far from the expected one begins another numbering."""


class JitterBuffer:
    """Takes packets as they arrive and gives what the next 20 ms need."""

    def __init__(self) -> None:
        self._packets: dict[int, bytes] = {}
        self._next: int | None = None
        """The sequence number that is due; None before the first packet of a numbering is taken."""
        self._filling = True
        self._ahead = 0
        """Samples that were given beyond the frames asked for, as a packet may be longer than 20 ms."""

    def put(self, sequence: int, packet: bytes) -> None:
        """Keep a packet until it is due; one that comes too late or is not Opus is dropped."""
        if not packet_samples(packet):
            return
        expected = next(iter(self._packets), sequence) if self._next is None else self._next
        late = (expected - sequence) & 0xFFFF
        if FAR < late < 0x10000 - FAR:
            self._packets.clear()
            self._filling = True
            self._next = None
        elif 0 < late <= FAR and self._next is not None:
            return
        self._packets[sequence] = packet
        if len(self._packets) > MOST:
            while len(self._packets) > PREFILL:
                del self._packets[self._oldest()]
            self._next = self._oldest()

    def take(self) -> list[bytes]:
        """Return the packets for the next 20 ms: too few where some are lost or late."""
        packets: list[bytes] = []
        while self._ahead < FRAME:
            packet = self._due()
            if packet is None:
                break
            packets.append(packet)
            self._ahead += packet_samples(packet)
        self._ahead = max(0, self._ahead - FRAME)
        return packets

    def _due(self) -> bytes | None:
        if self._filling and len(self._packets) < PREFILL:
            return None
        if not self._packets:
            self._filling = True
            return None
        if self._filling or self._next is None:
            self._filling = False
            self._next = self._oldest()
        packet = self._packets.pop(self._next, None)
        self._next = (self._next + 1) & 0xFFFF
        return packet

    def _oldest(self) -> int:
        first = (next(iter(self._packets)) - FAR if self._next is None else self._next) & 0xFFFF
        return min(self._packets, key=lambda sequence: (sequence - first) & 0xFFFF)
