"""Datagrams from people who have no part in a call: none of them may touch it (L1 to L4, S9, S10)."""

import asyncio
import os
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aioice import stun

from callflow.wiring import LegUp, Stream
from media.settings import MediaSettings
from media.sockets import Registry
from tests.media.parties import (
    ALICE,
    BOB,
    CALL,
    CODECS,
    Party,
    Stage,
    both_ways,
    clients_on_loopback,
    eventually,
    stage,
)
from tests.media.wire import Relay, relayed

pytestmark = pytest.mark.wire

STRANGER = "127.0.0.2"


def binding_request(username: str, password: str = "wrong") -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = username
    message.attributes["PRIORITY"] = 1
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


def shapes(ufrag: str) -> dict[str, bytes]:
    """The datagrams that ended calls of others, and their relatives."""
    client_hello = bytes([22, 254, 255]) + bytes(8) + (100).to_bytes(2) + bytes([1]) + os.urandom(99)
    return {
        "empty": b"",
        "one byte": b"\x00",
        "a forged alert": bytes([21, 254, 253]) + bytes(8) + bytes([0, 2, 2, 40]),
        "a forged goodbye": bytes([21, 254, 253]) + bytes(8) + bytes([0, 2, 1, 0]),
        "a bogus ClientHello": client_hello,
        "a torn DTLS record": b"\x16\xfe",
        "RTP": bytes([0x80, 111]) + os.urandom(80),
        "RTCP": bytes([0x81, 201, 0, 7]) + os.urandom(28),
        "a goodbye in RTCP": bytes([0x81, 203, 0, 1]) + os.urandom(4),
        "STUN without a name": bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST)),
        "STUN with a wrong password": binding_request(f"{ufrag}:x"),
        "STUN with a torn attribute": b"\x00\x01\x00\x08\x21\x12\xa4\x42" + os.urandom(12) + b"\x00\x06\xff\xff....",
        "a STUN answer": bytes(stun.Message(stun.Method.BINDING, stun.Class.RESPONSE)),
        "the largest datagram": os.urandom(9000),
    }


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((STRANGER, 0))
        yield sock


def ufrag_of(answer: str) -> str:
    return next(line for line in answer.splitlines() if line.startswith("a=ice-ufrag:")).split(":")[1]


async def pelt(sock: socket.socket, port: int, ufrag: str, rounds: int) -> None:
    for _ in range(rounds):
        for shape in shapes(ufrag).values():
            sock.sendto(shape, ("127.0.0.1", port))
        await asyncio.sleep(0.005)


async def test_strangers_datagrams_during_set_up_do_not_disturb_it(on_stage: Stage, stranger: socket.socket) -> None:
    """L1, L2, L3."""
    party = Party(440.0)
    on_stage.parties.append(party)
    answer = await on_stage.plane.open(CALL, ALICE, await party.offer(), CODECS)
    ufrag = ufrag_of(answer.sdp)
    await pelt(stranger, on_stage.plane.port, ufrag, 10)
    pelting = asyncio.create_task(pelt(stranger, on_stage.plane.port, ufrag, 40))
    await party.accept(answer.sdp)
    await eventually(lambda: LegUp(ALICE, answer.transport) in on_stage.events)
    await pelting
    assert on_stage.downs(ALICE) == []


async def test_strangers_datagrams_in_a_live_call_do_not_disturb_it(on_stage: Stage, stranger: socket.socket) -> None:
    """L1, L2, S9."""
    alice = await on_stage.enter(ALICE)
    bob = await on_stage.enter(BOB, 660.0)
    on_stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))
    await eventually(lambda: alice.voice.hears(660) and bob.voice.hears(440))

    await pelt(stranger, on_stage.plane.port, "unknown", 60)

    alice.voice.clear()
    await eventually(lambda: alice.voice.hears(660) and bob.voice.hears(440))
    assert on_stage.downs(ALICE) == on_stage.downs(BOB) == []
    refused = on_stage.plane.refused()
    assert refused["size"] > 0
    assert refused["stranger"] > 0
    assert "error" not in refused


