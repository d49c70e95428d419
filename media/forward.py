"""The packet path: an RTP datagram in the shared buffer, decrypted, renumbered, encrypted and sent, all in place.

This is the code that runs hundreds of times a second for each call, so it is written for speed: few objects per
packet, no decode, a copy only for a mix or a second receiver. Everything rare lives elsewhere.

Each SSRC that a browser sends is a lane: a stream, or the repair of a camera or screen, which are retransmissions in
packets of their own numbering (RFC 4588).
"""

import struct
from typing import Final

from callflow.wiring import Stream
from media.dtls import LENGTH, PACKET, VIEW, srtp_protect, srtp_unprotect
from media.extensions import HAS_EXTENSIONS, MID_URI, RTP_HEADER, payload, translate
from media.opus import FRAME
from media.streams import Out
from media.transport import MAX_SSRCS, Transport
from media.vp8 import starts_key_frame

_HEADER: Final = struct.Struct("!BBHLL")
_read_header: Final = _HEADER.unpack_from
_write_header: Final = _HEADER.pack_into
_U16: Final = struct.Struct("!H")
MARKER: Final = 0x80
VOICE: Final = Stream.VOICE
"""A look into an enum for each packet would be dear."""


def receive(transport: Transport, size: int, now: float) -> None:
    """Handle the RTP datagram of `size` bytes in `VIEW` that came from a proven address of `transport`."""
    transport.packets_left -= 1
    transport.bytes_left -= size
    if transport.packets_left < 0 or transport.bytes_left < 0:
        transport.dropped["too_fast"] += 1
        return
    rx = transport.rx
    if rx is None:
        transport.dropped["not_up"] += 1
        return
    first, second, sequence, timestamp, ssrc = _read_header(VIEW)
    lane = transport.lanes.get(ssrc)
    if lane is None and len(transport.unknown_ssrcs) >= MAX_SSRCS and ssrc not in transport.unknown_ssrcs:
        transport.dropped["unknown_ssrc"] += 1
        return
    LENGTH[0] = size
    if srtp_unprotect(rx, PACKET, LENGTH):
        transport.dropped["unauthentic"] += 1
        return
    size = LENGTH[0]
    transport.heard_media_at = now
    if lane is None:
        lane = transport.learn(ssrc, second & 0x7F, VIEW[:size])
        if lane is None:
            transport.dropped["unknown_ssrc"] += 1
            return
    source = lane.source
    count = source.count
    count.received += 1
    count.received_bytes += size
    # What is inside a voice packet concerns only a mix.
    start, end = payload(VIEW, size) if source.stream is not VOICE or source.mixed is not None else (RTP_HEADER, size)
    if start > end:
        count.dropped["malformed"] += 1
        return
    if not lane.repair and source.arrivals.arrived(sequence, timestamp, now):
        source.arrivals.begins(VIEW, start, end, now)
    if source.tap is not None:
        source.tap.rtp(source.stream, VIEW[:size], now)
    if source.mixed is not None:
        source.mixed.put(sequence, bytes(VIEW[start:end]))
    outs = source.outs
    if not outs:
        count.dropped["unwired" if source.mixed is None else "mixed"] += 1
        return
    plain = bytes(VIEW[:size]) if len(outs) > 1 else b""
    for out in outs:
        if plain:
            VIEW[:size] = plain
        if lane.repair:
            refused = _forward_repair(out, size, start, end, first, second, timestamp)
        else:
            refused = _forward_media(out, size, start, end, first, second, sequence, timestamp, now)
        if refused:
            count.dropped[refused] += 1
        else:
            count.forwarded += 1


