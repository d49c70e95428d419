"""One life of a leg's network path: its credentials, its DTLS keys, its streams, and when it was last heard."""

import asyncio
import logging
import secrets
import socket
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from callflow.ids import LegId, TransportId, new_id
from callflow.wiring import LostBecause, Stream
from media.audio_first import AudioFirst
from media.dtls import Certificate, Dtls, DtlsError, SrtpError, SrtpPointer, sha256_fingerprint
from media.extensions import MID_URI, find
from media.sdp import Credentials, Offer, write_answer
from media.streams import In, Out, StreamCount
from media.stun import Address
from media.tap import Tap
from media.turns import Turns

log = logging.getLogger(__name__)

CONSENT_S: Final = 30.0
"""Without an authentic check for so long nothing is sent to an address any more (RFC 7675, 5.1)."""
MOVED_AFTER_S: Final = 6.0
"""Without a check for so long an address is not in use any more: one that is, is checked every 5 s (RFC 7675, 5.1)."""
MAX_ADDRESSES: Final = 8
"""Addresses that one transport may have proven at a time."""
MAX_SSRCS: Final = 32
"""SSRCs beside those in its offer that one transport may send with; each costs memory in the SRTP library."""
STOP_LIMIT_S: Final = 2.0
TICK_S: Final = 0.25
"""How often a transport's allowance is renewed and its watchdog looks."""
CHECKS_PER_TICK: Final = 50
"""STUN checks from a leg's own addresses; a browser sends up to 20 a second to each at first, later one in 2 s."""
STRANGERS_PER_TICK: Final = 50
"""Checks in a leg's name from addresses that are not its own: more would use up what others need to come in."""
CONTROL_PER_TICK: Final = (25, 8_000)
"""Packets and bytes that any leg may send per tick, beside its streams: RTCP and DTLS."""
VOICE_PER_TICK: Final = (50, 16_000)
"""200 packets and 512 kbit a second: Opus at its highest rate in packets of 5 ms."""
PICTURES_PER_TICK: Final = (250, 160_000)
"""1,000 packets and 5 Mbit a second for a camera or a screen, with retransmissions: twice what pages send."""
SAVED_TICKS: Final = 8
"""Ticks whose allowance may be saved up: what a network held back for 2 s arrives at once."""


class TransportOwner(Protocol):
    """Whom a transport tells how it fares."""

    def transport_up(self, transport: "Transport") -> None:
        """The transport is secured; called once."""
        ...

    def transport_lost(self, transport: "Transport", because: LostBecause) -> None:
        """The transport will not work any more; called once, and not after `stop`."""
        ...


@dataclass(frozen=True, slots=True)
class Lane:
    """What arrives under one SSRC: a stream, or its repair, which are retransmissions (RFC 4588)."""

    source: In
    repair: bool


