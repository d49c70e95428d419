"""The unit of work: who may read, who may write, and what happens after a commit."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from callflow.clock import Clock
from callflow.errors import StoreBrokeOffError
from callflow.facts import Fact
from conversations.db import engines
from conversations.db.door import Door
from conversations.db.facts import append
from conversations.db.settling import in_doubt, number_of, was_committed

log = logging.getLogger(__name__)

Session = AsyncSession
"""What repositories read with. Rooms above pass it on and never look inside."""

MIGRATIONS = "signaling:migrations"
"""Where Alembic finds the revisions: by name, since only the edge may know every room's tables."""

CommitListener = Callable[[int, int], None]
"""Told the first and last number of the facts of a commit. Calls may come out of order across commits."""


class Write:
    """One writing transaction: its session, and the facts that will be logged with it."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self.session = session
        self.clock = clock
        self.facts: list[Fact] = []
        self.numbers: range = range(0)
        """The numbers of the facts, in the order they were given; empty until the commit."""

    def fact(self, fact: Fact) -> None:
        """Log a fact if, and only if, the transaction commits."""
        self.facts.append(fact)


class Database:
    """An open database. Make one with `Database.open`, end it with `close`."""

    def __init__(self, url: URL, clock: Clock) -> None:
        self.url = url
        self.clock = clock
        self.on_commit: list[CommitListener] = []
        self._writer: AsyncEngine = engines.writer(url)
        self._reader: AsyncEngine = engines.reader(url, self._writer)
        self._reading = Door(self._reader, writes=False)
        self._writing = Door(self._writer, writes=True)

    @classmethod
    async def open(cls, url: str, clock: Clock) -> Self:
        """Open the database at `url` and see that it answers.

        Raises ValueError for a URL of another kind, SQLAlchemyError or OSError when it cannot be reached.
        """
        database = cls(engines.parse(url), clock)
        try:
            async with database._writer.connect():
                pass
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Close every connection."""
        for door in (self._reading, self._writing):
            await door.close()
        await self._reader.dispose()
        await self._writer.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncSession]:
        """A session that sees one unchanging snapshot and cannot write. Raises `StoreAwayError`."""
        async with self._reading.session() as session:
            yield session

    @asynccontextmanager
    async def write(self, limit: float | None = None) -> AsyncGenerator[Write]:
        """One writing transaction: committed when the block ends well, rolled back when it raises.

        Its facts are numbered last. Listeners hear of them after the commit and only then. `limit`: seconds until its
        COMMIT; that itself is waited for until its outcome is known. Raises `StoreAwayError`.
        """
        deadline = None if limit is None else asyncio.get_running_loop().time() + limit
        async with self._writing.session() as session:
            write = Write(session, self.clock)
            with _before_the_commit():
                async with asyncio.timeout_at(deadline):
                    yield write
            # A caller that is cancelled here must still know commit and listeners as one.
            await to_the_end(self._commit(write, deadline))

    async def takes_changes(self) -> bool:
        """Say whether a writing transaction can begin. Raises `StoreAwayError`, which means no as well."""
        async with self.write() as write:  # on SQLite this takes the lock for writing
            if self.url.get_backend_name() == "sqlite":
                return True
            return await write.session.scalar(text("SHOW transaction_read_only")) == "off"

    async def migrate(self) -> None:
        """Bring the tables to the newest revision, off the loop."""
        await asyncio.to_thread(upgrade, self.url)

    async def _commit(self, write: Write, deadline: float | None) -> None:
        with _before_the_commit():
            async with asyncio.timeout_at(deadline):
                await write.session.flush()
                number = await number_of(write.session, writes=bool(write.facts))
                first, last = await append(write.session, write.facts, self.clock) if write.facts else (1, 0)
        try:
            await write.session.commit()
        except Exception as error:
            if number is None or not in_doubt(error):
                raise
            await write.session.invalidate()
            if not await was_committed(self._writing, number):
                raise StoreBrokeOffError from error
        if not write.facts:
            return
        write.numbers = range(first, last + 1)
        for listener in self.on_commit:
            try:
                listener(first, last)
            except Exception:
                log.exception("a listener failed on facts %d to %d", first, last)


@contextmanager
def _before_the_commit() -> Generator[None]:
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreBrokeOffError from error
        raise


def alembic_config(url: URL) -> Config:
    """Return Alembic's settings for the database at `url`."""
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.set_main_option("file_template", "%%(rev)s")
    config.attributes["url"] = url
    return config


def upgrade(url: URL) -> None:
    """Bring the database at `url` to the newest revision. Blocks, and must not run on a loop."""
    command.upgrade(alembic_config(url), "head")


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`, which the database bounds, to its end even when the caller is cancelled; then go on with that."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():  # bounded: the database has limits of its own
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        task.result()
        return
    if not task.cancelled() and (failure := task.exception()) is not None:
        log.warning("a cancelled transaction failed", exc_info=failure)
    raise cancelled
