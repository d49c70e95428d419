"""A real browser on each side: what it offers is understood, and what it sends is heard and seen on the other side."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from callflow.wiring import HOLD_MUSIC, FromPrompt, Stream
from media.plane import MediaPlane
from media.settings import MediaSettings
from tests.browser import chromium
from tests.media.parties import ALICE, BOB, CALL, CAROL, both_ways, clients_on_loopback, eventually
from tests.media.poor_line import SEED, PoorLine
from tests.media.theatre import (
    BLUE,
    GREEN,
    PERSON,
    RED,
    RGB,
    Theatre,
    hears,
    hears_and_sees,
    measured,
    sees,
    theatre_of,
)
from tests.media.wire import Relay

pytestmark = pytest.mark.flow

FROZE = 1.5
"""Seconds: ten times what a picture may be late before Chromium says that it froze."""


@pytest.fixture
async def theatre(music_cache: Path) -> AsyncIterator[Theatre]:
    found = chromium.find()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium under CI")
        pytest.skip("no Chromium on this machine")
    async with theatre_of(MediaSettings(include_loopback=True, cache=music_cache), found) as here:
        yield here


async def test_two_browsers_hear_and_see_each_other_through_a_reload_and_a_transfer(theatre: Theatre) -> None:
    """PLUS-01, PLUS-21, CALL-06, CALL-07."""
    plane = theatre.stage.plane
    alice = await theatre.enter(ALICE, 440, RED)
    plane.wire(CALL, 1, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}})
    await measured(alice, lambda figures: figures["hertz"] > 50)

    bob = await theatre.enter(BOB, 660, BLUE)
    bridged_at = time.monotonic()
    plane.wire(CALL, 2, both_ways(ALICE, BOB, *Stream))
    await measured(bob, hears_and_sees(440, RED))
    await measured(alice, hears_and_sees(660, BLUE))
    print(f"heard and seen {time.monotonic() - bridged_at:.2f} s after the bridge was wired")

    await bob.evaluate("shareScreen('#20a020')")
    await measured(alice, sees(GREEN, "screen"))

    # Bob reloads his page: the same leg on a new peer connection; Alice's stays as it is.
    await theatre.connect(bob, BOB, 550, GREEN, again=True)
    await measured(alice, hears_and_sees(550, GREEN))
    await measured(bob, hears_and_sees(440, RED))

    carol = await theatre.enter(CAROL, 880, BLUE)
    plane.wire(CALL, 3, {**both_ways(ALICE, CAROL, *Stream), BOB: {}})
    await measured(carol, hears_and_sees(440, RED))
    figures = await measured(alice, hears_and_sees(880, BLUE))

    assert figures["audio_0"]["lost"] == 0
    _assert_every_packet_was_sent_on(plane, figures)


async def test_a_browser_and_another_client_with_other_numbers_understand_each_other(theatre: Theatre) -> None:
    """Payload types, header extension ids and SSRCs differ on the two sides."""
    alice = await theatre.enter(ALICE, 440, RED)
    with clients_on_loopback():
        bob = await theatre.stage.enter(BOB, 660.0, RGB[BLUE])
        theatre.stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, *Stream))
        await measured(alice, hears_and_sees(660, BLUE))
        await eventually(lambda: bob.voice.hears(440) and bob.camera.sees(RGB[RED]))


async def test_a_muted_microphone_is_silence_on_the_other_side(theatre: Theatre) -> None:
    """CALL-06."""
    alice = await theatre.enter(ALICE, 440, RED)
    bob = await theatre.enter(BOB, 660, BLUE)
    theatre.stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))
    await measured(alice, hears(660))

    await bob.evaluate("pc.getSenders()[0].track.enabled = false")

    await measured(alice, lambda figures: figures["hertz"] == 0)
    assert theatre.stage.downs(BOB) == []


async def test_lost_pictures_are_sent_again_by_the_other_side_before_and_after_a_switch(theatre: Theatre) -> None:
    """NACK and retransmissions pass the bridge in both numberings; the server keeps no packet."""
    plane = theatre.stage.plane
    async with Relay.to(theatre.stage) as relay:
        theatre.ports[ALICE] = relay.port
        alice = await theatre.enter(ALICE, 440, RED)
        await theatre.enter(BOB, 660, BLUE)
        await theatre.enter(CAROL, 880, GREEN)
        relay.lose_every = 6
        for epoch, (other, colour) in enumerate(((BOB, BLUE), (CAROL, GREEN)), start=1):
            plane.wire(CALL, epoch, both_ways(ALICE, other, *Stream))
            before = (await measured(alice, sees(colour)))["video_1"]
            after = (await measured(alice, _repaired_since(before)))["video_1"]
            print(f"with every sixth packet lost: {before} {after}")


async def test_the_picture_never_freezes_over_transfers_and_a_hold_cuts_both_pictures_for_music(
    theatre: Theatre,
) -> None:
    """PLUS-21, CALL-06."""
    plane = theatre.stage.plane
    alice = await theatre.enter(ALICE, 440, RED)
    bob = await theatre.enter(BOB, 660, BLUE)
    await theatre.enter(CAROL, 880, GREEN)
    plane.wire(CALL, 1, both_ways(ALICE, BOB, *Stream))
    await measured(alice, hears_and_sees(660, BLUE))
    await measured(bob, hears_and_sees(440, RED))
    await asyncio.sleep(1)  # the browser counts no freezes before it knows the usual distance between pictures

    before = (await alice.evaluate("measure()"))["video_1"]
    for epoch, (other, hertz, colour) in enumerate(((CAROL, 880, GREEN), (BOB, 660, BLUE), (CAROL, 880, GREEN)), 2):
        plane.wire(CALL, epoch, both_ways(ALICE, other, *Stream))
        await measured(alice, hears_and_sees(hertz, colour))
    plane.wire(CALL, 5, both_ways(ALICE, BOB, *Stream))
    after = (await measured(alice, lambda f: sees(BLUE)(f) and f["video_1"]["keys"] >= before["keys"] + 4))["video_1"]
    print(f"four transfers: before {before}, after {after}")
    assert after["froze"] - before["froze"] < FROZE

    plane.wire(CALL, 6, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}, BOB: {}})
    await asyncio.sleep(0.3)
    held = [(await page.evaluate("measure()"))["video_1"]["decoded"] for page in (alice, bob)]
    await measured(alice, lambda figures: figures["hertz"] > 50 and not hears(660)(figures))
    await measured(bob, lambda figures: figures["hertz"] == 0)
    assert held == [(await page.evaluate("measure()"))["video_1"]["decoded"] for page in (alice, bob)]

    plane.wire(CALL, 7, both_ways(ALICE, BOB, *Stream))
    await measured(alice, lambda f: hears_and_sees(660, BLUE)(f) and f["video_1"]["decoded"] > held[0] + 10)
    await measured(bob, lambda f: hears_and_sees(440, RED)(f) and f["video_1"]["decoded"] > held[1] + 10)


async def test_with_a_twentieth_of_all_packets_lost_both_ways_no_picture_freezes(theatre: Theatre, long: bool) -> None:
    """CALL-07."""
    plane = theatre.stage.plane
    async with PoorLine.to(theatre.stage) as line:
        theatre.ports[ALICE] = line.port
        alice = await theatre.enter(ALICE, 440, RED)
        bob = await theatre.enter(BOB, 660, BLUE)
        plane.wire(CALL, 1, both_ways(ALICE, BOB, *Stream))
        await measured(alice, hears_and_sees(660, BLUE))
        await measured(bob, hears_and_sees(440, RED))
        await asyncio.sleep(1)
        before = [(await page.evaluate("measure()"))["video_1"] for page in (alice, bob)]
        line.lost_share = 0.05
        seconds = 20 if long else 8
        await asyncio.sleep(seconds)
        after = [(await page.evaluate("measure()"))["video_1"] for page in (alice, bob)]
    for then, now in zip(before, after, strict=True):
        print(f"{seconds} s with 5 % lost (seed {SEED}): before {then}, after {now}")
        assert now["froze"] - then["froze"] < FROZE
        assert now["decoded"] > then["decoded"] + 15 * seconds
        assert now["repaired"] > then["repaired"]


async def test_on_a_line_for_a_voice_only_pictures_wait_and_come_back_when_it_is_better(theatre: Theatre) -> None:
    """CALL-07."""
    plane = theatre.stage.plane
    async with PoorLine.to(theatre.stage) as line:
        theatre.ports[ALICE] = line.port
        alice = await theatre.enter(ALICE, 440, RED)
        await theatre.enter(BOB, 660, BLUE, PERSON)
        plane.wire(CALL, 1, both_ways(ALICE, BOB, *Stream))
        await measured(alice, hears_and_sees(660, BLUE))
        await asyncio.sleep(2)

        line.bits_per_second = 80_000
        narrow_at = time.monotonic()
        await eventually(lambda: plane.counters()[BOB][Stream.CAMERA].dropped.get("line_too_poor", 0) > 0)
        waited = time.monotonic() - narrow_at
        await asyncio.sleep(1)  # what waits at the narrow place drains
        before = (await alice.evaluate("measure()"))["audio_0"]
        await asyncio.sleep(5)
        after = (await alice.evaluate("measure()"))["audio_0"]
        lost, received = after["lost"] - before["lost"], after["received"] - before["received"]
        print(f"pictures stopped after {waited:.1f} s; then {lost} of {lost + received} voice packets were lost")
        assert lost < 0.02 * (lost + received)
        assert received > 220

        line.bits_per_second = 0
        shown = await alice.evaluate("shown.length")
        await measured(alice, lambda figures: figures["shown"] > shown + 10 and hears_and_sees(660, BLUE)(figures), 20)
        assert "line_too_poor" not in plane.counters()[ALICE][Stream.CAMERA].dropped, "Bob's line was good all the time"


def _repaired_since(before: dict[str, Any]) -> Callable[[dict[str, Any]], bool]:
    def holds(figures: dict[str, Any]) -> bool:
        now = figures["video_1"]
        return now["repaired"] > before["repaired"] + 3 and now["decoded"] > before["decoded"] + 10

    return holds


def _assert_every_packet_was_sent_on(plane: MediaPlane, browser_figures: dict[str, Any]) -> None:
    explained = {"unwired", "awaiting_key_frame"}
    for leg, streams in plane.counters().items():
        for stream, figures in streams.items():
            assert figures.received == figures.forwarded + sum(figures.dropped.values()), (leg, stream, figures)
            assert set(figures.dropped) <= explained, (leg, stream, figures)
    print(f"the bridge: {plane.counters()[ALICE]}; the browser: {browser_figures}")
