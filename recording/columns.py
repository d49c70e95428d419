"""The packets of one stream of one side as columns: a call of hours has a million of them.

Only what places a packet is kept; its payload stays in the tap's file, and `tap`, `position` and `size` say where.
"""

import struct
from array import array
from dataclasses import dataclass
from typing import Final

from media.extensions import RTP_HEADER, payload

MAX_SEQUENCE_JUMP: Final = 3_000
"""A larger step of the numbers is a sender that began anew, not loss (RFC 3550, A.1)."""
MAX_CLOCK_JUMP_S: Final = 10.0
"""When the RTP clock and the clock of arrivals part by more, the sender has changed its clock."""
MAX_LANES: Final = 5_000
"""One for each new clock or numbering. Nobody needs as many; each costs time when the recording is made."""
MAX_PAUSE_S: Final = 30.0
"""After a longer silence (hold, a pause) the two clocks are compared anew."""
_HEADER: Final = struct.Struct("!BBHLL")
_U16: Final = struct.Struct("!H")
_VERSION: Final = 0x80
_MARKER: Final = 0x80


@dataclass(slots=True)
class _Lane:
    """Packets that are numbered and timed in one row."""

    number: int
    sequence: int
    timestamp: int
    arrival: float


@dataclass(frozen=True, slots=True)
class _Packet:
    """What a header says; `start` and `end` enclose the payload."""

    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    start: int
    end: int


class Columns:
    """Filled packet by packet in the order of arrival. Duplicates are kept; what is no RTP is not."""

    def __init__(self, hertz: int) -> None:
        self.hertz = hertz
        self.tap: array[int] = array("H")
        self.position: array[int] = array("q")
        self.size: array[int] = array("H")
        self.first_bytes: array[int] = array("H")
        """The first two bytes of each payload."""
        self.marker: array[int] = array("B")
        self.repair: array[int] = array("B")
        self.lane: array[int] = array("l")
        self.sequence: array[int] = array("q")
        """Not wrapped, within a lane."""
        self.timestamp: array[int] = array("q")
        """Not wrapped, within a lane."""
        self.arrival: array[float] = array("d")
        """Seconds of the recording's clock."""
        self._lanes: dict[int, _Lane] = {}
        self._latest: _Lane | None = None
        self._count = 0

    def __len__(self) -> int:
        return len(self.tap)

    def begin(self) -> None:
        """Another transport's packets follow: none of its numbers continues an earlier one."""
        self._lanes = {}
        self._latest = None

    def add(self, tap: int, position: int, packet: bytes, arrival: float) -> None:
        """Take a media packet that lies at `position` of the tap's file."""
        if (header := _parse(packet)) is None:
            return
        lane = self._lanes.get(header.ssrc)
        if lane is None or not self._continues(lane, header, arrival):
            if self._count >= MAX_LANES:
                return
            lane = _Lane(self._count, header.sequence, header.timestamp, arrival)
            self._count += 1
            self._lanes[header.ssrc] = lane
        sequence = lane.sequence + _signed(header.sequence - lane.sequence, 16)
        timestamp = lane.timestamp + _signed(header.timestamp - lane.timestamp, 32)
        self._append(tap, position, packet, header, False, lane.number, sequence, timestamp, arrival)
        if sequence >= lane.sequence:
            lane.sequence, lane.timestamp, lane.arrival = sequence, timestamp, arrival
        self._latest = lane

    def add_repair(self, tap: int, position: int, packet: bytes, arrival: float) -> None:
        """Take a retransmission: the original's number stands before its payload (RFC 4588, 4)."""
        header, lane = _parse(packet), self._latest
        if header is None or lane is None or header.end - header.start <= _U16.size:
            return
        ahead = _signed(_U16.unpack_from(packet, header.start)[0] - lane.sequence, 16)
        later = _signed(header.timestamp - lane.timestamp, 32)
        if abs(ahead) > MAX_SEQUENCE_JUMP or abs(later) > MAX_CLOCK_JUMP_S * self.hertz:
            return
        original = _Packet(
            header.marker, 0, header.timestamp, header.ssrc, header.start + _U16.size, header.end
        )  # fmt: skip
        self._append(
            tap, position, packet, original, True, lane.number, lane.sequence + ahead, lane.timestamp + later, arrival
        )

    def _continues(self, lane: _Lane, header: _Packet, arrival: float) -> bool:
        if abs(_signed(header.sequence - lane.sequence, 16)) > MAX_SEQUENCE_JUMP:
            return False
        waited = arrival - lane.arrival
        later = _signed(header.timestamp - lane.timestamp, 32) / self.hertz
        return abs(waited) <= MAX_PAUSE_S and abs(later - waited) <= MAX_CLOCK_JUMP_S

    def _append(
        self, tap: int, position: int, packet: bytes, header: _Packet, repair: bool, lane: int,
        sequence: int, timestamp: int, arrival: float,
    ) -> None:  # fmt: skip
        self.tap.append(tap)
        self.position.append(position + header.start)
        self.size.append(header.end - header.start)
        first = packet[header.start : min(header.end, header.start + 2)]
        self.first_bytes.append(int.from_bytes(first.ljust(2, b"\0")))
        self.marker.append(header.marker)
        self.repair.append(repair)
        self.lane.append(lane)
        self.sequence.append(sequence)
        self.timestamp.append(timestamp)
        self.arrival.append(arrival)


def payload_type(packet: bytes) -> int:
    """Return the payload type, -1 for what is too short to have one."""
    return packet[1] & 0x7F if len(packet) >= RTP_HEADER else -1


def _parse(packet: bytes) -> _Packet | None:
    """Read a header; None when it is none, or contradicts its own length."""
    if len(packet) < RTP_HEADER:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(packet)
    start, end = payload(memoryview(packet), len(packet))
    if first & 0xC0 != _VERSION or start > end:
        return None
    return _Packet(bool(second & _MARKER), sequence, timestamp, ssrc, start, end)


def _signed(difference: int, bits: int) -> int:
    half = 1 << bits - 1
    return ((difference + half) & (1 << bits) - 1) - half
