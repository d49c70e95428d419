"""Panels whose connection is open and that say nothing: the lease runs out (mission 3.6)."""

import pytest

from callflow.agent import Group, Idle, Rung, StatusReason
from callflow.call import Ringing, Waiting
from tests.clock import MovableClock
from tests.signaling.desk import Desk
from tests.signaling.house import House
from tests.signaling.panels import panel

pytestmark = pytest.mark.wire


async def pass_time(house: House, clock: MovableClock, seconds: float) -> None:
    """Let time pass, and have everybody look at the clock who does so every second."""
    clock.advance(seconds)
    await house.parley.presence.look()
    await house.parley.engine.sweep()


async def test_a_silent_panel_is_offered_nothing_after_its_lease_and_offline_a_minute_later(
    house: House, clock: MovableClock
) -> None:
    """PLUS-05, AST-05: a heartbeat renews the lease of 45 s; one that comes late brings the agent back at once."""
    desk = await Desk.open(house, "ana")
    ana = await house.signed_in("ana")
    async with panel(ana) as page:
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        await desk.until_agent("ana", lambda agent: agent.available)
        await pass_time(house, clock, 40)
        await page.say("heartbeat")
        await page.until(lambda: page.pongs == 1)
        await pass_time(house, clock, 45)
        assert (await desk.agent("ana")).available
        await pass_time(house, clock, 0.1)
        assert not (await desk.agent("ana")).reachable
        await page.say("heartbeat")
        await desk.until_agent("ana", lambda agent: agent.available)
        call = await desk.call(await house.browser(), await desk.link(), up=False)
        await pass_time(house, clock, 45.1)
        silent = await desk.agent("ana")
        assert (silent.status.group, silent.available) == (Group.AVAILABLE, False)
        await pass_time(house, clock, 59)
        assert (await desk.agent("ana")).status.group is Group.AVAILABLE
        await pass_time(house, clock, 1)
        gone = await desk.agent("ana")
        assert (gone.status.group, gone.reason, gone.misses) == (Group.UNAVAILABLE, StatusReason.DISCONNECTED, 0)
        assert isinstance(gone.activity, Idle)
        assert not (await desk.now(call)).rings


async def test_a_panel_that_falls_silent_while_it_rings_loses_the_ring_in_5_s_and_the_agent_is_not_blamed(
    house: House, clock: MovableClock
) -> None:
    """PLUS-05, CALL-05: the caller keeps the place and rings at a colleague; nobody is set Away."""
    desk = await Desk.open(house, "ana", "ben")
    ana, ben = await house.signed_in("ana"), await house.signed_in("ben")
    async with panel(ana) as page:
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        call = await desk.call(await house.browser(), await desk.link())
        await page.until(lambda: page.state["call"] is not None)
        await pass_time(house, clock, 2)
        await page.say("heartbeat")
        await page.until(lambda: page.pongs == 1)
        await pass_time(house, clock, 5)
        assert isinstance((await desk.agent("ana")).activity, Rung)
        await pass_time(house, clock, 0.1)
        await house.parley.engine.sweep()
        now = await desk.until(call, lambda call: isinstance(call.phase, Waiting))
        assert now.skipped[0].agent == house.people["ana"].user.id
        missing = await desk.until_agent("ana", lambda agent: isinstance(agent.activity, Idle))
        assert (missing.status.group, missing.reason, missing.misses) == (Group.AVAILABLE, None, 0)
        assert not missing.reachable
        async with panel(ben) as other:
            await ben.ask("PUT", "/agent/status", {"status": "active"})
            await other.until(lambda: other.state["call"] is not None)
            assert other.state["call"]["id"] == call
            assert isinstance((await desk.now(call)).phase, Ringing)
