"""What both WebSockets share: a bounded queue with a task of its own that writes, and a limit on what comes in.

One client that does not read must not hold up the others (reliability.md L13): each has a queue, and who
lets it fill is cut.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import WSMsgType, web
from pydantic import BaseModel

from signaling.http.limits import TokenBuckets

log = logging.getLogger(__name__)

LARGEST: Final = 64 * 1024
QUEUED_MESSAGES: Final = 256
QUEUED_BYTES: Final = 1024 * 1024
PER_MINUTE: Final = 30 * 60
BURST: Final = 60
PING_EVERY: Final = 5.0
"""Seconds between the pings below WebSocket messages; a dead connection is found within twice this."""

CLOSE_LIMIT: Final = 2.0
"""Seconds that a client has to take its close frame."""

GOING_AWAY: Final = 1001
SIGNED_OUT: Final = 4401
MALFORMED: Final = 4422
TOO_FAST: Final = 4429
SILENT: Final = 4408
SLOW: Final = 1013
TROUBLE: Final = 1011


class Socket:
    """One open WebSocket."""

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.WriteTransport | None) -> None:
        self._ws = ws
        self._transport = transport
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUED_MESSAGES)
        self._bytes = 0
        self._rate = TokenBuckets(PER_MINUTE, BURST)
        self._closing: asyncio.Task[None] | None = None

    def send(self, message: BaseModel, *, only_set: bool = False) -> None:
        """Queue a message; who has let the queue fill is cut."""
        body = message.model_dump_json(by_alias=True, exclude_unset=only_set).encode()
        if self._queue.full() or self._bytes + len(body) > QUEUED_BYTES:
            self.close(SLOW, b"slow")
            return
        self._bytes += len(body)
        self._queue.put_nowait(body)

    def close(self, code: int, word: bytes) -> None:
        """Begin to close; nothing more is sent."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(code, word), name="closing socket")

    async def go_away(self) -> None:
        """Close because the server goes down, and wait until that is done."""
        self.close(GOING_AWAY, b"")
        if self._closing is not None:
            await self._closing

    async def messages(self) -> AsyncGenerator[str]:
        """Yield the text messages that come in, until the end; a message that breaks a limit closes it."""
        async for message in self._ws:
            if self._rate.take("") > 0:
                self.close(TOO_FAST, b"too_fast")
            elif message.type is WSMsgType.TEXT:
                yield message.data
            else:
                self.close(MALFORMED, b"bad_message")

    async def write(self) -> None:
        """Send what is queued, until cancelled."""
        while True:
            body = await self._queue.get()
            self._bytes -= len(body)
            await self._ws.send_str(body.decode())

    async def _close(self, code: int, word: bytes) -> None:
        try:
            async with asyncio.timeout(CLOSE_LIMIT):
                await self._ws.close(code=code, message=word)
        except TimeoutError:
            log.info("a client did not take its close frame")
            self.abort()

    def abort(self) -> None:
        """End the connection at once if there is still something to send: who has not read it by now never will."""
        # Closing a transport waits until its buffer is empty, which may be for ever.
        # One of TLS that was closed twice has no buffer to ask for any more, but knows that it is closing.
        transport = self._transport
        if transport is not None and (transport.is_closing() or transport.get_write_buffer_size()):
            transport.abort()


OPEN: Final = web.AppKey("open_sockets", set[Socket])


def close_at_shutdown(app: web.Application) -> None:
    """Let the application close its WebSockets when it goes down; else their handlers would hold it up."""
    app[OPEN] = set()

    async def close_all(app: web.Application) -> None:
        await asyncio.gather(*(socket.go_away() for socket in app[OPEN]))

    app.on_shutdown.append(close_all)


@asynccontextmanager
async def open_socket(request: web.Request) -> AsyncGenerator[tuple[Socket, web.WebSocketResponse]]:
    """Accept a WebSocket and write to it until the block ends. The application has `close_at_shutdown`."""
    ws = web.WebSocketResponse(max_msg_size=LARGEST, heartbeat=PING_EVERY, compress=False)
    await ws.prepare(request)
    socket = Socket(ws, request.transport if isinstance(request.transport, asyncio.WriteTransport) else None)
    writer = asyncio.create_task(socket.write(), name="socket writer")
    request.app[OPEN].add(socket)
    try:
        yield socket, ws
    finally:
        request.app[OPEN].discard(socket)
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        await ws.close()
        socket.abort()
