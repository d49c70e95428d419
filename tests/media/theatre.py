"""The theatre of the browser tests: a media plane, a web server with a test page, and Chromium in front of it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from callflow.ids import LegId
from media.plane import MediaPlane
from media.settings import MediaSettings
from tests.browser import chromium
from tests.media.parties import CALL, CODECS, Stage, eventually, stage
from tests.media.wire import relayed

PAGE = Path(__file__).with_name("page.html")
RED, BLUE, GREEN = "#c02020", "#2020c0", "#20a020"
RGB = {RED: (192, 32, 32), BLUE: (32, 32, 192), GREEN: (32, 160, 32)}
LIMIT_S = 10.0


@dataclass(frozen=True)
class Scene:
    """What a page's camera sees."""

    width: int
    height: int
    fps: int
    busy: bool
    """Whether most of it changes from picture to picture."""


PERSON = Scene(640, 360, 24, busy=True)
"""What the panel asks of a camera."""


@dataclass
class Theatre:
    """A media plane, a web server with the test page, and a browser."""

    stage: Stage
    url: str
    browser: Browser
    ports: dict[LegId, int]
    """Where a leg's page finds the server, when not at its own port."""

    async def enter(self, leg: LegId, hertz: int, colour: str, scene: Scene | None = None) -> Page:
        """Open a page in a context of its own and connect it as a leg."""
        context = await self.browser.new_context()
        page = await context.new_page()
        await self.connect(page, leg, hertz, colour, scene=scene)
        return page

    async def connect(
        self, page: Page, leg: LegId, hertz: int, colour: str, again: bool = False, scene: Scene | None = None
    ) -> None:
        """Load the page, anew if it was loaded before, and connect it as a leg."""
        ups = len(self.stage.ups(leg))
        await page.goto(self.url)
        await page.evaluate("a => enter(...a)", [leg, hertz, colour, again, asdict(scene) if scene else None])
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


@asynccontextmanager
async def theatre_of(settings: MediaSettings, browser_path: Path) -> AsyncGenerator[Theatre]:
    """Open a theatre for a while."""
    async with stage(settings) as here:
        ports: dict[LegId, int] = {}
        runner = web.AppRunner(_routes(here.plane, ports))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port: int = runner.addresses[0][1]
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=browser_path, args=[*chromium.ARGUMENTS, "--autoplay-policy=no-user-gesture-required"]
            )
            try:
                yield Theatre(here, f"http://127.0.0.1:{port}/", browser, ports)
            finally:
                await browser.close()
                await runner.cleanup()


async def measured(page: Page, holds: Callable[[dict[str, Any]], bool], limit_s: float = LIMIT_S) -> dict[str, Any]:
    """Wait until what a page measures fits, and return it."""
    deadline = time.monotonic() + limit_s
    while True:
        figures: dict[str, Any] = await page.evaluate("measure()")
        if holds(figures):
            return figures
        assert time.monotonic() < deadline, f"within {limit_s} s the page saw only {figures}"
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
