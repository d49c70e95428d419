"""A server's control port that can be closed and opened again, as if the server was down for a while."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from socket import SOCK_STREAM

from tests.flow.server import free_port


class Gate:
    """Listens at `port` while it is open. Data connections go to the server directly."""

    def __init__(self, behind: int) -> None:
        self.port = free_port(SOCK_STREAM)
        self._behind = behind
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Let everybody through."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def close(self) -> None:
        """Refuse new connections and cut those that are there."""
        if self._server is not None:
            self._server.close()
            for writer in self._open:
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        self._open |= {writer, far_writer}
        with suppress(OSError):
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        self._open -= {writer, far_writer}
        writer.transport.abort()
        far_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 14):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


@asynccontextmanager
async def gate(behind: int) -> AsyncGenerator[Gate]:
    """Stand before a server, open."""
    made = Gate(behind)
    await made.open()
    try:
        yield made
    finally:
        await made.close()
