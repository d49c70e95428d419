"""The streams of one transport: what comes in, what goes out, and which source an output follows.

An `Out` keeps its SSRC, payload type and numbering for as long as its transport lives. Whatever it follows is
renumbered to continue where the last source stopped, so that hold, resume and transfer need no renegotiation with the
receiver.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from callflow.wiring import Stream
from media.arrivals import VOICE_HZ, arrivals_of
from media.extensions import MID_URI
from media.reports import Reports
from media.vp8 import PictureNumbers

if TYPE_CHECKING:
    from media.jitter import JitterBuffer
    from media.tap import Tap
    from media.transport import Transport

LIMIT_KEPT_S: Final = 5.0
"""A receiver tells its limit every second while pictures come; an older one means nothing."""
CLOCK_HZ: Final = {Stream.VOICE: VOICE_HZ, Stream.CAMERA: 90_000, Stream.SCREEN: 90_000}


class StreamCount:
    """Packets of one stream of one leg, both ways, over all the transports that the leg has had."""

    __slots__ = ("dropped", "forwarded", "received", "received_bytes", "sent", "sent_bytes")

    def __init__(self) -> None:
        self.received = 0
        """Authentic RTP packets that the leg sent."""
        self.received_bytes = 0
        """Of these, the bytes, as decrypted."""
        self.forwarded = 0
        """Of these, packets sent on; a packet that goes to two receivers counts twice."""
        self.dropped: Counter[str] = Counter()
        """Of these, packets not sent on, by reason; for each receiver, or once when there is none."""
        self.sent = 0
        """Packets sent to the leg, from another leg or a prompt."""
        self.sent_bytes = 0
        """Of these, the bytes, before encryption."""

    def add(self, other: "StreamCount") -> None:
        """Add another's counts to these."""
        self.received += other.received
        self.received_bytes += other.received_bytes
        self.forwarded += other.forwarded
        self.dropped.update(other.dropped)
        self.sent += other.sent
        self.sent_bytes += other.sent_bytes


class In:
    """One stream as a transport receives it."""

    __slots__ = (
        "arrivals",
        "asked_at",
        "count",
        "extensions",
        "mid",
        "mixed",
        "outs",
        "payload_type",
        "repair_payload_type",
        "repair_ssrc",
        "ssrc",
        "stream",
        "tap",
        "transport",
    )

    def __init__(
        self,
        transport: "Transport",
        stream: Stream,
        mid: str,
        payload_type: int,
        repair_payload_type: int | None,
        ssrc: int | None,
        repair_ssrc: int | None,
        extensions: Mapping[str, int],
        count: StreamCount,
    ) -> None:
        self.transport = transport
        self.stream = stream
        self.mid = mid
        self.payload_type = payload_type
        self.repair_payload_type = repair_payload_type
        self.ssrc = ssrc
        self.repair_ssrc = repair_ssrc
        self.extensions = extensions
        self.count = count
        """Shared with the output of the same stream and leg: each counts its own direction."""
        self.outs: tuple[Out, ...] = ()
        self.tap: Tap | None = None
        self.mixed: JitterBuffer | None = None
        """Where a mix wants the voice, None while no mix does."""
        self.arrivals = arrivals_of(stream)
        self.asked_at = 0.0
        """When a key frame was last asked for, in seconds of the monotonic clock."""

    @property
    def unseen(self) -> bool:
        """Whether these are pictures that are sent to nobody: none is wired to them, or their lines are too poor.

        A tap is nobody. So a camera whose only receiver has a poor line is recorded with as little as it may send then.
        """
        return self.stream is not Stream.VOICE and all(out.paused for out in self.outs)