def _forward_media(
    out: Out, size: int, start: int, end: int, first: int, second: int, sequence: int, timestamp: int, now: float
) -> str:
    """Send a packet on; return why not, or nothing."""
    if out.stream is not VOICE:
        if out.awaiting_key_frame:
            if out.paused:
                return "line_too_poor"
            if not starts_key_frame(VIEW, start, end):
                out.missed_pictures = True
                return "awaiting_key_frame"
            out.awaiting_key_frame = False
        if not out.anchored:
            out.anchor(sequence, timestamp, now)
        out.pictures.renumber(VIEW, start, end)
    elif not out.anchored:
        out.anchor(sequence, timestamp, now)
        second |= MARKER  # a new talkspurt: the receiver may adapt its delay
    sequence = (sequence + out.sequence_offset) & 0xFFFF
    timestamp = (timestamp + out.timestamp_offset) & 0xFFFF_FFFF
    ahead = (sequence - out.sequence) & 0xFFFF
    if ahead < 0x8000:
        out.span += ahead
        if ahead != 1:
            out.gaps += ahead - 1
        out.sequence = sequence
        out.timestamp = timestamp
        out.sent_at = now
    elif not out.reaches(sequence):
        # Its number may have gone out before the last start: sending it could use an SRTP key stream twice.
        return "before_switch"
    else:
        out.gaps -= 1
    if out.id_table is not None and first & HAS_EXTENSIONS:
        translate(VIEW, size, out.id_table, out.extensions.get(MID_URI, 0), out.mid)
    _write_header(VIEW, 0, first, second & MARKER | out.payload_type, sequence, timestamp, out.ssrc)
    return _send(out, size)


def _forward_repair(out: Out, size: int, start: int, end: int, first: int, second: int, timestamp: int) -> str:
    """Send a retransmission on (RFC 4588): its payload begins with the number of the packet that it repeats."""
    if out.repair_payload_type is None:
        return "no_repair"
    if not out.anchored:
        return "line_too_poor" if out.paused else "awaiting_key_frame"
    if start + 2 <= end:  # else it is padding only, which browsers send to probe the bandwidth
        original = (_U16.unpack_from(VIEW, start)[0] + out.sequence_offset) & 0xFFFF
        if not out.reaches(original):
            return "before_switch"
        _U16.pack_into(VIEW, start, original)
        out.pictures.renumber(VIEW, start + 2, end)
    if out.id_table is not None and first & HAS_EXTENSIONS:
        translate(VIEW, size, out.id_table, out.extensions.get(MID_URI, 0), out.mid)
    out.repair_sequence = (out.repair_sequence + 1) & 0xFFFF
    timestamp = (timestamp + out.timestamp_offset) & 0xFFFF_FFFF
    _write_header(
        VIEW, 0, first, second & MARKER | out.repair_payload_type, out.repair_sequence, timestamp, out.repair_ssrc
    )
    return _send(out, size)


def send_ready(out: Out, packet: bytes, now: float) -> None:
    """Send one ready Opus packet of 20 ms as the next of an output that follows no leg."""
    size = RTP_HEADER + len(packet)
    marker = 0
    if not out.anchored:
        out.anchor(0, 0, now)
        timestamp = out.timestamp_offset
        marker = MARKER
    else:
        timestamp = (out.timestamp + FRAME) & 0xFFFF_FFFF
    out.sequence = (out.sequence + 1) & 0xFFFF
    out.timestamp = timestamp
    out.sent_at = now
    _write_header(VIEW, 0, 0x80, marker | out.payload_type, out.sequence, timestamp, out.ssrc)
    VIEW[RTP_HEADER:size] = packet
    _send(out, size)


def _send(out: Out, size: int) -> str:
    transport = out.transport
    tx, address, sock = transport.tx, transport.address, transport.socket
    if tx is None or address is None or sock is None:
        return "no_consent_or_keys"
    LENGTH[0] = size
    if srtp_protect(tx, PACKET, LENGTH):
        return "not_protected"
    try:
        sock.sendto(VIEW[: LENGTH[0]], address)
    except OSError:  # a full socket buffer or no route: the packet is lost, as on any network
        return "not_sent"
    count = out.count
    count.sent += 1
    count.sent_bytes += size
    return ""
