"""Many devices on one link at the same moment."""

import asyncio
from dataclasses import replace

import pytest

from callflow.call import Call
from conversations.db.database import Database
from conversations.errors import RefusedError
from tests.callink.desk import Desk
from tests.clock import MovableClock

pytestmark = pytest.mark.wire

AT_ONCE = 20
"""Joins that are under way together: more than a pool has connections."""


@pytest.mark.timeout(900)
async def test_of_many_devices_that_join_a_one_time_link_at_once_exactly_one_gets_in(
    desk: Desk, database_url: str, clock: MovableClock, long: bool
) -> None:
    """LNK-11, PLUS-18, scorecard S3: through two nodes on one database."""
    links, devices = (200, 100) if long else (6, 20)
    other_node = await Database.open(database_url, clock)
    nodes = (desk, Desk(replace(desk.centre, database=other_node)))
    browsers = [await desk.browser() for _ in range(devices)]
    at_once = asyncio.Semaphore(AT_ONCE)

    async def join(token: str, number: int) -> Call | str:
        async with at_once:
            try:
                return await nodes[number % 2].join(token, browsers[number], f"Device {number}")
            except RefusedError as refused:
                return refused.code

    for _ in range(links):
        token = await desk.issue()
        results = await asyncio.gather(*(join(token, number) for number in range(devices)))
        winners = [result for result in results if isinstance(result, Call)]
        assert len(winners) == 1
        assert {result for result in results if isinstance(result, str)} == {"link_in_use"}
        await desk.end(winners[0])
    await other_node.close()
