"""A lock on the whole database, for its one server (docs/decisions/one-server-per-database.md)."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, Protocol

from sqlalchemy import URL, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from callflow.ids import new_id
from conversations.db import engines

try:
    import fcntl
except ImportError:  # a system without POSIX locks: there the folder is not protected
    fcntl = None

log = logging.getLogger(__name__)

ANSWER_S: Final = 5.0
"""A database that does not answer a question about the lock for so long is asked again later."""
SILENT_S: Final = 10.0
"""A holder on PostgreSQL that has not been heard of for so long is taken for dead (reliability.md, node lost)."""
_KEYS: Final = {"space": 0x50617263, "key": 1}
_TROUBLE: Final = (SQLAlchemyError, OSError, TimeoutError)

_TAKE = text("SELECT pg_try_advisory_lock(:space, :key)")
_HOLDER = (
    "FROM pg_locks JOIN pg_stat_activity AS holder USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND classid = :space AND objid = :key AND objsubid = 2"
    " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_NAME = text(f"SELECT holder.application_name {_HOLDER}")
_END_IF_SILENT = text(
    "SELECT pg_terminate_backend(holder.pid)"
    f" {_HOLDER} AND clock_timestamp() - holder.state_change > make_interval(secs => :silent)"
)


class SoleLock(Protocol):
    """What only one process holds at a time; the process's death frees it."""

    async def take(self) -> bool:
        """Try once; say whether it is held now. Raises OSError or SQLAlchemyError when the database does not answer."""
        ...

    async def lost(self) -> bool:
        """Give a sign of life; say whether another process holds the lock now."""
        ...

    async def free(self) -> None:
        """Let go."""
        ...


def sole_lock(url: str) -> SoleLock:
    """Return the lock of the database at `url`. Raises ValueError for a URL of another kind."""
    parsed = engines.parse(url)
    if parsed.get_backend_name() == "sqlite":
        return FileLock(Path(f"{parsed.database}.lock"))
    return SessionLock(parsed)


class FileLock:
    """On SQLite: a lock on a file beside the database. Nobody can take it away."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    async def take(self) -> bool:
        """See `SoleLock`."""
        if fcntl is None or self._file is not None:
            return True
        file = self._path.open("ab")
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # of this process alone: its children do not inherit it
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    async def lost(self) -> bool:
        """See `SoleLock`."""
        return False

    async def free(self) -> None:
        """See `SoleLock`."""
        if self._file is not None:
            self._file.close()
            self._file = None


class SessionLock:
    """On PostgreSQL: an advisory lock of one connection. Who is silent for `SILENT_S` loses it to who asks."""

    def __init__(self, url: URL) -> None:
        self._name = new_id("server")
        told = {"application_name": self._name}
        self._engine = create_async_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"timeout": ANSWER_S, "command_timeout": ANSWER_S, "server_settings": told},
        )
        self._connection: AsyncConnection | None = None
        self._held = False

    async def take(self) -> bool:
        """See `SoleLock`."""
        connection = await self._connected()
        async with asyncio.timeout(ANSWER_S):
            self._held = bool(await connection.scalar(_TAKE, _KEYS))
            if not self._held:
                ended = await connection.scalar(_END_IF_SILENT, {**_KEYS, "silent": SILENT_S})
                if ended:
                    log.warning("the server that had the database was silent for %.0f s: it is taken over", SILENT_S)
        return self._held

    async def lost(self) -> bool:
        """See `SoleLock`. A database that is away is nobody's."""
        try:
            if self._held:
                async with asyncio.timeout(ANSWER_S):
                    await (await self._connected()).scalar(text("SELECT 1"))
                return False
            return not await self.take() and await self._another_has_it()
        except _TROUBLE:
            self._held = False
            await self._drop()
            return False

    async def free(self) -> None:
        """See `SoleLock`."""
        await self._drop()
        await self._engine.dispose()

    async def _another_has_it(self) -> bool:
        """Tell another server's lock from that of a lost connection of our own, which the database has not noticed."""
        async with asyncio.timeout(ANSWER_S):
            holder = await (await self._connected()).scalar(_NAME, _KEYS)
        return holder is not None and holder != self._name

    async def _connected(self) -> AsyncConnection:
        if self._connection is None:
            async with asyncio.timeout(ANSWER_S):
                self._connection = await self._engine.connect()
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*_TROUBLE):
                async with asyncio.timeout(1):
                    await connection.invalidate()
                    await connection.close()
