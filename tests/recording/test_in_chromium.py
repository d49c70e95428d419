"""What was finished is played by a real browser, over HTTP with ranges, as the Recordings page does."""

import os
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from callflow.roles import Role
from recording.finishing import Facts, finish
from tests.browser import chromium
from tests.recording.talk import (
    AGENT,
    AGENT_HZ,
    BLUE,
    CUSTOMER,
    CUSTOMER_HZ,
    GREEN,
    OTHER_AGENT,
    OTHER_HZ,
    RECORDING,
    RED,
    Call,
    pictures,
    voice,
)

pytestmark = pytest.mark.flow

PAGE = Path(__file__).with_name("player.html")
SECONDS = 8.0


def record(folder: Path) -> None:
    call = Call(folder / "spool")
    call.tap(CUSTOMER, Role.CUSTOMER, [*voice(CUSTOMER_HZ, 0, SECONDS), *pictures([RED] * 100 + [BLUE] * 100, 0)])
    call.tap(AGENT, Role.AGENT, voice(AGENT_HZ, 0, 3))
    call.tap(OTHER_AGENT, Role.AGENT, [*voice(OTHER_HZ, 5, SECONDS, frame_ms=60), *pictures([GREEN] * 75, 5)])
    finish(call.path, folder / "done", Facts(RECORDING, call.began, SECONDS, mixed=True))


async def test_a_browser_plays_both_voices_apart_and_both_pictures_and_seeks_in_all_of_them(tmp_path: Path) -> None:
    found = chromium.find()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium under CI")
        pytest.skip("no Chromium on this machine")
    record(tmp_path)

    async def page_html(_: web.Request) -> web.Response:
        return web.Response(text=PAGE.read_text(), content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page_html)
    app.router.add_static("/done", tmp_path / "done")
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=found, args=[*chromium.ARGUMENTS, "--autoplay-policy=no-user-gesture-required"]
            )
            page = await browser.new_page()
            await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
            assert await page.evaluate("lengths()") == pytest.approx([SECONDS] * 3, abs=0.05)
            for source in ("voice", "mixed"):
                await page.evaluate(f"voice.src = 'done/{source}.webm'")
                for second, right in ((0.5, AGENT_HZ), (6, OTHER_HZ), (3.7, None), (2, AGENT_HZ)):
                    heard = await page.evaluate(f"hear({second})")
                    assert heard == [pytest.approx(CUSTOMER_HZ, abs=10), right and pytest.approx(right, abs=10)]
            for side, second, colour in (
                ("customer", 6, BLUE), ("customer", 1, RED), ("agent", 7, GREEN), ("agent", 3, (0, 0, 0)),
            ):  # fmt: skip
                assert await page.evaluate(f"see('{side}', {second})") == pytest.approx(colour, abs=30)
            await browser.close()
    finally:
        await runner.cleanup()