async def test_forged_datagrams_from_the_legs_own_address_do_not_disturb_it(music_cache: Path) -> None:
    """A spoofed source address opens no door either."""
    with clients_on_loopback():
        async with stage(MediaSettings(announced=("127.0.0.1",), cache=music_cache)) as here, Relay.to(here) as relay:
            alice = Party(440.0)
            here.parties.append(alice)
            answer = await here.plane.open(CALL, ALICE, await alice.offer(), CODECS)
            pelting = asyncio.create_task(_pelt_through(relay, ufrag_of(answer.sdp)))
            await alice.accept(relayed(answer.sdp, here.plane.port, relay.port))
            await eventually(lambda: LegUp(ALICE, answer.transport) in here.events)
            await pelting
            bob = await here.enter(BOB, 660.0)
            here.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))
            await eventually(lambda: alice.voice.hears(660) and bob.voice.hears(440))
            assert here.downs(ALICE) == []
            assert "error" not in here.plane.refused()


async def _pelt_through(relay: Relay, ufrag: str) -> None:
    for _ in range(40):
        for name, shape in shapes(ufrag).items():
            # A forged ClientHello in the client's own name ends the handshake: see the decision on forged datagrams.
            if name != "a bogus ClientHello":
                relay.inject(shape)
        await asyncio.sleep(0.005)


async def test_a_flood_costs_no_memory_and_the_call_goes_on(on_stage: Stage, stranger: socket.socket) -> None:
    """L3, S10."""
    alice = await on_stage.enter(ALICE)
    bob = await on_stage.enter(BOB, 660.0)
    on_stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))
    await eventually(lambda: alice.voice.hears(660))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    junk = [os.urandom(1200), bytes([22]) + os.urandom(1100), binding_request("unknown:x"), bytes([0x80]) * 200]
    until = time.monotonic() + 2
    while time.monotonic() < until:
        for _ in range(50):
            for datagram in junk:
                stranger.sendto(datagram, ("127.0.0.1", on_stage.plane.port))
        await asyncio.sleep(0.01)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10 * 1024
    bob.voice.clear()
    await eventually(lambda: bob.voice.hears(440))


async def test_an_authentic_check_from_another_address_moves_the_leg(
    music_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A NAT that forgets its mapping, or a change of network with the same peer connection."""
    monkeypatch.setattr("media.transport.MOVED_AFTER_S", 1.5)
    with clients_on_loopback():
        async with stage(MediaSettings(announced=("127.0.0.1",), cache=music_cache)) as here, Relay.to(here) as relay:
            alice = Party(440.0)
            here.parties.append(alice)
            answer = await here.plane.open(CALL, ALICE, await alice.offer(), CODECS)
            await alice.accept(relayed(answer.sdp, here.plane.port, relay.port))
            bob = await here.enter(BOB, 660.0)
            here.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))
            await eventually(lambda: alice.voice.hears(660) and bob.voice.hears(440))

            await relay.move()
            alice.voice.clear()
            await eventually(lambda: alice.voice.hears(660) and bob.voice.hears(440))


async def test_a_leg_that_sends_too_fast_is_cut_to_its_allowance(on_stage: Stage) -> None:
    """S10: the packets above it cost no decryption."""
    alice = await on_stage.enter(ALICE)
    transport = next(iter(on_stage.plane._registry.by_ufrag.values()))  # pyright: ignore
    transport.packets_left = 0
    await eventually(lambda: on_stage.plane.refused().get("too_fast", 0) > 0)
    before = on_stage.plane.counters()[ALICE][Stream.VOICE].received
    await eventually(lambda: on_stage.plane.counters()[ALICE][Stream.VOICE].received > before)
    assert alice.pc.connectionState == "connected"


async def test_nothing_is_sent_to_an_address_without_a_recent_check(on_stage: Stage) -> None:
    """RFC 7675: consent ends 30 s after the last authentic check."""
    await on_stage.enter(ALICE)
    registry: Registry = on_stage.plane._registry  # pyright: ignore
    transport = next(iter(registry.by_ufrag.values()))
    assert transport.address is not None
    now = time.monotonic()
    assert transport.expire_consent(now + 29) == []
    address = transport.address
    assert transport.expire_consent(now + 31) == [address]
    assert transport.address is None
    registry.drop_address(address, transport)
    # The client's next check is its consent anew.
    await eventually(lambda: transport.address is not None)
