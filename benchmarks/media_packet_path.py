"""How long the bridge works on one packet: decrypt, renumber, encrypt, send; everything but receiving it.

Two transports with real keys in one process; ready SRTP packets are put into the buffer one after another, and what the
bridge sends goes to a UDP socket that nobody reads. Run: python benchmarks/media_packet_path.py
"""

import asyncio
import os
import socket
import struct
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from callflow.ids import LegId, RecordingId
from callflow.roles import Role
from callflow.wiring import Stream
from media import forward
from media.dtls import LENGTH, PACKET, VIEW, Dtls, Fingerprint, make_certificate, sha256_fingerprint, srtp_protect
from media.sdp import read_offer
from media.streams import StreamCount
from media.transport import Transport
from media.turns import Turns
from recording.journal import Journal
from tests.media.offers import Nobody

PACKETS = 20_000
PICTURE = 4
"""Packets of one picture: about 1 Mbit/s at 30 pictures a second."""
OFFER = Path(__file__).resolve().parent.parent / "tests" / "media" / "chromium_offer.sdp"


async def connect(sink: socket.socket) -> tuple[Transport, Dtls]:
    """Shake hands with a new transport and return it with the client's end, which has the keys to send to it."""
    certificates = make_certificate(), make_certificate()
    ours, theirs = (sha256_fingerprint(certificate) for certificate in certificates)
    offer = replace(read_offer(OFFER.read_text(), ("opus", "VP8")), fingerprints=(Fingerprint("sha-256", theirs),))
    transport = Transport(LegId("leg"), offer, certificates[0], {s: StreamCount() for s in Stream}, Nobody(), Turns(1))
    server = transport._dtls  # pyright: ignore
    client = Dtls(certificates[1], [Fingerprint("sha-256", ours)], True, transport.receive_dtls, lambda: None)
    server._path._sender = lambda datagram: client.receive(datagram) and None  # pyright: ignore
    await asyncio.gather(server.handshake(), client.handshake())
    transport.rx, transport.tx = server.rx, server.tx
    transport.socket, transport.address = sink, sink.getsockname()
    return transport, client


def protected(client: Dtls, stream: Stream, ssrc: int, payload_type: int) -> list[bytes]:
    """Write the packets that a browser would send, encrypted."""
    made: list[bytes] = []
    extensions = bytes.fromhex("bede0002") + b"\x10\x9e\x40\x30\x22\x01\x02\x03"
    for n in range(PACKETS):
        if stream is Stream.VOICE:
            timestamp, body = n * 960, os.urandom(80)
        else:
            picture, part = divmod(n, PICTURE)
            timestamp, picture_id = picture * 3000, struct.pack("!H", 0x8000 | picture & 0x7FFF)
            body = (b"\x80\x80" if part else b"\x90\x80") + picture_id + bytes(1100)
        packet = struct.pack("!BBHLL", 0x90, payload_type, n & 0xFFFF, timestamp, ssrc) + extensions + body
        VIEW[: len(packet)] = packet
        LENGTH[0] = len(packet)
        assert client.tx is not None
        assert srtp_protect(client.tx, PACKET, LENGTH) == 0
        made.append(bytes(VIEW[: LENGTH[0]]))
    return made


def measure(name: str, transport: Transport, packets: list[bytes]) -> None:
    """Feed the packets and print microseconds for each."""
    receive = forward.receive
    began = time.process_time()
    for packet in packets:
        VIEW[: len(packet)] = packet
        transport.packets_left = transport.bytes_left = 10_000
        receive(transport, len(packet), began)
    spent = time.process_time() - began
    print(f"{name:34s} {1e6 * spent / len(packets):6.2f} us/packet   dropped {dict(transport.dropped)}")


async def main() -> None:
    """Measure voice and camera: to nobody, to one receiver, to one and a tap, to two."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        sink.setblocking(False)
        for stream in (Stream.VOICE, Stream.CAMERA):
            for receivers, tapped in ((0, False), (1, False), (1, True), (2, False)):
                transport, client = await connect(sink)
                source = transport.ins[stream]
                for _ in range(receivers):
                    (await connect(sink))[0].outs[stream].follow(source)
                if tapped:
                    source.tap = Journal(
                        LegId("leg"), RecordingId("recording"), Path(os.devnull), threading.Event(), Role.AGENT
                    )
                packets = protected(client, stream, source.ssrc or 0, source.payload_type)
                measure(f"{stream} to {receivers}{', tapped' if tapped else ''}", transport, packets)


if __name__ == "__main__":
    asyncio.run(main())
