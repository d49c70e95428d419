"""Two servers and one database: the second waits, and takes over when the first is gone."""

import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from signaling.sole_server import TAKEN_OVER
from tests.flow.server import Server

pytestmark = [pytest.mark.flow, pytest.mark.timeout(120)]


@pytest.fixture
async def pair(tmp_path: Path, empty_postgres: str) -> AsyncIterator[tuple[Server, Server]]:
    """A server, and another that stands by; they share the folder of files."""
    first, second = (Server(tmp_path / "data", {"PARLEY_DATABASE_URL": empty_postgres}) for _ in range(2))
    await first.start()
    await second.launch("--standby")
    yield first, second
    for server in (first, second):
        await server.kill()


@asynccontextmanager
async def signed_in(server: Server, login: str) -> AsyncGenerator[aiohttp.ClientSession]:
    """Somebody's browser."""
    who = next(one for one in server.demo["accounts"] if one["login"] == login)
    async with aiohttp.ClientSession(f"{server.url}/api/v1/", headers={"X-CSRF": "1"}) as session:
        answer = await session.post("session", json={"login": login, "password": who["password"]})
        assert answer.ok, await answer.text()
        yield session


async def calls(server: Server) -> None:
    """A customer asks for a place in the queue, at which an agent is on a break."""
    async with signed_in(server, "ana") as ana:
        assert (await ana.put("agent/status", json={"status": "away"})).ok
    token = server.demo["call_link"].rsplit("/", 1)[1]
    async with aiohttp.ClientSession(headers={"X-CSRF": "1"}) as page:
        wish = {"media": "audio", "name": "Carla"}
        asked = await page.post(f"{server.url}/api/v1/guest/links/{token}/calls", json=wish)
        assert asked.status == 201, await asked.text()


async def waiting(server: Server) -> int:
    """How many callers wait, as the wallboard says."""
    async with signed_in(server, "admin") as admin:
        return (await (await admin.get("wallboard")).json())["total"]["waiting"]


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_standby_takes_the_queue_over_and_a_server_that_wakes_again_ends(
    pair: tuple[Server, Server], blow: signal.Signals
) -> None:
    """PLUS-15; reliability.md, node lost: dead or frozen, the other has its callers, and there are no two."""
    first, second = pair
    await calls(first)
    assert await waiting(first) == 1
    first.gets(blow)
    await second.answers()
    assert await waiting(second) == 1
    if blow is signal.SIGSTOP:
        first.gets(signal.SIGCONT)
        assert await first.ends() == TAKEN_OVER
    assert await waiting(second) == 1
