"""SIGTERM in the middle of calls: the server ends when nobody talks any more, and loses nothing."""

import re
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.flow.people import Agent, Customer, arrive, ask, eventually, record
from tests.flow.server import Server
from tests.flow.test_restart import BACK, a_caller, an_agent

pytestmark = [pytest.mark.flow, pytest.mark.timeout(180)]

SOON = 8.0
"""Seconds for an end that waits for nothing: far below the drain limit of the test."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server that waits long for the end of calls."""
    server = Server(tmp_path / "data", {"PARLEY_DRAIN_SECONDS": "120"})
    await server.start()
    yield server
    await server.kill()


async def recording_of(boss: Agent, customer: str) -> Any:
    """The recording of the only call of a customer, as the list shows it; None when there is none."""
    found = await ask(boss.page, "GET", "recordings")
    return next((one for one in found["items"] if one["customer"]["name"] == customer), None)


def finished(recording: Any) -> bool:
    """Whether it lies whole on own storage."""
    return recording is not None and recording["state"] == "spooled"


async def test_sigterm_in_a_talk_waits_for_its_end_and_who_came_meanwhile_is_called_for_after_the_start(
    server: Server, browser: Browser
) -> None:
    """PLUS-01, PLUS-09, REC-02: the recording is whole, the exit code 0; a second signal does not wait."""
    ana = await an_agent(server, browser)
    boss = await an_agent(server, browser, "admin")
    await record(boss.page, "ana")
    await ana.chooses("Active")
    carla = await a_caller(server, browser, "Carla Customer")
    await ana.rings()
    await ana.press("Answer")
    await ana.hears(carla)

    server.gets(signal.SIGTERM)
    await ana.reads("The server is being restarted. Calls go on; new calls wait until it is back.")
    late: Customer = await arrive(browser, Customer, 1100, "#c02020", viewport={"width": 390, "height": 844})
    await late.opens(server.demo["call_link"])
    await late.page.get_by_label("Your name").fill("Lee Late")
    await late.press("Start audio call")
    await late.reads("We will be back in a moment")
    await ana.hears(carla)
    await carla.hears(ana)
    await carla.press("Hang up")
    assert await server.ends() == 0

    await server.start()
    await expect(late.page.get_by_role("heading", name="Waiting for an agent")).to_be_visible(timeout=BACK)
    await expect(ana.wrap_up).to_be_visible(timeout=BACK)
    await expect(ana.page.get_by_text("The server is being restarted")).to_be_hidden()
    await ana.reports()
    await expect(ana.ring).to_contain_text("Lee Late", timeout=BACK)
    await ana.press("Answer")
    await ana.hears(late)
    first = await eventually(lambda: recording_of(boss, "Carla Customer"), finished, "finished recording")
    assert not first["partial"]

    server.gets(signal.SIGTERM)
    await ana.reads(re.compile("The server is being restarted"))
    server.gets(signal.SIGINT)
    asked = time.monotonic()
    assert await server.ends() == 0
    assert time.monotonic() - asked < SOON
    await server.start()
    await ana.hears(late)
    await late.hears(ana)


async def test_a_talk_that_outlasts_the_limit_goes_on_after_the_next_start(tmp_path: Path, browser: Browser) -> None:
    """PLUS-01: the server ends with exit code 0 at the limit; the call is a row."""
    server = Server(tmp_path / "data", {"PARLEY_DRAIN_SECONDS": "1"})
    await server.start()
    try:
        ana = await an_agent(server, browser)
        await ana.chooses("Active")
        carla = await a_caller(server, browser, "Carla Customer")
        await ana.rings()
        await ana.press("Answer")
        await ana.hears(carla)
        before = (await carla.senses())["connections"]
        server.gets(signal.SIGTERM)
        assert await server.ends() == 0
        await server.start()
        await carla.feels(lambda got: got["connected"] and got["connections"] > before, "new connection")
        await ana.hears(carla)
        await carla.hears(ana)
        await carla.press("Hang up")
        await expect(ana.wrap_up).to_be_visible(timeout=BACK)
    finally:
        await server.kill()
