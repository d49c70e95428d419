"""A Parley of its own with the trial workspace, and people at browsers: for measuring and for pictures.

Everything is real but the cameras and microphones, which are drawn and hummed by the page itself.
"""

import asyncio
import json
import os
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from socket import socket
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.browser import chromium

ROOT = Path(__file__).resolve().parents[1]
FAKE_DEVICES = (Path(__file__).with_name("fake_devices.js")).read_text("utf-8")
START_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Person:
    """How somebody looks and sounds to the others: colours, `cut` long or short, `room` window or shelf."""

    skin: str
    shade: str
    hair: str
    cut: str
    shirt: str
    wall: tuple[str, str]
    room: str
    hertz: int
    beard: bool = False

    def script(self) -> str:
        """Return what a page runs first, so that its camera and microphone are this person's."""
        looks = {name: getattr(self, name) for name in self.__slots__}
        return f"const PERSON = {json.dumps(looks)};\n{FAKE_DEVICES}"


AGENT = Person("#f1c7a5", "#dfae89", "#4a2c20", "long", "#2f5d62", ("#e9e4da", "#cfc4b2"), "shelf", 220)
CUSTOMER = Person(
    "#c68f65", "#ad7850", "#23201f", "short", "#d9a441", ("#dbe7ea", "#b4c7c9"), "window", 140, beard=True
)
ANOTHER = replace(CUSTOMER, skin="#f3d2b8", shade="#e0b797", hair="#9a6a3a", cut="long", shirt="#7d5ba6", beard=False)


@dataclass(frozen=True, slots=True)
class Trial:
    """A running Parley, and a browser. `passwords` are by login."""

    url: str
    call_link: str
    passwords: dict[str, str]
    browser: Browser

    async def context(self, person: Person | None = None, **options: Any) -> BrowserContext:
        """Open a browser window of somebody's own."""
        context = await self.browser.new_context(locale="en-GB", **options)
        if person is not None:
            await context.add_init_script(person.script())
        return context

    async def sign_in(self, login: str, person: Person | None = None, **options: Any) -> Page:
        """Open the panel and sign in."""
        page = await (await self.context(person, **options)).new_page()
        await page.goto(f"{self.url}/agent")
        await page.get_by_label("Login").fill(login)
        await page.get_by_label("Password").fill(self.passwords[login])
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("button", name="Choose status").wait_for()
        return page


async def choose_status(page: Page, status: str) -> None:
    """Choose a status in a panel."""
    button = page.get_by_role("button", name="Choose status")
    await button.click()
    await page.get_by_role("menuitemradio", name=status).click()
    await button.filter(has_text=status).wait_for()


async def ask(page: Page, method: str, path: str, body: object = None) -> Any:
    """Ask the API as the person at this page, and return the answer. Raises RuntimeError with what was refused."""
    url = "/".join((*page.url.split("/")[:3], "api/v1", path))
    answer = await page.request.fetch(url, method=method, data=body, headers={"X-CSRF": "1"})
    if not answer.ok:
        raise RuntimeError(f"{method} {path}: {await answer.text()}")
    return await answer.json() if answer.status != 204 else None


@asynccontextmanager
async def trial() -> AsyncGenerator[Trial]:
    """Run a Parley and a browser until the block ends. Raises RuntimeError when either cannot be had."""
    found = chromium.find()
    if found is None:
        raise RuntimeError("no Chromium found: install one, or set CHROMIUM to its path")
    arguments = [*chromium.ARGUMENTS, "--autoplay-policy=no-user-gesture-required"]
    with tempfile.TemporaryDirectory(prefix="parley-") as data:
        async with serving(Path(data)) as told, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=found, args=arguments)
            try:
                passwords = {account["login"]: account["password"] for account in told["accounts"]}
                yield Trial(told["url"], told["call_link"], passwords, browser)
            finally:
                await browser.close()


@asynccontextmanager
async def serving(data: Path) -> AsyncGenerator[dict[str, Any]]:
    """Run `parley serve --demo` on free ports until the block ends; give what it wrote to demo.json."""
    port = _free_port()
    command = [sys.executable, "-m", "signaling.cli", "serve", "--demo", "--data", str(data), "--port", str(port)]
    environment = os.environ | {"PARLEY_MEDIA_PORT": "0", "PARLEY_LOG_LEVEL": "warning"}
    server = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        told = data / "demo.json"
        await _until_ready(told, f"http://localhost:{port}/healthz", server)
        yield json.loads(told.read_text("utf-8"))
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()


async def _until_ready(told: Path, url: str, server: asyncio.subprocess.Process) -> None:
    """Wait until the server answers and has told of its trial workspace, which comes last."""
    async with asyncio.timeout(START_LIMIT_S):
        while not await asyncio.to_thread(lambda: told.exists() and _answers(url)):
            if server.returncode is not None:
                raise RuntimeError("the server ended; its message is above")
            await asyncio.sleep(0.02)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
