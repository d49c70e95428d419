"""A whole server in this process, and a browser."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from callflow.clock import SystemClock
from signaling.app import Parley, media_settings
from signaling.first_run import FirstRun
from signaling.http.server import HeaderWatch, listening
from signaling.opening import open_database
from signaling.settings import Settings
from tests.browser import chromium
from tests.flow.people import Agent, Customer, arrive

BLUE, RED = "#2020c0", "#c02020"


@dataclass
class Centre:
    """A running Parley with its trial workspace."""

    parley: Parley
    url: str
    demo: dict[str, Any]
    browser: Browser

    @property
    def link(self) -> str:
        """The trial call link."""
        return self.demo["call_link"]

    def password(self, login: str) -> str:
        """The password of somebody of the trial workspace."""
        return next(one["password"] for one in self.demo["accounts"] if one["login"] == login)

    async def customer(self, **options: Any) -> Customer:
        """A customer at a phone."""
        phone = {"viewport": {"width": 390, "height": 844}} | options
        return await arrive(self.browser, Customer, 1500, RED, **phone)

    async def agent(self, login: str = "ana", **options: Any) -> Agent:
        """An agent who has signed in, still Offline."""
        agent = await arrive(self.browser, Agent, 700, BLUE, **({"viewport": {"width": 1440, "height": 900}} | options))
        await agent.signs_in(self.url, login, self.password(login))
        return agent

    async def active_agent(self, login: str = "ana") -> Agent:
        """An agent who waits for calls."""
        agent = await self.agent(login)
        await agent.chooses("Active")
        return agent


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this test's own."""
    found = chromium.find()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium under CI")
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        sound = "--autoplay-policy=no-user-gesture-required"
        browser = await playwright.chromium.launch(executable_path=found, args=[*chromium.ARGUMENTS, sound])
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def prepared_music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the hold music was encoded once."""
    return tmp_path_factory.mktemp("music")


@pytest.fixture
async def centre(
    request: pytest.FixtureRequest, tmp_path: Path, prepared_music: Path, browser: Browser
) -> AsyncIterator[Centre]:
    """A running server; parametrise indirectly with a database's URL for another one than SQLite."""
    data = tmp_path / "data"
    shutil.copytree(prepared_music, data)
    settings = Settings(data=data, port=0, media_port=0, database_url=getattr(request, "param", None))
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        database = await open_database(settings, clock)
        stack.push_async_callback(database.close)
        parley = Parley(database, media_settings(settings), clock)
        watch = HeaderWatch()
        await stack.enter_async_context(parley.running())
        for piece in data.glob("hold-music*"):
            shutil.copy(piece, prepared_music)
        port = await stack.enter_async_context(listening(parley.app(settings, watch), watch, "127.0.0.1", 0, None))
        url = f"http://localhost:{port}"
        await FirstRun(database, parley.passwords, parley.setup).prepare(settings, url, demo=True)
        yield Centre(parley, url, json.loads((data / "demo.json").read_text()), browser)
