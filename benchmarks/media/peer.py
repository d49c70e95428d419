"""One synthetic browser: real connectivity checks, a real DTLS handshake; only its packets are canned."""

import asyncio
import contextlib
import random
import secrets
import socket

from aioice import stun
from aiortc import rtcdtlstransport
from aiortc.sdp import SessionDescription

from benchmarks.media.canned import Clip
from benchmarks.media.traffic import NO_CLIP, Traffic
from media.dtls import Certificate, Dtls, DtlsError, Fingerprint, sha256_fingerprint

SETUP_LIMIT_S = 20.0
CHECK_EVERY_S = 2.5
"""As Chromium does on a connected path."""
PAYLOAD_TYPES = {"audio": 111, "video": 96}
REPAIR_PAYLOAD_TYPE = 97
RTP_MAPS = {"audio": "opus/48000/2", "video": "VP8/90000"}
MID, LEVEL, SEND_TIME = 4, 1, 2
"""Ids of header extensions."""
URIS = {
    MID: "urn:ietf:params:rtp-hdrext:sdes:mid",
    LEVEL: "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    SEND_TIME: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
}

# The same cipher for all servers: the one that every one of them has.
rtcdtlstransport.SRTP_PROFILES[:] = [
    p for p in rtcdtlstransport.SRTP_PROFILES if p.openssl_profile == b"SRTP_AES128_CM_SHA1_80"
]


