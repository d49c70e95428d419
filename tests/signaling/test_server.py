"""Connections that dawdle, a database that is gone, errors that nobody foresaw."""

import asyncio
import logging
import time

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from conversations.db import engines
from conversations.db.database import Database
from signaling.health import healthy
from signaling.http.api import Api
from signaling.http.rules import PUBLIC
from signaling.http.server import HeaderWatch, listening
from signaling.sockets import GOING_AWAY, close_at_shutdown, open_socket
from tests.clock import MovableClock
from tests.signaling.edge import edge

pytestmark = pytest.mark.wire


async def hello() -> str:
    """Say hello."""
    return "hello"


async def test_half_a_head_is_cut_while_a_connection_that_speaks_stays() -> None:
    """Reliability L14, S23: slowloris."""
    watch = HeaderWatch(deadline=0.5)
    app = web.Application(middlewares=[watch.note])

    async def ok(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    app.router.add_get("/", ok)
    async with listening(app, watch, "127.0.0.1", 0, None) as port:
        slow_reader, slow = await asyncio.open_connection("127.0.0.1", port)
        slow.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        whole = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        writer.write(whole)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        async with asyncio.timeout(5):
            assert await slow_reader.read() == b"", "cut without an answer"
        writer.write(whole)
        async with asyncio.timeout(5):
            while b"HTTP/1.1 200" not in await reader.readline():
                pass
        slow.close()
        writer.close()


async def test_a_body_that_never_arrives_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reliability S23."""
    from signaling.http import operation
    from tests.signaling.test_layer import things

    monkeypatch.setattr(operation, "BODY_DEADLINE", 0.3)
    async with TestServer(edge(things)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.make_url("/").port or 0)
        head = "POST /api/v1/groups/a/things HTTP/1.1\r\nHost: x\r\nX-CSRF: 1\r\n"
        writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{{".encode())
        async with asyncio.timeout(5):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        writer.close()


async def test_a_client_that_goes_away_in_the_middle_of_a_request_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Reliability 2.2: what a page sends while it is closed is often cut; the log stays for what is wrong here."""
    came, read = asyncio.Event(), asyncio.Event()

    async def late(request: web.Request) -> web.Response:
        came.set()
        while request.transport is not None:  # noqa: ASYNC110 (a connection has no event)
            await asyncio.sleep(0.01)
        try:
            return web.Response(body=await request.read())
        finally:
            read.set()

    app = edge(lambda _: None)
    app.router.add_post("/late", late)
    async with listening(app, HeaderWatch(), "127.0.0.1", 0, None) as port, asyncio.timeout(5):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /late HTTP/1.1\r\nHost: x\r\nX-CSRF: 1\r\nContent-Length: 50\r\n\r\n{")
        await came.wait()
        writer.close()
        await read.wait()
    assert caplog.text == ""


async def test_open_websockets_do_not_hold_up_the_end_of_the_server() -> None:
    """Reliability 2.2: they are closed as "going away", and pages come back by themselves."""

    async def chat(request: web.Request) -> web.WebSocketResponse:
        async with open_socket(request) as (socket, ws):
            async for _ in socket.messages():
                pass
        return ws

    app = web.Application()
    close_at_shutdown(app)
    app.router.add_get("/", chat)
    async with ClientSession() as session:
        async with listening(app, HeaderWatch(), "127.0.0.1", 0, None) as port:
            ws = await session.ws_connect(f"http://127.0.0.1:{port}/")
            heard = asyncio.create_task(ws.receive())
            began = time.monotonic()
        assert time.monotonic() - began < 1
        assert (await heard).data == GOING_AWAY


async def test_a_database_that_is_gone_makes_the_server_unhealthy() -> None:
    """Issue: /healthz."""
    database = Database(engines.parse("postgresql://nobody@127.0.0.1:1/nothing"), MovableClock())
    try:
        assert await healthy(database) is False
    finally:
        await database.close()


async def test_an_error_that_nobody_foresaw_is_logged_without_the_secrets_of_the_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Reliability 2.2: ASVS 16.5.1; link tokens stay out of logs."""

    async def fail(token: str) -> str:
        raise RuntimeError("unforeseen")

    def routes(api: Api) -> None:
        api.get("/links/{token}", fail, rule=PUBLIC, tag="t")
        api.get("/hello", hello, rule=PUBLIC, tag="t")

    async with TestClient(TestServer(edge(routes))) as client:
        with caplog.at_level(logging.DEBUG, "signaling"), caplog.at_level(logging.WARNING, "aiohttp"):
            answer = await client.get("/api/v1/links/a-secret-token")
        assert answer.status == 500
        assert "unforeseen" not in await answer.text()
        assert "/api/v1/links/{token} failed" in caplog.text
        assert "unforeseen" in caplog.text
        assert "a-secret-token" not in caplog.text
        assert (await client.get("/api/v1/hello")).status == 200
