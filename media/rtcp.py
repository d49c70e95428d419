"""RTCP between legs (RFC 3550, RFC 4585): what one browser reports is told to those whose packets it reports on.

Browsers negotiate loss and bandwidth with each other, end to end: reports, retransmission requests, key frame requests
and bandwidth limits are renumbered as the packets were and passed on. The server keeps no packets to send again. What
concerns the server only (names, goodbyes, everything unknown) ends here.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Final

from callflow.wiring import Stream
from media.streams import In, Out, lowest_limit
from media.transport import Transport

SENDER_REPORT: Final = 200
RECEIVER_REPORT: Final = 201
TRANSPORT_FEEDBACK: Final = 205
PAYLOAD_FEEDBACK: Final = 206
GENERIC_NACK: Final = 1
PICTURE_LOSS: Final = 1
APPLICATION_LAYER: Final = 15

_FEEDBACK: Final = struct.Struct("!BBHLL")
_U32: Final = struct.Struct("!L")
_NACK: Final = struct.Struct("!HH")
Part = tuple[int, int, bytes]
"""One packet of a compound: its type, its count or format, and its body behind the first four bytes."""
REPORT_BYTES: Final = 24
SENDER_INFO_BYTES: Final = 20


class Letter:
    """A compound packet in the making, for one transport."""

    def __init__(self, to: Transport) -> None:
        self._reporter = reporter(to)
        self._sender_reports: list[bytes] = []
        self._blocks: list[bytes] = []
        self._feedback: list[bytes] = []

    def add_sender_report(self, ssrc: int, info: bytes) -> None:
        """Add a sender's clock and counts, 20 bytes."""
        self._sender_reports.append(_head(0, SENDER_REPORT, 4 + len(info)) + _U32.pack(ssrc) + info)

    def add_report(self, block: bytes) -> None:
        """Add a report block on a stream of the addressee, 24 bytes."""
        self._blocks.append(block)

    def add_feedback(self, kind: int, message: int, media_ssrc: int, body: bytes = b"") -> None:
        """Add a feedback message of type `kind` (205 or 206) and format `message`."""
        head = _FEEDBACK.pack(0x80 | message, kind, 2 + len(body) // 4, self._reporter, media_ssrc)
        self._feedback.append(head + body)

    def __bytes__(self) -> bytes:
        parts = list(self._sender_reports)
        # A compound packet begins with a report, be it an empty one (RFC 3550, 6.1).
        if self._blocks or not parts:
            blocks = self._blocks[:31]
            head = _head(len(blocks), RECEIVER_REPORT, 4 + REPORT_BYTES * len(blocks))
            parts.append(head + _U32.pack(self._reporter) + b"".join(blocks))
        return b"".join(parts + self._feedback)


def reporter(transport: Transport) -> int:
    """Return the SSRC under which the server reports to a transport."""
    return next((out.ssrc for out in transport.outs.values()), 1)


def key_frame_request(source: In) -> bytes | None:
    """Write a picture loss indication for a stream; None while its SSRC is unknown."""
    if source.ssrc is None:
        return None
    letter = Letter(source.transport)
    letter.add_feedback(PAYLOAD_FEEDBACK, PICTURE_LOSS, source.ssrc)
    return bytes(letter)


def keep_ready(transport: Transport, bits_per_second: int) -> bytes | None:
    """Write what a receiver would tell a browser whose pictures nobody takes yet: all arrived, so much may come.

    Without it the browser's estimate falls to its minimum, and pictures would start small when they are wired at last.
    """
    pictures = [
        source for source in transport.ins.values() if source.stream is not Stream.VOICE and source.ssrc is not None
    ]
    waiting = [source for source in pictures if source.unseen]
    somebody_sees = len(waiting) < len(pictures)
    if not waiting or (somebody_sees and all(source.arrivals.highest is None for source in waiting)):
        return None
    letter = Letter(transport)
    for source in waiting:
        highest = source.arrivals.highest
        if highest is not None:
            letter.add_report(struct.pack("!LLLLLL", source.ssrc, 0, highest, 0, 0, 0))
    if not somebody_sees:  # else who receives the others names the limit for them all
        ssrcs = [source.ssrc for source in waiting if source.ssrc is not None]
        letter.add_feedback(PAYLOAD_FEEDBACK, APPLICATION_LAYER, 0, _bandwidth_limit(bits_per_second, ssrcs))
    return bytes(letter)


def translate(sender: Transport, parts: Sequence[Part], now: float) -> Iterable[tuple[Transport, bytes]]:
    """Turn a compound packet of one browser into those that others should get, skipping what is malformed.

    Call `measure` before: the bandwidth limits that it notes are what is passed on.
    """
    letters: dict[Transport, Letter] = {}

    def letter(to: Transport) -> Letter:
        if to not in letters:
            letters[to] = Letter(to)
        return letters[to]

    for kind, count, body in parts:
        if kind == SENDER_REPORT and len(body) >= 4 + SENDER_INFO_BYTES:
            for out, info in _sender_reports(sender, body):
                letter(out.transport).add_sender_report(out.ssrc, info)
            body = body[SENDER_INFO_BYTES:]
        if kind in (SENDER_REPORT, RECEIVER_REPORT):
            for source, block in _reports(sender, body, count):
                letter(source.transport).add_report(block)
        elif kind == TRANSPORT_FEEDBACK and count == GENERIC_NACK:
            for source, body_out in _nack(sender, body):
                letter(source.transport).add_feedback(kind, count, source.ssrc or 0, body_out)
        elif kind == PAYLOAD_FEEDBACK and count == PICTURE_LOSS and len(body) >= 8:
            out = sender.outs_by_ssrc.get(_u32(body, 4))
            if out is not None and not out.paused and out.source is not None and out.source.ssrc is not None:
                letter(out.source.transport).add_feedback(kind, count, out.source.ssrc)
        elif _is_bandwidth_limit(kind, count, body):
            for to, body_out in _bandwidth(sender, body, now):
                letter(to).add_feedback(kind, count, 0, body_out)
    return [(to, bytes(written)) for to, written in letters.items()]


def measure(sender: Transport, parts: Sequence[Part], now: float) -> None:
    """Note what a compound packet tells of the network between the server and those who get the packets."""
    for kind, count, body in parts:
        if kind == SENDER_REPORT and len(body) >= 4 + SENDER_INFO_BYTES:
            for out, info in _sender_reports(sender, body):
                out.reports.passed_on(_u32(info, 2), now)
            body = body[SENDER_INFO_BYTES:]
        if kind in (SENDER_REPORT, RECEIVER_REPORT):
            for out, block in _blocks(sender, body, count):
                out.reports.came(block, out.gaps, now)
        elif _is_bandwidth_limit(kind, count, body):
            limit = ((body[13] & 0x03) << 16 | body[14] << 8 | body[15]) << (body[13] >> 2)
            for out in _limited(sender, body):
                out.limit, out.limited_at = limit, now


def parts(compound: bytes) -> list[Part]:
    """Take a decrypted compound packet apart, up to the first malformed part."""
    found: list[Part] = []
    position = 0
    while position + 8 <= len(compound):
        count, kind, words = compound[position] & 0x1F, compound[position + 1], compound[position + 2 : position + 4]
        end = position + 4 + 4 * int.from_bytes(words)
        if compound[position] >> 6 != 2 or end > len(compound):
            break
        found.append((kind, count, compound[position + 4 : end]))
        position = end
    return found


def _sender_reports(sender: Transport, body: bytes) -> Iterable[tuple[Out, bytes]]:
    """Give a stream's clock to each of its receivers, on the time line that they see."""
    lane = sender.lanes.get(_u32(body, 0))
    if lane is None or lane.repair:
        return
    for out in lane.source.outs:
        if out.anchored:
            timestamp = (_u32(body, 12) + out.timestamp_offset) & 0xFFFF_FFFF
            yield out, body[4:12] + _U32.pack(timestamp) + body[16:24]


def _reports(sender: Transport, body: bytes, count: int) -> Iterable[tuple[In, bytes]]:
    """Give report blocks to the legs whose streams they are about; retransmissions are not reported on."""
    for out, block in _blocks(sender, body, count):
        source = out.source if out.anchored else None
        if source is None or source.ssrc is None:
            continue
        highest = (_u32(block, 8) - out.sequence_offset) & 0xFFFF_FFFF
        yield source, _U32.pack(source.ssrc) + block[4:8] + _U32.pack(highest) + block[12:]


def _blocks(sender: Transport, body: bytes, count: int) -> Iterable[tuple[Out, bytes]]:
    """Find the outputs that report blocks are about."""
    for index in range(count):
        block = body[4 + index * REPORT_BYTES : 4 + (index + 1) * REPORT_BYTES]
        if len(block) < REPORT_BYTES:
            return
        out = sender.outs_by_ssrc.get(_u32(block, 0))
        if out is not None:
            yield out, block


def _nack(sender: Transport, body: bytes) -> Iterable[tuple[In, bytes]]:
    """Ask the present source again for what it sent, never for numbers from before it."""
    out = sender.outs_by_ssrc.get(_u32(body, 4)) if len(body) >= 8 else None
    if out is None or out.source is None or out.source.ssrc is None or not out.anchored:
        return
    items: list[bytes] = []
    for position in range(8, len(body) - 3, 4):
        first, more = _NACK.unpack_from(body, position)
        lost = [first] + [(first + bit) & 0xFFFF for bit in range(1, 17) if more >> (bit - 1) & 1]
        reached = [sequence for sequence in lost if out.reaches(sequence)]
        if reached == lost:
            items.append(_NACK.pack((first - out.sequence_offset) & 0xFFFF, more))
        else:
            items += [_NACK.pack((sequence - out.sequence_offset) & 0xFFFF, 0) for sequence in reached]
    if items:
        yield out.source, b"".join(items)


def _is_bandwidth_limit(kind: int, count: int, body: bytes) -> bool:
    """Tell a receiver's limit for all that it receives (draft-alvestrand-rmcat-remb-03) from other feedback."""
    return kind == PAYLOAD_FEEDBACK and count == APPLICATION_LAYER and len(body) >= 16 and body[8:12] == b"REMB"


def _limited(sender: Transport, body: bytes) -> Iterable[Out]:
    """Find the outputs that a receiver's limit names."""
    for position in range(16, min(len(body), 16 + 4 * body[12]) - 3, 4):
        out = sender.outs_by_ssrc.get(_u32(body, position))
        if out is not None:
            yield out


def _bandwidth(sender: Transport, body: bytes, now: float) -> Iterable[tuple[Transport, bytes]]:
    """Tell each leg that this one receives from the lowest limit among all who receive its pictures.

    A browser obeys the limit that it heard last, for all its streams together, whoever named it for whichever.
    """
    ssrcs: dict[Transport, list[int]] = {}
    for out in _limited(sender, body):
        if out.source is not None and out.source.ssrc is not None:
            ssrcs.setdefault(out.source.transport, []).append(out.source.ssrc)
    for to, found in ssrcs.items():
        limit = lowest_limit((out for source in to.ins.values() for out in source.outs if not out.paused), now)
        if limit is not None:
            yield to, _bandwidth_limit(limit, found)


def _bandwidth_limit(bits_per_second: int, ssrcs: list[int]) -> bytes:
    exponent = max(0, bits_per_second.bit_length() - 18)
    mantissa = bits_per_second >> exponent
    head = b"REMB" + bytes([len(ssrcs)]) + (exponent << 18 | mantissa).to_bytes(3)
    return head + b"".join(map(_U32.pack, ssrcs))


def _head(count: int, kind: int, length: int) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, length // 4)


def _u32(data: bytes, position: int) -> int:
    return _U32.unpack_from(data, position)[0]
