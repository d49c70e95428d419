"""What the API says while its database is away, and that a hang-up is taken all the same."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from callflow.agent import Status, WrapUp
from callflow.call import Ended, EndedBy, EndReason
from callflow.hangup_journal import NAME
from media.settings import MediaSettings
from signaling.health import healthy
from tests.clock import MovableClock
from tests.database_faults import Away, back, database_and_fault, gone
from tests.databases import unhurried
from tests.signaling.floor import Floor, talking
from tests.signaling.house import open_house

__all__ = ["database_and_fault"]

pytestmark = [pytest.mark.wire, pytest.mark.real_limits]

MANY = 60
"""More requests than there are connections, at once."""


@pytest.fixture
async def floor_and_fault(
    database_and_fault: tuple[str, Away], tmp_path: Path, cache: Path, clock: MovableClock
) -> AsyncIterator[tuple[Floor, Away]]:
    url, away = database_and_fault
    async with open_house(tmp_path, MediaSettings(cache=cache), clock, url) as house, AsyncExitStack() as stack:
        with unhurried():
            floor = await stack.enter_async_context(talking(house))
        yield floor, away


async def test_what_cannot_be_now_is_to_be_tried_again_and_works_at_once_when_the_database_is_back(
    floor_and_fault: tuple[Floor, Away],
) -> None:
    """PLUS-15; S17: 503 with Retry-After, quickly and for however many; unhealthy meanwhile; nobody's page breaks."""
    floor, away = floor_and_fault
    house = floor.desk.house
    with away():
        await gone(house.parley.database)
        assert not await healthy(house.parley.database)
        began = time.monotonic()
        answers = await asyncio.gather(
            *(floor.staff["ben"].ask("PUT", "/agent/status", {"status": "away"}) for _ in range(MANY))
        )
        assert time.monotonic() - began < 6
        for answer in answers:
            problem = await answer.json(content_type=None)
            assert (answer.status, problem["code"]) == (503, "database_away"), problem
            assert "Try again" in problem["detail"]
            assert int(answer.headers["Retry-After"]) > 0
    began = time.monotonic()
    changed = await _until_back(floor)
    assert time.monotonic() - began < 2, f"after {changed} tries"
    assert await healthy(house.parley.database)
    await floor.desk.until_agent("ben", lambda agent: agent.status == Status.AWAY)
    assert not isinstance((await floor.desk.now(floor.call)).phase, Ended)


@pytest.mark.parametrize("by", [EndedBy.AGENT, EndedBy.CUSTOMER])
async def test_a_hang_up_is_answered_while_the_database_is_away_and_written_afterwards(
    floor_and_fault: tuple[Floor, Away], tmp_path: Path, by: EndedBy
) -> None:
    """CALL-06; S17: by who was known before; nobody else may end the call, and nobody may do anything else."""
    floor, away = floor_and_fault
    house = floor.desk.house
    await floor.guest.get(f"/guest/calls/{floor.call}")
    stranger = await house.browser()
    with away():
        await gone(house.parley.database)
        assert (await stranger.refused("POST", f"/calls/{floor.call}/hangup"))[0] in (401, 503)
        assert (await stranger.refused("POST", f"/guest/calls/{floor.call}/hangup"))[0] in (401, 404, 503)
        assert (await floor.staff["ben"].refused("POST", f"/calls/{floor.call}/hangup")) == (409, "not_your_call")
        assert (await floor.staff["ana"].refused("POST", f"/calls/{floor.call}/hold"))[0] == 503
        began = time.monotonic()
        if by is EndedBy.AGENT:
            answer = await floor.staff["ana"].ask("POST", f"/calls/{floor.call}/hangup")
        else:
            answer = await floor.guest.ask("POST", f"/guest/calls/{floor.call}/hangup")
        assert answer.status == 204, await answer.text()
        assert time.monotonic() - began < 3
        assert floor.call in (tmp_path / NAME).read_text()
    await back(house.parley.database)
    over = (await floor.desk.until(floor.call, lambda call: not call.live)).phase
    assert isinstance(over, Ended)
    assert (over.reason, over.by) == (EndReason.HUNG_UP, by)
    assert isinstance((await floor.desk.agent("ana")).activity, WrapUp)


async def _until_back(floor: Floor) -> int:
    """Press again until it works; return how often that was."""
    async with asyncio.timeout(10):
        for tries in range(1, 1000):
            answer = await floor.staff["ben"].ask("PUT", "/agent/status", {"status": "away"})
            if answer.status == 200:
                return tries
            await asyncio.sleep(0.05)
    raise AssertionError
