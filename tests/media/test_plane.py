"""The plane as a whole: its limits, its addresses, and that it leaves nothing behind."""

import asyncio
import contextlib
import gc
import os
import socket
import sys
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription

from callflow.ids import LegId
from callflow.wiring import LegDown, LostBecause, MediaPort, MediaRefusedError, Stream
from media.plane import MediaPlane
from media.settings import MediaSettings
from media.sockets import Registry
from media.transport import Transport
from recording.journal import JournalWriter
from tests.media.offers import damaged, offer
from tests.media.parties import (
    ALICE,
    BOB,
    CALL,
    CAROL,
    CODECS,
    Stage,
    both_ways,
    clients_on_loopback,
    eventually,
    stage,
)

pytestmark = pytest.mark.wire


def transports_of(plane: MediaPlane) -> list[Transport]:
    registry: Registry = plane._registry  # pyright: ignore
    return list(registry.by_ufrag.values())


def addresses_in(answer: str) -> list[str]:
    return [candidate.ip for candidate in SessionDescription.parse(answer).media[0].ice_candidates]


async def test_the_plane_is_what_the_engine_expects(on_stage: Stage) -> None:
    port: MediaPort = on_stage.plane
    assert port is on_stage.plane


async def test_offers_that_nobody_follows_up_leave_nothing(music_cache: Path) -> None:
    """L6, S11, I10: no task, no descriptor, no transport is left after the set-up limit."""
    settings = MediaSettings(announced=("127.0.0.1",), cache=music_cache, setup_limit_s=0.5, max_legs=50)
    async with stage(settings) as here:
        tasks, descriptors = len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))
        for number in range(50):
            await here.plane.open(CALL, LegId(f"leg_{number}"), offer(), CODECS)
        with pytest.raises(MediaRefusedError) as refused:
            await here.plane.open(CALL, LegId("leg_too_many"), offer(), CODECS)
        assert refused.value.code == "too_many_legs"
        assert len(os.listdir("/proc/self/fd")) == descriptors

        await eventually(lambda: len(here.events) == 50)
        assert {event.because for event in here.events if isinstance(event, LegDown)} == {LostBecause.SETUP}
        await eventually(lambda: len(asyncio.all_tasks()) == tasks)
        assert transports_of(here.plane) == []
        for number in range(50):
            here.plane.close(LegId(f"leg_{number}"))
        await here.plane.open(CALL, ALICE, offer(), CODECS)


async def test_a_refused_offer_makes_no_leg(on_stage: Stage) -> None:
    with pytest.raises(MediaRefusedError):
        await on_stage.plane.open(CALL, ALICE, "v=0", CODECS)
    assert on_stage.plane.counters() == {}
    await on_stage.enter(ALICE)


async def test_damaged_offers_harm_nobody_elses_call(on_stage: Stage) -> None:
    """S8: a live call beside them goes on, and a good offer after them works."""
    alice, bob = await on_stage.enter(ALICE), await on_stage.enter(BOB, 660.0)
    on_stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))
    for seed in range(300):
        with contextlib.suppress(MediaRefusedError):
            await on_stage.plane.open(CALL, CAROL, damaged(seed), CODECS)
        on_stage.plane.close(CAROL)
        await asyncio.sleep(0)
    await on_stage.enter(CAROL)
    alice.voice.clear()
    await eventually(lambda: alice.voice.hears(660) and bob.voice.hears(440))
    assert [event for event in on_stage.events if isinstance(event, LegDown)] == []


