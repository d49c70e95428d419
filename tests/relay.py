"""A relay between Parley and PostgreSQL that cuts a connection at a COMMIT, on either side of it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from pathlib import Path

_COMMIT = b"COMMIT;"


class Cut(Enum):
    """Where a connection is cut."""

    BEFORE = "before the server has the COMMIT"
    AFTER = "after the server has answered it"


class Relay:
    """Passes on what comes, until it is told to cut the next COMMIT."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._next: Cut | None = None
        self.cuts: list[Cut] = []
        """What was cut."""

    def cut_next_commit(self, where: Cut) -> None:
        """Cut the connection over which the next COMMIT comes."""
        self._next = where

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[int]:
        """Listen until the block ends, and give the port."""
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]
            server.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to_there = await asyncio.open_unix_connection(self._server)
        answers = asyncio.create_task(_pass_on(there, writer))
        try:
            while data := await reader.read(65536):
                if self._next is not None and _COMMIT in data:
                    where, self._next = self._next, None
                    await _ended(answers)
                    if where is Cut.AFTER:
                        to_there.write(data)
                        await there.read(65536)
                    self.cuts.append(where)
                    return
                to_there.write(data)
                await to_there.drain()
        except ConnectionError:
            pass
        finally:
            await _ended(answers)
            for end in (writer, to_there):
                end.transport.abort()


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
