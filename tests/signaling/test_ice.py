"""The servers that pages are told of, and the credentials for them, as a real coturn judges them."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aioice import stun, turn
from pydantic import SecretStr

from callflow.ids import LegId
from signaling.ice import GOOD_FOR, IceServers, credentials
from tests.clock import MovableClock
from tests.coturn import SECRET, coturn
from tests.flow.server import free_port

Peer = tuple[str, int]
LEG = LegId("leg_one")


@pytest.mark.unit
def test_a_leg_gets_the_servers_with_credentials_of_its_own_that_end_soon() -> None:
    """Issue 3: TURN with time-limited credentials; reliability.md 2.2."""
    clock = MovableClock()
    ice = IceServers(clock, ("turn:relay.example", "stun:here.example"), SecretStr(SECRET))
    plain, relay = ice.for_leg(LEG)
    assert (plain.urls, plain.username, plain.credential) == (["stun:here.example"], None, None)
    assert relay.urls == ["turn:relay.example"]
    until = int((clock.now() + GOOD_FOR).timestamp())
    assert relay.username == f"{until}:leg_one"
    clock.advance(1)
    assert ice.for_leg(LEG)[1].username == f"{until + 1}:leg_one"
    assert IceServers(clock).for_leg(LEG) == []


@pytest.mark.unit
def test_a_password_is_the_mac_of_the_username() -> None:
    """Issue 3: the REST form, as `openssl dgst -sha1 -hmac` and base64 write it."""
    username, password = credentials("north", 1_700_000_000, "leg_one")
    assert (username, password) == ("1700000000:leg_one", "vNDObbF2Br/ybnxMweTOBCpcflY=")


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Peer]:
    """Where a coturn listens that relays to 127.0.0.1."""
    port = free_port(socket.SOCK_STREAM)
    async with coturn("127.0.0.1", port, tmp_path, peers="127.0.0.1"):
        yield ("127.0.0.1", port)


async def allocate(relay: Peer, username: str, password: str) -> turn.TurnTransport:
    transport, _ = await turn.create_turn_endpoint(asyncio.DatagramProtocol, relay, username, password, transport="tcp")
    return transport


@pytest.mark.wire
async def test_coturn_refuses_forged_and_old_credentials(relay: Peer) -> None:
    """Issue 3: TURN with time-limited credentials; reliability.md 2.2."""
    now = int(time.time())
    for username, password in (
        credentials("some other secret", now + 60, LEG),
        credentials(SECRET, now - 1, LEG),
        (f"{now + 60}:{LEG}", credentials(SECRET, now - 1, LEG)[1]),
    ):
        with pytest.raises(stun.TransactionFailed, match="401"):
            await allocate(relay, username, password)


@pytest.mark.wire
async def test_coturn_relays_with_fresh_credentials_also_after_their_end(relay: Peer) -> None:
    """Issue 3: a relayed call outlives its credentials: a later request within it is as good as the first."""
    until = int(time.time()) + 2
    transport = await allocate(relay, *credentials(SECRET, until, LEG))
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.setblocking(False)
        peer.bind(("127.0.0.1", 0))
        await asyncio.sleep(until + 1.1 - time.time())
        transport.sendto(b"late", peer.getsockname())
        async with asyncio.timeout(5):
            assert await loop.sock_recv(peer, 100) == b"late"
    transport.close()
