"""The wire between a client and the media plane, where tests can cut, listen and inject."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.media.parties import Stage

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

    @classmethod
    @asynccontextmanager
    async def to(cls, here: Stage) -> "AsyncGenerator[Relay]":
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
            if data and 128 <= data[0] < 192 and not 192 <= data[1] < 224:
                self.last_media = data
        if self._cut or self._front is None or self._back is None:
            return
        if towards_server:
            self._back.sendto(data, self._server)
        elif self._client is not None:
            self._front.sendto(data, self._client)


def relayed(answer: str, server_port: int, relay_port: int) -> str:
    """Make an answer point to the relay."""
    return answer.replace(f" {server_port} ", f" {relay_port} ")
