"""The lock of a database's one server."""

import asyncio
import sys
from pathlib import Path

import pytest
from sqlalchemy import URL

from conversations.db import engines, sole
from conversations.db.sole import FileLock, SessionLock, sole_lock
from tests.postgres import Postgres

pytestmark = pytest.mark.wire

HOLD = """
import fcntl, sys, time
file = open(sys.argv[1], "ab")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def url(empty_postgres: str) -> URL:
    """A database of the test's own."""
    return engines.parse(empty_postgres)


async def test_on_sqlite_only_one_process_has_the_database_and_its_death_frees_it(tmp_path: Path) -> None:
    """PLUS-15: the lock is the process's, so another process tries here."""
    lock = sole_lock(f"sqlite:///{tmp_path / 'parley.db'}")
    assert isinstance(lock, FileLock)
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(tmp_path / "parley.db.lock"), stdout=asyncio.subprocess.PIPE
    )
    assert other.stdout is not None
    assert await other.stdout.readline() == b"held\n"
    assert not await lock.take()
    other.kill()
    await other.wait()
    assert await lock.take()
    assert await lock.take(), "it is held already"
    assert not await lock.lost()
    await lock.free()


async def test_on_postgresql_a_second_server_waits_for_the_first_to_let_go(url: URL) -> None:
    """PLUS-15; reliability.md, node lost."""
    first, second = SessionLock(url), SessionLock(url)
    assert await first.take()
    assert not await second.take()
    assert not await first.lost()
    await first.free()
    assert await second.take()
    await second.free()


async def test_who_is_silent_is_taken_over_and_told_so_when_it_wakes(url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLUS-15; reliability.md, node lost: a server that was frozen must not go on with what is another's."""
    monkeypatch.setattr(sole, "SILENT_S", 0.5)
    frozen, survivor = SessionLock(url), SessionLock(url)
    assert await frozen.take()
    assert not await survivor.take(), "it has just been heard of"
    await asyncio.sleep(0.6)
    assert not await survivor.take()
    await until_taken(survivor)
    assert not await frozen.lost(), "it only sees that its connection is gone"
    assert await frozen.lost()
    assert not await survivor.lost()
    await frozen.free()
    await survivor.free()


async def test_a_connection_that_breaks_is_not_another_server(url: URL, postgres_server: Postgres) -> None:
    """PLUS-15: nobody has taken over, so the server goes on and has its lock again."""
    lock, other = SessionLock(url), SessionLock(url)
    assert await lock.take()
    postgres_server.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    for _ in range(3):
        assert not await lock.lost()
    assert not await other.take()
    await lock.free()
    await other.free()


async def until_taken(lock: SessionLock) -> None:
    async with asyncio.timeout(10):
        while not await lock.take():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
