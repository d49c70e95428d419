"""Agents who take the next caller of a queue that hands out nothing by itself, over the API."""

import asyncio

import pytest

from callflow.agent import Idle, Rung
from callflow.call import Waiting
from tests.clock import MovableClock
from tests.signaling.desk import Desk
from tests.signaling.house import Browser, House
from tests.signaling.panels import PanelPage, panel

pytestmark = pytest.mark.wire


async def by_hand(house: House, *logins: str) -> Desk:
    """A queue with these agents whose callers wait until somebody takes them."""
    desk = await Desk.open(house, *logins)
    body = {"version": desk.queue["version"], "auto_assign": False}
    desk.queue = await desk.sue.patch(f"/queues/{desk.queue['id']}", body)
    return desk


async def active(page: PanelPage, browser: Browser) -> None:
    """Have an agent whose panel can ring be Active."""
    await page.until(lambda: page.state["me"]["reachable"])
    await browser.ask("PUT", "/agent/status", {"status": "active"})


async def test_an_agent_takes_the_first_caller_and_only_when_free_and_in_the_queue(
    house: House, clock: MovableClock
) -> None:
    """SYS-03, CALL-02, CALL-03: who waits longest rings at once; each refusal says why, and moves nobody."""
    desk = await by_hand(house, "ana")
    ana, ben = await house.signed_in("ana"), await house.signed_in("ben")
    path = f"/queues/{desk.queue['id']}/take"
    async with panel(ana) as mine, panel(ben) as his:
        await active(his, ben)
        await ana.ask("PUT", "/agent/status", {"status": "busy"})
        assert await ana.refused("POST", path) == (409, "nobody_waits")
        token = await desk.link()
        first = await desk.call(await house.browser(), token)
        clock.advance(1)
        second = await desk.call(await house.browser(), token, name="Dora")
        assert await ben.refused("POST", path) == (409, "not_in_queue")
        assert await ana.refused("POST", path) == (409, "not_available")
        assert await desk.sue.refused("POST", path) == (403, "forbidden")
        assert await ana.refused("POST", "/queues/queue_0/take") == (409, "nobody_waits")
        await active(mine, ana)
        await house.parley.engine.route()
        assert isinstance((await desk.now(first)).phase, Waiting)
        assert (await ana.ask("POST", path)).status == 204
        await mine.until(lambda: mine.state["call"] is not None)
        assert mine.state["call"]["id"] == first
        assert await ana.refused("POST", path) == (409, "not_available")
        assert isinstance((await desk.now(second)).phase, Waiting)


@pytest.mark.parametrize("callers", [1, 2])
async def test_two_agents_who_take_at_once_get_a_caller_each_or_one_is_told_that_nobody_waits(
    house: House, callers: int
) -> None:
    """SYS-03, CALL-02."""
    desk = await by_hand(house, "ana", "ben")
    staff = {"ana": await house.signed_in("ana"), "ben": await house.signed_in("ben")}
    async with panel(staff["ana"]) as mine, panel(staff["ben"]) as his:
        for page, browser in ((mine, staff["ana"]), (his, staff["ben"])):
            await active(page, browser)
        token = await desk.link()
        calls = [await desk.call(await house.browser(), token, name=f"Cora {number}") for number in range(callers)]
        asked = [browser.ask("POST", f"/queues/{desk.queue['id']}/take") for browser in staff.values()]
        answers = await asyncio.gather(*asked)
        assert sorted(answer.status for answer in answers) == ([204, 204] if callers == 2 else [204, 409])
        doing = [(await desk.agent(login)).activity for login in staff]
        assert sorted(one.call for one in doing if isinstance(one, Rung)) == sorted(calls)
        for answer, one in zip(answers, doing, strict=True):
            if answer.status == 409:
                assert (await answer.json(content_type=None))["code"] == "nobody_waits"
                assert isinstance(one, Idle)
