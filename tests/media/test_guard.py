"""Datagrams from people who have no part in a call: none of them may touch it (L1 to L4, S9, S10)."""

import asyncio
import os
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from callflow.wiring import HOLD_MUSIC, FromPrompt, LegUp, Stream
from media.settings import MediaSettings
from media.sockets import Registry, bind
from tests.media.offers import offer, transport
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
from tests.media.strangers import STRANGER, binding_request, pelt, shapes, ufrag_of
from tests.media.wire import Relay, enter_through, relayed

pytestmark = pytest.mark.wire


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((STRANGER, 0))
        yield sock


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


async def test_the_allowance_for_control_counts_bytes_too() -> None:
    """S10."""
    registry = Registry()
    port, bound = bind(0, registry)
    leg = transport(offer())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        registry.prove(sock.getsockname(), leg)
        leg.bytes_left = 150
        for datagram in (
            bytes([0x80, 201]) + bytes(98),
            bytes([0x80, 201]) + bytes(98),
            bytes([23, 254, 253, *[0] * 9]),
        ):
            sock.sendto(datagram + bytes(1), ("127.0.0.1", port))
        await eventually(lambda: leg.dropped.total() == 3)
    for opened in (one for sockets in bound.values() for one in sockets):
        opened.close()
    assert leg.dropped == {"unauthentic": 1, "too_fast": 2}


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


async def test_a_flood_of_checks_that_name_nobody_does_not_keep_a_newcomer_out(
    on_stage: Stage, stranger: socket.socket
) -> None:
    """S10: only checks that name a transport are counted against strangers."""
    flooding = asyncio.create_task(_flood(stranger, on_stage.plane.port, binding_request("unknown:x")))
    try:
        await eventually(lambda: sum(on_stage.plane.refused().values()) > 3000)
        for _ in range(3):
            began = time.monotonic()
            await on_stage.enter(ALICE)
            assert time.monotonic() - began < 1
            on_stage.plane.close(ALICE)
            on_stage.events.clear()
    finally:
        flooding.cancel()
    assert "too_many_checks" not in on_stage.plane.refused()


async def _flood(sock: socket.socket, port: int, datagram: bytes) -> None:
    while True:
        for _ in range(100):
            sock.sendto(datagram, ("127.0.0.1", port))
        await asyncio.sleep(0.01)


def test_what_a_leg_may_send_grows_with_its_streams_and_can_be_saved_up_for_two_seconds() -> None:
    """S10: ten times the rate of a voice is cut; what a network held back and delivers at once is not."""
    voice = transport(offer(directions=("sendrecv", "inactive", "inactive")))
    video = transport(offer(directions=("sendrecv", "sendrecv", "inactive")))
    listener = transport(offer(directions=("recvonly", "recvonly", "inactive")))
    packets = [one.packets_left * 4 for one in (listener, voice, video)]
    assert packets == [100, 300, 1300]
    for _ in range(100):
        voice.renew_allowance()
    assert voice.packets_left == 8 * 75
    voice.packets_left = -1000
    voice.renew_allowance()
    assert voice.packets_left == 75


async def test_checks_and_handshakes_in_the_legs_own_name_have_a_limit_too(music_cache: Path) -> None:
    with clients_on_loopback():
        async with stage(MediaSettings(announced=("127.0.0.1",), cache=music_cache)) as here, Relay.to(here) as relay:
            alice = Party(440.0)
            await enter_through(relay, here, alice)
            (transport,) = here.plane._registry.by_ufrag.values()  # pyright: ignore
            check = binding_request(f"{transport.credentials.ufrag}:x")
            for _ in range(2000):
                relay.inject(check)
                relay.inject(bytes([23, 254, 253]) + bytes(60))
            await eventually(lambda: here.plane.refused().get("too_many_checks", 0) > 1000)
            await eventually(lambda: here.plane.refused().get("too_fast", 0) > 1000)
            received = here.plane.counters()[ALICE][Stream.VOICE].received
            await eventually(lambda: here.plane.counters()[ALICE][Stream.VOICE].received > received + 50)
            assert here.downs(ALICE) == []


async def test_a_leg_whose_checks_cease_is_sent_nothing_more(
    music_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 7675, 5.1: media alone is no consent."""
    monkeypatch.setattr("media.transport.CONSENT_S", 1.5)
    with clients_on_loopback():
        async with stage(MediaSettings(announced=("127.0.0.1",), cache=music_cache)) as here, Relay.to(here) as relay:
            await enter_through(relay, here, Party(440.0))
            here.plane.wire(CALL, 1, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}})
            await eventually(lambda: relay.to_client.total() > 20)
            relay.lose_checks = True
            # Its media still comes, and opens nothing: the address is a stranger's now.
            await eventually(lambda: here.plane.refused().get("stranger", 0) > 10)
            before = relay.to_client.total()
            await eventually(lambda: here.plane.refused().get("stranger", 0) > 60)
            assert relay.to_client.total() == before
            relay.lose_checks = False
            await eventually(lambda: relay.to_client.total() > before + 20)
