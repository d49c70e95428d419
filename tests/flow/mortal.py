"""A Chromium in a process group of its own, which a test may freeze or kill as a whole."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.browser import chromium
from tests.flow.people import eventually


class Mortal:
    """A browser and its processes."""

    def __init__(self, browser: Browser, process: Process) -> None:
        self.browser = browser
        self._process = process

    def gets(self, number: signal.Signals) -> None:
        """Send a signal to all of its processes."""
        os.killpg(self._process.pid, number)


@asynccontextmanager
async def mortal_browser(program: Path, profile: Path) -> AsyncGenerator[Mortal]:
    """Run a browser until the block ends, which finds it dead or alive."""
    told = ("--headless", "--remote-debugging-port=0", f"--user-data-dir={profile}", "--mute-audio")
    sound = "--autoplay-policy=no-user-gesture-required"
    process = await asyncio.create_subprocess_exec(
        program, *told, sound, *chromium.ARGUMENTS, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
    )
    try:
        async with async_playwright() as playwright:
            port, path = await eventually(
                lambda: _address(profile), lambda lines: len(lines) == 2, "address of Chromium"
            )
            browser = await playwright.chromium.connect_over_cdp(f"ws://127.0.0.1:{port}{path}")
            mortal = Mortal(browser, process)
            try:
                yield mortal
            finally:
                if process.returncode is None:
                    mortal.gets(signal.SIGKILL)
    finally:
        await process.wait()


async def _address(profile: Path) -> list[str]:
    """The port and the path that Chromium writes once it listens."""
    file = profile / "DevToolsActivePort"
    return (await asyncio.to_thread(file.read_text)).splitlines() if await asyncio.to_thread(file.exists) else []