class Transport:
    """A path between the server and one browser, from an offer to its end.

    The fields that the packet path reads are plain attributes: a call per packet would cost more than the rest of it.
    """

    def __init__(
        self,
        leg: LegId,
        offer: Offer,
        certificate: Certificate,
        counts: Mapping[Stream, StreamCount],
        owner: TransportOwner,
        turns: Turns,
    ) -> None:
        self.id = TransportId(new_id("transport"))
        self.leg = leg
        self.offer = offer
        self.credentials = Credentials(secrets.token_hex(6), secrets.token_hex(16), sha256_fingerprint(certificate))
        self.ins: dict[Stream, In] = {}
        self.outs: dict[Stream, Out] = {}
        self.lanes: dict[int, Lane] = {}
        self.outs_by_ssrc: dict[int, Out] = {}
        self.dropped: Counter[str] = Counter()
        self.rx: SrtpPointer | None = None
        self.tx: SrtpPointer | None = None
        self.socket: socket.socket | None = None
        self.address: Address | None = None
        """Where to send to: the address that was nominated last, while its consent holds."""
        self.proven: dict[Address, float] = {}
        """Addresses from which an authentic check came, and when last."""
        self.packets_left = 0
        self.bytes_left = 0
        self.checks_left = CHECKS_PER_TICK
        self.strangers_left = STRANGERS_PER_TICK
        self.heard_media_at = 0.0
        self.heard_control_at = time.monotonic()
        self.silent = False
        self.unknown_ssrcs: set[int] = set()
        """SSRCs that the offer did not name and that sent authentic packets; at most `MAX_SSRCS`."""
        self.audio_first = AudioFirst()
        self.tap: Tap | None = None
        self._owner = owner
        self._turns = turns
        self._checked = asyncio.Event()
        self._greeted = asyncio.Event()
        self._over = False
        self._task: asyncio.Task[None] | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._dtls = Dtls(
            certificate, list(offer.fingerprints), offer.answer_as_client, self._send_dtls, self._closed_by_peer
        )
        self._make_streams(counts)
        kinds = [CONTROL_PER_TICK]
        kinds += [VOICE_PER_TICK if stream is Stream.VOICE else PICTURES_PER_TICK for stream in self.ins]
        self._packets_per_tick = sum(packets for packets, _ in kinds)
        self._bytes_per_tick = sum(size for _, size in kinds)
        self.renew_allowance()

    def _make_streams(self, counts: Mapping[Stream, StreamCount]) -> None:
        for section in self.offer.sections:
            count = counts[section.stream]
            repair = section.repair_payload_type
            if section.receives:
                source = In(
                    self, section.stream, section.mid, section.payload_type, repair,
                    section.ssrc, section.repair_ssrc, section.extensions, count,
                )  # fmt: skip
                self.ins[section.stream] = source
                if section.ssrc is not None:
                    self.lanes[section.ssrc] = Lane(source, repair=False)
                if section.repair_ssrc is not None:
                    self.lanes[section.repair_ssrc] = Lane(source, repair=True)
            if section.sends:
                out = Out(self, section.stream, section.mid, section.payload_type, repair, section.extensions, count)
                self.outs[section.stream] = out
                self.outs_by_ssrc[out.ssrc] = out

    def answer(self, addresses: tuple[str, ...], port: int) -> str:
        """Write the answer to this transport's offer."""
        ssrcs = {stream: (out.ssrc, out.repair_ssrc) for stream, out in self.outs.items()}
        return write_answer(self.offer, self.credentials, addresses, port, ssrcs)

    @property
    def is_up(self) -> bool:
        """Whether the keys are there and the transport has not ended."""
        return self.rx is not None

    # -- set-up -----------------------------------------------------------------------------------------------------

    def start(self, setup_limit_s: float) -> None:
        """Wait for the browser; its failure to come is told to the owner."""
        # Not a timeout around the handshake: aiortc's wait_for can swallow the cancellation on Python 3.11.
        self._limit = asyncio.get_running_loop().call_later(setup_limit_s, self._lose, LostBecause.SETUP)
        self._task = asyncio.create_task(self._set_up(), name=f"media set-up {self.id}")

    async def _set_up(self) -> None:
        try:
            await self._checked.wait()
            if not self.offer.answer_as_client:
                await self._greeted.wait()  # who says nothing takes no turn
            async with self._turns.turn():
                await self._dtls.handshake()
        except DtlsError as exc:
            log.info("%s of %s: %s", self.id, self.leg, exc)
            self._lose(LostBecause.CLOSED)
        except Exception:
            log.exception("set-up of %s failed", self.id)
            self._lose(LostBecause.CLOSED)
        else:
            if not self._over and self._limit is not None:
                self._limit.cancel()
                self.rx, self.tx = self._dtls.rx, self._dtls.tx
                self.heard_control_at = time.monotonic()
                self._owner.transport_up(self)

    def _closed_by_peer(self) -> None:
        self._lose(LostBecause.CLOSED)

    def _lose(self, because: LostBecause) -> None:
        if not self._over:
            self._owner.transport_lost(self, because)

    # -- what the socket hands in -----------------------------------------------------------------------------------

    def checked(self, sock: socket.socket, address: Address, nominated: bool, now: float) -> Address | None:
        """Note an authentic check; return an address that is forgotten for it, if there are too many.

        Packets go to the address that the browser nominates; and, when a NAT has given it another one unasked, to the
        one that is checked while the old one no longer is. A browser tries several addresses at a time at first, so
        that a few checks in a row from one of them mean nothing.
        """
        moved = self.address is not None and now - self.proven.get(self.address, 0.0) > MOVED_AFTER_S
        self.proven[address] = now
        self.heard_control_at = now
        if nominated or moved or self.address is None:
            self.socket, self.address = sock, address
            self._checked.set()
        if len(self.proven) <= MAX_ADDRESSES:
            return None
        oldest = min((a for a in self.proven if a != self.address), key=self.proven.__getitem__)
        del self.proven[oldest]
        return oldest

    def expire_consent(self, now: float) -> list[Address]:
        """Forget the addresses without a recent check and return them."""
        expired = [address for address, at in self.proven.items() if now - at > CONSENT_S]
        for address in expired:
            self.forget(address)
        return expired

    def renew_allowance(self) -> None:
        """Let the leg send another tick's worth of packets. More is dropped before it costs decryption."""
        packets, size = self._packets_per_tick, self._bytes_per_tick
        self.packets_left = min(max(self.packets_left, 0) + packets, SAVED_TICKS * packets)
        self.bytes_left = min(max(self.bytes_left, 0) + size, SAVED_TICKS * size)
        self.checks_left = CHECKS_PER_TICK
        self.strangers_left = STRANGERS_PER_TICK

    def allows(self, size: int) -> bool:
        """Charge a control datagram of `size` bytes to the leg's allowance; False, and counted, when it is used up.

        The packet path does the same for media by itself.
        """
        self.packets_left -= 1
        self.bytes_left -= size
        if self.packets_left < 0 or self.bytes_left < 0:
            self.dropped["too_fast"] += 1
            return False
        return True

    def forget(self, address: Address) -> None:
        """Neither send to an address nor count it as proven any more."""
        self.proven.pop(address, None)
        if self.address == address:
            self.address = None

    def receive_dtls(self, datagram: bytes) -> None:
        """Take a DTLS datagram from a proven address."""
        if not self.allows(len(datagram)):
            return
        # An alert in clear text is what a forger could write; a real one before the keys ends in the set-up limit.
        if datagram[0] == 21 and datagram[3:5] == b"\x00\x00":
            self.dropped["clear_alert"] += 1
        elif self._dtls.receive(datagram):
            self._greeted.set()
        else:
            self.dropped["dtls_queue_full"] += 1

    def open_rtcp(self, datagram: bytes, now: float) -> bytes | None:
        """Decrypt an SRTCP datagram; None when it is not authentic."""
        try:
            compound = self._dtls.unprotect_rtcp(datagram)
        except (SrtpError, ValueError):
            self.dropped["unauthentic"] += 1
            return None
        self.heard_control_at = now
        if self.tap is not None:
            self.tap.rtcp(compound, now)
        return compound

    def learn(self, ssrc: int, payload_type: int, packet: memoryview) -> Lane | None:
        """Find the stream of an SSRC that the offer did not name: by its mid, or a payload type of its own.

        Source: RFC 8843, 9.2.
        """
        self.unknown_ssrcs.add(ssrc)
        fitting = [
            source
            for source in self.ins.values()
            if payload_type in (source.payload_type, source.repair_payload_type)
            and find(packet, len(packet), source.extensions.get(MID_URI, 0)) in (None, source.mid.encode())
        ]
        if len(fitting) != 1:
            return None
        source = fitting[0]
        repair = payload_type == source.repair_payload_type
        self.lanes.pop((source.repair_ssrc if repair else source.ssrc) or 0, None)
        if repair:
            source.repair_ssrc = ssrc
        else:
            source.ssrc = ssrc
            source.arrivals.restart()
            for out in source.outs:
                out.restart()
        lane = self.lanes[ssrc] = Lane(source, repair)
        return lane

    # -- sending ----------------------------------------------------------------------------------------------------

    def send_rtcp(self, compound: bytes) -> None:
        """Encrypt and send an RTCP packet; nothing happens while the transport has no keys or no consent."""
        if self.rx is None or self.address is None or self.socket is None:
            return
        try:
            self.socket.sendto(self._dtls.protect_rtcp(compound), self.address)
        except (SrtpError, ValueError, OSError):
            self.dropped["rtcp_not_sent"] += 1

    def _send_dtls(self, datagram: bytes) -> None:
        if self.address is None or self.socket is None:
            return
        try:
            self.socket.sendto(datagram, self.address)
        except OSError:  # as good as lost on the way: DTLS repeats it
            self.dropped["dtls_not_sent"] += 1

    # -- the end ----------------------------------------------------------------------------------------------------

    def detach(self) -> None:
        """Stop passing packets at once, in both directions."""
        self._over = True
        if self._limit is not None:
            self._limit.cancel()
        self.rx = self.tx = None
        for out in self.outs.values():
            out.follow(None)
        for source in self.ins.values():
            for out in source.outs:
                out.follow(None)

    async def stop(self) -> None:
        """Say goodbye and free everything. Call `detach` first."""
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                if self._task is not None and self._task is not asyncio.current_task():
                    self._task.cancel()
                    await asyncio.gather(self._task, return_exceptions=True)
                await self._dtls.stop()
        except TimeoutError:
            log.warning("%s did not stop within %s s", self.id, STOP_LIMIT_S)
