"""A poor line between a client and the media plane: it loses packets at random, and carries only so much."""

import asyncio
import random
import time
from collections import deque

from tests.media.wire import Peer, Relay, is_srtp

IP_UDP_BYTES = 28
SEED = 3


class PoorLine(Relay):
    """A relay that loses a share of the datagrams in both directions and is slow towards the client."""

    def __init__(self, server: Peer) -> None:
        super().__init__(server)
        self.lost_share = 0.0
        """Of all datagrams, both ways."""
        self.bits_per_second = 0
        """What passes towards the client, with IP and UDP headers; 0 for no limit."""
        self.queue_s = 0.3
        """How long a datagram may wait at the narrow place before it is dropped."""
        self.random = random.Random(SEED)
        self.carried: deque[tuple[float, int, int]] = deque(maxlen=50_000)
        """SRTP datagrams that reached the client: when they left the line, payload type, bytes."""
        self.dropped: deque[tuple[float, int]] = deque(maxlen=50_000)
        """SRTP datagrams that the narrow place dropped: when, and payload type."""
        self._free_at = 0.0

    def pass_on(self, data: bytes, peer: Peer, towards_server: bool) -> None:
        if self.lost_share and self.random.random() < self.lost_share:
            return
        now = time.monotonic()
        if towards_server or not self.bits_per_second:
            self._pass(data, peer, towards_server)
            return
        begins = max(now, self._free_at)
        if begins - now > self.queue_s:
            if is_srtp(data):
                self.dropped.append((now, data[1] & 0x7F))
            return
        self._free_at = begins + (len(data) + IP_UDP_BYTES) * 8 / self.bits_per_second
        asyncio.get_running_loop().call_later(self._free_at - now, self._pass, data, peer, towards_server)

    def _pass(self, data: bytes, peer: Peer, towards_server: bool) -> None:
        if not towards_server and is_srtp(data):
            self.carried.append((time.monotonic(), data[1] & 0x7F, len(data)))
        super().pass_on(data, peer, towards_server)
