"""A server that is about to stop: what goes on, and what waits for the next start."""

import asyncio

import pytest

from callflow.agent import Idle
from callflow.call import Role, Waiting
from signaling.draining import LOOK_EVERY, Stop
from tests.signaling.floor import talking
from tests.signaling.house import House
from tests.signaling.panels import panel

pytestmark = pytest.mark.wire


async def test_a_server_that_drains_lets_no_call_in_offers_none_and_ends_when_nobody_talks(house: House) -> None:
    """PLUS-01, PLUS-15: calls that are talked go on with all that belongs to them, and who waits keeps waiting."""
    async with talking(house) as floor:
        desk, intake = floor.desk, house.parley.intake
        await floor.chooses("ben", "away")
        await desk.until_agent("ben", lambda ben: ben.status.id == "away")
        token, patient, late = await desk.link(), await house.browser(), await house.browser()
        waiting = await desk.call(patient, token, name="Pat")
        drain = asyncio.create_task(house.parley.drain.run(30, Stop().at_once))
        await floor.panels["ben"].until(lambda: floor.panels["ben"].restarting)

        refused = await late.ask("POST", f"/guest/links/{token}/calls", {"media": "audio", "name": "Lee"})
        assert (refused.status, (await refused.json(content_type=None))["code"]) == (503, "restarting")
        assert int(refused.headers["Retry-After"]) >= 1
        same = await patient.post(f"/guest/links/{token}/calls", {"media": "audio", "name": "Pat"})
        assert same["id"] == waiting, "who waits already comes back into the same call"
        health = await late.page("/healthz")
        assert (health.status, await health.text()) == (503, "draining\n")

        await floor.chooses("ben", "active")
        assert not await house.parley.engine.route()
        status, code = await floor.staff["ben"].refused("POST", f"/queues/{desk.queue['id']}/take")
        assert (status, code) == (503, "restarting")
        assert isinstance((await desk.agent("ben")).activity, Idle)
        assert isinstance((await desk.now(waiting)).phase, Waiting)
        async with panel(floor.staff["ana"]) as again:
            await again.until(lambda: again.restarting)

        await desk.lose(floor.call, Role.CUSTOMER)
        await desk.up(floor.call, Role.CUSTOMER)
        assert not drain.done(), "a leg that comes back is no end"
        await floor.guest.post(f"/guest/calls/{floor.call}/hangup")
        async with asyncio.timeout(5):
            await drain
        assert isinstance((await desk.now(waiting)).phase, Waiting)
        assert intake.closed


async def test_it_waits_for_a_limit_at_most_not_after_a_second_signal_and_not_without_calls(house: House) -> None:
    """Reliability section 3, graceful stop: the limit is kept, and Ctrl+C where nobody talks ends at once."""
    async with talking(house) as floor:
        async with asyncio.timeout(5):
            await house.parley.drain.run(0.3, Stop().at_once)
        stop = Stop()
        stop.ask()
        drain = asyncio.create_task(house.parley.drain.run(3600, stop.at_once))
        await asyncio.sleep(3 * LOOK_EVERY)
        assert not drain.done()
        stop.ask()
        async with asyncio.timeout(5):
            await drain
        assert (await floor.desk.now(floor.call)).live
        await floor.guest.post(f"/guest/calls/{floor.call}/hangup")
        async with asyncio.timeout(5):
            await house.parley.drain.run(3600, Stop().at_once)
