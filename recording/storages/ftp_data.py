"""The data connection of one FTP command.

A slow line is no dead one: as long as bytes leave this machine, or arrive, it is waited for. What has left is asked of
the kernel (`SIOCOUTQ`, which Python calls `TIOCOUTQ`), since megabytes may wait in its buffer after the last `write`.
"""

import asyncio
import fcntl
import ssl
import struct
import termios
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from socket import SO_ERROR, SOL_SOCKET
from typing import Final

from recording.storages.base import Limits

CHUNK: Final = 64 << 10
LOOK_EVERY_S: Final = 0.5


class Data:
    """One data connection. Its methods raise what asyncio raises, and `TimeoutError` when no byte moves any more."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits) -> None:
        self._reader = reader
        self.writer = writer
        self._limits = limits

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Begin TLS."""
        await self.writer.start_tls(context, server_hostname=host)

    async def write(self, chunks: AsyncGenerator[bytes]) -> None:
        """Send everything, and see it leave."""
        async with aclosing(chunks):
            async for chunk in chunks:
                self.writer.write(chunk)
                await self._while_bytes_leave(self.writer.drain())
        await self._while_bytes_leave(self._emptied())

    async def read(self) -> AsyncGenerator[bytes]:
        """Give what comes until the server ends it."""
        while True:
            async with asyncio.timeout(self._limits.stall):
                chunk = await self._reader.read(CHUNK)
            if not chunk:
                return
            yield chunk

    async def end(self) -> None:
        """Say that nothing more comes."""
        self.writer.close()

    def drop(self) -> None:
        """Close at once, whatever is on the way; after `end` this changes nothing."""
        if not self.writer.is_closing():
            self.writer.transport.abort()

    async def _emptied(self) -> None:
        wait = 0.005
        while self._unsent():
            await asyncio.sleep(wait)
            wait = min(2 * wait, LOOK_EVERY_S)

    def _unsent(self) -> int:
        """Return how many bytes have not been received by the other side, as far as this machine knows."""
        waiting = self.writer.transport.get_write_buffer_size()
        sock = self.writer.get_extra_info("socket")
        # After a reset the kernel goes on telling what was in its queue, so the error itself is asked for.
        if self.writer.is_closing() or sock.fileno() < 0 or sock.getsockopt(SOL_SOCKET, SO_ERROR):
            raise ConnectionResetError
        try:
            (queued,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))
        except OSError:  # a system that cannot tell; then only what waits in this process counts
            queued = 0
        return waiting + queued

    async def _while_bytes_leave(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        moved, before = loop.time(), -1
        try:
            while not (await asyncio.wait({task}, timeout=min(LOOK_EVERY_S, self._limits.stall / 4)))[0]:
                unsent = self._unsent()
                if unsent != before:
                    moved, before = loop.time(), unsent
                elif loop.time() - moved > self._limits.stall:
                    raise TimeoutError
            task.result()
        finally:
            task.cancel()