class Peer:
    """A browser with a voice and, for a video call, a camera. `direction` is the offer's word for both."""

    def __init__(
        self,
        traffic: Traffic,
        certificate: Certificate,
        address: str,
        kinds: tuple[str, ...],
        direction: str = "sendrecv",
    ) -> None:
        self._traffic = traffic
        self._certificate = certificate
        self._kinds = kinds
        self._direction = direction
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((address, 0))
        self._leg = traffic.add_leg(self._socket, self._take)
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(12)
        self._ssrcs = {kind: 1 + secrets.randbelow(1 << 31) for kind in kinds}
        self._repair_ssrc = 1 + secrets.randbelow(1 << 31)
        self._offered = True
        self._remote_ufrag = self._remote_password = ""
        self._checked = asyncio.Event()
        self._dtls: Dtls | None = None
        self._checker: asyncio.Task[None] | None = None

    # -- offers and answers -----------------------------------------------------------------------------------------

    def offer(self) -> str:
        """Write an offer."""
        return self._describe("actpass")

    def take_answer(self, answer: str) -> None:
        """Take the server's answer and begin to connect."""
        parsed = SessionDescription.parse(answer).media[0]
        assert parsed.dtls is not None
        # aiortc names the role of the side that wrote the line: a server that answers a=setup:passive is "server".
        self._begin(answer, as_client=parsed.dtls.role == "server")

    def answer(self, offer: str) -> str:
        """Take the server's offer, answer it and begin to connect."""
        self._offered = False
        self._begin(offer, as_client=True)
        return self._describe("active")

    def _describe(self, setup: str) -> str:
        host, port = self._socket.getsockname()
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
        lines.append("a=group:BUNDLE " + " ".join(str(index) for index in range(len(self._kinds))))
        for index, kind in enumerate(self._kinds):
            number, video = PAYLOAD_TYPES[kind], kind == "video"
            lines += [
                f"m={kind} {port} UDP/TLS/RTP/SAVPF {number}" + (f" {REPAIR_PAYLOAD_TYPE}" if video else ""),
                f"c=IN IP4 {host}",
                f"a=mid:{index}",
                f"a={self._direction}",
                "a=rtcp-mux",
                f"a=ice-ufrag:{self._ufrag}",
                f"a=ice-pwd:{self._password}",
                f"a=candidate:1 1 udp 2130706431 {host} {port} typ host",
                "a=end-of-candidates",
                f"a=fingerprint:sha-256 {sha256_fingerprint(self._certificate)}",
                f"a=setup:{setup}",
                f"a=rtpmap:{number} {RTP_MAPS[kind]}",
                *(f"a=extmap:{extension} {URIS[extension]}" for extension in (MID, SEND_TIME if video else LEVEL)),
            ]
            if video:
                lines += [f"a=rtcp-fb:{number} {word}" for word in ("nack", "nack pli", "goog-remb")]
                lines += [f"a=rtpmap:{REPAIR_PAYLOAD_TYPE} rtx/90000", f"a=fmtp:{REPAIR_PAYLOAD_TYPE} apt={number}"]
                lines.append(f"a=ssrc-group:FID {self._ssrcs[kind]} {self._repair_ssrc}")
                lines.append(f"a=ssrc:{self._repair_ssrc} cname:x")
            lines += [f"a=msid:stream {kind}", f"a=ssrc:{self._ssrcs[kind]} cname:x"]
        return "\r\n".join(lines) + "\r\n"

    # -- connecting -------------------------------------------------------------------------------------------------

    def _begin(self, remote: str, as_client: bool) -> None:
        media = SessionDescription.parse(remote).media[0]
        assert media.dtls is not None
        assert media.ice is not None
        assert media.ice.usernameFragment is not None
        assert media.ice.password is not None
        self._remote_ufrag, self._remote_password = media.ice.usernameFragment, media.ice.password
        candidate = next(c for c in media.ice_candidates if c.protocol.lower() == "udp" and "." in c.ip)
        self._socket.connect((candidate.ip, candidate.port))
        fingerprints = [Fingerprint(f.algorithm, f.value) for f in media.dtls.fingerprints]
        self._dtls = Dtls(self._certificate, fingerprints, as_client, self._send, lambda: None)
        self._checker = asyncio.create_task(self._check_forever(), name="checks")

    async def connected(self) -> None:
        """Wait until packets can flow. Raises `TimeoutError` or `DtlsError`."""
        async with asyncio.timeout(SETUP_LIMIT_S):
            await self._checked.wait()
            if self._dtls is None:
                raise DtlsError("there was no answer yet")
            await self._dtls.handshake()
        self._traffic.secure(self._leg, self._dtls.rx, self._dtls.tx)

    def start(self, clips: dict[str, Clip], *, stamped: bool) -> None:
        """Send for good: the clip of each kind, or reports only for a kind without one."""
        for index, kind in enumerate(self._kinds):
            mid = bytes([MID << 4]) + str(index).encode()
            other = bytes([SEND_TIME << 4 | 2, 1, 2, 3]) if kind == "video" else bytes([LEVEL << 4, 0x9E])
            body = mid + other
            body += bytes(-len(body) % 4)
            extension = b"\xbe\xde" + (len(body) // 4).to_bytes(2) + body
            clip = clips.get(kind, NO_CLIP)
            self._traffic.send(self._leg, clip, self._ssrcs[kind], PAYLOAD_TYPES[kind], extension, stamped=stamped)

    async def close(self) -> None:
        """Make no more checks; the socket lives as long as the traffic."""
        if self._checker is not None:
            self._checker.cancel()
            await asyncio.gather(self._checker, return_exceptions=True)

    async def _check_forever(self) -> None:
        while True:
            self._send(self._check())
            await asyncio.sleep(CHECK_EVERY_S * random.uniform(0.8, 1.2) if self._checked.is_set() else 0.05)

    def _check(self) -> bytes:
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self._remote_ufrag}:{self._ufrag}"
        request.attributes["PRIORITY"] = 1_862_270_975
        if self._offered:
            request.attributes["ICE-CONTROLLING"] = 1
            request.attributes["USE-CANDIDATE"] = None
        else:
            request.attributes["ICE-CONTROLLED"] = 1
        request.add_message_integrity(self._remote_password.encode())
        request.add_fingerprint()
        return bytes(request)

    def _take(self, datagram: bytes) -> None:
        if 20 <= datagram[0] < 64:
            if self._dtls is not None:
                self._dtls.receive(datagram)
            return
        message = stun.parse_message(datagram)
        if message.message_class is stun.Class.RESPONSE:
            if self._offered:
                self._checked.set()
        elif message.message_class is stun.Class.REQUEST and self._remote_password:  # else it is too early to answer
            response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=message.transaction_id)
            response.attributes["XOR-MAPPED-ADDRESS"] = self._socket.getpeername()
            response.add_message_integrity(self._password.encode())
            response.add_fingerprint()
            self._send(bytes(response))
            if "USE-CANDIDATE" in message.attributes:  # the controlling side chooses the path and the moment
                self._checked.set()

    def _send(self, datagram: bytes) -> None:
        with contextlib.suppress(OSError):  # not connected yet, or the server is going: the other side repeats itself
            self._socket.send(datagram)
