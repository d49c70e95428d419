"""One synthetic caller: real ICE, DTLS and SRTP, but canned sound and pictures, so that hundreds cost little."""

import asyncio
import contextlib
import os
import socket
import struct
import time
import zlib
from dataclasses import dataclass, field
from typing import Final

from aioice import stun

from media.dtls import LENGTH, PACKET, VIEW, Certificate, Dtls, DtlsError, Fingerprint, sha256_fingerprint
from media.dtls import srtp_protect as protect
from media.dtls import srtp_unprotect as unprotect
from tests.media.offers import FINGERPRINT, offer

VOICE_SSRC: Final = 1000
CAMERA_SSRC: Final = 2000
VOICE, CAMERA = 111, 96
FIRST_CHECK_S: Final = 0.1
CHECK_S: Final = 2.0
SET_UP_LIMIT_S: Final = 10.0
STAMP: Final = b"\x78stamped"
"""How a voice packet begins that carries the time at which it was sent: a TOC byte of Opus, and a mark."""
GIANT: Final = b"\x9d\x01\x2a\xff\x3f\xff\x3f"
"""The start code of a VP8 key frame, and 16383 x 16383 (RFC 6386, 9.1)."""
_SO_TIMESTAMPNS: Final = 35
"""Linux: the kernel says when a datagram arrived, so that a late reader is not taken for a late packet."""
_RTP: Final = struct.Struct("!BBHLL")
_TIME: Final = struct.Struct("qq")
_STAMP: Final = struct.Struct("!q")


@dataclass
class Heard:
    """What a caller received since it was last asked."""

    voice: int = 0
    giants: int = 0
    """Pictures that claim 16383 x 16383, unharmed."""
    unauthentic: int = 0
    longest_gap_ms: float = 0.0
    transit_ms: list[float] = field(default_factory=list[float])
    """From another caller's sending to the arrival here."""


class Caller:
    """A UDP socket with a peer connection's worth of protocol on it."""

    def __init__(self, certificate: Certificate, camera: bool) -> None:
        self._certificate = certificate
        self._camera = camera
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", 0))
        self._dtls: Dtls | None = None
        self._checked = asyncio.Event()
        self._checking: asyncio.Task[None] | None = None
        self._name = self._password = ""
        self._sequence = {VOICE: 0, CAMERA: 0}
        self._arrived_at: float | None = None
        self.heard = Heard()
        self.listens_for = frozenset[int]()
        """Digests of the payloads that it is to notice."""
        self.noticed: set[int] = set()
        self.closed = False
        """Whether the server ended the association."""
        self.voice_every_s = 0.02
        self.giants = False
        """Whether it sends pictures that claim to be 16383 x 16383, with every voice packet."""
        self.due = 0.0
        """When it speaks next, in seconds of the monotonic clock; set by who drives it."""

    def offer(self) -> str:
        """Write the offer."""
        directions = ("sendrecv", "sendrecv" if self._camera else "inactive", "inactive")
        return offer(directions=directions).replace(FINGERPRINT, sha256_fingerprint(self._certificate))

    async def connect(self, answer: str) -> bool:
        """Check and shake hands; say whether that worked in time."""
        lines = dict(line[2:].split(":", 1) for line in answer.splitlines() if line.startswith("a=") and ":" in line)
        port = int(next(line for line in answer.splitlines() if line.startswith("m=audio")).split()[1])
        self._name, self._password = f"{lines['ice-ufrag']}:abcd", lines["ice-pwd"]
        self._socket.connect(("127.0.0.1", port))
        prints = [Fingerprint("sha-256", lines["fingerprint"].split(" ")[1])]
        self._dtls = Dtls(self._certificate, prints, True, self._send, self._ended)
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)
        self._checking = asyncio.create_task(self._keep_checking(), name="checks of a caller")
        try:
            async with asyncio.timeout(SET_UP_LIMIT_S):
                await self._checked.wait()
                await self._dtls.handshake()
        except (TimeoutError, DtlsError):
            return False
        return True

    async def close(self) -> None:
        """Go away without a word, as a page that is killed does."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()

    def speak(self) -> None:
        """Send the next 20 ms."""
        self._send_rtp(VOICE, VOICE_SSRC, 960, STAMP + _STAMP.pack(time.time_ns()) + bytes(44))
        if self.giants:
            # A descriptor that says that a partition begins (RFC 7741, 4.2), then a key frame's tag.
            self._send_rtp(CAMERA, CAMERA_SSRC, 1800, b"\x10" + b"\x10\x00\x00" + GIANT + bytes(1100))

    def _send_rtp(self, payload_type: int, ssrc: int, ticks: int, payload: bytes) -> None:
        if self._dtls is None or self._dtls.tx is None:
            return
        number = self._sequence[payload_type] = self._sequence[payload_type] + 1
        marker = 0x80 if payload_type == CAMERA else 0
        packet = _RTP.pack(0x80, marker | payload_type, number & 0xFFFF, number * ticks & 0xFFFF_FFFF, ssrc) + payload
        VIEW[: len(packet)] = packet
        LENGTH[0] = len(packet)
        if protect(self._dtls.tx, PACKET, LENGTH) == 0:
            self._send(bytes(VIEW[: LENGTH[0]]))

    def _send(self, datagram: bytes) -> None:
        with contextlib.suppress(OSError):
            self._socket.send(datagram)

    def _ended(self) -> None:
        self.closed = True

    async def _keep_checking(self) -> None:
        while True:
            check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
            check.attributes["USERNAME"] = self._name
            check.attributes["PRIORITY"] = 1
            check.attributes["ICE-CONTROLLING"] = int.from_bytes(os.urandom(8))
            check.attributes["USE-CANDIDATE"] = None
            check.add_message_integrity(self._password.encode())
            self._send(bytes(check))
            await asyncio.sleep(CHECK_S if self._checked.is_set() else FIRST_CHECK_S)

    def _readable(self) -> None:
        while True:
            try:
                size, extra, _, _ = self._socket.recvmsg_into([VIEW], 64)
            except OSError:
                return
            first = VIEW[0]
            if size < 12:
                continue
            if 128 <= first < 192:
                if not 192 <= VIEW[1] < 224:
                    seconds, nanoseconds = _TIME.unpack_from(extra[0][2])
                    self._rtp(size, seconds + nanoseconds / 1e9)
            elif 20 <= first < 64 and self._dtls is not None:
                self._dtls.receive(bytes(VIEW[:size]))
            elif first < 4:
                self._checked.set()

    def _rtp(self, size: int, at: float) -> None:
        if self._dtls is None or self._dtls.rx is None:
            return
        LENGTH[0] = size
        if unprotect(self._dtls.rx, PACKET, LENGTH):
            self.heard.unauthentic += 1
            return
        payload = bytes(VIEW[12 : LENGTH[0]])
        if VIEW[1] & 0x7F == CAMERA:
            self.heard.giants += payload[4:11] == GIANT
            return
        self.heard.voice += 1
        if self.listens_for and (digest := zlib.crc32(payload)) in self.listens_for:
            self.noticed.add(digest)
        if self._arrived_at is not None:
            self.heard.longest_gap_ms = max(self.heard.longest_gap_ms, 1000 * (at - self._arrived_at))
        self._arrived_at = at
        if payload[:8] == STAMP:
            self.heard.transit_ms.append(1000 * at - _STAMP.unpack_from(payload, 8)[0] / 1e6)
