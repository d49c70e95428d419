"""Listening for HTTP, and cutting connections that never finish a request's headers (reliability.md L14, S23)."""

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final, cast

from aiohttp import web
from aiohttp.typedefs import Handler

from signaling.settings import StartError

HEADER_DEADLINE: Final = 10.0
"""Seconds from the connection to the end of its first request's headers."""
KEEP_ALIVE: Final = 30.0
"""Seconds that a connection may be idle between requests, half-sent headers included."""
BODY_LIMIT: Final = 1024 * 1024
"""Bytes of a request's body, uncompressed."""


class HeaderWatch:
    """Cuts connections that have sent no whole request head within the deadline.

    aiohttp itself bounds only the time between requests, which has to be longer than this one.
    """

    def __init__(self, deadline: float = HEADER_DEADLINE) -> None:
        self._deadline = deadline
        self._spoke: set[web.RequestHandler] = set()
        self._first_seen: dict[web.RequestHandler, float] = {}

    @web.middleware
    async def note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Remember that this connection has sent a whole head. A middleware."""
        self._spoke.add(request.protocol)
        return await handler(request)

    async def run(self, server: web.Server) -> None:
        """Look once a second, until cancelled."""
        while True:
            self.cut(server, time.monotonic())
            await asyncio.sleep(1)

    def cut(self, server: web.Server, now: float) -> None:
        """Cut what is late at `now`, in monotonic seconds, and forget what is gone."""
        live = set(server.connections)
        self._spoke &= live
        silent = live - self._spoke
        self._first_seen = {connection: self._first_seen.get(connection, now) for connection in silent}
        for connection, since in self._first_seen.items():
            if now - since >= self._deadline and connection.transport is not None:
                connection.transport.close()


@asynccontextmanager
async def listening(
    app: web.Application, watch: HeaderWatch, host: str, port: int, tls: ssl.SSLContext | None
) -> AsyncGenerator[int]:
    """Serve `app` until the block ends, and give the port. Raises `StartError` when it cannot be had.

    Open requests get two seconds to finish at the end. No access log: paths hold link tokens.
    """
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=KEEP_ALIVE, shutdown_timeout=2.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=tls, reuse_address=True)
        try:
            await site.start()
        except OSError as error:
            raise StartError(_sentence(host, port, error)) from None
        watching = asyncio.create_task(watch.run(cast("web.Server", runner.server)), name="header watch")
        try:
            yield runner.addresses[0][1]
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    finally:
        await runner.cleanup()


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use: stop the other program, or choose another port with --port."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} may not be used by this user: choose one above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"The host {host} is no address of this machine: use 127.0.0.1, 0.0.0.0, or one that it has."
    return f"Cannot listen on {host}, port {port}: {error.strerror}."
