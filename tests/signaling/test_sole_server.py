"""Starting beside another server."""

import asyncio

import pytest

from conversations.db.sole import SoleLock, sole_lock
from signaling import sole_server
from signaling.settings import StartError
from signaling.sole_server import StoppedError, only_server

pytestmark = pytest.mark.wire


async def enters(lock: SoleLock, stop: asyncio.Event, *, standby: bool) -> None:
    async with only_server(lock, stop, standby=standby):
        pass


async def test_a_second_server_is_refused_with_a_sentence_unless_the_first_is_just_ending(
    empty_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLUS-15: two would both believe that the calls are theirs."""
    monkeypatch.setattr(sole_server, "PATIENCE_S", 0.8)
    monkeypatch.setattr(sole_server, "TRY_EVERY_S", 0.1)
    async with only_server(sole_lock(empty_postgres), asyncio.Event(), standby=False):
        with pytest.raises(StartError, match="Another Parley server uses this database"):
            await enters(sole_lock(empty_postgres), asyncio.Event(), standby=False)
        late = asyncio.create_task(enters(sole_lock(empty_postgres), asyncio.Event(), standby=False))
        await asyncio.sleep(0.3)
        assert not late.done()
    await late


async def test_a_server_that_stands_by_can_be_stopped(empty_postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLUS-15."""
    monkeypatch.setattr(sole_server, "PATIENCE_S", 0.0)
    stop = asyncio.Event()
    async with only_server(sole_lock(empty_postgres), asyncio.Event(), standby=False):
        second = asyncio.create_task(enters(sole_lock(empty_postgres), stop, standby=True))
        await asyncio.sleep(1)
        assert not second.done()
        stop.set()
        with pytest.raises(StoppedError):
            await second


async def test_a_database_that_cannot_be_reached_stops_the_start_with_a_sentence() -> None:
    """PLUS-15."""
    lock = sole_lock("postgresql://nobody@127.0.0.1:9/nothing")
    with pytest.raises(StartError, match="cannot be opened"):
        await enters(lock, asyncio.Event(), standby=False)
