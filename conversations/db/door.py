"""The way to the database's connections: nobody waits long at it, and not many wait at once (reliability S17).

While the database is away only a few may try at a time, and everybody else is refused at once. So its connections are
never used up by those who wait, and the first who gets through finds that it is back.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from callflow.errors import StoreAwayError
from conversations.db import engines

WAITERS: Final = 500
"""How many may wait for a connection while the database works."""
TRYING: Final = 4
"""How many may try to get one while it is away."""
_STATES: Final = frozenset({"53100", "53300", "55P03", "57014", "57P01", "57P02", "57P03"})
"""PostgreSQL: disk full, too many connections, lock not had, cancelled, being stopped or started."""
_RESULTS: Final = frozenset({5, 6, 10, 13, 14})
"""SQLite: busy, locked, input or output failed, disk full, file cannot be opened."""
_READ_ONLY_STATE: Final = "25006"
_READ_ONLY_RESULT: Final = 8
"""What both say of a database that takes no changes, and of whoever changes something where one only reads."""


class Door:
    """Lets people through to the connections of one engine."""

    def __init__(self, engine: AsyncEngine, *, writes: bool) -> None:
        self._engine = engine
        self._writes = writes
        self._away = False
        self._at_it = 0
        self._leaving: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Wait for those who are leaving: once the engine is disposed of, SQLite's driver would never answer them."""
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=engines.ANSWER_LIMIT)

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[AsyncSession]:
        """Give a session whose transaction has begun. Raises `StoreAwayError`, also for what failed within it."""
        connection = await self._connection()
        try:
            # It ends the transaction of the connection as if it had begun it.
            async with AsyncSession(
                connection, expire_on_commit=False, join_transaction_mode="control_fully"
            ) as session:
                yield session
        except (DBAPIError, TimeoutError) as error:
            if not self._means_away(error):
                raise
            raise StoreAwayError(_line(error)) from error
        finally:
            await asyncio.shield(self._goes(connection.close()))

    async def _connection(self) -> AsyncConnection:
        if self._at_it >= (TRYING if self._away else WAITERS):
            raise StoreAwayError("others wait for it already")
        trying = asyncio.create_task(self._begun())
        self._at_it += 1
        trying.add_done_callback(self._has_tried)
        try:
            await asyncio.wait({trying}, timeout=engines.ANSWER_LIMIT)
        except asyncio.CancelledError:
            self._see_off(trying)  # also when it has just been let through: nobody would close its connection
            raise
        if not trying.done():
            self._see_off(trying)
            self._away = True
            raise StoreAwayError("it does not answer")
        try:
            connection = trying.result()
        except (DBAPIError, PoolTimeoutError, OSError) as error:  # a TimeoutError is an OSError
            if isinstance(error, DBAPIError) and not self._means_away(error):
                raise
            self._away = True
            raise StoreAwayError(_line(error)) from error
        self._away = False
        return connection

    async def _begun(self) -> AsyncConnection:
        connection = await self._engine.connect()
        try:
            await connection.begin()
        except BaseException:
            await connection.close()
            raise
        return connection

    def _means_away(self, error: Exception) -> bool:
        """Say whether the database does not answer or takes no changes, whatever was asked of it."""
        if not isinstance(error, DBAPIError):
            return isinstance(error, TimeoutError)
        state = getattr(error.orig, "sqlstate", None) or ""
        result = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if state == _READ_ONLY_STATE or result == _READ_ONLY_RESULT:
            return self._writes  # else somebody writes who must only read
        return error.connection_invalidated or state in _STATES or state.startswith("08") or result in _RESULTS

    def _has_tried(self, _: asyncio.Task[AsyncConnection]) -> None:
        self._at_it -= 1

    def _see_off(self, trying: asyncio.Task[AsyncConnection]) -> None:
        """Let go of who tries in vain: a driver may need seconds to give up, which nobody waits for."""
        self._goes(_leave(trying))

    def _goes(self, leaving: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(leaving)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        return task


async def _leave(trying: asyncio.Task[AsyncConnection]) -> None:
    trying.cancel()
    (found,) = await asyncio.gather(trying, return_exceptions=True)
    if isinstance(found, AsyncConnection):
        await found.close()


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
