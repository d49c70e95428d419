"""What takes a database away for a while: another process's lock, a frozen server, one that takes no changes."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest

from callflow.errors import StoreAwayError
from conversations.db.database import Database
from tests.postgres import Postgres


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Another process's hold on the file."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.close()


Away = Callable[[], AbstractContextManager[None]]


@pytest.fixture(params=["a locked SQLite", "a frozen PostgreSQL", "a read-only PostgreSQL"])
def database_and_fault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Away]]:
    """The URL of a migrated database, and what takes it away."""
    if request.param == "a locked SQLite":
        path = tmp_path / "parley.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}", lambda: locked(path)
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    name = server.new_database(request.getfixturevalue("postgres_template"))
    yield server.url(name), server.frozen if request.param == "a frozen PostgreSQL" else server.read_only
    server.drop_database(name)


async def gone(database: Database) -> None:
    """Wait until nothing can be written."""
    await _until(database, takes_changes=False)


async def back(database: Database) -> None:
    """Wait until something can be written again."""
    await _until(database, takes_changes=True)


async def _until(database: Database, *, takes_changes: bool) -> None:
    async with asyncio.timeout(10):
        while True:
            takes = False
            with suppress(StoreAwayError):
                takes = await database.takes_changes()
            if takes is takes_changes:
                return
            await asyncio.sleep(0.01)