async def test_ended_calls_are_given_back_to_memory(on_stage: Stage) -> None:
    """L17, S12."""
    remembered: list[weakref.ref[Transport]] = []
    for round_number in range(1, 4):
        alice, bob = await on_stage.enter(ALICE), await on_stage.enter(BOB, 660.0)
        on_stage.plane.wire(CALL, round_number, both_ways(ALICE, BOB, Stream.VOICE))
        await eventually(lambda: on_stage.plane.counters()[ALICE][Stream.VOICE].sent > 5)
        remembered += [weakref.ref(transport) for transport in transports_of(on_stage.plane)]
        on_stage.plane.wire(CALL, round_number, {})
        on_stage.plane.close(ALICE)
        on_stage.plane.close(BOB)
        await alice.close()
        await bob.close()
        on_stage.parties.clear()
        del alice, bob

    def forgotten() -> bool:
        gc.collect()
        return all(reference() is None for reference in remembered)

    assert len(remembered) == 6
    await eventually(forgotten)


async def test_the_hosts_own_addresses_are_announced_and_loopback_only_if_wanted_or_alone(
    music_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ["192.0.2.7", "2001:db8::7"]

    async def announced(**changes: object) -> list[str]:
        plane = MediaPlane(replace(MediaSettings(cache=music_cache), **changes), print, JournalWriter())  # pyright: ignore
        monkeypatch.setattr("media.addresses.get_host_addresses", lambda use_ipv4, use_ipv6: here)  # pyright: ignore
        await plane.start()
        answer = await plane.open(CALL, ALICE, offer(), CODECS)
        await plane.stop()
        return addresses_in(answer.sdp)

    has_six = _has_ipv6()
    assert await announced() == (here if has_six else here[:1])
    assert await announced(include_loopback=True) == ["192.0.2.7", "127.0.0.1", *(here[1:] if has_six else [])]
    assert await announced(announced=("198.51.100.1",)) == ["198.51.100.1"]
    here = []
    assert await announced() == ["127.0.0.1"]


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="the host has no second address on its loopback")
async def test_what_came_to_an_announced_address_is_answered_from_it_and_not_from_the_kernels_choice(
    music_cache: Path,
) -> None:
    """Issue 3: several addresses; a browser takes no answer from another one than it asked (RFC 8445, 7.2.5.2.1)."""
    with clients_on_loopback():
        async with stage(MediaSettings(announced=("127.0.0.2",), cache=music_cache)) as here:
            await here.enter(ALICE)


@pytest.mark.skipif(not _has_ipv6(), reason="the host has no IPv6")
async def test_a_call_over_ipv6_works(music_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with clients_on_loopback():
        monkeypatch.setattr("aioice.ice.get_host_addresses", lambda use_ipv4, use_ipv6: ["::1"])  # pyright: ignore
        async with stage(MediaSettings(announced=("::1",), cache=music_cache)) as here:
            alice, bob = await here.enter(ALICE), await here.enter(BOB, 660.0)
            here.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))
            await eventually(lambda: alice.voice.hears(660) and bob.voice.hears(440))


async def test_a_host_without_ipv6_uses_ipv4_alone(music_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def no_ipv6(family: socket.AddressFamily = socket.AF_INET, *rest: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return real(family, *rest)

    monkeypatch.setattr("media.sockets.socket.socket", no_ipv6)
    plane = MediaPlane(MediaSettings(cache=music_cache, announced=("192.0.2.1", "2001:db8::1")), print, JournalWriter())
    await plane.start()
    answer = await plane.open(CALL, ALICE, offer(), CODECS)
    assert addresses_in(answer.sdp) == ["192.0.2.1"]
    await plane.stop()
    with pytest.raises(OSError, match="IPv6"):
        await MediaPlane(MediaSettings(cache=music_cache, announced=("2001:db8::1",)), print, JournalWriter()).start()


async def test_a_taken_port_and_a_wrong_address_stop_the_start(music_cache: Path, on_stage: Stage) -> None:
    with pytest.raises(OSError, match="in use"):
        await MediaPlane(MediaSettings(cache=music_cache, port=on_stage.plane.port), print, JournalWriter()).start()
    with pytest.raises(ValueError, match="nowhere"):
        MediaSettings(announced=("nowhere",))
