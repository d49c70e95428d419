"""What a start makes of a wall clock that was set while nothing ran (reliability.md S22)."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from callflow.agent import Idle, WrapUp
from callflow.call import Role
from callflow.clock import SystemClock
from callflow.engine import Engine
from conversations.calls.store import CallStore, CallTransaction
from conversations.db.database import Database
from signaling.opening import SET_BACK, open_database
from signaling.settings import Settings
from tests.callflow.wire import Wire
from tests.callflow.world import World
from tests.clock import MovableClock

pytestmark = pytest.mark.wire

HOUR = timedelta(hours=1)


class WallClock:
    """What `datetime.now` says."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self, zone: tzinfo | None = None) -> datetime:
        return self._now.astimezone(zone)


@pytest.fixture
async def centre(database: Database, clock: MovableClock) -> World:
    """A centre whose server ended in the wrap-up of its first agent."""
    world = await World.on(database, clock)
    await world.talk(world.customers[0], world.agents[0])
    await world.hang_up(await world.call(), Role.CUSTOMER)
    assert isinstance((await world.agent(world.agents[0])).activity, WrapUp)
    return world


@asynccontextmanager
async def started(
    centre: World, set_by: timedelta, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[tuple[SystemClock, Engine[CallTransaction]]]:
    """The next server, after the wall clock was set by so much."""
    with monkeypatch.context() as patched:
        patched.setattr("callflow.clock.datetime", WallClock(centre.clock.now() + set_by))
        clock = SystemClock()
    database = await open_database(Settings(data=tmp_path / "data", database_url=url), clock)
    engine = Engine[CallTransaction](CallStore(database), Wire(), clock)
    await engine.recover()
    yield clock, engine
    await engine.stop()
    await database.close()


async def wrap_up_left(centre: World, clock: SystemClock) -> float:
    """Seconds until the wrap-up ends."""
    activity = (await centre.agent(centre.agents[0])).activity
    assert isinstance(activity, WrapUp)
    return (activity.until - clock.now()).total_seconds()


async def test_a_clock_that_was_set_back_lengthens_no_wrap_up(
    centre: World, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLUS-08, WRAP-03; S22: the time goes on from the last fact."""
    async with started(centre, -HOUR, database_url, tmp_path, monkeypatch) as (clock, _):
        assert 25 < await wrap_up_left(centre, clock) <= 30


async def test_a_clock_that_was_set_forward_looks_like_time_that_has_passed(
    centre: World, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLUS-15; S22: nothing says how long no server ran, so what was due by now is done, and nobody is stuck."""
    async with started(centre, HOUR, database_url, tmp_path, monkeypatch) as (_, engine):
        await engine.sweep()
        assert isinstance((await centre.agent(centre.agents[0])).activity, Idle)


async def test_a_time_of_long_after_now_was_wrong_and_is_not_gone_on_from(
    centre: World, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S22: one start with a clock in a far year does not leave Parley there."""
    wrong = -SET_BACK - HOUR
    async with started(centre, wrong, database_url, tmp_path, monkeypatch) as (clock, _):
        assert clock.now() < centre.clock.now() - SET_BACK
