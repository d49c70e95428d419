"""A real browser on each side: what it offers is understood, and what it sends is heard and seen on the other side."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from callflow.ids import LegId
from callflow.wiring import HOLD_MUSIC, FromPrompt, Stream
from media.plane import MediaPlane
from media.settings import MediaSettings
from tests.browser import chromium
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
from tests.media.wire import Relay, relayed

pytestmark = pytest.mark.flow

PAGE = Path(__file__).with_name("page.html")
RED, BLUE, GREEN = "#c02020", "#2020c0", "#20a020"
RGB = {RED: (192, 32, 32), BLUE: (32, 32, 192), GREEN: (32, 160, 32)}
LIMIT_S = 10.0


@dataclass
class Theatre:
    """A media plane, a web server with the test page, and a browser."""

    stage: Stage
    url: str
    browser: Browser
    ports: dict[LegId, int]
    """Where a leg's page finds the server, when not at its own port."""

    async def enter(self, leg: LegId, hertz: int, colour: str) -> Page:
        """Open a page in a context of its own and connect it as a leg."""
        context = await self.browser.new_context()
        page = await context.new_page()
        await self.connect(page, leg, hertz, colour)
        return page

    async def connect(self, page: Page, leg: LegId, hertz: int, colour: str, again: bool = False) -> None:
        """Load the page, anew if it was loaded before, and connect it as a leg."""
        ups = len(self.stage.ups(leg))
        await page.goto(self.url)
        await page.evaluate("a => enter(...a)", [leg, hertz, colour, again])
        await eventually(lambda: len(self.stage.ups(leg)) > ups)


def _routes(plane: MediaPlane, ports: dict[LegId, int]) -> web.Application:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text=PAGE.read_text(), content_type="text/html")

    async def offer(request: web.Request) -> web.Response:
        asked = await request.json()
        leg = LegId(asked["leg"])
        answer = await (
            plane.reopen(leg, asked["sdp"]) if asked["again"] else plane.open(CALL, leg, asked["sdp"], CODECS)
        )
        return web.Response(text=relayed(answer.sdp, plane.port, ports.get(leg, plane.port)))

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_post("/offer", offer)
    return app


@pytest.fixture
async def theatre(music_cache: Path) -> AsyncIterator[Theatre]:
    found = chromium.find()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium under CI")
        pytest.skip("no Chromium on this machine")
    async with stage(MediaSettings(include_loopback=True, cache=music_cache)) as here:
        ports: dict[LegId, int] = {}
        runner = web.AppRunner(_routes(here.plane, ports))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port: int = runner.addresses[0][1]
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=found, args=[*chromium.ARGUMENTS, "--autoplay-policy=no-user-gesture-required"]
            )
            try:
                yield Theatre(here, f"http://127.0.0.1:{port}/", browser, ports)
            finally:
                await browser.close()
                await runner.cleanup()


async def measured(page: Page, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until what a page measures fits, and return it."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        figures: dict[str, Any] = await page.evaluate("measure()")
        if holds(figures):
            return figures
        assert time.monotonic() < deadline, f"within {LIMIT_S} s the page saw only {figures}"
        await asyncio.sleep(0.05)


def hears(hertz: int) -> Callable[[dict[str, Any]], bool]:
    """Within 2 %."""
    return lambda figures: abs(figures["hertz"] - hertz) < 0.02 * hertz


def sees(colour: str, stream: str = "colour") -> Callable[[dict[str, Any]], bool]:
    return lambda figures: (
        figures[stream] is not None
        and all(abs(got - sent) < 45 for got, sent in zip(figures[stream], RGB[colour], strict=True))
    )


def hears_and_sees(hertz: int, colour: str) -> Callable[[dict[str, Any]], bool]:
    return lambda figures: hears(hertz)(figures) and sees(colour)(figures)


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