class Out:
    """One stream as a transport sends it."""

    __slots__ = (
        "anchored",
        "awaiting_key_frame",
        "count",
        "extensions",
        "gaps",
        "id_table",
        "limit",
        "limited_at",
        "mid",
        "missed_pictures",
        "paused",
        "payload_type",
        "pictures",
        "repair_payload_type",
        "repair_sequence",
        "repair_ssrc",
        "reports",
        "sent_at",
        "sequence",
        "sequence_offset",
        "source",
        "span",
        "ssrc",
        "stream",
        "timestamp",
        "timestamp_offset",
        "transport",
    )

    def __init__(
        self,
        transport: "Transport",
        stream: Stream,
        mid: str,
        payload_type: int,
        repair_payload_type: int | None,
        extensions: Mapping[str, int],
        count: StreamCount,
    ) -> None:
        self.transport = transport
        self.stream = stream
        self.mid = mid.encode()
        self.payload_type = payload_type
        self.repair_payload_type = repair_payload_type
        self.extensions = extensions
        self.count = count
        self.ssrc = secrets.randbits(31) | 1
        self.repair_ssrc = self.ssrc ^ 0x4000_0000
        # Below half of the range, or the receiver may guess a wrong SRTP roll-over count (RFC 3711, 3.3.1).
        self.sequence = secrets.randbits(14)
        """The newest number sent, and `timestamp` the newest time; before the first packet, what it continues."""
        self.repair_sequence = secrets.randbits(14)
        self.timestamp = secrets.randbits(31)
        self.sent_at: float | None = None
        self.source: In | None = None
        self.anchored = False
        """Whether the offsets hold: the present source's numbers continue ours. False until its first packet is
        sent."""
        self.awaiting_key_frame = False
        """Whether pictures are held back because a decoder could not begin with them."""
        self.missed_pictures = False
        """Whether packets came since a key frame was last asked for, and none began one."""
        self.paused = False
        """Whether pictures wait for a better line."""
        self.limit: int | None = None
        """What the receiver last said it can take of all pictures together, in bits a second."""
        self.limited_at = 0.0
        """When it said so."""
        self.sequence_offset = 0
        self.timestamp_offset = 0
        """What is added to the present source's numbers to get ours, modulo 2^16 and 2^32."""
        self.span = 0
        """How many of the newest outgoing numbers are the present source's; only they may be late, repaired or asked
        for."""
        self.gaps = 0
        """Outgoing numbers that were skipped and not filled by a late packet; no loss of the receiver's network."""
        self.reports = Reports()
        self.pictures = PictureNumbers()
        self.id_table: bytes | None = None
        """For each header extension id of the source this leg's own id, 0 to blank it; None when nothing differs."""

    def follow(self, source: In | None) -> None:
        """Take packets from `source`, or from no leg at all. Following the same source again changes nothing."""
        if source is self.source:
            return
        if self.source is not None:
            self.source.outs = tuple(out for out in self.source.outs if out is not self)
        self.source = source
        self.restart()
        if source is not None:
            self.id_table = _id_table(source, self)
            source.outs = (*source.outs, self)

    def restart(self) -> None:
        """Expect another numbering in the next packet, and for pictures a key frame first."""
        self.anchored = False
        self.awaiting_key_frame = self.stream is not Stream.VOICE
        self.missed_pictures = False
        self.span = 0
        self.pictures.expect_another_source()

    def pause(self, paused: bool) -> None:
        """Send no pictures for now, or begin again with a key frame."""
        self.paused = paused
        self.restart()

    def anchor(self, sequence: int, timestamp: int, now: float) -> None:
        """Make the source's numbers continue ours: the next sequence number, and as much later as the clock says."""
        gap = 0 if self.sent_at is None else max(1, int((now - self.sent_at) * CLOCK_HZ[self.stream]))
        self.sequence_offset = (self.sequence + 1 - sequence) & 0xFFFF
        self.timestamp_offset = (self.timestamp + gap - timestamp) & 0xFFFF_FFFF
        self.span = 0
        self.anchored = True

    def reaches(self, sequence: int) -> bool:
        """Say whether an outgoing sequence number belongs to the present source, not to one before it."""
        return (self.sequence - sequence) & 0xFFFF < self.span


def lowest_limit(outs: Iterable[Out], now: float) -> int | None:
    """Return the lowest of the limits that receivers named of late, in bits a second; None when none did."""
    recent = (out.limit for out in outs if out.limit is not None and now - out.limited_at < LIMIT_KEPT_S)
    return min(recent, default=None)


def _id_table(source: In, out: Out) -> bytes | None:
    """Map the source's header extension ids to the receiver's (RFC 8285, one-byte form)."""
    if source.extensions == out.extensions and (MID_URI not in out.extensions or source.mid.encode() == out.mid):
        return None
    table = bytearray(16)
    for uri, number in source.extensions.items():
        table[number] = out.extensions.get(uri, 0)
    return bytes(table)
