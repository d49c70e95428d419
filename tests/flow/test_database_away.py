"""Two people go on talking while PostgreSQL is frozen, and a hang-up then outlasts a server that is killed."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from callflow.hangup_journal import NAME
from tests.flow.people import eventually
from tests.flow.server import Server
from tests.flow.test_restart import BACK, a_caller, an_agent
from tests.postgres import Postgres

pytestmark = [pytest.mark.flow, pytest.mark.real_limits, pytest.mark.timeout(180)]

SHORT, LONG = 6.0, 30.0
"""Seconds for which the database is frozen at least."""


@pytest.fixture
async def server(tmp_path: Path, empty_postgres: str) -> AsyncIterator[Server]:
    server = Server(tmp_path / "data", {"PARLEY_DATABASE_URL": empty_postgres})
    await server.start()
    yield server
    await server.kill()


async def test_voices_pass_while_the_database_is_frozen_and_a_hang_up_outlasts_the_server(
    server: Server, browser: Browser, postgres_server: Postgres, long: bool
) -> None:
    """CALL-06, PLUS-01, PLUS-15; S17: nobody is cut off; what is pressed is refused in words; who hung up has."""
    ana = await an_agent(server, browser)
    await ana.chooses("Active")
    customer = await a_caller(server, browser, "Carla Customer")
    await ana.rings()
    await ana.press("Answer")
    await ana.hears(customer)
    await ana.may_press("Hold")
    with postgres_server.frozen():
        ends = time.monotonic() + (LONG if long else SHORT)
        await ana.press("Hold")
        await expect(ana.page.get_by_text("cannot reach its database").first).to_be_visible(timeout=BACK)
        async with aiohttp.ClientSession() as session, session.get(f"{server.url}/healthz") as answer:
            assert answer.status == 503
        while time.monotonic() < ends:
            await ana.hears(customer)
            await customer.hears(ana)
            await asyncio.sleep(0.5)
    await eventually(lambda: healthy(server), bool, "healthy server")
    await ana.hears(customer)
    await ana.press("Hold")
    await customer.reads("You are on hold")
    await ana.press("Resume")
    await ana.hears(customer)
    with postgres_server.frozen():
        await customer.press("Hang up")
        await ana.hears_nothing()
        await eventually(lambda: asyncio.to_thread((server.data / NAME).exists), bool, "journal of hang-ups")
        await server.kill()
    await server.start()
    await expect(ana.wrap_up).to_be_visible(timeout=BACK)
    await expect(ana.thread).to_contain_text("Ended by the customer")


async def healthy(server: Server) -> bool:
    """Ask the server itself."""
    async with aiohttp.ClientSession() as session, session.get(f"{server.url}/healthz") as answer:
        return answer.status == 200
