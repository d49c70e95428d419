"""The wire between a client and the media plane, where tests can cut, listen and inject."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Self

from callflow.wiring import LegUp
from tests.media.parties import ALICE, CALL, CODECS, Party, Stage, eventually

Peer = tuple[str, int]


class _Side(asyncio.DatagramProtocol):
    def __init__(self, relay: "Relay", towards_server: bool) -> None:
        self._relay = relay
        self._towards_server = towards_server

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        self._relay.pass_on(data, addr, self._towards_server)


class Relay:
    """A UDP relay for one client: what the client sends to `port` reaches the server from an address of the relay's."""

    def __init__(self, server: Peer) -> None:
        self._server = server
        self._client: Peer | None = None
        self._cut = False
        self._front: asyncio.DatagramTransport | None = None
        self._back: asyncio.DatagramTransport | None = None
        self.port = 0
        self.last_media = b""
        """The last SRTP datagram that the client sent."""
        self.lose_every = 0
        """Lose every nth SRTP datagram to the client; 0 loses none."""
        self.lose_checks = False
        """Lose the client's STUN checks."""
        self.lose_every_up = 0
        """The same for those that the client sends."""
        self.delay_s = 0.0
        """How long every datagram takes, each way."""
        self._from_client = 0
        self.to_client: Counter[int] = Counter()
        """SRTP datagrams towards the client, by payload type."""
        self.headers: deque[tuple[float, bytes]] = deque(maxlen=1000)
        """The last of them: when they passed, in seconds of the monotonic clock, and their RTP header."""

    @classmethod
    @asynccontextmanager
    async def to(cls, here: Stage) -> "AsyncGenerator[Self]":
        """Relay to the media plane of a stage."""
        relay = cls(("127.0.0.1", here.plane.port))
        loop = asyncio.get_running_loop()
        relay._front, _ = await loop.create_datagram_endpoint(lambda: _Side(relay, True), ("127.0.0.1", 0))
        relay.port = relay._front.get_extra_info("sockname")[1]
        await relay.move()
        try:
            yield relay
        finally:
            relay._front.close()
            if relay._back is not None:
                relay._back.close()

    async def move(self) -> None:
        """Send from another address from now on, as a NAT does that has lost its mapping."""
        before = self._back
        loop = asyncio.get_running_loop()
        self._back, _ = await loop.create_datagram_endpoint(lambda: _Side(self, False), ("127.0.0.1", 0))
        if before is not None:
            before.close()

    def cut(self) -> None:
        """Lose everything in both directions."""
        self._cut = True

    def mend(self) -> None:
        """Let everything through again."""
        self._cut = False

    def inject(self, data: bytes) -> None:
        """Send a datagram to the server from the address that the client is known by."""
        if self._back is not None:
            self._back.sendto(data, self._server)

    def pass_on(self, data: bytes, peer: Peer, towards_server: bool) -> None:
        """Move one datagram along."""
        if towards_server:
            self._client = peer
            if self.lose_checks and data[:1] == b"\x00":
                return
            if is_srtp(data):
                self.last_media = data
                self._from_client += 1
                if self.lose_every_up and self._from_client % self.lose_every_up == 0:
                    return
        elif is_srtp(data):
            self.to_client[data[1] & 0x7F] += 1
            self.headers.append((time.monotonic(), data[:12]))
            if self.lose_every and self.to_client.total() % self.lose_every == 0:
                return
        if self.delay_s:
            asyncio.get_running_loop().call_later(self.delay_s, self._deliver, data, towards_server)
        else:
            self._deliver(data, towards_server)

    def _deliver(self, data: bytes, towards_server: bool) -> None:
        if self._cut or self._front is None or self._back is None or self._front.is_closing():
            return
        if towards_server:
            self._back.sendto(data, self._server)
        elif self._client is not None:
            self._front.sendto(data, self._client)


def is_srtp(data: bytes) -> bool:
    """Whether a datagram is media, not control, a check or the handshake."""
    return len(data) > 12 and 128 <= data[0] < 192 and not 192 <= data[1] < 224


async def enter_through(relay: Relay, here: Stage, party: Party) -> LegUp:
    """Connect a party as Alice's leg through the relay, and wait until it is up."""
    here.parties.append(party)
    answer = await here.plane.open(CALL, ALICE, await party.offer(), CODECS)
    await party.accept(relayed(answer.sdp, here.plane.port, relay.port))
    up = LegUp(ALICE, answer.transport)
    await eventually(lambda: up in here.events)
    return up


def relayed(answer: str, server_port: int, relay_port: int) -> str:
    """Make an answer point to the relay."""
    return answer.replace(f" {server_port} ", f" {relay_port} ")
