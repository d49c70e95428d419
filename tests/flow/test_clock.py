"""The machine's clock is set while a real server runs: no wait, ring or wrap-up is cut short or becomes long (S22)."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.flow.people import LIMIT, eventually
from tests.flow.server import Server
from tests.flow.test_restart import a_caller, an_agent

pytestmark = [pytest.mark.flow, pytest.mark.timeout(180)]

HOUR = 3600
WRAP_UP = 5
LOOK = 1.2
"""Seconds: once in each the server looks at all deadlines."""


class SetClock:
    """The wall clock of a server, as libfaketime tells it; the monotonic one is the machine's own."""

    def __init__(self, folder: Path, library: Path) -> None:
        self._file = folder / "clock"
        self._set(0)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    async def jumps_to(self, seconds: int, server: Server, browser: Browser) -> None:
        """Set it so much off; wait until the server has been told so, and has looked at its deadlines since."""
        self._set(seconds)
        request = (await browser.new_context()).request

        async def off() -> timedelta:
            told = parsedate_to_datetime((await request.get(f"{server.url}/healthz")).headers["date"])
            return told - datetime.now(told.tzinfo)

        near = timedelta(minutes=1)
        await eventually(off, lambda off: abs(off - timedelta(seconds=seconds)) < near, "other time of the day")
        await asyncio.sleep(LOOK)

    def _set(self, seconds: int) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+}")
        new.replace(self._file)  # at no moment is it empty


@pytest.fixture
def clock(tmp_path: Path) -> SetClock:
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        if os.environ.get("CI"):
            pytest.fail("no libfaketime under CI")
        pytest.skip("no libfaketime on this machine (Debian: apt install faketime)")
    return SetClock(tmp_path, library)


@pytest.fixture
async def server(tmp_path: Path, clock: SetClock) -> AsyncIterator[Server]:
    server = Server(tmp_path / "data", clock.environment)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()


async def short_wrap_up(server: Server, browser: Browser) -> None:
    """Let every wrap-up last five seconds."""
    request = (await browser.new_context(extra_http_headers={"X-CSRF": "1"})).request
    admin = next(one for one in server.demo["accounts"] if one["role"] == "admin")
    api = f"{server.url}/api/v1"
    await request.post(f"{api}/session", data={"login": admin["login"], "password": admin["password"]})
    settings = await (await request.get(f"{api}/settings")).json()
    change = {"version": settings["version"], "wrap_up_seconds": WRAP_UP}
    assert (await request.patch(f"{api}/settings", data=change)).ok


async def test_no_wait_ring_or_wrap_up_follows_the_wall_clock(
    server: Server, clock: SetClock, browser: Browser
) -> None:
    """CALL-05, PLUS-08, PLUS-15, WRAP-03; S22: an hour forward and an hour back in each of them."""
    await short_wrap_up(server, browser)
    agent = await an_agent(server, browser)
    await agent.chooses("Away")
    customer = await a_caller(server, browser, "Carla Customer")
    await clock.jumps_to(HOUR, server, browser)
    await customer.reads("Waiting for an agent")

    await agent.chooses("Active")
    await agent.rings("Carla Customer")
    await clock.jumps_to(-HOUR, server, browser)
    await clock.jumps_to(0, server, browser)
    await agent.rings("Carla Customer")
    await agent.press("Answer")
    await agent.hears(customer)

    began = time.monotonic()
    await customer.press("Hang up")
    await expect(agent.wrap_up).to_be_visible()
    await clock.jumps_to(HOUR, server, browser)
    await clock.jumps_to(-HOUR, server, browser)
    await expect(agent.wrap_up).to_be_hidden()
    assert WRAP_UP - 0.5 < time.monotonic() - began < WRAP_UP + LIMIT
