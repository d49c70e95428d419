"""What storages at the other end of a line share: each call is one session, in which the steps are taken."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from recording.storages import steps
from recording.storages.base import Limits, Stored
from recording.storages.errors import Fault, StorageError
from recording.storages.hosts import Addresses, system_addresses
from recording.storages.names import RemoteName


class RemoteStorage(ABC):
    """A `Storage`. Whoever derives from it says how a session is opened."""

    def __init__(self, limits: Limits | None = None, addresses: Addresses = system_addresses) -> None:
        self._limits = limits or Limits()
        self._addresses = addresses

    @abstractmethod
    def _session(self) -> AbstractAsyncContextManager[steps.Session]:
        """Connect, log in, and close in the end."""

    @abstractmethod
    async def fingerprint(self) -> str | None:
        """Ask the server what it is known by, for a person to confirm; None without encryption. Nobody logs in."""

    async def check(self, folder: str = "", passed: Callable[[steps.CheckStep], object] = lambda _: None) -> None:
        """Try everything that `store` needs; see `Storage.check`. Each step that went well is told."""
        async with self._in_all(0), self._session() as session:
            await steps.check(session, folder, passed)

    async def store(self, source: Path, name: RemoteName, sha256: str, on_progress: Callable[[int], None]) -> Stored:
        """Upload the file; see `Storage.store`."""
        async with self._in_all(await steps.size_of(source)), self._session() as session:
            return await steps.store(session, source, name, sha256, on_progress)

    async def verify(self, name: RemoteName, size: int, sha256: str) -> bool:
        """Read the whole file back; see `Storage.verify`."""
        async with self._in_all(size), self._session() as session:
            return await steps.verify(session, name, size, sha256)

    async def delete(self, name: RemoteName, size: int) -> None:
        """Remove the file; see `Storage.delete`."""
        async with self._in_all(0), self._session() as session:
            await steps.delete(session, name, size)

    @asynccontextmanager
    async def _in_all(self, size: int) -> AsyncGenerator[None]:
        """Do all that is needed for a file of `size` bytes: however a server drips, it ends."""
        try:
            async with asyncio.timeout(self._limits.whole(size)):
                yield
        except TimeoutError:
            raise StorageError(Fault.HANGS, "The server is so slow that the upload was given up.") from None
